//! Where the whole output of a run's commands is kept, when asked for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::event::Event;
use crate::process::Transcript;
use crate::repo::{RepoError, Repository};

/// The files of one run.
#[derive(Debug)]
pub(crate) struct Transcripts {
    folder: PathBuf,
    /// How many of a name there are.
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

    /// The next one of this name, in a file `NAME.N.log`. A gate's is `PHASE.GATE`, a
    /// service's that of its gate or phase and its own.
    pub fn next(&self, repo: &Repository, name: &[&str]) -> Result<KeptOutput, RepoError> {
        let name = name.join(".");
        let number = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            *count
        };
        let path = self.folder.join(format!("{name}.{number}.log"));
        let file = repo.new_output_file(&path)?;
        Ok(KeptOutput {
            path: shown(&path, repo.root()),
            transcript: Transcript::new(file),
        })
    }
}

/// A file with all that was written.
#[derive(Clone)]
pub(crate) struct KeptOutput {
    /// As a person would name it.
    pub path: String,
    /// What writes it.
    pub transcript: Transcript,
}

impl KeptOutput {
    /// The file, as a note.
    pub fn note(&self) -> String {
        format!("all of its output: {}", self.path)
    }

    /// What is to be said where it ends too early.
    pub fn failure(&self) -> Option<Event> {
        let why = self.transcript.failure()?;
        Some(Event::Notice {
            text: format!("{} ends too early: {why}", self.path),
        })
    }
}

/// A path as a person would name it from the repository's root.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    let short = path.strip_prefix(root).unwrap_or(path);
    short.to_string_lossy().into_owned()
}
