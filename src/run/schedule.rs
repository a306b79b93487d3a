//! In which order gates run: as many at a time as `jobs` says, after what they need, never
//! beside another that holds the same lock, and those first on which most time hangs.

mod queue;

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::event::{Event, Verdict};
use super::gate::{self, Judged};
use super::judging::Judging;
use super::reuse::{self, Known};
use crate::plan::Gate;
use crate::process::Interrupt;
use queue::Queue;

/// Why gates are not run, or ended, after a first failure.
pub(super) const FAIL_FAST: &str = "an earlier failure, --fail-fast";

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
    /// How long it may take, in milliseconds; 0 where nothing is known.
    pub length: u64,
    /// What is known of it before it is judged.
    pub known: Known,
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
    // Whoever may take another's verdict waits for it, as for what it needs.
    let needs = jobs
        .iter()
        .map(|job| [job.needs.as_slice(), &job.known.same].concat());
    let needs: Vec<Vec<usize>> = needs.collect();
    let needs: Vec<&[usize]> = needs.iter().map(Vec::as_slice).collect();
    let lengths: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let slots = pace.jobs.clamp(1, jobs.len().max(1));
    let schedule = Schedule {
        judging,
        jobs,
        fail_fast: pace.fail_fast,
        emit,
        stop: judging.interrupt.narrower(),
        state: Mutex::new(State {
            queue: Queue::new(&needs, &lengths),
            answers: jobs.iter().map(|_| None).collect(),
            locks: jobs.iter().map(|_| None).collect(),
            held: HashSet::new(),
            free: slots,
            begun: 0,
            due: 0,
            stopped: None,
        }),
        changed: Condvar::new(),
    };
    // One that rests leaves its slot to another, for which there must be a thread.
    let resting = jobs.iter().filter(|job| rests(job.gate)).count();
    let workers = (slots + resting).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| schedule.work());
        }
        schedule.work();
    });
    let state = schedule.state.into_inner();
    let answers = state.unwrap_or_else(PoisonError::into_inner).answers;
    answers
        .into_iter()
        // Every worker leaves only when all are answered.
        .map(|answer| answer.map_or_else(|| Judged::not_run("it was not reached"), |it| *it))
        .collect()
}

/// Whether a gate waits between attempts or beats.
fn rests(gate: &Gate) -> bool {
    gate.hold.is_some() || gate.retry.as_ref().is_some_and(|retry| retry.every > 0)
}

struct Schedule<'a> {
    judging: &'a Judging<'a>,
    jobs: &'a [Job<'a>],
    fail_fast: bool,
    emit: &'a (dyn Fn(Event) + Sync),
    /// Ends what runs, when the run is interrupted or the first red ends it.
    stop: Interrupt,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: Queue,
    answers: Vec<Option<Box<Judged>>>,
    /// The locks of those that were ready once.
    locks: Vec<Option<Vec<String>>>,
    held: HashSet<String>,
    /// How many more may run now.
    free: usize,
    /// How many have begun.
    begun: usize,
    /// How many rested and want to go on: they come before those that have not begun.
    due: usize,
    /// Why no further gate is started.
    stopped: Option<&'static str>,
}

/// What a worker does next.
enum Next {
    /// Judge this job; the note says what it needed was skipped.
    Judge(usize, Option<String>),
    /// This job is answered without being run.
    Answer(usize, Box<Judged>),
    /// Wait for another to finish.
    Wait,
    /// All is done.
    Leave,
}

/// A gate's turn: it holds one of the slots until it ends.
pub(super) struct Turn<'a> {
    schedule: &'a Schedule<'a>,
    pub(super) emit: &'a (dyn Fn(Event) + Sync),
    /// Ends the gate.
    pub(super) interrupt: Interrupt,
    pub(super) regression: bool,
}

impl Turn<'_> {
    /// Waits for so long, or until the gate is to end; says whether it is. Meanwhile its
    /// slot is another's, and even without a time to wait one that has not begun may.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let schedule = self.schedule;
        let mut state = schedule.lock();
        state.free += 1;
        let begun = state.begun;
        schedule.changed.notify_all();
        let mut state = if time.is_zero() {
            // A gate that is always late would else keep all others from beginning.
            if state.begun == begun && state.queue.ready().next().is_some() {
                state = schedule.wait(state, LATE);
            }
            state
        } else {
            drop(state);
            // Whether it ends is asked below.
            let _ = self.interrupt.wait(time);
            schedule.lock()
        };
        state.due += 1;
        // To end takes no slot from anybody for long.
        while state.free == 0 && self.interrupt.signal().is_none() {
            state = schedule.wait(state, SEEN_WITHIN);
        }
        state.due -= 1;
        state.free = state.free.saturating_sub(1);
        self.interrupt.signal().is_some()
    }
}

/// How late an interrupt may be seen by who waits for another gate.
const SEEN_WITHIN: Duration = Duration::from_millis(100);

/// How long a gate that is late lets others begin.
const LATE: Duration = Duration::from_millis(5);

impl Schedule<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something changed, at most for so long.
    fn wait<'s>(&self, state: MutexGuard<'s, State>, most: Duration) -> MutexGuard<'s, State> {
        self.changed
            .wait_timeout(state, most)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            if self.judging.interrupt.signal().is_some() {
                state.stopped = Some("interrupted");
            }
            match self.next(&mut state) {
                Next::Leave => return,
                Next::Wait => drop(self.wait(state, SEEN_WITHIN)),
                Next::Answer(at, judged) => {
                    drop(state);
                    self.answer(at, *judged);
                }
                Next::Judge(at, note) => {
                    drop(state);
                    self.judge(at, note);
                }
            }
        }
    }

    fn next(&self, state: &mut State) -> Next {
        if state.queue.is_over() {
            return Next::Leave;
        }
        if let Some(why) = state.stopped {
            let Some(at) = state.queue.ready().next() else {
                return Next::Wait;
            };
            state.queue.take(at);
            return Next::Answer(at, Box::new(Judged::not_run(why)));
        }
        if state.free <= state.due {
            return Next::Wait;
        }
        let ready: Vec<usize> = state.queue.ready().collect();
        for at in ready {
            let Some(job) = self.jobs.get(at) else {
                continue;
            };
            let note = match self.needed(job, state) {
                Ok(note) => note,
                Err(why) => {
                    state.queue.take(at);
                    return Next::Answer(at, Box::new(Judged::not_run(&why)));
                }
            };
            if let Some(judged) = self.taken(job, state) {
                state.queue.take(at);
                return Next::Answer(at, Box::new(judged));
            }
            let locks = match state.locks.get(at) {
                Some(Some(locks)) => locks.clone(),
                _ => match gate::locks(self.judging, job.phase, job.gate) {
                    Ok(locks) => locks,
                    Err(fault) => {
                        state.queue.take(at);
                        return Next::Answer(at, Box::new(Judged::blocked(fault.diagnostic())));
                    }
                },
            };
            let free = !locks.iter().any(|lock| state.held.contains(lock));
            if free {
                state.held.extend(locks.iter().cloned());
                state.queue.take(at);
                state.free -= 1;
                state.begun += 1;
            }
            if let Some(slot) = state.locks.get_mut(at) {
                *slot = Some(locks);
            }
            if free {
                return Next::Judge(at, note);
            }
        }
        Next::Wait
    }

    /// Whether what a job needs lets it run, and what is to be said of that.
    fn needed(&self, job: &Job<'_>, state: &State) -> Result<Option<String>, String> {
        let mut note = None;
        for need in &job.needs {
            let name = self.jobs.get(*need).map_or("", |job| &job.gate.name.value);
            let Some(judged) = state.answers.get(*need).and_then(Option::as_ref) else {
                continue;
            };
            match judged.verdict {
                Verdict::Fail | Verdict::Blocked => {
                    return Err(format!("it needs `{name}`, which is not green"));
                }
                Verdict::Skipped if judged.not_run => {
                    return Err(format!("it needs `{name}`, which was not run"));
                }
                Verdict::Skipped => note = Some(format!("run although `{name}` was skipped")),
                Verdict::Pass | Verdict::Reused | Verdict::Flaky => {}
            }
        }
        Ok(note)
    }

    /// The verdict a job takes in place of being judged.
    fn taken(&self, job: &Job<'_>, state: &State) -> Option<Judged> {
        let answer = |at: &usize| {
            let judged = state.answers.get(*at)?.as_ref()?;
            Some((judged, self.jobs.get(*at)?))
        };
        let mut same = job.known.same.iter().filter_map(answer);
        if let Some((judged, of)) = same.find(|(judged, _)| !judged.not_run) {
            return Some(reuse::shared(self.judging, judged, of));
        }
        Some(Judged {
            origin: Some(job.known.green.clone()?),
            ..Judged::of(Verdict::Reused)
        })
    }

    fn judge(&self, at: usize, note: Option<String>) {
        let Some(job) = self.jobs.get(at) else { return };
        (self.emit)(Event::GateStarted {
            phase: self.judging.phase_name(job.phase).to_owned(),
            gate: job.gate.name.value.clone(),
            title: job.gate.title.clone(),
            regression: job.regression,
        });
        let turn = Turn {
            schedule: self,
            emit: self.emit,
            interrupt: self.stop.clone(),
            regression: job.regression,
        };
        let mut judged = gate::judge(self.judging, job.phase, job.gate, &turn);
        if let Some(note) = note {
            judged.reason = Some(match judged.reason {
                Some(reason) => format!("{note}; {reason}"),
                None => note,
            });
        }
        self.finish(job, &judged);
        let mut state = self.lock();
        state.free += 1;
        let red = matches!(judged.verdict, Verdict::Fail | Verdict::Blocked);
        if self.fail_fast && red {
            state.stopped = Some(FAIL_FAST);
            self.stop.trigger(SIGTERM);
        }
        let locks = state.locks.get_mut(at).and_then(Option::take);
        for lock in locks.unwrap_or_default() {
            state.held.remove(&lock);
        }
        self.put(state, at, judged);
    }

    fn answer(&self, at: usize, judged: Judged) {
        if let Some(job) = self.jobs.get(at) {
            self.finish(job, &judged);
        }
        self.put(self.lock(), at, judged);
    }

    fn put(&self, mut state: MutexGuard<'_, State>, at: usize, judged: Judged) {
        if let Some(slot) = state.answers.get_mut(at) {
            *slot = Some(Box::new(judged));
        }
        state.queue.done(at);
        drop(state);
        self.changed.notify_all();
    }

    fn finish(&self, job: &Job<'_>, judged: &Judged) {
        (self.emit)(Event::GateFinished {
            phase: self.judging.phase_name(job.phase).to_owned(),
            gate: job.gate.name.value.clone(),
            title: job.gate.title.clone(),
            verdict: judged.verdict,
            reason: judged.reason.clone(),
            duration_ms: super::millis(judged.duration),
            regression: job.regression,
            failures: judged.failures.clone(),
            hold: judged.hold.clone(),
            origin: judged.origin.clone(),
            outputs: judged.outputs.clone(),
        });
    }
}
