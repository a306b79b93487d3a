//! What stands in a phase or an `every phase`.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Commit, EnvVar, Expr, Manual, Regress, ScopeRule, Service, Tag, Tasks};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, Ident, Stmt, StmtKind};
use crate::value::Type;

use super::gates::GateSoFar;
use super::place::Place;
use super::slots::Seen;
use super::{Analyzer, expand};

/// Settings of which the phase's own wins over that of `every phase`.
#[derive(Default)]
pub(super) struct Single {
    pub seen: Seen,
    pub goal: Option<String>,
    pub dir: Option<Expr>,
    pub env: Vec<EnvVar>,
    pub timeout: Option<u64>,
    pub regress: Option<Regress>,
    pub commit: Option<Commit>,
    pub tag: Option<Tag>,
    pub push: Option<Spanned<String>>,
    /// The kinds of `limit` given so far.
    pub limits: Seen,
}

/// What adds up.
#[derive(Default)]
pub(super) struct Sum {
    pub scope: Vec<ScopeRule>,
    pub tasks: Vec<Tasks>,
    pub gates: Vec<GateSoFar>,
    pub manuals: Vec<Manual>,
    pub services: Vec<Service>,
    pub names: HashMap<String, (Span, &'static str)>,
    /// Whether something was left out because it is not known or was wrong.
    pub unsure: bool,
    /// Whether gates may be among it.
    pub gates_unsure: bool,
}

/// A phase being read.
pub(super) struct Reading<'r> {
    /// The phase's own settings, or those of every phase.
    pub single: &'r mut Single,
    pub sum: &'r mut Sum,
    pub phase: &'r str,
    /// The statement of the phase, if there is one.
    pub within: Option<Span>,
    pub origin: Vec<Span>,
}

impl<'a> Analyzer<'a> {
    /// Reads the statements of a phase or an `every phase`.
    pub fn phase_body(&mut self, stmts: &'a [Stmt], place: &Place, reading: &mut Reading<'_>) {
        let is_gate = |stmt: &&Stmt| matches!(stmt.kind, StmtKind::Gate { .. });
        let gates = stmts.iter().filter(is_gate).count();
        reading.sum.gates.reserve(gates);
        for stmt in stmts {
            if !self.count(stmt.span) {
                reading.sum.unsure = true;
                reading.sum.gates_unsure = true;
                return;
            }
            if !self.phase_setting(stmt, place, reading) {
                self.phase_part(stmt, place, reading);
            }
        }
    }

    fn phase_setting(&mut self, stmt: &'a Stmt, place: &Place, reading: &mut Reading<'_>) -> bool {
        let phase = reading.phase;
        let single = &mut *reading.single;
        match &stmt.kind {
            StmtKind::Goal(text) => {
                if self.first(&mut single.seen, "goal", stmt.keyword) {
                    single.goal = self.text_now(text, "`goal`", place).map(|text| text.value);
                }
            }
            StmtKind::In(dir) => {
                if self.first(&mut single.seen, "in", stmt.keyword) {
                    single.dir = Some(self.slot(dir, &Type::Path, "`in`", place));
                }
            }
            StmtKind::Env { name, value } => {
                let var = self.env_var(name, value, place);
                let word = format!("env {}", name.value);
                if self.first(&mut single.seen, &word, stmt.keyword.to(name.span)) {
                    single.env.push(var);
                }
            }
            StmtKind::Timeout(value) => {
                if self.first(&mut single.seen, "timeout", stmt.keyword) {
                    single.timeout = self.duration(value, "`timeout`", place);
                }
            }
            StmtKind::Regress(word) => {
                if self.first(&mut single.seen, "regress", stmt.keyword) {
                    single.regress = Some(match word.value.as_str() {
                        "all" => Regress::All,
                        "none" => Regress::None,
                        _ => Regress::Changed,
                    });
                }
            }
            StmtKind::Commit(commit) => {
                if self.first(&mut single.seen, "commit", stmt.keyword) {
                    single.commit = Some(self.commit(stmt, commit, phase, place));
                }
            }
            StmtKind::Tag { name, message } => {
                if self.first(&mut single.seen, "tag", stmt.keyword) {
                    single.tag = self.tag(name, message.as_ref(), place);
                }
            }
            StmtKind::Push(remote) => {
                if self.first(&mut single.seen, "push", stmt.keyword) {
                    single.push = self.text_now(remote, "`push`", place);
                }
            }
            _ => return false,
        }
        true
    }

    fn phase_part(&mut self, stmt: &'a Stmt, place: &Place, reading: &mut Reading<'_>) {
        match &stmt.kind {
            StmtKind::Scope(body) => {
                let rules = self.scope(body, &mut reading.single.limits, place);
                reading.sum.unsure |= rules.is_empty() && !body.stmts.is_empty();
                reading.sum.scope.extend(rules);
            }
            StmtKind::Tasks { file, under } => {
                match self.tasks(stmt, file, under.as_ref(), place) {
                    Some(tasks) => reading.sum.tasks.push(tasks),
                    None => reading.sum.unsure = true,
                }
            }
            StmtKind::Gate { name, title, body } => {
                match self.gate(stmt, name, title.as_ref(), body, place, &reading.origin) {
                    Some(gate) => {
                        let name = gate.gate.name.clone();
                        if self.new_name(&name, "a gate", "gate", reading) {
                            reading.sum.gates.push(gate);
                        }
                    }
                    None => {
                        reading.sum.unsure = true;
                        reading.sum.gates_unsure = true;
                    }
                }
            }
            StmtKind::Manual { name, title, body } => {
                match self.manual(stmt, name, title.as_ref(), body, place) {
                    Some(manual) => {
                        let name = manual.name.clone();
                        if self.new_name(&name, "a manual check", "manual check", reading) {
                            reading.sum.manuals.push(manual);
                        }
                    }
                    None => reading.sum.unsure = true,
                }
            }
            StmtKind::Service { name, body } => match self.service(stmt, name, body, place) {
                Some(service) => {
                    let name = service.name.clone();
                    if self.new_name(&name, "a service", "service", reading) {
                        reading.sum.services.push(service);
                    }
                }
                None => reading.sum.unsure = true,
            },
            StmtKind::For {
                variable,
                list,
                body,
            } => self.phase_loop(stmt, variable, list, body, place, reading),
            _ => {}
        }
    }

    fn phase_loop(
        &mut self,
        stmt: &'a Stmt,
        variable: &'a Ident,
        list: &'a ast::Expr,
        body: &'a Block,
        place: &Place,
        reading: &mut Reading<'_>,
    ) {
        let turns = self.turns(variable, list, place);
        reading.sum.unsure |= turns.unsure;
        reading.sum.gates_unsure |= turns.unsure;
        let mut origin = vec![expand::head(stmt.keyword, list)];
        origin.extend(reading.origin.iter().copied());
        for turn in turns.places {
            if turns.real {
                let mut inner = Reading {
                    single: &mut *reading.single,
                    sum: &mut *reading.sum,
                    phase: reading.phase,
                    within: reading.within,
                    origin: origin.clone(),
                };
                self.phase_body(&body.stmts, &turn, &mut inner);
            } else {
                let mut single = Single::default();
                let mut sum = Sum::default();
                let mut inner = Reading {
                    single: &mut single,
                    sum: &mut sum,
                    phase: reading.phase,
                    within: reading.within,
                    origin: origin.clone(),
                };
                self.in_turn(false, |this| {
                    this.phase_body(&body.stmts, &turn, &mut inner)
                });
            }
        }
    }

    /// Whether a name of the phase is new; reports it where it is not.
    fn new_name(
        &mut self,
        name: &Spanned<String>,
        what: &'static str,
        word: &str,
        reading: &mut Reading<'_>,
    ) -> bool {
        let Reading { sum, within, .. } = reading;
        if let Some((first, _)) = sum.names.get(&name.value).copied() {
            if first == name.span {
                self.report(
                    Diagnostic::new(
                        Code::DUPLICATE_NAME,
                        format!("the {word} `{}` comes out twice", name.value),
                        name.span,
                    )
                    .here("the same name for two values of the `for`")
                    .help("make the name differ: interpolate the loop's variable"),
                );
            } else {
                // What holds in every phase was there first: the phase is to give way.
                let own = |span| within.is_some_and(|within| within.contains(span));
                let (second, first) = if own(first) && !own(name.span) {
                    sum.names.insert(name.value.clone(), (name.span, what));
                    (first, name.span)
                } else {
                    (name.span, first)
                };
                self.duplicate(&name.value, word, second, first);
            }
            return false;
        }
        sum.names.insert(name.value.clone(), (name.span, what));
        true
    }
}
