//! Faults on order, for tests: a signal, a full disk or a pause before or after a step.
//!
//! Only in builds with `debug_assertions`; in others nothing of this is there.
//!
//! - `GATE_FAULT=STEP:before|after:ACTION[:N]` acts the Nth time (default 1) that the step
//!   is reached. ACTION is `kill`, `int`, `term`, `hup` (the signal, to this process), `full`
//!   (the step fails: no space left on the device), or `wait` (opens the pipe
//!   `$GATE_FAULT_PIPES/here` for writing, then `$GATE_FAULT_PIPES/go` for reading: the test
//!   does something meanwhile).
//! - `GATE_FAULT_LOG=FILE` takes a line `STEP:before` or `STEP:after` for each one reached.

#[cfg(debug_assertions)]
pub(crate) use live::{heard, listening, reached};

#[cfg(not(debug_assertions))]
pub(crate) use idle::{heard, listening, reached};

#[cfg(not(debug_assertions))]
mod idle {
    use crate::disk::{Step, When};

    #[inline(always)]
    pub(crate) fn reached(_: Step, _: When) -> std::io::Result<()> {
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn listening() {}

    #[inline(always)]
    pub(crate) fn heard() {}
}

#[cfg(debug_assertions)]
mod live {
    use std::ffi::OsString;
    use std::fs::OpenOptions;
    use std::io::{self, Read as _, Write as _};
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGKILL, SIGTERM};
    use signal_hook::low_level::raise;

    use crate::disk::{Step, When};

    struct Fault {
        step: String,
        when: String,
        action: String,
        /// How often the step is still to be reached.
        left: AtomicUsize,
    }

    /// Whether signals are taken in, and whether one was.
    struct Ears {
        listening: bool,
        heard: bool,
    }

    static EARS: Mutex<Ears> = Mutex::new(Ears {
        listening: false,
        heard: false,
    });
    static HEARD: Condvar = Condvar::new();

    /// To be called when a step is reached.
    pub(crate) fn reached(step: Step, when: When) -> io::Result<()> {
        static LOG: OnceLock<Option<OsString>> = OnceLock::new();
        if let Some(log) = LOG.get_or_init(|| std::env::var_os("GATE_FAULT_LOG")) {
            note(Path::new(log), step, when)?;
        }
        static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
        let Some(fault) = FAULT.get_or_init(ordered) else {
            return Ok(());
        };
        if fault.step != step.name() || fault.when != when.name() {
            return Ok(());
        }
        if fault.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return Ok(());
        }
        match fault.action.as_str() {
            "kill" => raise(SIGKILL),
            "int" => signal(SIGINT),
            "term" => signal(SIGTERM),
            "hup" => signal(SIGHUP),
            "full" => Err(io::Error::from(io::ErrorKind::StorageFull)),
            "wait" => wait(),
            other => Err(io::Error::other(format!("`{other}` is no fault"))),
        }
    }

    /// To be called when signals no longer end the process.
    pub(crate) fn listening() {
        EARS.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .listening = true;
    }

    /// To be called when a signal was taken in.
    pub(crate) fn heard() {
        EARS.lock().unwrap_or_else(PoisonError::into_inner).heard = true;
        HEARD.notify_all();
    }

    /// Signals this process, and goes on when it knows.
    fn signal(signal: i32) -> io::Result<()> {
        raise(signal)?;
        let ears = EARS.lock().unwrap_or_else(PoisonError::into_inner);
        let deaf = |ears: &mut Ears| ears.listening && !ears.heard;
        drop(HEARD.wait_while(ears, deaf));
        Ok(())
    }

    fn wait() -> io::Result<()> {
        let folder = std::env::var_os("GATE_FAULT_PIPES")
            .ok_or_else(|| io::Error::other("GATE_FAULT_PIPES is not set"))?;
        let pipe = |name: &str| Path::new(&folder).join(name);
        OpenOptions::new()
            .write(true)
            .open(pipe("here"))?
            .write_all(b"here\n")?;
        OpenOptions::new()
            .read(true)
            .open(pipe("go"))?
            .read_to_end(&mut Vec::new())
            .map(drop)
    }

    fn ordered() -> Option<Fault> {
        let order = std::env::var("GATE_FAULT").ok()?;
        let mut parts = order.split(':').map(str::to_owned);
        let (step, when, action) = (parts.next()?, parts.next()?, parts.next()?);
        let left = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        Some(Fault {
            step,
            when,
            action,
            left: AtomicUsize::new(left),
        })
    }

    fn note(log: &Path, step: Step, when: When) -> io::Result<()> {
        // One write of a few bytes at the end: lines of several threads do not mix.
        let line = format!("{}:{}\n", step.name(), when.name());
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)?
            .write_all(line.as_bytes())
    }
}
