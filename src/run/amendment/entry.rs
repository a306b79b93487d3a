//! What the ledger keeps of an amendment.

use serde_json::{Map, Value as Json, json};
use similar::TextDiff;

use super::pending::files_of;
use super::{Consent, Unsealed};
use crate::analysis::lock::Amendment;
use crate::plan::Plan;
use crate::repo::{Head, Identity, Oid, Record};

use super::super::record::{self, with_plan};

/// An amendment to be recorded.
pub(super) struct Amended<'a> {
    /// The plan as it is now.
    pub plan: &'a Plan,
    /// As it was on record.
    pub before: Option<&'a Plan>,
    /// The lists of tasks that it names.
    pub lists: Vec<(String, Vec<u8>)>,
    /// The tree that has it.
    pub tree: Oid,
    pub head: Head,
    pub who: &'a Identity,
    pub consent: &'a Consent,
    pub items: &'a [Amendment],
}

/// The entry of a plan that was amended: the plan as it is now lies below `plan/`, and what
/// became of its files is `difference.patch`.
pub(super) fn amended(amended: &Amended<'_>) -> Record {
    let mut predicate = common(amended);
    let changes: Vec<Json> = amended
        .items
        .iter()
        .map(|item| {
            json!({
                "code": item.code,
                "message": item.message(),
                "items": item.items,
                "phases": item.phases,
                "parts": item.parts,
                "difference": item.difference,
            })
        })
        .collect();
    let first = amended.items.iter().find_map(|item| item.phases.first());
    let before = amended.before.map(record::configuration);
    predicate.insert("phase".to_owned(), json!(first));
    predicate.insert("changes".to_owned(), json!(changes));
    predicate.insert("before".to_owned(), json!(before));
    let patch = amended
        .before
        .map(|before| patch(&files_of(before), &files_of(amended.plan)));
    let record = entry(amended, predicate);
    match patch {
        Some(patch) => record.with_file("difference.patch", patch),
        None => record,
    }
}

/// The entry of a phase that was unsealed: what the old tags said lies below `tags/`.
pub(super) fn reopened(
    amended: &Amended<'_>,
    phase: &str,
    unsealed: &[Unsealed],
    opened_at: &Oid,
    tags: Vec<(String, Vec<u8>)>,
) -> Record {
    let seals: Vec<Json> = unsealed
        .iter()
        .map(|seal| {
            json!({
                "phase": seal.phase,
                "commit": seal.commit.as_str(),
                "tag": seal.tag.as_ref().map(|(name, _)| name),
                "tagObject": seal.tag.as_ref().map(|(_, object)| object.as_str()),
            })
        })
        .collect();
    let mut predicate = common(amended);
    predicate.insert("phase".to_owned(), json!(phase));
    predicate.insert("reopened".to_owned(), json!(seals));
    predicate.insert("opened_at".to_owned(), json!(opened_at.as_str()));
    tags.into_iter()
        .fold(entry(amended, predicate), |record, (name, text)| {
            record.with_file(format!("tags/{name}"), text)
        })
}

fn common(amended: &Amended<'_>) -> Map<String, Json> {
    [
        ("event", json!("amended")),
        (
            "who",
            json!({ "name": amended.who.name, "email": amended.who.email }),
        ),
        ("assurance", json!(amended.consent.assurance.as_str())),
        ("reason", json!(amended.consent.reason)),
        ("configuration", record::configuration(amended.plan).into()),
        ("tool", record::tool()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .chain(record::place(&amended.head))
    .collect()
}

fn entry(amended: &Amended<'_>, predicate: Map<String, Json>) -> Record {
    let plan = amended.plan;
    let record = record::statement(plan, &amended.tree, record::PHASE_EVENT, predicate);
    with_plan(record.signed(), plan, &amended.lists)
}

/// What became of files, as `diff -u` shows it.
pub(super) fn patch(before: &[(String, Vec<u8>)], now: &[(String, Vec<u8>)]) -> String {
    let of = |files: &[(String, Vec<u8>)], path: &str| {
        let file = files.iter().find(|(known, _)| known == path);
        file.map(|(_, text)| String::from_utf8_lossy(text).into_owned())
    };
    let mut paths: Vec<&String> = before.iter().chain(now).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let mut text = String::new();
    for path in paths {
        let (old, new) = (of(before, path), of(now, path));
        let name = |side: &str, there: bool| match there {
            true => format!("{side}/{path}"),
            false => "/dev/null".to_owned(),
        };
        let diff = TextDiff::from_lines(
            old.as_deref().unwrap_or_default(),
            new.as_deref().unwrap_or_default(),
        )
        .unified_diff()
        .context_radius(3)
        .header(&name("a", old.is_some()), &name("b", new.is_some()))
        .to_string();
        text.push_str(&diff);
    }
    text
}
