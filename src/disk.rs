//! Writing to disk: gate's own files and folders, and nobody else's.
//!
//! Every write outside memory is a [`Step`], listed in one place. Files are written here
//! and nowhere else (clippy holds the crate to it), and a call of git that writes names its
//! step (`repo::git`). So tests can interrupt each one, before and after, and a new one
//! cannot be forgotten.

#![expect(clippy::disallowed_methods, reason = "this is the one place for them")]

mod fault;
mod step;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::{FdFlags, fcntl_setfd};

pub(crate) use fault::{heard, listening, reached};
pub use step::{Step, When};

/// Does one step: what comes before it, the step, and what comes after.
pub(crate) fn step<T>(step: Step, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    reached(step, When::Before)?;
    let done = act()?;
    reached(step, When::After)?;
    Ok(done)
}

/// Makes a folder and those it lies in, as far as they are not there.
pub(crate) fn create_folders(name: Step, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    step(name, || fs::create_dir_all(path))
}

/// Makes a folder that is not there yet.
pub(crate) fn create_folder(name: Step, path: &Path) -> io::Result<()> {
    step(name, || fs::create_dir(path))
}

/// Puts a file in its place, whole, or leaves the old one.
pub(crate) fn write(name: Step, path: &Path, bytes: &[u8]) -> io::Result<()> {
    step(name, || {
        filled(path, bytes)?.persist(path)?;
        Ok(())
    })
}

/// As [`write`], for what can be made again: after a loss of power it may be empty.
///
/// Some file systems bring a file to the disk before it may take the name of another
/// (`auto_da_alloc` of ext4), and that can take longer than a gate. Two that change names are
/// not brought there; the old one then goes under the name of the new one.
pub(crate) fn write_lightly(name: Step, path: &Path, bytes: &[u8]) -> io::Result<()> {
    step(name, || {
        let new = filled(path, bytes)?;
        if renameat_with(CWD, new.path(), CWD, path, RenameFlags::EXCHANGE).is_err() {
            new.persist(path)?;
        }
        Ok(())
    })
}

/// A file with these bytes beside the place it is for.
fn filled(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("it is in no folder"))?;
    let mut new = unnamed(folder)?;
    new.write_all(bytes)?;
    Ok(new)
}

/// Puts a file in the place of another, which it resembles in its permissions, and makes
/// sure that it outlives the system.
#[cfg(feature = "cli")]
pub(crate) fn replace(name: Step, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    step(name, || {
        let new = filled(path, bytes)?;
        new.as_file().set_permissions(permissions)?;
        new.as_file().sync_all()?;
        new.persist(path)?;
        Ok(())
    })
}

/// Writes a file in place: where nobody else can see it yet.
pub(crate) fn fill(name: Step, path: &Path, bytes: &[u8]) -> io::Result<()> {
    step(name, || fs::write(path, bytes))
}

/// Copies a file whole, its permissions too.
pub(crate) fn copy(name: Step, from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    write(name, to, &bytes)
}

/// Copies a file with its time. Content and time are of one file even when another is put
/// in its place meanwhile.
pub(crate) fn copy_with_time(name: Step, from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let time = source.metadata()?.modified()?;
    step(name, || {
        let mut copy = File::create(to)?;
        io::copy(&mut source, &mut copy)?;
        copy.set_modified(time)
    })
}

/// Makes sure that a file and its name outlive the system.
pub(crate) fn outlives(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Has processes that are started from now on hold a file, and its lock, as this one does.
pub(crate) fn inherit(file: &File) -> io::Result<()> {
    Ok(fcntl_setfd(file, FdFlags::empty())?)
}

/// A lock that ends with this value. A process that is just being started holds every open
/// file, and its lock, until it has become its program: closing the file is not enough.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Waits until the file can be locked for this process alone.
    pub(crate) fn alone(file: File) -> io::Result<Self> {
        file.lock()?;
        Ok(Self(file))
    }

    /// Locks it for this process alone, unless somebody else has locked it.
    pub(crate) fn try_alone(file: File) -> Result<Self, (fs::TryLockError, File)> {
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(error) => Err((error, file)),
        }
    }

    /// Waits until nobody has locked it alone, and keeps it so.
    pub(crate) fn shared(file: File) -> io::Result<Self> {
        file.lock_shared()?;
        Ok(Self(file))
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.0
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What cannot be unlocked ends with the process.
        drop(self.0.unlock());
    }
}

/// Opens a file to lock it; it is made if need be, and keeps what it holds.
pub(crate) fn open(name: Step, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            step(name, || options.create(true).truncate(false).open(path))
        }
        opened => opened,
    }
}

/// Makes a file that is to be written bit by bit.
pub(crate) fn create(name: Step, path: &Path) -> io::Result<File> {
    step(name, || File::create_new(path))
}

/// Makes a symbolic link at `place`.
pub(crate) fn link(name: Step, target: &Path, place: &Path) -> io::Result<()> {
    if fs::symlink_metadata(place).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    step(name, || std::os::unix::fs::symlink(target, place))
}

/// Removes a file or a link.
pub(crate) fn remove(name: Step, path: &Path) -> io::Result<()> {
    // Nothing to remove is no step.
    fs::symlink_metadata(path)?;
    step(name, || fs::remove_file(path))
}

/// Removes a folder that is empty.
pub(crate) fn remove_folder(name: Step, path: &Path) -> io::Result<()> {
    step(name, || fs::remove_dir(path))
}

/// Removes a folder and all it holds.
pub(crate) fn remove_folders(name: Step, path: &Path) -> io::Result<()> {
    step(name, || fs::remove_dir_all(path))
}

/// A file that has no name, and is gone with the process.
pub(crate) fn nameless(name: Step) -> io::Result<File> {
    step(name, tempfile::tempfile)
}

/// A file in the system's folder for temporary ones, removed when dropped.
pub(crate) fn temporary_file(
    name: Step,
    prefix: &str,
    bytes: &[u8],
) -> io::Result<tempfile::NamedTempFile> {
    step(name, || {
        let mut file = tempfile::Builder::new().prefix(prefix).tempfile()?;
        file.write_all(bytes)?;
        file.flush()?;
        Ok(file)
    })
}

/// A new folder in the system's folder for temporary ones, there to stay.
#[cfg(feature = "cli")]
pub(crate) fn lasting_folder(name: Step, prefix: &str) -> io::Result<PathBuf> {
    step(name, || {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        Ok(folder.keep())
    })
}

/// A folder that is removed, with all it holds, when this is dropped. It is locked as long
/// as it is in use, so that one left by a process that was killed can be told from it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    gone: Step,
    _lock: Lock,
}

impl Folder {
    /// Makes one in `within`, where [`sweep`] finds it. `made` and `gone` are the steps by
    /// which it comes and goes.
    pub(crate) fn new(made: Step, gone: Step, prefix: &str, within: &Path) -> io::Result<Self> {
        // So that nobody takes it for left behind before it is locked.
        let _coming = Lock::shared(File::open(within)?)?;
        let prefix = format!("{TEMPORARY}{prefix}");
        let path = step(made, || {
            let folder = tempfile::Builder::new()
                .prefix(&prefix)
                .tempdir_in(within)?;
            Ok(folder.keep())
        })?;
        let lock = Lock::alone(File::open(&path)?)?;
        Ok(Self {
            path,
            gone,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now, the next run removes.
        drop(remove_folders(self.gone, &self.path));
    }
}

/// A new file in `folder`, as any file is made there, under a name to be replaced.
fn unnamed(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    // So that nobody takes it for left behind before it is locked.
    let _coming = Lock::shared(File::open(folder)?)?;
    let new = tempfile::Builder::new()
        .prefix(NEW)
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    new.as_file().lock()?;
    Ok(new)
}

/// How the names of files begin that are not in their place yet.
const NEW: &str = ".new-";

/// How the names of each [`Folder`] begin.
const TEMPORARY: &str = ".tmp-";

/// Removes what processes that were killed left in `folder`: each [`Folder`] that nobody
/// uses, and files that never came to their place. Best effort: it costs only space.
pub(crate) fn sweep(name: Step, folder: &Path) {
    let Ok(alone) = File::open(folder) else {
        return;
    };
    // While one of them is being made none can be told from those left behind: then the
    // next run removes them.
    let (Ok(_alone), Ok(entries)) = (Lock::try_alone(alone), fs::read_dir(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let begins = |start: &str| entry.file_name().to_string_lossy().starts_with(start);
        if !begins(TEMPORARY) && !begins(NEW) {
            continue;
        }
        if let Ok(Ok(_lock)) = File::open(&path).map(Lock::try_alone) {
            drop(if path.is_dir() {
                remove_folders(name, &path)
            } else {
                remove(name, &path)
            });
        }
    }
}
