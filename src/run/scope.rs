//! `scope`: what the phase may change, judged on the change since it opened.

mod forbid;
mod limit;
mod path;

use crate::diagnostic::Diagnostic;
use crate::plan::{Phase, ScopeRule};
use crate::repo::{Change, RepoPath};
use crate::source::Source;
use path::Rules;
pub use path::{Rule, Standing, standing};

/// Gives the text of a changed file as the judged tree has it; none for what is no text.
pub(crate) type Texts<'a> = dyn FnMut(&Change) -> Option<std::sync::Arc<Source>> + 'a;

/// Judges `phase`'s scope rules on `changes`; `later` are the phases after it.
pub(crate) fn judge(
    phase: &Phase,
    later: &[Phase],
    changes: &[Change],
    texts: &mut Texts<'_>,
) -> Vec<Diagnostic> {
    let rules = Rules::of(phase);
    let mut found = Vec::new();
    for change in changes {
        // Both sides of a rename are paths of the change.
        let mut paths: Vec<&RepoPath> = change.old.iter().chain(&change.new).collect();
        paths.dedup();
        for path in paths {
            found.extend(rules.judge_path(phase, later, change, path, texts));
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
