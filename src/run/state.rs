//! Which phase one is in: derived from the ledger and the tags, never from a file that
//! someone could edit.

use serde::Serialize;

use crate::plan::{Phase, Plan};
use crate::repo::{Head, Oid, RepoError, Repository};

use super::history::History;

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
    /// The tree that the change of a phase is counted from, where it was unsealed.
    starts: Vec<Option<Oid>>,
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
        let history = History::read(plan.name(), repo)?;
        Self::of(plan, repo, &history)
    }

    pub(super) fn of(
        plan: &Plan,
        repo: &Repository,
        history: &History<'_>,
    ) -> Result<Self, RepoError> {
        let (phases, starts) = states(plan, history)?;
        let recorded = match plan.phases.first() {
            Some(first) => opened_at(plan, first, history)?,
            None => None,
        };
        let base = match recorded {
            Some(tree) => tree,
            None => first_base(plan, repo, &history.head)?,
        };
        Ok(Self {
            phases,
            starts,
            base,
        })
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
        if let Some(Some(start)) = self.starts.get(index) {
            return start;
        }
        match index
            .checked_sub(1)
            .and_then(|before| self.phases.get(before))
        {
            Some(PhaseState::Sealed { tree, .. }) => tree,
            _ => &self.base,
        }
    }
}

/// The state of each phase, and where each starts that was unsealed.
pub(super) fn states(
    plan: &Plan,
    history: &History<'_>,
) -> Result<(Vec<PhaseState>, Vec<Option<Oid>>), RepoError> {
    let mut phases = Vec::with_capacity(plan.phases.len());
    let mut starts = Vec::with_capacity(plan.phases.len());
    let mut open_seen = false;
    // Where in the ledger the latest of the seals so far is.
    let mut last_seal = None;
    for phase in &plan.phases {
        let reopening = history.reopened(&phase.name.value)?;
        // Where an earlier phase was sealed since, that is where this one starts.
        let start = reopening.filter(|reopening| last_seal.is_none_or(|seal| seal < reopening.at));
        starts.push(start.and_then(|reopening| reopening.opened_at));
        let state = if open_seen {
            PhaseState::Locked
        } else if let Some(seal) = history.sealed(phase)? {
            last_seal = last_seal.max(seal.at);
            PhaseState::Sealed {
                commit: seal.commit,
                tree: seal.tree,
            }
        } else {
            open_seen = true;
            PhaseState::Open
        };
        phases.push(state);
    }
    Ok((phases, starts))
}

/// The tree recorded when the first phase opened, unless the plan names another base since.
/// Without it, what is committed by hand on the base's own branch would leave the change.
fn opened_at(plan: &Plan, phase: &Phase, history: &History<'_>) -> Result<Option<Oid>, RepoError> {
    let base = plan.settings.base.as_ref().map(|base| base.value.as_str());
    let entry = history.opened(plan, &phase.name.value)?;
    Ok(entry
        .filter(|entry| entry.field("base") == base)
        .and_then(|entry| entry.field("opened_at"))
        .and_then(Oid::parse))
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
