//! What earlier runs found, kept from run to run: a line of JSON for each verdict. A line
//! that cannot be read counts as none.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::key::Parts;
use crate::repo::{Oid, RepoError, Repository};
use crate::run::event::{Mode, Verdict};

/// The version of the lines. Another one is not read.
const VERSION: u32 = 1;

/// How long a verdict is kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Greens of one gate that are kept, so that one may go back and forth between branches.
const GREENS: usize = 4;
/// Verdicts that are kept in all.
const RECORDS: usize = 8192;

/// One verdict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`VERSION`].
    v: u32,
    /// The key; empty where the gate has none.
    pub key: String,
    /// The plan's path.
    pub plan: String,
    /// The gate's phase.
    pub phase: String,
    /// The gate.
    pub gate: String,
    /// How it was judged.
    pub verdict: Verdict,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// On which tree.
    pub tree: String,
    /// By what kind of run.
    pub mode: Mode,
    /// What the key was made of; only of the newest verdicts of a gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<Box<RawValue>>,
}

/// What a record is made of.
pub(crate) struct Judged<'a> {
    pub key: Option<(&'a str, &'a Parts)>,
    pub plan: &'a str,
    pub phase: &'a str,
    pub gate: &'a str,
    pub verdict: Verdict,
    pub duration_ms: u64,
    pub tree: &'a Oid,
    pub mode: Mode,
}

impl Record {
    /// A verdict given now.
    pub(crate) fn new(judged: &Judged<'_>) -> Self {
        let parts = judged.key.map(|(_, parts)| parts);
        Self {
            v: VERSION,
            key: judged.key.map_or("", |(digest, _)| digest).to_owned(),
            plan: judged.plan.to_owned(),
            phase: judged.phase.to_owned(),
            gate: judged.gate.to_owned(),
            verdict: judged.verdict,
            at: now(),
            duration_ms: judged.duration_ms,
            tree: judged.tree.as_str().to_owned(),
            mode: judged.mode,
            parts: parts.and_then(|parts| serde_json::value::to_raw_value(parts).ok()),
        }
    }

    /// What the key was made of, where that is still known.
    pub(crate) fn parts(&self) -> Option<Parts> {
        serde_json::from_str(self.parts.as_ref()?.get()).ok()
    }

    /// The tree it was judged on.
    pub(crate) fn tree(&self) -> Option<Oid> {
        Oid::parse(&self.tree)
    }
}

/// The verdicts of earlier runs.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// As they were kept.
    text: Vec<u8>,
    /// Oldest first.
    records: Vec<Record>,
    /// The newest green of each key.
    green: HashMap<String, usize>,
}

impl Store {
    /// Reads what is kept in a repository.
    pub(crate) fn open(repo: &Repository) -> Self {
        let text = repo.kept_verdicts().unwrap_or_default();
        let mut records = read(&text);
        records.retain(is_recent(now()));
        let green = records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.verdict == Verdict::Pass && !record.key.is_empty())
            .map(|(at, record)| (record.key.clone(), at))
            .collect();
        Self {
            text,
            records,
            green,
        }
    }

    /// The green that was given on this key.
    pub(crate) fn green(&self, key: &str) -> Option<&Record> {
        self.records.get(*self.green.get(key)?)
    }

    /// Every verdict on a gate, newest first.
    pub(crate) fn of_gate(
        &self,
        plan: &str,
        phase: &str,
        gate: &str,
    ) -> impl Iterator<Item = &Record> {
        self.records.iter().rev().filter(move |record| {
            record.gate == gate && record.phase == phase && record.plan == plan
        })
    }

    /// How long each gate of a plan took when it was last judged to an end, by phase and gate.
    pub(crate) fn durations(&self, plan: &str) -> HashMap<(&str, &str), Duration> {
        let ended = |verdict| matches!(verdict, Verdict::Pass | Verdict::Fail | Verdict::Flaky);
        self.records
            .iter()
            .filter(|record| record.plan == plan && ended(record.verdict))
            .map(|record| {
                let of = (record.phase.as_str(), record.gate.as_str());
                (of, Duration::from_millis(record.duration_ms))
            })
            .collect()
    }

    /// Adds verdicts to what is kept, and drops what is old.
    pub(crate) fn add(&self, repo: &Repository, new: &[Record]) -> Result<(), RepoError> {
        if new.is_empty() {
            return Ok(());
        }
        repo.keep_verdicts(|old| {
            let old = old.unwrap_or_default();
            if old == self.text {
                return write(&merged(&self.records, new, now()));
            }
            // Another run has added its own meanwhile.
            write(&merged(&read(&old), new, now()))
        })
    }
}

/// What is to be kept of old and new verdicts, oldest first, and whether with what its key
/// was made of.
fn merged<'r>(old: &'r [Record], new: &'r [Record], now: u64) -> Vec<(&'r Record, bool)> {
    // What was not green on a key takes every green on it away.
    let red: HashSet<&str> = new
        .iter()
        .filter(|record| record.verdict != Verdict::Pass && !record.key.is_empty())
        .map(|record| record.key.as_str())
        .collect();
    let taken =
        |record: &Record| record.verdict == Verdict::Pass && red.contains(record.key.as_str());
    let is_recent = is_recent(now);
    let all = old.iter().chain(new);
    let mut all: Vec<&Record> = all
        .filter(|record| is_recent(record) && !taken(record))
        .collect();
    all.sort_by_key(|record| record.at);

    // Of each, newest first: whether it is kept, and what its key was made of.
    let mut kept = Vec::with_capacity(all.len());
    let mut seen: HashMap<_, Vec<&str>> = HashMap::new();
    let mut left = RECORDS;
    for &record in all.iter().rev() {
        let gate = [&record.plan, &record.phase, &record.gate];
        let newest = !seen.contains_key(&gate);
        let greens = seen.entry(gate).or_default();
        let green = record.verdict == Verdict::Pass;
        let keep = left > 0
            && match green {
                true => greens.len() < GREENS && !greens.contains(&record.key.as_str()),
                false => newest,
            };
        // The newest verdict and the newest green are what a new key is compared with.
        kept.push((keep, newest || green && greens.is_empty()));
        if keep {
            left -= 1;
            if green {
                greens.push(&record.key);
            }
        }
    }
    let all = all.into_iter().zip(kept.into_iter().rev());
    all.filter_map(|(record, (keep, with_parts))| keep.then_some((record, with_parts)))
        .collect()
}

/// Whether a verdict is kept still; one from the future was given by another clock.
fn is_recent(now: u64) -> impl Fn(&Record) -> bool {
    let oldest = now.saturating_sub(super::super::millis(KEPT_FOR));
    move |record| (oldest..=now).contains(&record.at)
}

fn read(text: &[u8]) -> Vec<Record> {
    text.split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Record>(line).ok())
        .filter(|record| record.v == VERSION)
        .collect()
}

fn write(records: &[(&Record, bool)]) -> Vec<u8> {
    let mut text = Vec::new();
    for &(record, with_parts) in records {
        let bare = (!with_parts && record.parts.is_some()).then(|| Record {
            parts: None,
            ..record.clone()
        });
        let line = bare.as_ref().unwrap_or(record);
        let start = text.len();
        match serde_json::to_writer(&mut text, line) {
            Ok(()) => text.push(b'\n'),
            Err(_) => text.truncate(start),
        }
    }
    text
}

pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, super::super::millis)
}
