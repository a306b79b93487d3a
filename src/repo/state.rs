//! What state the repository is in: HEAD and the index.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::COMMIT;
use super::git::{self, Git, Site};
use super::{Moment, Oid, RepoError, RepoPath, Repository, files, trees};
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

/// A copy of an index that git may write to. Removed on drop, its lock file too.
pub(super) struct IndexCopy {
    _folder: Folder,
    pub(super) file: PathBuf,
}

/// A person, as git knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl Identity {
    /// Whether a plan that names somebody (their address, or `Name <address>`) means them.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.email) || name == self.to_string()
    }

    /// The identity of this text, `Name <address>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        Some(Self {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
        })
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
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
        } else if there("BISECT_LOG") {
            Some("bisect")
        } else {
            None
        };
        if let Some(what) = what {
            return Err(RepoError::InProgress { what });
        }
        if self.index().is_some_and(|index| !index.is_unmerged()) {
            return Ok(());
        }
        self.check_merged()
    }

    /// Checks that the index holds no paths of an unfinished merge.
    fn check_merged(&self) -> Result<(), RepoError> {
        let call = self.git().args(["ls-files", "-z", "--unmerged"]);
        let output = call.reading().run()?;
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

    /// Checks that a commit of gate's own would not come beneath one that git is about to
    /// make: a hook of `git commit` called.
    ///
    /// # Errors
    /// [`RepoError::InProgress`].
    pub fn check_no_commit_waits(&self) -> Result<(), RepoError> {
        // Git tells the hooks of a commit, and no other program, all three.
        let told = ["GIT_INDEX_FILE", "GIT_PREFIX", "GIT_AUTHOR_DATE"];
        if told.iter().all(|name| std::env::var_os(name).is_some()) {
            return Err(RepoError::InProgress { what: COMMIT });
        }
        Ok(())
    }

    /// Checks that git knows who commits.
    ///
    /// # Errors
    /// [`RepoError::NoIdentity`], in git's words.
    pub fn check_identity(&self) -> Result<(), RepoError> {
        for who in ["GIT_COMMITTER_IDENT", "GIT_AUTHOR_IDENT"] {
            let output = self.git().args(["var", who]).reading().output()?;
            if output.status != 0 {
                return Err(RepoError::NoIdentity {
                    detail: output.complaint(),
                });
            }
        }
        Ok(())
    }

    /// Whoever git says one is: the committer of a commit made now.
    ///
    /// # Errors
    /// [`RepoError::NoIdentity`].
    pub fn identity(&self) -> Result<Identity, RepoError> {
        let ident = self.committer()?;
        Identity::parse(&ident).ok_or(RepoError::NoIdentity { detail: ident })
    }

    /// `Name <email> 1700000000 +0100`.
    fn committer(&self) -> Result<String, RepoError> {
        let call = self.git().args(["var", "GIT_COMMITTER_IDENT"]);
        let output = call.reading().output()?;
        if output.status != 0 {
            return Err(RepoError::NoIdentity {
                detail: output.complaint(),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }

    /// What time git says it is: that of a commit made now.
    ///
    /// # Errors
    /// [`RepoError::NoIdentity`].
    pub fn now(&self) -> Result<Moment, RepoError> {
        let ident = self.committer()?;
        let mut words = ident.rsplit(' ');
        let seconds = words.nth(1).and_then(|seconds| seconds.parse().ok());
        seconds
            .map(|seconds| Moment { seconds })
            .ok_or(RepoError::NoIdentity { detail: ident })
    }

    /// The tree of what is staged, as a commit made now would hold it.
    ///
    /// # Errors
    /// Where the index is unmerged or cannot be read.
    pub fn staged_tree(&self) -> Result<Oid, RepoError> {
        if let Some(index) = self.index().filter(|index| !index.is_unmerged()) {
            if let Some(tree) = index.tree().filter(|tree| self.has(tree)) {
                return Ok(tree.clone());
            }
            let made = self.with_git2_writing(Step::StagedTree, |repository| {
                trees::make(&index, &repository.odb()?).map(Oid::from)
            })?;
            if let Some(tree) = made {
                index.know(&tree);
                return Ok(tree);
            }
        }
        // `write-tree` writes to the index what it learned, so it gets a copy.
        let copy = self.copy_index()?;
        let call = self.git_on(&copy).arg("write-tree");
        let written = call.writing(Step::StagedTree).id();
        written.or_else(|error| self.check_merged().and(Err(error)))
    }

    /// The tree of the working tree as it is: of all that `git add --all` would stage.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn worktree_tree(&self) -> Result<Oid, RepoError> {
        let copy = self.copy_index()?;
        let call = self.git_on(&copy).setting("add.ignoreErrors=false");
        let call = call.args(["add", "--all"]);
        call.writing(Step::WorkingTree).run()?;
        let call = self.git_on(&copy).arg("write-tree");
        call.writing(Step::WorkingTree).id()
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
