//! Manual checks: checked, and kept for when they are asked.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Inputs, Manual, ManualItem};
use crate::source::Spanned;
use crate::syntax::ast::{Block, Name, Stmt, StmtKind, Text};
use crate::value::Type;

use super::Analyzer;
use super::body::InputsSoFar;
use super::paths::written_out;
use super::place::Place;
use super::slots::Seen;

impl<'a> Analyzer<'a> {
    /// A manual check; none where its name is not known.
    pub fn manual(
        &mut self,
        stmt: &'a Stmt,
        name: &Name,
        title: Option<&Text>,
        body: &'a Block,
        place: &Place,
    ) -> Option<Manual> {
        let place = place.setting("a manual check");
        let given = self.given_name(name, "a manual check's name", &place);
        let title = title
            .and_then(|title| self.title_text(title, "a manual check's title", &place))
            .unwrap_or_default();
        let mut seen = Seen::new();
        let mut inputs = InputsSoFar::default();
        let mut manual = Manual {
            name: Spanned::new(String::new(), name.span()),
            title,
            doc: stmt.doc.as_ref().map(|doc| doc.value.clone()),
            span: stmt.span,
            items: Vec::new(),
            inputs: Inputs::Tree,
            expires: None,
            by: Vec::new(),
            signed: false,
        };
        for inner in &body.stmts {
            if !self.count(inner.span) {
                break;
            }
            self.manual_statement(inner, &mut manual, &mut inputs, &mut seen, &place);
        }
        manual.inputs = inputs.finish();
        let shown = manual
            .items
            .iter()
            .any(|item| !matches!(item, ManualItem::Command(_)));
        if !shown && !self.is_broken(stmt.span) {
            self.report(
                Diagnostic::new(
                    Code::EMPTY_MANUAL,
                    "a manual check says what to do, or what is expected",
                    name.span(),
                )
                .help("add a `step` or an `expected`"),
            );
        }
        manual.name = given?;
        Some(manual)
    }

    fn manual_statement(
        &mut self,
        stmt: &'a Stmt,
        manual: &mut Manual,
        inputs: &mut InputsSoFar,
        seen: &mut Seen,
        place: &Place,
    ) {
        match &stmt.kind {
            StmtKind::Step(text) => {
                let text = self.slot(text, &Type::String, "`step`", place);
                manual.items.push(ManualItem::Step(text));
            }
            StmtKind::Expected(text) => {
                let text = self.slot(text, &Type::String, "`expected`", place);
                manual.items.push(ManualItem::Expected(text));
            }
            StmtKind::Command(text) => {
                let parts = self.command(text, place);
                manual.items.push(ManualItem::Command(parts));
            }
            StmtKind::Inputs {
                none: Some(none), ..
            } => self.report(
                Diagnostic::new(
                    Code::INPUTS_NONE,
                    "a manual check cannot have `inputs none`: a sign-off is about something",
                    *none,
                )
                .help("name what it is about, or leave `inputs` out for the whole tree"),
            ),
            StmtKind::Inputs {
                globs,
                none,
                allow_empty,
            } => self.inputs(inputs, stmt.keyword, globs, *none, *allow_empty, place),
            StmtKind::Expires(value) => {
                if self.first(seen, "expires", stmt.keyword) {
                    manual.expires = self.duration(value, "`expires`", place);
                }
            }
            StmtKind::By(names) => {
                let by = self.written(names, "`by`");
                manual.by.extend(by);
            }
            StmtKind::Signed => {
                if self.first(seen, "signed", stmt.keyword) {
                    manual.signed = true;
                }
            }
            _ => {}
        }
    }

    /// Texts in which nothing can be interpolated.
    pub fn written(&mut self, texts: &[Text], what: &str) -> Vec<Spanned<String>> {
        let mut all = Vec::new();
        for text in texts {
            match written_out(text, what) {
                Ok(value) => all.push(Spanned::new(value, text.span)),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        all
    }
}
