//! What is noted of a checkout when it was brought to a tree.

use std::fs;
use std::path::Path;

use super::super::git::Site;
use super::super::index::Stamp;
use super::super::{Oid, RepoError, boot, files};
use crate::disk::{self, Step};

/// What is known of a checkout from when it was brought to a tree.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) tree: Oid,
    /// Which version of the index is that tree, so that git need not be asked.
    pub(super) index: Stamp,
    /// The start of the system in which this was.
    boot: String,
}

impl Note {
    /// What was noted last.
    pub(super) fn read(shadow: &Path) -> Option<Self> {
        let text = fs::read_to_string(shadow.join("at")).ok()?;
        let mut words = text.splitn(3, ' ');
        Some(Self {
            tree: Oid::parse(words.next()?)?,
            boot: words.next()?.to_owned(),
            index: Stamp::parse(words.next()?)?,
        })
    }

    /// Notes that the checkout was brought to a tree.
    pub(super) fn write(shadow: &Path, site: &Site, tree: &Oid) -> Result<(), RepoError> {
        let (Some(stamp), Some(boot)) = (Stamp::of(&site.index), boot::id()) else {
            return Ok(());
        };
        let (file, text) = (shadow.join("at"), format!("{tree} {boot} {stamp}"));
        disk::write(Step::ShadowNote, &file, text.as_bytes()).map_err(|e| files("write", &file, &e))
    }

    /// Whether the system was not started since.
    pub(super) fn is_of_this_boot(&self) -> bool {
        boot::id().as_ref() == Some(&self.boot)
    }
}
