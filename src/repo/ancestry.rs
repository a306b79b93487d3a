//! Which commits lie in another's history: one walk for all that is asked about it.

use std::collections::{BinaryHeap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::{Oid, RepoError, Repository};

/// How many commits are walked before git is asked, which has means for long histories.
const WALKED: usize = 4096;

/// The walk of the commit that was asked about last.
#[derive(Default)]
pub(super) struct Ancestry(Mutex<Option<Walk>>);

/// A walk back from a commit, latest first, as far as it was needed.
struct Walk {
    from: Oid,
    /// As texts: ids of libgit2 that read alike need not be equal.
    seen: HashSet<Oid>,
    /// Seen, but their parents are not yet.
    next: BinaryHeap<(i64, git2::Oid)>,
}

impl Walk {
    fn of(from: &Oid, repository: &git2::Repository) -> Result<Self, git2::Error> {
        let id = from.to_git2()?;
        let time = repository.find_commit(id)?.time().seconds();
        Ok(Self {
            from: from.clone(),
            seen: HashSet::from([from.clone()]),
            next: BinaryHeap::from([(time, id)]),
        })
    }

    /// Whether the walk meets this commit; `None` where that is not known within bounds.
    fn meets(
        &mut self,
        id: &Oid,
        repository: &git2::Repository,
    ) -> Result<Option<bool>, git2::Error> {
        while !self.seen.contains(id) {
            if self.seen.len() > WALKED {
                return Ok(None);
            }
            let Some(&(_, at)) = self.next.peek() else {
                return Ok(Some(false));
            };
            let mut parents = Vec::new();
            for parent in repository.find_commit(at)?.parent_ids() {
                parents.push((repository.find_commit(parent)?.time().seconds(), parent));
            }
            self.next.pop();
            for (time, parent) in parents {
                if self.seen.insert(Oid::from(parent)) {
                    self.next.push((time, parent));
                }
            }
        }
        Ok(Some(true))
    }
}

impl Repository {
    /// Whether commit `a` is `b` or in its history.
    ///
    /// # Errors
    /// Where git cannot read the history.
    pub fn is_ancestor(&self, a: &Oid, b: &Oid) -> Result<bool, RepoError> {
        if a == b {
            return Ok(true);
        }
        let walked = self.with_git2(|repository| {
            let mut walk = self
                .ancestry
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let walk = match walk.as_mut() {
                Some(known) if known.from == *b => known,
                _ => walk.insert(Walk::of(b, repository)?),
            };
            walk.meets(a, repository)
        });
        if let Ok(Some(known)) = walked {
            return Ok(known);
        }
        let call = self.git().args(["merge-base", "--is-ancestor"]);
        let call = call.args([a.as_str(), b.as_str()]);
        Ok(call.reading().ask()?.is_some())
    }
}
