//! Bringing services up: all at the same time, but for what they need of one another.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGTERM;

use super::prepare::{Ask, Prepared};
use super::ready::{self, NotReady, Seen};
use super::told::{taken, too_late, with_output};
use super::{Around, Ended, Up, lock};
use crate::diagnostic::Diagnostic;
use crate::process::{Interrupt, Running};
use crate::run::event::Event;
use crate::run::gate::Stop;
use crate::run::result::not_started;
use crate::source::Span;

/// Services on their way up.
pub(super) struct Launch<'l, 'a> {
    pub around: &'l Around<'a>,
    pub alive: &'l Interrupt,
    pub ended: Arc<Ended>,
    pub state: Mutex<State<'a>>,
    pub changed: Condvar,
}

pub(super) struct State<'a> {
    pub up: Vec<Option<Up<'a>>>,
    /// Why they do not all come up: what came first.
    pub failed: Option<Stop>,
}

impl<'a> Launch<'_, 'a> {
    /// Brings one up, as soon as those are that it needs.
    pub(super) fn one(&self, at: usize, prepared: Prepared<'a>, needs: Vec<usize>) {
        let result = if self.wait_for(&needs) {
            self.bring_up(at, prepared, needs)
        } else {
            Err(Stop::Interrupted)
        };
        match result {
            Ok(up) => {
                if let Some(slot) = lock(&self.state).up.get_mut(at) {
                    *slot = Some(up);
                }
            }
            Err(stop) => self.fail(stop),
        }
        self.changed.notify_all();
    }

    /// Gives up: the others need not go on. What they come to then is not why.
    pub(super) fn fail(&self, stop: Stop) {
        let mut state = lock(&self.state);
        if matches!(state.failed, None | Some(Stop::Interrupted)) {
            state.failed = Some(stop);
        }
        drop(state);
        self.alive.trigger(SIGTERM);
    }

    /// Waits until these are up; false where that is in vain.
    fn wait_for(&self, needs: &[usize]) -> bool {
        const LOOK: Duration = Duration::from_millis(100);
        let mut state = lock(&self.state);
        loop {
            if self.alive.signal().is_some() {
                return false;
            }
            if needs
                .iter()
                .all(|at| matches!(state.up.get(*at), Some(Some(_))))
            {
                return true;
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn bring_up(
        &self,
        at: usize,
        mut prepared: Prepared<'a>,
        needs: Vec<usize>,
    ) -> Result<Up<'a>, Stop> {
        let name = prepared.service.name.value.clone();
        let place = prepared.service.name.span;
        let port = prepared.ready.as_ref().and_then(|ready| ready.ask.port());
        if let Some(port) = port
            && ready::answers(port)
        {
            return Err(blocked(taken(&prepared, port)));
        }
        prepared.keep_output(self.around)?;
        (self.around.emit)(Event::ServiceStarted {
            phase: self.around.phase.clone(),
            gate: self.around.gate.clone(),
            service: name,
        });
        let seen = Seen::default();
        let watch = match prepared.ready.as_ref().map(|ready| &ready.ask) {
            Some(Ask::Output(regex)) => Some(seen.watch(regex)),
            _ => None,
        };
        let running = Running::start(&prepared.command, prepared.signal, prepared.grace, watch)
            .map_err(|error| not_started(&error, "shell", place))?;
        let running = Arc::new(running);
        let up = Up {
            watcher: self.watch(at, &running, place)?,
            running,
            started: Instant::now(),
            prepared,
            needs,
            at,
        };
        let ready = match &up.prepared.ready {
            Some(ready) => ready::wait(&up.prepared, ready, &up.running, &seen, self.alive),
            None => Ok(()),
        };
        let Err(why) = ready else {
            (self.around.emit)(Event::ServiceReady {
                phase: self.around.phase.clone(),
                gate: self.around.gate.clone(),
                service: up.prepared.service.name.value.clone(),
                duration_ms: crate::run::millis(up.started.elapsed()),
            });
            return Ok(up);
        };
        let exit = up.running.exit();
        // Asked now: who holds the port may be gone when the service is.
        let taken = match why {
            NotReady::Taken(port) => Some(taken(&up.prepared, port)),
            _ => None,
        };
        up.running.ask_to_stop();
        Err(match (why, exit) {
            (NotReady::Died, Some(exit)) => blocked(self.around.died(up, exit)),
            (why, exit) => {
                let (prepared, output) = self.around.gone(up, exit);
                match (why, taken) {
                    (_, Some(taken)) => blocked(taken),
                    (NotReady::TooLate(last), None) => {
                        blocked(with_output(too_late(&prepared, &last), &prepared, &output))
                    }
                    _ => Stop::Interrupted,
                }
            }
        })
    }

    /// Has the judging end when the service does.
    fn watch(
        &self,
        at: usize,
        running: &Arc<Running>,
        place: Span,
    ) -> Result<JoinHandle<()>, Stop> {
        const LONG: Duration = Duration::from_secs(3600);
        let (running, alive, ended) = (
            Arc::clone(running),
            self.alive.clone(),
            Arc::clone(&self.ended),
        );
        let watch = move || {
            let mut news = 0;
            while running.exit().is_none() {
                news = running.wait(news, Instant::now() + LONG);
            }
            // One that ends because another did, or the run does, is not the one to blame.
            if alive.signal().is_none() && !ended.stopping.load(Ordering::SeqCst) {
                lock(&ended.order).push(at);
                alive.trigger(SIGTERM);
            }
        };
        std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(watch)
            .map_err(|error| not_started(&error.into(), "shell", place))
    }
}

fn blocked(diagnostic: Diagnostic) -> Stop {
    Stop::Blocked(Box::new(diagnostic))
}
