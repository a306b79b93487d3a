//! What the folders of a working tree were found to hold, kept from run to run: a folder
//! whose times are the same holds the same names, and need not be listed again.
//!
//! Relied on only where the file system is known to keep such times.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::Path;

use super::stat::Stat;
use crate::disk::{self, Step};

/// File systems whose folders change their times whenever a name comes or goes, by their
/// numbers (`linux/magic.h`; that of zfs is its own): ext4, xfs, btrfs, f2fs, zfs, tmpfs and
/// overlay. ext2 and ext3 go by the number of ext4; their times have whole seconds, and are
/// not relied on.
#[cfg(target_os = "linux")]
const TRUSTED: [u32; 7] = [
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0xf2f5_2010,
    0x2fc1_2fc1,
    0x0102_1994,
    0x794c_7630,
];

/// A time by the clock that file systems take theirs from, in seconds and nanoseconds. It goes
/// in steps, and on a busy machine behind the system's by more than one of them.
pub(super) type Tick = (i64, i64);

/// The time now, exactly: what was written before has no later time, by whichever clock. None
/// where folders are not relied on.
#[cfg(target_os = "linux")]
pub(super) fn now() -> Option<Tick> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Some((now.tv_sec, now.tv_nsec))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn now() -> Option<Tick> {
    None
}

/// The time now, by that clock; none where there is no such clock.
#[cfg(target_os = "linux")]
fn tick() -> Option<Tick> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    Some((now.tv_sec, now.tv_nsec))
}

#[cfg(not(target_os = "linux"))]
fn tick() -> Option<Tick> {
    None
}

/// What is known of all folders, by their paths from the root, each with a `/` at its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folders {
    all: HashMap<Vec<u8>, Known>,
    /// From before any of them was looked at now.
    pub(super) tick: Tick,
}

/// A name that is not tracked, and whether it is a folder.
pub(super) type Other = (Vec<u8>, bool);

/// What is known of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its inode, and its times of change of content and of itself.
    stamp: [i64; 5],
    /// The names in it that were tracked, all of which were there, as one number.
    tracked: u64,
    /// The other names, and which of them are folders.
    pub(super) strangers: Vec<Other>,
}

impl Known {
    /// What a folder holds that is like this; `None` where that may change unseen. `stat` is
    /// from before it was listed, and `tick` from before that.
    pub(super) fn new(
        stat: &Stat,
        tick: Tick,
        tracked: u64,
        strangers: Vec<Other>,
    ) -> Option<Self> {
        let (modified, changed) = (stat.modified, stat.changed);
        // Whole seconds: the disk may not keep more of a time.
        let is_exact = modified.1 != 0 && changed.1 != 0;
        // What changes it after the tick has that time or a later one.
        (is_exact && modified < tick && changed < tick).then(|| Self {
            stamp: stamp(stat),
            tracked,
            strangers,
        })
    }

    /// Whether the folder still holds just that, with the same names tracked.
    pub(super) fn holds(&self, stat: &Stat, tracked: u64) -> bool {
        stat.is_dir() && self.stamp == stamp(stat) && self.tracked == tracked
    }
}

fn stamp(stat: &Stat) -> [i64; 5] {
    let (modified, changed) = (stat.modified, stat.changed);
    [
        stat.inode.cast_signed(),
        modified.0,
        modified.1,
        changed.0,
        changed.1,
    ]
}

/// Names, in order, as one number.
pub(super) fn digest<'a>(names: impl Iterator<Item = &'a [u8]>) -> u64 {
    // Its outcome may be another with another compiler; then all is looked at once more.
    let mut hasher = DefaultHasher::new();
    for name in names {
        hasher.write(name);
        hasher.write_u8(0);
    }
    hasher.finish()
}

impl Folders {
    /// Reads what was kept in `file` of the tree at `root`; nothing where its times are not
    /// to be relied on.
    pub(super) fn load(file: &Path, root: &Path) -> Option<Self> {
        let tick = tick().filter(|_| is_trusted(root))?;
        let all = parse(&std::fs::read(file).unwrap_or_default());
        Some(Self {
            all: all.unwrap_or_default(),
            tick,
        })
    }

    /// Keeps it for the next run; where that fails, that one takes longer.
    pub(super) fn save(&self, file: &Path) {
        let mut bytes = Vec::new();
        for (path, known) in &self.all {
            bytes.extend_from_slice(path);
            bytes.push(0);
            for number in known.stamp {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            bytes.extend_from_slice(&known.tracked.to_be_bytes());
            for (name, folder) in &known.strangers {
                bytes.push(if *folder { b'd' } else { b'f' });
                bytes.extend_from_slice(name);
                bytes.push(0);
            }
            bytes.push(0);
        }
        drop(disk::write_lightly(Step::FolderNotes, file, &bytes));
    }

    pub(super) fn get(&self, path: &[u8]) -> Option<&Known> {
        self.all.get(path)
    }

    /// Takes in what was learned of some of all `count` folders. Says whether it is another
    /// than before.
    pub(super) fn renew(
        &mut self,
        learned: impl Iterator<Item = (Vec<u8>, Option<Known>)>,
        count: usize,
    ) -> bool {
        let mut renewed = false;
        for (path, known) in learned {
            renewed |= match known {
                Some(known) => {
                    self.all.insert(path, known);
                    true
                }
                None => self.all.remove(&path).is_some(),
            };
        }
        // Folders that are gone are forgotten when they have become many.
        if self.all.len() > 2 * count + 64 {
            self.all.clear();
            renewed = true;
        }
        renewed
    }
}

/// Reads what [`Folders::save`] wrote.
fn parse(mut bytes: &[u8]) -> Option<HashMap<Vec<u8>, Known>> {
    let mut all = HashMap::new();
    while !bytes.is_empty() {
        let path = until_nul(&mut bytes)?;
        let mut number = || {
            let (first, rest) = bytes.split_first_chunk::<8>()?;
            bytes = rest;
            Some(*first)
        };
        let mut stamp = [0; 5];
        for part in &mut stamp {
            *part = i64::from_be_bytes(number()?);
        }
        let tracked = u64::from_be_bytes(number()?);
        let mut strangers = Vec::new();
        while let Some((kind, name)) = until_nul(&mut bytes)?.split_first() {
            strangers.push((name.to_vec(), *kind == b'd'));
        }
        let known = Known {
            stamp,
            tracked,
            strangers,
        };
        all.insert(path.to_vec(), known);
    }
    Some(all)
}

fn until_nul<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (part, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    *bytes = rest;
    Some(part)
}

/// Whether `root` lies on a file system of which much is known. Elsewhere, such as on one
/// shared by a network, a clock may be another's.
#[cfg(target_os = "linux")]
fn is_trusted(root: &Path) -> bool {
    let kind = rustix::fs::statfs(root).map(|stat| u32::try_from(stat.f_type));
    matches!(kind, Ok(Ok(kind)) if TRUSTED.contains(&kind))
}

#[cfg(not(target_os = "linux"))]
fn is_trusted(_root: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a folder of the test's own")]
    fn a_folder_that_may_change_again_within_its_tick_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let stat = Stat::from(std::fs::metadata(folder.path()).unwrap());
        let last = stat.modified.max(stat.changed);
        let known = |tick| Known::new(&stat, tick, 0, Vec::new()).is_some();
        assert!(!known(last));
        assert!(known((last.0, last.1 + 1)));
    }
}
