//! The difference between two trees, to be read.

use super::git::paths;
use super::{Oid, RepoError, Repository};

/// What differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The changed paths, sorted; of a rename both.
    pub paths: Vec<String>,
    /// The difference as `git apply` reads it; binary files are only named.
    pub text: Vec<u8>,
    /// Whether all of it is there.
    pub whole: bool,
}

impl Repository {
    /// The difference between two trees, whatever the user's configuration says of diffs,
    /// its text of at most `limit` bytes and cut at the end of a line.
    ///
    /// # Errors
    /// Where git cannot read the trees.
    pub fn patch(&self, old: &Oid, new: &Oid, limit: usize) -> Result<Patch, RepoError> {
        let call = |how: &[&str]| {
            let call = self.git().args(["diff-tree", "-r", "--no-ext-diff"]);
            call.args(how).args([old.as_str(), new.as_str()]).reading()
        };
        let named = call(&["--name-only", "-z", "--no-renames"]).run()?;
        let mut text = call(&[
            "-p",
            "-M",
            "--full-index",
            "--no-textconv",
            "--no-color",
            "--unified=3",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ])
        .first(limit + 1)?;
        let whole = text.len() <= limit;
        if !whole {
            text.truncate(limit);
            let end = text.iter().rposition(|&byte| byte == b'\n');
            text.truncate(end.map_or(0, |end| end + 1));
        }
        Ok(Patch {
            paths: paths(&named)
                .iter()
                .map(|path| path.to_str_lossy().into_owned())
                .collect(),
            text,
            whole,
        })
    }
}
