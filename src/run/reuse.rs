//! Earlier verdicts taken again: which gates need not be judged, since all that their
//! verdict depends on is as it was when they were green.

mod definition;
mod expression;
mod inputs;
mod key;
mod store;
mod why;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::{Mode, Verdict};
use super::gate;
use super::judged::Judged;
use super::judging::Judging;
use super::schedule::Job;
use crate::plan::{Phase, Regress};
use crate::repo::{Oid, RepoError};

pub(crate) use inputs::matching;
pub(crate) use key::{Key, Keys};
use store::Record;
pub(crate) use store::Store;
pub use why::{Answer, Difference, DifferenceKind, LastVerdict, Why};

/// Where a verdict that was not given now comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The phase of the gate that was judged.
    pub phase: String,
    /// That gate.
    pub gate: String,
    /// The tree it was judged on.
    pub tree: String,
    /// When, in UTC: `2026-11-21T13:15:42Z`.
    pub at: String,
    /// By what kind of run.
    pub mode: Mode,
    /// Whether that was in this very run.
    pub this_run: bool,
}

impl Origin {
    fn of(record: &Record) -> Self {
        Self {
            phase: record.phase.clone(),
            gate: record.gate.clone(),
            tree: record.tree.clone(),
            at: written(record.at),
            mode: record.mode,
            this_run: false,
        }
    }
}

/// A point in time, in milliseconds since 1970, as it is written.
fn written(at: u64) -> String {
    let time = std::time::SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at));
    time.map_or_else(String::new, |time| {
        humantime::format_rfc3339_seconds(time).to_string()
    })
}

/// What a run may take from earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Nothing, save that gates of earlier phases that are the same are judged once.
    Fresh,
    /// Verdicts on earlier phases' gates, as their `regress` says.
    Earlier,
    /// Those on the open phase's gates, too.
    Open,
    /// Any.
    All,
}

/// What is known of a job before it is judged.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The key of its verdict; none where it depends on what no key can hold.
    pub key: Option<Key>,
    /// The green that it takes.
    pub green: Option<Origin>,
    /// The jobs before it that are the same gate of other phases: it takes the verdict of
    /// the first that is judged.
    pub same: Vec<usize>,
}

/// Looks up what is known of every job. `open` is the phase that is judged.
pub(crate) fn look(
    judging: &Judging<'_>,
    store: &Store,
    jobs: &mut [Job<'_>],
    open: &Phase,
    policy: Policy,
) {
    let mut keys = Keys::new(judging);
    let durations = store.durations(&judging.plan.path);
    let mut seen: HashMap<String, Vec<usize>> = HashMap::new();
    let phases: Vec<usize> = jobs.iter().map(|job| job.phase).collect();
    for (at, job) in jobs.iter_mut().enumerate() {
        let key = keys.of(job.phase, job.gate).ok();
        let changed = open.regress != Regress::All;
        let takes = match policy {
            Policy::Fresh => false,
            Policy::Earlier => job.regression && changed,
            Policy::Open => !job.regression || changed,
            Policy::All => true,
        };
        let green = key.as_ref().filter(|_| takes);
        let green = green.and_then(|key| store.green(&key.digest));
        let of = judging.phase_name(job.phase);
        let mut same = Vec::new();
        if let Some(key) = &key {
            let before = seen.entry(key.digest.clone()).or_default();
            if job.regression && changed {
                let elsewhere = |other: &&usize| phases.get(**other) != Some(&job.phase);
                same.extend(before.iter().filter(elsewhere));
            }
            before.push(at);
        }
        if let Some(last) = durations.get(&(of, job.gate.name.value.as_str())) {
            // A plan may say more of it than the last run: a `hold` that was red early.
            job.length = job.length.max(super::millis(*last));
        }
        job.known = Known {
            green: green.map(Origin::of),
            same,
            key,
        };
    }
}

/// Whether a job will be judged: it has no verdict to take, and no `when` that leaves it out.
pub(crate) fn must_judge(judging: &Judging<'_>, job: &Job<'_>) -> bool {
    job.known.green.is_none() && !gate::is_left_out(judging, job.phase, job.gate)
}

/// What differs for a gate that was green before: what is to be said of one that is red
/// now. Without an earlier verdict, since the tree `sealed`, on which it was green.
pub(crate) fn since_green(
    judging: &Judging<'_>,
    store: &Store,
    job: &Job<'_>,
    sealed: &Oid,
) -> Option<(Oid, Vec<Difference>)> {
    let key = job.known.key.as_ref()?;
    let phase = judging.phase_name(job.phase);
    let green = store
        .of_gate(&judging.plan.path, phase, &job.gate.name.value)
        .find(|record| record.verdict == Verdict::Pass);
    let tree = green.and_then(Record::tree).unwrap_or(sealed.clone());
    let mut all = why::changed_inputs(judging, key, Some(&tree)).ok()?;
    if let Some(old) = green.and_then(Record::parts) {
        all.extend(why::changed_parts(&old, &key.parts));
    }
    Some((tree, all))
}

/// The verdict of another job that is the same gate, for one that shares it.
pub(crate) fn shared(judging: &Judging<'_>, judged: &Judged, of: &Job<'_>) -> Judged {
    let phase = judging.phase_name(of.phase);
    let gate = of.gate.name.value.as_str();
    let origin = judged.origin.clone().unwrap_or_else(|| Origin {
        phase: phase.to_owned(),
        gate: gate.to_owned(),
        tree: judging.tree.as_str().to_owned(),
        at: written(store::now()),
        mode: judging.mode,
        this_run: true,
    });
    let (verdict, reason) = match judged.verdict {
        Verdict::Pass | Verdict::Reused => (Verdict::Reused, None),
        // The failure is told once, with the gate that was judged.
        verdict => (
            verdict,
            Some(match &judged.reason {
                Some(reason) => format!("as `{phase}/{gate}`, the same gate: {reason}"),
                None => format!("as `{phase}/{gate}`, the same gate"),
            }),
        ),
    };
    Judged {
        reason,
        origin: Some(origin),
        ..Judged::of(verdict)
    }
}

/// Keeps the verdicts of a run that came to its end and changed no file.
pub(crate) fn keep(
    judging: &Judging<'_>,
    store: &Store,
    jobs: &[Job<'_>],
    verdicts: &[Option<(Verdict, Duration)>],
) -> Result<(), RepoError> {
    let mut records = Vec::new();
    for (job, verdict) in jobs.iter().zip(verdicts) {
        let Some((verdict, duration)) = verdict else {
            continue;
        };
        let key = job.known.key.as_ref();
        records.push(Record::new(&store::Judged {
            key: key.map(|key| (key.digest.as_str(), &key.parts)),
            plan: &judging.plan.path,
            phase: judging.phase_name(job.phase),
            gate: &job.gate.name.value,
            verdict: *verdict,
            duration_ms: super::millis(*duration),
            tree: &judging.tree,
            mode: judging.mode,
        }));
    }
    store.add(judging.repo, &records)
}
