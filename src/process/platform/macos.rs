//! macOS: libproc and sysctl.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::{Pid, Pids, Seen};

/// Has `posix_spawn` begin a session: `spawn.h` has it, the `libc` crate has not.
pub(super) const SETSID: libc::c_int = 0x0400;

/// There is no such thing here: orphans go to launchd, and are known by their environment.
pub(in super::super) fn adopt_orphans() -> bool {
    false
}

/// Pipes grow by themselves here.
pub(in super::super) fn grow_pipe(_fd: BorrowedFd<'_>) {}

/// Pids are given out in no order that can be relied on: all of them.
pub(in super::super) fn pids_since(_pid: Pid, _ago: Duration) -> Pids {
    all_pids()
}

/// The pids of all processes.
pub(in super::super) fn all_pids() -> Pids {
    let mut pids: Vec<Pid> = vec![0; 4096];
    loop {
        let bytes = i32::try_from(size_of_val(pids.as_slice())).unwrap_or(i32::MAX);
        // SAFETY: the pointer and the size are those of one buffer, which outlives the call.
        let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), bytes) };
        let count = usize::try_from(count).unwrap_or(0);
        if count < pids.len() {
            pids.truncate(count);
            return Pids { pids, last: None };
        }
        pids.resize(pids.len() * 2, 0);
    }
}

/// There are no orphans to look after here.
pub(in super::super) fn adopted() -> Option<Vec<Pid>> {
    None
}

/// Nobody asks it here.
pub(in super::super) fn this_thread_has_children() -> bool {
    true
}

/// Looks at a process; none where there is none, or it is another user's.
pub(in super::super) fn look(pid: Pid) -> Option<Seen> {
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut info: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    let size = i32::try_from(size_of_val(&info)).ok()?;
    // SAFETY: the pointer and the size are those of `info`, which outlives the call.
    let got =
        unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, (&raw mut info).cast(), size) };
    if got != size {
        return None;
    }
    let name: Vec<u8> = info
        .pbi_comm
        .iter()
        .take_while(|c| **c != 0)
        .map(|c| c.cast_unsigned())
        .collect();
    Some(Seen {
        name: String::from_utf8_lossy(&name).into_owned(),
        parent: Pid::try_from(info.pbi_ppid).ok()?,
        group: Pid::try_from(info.pbi_pgid).ok()?,
        zombie: info.pbi_status == libc::SZOMB,
        environment: environment(pid),
    })
}

/// What the process was started with: path, arguments and environment, with NUL between.
/// The system hides it for programs of its own.
fn environment(pid: Pid) -> Option<Vec<u8>> {
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, pid];
    let mut size = 1 << 20;
    let mut bytes: Vec<u8> = vec![0; size];
    // SAFETY: pointers and sizes are those of `name` and `bytes`, which outlive the call.
    let got = unsafe {
        libc::sysctl(
            name.as_mut_ptr(),
            3,
            bytes.as_mut_ptr().cast(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    bytes.truncate(size);
    (got == 0).then_some(bytes)
}

/// The sockets that listen on a port: nobody is asked here.
#[derive(Debug, Default)]
pub(in super::super) struct Listening;

impl Listening {
    /// Whether nobody does, as far as is known.
    pub(in super::super) fn is_empty(&self) -> bool {
        true
    }
}

/// Which sockets listen on this TCP port.
pub(in super::super) fn listening(_port: u16) -> Listening {
    Listening
}

/// Whether a process has one of these open.
pub(in super::super) fn holds(_pid: Pid, _sockets: &Listening) -> Option<bool> {
    None
}
