//! A journal of what refs are about to move, so that a move cut short is made whole.
//!
//! Git moves the refs of a transaction one after the other. Killed on the way (with us, by
//! whoever ends a whole group or container), it leaves some moved, some not, and its lock
//! files, which stop every other git. So what is to move is written down before, in a file
//! that is locked as long as we or our git live: git inherits the lock. A journal that
//! nobody holds is one cut short; whoever comes next removes the locks and, if any ref had
//! moved, moves the rest. A seal is then whole, as it was green, or never was.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::ledger::move_ref;
use super::{Oid, RepoError, Repository, files};
use crate::disk::{self, Step};

/// How old a lock file without content must be to be nobody's any more: git keeps one for
/// less than a thousandth of that.
const STALE: Duration = Duration::from_secs(1);

/// How long the end of another's move is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last line of a whole journal.
const END: &str = "end";

/// What a ref is to be moved from and to; none is: not there.
#[derive(Debug, PartialEq, Eq)]
struct Move {
    reference: String,
    old: Option<Oid>,
    new: Option<Oid>,
}

/// A journal under way. One that is dropped before its end counts as cut short.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    moves: Vec<Move>,
    _held: File,
}

impl Journal {
    /// Writes down, in gate's own folder, what these orders (as `git update-ref --stdin -z`
    /// takes them) are about to move.
    pub(super) fn begin(own: &Path, orders: &str) -> Result<Self, RepoError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = own.join("moving");
        disk::create_folders(Step::JournalFolder, &folder)
            .map_err(|error| files("create", &folder, &error))?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{count}", std::process::id()));
        let moves = moves(orders);
        let held = write(&path, &moves).map_err(|error| files("write", &path, &error))?;
        Ok(Self {
            path,
            moves,
            _held: held,
        })
    }

    /// All has moved, or nothing.
    pub(super) fn end(self) {
        drop(disk::remove(Step::JournalGone, &self.path));
    }
}

impl Repository {
    /// Has `act` move refs by these orders. Where git dies half-way, the rest is moved all
    /// the same.
    pub(super) fn moving(
        &self,
        orders: &str,
        act: impl FnOnce() -> Result<(), RepoError>,
    ) -> Result<(), RepoError> {
        let journal = Journal::begin(&self.own_dir()?, orders)?;
        let result = act();
        let whole = match &result {
            // A git that fails removes its locks itself, and has moved nothing.
            Err(RepoError::GitEnded { .. }) => self.make_whole(&journal.path, &journal.moves)?,
            _ => false,
        };
        journal.end();
        if whole { Ok(()) } else { result }
    }

    /// Makes whole every move that was cut short.
    pub(super) fn settle(&self) -> Result<(), RepoError> {
        let Ok(entries) = std::fs::read_dir(self.git_dir().join("gate/moving")) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(text) = cut_short(&path) else {
                continue;
            };
            // One that is not whole was never acted on.
            if let Some(moves) = parse(&text) {
                self.make_whole(&path, &moves)?;
            }
            drop(disk::remove(Step::JournalGone, &path));
        }
        Ok(())
    }

    /// Removes the locks that git left, and moves what it had not moved, if it had moved
    /// anything. Says whether all is moved.
    fn make_whole(&self, journal: &Path, moves: &[Move]) -> Result<bool, RepoError> {
        self.unlock(journal, moves);
        let mut left = Vec::new();
        for one in moves {
            if self.reference(&one.reference)? != one.new {
                left.push(one);
            }
        }
        if left.is_empty() || left.len() == moves.len() {
            return Ok(left.is_empty());
        }
        let mut orders = String::new();
        for one in left {
            match &one.new {
                Some(new) => orders.push_str(&move_ref(&one.reference, new, one.old.as_ref())),
                None => orders.push_str(&format!("delete {}\0\0", one.reference)),
            }
        }
        let call = self.git().args(["update-ref", "--stdin", "-z"]);
        let call = call.stdin(format!("start\0{orders}prepare\0commit\0"));
        call.writing(Step::MadeWhole).run()?;
        Ok(true)
    }

    /// Removes the lock files of a git that is gone.
    fn unlock(&self, journal: &Path, moves: &[Move]) {
        let Ok(since) = std::fs::metadata(journal).and_then(|meta| meta.modified()) else {
            return;
        };
        for one in moves {
            let mut path = self.common_dir.join(&one.reference).into_os_string();
            path.push(".lock");
            remove_lock(Path::new(&path), one.new.as_ref(), since);
        }
        remove_lock(&self.git_dir().join("HEAD.lock"), None, since);
        remove_lock(&self.common_dir.join("packed-refs.lock"), None, since);
    }
}

/// Removes a lock file if it is of a git that is gone: if it holds the id that was to be
/// written, or nothing, made after the journal and not a moment ago.
fn remove_lock(path: &Path, new: Option<&Oid>, since: SystemTime) {
    let Ok(content) = std::fs::read(path) else {
        return;
    };
    let ours = Oid::parse_bytes(&content);
    if ours.is_some() && ours.as_ref() == new {
        drop(disk::remove(Step::StaleLock, path));
        return;
    }
    let made = || std::fs::metadata(path).and_then(|meta| meta.modified());
    let Ok(time) = made() else {
        return;
    };
    if !content.is_empty() || time < since {
        return;
    }
    // Its owner may be another git that has just begun: then it is soon gone or written.
    let age = time.elapsed().unwrap_or_default();
    std::thread::sleep(STALE.saturating_sub(age));
    let same = made().is_ok_and(|now| now == time);
    if same && std::fs::read(path).is_ok_and(|content| content.is_empty()) {
        drop(disk::remove(Step::StaleLock, path));
    }
}

/// The text of a journal that nobody holds any more.
fn cut_short(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let until = Instant::now() + PATIENCE;
    while file.try_lock().is_err() {
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // Where it was done with meanwhile, its file is gone.
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    path.exists().then_some(text)
}

/// Writes a journal, locked for us and for every git we start until it is dropped.
fn write(path: &Path, moves: &[Move]) -> std::io::Result<File> {
    let id = |id: &Option<Oid>| id.as_ref().map_or("-".to_owned(), Oid::to_string);
    let mut text = String::new();
    for Move {
        reference,
        old,
        new,
    } in moves
    {
        text.push_str(&format!("{reference} {} {}\n", id(old), id(new)));
    }
    text.push_str(END);
    let mut file = disk::open(Step::Journal, path)?;
    file.lock()?;
    disk::step(Step::JournalText, || {
        file.write_all(text.as_bytes())?;
        // One ref moves or does not; of several, some may have moved when the power fails.
        match moves {
            [] | [_] => Ok(()),
            _ => disk::outlives(&file, path),
        }
    })?;
    // Another process that happens to hold it too only looks as if it were under way.
    disk::inherit(&file)?;
    Ok(file)
}

/// The moves of a whole journal.
fn parse(text: &str) -> Option<Vec<Move>> {
    let id = |word: &str| match word {
        "-" => Some(None),
        id => Oid::parse(id).map(Some),
    };
    text.strip_suffix(END)?
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            Some(Move {
                reference: words.next()?.to_owned(),
                old: id(words.next()?)?,
                new: id(words.next()?)?,
            })
        })
        .collect()
}

/// What orders of `git update-ref --stdin -z` move. What they only verify stays.
fn moves(orders: &str) -> Vec<Move> {
    let mut moves = Vec::new();
    let mut parts = orders.split('\0');
    while let Some(part) = parts.next() {
        let Some((order, reference)) = part.split_once(' ') else {
            continue;
        };
        let mut id = || parts.next().and_then(Oid::parse);
        let (new, old) = match order {
            "update" => (id(), id()),
            "create" => (id(), None),
            "delete" => (None, id()),
            _ => {
                id();
                continue;
            }
        };
        moves.push(Move {
            reference: reference.to_owned(),
            old,
            new,
        });
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a folder of the test's own")]
    fn orders_are_read_and_a_journal_is_read_back() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let orders = format!(
            "update refs/heads/main\0{b}\0{a}\0verify refs/heads/x\0{a}\0create refs/tags/v\0{a}\0delete refs/y\0{a}\0"
        );
        let read = moves(&orders);
        let shown: Vec<String> = read
            .iter()
            .map(|one| {
                let name = |id: &Option<Oid>| {
                    id.as_ref()
                        .map_or("-".to_owned(), |id| id.as_str()[..1].to_owned())
                };
                format!("{} {} {}", one.reference, name(&one.old), name(&one.new))
            })
            .collect();
        assert_eq!(
            shown,
            ["refs/heads/main a b", "refs/tags/v - a", "refs/y a -"]
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-0");
        drop(write(&path, &read).unwrap());
        let text = cut_short(&path).unwrap();
        assert_eq!(parse(&text), Some(read));
        assert_eq!(parse(&text[..text.len() - 1]), None);
    }
}
