//! Starting a command.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use thiserror::Error;

use super::Command;
use super::env::Var;
use super::find::find_program;
use super::marker::{MARKER, Marker};
use super::platform::{self, Spawn, Spawned};
use super::tree::{self, Tree};

/// Why a command could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// There is no such program, neither in `PATH` nor at its path.
    #[error("there is no program `{}`", program.display())]
    ProgramNotFound {
        /// As it was named.
        program: OsString,
    },
    /// There is such a file, but it may not be executed, or cannot be.
    #[error("`{}` cannot be executed", program.display())]
    NotExecutable {
        /// As it was named.
        program: OsString,
    },
    /// The folder it was to start in is not there.
    #[error("there is no folder `{}` to start in", dir.display())]
    NoSuchDir {
        /// The folder.
        dir: PathBuf,
    },
    /// Anything else.
    #[error("it could not be started: {0}")]
    Os(#[from] io::Error),
}

impl StartError {
    /// The code a shell would exit with: 127 for a program that is not there, 126 for one
    /// that cannot be executed; none where a shell would not have come so far.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::ProgramNotFound { .. } => Some(127),
            Self::NotExecutable { .. } => Some(126),
            Self::NoSuchDir { .. } | Self::Os(_) => None,
        }
    }
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) tree: Tree,
    /// What tells of its end, where the system has it.
    pub(super) pidfd: Option<OwnedFd>,
    pub(super) stdout: Pipe,
    pub(super) stderr: Pipe,
    pub(super) started: Instant,
}

/// What a command writes to, with both its ends: as long as we hold the second too, its
/// end is nothing we need to be woken for.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) reader: PipeReader,
    pub(super) writer: PipeWriter,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { reader, writer })
    }
}

/// Starts a command in a group of its own, its output in pipes, its input empty. It ends
/// with the thread that calls this, which is to follow it.
pub(super) fn start(command: &Command) -> Result<Child, StartError> {
    if command.arg0.is_some() {
        // Found already, or a path from the folder it starts in.
        return spawn(command, Path::new(&command.program), &[]).map_err(|e| failure(command, e));
    }
    let program =
        find_program(&command.program, command.env.get("PATH"), &command.dir).map_err(|error| {
            if command.dir.is_dir() {
                error
            } else {
                no_dir(command)
            }
        })?;
    match spawn(command, &program, &[]) {
        // As execvp and every shell do with a script that names no interpreter.
        Err(error) if error.raw_os_error() == Some(libc::ENOEXEC) && is_text(&program) => {
            spawn(command, Path::new("/bin/sh"), &[program.as_os_str()])
        }
        other => other,
    }
    .map_err(|error| failure(command, error))
}

/// What it means that the system would not start it.
fn failure(command: &Command, error: io::Error) -> StartError {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::EACCES) if !command.dir.is_dir() => {
            no_dir(command)
        }
        // The program was there a moment ago; its interpreter is not, or may not be used.
        Some(libc::ENOENT | libc::EACCES | libc::ENOEXEC) => StartError::NotExecutable {
            program: command.program.clone(),
        },
        _ => StartError::Os(error),
    }
}

fn no_dir(command: &Command) -> StartError {
    StartError::NoSuchDir {
        dir: command.dir.clone(),
    }
}

fn spawn(command: &Command, program: &Path, before: &[&OsStr]) -> io::Result<Child> {
    let marker = Marker::new();
    let (stdout, stderr) = (Pipe::new()?, Pipe::new()?);
    // As typed: `$0`, and the name in a shell's messages. With a shell put before, its own.
    let name = match &command.arg0 {
        Some(name) => name,
        None if before.is_empty() => command.program.as_os_str(),
        None => program.as_os_str(),
    };
    let mut args = Vec::with_capacity(1 + before.len() + command.args.len());
    args.push(name);
    args.extend(before);
    args.extend(command.args.iter().map(OsString::as_os_str));
    let started = Instant::now();
    let spawning = tree::spawning();
    let Spawned { pid, pidfd } = platform::spawn(&Spawn {
        program,
        args: &args,
        dir: &command.dir,
        env: &command.env,
        marker: &Var::new(OsStr::new(MARKER), OsStr::new(&marker.value())),
        stdout: &stdout.writer,
        stderr: &stderr.writer,
    })?;
    let tree = Tree::new(pid, marker, started);
    drop(spawning);
    Ok(Child {
        tree,
        pidfd,
        stdout,
        stderr,
        started,
    })
}

/// Whether a file that the system does not know how to execute could be a script.
fn is_text(file: &Path) -> bool {
    let mut head = [0; 256];
    let read = File::open(file).and_then(|mut file| file.read(&mut head));
    read.is_ok_and(|length| !head.iter().take(length).any(|byte| *byte == 0))
}
