//! Where the whole output of a run's commands is kept, when asked for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::process::Transcript;
use crate::repo::{RepoError, Repository};

/// The files of one run.
#[derive(Debug)]
pub(crate) struct Transcripts {
    folder: PathBuf,
    /// How many commands of a gate have one.
    counts: Mutex<HashMap<String, usize>>,
}

impl Transcripts {
    /// A new folder, in the repository's git directory.
    pub fn new(repo: &Repository) -> Result<Self, RepoError> {
        Ok(Self {
            folder: repo.new_output_folder()?,
            counts: Mutex::default(),
        })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One for the next command of a gate, and its file: `PHASE.GATE.N.log`.
    pub fn next(
        &self,
        repo: &Repository,
        phase: &str,
        gate: &str,
    ) -> Result<(Transcript, PathBuf), RepoError> {
        let name = format!("{phase}.{gate}");
        let number = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            *count
        };
        let path = self.folder.join(format!("{name}.{number}.log"));
        let file = repo.new_output_file(&path)?;
        Ok((Transcript::new(file), path))
    }
}

/// A path as a person would name it from the repository's root.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    let short = path.strip_prefix(root).unwrap_or(path);
    short.to_string_lossy().into_owned()
}
