//! An index in which a few files are others, made of the one that was read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use sha2::Digest as _;

use super::{Index, STAT};

/// A file that was written anew.
pub(in crate::repo) struct Written {
    /// Its number in the index.
    pub(in crate::repo) at: usize,
    /// As git has it, such as `0o100644`.
    pub(in crate::repo) mode: u32,
    /// The id of its content, raw.
    pub(in crate::repo) id: Vec<u8>,
    /// What the system says of it.
    pub(in crate::repo) meta: Metadata,
}

impl Index {
    /// The bytes of an index that differs from this one in these files alone; `None` where one
    /// of them is not in it. What git may add to an index to be quicker is left out, but for
    /// the trees it has noted.
    pub(in crate::repo) fn with(&self, files: &[Written]) -> Option<Vec<u8>> {
        let mut bytes = self.bytes.get(..self.entries_end)?.to_vec();
        let mut names = Vec::new();
        for file in files {
            let at = self.entries.get(file.at)?.at;
            names.push(self.get(file.at)?.name());
            let meta = &file.meta;
            // The lower half of each is what git keeps.
            let words = [
                meta.ctime().cast_unsigned(),
                meta.ctime_nsec().cast_unsigned(),
                meta.mtime().cast_unsigned(),
                meta.mtime_nsec().cast_unsigned(),
                meta.dev(),
                meta.ino(),
                file.mode.into(),
                meta.uid().into(),
                meta.gid().into(),
                meta.size(),
            ];
            let words = words.into_iter().flat_map(|word| {
                let [.., a, b, c, d] = word.to_be_bytes();
                [a, b, c, d]
            });
            let entry: Vec<u8> = words.chain(file.id.iter().copied()).collect();
            debug_assert_eq!(entry.len(), STAT + super::id_len(self.format));
            bytes.get_mut(at..at + entry.len())?.copy_from_slice(&entry);
        }
        if let Some(noted) = &self.noted {
            let trees = noted.without(&names);
            bytes.extend_from_slice(b"TREE");
            bytes.extend_from_slice(&u32::try_from(trees.len()).ok()?.to_be_bytes());
            bytes.extend_from_slice(&trees);
        }
        match self.format {
            git2::ObjectFormat::Sha256 => bytes.extend(sha2::Sha256::digest(&bytes).to_vec()),
            _ => bytes.extend(sha1::Sha1::digest(&bytes).to_vec()),
        }
        Some(bytes)
    }
}
