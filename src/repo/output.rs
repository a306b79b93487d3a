//! Folders for the whole output of a run's commands, under the git directory.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{RepoError, Repository, files};
use crate::disk::{self, Step};

/// Of how many runs it is kept.
const KEPT: usize = 10;

impl Repository {
    /// A new folder for the output of one run. Those of older runs go, but for the last
    /// nine.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new_output_folder(&self) -> Result<PathBuf, RepoError> {
        let all = self.own_dir()?.join("output");
        disk::create_folders(Step::OutputFolder, &all).map_err(|e| files("create", &all, &e))?;
        let entries = std::fs::read_dir(&all).map_err(|e| files("read", &all, &e))?;
        let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u64>().ok();
        let mut numbers: Vec<u64> = entries.flatten().filter_map(number).collect();
        numbers.sort_unstable();
        let old = numbers.len().saturating_sub(KEPT - 1);
        for number in numbers.iter().take(old) {
            // One that will not go now may go the next time.
            drop(disk::remove_folders(
                Step::OutputGone,
                &all.join(number.to_string()),
            ));
        }
        let mut next = numbers.last().map_or(1, |last| last + 1);
        loop {
            let folder = all.join(next.to_string());
            match disk::create_folder(Step::OutputFolder, &folder) {
                Ok(()) => return Ok(folder),
                // Another run just made it.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => next += 1,
                Err(error) => return Err(files("create", &folder, &error)),
            }
        }
    }

    /// A new file in such a folder, to be written.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new_output_file(&self, path: &Path) -> Result<File, RepoError> {
        disk::create(Step::OutputFile, path).map_err(|e| files("create", path, &e))
    }
}
