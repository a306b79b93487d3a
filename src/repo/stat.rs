//! What the system says of a file. To look at a working tree is to ask this of every file in
//! it, so it is asked with as few names to be looked up on the way as may be.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(super) use place::Place;

/// What the system says of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stat {
    /// Kind and permissions.
    pub(super) mode: u32,
    pub(super) inode: u64,
    pub(super) user: u32,
    pub(super) group: u32,
    /// In bytes.
    pub(super) size: u64,
    /// When its content changed, in seconds and nanoseconds.
    pub(super) modified: (i64, i64),
    /// When anything of it changed.
    pub(super) changed: (i64, i64),
}

impl Stat {
    /// Of the file at a path; a link is not followed.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        std::fs::symlink_metadata(path).map(Self::from)
    }

    fn is(&self, kind: u32) -> bool {
        self.mode & 0o170_000 == kind
    }

    pub(super) fn is_dir(&self) -> bool {
        self.is(0o040_000)
    }

    pub(super) fn is_link(&self) -> bool {
        self.is(0o120_000)
    }

    pub(super) fn is_file(&self) -> bool {
        self.is(0o100_000)
    }
}

impl From<Metadata> for Stat {
    fn from(meta: Metadata) -> Self {
        Self {
            mode: meta.mode(),
            inode: meta.ino(),
            user: meta.uid(),
            group: meta.gid(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

#[cfg(target_os = "linux")]
mod place {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags, open, openat, statx};

    use super::Stat;

    const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// A folder, held: what lies in it is found from there.
    #[derive(Debug)]
    pub(in super::super) struct Place(OwnedFd);

    impl Place {
        pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(open(path, FOLDER, Mode::empty())?))
        }

        /// A folder within it.
        pub(in super::super) fn within(&self, path: &[u8]) -> io::Result<Self> {
            Ok(Self(openat(&self.0, path, FOLDER, Mode::empty())?))
        }

        /// What lies at a path within it; a link is not followed.
        pub(in super::super) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            let found = statx(&self.0, path, flags, StatxFlags::BASIC_STATS)?;
            Ok(Stat {
                mode: found.stx_mode.into(),
                inode: found.stx_ino,
                user: found.stx_uid,
                group: found.stx_gid,
                size: found.stx_size,
                modified: (found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec.into()),
                changed: (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec.into()),
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod place {
    use std::ffi::OsStr;
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    use super::Stat;

    /// A folder: what lies in it is found from there.
    #[derive(Debug)]
    pub(in super::super) struct Place(PathBuf);

    impl Place {
        pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(path.to_owned()))
        }

        /// A folder within it.
        pub(in super::super) fn within(&self, path: &[u8]) -> io::Result<Self> {
            Self::open(&self.0.join(OsStr::from_bytes(path)))
        }

        /// What lies at a path within it; a link is not followed.
        pub(in super::super) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
            let path = self.0.join(OsStr::from_bytes(path));
            std::fs::symlink_metadata(path).map(Stat::from)
        }
    }
}
