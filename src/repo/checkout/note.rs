//! What is noted of a checkout when it was brought to a tree, and when it was left.

use std::fs;
use std::path::Path;

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
    pub(super) state: State,
}

/// What the files of a checkout are known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Somebody uses it, or did until he was killed.
    Used,
    /// When it was left each was as the index says, and there were no others but ignored ones.
    Proven,
}

impl State {
    fn parse(word: &str) -> Option<Self> {
        let mut all = [Self::Used, Self::Proven].into_iter();
        all.find(|state| state.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Proven => "proven",
        }
    }
}

impl Note {
    /// What was noted last.
    pub(super) fn read(shadow: &Path) -> Option<Self> {
        let text = fs::read_to_string(shadow.join("at")).ok()?;
        let mut words = text.splitn(4, ' ');
        Some(Self {
            tree: Oid::parse(words.next()?)?,
            boot: words.next()?.to_owned(),
            state: words.next().and_then(State::parse)?,
            index: Stamp::parse(words.next()?)?,
        })
    }

    /// Notes that the checkout is at a tree, as this version of its index has it; nothing
    /// where it has none.
    pub(super) fn write(
        shadow: &Path,
        tree: &Oid,
        index: Option<Stamp>,
        state: State,
    ) -> Result<(), RepoError> {
        let (Some(stamp), Some(boot)) = (index, boot::id()) else {
            return Ok(());
        };
        let (file, state) = (shadow.join("at"), state.word());
        let text = format!("{tree} {boot} {state} {stamp}");
        disk::write_lightly(Step::ShadowNote, &file, text.as_bytes())
            .map_err(|e| files("write", &file, &e))
    }

    /// Whether the system was not started since.
    pub(super) fn is_of_this_boot(&self) -> bool {
        boot::id().as_ref() == Some(&self.boot)
    }
}
