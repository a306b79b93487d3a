//! The files of a plan, from the working tree or from the judged tree.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use super::{Oid, RepoError, Repository};
use crate::source::{LoadError, Loader};

/// Reads files below a folder of the disk, and never outside it.
#[derive(Debug, Clone)]
pub struct DiskLoader {
    root: PathBuf,
}

impl DiskLoader {
    /// A loader of what lies below `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Loader for DiskLoader {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        if !stays_inside(path) {
            return Err(outside(path));
        }
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => LoadError::NotFound,
            _ => LoadError::Unreadable(format!("`{path}` cannot be read: {error}")),
        };
        let root = std::fs::canonicalize(&self.root).map_err(unreadable)?;
        let file = std::fs::canonicalize(root.join(path)).map_err(unreadable)?;
        if !file.starts_with(&root) {
            return Err(outside(path));
        }
        // To open a pipe would wait for someone to write to it.
        if !std::fs::metadata(&file).map_err(unreadable)?.is_file() {
            return Err(LoadError::Unreadable(format!("`{path}` is not a file")));
        }
        std::fs::read(&file).map_err(unreadable)
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        let mut folder = Path::new(path).parent();
        while let Some(inner) = folder {
            let Ok(entries) = std::fs::read_dir(self.root.join(inner)) else {
                folder = inner.parent();
                continue;
            };
            let mut names: Vec<String> = entries
                .flatten()
                .filter_map(|entry| Some(inner.join(entry.file_name()).to_str()?.to_owned()))
                .filter(|name| name.ends_with(".gate"))
                .collect();
            names.sort();
            return names;
        }
        Vec::new()
    }
}

/// Reads files of a tree; what is not in it, from the working tree.
#[derive(Debug)]
pub struct TreeLoader<'a> {
    repository: &'a Repository,
    tree: Oid,
    disk: DiskLoader,
    from_disk: Mutex<BTreeSet<String>>,
    /// Whether what is not in the tree is not there at all.
    alone: bool,
}

impl<'a> TreeLoader<'a> {
    /// A loader of `tree`.
    #[must_use]
    pub fn new(repository: &'a Repository, tree: Oid) -> Self {
        Self {
            disk: DiskLoader::new(repository.root()),
            repository,
            tree,
            from_disk: Mutex::default(),
            alone: false,
        }
    }

    /// A loader of what `tree` has, and of nothing else.
    #[must_use]
    pub fn alone(repository: &'a Repository, tree: Oid) -> Self {
        Self {
            alone: true,
            ..Self::new(repository, tree)
        }
    }

    /// The paths that were not in the tree and came from disk, sorted.
    #[must_use]
    pub fn from_disk(&self) -> Vec<String> {
        self.from_disk
            .lock()
            .map(|paths| paths.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl Loader for TreeLoader<'_> {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        if !stays_inside(path) {
            return Err(outside(path));
        }
        let unreadable = |error: RepoError| LoadError::Unreadable(error.to_string());
        let read = self.repository.read(&self.tree, path);
        if let Some(bytes) = read.map_err(unreadable)? {
            return Ok(bytes);
        }
        if self.alone {
            return Err(LoadError::NotFound);
        }
        let bytes = self.disk.load(path)?;
        if let Ok(mut paths) = self.from_disk.lock() {
            paths.insert(path.to_owned());
        }
        Ok(bytes)
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        let mut names = self.disk.neighbours(path);
        let folder = Path::new(path).parent();
        let files = self.repository.files(&self.tree).unwrap_or_default();
        let near = |name: &&str| name.ends_with(".gate") && Path::new(name).parent() == folder;
        names.extend(
            files
                .iter()
                .filter_map(|entry| entry.path.as_str())
                .filter(near)
                .map(str::to_owned),
        );
        names.sort();
        names.dedup();
        names
    }
}

fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn outside(path: &str) -> LoadError {
    LoadError::Unreadable(format!("`{path}` leaves the repository"))
}
