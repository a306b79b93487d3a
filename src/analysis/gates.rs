//! A gate: one line or a block.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Gate;
use crate::source::Span;
use crate::syntax::ast::{GateBody, Name, Stmt, Text};

use super::Analyzer;
use super::body::Body;
use super::needs::Need;
use super::place::{Outputs, Place};
use super::steps::{GateState, Reading};

/// A gate before its phase's and the plan's settings are added.
pub(super) struct GateSoFar {
    pub gate: Gate,
    pub timeout: Option<u64>,
    pub needs: Vec<Need>,
}

impl<'a> Analyzer<'a> {
    /// A gate; none where its name is not known.
    pub fn gate(
        &mut self,
        stmt: &'a Stmt,
        name: &'a Name,
        title: Option<&'a Text>,
        inner: &'a GateBody,
        place: &Place,
        origin: &[Span],
    ) -> Option<GateSoFar> {
        let given = self.given_name(name, "a gate's name", place);
        let title = title.and_then(|title| self.title_text(title, "a gate's title", place));
        self.given_at.clear();
        let mut inside = Place {
            outputs: Outputs::After(None),
            block: Some(stmt.span),
            ..place.clone()
        };
        let base = inside.locals.len();
        let mut body = Body::default();
        let mut state = GateState::default();
        let mut reading = Reading {
            body: &mut body,
            gate: &mut state,
            origin: Vec::new(),
            base,
        };
        match inner {
            GateBody::Line(step) => {
                self.body(std::slice::from_ref(&**step), &mut inside, &mut reading);
            }
            GateBody::Block(block) => self.body(&block.stmts, &mut inside, &mut reading),
        }
        self.given_at.clear();
        if !body.judges(self.checking_only) && !body.unsure && !self.is_broken(stmt.span) {
            let mut diagnostic = Diagnostic::new(
                Code::NO_STEP,
                match &given {
                    Some(name) => format!("the gate `{}` has no step that judges", name.value),
                    None => "this gate has no step that judges".to_owned(),
                },
                name.span(),
            );
            if let Some(call) = body.empty_call() {
                diagnostic = diagnostic.also(call, "no step comes of this check here");
            }
            self.report(diagnostic.help("add a step: a `$` line, an `expect`, a `check`"));
        }
        state.mark(&mut body.steps);
        body.steps.shrink_to_fit();
        Some(GateSoFar {
            timeout: body.timeout,
            needs: body.needs,
            gate: Gate {
                name: given?,
                title,
                doc: stmt.doc.as_ref().map(|doc| doc.value.clone()),
                span: stmt.span,
                origin: origin.to_vec(),
                dir: body.dir,
                env: body.env,
                timeout: 0,
                retry: body.retry,
                hold: body.hold,
                needs: Vec::new(),
                locks: body.locks,
                when: body.when,
                inputs: body.inputs.finish(),
                services: body.services,
                steps: body.steps,
                proofs: body.proofs,
            },
        })
    }
}
