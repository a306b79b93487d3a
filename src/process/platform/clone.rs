//! Starting a program on Linux, as `posix_spawn` does it inside, for less.
//!
//! The child borrows our memory and one of our threads until it executes the program, on a
//! stack of its own. It calls nothing but the system: no allocation, no lock, no panic.
//! What this saves against `posix_spawn` is two calls for each of 64 signals, a mapping,
//! and the asking for a pidfd; and it has the child end with us.

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::OnceLock;

use super::spawn::{Image, Spawned};
use super::{Pid, own_pid};

/// The child's stack, in bytes. It calls a dozen functions of the C library, none deep.
const STACK: usize = 32 << 10;

/// What the child is told, and tells.
struct Order<'a> {
    image: &'a Image,
    /// Whether it has to leave our session to be rid of our terminal.
    leave: bool,
    parent: Pid,
    /// Why it could not execute the program; 0 where it could.
    error: c_int,
}

/// Starts it, as the leader of a group; where we have a terminal, of a session.
pub(super) fn start(image: &Image) -> io::Result<Spawned> {
    // Of these, because a stack must be aligned as they are. A part of our own, which stands
    // still as long as the child needs it, costs nothing.
    let mut stack = [const { MaybeUninit::<u128>::uninit() }; STACK / size_of::<u128>()];
    // A stack grows down.
    let top = stack.as_mut_ptr_range().end;
    let mut order = Order {
        image,
        leave: has_terminal(),
        parent: own_pid(),
        error: 0,
    };
    let mut pidfd: c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    let blocked = Blocked::new()?;
    // SAFETY: the child has a stack of its own that is not used for anything else. This
    // thread stands still until the child is done with our memory (CLONE_VFORK), so `order`
    // and all it refers to outlive its use there, and nobody looks at `order` meanwhile.
    // `pidfd` is where CLONE_PIDFD has the kernel write.
    let pid = unsafe {
        libc::clone(
            child,
            top.cast(),
            flags,
            (&raw mut order).cast(),
            &raw mut pidfd,
        )
    };
    let failed = (pid < 0).then(io::Error::last_os_error);
    drop(blocked);
    if let Some(error) = failed {
        return Err(error);
    }
    // SAFETY: the kernel just made it for us alone. One too old for it leaves it alone.
    let pidfd = (pidfd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(pidfd) });
    // SAFETY: written by the child, which is done; behind the compiler's back.
    let error = unsafe { (&raw const order.error).read_volatile() };
    if error != 0 {
        // SAFETY: it ended, and nobody else waits for it; no status is asked for.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        return Err(io::Error::from_raw_os_error(error));
    }
    Ok(Spawned { pid, pidfd })
}

/// The child. It never returns.
extern "C" fn child(order: *mut libc::c_void) -> c_int {
    // SAFETY: it is the order of `start`, which waits for us and does not touch it.
    let order = unsafe { &mut *order.cast::<Order<'_>>() };
    // SAFETY: only calls of the system, with pointers of the order that are valid as it says.
    unsafe {
        if !set_up(order) || !unblock() {
            order.error = *libc::__errno_location();
            libc::_exit(127);
        }
        let image = order.image;
        libc::execve(
            image.program.as_ptr(),
            image.args.as_ptr().cast(),
            image.env().cast(),
        );
        order.error = *libc::__errno_location();
        libc::_exit(127)
    }
}

/// Everything but its signals; false where a call failed.
unsafe fn set_up(order: &Order<'_>) -> bool {
    // SAFETY: see `child`.
    unsafe {
        let led = match order.leave {
            true => libc::setsid(),
            false => libc::setpgid(0, 0),
        };
        // Should we be killed, so is it; what it starts, the next run finds.
        if led < 0 || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) < 0 {
            return false;
        }
        if libc::getppid() != order.parent {
            libc::_exit(127);
        }
        for (to, from) in (0..).zip(order.image.fds) {
            let put = match from == to {
                // It would be closed when the program begins.
                true => libc::fcntl(to, libc::F_SETFD, 0),
                false => libc::dup2(from, to),
            };
            if put < 0 {
                return false;
            }
        }
        libc::chdir(order.image.dir.as_ptr()) == 0
    }
}

/// Lets signals through to the program, none of them to a handler of ours: those would run
/// in memory that we share.
unsafe fn unblock() -> bool {
    // SAFETY: all zeros are valid values of these plain C structures, which outlive the
    // calls; for the rest see `child`.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        let mut by_default: libc::sigaction = std::mem::zeroed();
        by_default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(libc::SIGPIPE, &raw const by_default, std::ptr::null_mut());
        // Our handlers are gone when the program begins. Until then only what has come
        // already could reach one: nobody knows the new process yet.
        libc::sigpending(&raw mut set);
        for signal in 1..=libc::SIGRTMAX() {
            if libc::sigismember(&raw const set, signal) == 1 {
                let mut action: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, std::ptr::null(), &raw mut action);
                if action.sa_sigaction != libc::SIG_IGN {
                    libc::sigaction(signal, &raw const by_default, std::ptr::null_mut());
                }
            }
        }
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) == 0
    }
}

/// All signals of this thread wait as long as this lives.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn new() -> io::Result<Self> {
        // SAFETY: all zeros are valid values of these plain C structures, which outlive the
        // calls.
        let (result, before) = unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            let mut before: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&raw mut all);
            let result = libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            (result, before)
        };
        match result {
            0 => Ok(Self(before)),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set was filled by `new`. It cannot fail with that.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut());
        }
    }
}

/// Whether this process has a terminal that a command could open. Without one, a group is
/// enough, and a session of its own costs the system more than the rest of a start.
fn has_terminal() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        // Anything but "there is none" may be the folder's fault, not the terminal's.
        File::open("/dev/tty").map_or_else(|e| e.raw_os_error() != Some(libc::ENXIO), |_| true)
    })
}
