//! What a green phase does: `commit`, `tag`.

use crate::plan::{Commit, Tag};
use crate::syntax::ast::{self, Stmt, StmtKind};

use super::Analyzer;
use super::place::Place;
use super::slots::Seen;

impl<'a> Analyzer<'a> {
    /// A `commit` of the phase called `phase`.
    pub fn commit(
        &mut self,
        stmt: &Stmt,
        commit: &'a ast::Commit,
        phase: &str,
        place: &Place,
    ) -> Commit {
        let place = place.setting("a `commit`");
        let scope = match &commit.scope {
            None => Some(phase.to_owned()),
            Some(scope) => scope.as_ref().map(|scope| scope.value.clone()),
        };
        let mut made = Commit {
            ty: commit.ty.value.clone(),
            scope,
            subject: self.text_slot(&commit.subject, "the subject of a commit", &place),
            body: None,
            breaking: None,
            trailers: Vec::new(),
            span: stmt.span,
        };
        let mut seen = Seen::new();
        for inner in commit.body.iter().flat_map(|body| &body.stmts) {
            if !self.count(inner.span) {
                break;
            }
            match &inner.kind {
                StmtKind::Body(text) => {
                    if self.first(&mut seen, "body", inner.keyword) {
                        made.body = Some(self.text_slot(text, "`body`", &place));
                    }
                }
                StmtKind::Breaking(text) => {
                    if self.first(&mut seen, "breaking", inner.keyword) {
                        made.breaking = Some(self.text_slot(text, "`breaking`", &place));
                    }
                }
                StmtKind::Trailer { name, value } => {
                    let value = self.text_slot(value, "`trailer`", &place);
                    made.trailers.push((name.value.clone(), value));
                }
                _ => {}
            }
        }
        made
    }

    /// A `tag`; none where its name is not known.
    pub fn tag(
        &mut self,
        name: &ast::Expr,
        message: Option<&ast::Expr>,
        place: &Place,
    ) -> Option<Tag> {
        let place = place.setting("a `tag`");
        let name = self.text_now(name, "a tag's name", &place);
        let message =
            message.map(|message| self.text_slot(message, "the message of a `tag`", &place));
        Some(Tag {
            name: name?,
            message,
        })
    }
}
