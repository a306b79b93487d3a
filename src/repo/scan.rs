//! A working tree held against an index, without git: what is surely the same, what is
//! surely not, and what git has to be asked about.

use std::io;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::RepoPath;
use super::folders::{Folders, Known, Other, digest};
use super::git::{Site, os};
use super::index::{Index, Staged};
use super::stat::{Place, Stat};

/// From how many files on a second thread is worth its start.
const MANY: usize = 2_000;

/// How many threads look at most; more would only wait for the disk.
const THREADS: usize = 4;

/// From how many files on it pays to hold their folder.
const FILES: usize = 3;

/// The largest file whose content is compared here.
const LARGE: u64 = 8 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Tracked paths that are surely not as staged.
    pub(super) changed: Vec<RepoPath>,
    /// Tracked paths that git has to compare: by its settings and filters they may be as
    /// staged though they look otherwise.
    pub(super) doubtful: Vec<RepoPath>,
    /// Tracked paths that git was told not to look at.
    pub(super) hidden: Vec<RepoPath>,
    /// What is not tracked, the outermost of each.
    pub(super) strangers: Vec<Stranger>,
    /// What is known now of the folders that had to be listed, if anything.
    listed: Vec<(Vec<u8>, Option<Known>)>,
    /// How many folders there are.
    folders: usize,
}

/// Something that is not tracked.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stranger {
    pub(super) path: RepoPath,
    /// Whether it is a folder.
    pub(super) folder: bool,
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// At every file.
    Files,
    /// At every folder, whether it still holds the names that it held, and at the files of
    /// those that do not: a file that was written in place is not noticed.
    Names,
}

/// Looks at the tracked files of the working tree, and at what lies beside them. Where the file
/// system may know a file by another spelling of its name (`folds_names`), one that is not
/// found may yet be there.
///
/// # Errors
/// Where a folder cannot be read, or goes away meanwhile.
pub(super) fn look(
    site: &Site,
    index: &Index,
    depth: Depth,
    folds_names: bool,
) -> io::Result<Found> {
    let known = Folders::load(&site.folders, &site.work_tree);
    let place = Place::open(&site.work_tree)?;
    let tree = Tree {
        root: &site.work_tree,
        place: &place,
        index,
        known: known.as_ref(),
        depth,
    };
    let pool = Pool::new(Folder {
        prefix: Vec::new(),
        entries: 0..index.len(),
    });
    let threads = match index.len() {
        0..MANY => 1,
        _ => std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS)),
    };
    let work = || {
        let mut found = Found::default();
        pool.work(|folder, open| found.folder(&tree, folder, open));
        found
    };
    let mut all = std::thread::scope(|scope| {
        // With fewer threads it only takes longer.
        let other = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).map_while(other).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(found) => all.append(found),
                Err(_) => return Err(io::Error::other("a thread panicked")),
            }
        }
        Ok(all)
    })?;
    if let Some(error) = pool.lock().error.take() {
        return Err(error);
    }
    if let Some(mut known) = known
        && known.renew(all.listed.drain(..), all.folders)
    {
        known.save(&site.folders);
    }
    let hidden = |entry: &Staged<'_>| entry.is_assumed() || entry.is_skipped();
    all.hidden = index.entries().filter(hidden).map(Staged::path).collect();
    if folds_names {
        all.doubtful.append(&mut all.changed);
    }
    all.changed.sort();
    all.doubtful.sort();
    all.strangers.sort();
    Ok(all)
}

/// Looks at these tracked files alone.
///
/// # Errors
/// Where one cannot be looked at.
pub(super) fn look_at(
    site: &Site,
    index: &Index,
    paths: &[RepoPath],
    folds_names: bool,
) -> io::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let Some(at) = index.position(path.as_bytes()) else {
            continue;
        };
        let Some(staged) = index.get(at) else {
            continue;
        };
        let stat = || Stat::of(&site.work_tree.join(path.as_path()));
        match found.file(staged, &site.work_tree, stat) {
            Err(error) if is_absence(&error) => found.missing(index, at..at + 1),
            looked => looked?,
        }
    }
    if folds_names {
        found.doubtful.append(&mut found.changed);
    }
    Ok(found)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// A folder to look at, and the entries that lie below it.
struct Folder {
    prefix: Vec<u8>,
    entries: Range<usize>,
}

impl Folder {
    /// Its path from the root.
    fn place(&self) -> &[u8] {
        match self.prefix.as_slice() {
            [] => b".",
            prefix => prefix,
        }
    }

    fn path(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_slice(), name].concat()
    }

    fn inner(&self, name: &[u8], entries: Range<usize>) -> Self {
        Self {
            prefix: [self.prefix.as_slice(), name, b"/"].concat(),
            entries,
        }
    }
}

/// The folders that are still to be looked at, as far as they are not one thread's own.
struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    /// How many threads have nothing to do.
    idle: AtomicUsize,
}

struct State {
    open: Vec<Folder>,
    /// How many threads may yet find more.
    busy: usize,
    error: Option<io::Error>,
}

impl Pool {
    fn new(first: Folder) -> Self {
        Self {
            state: Mutex::new(State {
                open: vec![first],
                busy: 0,
                error: None,
            }),
            changed: Condvar::new(),
            idle: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes folders until there are none and nobody can find more. What `look` finds is kept
    /// for oneself, and half of it is given away when somebody waits.
    fn work(&self, mut look: impl FnMut(&Folder, &mut Vec<Folder>) -> io::Result<()>) {
        while let Some(folder) = self.next() {
            let mut own = vec![folder];
            let mut result = Ok(());
            while let (Some(folder), true) = (own.pop(), result.is_ok()) {
                result = look(&folder, &mut own);
                if own.len() > 1 && self.idle.load(Ordering::Relaxed) > 0 {
                    // The older half: folders further out, with more below them.
                    let given: Vec<Folder> = own.drain(..own.len() / 2).collect();
                    self.lock().open.extend(given);
                    self.changed.notify_all();
                }
            }
            let mut state = self.lock();
            state.busy -= 1;
            if let Err(error) = result {
                state.error = Some(error);
            }
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Folder> {
        let mut state = self.lock();
        loop {
            if state.error.is_some() {
                return None;
            }
            if let Some(folder) = state.open.pop() {
                state.busy += 1;
                return Some(folder);
            }
            if state.busy == 0 {
                return None;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A working tree, its index, and what is known of its folders; none where nothing can be.
struct Tree<'a> {
    root: &'a Path,
    place: &'a Place,
    index: &'a Index,
    known: Option<&'a Folders>,
    depth: Depth,
}

/// What the index has at a name within a folder.
enum Child {
    File(usize),
    Folder(Range<usize>),
}

impl Found {
    fn append(&mut self, mut other: Self) {
        self.changed.append(&mut other.changed);
        self.doubtful.append(&mut other.doubtful);
        self.strangers.append(&mut other.strangers);
        self.listed.append(&mut other.listed);
        self.folders += other.folders;
    }

    /// Looks at one folder, and notes those in it that are to be looked at.
    fn folder(
        &mut self,
        tree: &Tree<'_>,
        folder: &Folder,
        open: &mut Vec<Folder>,
    ) -> io::Result<()> {
        let children = children(tree.index, folder);
        let Some(folders) = tree.known else {
            return self.list(tree, folder, children, open).map(drop);
        };
        self.folders += 1;
        let tracked = digest(children.iter().map(|child| child.name));
        let stat = tree.place.stat(folder.place())?;
        if let Some(known) = folders.get(&folder.prefix)
            && known.holds(&stat, tracked)
        {
            return self.recall(tree, folder, known, children, open);
        }
        let strangers = self.list(tree, folder, children, open)?;
        let known = strangers.and_then(|others| Known::new(&stat, folders.tick, tracked, others));
        self.listed.push((folder.prefix.clone(), known));
        Ok(())
    }

    /// Looks at what a folder is known to hold.
    fn recall(
        &mut self,
        tree: &Tree<'_>,
        folder: &Folder,
        known: &Known,
        children: Vec<Named<'_>>,
        open: &mut Vec<Folder>,
    ) -> io::Result<()> {
        for (name, is_folder) in &known.strangers {
            self.strangers.push(Stranger {
                path: RepoPath::new(folder.path(name)),
                folder: *is_folder,
            });
        }
        let is_file = |child: &&Named<'_>| matches!(child.child, Child::File(_));
        let own = match children.iter().filter(is_file).count() {
            _ if tree.depth == Depth::Names => None,
            0..FILES => None,
            _ => Some(tree.place.within(folder.place())?),
        };
        for child in children {
            match child.child {
                Child::Folder(entries) => open.push(folder.inner(child.name, entries)),
                Child::File(_) if tree.depth == Depth::Names => {}
                Child::File(at) => {
                    if let Some(staged) = tree.index.get(at) {
                        self.file(staged, tree.root, || match &own {
                            Some(own) => own.stat(child.name),
                            None => tree.place.stat(staged.name()),
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Lists a folder. Gives what in it is not tracked, where all that is was there.
    fn list(
        &mut self,
        tree: &Tree<'_>,
        folder: &Folder,
        mut children: Vec<Named<'_>>,
        open: &mut Vec<Folder>,
    ) -> io::Result<Option<Vec<Other>>> {
        let mut strangers = Vec::new();
        let mut as_tracked = true;
        for entry in std::fs::read_dir(tree.root.join(os(&folder.prefix)))? {
            let entry = entry?;
            let name = entry.file_name().into_vec();
            if name == b".git" {
                continue;
            }
            let at = children.binary_search_by(|child| child.name.cmp(name.as_slice()));
            let is_folder = || entry.file_type().map(|kind| kind.is_dir());
            let Some(known) = at.ok().and_then(|at| children.get_mut(at)) else {
                strangers.push((name, is_folder()?));
                continue;
            };
            known.seen = true;
            match &known.child {
                Child::Folder(entries) if is_folder()? => {
                    open.push(folder.inner(&name, entries.clone()));
                }
                Child::Folder(entries) => {
                    as_tracked = false;
                    self.missing(tree.index, entries.clone());
                    strangers.push((name, false));
                }
                Child::File(at) => {
                    if let Some(staged) = tree.index.get(*at) {
                        self.file(staged, tree.root, || entry.metadata().map(Stat::from))?;
                    }
                }
            }
        }
        for child in children.iter().filter(|child| !child.seen) {
            as_tracked = false;
            match &child.child {
                Child::File(at) => self.missing(tree.index, *at..at + 1),
                Child::Folder(entries) => self.missing(tree.index, entries.clone()),
            }
        }
        for (name, is_folder) in &strangers {
            self.strangers.push(Stranger {
                path: RepoPath::new(folder.path(name)),
                folder: *is_folder,
            });
        }
        Ok(as_tracked.then_some(strangers))
    }

    fn missing(&mut self, index: &Index, entries: Range<usize>) {
        for staged in entries.filter_map(|at| index.get(at)) {
            if staged.is_assumed() || staged.is_skipped() {
                continue;
            }
            if is_submodule(staged) || staged.is_intended() {
                self.doubtful.push(staged.path());
            } else {
                self.changed.push(staged.path());
            }
        }
    }

    /// Looks at one file, of which `stat` asks the system.
    fn file(
        &mut self,
        staged: Staged<'_>,
        root: &Path,
        stat: impl Fn() -> io::Result<Stat>,
    ) -> io::Result<()> {
        if staged.is_assumed() {
            return Ok(());
        }
        let path = || root.join(os(staged.name()));
        if is_submodule(staged) {
            let empty = stat()?.is_dir() && !path().join(".git").exists();
            if !empty {
                self.doubtful.push(staged.path());
            }
            return Ok(());
        }
        if staged.is_skipped() || staged.is_intended() {
            self.doubtful.push(staged.path());
            return Ok(());
        }
        let stat = stat()?;
        if stat.is_dir() {
            self.changed.push(staged.path());
            self.strangers.push(Stranger {
                path: staged.path(),
                folder: true,
            });
            return Ok(());
        }
        let mode = match stat.mode & 0o100 {
            _ if stat.is_link() => 0o120_000,
            _ if !stat.is_file() => 0,
            0 => 0o100_644,
            _ => 0o100_755,
        };
        if mode == staged.mode() && (staged.is_like(&stat) || has_content(staged, &path(), &stat)) {
            return Ok(());
        }
        // Git goes by the size, too, where it has noted one.
        let resized = staged.size() != 0 && u64::from(staged.size()) != stat.size & 0xffff_ffff;
        if mode == staged.mode() && resized {
            self.changed.push(staged.path());
        } else {
            self.doubtful.push(staged.path());
        }
        Ok(())
    }
}

struct Named<'a> {
    name: &'a [u8],
    child: Child,
    seen: bool,
}

/// What the index has directly in a folder, sorted by name.
fn children<'a>(index: &'a Index, folder: &Folder) -> Vec<Named<'a>> {
    let skip = folder.prefix.len();
    let mut all = Vec::new();
    let mut at = folder.entries.start;
    while at < folder.entries.end {
        let Some(rest) = index.get(at).and_then(|entry| entry.name().get(skip..)) else {
            break;
        };
        let (name, child) = match rest.iter().position(|&byte| byte == b'/') {
            None => (rest, Child::File(at)),
            Some(slash) => {
                let (name, within) = (rest.get(..slash), rest.get(..=slash));
                let within = within.unwrap_or_default();
                let end = index.first_after(at..folder.entries.end, |name| {
                    name.get(skip..)
                        .is_some_and(|rest| rest.starts_with(within))
                });
                (name.unwrap_or_default(), Child::Folder(at..end))
            }
        };
        at = match &child {
            Child::File(at) => at + 1,
            Child::Folder(entries) => entries.end,
        };
        all.push(Named {
            name,
            child,
            seen: false,
        });
    }
    all.sort_unstable_by_key(|child| child.name);
    all
}

fn is_submodule(staged: Staged<'_>) -> bool {
    staged.mode() == 0o160_000
}

/// Whether a file's bytes are just the staged ones. Where they are not, a filter may still
/// make them so.
fn has_content(staged: Staged<'_>, path: &Path, stat: &Stat) -> bool {
    if stat.size > LARGE {
        return false;
    }
    let content = if stat.is_link() {
        std::fs::read_link(path).map(|target| target.as_os_str().as_bytes().to_vec())
    } else {
        std::fs::read(path)
    };
    let Ok(content) = content else { return false };
    let format = staged.format();
    git2::Oid::hash_object_ext(git2::ObjectType::Blob, &content, format)
        .is_ok_and(|id| id.as_bytes() == staged.id())
}
