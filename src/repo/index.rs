//! The index file, read without git: what is staged, and what each file was like then.
//!
//! Only what git itself could not say more cheaply is read, and an index of an unusual
//! make (split, sparse, of a later version) is not read at all: git is asked instead.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use super::stat::Stat;
use super::trees::Noted;
use super::{Oid, RepoPath};

/// How long an entry is before its id.
const STAT: usize = 40;

/// A version of an index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The version that lies at `path` now.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::from(&meta))
    }

    /// Reads what [`fmt::Display`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let stamp = Self {
            inode: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            modified: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            changed: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
        };
        words.next().is_none().then_some(stamp)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((m, mn), (c, cn)) = (self.modified, self.changed);
        write!(f, "{} {} {m} {mn} {c} {cn}", self.inode, self.size)
    }
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(meta: &std::fs::Metadata) -> Self {
        Self {
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// An index in memory.
#[derive(Debug)]
pub(super) struct Index {
    stamp: Stamp,
    bytes: Vec<u8>,
    format: git2::ObjectFormat,
    names: Vec<u8>,
    entries: Vec<Entry>,
    noted: Option<Noted>,
    /// The tree of all that is staged, once it is known.
    tree: OnceLock<Oid>,
    unmerged: bool,
}

/// Where an entry stands, and what of it is not of fixed place.
#[derive(Debug)]
struct Entry {
    at: usize,
    name: Range<usize>,
    flags: u16,
    more: u16,
}

/// An entry of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Staged<'a> {
    index: &'a Index,
    entry: &'a Entry,
}

impl Index {
    /// Reads the index at `path`; `None` where there is none or it is not of a usual make.
    pub(super) fn read(path: &Path, format: git2::ObjectFormat) -> Option<Self> {
        // Stamp and bytes are of one file even when git puts another in its place meanwhile.
        let mut file = File::open(path).ok()?;
        let stamp = Stamp::from(&file.metadata().ok()?);
        let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        Self::parse(bytes, stamp, format)
    }

    fn parse(bytes: Vec<u8>, stamp: Stamp, format: git2::ObjectFormat) -> Option<Self> {
        let id = id_len(format);
        let end = bytes.len().checked_sub(id)?;
        let version = u32_at(&bytes, 4)?;
        if bytes.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
            return None;
        }
        let count = usize::try_from(u32_at(&bytes, 8)?).ok()?;
        let mut index = Self {
            stamp,
            format,
            // An entry takes more room than its name.
            names: Vec::with_capacity(bytes.len() / 2),
            entries: Vec::with_capacity(count.min(bytes.len() / STAT)),
            noted: None,
            tree: OnceLock::new(),
            unmerged: false,
            bytes: Vec::new(),
        };
        let mut at = 12;
        for _ in 0..count {
            at = index.entry(bytes.get(..end)?, at, version)?;
        }
        // What is optional has a name in capitals; what is not, changes the meaning of all.
        while at < end {
            let name = bytes.get(at..at + 4)?;
            if !name.first()?.is_ascii_uppercase() {
                return None;
            }
            let size = usize::try_from(u32_at(&bytes, at + 4)?).ok()?;
            let body = bytes.get(at + 8..at.checked_add(8)?.checked_add(size)?)?;
            if name == b"TREE" {
                index.noted = Noted::parse(body, id);
            }
            at += 8 + size;
        }
        if let Some(whole) = index.noted.as_ref().and_then(Noted::whole) {
            index.tree = Oid::from_raw(whole).into();
        }
        index.bytes = bytes;
        (at == end).then_some(index)
    }

    /// Reads the entry at `at`; gives where the next one stands.
    fn entry(&mut self, bytes: &[u8], at: usize, version: u32) -> Option<usize> {
        let flags_at = at + STAT + id_len(self.format);
        let flags = u16_at(bytes, flags_at)?;
        let mut next = flags_at + 2;
        let mut more = 0;
        if flags & 0x4000 != 0 {
            more = u16_at(bytes, next)?;
            next += 2;
            // Bits that nobody has a meaning for yet.
            if version < 3 || more & 0x9fff != 0 {
                return None;
            }
        }
        let from = self.names.len();
        if version == 4 {
            let (cut, used) = varint(bytes.get(next..)?)?;
            next += used;
            let before = self.entries.last().map_or(0..0, |last| last.name.clone());
            let kept = before.len().checked_sub(cut)?;
            self.names
                .extend_from_within(before.start..before.start + kept);
        }
        let rest = bytes.get(next..)?;
        let length = rest.iter().position(|&byte| byte == 0)?;
        self.names.extend_from_slice(rest.get(..length)?);
        next += length + 1;
        if version < 4 {
            // Filled up with NULs to a multiple of eight.
            next = at + (next - at).next_multiple_of(8);
        }
        let name = from..self.names.len();
        if let Some(last) = self.entries.last() {
            let (old, new) = (
                self.names.get(last.name.clone())?,
                self.names.get(name.clone())?,
            );
            if old > new {
                return None;
            }
        }
        self.unmerged |= flags & 0x3000 != 0;
        self.entries.push(Entry {
            at,
            name,
            flags,
            more,
        });
        Some(next)
    }

    /// Which version of the file was read.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The tree of all that is staged, where git has noted it or it was made since.
    pub(super) fn tree(&self) -> Option<&Oid> {
        self.tree.get()
    }

    /// Has the tree of all that is staged known.
    pub(super) fn know(&self, tree: &Oid) {
        self.tree.get_or_init(|| tree.clone());
    }

    /// The trees that git has noted.
    pub(super) fn noted(&self) -> Option<&Noted> {
        self.noted.as_ref()
    }

    /// Whether there is an entry of this number, and it lies in a folder.
    pub(super) fn lies_in(&self, prefix: &[u8], at: usize) -> bool {
        self.get(at)
            .is_some_and(|entry| entry.name().starts_with(prefix))
    }

    /// Whether it holds paths of an unfinished merge.
    pub(super) fn is_unmerged(&self) -> bool {
        self.unmerged
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, sorted by path.
    pub(super) fn entries(&self) -> impl Iterator<Item = Staged<'_>> {
        self.entries
            .iter()
            .map(|entry| Staged { index: self, entry })
    }

    /// The entry of this number.
    pub(super) fn get(&self, at: usize) -> Option<Staged<'_>> {
        self.entries
            .get(at)
            .map(|entry| Staged { index: self, entry })
    }

    /// The number of the entry of this name.
    pub(super) fn position(&self, name: &[u8]) -> Option<usize> {
        let at = self.first_after(0..self.len(), |other| other < name);
        self.get(at)
            .filter(|entry| entry.name() == name)
            .map(|_| at)
    }

    /// The first of a range of entries whose name is no longer `before`.
    pub(super) fn first_after(&self, range: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        let entries = self.entries.get(range.clone()).unwrap_or_default();
        let name = |entry: &Entry| self.names.get(entry.name.clone()).unwrap_or_default();
        range.start + entries.partition_point(|entry| before(name(entry)))
    }
}

impl<'a> Staged<'a> {
    /// The path, as bytes.
    pub(super) fn name(self) -> &'a [u8] {
        let name = self.index.names.get(self.entry.name.clone());
        name.unwrap_or_default()
    }

    /// The path.
    pub(super) fn path(self) -> RepoPath {
        RepoPath::new(self.name())
    }

    fn word(self, number: usize) -> u32 {
        u32_at(&self.index.bytes, self.entry.at + 4 * number).unwrap_or_default()
    }

    /// The mode as git has it, such as `0o100644`.
    pub(super) fn mode(self) -> u32 {
        self.word(6)
    }

    /// The kind of its id.
    pub(super) fn format(self) -> git2::ObjectFormat {
        self.index.format
    }

    /// The id of the content.
    pub(super) fn id(self) -> &'a [u8] {
        let at = self.entry.at + STAT;
        let bytes = self.index.bytes.get(at..at + id_len(self.index.format));
        bytes.unwrap_or_default()
    }

    /// The size that the file had; 0 also where git did not want to rely on what it saw.
    pub(super) fn size(self) -> u32 {
        self.word(9)
    }

    /// Whether the file is as it was when git last looked at it, by all that the system
    /// says of it. Where it was written as late as the index itself, that proves nothing.
    pub(super) fn is_like(self, stat: &Stat) -> bool {
        let same = |number: usize, value: u64| u64::from(self.word(number)) == value & 0xffff_ffff;
        let time = |number: usize, (seconds, nanos): (i64, i64)| {
            same(number, seconds.cast_unsigned()) && same(number + 1, nanos.cast_unsigned())
        };
        time(0, stat.changed)
            && time(2, stat.modified)
            && same(5, stat.inode)
            && same(7, stat.user.into())
            && same(8, stat.group.into())
            && same(9, stat.size)
            && stat.modified < self.index.stamp.modified
            // Git writes 0 to look again next time.
            && stat.size != 0
    }

    /// Whether git was told not to look at the file (`--assume-unchanged`).
    pub(super) fn is_assumed(self) -> bool {
        self.entry.flags & 0x8000 != 0
    }

    /// Whether the file need not be there (`--skip-worktree`, a sparse checkout).
    pub(super) fn is_skipped(self) -> bool {
        self.entry.more & 0x4000 != 0
    }

    /// Whether only the intent to add it is noted.
    pub(super) fn is_intended(self) -> bool {
        self.entry.more & 0x2000 != 0
    }
}

fn id_len(format: git2::ObjectFormat) -> usize {
    match format {
        git2::ObjectFormat::Sha256 => 32,
        _ => 20,
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let word = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(word.try_into().ok()?))
}

/// A number in git's own variable length, and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (at, &byte) in bytes.iter().enumerate() {
        if at > 0 {
            value = value.checked_add(1)?;
        }
        value = value
            .checked_mul(128)?
            .checked_add(usize::from(byte & 127))?;
        if byte & 128 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}
