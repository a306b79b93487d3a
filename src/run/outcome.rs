//! What a run is asked for, and what came of it.

use super::event::Verdict;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::repo::RepoError;
use crate::source::Sources;

/// Which phase a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseSelection<'a> {
    /// The open one.
    Open,
    /// The one of this name, which must be the open one.
    Named(&'a str),
    /// The open one, then the next, while there is nothing it must wait for.
    All,
}

/// What came of a run that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the last judged phase was judged; pass where all were sealed already.
    pub verdict: Verdict,
    /// The phases this run sealed.
    pub sealed: Vec<String>,
    /// The signal that interrupted the run.
    pub interrupted: Option<i32>,
}

impl Outcome {
    /// The exit code that says the same: 0 green, 1 red, 3 blocked, 4 waiting, 128 + N interrupted.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match (self.interrupted, self.verdict) {
            (Some(signal), _) => 128 + signal,
            (None, Verdict::Fail) => 1,
            (None, Verdict::Blocked) => 3,
            (None, Verdict::Waiting) => 4,
            (None, _) => 0,
        }
    }
}

/// Why a run stopped without a verdict on the phase.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What stands in the way.
    pub diagnostics: Diagnostics,
}

impl Refusal {
    /// 3 where git or the like failed; 1 where the plan was changed and not amended; else 2:
    /// the plan or the call is not valid.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self.is_blocked() {
            true => 3,
            false if self.is_amendment() => 1,
            false => 2,
        }
    }

    /// Whether git or the like failed.
    pub(super) fn is_blocked(&self) -> bool {
        let mut items = self.diagnostics.items.iter();
        items.any(|item| item.code.as_str().starts_with('B'))
    }

    pub(super) fn of(items: Vec<Diagnostic>, sources: &Sources) -> Self {
        Self {
            diagnostics: Diagnostics {
                items,
                sources: sources.clone(),
            },
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.diagnostics.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl From<RepoError> for Refusal {
    fn from(error: RepoError) -> Self {
        Self::of(vec![error.diagnostic()], &Sources::new())
    }
}
