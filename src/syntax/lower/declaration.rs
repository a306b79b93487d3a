//! Declarations: what has a name or a title, and a block.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::{Span, Spanned};

use super::Lowering;
use super::slot::quoted;
use super::statement::{Head, Parts, command_end, for_kind};
use crate::syntax::ast::{Commit, GateBody, Name, Stmt, StmtKind};
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::{self, BlockKind};
use crate::value::identifier_from;

/// The conventional types.
const COMMIT_TYPES: [&str; 11] = [
    "feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert",
];

/// The words of a gate's one line.
const STEPS: [&str; 8] = [
    "$", "run", "script", "check", "rhai", "expect", "let", "ratchet",
];

impl Lowering<'_> {
    pub(super) fn edition(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let Some(number) = parts.take(Rule::number) else {
            return self.missing(Code::MISSING_VALUE, &parts, head, "a year");
        };
        let span = self.exact(&number);
        let known = crate::plan::EDITION.to_string();
        if number.as_str() != known {
            self.report(Diagnostic::new(
                Code::UNKNOWN_EDITION,
                format!("there never was an edition {}", number.as_str()),
                span,
            ));
        }
        Some(StmtKind::Edition(Spanned::new(
            number.as_str().to_owned(),
            span,
        )))
    }

    pub(super) fn use_file(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let path = self.string(&mut parts, head, "the path of a file")?;
        let alias = if parts.take(Rule::k_as).is_some() {
            let alias = self.plain_ident(&mut parts, head, "a name after `as`")?;
            self.not_reserved(&alias);
            Some(alias)
        } else {
            None
        };
        Some(StmtKind::Use { path, alias })
    }

    pub(super) fn plan(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let title = self.title(&mut parts);
        let body = self.body(&mut parts, head, BlockKind::Plan)?;
        Some(StmtKind::Plan { title, body })
    }

    pub(super) fn every(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        if parts.take(Rule::k_phase).is_none() {
            let _: Option<()> = self.missing(Code::SYNTAX, &parts, head, "`phase`");
        }
        Some(StmtKind::Every(self.body(
            &mut parts,
            head,
            BlockKind::Every,
        )?))
    }

    pub(super) fn phase(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let lone = parts
            .list
            .first()
            .filter(|part| part.as_rule() == Rule::title)
            .map(|title| self.exact(title));
        if let Some(title) = lone {
            self.title_only(title, head);
        }
        let name = self.plain_ident(&mut parts, head, "a name");
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Phase);
        Some(StmtKind::Phase {
            name: name?,
            title,
            body: body?,
        })
    }

    /// A declaration that has a title and no name before it, or its name in quotes.
    fn title_only(&mut self, title: Span, head: &Head<'_>) {
        let what = if head.word == "manual" {
            "manual check"
        } else {
            &head.word
        };
        let next = self.token_at(title.end as usize);
        let is_name = self.source.slice(next).starts_with(['"', '\'']);
        let message = if is_name {
            format!("the name of a {what} stands without quotes")
        } else {
            format!("a {what} needs a name before its title")
        };
        let diagnostic = Diagnostic::new(Code::SYNTAX, message, title);
        let diagnostic = match identifier_from(self.source.slice(title)) {
            Some(name) if is_name => diagnostic.fix(
                format!("write `{name}`"),
                Applicability::Unsafe,
                title,
                name,
            ),
            Some(name) => diagnostic.fix(
                format!("name it, such as `{name}`"),
                Applicability::Unsafe,
                title.at_start(),
                format!("{name} "),
            ),
            None => diagnostic.help("write a name of letters, digits and `-` before it"),
        };
        self.report(diagnostic);
    }

    pub(super) fn test(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Test);
        Some(StmtKind::Test {
            title: title?,
            body: body?,
        })
    }

    pub(super) fn gate<'i>(
        &mut self,
        mut parts: Parts<'i>,
        head: &mut Head<'i>,
    ) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        let title = self.title(&mut parts);
        let body = match parts.take(Rule::line) {
            Some(line) => Some(GateBody::Line(Box::new(self.gate_line(line, head)?))),
            None if head.spare.is_none() && parts.list.is_empty() => {
                self.no_step(&parts, head);
                let span = head.keyword;
                Some(GateBody::Line(Box::new(Stmt {
                    span,
                    keyword: span,
                    doc: None,
                    kind: self.placeholder(span),
                })))
            }
            None => self
                .body(&mut parts, head, BlockKind::Gate)
                .map(GateBody::Block),
        };
        Some(StmtKind::Gate {
            name: name?,
            title,
            body: body?,
        })
    }

    /// A gate without a body, or with one that begins with no step.
    fn no_step(&mut self, parts: &Parts<'_>, head: &Head<'_>) {
        let next = self.token_at(parts.end);
        let word = self.source.slice(next).to_owned();
        if self.failed || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let _: Option<()> = self.missing(Code::MISSING_BLOCK, parts, head, "a step or a block");
            return;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_STATEMENT,
            format!("no step of a gate begins with `{word}`"),
            next,
        );
        diagnostic = match nearest(&word, STEPS) {
            Some(near) => diagnostic.fix(
                format!("did you mean `{near}`?"),
                Applicability::Unsafe,
                next,
                near,
            ),
            None => diagnostic.help("a command begins with `$`, a title stands in quotes"),
        };
        self.report(diagnostic);
    }

    /// The one step on a gate's own line.
    fn gate_line<'i>(&mut self, line: Pair<'i>, head: &mut Head<'i>) -> Option<Stmt> {
        let known = line.into_inner().next()?;
        let span = self.span(&known);
        let keyword = self.token_at(span.start as usize);
        let word = self.source.slice(keyword).to_owned();
        if !STEPS.contains(&word.as_str()) {
            let diagnostic = if BlockKind::Gate.takes(&word) {
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    format!("`{word}` is no step: it stands in the gate's block"),
                    keyword,
                )
                .help("a gate's line takes one step; write the gate with a block")
            } else {
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    format!("`{word}` does not belong in a gate"),
                    keyword,
                )
                .help(format!("a gate's line takes {}", quoted(&STEPS)))
            };
            self.report(diagnostic);
            return None;
        }
        let failed = self.failed;
        let rule = known.as_rule();
        let mut inner = Head {
            broken: head.broken.take(),
            word,
            keyword,
            within: Some(BlockKind::Gate),
            spare: None,
        };
        if rule == Rule::check_declaration {
            self.report(
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    "a check is declared at the top level of a file",
                    keyword,
                )
                .help("a gate calls it: `check NAME(…)`"),
            );
            return None;
        }
        let kind = self.kind(known, &mut inner);
        head.broken = inner.broken;
        let kind = kind.unwrap_or_else(|| self.placeholder(span));
        self.failed |= failed;
        Some(Stmt {
            span: span.to(command_end(&kind).unwrap_or(span)),
            keyword,
            doc: None,
            kind,
        })
    }

    pub(super) fn manual(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        if let Some(Name::Text(text)) = &name
            && parts.list.first().map(Pair::as_rule) != Some(Rule::title)
        {
            self.title_only(text.span, head);
        }
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Manual);
        Some(StmtKind::Manual {
            name: name?,
            title,
            body: body?,
        })
    }

    pub(super) fn service(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        if let Some(title) = self.title(&mut parts) {
            self.report(Diagnostic::new(
                Code::SYNTAX,
                "a service has no title",
                title.span,
            ));
        }
        let body = self.body(&mut parts, head, BlockKind::Service);
        Some(StmtKind::Service {
            name: name?,
            body: body?,
        })
    }

    pub(super) fn for_each(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        let variable = self.value_ident(&mut parts, head);
        let list = if variable.is_none() {
            None
        } else if parts.take(Rule::k_in).is_some() {
            self.condition(&mut parts, head)
        } else {
            self.missing(Code::SYNTAX, &parts, head, "`in` and a list")
        };
        let Some(kind) = for_kind(head.within) else {
            // Not placed here; what it stands for is not known.
            if let Some(block) = parts.take(Rule::block).or_else(|| head.spare.take()) {
                self.block(block, None);
            }
            return None;
        };
        let body = self.body(&mut parts, head, kind);
        Some(StmtKind::For {
            variable: variable?,
            list: list?,
            body: body?,
        })
    }

    pub(super) fn commit(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let Some(kind) = parts.take(Rule::commit_type) else {
            return self.missing(Code::MISSING_VALUE, &parts, head, "a type such as `feat`");
        };
        let mut ty = None;
        let mut scope = None;
        for part in kind.into_inner() {
            if part.as_rule() == Rule::ident {
                ty = Some(self.ident(&part));
            } else {
                scope = Some(part.into_inner().next().map(|name| self.ident(&name)));
            }
        }
        let ty = ty?;
        if !COMMIT_TYPES.contains(&ty.value.as_str()) {
            self.wrong_choice(ty.span, &COMMIT_TYPES);
        }
        let subject = self.value(&mut parts, head, "a subject in quotes");
        if let Some(group) = &subject
            && scope.is_none()
            && head.broken.is_some()
            && self.source.slice(group.span).starts_with('(')
        {
            let gap = Span::new(
                group.span.source,
                ty.span.end as usize,
                group.span.start as usize,
            );
            self.report(
                Diagnostic::new(
                    Code::SYNTAX,
                    "no blank stands between a commit's type and its scope",
                    group.span,
                )
                .fix("remove it", Applicability::Safe, gap, ""),
            );
        }
        let body = parts
            .take(Rule::block)
            .or_else(|| head.spare.take())
            .map(|block| self.block(block, Some(BlockKind::Commit)));
        Some(StmtKind::Commit(Commit {
            ty,
            scope,
            subject: subject?,
            body,
        }))
    }
}

/// Whether a word begins a statement somewhere.
pub(super) fn begins_statement(word: &str) -> bool {
    !words::blocks_of(word).is_empty()
}
