//! Where a program is.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
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
    let dir = std::path::absolute(dir).map_err(StartError::Os)?;
    let not_executable = || StartError::NotExecutable {
        program: name.to_owned(),
    };
    if name.as_bytes().contains(&b'/') {
        let file = dir.join(name);
        if platform::is_program(&file) {
            return Ok(file);
        }
        return Err(match file.metadata() {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                StartError::ProgramNotFound {
                    program: name.to_owned(),
                }
            }
            _ => not_executable(),
        });
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    let files = || std::env::split_paths(path).map(|entry| dir.join(entry).join(name));
    if name.is_empty() {
        return Err(StartError::ProgramNotFound {
            program: name.to_owned(),
        });
    }
    if let Some(file) = files().find(|file| platform::is_program(file)) {
        return Ok(file);
    }
    // Only now is it worth asking what else is there.
    if files().any(|file| file.is_file()) {
        Err(not_executable())
    } else {
        Err(StartError::ProgramNotFound {
            program: name.to_owned(),
        })
    }
}
