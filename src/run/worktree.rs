//! `tree worktree`: the working tree is judged as it is, and sealed only when it is staged.

use super::interpreter::Interpreter;
use super::place::{listed, shown};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Phase, TreeMode};
use crate::repo::{Oid, RepoError};

impl Interpreter<'_> {
    /// The tree that is to be judged now.
    pub(super) fn tree_to_judge(&self) -> Result<Oid, RepoError> {
        if self.judges_worktree() {
            self.repo.worktree_tree()
        } else {
            self.repo.staged_tree()
        }
    }

    /// Whether the plan has the working tree judged, whatever is staged.
    pub(super) fn judges_worktree(&self) -> bool {
        self.plan.settings.tree == TreeMode::Worktree
    }

    /// Whether `tree`, which was judged, may be sealed: where that is the working tree, only
    /// when it is what is staged. Says so where it is not.
    pub(super) fn may_seal(&self, phase: &Phase, tree: &Oid) -> Result<bool, RepoError> {
        if !self.judges_worktree() {
            return Ok(true);
        }
        let unstaged = self.repo.unstaged()?;
        if unstaged.is_clean() && self.repo.staged_tree()? == *tree {
            return Ok(true);
        }
        let mut paths = shown(&unstaged.paths());
        paths.extend(shown(&unstaged.hidden));
        let message = "the working tree that was judged is not what is staged";
        let mut diagnostic = Diagnostic::new(Code::NOT_STAGED, message, phase.name.span)
            .here("green, and not sealed")
            .help("stage what was judged with `git add`, or have git ignore it, and run again");
        if !paths.is_empty() {
            diagnostic = diagnostic.note(format!("not as staged:\n  {}", listed(paths)));
        }
        self.say(diagnostic, &self.plan.sources);
        Ok(false)
    }
}
