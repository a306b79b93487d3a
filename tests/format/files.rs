//! Every file there is: formatted it says the same, and the plans that are shown as
//! examples are formatted.

use std::fs;
use std::path::{Path, PathBuf};

use gatelang::diagnostic::Diagnostic;

use super::{formatted, read};

/// The `.gate` files below a folder of the package.
fn plans(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut found,
    );
    assert!(!found.is_empty(), "{folder}");
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "gate") {
            found.push(path);
        }
    }
}

#[test]
fn files_that_parse_keep_their_meaning() {
    let mut count = 0;
    for path in plans("tests/corpus") {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        if !read(&text).1.diagnostics.iter().any(Diagnostic::is_error) {
            formatted(&text);
            count += 1;
        }
    }
    assert!(count > 150, "only {count}");
}

#[test]
fn the_plans_of_this_repository_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = plans("examples");
    paths.push(root.join("plan.gate"));
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text), text, "{}", path.display());
    }
}
