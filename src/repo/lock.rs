//! One run at a time in a working tree.

use std::fs::TryLockError;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{RepoError, Repository, files};
use crate::disk::{self, Lock, Step};

/// The right to run in one working tree. It ends with this value or with the process,
/// whichever comes first, however that ends.
#[derive(Debug)]
pub struct RunLock {
    lock: Lock,
    path: PathBuf,
    holder: Holder,
}

/// Who runs in a working tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// When it began, in milliseconds since 1970.
    pub since_ms: u64,
    /// The phase it judges; none before the first.
    pub phase: Option<String>,
}

impl Holder {
    /// How long it has run.
    #[must_use]
    pub fn age(&self) -> Duration {
        let since = UNIX_EPOCH + Duration::from_millis(self.since_ms);
        SystemTime::now().duration_since(since).unwrap_or_default()
    }
}

impl Repository {
    /// Takes the right to run in this working tree; where another has it, says who, as far
    /// as it has said so itself. Never waits.
    ///
    /// # Errors
    /// Where the lock cannot be made or read.
    pub fn lock_run(&self) -> Result<Result<RunLock, Option<Holder>>, RepoError> {
        let path = self.own_dir()?.join("run-lock");
        let failed = |action| {
            let path = &path;
            move |error: std::io::Error| files(action, path, &error)
        };
        let file = disk::open(Step::RunLock, &path).map_err(failed("create"))?;
        let lock = match Lock::try_alone(file) {
            Ok(lock) => lock,
            Err((TryLockError::Error(error), _)) => return Err(failed("lock")(error)),
            Err((TryLockError::WouldBlock, mut file)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed("read"))?;
                // It may be about to write this.
                return Ok(Err(serde_json::from_str(&text).ok()));
            }
        };
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let mut lock = RunLock {
            lock,
            path,
            holder: Holder {
                pid: std::process::id(),
                since_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
                phase: None,
            },
        };
        lock.tell()?;
        Ok(Ok(lock))
    }
}

impl RunLock {
    /// Lets those who wait know which phase is judged.
    ///
    /// # Errors
    /// Where it cannot be written down.
    pub fn at_phase(&mut self, phase: &str) -> Result<(), RepoError> {
        self.holder.phase = Some(phase.to_owned());
        self.tell()
    }

    fn tell(&mut self) -> Result<(), RepoError> {
        // In place: another file of this name would be another lock.
        let (file, holder) = (self.lock.file(), &self.holder);
        disk::step(Step::RunHolder, || {
            let text = serde_json::to_string(holder)?;
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(text.as_bytes())
        })
        .map_err(|error| files("write", &self.path, &error))
    }
}
