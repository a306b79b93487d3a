//! Manual checks: how each stands on the judged tree, by the word of a person that is on
//! record.

mod shown;
mod weigh;
mod word;

pub use shown::ShownItem;
pub use word::{Checklist, Spoken, Word};

use serde::{Deserialize, Serialize};

use super::amendment::Assurance;
use super::event::{DiagnosticEvent, Event, Verdict};
use super::judging::Judging;
use super::record::{Line, Told};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Manual, Phase, Plan};
use crate::repo::{Identity, LedgerEntry, Moment, Oid, RepoError};
use crate::shell::quote_word;
pub(super) use shown::{About, Shown};
pub(super) use weigh::{Doubt, genuine, in_time, may, read as read_sign_off};
pub(super) use word::INPUTS;

/// What a person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed,
    /// There is nothing to look at; the note says why.
    NotApplicable,
}

impl Found {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Passed, Self::Failed, Self::NotApplicable];

    /// The word that the ledger has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// How a check with such a sign-off is judged.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Passed => Verdict::Pass,
            Self::Failed => Verdict::Fail,
            Self::NotApplicable => Verdict::Skipped,
        }
    }
}

/// A person's word on a manual check, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignOff {
    /// The entry of the ledger.
    pub entry: Oid,
    /// What they found.
    pub verdict: Found,
    /// Who they are.
    pub who: Identity,
    /// When, in UTC.
    pub at: Moment,
    /// How sure it is that it was them.
    pub assurance: Assurance,
    /// Their note.
    pub note: Option<String>,
}

impl SignOff {
    /// Who, when and how sure, in a few words.
    #[must_use]
    pub fn told(&self) -> String {
        let (who, at) = (&self.who, self.at);
        let assurance = match self.assurance {
            Assurance::Terminal => "at a terminal",
            Assurance::Signed => "with a signature",
        };
        format!("signed off by {who} {at} {assurance}")
    }
}

/// A manual check, and how it stands on a tree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManualCheck {
    /// Its name.
    pub check: String,
    /// Its title.
    pub title: String,
    /// What is shown of it, in order; empty where that could not be found out.
    pub items: Vec<ShownItem>,
    /// The globs of what it is about; none for the whole tree.
    pub inputs: Option<Vec<String>>,
    /// How long a sign-off holds, in milliseconds.
    pub expires_ms: Option<u64>,
    /// Who may sign it off; empty for anybody.
    pub by: Vec<String>,
    /// Whether that takes a signature.
    pub signed: bool,
    /// Pass, fail, skipped (a person found that it does not apply), waiting or blocked.
    pub verdict: Verdict,
    /// Why a sign-off on record does not hold, or why it is blocked; or what the person noted.
    pub reason: Option<String>,
    /// The sign-off that counts.
    pub sign_off: Option<SignOff>,
    /// The text that is shown, and what it is about.
    #[serde(skip)]
    shown: Shown,
    #[serde(skip)]
    diagnostics: Vec<Diagnostic>,
}

impl ManualCheck {
    /// What there is to say of how it stands.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// The commands that it shows, as the shell takes them: no secret in them is masked.
    #[must_use]
    pub fn commands(&self) -> &[String] {
        &self.shown.commands
    }

    fn of(manual: &Manual) -> Self {
        Self {
            check: manual.name.value.clone(),
            title: manual.title.clone(),
            items: Vec::new(),
            inputs: None,
            expires_ms: manual.expires,
            by: manual.by.iter().map(|name| name.value.clone()).collect(),
            signed: manual.signed,
            verdict: Verdict::Blocked,
            reason: None,
            sign_off: None,
            shown: Shown::default(),
            diagnostics: Vec::new(),
        }
    }
}

/// How the manual checks of the phase of this index stand.
pub(super) fn standing(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
) -> Result<Vec<ManualCheck>, RepoError> {
    if phase.manuals.is_empty() {
        return Ok(Vec::new());
    }
    let on_record = judging.repo.ledger_of(judging.plan.name(), &["signed"])?;
    let checks = phase.manuals.iter().map(|manual| {
        let of_check = |entry: &&LedgerEntry| {
            entry.phase() == Some(&phase.name.value)
                && entry.field("check") == Some(&manual.name.value)
        };
        let newest_first = on_record.iter().rev().filter(of_check);
        stands(judging, index, manual, newest_first)
    });
    checks.collect()
}

fn stands<'e>(
    judging: &Judging<'_>,
    index: usize,
    manual: &Manual,
    on_record: impl Iterator<Item = &'e LedgerEntry>,
) -> Result<ManualCheck, RepoError> {
    let mut check = ManualCheck::of(manual);
    let shown = match Shown::of(judging, index, manual) {
        Ok(shown) => shown,
        Err(fault) => {
            check.reason = Some(fault.message.clone());
            check.diagnostics.push(fault.diagnostic());
            return Ok(check);
        }
    };
    check.items.clone_from(&shown.items);
    check.inputs.clone_from(&shown.about.globs);
    check.shown = shown;
    let mut doubt = None;
    for entry in on_record {
        match weigh::weigh(judging.repo, manual, &check.shown, entry)? {
            Ok(sign_off) => {
                check.verdict = sign_off.verdict.verdict();
                check.reason.clone_from(&sign_off.note);
                if sign_off.verdict == Found::Failed {
                    check.diagnostics.push(failed(manual, &sign_off));
                }
                check.sign_off = Some(sign_off);
                return Ok(check);
            }
            Err(why) if doubt.is_none() => doubt = Some((entry, why)),
            Err(_) => {}
        }
    }
    check.verdict = Verdict::Waiting;
    if let Some((entry, why)) = doubt {
        check.reason = Some(why.reason());
        let diagnostic = why.diagnostic(judging, manual, &check.shown, entry);
        check
            .diagnostics
            .push(diagnostic.help(advice(judging.plan)));
    }
    Ok(check)
}

fn advice(plan: &Plan) -> String {
    format!(
        "a person signs off, at a terminal: `{}`",
        call("sign", plan)
    )
}

/// Judges the manual checks of a phase; gives those that wait for a person, and a line for
/// each.
pub(super) fn judge(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
    emit: &(dyn Fn(Event) + Sync),
) -> Result<Judged, RepoError> {
    let mut judged = Judged::default();
    let event = |diagnostic| DiagnosticEvent {
        diagnostic,
        sources: judging.sources(),
        phase: Some(phase.name.value.clone()),
        gate: None,
    };
    for mut check in standing(judging, index, phase)? {
        emit(Event::ManualFinished {
            phase: phase.name.value.clone(),
            check: check.check.clone(),
            title: check.title.clone(),
            verdict: check.verdict,
            reason: check.reason.clone(),
            sign_off: check.sign_off.clone(),
        });
        let told = std::mem::take(&mut check.diagnostics);
        let told: Vec<DiagnosticEvent> = told.into_iter().map(event).collect();
        judged.lines.push(Line {
            reason: check.reason.clone(),
            told: told.iter().map(Told::of).collect(),
            sign_off: check.sign_off.clone(),
            ..Line::new(&phase.name.value, &check.check, check.verdict)
        });
        judged.told.extend(told);
        if check.verdict == Verdict::Waiting {
            judged.waiting.push(check);
        }
    }
    let unsigned = unsigned(phase, &judged.waiting);
    let unsigned = unsigned.map(|unsigned| event(unsigned.help(advice(judging.plan))));
    judged.told.extend(unsigned);
    Ok(judged)
}

/// What came of the manual checks of a phase.
#[derive(Default)]
pub(super) struct Judged {
    pub lines: Vec<Line>,
    pub told: Vec<DiagnosticEvent>,
    /// The checks that wait for a person.
    pub waiting: Vec<ManualCheck>,
}

/// A command about a plan, with the values that it was loaded with: `gate sign plan.gate`.
#[must_use]
pub fn call(command: &str, plan: &Plan) -> String {
    let mut command = format!("gate {command} {}", quote_word(&plan.path));
    for param in &plan.given {
        let set = format!("{}={}", param.name, param.value);
        command.push_str(&format!(" --set {}", quote_word(&set)));
    }
    command
}

/// What is to be said of the checks that nobody signed off, all in one.
fn unsigned(phase: &Phase, waiting: &[ManualCheck]) -> Option<Diagnostic> {
    let never = |manual: &&Manual| {
        let mut never = waiting.iter().filter(|check| check.reason.is_none());
        never.any(|check| check.check == manual.name.value)
    };
    let never: Vec<&Manual> = phase.manuals.iter().filter(never).collect();
    let (first, rest) = never.split_first()?;
    let message = match rest.len() {
        0 => format!("the manual check `{}` is not signed off", first.name.value),
        more => format!("{} manual checks are not signed off", more + 1),
    };
    let diagnostic = Diagnostic::new(Code::NOT_SIGNED_OFF, message, first.name.span);
    Some(rest.iter().fold(diagnostic, |diagnostic, manual| {
        diagnostic.also(manual.name.span, "nor this")
    }))
}

fn failed(manual: &Manual, sign_off: &SignOff) -> Diagnostic {
    let name = &manual.name.value;
    let diagnostic = Diagnostic::new(
        Code::SIGNED_FAILED,
        format!(
            "the manual check `{name}` is red: {} found that it does not hold",
            sign_off.who
        ),
        manual.name.span,
    )
    .here(sign_off.told());
    let diagnostic = match &sign_off.note {
        Some(note) => diagnostic.note(format!("their note: {note}")),
        None => diagnostic,
    };
    diagnostic.help("mend it and have it signed off again; a change of what it is about asks anew")
}
