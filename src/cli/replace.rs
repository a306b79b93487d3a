//! Writing over a file of the user's.

use std::fs;
use std::io;
use std::path::Path;

use crate::disk::{self, Step};

/// Puts a new file in the place of the one at `path`, or of the one a link there leads to;
/// it is the old one or the new one at every moment.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let permissions = fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is read-only",
        ));
    }
    disk::replace(Step::Rewrite, &target, text.as_bytes())
}
