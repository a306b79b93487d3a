//! The files that gates declare they depend on, as a part of their keys.
//!
//! Many gates of a plan name the same files or folders, and a folder has an id that stands for
//! all in it. So what a glob comes to is found once, and only globs that are about more than
//! one folder or file have all paths looked at.

use std::collections::HashMap;

use globset::{Candidate, GlobSet, GlobSetBuilder};
use sha2::{Digest as _, Sha256};

use crate::digest::hex;
use crate::repo::{RepoError, TreeEntry};
use crate::run::globs::glob;
use crate::run::judging::Judging;

/// What makes a glob more than a path.
const SPECIAL: [char; 6] = ['*', '?', '[', '{', '\\', '}'];

/// The mode of a folder in git's trees.
const FOLDER: u32 = 0o040_000;

/// The inputs of gates in one judged tree.
pub(super) struct Inputs<'a> {
    judging: &'a Judging<'a>,
    /// What each glob comes to.
    known: HashMap<String, String>,
    /// All paths, made ready to be matched.
    candidates: Vec<Candidate<'a>>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(judging: &'a Judging<'a>) -> Self {
        Self {
            judging,
            known: HashMap::new(),
            candidates: Vec::new(),
        }
    }

    /// A digest over the files that any of the globs matches. It may differ where these are
    /// the same and the globs are others.
    pub(super) fn digest(&mut self, globs: &[String]) -> Result<String, RepoError> {
        let mut sha = Sha256::new();
        for glob in globs {
            if !self.known.contains_key(glob) {
                let found = self.find(glob)?;
                self.known.insert(glob.clone(), found);
            }
            let found = self.known.get(glob).map_or("", String::as_str);
            sha.update(format!("{glob}\0{found}\0"));
        }
        Ok(hex(&sha.finalize()))
    }

    fn find(&mut self, glob: &str) -> Result<String, RepoError> {
        let (repo, tree) = (self.judging.repo, &self.judging.tree);
        let (path, is_folder) = match glob.strip_suffix("/**") {
            _ if glob == "**" => return Ok(tree.to_string()),
            Some(folder) => (folder, true),
            None => (glob, false),
        };
        if !path.contains(SPECIAL) {
            let entry = repo.entry(tree, path.as_bytes())?;
            let entry = entry.filter(|(mode, _)| (*mode == FOLDER) == is_folder);
            return Ok(entry.map_or_else(String::new, |(mode, id)| format!("{mode:o} {id}")));
        }
        let entries = self.judging.entries()?;
        if self.candidates.is_empty() {
            let paths = entries.iter().map(|entry| entry.path.as_path());
            self.candidates = paths.map(Candidate::new).collect();
        }
        let mut sha = Sha256::new();
        let mut line = Vec::new();
        for at in hits(glob, entries, |at| self.candidates.get(at).cloned()) {
            let Some(entry) = entries.get(at) else {
                continue;
            };
            line.clear();
            line.extend_from_slice(&entry.mode.to_be_bytes());
            line.extend_from_slice(entry.oid.as_str().as_bytes());
            line.extend_from_slice(entry.path.as_bytes());
            line.push(0);
            sha.update(&line);
        }
        Ok(hex(&sha.finalize()))
    }
}

/// The files that any of the globs matches, of all that are sorted by path.
pub(crate) fn matching<'e>(entries: &'e [TreeEntry], globs: &[String]) -> Vec<&'e TreeEntry> {
    let candidate = |at: usize| {
        let entry = entries.get(at)?;
        Some(Candidate::new(entry.path.as_path()))
    };
    let found = globs.iter().flat_map(|glob| hits(glob, entries, candidate));
    let mut found: Vec<usize> = found.collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().filter_map(|at| entries.get(at)).collect()
}

/// The numbers of the entries that a glob matches, in their order.
fn hits<'e>(
    pattern: &str,
    entries: &[TreeEntry],
    candidate: impl Fn(usize) -> Option<Candidate<'e>>,
) -> Vec<usize> {
    // All that can match begins with the literal folders of the glob.
    let literal = pattern.find(SPECIAL).unwrap_or(pattern.len());
    let folder = pattern.get(..literal).and_then(|text| text.rfind('/'));
    let prefix = folder.and_then(|end| pattern.get(..=end)).unwrap_or("");
    let first = entries.partition_point(|entry| entry.path.as_bytes() < prefix.as_bytes());
    let near = entries.get(first..).unwrap_or_default();
    let count = near.partition_point(|entry| entry.path.as_bytes().starts_with(prefix.as_bytes()));
    let near = first..first + count;
    let is_pattern = |at: &usize| {
        let entry = entries.get(*at);
        entry.is_some_and(|entry| entry.path.as_bytes() == pattern.as_bytes())
    };
    match set(pattern) {
        Some(set) => near
            .filter(|at| {
                candidate(*at).is_some_and(|path| set.is_match_candidate(&path)) || is_pattern(at)
            })
            .collect(),
        None => near.filter(is_pattern).collect(),
    }
}

/// A glob as a set of one, which knows quicker ways than a regex for the common kinds.
fn set(pattern: &str) -> Option<GlobSet> {
    GlobSetBuilder::new().add(glob(pattern)?).build().ok()
}
