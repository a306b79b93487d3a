//! A process that lives while others do their work: started, watched, and ended with all
//! that descends from it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::follow::{Ending, Follower, follow};
use super::output::Capture;
use super::tree::{self, Lookout};
use super::{Command, Exit, Finished, Interrupt, Keep, Output, StartError, Stream, start};

/// Sees every piece of a process's output as it comes, in the order it came.
pub type Watch = Box<dyn FnMut(Stream, &[u8]) + Send>;

/// A process in the background, with its whole tree. Dropped, it is stopped.
///
/// It is followed by a thread of its own. An [`Interrupt`] does not end it, so that
/// whoever started it decides in what order things end; a second signal to this program
/// does, as it ends everything.
#[derive(Debug)]
pub struct Running {
    shared: Arc<Shared>,
    stop: Interrupt,
    lookout: Lookout,
    follower: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    capture: Capture,
    /// Counts pieces of output, and its end.
    news: u64,
    /// How it ended, as soon as it did; what it left may be alive still.
    exit: Option<Exit>,
    finished: Option<Finished>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a process wrote until now.
#[derive(Debug, Clone)]
pub struct SoFar {
    /// What it wrote to its standard output.
    pub stdout: Output,
    /// What it wrote to its standard error.
    pub stderr: Output,
    /// Both, as they came.
    pub output: Output,
}

impl Running {
    /// Starts a process. It has no time limit: the command's `timeout` is not looked at,
    /// and of its output head and tail are kept.
    ///
    /// `signal` asks it to end, and `grace` is how long it may then take before SIGKILL.
    /// `watch` is called from the thread that follows it, and should be quick: until it
    /// returns, nothing more is read.
    ///
    /// # Errors
    /// When it could not be started.
    pub fn start(
        command: &Command,
        signal: i32,
        grace: Duration,
        mut watch: Option<Watch>,
    ) -> Result<Self, StartError> {
        let command = Command {
            timeout: Duration::MAX,
            keep: Keep::Ends,
            ..command.clone()
        };
        let stop = Interrupt::new();
        // Made now, so that a failure is told here.
        stop.wake_fd()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                capture: Capture::new(&Command {
                    transcript: None,
                    ..command.clone()
                }),
                news: 0,
                exit: None,
                finished: None,
            }),
            changed: Condvar::new(),
        });
        let (theirs, switch) = (Arc::clone(&shared), stop.clone());
        let (tell, told) = mpsc::sync_channel(1);
        let follower = std::thread::Builder::new()
            .name("service".to_owned())
            .spawn(move || {
                // Here, because it ends with the thread that starts it.
                let child = match start::start(&command) {
                    Ok(child) => child,
                    Err(error) => {
                        // Whoever waits for this is there: it waits right below.
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                let _ = tell.send(Ok(child.tree.lookout()));
                let mut follower = Announce {
                    shared: &theirs,
                    watch: watch.as_mut(),
                };
                let ending = Ending { signal, grace };
                let finished = switch
                    .wake_fd()
                    .and_then(|wake| follow(child, &command, wake, ending, &mut follower));
                let mut state = theirs.lock();
                let exit = match &finished {
                    Ok(finished) => finished.exit,
                    // It could not be followed any more, and was ended for that.
                    Err(_) => Exit::Interrupted,
                };
                state.exit.get_or_insert(exit);
                state.finished = Some(finished.unwrap_or_else(|_| Finished::none(exit)));
                state.news += 1;
                drop(state);
                theirs.changed.notify_all();
            })?;
        let lookout = told
            .recv()
            .map_err(|_| std::io::Error::other("its thread ended"))??;
        Ok(Self {
            shared,
            stop,
            lookout,
            follower: Some(follower),
        })
    }

    /// How it ended, if it did: by itself, or by [`Running::stop`].
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        self.shared.lock().exit
    }

    /// What it wrote until now.
    #[must_use]
    pub fn output(&self) -> SoFar {
        let (stdout, stderr, output) = self.shared.lock().capture.so_far();
        SoFar {
            stdout,
            stderr,
            output,
        }
    }

    /// Waits until there is more output, or it ended, than when `news` was last told, or
    /// until `until`. Says what to give next time; 0 at first.
    #[must_use]
    pub fn wait(&self, news: u64, until: Instant) -> u64 {
        let mut state = self.shared.lock();
        while state.news == news {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.news
    }

    /// The pids of its tree that are alive, itself included.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.lookout.pids()
    }

    /// Asks all of it to end, ends what does not, and says what came of it. Of one that
    /// ended by itself before, that is in [`Finished::exit`]; else it is
    /// [`Exit::Interrupted`].
    #[must_use]
    pub fn stop(mut self) -> Finished {
        self.end();
        let finished = self.shared.lock().finished.take();
        // The thread always leaves it, unless `watch` panicked.
        finished.unwrap_or_else(|| Finished::none(Exit::Interrupted))
    }

    /// Asks it to end without waiting: so that several may end at once. To be followed by
    /// [`Running::stop`].
    pub fn ask_to_stop(&self) {
        self.stop.trigger(libc::SIGTERM);
    }

    fn end(&mut self) {
        self.ask_to_stop();
        if let Some(follower) = self.follower.take() {
            // A panic of `watch` has dropped, and so ended, the tree.
            let _ = follower.join();
        }
        tree::stay_if_exiting();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Passes on what is seen of a process.
struct Announce<'a> {
    shared: &'a Shared,
    watch: Option<&'a mut Watch>,
}

impl Follower for Announce<'_> {
    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        if let Some(watch) = &mut self.watch {
            watch(stream, bytes);
        }
        let mut state = self.shared.lock();
        state.capture.push(stream, bytes);
        state.news += 1;
        drop(state);
        self.shared.changed.notify_all();
    }

    fn ended(&mut self, exit: Exit) {
        let mut state = self.shared.lock();
        state.exit = Some(exit);
        state.news += 1;
        drop(state);
        self.shared.changed.notify_all();
    }
}
