//! Starting a program: `posix_spawn`, which takes no longer however big this process is.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, PipeWriter};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use super::{Pid, SETSID};

/// What is started.
pub(in super::super) struct Spawn<'a> {
    /// The program's path.
    pub program: &'a Path,
    /// All arguments, the program's own name first.
    pub args: &'a [&'a OsStr],
    /// Where it starts.
    pub dir: &'a Path,
    /// Its environment; of equal names the last wins.
    pub env: &'a [(OsString, OsString)],
    /// One variable more, which wins over all.
    pub marker: (&'a str, &'a str),
    /// Where its output goes.
    pub stdout: &'a PipeWriter,
    pub stderr: &'a PipeWriter,
}

/// Starts a program as the leader of a session, and so of a group, of its own: it has no
/// terminal, `/dev/tty` included. Its input is empty, no signal is blocked, and SIGPIPE
/// does what it does by default; signals that this process was told to ignore stay so.
pub(in super::super) fn spawn(spawn: &Spawn<'_>) -> io::Result<Pid> {
    let program = c_string(spawn.program.as_os_str())?;
    let dir = c_string(spawn.dir.as_os_str())?;
    let args = Strings::new(spawn.args.iter().map(|arg| [arg.as_bytes(), &[], &[]]))?;
    let env = environment(spawn.env, spawn.marker)?;
    let attributes = Attributes::new()?;
    let mut actions = Actions::new()?;
    actions.dup(empty_input()?.as_raw_fd(), 0)?;
    actions.dup(spawn.stdout.as_raw_fd(), 1)?;
    actions.dup(spawn.stderr.as_raw_fd(), 2)?;
    actions.chdir(&dir)?;
    let mut pid: Pid = 0;
    // SAFETY: every pointer is of a live value made above: two C strings, two arrays of C
    // strings that end with a null, and two initialised structures.
    let result = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            args.as_ptr(),
            env.as_ptr(),
        )
    };
    check(result)?;
    Ok(pid)
}

fn empty_input() -> io::Result<&'static File> {
    static EMPTY: OnceLock<File> = OnceLock::new();
    if let Some(file) = EMPTY.get() {
        return Ok(file);
    }
    let file = File::open("/dev/null")?;
    Ok(EMPTY.get_or_init(|| file))
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| nul())
}

fn nul() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "there is a NUL in it")
}

/// The environment, sorted by name.
fn environment(env: &[(OsString, OsString)], marker: (&str, &str)) -> io::Result<Strings> {
    let mut entries: Vec<(&[u8], &[u8])> = env
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    entries.push((marker.0.as_bytes(), marker.1.as_bytes()));
    // Stable: of equal names the last stays the last.
    entries.sort_by_key(|(name, _)| *name);
    let mut next = entries.iter().map(|(name, _)| *name).skip(1);
    let last = entries
        .iter()
        .filter(|(name, _)| next.next() != Some(*name));
    Strings::new(last.map(|(name, value)| [*name, b"=", *value]))
}

/// C strings in one piece of memory, and what points to them.
struct Strings {
    /// The pointers are into this; it is not touched any more.
    _bytes: Vec<u8>,
    pointers: Vec<*mut libc::c_char>,
}

impl Strings {
    /// Each of three parts put together.
    fn new<'a>(strings: impl Iterator<Item = [&'a [u8]; 3]>) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(4096);
        let mut starts = Vec::with_capacity(64);
        for parts in strings {
            starts.push(bytes.len());
            for part in parts {
                if part.contains(&0) {
                    return Err(nul());
                }
                bytes.extend_from_slice(part);
            }
            bytes.push(0);
        }
        let base = bytes.as_mut_ptr();
        let mut pointers: Vec<*mut libc::c_char> = starts
            .into_iter()
            // The starts are offsets into it.
            .map(|start| base.wrapping_add(start).cast())
            .collect();
        pointers.push(std::ptr::null_mut());
        Ok(Self {
            _bytes: bytes,
            pointers,
        })
    }

    fn as_ptr(&self) -> *const *mut libc::c_char {
        self.pointers.as_ptr()
    }
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
