//! What `git fetch` brings of a remote's ledger: one line of the configuration.

use super::{RepoError, Repository};
use crate::disk::Step;

impl Repository {
    /// The refspec by which a remote's ledger is fetched. It lands beside ours and never
    /// on it: what only one of the two has recorded must not be lost. It has no `+`, so that
    /// git refuses a ledger that was cut off or written anew since the last fetch.
    #[must_use]
    pub fn ledger_refspec(remote: &str) -> String {
        format!("refs/gate/ledger/*:refs/gate/remotes/{remote}/ledger/*")
    }

    /// Whether `git fetch` of a remote brings its ledger along.
    ///
    /// # Errors
    /// Where git cannot read its configuration.
    pub fn fetches_ledger(&self, remote: &str) -> Result<bool, RepoError> {
        let key = format!("remote.{remote}.fetch");
        let call = self.git().args(["config", "--local", "--get-all", &key]);
        let found = call.reading().ask()?.unwrap_or_default();
        let wanted = Self::ledger_refspec(remote);
        Ok(String::from_utf8_lossy(&found)
            .lines()
            .any(|line| line == wanted))
    }

    /// Has `git fetch` of a remote bring its ledger along, or no longer.
    ///
    /// # Errors
    /// Where git cannot write its configuration.
    pub fn fetch_ledger(&self, remote: &str, yes: bool) -> Result<(), RepoError> {
        let key = format!("remote.{remote}.fetch");
        let spec = Self::ledger_refspec(remote);
        let call = self.git().args(["config", "--local"]);
        let call = if yes {
            call.args(["--add", &key, &spec])
        } else {
            call.args(["--fixed-value", "--unset-all", &key, &spec])
        };
        call.writing(Step::Refspec).run().map(drop)
    }
}
