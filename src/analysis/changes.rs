//! What proofs and tests write: changes to files.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Change, Proof};
use crate::syntax::ast::{Block, Stmt, StmtKind, Text};
use crate::value::Type;

use super::Analyzer;
use super::place::Place;
use super::slots::Seen;

impl<'a> Analyzer<'a> {
    /// A proof.
    pub fn proof(
        &mut self,
        stmt: &'a Stmt,
        title: Option<&Text>,
        body: &'a Block,
        place: &Place,
    ) -> Proof {
        let place = place.setting("a proof");
        let title = title.and_then(|title| self.title_text(title, "a proof's title", &place));
        let mut seen = Seen::new();
        let mut changes = Vec::new();
        for inner in &body.stmts {
            if !self.count(inner.span) {
                break;
            }
            let change = self.change(inner, &mut seen, &place);
            changes.extend(change);
        }
        if body.stmts.is_empty() && !self.is_broken(body.span) {
            self.report(
                Diagnostic::new(
                    Code::EMPTY_PROOF,
                    "this proof changes nothing, so the gate stays as it is",
                    stmt.keyword,
                )
                .help("write the change that must turn the gate red: `write`, `append`, `replace`, `remove` or `env`"),
            );
        }
        Proof {
            title,
            span: stmt.span,
            changes,
        }
    }

    /// A change to a file or a variable; none for another statement.
    pub fn change(&mut self, stmt: &Stmt, seen: &mut Seen, place: &Place) -> Option<Change> {
        let path = |this: &mut Self, expr| this.slot(expr, &Type::Path, "the path", place);
        Some(match &stmt.kind {
            StmtKind::Write { path: file, text } => Change::Write {
                path: path(self, file),
                text: self.text_slot(text, "the text to write", place),
            },
            StmtKind::Append { path: file, text } => Change::Append {
                path: path(self, file),
                text: self.text_slot(text, "the text to append", place),
            },
            StmtKind::Replace {
                path: file,
                old,
                new,
            } => Change::Replace {
                path: path(self, file),
                old: self.text_slot(old, "the text to replace", place),
                new: self.text_slot(new, "the new text", place),
            },
            StmtKind::Remove(file) => Change::Remove {
                path: path(self, file),
            },
            StmtKind::Env { name, value } => {
                let var = self.env_var(name, value, place);
                let word = format!("env {}", name.value);
                if !self.first(seen, &word, stmt.keyword.to(name.span)) {
                    return None;
                }
                Change::Env(var)
            }
            _ => return None,
        })
    }
}
