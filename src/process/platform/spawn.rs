//! Starting a program: what it is started with, as the system takes it.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, PipeWriter};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use super::super::env::{Env, Var};
use super::{Pid, start};

/// What is started.
pub(in super::super) struct Spawn<'a> {
    /// The program's path.
    pub program: &'a Path,
    /// All arguments, the program's own name first.
    pub args: &'a [&'a OsStr],
    /// Where it starts.
    pub dir: &'a Path,
    /// Its environment.
    pub env: &'a Env,
    /// One variable more, which wins over all.
    pub marker: &'a Var,
    /// Where its output goes.
    pub stdout: &'a PipeWriter,
    pub stderr: &'a PipeWriter,
}

/// What was started.
pub(in super::super) struct Spawned {
    pub pid: Pid,
    /// Readable when it has ended, where the system has such.
    pub pidfd: Option<OwnedFd>,
}

/// The same with pointers, for the system.
pub(super) struct Image {
    pub program: CString,
    pub dir: CString,
    pub args: Strings,
    env: Vec<*mut libc::c_char>,
    /// What becomes its descriptors 0, 1 and 2.
    pub fds: [RawFd; 3],
}

impl Image {
    /// The variables, with a null at the end.
    pub(super) fn env(&self) -> *const *mut libc::c_char {
        self.env.as_ptr()
    }
}

/// Starts a program as the leader of a group of its own, without a terminal, `/dev/tty`
/// included. Its input is empty, no signal is blocked, and SIGPIPE does what it does by
/// default; signals that this process was told to ignore stay so.
pub(in super::super) fn spawn(spawn: &Spawn<'_>) -> io::Result<Spawned> {
    let image = Image {
        program: c_string(spawn.program.as_os_str())?,
        dir: c_string(spawn.dir.as_os_str())?,
        args: Strings::new(spawn.args)?,
        env: environment(spawn.env, spawn.marker)?,
        fds: [
            empty_input()?.as_raw_fd(),
            spawn.stdout.as_raw_fd(),
            spawn.stderr.as_raw_fd(),
        ],
    };
    start(&image)
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

/// What points to the variables, sorted by name, with a null at the end.
fn environment(env: &Env, marker: &Var) -> io::Result<Vec<*mut libc::c_char>> {
    let pointer = |var: &Var| var.text().map(<*const libc::c_char>::cast_mut);
    let mut pointers = Vec::with_capacity(64);
    let mut vars = env.vars().peekable();
    while let Some(var) = vars.next_if(|var| var.name() < marker.name()) {
        pointers.push(pointer(var)?);
    }
    pointers.push(pointer(marker)?);
    for var in vars.filter(|var| var.name() != marker.name()) {
        pointers.push(pointer(var)?);
    }
    pointers.push(std::ptr::null_mut());
    Ok(pointers)
}

/// C strings in one piece of memory, and what points to them.
pub(super) struct Strings {
    /// The pointers are into this; it is not touched any more.
    _bytes: Vec<u8>,
    pointers: Vec<*mut libc::c_char>,
}

impl Strings {
    fn new(strings: &[&OsStr]) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(256);
        let mut starts = Vec::with_capacity(strings.len());
        for string in strings {
            starts.push(bytes.len());
            let string = string.as_bytes();
            if string.contains(&0) {
                return Err(nul());
            }
            bytes.extend_from_slice(string);
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

    pub(super) fn as_ptr(&self) -> *const *mut libc::c_char {
        self.pointers.as_ptr()
    }
}
