//! What a run says while it goes: the one stream every report is made of.

use serde::{Deserialize, Serialize};

use super::manual::{ManualCheck, SignOff};
use super::reuse::Origin;
use crate::diagnostic::{Code, Diagnostic, WireDiagnostic};
use crate::source::Sources;

/// The version of the serialised events.
pub const SCHEMA: u32 = 1;

/// How something was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Green.
    Pass,
    /// Red.
    Fail,
    /// It could not be judged.
    Blocked,
    /// It was not judged, for a reason that is said.
    Skipped,
    /// Green earlier, on the same inputs.
    Reused,
    /// Green, but not at the first attempt.
    Flaky,
    /// A person has not signed it off.
    Waiting,
}

/// Whether a run may seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `gate run`: commits, tags and records on green.
    Run,
    /// `gate try`: moves nothing.
    Try,
}

/// Where gates see the judged tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The working tree, which is exactly the judged tree.
    InPlace,
    /// A checkout of it elsewhere.
    Checkout,
    /// Nowhere: every verdict is an earlier one, and no gate runs.
    None,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Event {
    /// Another run is at work in this working tree, and this one waits for its end. It
    /// may come before `run.started`, and again when more is known of the other run.
    #[serde(rename = "run.waiting")]
    RunWaiting {
        /// The process of the other run.
        pid: u32,
        /// How long that has run, in milliseconds.
        for_ms: u64,
        /// The phase it judges, once it judges one.
        phase: Option<String>,
    },
    /// The run begins.
    #[serde(rename = "run.started")]
    RunStarted {
        /// The plan's path from the root.
        plan: String,
        /// Its title.
        title: Option<String>,
        /// How many phases it has.
        phases: usize,
        /// Whether it may seal.
        mode: Mode,
    },
    /// Something worth knowing before anything is judged.
    #[serde(rename = "notice")]
    Notice {
        /// What.
        text: String,
    },
    /// A phase goes through its gate.
    #[serde(rename = "phase.started")]
    PhaseStarted {
        /// Its name.
        phase: String,
        /// Its number, from 1.
        number: usize,
        /// Its title.
        title: String,
        /// Its goal.
        goal: Option<String>,
        /// The id of the judged tree.
        tree: String,
        /// Where gates see it.
        place: Place,
        /// Unstaged and untracked paths: not judged.
        not_judged: Vec<String>,
        /// `remind` texts, when the phase opens with this run.
        reminders: Vec<String>,
        /// The gates that will be judged, earlier phases' not counted.
        gates: Vec<String>,
    },
    /// The scope was judged.
    #[serde(rename = "scope.finished")]
    ScopeFinished {
        /// The phase.
        phase: String,
        /// Pass or fail.
        verdict: Verdict,
        /// Changed files.
        files: usize,
        /// Added lines.
        added: usize,
        /// Removed lines.
        removed: usize,
    },
    /// A `tasks` was judged.
    #[serde(rename = "tasks.finished")]
    TasksFinished {
        /// The phase.
        phase: String,
        /// The file.
        file: String,
        /// Pass or fail.
        verdict: Verdict,
        /// Ticked items.
        done: usize,
        /// All items.
        total: usize,
    },
    /// A service is started.
    #[serde(rename = "service.started")]
    ServiceStarted {
        /// The phase it belongs to.
        phase: String,
        /// The gate it belongs to; none for a phase's own.
        gate: Option<String>,
        /// Its name.
        service: String,
    },
    /// A service is ready.
    #[serde(rename = "service.ready")]
    ServiceReady {
        /// The phase it belongs to.
        phase: String,
        /// The gate it belongs to; none for a phase's own.
        gate: Option<String>,
        /// Its name.
        service: String,
        /// How long that took, in milliseconds.
        duration_ms: u64,
    },
    /// A service is gone, with all it had started.
    #[serde(rename = "service.stopped")]
    ServiceStopped {
        /// The phase it belongs to.
        phase: String,
        /// The gate it belongs to; none for a phase's own.
        gate: Option<String>,
        /// Its name.
        service: String,
        /// With which exit it had ended by itself, if it had.
        exit: Option<i32>,
        /// How long it lived, in milliseconds.
        duration_ms: u64,
        /// The file that holds all it wrote, where that is kept.
        output: Option<String>,
    },
    /// A gate begins.
    #[serde(rename = "gate.started")]
    GateStarted {
        /// The phase it belongs to.
        phase: String,
        /// Its name.
        gate: String,
        /// Its title.
        title: Option<String>,
        /// Whether it is an earlier phase's, judged again.
        regression: bool,
    },
    /// An attempt of a gate, or of a check in it, was not green, and there is another.
    #[serde(rename = "gate.attempt")]
    GateAttempt {
        /// The phase it belongs to.
        phase: String,
        /// Its name.
        gate: String,
        /// What the attempt came to.
        #[serde(flatten)]
        failure: AttemptFailure,
        /// How long until the next attempt, in milliseconds.
        next_ms: u64,
        /// Whether it is an earlier phase's, judged again.
        regression: bool,
    },
    /// A gate that must hold was judged once more.
    #[serde(rename = "gate.beat")]
    GateBeat {
        /// The phase it belongs to.
        phase: String,
        /// Its name.
        gate: String,
        /// Which attempt of the gate, from 1.
        attempt: u64,
        /// Which beat of the attempt, from 1.
        beat: u64,
        /// Pass, fail or blocked.
        verdict: Verdict,
        /// How long the beat took, in milliseconds.
        duration_ms: u64,
        /// How long it had been green when the beat began, in milliseconds.
        held_ms: u64,
        /// How long it must be, in milliseconds.
        hold_ms: u64,
        /// How long until the next beat, in milliseconds; none after the last.
        next_ms: Option<u64>,
        /// Whether it is an earlier phase's, judged again.
        regression: bool,
    },
    /// A gate was judged.
    #[serde(rename = "gate.finished")]
    GateFinished {
        /// The phase it belongs to.
        phase: String,
        /// Its name.
        gate: String,
        /// Its title.
        title: Option<String>,
        /// How.
        verdict: Verdict,
        /// Why it was skipped, is blocked or flaky, or what it held; in a few words.
        reason: Option<String>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// Whether it is an earlier phase's, judged again.
        regression: bool,
        /// The attempts that were not green, where it has a `retry`.
        failures: Vec<AttemptFailure>,
        /// What its `hold` came to.
        hold: Option<HoldSummary>,
        /// Where the verdict comes from, when this gate was not judged now.
        origin: Option<Origin>,
        /// The files that hold all its commands wrote, in order, where that is kept.
        outputs: Vec<String>,
    },
    /// It was looked up how a manual check stands.
    #[serde(rename = "manual.finished")]
    ManualFinished {
        /// The phase.
        phase: String,
        /// Its name.
        check: String,
        /// Its title.
        title: String,
        /// Pass, fail, skipped (a person found that it does not apply), waiting or blocked.
        verdict: Verdict,
        /// Why a sign-off on record does not hold, or why it is blocked; or what the person
        /// noted.
        reason: Option<String>,
        /// The sign-off that was taken.
        sign_off: Option<SignOff>,
    },
    /// Something to say about the plan, the change or a gate.
    #[serde(rename = "diagnostic")]
    Diagnostic(DiagnosticEvent),
    /// All of a phase was judged.
    #[serde(rename = "phase.finished")]
    PhaseFinished {
        /// The phase.
        phase: String,
        /// Pass, fail, blocked or waiting.
        verdict: Verdict,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// Gates by verdict, earlier phases' included.
        counts: Counts,
    },
    /// All else is green, and a person has to sign off what is left.
    #[serde(rename = "phase.waiting")]
    PhaseWaiting {
        /// The phase.
        phase: String,
        /// Its number, from 1.
        number: usize,
        /// Its title.
        title: String,
        /// The manual checks that wait.
        checks: Vec<ManualCheck>,
        /// What the person is to type.
        command: String,
    },
    /// A phase was sealed.
    #[serde(rename = "phase.sealed")]
    PhaseSealed {
        /// The phase.
        phase: String,
        /// The new commit; none where nothing was staged.
        commit: Option<String>,
        /// The commit's first line.
        subject: Option<String>,
        /// The tag.
        tag: Option<String>,
        /// The sealed tree.
        tree: String,
        /// The branch that moved.
        branch: Option<String>,
    },
    /// A sealed phase was pushed.
    #[serde(rename = "phase.pushed")]
    PhasePushed {
        /// The phase.
        phase: String,
        /// Where to.
        remote: String,
        /// The full names of the refs.
        refs: Vec<String>,
    },
    /// The last event.
    #[serde(rename = "run.finished")]
    RunFinished {
        /// The exit code.
        exit: i32,
        /// The phase that is open now; none when all are sealed.
        open: Option<String>,
        /// How many phases are sealed.
        sealed: usize,
        /// How long the run took, in milliseconds.
        duration_ms: u64,
    },
}

/// An attempt that was not green.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptFailure {
    /// The check whose `retry` it is; none for the gate's own.
    pub check: Option<String>,
    /// Which attempt, from 1.
    pub attempt: u64,
    /// Of how many there may be.
    pub of: u64,
    /// Fail or blocked.
    pub verdict: Verdict,
    /// The code of what went wrong.
    pub code: Code,
    /// What went wrong, in one sentence.
    pub message: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What a `hold` came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoldSummary {
    /// How long it must hold, in milliseconds.
    pub hold_ms: u64,
    /// How often it was to be judged, in milliseconds.
    pub every_ms: u64,
    /// How many times it was judged; of the last attempt.
    pub beats: u64,
    /// How long the longest of them took, in milliseconds.
    pub longest_ms: u64,
    /// When the first began, in UTC: `2026-11-21T13:15:42Z`.
    pub first: String,
    /// When the last began.
    pub last: String,
}

/// Gates by verdict, and manual checks that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pass.
    pub pass: usize,
    /// Fail.
    pub fail: usize,
    /// Blocked.
    pub blocked: usize,
    /// Skipped.
    pub skipped: usize,
    /// Reused.
    pub reused: usize,
    /// Flaky.
    pub flaky: usize,
    /// Manual checks that wait for a person.
    pub waiting: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Blocked => self.blocked += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Reused => self.reused += 1,
            Verdict::Flaky => self.flaky += 1,
            Verdict::Waiting => self.waiting += 1,
        }
    }

    /// All gates.
    #[must_use]
    pub fn total(self) -> usize {
        self.pass + self.fail + self.blocked + self.skipped + self.reused + self.flaky
    }
}

/// A diagnostic with the texts it points into.
#[derive(Debug, Clone)]
pub struct DiagnosticEvent {
    /// The diagnostic.
    pub diagnostic: Diagnostic,
    /// The texts.
    pub sources: Sources,
    /// The phase it is about.
    pub phase: Option<String>,
    /// The gate it is about.
    pub gate: Option<String>,
}

impl Serialize for DiagnosticEvent {
    /// The shape `gate check --format json` prints, plus `phase` and `gate`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            #[serde(flatten)]
            diagnostic: WireDiagnostic<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            phase: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            gate: Option<&'a str>,
        }
        Shape {
            diagnostic: WireDiagnostic::new(&self.diagnostic, &self.sources),
            phase: self.phase.as_deref(),
            gate: self.gate.as_deref(),
        }
        .serialize(serializer)
    }
}
