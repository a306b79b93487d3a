//! Verdicts that outlive a run, under the git directory of the working tree. They can always
//! be given again: what is gone or broken is no error.

use std::path::PathBuf;

use super::{RepoError, Repository, files};
use crate::disk::{self, Lock, Step};

impl Repository {
    /// The verdicts that are kept; none where there are none that can be read.
    #[must_use]
    pub fn kept_verdicts(&self) -> Option<Vec<u8>> {
        std::fs::read(self.verdicts()).ok()
    }

    /// Replaces the kept verdicts by what `change` makes of them: whole or not at all, and
    /// one process after the other.
    ///
    /// # Errors
    /// Where they cannot be written; then they are as they were.
    pub fn keep_verdicts(
        &self,
        change: impl FnOnce(Option<Vec<u8>>) -> Vec<u8>,
    ) -> Result<(), RepoError> {
        let folder = self.own_dir()?.join("reuse");
        disk::create_folders(Step::ReuseFolder, &folder)
            .map_err(|e| files("create", &folder, &e))?;
        let path = folder.join("lock");
        let lock = disk::open(Step::ReuseLock, &path).map_err(|e| files("create", &path, &e))?;
        let _alone = Lock::alone(lock).map_err(|e| files("lock", &path, &e))?;
        let path = self.verdicts();
        let new = change(std::fs::read(&path).ok());
        disk::write_lightly(Step::ReuseVerdicts, &path, &new).map_err(|e| files("write", &path, &e))
    }

    fn verdicts(&self) -> PathBuf {
        self.git_dir().join("gate/reuse/verdicts")
    }
}
