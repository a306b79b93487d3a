//! The plan as the judged tree has it.

use crate::analysis::Given;
use crate::diagnostic::Diagnostics;
use crate::plan::{Plan, TreeMode};
use crate::repo::{Oid, RepoError, Repository, TreeLoader};

/// A plan and the tree it was read from, which is the one to judge.
pub(super) struct Judged {
    pub plan: Plan,
    pub tree: Oid,
    /// What of the plan was not in the tree.
    pub from_disk: Vec<String>,
}

impl Judged {
    /// Reads the plan from what is staged; where it says that the working tree is to be
    /// judged, from there.
    pub fn read(
        repo: &Repository,
        path: &str,
        given: &Given,
    ) -> Result<Result<Self, Box<Diagnostics>>, RepoError> {
        let staged = Self::of(repo, repo.staged_tree()?, path, given);
        let as_it_is = |read: &Self| read.plan.settings.tree == TreeMode::Worktree;
        if !staged.as_ref().is_ok_and(as_it_is) {
            return Ok(staged);
        }
        let read = Self::of(repo, repo.worktree_tree()?, path, given);
        Ok(match read {
            // An edit that is not staged does not change which of the two is judged.
            Ok(read) if !as_it_is(&read) => staged.map(|staged| Self {
                tree: read.tree,
                ..staged
            }),
            read => read,
        })
    }

    fn of(
        repo: &Repository,
        tree: Oid,
        path: &str,
        given: &Given,
    ) -> Result<Self, Box<Diagnostics>> {
        let loader = TreeLoader::new(repo, tree.clone());
        let plan = Plan::load_with(path, &loader, given)?;
        Ok(Self {
            from_disk: loader.from_disk(),
            plan,
            tree,
        })
    }
}
