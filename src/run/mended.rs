//! What mended a red: the difference between the tree that was red and this one.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::record::Line;
use crate::repo::{Head, LedgerEntry, Oid, Patch, RepoError, Repository};

/// How much of a difference an entry keeps as a patch, in bytes.
const PATCH: usize = 256 << 10;

/// How many changed paths an entry names.
const PATHS: usize = 500;

/// What failed in an earlier run and is green now.
#[derive(Debug)]
pub(crate) struct Mended {
    /// The number of its patch, from 1.
    number: usize,
    /// The entry of the run that was red.
    run: Oid,
    /// The tree it judged.
    tree: Option<Oid>,
    /// What failed there: phase and name.
    gates: Vec<(String, String)>,
    /// What differs; none where that tree is no longer there.
    patch: Option<Patch>,
}

impl Mended {
    /// As an entry has it.
    pub fn json(&self) -> Json {
        let gates: Vec<Json> = self
            .gates
            .iter()
            .map(|(phase, name)| json!({ "phase": phase, "name": name }))
            .collect();
        let patch = self.patch.as_ref();
        json!({
            "run": self.run.as_str(),
            "tree": self.tree.as_ref().map(Oid::as_str),
            "gates": gates,
            "paths": patch.map(|patch| patch.paths.iter().take(PATHS).collect::<Vec<_>>()),
            "changed": patch.map(|patch| patch.paths.len()),
            "patch": self.file().map(|(path, _)| path),
            "whole": patch.map(|patch| patch.whole),
        })
    }

    /// The patch as a file beside the entry.
    pub fn file(&self) -> Option<(String, Vec<u8>)> {
        let patch = self.patch.as_ref()?;
        let path = format!("mended/{}.patch", self.number);
        (!patch.text.is_empty()).then(|| (path, patch.text.clone()))
    }
}

/// What of these lines was red when it was last judged in this phase since its last seal,
/// and is green now.
pub(crate) fn since(
    repo: &Repository,
    plan: &str,
    phase: &str,
    head: &Head,
    tree: &Oid,
    lines: &[Line],
) -> Result<Vec<Mended>, RepoError> {
    let runs = repo.runs_since_seal(plan, phase)?;
    let mut red: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        if !leads_here(repo, run, head)? {
            continue;
        }
        for (part, verdict) in judged(run) {
            match verdict {
                "fail" => drop(red.insert(part, at)),
                "pass" | "flaky" | "reused" => drop(red.remove(&part)),
                _ => {}
            }
        }
    }
    let mut by_run: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_green()) {
        let part = (line.phase.clone(), line.name.clone());
        if let Some(at) = red.get(&part) {
            by_run.entry(*at).or_default().push(part);
        }
    }
    let mut all = Vec::new();
    for (at, gates) in by_run {
        let Some(run) = runs.get(at) else { continue };
        let before = run.tree();
        let patch = match &before {
            // A tree that git has dropped since can no longer be compared.
            Some(before) => repo.patch(before, tree, PATCH).ok(),
            None => None,
        };
        all.push(Mended {
            number: all.len() + 1,
            run: run.id.clone(),
            tree: before,
            gates,
            patch,
        });
    }
    Ok(all)
}

/// Whether a run was made on what HEAD is now or was before: not on another branch.
fn leads_here(repo: &Repository, run: &LedgerEntry, head: &Head) -> Result<bool, RepoError> {
    let before = run.field("head").and_then(Oid::parse);
    match (before, &head.commit) {
        (None, _) => Ok(true),
        (Some(_), None) => Ok(false),
        (Some(before), Some(now)) if before == *now => Ok(true),
        (Some(before), Some(now)) => {
            Ok(repo.commit(before.as_str())?.is_some() && repo.is_ancestor(&before, now)?)
        }
    }
}

/// The parts a run judged, each with its verdict.
fn judged(run: &LedgerEntry) -> impl Iterator<Item = ((String, String), &str)> {
    let gates = run
        .json
        .pointer("/predicate/gates")
        .and_then(Json::as_array);
    gates.into_iter().flatten().filter_map(|gate| {
        let text = |name: &str| gate.get(name).and_then(Json::as_str);
        let part = (text("phase")?.to_owned(), text("name")?.to_owned());
        Some((part, text("verdict")?))
    })
}
