//! `scope`: what the phase may change, judged on the change since it opened.

mod forbid;
mod limit;
mod path;

use std::cell::OnceCell;
use std::collections::HashSet;

use super::judging::Judging;
use crate::diagnostic::Diagnostic;
use crate::plan::{Phase, ScopeRule};
use crate::repo::{Change, Oid, RepoPath};
use crate::source::Source;
use path::Rules;
pub use path::{Rule, Standing, standing};

/// Gives the text of a changed file as the judged tree has it; none for what is no text.
pub(crate) type Texts<'a> = dyn FnMut(&Change) -> Option<std::sync::Arc<Source>> + 'a;

/// What a change is counted from, so that the advice on it is right.
pub(crate) struct Start<'a> {
    judging: &'a Judging<'a>,
    phase: usize,
    /// The paths at which HEAD has something else than what is judged, once they were asked
    /// for; none where there is no commit, or git cannot tell.
    staged: OnceCell<Option<HashSet<RepoPath>>>,
}

impl<'a> Start<'a> {
    /// Of the phase of this index.
    pub(crate) fn of(judging: &'a Judging<'a>, phase: usize) -> Self {
        Self {
            judging,
            phase,
            staged: OnceCell::new(),
        }
    }

    /// The tree at which the phase opened.
    fn tree(&self) -> &Oid {
        self.judging.opened_at(self.phase)
    }

    /// Whether that is the empty tree because the plan names no `base`.
    fn lacks_base(&self) -> bool {
        self.phase == 0 && self.judging.plan.settings.base.is_none()
    }

    /// Whether a path is one of the plan's files.
    fn is_plan(&self, path: &RepoPath) -> bool {
        let mut files = self.judging.plan.files.iter();
        files.any(|file| file.path.as_bytes() == path.as_bytes())
    }

    /// Whether what HEAD has at a path is not what is judged.
    fn is_staged(&self, path: &RepoPath) -> bool {
        let ask = || {
            let head = self.judging.head.tree.as_ref()?;
            let paths = self.judging.repo.differing(head, &self.judging.tree);
            Some(paths.ok()?.into_iter().collect())
        };
        let staged = self.staged.get_or_init(ask).as_ref();
        staged.is_none_or(|paths| paths.contains(path))
    }
}

/// Judges `phase`'s scope rules on `changes`; `later` are the phases after it.
pub(crate) fn judge(
    phase: &Phase,
    later: &[Phase],
    changes: &[Change],
    start: &Start<'_>,
    texts: &mut Texts<'_>,
) -> Vec<Diagnostic> {
    let rules = Rules::of(phase);
    let mut found = Vec::new();
    for change in changes {
        // Both sides of a rename are paths of the change.
        let mut paths: Vec<&RepoPath> = change.old.iter().chain(&change.new).collect();
        paths.dedup();
        for path in paths {
            found.extend(rules.judge_path(phase, later, (change, path), start, texts));
        }
    }
    for rule in &phase.scope {
        match rule {
            ScopeRule::Forbid { pattern, within } => {
                forbid::forbid(pattern, within, changes, texts, &mut found);
            }
            ScopeRule::Limit { kind, value, span } => {
                limit::limit(*kind, *value, *span, changes, &mut found);
            }
            ScopeRule::Require { glob } => limit::require(glob, changes, &mut found),
            ScopeRule::Allow { .. } | ScopeRule::Deny { .. } => {}
        }
    }
    found
}
