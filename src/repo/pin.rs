//! Keeping a tree that no commit holds yet from being collected as garbage.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::git::{self, Git, Site};
use super::handles::Handles;
use super::journal::Journal;
use super::ledger::move_ref;
use super::{Oid, RepoError, Repository, files};
use crate::disk::{self, Lock, Step};

/// Who makes the commit that keeps a tree, as [`git::as_gate`] has it, and when.
const WHO: &str = "gate <gate@localhost>";
const SINCE: u64 = 1_767_225_600;

/// Keeps a tree until it is dropped, by a ref under `refs/gate/run/`.
#[derive(Debug)]
pub struct Pin {
    _kept: Arc<Kept>,
}

/// The trees that this process keeps: each by one ref, however many ask for it.
pub(super) type Pins = Mutex<HashMap<Oid, Weak<Kept>>>;

/// A ref that keeps a tree.
pub(super) struct Kept {
    own: PathBuf,
    site: Site,
    handles: Arc<Handles>,
    reference: String,
    /// Locked as long as this process lives, so that others know the ref is in use.
    lock: PathBuf,
    _held: Lock,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Kept").field(&self.reference).finish()
    }
}

impl Repository {
    /// Keeps `tree` until what is returned is dropped.
    ///
    /// # Errors
    /// Where git cannot write the ref.
    pub fn pin(&self, tree: &Oid) -> Result<Pin, RepoError> {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match pins.get(tree).and_then(Weak::upgrade) {
            Some(kept) => kept,
            None => {
                let kept = Arc::new(self.keep(tree)?);
                pins.insert(tree.clone(), Arc::downgrade(&kept));
                kept
            }
        };
        Ok(Pin { _kept: kept })
    }

    fn keep(&self, tree: &Oid) -> Result<Kept, RepoError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = self.run_dir();
        disk::create_folders(Step::PinFolder, &folder).map_err(|e| files("create", &folder, &e))?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{count}", std::process::id());
        let lock = folder.join(&name);
        let coming = File::open(&folder).map_err(|e| files("open", &folder, &e))?;
        let coming = Lock::shared(coming).map_err(|e| files("lock", &folder, &e))?;
        let held = disk::open(Step::PinFile, &lock).map_err(|e| files("create", &lock, &e))?;
        let mut held = Lock::alone(held).map_err(|e| files("lock", &lock, &e))?;
        drop(coming);
        if let Some(mark) = self.mark.get() {
            disk::step(Step::PinMark, || held.file().write_all(mark.as_bytes()))
                .map_err(|e| files("write", &lock, &e))?;
        }

        let commit = self.commit_to_keep(tree)?;
        let reference = format!("refs/gate/run/{name}");
        let orders = move_ref(&reference, &commit, None);
        let reason = "gate: a run begins";
        self.moving(&orders, || {
            let made = self.with_git2_writing(Step::PinRef, |repository| {
                let target = commit.to_git2()?;
                repository
                    .reference(&reference, target, false, reason)
                    .map(drop)
            })?;
            match made {
                Some(()) => Ok(()),
                None => self.order(Step::PinRef, &orders, reason),
            }
        })?;
        Ok(Kept {
            own: self.own_dir()?,
            site: self.site.clone(),
            handles: Arc::clone(&self.handles),
            reference,
            lock,
            _held: held,
        })
    }

    /// A commit of a tree: the same for the same tree, so that runs leave no heap of objects.
    fn commit_to_keep(&self, tree: &Oid) -> Result<Oid, RepoError> {
        let message = "gate: the tree of a run\n";
        let text = format!(
            "tree {tree}\nauthor {WHO} {SINCE} +0000\ncommitter {WHO} {SINCE} +0000\n\n{message}"
        );
        let made = self.with_git2_writing(Step::PinCommit, |repository| {
            repository.find_tree(tree.to_git2()?)?;
            let kind = git2::ObjectType::Commit;
            repository
                .odb()?
                .write(kind, text.as_bytes())
                .map(Oid::from)
        })?;
        if let Some(commit) = made {
            return Ok(commit);
        }
        let mut call = git::as_gate(self.git().args(["commit-tree", tree.as_str()]));
        for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            call = call.env(name, format!("{SINCE} +0000"));
        }
        call.stdin(message).writing(Step::PinCommit).id()
    }

    /// Lets pins say whose they are: by `mark`, what a process left behind is known after
    /// its death.
    pub fn mark(&self, mark: &str) {
        // Whoever came first is the same process.
        let _ = self.mark.set(mark.to_owned());
    }

    /// Removes what processes left behind that were killed: temporary folders, pins, half
    /// moved refs and the locks of a git that died with them. `end` is given the mark of
    /// each, to end what else there is of it.
    ///
    /// # Errors
    /// Where refs that had half moved cannot be moved on.
    pub fn sweep(&self, end: impl Fn(&str)) -> Result<(), RepoError> {
        let own = self.own_dir()?;
        disk::sweep(Step::Swept, &own);
        for entry in std::fs::read_dir(&own).into_iter().flatten().flatten() {
            let inner = entry.path();
            if inner.is_dir() {
                disk::sweep(Step::Swept, &inner);
                disk::sweep(Step::Swept, &inner.join("git"));
            }
        }
        self.settle()?;
        self.unpin_dead(end);
        Ok(())
    }

    /// Removes refs whose process is gone: nobody holds their lock. Best effort, as a
    /// left-over ref costs nothing but space.
    fn unpin_dead(&self, end: impl Fn(&str)) {
        let folder = self.run_dir();
        let (Ok(alone), Ok(entries)) = (File::open(&folder), std::fs::read_dir(&folder)) else {
            return;
        };
        let Ok(_alone) = Lock::try_alone(alone) else {
            // One is being made, and not locked yet.
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(Ok(mut lock)) = File::open(&path).map(Lock::try_alone) else {
                continue;
            };
            let mut mark = String::new();
            if lock.file().read_to_string(&mut mark).is_ok() {
                end(&mark);
            }
            let reference = format!("refs/gate/run/{}", entry.file_name().to_string_lossy());
            if let Ok(own) = self.own_dir() {
                remove(&own, &self.site, &self.handles, &reference, &path);
            }
        }
    }

    /// The folder of the locks of pins, of all working trees.
    fn run_dir(&self) -> PathBuf {
        self.common_dir.join("gate/run")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Self {
            own,
            site,
            handles,
            reference,
            lock,
            ..
        } = self;
        remove(own, site, handles, reference, lock);
    }
}

/// Removes a pin's ref and then its file; a failure leaves both for the next run.
fn remove(own: &Path, site: &Site, handles: &Handles, reference: &str, lock: &Path) {
    let order = format!("delete {reference}\0\0");
    let Ok(journal) = Journal::begin(own, &order) else {
        return;
    };
    let by_libgit2 = handles.write(Step::PinRefGone, |repository| {
        match repository.find_reference(reference) {
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(()),
            found => found?.delete(),
        }
    });
    let result = match by_libgit2 {
        Ok(Some(())) => Ok(()),
        Ok(None) => {
            let call = Git::at(site).args(["update-ref", "--stdin", "-z"]);
            let call = call.stdin(order).writing(Step::PinRefGone);
            call.run().map(drop)
        }
        Err(error) => Err(files("remove", lock, &error)),
    };
    match result {
        // Its locks are for the next run to remove.
        Err(RepoError::GitEnded { .. }) => drop(journal),
        result => {
            journal.end();
            if result.is_ok() {
                drop(disk::remove(Step::PinFileGone, lock));
            }
        }
    }
}
