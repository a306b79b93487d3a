//! Writing over a file of the user's.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

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
    let folder = target
        .parent()
        .ok_or_else(|| io::Error::other("it is in no folder"))?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    new.persist(&target)?;
    Ok(())
}
