//! Settings, scope rules, and the other statements that are a word and its values.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{Span, Spanned};

use super::Lowering;
use super::number::unit_of;
use super::statement::{Head, Parts};
use crate::syntax::ast::{Expr, ExprKind, Ident, LimitKind, StmtKind, Text};
use crate::syntax::parser::Rule;

impl Lowering<'_> {
    pub(super) fn simple(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let (make, wanted): (fn(Expr) -> StmtKind, &str) = match head.word.as_str() {
            "timeout" => (StmtKind::Timeout, "a duration such as `10m`"),
            "in" => (StmtKind::In, "a folder in quotes"),
            "goal" => (StmtKind::Goal, "a sentence in quotes"),
            "run" => (StmtKind::Run, "a command in quotes"),
            "step" => (StmtKind::Step, "a sentence in quotes"),
            "expected" => (StmtKind::Expected, "a sentence in quotes"),
            "expires" => (StmtKind::Expires, "a duration such as `7d`"),
            "base" => (StmtKind::Base, "a branch, tag or commit in quotes"),
            "jobs" => (StmtKind::Jobs, "a number"),
            "push" => (StmtKind::Push, "a remote in quotes"),
            "body" => (StmtKind::Body, "a text in quotes"),
            "breaking" => (StmtKind::Breaking, "a text in quotes"),
            _ => (StmtKind::Remove, "a path in quotes"),
        };
        let value = self.value(&mut parts, head, wanted)?;
        if matches!(head.word.as_str(), "timeout" | "expires") {
            let unit = if head.word == "expires" { "d" } else { "m" };
            self.with_unit(&value, head, "a duration", unit);
        }
        Some(make(value))
    }

    pub(super) fn list(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let (make, wanted): (fn(Vec<Expr>) -> StmtKind, &str) = match head.word.as_str() {
            "allow" => (StmtKind::Allow, "a glob in quotes"),
            "deny" => (StmtKind::Deny, "a glob in quotes"),
            "require" => (StmtKind::Require, "a glob in quotes"),
            "needs" => (StmtKind::Needs, "the name of a gate"),
            "lock" => (StmtKind::Lock, "a name in quotes"),
            "shell" => (StmtKind::Shell, "a program in quotes"),
            "share" => (StmtKind::Share, "a glob in quotes"),
            "remind" => (StmtKind::Remind, "a sentence in quotes"),
            "by" => {
                let by = self.values(&mut parts, head, "an e-mail address in quotes")?;
                return Some(StmtKind::By(self.written_out(by, head)?));
            }
            _ => {
                let names = self.values(&mut parts, head, "the name of an environment variable")?;
                return Some(StmtKind::Secret(self.bare_names(names)?));
            }
        };
        Some(make(self.values(&mut parts, head, wanted)?))
    }

    pub(super) fn operands(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let wanted: &[&str] = match head.word.as_str() {
            "script" => &["an interpreter in quotes", "its source"],
            "replace" => &["a path in quotes", "the old text", "the new text"],
            _ => &["a path in quotes", "a text"],
        };
        let mut values = Vec::new();
        for wanted in wanted {
            values.push(self.value(&mut parts, head, wanted)?);
        }
        if let Some(extra) = parts.list.first() {
            let span = self.span(extra);
            self.unexpected(span, "the end of the line");
        }
        let mut values = values.into_iter();
        let (first, second) = (values.next()?, values.next()?);
        Some(match head.word.as_str() {
            "script" => StmtKind::Script {
                program: first,
                source: second,
            },
            "write" => StmtKind::Write {
                path: first,
                text: second,
            },
            "append" => StmtKind::Append {
                path: first,
                text: second,
            },
            _ => StmtKind::Replace {
                path: first,
                old: second,
                new: values.next()?,
            },
        })
    }

    pub(super) fn choice(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let (make, choices): (fn(Ident) -> StmtKind, &[&str]) = match head.word.as_str() {
            "tree" => (StmtKind::Tree, &["staged", "worktree"]),
            _ => (StmtKind::Regress, &["changed", "all", "none"]),
        };
        let word = self.chosen(&mut parts, head, choices)?;
        Some(make(word))
    }

    pub(super) fn limit(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let value = self.value(&mut parts, head, "a number or a size")?;
        let kind = parts.take(Rule::limit_kind);
        if kind.is_none() && matches!(value.kind, ExprKind::Size(_)) {
            return self.missing(
                Code::MISSING_VALUE,
                &parts,
                head,
                "`per file` after the size",
            );
        }
        let Some(kind) = kind else {
            const KINDS: [&str; 3] = ["files", "lines", "per file"];
            let next = self.token_at(parts.end);
            if self.failed {
            } else if unit_of(self.source.slice(next)).is_some() {
                self.with_unit(&value, head, "a size", "MB");
            } else if self
                .source
                .slice(next)
                .starts_with(|c: char| c.is_alphabetic())
            {
                self.wrong_choice(next, &KINDS);
            } else if self.source.slice(next).is_empty() {
                let written = self.source.slice(value.span).to_owned();
                self.report(
                    Diagnostic::new(
                        Code::MISSING_UNIT,
                        format!("`limit` needs what it counts: `{written}` of what"),
                        value.span,
                    )
                    .help("write `files` or `lines` after it"),
                );
            } else {
                return self.missing(
                    Code::MISSING_UNIT,
                    &parts,
                    head,
                    "`files`, `lines` or `per file`",
                );
            }
            return None;
        };
        let kind = match kind.as_str() {
            "file" | "files" => LimitKind::Files,
            "line" | "lines" => LimitKind::Lines,
            _ => LimitKind::PerFile,
        };
        if kind == LimitKind::PerFile {
            self.with_unit(&value, head, "a size", "MB");
        }
        Some(StmtKind::Limit { value, kind })
    }

    pub(super) fn inputs(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let mut globs = self.values(&mut parts, head, "a glob in quotes, or `none`")?;
        let mut none = None;
        let mut allow_empty = parts
            .take(Rule::k_allow_empty)
            .map(|word| self.exact(&word));
        globs.retain(|glob| match &glob.kind {
            ExprKind::Name(name) if name == "none" => {
                none.get_or_insert(glob.span);
                false
            }
            ExprKind::Name(name) if name == "allow-empty" => {
                allow_empty.get_or_insert(glob.span);
                false
            }
            _ => true,
        });
        if globs.is_empty() && none.is_none() {
            return self.missing(Code::MISSING_VALUE, &parts, head, "a glob in quotes");
        }
        Some(StmtKind::Inputs {
            globs,
            none,
            allow_empty,
        })
    }

    pub(super) fn env(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let name = self.plain_ident(&mut parts, head, "the name of an environment variable")?;
        if let Some(at) = name.value.find('-') {
            let at = name.span.start as usize + at;
            self.report(Diagnostic::new(
                Code::SYNTAX,
                "the name of an environment variable holds letters, digits and `_` only",
                Span::new(name.span.source, at, at + 1),
            ));
        }
        let value = self.assigned(&mut parts, head)?;
        Some(StmtKind::Env { name, value })
    }

    pub(super) fn retry(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let hold = head.word == "hold";
        let wanted = if hold {
            "a duration such as `24h`"
        } else {
            "a number"
        };
        let first = self.value(&mut parts, head, wanted)?;
        self.took_word(&first, "every", wanted, head);
        if hold {
            self.with_unit(&first, head, "a duration", "h");
        }
        let every = self.after_word(&mut parts, head, Rule::k_every, "a duration such as `5s`")?;
        if let Some(every) = &every {
            self.with_unit(every, head, "a duration", "s");
        }
        Some(if hold {
            if every.is_none() {
                return self.missing(Code::MISSING_VALUE, &parts, head, "`every` and a duration");
            }
            StmtKind::Hold {
                duration: first,
                every,
            }
        } else {
            StmtKind::Retry {
                count: first,
                every,
            }
        })
    }

    pub(super) fn lint(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let code = self.plain_ident(&mut parts, head, "the code of a lint")?;
        let state = self.chosen(&mut parts, head, &["off"])?;
        Some(StmtKind::Lint { code, state })
    }

    pub(super) fn amend(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        if parts.take(Rule::k_by).is_none() {
            return self.missing(Code::SYNTAX, &parts, head, "`by`");
        }
        let by = self.values(&mut parts, head, "an e-mail address in quotes")?;
        Some(StmtKind::AmendBy(self.written_out(by, head)?))
    }

    /// `within DURATION`, absent or whole; `None` where it is broken.
    pub(super) fn within(
        &mut self,
        parts: &mut Parts<'_>,
        head: &Head<'_>,
    ) -> Option<Option<Expr>> {
        let Some(within) = parts.take(Rule::within) else {
            return Some(None);
        };
        let mut inner = Parts {
            end: self.span(&within).end as usize,
            list: within.into_inner().skip(1).collect(),
        };
        let value = self.value(&mut inner, head, "a duration such as `10s`")?;
        self.with_unit(&value, head, "a duration", "s");
        Some(Some(value))
    }

    /// All of `values` as texts written out.
    pub(super) fn written_out(&mut self, values: Vec<Expr>, head: &Head<'_>) -> Option<Vec<Text>> {
        let mut texts = Vec::new();
        for value in values {
            match value.kind {
                ExprKind::Text(text) => texts.push(text),
                ExprKind::Error => return None,
                _ => {
                    self.report(Diagnostic::new(
                        Code::SYNTAX,
                        format!("`{}` takes texts written out in quotes", head.word),
                        value.span,
                    ));
                    return None;
                }
            }
        }
        Some(texts)
    }

    /// All of `values` as words without quotes.
    pub(super) fn bare_names(&mut self, values: Vec<Expr>) -> Option<Vec<Ident>> {
        let mut names = Vec::new();
        for value in values {
            match value.kind {
                ExprKind::Name(name) => names.push(Spanned::new(name, value.span)),
                ExprKind::Error => return None,
                ExprKind::Text(text) => {
                    let name = text.plain().unwrap_or_default();
                    self.report(
                        Diagnostic::new(
                            Code::SYNTAX,
                            "the name of an environment variable is written without quotes",
                            text.span,
                        )
                        .fix(
                            "drop the quotes",
                            Applicability::Safe,
                            text.span,
                            name,
                        ),
                    );
                    return None;
                }
                _ => {
                    self.unexpected(value.span, "the name of an environment variable");
                    return None;
                }
            }
        }
        Some(names)
    }
}
