//! Child processes: started, read, timed, and ended with all they left behind.
//!
//! A command gets a process group of its own and a marker in its environment. When it has
//! ended, by itself or not, the group and every descendant that left it are ended too, so
//! nothing a gate started outlives it. Its output is read as it comes, within a bound.
//! [`run`] needs no thread of its own: it waits for output, end, deadline and interrupt at
//! once, in the caller's.

mod env;
mod find;
mod follow;
mod interrupt;
mod line;
mod marker;
mod output;
mod platform;
mod port;
mod running;
mod start;
mod transcript;
mod tree;

pub use env::Env;
pub use find::find_program;
pub(crate) use interrupt::HEARD;
pub use interrupt::{Interrupt, handle_signals};
pub use line::{Line, Programs};
pub use marker::{MARKER, mark, runs_under};
pub use output::{Output, OutputError, Stream, WHOLE_LIMIT};
#[cfg(feature = "cli")]
pub(crate) use platform::keep_freed;
pub use port::{Holder, port_holder};
pub use running::{Running, SoFar, Watch};
pub use start::StartError;
pub use transcript::Transcript;
pub use tree::{adopt_orphans, end_left};

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use follow::Ending;

use crate::secret::Secrets;

/// How long a tree may take to end after SIGTERM before it gets SIGKILL.
pub const TERM_GRACE: Duration = Duration::from_secs(2);

/// How long, after a command has ended, what it left in the background may still write or
/// end by itself.
pub const LINGER: Duration = Duration::from_millis(200);

/// How long a process may survive SIGKILL (it hangs in the kernel, or belongs to another
/// user) before it is given up.
pub const KILL_GRACE: Duration = Duration::from_secs(5);

/// A command to run.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program: a path, from `dir` where it is relative, or a name looked up in the
    /// `PATH` of `env`.
    pub program: OsString,
    /// The name it is called by, `$0`; none is the program as given. With one, a script
    /// that names no interpreter is not executed, and a relative path is given to it as it is:
    /// a shell has rules of its own for these.
    pub arg0: Option<OsString>,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where it starts.
    pub dir: PathBuf,
    /// Its whole environment; nothing else is inherited. [`MARKER`] is added.
    pub env: Env,
    /// How long it may take, from its start.
    pub timeout: Duration,
    /// How much of its output is kept.
    pub keep: Keep,
    /// What is masked in all of its output that is shown or recorded.
    pub secrets: Secrets,
    /// What takes in all of its output, if anything.
    pub transcript: Option<Transcript>,
}

/// How much of an output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Head and tail only, 64 KiB each.
    Ends,
    /// All of it, up to [`WHOLE_LIMIT`]; on disk past 1 MiB.
    Whole,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to its standard output.
    pub stdout: Output,
    /// What it wrote to its standard error.
    pub stderr: Output,
    /// Both, as they came. Two pipes carry no common clock: what is written to both within
    /// the microseconds it takes to read may swap places, within one stream never.
    pub output: Output,
    /// From its start to its own end; what it left in the background does not count.
    pub time: Duration,
    /// The background processes it left running, which were ended.
    pub leaked: Vec<Leftover>,
}

/// A process that a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its short name.
    pub name: String,
    /// Its pid; 0 where that is not known.
    pub pid: u32,
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

impl Finished {
    /// Of a command of which nothing came.
    fn none(exit: Exit) -> Self {
        Self {
            exit,
            stdout: Output::default(),
            stderr: Output::default(),
            output: Output::default(),
            time: Duration::ZERO,
            leaked: Vec::new(),
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// It took longer than its timeout, and was ended.
    TimedOut,
    /// The run was interrupted, and it was ended, or not started any more.
    Interrupted,
}

impl Exit {
    /// As a shell would number it: 128 + N for signal N, 124 for a timeout as `timeout(1)`
    /// has it, 130 for an interrupt.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
            Self::TimedOut => 124,
            Self::Interrupted => 130,
        }
    }

    /// Whether it ended by itself with code 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }

    /// The name of the signal that ended it, as `SIGSEGV`.
    #[must_use]
    pub fn signal_name(self) -> Option<String> {
        match self {
            Self::Signal(signal) => Some(
                signal_hook::low_level::signal_name(signal)
                    .map_or_else(|| format!("signal {signal}"), str::to_owned),
            ),
            _ => None,
        }
    }
}

/// The number of a signal by its name, as `SIGINT`; none where there is no such signal.
#[must_use]
pub fn signal_number(name: &str) -> Option<i32> {
    (1..=64).find(|number| signal_hook::low_level::signal_name(*number) == Some(name))
}

/// Runs a command to its end, and ends what it left behind.
///
/// # Errors
/// When it could not be started; what it does then is in [`Finished`].
pub fn run(command: &Command, interrupt: &Interrupt) -> Result<Finished, StartError> {
    let wake = interrupt.wake_fd()?;
    if interrupt.signal().is_some() {
        return Ok(Finished::none(Exit::Interrupted));
    }
    let child = start::start(command)?;
    let finished = follow::follow(child, command, wake, Ending::default(), &mut ());
    tree::stay_if_exiting();
    Ok(finished?)
}
