//! Keeping a tree that no commit holds yet from being collected as garbage.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::git::{self, Git, Site};
use super::{Oid, RepoError, Repository, files};
use crate::disk::{self, Step};

/// Keeps a tree until it is dropped, by a ref under `refs/gate/run/`.
#[derive(Debug)]
pub struct Pin {
    site: Site,
    reference: String,
    /// Locked as long as this process lives, so that others know the ref is in use.
    lock: PathBuf,
    _held: File,
}

impl Repository {
    /// Keeps `tree` until what is returned is dropped. What a killed run left behind is
    /// removed on the way.
    ///
    /// # Errors
    /// Where git cannot write the ref.
    pub fn pin(&self, tree: &Oid) -> Result<Pin, RepoError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = self.common_dir.join("gate/run");
        disk::create_folders(Step::PinFolder, &folder).map_err(|e| files("create", &folder, &e))?;
        self.unpin_dead(&folder);

        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{count}", std::process::id());
        let lock = folder.join(&name);
        let held = disk::open(Step::PinFile, &lock).map_err(|e| files("create", &lock, &e))?;
        held.lock().map_err(|e| files("lock", &lock, &e))?;

        // The same commit for the same tree, so that runs leave no heap of objects.
        let mut call = git::as_gate(self.git().args(["commit-tree", tree.as_str()]));
        for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            call = call.env(name, "2026-01-01T00:00:00Z");
        }
        let commit = call.stdin("gate: the tree of a run\n");
        let commit = commit.writing(Step::PinCommit).id()?;
        let reference = format!("refs/gate/run/{name}");
        let call = self.git().args(["update-ref", &reference, commit.as_str()]);
        call.writing(Step::PinRef).run()?;
        Ok(Pin {
            site: self.site.clone(),
            reference,
            lock,
            _held: held,
        })
    }

    /// Removes refs whose process is gone: nobody holds their lock. Best effort, as a
    /// left-over ref costs nothing but space.
    fn unpin_dead(&self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(file) = File::open(&path) else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
            }
            let reference = format!("refs/gate/run/{}", entry.file_name().to_string_lossy());
            remove(&self.site, &reference, &path);
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        remove(&self.site, &self.reference, &self.lock);
    }
}

/// Removes a pin's ref and then its file; a failure leaves both for the next run.
fn remove(site: &Site, reference: &str, lock: &Path) {
    let call = Git::at(site).args(["update-ref", "-d", reference]);
    let gone = call.writing(Step::PinRefGone).run();
    if gone.is_ok() {
        drop(disk::remove(Step::PinFileGone, lock));
    }
}
