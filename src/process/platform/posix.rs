//! Starting a program where the system has no better way: `posix_spawn`.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use super::spawn::{Image, Spawned};
use super::{Pid, SETSID};

/// Starts it, as the leader of a session.
pub(super) fn start(image: &Image) -> io::Result<Spawned> {
    let attributes = Attributes::new()?;
    let mut actions = Actions::new()?;
    for (to, from) in (0..).zip(image.fds) {
        actions.dup(from, to)?;
    }
    actions.chdir(&image.dir)?;
    let mut pid: Pid = 0;
    // SAFETY: every pointer is of a live value: two C strings, two arrays of C strings that
    // end with a null, and two initialised structures.
    let result = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            image.program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            image.args.as_ptr(),
            image.env(),
        )
    };
    check(result)?;
    Ok(Spawned { pid, pidfd: None })
}

struct Attributes(MaybeUninit<libc::posix_spawnattr_t>);

impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: it initialises what the pointer is of.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        let mut this = Self(attributes);
        let pointer = this.0.as_mut_ptr();
        let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
        let flags = SETSID | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        let flags = libc::c_short::try_from(flags).map_err(io::Error::other)?;
        // SAFETY: `pointer` is of an initialised structure, `signals` is emptied before it is
        // used, and both outlive the calls.
        unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            check(libc::posix_spawnattr_setsigmask(pointer, signals.as_ptr()))?;
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
            check(libc::posix_spawnattr_setsigdefault(
                pointer,
                signals.as_ptr(),
            ))?;
            check(libc::posix_spawnattr_setflags(pointer, flags))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: `new` initialised it.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

struct Actions(MaybeUninit<libc::posix_spawn_file_actions_t>);

impl Actions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: it initialises what the pointer is of.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        Ok(Self(actions))
    }

    fn dup(&mut self, from: RawFd, to: RawFd) -> io::Result<()> {
        // SAFETY: the pointer is of an initialised structure.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(self.0.as_mut_ptr(), from, to) })
    }

    fn chdir(&mut self, dir: &CString) -> io::Result<()> {
        // SAFETY: the pointers are of an initialised structure and of a C string, which the
        // call copies.
        check(unsafe {
            libc::posix_spawn_file_actions_addchdir_np(self.0.as_mut_ptr(), dir.as_ptr())
        })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: `new` initialised it.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

/// These functions return their error.
fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
