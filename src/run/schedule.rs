//! In which order gates run: as many at a time as `jobs` says, after what they need, and
//! never beside another that holds the same lock.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::event::{Event, Verdict};
use super::gate::{self, Judged};
use super::judging::Judging;
use crate::plan::Gate;

/// A gate to judge.
pub(crate) struct Job<'a> {
    /// The index of its phase.
    pub phase: usize,
    /// The gate.
    pub gate: &'a Gate,
    /// Whether it is an earlier phase's, judged again.
    pub regression: bool,
    /// The jobs that come before it.
    pub needs: Vec<usize>,
}

/// How many at a time, and whether the first red ends it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub jobs: usize,
    pub fail_fast: bool,
}

/// Judges all jobs; the answers are in the order of the jobs.
pub(crate) fn judge(
    judging: &Judging<'_>,
    jobs: &[Job<'_>],
    pace: Pace,
    emit: &(dyn Fn(Event) + Sync),
) -> Vec<Judged> {
    let board = Board {
        state: Mutex::new(State {
            slots: jobs.iter().map(|_| Slot::Waiting).collect(),
            held: HashSet::new(),
            stopped: None,
        }),
        changed: Condvar::new(),
    };
    let workers = pace.jobs.clamp(1, jobs.len().max(1));
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| work(judging, jobs, pace, emit, &board));
        }
        work(judging, jobs, pace, emit, &board);
    });
    let state = board
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    state
        .slots
        .into_iter()
        .map(|slot| match slot {
            Slot::Done(judged) => *judged,
            // Every worker leaves only when all slots are done.
            Slot::Waiting | Slot::Running => not_run("it was not reached"),
        })
        .collect()
}

enum Slot {
    Waiting,
    Running,
    Done(Box<Judged>),
}

struct State {
    slots: Vec<Slot>,
    held: HashSet<String>,
    /// Why no further gate is started.
    stopped: Option<&'static str>,
}

struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a worker does next.
enum Next {
    /// Judge this job, with these locks held; the note says what it needed was skipped.
    Judge(usize, Vec<String>, Option<String>),
    /// This job is answered without being run.
    Answer(usize, Judged),
    /// Wait for another to finish.
    Wait,
    /// All is done.
    Leave,
}

fn work(
    judging: &Judging<'_>,
    jobs: &[Job<'_>],
    pace: Pace,
    emit: &(dyn Fn(Event) + Sync),
    board: &Board,
) {
    loop {
        let mut state = board.lock();
        if judging.interrupt.signal().is_some() {
            state.stopped = Some("interrupted");
        }
        match next(judging, jobs, &mut state) {
            Next::Leave => return,
            Next::Wait => {
                // Woken by whoever finishes; the limit only bounds how late an interrupt is seen.
                let wait = board
                    .changed
                    .wait_timeout(state, Duration::from_millis(100));
                drop(wait);
            }
            Next::Answer(at, judged) => {
                drop(state);
                if let Some(job) = jobs.get(at) {
                    finish(judging, job, &judged, emit);
                }
                put(board, at, judged, &[]);
            }
            Next::Judge(at, locks, note) => {
                drop(state);
                let Some(job) = jobs.get(at) else { return };
                emit(Event::GateStarted {
                    phase: phase_name(judging, job),
                    gate: job.gate.name.value.clone(),
                    title: job.gate.title.clone(),
                    regression: job.regression,
                });
                let mut judged = gate::judge(judging, job.phase, job.gate);
                if judged.verdict == Verdict::Pass && judged.reason.is_none() {
                    judged.reason = note;
                }
                finish(judging, job, &judged, emit);
                let stop =
                    pace.fail_fast && matches!(judged.verdict, Verdict::Fail | Verdict::Blocked);
                if stop {
                    board.lock().stopped = Some("an earlier failure, --fail-fast");
                }
                put(board, at, judged, &locks);
            }
        }
    }
}

fn put(board: &Board, at: usize, judged: Judged, locks: &[String]) {
    let mut state = board.lock();
    if let Some(slot) = state.slots.get_mut(at) {
        *slot = Slot::Done(Box::new(judged));
    }
    for lock in locks {
        state.held.remove(lock);
    }
    drop(state);
    board.changed.notify_all();
}

fn next(judging: &Judging<'_>, jobs: &[Job<'_>], state: &mut State) -> Next {
    let mut all_done = true;
    for (at, job) in jobs.iter().enumerate() {
        match state.slots.get(at) {
            Some(Slot::Waiting) => all_done = false,
            Some(Slot::Running) => {
                all_done = false;
                continue;
            }
            _ => continue,
        }
        let claim = |state: &mut State| {
            if let Some(slot) = state.slots.get_mut(at) {
                *slot = Slot::Running;
            }
        };
        if let Some(why) = state.stopped {
            claim(state);
            return Next::Answer(at, not_run(why));
        }
        let mut note = None;
        let mut ready = true;
        for need in &job.needs {
            let Some(Slot::Done(judged)) = state.slots.get(*need) else {
                ready = false;
                break;
            };
            let name = jobs.get(*need).map_or("", |job| &job.gate.name.value);
            match judged.verdict {
                Verdict::Fail | Verdict::Blocked => {
                    let why = format!("it needs `{name}`, which is not green");
                    claim(state);
                    return Next::Answer(at, not_run(&why));
                }
                Verdict::Skipped if judged.not_run => {
                    let why = format!("it needs `{name}`, which was not run");
                    claim(state);
                    return Next::Answer(at, not_run(&why));
                }
                Verdict::Skipped => note = Some(format!("run although `{name}` was skipped")),
                Verdict::Pass | Verdict::Reused | Verdict::Flaky => {}
            }
        }
        if !ready {
            continue;
        }
        let locks = match gate::locks(judging, job.phase, job.gate) {
            Ok(locks) => locks,
            Err(fault) => {
                claim(state);
                let diagnostic = fault.diagnostic();
                return Next::Answer(
                    at,
                    Judged {
                        verdict: Verdict::Blocked,
                        reason: Some(diagnostic.message.clone()),
                        diagnostics: vec![diagnostic],
                        duration: Duration::ZERO,
                        not_run: false,
                    },
                );
            }
        };
        if locks.iter().any(|lock| state.held.contains(lock)) {
            continue;
        }
        state.held.extend(locks.iter().cloned());
        claim(state);
        return Next::Judge(at, locks, note);
    }
    if all_done { Next::Leave } else { Next::Wait }
}

fn not_run(why: &str) -> Judged {
    Judged {
        verdict: Verdict::Skipped,
        reason: Some(format!("not run: {why}")),
        diagnostics: Vec::new(),
        duration: Duration::ZERO,
        not_run: true,
    }
}

fn phase_name(judging: &Judging<'_>, job: &Job<'_>) -> String {
    let phase = judging.plan.phases.get(job.phase);
    phase.map_or_else(String::new, |phase| phase.name.value.clone())
}

fn finish(judging: &Judging<'_>, job: &Job<'_>, judged: &Judged, emit: &(dyn Fn(Event) + Sync)) {
    emit(Event::GateFinished {
        phase: phase_name(judging, job),
        gate: job.gate.name.value.clone(),
        title: job.gate.title.clone(),
        verdict: judged.verdict,
        reason: judged.reason.clone(),
        duration_ms: super::millis(judged.duration),
        regression: job.regression,
    });
}
