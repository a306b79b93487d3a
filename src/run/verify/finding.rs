//! What a verification is asked for, and what it finds.

use serde::Serialize;

use crate::diagnostic::Diagnostic;

/// What is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Every phase.
    All,
    /// The seal of this tag.
    Tag(&'a str),
    /// The commits of this range, and their seals.
    Range(&'a str),
}

/// Something that is not as it should be.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What, and what to do.
    pub diagnostic: Diagnostic,
    /// What it is about.
    pub about: About,
}

/// What a finding is about, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// The phase.
    pub phase: Option<String>,
    /// The name of the tag.
    pub tag: Option<String>,
    /// The id of the commit.
    pub commit: Option<String>,
    /// The id of the ledger's entry.
    pub entry: Option<String>,
}

impl Finding {
    pub(super) fn alone(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            about: About::default(),
        }
    }
}

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub all: Vec<Finding>,
    pub unchecked: Vec<String>,
}

impl Findings {
    pub fn add(&mut self, diagnostic: Diagnostic, about: &About) {
        self.all.push(Finding {
            diagnostic,
            about: about.clone(),
        });
    }

    pub fn unchecked(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.unchecked.contains(&text) {
            self.unchecked.push(text);
        }
    }
}
