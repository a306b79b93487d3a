//! `scope` and `tasks`.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Forbidden, ScopeRule, Tasks};
use crate::source::Spanned;
use crate::syntax::ast::{self, Block, LimitKind, Stmt, StmtKind};
use crate::value::{Type, Value};

use super::Analyzer;
use super::globs::Covers;
use super::place::Place;
use super::slots::Seen;

impl<'a> Analyzer<'a> {
    /// The rules of a `scope`; `limits` are those its phase has so far.
    pub fn scope(&mut self, body: &'a Block, limits: &mut Seen, place: &Place) -> Vec<ScopeRule> {
        let mut rules = Vec::new();
        for stmt in &body.stmts {
            if !self.count(stmt.span) {
                break;
            }
            self.scope_rule(stmt, limits, place, &mut rules);
        }
        rules
    }

    fn scope_rule(
        &mut self,
        stmt: &'a Stmt,
        limits: &mut Seen,
        place: &Place,
        rules: &mut Vec<ScopeRule>,
    ) {
        match &stmt.kind {
            StmtKind::Allow(globs) => {
                let globs = self.globs_now(globs, "`allow`", place);
                rules.extend(globs.into_iter().map(|glob| ScopeRule::Allow { glob }));
            }
            StmtKind::Deny(globs) => {
                let globs = self.globs_now(globs, "`deny`", place);
                rules.extend(globs.into_iter().map(|glob| ScopeRule::Deny { glob }));
            }
            StmtKind::Require(globs) => {
                let globs = self.globs_now(globs, "`require`", place);
                rules.extend(globs.into_iter().map(|glob| ScopeRule::Require { glob }));
            }
            StmtKind::Forbid { patterns, within } => {
                let within = self.globs_now(within, "the `in` of a `forbid`", place);
                for (item, _) in self.items_now(patterns, &Type::Pattern, "`forbid`", place) {
                    let forbidden = match item.value {
                        Value::String(word) if word.is_empty() => {
                            self.report(
                                Diagnostic::new(
                                    Code::OUT_OF_RANGE,
                                    "an empty word stands in every line",
                                    item.span,
                                )
                                .help("write the word that is forbidden"),
                            );
                            continue;
                        }
                        Value::String(word) => Forbidden::Word(word),
                        Value::Regex(regex) => Forbidden::Regex(regex),
                        _ => continue,
                    };
                    rules.push(ScopeRule::Forbid {
                        pattern: Spanned::new(forbidden, item.span),
                        within: within.clone(),
                    });
                }
            }
            StmtKind::Limit { value, kind } => {
                let (word, limit) = match kind {
                    LimitKind::Files => (
                        "limit … files",
                        self.whole_number(value, "`limit`", 0, place),
                    ),
                    LimitKind::Lines => (
                        "limit … lines",
                        self.whole_number(value, "`limit`", 0, place),
                    ),
                    LimitKind::PerFile => ("limit … per file", self.size(value, "`limit`", place)),
                };
                if self.first(limits, word, stmt.keyword)
                    && let Some(value) = limit
                {
                    rules.push(ScopeRule::Limit {
                        kind: *kind,
                        value,
                        span: stmt.span,
                    });
                }
            }
            _ => {}
        }
    }

    /// Reports what a phase allows and denies whole; `own` of its rules are its own, the
    /// others those of `every phase`. A phase may well deny what every phase allows.
    pub fn denied_allows(&mut self, rules: &[ScopeRule], own: usize) {
        let denies = Covers::new(
            rules
                .iter()
                .enumerate()
                .filter_map(|(at, rule)| match rule {
                    ScopeRule::Deny { glob } => Some((glob.value.as_str(), (at, glob.span))),
                    _ => None,
                }),
        );
        for (at, rule) in rules.iter().enumerate() {
            let ScopeRule::Allow { glob: allow } = rule else {
                continue;
            };
            let heard = |deny: usize| at < own || deny >= own;
            let deny = denies.first(&allow.value, |(deny, _)| heard(*deny));
            if let Some((cover, (_, span))) = deny {
                self.report(
                    Diagnostic::new(
                        Code::ALLOW_DENIED,
                        format!("`{}` is allowed and then denied whole", allow.value),
                        allow.span,
                    )
                    .also(*span, format!("`{}` denies all of it", cover.glob()))
                    .help("remove one of the two"),
                );
            }
        }
    }

    /// `tasks FILE under HEADING`.
    pub fn tasks(
        &mut self,
        stmt: &Stmt,
        file: &ast::Expr,
        under: Option<&ast::Expr>,
        place: &Place,
    ) -> Option<Tasks> {
        let file = self.text_now(file, "`tasks`", place);
        let under = match under {
            Some(under) => Some(self.text_now(under, "the heading of a `tasks`", place)?),
            None => None,
        };
        Some(Tasks {
            file: file?,
            under,
            span: stmt.span,
        })
    }
}
