//! Where paths stand in a phase's scope: `gate scope`.

use serde_json::{Value, json};

use super::style::{Ink, Style};
use crate::plan::{Phase, SCHEMA};
use crate::repo::RepoPath;
use crate::run::{Rule, Standing};
use crate::sanitise::sanitise_line as sanitise;
use crate::source::Sources;

/// A path with where it stands.
pub struct Answer<'a> {
    /// The path as it was asked for.
    pub shown: &'a str,
    /// The path from the root.
    pub path: &'a RepoPath,
    /// Where it stands.
    pub standing: Standing<'a>,
}

/// A line a path.
#[must_use]
pub fn lines(
    phase: &Phase,
    phases: usize,
    answers: &[Answer<'_>],
    sources: &Sources,
    style: Style,
) -> String {
    let name = style
        .paint(Ink::Bold, phase.name.value.as_str())
        .into_owned();
    let title = sanitise(&phase.title);
    let mut out = vec![format!("phase {}/{phases} {name}  {title}", phase.number)];
    out.push(String::new());
    let names: Vec<_> = answers
        .iter()
        .map(|answer| sanitise(answer.shown))
        .collect();
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0);
    for (answer, name) in answers.iter().zip(names) {
        let glyph = match answer.standing.is_in_scope() {
            true => style.paint(Ink::Good, style.pick("✓", "+")),
            false => style.paint(Ink::Bad, style.pick("✗", "x")),
        };
        let why = why(phase, &answer.standing, sources);
        out.push(format!("  {glyph} {name:<width$}  {why}"));
    }
    out.join("\n")
}

fn why(phase: &Phase, standing: &Standing<'_>, sources: &Sources) -> String {
    let rule = |rule: &Rule| {
        let glob = crate::value::Value::String(rule.glob.clone());
        format!("`{} {glob}`, {}", rule.word, sources.place(rule.span))
    };
    match standing {
        Standing::Free => "the phase allows every path".to_owned(),
        Standing::Allowed(at) => format!("allowed by {}", rule(at)),
        Standing::Named(at) => format!("named by {}", rule(at)),
        Standing::Denied(at) => format!("denied by {}", rule(at)),
        Standing::Future(later) => {
            format!("work of phase {} `{}`", later.number, later.name.value)
        }
        Standing::Outside => format!("outside what phase `{}` allows", phase.name.value),
    }
}

/// The same as one JSON document.
#[must_use]
pub fn document(phase: &Phase, answers: &[Answer<'_>], sources: &Sources) -> String {
    let paths: Vec<Value> = answers
        .iter()
        .map(|answer| {
            let standing = &answer.standing;
            let verdict = match standing {
                Standing::Free => "free",
                Standing::Allowed(_) => "allowed",
                Standing::Named(_) => "named",
                Standing::Denied(_) => "denied",
                Standing::Future(_) => "future",
                Standing::Outside => "outside",
            };
            let rule = standing.rule().map(|rule| {
                let source = sources.get(rule.span.source);
                let at = source.map(|source| source.position(rule.span.start as usize));
                json!({
                    "rule": rule.word,
                    "glob": rule.glob,
                    "file": source.map(|source| source.path()),
                    "line": at.map(|at| at.line),
                    "column": at.map(|at| at.column),
                })
            });
            let later = match standing {
                Standing::Future(phase) => Some(&phase.name.value),
                _ => None,
            };
            json!({
                "path": answer.path.to_str_lossy(),
                "in_scope": standing.is_in_scope(),
                "standing": verdict,
                "rule": rule,
                "phase": later,
            })
        })
        .collect();
    let all = answers.iter().all(|answer| answer.standing.is_in_scope());
    json!({
        "schema": SCHEMA,
        "phase": phase.name.value,
        "number": phase.number,
        "in_scope": all,
        "paths": paths,
    })
    .to_string()
}
