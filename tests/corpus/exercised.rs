//! What the corpus has a file for: every rule, code, word, name and check there is.

use std::collections::BTreeSet;

use gatelang::analysis::{Analysis, LIBRARY};
use gatelang::diagnostic::{Code, Family};
use gatelang::plan::{Function, Method};
use gatelang::source::{Source, Sources};
use gatelang::syntax::exercise::{rules, rules_in};
use gatelang::syntax::words::WORDS;
use serde_json::Value;

use super::{cases, errors};

/// Rules that give no node of a file.
const NO_NODE: [(&str, &str); 9] = [
    ("lone_open", "the scan takes `{{` without a partner out"),
    ("stray", "the scan takes braces without a partner out"),
    ("unclosed", "the scan puts missing braces in"),
    ("whole_statement", "for the place of a mistake only"),
    ("whole_call", "for the place of a mistake only"),
    ("whole_expression", "for literals given on the command line"),
    ("whole_interpolation", "for the place of a mistake only"),
    ("closing", "of `whole_interpolation`"),
    ("finish", "of the `whole_` rules"),
];

/// Codes that need more than files of a plan.
const NOT_BY_FILES: [(&str, &str); 6] = [
    ("E0131", "needs 16 MiB: tests/robustness.rs"),
    ("E0132", "needs 100,000 statements: tests/robustness.rs"),
    ("E0231", "of `--set`"),
    ("E0232", "of `run` without `--set`"),
    ("E0233", "of `--set`"),
    ("E0310", "of `run`"),
];

/// Names of a list that are not among those found.
fn lacking<'a>(
    all: impl IntoIterator<Item = &'a str>,
    found: &BTreeSet<String>,
    excused: &[(&str, &str)],
) -> Vec<&'a str> {
    all.into_iter()
        .filter(|name| !found.contains(*name))
        .filter(|name| !excused.iter().any(|(known, _)| known == name))
        .collect()
}

/// The grammar's own words for rules without a node of their own.
fn silent() -> BTreeSet<String> {
    include_str!("../../grammar/gate.pest")
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(_, body)| body.trim_start().starts_with("_{"))
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}

#[test]
fn every_rule_of_the_grammar() {
    let mut found = silent();
    for case in cases("valid").iter().chain(&cases("invalid")) {
        let bytes = std::fs::read(&case.path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        found.extend(rules_in(&Sources::new().add("plan.gate", text)));
    }
    let all = rules();
    assert_eq!(
        lacking(all.iter().map(String::as_str), &found, &NO_NODE),
        Vec::<&str>::new()
    );
}

#[test]
fn every_code_of_loading() {
    let mut found = BTreeSet::new();
    for case in cases("invalid") {
        found.extend(errors(&case.analyse()).map(|d| d.code.to_string()));
    }
    let of_loading = |code: &Code| {
        let family = matches!(
            code.family(),
            Family::Syntax | Family::Names | Family::Sense
        );
        family && !code.summary().starts_with("not built yet")
    };
    let all: Vec<Code> = Code::all().filter(of_loading).collect();
    assert_eq!(
        lacking(all.iter().map(|code| code.as_str()), &found, &NOT_BY_FILES),
        Vec::<&str>::new()
    );
}

/// What the trees of the valid files hold.
#[derive(Default)]
struct Held {
    words: BTreeSet<String>,
    functions: BTreeSet<String>,
    methods: BTreeSet<String>,
    names: BTreeSet<String>,
    checks: BTreeSet<String>,
}

impl Held {
    fn of_corpus() -> Self {
        let mut held = Self::default();
        for case in cases("valid") {
            let analysis: Analysis = case.analyse();
            for file in &analysis.files {
                let tree = serde_json::to_value(&file.ast).unwrap();
                held.walk(&tree, &file.source);
            }
        }
        held
    }

    fn walk(&mut self, tree: &Value, source: &Source) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, source)),
            Value::Object(entries) => {
                if let Some(keyword) = entries.get("keyword") {
                    let at = |end: &str| {
                        let offset = keyword.get(end).and_then(Value::as_u64).unwrap();
                        usize::try_from(offset).unwrap()
                    };
                    self.words
                        .insert(source.text()[at("start")..at("end")].to_owned());
                }
                let name_in = |of: &str, field: &str| {
                    let name = entries.get(of)?.get(field)?.get("value")?.as_str()?;
                    Some(name.to_owned())
                };
                self.functions.extend(name_in("Call", "function"));
                self.methods.extend(name_in("Method", "name"));
                let name = entries.get("Name").and_then(Value::as_str);
                self.names.extend(name.map(str::to_owned));
                if let Some(path) = entries.get("path").and_then(Value::as_array) {
                    let parts: Vec<&str> = path
                        .iter()
                        .filter_map(|part| part.get("value")?.as_str())
                        .collect();
                    self.checks.insert(parts.join("."));
                }
                entries.values().for_each(|value| self.walk(value, source));
            }
            _ => {}
        }
    }
}

#[test]
fn every_word_and_every_name_of_the_language() {
    let held = Held::of_corpus();
    let none = Vec::<&str>::new();
    let words = WORDS.iter().map(|(word, _)| *word);
    let excused = [("lint", "no valid file without a lint to switch off")];
    assert_eq!(lacking(words, &held.words, &excused), none);
    let functions = Function::ALL.iter().map(|(name, _)| *name);
    assert_eq!(lacking(functions, &held.functions, &[]), none);
    let methods = Method::ALL.iter().map(|method| method.name());
    assert_eq!(lacking(methods, &held.methods, &[]), none);
    let values = [
        "phase", "plan", "git", "os", "arch", "ci", "exit", "stdout", "stderr", "output", "time",
    ];
    assert_eq!(lacking(values, &held.names, &[]), none);
    let checks = LIBRARY.iter().map(|check| check.name);
    assert_eq!(lacking(checks, &held.checks, &[]), none);
}
