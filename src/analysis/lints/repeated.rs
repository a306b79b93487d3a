//! A pattern that a scope gives twice, or two phases' scopes each.

use std::collections::HashMap;

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::plan::{Forbidden, Phase, ScopeRule};
use crate::source::{Span, Spanned};
use crate::syntax::ast::StmtKind;

use super::look::Look;

/// What a rule says: its word, its pattern, and where it holds.
type Said = (&'static str, String);

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let mut elsewhere: HashMap<Said, (&Phase, Span)> = HashMap::new();
    for phase in &look.plan.phases {
        let mut here: HashMap<Said, Span> = HashMap::new();
        for (said, span) in phase.scope.iter().filter_map(|rule| said(rule, look)) {
            match here.get(&said).copied() {
                Some(first) if first != span => found.push(twice(look, phase, &said, first, span)),
                Some(_) => {}
                None => {
                    here.insert(said, span);
                }
            }
        }
        let mut own: Vec<(Said, Span)> = here
            .into_iter()
            .filter(|(_, span)| phase.span.contains(*span))
            .collect();
        own.sort_by_key(|(_, span)| *span);
        for (said, span) in own {
            match elsewhere.get(&said) {
                Some((first, at)) => found.extend(between(&said, span, first, *at)),
                None => {
                    elsewhere.insert(said, (phase, span));
                }
            }
        }
    }
}

/// A rule that is written out where it stands; what has a name is shared on purpose.
fn said(rule: &ScopeRule, look: &Look<'_>) -> Option<(Said, Span)> {
    let (said, span) = match rule {
        ScopeRule::Allow { glob } => (("allow", quoted(glob)), glob.span),
        ScopeRule::Deny { glob } => (("deny", quoted(glob)), glob.span),
        ScopeRule::Require { glob } => (("require", quoted(glob)), glob.span),
        ScopeRule::Limit { .. } => return None,
        ScopeRule::Forbid { pattern, within } => {
            let mut text = match &pattern.value {
                Forbidden::Word(word) => format!("\"{word}\""),
                Forbidden::Regex(regex) => format!("/{}/{}", regex.pattern, regex.flags),
            };
            let mut within: Vec<&str> = within.iter().map(|glob| glob.value.as_str()).collect();
            within.sort_unstable();
            if !within.is_empty() {
                text = format!("{text} in {}", within.join(", "));
            }
            (("forbid", text), pattern.span)
        }
    };
    let written = look.sources.slice(span);
    written
        .starts_with(['"', '\'', '/'])
        .then_some((said, span))
}

fn quoted(glob: &Spanned<String>) -> String {
    format!("\"{}\"", glob.value)
}

fn twice(look: &Look<'_>, phase: &Phase, said: &Said, first: Span, second: Span) -> Diagnostic {
    let (word, pattern) = said;
    let every = phase.span.contains(first) && !phase.span.contains(second);
    // Where `every phase` says it, the phase need not.
    let (span, other) = if every {
        (first, second)
    } else {
        (second, first)
    };
    let message = if every {
        format!("`{word} {pattern}` holds in every phase already")
    } else {
        format!("`{word} {pattern}` is given twice")
    };
    let diagnostic =
        Diagnostic::new(Code::REPEATED_PATTERN, message, span).also(other, "it is given here too");
    match without(look, span) {
        Some(edit) => diagnostic.suggest("remove it", Applicability::Safe, vec![edit]),
        None => diagnostic.help("remove one of the two"),
    }
}

fn between(said: &Said, span: Span, first: &Phase, at: Span) -> Option<Diagnostic> {
    let (word, pattern) = said;
    let name = &first.name.value;
    let (message, help) = match *word {
        // A path may well be worked on in several phases.
        "allow" if pattern.contains(['*', '?', '[', '{']) => (
            format!(
                "`{pattern}` is allowed in the phase `{name}` too, so what it matches is the work of neither alone"
            ),
            "narrow one of the two; what is shared on purpose can have a name: `let shared = […]`",
        ),
        "forbid" => (
            format!("the phase `{name}` forbids {pattern} too"),
            "if it holds in every phase, say it once in `every phase`",
        ),
        _ => return None,
    };
    Some(
        Diagnostic::new(Code::REPEATED_PATTERN, message, span)
            .also(at, "it is given here too")
            .help(help),
    )
}

/// The edit that takes a pattern out of its statement.
fn without(look: &Look<'_>, span: Span) -> Option<Edit> {
    for node in &look.nodes {
        let list = match &node.stmt.kind {
            StmtKind::Allow(list) | StmtKind::Deny(list) | StmtKind::Require(list) => list,
            StmtKind::Forbid { patterns, .. } => patterns,
            _ => continue,
        };
        let Some(at) = list.iter().position(|expr| expr.span == span) else {
            continue;
        };
        if list.len() == 1 {
            return look.without(node.stmt.span);
        }
        let before = at.checked_sub(1).and_then(|at| list.get(at));
        let cut = match (before, list.get(at + 1)) {
            (Some(before), _) => before.span.at_end().to(span),
            (None, Some(next)) => span.to(next.span.at_start()),
            (None, None) => return None,
        };
        // A comment between the two would go with it.
        let mut between = look.sources.slice(cut).to_owned();
        between = between.replacen(look.sources.slice(span), "", 1);
        return (!between.contains('#')).then(|| Edit {
            span: cut,
            replacement: String::new(),
        });
    }
    None
}
