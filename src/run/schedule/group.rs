//! The services of a phase: up from its first gate to its last.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Job;
use crate::plan::Service;
use crate::process::Interrupt;
use crate::run::event::Event;
use crate::run::gate::Stop;
use crate::run::judged::Judged;
use crate::run::judging::{GateFacts, Judging};
use crate::run::locks;
use crate::run::service::{Around, Services};

/// The gates of a phase that has services.
pub(super) struct Group<'a> {
    /// How many gates are not answered.
    left: usize,
    /// What the services hold as long as they live; known once it was asked for.
    locks: Option<Vec<String>>,
    stage: Stage<'a>,
}

enum Stage<'a> {
    /// No gate has begun.
    Idle,
    /// They are being started.
    Starting,
    Up(Arc<Services<'a>>),
    /// They could not be; why.
    Failed(String),
    /// They were, and no gate is left.
    Over,
}

/// What a group says to a gate that would begin.
pub(super) enum Word {
    /// Begin.
    Go,
    /// Not now.
    Wait,
    /// It cannot be judged.
    Answer(Box<Judged>),
}

/// The groups of these jobs, by the index of their phase.
pub(super) fn of<'a>(judging: &Judging<'a>, jobs: &[Job<'_>]) -> HashMap<usize, Group<'a>> {
    let mut groups: HashMap<usize, Group<'a>> = HashMap::new();
    for job in jobs {
        if services(judging, job.phase).is_empty() {
            continue;
        }
        let group = groups.entry(job.phase).or_insert(Group {
            left: 0,
            locks: None,
            stage: Stage::Idle,
        });
        group.left += 1;
    }
    groups
}

fn services<'a>(judging: &Judging<'a>, phase: usize) -> &'a [Service] {
    let plan = judging.plan;
    plan.phases.get(phase).map_or(&[], |phase| &phase.services)
}

impl<'a> Group<'a> {
    /// What to say to a gate of this phase; `held` are the locks that are taken.
    pub(super) fn ask(
        &mut self,
        judging: &Judging<'_>,
        phase: usize,
        held: &HashSet<String>,
    ) -> Word {
        match &self.stage {
            Stage::Up(_) => Word::Go,
            Stage::Failed(why) => Word::Answer(Box::new(Judged::blocked_by(why))),
            Stage::Starting | Stage::Over => Word::Wait,
            Stage::Idle => {
                let free = !self
                    .locks(judging, phase)
                    .iter()
                    .any(|lock| held.contains(lock));
                if free { Word::Go } else { Word::Wait }
            }
        }
    }

    /// What its services hold.
    pub(super) fn locks(&mut self, judging: &Judging<'_>, phase: usize) -> &[String] {
        self.locks
            .get_or_insert_with(|| locks::of_services(judging, phase, services(judging, phase)))
    }

    /// Whether its services are to be started by who asks; then all others wait.
    pub(super) fn begin(&mut self, held: &mut HashSet<String>) -> bool {
        if !matches!(self.stage, Stage::Idle) {
            return false;
        }
        held.extend(self.locks.iter().flatten().cloned());
        self.stage = Stage::Starting;
        true
    }

    /// Notes what came of the start; what the first gate is answered where that failed.
    pub(super) fn started(
        &mut self,
        result: Result<Services<'a>, Stop>,
        held: &mut HashSet<String>,
    ) -> Option<Judged> {
        let judged = match result {
            Ok(services) => {
                self.stage = Stage::Up(Arc::new(services));
                return None;
            }
            Err(Stop::Red(diagnostic) | Stop::Blocked(diagnostic)) => {
                self.stage = Stage::Failed(diagnostic.message.clone());
                Judged::blocked(*diagnostic)
            }
            Err(Stop::Interrupted) => {
                self.stage = Stage::Idle;
                Judged::not_run("the run ends")
            }
            Err(Stop::Skip(why)) => {
                self.stage = Stage::Idle;
                Judged::skipped(&why)
            }
        };
        self.release(held);
        Some(judged)
    }

    /// Its services, where they are up.
    pub(super) fn services(&self) -> Option<Arc<Services<'a>>> {
        match &self.stage {
            Stage::Up(services) => Some(Arc::clone(services)),
            _ => None,
        }
    }

    /// A gate is answered. After the last, the services are to be stopped: dropped.
    pub(super) fn answered(&mut self) -> Option<Arc<Services<'a>>> {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return None;
        }
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Up(services) => Some(services),
            _ => None,
        }
    }

    /// Gives back what its services held.
    pub(super) fn release(&self, held: &mut HashSet<String>) {
        for lock in self.locks.iter().flatten() {
            held.remove(lock);
        }
    }
}

/// Starts the services of a phase.
pub(super) fn start<'a>(
    judging: &'a Judging<'a>,
    index: usize,
    emit: &'a (dyn Fn(Event) + Sync),
    interrupt: &Interrupt,
) -> Result<Services<'a>, Stop> {
    let mut env = judging.env.clone();
    let phase = judging.phase_name(index);
    env.set("GATE_PHASE", phase);
    env.set("GATE_TREE", judging.tree.as_str());
    let (locals, results, lets) = Default::default();
    let facts = GateFacts {
        judging,
        phase: index,
        locals: &locals,
        results: &results,
    };
    let around = Around {
        judging,
        phase: phase.to_owned(),
        gate: None,
        env,
        dir: judging.root.clone(),
        emit,
        interrupt: interrupt.clone(),
    };
    Services::start(services(judging, index), &facts, &lets, around)
}
