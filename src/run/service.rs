//! Services: up before what needs them is judged, watched while it is, and gone after it,
//! whatever happens.

mod launch;
mod prepare;
mod ready;
mod told;

pub(super) use prepare::ports;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::event::Event;
use super::gate::Stop;
use super::judging::{GateFacts, Judging};
use super::result::not_started;
use super::transcripts::KeptOutput;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Service};
use crate::process::{Env, Exit, Interrupt, Output, Running};
use launch::{Launch, State};
use prepare::{Prepared, prepare};
use told::{died, with_output};

/// What services are started in.
pub(super) struct Around<'a> {
    pub judging: &'a Judging<'a>,
    /// The name of the phase they belong to.
    pub phase: String,
    /// The gate they belong to; none for a phase's own.
    pub gate: Option<String>,
    pub env: Env,
    pub dir: PathBuf,
    pub emit: &'a (dyn Fn(Event) + Sync),
    /// Ends the judging they are for.
    pub interrupt: Interrupt,
}

impl Around<'_> {
    /// Waits until a service is gone that was asked to end, and says so; `exit` is how it
    /// had ended by itself. Gives what it was and all that it wrote.
    fn gone<'p>(&self, up: Up<'p>, exit: Option<Exit>) -> (Prepared<'p>, Output) {
        // It leaves as soon as the process has ended, and then nobody else has this.
        let _ = up.watcher.join();
        let output = match Arc::try_unwrap(up.running) {
            Ok(running) => running.stop().output,
            Err(running) => running.output().output,
        };
        let kept = up.prepared.kept.as_ref();
        if let Some(event) = kept.and_then(KeptOutput::failure) {
            (self.emit)(event);
        }
        (self.emit)(Event::ServiceStopped {
            phase: self.phase.clone(),
            gate: self.gate.clone(),
            service: up.prepared.service.name.value.clone(),
            exit: exit.map(Exit::code),
            duration_ms: super::millis(up.started.elapsed()),
            output: kept.map(|kept| kept.path.clone()),
        });
        (up.prepared, output)
    }

    /// What is to be said of one that ended by itself.
    fn died(&self, up: Up<'_>, exit: Exit) -> Diagnostic {
        let time = up.started.elapsed();
        let (prepared, output) = self.gone(up, Some(exit));
        with_output(died(&prepared, exit, time), &prepared, &output)
    }
}

/// Services that are up. Dropped, they are stopped.
pub(super) struct Services<'a> {
    around: Around<'a>,
    up: Mutex<Vec<Up<'a>>>,
    alive: Interrupt,
    ended: Arc<Ended>,
    /// What is said of the one that ended by itself.
    death: Mutex<Option<Diagnostic>>,
    told: AtomicBool,
}

/// Which services ended by themselves.
#[derive(Default)]
struct Ended {
    /// In this order.
    order: Mutex<Vec<usize>>,
    /// Whether they are being stopped: who ends now was asked to.
    stopping: AtomicBool,
}

/// A service that was started.
struct Up<'a> {
    prepared: Prepared<'a>,
    running: Arc<Running>,
    started: Instant,
    watcher: JoinHandle<()>,
    /// Which of the others it needs.
    needs: Vec<usize>,
    at: usize,
}

impl<'a> Services<'a> {
    /// Starts them, at the same time but for what they need of one another, and waits until
    /// each is ready. Where one is not, none is left.
    pub(super) fn start(
        services: &'a [Service],
        facts: &GateFacts<'_>,
        lets: &HashMap<usize, Expr>,
        around: Around<'a>,
    ) -> Result<Self, Stop> {
        let mut prepared = Vec::new();
        for service in services {
            prepared.push(prepare(service, facts, lets, &around)?);
        }
        let alive = around.interrupt.narrower();
        let launch = Launch {
            around: &around,
            alive: &alive,
            ended: Arc::default(),
            state: Mutex::new(State {
                up: services.iter().map(|_| None).collect(),
                failed: None,
            }),
            changed: Condvar::new(),
        };
        std::thread::scope(|scope| {
            for (at, prepared) in prepared.into_iter().enumerate() {
                let (launch, needs) = (&launch, needed(services, at));
                let place = prepared.service.name.span;
                let spawned = std::thread::Builder::new()
                    .name("launch".to_owned())
                    .spawn_scoped(scope, move || launch.one(at, prepared, needs));
                if let Err(error) = spawned {
                    launch.fail(not_started(&error.into(), "shell", place));
                }
            }
        });
        let Launch { ended, state, .. } = launch;
        let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let services = Self {
            up: Mutex::new(state.up.into_iter().flatten().collect()),
            death: Mutex::default(),
            around,
            alive,
            ended,
            told: AtomicBool::new(false),
        };
        // What is up is stopped where this is dropped.
        match state.failed {
            None => Ok(services),
            // One that was ready already may have ended while others were not.
            Some(Stop::Interrupted) => Err(services
                .died()
                .map_or(Stop::Interrupted, |died| Stop::Blocked(Box::new(died)))),
            Some(stop) => Err(stop),
        }
    }

    /// Triggered when the judging is to end: because the run is, or one of these ended.
    pub(super) fn alive(&self) -> &Interrupt {
        &self.alive
    }

    /// Stops them, and says what a result is worth that came while they were to live.
    pub(super) fn end(self, result: Result<(), Stop>) -> Result<(), Stop> {
        match result {
            Err(Stop::Skip(_)) => result,
            _ => match self.died() {
                Some(diagnostic) => Err(Stop::Blocked(Box::new(diagnostic))),
                None => result,
            },
        }
    }

    /// What is to be said where one of them ended by itself.
    pub(super) fn died(&self) -> Option<Diagnostic> {
        if self.around.judging.interrupt.signal().is_some() {
            return None;
        }
        let mut death = lock(&self.death);
        if death.is_some() {
            return death.clone();
        }
        let first = lock(&self.ended.order).first().copied();
        let mut up = lock(&self.up);
        let at = up.iter().position(|up| match first {
            Some(first) => up.at == first,
            None => up.running.exit().is_some(),
        })?;
        let up = up.remove(at);
        *death = up.running.exit().map(|exit| self.around.died(up, exit));
        death.clone()
    }

    /// Whether who asks is the first to tell of it; others need only say the fact.
    pub(super) fn is_first_to_tell(&self) -> bool {
        !self.told.swap(true, Ordering::SeqCst)
    }

    /// Stops them: who needs others before those, all else at once.
    fn stop(&mut self) {
        let mut left = std::mem::take(&mut *lock(&self.up));
        self.ended.stopping.store(true, Ordering::SeqCst);
        let by_themselves: Vec<(usize, Option<Exit>)> =
            left.iter().map(|up| (up.at, up.running.exit())).collect();
        while !left.is_empty() {
            let needed: Vec<usize> = left.iter().flat_map(|up| up.needs.clone()).collect();
            let (later, mut now): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|up| needed.contains(&up.at));
            for up in &now {
                up.running.ask_to_stop();
            }
            // The last started first.
            now.reverse();
            for up in now {
                let exit = by_themselves.iter().find(|(at, _)| *at == up.at);
                self.around.gone(up, exit.and_then(|(_, exit)| *exit));
            }
            left = later;
        }
    }
}

impl Drop for Services<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which of the services beside it one needs.
fn needed(services: &[Service], at: usize) -> Vec<usize> {
    let needs = services.get(at).map_or(&[][..], |service| &service.needs);
    needs
        .iter()
        .filter_map(|need| {
            services
                .iter()
                .position(|beside| beside.name.value == need.value)
        })
        .collect()
}
