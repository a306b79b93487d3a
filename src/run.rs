//! Judging: takes phases of a plan through their gates, and seals what is green.

mod amendment;
mod attempt;
mod command;
mod event;
mod gate;
mod globs;
mod history;
mod hold;
mod interpreter;
mod judged;
mod judging;
mod locks;
mod manual;
mod mask;
mod mended;
mod message;
mod open;
mod outcome;
mod phase;
mod place;
mod ports;
mod record;
mod result;
mod retry;
mod reuse;
mod schedule;
mod scope;
mod service;
mod share;
mod state;
mod steps;
mod take;
mod tasks;
mod transcripts;
mod turn;
mod verify;
mod worktree;

pub use amendment::{Assurance, Consent, Unsealed, unrecorded};
pub use event::{
    AttemptFailure, Counts, DiagnosticEvent, Event, HoldSummary, Mode, Place, SCHEMA, Verdict,
};
pub use interpreter::Interpreter;
#[cfg(feature = "cli")]
pub(crate) use judging::is_ci;
pub use manual::{Checklist, Found, ManualCheck, ShownItem, SignOff, Spoken, Word, call};
pub use open::Stands;
pub use outcome::{Outcome, PhaseSelection, Refusal};
pub use reuse::{Answer, Difference, DifferenceKind, LastVerdict, Origin, Why};
pub use scope::{Rule, Standing, standing};
pub use state::{PhaseState, States};
pub use turn::Turn;
pub use verify::{
    CommitProof, Cover, Finding, PhaseProof, Proof, Signed, Subject, Verification, verify,
};

use std::time::Duration;

/// Whole milliseconds of a time span.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
