//! Names of git's objects.

use std::fmt;

use serde::Serialize;

/// The full hexadecimal id of an object: 40 characters, or 64 in a SHA-256 repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Oid(String);

impl Oid {
    /// The id written so; `None` where it is no full id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let full = matches!(text.len(), 40 | 64);
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (full && text.bytes().all(lower)).then(|| Self(text.to_owned()))
    }

    /// As [`Oid::parse`], from output of git.
    pub(super) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(bytes).ok()?.trim_end())
    }

    /// The id of these bytes.
    pub(super) fn from_raw(bytes: &[u8]) -> Self {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.map(digit).collect())
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven characters, to show.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }

    /// The same for git2.
    pub(super) fn to_git2(&self) -> Result<git2::Oid, git2::Error> {
        let format = if self.0.len() == 64 {
            git2::ObjectFormat::Sha256
        } else {
            git2::ObjectFormat::Sha1
        };
        git2::Oid::from_str_ext(&self.0, format)
    }
}

impl From<git2::Oid> for Oid {
    fn from(id: git2::Oid) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
