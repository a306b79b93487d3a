//! The steps of a gate or a check, in order.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Command, CommandForm, Expect, Expr, Feature, OutputStream, Step, StepKind};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Ident, Stmt, StmtKind};
use crate::value::Type;

use super::body::Body;
use super::constant::{Known, is_wrong, outputs_in};
use super::place::{Binding, BindingKind, Outputs, Place};
use super::types::a;
use super::{Analyzer, MAX_CALLS, expand};

/// What is counted through a whole gate, its checks included.
#[derive(Default)]
pub(super) struct GateState {
    pub slots: usize,
    pub commands: usize,
    /// How deep bodies stand in bodies.
    pub depth: usize,
    /// Commands whose exit an `expect` judges.
    exits: HashSet<usize>,
    /// Commands whose output is looked at.
    reads: HashSet<usize>,
}

impl GateState {
    pub fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// Tells each command what is expected of it.
    pub fn mark(&self, steps: &mut [Step]) {
        for step in steps {
            match &mut step.kind {
                StepKind::Command(command) => {
                    command.exit_expected = self.exits.contains(&command.id);
                    command.output_read = self.reads.contains(&command.id);
                }
                StepKind::Check(check) => self.mark(&mut check.steps),
                _ => {}
            }
        }
    }
}

/// A body being read.
pub(super) struct Reading<'r> {
    pub body: &'r mut Body,
    pub gate: &'r mut GateState,
    /// The calls and `for`s around, innermost first.
    pub origin: Vec<Span>,
    /// How many locals there were where the block began.
    pub base: usize,
}

impl<'a> Analyzer<'a> {
    /// Reads the statements of a body.
    pub fn body(&mut self, stmts: &'a [Stmt], place: &mut Place, reading: &mut Reading<'_>) {
        for stmt in stmts {
            if !self.count(stmt.span) {
                reading.body.unsure = true;
                return;
            }
            if !self.setting(stmt, place, reading) {
                self.step(stmt, place, reading);
            }
        }
    }

    fn step(&mut self, stmt: &'a Stmt, place: &mut Place, reading: &mut Reading<'_>) {
        let kind = match &stmt.kind {
            StmtKind::For {
                variable,
                list,
                body,
            } => {
                self.loop_over(stmt, variable, list, &body.stmts, place, reading);
                return;
            }
            StmtKind::Command(text) => {
                let parts = self.command(text, place);
                let form = CommandForm::Shell {
                    parts,
                    span: text.span,
                };
                self.command_step(form, place, reading)
            }
            StmtKind::Run(text) => {
                let form = self.run_form(text, place);
                self.command_step(form, place, reading)
            }
            StmtKind::Script { program, source } => {
                let form = self.script_form(program, source, place);
                self.command_step(form, place, reading)
            }
            StmtKind::CheckCall(call) => match self.check_call(call, place, reading) {
                Some(kind) => kind,
                None => {
                    reading.body.unsure = true;
                    return;
                }
            },
            StmtKind::Rhai(script) => self.rhai(stmt, &script.value, script.span, place),
            StmtKind::RhaiFile(path) => match self.rhai_file(stmt, path, place) {
                Some(kind) => kind,
                None => {
                    reading.body.unsure = true;
                    return;
                }
            },
            StmtKind::Expect(expr) => self.expect(expr, place, reading),
            StmtKind::Let { name, value } => self.keep(name, value, place, reading),
            StmtKind::Ratchet {
                name,
                value,
                direction,
            } => {
                let Some(name) = self.given_name(name, "a ratchet's name", place) else {
                    reading.body.unsure = true;
                    return;
                };
                self.ratchet_name(&name);
                self.unbuilt(Feature::Ratchet, &name.value, stmt.span);
                let value = self.lower(value, place);
                self.look_at(&value, reading.gate, false);
                StepKind::Ratchet {
                    value: self.measurable(value),
                    name,
                    direction: direction.value,
                }
            }
            // Reported by the parser: no step begins with this.
            _ => return,
        };
        reading.body.steps.push(Step {
            span: stmt.span,
            origin: reading.origin.clone(),
            kind,
        });
    }

    fn loop_over(
        &mut self,
        stmt: &Stmt,
        variable: &Ident,
        list: &ast::Expr,
        stmts: &'a [Stmt],
        place: &Place,
        reading: &mut Reading<'_>,
    ) {
        if self.too_deep(reading.gate, stmt.span) {
            return;
        }
        let turns = self.turns(variable, list, place);
        reading.body.unsure |= turns.unsure;
        let mut origin = vec![expand::head(stmt.keyword, list)];
        origin.extend(reading.origin.iter().copied());
        reading.gate.depth += 1;
        for mut turn in turns.places {
            let base = turn.locals.len();
            if turns.real {
                let mut inner = Reading {
                    body: &mut *reading.body,
                    gate: &mut *reading.gate,
                    origin: origin.clone(),
                    base,
                };
                self.body(stmts, &mut turn, &mut inner);
            } else {
                let mut unused = Body::default();
                let mut gate = GateState::default();
                self.in_turn(false, |this| {
                    let mut inner = Reading {
                        body: &mut unused,
                        gate: &mut gate,
                        origin: origin.clone(),
                        base,
                    };
                    this.body(stmts, &mut turn, &mut inner);
                });
            }
        }
        reading.gate.depth -= 1;
    }

    /// Whether bodies stand too deep in each other to go on; says so.
    pub fn too_deep(&mut self, gate: &GateState, span: Span) -> bool {
        let deep = gate.depth >= MAX_CALLS;
        if deep {
            self.report(
                Diagnostic::new(
                    Code::TOO_DEEP,
                    format!(
                        "checks and loops stand more than {MAX_CALLS} levels deep in each other"
                    ),
                    span,
                )
                .help("call the inner check from nearer to the gate"),
            );
        }
        deep
    }

    fn command_step(
        &mut self,
        form: CommandForm,
        place: &mut Place,
        reading: &mut Reading<'_>,
    ) -> StepKind {
        let mut looked = Vec::new();
        match &form {
            CommandForm::Shell { parts, .. } => {
                for part in parts {
                    if let crate::plan::CommandPart::Value { expr, .. } = part {
                        outputs_in(expr, &mut looked);
                    }
                }
            }
            CommandForm::Script { program, source } => {
                outputs_in(program, &mut looked);
                outputs_in(source, &mut looked);
            }
        }
        reading.gate.note(&looked, false);
        let id = reading.gate.commands;
        reading.gate.commands += 1;
        place.outputs = Outputs::After(Some(id));
        StepKind::Command(Command {
            id,
            form,
            exit_expected: false,
            output_read: false,
        })
    }

    fn expect(&mut self, expr: &ast::Expr, place: &Place, reading: &mut Reading<'_>) -> StepKind {
        let expr = self.slot(expr, &Type::Bool, "`expect`", place);
        let command = self.look_at(&expr, reading.gate, true);
        StepKind::Expect(Expect { expr, command })
    }

    /// Notes which results an expression looks at; the command it names, if any.
    pub fn look_at(&mut self, expr: &Expr, gate: &mut GateState, judges: bool) -> Option<usize> {
        let mut looked = Vec::new();
        outputs_in(expr, &mut looked);
        gate.note(&looked, judges);
        looked.first().map(|(command, _)| *command)
    }

    fn keep(
        &mut self,
        name: &Ident,
        value: &ast::Expr,
        place: &mut Place,
        reading: &mut Reading<'_>,
    ) -> StepKind {
        let expr = self.lower(value, place);
        self.look_at(&expr, reading.gate, false);
        let slot = reading.gate.slot();
        let kind = match self.known(&expr) {
            Known::Value(value) => BindingKind::Constant(value),
            Known::Missing => BindingKind::Missing,
            Known::Wrong => BindingKind::Wrong,
            Known::RunTime(_) => BindingKind::Slot { slot, step: true },
        };
        let binding = Binding {
            span: name.span,
            ty: expr.ty.clone(),
            kind,
            file: super::values::is_file(&expr),
        };
        self.bind(place, reading.base, name, binding);
        StepKind::Let {
            slot,
            name: name.clone(),
            value: expr,
        }
    }

    /// A ratchet's name is its own through the whole plan; in a `for` or `every phase` it is
    /// one ratchet.
    fn ratchet_name(&mut self, name: &Spanned<String>) {
        if self.checking_only {
            return;
        }
        match self.ratchets.get(&name.value).copied() {
            Some(first) if first != name.span => {
                self.duplicate(&name.value, "ratchet", name.span, first);
            }
            Some(_) => {}
            None => {
                self.ratchets.insert(name.value.clone(), name.span);
            }
        }
    }

    /// A value a ratchet can compare with an earlier one.
    fn measurable(&mut self, value: Expr) -> Expr {
        let fits = matches!(
            value.ty,
            Type::Int | Type::Number | Type::Size | Type::Duration | Type::Any | Type::Unknown
        );
        if !fits && !is_wrong(&value) {
            let mut diagnostic = Diagnostic::new(
                Code::TYPE_MISMATCH,
                format!(
                    "`ratchet` takes a number, a size or a duration, not {}",
                    a(&value.ty)
                ),
                value.span,
            )
            .here(format!("this is {}", a(&value.ty)));
            diagnostic = match &value.ty {
                ty if ty.is_text() => diagnostic.help("convert it with `.int()` or `.number()`"),
                Type::List(_) => diagnostic.help("count it with `.len()`"),
                _ => diagnostic.help("measure something"),
            };
            self.report(diagnostic);
            return super::constant::wrong(value.span);
        }
        value
    }
}

impl GateState {
    fn note(&mut self, looked: &[(usize, OutputStream)], judges: bool) {
        for (command, stream) in looked {
            match stream {
                OutputStream::Exit if judges => {
                    self.exits.insert(*command);
                }
                OutputStream::Exit | OutputStream::Time => {}
                OutputStream::Stdout | OutputStream::Stderr | OutputStream::Output => {
                    self.reads.insert(*command);
                }
            }
        }
    }
}
