//! The story that a ledger tells: for people, and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::phrase::{count, duration, first_of, moment};
use super::style::{Ink, Style};
use crate::repo::LedgerEntry;
use crate::sanitise::sanitise_line as sanitise;

/// The version of the document.
pub const SCHEMA: u32 = 1;

/// How many names a line lists.
const LISTED: usize = 5;

/// The entries, newest first, each with what it tells.
#[must_use]
pub fn history(plan: &str, entries: &[LedgerEntry], style: Style) -> String {
    let plan = sanitise(plan);
    if entries.is_empty() {
        return format!("{plan}: nothing is on record");
    }
    let mut out = vec![style.paint(Ink::Bold, plan.into_owned()).into_owned()];
    let mut later: Option<&LedgerEntry> = None;
    for entry in entries {
        // A green that was sealed at once is told by the seal.
        let told = entry.event() == Some("green")
            && later.is_some_and(|later| {
                later.event() == Some("sealed")
                    && (later.phase(), later.tree()) == (entry.phase(), entry.tree())
            });
        if !told {
            out.push(String::new());
            out.extend(one(entry, style));
        }
        later = Some(entry);
    }
    out.join("\n")
}

fn one(entry: &LedgerEntry, style: Style) -> Vec<String> {
    let event = entry.event().unwrap_or("entry");
    let ink = match event {
        "red" => Ink::Bad,
        "green" | "sealed" => Ink::Good,
        "blocked" | "waiting" => Ink::Warn,
        _ => Ink::Info,
    };
    let mut lines = vec![format!(
        "{} {}  {}",
        style.paint(ink, format!("{:<7}", sanitise(event))),
        style.paint(
            Ink::Bold,
            sanitise(entry.phase().unwrap_or("")).into_owned()
        ),
        style.paint(
            Ink::Dim,
            format!(
                "{}  {}  {}",
                moment(&entry.at.to_string()),
                sanitise(&entry.by),
                entry.id.short()
            )
        ),
    )];
    let mut tell = |label: &str, text: &str| {
        let text = sanitise(text);
        lines.push(format!("  {:<7} {text}", label).trim_end().to_owned());
    };
    if event == "sealed" {
        let commit = entry.field("commit").unwrap_or_default();
        let commit = commit.get(..7).unwrap_or(commit);
        let tag = entry.field("tag").map(|tag| format!(", tag {tag}"));
        tell("commit", &format!("{commit}{}", tag.unwrap_or_default()));
    }
    let given: Vec<String> = list(&entry.json, "/predicate/params")
        .filter_map(|param| {
            let text = |name: &str| param.get(name).and_then(Value::as_str);
            Some(format!("{}={}", text("name")?, text("value")?))
        })
        .collect();
    if !given.is_empty() {
        tell("with", &given.join(", "));
    }
    if let Some(verdicts) = verdicts(entry) {
        tell("gates", &verdicts);
    }
    for gate in not_green(entry) {
        tell("", &gate);
    }
    for mended in list(&entry.json, "/predicate/mended") {
        tell("mended", &mending(mended));
    }
    let check = entry.field("check").map(|check| {
        let verdict = entry.field("verdict").unwrap_or_default();
        let assurance = entry.field("assurance").unwrap_or_default();
        format!("{check}: {verdict} ({assurance})")
    });
    for (label, text) in [
        ("check", check.as_deref()),
        ("reason", entry.field("reason")),
        ("note", entry.field("note")),
    ] {
        if let Some(text) = text {
            tell(label, text);
        }
    }
    lines
}

/// `3 pass, 1 fail in 1.2 s`: what was judged, by verdict.
fn verdicts(entry: &LedgerEntry) -> Option<String> {
    let mut by_verdict: BTreeMap<&str, usize> = BTreeMap::new();
    let mut time = 0;
    for gate in list(&entry.json, "/predicate/gates") {
        let verdict = gate.get("verdict").and_then(Value::as_str)?;
        *by_verdict.entry(verdict).or_default() += 1;
        time += gate.get("duration_ms").and_then(Value::as_u64).unwrap_or(0);
    }
    let order = [
        "pass", "flaky", "reused", "skipped", "fail", "blocked", "waiting",
    ];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|verdict| Some(format!("{} {verdict}", by_verdict.get(verdict)?)))
        .collect();
    (!parts.is_empty()).then(|| format!("{}, {} of work", parts.join(", "), duration(time)))
}

/// A line for each part that was not green: its name and the first thing said of it.
fn not_green(entry: &LedgerEntry) -> Vec<String> {
    let gates = list(&entry.json, "/predicate/gates").filter(|gate| {
        let verdict = gate.get("verdict").and_then(Value::as_str);
        matches!(verdict, Some("fail" | "blocked" | "waiting"))
    });
    gates
        .map(|gate| {
            let text = |value: &Value, name: &str| {
                let text = value.get(name).and_then(Value::as_str);
                text.unwrap_or_default().to_owned()
            };
            let name = text(gate, "name");
            match list(gate, "/diagnostics").next() {
                None => name,
                Some(first) => format!(
                    "{name}: {} {}, {}",
                    text(first, "code"),
                    text(first, "message"),
                    text(first, "place")
                )
                .trim_end_matches(", ")
                .to_owned(),
            }
        })
        .collect()
}

/// `types, links by 2 changed files: a, b`.
fn mending(mended: &Value) -> String {
    let names: Vec<String> = list(mended, "/gates")
        .filter_map(|gate| Some(gate.get("name")?.as_str()?.to_owned()))
        .collect();
    let names = first_of(&names, LISTED);
    let paths: Vec<String> = list(mended, "/paths")
        .filter_map(|path| Some(path.as_str()?.to_owned()))
        .collect();
    let changed = mended.get("changed").and_then(Value::as_u64);
    match changed.and_then(|changed| usize::try_from(changed).ok()) {
        None => format!("{names}; the red tree is no longer there"),
        Some(0) => format!("{names} without a change: something outside the tree did it"),
        Some(changed) => format!(
            "{names} by {}: {}",
            count(changed, "changed file"),
            first_of(&paths, LISTED)
        ),
    }
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// All of it as one JSON document, newest first.
#[must_use]
pub fn document(plan: &str, entries: &[LedgerEntry]) -> Value {
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.id,
                "at": entry.at.to_string(),
                "by": entry.by,
                "event": entry.event(),
                "phase": entry.phase(),
                "tree": entry.tree(),
                "statement": entry.json,
            })
        })
        .collect();
    json!({ "schema": SCHEMA, "plan": plan, "entries": entries })
}
