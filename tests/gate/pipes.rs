//! Two named pipes, by which a test and a process that runs wait for each other.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use tempfile::TempDir;

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
