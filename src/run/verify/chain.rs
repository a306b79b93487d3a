//! The chain of the ledger: all there, all as it was written, all of the form it must have.

use serde_json::Value;

use super::Look;
use super::finding::{About, Findings};
use crate::diagnostic::{Code, Diagnostic};
use crate::repo::{LedgerEntry, RepoError};

const EVENTS: [&str; 8] = [
    "opened", "red", "green", "blocked", "waiting", "signed", "amended", "sealed",
];

const ADVICE: &str = "fetch the ledger from where it is whole, and compare";

pub(super) fn verify(look: &Look<'_>, found: &mut Findings) -> Result<(), RepoError> {
    cut_off(look, found)?;
    for (id, wrong) in &look.chain.damage {
        let message = format!("the ledger's object `{}` is damaged: {wrong}", id.short());
        let about = About {
            entry: Some(id.to_string()),
            ..About::default()
        };
        found.add(
            Diagnostic::unplaced(Code::LEDGER_BROKEN, message).help(ADVICE),
            &about,
        );
    }
    for link in &look.chain.links {
        let wrong = match &link.entry {
            None => None,
            Some(Err(wrong)) => Some(wrong.clone()),
            Some(Ok(entry)) => malformed(entry),
        };
        if let Some(wrong) = wrong {
            let id = link.id.short();
            let message = format!(
                "the ledger's entry `{id}` ({}) is no entry: {wrong}",
                link.title
            );
            let about = About {
                entry: Some(link.id.to_string()),
                ..About::default()
            };
            found.add(
                Diagnostic::unplaced(Code::LEDGER_BROKEN, message).help(ADVICE),
                &about,
            );
        }
    }
    of_another_plan(look, found);
    Ok(())
}

/// Entries that were recorded here and are gone from the end of the chain.
fn cut_off(look: &Look<'_>, found: &mut Findings) -> Result<(), RepoError> {
    let Some(cut) = look.repo.cut_off(look.plan.name())? else {
        return Ok(());
    };
    let about = About {
        entry: Some(cut.last.to_string()),
        ..About::default()
    };
    let diagnostic = Diagnostic::unplaced(Code::LEDGER_CUT, cut.to_string());
    let diagnostic = diagnostic.help(match &cut.restore {
        Some(restore) => format!("bring back what was cut off: `{restore}`"),
        None => ADVICE.to_owned(),
    });
    let forget = format!("if it is meant to be so, say it: `{}`", cut.forget);
    found.add(diagnostic.help(forget), &about);
    Ok(())
}

/// Entries that are about another plan than the one whose ledger this is.
fn of_another_plan(look: &Look<'_>, found: &mut Findings) {
    let name = |entry: &LedgerEntry| {
        let name = entry.json.pointer("/subject/0/name")?.as_str()?;
        (name != look.plan.path).then(|| (name.to_owned(), entry.id.to_string()))
    };
    let others: Vec<(String, String)> = look.chain.entries().filter_map(name).collect();
    let Some((first, id)) = others.first() else {
        return;
    };
    let are = if others.len() == 1 {
        "entry is"
    } else {
        "entries are"
    };
    let message = format!("{} {are} evidence of another plan: `{first}`", others.len());
    let about = About {
        entry: Some(id.clone()),
        ..About::default()
    };
    found.add(
        Diagnostic::unplaced(Code::LEDGER_BROKEN, message).help(ADVICE),
        &about,
    );
}

/// What keeps an entry from being the statement it must be.
fn malformed(entry: &LedgerEntry) -> Option<String> {
    let text = |pointer: &str| entry.json.pointer(pointer).and_then(Value::as_str);
    if text("/_type") != Some("https://in-toto.io/Statement/v1") {
        return Some("it is not an in-toto statement".to_owned());
    }
    if entry.tree().is_none() {
        return Some("its subject is no tree".to_owned());
    }
    match entry.event() {
        Some(event) if EVENTS.contains(&event) => None,
        Some(event) => Some(format!("`{event}` is no event")),
        None => Some("it has no event".to_owned()),
    }
}
