//! Following a command to its end, and what it left behind to theirs.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use libc::SIGTERM;

use super::output::Capture;
use super::platform::{self, ExitWatch, Ready};
use super::start::{Child, Pipe};
use super::tree;
use super::{Command, Exit, Finished, KILL_GRACE, LINGER, Leftover, Stream, TERM_GRACE};

/// What is read at once, in bytes: at first, and from a stream that has much to say.
const READ: usize = 8 << 10;
const READ_MUCH: usize = 256 << 10;

/// From how many bytes on a stream has much to say.
const MUCH: u64 = 64 << 10;

/// How long between two looks at whether the tree is gone: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LAST_PAUSE: Duration = Duration::from_millis(32);

/// How long what a command wrote may wait to be put into its transcript.
const GATHER: Duration = Duration::from_millis(20);

/// How often it is looked whether orphans have died while a command runs.
const REAP: Duration = Duration::from_secs(1);

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Until it ends, or its time is over.
    Runs { until: Option<Instant> },
    /// It has ended; what it left may write, and end by itself, until then.
    Lingers { until: Instant },
    /// It, or what it left, was asked to end, and has until then.
    Ends { until: Instant },
    /// It was ended; who isn't gone by then never will.
    Killed { until: Instant },
}

/// How a command is asked to end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    /// With this signal.
    pub signal: i32,
    /// How long it may take then, before SIGKILL.
    pub grace: Duration,
}

impl Default for Ending {
    fn default() -> Self {
        Self {
            signal: SIGTERM,
            grace: TERM_GRACE,
        }
    }
}

/// Sees what a command does, as it does it.
pub(super) trait Follower {
    /// It wrote something.
    fn output(&mut self, stream: Stream, bytes: &[u8]);
    /// It ended; what it left behind may be alive.
    fn ended(&mut self, exit: Exit);
}

/// Nobody looks.
impl Follower for () {
    fn output(&mut self, _stream: Stream, _bytes: &[u8]) {}
    fn ended(&mut self, _exit: Exit) {}
}

/// Follows a command until it is gone and all it left behind too. It is asked to end when
/// `wake` is readable.
pub(super) fn follow(
    child: Child,
    command: &Command,
    wake: BorrowedFd<'_>,
    ending: Ending,
    follower: &mut impl Follower,
) -> io::Result<Finished> {
    let Child {
        tree,
        pidfd,
        stdout,
        stderr,
        started,
    } = child;
    let watch = ExitWatch::new(pidfd)?;
    let mut follow = Follow {
        tree,
        watch,
        started,
        reader: Reader::new(stdout, stderr, command),
        stage: Stage::Runs {
            until: started.checked_add(command.timeout),
        },
        pause: FIRST_PAUSE,
        reaped: started,
        status: None,
        time: Duration::ZERO,
        by_us: None,
        ended_by_itself: false,
        leaked: Vec::new(),
        ending,
        follower,
    };
    follow.follow(wake)?;
    follow.reader.drain(follow.follower);
    Ok(follow.finish())
}

/// A command that is followed.
struct Follow<'f, F> {
    tree: tree::Tree,
    watch: ExitWatch,
    started: Instant,
    reader: Reader,
    stage: Stage,
    pause: Duration,
    /// When orphans were looked after last.
    reaped: Instant,
    status: Option<ExitStatus>,
    time: Duration,
    /// Why we ended it, if we did.
    by_us: Option<Exit>,
    /// Whether nobody had asked it to.
    ended_by_itself: bool,
    leaked: Vec<Leftover>,
    ending: Ending,
    follower: &'f mut F,
}

impl<F: Follower> Follow<'_, F> {
    fn follow(&mut self, wake: BorrowedFd<'_>) -> io::Result<()> {
        let mut wake = Some(wake);
        loop {
            let now = Instant::now();
            let until = match self.stage {
                Stage::Runs { until } => until,
                Stage::Lingers { until } | Stage::Ends { until } | Stage::Killed { until } => {
                    Some(until)
                }
            };
            let left = until.map(|until| until.saturating_duration_since(now));
            if left == Some(Duration::ZERO) {
                if self.time_is_over(now)? {
                    return Ok(());
                }
                continue;
            }
            let wait = match self.stage {
                Stage::Runs { .. } => {
                    if self.reaped.elapsed() >= REAP {
                        tree::reap_orphans();
                        self.reaped = Instant::now();
                    }
                    Some(left.map_or(REAP, |left| left.min(REAP)))
                }
                // While somebody holds a pipe, its end is what there is to wait for.
                Stage::Lingers { .. } if self.reader.is_open() => left,
                Stage::Lingers { .. } | Stage::Ends { .. } | Stage::Killed { .. } => {
                    if self.status.is_some() && self.tree.is_gone() {
                        return Ok(());
                    }
                    match self.stage {
                        // Whom it bore before it died.
                        Stage::Killed { .. } => self.tree.kill(),
                        Stage::Ends { .. } => {
                            let asked = self.tree.terminate_new(self.ending.signal);
                            self.note_leaked(asked);
                        }
                        Stage::Runs { .. } | Stage::Lingers { .. } => {}
                    }
                    let pause = self.pause;
                    self.pause = (pause * 2).min(LAST_PAUSE);
                    left.map(|left| left.min(pause))
                }
            };
            let gathered = self.reader.capture.has_gathered();
            let wait = match gathered {
                true => Some(wait.map_or(GATHER, |wait| wait.min(GATHER))),
                false => wait,
            };
            let [stdout, stderr, end, woken] = platform::wait_readable(
                [
                    self.reader.stdout.fd(),
                    self.reader.stderr.fd(),
                    self.status.is_none().then(|| self.watch.fd()),
                    wake,
                ],
                wait,
            )?;
            if gathered && !stdout.is() && !stderr.is() {
                self.reader.capture.write_out();
            }
            self.reader.read(Stream::Stdout, stdout, self.follower);
            self.reader.read(Stream::Stderr, stderr, self.follower);
            if end.is() {
                self.watch.clear()?;
                self.check_end()?;
            }
            if woken.is() {
                wake = None;
                self.interrupt();
            }
        }
    }

    /// Notes its end, if it has come.
    fn check_end(&mut self) -> io::Result<()> {
        if self.status.is_none()
            && let Some(status) = platform::reap(self.tree.leader())?
        {
            let now = Instant::now();
            self.status = Some(status);
            self.time = now - self.started;
            self.tree.leader_reaped();
            self.reader.close_ours();
            self.follower.ended(self.by_us.unwrap_or(exit_of(status)));
            if let Stage::Runs { .. } = self.stage {
                self.stage = Stage::Lingers {
                    until: now + LINGER,
                };
            }
        }
        Ok(())
    }

    /// The stage's time is over. Says whether all is.
    fn time_is_over(&mut self, now: Instant) -> io::Result<bool> {
        match self.stage {
            Stage::Runs { .. } => {
                // It may have ended just in time.
                self.check_end()?;
                if let Stage::Runs { .. } = self.stage {
                    self.by_us = Some(Exit::TimedOut);
                    self.end();
                }
            }
            Stage::Lingers { .. } => {
                if self.tree.is_gone() {
                    // Who holds the pipe is no descendant that we know of.
                    return Ok(true);
                }
                self.end();
            }
            Stage::Ends { .. } => {
                self.tree.kill();
                self.pause = FIRST_PAUSE;
                self.stage = Stage::Killed {
                    until: now + KILL_GRACE,
                };
            }
            Stage::Killed { .. } => return Ok(true),
        }
        Ok(false)
    }

    /// The run is interrupted.
    fn interrupt(&mut self) {
        match self.stage {
            Stage::Runs { .. } => {
                self.by_us = Some(Exit::Interrupted);
                self.end();
            }
            Stage::Lingers { .. } => self.end(),
            Stage::Ends { .. } | Stage::Killed { .. } => {}
        }
    }

    /// Asks what is alive to end.
    fn end(&mut self) {
        self.ended_by_itself = self.status.is_some();
        let asked = self.tree.terminate(self.ending.signal);
        self.note_leaked(asked);
        self.pause = FIRST_PAUSE;
        self.stage = Stage::Ends {
            until: Instant::now() + self.ending.grace,
        };
    }

    /// What was left when it had ended by itself is named.
    fn note_leaked(&mut self, asked: Vec<Leftover>) {
        if self.ended_by_itself {
            self.leaked.extend(asked);
        }
    }

    fn finish(self) -> Finished {
        let by_itself = self.status.map(exit_of);
        let time = if self.status.is_some() {
            self.time
        } else {
            self.started.elapsed()
        };
        let (stdout, stderr, output) = self.reader.capture.finish();
        Finished {
            // One that survives SIGKILL has no status, but then it was us.
            exit: self.by_us.or(by_itself).unwrap_or(Exit::TimedOut),
            stdout,
            stderr,
            output,
            time,
            leaked: self.leaked,
        }
    }
}

/// How a process ended by itself.
fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}

/// The end of a pipe that we read from, as long as there may be more to come.
struct Source {
    reader: Option<PipeReader>,
    /// Ours, for as long as the command runs.
    writer: Option<PipeWriter>,
}

impl Source {
    fn new(pipe: Pipe) -> Self {
        Self {
            reader: Some(pipe.reader),
            writer: Some(pipe.writer),
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.reader.as_ref().map(AsFd::as_fd)
    }
}

/// Reads both streams in turn, as they come.
struct Reader {
    stdout: Source,
    stderr: Source,
    buffer: Vec<u8>,
    capture: Capture,
}

impl Reader {
    fn new(stdout: Pipe, stderr: Pipe, command: &Command) -> Self {
        Self {
            stdout: Source::new(stdout),
            stderr: Source::new(stderr),
            buffer: Vec::new(),
            capture: Capture::new(command),
        }
    }

    /// From here on, the pipes end where nobody of the tree holds them.
    fn close_ours(&mut self) {
        self.stdout.writer = None;
        self.stderr.writer = None;
    }

    /// Whether there may be more to come.
    fn is_open(&self) -> bool {
        self.stdout.reader.is_some() || self.stderr.reader.is_some()
    }

    /// Reads what is there from a stream.
    fn read(&mut self, stream: Stream, ready: Ready, follower: &mut impl Follower) {
        let slot = match stream {
            Stream::Stdout => &mut self.stdout.reader,
            Stream::Stderr => &mut self.stderr.reader,
        };
        let Some(pipe) = slot else { return };
        match ready {
            Ready::No => return,
            Ready::Ended => {
                *slot = None;
                return;
            }
            Ready::Readable => {}
        }
        if self.buffer.is_empty() {
            self.buffer.resize(READ, 0);
        }
        match pipe.read(&mut self.buffer) {
            Ok(length) if length > 0 => {
                let before = self.capture.total(stream);
                let bytes = self.buffer.get(..length).unwrap_or_default();
                self.capture.push(stream, bytes);
                follower.output(stream, bytes);
                if before < MUCH && before + length as u64 >= MUCH {
                    platform::grow_pipe(pipe.as_fd());
                    self.buffer.resize(READ_MUCH, 0);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Its end; an error ends a pipe too.
            Ok(_) | Err(_) => *slot = None,
        }
    }

    /// Reads what is still in the pipes, when none of the tree can add to it.
    fn drain(&mut self, follower: &mut impl Follower) {
        let until = Instant::now() + LINGER;
        while self.is_open() && Instant::now() < until {
            let fds = [self.stdout.fd(), self.stderr.fd()];
            match platform::wait_readable(fds, Some(Duration::ZERO)) {
                Ok([Ready::No, Ready::No]) | Err(_) => return,
                Ok([stdout, stderr]) => {
                    self.read(Stream::Stdout, stdout, follower);
                    self.read(Stream::Stderr, stderr, follower);
                }
            }
        }
    }
}
