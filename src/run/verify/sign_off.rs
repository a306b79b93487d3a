//! Sign-offs: each seal has those that its plan asks for, and each is what it was.

use serde_json::Value;

use super::Look;
use super::finding::{About, Findings};
use super::seal::{SealFacts, placed};
use crate::analysis::Given;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Manual, Plan};
use crate::repo::{LedgerEntry, Oid, RepoError, Signature};
use crate::run::history::in_memory;
use crate::run::manual::{self, Doubt, Found};
use crate::run::record::PLAN_FOLDER;

/// Looks at every sign-off of the ledger: whoever it says gave it, recorded it, and its
/// signature is theirs.
pub(super) fn verify_all(look: &Look<'_>, found: &mut Findings) {
    for entry in look.chain.entries() {
        if entry.event() != Some("signed") {
            continue;
        }
        let check = entry.field("check").unwrap_or_default();
        // What is damaged is told of as such.
        let doubt = match manual::read_sign_off(entry) {
            Err(doubt) => Some(doubt),
            Ok(sign_off) => match manual::genuine(look.repo, entry, &sign_off, Some(entry.at)) {
                Ok(Ok(Signature::Unknown { why })) => {
                    let name = entry.phase().unwrap_or_default();
                    found.unchecked(format!(
                        "whose signature the sign-off of `{name}/{check}` carries: {why}"
                    ));
                    None
                }
                Ok(Ok(_)) | Err(_) => None,
                Ok(Err(doubt)) => Some(doubt),
            },
        };
        let Some(doubt) = doubt else { continue };
        let about = About {
            phase: entry.phase().map(str::to_owned),
            entry: Some(entry.id.to_string()),
            ..About::default()
        };
        let phase = entry.phase().unwrap_or_default();
        let code = match &doubt {
            Doubt::Signature { .. } => Code::BAD_SIGNATURE,
            Doubt::Malformed(_) => Code::LEDGER_BROKEN,
            _ => Code::SIGN_OFF_DIFFERS,
        };
        let message = format!(
            "{} (entry `{}`, phase `{phase}`)",
            doubt.sentence(check),
            entry.id.short()
        );
        let mut diagnostic = placed(look, phase, code, message).help(match doubt {
            Doubt::Signature { .. } => {
                "it was edited or made by hand, or its key is no longer allowed: sign it off anew"
            }
            _ => "gate writes no such entry: it was made or edited by hand",
        });
        if let Doubt::Signature { why } = doubt {
            diagnostic = diagnostic.note(why);
        }
        found.add(diagnostic, &about);
    }
}

/// Looks at the sign-offs of one seal, which is of this tree.
pub(super) fn verify(
    look: &Look<'_>,
    seal: &SealFacts<'_>,
    tree: &Oid,
    about: &About,
    found: &mut Findings,
) -> Result<(), RepoError> {
    let Some(entry) = seal.entry else {
        return Ok(());
    };
    let Ok(files) = look.repo.recorded_files(&entry.id, PLAN_FOLDER) else {
        // The ledger is damaged, and that is told.
        return Ok(());
    };
    let given = given(entry);
    let plan = match Plan::load_with(&look.plan.path, &in_memory(&files), &given) {
        Ok(plan) => plan,
        Err(_) => {
            found.unchecked(format!(
                "which manual checks phase `{}` had: its plan on record cannot be read by this version of gate",
                seal.phase
            ));
            return Ok(());
        }
    };
    let Some(phase) = plan.phase(&seal.phase) else {
        return Ok(());
    };
    let sealed = Sealed {
        look,
        seal,
        entry,
        tree,
        masks: !plan.settings.secrets.is_empty(),
    };
    for check in &phase.manuals {
        let Err((code, message, advice)) = sealed.check(check)? else {
            continue;
        };
        let diagnostic: Diagnostic = placed(look, &seal.phase, code, message).help(advice);
        found.add(diagnostic, about);
    }
    Ok(())
}

/// What the `param`s of the plan had been given.
fn given(entry: &LedgerEntry) -> Given {
    let params = entry.json.pointer("/predicate/params");
    let params = params.and_then(Value::as_array).into_iter().flatten();
    let set = |param: &Value| {
        let text = |name: &str| param.get(name).and_then(Value::as_str);
        Some((text("name")?.to_owned(), text("value")?.to_owned()))
    };
    Given {
        sets: params.filter_map(set).collect(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        ..Given::default()
    }
}

const BY_HAND: &str = "gate seals nothing without it: the evidence was made or edited by hand";
const CUT: &str = "the ledger was rewritten or cut: fetch it from where it is whole, and compare";

struct Sealed<'a> {
    look: &'a Look<'a>,
    seal: &'a SealFacts<'a>,
    entry: &'a LedgerEntry,
    tree: &'a Oid,
    /// Whether texts on record may have secrets masked in them.
    masks: bool,
}

/// A code, what is found, and what to do.
type Wrong = (Code, String, &'static str);

impl Sealed<'_> {
    fn check(&self, check: &Manual) -> Result<Result<(), Wrong>, RepoError> {
        let (phase, name) = (&self.seal.phase, &check.name.value);
        let missing =
            |message: String, advice: &'static str| Ok(Err((Code::NO_SIGN_OFF, message, advice)));
        let differs = |message: String| Ok(Err((Code::SIGN_OFF_DIFFERS, message, BY_HAND)));
        let of = format!("the sign-off of `{name}` in phase `{phase}`");
        let Some(told) = self.told(name) else {
            return missing(
                format!("the seal of phase `{phase}` has no sign-off of its manual check `{name}`"),
                BY_HAND,
            );
        };
        let id = told
            .get("entry")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let position = |id: &str| {
            let mut entries = self.look.chain.entries();
            entries.position(|entry| entry.id.as_str() == id)
        };
        let there = self
            .look
            .chain
            .entries()
            .find(|entry| entry.id.as_str() == id);
        let Some(entry) = there else {
            let short = id.get(..7).unwrap_or(id);
            return missing(
                format!("{of} is entry `{short}`, which the ledger does not hold"),
                CUT,
            );
        };
        let same_check = entry.event() == Some("signed")
            && entry.phase() == Some(phase)
            && entry.field("check") == Some(name);
        if !same_check {
            return differs(format!("{of} is said to be an entry that is none of it"));
        }
        if position(id) > position(self.entry.id.as_str()) {
            return differs(format!("{of} was recorded after the seal"));
        }
        // That it is none at all is told of the ledger.
        let Ok(sign_off) = manual::read_sign_off(entry) else {
            return Ok(Ok(()));
        };
        if serde_json::to_value(&sign_off).is_ok_and(|own| own != *told) {
            return differs(format!("{of} is not what the seal says of it"));
        }
        if sign_off.verdict == Found::Failed {
            return differs(format!("{of} says that it failed"));
        }
        if let Err(wrong) = self.is_of_tree(check, entry, &of)? {
            return differs(wrong);
        }
        // Whether its signature is good is told of the ledger.
        let sealed_at = self.entry.at.seconds.saturating_mul(1000);
        let counted = manual::may(check, &sign_off)
            .and_then(|()| manual::in_time(check, &sign_off, sealed_at));
        match counted {
            Ok(()) => Ok(Ok(())),
            Err(doubt) => {
                let sentence = doubt.sentence(name);
                differs(format!("phase `{phase}` was sealed, and {sentence}"))
            }
        }
    }

    /// What the seal says of the sign-off of a check.
    fn told(&self, check: &str) -> Option<&Value> {
        let gates = self.entry.json.pointer("/predicate/gates")?.as_array()?;
        let is = |gate: &&Value| {
            let text = |name: &str| gate.get(name).and_then(Value::as_str);
            text("phase") == Some(&self.seal.phase) && text("name") == Some(check)
        };
        // Another part of the phase may have the name, such as the scope.
        let mut told = gates
            .iter()
            .filter(is)
            .filter_map(|gate| gate.get("sign_off"));
        told.find(|told| told.is_object())
    }

    /// Whether it is of what was sealed: the text of the check, and what that is about.
    fn is_of_tree(
        &self,
        check: &Manual,
        entry: &LedgerEntry,
        of: &str,
    ) -> Result<Result<(), String>, RepoError> {
        let globs = entry.json.pointer("/predicate/globs");
        let globs: Option<Vec<String>> = globs
            .cloned()
            .and_then(|globs| serde_json::from_value(globs).ok())
            .flatten();
        let text = entry.field("text");
        let known = manual::Shown::constant(check).filter(|_| !self.masks);
        if known.is_some_and(|known| text != Some(&known)) {
            return Ok(Err(format!("{of} is of another text than the plan has")));
        }
        let asked = manual::Shown::constant_globs(check);
        if asked.is_some_and(|asked| asked != globs) {
            return Ok(Err(format!("{of} is about other files than the plan says")));
        }
        let about = manual::About::of_tree(self.look.repo, self.tree, globs)?;
        if entry.field(manual::INPUTS) != Some(&about.digest) {
            return Ok(Err(format!(
                "{of} is of other content than the sealed tree has"
            )));
        }
        Ok(Ok(()))
    }
}
