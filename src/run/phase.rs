//! One phase through its gate: scope, tasks, gates, earlier phases' gates, manual checks.

use std::time::{Duration, Instant};

use super::event::{Counts, DiagnosticEvent, Event, Verdict};
use super::judged::Judged;
use super::judging::Judging;
use super::manual::{self, ManualCheck};
use super::record::{Line, Told};
use super::reuse::{self, DifferenceKind, Known, Store};
use super::schedule::{self, Job, Pace};
use super::{scope, tasks};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Gate, Phase, Plan, Regress};
use crate::repo::RepoError;

/// What of a phase is judged.
pub(crate) enum Part<'a> {
    /// All of it.
    Whole,
    /// Only these gates (phase index and gate), and what they need.
    Gates(Vec<(usize, &'a Gate)>),
}

/// The gates of a phase, and what is known of them from earlier runs.
pub(crate) struct Looked<'a> {
    /// The gates.
    pub jobs: &'a [Job<'a>],
    /// Earlier verdicts.
    pub store: &'a Store,
}

/// What came of a phase.
pub(crate) struct Outcome {
    /// Pass, fail, blocked or waiting.
    pub verdict: Verdict,
    /// Everything that was judged, in order.
    pub lines: Vec<Line>,
    /// The verdicts that were given now, and how long that took; in the order of the jobs.
    pub given: Vec<Option<(Verdict, Duration)>>,
    /// The manual checks that wait for a person.
    pub waiting: Vec<ManualCheck>,
    counts: Counts,
    started: Instant,
}

impl Outcome {
    /// Adds what was found when all was judged, and is red.
    pub fn add(&mut self, line: Line) {
        self.lines.push(line);
        self.verdict = Verdict::Fail;
    }

    /// That the phase is judged, all of it.
    pub fn finished(&self, phase: &Phase) -> Event {
        Event::PhaseFinished {
            phase: phase.name.value.clone(),
            verdict: self.verdict,
            duration_ms: super::millis(self.started.elapsed()),
            counts: self.counts,
        }
    }
}

/// Judges the phase of this index. Whoever asked has the last word on whether what was judged
/// is still there, and says that the phase is finished.
pub(crate) fn judge(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
    part: &Part<'_>,
    looked: &Looked<'_>,
    pace: Pace,
    emit: &(dyn Fn(Event) + Sync),
) -> Result<Outcome, RepoError> {
    let started = Instant::now();
    let mut tally = Tally::default();
    let mut diagnostics = Vec::new();
    if matches!(part, Part::Whole) {
        judge_scope(judging, index, phase, &mut tally, &mut diagnostics, emit)?;
        judge_tasks(judging, phase, &mut tally, &mut diagnostics, emit)?;
    }
    let stop = pace.fail_fast && tally.verdict() == Verdict::Fail;
    let jobs = if stop { &[] } else { looked.jobs };
    let judged = schedule::judge(judging, jobs, pace, emit);
    let mut counts = Counts::default();
    let mut given = Vec::new();
    for (job, mut judged) in jobs.iter().zip(judged) {
        counts.add(judged.verdict);
        let of = judging.plan.phases.get(job.phase);
        let phase_name = of.map_or("", |phase| &phase.name.value);
        let mut line = Line {
            reason: judged.reason.clone(),
            duration_ms: super::millis(judged.duration),
            regression: job.regression,
            failures: judged.failures.clone(),
            hold: judged.hold.clone(),
            ran: std::mem::take(&mut judged.ran),
            origin: judged.origin.clone(),
            ..Line::new(phase_name, &job.gate.name.value, judged.verdict)
        };
        tally.not_run |= judged.not_run;
        let left_out = judged.not_run || judged.verdict == Verdict::Skipped;
        let now = judged.origin.is_none() && !left_out;
        given.push(now.then_some((judged.verdict, judged.duration)));
        let told = about(judging, job, judged, || {
            regressed(judging, looked.store, job, index)
        });
        line.told = told.iter().map(Told::of).collect();
        tally.add(line);
        diagnostics.extend(told);
    }
    let mut waiting = Vec::new();
    if matches!(part, Part::Whole) && judging.interrupt.signal().is_none() {
        let judged = manual::judge(judging, index, phase, emit)?;
        judged.lines.into_iter().for_each(|line| tally.add(line));
        diagnostics.extend(judged.told);
        counts.waiting = judged.waiting.len();
        waiting = judged.waiting;
    }
    for event in diagnostics {
        emit(Event::Diagnostic(event));
    }
    Ok(Outcome {
        verdict: tally.verdict(),
        lines: tally.lines,
        given,
        waiting,
        counts,
        started,
    })
}

#[derive(Default)]
struct Tally {
    lines: Vec<Line>,
    /// Whether a gate was left out because of another.
    not_run: bool,
}

impl Tally {
    fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Red wins over blocked, blocked over waiting; what was left out is never green.
    fn verdict(&self) -> Verdict {
        let any = |verdict| self.lines.iter().any(|line| line.verdict == verdict);
        if any(Verdict::Fail) {
            Verdict::Fail
        } else if any(Verdict::Blocked) || self.not_run {
            Verdict::Blocked
        } else if any(Verdict::Waiting) {
            Verdict::Waiting
        } else {
            Verdict::Pass
        }
    }
}

fn judge_scope(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
    tally: &mut Tally,
    diagnostics: &mut Vec<DiagnosticEvent>,
    emit: &(dyn Fn(Event) + Sync),
) -> Result<(), RepoError> {
    if phase.scope.is_empty() {
        return Ok(());
    }
    let started = Instant::now();
    let changes = judging.changes(index)?;
    let later = judging.plan.phases.get(index + 1..).unwrap_or_default();
    let mut texts = |change: &crate::repo::Change| {
        let (path, oid) = (change.new.as_ref()?, change.new_oid.as_ref()?);
        judging.text(&path.to_str_lossy(), || judging.repo.blob(oid).ok())
    };
    let start = scope::Start::of(judging, index);
    let found = scope::judge(phase, later, &changes, &start, &mut texts);
    let verdict = if found.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    emit(Event::ScopeFinished {
        phase: phase.name.value.clone(),
        verdict,
        files: changes.len(),
        added: changes.iter().map(|change| change.added.len()).sum(),
        removed: changes.iter().map(|change| change.removed).sum(),
    });
    let told = said(judging, phase, found);
    tally.add(Line {
        duration_ms: super::millis(started.elapsed()),
        told: told.iter().map(Told::of).collect(),
        ..Line::new(&phase.name.value, "scope", verdict)
    });
    diagnostics.extend(told);
    Ok(())
}

fn judge_tasks(
    judging: &Judging<'_>,
    phase: &Phase,
    tally: &mut Tally,
    diagnostics: &mut Vec<DiagnosticEvent>,
    emit: &(dyn Fn(Event) + Sync),
) -> Result<(), RepoError> {
    for list in &phase.tasks {
        let started = Instant::now();
        let path = &list.file.value;
        let content = judging.repo.read(&judging.tree, path)?;
        let ticked = match judging.text(path, || content) {
            Some(file) => tasks::judge(list, &file),
            None => tasks::Ticked {
                done: 0,
                total: 0,
                diagnostics: vec![
                    Diagnostic::new(
                        Code::NO_TASK_FILE,
                        format!("the judged tree has no text file `{path}`"),
                        list.file.span,
                    )
                    .help("write it and `git add` it"),
                ],
            },
        };
        let verdict = if ticked.diagnostics.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        emit(Event::TasksFinished {
            phase: phase.name.value.clone(),
            file: path.clone(),
            verdict,
            done: ticked.done,
            total: ticked.total,
        });
        let told = said(judging, phase, ticked.diagnostics);
        tally.add(Line {
            duration_ms: super::millis(started.elapsed()),
            told: told.iter().map(Told::of).collect(),
            ..Line::new(&phase.name.value, &format!("tasks {path}"), verdict)
        });
        diagnostics.extend(told);
    }
    Ok(())
}

/// Diagnostics of the phase itself, as events.
fn said(judging: &Judging<'_>, phase: &Phase, all: Vec<Diagnostic>) -> Vec<DiagnosticEvent> {
    let sources = judging.sources();
    let event = |diagnostic| DiagnosticEvent {
        diagnostic,
        sources: sources.clone(),
        phase: Some(phase.name.value.clone()),
        gate: None,
    };
    all.into_iter().map(event).collect()
}

/// The phase's gates, then those of earlier phases, with what each needs.
pub(crate) fn jobs<'a>(
    plan: &'a Plan,
    index: usize,
    phase: &'a Phase,
    part: &Part<'a>,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    match part {
        Part::Whole => {
            add(&mut jobs, index, &phase.gates, false);
            if phase.regress != Regress::None {
                for (earlier, phase) in plan.phases.iter().enumerate().take(index) {
                    add(&mut jobs, earlier, &phase.gates, true);
                }
            }
        }
        Part::Gates(wanted) => {
            for (of, phase) in plan.phases.iter().enumerate() {
                let gates = closure(
                    phase,
                    wanted
                        .iter()
                        .filter(|(at, _)| *at == of)
                        .map(|(_, gate)| *gate),
                );
                add(&mut jobs, of, gates, false);
            }
        }
    }
    jobs
}

fn add<'a>(
    jobs: &mut Vec<Job<'a>>,
    phase: usize,
    gates: impl IntoIterator<Item = &'a Gate>,
    regression: bool,
) {
    let first = jobs.len();
    let gates: Vec<&Gate> = gates.into_iter().collect();
    for gate in &gates {
        let position = |name: &str| gates.iter().position(|other| other.name.value == name);
        jobs.push(Job {
            phase,
            gate,
            regression,
            needs: gate
                .needs
                .iter()
                .filter_map(|need| position(&need.value))
                .map(|at| first + at)
                .collect(),
            length: gate.hold.as_ref().map_or(0, |hold| hold.duration),
            known: Known::default(),
        });
    }
}

/// The wanted gates and all they need, in the phase's order.
fn closure<'a>(phase: &'a Phase, wanted: impl Iterator<Item = &'a Gate>) -> Vec<&'a Gate> {
    let mut names: Vec<&str> = wanted.map(|gate| gate.name.value.as_str()).collect();
    let mut at = 0;
    while let Some(name) = names.get(at).copied() {
        if let Some(gate) = phase.gates.iter().find(|gate| gate.name.value == name) {
            for need in &gate.needs {
                if !names.contains(&need.value.as_str()) {
                    names.push(&need.value);
                }
            }
        }
        at += 1;
    }
    let wanted = |gate: &&Gate| names.contains(&gate.name.value.as_str());
    phase.gates.iter().filter(wanted).collect()
}

/// A gate's diagnostics as events; an earlier phase's red is a regression.
fn about(
    judging: &Judging<'_>,
    job: &Job<'_>,
    judged: Judged,
    since: impl Fn() -> String,
) -> Vec<DiagnosticEvent> {
    let phase = judging.plan.phases.get(job.phase);
    let phase_name = phase.map(|phase| phase.name.value.clone());
    let sources = judging.sources();
    judged
        .diagnostics
        .into_iter()
        .map(|mut diagnostic| {
            if job.regression && judged.verdict == Verdict::Fail {
                let of = phase_name.as_deref().unwrap_or_default();
                diagnostic.message = format!("phase `{of}` regressed: {}", diagnostic.message);
                diagnostic.code = Code::REGRESSION;
                diagnostic = diagnostic.note(since());
            }
            DiagnosticEvent {
                diagnostic,
                sources: sources.clone(),
                phase: phase_name.clone(),
                gate: Some(job.gate.name.value.clone()),
            }
        })
        .collect()
}

/// How many changed things a regression names.
const NAMED: usize = 10;

/// What changed since an earlier phase's gate was green.
fn regressed(judging: &Judging<'_>, store: &Store, job: &Job<'_>, open: usize) -> String {
    let of = judging.phase_name(job.phase);
    let sealed = judging.opened_at(open);
    let Some((tree, differences)) = reuse::since_green(judging, store, job, sealed) else {
        return format!("phase `{of}` was sealed with this gate green");
    };
    let tree = tree.short();
    if differences.is_empty() {
        return format!(
            "this gate was green on tree {tree}, and none of its inputs changed since: \
             what made it red lies outside of the tree"
        );
    }
    let mut lines: Vec<String> = differences
        .iter()
        .take(NAMED)
        .map(|difference| {
            let name = &difference.name;
            match (difference.kind, &difference.old, &difference.new) {
                (DifferenceKind::Input, None, _) => format!("  {name} (new)"),
                (DifferenceKind::Input, _, None) => format!("  {name} (gone)"),
                (DifferenceKind::Input, _, _) => format!("  {name}"),
                (DifferenceKind::Environment, _, _) => format!("  the variable {name}"),
                _ => format!("  {name}, of the gate"),
            }
        })
        .collect();
    if differences.len() > NAMED {
        lines.push(format!("  and {} more", differences.len() - NAMED));
    }
    format!(
        "changed since this gate was green, on tree {tree}:\n{}",
        lines.join("\n")
    )
}
