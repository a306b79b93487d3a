//! What came of a gate.

use std::time::Duration;

use super::event::{AttemptFailure, HoldSummary, Verdict};
use super::record::Ran;
use super::reuse::Origin;
use crate::diagnostic::Diagnostic;

/// What came of a gate.
pub(crate) struct Judged {
    pub verdict: Verdict,
    /// Why it was skipped, is blocked or flaky, or what it held; in a few words.
    pub reason: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub duration: Duration,
    /// Whether it was skipped because something else went wrong, not by a condition of its own.
    pub not_run: bool,
    /// The attempts that were not green.
    pub failures: Vec<AttemptFailure>,
    /// What its `hold` came to.
    pub hold: Option<HoldSummary>,
    /// The commands it ran, in order.
    pub ran: Vec<Ran>,
    /// Where the verdict comes from, when it was not given by judging this gate now.
    pub origin: Option<Origin>,
    /// The files that hold all its commands wrote, where that is kept.
    pub outputs: Vec<String>,
}

impl Judged {
    /// A gate that was not run because something else went wrong.
    pub(crate) fn not_run(why: &str) -> Self {
        Self {
            reason: Some(format!("not run: {why}")),
            not_run: true,
            ..Self::of(Verdict::Skipped)
        }
    }

    /// A gate that could not be judged.
    pub(crate) fn blocked(diagnostic: Diagnostic) -> Self {
        Self {
            reason: Some(diagnostic.message.clone()),
            diagnostics: vec![diagnostic],
            ..Self::of(Verdict::Blocked)
        }
    }

    /// A gate that could not be judged for what another gate has told of.
    pub(crate) fn blocked_by(why: &str) -> Self {
        Self {
            reason: Some(why.to_owned()),
            ..Self::of(Verdict::Blocked)
        }
    }

    /// A gate that there is no reason to judge.
    pub(crate) fn skipped(why: &str) -> Self {
        Self {
            reason: Some(why.to_owned()),
            ..Self::of(Verdict::Skipped)
        }
    }

    /// A verdict of which nothing more is to be said.
    pub(crate) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: None,
            diagnostics: Vec::new(),
            duration: Duration::ZERO,
            not_run: false,
            failures: Vec::new(),
            hold: None,
            ran: Vec::new(),
            origin: None,
            outputs: Vec::new(),
        }
    }
}
