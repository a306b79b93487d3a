//! Whether a sign-off on record counts: for this text, these inputs, this person, still.

use std::time::{SystemTime, UNIX_EPOCH};

use super::SignOff;
use super::shown::{About, Shown};
use super::word::{INPUTS, SIGNATURE};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::text_diff;
use crate::plan::Manual;
use crate::repo::{Identity, LedgerEntry, Moment, RepoError, Repository, Signature};
use crate::run::amendment::Assurance;
use crate::run::judging::Judging;
use crate::run::place::listed;
use crate::run::reuse::matching;
use crate::value::Value;

/// By how much the clocks of two machines may differ, in milliseconds.
const SKEW: u64 = 10 * 60 * 1000;

/// Why a sign-off does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) enum Doubt {
    /// It is not what a sign-off is.
    Malformed(&'static str),
    /// It is of another text.
    Text,
    /// What it is about is another now.
    Inputs,
    /// It has expired.
    Expired { at: Moment, after: u64 },
    /// It is of a time that is not yet.
    Future { at: Moment },
    /// Whoever gave it may not.
    NotNamed { who: Identity },
    /// A signature is demanded, and it has none.
    Terminal,
    /// Its signature is not good.
    Signature { why: String },
    /// Somebody else recorded it.
    Recorder { by: String, who: Identity },
}

/// What of an entry makes it a sign-off.
pub(in crate::run) fn read(entry: &LedgerEntry) -> Result<SignOff, Doubt> {
    let word = |name: &str| {
        let value = entry.json.get("predicate")?.get(name)?;
        Some(value.clone())
    };
    let wrong = Doubt::Malformed;
    let verdict = word("verdict").and_then(|verdict| serde_json::from_value(verdict).ok());
    let who = word("who").and_then(|who| serde_json::from_value(who).ok());
    let assurance = word("assurance").and_then(|sure| serde_json::from_value(sure).ok());
    let at = entry.field("at").and_then(Moment::parse);
    for name in ["check", "text", INPUTS] {
        if entry.field(name).is_none() {
            return Err(wrong("it says not what it is about"));
        }
    }
    Ok(SignOff {
        entry: entry.id.clone(),
        verdict: verdict.ok_or(wrong("it has no verdict"))?,
        who: who.ok_or(wrong("it says not whose it is"))?,
        at: at.ok_or(wrong("it says not when it was given"))?,
        assurance: assurance.ok_or(wrong("it says not how sure it is"))?,
        note: entry.field("note").map(str::to_owned),
    })
}

/// Weighs a sign-off on record of a check that is shown like this.
pub(super) fn weigh(
    repo: &Repository,
    manual: &Manual,
    shown: &Shown,
    entry: &LedgerEntry,
) -> Result<Result<SignOff, Doubt>, RepoError> {
    let sign_off = match read(entry) {
        Ok(sign_off) => sign_off,
        Err(doubt) => return Ok(Err(doubt)),
    };
    if entry.field("text") != Some(&shown.text) {
        return Ok(Err(Doubt::Text));
    }
    if entry.field(INPUTS) != Some(&shown.about.digest) {
        return Ok(Err(Doubt::Inputs));
    }
    if let Err(doubt) = in_time(manual, &sign_off, now()) {
        return Ok(Err(doubt));
    }
    if let Err(doubt) = may(manual, &sign_off) {
        return Ok(Err(doubt));
    }
    Ok(match genuine(repo, entry, &sign_off, None)? {
        // That nobody can tell here whose it is takes away only what it adds.
        Ok(Signature::Unknown { why }) if manual.signed => Err(Doubt::Signature { why }),
        Ok(_) => Ok(sign_off),
        Err(doubt) => Err(doubt),
    })
}

/// Whether it has not expired at a time, in milliseconds since 1970.
pub(in crate::run) fn in_time(manual: &Manual, sign_off: &SignOff, now: u64) -> Result<(), Doubt> {
    let at = sign_off.at;
    let given = at.seconds.saturating_mul(1000);
    if given > now.saturating_add(SKEW) {
        return Err(Doubt::Future { at });
    }
    match manual.expires {
        Some(after) if now >= given.saturating_add(after) => Err(Doubt::Expired { at, after }),
        _ => Ok(()),
    }
}

/// Whether who gave it may, and it says to be as sure as the check demands.
pub(in crate::run) fn may(manual: &Manual, sign_off: &SignOff) -> Result<(), Doubt> {
    let who = &sign_off.who;
    if !manual.by.is_empty() && !manual.by.iter().any(|name| who.is(&name.value)) {
        return Err(Doubt::NotNamed { who: who.clone() });
    }
    if manual.signed && sign_off.assurance != Assurance::Signed {
        return Err(Doubt::Terminal);
    }
    Ok(())
}

/// Whether an entry is what it was when it was recorded, as far as it tells; gives what its
/// signature is worth, as of a time, or of now.
pub(in crate::run) fn genuine(
    repo: &Repository,
    entry: &LedgerEntry,
    sign_off: &SignOff,
    at: Option<Moment>,
) -> Result<Result<Signature, Doubt>, RepoError> {
    let who = &sign_off.who;
    if entry.by != who.to_string() {
        let by = entry.by.clone();
        return Ok(Err(Doubt::Recorder {
            by,
            who: who.clone(),
        }));
    }
    if sign_off.assurance != Assurance::Signed {
        return Ok(Ok(Signature::None));
    }
    let Some(signature) = repo.recorded_file(&entry.id, SIGNATURE)? else {
        let why = format!("it has no `{SIGNATURE}` beside it");
        return Ok(Err(Doubt::Signature { why }));
    };
    let text = repo.recorded_file(&entry.id, crate::repo::ENTRY)?;
    let text = text.unwrap_or_default();
    Ok(match repo.verify_text(&text, &signature, who, at)? {
        Signature::Bad { why } => Err(Doubt::Signature { why }),
        signature => Ok(signature),
    })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, crate::run::millis)
}

impl Doubt {
    /// In a few words.
    pub fn reason(&self) -> String {
        match self {
            Self::Malformed(_) => "its sign-off is none",
            Self::Text => "its text changed since it was signed off",
            Self::Inputs => "what it is about changed since it was signed off",
            Self::Expired { .. } => "its sign-off has expired",
            Self::Future { .. } => "its sign-off is of a time to come",
            Self::NotNamed { .. } => "signed off by someone who may not",
            Self::Terminal => "signed off without the signature it demands",
            Self::Signature { .. } => "the signature of its sign-off is not good",
            Self::Recorder { .. } => "its sign-off was recorded by somebody else",
        }
        .to_owned()
    }

    /// In one sentence of a check's sign-off.
    pub fn sentence(&self, check: &str) -> String {
        match self {
            Self::Malformed(why) => format!("the sign-off of `{check}` is none: {why}"),
            Self::Text => {
                format!(
                    "the sign-off of `{check}` no longer holds: the check says something else now"
                )
            }
            Self::Inputs => {
                format!("the sign-off of `{check}` no longer holds: what it is about changed")
            }
            Self::Expired { at, after } => format!(
                "the sign-off of `{check}` has expired: it is of {at}, and holds for {}",
                Value::Duration(*after)
            ),
            Self::Future { at } => {
                format!("the sign-off of `{check}` does not count: it is of {at}, which is to come")
            }
            Self::NotNamed { who } => format!(
                "the sign-off of `{check}` does not count: {who} is none of those who may sign it off"
            ),
            Self::Terminal => format!(
                "the sign-off of `{check}` does not count: the check demands a signature, and it has none"
            ),
            Self::Signature { .. } => {
                format!("the sign-off of `{check}` does not count: its signature is not good")
            }
            Self::Recorder { by, who } => {
                format!(
                    "the sign-off of `{check}` does not count: {by} recorded it as the word of {who}"
                )
            }
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Text | Self::Inputs | Self::Expired { .. } | Self::Future { .. } => {
                Code::VOID_SIGN_OFF
            }
            Self::NotNamed { .. } => Code::SIGNED_BY_OTHER,
            Self::Malformed(_)
            | Self::Terminal
            | Self::Signature { .. }
            | Self::Recorder { .. } => Code::UNSURE_SIGN_OFF,
        }
    }

    pub(super) fn diagnostic(
        &self,
        judging: &Judging<'_>,
        manual: &Manual,
        shown: &Shown,
        entry: &LedgerEntry,
    ) -> Diagnostic {
        let place = manual.name.span;
        let mut diagnostic = Diagnostic::new(self.code(), self.sentence(&manual.name.value), place);
        let told = read(entry).map(|sign_off| sign_off.told());
        if let Ok(told) = told {
            diagnostic = diagnostic.note(told);
        }
        match self {
            Self::Text => {
                let was = entry.field("text").unwrap_or_default();
                diagnostic.note(text_diff(was.trim_end(), shown.text.trim_end()))
            }
            Self::Inputs => match changed(judging, &shown.about, entry) {
                Some(paths) => diagnostic.note(format!("changed since:\n  {paths}")),
                None => diagnostic,
            },
            Self::NotNamed { .. } => {
                let names = manual.by.iter().map(|name| format!("`{}`", name.value));
                let names: Vec<String> = names.collect();
                diagnostic.note(format!("they are: {}", names.join(", ")))
            }
            Self::Signature { why } => diagnostic.note(why.clone()),
            _ => diagnostic,
        }
    }
}

/// Which files of what it is about are not what they were; none where that is not known.
fn changed(judging: &Judging<'_>, about: &About, entry: &LedgerEntry) -> Option<String> {
    let every = ["**".to_owned()];
    let globs = about.globs.as_deref().unwrap_or(&every);
    // The tree that was signed off may be gone: no commit needs to hold it.
    let before = judging.repo.files(&entry.tree()?).ok()?;
    let before = matching(&before, globs);
    let now = matching(judging.entries().ok()?, globs);
    let missing = |all: &[&crate::repo::TreeEntry], of: &[&crate::repo::TreeEntry]| {
        let other = |entry: &&&crate::repo::TreeEntry| !of.contains(*entry);
        let paths = all.iter().filter(other);
        paths
            .map(|entry| entry.path.to_str_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    let mut paths = missing(&before, &now);
    paths.extend(missing(&now, &before));
    paths.sort();
    paths.dedup();
    (!paths.is_empty()).then(|| listed(paths))
}
