//! What of a plan's ledger holds for the history that HEAD stands in.
//!
//! A ledger is one for all branches. A seal holds where its commit is in HEAD's history;
//! what else happened, on the branch it happened on and on those that grew from there.

use serde_json::Value;

use crate::plan::{Phase, Plan};
use crate::repo::{Head, LedgerEntry, Oid, RepoError, Repository};
use crate::source::MemoryLoader;

use super::record::{LISTS_FOLDER, PLAN_FOLDER};

/// The events that states are derived from.
const STATES: [&str; 3] = ["opened", "amended", "sealed"];

/// The events that have the plan beside them.
const PLANS: [&str; 7] = [
    "opened", "red", "green", "blocked", "waiting", "amended", "sealed",
];

/// Files by their paths from the root.
pub(super) type RecordedFiles = Vec<(String, Vec<u8>)>;

/// What an entry has beside it of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    /// The plan's files.
    pub plan: RecordedFiles,
    /// The lists of tasks that it names.
    pub lists: RecordedFiles,
}

/// A ledger, and HEAD.
pub(super) struct History<'r> {
    repo: &'r Repository,
    pub head: Head,
    entries: Vec<LedgerEntry>,
}

/// The seal of a phase.
pub(super) struct SealOnRecord {
    /// The sealed commit.
    pub commit: Oid,
    /// Its tree.
    pub tree: Oid,
    /// Where in the ledger; none where only the tag says so.
    pub at: Option<usize>,
}

/// A phase that was unsealed.
pub(super) struct Reopening {
    /// Where in the ledger.
    pub at: usize,
    /// The tree that its change is counted from.
    pub opened_at: Option<Oid>,
}

impl<'r> History<'r> {
    /// Reads what states are derived from in the ledger of a plan (its path without `.gate`).
    pub fn read(plan: &str, repo: &'r Repository) -> Result<Self, RepoError> {
        Self::of(plan, repo, &STATES)
    }

    /// Reads every entry, too, that has the plan's files beside it.
    pub fn with_plans(plan: &str, repo: &'r Repository) -> Result<Self, RepoError> {
        Self::of(plan, repo, &PLANS)
    }

    fn of(plan: &str, repo: &'r Repository, events: &[&str]) -> Result<Self, RepoError> {
        Ok(Self {
            repo,
            head: repo.head()?,
            entries: repo.ledger_of(plan, events)?,
        })
    }

    fn last(&self, event: &str, phase: &str) -> impl Iterator<Item = (usize, &LedgerEntry)> {
        self.entries
            .iter()
            .enumerate()
            .rev()
            .filter(move |(_, entry)| entry.event() == Some(event) && entry.phase() == Some(phase))
    }

    /// The seal of a phase: on record, or by a tag with gate's trailers (a clone has tags,
    /// but not always the ledger). One that was reset away or unsealed no longer counts.
    pub fn sealed(&self, phase: &Phase) -> Result<Option<SealOnRecord>, RepoError> {
        let Some(head) = &self.head.commit else {
            return Ok(None);
        };
        let name = &phase.name.value;
        for (at, entry) in self.last("sealed", name) {
            let Some(commit) = entry.field("commit").and_then(Oid::parse) else {
                continue;
            };
            if self.unsealed(name, &commit, at) {
                continue;
            }
            // Git may have dropped what was reset away.
            if self.repo.commit(commit.as_str())?.is_some()
                && self.repo.is_ancestor(&commit, head)?
            {
                let tree = self.repo.tree_of(&commit)?;
                return Ok(Some(SealOnRecord {
                    commit,
                    tree,
                    at: Some(at),
                }));
            }
        }
        let Some(tag) = &phase.tag else {
            return Ok(None);
        };
        let Some(info) = self.repo.tag(&tag.name.value)? else {
            return Ok(None);
        };
        let says =
            |key: &str, value: &str| info.trailers.iter().any(|(k, v)| k == key && v == value);
        if says("Gate-Phase", name)
            && says("Gate-Tree", info.tree.as_str())
            && !self.unsealed(name, &info.commit, 0)
            && self.repo.is_ancestor(&info.commit, head)?
        {
            return Ok(Some(SealOnRecord {
                commit: info.commit,
                tree: info.tree,
                at: None,
            }));
        }
        Ok(None)
    }

    /// Whether the seal of this commit was taken back, later than `at`.
    fn unsealed(&self, phase: &str, commit: &Oid, at: usize) -> bool {
        let later = self.entries.iter().skip(at);
        later
            .flat_map(reopened)
            .any(|(name, of, _)| name == phase && of == commit.as_str())
    }

    /// When a phase was last unsealed in this history.
    pub fn reopened(&self, phase: &str) -> Result<Option<Reopening>, RepoError> {
        let Some(head) = &self.head.commit else {
            return Ok(None);
        };
        for (at, entry) in self.entries.iter().enumerate().rev() {
            for (name, commit, _) in reopened(entry) {
                if name != phase {
                    continue;
                }
                let Some(commit) = Oid::parse(commit) else {
                    continue;
                };
                if self.repo.commit(commit.as_str())?.is_some()
                    && self.repo.is_ancestor(&commit, head)?
                {
                    return Ok(Some(Reopening {
                        at,
                        opened_at: entry.field("opened_at").and_then(Oid::parse),
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The id of the tag's object that a phase that was unsealed still has: the next seal
    /// may put its own in its place.
    pub fn tag_of_old_seal(&self, phase: &str) -> Result<Option<Oid>, RepoError> {
        let Some(reopening) = self.reopened(phase)? else {
            return Ok(None);
        };
        let entry = self.entries.get(reopening.at);
        Ok(entry
            .into_iter()
            .flat_map(reopened)
            .find_map(|(name, _, tag)| {
                if name == phase {
                    Oid::parse(tag?)
                } else {
                    None
                }
            }))
    }

    /// The entry of the opening of a phase of `plan`, since it was last unsealed.
    pub fn opened(&self, plan: &Plan, phase: &str) -> Result<Option<&LedgerEntry>, RepoError> {
        let since = self.reopened(phase)?.map(|reopening| reopening.at);
        for (at, entry) in self.last("opened", phase) {
            if since.is_some_and(|since| at < since) {
                break;
            }
            if self.holds(entry, plan)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// How the last run of a phase that is not sealed ended in this history: `red`, `green`,
    /// `blocked` or `waiting`. To be asked of [`History::with_plans`].
    pub fn last_run(&self, plan: &Plan, phase: &str) -> Result<Option<String>, RepoError> {
        for entry in self.entries.iter().rev() {
            let event = entry.event().unwrap_or_default();
            let run = matches!(event, "red" | "green" | "blocked" | "waiting");
            if run && entry.phase() == Some(phase) && self.holds(entry, plan)? {
                return Ok(Some(event.to_owned()));
            }
        }
        Ok(None)
    }

    /// The plan as last recorded, by the entry that has it.
    pub fn plan_on_record(&self, plan: &Plan) -> Result<Option<Recorded>, RepoError> {
        for entry in self.entries.iter().rev() {
            if let Some(recorded) = self.recorded(entry)?
                && self.holds(entry, plan)?
            {
                return Ok(Some(recorded));
            }
        }
        Ok(None)
    }

    /// Every entry of this history that has the plan, oldest first.
    pub fn trail(&self, plan: &Plan) -> Result<Vec<(&LedgerEntry, Recorded)>, RepoError> {
        let mut trail = Vec::new();
        for entry in &self.entries {
            if let Some(recorded) = self.recorded(entry)?
                && self.holds(entry, plan)?
            {
                trail.push((entry, recorded));
            }
        }
        Ok(trail)
    }

    fn recorded(&self, entry: &LedgerEntry) -> Result<Option<Recorded>, RepoError> {
        let plan = self.repo.recorded_files(&entry.id, PLAN_FOLDER)?;
        if plan.is_empty() {
            return Ok(None);
        }
        let lists = self.repo.recorded_files(&entry.id, LISTS_FOLDER)?;
        Ok(Some(Recorded { plan, lists }))
    }

    /// Whether an entry is of this history: a seal's commit is in it; anything else
    /// happened on this branch, or where this branch comes from, to a phase that the plan
    /// still has. Another branch may hold another plan under the same name.
    fn holds(&self, entry: &LedgerEntry, plan: &Plan) -> Result<bool, RepoError> {
        let in_history = |id: Option<Oid>| match (id, &self.head.commit) {
            (Some(id), Some(head)) => {
                Ok(self.repo.commit(id.as_str())?.is_some() && self.repo.is_ancestor(&id, head)?)
            }
            (id, _) => Ok(id.is_none()),
        };
        if entry.event() == Some("sealed") {
            return in_history(entry.field("commit").and_then(Oid::parse));
        }
        let branch = entry.field("branch");
        if branch.is_some() && branch == self.head.branch.as_deref() {
            return Ok(true);
        }
        let known = entry.phase().is_some_and(|name| plan.phase(name).is_some());
        Ok(known && in_history(entry.field("head").and_then(Oid::parse))?)
    }
}

/// The names of the phases that an entry unseals.
pub(super) fn unsealed_by(entry: &LedgerEntry) -> impl Iterator<Item = &str> {
    reopened(entry).map(|(name, _, _)| name)
}

/// The phases that an entry unseals: name, commit, and the object of the tag.
fn reopened(entry: &LedgerEntry) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    let list = entry
        .json
        .pointer("/predicate/reopened")
        .and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|seal| {
        let text = |key: &str| seal.get(key).and_then(Value::as_str);
        Some((text("phase")?, text("commit")?, text("tagObject")))
    })
}

/// Recorded files, to be loaded as a plan.
pub(super) fn in_memory(files: &[(String, Vec<u8>)]) -> MemoryLoader {
    files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(path.clone(), text.clone())
        })
}
