//! Two named pipes, by which a test and a process that runs wait for each other.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::project::{Answer, Project};

/// A folder with the pipes `here` and `go`. The process opens `here` for writing when it has
/// come to the place, then reads `go` to its end.
pub struct Pipes {
    dir: TempDir,
}

impl Pipes {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("gate-pipes-")
            .tempdir()
            .unwrap();
        for name in ["here", "go"] {
            let path = CString::new(dir.path().join(name).as_os_str().as_bytes()).unwrap();
            // SAFETY: the path ends with a NUL and outlives the call.
            assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
        }
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What a gate does to come to the place and wait there.
    pub const GATE: &str = "echo here > \"$PIPES/here\" && cat \"$PIPES/go\"";

    /// Waits until the process is at the place.
    pub fn wait(&self) {
        fs::read(self.dir.path().join("here")).unwrap();
    }

    /// Lets it go on.
    pub fn go(&self) {
        fs::write(self.dir.path().join("go"), "").unwrap();
    }
}

/// A run that waits in its gate, which is [`Pipes::GATE`].
pub struct Waiting {
    pub project: Project,
    pub pipes: Pipes,
    pub child: Child,
}

impl Waiting {
    /// Starts `gate` with these arguments, and waits until it has come to its gate.
    pub fn start(project: Project, args: &[&str]) -> Self {
        let pipes = Pipes::new();
        let mut command = project.gate_command();
        command
            .args(args)
            .env("PIPES", pipes.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        pipes.wait();
        Self {
            project,
            pipes,
            child,
        }
    }

    /// Lets it go on, to its end.
    pub fn end(self) -> (Project, Answer) {
        self.pipes.go();
        let answer = Answer::of(self.child.wait_with_output().unwrap());
        (self.project, answer)
    }
}
