//! What statements name, to find what none of them does.

use std::collections::HashSet;

use crate::syntax::ast::{CheckCall, Stmt, StmtKind};

use super::look::Look;
use super::walk::{Part, each, parts};
use crate::analysis::mentions::{names_in, names_in_parts};

/// The names that statements, and those inside them, mention.
#[derive(Default)]
pub(super) struct Mentions<'a> {
    /// Values, and the aliases before a dot.
    names: HashSet<&'a str>,
    /// Words of scripts, where a `-` is a `_`.
    words: HashSet<&'a str>,
    /// Checks that are called without a module.
    checks: HashSet<&'a str>,
}

impl<'a> Mentions<'a> {
    /// Those of these statements.
    pub fn of(stmts: impl IntoIterator<Item = &'a Stmt>, look: &Look<'a>) -> Self {
        let mut all = Self::default();
        for stmt in stmts {
            each(stmt, &mut |stmt| all.take(stmt, look));
        }
        all
    }

    fn take(&mut self, stmt: &'a Stmt, look: &Look<'a>) {
        let mut found = Vec::new();
        for part in parts(stmt) {
            match part {
                Part::Expr(expr) => names_in(expr, &mut found),
                Part::Text(text) => names_in_parts(&text.parts, &mut found),
                Part::Command(text) => names_in_parts(&text.parts, &mut found),
            }
        }
        self.names
            .extend(found.into_iter().map(|(_, name, _)| name));
        if let StmtKind::CheckCall(CheckCall { path, .. }) = &stmt.kind {
            match path.as_slice() {
                [check] => {
                    self.checks.insert(&check.value);
                }
                [module, ..] => {
                    self.names.insert(&module.value);
                }
                [] => {}
            }
        }
        if let Some(script) = look.script(stmt) {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            self.words.extend(script.split(move |c| !part(c)));
        }
    }

    /// Whether a value of this name is used. A script that names `args` may use any.
    pub fn uses(&self, name: &str) -> bool {
        self.names.contains(name)
            || self.words.contains("args")
            || self.words.contains(name.replace('-', "_").as_str())
    }

    /// Whether a check of this name is called.
    pub fn calls(&self, name: &str) -> bool {
        self.checks.contains(name)
    }
}
