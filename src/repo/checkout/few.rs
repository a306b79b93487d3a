//! A few files of the checkout written without git's going over the whole of its index.

use std::fs;

use super::super::git::Git;
use super::super::index::{Index, Written};
use super::super::{Oid, RepoError, RepoPath, Repository, files};
use super::Site;
use crate::disk::{self, Step};

/// How many files; git is asked for the content of each.
const FEW: usize = 4;

/// A file whose content is another.
struct Changed<'a> {
    path: &'a RepoPath,
    /// Its number in the index.
    at: usize,
    id: git2::Oid,
}

impl Repository {
    /// Brings the checkout, whose files are as its index says, to a tree from which it differs
    /// in these paths. Says whether it was done: not where there are many, or where more is to
    /// be done than to write a plain file that is there already.
    pub(super) fn write_few(
        &self,
        site: &Site,
        index: &Index,
        tree: &Oid,
        paths: &[RepoPath],
    ) -> Result<bool, RepoError> {
        if paths.is_empty() || paths.len() > FEW {
            return Ok(false);
        }
        let Some(changed) = self.plain(index, tree, paths) else {
            return Ok(false);
        };
        let mut contents = Vec::new();
        for file in &changed {
            // As a checkout would write it, by the settings and filters that hold for it.
            let call = Git::at(site)
                .args(["cat-file", "--filters", "--path"])
                .arg(super::super::git::os(file.path.as_bytes()))
                .arg(file.id.to_string());
            match call.reading().output()? {
                output if output.status == 0 => contents.push(output.stdout),
                _ => return Ok(false),
            }
        }
        let mut written = Vec::new();
        for (file, content) in changed.iter().zip(contents) {
            let place = site.work_tree.join(file.path.as_path());
            let failed = |e| files("write", &place, &e);
            disk::write(Step::ShadowUpdate, &place, &content).map_err(failed)?;
            written.push(Written {
                at: file.at,
                mode: PLAIN,
                id: file.id.as_bytes().to_vec(),
                meta: fs::symlink_metadata(&place).map_err(failed)?,
            });
        }
        let Some(bytes) = index.with(&written) else {
            return Ok(false);
        };
        disk::write(Step::ShadowUpdate, &site.index, &bytes)
            .map_err(|e| files("write", &site.index, &e))?;
        Ok(true)
    }

    /// The files at these paths, where each is a plain one, before and after.
    fn plain<'a>(
        &self,
        index: &Index,
        tree: &Oid,
        paths: &'a [RepoPath],
    ) -> Option<Vec<Changed<'a>>> {
        let find = |repository: &git2::Repository| {
            let tree = repository.find_tree(tree.to_git2()?)?;
            let mut found = Vec::new();
            for path in paths {
                found.push(tree.get_path(path.as_path())?);
            }
            Ok(found
                .iter()
                .map(|entry| (entry.filemode_raw(), entry.id()))
                .collect::<Vec<_>>())
        };
        let found = self.with_git2(find).ok()?;
        let changed = |(path, (mode, id)): (&'a RepoPath, (i32, git2::Oid))| {
            let at = index.position(path.as_bytes())?;
            let is_plain = u32::try_from(mode) == Ok(PLAIN) && index.get(at)?.mode() == PLAIN;
            is_plain.then_some(Changed { path, at, id })
        };
        paths.iter().zip(found).map(changed).collect()
    }
}

/// The mode of a file that is neither executable nor a link.
const PLAIN: u32 = 0o100_644;
