//! Phases: their own contents, then those of every `every phase`.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{EnvVar, Gate, Phase, Regress, Service, Settings};
use crate::source::Span;
use crate::syntax::ast::{Block, Ident, Stmt, StmtKind, Text};

use super::Analyzer;
use super::gates::GateSoFar;
use super::needs::{Need, Others};
use super::phase_body::{Reading, Single, Sum};
use super::place::{Outputs, PhaseHere, Place};

impl<'a> Analyzer<'a> {
    /// Every phase of the plan, in order.
    pub fn phases(&mut self, settings: &Settings) -> Vec<Phase> {
        let Some(entry) = self.files.modules.first() else {
            return Vec::new();
        };
        let mut every: Vec<(&'a Stmt, &'a Block)> = Vec::new();
        let mut heads: Vec<(&'a Stmt, &'a Ident, Option<&'a Text>, &'a Block)> = Vec::new();
        let mut names: HashMap<&'a str, Span> = HashMap::new();
        for stmt in self.files.items(entry) {
            match &stmt.kind {
                StmtKind::Every(body) => every.push((stmt, body)),
                StmtKind::Phase { name, title, body } => {
                    if let Some(first) = names.get(name.value.as_str()).copied() {
                        self.duplicate(&name.value, "phase", name.span, first);
                    } else {
                        names.insert(&name.value, name.span);
                    }
                    heads.push((stmt, name, title.as_ref(), body));
                }
                _ => {}
            }
        }
        if heads.is_empty() {
            self.only_every(&every, settings);
            return Vec::new();
        }
        let mut phases = Vec::new();
        let mut needs = Vec::new();
        let mut others = Vec::new();
        for (index, (stmt, name, title, body)) in heads.into_iter().enumerate() {
            let title = title.map(|title| {
                let place = Place::top(0, "the title of a phase");
                self.title_text(title, "a phase's title", &place)
            });
            let title = title.unwrap_or_else(|| Some(name.value.clone()));
            let here = PhaseHere::Known {
                name: name.value.clone(),
                number: index + 1,
                title: title.clone(),
            };
            let (phase, need, other) = self.phase(
                Head {
                    stmt,
                    name,
                    title: title.unwrap_or_default(),
                    body,
                    number: index + 1,
                },
                &every,
                here,
                settings,
            );
            phases.push(phase);
            needs.push(need);
            others.push(other);
        }
        self.needs_of_phases(&mut phases, needs, &others);
        self.same_tags(&phases);
        phases
    }

    /// Looks at `every phase` where there is no phase for it to hold in.
    fn only_every(&mut self, every: &[(&'a Stmt, &'a Block)], settings: &Settings) {
        self.checking_only = true;
        let mut single = Single::default();
        let mut sum = Sum::default();
        for (stmt, body) in every {
            let mut reading = Reading {
                single: &mut single,
                sum: &mut sum,
                phase: "",
                within: None,
                origin: vec![stmt.keyword],
            };
            let place = phase_place(PhaseHere::Unknown);
            self.phase_body(&body.stmts, &place, &mut reading);
        }
        self.denied_allows(&sum.scope, 0);
        let (mut gates, needs) = finish_gates(sum.gates, &single, &Single::default(), settings);
        self.resolve_needs(&mut gates, needs, &sum.names, &[], true);
        self.checking_only = false;
    }

    fn phase(
        &mut self,
        head: Head<'a>,
        every: &[(&'a Stmt, &'a Block)],
        here: PhaseHere,
        settings: &Settings,
    ) -> (Phase, Vec<Vec<Need>>, (Others, bool)) {
        let mut own = Single::default();
        let mut shared = Single::default();
        let mut sum = Sum::default();
        let place = phase_place(here);
        let mut reading = Reading {
            single: &mut own,
            sum: &mut sum,
            phase: &head.name.value,
            within: Some(head.stmt.span),
            origin: Vec::new(),
        };
        self.phase_body(&head.body.stmts, &place, &mut reading);
        let own_rules = sum.scope.len();
        for (stmt, body) in every {
            let mut reading = Reading {
                single: &mut shared,
                sum: &mut sum,
                phase: &head.name.value,
                within: Some(head.stmt.span),
                origin: vec![stmt.keyword],
            };
            self.phase_body(&body.stmts, &place, &mut reading);
        }
        self.denied_allows(&sum.scope, own_rules);
        let judged = !sum.gates.is_empty()
            || !sum.tasks.is_empty()
            || !sum.manuals.is_empty()
            || !sum.scope.is_empty();
        let broken = self.is_broken(head.stmt.span)
            || every.iter().any(|(stmt, _)| self.is_broken(stmt.span));
        if !judged && !sum.unsure && !broken {
            self.report(
                Diagnostic::new(
                    Code::NOTHING_JUDGED,
                    format!("nothing is judged in the phase `{}`", head.name.value),
                    head.name.span,
                )
                .help("add a gate, `tasks`, a manual check or a scope rule"),
            );
        }
        let (gates, needs) = finish_gates(sum.gates, &own, &shared, settings);
        finish_services(&mut sum.services, &own, &shared, settings);
        self.resolve_services(&sum.services, &[], sum.unsure);
        for gate in &gates {
            self.resolve_services(&gate.services, &sum.services, sum.unsure);
        }
        let phase = Phase {
            number: head.number,
            name: head.name.clone(),
            title: head.title,
            doc: head.stmt.doc.as_ref().map(|doc| doc.value.clone()),
            span: head.stmt.span,
            goal: own.goal,
            scope: sum.scope,
            tasks: sum.tasks,
            gates,
            manuals: sum.manuals,
            services: sum.services,
            regress: own.regress.or(shared.regress).unwrap_or(Regress::Changed),
            commit: own.commit.or(shared.commit),
            tag: own.tag.or(shared.tag),
            push: own.push.or(shared.push),
        };
        let lost = broken && self.gates_lost();
        (phase, needs, (sum.names, sum.gates_unsure || lost))
    }

    /// Whether text that could not be read may declare gates whose names do not stand there.
    fn gates_lost(&self) -> bool {
        self.is_unread_statement(&["for", "every", "include"])
            || self.is_unread_line(|line| line.contains("\"{{") || line.contains("}}\""))
    }

    fn needs_of_phases(
        &mut self,
        phases: &mut [Phase],
        needs: Vec<Vec<Vec<Need>>>,
        others: &[(Others, bool)],
    ) {
        let all: Vec<(String, String)> = phases
            .iter()
            .flat_map(|phase| {
                phase
                    .gates
                    .iter()
                    .map(|gate| (phase.name.value.clone(), gate.name.value.clone()))
            })
            .collect();
        for ((phase, needs), (names, unsure)) in phases.iter_mut().zip(needs).zip(others) {
            self.resolve_needs(&mut phase.gates, needs, names, &all, *unsure);
        }
    }

    fn same_tags(&mut self, phases: &[Phase]) {
        let mut seen: HashMap<&str, (&Phase, Span)> = HashMap::new();
        for phase in phases {
            let Some(tag) = &phase.tag else { continue };
            let Some((first, span)) = seen.get(tag.name.value.as_str()).copied() else {
                seen.insert(&tag.name.value, (phase, tag.name.span));
                continue;
            };
            let mut diagnostic = Diagnostic::new(
                Code::TAGS_COINCIDE,
                format!(
                    "the phases `{}` and `{}` have the same tag `{}`",
                    first.name.value, phase.name.value, tag.name.value
                ),
                tag.name.span,
            );
            if span != tag.name.span {
                diagnostic = diagnostic.also(span, format!("the tag of `{}`", first.name.value));
            }
            self.report(
                diagnostic.help("make them differ, as with `phase-{{phase.number}}-complete`"),
            );
        }
    }
}

/// The head of a phase.
struct Head<'a> {
    stmt: &'a Stmt,
    name: &'a Ident,
    title: String,
    body: &'a Block,
    number: usize,
}

fn phase_place(phase: PhaseHere) -> Place {
    Place {
        phase,
        outputs: Outputs::Nowhere("a phase"),
        ..Place::top(0, "a phase")
    }
}

/// Adds to each gate what its phase, every phase and the plan say.
fn finish_gates(
    gates: Vec<GateSoFar>,
    own: &Single,
    shared: &Single,
    settings: &Settings,
) -> (Vec<Gate>, Vec<Vec<Need>>) {
    let around = env_around(own, shared, settings);
    let dir = own.dir.as_ref().or(shared.dir.as_ref());
    let timeout = own.timeout.or(shared.timeout).unwrap_or(settings.timeout);
    gates
        .into_iter()
        .map(|so_far| {
            let mut gate = so_far.gate;
            gate.timeout = so_far.timeout.unwrap_or(timeout);
            gate.dir = gate.dir.or_else(|| dir.cloned());
            let own = std::mem::take(&mut gate.env);
            gate.env = around.iter().cloned().chain(own).collect();
            (gate, so_far.needs)
        })
        .unzip()
}

/// The variables a phase's gates and services have from outside, a later one winning.
fn env_around(own: &Single, shared: &Single, settings: &Settings) -> Vec<EnvVar> {
    settings
        .env
        .iter()
        .chain(&shared.env)
        .chain(&own.env)
        .cloned()
        .collect()
}

/// Adds to each service of a phase what the phase, every phase and the plan say.
fn finish_services(services: &mut [Service], own: &Single, shared: &Single, settings: &Settings) {
    let around = env_around(own, shared, settings);
    let dir = own.dir.as_ref().or(shared.dir.as_ref());
    for service in services {
        service.dir = service.dir.take().or_else(|| dir.cloned());
        let own = std::mem::take(&mut service.env);
        service.env = around.iter().cloned().chain(own).collect();
    }
}
