//! The plan as the judged tree has it.

use std::path::Path;

use super::Sets;
use super::locate::Located;
use crate::analysis::Given;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Plan, TreeMode};
use crate::repo::{Oid, RepoError, Repository, TreeLoader};

/// What a command is asked about: a plan as the judged tree has it.
pub(super) struct Asked {
    pub repo: Repository,
    pub located: Located,
    pub judged: Judged,
    pub given: Given,
}

impl Asked {
    /// Finds and reads the plan; nothing of it is to be run.
    pub fn read(plan: Option<&Path>, sets: &Sets) -> Result<Self, Box<Diagnostics>> {
        let git = |error: RepoError| Box::new(Diagnostics::from(error.diagnostic()));
        let alone = |diagnostic: Box<Diagnostic>| Box::new(Diagnostics::from(*diagnostic));
        let given = sets.given(false).map_err(alone)?;
        let repo = Repository::discover(".").map_err(git)?;
        let located = Located::find_judged(plan, &repo).map_err(alone)?;
        let judged = Judged::read(&repo, &located.path, &given)
            .map_err(git)?
            .map_err(|diagnostics| Box::new(located.relocate(*diagnostics)))?;
        Ok(Self {
            repo,
            located,
            judged,
            given,
        })
    }
}

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
