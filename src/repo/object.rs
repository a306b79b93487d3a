//! Reading objects and refs: with libgit2 where it can, else with `git cat-file`.

use serde::Serialize;

use super::git::{self, os};
use super::index::Staged;
use super::{Oid, RepoError, RepoPath, Repository};
use crate::disk::Step;

/// How many symbolic links are followed before they count as a circle.
const LINKS: usize = 32;

/// What a tree holds at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link; its blob is the target.
    Symlink,
    /// Another repository, by the id of a commit of it.
    Submodule,
}

impl EntryKind {
    fn of(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Submodule,
            _ if mode & 0o111 != 0 => Self::Executable,
            _ => Self::File,
        }
    }
}

/// One file of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeEntry {
    /// Its path.
    pub path: RepoPath,
    /// The id of its content.
    pub oid: Oid,
    /// Its mode as git has it, such as `0o100644`.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// The content of an object and what it is (`commit`, `tree`, `blob`, `tag`).
pub(super) struct Object {
    pub(super) id: Oid,
    pub(super) kind: String,
    pub(super) data: Vec<u8>,
}

impl Repository {
    /// Every file of a tree, sorted by path.
    ///
    /// # Errors
    /// Where git cannot read the tree.
    pub fn files(&self, tree: &Oid) -> Result<Vec<TreeEntry>, RepoError> {
        // The staged tree is listed in the index, in the same order.
        if let Some(index) = self.index()
            && index.tree() == Some(tree)
            && !index.is_unmerged()
        {
            let staged = index.entries().filter(|entry| !entry.is_intended());
            let entry = |entry: Staged<'_>| TreeEntry {
                path: entry.path(),
                oid: Oid::from_raw(entry.id()),
                mode: entry.mode(),
                kind: EntryKind::of(entry.mode()),
            };
            return Ok(staged.map(entry).collect());
        }
        let mut all = match self.files_with_git2(tree) {
            Ok(all) => all,
            Err(_) => {
                let call = self.git().args(["ls-tree", "-r", "-z", "--full-tree"]);
                parse_entries(&call.arg(tree.as_str()).reading().run()?)?
            }
        };
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    fn files_with_git2(&self, tree: &Oid) -> Result<Vec<TreeEntry>, git2::Error> {
        self.with_git2(|repository| {
            let tree = repository.find_tree(tree.to_git2()?)?;
            let mut all = Vec::new();
            // The callback's folder is text, so folders that are not UTF-8 are walked by hand.
            let mut open = vec![(Vec::new(), tree)];
            while let Some((prefix, tree)) = open.pop() {
                for entry in &tree {
                    let mut path: Vec<u8> = prefix.clone();
                    path.extend_from_slice(entry.name_bytes());
                    if entry.kind() == Some(git2::ObjectType::Tree) {
                        path.push(b'/');
                        open.push((path, repository.find_tree(entry.id())?));
                        continue;
                    }
                    let mode = u32::try_from(entry.filemode_raw()).unwrap_or(0);
                    all.push(TreeEntry {
                        path: RepoPath::new(path),
                        oid: entry.id().into(),
                        mode,
                        kind: EntryKind::of(mode),
                    });
                }
            }
            Ok(all)
        })
    }

    /// The content of a blob.
    ///
    /// # Errors
    /// Where there is no such blob, or git cannot read it.
    pub fn blob(&self, oid: &Oid) -> Result<Vec<u8>, RepoError> {
        let quick = self.with_git2(|r| Ok(r.find_blob(oid.to_git2()?)?.content().to_owned()));
        match quick {
            Ok(content) => Ok(content),
            Err(_) => self
                .git()
                .args(["cat-file", "blob", oid.as_str()])
                .reading()
                .run(),
        }
    }

    /// Whether libgit2 finds an object.
    pub(super) fn has(&self, id: &Oid) -> bool {
        let found = self.with_git2(|r| Ok(r.odb()?.exists(id.to_git2()?)));
        found.unwrap_or(false)
    }

    /// The size of a blob, in bytes.
    ///
    /// # Errors
    /// Where there is no such blob, or git cannot read it.
    pub fn blob_size(&self, oid: &Oid) -> Result<u64, RepoError> {
        let quick = self.with_git2(|r| Ok(r.odb()?.read_header(oid.to_git2()?)?.0));
        if let Ok(size) = quick {
            return Ok(size as u64);
        }
        let call = self.git().args(["cat-file", "-s", oid.as_str()]);
        let output = call.reading().output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| output.error())
    }

    /// The content of the file at `path` of a tree; `None` where there is none. Symbolic
    /// links are followed as long as they stay within the tree.
    ///
    /// # Errors
    /// Where git cannot read the tree or the file.
    pub fn read(&self, tree: &Oid, path: &str) -> Result<Option<Vec<u8>>, RepoError> {
        let mut path = path.as_bytes().to_vec();
        for _ in 0..LINKS {
            match self.entry(tree, &path)? {
                Some((mode, oid)) => match EntryKind::of(mode) {
                    EntryKind::Symlink => {
                        let target = self.blob(&oid)?;
                        match join(folder_of(&path), &target) {
                            Some(next) => path = next,
                            None => return Ok(None),
                        }
                    }
                    EntryKind::Submodule => return Ok(None),
                    _ if mode & 0o170_000 == 0o040_000 => return Ok(None),
                    _ => return self.blob(&oid).map(Some),
                },
                // A folder on the way may itself be a link.
                None => match self.through_link(tree, &path)? {
                    Some(next) => path = next,
                    None => return Ok(None),
                },
            }
        }
        Ok(None)
    }

    /// `path` with its first folder that is a symbolic link replaced by where it leads.
    fn through_link(&self, tree: &Oid, path: &[u8]) -> Result<Option<Vec<u8>>, RepoError> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for (at, _) in slashes {
            let (folder, rest) = path.split_at(at);
            match self.entry(tree, folder)? {
                Some((mode, oid)) if EntryKind::of(mode) == EntryKind::Symlink => {
                    let target = self.blob(&oid)?;
                    let whole = [target.as_slice(), rest].concat();
                    return Ok(join(folder_of(folder), &whole));
                }
                Some(_) => {}
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The mode and id at a path of a tree, a folder's too.
    ///
    /// # Errors
    /// Where git cannot read the tree.
    pub fn entry(&self, tree: &Oid, path: &[u8]) -> Result<Option<(u32, Oid)>, RepoError> {
        let quick = self.with_git2(|repository| {
            let tree = repository.find_tree(tree.to_git2()?)?;
            match tree.get_path(std::path::Path::new(os(path))) {
                Ok(entry) => {
                    let mode = u32::try_from(entry.filemode_raw()).unwrap_or(0);
                    Ok(Some((mode, Oid::from(entry.id()))))
                }
                Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        if let Ok(found) = quick {
            return Ok(found);
        }
        let call = self.git().args(["ls-tree", "-z", "--full-tree"]);
        let output = call
            .arg(tree.as_str())
            .arg("--")
            .arg(os(path))
            .reading()
            .run()?;
        let found = parse_entries(&output)?.pop();
        Ok(found.map(|entry| (entry.mode, entry.oid)))
    }

    /// The id of the empty tree, which is written if need be.
    ///
    /// # Errors
    /// Where git cannot write it.
    pub fn empty_tree(&self) -> Result<Oid, RepoError> {
        let known = self.with_git2(|repository| {
            let (kind, format) = (git2::ObjectType::Tree, repository.object_format());
            git2::Oid::hash_object_ext(kind, &[], format).map(Oid::from)
        });
        if let Some(id) = known.ok().filter(|id| self.has(id)) {
            return Ok(id);
        }
        let call = self
            .git()
            .args(["hash-object", "-t", "tree", "-w", "--stdin"]);
        call.stdin("").writing(Step::EmptyTree).id()
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// Where `commit` is no commit that git can read.
    pub fn tree_of(&self, commit: &Oid) -> Result<Oid, RepoError> {
        let object = self.object(commit)?;
        object.header("tree").ok_or_else(|| RepoError::Git {
            command: format!("git cat-file commit {commit}"),
            detail: format!("`{commit}` is a {}", object.kind),
        })
    }

    /// The commit that a revision (a branch, a tag, an id, `HEAD~2`) names; `None` where
    /// it names none.
    ///
    /// # Errors
    /// Where git cannot answer.
    pub fn commit(&self, name: &str) -> Result<Option<Oid>, RepoError> {
        let quick = self.with_git2(|repository| {
            let commit = match Oid::parse(name) {
                Some(id) => repository.find_commit(id.to_git2()?)?,
                // The empty name would be HEAD's.
                None if name.is_empty() => return Ok(None),
                None => repository
                    .resolve_reference_from_short_name(name)?
                    .peel_to_commit()?,
            };
            Ok(Some(Oid::from(commit.id())))
        });
        if let Ok(id) = quick {
            return Ok(id);
        }
        let call = self.git().args(["rev-parse", "--verify", "--quiet"]);
        let output = call
            .arg("--end-of-options")
            .arg(format!("{name}^{{commit}}"))
            .reading()
            .output()?;
        match output.status {
            0 => Ok(Oid::parse_bytes(&output.stdout)),
            // 128: a name that cannot be one, such as an empty or an ambiguous one.
            _ => Ok(None),
        }
    }

    /// The best common ancestor of two commits; `None` where they have none.
    ///
    /// # Errors
    /// Where git cannot read the history.
    pub fn merge_base(&self, a: &Oid, b: &Oid) -> Result<Option<Oid>, RepoError> {
        if a == b {
            return Ok(Some(a.clone()));
        }
        let call = self.git().args(["merge-base", a.as_str(), b.as_str()]);
        Ok(call.reading().ask()?.and_then(|out| Oid::parse_bytes(&out)))
    }

    /// The object of an id.
    pub(super) fn object(&self, id: &Oid) -> Result<Object, RepoError> {
        let quick = self.with_git2(|repository| {
            let odb = repository.odb()?;
            let object = odb.read(id.to_git2()?)?;
            Ok(Object {
                id: id.clone(),
                kind: object.kind().str().to_owned(),
                data: object.data().to_owned(),
            })
        });
        match quick {
            Ok(object) => Ok(object),
            Err(_) => {
                let found = self.objects(&[id.as_str().to_owned()])?;
                found
                    .into_iter()
                    .next()
                    .flatten()
                    .ok_or_else(|| RepoError::Git {
                        command: format!("git cat-file -p {id}"),
                        detail: format!("there is no object `{id}`"),
                    })
            }
        }
    }

    /// The object of an id, or what is wrong with it: it is not there, cannot be read, or is
    /// not what its id says.
    pub(super) fn true_object(&self, id: &Oid) -> Result<Result<Object, String>, RepoError> {
        let Ok(object) = self.object(id) else {
            return Ok(Err("it is missing or cannot be read".to_owned()));
        };
        let kind = match object.kind.as_str() {
            "commit" => git2::ObjectType::Commit,
            "tree" => git2::ObjectType::Tree,
            "tag" => git2::ObjectType::Tag,
            _ => git2::ObjectType::Blob,
        };
        let format = match id.as_str().len() {
            64 => git2::ObjectFormat::Sha256,
            _ => git2::ObjectFormat::Sha1,
        };
        let failed = |error: git2::Error| RepoError::Git {
            command: format!("git hash-object {id}"),
            detail: error.message().to_owned(),
        };
        let true_id = git2::Oid::hash_object_ext(kind, &object.data, format).map_err(failed)?;
        if Oid::from(true_id) == *id {
            Ok(Ok(object))
        } else {
            Ok(Err("its content is not what its id says".to_owned()))
        }
    }

    /// The objects that names (without newlines) stand for, each `None` where it stands for none.
    pub(super) fn objects(&self, names: &[String]) -> Result<Vec<Option<Object>>, RepoError> {
        let mut input = names.join("\n");
        input.push('\n');
        let output = self
            .git()
            .args(["cat-file", "--batch"])
            .stdin(input)
            .reading()
            .run()?;
        let mut rest = output.as_slice();
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            let (object, after) = read_batch(rest).ok_or_else(|| RepoError::Git {
                command: "git cat-file --batch".to_owned(),
                detail: format!("the answer for `{name}` was not understood"),
            })?;
            all.push(object);
            rest = after;
        }
        Ok(all)
    }

    /// What a ref of a full name points at, symbolic refs followed; `None` where there is none.
    pub(super) fn reference(&self, name: &str) -> Result<Option<Oid>, RepoError> {
        let quick = self.with_git2(|repository| match repository.refname_to_id(name) {
            Ok(id) => Ok(Some(Oid::from(id))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        });
        if let Ok(found) = quick {
            return Ok(found);
        }
        let call = self.git().args(["rev-parse", "--verify", "--quiet"]);
        let found = call.arg("--end-of-options").arg(name).reading().ask()?;
        Ok(found.and_then(|output| Oid::parse_bytes(&output)))
    }
}

impl Object {
    /// The id that a line of a commit's or tag's head gives.
    pub(super) fn header(&self, name: &str) -> Option<Oid> {
        self.headers(name).into_iter().next()
    }

    /// The ids that lines of this name give.
    pub(super) fn headers(&self, name: &str) -> Vec<Oid> {
        let head = self.kind == "commit" || self.kind == "tag";
        self.data
            .split(|&byte| byte == b'\n')
            .take_while(|line| head && !line.is_empty())
            .filter_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))
            .filter_map(Oid::parse_bytes)
            .collect()
    }

    /// The ids of what a tree holds: each entry is `MODE NAME`, a NUL, and the id's own bytes.
    pub(super) fn inner(&self) -> Vec<Oid> {
        let mut all = Vec::new();
        let mut rest = match self.kind.as_str() {
            "tree" => self.data.as_slice(),
            _ => return all,
        };
        let size = self.id.as_str().len() / 2;
        while let Some(nul) = rest.iter().position(|&byte| byte == 0) {
            let Some(id) = rest.get(nul + 1..nul + 1 + size) else {
                break;
            };
            all.push(Oid::from_raw(id));
            rest = rest.get(nul + 1 + size..).unwrap_or_default();
        }
        all
    }

    /// What stands behind a commit's or tag's head.
    pub(super) fn message(&self) -> String {
        let text = String::from_utf8_lossy(&self.data);
        text.split_once("\n\n")
            .map_or_else(String::new, |(_, message)| message.to_owned())
    }
}

/// One answer of `cat-file --batch`, and what follows it.
fn read_batch(output: &[u8]) -> Option<(Option<Object>, &[u8])> {
    let end = output.iter().position(|&byte| byte == b'\n')?;
    let (line, rest) = output.split_at(end);
    let rest = rest.get(1..)?;
    let line = String::from_utf8_lossy(line);
    if line.ends_with(" missing") || line.ends_with(" ambiguous") {
        return Some((None, rest));
    }
    let mut words = line.split(' ');
    let id = Oid::parse(words.next()?)?;
    let kind = words.next()?.to_owned();
    let size: usize = words.next()?.parse().ok()?;
    let data = rest.get(..size)?.to_owned();
    Some((Some(Object { id, kind, data }), rest.get(size + 1..)?))
}

/// The entries `git ls-tree -z` printed.
fn parse_entries(output: &[u8]) -> Result<Vec<TreeEntry>, RepoError> {
    let entry = |record: &[u8]| {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let head = std::str::from_utf8(record.get(..tab)?).ok()?;
        let mut words = head.split(' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let oid = Oid::parse(words.nth(1)?)?;
        Some(TreeEntry {
            path: RepoPath::new(record.get(tab + 1..)?),
            oid,
            mode,
            kind: EntryKind::of(mode),
        })
    };
    git::parts(output)
        .map(|record| {
            entry(record).ok_or_else(|| RepoError::Git {
                command: "git ls-tree".to_owned(),
                detail: format!("`{}` was not understood", record.escape_ascii()),
            })
        })
        .collect()
}

/// The folder of a path, empty at the root.
fn folder_of(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    path.get(..slash).unwrap_or_default()
}

/// `target` as seen from `folder`, without `.` and `..`; `None` where it leads outside.
fn join(folder: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    if target.first() == Some(&b'/') {
        return None;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let both = folder
        .split(|&b| b == b'/')
        .chain(target.split(|&b| b == b'/'));
    for part in both {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join(&b'/'))
}
