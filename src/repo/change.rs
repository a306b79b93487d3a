//! What differs between two trees, line by line.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Oid, RepoError, RepoPath, Repository, git};

/// How a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// Its content is another, and perhaps its mode.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another path, and perhaps another content.
    Renamed,
    /// Only its mode is another.
    ModeChanged,
    /// A file became a symbolic link, a submodule, or the other way round.
    TypeChanged,
}

/// A line that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddedLine {
    /// Its number in the new file, from 1.
    pub line: u32,
    /// Its bytes, without the line end (`\n` or `\r\n`).
    pub text: Vec<u8>,
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path before; none where it was added.
    pub old: Option<RepoPath>,
    /// Its path now; none where it was deleted.
    pub new: Option<RepoPath>,
    /// How it changed.
    pub kind: ChangeKind,
    /// Whether it is binary, by its content or its `.gitattributes`.
    pub binary: bool,
    /// The added lines; none of a binary file or a submodule.
    pub added: Vec<AddedLine>,
    /// How many lines were removed.
    pub removed: usize,
    /// The id of the new content.
    pub new_oid: Option<Oid>,
    /// Its size in bytes; none where it is deleted or a submodule.
    pub new_size: Option<u64>,
}

impl Change {
    /// The path to speak of: the new one, of a deleted file the old.
    #[must_use]
    pub fn path(&self) -> Option<&RepoPath> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// A record of `diff-tree --raw -z`.
struct Raw {
    old_mode: u32,
    new_mode: u32,
    old_oid: Oid,
    new_oid: Oid,
    status: u8,
    old: RepoPath,
    new: RepoPath,
}

impl Repository {
    /// What differs between two trees, sorted by path. Renames are found (equal content, or
    /// half of it), whatever the user's configuration says; attributes are the new tree's.
    ///
    /// # Errors
    /// Where git cannot read the trees.
    pub fn changes(&self, from: &Oid, to: &Oid) -> Result<Vec<Change>, RepoError> {
        if from == to {
            return Ok(Vec::new());
        }
        let output = self
            .git()
            .setting("diff.orderFile=/dev/null")
            .setting("diff.suppressBlankEmpty=false")
            .env("GIT_ATTR_SOURCE", to.as_str())
            .args(["diff-tree", "-r", "-z", "--raw", "-p", "-U0"])
            .args(["--inter-hunk-context=0", "-M50%", "-l0", "--full-index"])
            .args([
                "--no-abbrev",
                "--no-ext-diff",
                "--no-textconv",
                "--no-color",
            ])
            .args(["--diff-algorithm=myers", "--no-indent-heuristic"])
            .args([
                "--submodule=short",
                "--ignore-submodules=none",
                "--no-relative",
            ])
            .args([
                "--src-prefix=a/",
                "--dst-prefix=b/",
                "--output-indicator-new=+",
            ])
            .args(["--output-indicator-old=-", "--ita-visible-in-index"])
            .args([from.as_str(), to.as_str()])
            .reading()
            .run()?;
        let misread = || RepoError::Git {
            command: "git diff-tree --raw -p".to_owned(),
            detail: "its output was not understood".to_owned(),
        };
        let (records, patch) = read_records(&output).ok_or_else(misread)?;
        let mut sections = Sections { rest: patch };
        let mut all: BTreeMap<(RepoPath, Option<RepoPath>), Change> = BTreeMap::new();
        for raw in records {
            let mut change = raw.change();
            // A change of type is shown as a deletion and an addition.
            let parts = if raw.status == b'T' { 2 } else { 1 };
            for _ in 0..parts {
                sections.next_into(&mut change).ok_or_else(misread)?;
            }
            if is_submodule(raw.old_mode) || is_submodule(raw.new_mode) {
                change.added.clear();
                change.removed = 0;
            }
            if let (Some(oid), false) = (&change.new_oid, is_submodule(raw.new_mode)) {
                change.new_size = Some(self.blob_size(oid)?);
            }
            all.insert((raw.new.clone(), change.old.clone()), change);
        }
        Ok(all.into_values().collect())
    }
}

impl Repository {
    /// The paths by which two trees differ; renames are not looked for.
    ///
    /// # Errors
    /// Where git cannot read them.
    pub fn differing(&self, from: &Oid, to: &Oid) -> Result<Vec<RepoPath>, RepoError> {
        let quick = self.with_git2(|repository| {
            let (from, to) = (
                repository.find_tree(from.to_git2()?)?,
                repository.find_tree(to.to_git2()?)?,
            );
            let mut paths = Vec::new();
            // Only trees that differ are read: of a large tree, few.
            let mut open = vec![(Vec::new(), Some(from), Some(to))];
            while let Some((folder, from, to)) = open.pop() {
                for (name, (old, new)) in sides(from.as_ref(), to.as_ref()) {
                    if old == new {
                        continue;
                    }
                    let path = [folder.as_slice(), &name].concat();
                    let tree = |side: Side| match side {
                        Some((0o040_000, id)) => repository.find_tree(id).map(Some),
                        _ => Ok(None),
                    };
                    let (old_tree, new_tree) = (tree(old)?, tree(new)?);
                    if old.is_some() && old_tree.is_none() || new.is_some() && new_tree.is_none() {
                        paths.push(RepoPath::new(path.clone()));
                    }
                    if old_tree.is_some() || new_tree.is_some() {
                        open.push(([path.as_slice(), b"/"].concat(), old_tree, new_tree));
                    }
                }
            }
            paths.sort();
            Ok(paths)
        });
        if let Ok(paths) = quick {
            return Ok(paths);
        }
        let call = self.git().args(["diff-tree", "-r", "-z", "--name-only"]);
        let output = call.args([from.as_str(), to.as_str()]).reading().run()?;
        Ok(git::paths(&output))
    }
}

/// Mode and id of an entry, where there is one.
type Side = Option<(i32, git2::Oid)>;

/// What two trees have at each name: the one and the other.
fn sides(
    from: Option<&git2::Tree<'_>>,
    to: Option<&git2::Tree<'_>>,
) -> BTreeMap<Vec<u8>, (Side, Side)> {
    let mut all: BTreeMap<Vec<u8>, (Side, Side)> = BTreeMap::new();
    let value = |entry: &git2::TreeEntry<'_>| Some((entry.filemode_raw(), entry.id()));
    for entry in from.into_iter().flat_map(git2::Tree::iter) {
        all.entry(entry.name_bytes().to_vec()).or_default().0 = value(&entry);
    }
    for entry in to.into_iter().flat_map(git2::Tree::iter) {
        all.entry(entry.name_bytes().to_vec()).or_default().1 = value(&entry);
    }
    all
}

fn is_submodule(mode: u32) -> bool {
    mode == 0o160_000
}

impl Raw {
    fn change(&self) -> Change {
        let kind = match self.status {
            b'A' => ChangeKind::Added,
            b'D' => ChangeKind::Deleted,
            b'R' => ChangeKind::Renamed,
            b'T' => ChangeKind::TypeChanged,
            _ if self.old_oid == self.new_oid => ChangeKind::ModeChanged,
            _ => ChangeKind::Modified,
        };
        Change {
            old: (self.status != b'A').then(|| self.old.clone()),
            new: (self.status != b'D').then(|| self.new.clone()),
            kind,
            binary: false,
            added: Vec::new(),
            removed: 0,
            new_oid: (self.status != b'D').then(|| self.new_oid.clone()),
            new_size: None,
        }
    }
}

/// The records and the patch behind them.
fn read_records(output: &[u8]) -> Option<(Vec<Raw>, &[u8])> {
    let mut records = Vec::new();
    let mut rest = output;
    // `:100644 100755 OLD NEW R100\0old\0new\0`, at the end an empty part.
    while rest.first() == Some(&b':') {
        let (head, after) = until_nul(rest)?;
        let mut words = std::str::from_utf8(head.get(1..)?).ok()?.split(' ');
        let old_mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let new_mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let old_oid = Oid::parse(words.next()?)?;
        let new_oid = Oid::parse(words.next()?)?;
        let status = *words.next()?.as_bytes().first()?;
        let (old, mut after) = until_nul(after)?;
        let mut new = old;
        if matches!(status, b'R' | b'C') {
            (new, after) = until_nul(after)?;
        }
        rest = after;
        records.push(Raw {
            old_mode,
            new_mode,
            old_oid,
            new_oid,
            status,
            old: RepoPath::new(old),
            new: RepoPath::new(new),
        });
    }
    Some((records, rest.strip_prefix(b"\0").unwrap_or(rest)))
}

fn until_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == 0)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// A patch, file by file. Lines of content are counted off by the hunks' heads, so no
/// content can be taken for a head; names are not read, as the records have them.
struct Sections<'a> {
    rest: &'a [u8],
}

impl<'a> Sections<'a> {
    fn line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = self.rest;
        let end = rest.iter().position(|&byte| byte == b'\n');
        self.rest = rest.get(end.map_or(rest.len(), |at| at + 1)..)?;
        rest.get(..end.unwrap_or(rest.len()))
    }

    /// Reads one file's part into `change`.
    fn next_into(&mut self, change: &mut Change) -> Option<()> {
        if !self.line()?.starts_with(b"diff --git ") {
            return None;
        }
        while !self.rest.is_empty() && !self.rest.starts_with(b"diff --git ") {
            let line = self.line()?;
            if line.starts_with(b"Binary files ") {
                change.binary = true;
            } else if line.starts_with(b"@@ ") {
                self.hunk(line, change)?;
            }
        }
        Some(())
    }

    fn hunk(&mut self, head: &[u8], change: &mut Change) -> Option<()> {
        let head = String::from_utf8_lossy(head);
        let mut words = head.split(' ').skip(1);
        let (_, mut gone) = range(words.next()?.strip_prefix('-')?)?;
        let (mut number, mut come) = range(words.next()?.strip_prefix('+')?)?;
        while gone > 0 || come > 0 {
            let line = self.line()?;
            match line.split_first()? {
                (b'-', _) => {
                    gone = gone.checked_sub(1)?;
                    change.removed += 1;
                }
                (b'+', text) => {
                    come = come.checked_sub(1)?;
                    let text = text.strip_suffix(b"\r").unwrap_or(text);
                    change.added.push(AddedLine {
                        line: number,
                        text: text.to_owned(),
                    });
                    number = number.saturating_add(1);
                }
                // "\ No newline at end of file"
                (b'\\', _) => {}
                _ => return None,
            }
        }
        Some(())
    }
}

/// `12,3` or `12`: where lines begin and how many there are.
fn range(text: &str) -> Option<(u32, usize)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}
