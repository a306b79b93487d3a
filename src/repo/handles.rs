//! libgit2 at a repository: asked, and let write, where that spares a process of `git`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::git::KEPT;
use crate::disk::{self, Step, When};

/// Handles of libgit2 at one repository, for any number of threads.
pub(super) struct Handles {
    git_dir: PathBuf,
    /// Those that no thread uses just now.
    idle: Mutex<Vec<git2::Repository>>,
    traits: OnceLock<Option<Traits>>,
}

/// What decides how the repository is read and written. It does not change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) format: git2::ObjectFormat,
    /// Whether a file may be found by another spelling of its name.
    pub(super) folds_names: bool,
    /// Whether libgit2 writes as git would.
    writes: bool,
}

impl Handles {
    /// With one that is open already, if it is as any other will be.
    pub(super) fn of(git_dir: &Path, open: Option<git2::Repository>) -> Self {
        Self {
            git_dir: git_dir.to_owned(),
            idle: Mutex::new(open.into_iter().collect()),
            traits: OnceLock::new(),
        }
    }

    /// Asks libgit2. An error only means: ask `git` instead.
    pub(super) fn ask<T>(
        &self,
        ask: impl FnOnce(&git2::Repository) -> Result<T, git2::Error>,
    ) -> Result<T, git2::Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let handle = match known {
            Some(handle) => handle,
            None => git2::Repository::open(&self.git_dir)?,
        };
        let answer = ask(&handle);
        idle().push(handle);
        answer
    }

    /// Has libgit2 write, as one step. `None` where it may not or cannot: then it is for `git`.
    ///
    /// # Errors
    /// Where the step was not to be.
    pub(super) fn write<T>(
        &self,
        step: Step,
        write: impl FnOnce(&git2::Repository) -> Result<T, git2::Error>,
    ) -> io::Result<Option<T>> {
        if !self.traits().is_some_and(|traits| traits.writes) {
            return Ok(None);
        }
        disk::reached(step, When::Before)?;
        let Ok(written) = self.ask(write) else {
            return Ok(None);
        };
        disk::reached(step, When::After)?;
        Ok(Some(written))
    }

    /// What is known of the repository; `None` where libgit2 cannot read it.
    pub(super) fn traits(&self) -> Option<Traits> {
        *self.traits.get_or_init(|| {
            let ask = self.ask(|repository| {
                let config = repository.config()?.snapshot()?;
                let is_set = |name| config.get_bool(name).unwrap_or(false);
                // It heeds neither of these, nor where the environment says objects are.
                let private = match config.get_string("core.sharedRepository") {
                    Ok(value) => ["umask", "false", "0"].contains(&value.as_str()),
                    Err(_) => true,
                };
                let usual = config.get_string("core.fsync").is_err();
                let told = KEPT.iter().any(|name| std::env::var_os(name).is_some());
                Ok(Traits {
                    format: repository.object_format(),
                    folds_names: cfg!(target_os = "macos")
                        || is_set("core.ignoreCase")
                        || is_set("core.precomposeUnicode"),
                    writes: private && usual && !told,
                })
            });
            ask.ok()
        })
    }
}
