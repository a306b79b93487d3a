//! What the operating system is asked for directly: the only place that does, and the only
//! one that differs between systems.

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!(
    "gate runs commands in process groups and ends their whole tree, which it knows how to \
     do on Linux and macOS only; on Windows, use it inside WSL"
);

#[cfg(target_os = "linux")]
mod clone;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use clone::start;
#[cfg(target_os = "linux")]
pub(super) use linux::{
    ExitWatch, Listening, adopt_orphans, adopted, all_pids, grow_pipe, holds, listening, look,
    pids_since, this_thread_has_children,
};

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
mod posix;
#[cfg(target_os = "macos")]
pub(super) use self::exit::ExitWatch;
#[cfg(target_os = "macos")]
use macos::SETSID;
#[cfg(target_os = "macos")]
pub(super) use macos::{
    Listening, adopt_orphans, adopted, all_pids, grow_pipe, holds, listening, look, pids_since,
    this_thread_has_children,
};
#[cfg(target_os = "macos")]
use posix::start;

pub(super) mod exit;
#[cfg(feature = "cli")]
mod memory;
mod spawn;

#[cfg(feature = "cli")]
pub(crate) use memory::keep_freed;
pub(super) use spawn::{Spawn, Spawned, spawn};

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// A process or group id.
pub(super) type Pid = libc::pid_t;

/// Where processes may be found.
#[derive(Debug)]
pub(super) struct Pids {
    /// These, which may be gone or not be processes at all.
    pub pids: Vec<Pid>,
    /// What to ask on from, for those born since; none where that is not known.
    pub last: Option<Pid>,
}

/// A process, looked at from outside.
#[derive(Debug)]
pub(super) struct Seen {
    /// Its short name.
    pub name: String,
    /// Its parent.
    pub parent: Pid,
    /// Its group.
    pub group: Pid,
    /// Whether it is dead and only waits to be reaped.
    pub zombie: bool,
    /// `NAME=VALUE` as it was started with, NUL between; none where we may not read it.
    pub environment: Option<Vec<u8>>,
}

/// What a descriptor was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    /// There is nothing yet.
    No,
    /// There is something to read, or it may be.
    Readable,
    /// Nobody holds its other end, and all was read.
    Ended,
}

impl Ready {
    /// Whether there is something, its end included.
    pub(super) fn is(self) -> bool {
        self != Self::No
    }
}

/// Waits until one of these is readable or at its end, or the time is over. Says which;
/// a `None` is never. A signal may end the wait early with none.
pub(super) fn wait_readable<const N: usize>(
    fds: [Option<BorrowedFd<'_>>; N],
    timeout: Option<Duration>,
) -> io::Result<[Ready; N]> {
    // poll(2) passes over a negative descriptor.
    let mut polled = fds.map(|fd| libc::pollfd {
        fd: fd.map_or(-1, |fd| fd.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let milliseconds = timeout.map_or(-1, |timeout| {
        // Rounded up, lest the last part of a millisecond be spent spinning.
        i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
    });
    // SAFETY: the pointer and the length are those of one array, which outlives the call.
    let result = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    if result < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        return Ok([Ready::No; N]);
    }
    Ok(polled.map(|fd| match fd.revents {
        0 => Ready::No,
        libc::POLLHUP => Ready::Ended,
        _ => Ready::Readable,
    }))
}

/// Signals a whole group. That it may be gone is no error: it was to be.
pub(super) fn signal_group(group: Pid, signal: i32) {
    if group > 1 {
        // SAFETY: no memory is involved; 0 and 1 would mean ourselves and everyone.
        unsafe { libc::kill(-group, signal) };
    }
}

/// Signals a process.
pub(super) fn signal_process(pid: Pid, signal: i32) {
    if pid > 1 {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Whether there is such a process that we may signal; a zombie is one.
pub(super) fn is_there(pid: Pid) -> bool {
    // SAFETY: no memory is involved; signal 0 is only the question.
    unsafe { libc::kill(pid, 0) == 0 }
}

/// Whether the group has a member that we may signal; a zombie is one.
pub(super) fn group_is_there(group: Pid) -> bool {
    group > 1 && is_there(-group)
}

/// Takes the status of a child that nobody else waits for, if it is dead.
pub(super) fn reap(pid: Pid) -> io::Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    match unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) } {
        0 => Ok(None),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(Some(ExitStatus::from_raw(status))),
    }
}

/// Our own group.
pub(super) fn own_group() -> Pid {
    // SAFETY: no memory is involved, and it cannot fail.
    unsafe { libc::getpgrp() }
}

/// Our own id.
pub(super) fn own_pid() -> Pid {
    // SAFETY: no memory is involved, and it cannot fail.
    unsafe { libc::getpid() }
}

/// Whether this is a file that we may execute.
pub(super) fn is_program(file: &CStr) -> bool {
    // SAFETY: the string ends with a NUL and outlives the call.
    let may = unsafe { libc::access(file.as_ptr(), libc::X_OK) == 0 };
    // A folder may be "executed" too.
    may && Path::new(OsStr::from_bytes(file.to_bytes())).is_file()
}

/// Whether this process was told to ignore a signal.
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: nothing is set (null), and `action` outlives the call.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Has children that end stay until they are waited for, even where whoever started this
/// process ignored its own.
pub(super) fn wait_for_children() {
    if is_ignored(libc::SIGCHLD) {
        // SAFETY: the default needs no function of ours.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    }
}
