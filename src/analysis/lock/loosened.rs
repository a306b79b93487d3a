//! Additions that do not only add to what is judged.

use crate::plan::{Phase, ScopeRule};
use crate::source::{Span, Spanned};

use super::super::globs::Cover;
use super::words::quoted;

/// Something that was added and lets through what was not let through before.
pub(super) struct Addition {
    /// What it is.
    pub item: String,
    /// Where it stands.
    pub span: Span,
    /// Why it is not free.
    pub why: &'static str,
}

/// What was added to a phase and loosens it.
pub(super) fn additions(before: &Phase, now: &Phase) -> Vec<Addition> {
    let mut found = scope(before, now);
    if !before.gates.is_empty() {
        let known = |name: &str| before.services.iter().any(|s| s.name.value == name);
        found.extend(
            now.services
                .iter()
                .filter(|service| !known(&service.name.value))
                .map(|service| Addition {
                    item: format!("the service `{}`", service.name.value),
                    span: service.name.span,
                    why: "gates under lock would run beside it",
                }),
        );
    }
    found
}

/// What is in scope beside what was. Where everything was, nothing is.
fn scope(before: &Phase, now: &Phase) -> Vec<Addition> {
    let allows: Vec<Cover<'_>> = before
        .scope
        .iter()
        .filter_map(|rule| match rule {
            ScopeRule::Allow { glob } => Some(Cover::new(&glob.value)),
            _ => None,
        })
        .collect();
    if allows.is_empty() {
        return Vec::new();
    }
    let required: Vec<Cover<'_>> = before
        .scope
        .iter()
        .filter_map(|rule| match rule {
            ScopeRule::Require { glob } => Some(Cover::new(&glob.value)),
            _ => None,
        })
        .collect();
    let in_scope = |glob: &str| {
        let mut covers = allows.iter().chain(&required);
        covers.any(|cover| cover.covers(glob))
            || before.tasks.iter().any(|tasks| tasks.file.value == glob)
    };
    let rule = |word: &str, glob: &Spanned<String>, why| {
        (!in_scope(&glob.value)).then(|| Addition {
            item: format!("the scope rule `{word} {}`", quoted(&glob.value)),
            span: glob.span,
            why,
        })
    };
    let rules = now.scope.iter().filter_map(|added| match added {
        ScopeRule::Allow { glob } => rule("allow", glob, "it widens what the phase may change"),
        ScopeRule::Require { glob } => rule(
            "require",
            glob,
            "what a `require` names is in scope: it widens what the phase may change",
        ),
        _ => None,
    });
    let tasks = now
        .tasks
        .iter()
        .filter(|tasks| !in_scope(&tasks.file.value))
        .map(|tasks| Addition {
            item: format!("`tasks {}`", quoted(&tasks.file.value)),
            span: tasks.span,
            why: "the file of `tasks` is in scope: it widens what the phase may change",
        });
    rules.chain(tasks).collect()
}
