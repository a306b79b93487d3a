//! Odd paths to the repository itself.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{is_green_in_both, plan};
use crate::project::Project;

#[test]
fn blanks_line_ends_and_bytes_that_are_no_text() {
    for name in [
        &b"two words"[..],
        b"two\nlines",
        b"\"quoted\"\\",
        b"n\xffn",
        b" -x",
    ] {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join(OsStr::from_bytes(name));
        if std::fs::create_dir(&folder).is_err() {
            // Not every file system has such names.
            continue;
        }
        let project = Project::within(&folder);
        project.stage("plan.gate", plan("git status --short && test -f a"));
        project.git(&["commit", "--quiet", "--message", "plan"]);
        project.stage("a", "1\n");
        is_green_in_both(&project);
    }
}

#[test]
fn a_signed_tag_where_the_path_is_no_text() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join(OsStr::from_bytes(b"n\xffn\n\""));
    if std::fs::create_dir(&folder).is_err() {
        return;
    }
    let project = Project::within(&folder);
    project.stage("plan.gate", plan("test -f a"));
    project.git(&["commit", "--quiet", "--message", "plan"]);
    // Its program is known only to the repository's own settings.
    let signer = outer.path().join("signer");
    std::fs::write(
        &signer,
        "#!/bin/sh\ncat >/dev/null\nprintf '[GNUPG:] SIG_CREATED \\n' >&2\nprintf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n",
    )
    .unwrap();
    project
        .command("chmod")
        .arg("+x")
        .arg(&signer)
        .status()
        .unwrap();
    project.git(&["config", "gpg.program", signer.to_str().unwrap()]);
    project.git(&["config", "tag.gpgSign", "true"]);
    project.stage("a", "1\n");
    project.gate(&["run"]).exits(0);
    let tag = project.git(&["cat-file", "tag", "one"]);
    assert!(tag.contains("BEGIN PGP SIGNATURE"), "{tag}");
}
