//! A repository made to show something: the only one gate ever writes to as a user would.

use std::io;
use std::path::{Path, PathBuf};

use super::git::Git;
use super::{RepoError, files};
use crate::disk::{self, Step};

/// A new repository with an identity of its own, on branch `main`.
#[derive(Debug)]
pub struct Sample {
    root: PathBuf,
}

impl Sample {
    /// Makes one in an empty folder.
    ///
    /// # Errors
    /// Where git cannot make it.
    pub fn create(root: &Path) -> Result<Self, RepoError> {
        let root = root
            .canonicalize()
            .map_err(|error| files("open", root, &error))?;
        let sample = Self { root };
        sample.git(&["init", "--quiet", "--initial-branch=main"])?;
        for (name, value) in [
            ("user.name", "Gate Demo"),
            ("user.email", "demo@localhost"),
            // Keys and hooks of the user's have no business here.
            ("commit.gpgSign", "false"),
            ("tag.gpgSign", "false"),
            ("core.autocrlf", "false"),
        ] {
            sample.git(&["config", name, value])?;
        }
        Ok(sample)
    }

    /// Writes a file, and the folders it lies in.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            disk::create_folders(Step::Demo, folder)?;
        }
        disk::write(Step::Demo, &path, text.as_bytes())
    }

    /// Stages files or folders.
    ///
    /// # Errors
    /// Where git cannot.
    pub fn stage(&self, paths: &[&str]) -> Result<(), RepoError> {
        let mut args = vec!["add", "--"];
        args.extend(paths);
        self.git(&args).map(drop)
    }

    /// Takes a file that no commit holds out of the index.
    ///
    /// # Errors
    /// Where git cannot.
    pub fn unstage(&self, path: &str) -> Result<(), RepoError> {
        self.git(&["rm", "--quiet", "--cached", "--", path])
            .map(drop)
    }

    /// Commits what is staged.
    ///
    /// # Errors
    /// Where git cannot.
    pub fn commit(&self, message: &str) -> Result<(), RepoError> {
        self.git(&["commit", "--quiet", "--message", message])
            .map(drop)
    }

    /// The history, a line a commit, with its tags.
    ///
    /// # Errors
    /// Where git cannot.
    pub fn log(&self) -> Result<String, RepoError> {
        self.git(&["log", "--format=%h %s%d"])
    }

    fn git(&self, args: &[&str]) -> Result<String, RepoError> {
        let call = Git::isolated(&self.root).args(args);
        let output = call.writing(Step::Demo).run()?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }
}
