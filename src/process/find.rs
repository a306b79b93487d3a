//! Where a program is.

use std::ffi::{CStr, OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::platform;
use super::start::StartError;

/// Where a shell without a `PATH` looks.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

/// The absolute path of a program, as a shell in `dir` with this `PATH` would find it.
///
/// A name with a `/` is a path, from `dir`; so are relative entries of `PATH`, of which an
/// empty one is `dir` itself. Symbolic links stay: some programs look at their own name.
///
/// # Errors
/// When there is no such file, or none that may be executed.
pub fn find_program(name: &OsStr, path: Option<&OsStr>, dir: &Path) -> Result<PathBuf, StartError> {
    let program = || name.to_owned();
    let not_executable = || StartError::NotExecutable { program: program() };
    let not_found = || StartError::ProgramNotFound { program: program() };
    let mut place = Place::default();
    if name.as_bytes().contains(&b'/') {
        place.set(dir, OsStr::new(""), name)?;
        if place.is_program() {
            return Ok(place.into_path());
        }
        return Err(match place.path().metadata() {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => not_found(),
            _ => not_executable(),
        });
    }
    if name.is_empty() {
        return Err(not_found());
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes();
    let entries = || path.split(|byte| *byte == b':').map(OsStr::from_bytes);
    for entry in entries() {
        place.set(dir, entry, name)?;
        if place.is_program() {
            return Ok(place.into_path());
        }
    }
    // Only now is it worth asking what else is there.
    for entry in entries() {
        place.set(dir, entry, name)?;
        if place.path().is_file() {
            return Err(not_executable());
        }
    }
    Err(not_found())
}

/// Where a program may be: one after the other in the same memory, for every command asks.
#[derive(Default)]
struct Place {
    /// The path, and a NUL.
    text: Vec<u8>,
}

impl Place {
    /// The absolute path of `name` in the folder `entry`, both from `dir`.
    fn set(&mut self, dir: &Path, entry: &OsStr, name: &OsStr) -> io::Result<()> {
        self.text.clear();
        if !is_absolute(name) {
            if !is_absolute(entry) {
                let dir = std::path::absolute(dir)?;
                self.text.extend_from_slice(dir.as_os_str().as_bytes());
            }
            self.join(entry);
        }
        self.join(name);
        self.text.push(0);
        Ok(())
    }

    fn join(&mut self, part: &OsStr) {
        if !self.text.is_empty() && !part.is_empty() && !self.text.ends_with(b"/") {
            self.text.push(b'/');
        }
        self.text.extend_from_slice(part.as_bytes());
    }

    fn is_program(&self) -> bool {
        // A path with a NUL in it is none.
        CStr::from_bytes_with_nul(&self.text).is_ok_and(platform::is_program)
    }

    fn path(&self) -> &Path {
        let end = self.text.len().saturating_sub(1);
        Path::new(OsStr::from_bytes(self.text.get(..end).unwrap_or_default()))
    }

    fn into_path(mut self) -> PathBuf {
        self.text.pop();
        OsString::from_vec(self.text).into()
    }
}

fn is_absolute(path: &OsStr) -> bool {
    path.as_bytes().starts_with(b"/")
}
