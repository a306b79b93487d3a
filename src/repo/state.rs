//! What state the repository is in: HEAD, the index, and what is not staged.

use std::path::PathBuf;

use serde::Serialize;

use super::git::{self, Git, Site};
use super::{Oid, RepoError, RepoPath, Repository, files};
use crate::disk::{self, Folder, Step};

/// HEAD at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its commit; none before the first.
    pub commit: Option<Oid>,
    /// That commit's tree.
    pub tree: Option<Oid>,
    /// The short name of the branch; none where HEAD is detached.
    pub branch: Option<String>,
    /// The full name of the ref that a commit moves: `refs/heads/main`, or `HEAD`.
    pub reference: String,
}

/// What of the working tree is not in the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unstaged {
    /// Tracked paths whose content, mode or kind differs, or that are gone.
    pub changed: Vec<RepoPath>,
    /// Paths that are neither tracked nor ignored; of a folder, every file.
    pub untracked: Vec<RepoPath>,
    /// Tracked paths that git was told not to look at (a sparse checkout, `--skip-worktree`,
    /// `--assume-unchanged`): whether they are as staged is not known.
    pub hidden: Vec<RepoPath>,
}

impl Unstaged {
    /// What differs, tracked or not; sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<RepoPath> {
        let mut paths: Vec<RepoPath> = self
            .changed
            .iter()
            .chain(&self.untracked)
            .cloned()
            .collect();
        paths.sort();
        paths
    }

    /// Whether the working tree is exactly what is staged.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.changed.is_empty() && self.untracked.is_empty() && self.hidden.is_empty()
    }
}

/// A copy of an index that git may write to. Removed on drop, its lock file too.
pub(super) struct IndexCopy {
    _folder: Folder,
    pub(super) file: PathBuf,
}

impl Repository {
    /// Checks that no operation of git is half done and nothing is unmerged.
    ///
    /// # Errors
    /// What is in the way.
    pub fn preflight(&self) -> Result<(), RepoError> {
        let there = |name: &str| self.git_dir().join(name).exists();
        let what = if there("rebase-apply/applying") {
            Some("mail patch")
        } else if there("rebase-merge") || there("rebase-apply") {
            Some("rebase")
        } else if there("MERGE_HEAD") {
            Some("merge")
        } else if self.reference("CHERRY_PICK_HEAD")?.is_some() {
            Some("cherry-pick")
        } else if self.reference("REVERT_HEAD")?.is_some() {
            Some("revert")
        } else {
            None
        };
        if let Some(what) = what {
            return Err(RepoError::InProgress { what });
        }
        let output = self
            .git()
            .args(["ls-files", "-z", "--unmerged"])
            .reading()
            .run()?;
        let mut paths: Vec<RepoPath> = git::parts(&output)
            .filter_map(|record| {
                let tab = record.iter().position(|&byte| byte == b'\t')?;
                record.get(tab + 1..).map(RepoPath::new)
            })
            .collect();
        paths.dedup();
        if paths.is_empty() {
            Ok(())
        } else {
            Err(RepoError::Unmerged { paths })
        }
    }

    /// Checks that git knows who commits.
    ///
    /// # Errors
    /// [`RepoError::NoIdentity`], in git's words.
    pub fn check_identity(&self) -> Result<(), RepoError> {
        for who in ["GIT_COMMITTER_IDENT", "GIT_AUTHOR_IDENT"] {
            let output = self.git().args(["var", who]).reading().output()?;
            if output.status != Some(0) {
                return Err(RepoError::NoIdentity {
                    detail: output.complaint(),
                });
            }
        }
        Ok(())
    }

    /// The tree of what is staged, as a commit made now would hold it.
    ///
    /// # Errors
    /// Where the index is unmerged or cannot be read.
    pub fn staged_tree(&self) -> Result<Oid, RepoError> {
        // `write-tree` writes to the index what it learned, so it gets a copy.
        let copy = self.copy_index()?;
        let call = self.git_on(&copy).arg("write-tree");
        call.writing(Step::StagedTree).id()
    }

    /// HEAD as it is now.
    ///
    /// # Errors
    /// Where git cannot read it.
    pub fn head(&self) -> Result<Head, RepoError> {
        let quick = self.with_git2(|repository| {
            let head = repository.find_reference("HEAD")?;
            let target = head.symbolic_target_bytes();
            Ok(target.map(|name| String::from_utf8_lossy(name).into_owned()))
        });
        let branch = match quick {
            Ok(branch) => branch,
            Err(_) => {
                let call = self.git().args(["symbolic-ref", "--quiet", "HEAD"]);
                call.reading()
                    .ask()?
                    .map(|name| String::from_utf8_lossy(&name).trim_end().to_owned())
            }
        };
        let commit = self.reference(branch.as_deref().unwrap_or("HEAD"))?;
        let tree = commit.as_ref().map(|id| self.tree_of(id)).transpose()?;
        let short = |name: &String| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
        Ok(Head {
            commit,
            tree,
            branch: branch.as_ref().map(short),
            reference: branch.unwrap_or_else(|| "HEAD".to_owned()),
        })
    }

    /// What of the working tree is not staged. What is changed inside a submodule counts,
    /// what is untracked there does not.
    ///
    /// # Errors
    /// Where git cannot read the index or the working tree.
    pub fn unstaged(&self) -> Result<Unstaged, RepoError> {
        unstaged(&self.site)
    }

    /// As [`Repository::unstaged`], of tracked files alone: new files are not looked for.
    ///
    /// # Errors
    /// Where git cannot read the index or the working tree.
    pub fn unstaged_tracked(&self) -> Result<Unstaged, RepoError> {
        status(&self.site, "--untracked-files=no")
    }

    /// A call of git that sees a copy of the index.
    pub(super) fn git_on(&self, copy: &IndexCopy) -> Git {
        Git::at(&self.site_on(copy))
    }

    pub(super) fn site_on(&self, copy: &IndexCopy) -> Site {
        Site {
            index: copy.file.clone(),
            ..self.site.clone()
        }
    }

    /// A copy of the effective index, with its time: by it git knows which entries were
    /// written too soon before to be sure of.
    pub(super) fn copy_index(&self) -> Result<IndexCopy, RepoError> {
        let own = self.own_dir()?;
        let folder = Folder::new(Step::IndexFolder, Step::IndexGone, "index-", &own)
            .map_err(|e| files("create a folder in", self.git_dir(), &e))?;
        let file = folder.path().join("index");
        let index = &self.site.index;
        match disk::copy_with_time(Step::IndexCopy, index, &file) {
            Ok(()) => {}
            // No index yet: nothing is staged.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(files("copy", index, &error)),
        }
        Ok(IndexCopy {
            _folder: folder,
            file,
        })
    }
}

/// How the working tree of a site differs from its index. Writes nothing: git is told to
/// take no lock that it does not need.
pub(super) fn unstaged(site: &Site) -> Result<Unstaged, RepoError> {
    let (status, hidden) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| hidden(site));
        let status = status(site, "--untracked-files=all");
        // It cannot panic; were it to, asking once more would say so.
        (status, asking.join().unwrap_or_else(|_| hidden(site)))
    });
    let mut unstaged = status?;
    unstaged.hidden = hidden?;
    Ok(unstaged)
}

fn status(site: &Site, untracked: &str) -> Result<Unstaged, RepoError> {
    let output = Git::at(site)
        .args(["status", "--porcelain=v2", "-z", "--no-renames"])
        .args([untracked, "--ignore-submodules=untracked"])
        .reading()
        .run()?;
    let mut unstaged = Unstaged::default();
    for record in git::parts(&output) {
        // `1 XY …` with eight fields before the path, `u XY …` with ten, `? path`.
        let fields = match record.first() {
            Some(b'1') if record.get(3) != Some(&b'.') => 9,
            Some(b'u') => 11,
            Some(b'?') => {
                let path = RepoPath::new(record.get(2..).unwrap_or_default());
                unstaged.untracked.push(path.without_slash());
                continue;
            }
            _ => continue,
        };
        if let Some(path) = record.splitn(fields, |&byte| byte == b' ').nth(fields - 1) {
            unstaged.changed.push(RepoPath::new(path));
        }
    }
    unstaged.changed.sort();
    unstaged.untracked.sort();
    Ok(unstaged)
}

/// The entries of the index that git was told not to look at.
fn hidden(site: &Site) -> Result<Vec<RepoPath>, RepoError> {
    let output = Git::at(site)
        .args(["ls-files", "-z", "-v"])
        .reading()
        .run()?;
    let mut paths: Vec<RepoPath> = git::parts(&output)
        // A small letter: assumed unchanged. `S`: skipped.
        .filter(|record| {
            record
                .first()
                .is_some_and(|&tag| tag == b'S' || tag.is_ascii_lowercase())
        })
        .filter_map(|record| record.get(2..).map(RepoPath::new))
        .collect();
    paths.dedup();
    Ok(paths)
}
