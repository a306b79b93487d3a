//! Git: what is staged, what changed, a place to judge it in, and the seal.
//!
//! Nothing here writes to the user's working tree, index, stash, configuration or
//! hooks. Every ref of gate's own lies under `refs/gate/`; a branch and a tag move
//! only in [`Repository::seal`].

mod ancestry;
mod boot;
mod chain;
mod change;
mod checkout;
mod error;
mod folders;
mod git;
mod handles;
mod index;
mod journal;
mod keep;
mod ledger;
mod loader;
mod lock;
mod object;
mod oid;
mod output;
mod patch;
mod path;
mod pin;
mod push;
mod refspec;
mod sample;
mod scan;
mod seal;
mod share;
mod sign;
mod signature;
mod stat;
mod state;
mod tag;
mod trees;
mod unstaged;

pub use chain::{Chain, ChainLink, RangeCommit};
pub use change::{AddedLine, Change, ChangeKind};
pub use checkout::{CheckedPlace, Checkout};
pub use error::RepoError;
pub use ledger::{CutOff, ENTRY, LedgerEntry, Moment, Record};
pub use loader::{DiskLoader, TreeLoader};
pub use lock::{Holder, RunLock};
pub use object::{EntryKind, TreeEntry};
pub use oid::Oid;
pub use patch::Patch;
pub use path::RepoPath;
pub use pin::Pin;
pub use push::Push;
pub use sample::Sample;
pub use seal::{Seal, Sealed};
pub use sign::{NAMESPACE, SshSigner};
pub use signature::Signature;
pub use state::{Head, Identity};
pub use tag::TagInfo;
pub use unstaged::Unstaged;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::disk::{self, Step};
use crate::secret::Secrets;
use ancestry::Ancestry;
use git::{Git, Site};
use handles::Handles;
use index::{Index, Stamp};
use ledger::Known;
use pin::Pins;

/// A git repository and one working tree of it. May be shared between threads.
pub struct Repository {
    site: Site,
    common_dir: PathBuf,
    handles: Arc<Handles>,
    ancestry: Ancestry,
    /// What was read of ledgers.
    known: Known,
    pins: Pins,
    /// Whether git knows who commits, once it was asked.
    identified: OnceLock<bool>,
    /// What must not be recorded.
    secrets: Secrets,
    /// The index as it was last read.
    read: Mutex<Option<Arc<Index>>>,
    /// What this process is known by to those that come after it.
    mark: OnceLock<String>,
    /// Whether nothing is to move any more.
    stop: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&self.site).finish()
    }
}

/// Where a repository lies.
struct Found {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
    /// What it was found with, where that may be asked further.
    handle: Option<git2::Repository>,
}

impl Repository {
    /// The repository that `from` lies in; `GIT_DIR`, `GIT_WORK_TREE` and `GIT_INDEX_FILE`
    /// count as they do for git.
    ///
    /// # Errors
    /// Where there is none, git refuses to open it, or it has no working tree.
    pub fn discover(from: impl AsRef<Path>) -> Result<Self, RepoError> {
        let from = from.as_ref();
        let found = match find_with_git2(from) {
            Ok(found) => found,
            Err(_) if nothing_to_find(from) => {
                return Err(RepoError::NotARepository {
                    path: from.to_owned(),
                    detail: "not a git repository (or any of the parent directories): .git"
                        .to_owned(),
                });
            }
            Err(_) => find_with_git(from)?,
        };
        let git_dir = canonical(found.git_dir);
        let Some(work_tree) = found.work_tree.map(canonical) else {
            return Err(RepoError::Bare { git_dir });
        };
        let index = match std::env::var_os("GIT_INDEX_FILE") {
            // Git reads a relative one from the root, where it goes before all else.
            Some(file) if !file.is_empty() => work_tree.join(file),
            _ => git_dir.join("index"),
        };
        Ok(Self {
            handles: Arc::new(Handles::of(&git_dir, found.handle)),
            ancestry: Ancestry::default(),
            known: Known::default(),
            pins: Pins::default(),
            common_dir: canonical(found.common_dir),
            site: Site {
                folders: git_dir.join("gate/folders"),
                git_dir,
                work_tree,
                index,
                held: None,
            },
            identified: OnceLock::new(),
            secrets: Secrets::default(),
            read: Mutex::default(),
            mark: OnceLock::new(),
            stop: OnceLock::new(),
        })
    }

    /// Has these masked in all that is recorded from now on: messages of commits and tags,
    /// and the texts of the ledger's entries. Files beside an entry are recorded as given.
    pub fn hide(&mut self, secrets: &Secrets) {
        self.secrets = secrets.clone();
    }

    /// The root of the working tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.site.work_tree
    }

    /// The git directory of this working tree; a linked working tree has its own.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.site.git_dir
    }

    /// Whether a git that is started in the working tree finds this repository and this index
    /// by itself: not where only the environment names them.
    #[must_use]
    pub fn is_found(&self) -> bool {
        let link = self.site.work_tree.join(".git");
        let git_dir = match std::fs::read(&link) {
            Ok(text) => {
                let path = text.strip_prefix(b"gitdir: ").map(git::printed_path);
                path.map(|path| self.site.work_tree.join(path))
            }
            Err(_) => Some(link),
        };
        let is = |path: PathBuf, wanted: PathBuf| canonical(path) == wanted;
        git_dir.is_some_and(|found| is(found, self.site.git_dir.clone()))
            && is(self.site.index.clone(), self.site.git_dir.join("index"))
    }

    /// The environment variables by which git and its hooks tie a process to one
    /// repository: to be taken away from every command that is started.
    #[must_use]
    pub fn local_env_vars() -> &'static [&'static str] {
        git::LOCAL_VARIABLES
    }

    /// A call of git on the user's own repository.
    fn git(&self) -> Git {
        Git::at(&self.site)
    }

    /// The index as it is now; `None` where only git can read it.
    fn index(&self) -> Option<Arc<Index>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Stamp::of(&self.site.index)?;
        if let Some(index) = read.as_ref().filter(|index| index.stamp() == now) {
            return Some(Arc::clone(index));
        }
        let index = Index::read(&self.site.index, self.handles.traits()?.format).map(Arc::new);
        read.clone_from(&index);
        index
    }

    /// Whether a file may be found by another spelling of its name; so where that is not known.
    fn folds_names(&self) -> bool {
        self.handles
            .traits()
            .is_none_or(|traits| traits.folds_names)
    }

    /// Has a seal that has not moved anything yet asked, one last time, whether it is to.
    pub fn stop_if(&self, ask: impl Fn() -> bool + Send + Sync + 'static) {
        // Whoever came first is the same run.
        let _ = self.stop.set(Box::new(ask));
    }

    fn is_to_stop(&self) -> bool {
        self.stop.get().is_some_and(|ask| ask())
    }

    /// The folder of gate's own files in this working tree's git directory, made if need be.
    fn own_dir(&self) -> Result<PathBuf, RepoError> {
        let folder = self.site.git_dir.join("gate");
        disk::create_folders(Step::OwnFolder, &folder).map_err(|e| files("create", &folder, &e))?;
        Ok(folder)
    }

    /// Asks libgit2, which costs no process. An error only means: ask `git` instead.
    fn with_git2<T>(
        &self,
        ask: impl FnOnce(&git2::Repository) -> Result<T, git2::Error>,
    ) -> Result<T, git2::Error> {
        self.handles.ask(ask)
    }

    /// Has libgit2 write, as one step. `None` where it may not or cannot: then it is for `git`.
    fn with_git2_writing<T>(
        &self,
        step: Step,
        write: impl FnOnce(&git2::Repository) -> Result<T, git2::Error>,
    ) -> Result<Option<T>, RepoError> {
        let written = self.handles.write(step, write);
        written.map_err(|error| files("write in", self.git_dir(), &error))
    }
}

fn find_with_git2(from: &Path) -> Result<Found, git2::Error> {
    let flags = git2::RepositoryOpenFlags::FROM_ENV;
    let repository = git2::Repository::open_ext(from, flags, std::iter::empty::<&OsStr>())?;
    Ok(Found {
        git_dir: repository.path().to_owned(),
        common_dir: repository.commondir().to_owned(),
        work_tree: repository.workdir().map(Path::to_owned),
        // It would heed what the environment says of index, objects and namespace.
        handle: git::is_untied().then_some(repository),
    })
}

/// Whether there is no repository for git to find, so that it need not be asked, which takes
/// longer than to read a plan.
fn nothing_to_find(from: &Path) -> bool {
    let Ok(here) = from.canonicalize() else {
        return false;
    };
    // What cannot be looked at, or is a link that leads nowhere, may be one.
    let there = |path: PathBuf| {
        path.symlink_metadata().map_or_else(
            |error| error.kind() != std::io::ErrorKind::NotFound,
            |_| true,
        )
    };
    let bare = |folder: &Path| there(folder.join("HEAD")) && there(folder.join("objects"));
    std::env::var_os("GIT_DIR").is_none()
        && !here
            .ancestors()
            .any(|folder| there(folder.join(".git")) || bare(folder))
}

fn find_with_git(from: &Path) -> Result<Found, RepoError> {
    let ask = |what: &str| {
        Git::finding(from)
            .args(["rev-parse", what])
            .reading()
            .output()
    };
    let first = ask("--absolute-git-dir")?;
    if first.status != 0 {
        return Err(RepoError::NotARepository {
            path: from.to_owned(),
            detail: first.complaint(),
        });
    }
    let path = |output: git::Output| from.join(git::printed_path(&output.stdout));
    let work_tree = ask("--show-toplevel")?;
    Ok(Found {
        git_dir: path(first),
        common_dir: path(ask("--git-common-dir")?),
        work_tree: (work_tree.status == 0).then(|| path(work_tree)),
        handle: None,
    })
}

fn canonical(path: PathBuf) -> PathBuf {
    std::fs::canonicalize(&path).unwrap_or(path)
}

/// The error of a file operation of gate's own.
fn files(action: &'static str, path: &Path, error: &std::io::Error) -> RepoError {
    RepoError::Files {
        action,
        path: path.to_owned(),
        detail: error.to_string(),
    }
}
