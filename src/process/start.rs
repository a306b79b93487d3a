//! Starting a command.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use thiserror::Error;

use super::Command;
use super::find::find_program;
use super::marker::{MARKER, Marker};
use super::platform::Pid;
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
    pub(super) handle: duct::Handle,
    pub(super) tree: Tree,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    pub(super) started: Instant,
}

/// Starts a command in a group of its own, its output in pipes, its input empty.
pub(super) fn start(command: &Command) -> Result<Child, StartError> {
    let last = |name: &str| {
        command
            .env
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
    };
    let path = last("PATH").map(OsString::as_os_str);
    let program = find_program(&command.program, path, &command.dir).map_err(|error| {
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
    .map_err(|error| match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::EACCES) if !command.dir.is_dir() => {
            no_dir(command)
        }
        // The program was there a moment ago; its interpreter is not, or may not be used.
        Some(libc::ENOENT | libc::EACCES | libc::ENOEXEC) => StartError::NotExecutable {
            program: command.program.clone(),
        },
        _ => StartError::Os(error),
    })
}

/// No environment.
const NOTHING: [(OsString, OsString); 0] = [];

fn no_dir(command: &Command) -> StartError {
    StartError::NoSuchDir {
        dir: command.dir.clone(),
    }
}

fn spawn(command: &Command, program: &Path, before: &[&OsStr]) -> io::Result<Child> {
    let marker = Marker::new();
    let mut env = command.env.clone();
    env.push((MARKER.into(), marker.value().into()));
    let (stdout, stdout_end) = io::pipe()?;
    let (stderr, stderr_end) = io::pipe()?;
    // As typed: `$0`, and the name in a shell's messages. With a shell put before, its own.
    let name = if before.is_empty() {
        command.program.clone()
    } else {
        program.into()
    };
    let args = before
        .iter()
        .map(|arg| (*arg).to_owned())
        .chain(command.args.iter().cloned());
    let expression = duct::cmd(program, args)
        .dir(&command.dir)
        // Set below: duct would copy it three times.
        .full_env(NOTHING)
        .stdin_null()
        .stdout_file(stdout_end)
        .stderr_file(stderr_end)
        .unchecked()
        .before_spawn(move |command| {
            // Anything more (`pre_exec`, a bare name) and it would fork, which takes as long
            // as this process is big.
            command.process_group(0).arg0(&name);
            command.envs(env.iter().map(|(name, value)| (name, value)));
            Ok(())
        });
    let started = Instant::now();
    let spawning = tree::spawning();
    let handle = expression.start()?;
    let pid = handle
        .pids()
        .first()
        .and_then(|pid| Pid::try_from(*pid).ok());
    let pid = pid.ok_or_else(|| io::Error::other("the command has no pid"))?;
    let tree = Tree::new(pid, marker, started);
    drop(spawning);
    // `expression` holds the write ends, and is dropped here: the pipes end with the command.
    Ok(Child {
        handle,
        tree,
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
