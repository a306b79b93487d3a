//! The ignored folders of the working tree (`node_modules`, `target`) within the checkout.
//!
//! Such a folder is made anew there, and each thing in it is a symbolic link to the
//! user's. One link for the whole folder would not do: `node_modules/` in a `.gitignore`
//! does not match a link, and a gate that removes the folder and fills it again would
//! do so to the user's.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::git::{self, Site};
use super::unstaged::ignored;
use super::{RepoError, RepoPath, files};
use crate::disk::{self, Step};

/// How deep folders are made instead of links to have git ignore what is in them.
const DEPTH: usize = 64;

/// The folders made here, from the root, each with its inode: a folder that a gate removed
/// and made again is the gate's.
struct Made {
    file: PathBuf,
    /// Where the links lead; all of them go when the repository was moved.
    root: PathBuf,
    folders: BTreeMap<RepoPath, u64>,
    /// The list as it was read.
    read: Vec<u8>,
}

/// Removes the links of folders that are no longer ignored, or no longer there. To be
/// done before git writes into the checkout.
pub(super) fn unlink(
    shadow: &Path,
    site: &Site,
    root: &Path,
    ignored: &[RepoPath],
) -> Result<(), RepoError> {
    let mut made = Made::load(shadow)?;
    if made.root != root {
        made.move_to(site, root)?;
    }
    let ignored: BTreeSet<&RepoPath> = ignored.iter().collect();
    let stale = |made: &Made, path: &RepoPath| {
        let mut shared = ancestors(path).filter(|folder| ignored.contains(folder));
        // An outer one that is shared only now would find it in its way.
        shared
            .next()
            .is_none_or(|outer| !made.folders.contains_key(&outer) && outer != *path)
    };
    // Deeper ones first, so that the outer ones are empty when their turn comes.
    let all: Vec<RepoPath> = made.folders.keys().rev().cloned().collect();
    for path in all {
        let folder = site.work_tree.join(path.as_path());
        let ours = made.is_ours(&folder, &path);
        let stale = stale(&made, &path);
        if ours && stale {
            remove_links(&folder, &made.root.join(path.as_path()), |_| true)?;
            // Not empty where a gate left something of its own; it is ignored as before. The
            // folders on the way to it may have been made for it.
            for emptied in ancestors(&path).filter(|path| !path.as_bytes().is_empty()) {
                let emptied = site.work_tree.join(emptied.as_path());
                if disk::remove_folder(Step::ShareGone, &emptied).is_err() {
                    break;
                }
            }
        }
        if !ours || stale {
            made.folders.remove(&path);
        }
    }
    made.save()
}

/// Links in what the ignored folders hold. What the checkout has itself is left alone.
/// `anew` where other things may be ignored in it than before.
pub(super) fn link(
    shadow: &Path,
    site: &Site,
    root: &Path,
    ignored: &[RepoPath],
    anew: bool,
) -> Result<(), RepoError> {
    let mut made = Made::load(shadow)?;
    // None is known where the checkout has begun anew.
    made.root = root.to_owned();
    for path in ignored {
        made.add(site, path)?;
    }
    let inner: Vec<RepoPath> = made.folders.keys().cloned().collect();
    let mut links = Vec::new();
    for path in &inner {
        links.extend(made.fill(site, path, anew)?);
    }
    for _ in 0..DEPTH {
        if links.is_empty() {
            break;
        }
        links = made.go_deeper(site, &links)?;
    }
    made.save()
}

/// Forgets every folder: the checkout begins anew.
pub(super) fn forget(shadow: &Path) -> Result<(), RepoError> {
    let file = shadow.join("shared");
    match disk::remove(Step::ShareList, &file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(files("remove", &file, &e)),
        _ => Ok(()),
    }
}

impl Made {
    fn load(shadow: &Path) -> Result<Self, RepoError> {
        let file = shadow.join("shared");
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(files("read", &file, &e)),
        };
        let mut parts = git::parts(&bytes);
        let root = PathBuf::from(OsStr::from_bytes(parts.next().unwrap_or_default()));
        let mut folders = BTreeMap::new();
        while let (Some(inode), Some(path)) = (parts.next(), parts.next()) {
            let inode = std::str::from_utf8(inode).ok().and_then(|t| t.parse().ok());
            folders.insert(RepoPath::new(path), inode.unwrap_or_default());
        }
        drop(parts);
        Ok(Self {
            file,
            root,
            folders,
            read: bytes,
        })
    }

    fn save(&self) -> Result<(), RepoError> {
        let mut bytes = self.root.as_os_str().as_bytes().to_vec();
        for (path, inode) in &self.folders {
            bytes.extend_from_slice(format!("\0{inode}\0").as_bytes());
            bytes.extend_from_slice(path.as_bytes());
        }
        if bytes == self.read {
            return Ok(());
        }
        disk::write(Step::ShareList, &self.file, &bytes).map_err(|e| files("write", &self.file, &e))
    }

    /// The repository was moved, or is a copy of the one the links lead to: they go, and in a
    /// copy, where no folder is the one that was made, the folders too.
    fn move_to(&mut self, site: &Site, root: &Path) -> Result<(), RepoError> {
        let inside = fs::canonicalize(&site.work_tree).unwrap_or_default();
        for path in self.folders.keys().rev() {
            let folder = site.work_tree.join(path.as_path());
            // A link on the way may lead anywhere.
            if !fs::canonicalize(&folder).is_ok_and(|folder| folder.starts_with(&inside)) {
                continue;
            }
            remove_links(&folder, &self.root.join(path.as_path()), |_| true)?;
            if !self.is_ours(&folder, path) {
                drop(disk::remove_folder(Step::ShareGone, &folder));
            }
        }
        self.root = root.to_owned();
        Ok(())
    }

    fn is_ours(&self, folder: &Path, path: &RepoPath) -> bool {
        let meta = fs::symlink_metadata(folder);
        meta.is_ok_and(|meta| meta.is_dir() && self.folders.get(path) == Some(&meta.ino()))
    }

    /// Makes a folder, unless the checkout has something there already.
    fn add(&mut self, site: &Site, path: &RepoPath) -> Result<(), RepoError> {
        let folder = site.work_tree.join(path.as_path());
        if self.folders.contains_key(path) || fs::symlink_metadata(&folder).is_ok() {
            return Ok(());
        }
        // The tree may hold a link on the way; to go through it would leave the checkout.
        let outer = ancestors(path).skip(1);
        for outer in outer.filter(|outer| !outer.as_bytes().is_empty()) {
            match fs::symlink_metadata(site.work_tree.join(outer.as_path())) {
                Ok(meta) if !meta.is_dir() => return Ok(()),
                _ => {}
            }
        }
        disk::create_folders(Step::ShareFolder, &folder)
            .map_err(|e| files("create", &folder, &e))?;
        let meta = fs::symlink_metadata(&folder).map_err(|e| files("read", &folder, &e))?;
        self.folders.insert(path.clone(), meta.ino());
        Ok(())
    }

    /// Links in what is missing in one folder, and removes links to what is gone. Gives the
    /// links that are new, or `all`.
    fn fill(&self, site: &Site, path: &RepoPath, all: bool) -> Result<Vec<RepoPath>, RepoError> {
        let folder = site.work_tree.join(path.as_path());
        let source = self.root.join(path.as_path());
        if !self.is_ours(&folder, path) {
            return Ok(Vec::new());
        }
        let gone = |target: &Path| fs::symlink_metadata(target).is_err();
        remove_links(&folder, &source, gone)?;
        // A folder that may not be read is one the gates cannot read either.
        let Ok(entries) = fs::read_dir(&source) else {
            return Ok(Vec::new());
        };
        let mut links = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let (place, target) = (folder.join(&name), source.join(&name));
            let is_link = match disk::link(Step::ShareLink, &target, &place) {
                Ok(()) => true,
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(files("link", &place, &e));
                }
                Err(_) => all && fs::read_link(&place).is_ok_and(|at| at == target),
            };
            if is_link {
                links.push(RepoPath::new(
                    [path.as_bytes(), b"/", name.as_bytes()].concat(),
                ));
            }
        }
        Ok(links)
    }

    /// Where git does not ignore a link (`build/**/cache/` ignores folders only), makes a
    /// folder of it with links in turn, or removes it. Gives the links made.
    fn go_deeper(&mut self, site: &Site, links: &[RepoPath]) -> Result<Vec<RepoPath>, RepoError> {
        let ignored = ignored(site, &links.iter().collect::<Vec<_>>())?;
        let mut deeper = Vec::new();
        for path in links.iter().filter(|path| !ignored.contains(path)) {
            let place = site.work_tree.join(path.as_path());
            disk::remove(Step::ShareGone, &place).map_err(|e| files("remove", &place, &e))?;
            if self.root.join(path.as_path()).is_dir() {
                self.add(site, path)?;
                deeper.extend(self.fill(site, path, true)?);
            }
        }
        Ok(deeper)
    }
}

/// Removes the links of `folder` that lead to the same name in `source`, if `which` says so
/// of what they lead to.
fn remove_links(
    folder: &Path,
    source: &Path,
    which: impl Fn(&Path) -> bool,
) -> Result<(), RepoError> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let place = entry.path();
        let Ok(target) = fs::read_link(&place) else {
            continue;
        };
        if target == source.join(entry.file_name()) && which(&target) {
            disk::remove(Step::ShareGone, &place).map_err(|e| files("remove", &place, &e))?;
        }
    }
    Ok(())
}

/// A path and the folders it lies in, from the inside out, the root (empty) last.
fn ancestors(path: &RepoPath) -> impl Iterator<Item = RepoPath> + use<> {
    let bytes = path.as_bytes().to_vec();
    let ends: Vec<usize> = std::iter::once(bytes.len())
        .chain(
            (0..bytes.len())
                .rev()
                .filter(|&at| bytes.get(at) == Some(&b'/')),
        )
        .chain(std::iter::once(0))
        .collect();
    ends.into_iter()
        .filter_map(move |end| bytes.get(..end).map(RepoPath::new))
}
