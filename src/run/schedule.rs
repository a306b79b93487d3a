//! In which order gates run: as many at a time as `jobs` says, after what they need, never
//! beside another that holds the same lock, and those first on which most time hangs.

mod group;
mod queue;

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::event::{Event, Verdict};
use super::gate;
use super::judged::Judged;
use super::judging::Judging;
use super::locks;
use super::reuse::{self, Known};
use super::service::Services;
use crate::plan::Gate;
use crate::process::Interrupt;
use group::{Group, Word};
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
            groups: group::of(judging, jobs),
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
        let worker = || {
            let thread = std::thread::Builder::new().name("gates".to_owned());
            thread.spawn_scoped(scope, || schedule.work())
        };
        // This thread starts none as long as others can: then all children of the main thread
        // are orphans, and whether a command left any is asked of a list that is empty.
        let wanted = if workers > 1 { workers } else { 0 };
        let had = (0..wanted).map_while(|_| worker().ok()).count();
        if had == 0 || had < wanted {
            // Where no more threads can be had, it takes as long as it takes.
            schedule.work();
        }
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
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    queue: Queue,
    answers: Vec<Option<Box<Judged>>>,
    /// The locks of those that were ready once.
    locks: Vec<Option<Vec<String>>>,
    held: HashSet<String>,
    /// Of the phases that have services, by their index.
    groups: HashMap<usize, Group<'a>>,
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
    /// Judge this job.
    Judge(Chosen),
    /// This job is answered without being run.
    Answer(usize, Box<Judged>),
    /// Wait for another to finish.
    Wait,
    /// All is done.
    Leave,
}

/// A job that begins.
struct Chosen {
    at: usize,
    /// Says that what it needed was skipped.
    note: Option<String>,
    /// Whether its phase's services are to be started first.
    first: bool,
}

/// The slot a gate runs in, until it ends.
pub(super) struct Slot<'a> {
    /// Waits for so long, or until this ends it; says whether it does. Meanwhile the slot
    /// is another's.
    pub(super) rest: &'a dyn Fn(Duration, &Interrupt) -> bool,
    pub(super) emit: &'a (dyn Fn(Event) + Sync),
    /// Ends the gate.
    pub(super) interrupt: Interrupt,
    pub(super) regression: bool,
}

/// How late an interrupt may be seen by who waits for another gate.
const SEEN_WITHIN: Duration = Duration::from_millis(100);

/// How long a gate that is late lets others begin.
const LATE: Duration = Duration::from_millis(5);

impl<'a> Schedule<'a> {
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something changed, at most for so long.
    fn wait<'s>(
        &self,
        state: MutexGuard<'s, State<'a>>,
        most: Duration,
    ) -> MutexGuard<'s, State<'a>> {
        self.changed
            .wait_timeout(state, most)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Waits for so long, or until the gate is to end; says whether it is. Meanwhile its
    /// slot is another's, and even without a time to wait one that has not begun may.
    fn rest(&self, time: Duration, interrupt: &Interrupt) -> bool {
        let mut state = self.lock();
        state.free += 1;
        let begun = state.begun;
        self.changed.notify_all();
        let mut state = if time.is_zero() {
            // A gate that is always late would else keep all others from beginning.
            if state.begun == begun && self.may_begin(&mut state) {
                state = self.wait(state, LATE);
            }
            state
        } else {
            drop(state);
            // Whether it ends is asked below.
            let _ = interrupt.wait(time);
            self.lock()
        };
        state.due += 1;
        // To end takes no slot from anybody for long.
        while state.free == 0 && interrupt.signal().is_none() {
            state = self.wait(state, SEEN_WITHIN);
        }
        state.due -= 1;
        state.free = state.free.saturating_sub(1);
        interrupt.signal().is_some()
    }

    /// Whether there may be one that would begin, had it a slot: one that waits for what
    /// another holds would not.
    fn may_begin(&self, state: &mut State<'a>) -> bool {
        let State {
            queue,
            groups,
            locks,
            held,
            ..
        } = state;
        let mut last = None;
        while let Some(at) = queue.ready_after(last) {
            last = Some(at);
            let locks = locks.get(at).and_then(Option::as_ref);
            let locked = locks.is_some_and(|locks| locks.iter().any(|lock| held.contains(lock)));
            let phase = self.jobs.get(at).map_or(usize::MAX, |job| job.phase);
            let waits = groups
                .get_mut(&phase)
                .is_some_and(|group| matches!(group.ask(self.judging, phase, held), Word::Wait));
            if !locked && !waits {
                return true;
            }
        }
        false
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
                Next::Judge(chosen) => {
                    drop(state);
                    self.judge(chosen);
                }
            }
        }
    }

    fn next(&self, state: &mut State<'a>) -> Next {
        if state.queue.is_over() {
            return Next::Leave;
        }
        if let Some(why) = state.stopped {
            let Some(at) = state.queue.ready_after(None) else {
                return Next::Wait;
            };
            state.queue.take(at);
            return Next::Answer(at, Box::new(Judged::not_run(why)));
        }
        if state.free <= state.due {
            return Next::Wait;
        }
        let mut last = None;
        while let Some(at) = state.queue.ready_after(last) {
            last = Some(at);
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
            let State { groups, held, .. } = state;
            // What is left out needs no service.
            let mut group = match gate::is_left_out(self.judging, job.phase, job.gate) {
                true => None,
                false => groups.get_mut(&job.phase),
            };
            match group
                .as_mut()
                .map(|group| group.ask(self.judging, job.phase, held))
            {
                None | Some(Word::Go) => {}
                Some(Word::Wait) => continue,
                Some(Word::Answer(judged)) => {
                    state.queue.take(at);
                    return Next::Answer(at, judged);
                }
            }
            let around = group
                .as_mut()
                .map(|group| group.locks(self.judging, job.phase));
            let Some(slot) = state.locks.get_mut(at) else {
                continue;
            };
            let locks = match slot {
                Some(locks) => locks,
                None => match locks::of_gate(self.judging, job.phase, job.gate) {
                    Ok(mut locks) => {
                        // What its phase's services have for it.
                        locks.retain(|lock| !around.as_ref().is_some_and(|of| of.contains(lock)));
                        slot.insert(locks)
                    }
                    Err(fault) => {
                        state.queue.take(at);
                        return Next::Answer(at, Box::new(Judged::blocked(fault.diagnostic())));
                    }
                },
            };
            if locks.iter().any(|lock| held.contains(lock)) {
                continue;
            }
            held.extend(locks.iter().cloned());
            let first = group.is_some_and(|group| group.begin(held));
            state.queue.take(at);
            state.free -= 1;
            state.begun += 1;
            return Next::Judge(Chosen { at, note, first });
        }
        Next::Wait
    }

    /// Whether what a job needs lets it run, and what is to be said of that.
    fn needed(&self, job: &Job<'_>, state: &State<'a>) -> Result<Option<String>, String> {
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
                // No gate waits for a person.
                Verdict::Pass | Verdict::Reused | Verdict::Flaky | Verdict::Waiting => {}
            }
        }
        Ok(note)
    }

    /// The verdict a job takes in place of being judged.
    fn taken(&self, job: &Job<'_>, state: &State<'a>) -> Option<Judged> {
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

    fn judge(&self, chosen: Chosen) {
        let Some(job) = self.jobs.get(chosen.at) else {
            return;
        };
        let failed = if chosen.first {
            let result = group::start(self.judging, job.phase, self.emit, &self.stop);
            let mut state = self.lock();
            let State { groups, held, .. } = &mut *state;
            let group = groups.get_mut(&job.phase);
            let failed = group.and_then(|group| group.started(result, held));
            drop(state);
            // The other gates of the phase waited for this.
            self.changed.notify_all();
            failed
        } else {
            None
        };
        let judged = match failed {
            Some(judged) => judged,
            None => {
                let group = self.lock().groups.get(&job.phase).map(Group::services);
                self.judge_beside(job, chosen.note, group.flatten().as_deref())
            }
        };
        self.finish(job, &judged);
        let mut state = self.lock();
        state.free += 1;
        let red = matches!(judged.verdict, Verdict::Fail | Verdict::Blocked);
        if self.fail_fast && red {
            state.stopped = Some(FAIL_FAST);
            self.stop.trigger(SIGTERM);
        }
        let locks = state.locks.get_mut(chosen.at).and_then(Option::take);
        for lock in locks.unwrap_or_default() {
            state.held.remove(&lock);
        }
        self.put(state, chosen.at, judged);
    }

    /// Judges a gate beside the services of its phase.
    fn judge_beside(
        &self,
        job: &Job<'_>,
        note: Option<String>,
        services: Option<&Services<'_>>,
    ) -> Judged {
        let died = || {
            let services = services?;
            let died = services.died()?;
            Some(if services.is_first_to_tell() {
                Judged::blocked(died)
            } else {
                Judged::blocked_by(&died.message)
            })
        };
        if let Some(judged) = died() {
            return judged;
        }
        (self.emit)(Event::GateStarted {
            phase: self.judging.phase_name(job.phase).to_owned(),
            gate: job.gate.name.value.clone(),
            title: job.gate.title.clone(),
            regression: job.regression,
        });
        let interrupt = services.map_or(&self.stop, Services::alive).clone();
        let slot = Slot {
            rest: &|time, interrupt| self.rest(time, interrupt),
            emit: self.emit,
            interrupt,
            regression: job.regression,
        };
        let mut judged = gate::judge(self.judging, job.phase, job.gate, &slot);
        let by_itself = judged.verdict == Verdict::Skipped && !judged.not_run;
        if !by_itself && let Some(blocked) = died() {
            judged = Judged {
                verdict: blocked.verdict,
                reason: blocked.reason,
                diagnostics: blocked.diagnostics,
                not_run: false,
                ..judged
            };
        }
        if let Some(note) = note {
            judged.reason = Some(match judged.reason {
                Some(reason) => format!("{note}; {reason}"),
                None => note,
            });
        }
        judged
    }

    fn answer(&self, at: usize, judged: Judged) {
        if let Some(job) = self.jobs.get(at) {
            self.finish(job, &judged);
        }
        self.put(self.lock(), at, judged);
    }

    fn put(&self, mut state: MutexGuard<'_, State<'a>>, at: usize, judged: Judged) {
        if let Some(slot) = state.answers.get_mut(at) {
            *slot = Some(Box::new(judged));
        }
        state.queue.done(at);
        let phase = self.jobs.get(at).map_or(usize::MAX, |job| job.phase);
        let services = state.groups.get_mut(&phase).and_then(Group::answered);
        drop(state);
        self.changed.notify_all();
        if let Some(services) = services {
            // The last to hold them: this stops them.
            drop(services);
            let mut state = self.lock();
            let State { groups, held, .. } = &mut *state;
            if let Some(group) = groups.get(&phase) {
                group.release(held);
            }
            drop(state);
            self.changed.notify_all();
        }
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
