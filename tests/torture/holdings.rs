//! What is the user's in a repository, down to the last byte and time.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::project::Project;

/// All that gate must never change: the working tree, the index, the stash, settings, hooks.
#[derive(Debug, PartialEq, Eq)]
pub struct Holdings {
    files: BTreeMap<PathBuf, Thing>,
    stash: String,
}

#[derive(PartialEq, Eq)]
struct Thing {
    mode: u32,
    inode: u64,
    /// When its content, and when anything of it changed last, in nanoseconds.
    times: (i128, i128),
    content: Vec<u8>,
}

impl std::fmt::Debug for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let content = String::from_utf8_lossy(&self.content[..self.content.len().min(200)]);
        write!(
            f,
            "{:o} #{} {:?} {content:?}",
            self.mode, self.inode, self.times
        )
    }
}

/// What of a git directory is the user's alone.
const OF_GIT: [&str; 7] = [
    "index",
    "config",
    "config.worktree",
    "info",
    "hooks",
    "refs/stash",
    "logs/refs/stash",
];

impl Holdings {
    pub fn of(project: &Project) -> Self {
        let root = project.path();
        let mut files = BTreeMap::new();
        walk(root, root, &mut files);
        for name in OF_GIT {
            let path = root.join(".git").join(name);
            if path.symlink_metadata().is_ok() {
                look(root, &path, &mut files);
                if path.is_dir() {
                    walk(root, &path, &mut files);
                }
            }
        }
        Self {
            files,
            stash: project.git(&["stash", "list", "--format=%H %gs"]),
        }
    }

    /// What is not the same, for a person to read.
    pub fn difference(&self, other: &Self) -> String {
        let mut lines = Vec::new();
        if self.stash != other.stash {
            lines.push(format!("stash: {:?}, then {:?}", self.stash, other.stash));
        }
        for path in self.files.keys().chain(other.files.keys()) {
            let (was, is) = (self.files.get(path), other.files.get(path));
            if was != is {
                lines.push(format!("{}: {was:?}, then {is:?}", path.display()));
            }
        }
        lines.dedup();
        lines.join("\n")
    }
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Thing>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path == root.join(".git") {
            continue;
        }
        look(root, &path, files);
        if path.is_dir() && !path.is_symlink() {
            walk(root, &path, files);
        }
    }
}

fn look(root: &Path, path: &Path, files: &mut BTreeMap<PathBuf, Thing>) {
    let meta = path.symlink_metadata().unwrap();
    let content = if meta.is_symlink() {
        fs::read_link(path).unwrap().as_os_str().as_bytes().to_vec()
    } else if meta.is_file() {
        fs::read(path).unwrap()
    } else {
        Vec::new()
    };
    let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let thing = Thing {
        mode: meta.mode(),
        inode: meta.ino(),
        times: (
            nanos(meta.mtime(), meta.mtime_nsec()),
            nanos(meta.ctime(), meta.ctime_nsec()),
        ),
        content,
    };
    files.insert(path.strip_prefix(root).unwrap().to_owned(), thing);
}
