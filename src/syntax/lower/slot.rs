//! The slots of a statement: names, values, words and blocks, and what is said where one
//! is missing.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::Span;

use super::Lowering;
use super::number::unit_of;
use super::statement::{Head, Parts, block_of_word, no_block};
use crate::syntax::ast::{Block, Expr, ExprKind, Ident, Name, Text, UnaryOp};
use crate::syntax::example::example_of;
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::BlockKind;

/// Words that are never the name of a value.
const RESERVED: [&str; 5] = ["and", "or", "not", "true", "false"];

impl Lowering<'_> {
    /// The value of a slot.
    pub(super) fn value(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<Expr> {
        match parts.take(Rule::operand) {
            Some(pair) => Some(self.expression(pair)),
            None => self.missing(Code::MISSING_VALUE, parts, head, wanted),
        }
    }

    /// Where a statement's own word was taken for its value, as in `hold every 5m`.
    pub(super) fn took_word(&mut self, value: &Expr, word: &str, wanted: &str, head: &Head<'_>) {
        let is_word = matches!(&value.kind, ExprKind::Name(name) if name == word);
        if is_word && head.broken.is_some() && !self.failed {
            let message = format!("`{}` needs {wanted} before `{word}`", head.word);
            self.report(Diagnostic::new(Code::SYNTAX, message, value.span));
        }
    }

    /// The values of a statement's list; at least one.
    pub(super) fn values(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<Vec<Expr>> {
        match parts.take(Rule::operand_list) {
            Some(list) => Some(
                list.into_inner()
                    .map(|pair| self.expression(pair))
                    .collect(),
            ),
            None => self.missing(Code::MISSING_VALUE, parts, head, wanted),
        }
    }

    /// `word VALUE`: nothing where the word isn't there; `None` where its value is missing.
    pub(super) fn after_word(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        word: Rule,
        wanted: &str,
    ) -> Option<Option<Expr>> {
        if parts.take(word).is_none() {
            return Some(None);
        }
        self.value(parts, head, wanted).map(Some)
    }

    /// A whole expression.
    pub(super) fn condition(&mut self, parts: &mut Parts<'_>, head: &Head<'_>) -> Option<Expr> {
        match parts.take(Rule::expression) {
            Some(pair) => Some(self.expression(pair)),
            None => self.missing(Code::MISSING_VALUE, parts, head, "an expression"),
        }
    }

    /// `= EXPR`.
    pub(super) fn assigned(&mut self, parts: &mut Parts<'_>, head: &Head<'_>) -> Option<Expr> {
        if parts.take(Rule::assign).is_none() {
            return self.missing(Code::SYNTAX, parts, head, "`=`");
        }
        match parts.take(Rule::expression) {
            Some(pair) => Some(self.expression(pair)),
            None => self.missing(Code::MISSING_VALUE, parts, head, "a value after `=`"),
        }
    }

    /// A string that is written out.
    pub(super) fn string(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<Text> {
        match parts.list.first().map(Pair::as_rule) {
            Some(Rule::quoted | Rule::raw | Rule::multi | Rule::raw_multi) => {
                let pair = parts.next()?;
                Some(self.text(pair))
            }
            _ => self.missing(
                Code::MISSING_VALUE,
                parts,
                head,
                &format!("{wanted} in quotes").replace("in quotes in quotes", "in quotes"),
            ),
        }
    }

    /// A title, where there is one.
    pub(super) fn title(&mut self, parts: &mut Parts<'_>) -> Option<Text> {
        let pair = parts.take(Rule::title)?.into_inner().next()?;
        Some(self.text(pair))
    }

    /// A title that must be there; reported where not, and then nothing.
    pub(super) fn needed_title(&mut self, parts: &mut Parts<'_>, head: &Head<'_>) -> Option<Text> {
        let title = self.title(parts);
        if title.is_none() {
            let what = format!("the title of the {}, in quotes", head.word);
            let _: Option<()> = self.missing(Code::MISSING_TITLE, parts, head, &what);
        }
        title
    }

    /// A name that a string may stand for.
    pub(super) fn name(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<Name> {
        let Some(name) = parts.take(Rule::name) else {
            return self.missing(Code::SYNTAX, parts, head, wanted);
        };
        let inner = name.into_inner().next()?;
        Some(if inner.as_rule() == Rule::ident {
            Name::Ident(self.ident(&inner))
        } else {
            Name::Text(self.text(inner))
        })
    }

    /// A name without quotes.
    pub(super) fn plain_ident(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<Ident> {
        match parts.take(Rule::ident) {
            Some(pair) => Some(self.ident(&pair)),
            None => self.missing(Code::SYNTAX, parts, head, wanted),
        }
    }

    /// A name that values are called by from here on.
    pub(super) fn value_ident(&mut self, parts: &mut Parts<'_>, head: &Head<'_>) -> Option<Ident> {
        let name = self.plain_ident(parts, head, "a name")?;
        self.not_reserved(&name);
        Some(name)
    }

    pub(super) fn not_reserved(&mut self, name: &Ident) {
        if RESERVED.contains(&name.value.as_str()) {
            self.report(
                Diagnostic::new(
                    Code::RESERVED_WORD,
                    format!(
                        "`{}` is a word of the language and names no value",
                        name.value
                    ),
                    name.span,
                )
                .help("choose another name"),
            );
        }
    }

    /// One of a few words.
    pub(super) fn chosen(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
        choices: &[&str],
    ) -> Option<Ident> {
        let Some(pair) = parts.take(Rule::ident) else {
            let at = self.token_at(parts.end);
            if self.source.slice(at).starts_with(['"', '\'']) {
                self.wrong_choice(at, choices);
                return None;
            }
            return self.missing(Code::MISSING_VALUE, parts, head, &quoted(choices));
        };
        let word = self.ident(&pair);
        if choices.contains(&word.value.as_str()) {
            return Some(word);
        }
        self.wrong_choice(word.span, choices);
        None
    }

    pub(super) fn wrong_choice(&mut self, span: Span, choices: &[&str]) {
        if self.failed {
            return;
        }
        let written = self.source.slice(span).to_owned();
        let plain = written.trim_matches(['"', '\'']);
        let diagnostic = Diagnostic::new(
            Code::UNKNOWN_CHOICE,
            format!(
                "`{written}` is not possible here; choose {}",
                quoted(choices)
            ),
            span,
        );
        let near = choices
            .iter()
            .find(|choice| **choice == plain || **choice == format!("SIG{plain}"))
            .copied()
            .or_else(|| nearest(plain, choices.iter().copied()));
        let diagnostic = match (near.as_ref(), choices) {
            (Some(near), _) | (None, [near]) => diagnostic.fix(
                format!("write `{near}`"),
                Applicability::Unsafe,
                span,
                *near,
            ),
            _ => diagnostic,
        };
        self.report(diagnostic);
    }

    /// The block of a statement, also where text stands before it that no rule takes.
    pub(super) fn body(
        &mut self,
        parts: &mut Parts<'_>,
        head: &mut Head<'_>,
        kind: BlockKind,
    ) -> Option<Block> {
        if let Some(block) = parts.take(Rule::block) {
            return Some(self.block(block, Some(kind)));
        }
        if let Some(block) = head.spare.take() {
            return Some(self.block(block, Some(kind)));
        }
        if self.failed {
            return Some(no_block(self.trim(0, parts.end).at_end()));
        }
        self.missing(Code::MISSING_BLOCK, parts, head, "a block in `{ }`")
    }

    /// Where the next part begins, or the end of all.
    pub(super) fn next_of(&self, parts: &Parts<'_>) -> usize {
        let next = parts.list.first();
        next.map_or(parts.end, |next| self.exact(next).start as usize)
    }

    /// Something is missing after the part that ends at `parts.end`, or before the part
    /// that stands there in its place.
    pub(super) fn missing<T>(
        &mut self,
        code: Code,
        parts: &Parts<'_>,
        head: &Head<'_>,
        wanted: &str,
    ) -> Option<T> {
        if self.failed {
            return None;
        }
        let at = self.next_of(parts);
        self.missing_at(code, at, head, wanted);
        None
    }

    fn missing_at(&mut self, code: Code, at: usize, head: &Head<'_>, wanted: &str) {
        let span = self.token_at(at);
        if self.setting_sign(span, head) {
            return;
        }
        let found = self.source.slice(span);
        if (found.starts_with(['(', '[', '{', '-']) || found == "not")
            && head.broken.is_some()
            && code != Code::MISSING_TITLE
        {
            // A value begins here; what is wrong stands inside it.
            self.tail(head);
            return;
        }
        let bare = wanted.contains("in quotes")
            && found
                .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '*' | '~' | '@'));
        if !bare && found != "=" && self.foreign(span.start as usize) {
            return;
        }
        let found = self.source.slice(span);
        if found.is_empty() {
            self.cut = Some((span.start as usize, block_of_word(&head.word, head.within)));
        }
        let message = match (code, found) {
            (Code::MISSING_TITLE, _) => {
                let what = if head.word == "manual" {
                    "manual check"
                } else {
                    &head.word
                };
                format!("a {what} needs a title, in quotes")
            }
            (_, "") => format!("`{}` needs {wanted}", head.word),
            (_, found) => format!("`{}` needs {wanted}, found `{found}`", head.word),
        };
        let code = if code == Code::MISSING_VALUE && !found.is_empty() {
            Code::SYNTAX
        } else {
            code
        };
        let mut diagnostic = Diagnostic::new(code, message, span);
        if code == Code::MISSING_TITLE && found == "{" {
            diagnostic = diagnostic.fix(
                "add a title",
                Applicability::Unsafe,
                span.at_start(),
                "\"TITLE\" ",
            );
        } else if bare {
            let word = self.bare_word(span);
            let text = self.source.slice(word).to_owned();
            diagnostic = diagnostic.fix(
                "put it in quotes",
                Applicability::Unsafe,
                word,
                format!("\"{text}\""),
            );
        } else if let Some(example) = example_of(&head.word, head.within)
            && !wanted.contains("such as")
        {
            diagnostic = diagnostic.help(format!("for example `{example}`"));
        }
        self.report(diagnostic);
    }

    /// From `span` to the next blank.
    fn bare_word(&self, span: Span) -> Span {
        let rest = self
            .source
            .text()
            .get(span.start as usize..)
            .unwrap_or_default();
        let len = rest
            .find([' ', '\t', '\n', ',', '{', '}'])
            .unwrap_or(rest.len());
        Span::new(span.source, span.start as usize, span.start as usize + len)
    }

    /// A plain number where a duration or a size is wanted.
    pub(super) fn with_unit(&mut self, value: &Expr, head: &Head<'_>, what: &str, unit: &str) {
        let plain = match &value.kind {
            ExprKind::Int(_) | ExprKind::Number(_) => true,
            ExprKind::Unary {
                op: UnaryOp::Minus,
                operand,
            } => matches!(operand.kind, ExprKind::Int(_) | ExprKind::Number(_)),
            _ => false,
        };
        if !plain || self.failed {
            return;
        }
        let written = self.source.slice(value.span).to_owned();
        let diagnostic = Diagnostic::new(
            Code::MISSING_UNIT,
            format!("`{}` needs {what}: `{written}` has no unit", head.word),
            value.span,
        );
        let next = self.token_at(value.span.end as usize);
        let diagnostic = if let Some(unit) = unit_of(self.source.slice(next)) {
            diagnostic.fix(
                format!("write `{written}{unit}`"),
                Applicability::Safe,
                value.span.to(next),
                format!("{written}{unit}"),
            )
        } else if matches!(value.kind, ExprKind::Int(_)) {
            diagnostic.fix(
                format!("add a unit, such as `{written}{unit}`"),
                Applicability::Unsafe,
                value.span.at_end(),
                unit,
            )
        } else {
            diagnostic
        };
        self.report(diagnostic);
    }
}

/// `a`, `b` or `c`.
pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    super::enumerate(&words, "or")
}
