//! Where the text of a plan's files comes from.

use std::collections::BTreeMap;
use std::fmt;

/// Gives the bytes of files. Paths are from the repository's root, with `/`, without `.` or `..`.
pub trait Loader {
    /// The content of the file at `path`.
    ///
    /// # Errors
    /// Where there is no such file or it cannot be read.
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError>;

    /// Names of `.gate` files near a path that was not found, for "did you mean"; may be empty.
    fn neighbours(&self, path: &str) -> Vec<String> {
        let _ = path;
        Vec::new()
    }
}

/// Why a file was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// There is none.
    NotFound,
    /// There is one; the text says why it cannot be read.
    Unreadable(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such file"),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for LoadError {}

/// Files held in memory: for tests, editors and embedding programs.
#[derive(Debug, Clone, Default)]
pub struct MemoryLoader {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryLoader {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }
}

impl Loader for MemoryLoader {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.files.get(path).cloned().ok_or(LoadError::NotFound)
    }

    fn neighbours(&self, _path: &str) -> Vec<String> {
        self.files.keys().cloned().collect()
    }
}
