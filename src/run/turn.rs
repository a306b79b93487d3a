//! Taking turns: one run at a time in a working tree.

use std::time::Duration;

use super::event::Event;
use super::outcome::Refusal;
use crate::diagnostic::{Code, Diagnostic};
use crate::process::{self, Interrupt};
use crate::repo::{Holder, Repository, RunLock};
use crate::source::Sources;

/// How often one that waits looks whether it is its turn.
const LOOK: Duration = Duration::from_millis(50);

/// The right to run in a working tree, as long as this lives.
#[derive(Debug)]
pub struct Turn {
    lock: RunLock,
}

impl Turn {
    /// Takes the right to run; where another run has it, waits for its end, and has `emit`
    /// say so. None where the wait was interrupted.
    ///
    /// # Errors
    /// Where one is not to wait, or would wait for itself, or the lock cannot be had.
    pub fn take(
        repo: &Repository,
        wait: bool,
        interrupt: &Interrupt,
        mut emit: impl FnMut(Event),
    ) -> Result<Option<Self>, Refusal> {
        let mut told = None;
        loop {
            let holder = match repo.lock_run()? {
                Ok(lock) => {
                    sweep(repo)?;
                    return Ok(Some(Self { lock }));
                }
                Err(holder) => holder,
            };
            let ours = holder
                .as_ref()
                .is_some_and(|holder| process::runs_under(holder.pid));
            if ours || !wait {
                return Err(Refusal::of(vec![busy(holder, ours)], &Sources::new()));
            }
            if let Some(holder) = &holder
                && told.as_ref() != Some(holder)
            {
                emit(Event::RunWaiting {
                    pid: holder.pid,
                    for_ms: super::millis(holder.age()),
                    phase: holder.phase.clone(),
                });
                told = Some(holder.clone());
            }
            if interrupt.wait(LOOK) {
                return Ok(None);
            }
        }
    }

    pub(super) fn at_phase(&mut self, phase: &str) -> Result<(), Refusal> {
        Ok(self.lock.at_phase(phase)?)
    }
}

/// Ends and removes what runs left behind that were killed, and lets this one be known.
pub(super) fn sweep(repo: &Repository) -> Result<(), Refusal> {
    repo.mark(process::mark());
    Ok(repo.sweep(process::end_left)?)
}

fn busy(holder: Option<Holder>, ours: bool) -> Diagnostic {
    let who = match &holder {
        Some(holder) => format!("process {}", holder.pid),
        None => "another process".to_owned(),
    };
    let message = if ours {
        format!("this `gate run` was started by a gate of the run of {who}, and would wait for it")
    } else {
        format!("{who} runs in this working tree already")
    };
    let diagnostic = Diagnostic::unplaced(Code::RUN_IN_PROGRESS, message);
    let diagnostic = match holder.and_then(|holder| holder.phase) {
        Some(phase) => diagnostic.note(format!("it judges phase `{phase}`")),
        None => diagnostic,
    };
    diagnostic.help(if ours {
        "let the gate run `gate try`, or a run in a repository of its own"
    } else {
        "leave out `--no-wait` to wait for its end, or use `gate try`, which needs no turn"
    })
}
