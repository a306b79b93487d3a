//! A second checkout, kept from run to run, in which a tree is judged that the working
//! tree is not.
//!
//! It lies under the git directory of the working tree: `shadow/tree` holds the files,
//! `shadow/git` is a git directory made by hand whose `HEAD` and `commondir` lead to the
//! repository, so that git works inside, and which has an index of its own. Git does not
//! list it as a working tree, and no hook fires.

mod note;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folders::{Tick, now};
use super::git::{Git, Site};
use super::handles::Traits;
use super::index::{Index, Stamp};
use super::scan::Depth;
use super::stat::Stat;
use super::unstaged::unstaged;
use super::{Head, Oid, Pin, RepoError, RepoPath, Repository, Unstaged, files, share};
use crate::disk::{self, Step};
use note::{Note, State};

/// How many paths git is to bring over one by one; beyond, it goes over all of them.
const FEW: usize = 100;

/// How many checkouts a working tree has at most.
const CHECKOUTS: usize = 8;

/// A checkout of a tree, held for one user until it is dropped.
#[derive(Debug)]
pub struct Checkout {
    site: Site,
    /// Where it lies, with what is known of it.
    folder: PathBuf,
    /// From when on it is known that no file was written in place, where that is not since
    /// the checkout was left.
    watched: Option<Tick>,
    _pin: Pin,
}

/// Where a tree is judged.
#[derive(Debug)]
pub enum CheckedPlace {
    /// In the working tree, which is exactly it.
    InPlace,
    /// In a checkout.
    Checkout(Checkout),
}

impl Checkout {
    /// The folder that holds the tree's files.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.site.work_tree
    }

    /// Whether one of these files was written by somebody before the checkout was taken, and
    /// that was not noticed. Who takes it once more gets it as it should be.
    #[must_use]
    pub fn was_meddled_with(&self, files: &[RepoPath]) -> bool {
        let written = |file: &RepoPath| Stat::of(&self.root().join(file.as_path()));
        self.watched.is_some_and(|watched| {
            let mut times = files.iter().filter_map(|file| written(file).ok());
            times.any(|stat| stat.changed <= watched)
        })
    }
}

impl Repository {
    /// Brings the kept checkout to `tree`, touching only files that differ, removing
    /// what is neither tracked nor ignored, and linking in the ignored folders of the
    /// working tree. While another run uses it, as `gate try` may beside `gate run`, a second
    /// one is kept for the time, and so on.
    ///
    /// Where it was as it should be when it was left, a file that somebody wrote in place
    /// since then is noticed only by [`Repository::changed_since`]:
    /// [`Checkout::was_meddled_with`] tells it from one that was written later.
    ///
    /// # Errors
    /// [`RepoError::Busy`] where there are too many; else what git says.
    pub fn checkout(&self, tree: &Oid) -> Result<Checkout, RepoError> {
        let ignored = self.ignored_folders(&self.unstaged()?)?;
        self.checkout_with(tree, &ignored)
    }

    /// As [`Repository::checkout`], linking in only these ignored folders.
    ///
    /// # Errors
    /// As there.
    pub fn checkout_with(&self, tree: &Oid, shared: &[RepoPath]) -> Result<Checkout, RepoError> {
        let (shadow, lock) = free(&self.own_dir()?)?;
        let site = Site {
            git_dir: shadow.join("git"),
            work_tree: shadow.join("tree"),
            index: shadow.join("git/index"),
            folders: shadow.join("folders"),
            held: Some(Arc::new(lock)),
        };
        self.lay_out(&site)?;
        let pin = self.pin(tree)?;
        let seen = Seen::look(&shadow, &site, self.handles.traits());
        if let (Some(_), Some(at)) = (seen.watched, &seen.tree) {
            // From here on it may be changed, by us and by gates.
            Note::write(&shadow, at, Stamp::of(&site.index), State::Used)?;
        }
        share::unlink(&shadow, &site, self.root(), shared)?;
        let way = match self.update(&site, &seen, tree) {
            Ok(way) => way,
            Err(ended @ RepoError::GitEnded { .. }) => return Err(ended),
            Err(_) => {
                // An index that git cannot read, or folders nobody can write to: begin anew.
                start_over(&site)?;
                share::forget(&shadow)?;
                self.lay_out(&site)?;
                self.update(&site, &Seen::default(), tree)?
            }
        };
        if way != Way::Nothing {
            Note::write(&shadow, tree, Stamp::of(&site.index), State::Used)?;
        }
        share::link(&shadow, &site, self.root(), shared, way == Way::All)?;
        Ok(Checkout {
            site,
            folder: shadow,
            watched: seen.watched,
            _pin: pin,
        })
    }

    /// The paths by which a place is no longer `tree`: what is tracked and changed or gone
    /// (or hidden from git meanwhile), and what is new and not ignored; each sorted.
    ///
    /// # Errors
    /// Where git cannot look.
    pub fn changed_since(&self, place: &CheckedPlace, tree: &Oid) -> Result<Unstaged, RepoError> {
        let mut found = match place {
            CheckedPlace::InPlace => self.unstaged_but(tree)?,
            CheckedPlace::Checkout(checkout) => self.changed_in(checkout, tree)?,
        };
        // A gate that told git not to look at a file has something to hide.
        found.changed.append(&mut found.hidden);
        for paths in [&mut found.changed, &mut found.untracked] {
            paths.sort();
            paths.dedup();
        }
        Ok(found)
    }

    fn changed_in(&self, checkout: &Checkout, tree: &Oid) -> Result<Unstaged, RepoError> {
        let (site, folder) = (&checkout.site, &checkout.folder);
        let traits = self.handles.traits();
        let read = || traits.and_then(|traits| Index::read(&site.index, traits.format));
        let mut index = read();
        let is_noted = index.as_ref().is_some_and(|index| {
            Note::read(folder).is_some_and(|note| note.tree == *tree && note.index == index.stamp())
        });
        if !is_noted {
            let call = Git::at(site).arg("write-tree");
            if call.writing(Step::ProofTree).id().as_ref() != Ok(tree) {
                read_tree(site, tree)?;
            }
            index = read();
        }
        let found = unstaged(site, index.as_ref(), Depth::Files, self.folds_names())?;
        if found.is_clean()
            && let Some(index) = index
        {
            // Where it cannot be noted, the next run looks closer.
            let stamp = Some(index.stamp());
            drop(Note::write(folder, tree, stamp, State::Proven));
        }
        Ok(found)
    }

    /// What of the working tree is not `tree`, whatever was staged meanwhile.
    fn unstaged_but(&self, tree: &Oid) -> Result<Unstaged, RepoError> {
        if self.staged_tree().as_ref() == Ok(tree) {
            return self.unstaged();
        }
        // A copy of the index is brought to the tree first. It keeps what it knows of files
        // that are the same.
        let copy = self.copy_index()?;
        let site = self.site_on(&copy);
        read_tree(&site, tree)?;
        unstaged(&site, None, Depth::Files, self.folds_names())
    }

    /// Makes the folders and the git directory of the checkout, and points its HEAD where
    /// the repository's points.
    fn lay_out(&self, site: &Site) -> Result<(), RepoError> {
        for folder in [&site.git_dir, &site.work_tree] {
            disk::create_folders(Step::ShadowFolders, folder)
                .map_err(|e| files("create", folder, &e))?;
        }
        // From `<git_dir>/gate/shadow/git`; relative, so that the repository may be moved.
        let common = match fs::read_to_string(self.git_dir().join("commondir")) {
            Ok(text) if text.trim_end().starts_with('/') => text,
            Ok(text) => format!("../../../{text}"),
            Err(_) => "../../..\n".to_owned(),
        };
        write(&site.git_dir.join("commondir"), &common)?;
        write(&site.work_tree.join(".git"), "gitdir: ../git\n")?;
        // Whoever left a lock is gone: the checkout is locked for us.
        let here = fs::read_dir(&site.git_dir).map_err(|e| files("read", &site.git_dir, &e))?;
        for lock in here.flatten().map(|entry| entry.path()) {
            if lock.extension().is_some_and(|end| end == "lock") {
                disk::remove(Step::ShadowFileGone, &lock)
                    .map_err(|e| files("remove", &lock, &e))?;
            }
        }
        let head = self.head()?;
        self.copy_config(site)?;
        self.copy_head(site, &head)
    }

    fn copy_head(&self, site: &Site, head: &Head) -> Result<(), RepoError> {
        let file = site.git_dir.join("HEAD");
        let text = match (&head.branch, &head.commit) {
            (None, Some(commit)) => format!("{commit}\n"),
            _ => format!("ref: {}\n", head.reference),
        };
        if !self.common_dir.join("reftable").is_dir() {
            return write(&file, &text);
        }
        // With reftable the file only shows that this is a git directory.
        write(&file, "ref: refs/heads/.invalid\n")?;
        let tables = site.git_dir.join("reftable");
        disk::create_folders(Step::ShadowFolders, &tables)
            .map_err(|e| files("create", &tables, &e))?;
        let call = Git::at(site);
        let call = match (&head.branch, &head.commit) {
            (None, Some(commit)) => call
                .args(["update-ref", "--no-deref", "HEAD"])
                .arg(commit.as_str()),
            _ => call.args(["symbolic-ref", "HEAD", &head.reference]),
        };
        call.writing(Step::ShadowHead).run().map(drop)
    }

    /// Takes over the settings that hold for this working tree alone, save those that say
    /// where it lies and which part of it is checked out.
    fn copy_config(&self, site: &Site) -> Result<(), RepoError> {
        let from = self.git_dir().join("config.worktree");
        let to = site.git_dir.join("config.worktree");
        if !from.is_file() {
            return match disk::remove(Step::ShadowFileGone, &to) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(files("remove", &to, &e)),
                _ => Ok(()),
            };
        }
        disk::copy(Step::ShadowFile, &from, &to).map_err(|e| files("write", &to, &e))?;
        for name in [
            "core.worktree",
            "core.bare",
            "core.sparseCheckout",
            "index.sparse",
        ] {
            let call = self.git().args(["config", "--file"]).arg(&to);
            // Status 5: it was not set.
            let call = call.args(["--unset-all", name]);
            call.writing(Step::ShadowConfig).output()?;
        }
        Ok(())
    }

    /// Brings files and index of the checkout to `tree`, and says how.
    fn update(&self, site: &Site, seen: &Seen, tree: &Oid) -> Result<Way, RepoError> {
        let changed = match &seen.tree {
            Some(at) if at == tree && seen.clean => return Ok(Way::Nothing),
            Some(at) => self.differing(at, tree)?,
            None => Vec::new(),
        };
        let touched = |name: &str| {
            let named = |path: &RepoPath| path.as_path().file_name() == Some(name.as_ref());
            changed.iter().any(named)
        };
        // What is no longer ignored is to be removed; what has other attributes, or may be
        // other than git believes, is to be written again.
        let (ignores, again) = (
            touched(".gitignore"),
            touched(".gitattributes") || seen.hidden,
        );
        if let (Some(at), true, false, false) = (&seen.tree, seen.clean, ignores, again) {
            let call = whole(site);
            let call = if changed.len() <= FEW {
                let list: Vec<&[u8]> = changed.iter().map(RepoPath::as_bytes).collect();
                // What the files are like has just been looked at.
                let call = call.setting("core.preloadIndex=false");
                call.args(["checkout", "-q", "--force", "--no-overlay", tree.as_str()])
                    .args(["--pathspec-from-file=-", "--pathspec-file-nul"])
                    .stdin(list.join(&0))
            } else {
                call.args(["read-tree", "-m", "-u", at.as_str(), tree.as_str()])
            };
            if call.writing(Step::ShadowUpdate).output()?.status == 0 {
                return Ok(Way::Few);
            }
        }
        if site.index.exists() {
            // Only looked at but not changed is not changed: without this its time would.
            let call = whole(site).args(["update-index", "-q", "--refresh"]);
            call.writing(Step::ShadowRefresh).output()?;
        }
        let reset = || {
            let call = whole(site).args(["read-tree", "--reset", "-u", tree.as_str()]);
            call.writing(Step::ShadowReset).run()
        };
        reset()?;
        if again {
            disk::remove(Step::ShadowFileGone, &site.index)
                .map_err(|e| files("remove", &site.index, &e))?;
            reset()?;
        }
        let call = whole(site).args(["clean", "-ffdq"]);
        call.writing(Step::ShadowClean).run()?;
        Ok(Way::All)
    }
}

/// What it took to bring the checkout to a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It was there.
    Nothing,
    /// Only what differs between two trees was touched.
    Few,
    /// Everything was gone over.
    All,
}

/// What the checkout was found to be.
#[derive(Debug, Default)]
struct Seen {
    /// The tree of its index; none where it has none that git can read.
    tree: Option<Oid>,
    /// Whether its files are just that, and no others are there but ignored ones.
    clean: bool,
    /// Whether git was told to pass over some of them.
    hidden: bool,
    /// Where it was proven to be as it should be, and now only its folders were looked at:
    /// since when.
    watched: Option<Tick>,
}

impl Seen {
    fn look(shadow: &Path, site: &Site, traits: Option<Traits>) -> Self {
        if !site.index.exists() {
            return Self::default();
        }
        let note = Note::read(shadow);
        if !note.as_ref().is_some_and(Note::is_of_this_boot) {
            return Self::doubt(site);
        }
        let index = traits.and_then(|traits| Index::read(&site.index, traits.format));
        let folds_names = traits.is_none_or(|traits| traits.folds_names);
        let stamp = index.as_ref().map(Index::stamp);
        let note = note.filter(|note| Some(note.index) == stamp);
        let is_proven = note
            .as_ref()
            .is_some_and(|note| note.state == State::Proven);
        let watched = now().filter(|_| is_proven);
        let depth = match watched {
            Some(_) => Depth::Names,
            None => Depth::Files,
        };
        let found = unstaged(site, index.as_ref(), depth, folds_names);
        Self {
            tree: note.map(|note| note.tree).or_else(|| tree_of_index(site)),
            clean: found.as_ref().is_ok_and(Unstaged::is_clean),
            hidden: found.is_ok_and(|found| !found.hidden.is_empty()),
            watched,
        }
    }

    /// Of a checkout that was written before the system was started, or nobody knows when:
    /// the content of files may be lost, whatever the system says of them. So its index is
    /// made to know nothing of any file, which has git read each.
    fn doubt(site: &Site) -> Self {
        let tree = tree_of_index(site).filter(|tree| {
            let call = whole(site).args(["read-tree", "--reset", tree.as_str()]);
            disk::remove(Step::ShadowFileGone, &site.index).is_ok()
                && call.writing(Step::ShadowRefresh).run().is_ok()
        });
        Self {
            tree,
            ..Self::default()
        }
    }
}

/// The tree of the checkout's index, where git can read it.
fn tree_of_index(site: &Site) -> Option<Oid> {
    let call = Git::at(site).arg("write-tree");
    call.writing(Step::ShadowTree).id().ok()
}

/// A call at the checkout, which is never a sparse one.
fn whole(site: &Site) -> Git {
    Git::at(site).setting("core.sparseCheckout=false")
}

/// Brings only the index of a site to a tree.
fn read_tree(site: &Site, tree: &Oid) -> Result<(), RepoError> {
    let call = whole(site).args(["read-tree", "--reset", tree.as_str()]);
    call.writing(Step::ProofIndex).run().map(drop)
}

/// Removes files and git directory of the checkout.
fn start_over(site: &Site) -> Result<(), RepoError> {
    for folder in [&site.work_tree, &site.git_dir] {
        disk::remove_folders(Step::ShadowGone, folder).map_err(|e| files("remove", folder, &e))?;
    }
    Ok(())
}

/// Takes the first checkout that nobody uses. One is in use as long as its lock is held: by
/// us, or by a git of ours that has outlived us and still writes there.
fn free(own: &Path) -> Result<(PathBuf, File), RepoError> {
    for number in 1..=CHECKOUTS {
        let shadow = own.join(match number {
            1 => "shadow".to_owned(),
            number => format!("shadow-{number}"),
        });
        disk::create_folders(Step::ShadowFolders, &shadow)
            .map_err(|e| files("create", &shadow, &e))?;
        let path = shadow.join("lock");
        let failed = |action| {
            let path = &path;
            move |e: std::io::Error| files(action, path, &e)
        };
        let lock = disk::open(Step::ShadowLock, &path).map_err(failed("create"))?;
        match lock.try_lock() {
            Ok(()) => return Ok((shadow, lock)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
        }
    }
    Err(RepoError::Busy {
        path: own.to_owned(),
    })
}

/// Writes a file unless it holds just that.
fn write(path: &Path, text: &str) -> Result<(), RepoError> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    disk::write(Step::ShadowFile, path, text.as_bytes()).map_err(|e| files("write", path, &e))
}
