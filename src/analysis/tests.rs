//! `test` blocks: their names, types and pairs.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Block, Outcome, Stmt, StmtKind, Text};

use super::Analyzer;
use super::body::Body;
use super::place::{Outputs, Place};
use super::slots::Seen;
use super::steps::{GateState, Reading};

impl<'a> Analyzer<'a> {
    /// Looks at every test of every file.
    pub fn check_tests(&mut self) {
        let files = self.files;
        self.checking_only = true;
        for (module, at) in files.modules.iter().enumerate() {
            for stmt in files.items(at) {
                if let StmtKind::Test { title, body } = &stmt.kind {
                    self.test(stmt, title, body, module);
                }
            }
        }
        self.checking_only = false;
        self.expanded = 0;
    }

    fn test(&mut self, stmt: &'a Stmt, title: &Text, body: &'a Block, module: usize) {
        let place = Place::top(module, "a test");
        self.title_text(title, "a test's title", &place);
        let mut seen = Seen::new();
        // The call that waits for what is expected of it.
        let mut waiting: Option<Span> = None;
        let mut pairs = 0;
        let mut alone = false;
        for inner in &body.stmts {
            if !self.count(inner.span) {
                return;
            }
            match &inner.kind {
                StmtKind::CheckCall(call) => {
                    let mut calling = Place {
                        outputs: Outputs::Nowhere("a test"),
                        ..place.clone()
                    };
                    let mut unused = Body::default();
                    let mut gate = GateState::default();
                    let mut reading = Reading {
                        body: &mut unused,
                        gate: &mut gate,
                        origin: Vec::new(),
                        base: calling.locals.len(),
                    };
                    self.body(std::slice::from_ref(inner), &mut calling, &mut reading);
                    if let Some(before) = waiting.replace(call.span) {
                        self.unpaired(before, stmt.span);
                    }
                }
                StmtKind::ExpectOutcome(outcome) => {
                    self.outcome(outcome, &place);
                    if waiting.take().is_some() {
                        pairs += 1;
                    } else if !self.is_broken(stmt.span) {
                        alone = true;
                        self.report(
                            Diagnostic::new(
                                Code::EMPTY_TEST,
                                "there is no check above for this to speak of",
                                inner.span,
                            )
                            .help("put a `check` before it, one for each `expect`"),
                        );
                    }
                }
                _ => {
                    self.change(inner, &mut seen, &place);
                }
            }
        }
        if let Some(call) = waiting {
            // One of each: they stand in the wrong order, and that was said.
            if !alone {
                self.unpaired(call, stmt.span);
            }
        } else if pairs == 0
            && !body
                .stmts
                .iter()
                .any(|inner| matches!(inner.kind, StmtKind::ExpectOutcome(_)))
            && !self.is_broken(stmt.span)
        {
            self.report(
                Diagnostic::new(
                    Code::EMPTY_TEST,
                    "this test checks nothing",
                    title.span,
                )
                .help("add a `check` and what is expected of it: `expect passes`, `expect fails` or `expect blocked`"),
            );
        }
    }

    fn unpaired(&mut self, call: Span, test: Span) {
        if self.is_broken(test) {
            return;
        }
        self.report(
            Diagnostic::new(Code::EMPTY_TEST, "nothing is expected of this check", call)
                .help("put `expect passes`, `expect fails` or `expect blocked` below it"),
        );
    }

    fn outcome(&mut self, outcome: &Outcome, place: &Place) {
        let Outcome::Fails { text, at } = outcome else {
            return;
        };
        if let Some(text) = text {
            self.text_slot(text, "`expect fails`", place);
        }
        if let Some(at) = at {
            self.text_slot(at, "`at`", place);
        }
    }
}
