//! Stopping everything.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::platform::{self, Ready};
use super::tree;
use crate::disk;

/// How long a signal is waited for that ended git and may be on its way to us.
pub(crate) const HEARD: Duration = Duration::from_millis(500);

/// A switch that ends every command run under it. Clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// 0 = not yet.
    signal: AtomicI32,
    /// Becomes readable, and stays so, when it is triggered.
    pipe: OnceLock<(PipeReader, PipeWriter)>,
    /// Those that are triggered with it.
    narrower: Mutex<Vec<Weak<Inner>>>,
}

impl Inner {
    fn narrower(&self) -> MutexGuard<'_, Vec<Weak<Self>>> {
        self.narrower.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interrupt {
    /// One that is not triggered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends what runs, and lets nothing start any more. The first signal counts.
    pub fn trigger(&self, signal: i32) {
        let first = self
            .0
            .signal
            .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        if first.is_ok()
            && let Some((_, writer)) = self.0.pipe.get()
        {
            let mut writer = writer;
            // It cannot fill up: this is the only byte ever written.
            let _ = writer.write_all(b"!");
        }
        let narrower = std::mem::take(&mut *self.0.narrower());
        for inner in narrower.iter().filter_map(Weak::upgrade) {
            Self(inner).trigger(signal);
        }
    }

    /// A switch for a part of what this one ends: triggered with it, or by itself alone.
    #[must_use]
    pub fn narrower(&self) -> Self {
        let part = Self::new();
        let mut narrower = self.0.narrower();
        narrower.retain(|inner| inner.strong_count() > 0);
        narrower.push(Arc::downgrade(&part.0));
        drop(narrower);
        // Whoever triggered it before it was in the list did not reach it.
        if let Some(signal) = self.signal() {
            part.trigger(signal);
        }
        part
    }

    /// The signal it was triggered with.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        match self.0.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Waits until it is triggered, no longer than `limit`. Says whether it is.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> bool {
        let until = Instant::now().checked_add(limit);
        while self.signal().is_none() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            let waited = self.wake_fd().and_then(|wake| {
                // Between the look above and the making of the pipe it may have come.
                if self.signal().is_some() {
                    return Ok([Ready::Readable]);
                }
                platform::wait_readable([Some(wake)], left)
            });
            if waited.is_err() {
                // Out of descriptors: look again now and then.
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        true
    }

    /// What is readable from the moment it is triggered, unless [`Self::signal`] says so
    /// already: ask for this first.
    pub(super) fn wake_fd(&self) -> io::Result<BorrowedFd<'_>> {
        if self.0.pipe.get().is_none() {
            // When two threads do this at once, one pipe is dropped again.
            let _ = self.0.pipe.set(io::pipe()?);
        }
        match self.0.pipe.get() {
            Some((reader, _)) => Ok(reader.as_fd()),
            None => Err(io::Error::other("the pipe that was just made is gone")),
        }
    }
}

/// Lets INT, TERM and HUP end the run: the first triggers `interrupt`, the second ends all
/// children at once and exits with 128 + its number. A HUP this process was started to ignore
/// (`nohup`) stays ignored. An INT does not: a script's `&` has it ignored, and who sends it
/// there by name means it. Nor does SIGCHLD, without which nobody hears how a child ended.
///
/// # Errors
/// When handlers or their thread cannot be set up.
pub fn handle_signals(interrupt: &Interrupt) -> io::Result<()> {
    platform::wait_for_children();
    let mut wanted = vec![SIGINT, SIGTERM];
    if !platform::is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted)?;
    let interrupt = interrupt.clone();
    disk::listening();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                if interrupt.signal().is_none() {
                    interrupt.trigger(signal);
                    disk::heard();
                } else {
                    tree::kill_all();
                    std::process::exit(128 + signal);
                }
            }
        })?;
    Ok(())
}
