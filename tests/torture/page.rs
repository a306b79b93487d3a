//! The matrix in the book: what the tests found, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use gatelang::disk::Step;

use crate::matrix::{Found, Refs};

/// A word of the table: the fault that stands for its column, and when that comes.
const WORDS: [(&str, &str); 5] = [
    ("int", "before"),
    ("int", "after"),
    ("kill", "before"),
    ("kill", "after"),
    ("full", "before"),
];

/// What stands where nothing was found yet.
const UNKNOWN: &str = "?";

/// Whether the page is to be written anew, as far as it does not say what happens.
pub fn updating() -> bool {
    std::env::var("GATE_TORTURE").is_ok_and(|form| form == "page")
}

/// Whether the page does not say what comes of a fault.
pub fn lacks(step: &str, fault: &str, when: &str) -> bool {
    let told = told(&read());
    let word = WORDS.iter().position(|word| *word == (fault, when));
    let known = |at: usize| told.get(step).is_some_and(|words| words[at] != UNKNOWN);
    word.is_some_and(|at| !known(at))
}

/// Compares with the page what was found, or writes it there.
pub fn check(found: &Found) {
    let page = read();
    let told = told(&page);
    if updating() {
        let rows = Step::ALL.iter().map(|step| row(*step, &told, found));
        let rows: Vec<String> = rows.collect();
        let mut lines: Vec<&str> = page.lines().filter(|line| !is_row(line)).collect();
        let head = lines.iter().position(|line| line.starts_with("| step |"));
        let at = head.unwrap() + 2;
        lines.splice(at..at, rows.iter().map(String::as_str));
        fs::write(path(), lines.join("\n") + "\n").unwrap();
        return;
    }
    let steps: Vec<&str> = page.lines().filter(is_row).map(name).collect();
    let all: Vec<&str> = Step::ALL.iter().map(|step| step.name()).collect();
    assert_eq!(steps, all, "the steps of the page, and those there are");
    let mut wrong = Vec::new();
    for ((step, fault, when), refs) in found {
        // The signals that can be caught share a column.
        let column = if ["term", "hup"].contains(fault) {
            "int"
        } else {
            fault
        };
        let at = WORDS.iter().position(|word| *word == (column, *when));
        let says = &told[step][at.unwrap()];
        if says != word(*refs) {
            wrong.push(format!(
                "{fault} {when} {step}: `{says}` is told, it is `{}`",
                word(*refs)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/src/reliability.md")
}

fn read() -> String {
    fs::read_to_string(path()).unwrap()
}

fn is_row(line: &&str) -> bool {
    line.starts_with("| `") && line.matches('|').count() == 6
}

/// The step of a row.
fn name(row: &str) -> &str {
    row.split('`').nth(1).unwrap_or_default()
}

/// The words of each row, by step.
fn told(page: &str) -> BTreeMap<String, Vec<String>> {
    page.lines()
        .filter(is_row)
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            let words = cells[3..6].iter().flat_map(|cell| cell.split(','));
            let words = words.map(|word| word.trim().to_owned()).collect();
            (name(line).to_owned(), words)
        })
        .collect()
}

fn word(refs: Refs) -> &'static str {
    match refs {
        Refs::Old => "old",
        Refs::New => "new",
    }
}

/// A row of the table.
fn row(step: Step, told: &BTreeMap<String, Vec<String>>, found: &Found) -> String {
    let words: Vec<String> = WORDS
        .iter()
        .enumerate()
        .map(|(at, (fault, when))| {
            let known = told.get(step.name()).map(|words| words[at].clone());
            match (step, found.get(&(step.name().to_owned(), *fault, *when))) {
                // No phase is sealed by what they belong to.
                (Step::Rewrite | Step::Demo | Step::Refspec, _) => "-".to_owned(),
                (_, Some(refs)) => word(*refs).to_owned(),
                (_, None) => known.unwrap_or_else(|| UNKNOWN.to_owned()),
            }
        })
        .collect();
    format!(
        "| `{}` | {} | {}, {} | {}, {} | {} |",
        step.name(),
        step.about(),
        words[0],
        words[1],
        words[2],
        words[3],
        words[4]
    )
}
