//! A command and all that descends from it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use libc::{SIGCONT, SIGKILL};

use super::marker::{MARKER, Marker};
use super::platform::{self, Pid, Seen};
use super::{KILL_GRACE, Leftover};

/// The leaders of all commands that run, under their pids and groups.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Held for reading while a leader is born and not yet in [`RUNNING`]; for writing where
/// such a one must not be taken for an orphan.
static BIRTH: RwLock<()> = RwLock::new(());

/// Whether orphans become our children.
static ADOPTING: AtomicBool = AtomicBool::new(false);

/// Whether an orphan was seen that could not be told to be any command's while others ran.
static UNSETTLED: AtomicBool = AtomicBool::new(false);

/// Whether this process is about to exit, with all its commands.
static EXITING: AtomicBool = AtomicBool::new(false);

fn running() -> MutexGuard<'static, Vec<Pid>> {
    // Each change is one call: there is no half of one that a panic could leave.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be held while a command is started.
pub(super) fn spawning() -> RwLockReadGuard<'static, ()> {
    BIRTH.read().unwrap_or_else(PoisonError::into_inner)
}

/// Makes orphaned descendants of commands this process's children, where the system can
/// (Linux), so that even those are found that left their group and cleared their
/// environment, and dead ones reaped. For a program that owns its process: children it
/// starts by other ways than this module must stay in its own process group, and its main
/// thread lives as long as it does.
pub fn adopt_orphans() {
    if platform::adopt_orphans() {
        ADOPTING.store(true, Ordering::SeqCst);
    }
}

/// A descendant that is alive.
#[derive(Debug, Clone)]
pub(super) struct Survivor {
    pid: Pid,
    group: Pid,
    name: String,
}

/// Finds the members of a command's tree while it runs.
#[derive(Debug)]
pub(super) struct Lookout {
    leader: Pid,
    marker: Marker,
}

impl Lookout {
    /// Those that are alive, the leader included.
    pub(super) fn pids(&self) -> Vec<u32> {
        let is_member = |pid: &Pid| {
            platform::look(*pid).is_some_and(|seen| {
                // Its group's id is the leader's as long as one is in it.
                let marked = |bytes: &[u8]| self.marker.is_in(bytes);
                !seen.zombie
                    && (seen.group == self.leader
                        || seen.environment.as_deref().is_some_and(marked))
            })
        };
        let all = platform::all_pids().pids.into_iter();
        all.filter(is_member)
            .filter_map(|pid| u32::try_from(pid).ok())
            .collect()
    }
}

/// A command's process tree.
#[derive(Debug)]
pub(super) struct Tree {
    leader: Pid,
    marker: Marker,
    started: Instant,
    /// As long as it is not, its pid and its group's id are nobody else's.
    leader_reaped: bool,
    survivors: Vec<Survivor>,
    /// Who was asked to end.
    asked: Vec<Pid>,
}

impl Tree {
    /// The tree of a leader just started; [`spawning`] is held.
    pub(super) fn new(leader: Pid, marker: Marker, started: Instant) -> Self {
        running().push(leader);
        Self {
            leader,
            marker,
            started,
            leader_reaped: false,
            survivors: Vec::new(),
            asked: Vec::new(),
        }
    }

    pub(super) fn leader(&self) -> Pid {
        self.leader
    }

    /// To be called when the leader was waited for.
    pub(super) fn leader_reaped(&mut self) {
        self.leader_reaped = true;
        running().retain(|pid| *pid != self.leader);
    }

    /// Whether nothing of the tree is alive, the leader aside. Cheap as long as those last
    /// seen are still there.
    pub(super) fn is_gone(&mut self) -> bool {
        if self.survivors.iter().any(|survivor| is_alive(survivor.pid)) {
            return false;
        }
        self.look();
        self.survivors.is_empty()
    }

    /// What finds its members from elsewhere.
    pub(super) fn lookout(&self) -> Lookout {
        Lookout {
            leader: self.leader,
            marker: self.marker.clone(),
        }
    }

    /// Asks all of it to end, with this signal. Says whom it asked, the leader aside.
    pub(super) fn terminate(&mut self, signal: i32) -> Vec<Leftover> {
        self.look();
        self.signal(signal);
        // One that is stopped would not hear it.
        self.signal(SIGCONT);
        self.note_asked()
    }

    /// Asks those that were seen since, too.
    pub(super) fn terminate_new(&mut self, signal: i32) -> Vec<Leftover> {
        for survivor in &self.survivors {
            if !self.asked.contains(&survivor.pid) {
                platform::signal_process(survivor.pid, signal);
                platform::signal_process(survivor.pid, SIGCONT);
            }
        }
        self.note_asked()
    }

    /// Notes that all that were last seen are asked. Says who was not before.
    fn note_asked(&mut self) -> Vec<Leftover> {
        let (asked, survivors) = (&mut self.asked, &self.survivors);
        let new = survivors.iter().filter_map(|survivor| {
            let is_new = !asked.contains(&survivor.pid);
            is_new.then(|| {
                asked.push(survivor.pid);
                Leftover {
                    name: survivor.name.clone(),
                    pid: u32::try_from(survivor.pid).unwrap_or_default(),
                }
            })
        });
        new.collect()
    }

    /// Ends all of it: each as soon as it is seen, so that one that becomes another all the
    /// time is caught between two of its lives.
    pub(super) fn kill(&mut self) {
        if !self.leader_reaped {
            platform::signal_group(self.leader, SIGKILL);
        }
        self.see(Some(SIGKILL));
    }

    /// Signals those last seen.
    fn signal(&self, signal: i32) {
        let in_group = self
            .survivors
            .iter()
            .any(|survivor| survivor.group == self.leader);
        if in_group || !self.leader_reaped {
            platform::signal_group(self.leader, signal);
        }
        for survivor in self
            .survivors
            .iter()
            .filter(|survivor| survivor.group != self.leader)
        {
            platform::signal_process(survivor.pid, signal);
        }
    }

    /// Looks for descendants that are alive, until no new ones can have come meanwhile.
    fn look(&mut self) {
        self.see(None);
    }

    /// The same, and signals each when it is seen.
    fn see(&mut self, signal: Option<i32>) {
        /// How often it is looked again for those born meanwhile; who is chased may be many.
        const ROUNDS: usize = 8;
        const CHASE: usize = 500;
        self.survivors.clear();
        if self.leader_reaped && nobody_is_left() {
            return;
        }
        let alone = self.leader_reaped && ADOPTING.load(Ordering::SeqCst) && running().is_empty();
        let mut since = platform::pids_since(self.leader, self.started.elapsed());
        if alone && UNSETTLED.swap(false, Ordering::SeqCst) {
            since = platform::all_pids();
        }
        // What was born while we looked can have been missed; who bore it may be gone.
        // Each round has only those to look at.
        let rounds = if signal.is_some() { CHASE } else { ROUNDS };
        for _ in 0..rounds {
            if since.pids.is_empty() {
                break;
            }
            for pid in since.pids {
                if !self.may_be_ours(pid) {
                    continue;
                }
                if let Some(survivor) = self.survivor(pid) {
                    if let Some(signal) = signal {
                        platform::signal_process(pid, signal);
                    }
                    self.survivors.push(survivor);
                }
            }
            let Some(last) = since.last else { break };
            since = platform::pids_since(last, Duration::ZERO);
        }
        if self.survivors.is_empty()
            && self.leader_reaped
            && platform::group_is_there(self.leader)
            && platform::look(platform::own_pid()).is_none()
        {
            // We see nobody (no /proc), but the group answers.
            let name = "unknown".to_owned();
            self.survivors.push(Survivor {
                pid: -self.leader,
                group: self.leader,
                name,
            });
        }
    }

    /// Whether there is such a process, and it is neither ourselves nor a leader.
    fn may_be_ours(&self, pid: Pid) -> bool {
        !(pid == self.leader && !self.leader_reaped
            || pid <= 1
            || !platform::is_there(pid)
            || pid == platform::own_pid()
            || running().contains(&pid))
    }

    /// The process, if it is alive and of this tree.
    fn survivor(&self, pid: Pid) -> Option<Survivor> {
        let seen = platform::look(pid)?;
        let orphan = is_orphan(&seen);
        if seen.zombie {
            if orphan {
                reap(pid);
            }
            return None;
        }
        let ours = seen.group == self.leader
            || seen
                .environment
                .as_deref()
                .is_some_and(|bytes| self.marker.is_in(bytes))
            || orphan && !has_marker(&seen) && self.leader_reaped && settle(pid);
        ours.then_some(Survivor {
            pid,
            group: seen.group,
            name: seen.name,
        })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if !self.leader_reaped {
            // Something failed on the way: nothing may stay behind all the same.
            self.kill();
            let until = Instant::now() + KILL_GRACE;
            while let Ok(None) = platform::reap(self.leader)
                && Instant::now() < until
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            self.leader_reaped();
        }
    }
}

fn is_alive(pid: Pid) -> bool {
    platform::is_there(pid) && platform::look(pid).is_none_or(|seen| !seen.zombie)
}

/// Whether it became our child by its parent's death: what this program starts itself is a
/// leader, or stays in our own group.
fn is_orphan(seen: &Seen) -> bool {
    ADOPTING.load(Ordering::SeqCst)
        && seen.parent == platform::own_pid()
        && seen.group != platform::own_group()
}

/// Whether a command that this thread started, and that has ended, left nobody: whoever
/// descends from it is an orphan, and so our child, or the descendant of one that is; or was
/// born as its sibling, and is this thread's child. To ask this costs two calls where no
/// command was started by the main thread.
fn nobody_is_left() -> bool {
    let known = || {
        let children = platform::adopted()?;
        let running = running();
        let all = children.iter().all(|pid| running.contains(pid));
        all.then_some(children)
    };
    ADOPTING.load(Ordering::SeqCst)
        && !platform::this_thread_has_children()
        // Where one of them goes while they are listed, the list may lack another.
        && known().is_some_and(|first| first.is_empty() || known() == Some(first))
}

/// Takes the status of orphans that died meanwhile. While a command runs for long they would
/// else hold their pids, until there are none left for anybody.
pub(super) fn reap_orphans() {
    if ADOPTING.load(Ordering::SeqCst) {
        for pid in platform::adopted().unwrap_or_default() {
            if !running().contains(&pid) && platform::look(pid).is_some_and(|seen| seen.zombie) {
                reap(pid);
            }
        }
    }
}

fn has_marker(seen: &Seen) -> bool {
    let environment = seen.environment.as_deref().unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| {
        entry
            .strip_prefix(MARKER.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"="))
    })
}

/// Takes a dead orphan's status, so that its pid is free again.
fn reap(pid: Pid) {
    // Nobody is being born now: what is not in the list is no leader.
    let _nobody = BIRTH.write().unwrap_or_else(PoisonError::into_inner);
    if !running().contains(&pid) && platform::look(pid).is_some_and(|s| s.zombie && is_orphan(&s)) {
        // Its status is nobody's business.
        let _ = platform::reap(pid);
    }
}

/// Whether an orphan that carries no marker may be ended: when no command runs, it can only
/// be one's that has ended. Otherwise the last to end will see to it.
fn settle(pid: Pid) -> bool {
    let _nobody = BIRTH.write().unwrap_or_else(PoisonError::into_inner);
    let running = running();
    if running.contains(&pid) {
        return false;
    }
    if !running.is_empty() {
        UNSETTLED.store(true, Ordering::SeqCst);
        return false;
    }
    drop(running);
    // It may have been a leader about to enter the list when it was looked at.
    platform::look(pid).is_some_and(|seen| !seen.zombie && is_orphan(&seen) && !has_marker(&seen))
}

/// Never returns once [`kill_all`] was called: what it ended has not come to its end, and
/// nobody may judge it, nor exit by another code meanwhile.
pub(super) fn stay_if_exiting() {
    while EXITING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Ends every command this process runs, and all that descends from them, at once. To be
/// followed by the process's exit.
pub(super) fn kill_all() {
    EXITING.store(true, Ordering::SeqCst);
    for leader in running().iter() {
        platform::signal_group(*leader, SIGKILL);
    }
    kill_marked(&Marker::any());
}

/// Ends what is left of the commands of a process that is gone: it was killed, and could not
/// see to it itself. `mark` is what [`super::mark`] gave there.
pub fn end_left(mark: &str) {
    if !mark.is_empty() {
        kill_marked(&Marker::of(mark));
    }
}

fn kill_marked(marker: &Marker) {
    // Each round ends all that can bear; what is left after so many cannot be ended.
    for _ in 0..10 {
        let mut found = false;
        for pid in platform::all_pids().pids {
            if pid != platform::own_pid()
                && let Some(seen) = platform::look(pid)
                && !seen.zombie
                && seen.environment.is_some_and(|bytes| marker.is_in(&bytes))
            {
                found = true;
                platform::signal_process(pid, SIGKILL);
            }
        }
        if !found {
            return;
        }
    }
}
