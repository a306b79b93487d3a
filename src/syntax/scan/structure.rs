//! Brackets and blocks: what is open, and what to do where a partner is missing.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::{Previous, Scanner};
use crate::syntax::words;

/// What an open bracket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Block,
    Map,
    Paren,
    Bracket,
    Interpolation,
}

impl Kind {
    fn closer(self) -> &'static str {
        match self {
            Self::Block | Self::Map => "}",
            Self::Paren => ")",
            Self::Bracket => "]",
            Self::Interpolation => "}}",
        }
    }
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) at: usize,
    /// The blanks before the first word of its line.
    pub(super) indent: usize,
    /// Whether its content is not indented, so that indentation says nothing.
    pub(super) flat: bool,
    /// Whether something stands in it.
    pub(super) begun: bool,
    /// Whether something stands on its own line.
    pub(super) inline: bool,
    /// Whether it has no braces, and ends where its indentation does.
    pub(super) by_indent: bool,
}

impl Open {
    /// Something open inside a string, where lines do not matter.
    pub(super) fn interpolation(at: usize) -> Self {
        Self {
            kind: Kind::Interpolation,
            at,
            indent: 0,
            flat: true,
            begun: true,
            inline: false,
            by_indent: false,
        }
    }

    /// A block whose head, which ends after `at`, has no `{`.
    pub(super) fn headless(at: usize, indent: usize, by_indent: bool) -> Self {
        Self {
            kind: Kind::Block,
            at,
            indent,
            flat: false,
            begun: false,
            inline: false,
            by_indent,
        }
    }
}

/// Words that only the top level of a file takes.
const TOP: [&str; 8] = [
    "phase", "test", "plan", "every", "param", "use", "include", "edition",
];

impl Scanner<'_> {
    /// Whether statements stand here.
    pub(super) fn in_block(&self) -> bool {
        self.open.last().is_none_or(|open| open.kind == Kind::Block)
    }

    pub(super) fn push(&mut self, kind: Kind) {
        let at = self.at;
        self.at += 1;
        let after = self.rest(at + 1).trim_start_matches([' ', '\t']);
        let inline = !after.is_empty() && !after.starts_with(['\n', '#']);
        self.open.push(Open {
            kind,
            at,
            indent: self.indent_of(at),
            flat: false,
            begun: inline,
            inline,
            by_indent: false,
        });
        self.deepen(at, 0);
        self.after(Previous::Operator);
        self.unary = 0;
        if kind == Kind::Block {
            self.fresh();
        }
    }

    /// Whether a `{` opens a block or a map. One that ends its line after a value is a
    /// block's; brackets still open then are never closed.
    pub(super) fn brace_kind(&mut self) -> Kind {
        let ends_line = self
            .rest(self.at + 1)
            .trim_start_matches([' ', '\t'])
            .starts_with('\n');
        if !self.in_block() {
            if !ends_line || !matches!(self.previous, Previous::Value | Previous::Word) {
                return Kind::Map;
            }
            let block = self.open.iter().rposition(|open| open.kind == Kind::Block);
            self.unclosed_brackets(block.map_or(0, |index| index + 1), self.at);
            return Kind::Block;
        }
        let first = self.first_word;
        match self.previous {
            Previous::Operator | Previous::Sign if first == Some("for") && ends_line => Kind::Block,
            Previous::Operator | Previous::Sign => Kind::Map,
            Previous::Word if self.tokens == 2 && matches!(first, Some("in" | "let" | "env")) => {
                Kind::Map
            }
            _ => Kind::Block,
        }
    }

    /// A bracket closed by the sign of another one, where nothing is open that it fits.
    fn wrong_closer(&mut self, at: usize, closer: &'static str) {
        let Some(open) = self.open.pop() else { return };
        let place = self.span(at..at + 1);
        let right = open.kind.closer();
        let sign = self.text.get(open.at..open.at + 1).unwrap_or_default();
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                format!("this `{closer}` does not close the `{sign}`"),
                place,
            )
            .also(self.span(open.at..open.at + 1), "opened here")
            .fix(
                format!("write `{right}`"),
                Applicability::Unsafe,
                place,
                right,
            ),
        );
        self.quiet(open.at, at);
        self.mend(at..at + 1, right);
    }

    pub(super) fn close(&mut self, kind: Kind) {
        let at = self.at;
        if self.open.last().is_some_and(|open| open.kind == kind) {
            self.open.pop();
        } else {
            let found = self
                .open
                .iter()
                .rposition(|open| open.kind == Kind::Block || open.kind == kind)
                .filter(|index| self.open.get(*index).is_some_and(|open| open.kind == kind));
            if let Some(index) = found {
                self.unclosed_brackets(index + 1, at);
                self.open.pop();
            } else if self
                .open
                .last()
                .is_some_and(|open| open.kind != Kind::Block)
            {
                self.wrong_closer(at, kind.closer());
            } else {
                let place = self.span(at..at + 1);
                self.report(Diagnostic::new(
                    Code::SYNTAX,
                    format!("this `{}` closes nothing", kind.closer()),
                    place,
                ));
                self.quiet_line(at);
                self.mend(at..at + 1, " ");
            }
        }
        self.at += 1;
        self.after(Previous::Value);
    }

    pub(super) fn close_brace(&mut self) {
        let at = self.at;
        self.close_indented(None);
        let bracket = self
            .open
            .iter()
            .rposition(|open| matches!(open.kind, Kind::Block | Kind::Map));
        match bracket {
            Some(index) => {
                if index + 1 < self.open.len() {
                    self.unclosed_brackets(index + 1, at);
                }
                self.open.pop();
            }
            None if !self.open.is_empty() => self.wrong_closer(at, "}"),
            None => self.stray(at),
        }
        self.at = at + 1;
        self.after(Previous::Value);
    }

    fn stray(&mut self, at: usize) {
        self.strays += 1;
        let place = self.span(at..at + 1);
        self.report(
            Diagnostic::new(Code::STRAY_BRACE, "this `}` closes nothing", place).fix(
                "remove it",
                Applicability::Unsafe,
                place,
                "",
            ),
        );
        self.mend(at..at + 1, " ");
    }

    /// Reports the innermost of the brackets from `index` on, and closes them all.
    pub(super) fn unclosed_brackets(&mut self, index: usize, at: usize) {
        let Some(inner) = self.open.last().copied() else {
            return;
        };
        let place = self.span(inner.at..inner.at + 1);
        let end = self.previous_end.max(inner.at + 1);
        let here = self.span(end..end);
        let closer = inner.kind.closer();
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                format!(
                    "this `{}` is never closed",
                    self.text.get(inner.at..inner.at + 1).unwrap_or_default()
                ),
                place,
            )
            .fix(
                format!("add `{closer}`"),
                Applicability::Unsafe,
                here,
                closer,
            ),
        );
        let first = self.open.get(index).map_or(inner.at, |open| open.at);
        self.quiet(first, end.max(at.min(end)));
        let mut closers = String::new();
        while self.open.len() > index {
            if let Some(open) = self.open.pop() {
                closers.push_str(open.kind.closer());
            }
        }
        self.mend(end..end, closers);
    }

    /// Looks at the first token of a line; says whether it dealt with the line.
    pub(super) fn first_of_line(&mut self) -> bool {
        let at = self.at;
        if self.merge_marker() {
            return true;
        }
        if self.brace_below(at) {
            return true;
        }
        let brace = self.byte(at) == Some(b'}');
        if !self.in_block() && self.begins_statement(at) {
            let index = self
                .open
                .iter()
                .rposition(|open| open.kind == Kind::Block)
                .map_or(0, |index| index + 1);
            self.unclosed_brackets(index, at);
            self.fresh();
        }
        if self.in_block()
            && self.tokens > 0
            && self.previous == Previous::Operator
            && (self.begins_statement(at) || brace)
        {
            self.nothing_follows();
        }
        let column = at - self.line_start;
        self.close_indented(Some(column));
        if self.missing > 0 && self.in_block() {
            self.close_by_indent(at, column, brace);
        }
        if brace
            && self.extra > 0
            && self
                .open
                .last()
                .is_some_and(|open| open.kind == Kind::Block && column > open.indent && !open.flat)
        {
            self.extra -= 1;
            self.line_first = false;
            self.stray(at);
            self.at += 1;
            self.after(Previous::Value);
            return true;
        }
        if !brace
            && let Some(open) = self.open.last_mut()
            && !open.begun
        {
            open.begun = true;
            open.flat = column <= open.indent;
        }
        false
    }

    /// A block's `{` on the line below its head; says whether it dealt with the line.
    fn brace_below(&mut self, at: usize) -> bool {
        let between = self.text.get(self.previous_end..at).unwrap_or_default();
        if self.byte(at) != Some(b'{')
            || !self.in_block()
            || self.previous != Previous::Start
            || self.previous_end == 0
            || between.lines().any(|line| !is_blank_or_comment(line))
            || self
                .text
                .get(..self.previous_end)
                .is_some_and(|before| before.ends_with(['{', '}']))
        {
            return false;
        }
        let place = self.span(at..at + 1);
        let gap = self.previous_end..at;
        self.report(
            Diagnostic::new(
                Code::MISSING_BLOCK,
                "a block's `{` stands on the line where its statement's head ends",
                place,
            )
            .fix(
                "join the lines",
                Applicability::Safe,
                self.span(gap.clone()),
                " ",
            ),
        );
        self.quiet(gap.start.saturating_sub(1), at);
        self.mend(gap.clone(), " ");
        self.previous = Previous::Value;
        let head = self.text.get(..gap.start).unwrap_or_default();
        let head = head.rsplit(['\n', ' ', '\t']).next();
        if head == Some("rhai") {
            self.line_first = false;
            self.script();
            return true;
        }
        false
    }

    /// A comma or an operator at the end of its statement.
    fn nothing_follows(&mut self) {
        let range = self.previous_start..self.previous_end;
        let sign = self.text.get(range.clone()).unwrap_or_default();
        let place = self.span(range.clone());
        let diagnostic = if sign == "," {
            Diagnostic::new(
                Code::SYNTAX,
                "nothing follows this comma, which goes on to the next line",
                place,
            )
            .fix("remove it", Applicability::Safe, place, "")
        } else {
            Diagnostic::new(
                Code::MISSING_VALUE,
                format!("no value follows this `{sign}`, which goes on to the next line"),
                place,
            )
            .help("write the second value")
        };
        self.report(diagnostic);
        self.quiet_line(range.start);
        self.blank_out(range);
        self.fresh();
    }

    pub(super) fn end(&mut self) {
        if !self.in_block() {
            let index = self
                .open
                .iter()
                .rposition(|open| open.kind == Kind::Block)
                .map_or(0, |index| index + 1);
            self.unclosed_brackets(index, self.text.len());
        }
        self.close_indented(None);
        let end = self.text.len();
        let fix = if self.text.ends_with('\n') {
            "}\n"
        } else {
            "\n}\n"
        };
        let here = self.span(end..end);
        while let Some(open) = self.open.pop() {
            self.unclosed += 1;
            let place = self.span(open.at..open.at + 1);
            self.report(
                Diagnostic::new(Code::UNCLOSED_BLOCK, "this block is never closed", place).fix(
                    "add `}`",
                    Applicability::Unsafe,
                    here,
                    fix,
                ),
            );
            self.mend(end..end, "\n}");
        }
    }

    /// Whether the word at `at` begins a statement of the top level only.
    pub(super) fn top_level(&self, at: usize) -> bool {
        let word = self.text.get(at..self.word_end(at)).unwrap_or_default();
        let next = self.skip_blanks(at + word.len());
        TOP.contains(&word)
            && self
                .byte(next)
                .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'"' | b'\'' | b'_' | b'{'))
            || word == "check" && {
                let line = self.text.get(at..self.line_end(at)).unwrap_or_default();
                line.trim_end().ends_with('{')
            }
    }

    /// Whether a statement begins at `at`, where a bracket is open: a word of one, and
    /// after it what never follows a word inside brackets.
    fn begins_statement(&self, at: usize) -> bool {
        if self.byte(at) == Some(b'$') {
            return matches!(self.byte(at + 1), Some(b' ' | b'\t'));
        }
        let end = self.word_end(at);
        let word = self.text.get(at..end).unwrap_or_default();
        if matches!(word, "in" | "not") || words::blocks_of(word).is_empty() {
            return false;
        }
        let next = self.skip_blanks(end);
        if next == end {
            return false;
        }
        match self.byte(next) {
            Some(b'"' | b'\'' | b'$' | b'{' | b'0'..=b'9') => true,
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                let second = self.text.get(next..self.word_end(next)).unwrap_or_default();
                !matches!(
                    second,
                    "and" | "or" | "not" | "in" | "is" | "contains" | "matches"
                )
            }
            _ => false,
        }
    }
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}
