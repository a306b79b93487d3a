//! All that commands wrote, in a file.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that takes in all that commands write, both streams as they come, secrets masked.
/// Clones write to the same file.
#[derive(Debug, Clone)]
pub struct Transcript(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    failed: Mutex<Option<io::Error>>,
}

impl Transcript {
    /// One that is written to `file`.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self(Arc::new(Inner {
            file,
            failed: Mutex::new(None),
        }))
    }

    /// Writes a piece. After one that could not be written, no more are: a hole would be
    /// worse than an end.
    pub fn write(&self, bytes: &[u8]) {
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_none() {
            *failed = (&self.0.file).write_all(bytes).err();
        }
    }

    /// Why it ends too early, if it does.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().map(io::Error::to_string)
    }
}
