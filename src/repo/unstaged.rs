//! What of a working tree is not in its index.
//!
//! Most of it is seen without git; git decides wherever its settings, filters and ignore
//! rules have a say, and about all of it where the index is of an unusual make.

use std::collections::BTreeSet;

use serde::Serialize;

use super::git::{self, Git, Site};
use super::index::Index;
use super::scan::{self, Depth, Found};
use super::{RepoError, RepoPath, Repository};

/// How many paths, and how many bytes of them, are asked about in one call.
const ASKED: (usize, usize) = (500, 64 << 10);

/// What of the working tree is not in the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unstaged {
    /// Tracked paths whose content, mode or kind differs, or that are gone.
    pub changed: Vec<RepoPath>,
    /// Paths that are neither tracked nor ignored; of a folder, every file.
    pub untracked: Vec<RepoPath>,
    /// Tracked paths that git was told not to look at (a sparse checkout, `--skip-worktree`,
    /// `--assume-unchanged`): whether they are as staged is not known.
    pub hidden: Vec<RepoPath>,
    /// What was learned of ignored folders on the way, if anything.
    #[serde(skip)]
    pub(super) folders: Option<Folders>,
}

/// The folders that are not tracked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folders {
    /// Those in which all is ignored.
    pub(super) ignored: Vec<RepoPath>,
    /// The others, in which folders further down may be.
    pub(super) others: Vec<RepoPath>,
}

impl Unstaged {
    /// What differs, tracked or not; sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<RepoPath> {
        let mut paths: Vec<RepoPath> = self
            .changed
            .iter()
            .chain(&self.untracked)
            .cloned()
            .collect();
        paths.sort();
        paths
    }

    /// Whether the working tree is exactly what is staged.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.changed.is_empty() && self.untracked.is_empty() && self.hidden.is_empty()
    }
}

impl Repository {
    /// What of the working tree is not staged. What is changed inside a submodule counts,
    /// what is untracked there does not.
    ///
    /// # Errors
    /// Where git cannot read the index or the working tree.
    pub fn unstaged(&self) -> Result<Unstaged, RepoError> {
        let index = self.index();
        unstaged(
            &self.site,
            index.as_deref(),
            Depth::Files,
            self.folds_names(),
        )
    }

    /// Which of these paths, where they are tracked, are not as staged. The rest of the working
    /// tree is not looked at.
    ///
    /// # Errors
    /// As [`Repository::unstaged`].
    pub fn unstaged_among(&self, paths: &[RepoPath]) -> Result<Unstaged, RepoError> {
        let folds_names = self.folds_names();
        if let Some(index) = self.index().filter(|index| !index.is_unmerged())
            && let Ok(found) = scan::look_at(&self.site, &index, paths, folds_names)
            && let Some(unstaged) = judge(&self.site, found, folds_names)?
        {
            return Ok(unstaged);
        }
        let mut all = self.unstaged()?;
        all.changed.retain(|path| paths.contains(path));
        Ok(Unstaged {
            changed: all.changed,
            ..Unstaged::default()
        })
    }

    /// How many files are staged, where that can be told without git.
    #[must_use]
    pub fn count_staged(&self) -> Option<usize> {
        self.index().map(|index| index.len())
    }

    /// The outermost folders of the working tree in which all is ignored, sorted; `beside` is
    /// what is not staged just now.
    ///
    /// # Errors
    /// Where git cannot look.
    pub fn ignored_folders(&self, beside: &Unstaged) -> Result<Vec<RepoPath>, RepoError> {
        let mut call = self
            .git()
            .args(["ls-files", "-z", "--others", "--ignored"])
            .args(["--exclude-standard", "--directory", "--"]);
        let mut all = Vec::new();
        if let Some(folders) = &beside.folders {
            all.clone_from(&folders.ignored);
            if folders.others.is_empty() {
                return Ok(all);
            }
            call = call.args(folders.others.iter().map(|path| git::os(path.as_bytes())));
        }
        let output = call.reading().run()?;
        let found = git::parts(&output).filter(|path| path.ends_with(b"/"));
        all.extend(found.map(|path| RepoPath::new(path).without_slash()));
        all.sort();
        Ok(all)
    }

    /// The folders of the working tree at and below `from`, at most `depth` below it, for
    /// which `wanted` holds; nothing is looked for within one. Links are not followed.
    pub fn folders_within(
        &self,
        from: &RepoPath,
        depth: usize,
        wanted: &dyn Fn(&RepoPath) -> bool,
    ) -> Vec<RepoPath> {
        let mut found = Vec::new();
        let mut open = vec![(from.clone(), depth)];
        while let Some((path, depth)) = open.pop() {
            let folder = self.root().join(path.as_path());
            if !std::fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir()) {
                continue;
            }
            if wanted(&path) {
                found.push(path);
                continue;
            }
            let Some(depth) = depth.checked_sub(1) else {
                continue;
            };
            // One that may not be read is as good as empty: nor may a gate.
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let inner = [path.as_bytes(), b"/", name.as_encoded_bytes()].concat();
                open.push((RepoPath::new(inner), depth));
            }
        }
        found
    }
}

/// How the working tree of a site differs from its index, which may have been read already.
/// Where only git can say it, it looks at every file. Writes nothing: git is told to take no
/// lock that it does not need.
pub(super) fn unstaged(
    site: &Site,
    index: Option<&Index>,
    depth: Depth,
    folds_names: bool,
) -> Result<Unstaged, RepoError> {
    let seen = index.filter(|index| !index.is_unmerged());
    if let Some(index) = seen
        && let Ok(found) = scan::look(site, index, depth, folds_names)
        && let Some(unstaged) = judge(site, found, folds_names)?
    {
        return Ok(unstaged);
    }
    let (status, hidden) = std::thread::scope(|scope| {
        let asking = std::thread::Builder::new().spawn_scoped(scope, || hidden(site));
        let status = status(site, &[]);
        let asked = asking.ok().and_then(|asking| asking.join().ok());
        // Where there was no thread to be had, it is asked now.
        (status, asked.unwrap_or_else(|| hidden(site)))
    });
    let mut unstaged = status?;
    unstaged.hidden = hidden?;
    Ok(unstaged)
}

/// Has git decide what was left open; `None` where that is too much to ask about piece by
/// piece.
fn judge(site: &Site, found: Found, folds_names: bool) -> Result<Option<Unstaged>, RepoError> {
    let strangers: Vec<&RepoPath> = found.strangers.iter().map(|one| &one.path).collect();
    let ignored = ignored(site, &strangers)?;
    let mut folders = Folders::default();
    let mut untracked = Vec::new();
    let mut open = found.doubtful;
    for stranger in found.strangers {
        match (stranger.folder, ignored.contains(&stranger.path)) {
            (true, true) => folders.ignored.push(stranger.path),
            (false, true) => {}
            (true, false) => {
                open.push(stranger.path.clone());
                folders.others.push(stranger.path);
            }
            // By another spelling it may be tracked.
            (false, false) if folds_names => open.push(stranger.path),
            (false, false) => untracked.push(stranger.path),
        }
    }
    let length: usize = open.iter().map(|path| path.as_bytes().len()).sum();
    if open.len() > ASKED.0 || length > ASKED.1 {
        return Ok(None);
    }
    let mut unstaged = Unstaged {
        changed: found.changed,
        untracked,
        hidden: found.hidden,
        folders: Some(folders),
    };
    if !open.is_empty() {
        let mut told = status(site, &open)?;
        unstaged.changed.append(&mut told.changed);
        unstaged.untracked.append(&mut told.untracked);
    }
    for paths in [&mut unstaged.changed, &mut unstaged.untracked] {
        paths.sort();
        paths.dedup();
    }
    Ok(Some(unstaged))
}

/// Those of the paths, none of which is tracked, that git ignores.
pub(super) fn ignored(site: &Site, paths: &[&RepoPath]) -> Result<BTreeSet<RepoPath>, RepoError> {
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    // This command takes no literal paths, so that none may begin with a `:`.
    let mut list = Vec::new();
    for path in paths {
        list.extend_from_slice(b"./");
        list.extend_from_slice(path.as_bytes());
        list.push(0);
    }
    let call = Git::at(site).args(["check-ignore", "-z", "--stdin", "--no-index"]);
    let call = call.env("GIT_LITERAL_PATHSPECS", "0").stdin(list);
    let output = call.reading().ask()?.unwrap_or_default();
    let told = git::parts(&output).map(|path| path.strip_prefix(b"./").unwrap_or(path));
    Ok(told.map(RepoPath::new).collect())
}

/// What git says of these paths; of none: of all.
fn status(site: &Site, paths: &[RepoPath]) -> Result<Unstaged, RepoError> {
    let output = Git::at(site)
        .args(["status", "--porcelain=v2", "-z", "--no-renames"])
        .args(["--untracked-files=all", "--ignore-submodules=untracked"])
        .arg("--")
        .args(paths.iter().map(|path| git::os(path.as_bytes())))
        .reading()
        .run()?;
    let mut unstaged = Unstaged::default();
    for record in git::parts(&output) {
        // `1 XY …` with eight fields before the path, `u XY …` with ten, `? path`.
        let fields = match record.first() {
            Some(b'1') if record.get(3) != Some(&b'.') => 9,
            Some(b'u') => 11,
            Some(b'?') => {
                let path = RepoPath::new(record.get(2..).unwrap_or_default());
                unstaged.untracked.push(path.without_slash());
                continue;
            }
            _ => continue,
        };
        if let Some(path) = record.splitn(fields, |&byte| byte == b' ').nth(fields - 1) {
            unstaged.changed.push(RepoPath::new(path));
        }
    }
    unstaged.changed.sort();
    unstaged.untracked.sort();
    Ok(unstaged)
}

/// The entries of the index that git was told not to look at.
fn hidden(site: &Site) -> Result<Vec<RepoPath>, RepoError> {
    let call = Git::at(site).args(["ls-files", "-z", "-v"]);
    let output = call.reading().run()?;
    let mut paths: Vec<RepoPath> = git::parts(&output)
        // A small letter: assumed unchanged. `S`: skipped.
        .filter(|record| {
            record
                .first()
                .is_some_and(|&tag| tag == b'S' || tag.is_ascii_lowercase())
        })
        .filter_map(|record| record.get(2..).map(RepoPath::new))
        .collect();
    paths.dedup();
    Ok(paths)
}
