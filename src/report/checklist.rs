//! Manual checks for the person who signs them off: as a list in Markdown, and one by one.

use crate::run::{ManualCheck, ShownItem};
use crate::sanitise::{reveal, sanitise};
use crate::value::Value;

/// What a phase waits for.
pub struct Waiting<'a> {
    /// Its name.
    pub phase: &'a str,
    /// Its number, from 1.
    pub number: usize,
    /// Its title.
    pub title: &'a str,
    /// The checks that wait.
    pub checks: &'a [ManualCheck],
    /// What the person is to type.
    pub command: &'a str,
}

/// The checklist in Markdown, and the command for the person.
#[must_use]
pub fn markdown(waiting: &Waiting<'_>) -> String {
    let Waiting {
        phase,
        number,
        title,
        checks,
        command,
    } = waiting;
    let mut out = format!(
        "## Phase {number} {}: {}\n\n",
        code(phase),
        indented(title, "")
    );
    for check in *checks {
        out.push_str(&format!(
            "- [ ] **{}**: {}\n",
            sanitise(&check.check),
            indented(&check.title, "  ")
        ));
        for item in &check.items {
            let line = match item {
                ShownItem::Step(text) => indented(text, "    "),
                ShownItem::Command(line) if line.contains('\n') => {
                    let fence = "`".repeat(longest_run(line).max(2) + 1);
                    let line = reveal(line).replace('\n', "\n    ");
                    format!("{fence}sh\n    $ {line}\n    {fence}")
                }
                ShownItem::Command(line) => code(&format!("$ {line}")),
                ShownItem::Expected(text) => format!("expected: {}", indented(text, "    ")),
            };
            out.push_str(&format!("  - {line}\n"));
        }
        if let Some(reason) = &check.reason {
            out.push_str(&format!("  - {}\n", indented(reason, "    ")));
        }
        out.push_str(&format!("  - {}\n", terms(check).join("; ")));
    }
    out.push_str(&format!(
        "\nA person signs off, at a terminal:\n\n    {}\n",
        reveal(command)
    ));
    out
}

/// What a sign-off of a check is about, and who may give it.
fn terms(check: &ManualCheck) -> Vec<String> {
    let list = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| code(name)).collect();
        names.join(", ")
    };
    let mut terms = vec![match &check.inputs {
        None => "about the whole tree".to_owned(),
        Some(globs) => format!("about {}", list(globs)),
    }];
    if let Some(time) = check.expires_ms {
        terms.push(format!("holds for {}", Value::Duration(time)));
    }
    if !check.by.is_empty() {
        terms.push(format!("by {}", list(&check.by)));
    }
    if check.signed {
        terms.push("with a signature".to_owned());
    }
    terms
}

/// A check as a person sees it at a terminal, each line behind `indent`.
#[must_use]
pub fn shown(check: &ManualCheck, indent: &str) -> String {
    let mut out = Vec::new();
    let mut commands = 0;
    let mut put = |word: &str, text: &str| {
        let gap = format!("\n{indent}{:12}", "");
        let text = text.replace('\n', &gap);
        out.push(format!("{indent}{word:<10}  {text}").trim_end().to_owned());
    };
    for item in &check.items {
        match item {
            ShownItem::Step(text) => put("step", &sanitise(text)),
            ShownItem::Expected(text) => put("expected", &sanitise(text)),
            ShownItem::Command(line) => {
                commands += 1;
                put(&format!("$ ({commands})"), &reveal(line));
            }
        }
    }
    put("", &terms(check).join("; "));
    out.join("\n")
}

/// Text as code of Markdown.
fn code(text: &str) -> String {
    let text = reveal(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.contains('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// How many backticks in a row a text has at most.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

/// Text whose further lines stand behind an indentation.
fn indented(text: &str, indent: &str) -> String {
    sanitise(text).replace('\n', &format!("\n{indent}"))
}
