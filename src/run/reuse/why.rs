//! Why an earlier verdict would be taken again, or would not: part by part.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inputs::matching;
use super::key::{Key, Keys, Parts};
use super::store::{Record, Store};
use super::{Origin, written};
use crate::plan::Gate;
use crate::repo::{Oid, RepoError, TreeEntry};
use crate::run::command;
use crate::run::event::{Mode, Verdict};
use crate::run::interpreter::Interpreter;
use crate::run::judging::Judging;
use crate::run::outcome::Refusal;
use crate::run::state::States;

/// Whether a gate's last green would be taken again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The gate's phase.
    pub phase: String,
    /// The gate.
    pub gate: String,
    /// The answer.
    pub answer: Answer,
    /// The reason, in one sentence without a full stop.
    pub reason: String,
    /// The green that would be taken.
    pub green: Option<Origin>,
    /// The last verdict on this gate.
    pub last: Option<LastVerdict>,
    /// The last green, of a miss; what differs is counted from it.
    pub since: Option<LastVerdict>,
    /// What differs from the last green; empty where there is none.
    pub differences: Vec<Difference>,
    /// The globs of the files it depends on; none where that is every file.
    pub inputs: Option<Vec<String>>,
    /// How many files these are now.
    pub files: usize,
    /// The digest of all that its verdict depends on; none where no digest can hold it.
    pub key: Option<String>,
}

/// What an earlier verdict is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It would be taken.
    Hit,
    /// The gate would be judged anew.
    Miss,
    /// Whatever was judged, the gate is judged anew each time.
    Never,
}

/// An earlier verdict on a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastVerdict {
    /// How it was judged.
    pub verdict: Verdict,
    /// When, in UTC.
    pub at: String,
    /// On which tree.
    pub tree: String,
    /// By what kind of run.
    pub mode: Mode,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of thing.
    pub kind: DifferenceKind,
    /// A path, a setting or step, the name of a value or variable.
    pub name: String,
    /// What it was; none where it was not there.
    pub old: Option<String>,
    /// What it is; none where it is gone.
    pub new: Option<String>,
}

/// What kind of thing a verdict depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DifferenceKind {
    /// A file, by mode and id.
    Input,
    /// A setting or step of the gate.
    Definition,
    /// A value that exists only in a run.
    Value,
    /// An environment variable.
    Environment,
    /// The version of gate.
    Tool,
    /// Operating system and architecture.
    System,
}

impl Interpreter<'_> {
    /// Why `gate try` would take the last green of a gate (`GATE` of the open phase, or
    /// `PHASE/GATE`), or would not. Judges nothing.
    ///
    /// # Errors
    /// Where there is no such gate, or git fails.
    pub fn why(&self, gate: &str) -> Result<Why, Refusal> {
        self.check_ready()?;
        drop(self.learn_secrets());
        let states = States::derive(self.plan, &self.repo)?;
        let (index, phase) = self.open_or_last(&states);
        let Some(phase) = phase else {
            return Err(self.unknown_phase(gate));
        };
        let (index, gate) = self.find_gate(gate, index, phase)?;
        let tree = self.judged_tree()?;
        let env = command::scrubbed_env();
        let mut judging = self.judging(tree, self.repo.head()?, states, env);
        judging.mode = Mode::Try;
        Ok(explain(&judging, index, gate)?)
    }
}

fn explain(judging: &Judging<'_>, phase: usize, gate: &Gate) -> Result<Why, RepoError> {
    let store = Store::open(judging.repo);
    let name = judging.phase_name(phase);
    let plan = &judging.plan.path;
    let mut of_gate = store.of_gate(plan, name, &gate.name.value);
    let last = of_gate.next();
    let last_green = last
        .into_iter()
        .chain(of_gate)
        .find(|record| record.verdict == Verdict::Pass);
    let mut why = Why {
        phase: name.to_owned(),
        gate: gate.name.value.clone(),
        answer: Answer::Miss,
        reason: String::new(),
        green: None,
        last: last.map(LastVerdict::of),
        since: None,
        differences: Vec::new(),
        inputs: None,
        files: 0,
        key: None,
    };
    let key = match Keys::new(judging).of(phase, gate) {
        Ok(key) => key,
        Err(never) => {
            why.answer = Answer::Never;
            why.reason = never;
            return Ok(why);
        }
    };
    why.files = files(judging.entries()?, key.globs.as_deref()).len();
    let on_this = |record: &&Record| record.key == key.digest;
    if let Some(green) = store.green(&key.digest) {
        why.answer = Answer::Hit;
        "nothing that its verdict depends on has changed".clone_into(&mut why.reason);
        why.green = Some(Origin::of(green));
    } else if let Some(record) = last.filter(on_this) {
        let word = word(record.verdict);
        why.reason = format!("on just this it was {word}, and only green is taken again");
    } else if last_green.is_some() {
        "what its verdict depends on has changed".clone_into(&mut why.reason);
    } else if let Some(record) = last {
        let word = word(record.verdict);
        why.reason = format!("it was never green here; the last time it was {word}");
    } else {
        "it was never judged here".clone_into(&mut why.reason);
    }
    if let Some(green) = last_green.filter(|_| why.green.is_none()) {
        why.since = Some(LastVerdict::of(green));
        why.differences = differences(judging, &key, green)?;
    }
    why.inputs = key.globs;
    why.key = Some(key.digest);
    Ok(why)
}

impl LastVerdict {
    fn of(record: &Record) -> Self {
        Self {
            verdict: record.verdict,
            at: written(record.at),
            tree: record.tree.clone(),
            mode: record.mode,
            duration_ms: record.duration_ms,
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Reused => "green",
        Verdict::Fail => "red",
        Verdict::Blocked => "blocked",
        Verdict::Skipped => "skipped",
        Verdict::Flaky => "flaky",
        Verdict::Waiting => "waiting",
    }
}

/// What is not as it was at an earlier verdict.
fn differences(
    judging: &Judging<'_>,
    key: &Key,
    record: &Record,
) -> Result<Vec<Difference>, RepoError> {
    let mut all = Vec::new();
    if record
        .parts()
        .is_none_or(|old| old.inputs != key.parts.inputs)
    {
        all.extend(changed_inputs(judging, key, record.tree().as_ref())?);
    }
    if let Some(old) = record.parts() {
        all.extend(changed_parts(&old, &key.parts));
    }
    Ok(all)
}

/// What differs of all but the files.
pub(super) fn changed_parts(old: &Parts, new: &Parts) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut one = |kind, name: &str, old: Option<&String>, new: Option<&String>| {
        if old != new {
            all.push(Difference {
                kind,
                name: name.to_owned(),
                old: old.cloned(),
                new: new.cloned(),
            });
        }
    };
    one(
        DifferenceKind::Tool,
        "gate",
        Some(&old.tool),
        Some(&new.tool),
    );
    let (before, now) = (Some(&old.system), Some(&new.system));
    one(DifferenceKind::System, "system", before, now);
    let gone = |name: &&String| !new.definition.contains_key(*name);
    let names = new.definition.keys();
    for name in names.chain(old.definition.keys().filter(gone)) {
        let (before, now) = (old.definition.get(name), new.definition.get(name));
        one(DifferenceKind::Definition, name, before, now);
    }
    for (kind, old, new) in [
        (DifferenceKind::Value, &old.values, &new.values),
        (
            DifferenceKind::Environment,
            &old.environment,
            &new.environment,
        ),
    ] {
        let gone = |name: &&String| !new.contains_key(*name);
        for name in new.keys().chain(old.keys().filter(gone)) {
            one(kind, name, old.get(name), new.get(name));
        }
    }
    all
}

/// Which of the key's files differ from those of an earlier tree. One that git no longer
/// has is named as such.
pub(super) fn changed_inputs(
    judging: &Judging<'_>,
    key: &Key,
    tree: Option<&Oid>,
) -> Result<Vec<Difference>, RepoError> {
    let globs = key.globs.as_deref();
    let Some(Ok(old)) = tree.map(|tree| judging.repo.files(tree)) else {
        return Ok(vec![Difference {
            kind: DifferenceKind::Input,
            name: "the files of a tree that git no longer has".to_owned(),
            old: tree.map(|tree| tree.as_str().to_owned()),
            new: Some(judging.tree.as_str().to_owned()),
        }]);
    };
    let mut paths: BTreeMap<_, (Option<String>, Option<String>)> = BTreeMap::new();
    for entry in files(&old, globs) {
        paths.entry(&entry.path).or_default().0 = Some(written_entry(entry));
    }
    let new = judging.entries()?;
    for entry in files(new, globs) {
        paths.entry(&entry.path).or_default().1 = Some(written_entry(entry));
    }
    let changed = paths.into_iter().filter(|(_, (old, new))| old != new);
    let difference = |(path, (old, new)): (&crate::repo::RepoPath, _)| Difference {
        kind: DifferenceKind::Input,
        name: path.to_str_lossy().into_owned(),
        old,
        new,
    };
    Ok(changed.map(difference).collect())
}

fn files<'e>(entries: &'e [TreeEntry], globs: Option<&[String]>) -> Vec<&'e TreeEntry> {
    match globs {
        Some(globs) => matching(entries, globs),
        None => entries.iter().collect(),
    }
}

fn written_entry(entry: &TreeEntry) -> String {
    format!("{:o} {}", entry.mode, entry.oid)
}
