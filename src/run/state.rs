//! Which phase one is in: derived from the ledger and the tags, never from a file that
//! someone could edit.

use serde::Serialize;

use crate::plan::{Phase, Plan};
use crate::repo::{Head, LedgerEntry, Oid, RepoError, Repository};

/// What is known of one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum PhaseState {
    /// Passed, recorded, tagged; the commit lies in HEAD's history.
    Sealed {
        /// The sealed commit.
        commit: Oid,
        /// Its tree.
        tree: Oid,
    },
    /// The first that is not sealed.
    Open,
    /// An earlier one is not sealed.
    Locked,
}

/// The states of a plan's phases, in order.
#[derive(Debug, Clone)]
pub struct States {
    /// One for each phase.
    pub phases: Vec<PhaseState>,
    /// The tree at which the first phase opened.
    base: Oid,
}

impl States {
    /// Derives them.
    ///
    /// A phase is sealed where the ledger says so, or a tag with gate's trailers does (a
    /// clone has tags but not always the ledger), and its commit is in HEAD's history.
    ///
    /// # Errors
    /// Where git fails, or the plan's `base` names no commit.
    pub fn derive(plan: &Plan, repo: &Repository) -> Result<Self, RepoError> {
        let head = repo.head()?;
        let entries = repo.ledger_of(plan.name(), &["opened", "sealed"])?;
        let mut phases = Vec::with_capacity(plan.phases.len());
        let mut open_seen = false;
        for phase in &plan.phases {
            let state = if open_seen {
                PhaseState::Locked
            } else if let Some((commit, tree)) = sealed(phase, repo, &head, &entries)? {
                PhaseState::Sealed { commit, tree }
            } else {
                open_seen = true;
                PhaseState::Open
            };
            phases.push(state);
        }
        let recorded = plan
            .phases
            .first()
            .and_then(|first| opened_at(plan, first, &entries));
        let base = match recorded {
            Some(tree) => tree,
            None => first_base(plan, repo, &head)?,
        };
        Ok(Self { phases, base })
    }

    /// The index of the open phase; none when all are sealed.
    #[must_use]
    pub fn open(&self) -> Option<usize> {
        self.phases
            .iter()
            .position(|state| *state == PhaseState::Open)
    }

    /// How many phases are sealed.
    #[must_use]
    pub fn sealed(&self) -> usize {
        self.phases
            .iter()
            .filter(|state| matches!(state, PhaseState::Sealed { .. }))
            .count()
    }

    /// The tree at which the phase of this index opened.
    #[must_use]
    pub fn opened_at(&self, index: usize) -> &Oid {
        match index
            .checked_sub(1)
            .and_then(|before| self.phases.get(before))
        {
            Some(PhaseState::Sealed { tree, .. }) => tree,
            _ => &self.base,
        }
    }
}

fn sealed(
    phase: &Phase,
    repo: &Repository,
    head: &Head,
    entries: &[LedgerEntry],
) -> Result<Option<(Oid, Oid)>, RepoError> {
    let Some(head) = &head.commit else {
        return Ok(None);
    };
    for entry in entries.iter().rev() {
        if entry.event() != Some("sealed") || entry.phase() != Some(&phase.name.value) {
            continue;
        }
        let Some(commit) = entry.field("commit").and_then(Oid::parse) else {
            continue;
        };
        // A sealed commit that was reset away no longer counts; git may have dropped it.
        if repo.commit(commit.as_str())?.is_some() && repo.is_ancestor(&commit, head)? {
            let tree = repo.tree_of(&commit)?;
            return Ok(Some((commit, tree)));
        }
    }
    let Some(tag) = &phase.tag else {
        return Ok(None);
    };
    let Some(info) = repo.tag(&tag.name.value)? else {
        return Ok(None);
    };
    let says = |key: &str, value: &str| info.trailers.iter().any(|(k, v)| k == key && v == value);
    if says("Gate-Phase", &phase.name.value)
        && says("Gate-Tree", info.tree.as_str())
        && repo.is_ancestor(&info.commit, head)?
    {
        return Ok(Some((info.commit, info.tree)));
    }
    Ok(None)
}

/// The tree recorded when the first phase opened, unless the plan names another base since.
/// Without it, what is committed by hand on the base's own branch would leave the change.
fn opened_at(plan: &Plan, phase: &Phase, entries: &[LedgerEntry]) -> Option<Oid> {
    let base = plan.settings.base.as_ref().map(|base| base.value.as_str());
    entries
        .iter()
        .rev()
        .find(|entry| entry.event() == Some("opened") && entry.phase() == Some(&phase.name.value))
        .filter(|entry| entry.field("base") == base)
        .and_then(|entry| entry.field("opened_at"))
        .and_then(Oid::parse)
}

/// Where the first phase opens: where HEAD left `base`, or the empty tree where the plan
/// names no base or nothing is committed yet.
fn first_base(plan: &Plan, repo: &Repository, head: &Head) -> Result<Oid, RepoError> {
    let (Some(base), Some(head)) = (&plan.settings.base, &head.commit) else {
        return repo.empty_tree();
    };
    let Some(commit) = repo.commit(&base.value)? else {
        return Err(RepoError::NoBase {
            name: base.value.clone(),
        });
    };
    let fork = repo.merge_base(&commit, head)?.unwrap_or(commit);
    repo.tree_of(&fork)
}
