//! How each statement is written: an example for every word that begins one, for messages
//! about what is missing.

use super::words::BlockKind;

/// A statement that begins with `word`, where it stands in such a block; none for a word
/// that begins none.
#[must_use]
pub fn example_of(word: &str, within: Option<BlockKind>) -> Option<&'static str> {
    use BlockKind as B;
    match (word, within) {
        ("check", Some(B::File)) => {
            return Some(r#"check filled(file: path) { run "test -s {{file}}" }"#);
        }
        ("for", Some(B::Phase | B::Every | B::PhaseFor)) => {
            return Some(r#"for name in ["api", "web"] { gate "{{name}}" run "make {{name}}" }"#);
        }
        ("expect", Some(B::Test)) => return Some(r#"expect fails "80" at "compose.yml:3""#),
        _ => {}
    }
    EXAMPLES
        .iter()
        .find(|(of, _)| *of == word)
        .map(|(_, example)| *example)
}

/// An example for every word, in the order of [`super::words::WORDS`].
const EXAMPLES: &[(&str, &str)] = &[
    ("edition", "edition 2026"),
    ("use", r#"use "./checks.gate" as checks"#),
    ("include", r#"include "./phases/first.gate""#),
    ("plan", r#"plan "The move to 2.0" { base "main" }"#),
    ("param", "param port: int = 8080"),
    ("every", r#"every phase { scope { deny ".env" } }"#),
    (
        "phase",
        r#"phase api "The new API" { gate tests run "make test" }"#,
    ),
    (
        "test",
        r#"test "an empty file is found" { write "a.txt" "" }"#,
    ),
    ("base", r#"base "main""#),
    ("shell", r#"shell "bash", "-euo", "pipefail", "-c""#),
    ("jobs", "jobs 4"),
    ("tree", "tree worktree"),
    ("share", r#"share "node_modules""#),
    ("amend", r#"amend by "alice@example.com""#),
    ("lint", "lint W201 off"),
    ("remind", r#"remind "Read the tasks first.""#),
    ("secret", "secret API_TOKEN"),
    ("goal", r#"goal "Every request is answered.""#),
    ("scope", r#"scope { allow "src/**" }"#),
    ("tasks", r#"tasks "tasks.md" under "Phase 1""#),
    ("gate", "gate tests $ make test"),
    (
        "manual",
        r#"manual looks "The page looks right" { step "Open it." }"#,
    ),
    ("regress", "regress changed"),
    ("commit", r#"commit feat(api) "the new API""#),
    ("tag", r#"tag "api-done""#),
    ("push", r#"push "origin""#),
    (
        "for",
        r#"for name in ["api", "web"] { run "make {{name}}" }"#,
    ),
    ("service", "service db {\n  $ ./db --port 5432\n}"),
    ("in", r#"in "apps/web""#),
    ("env", r#"env RUST_LOG = "debug""#),
    ("timeout", "timeout 10m"),
    ("allow", r#"allow "src/**", "tests/**""#),
    ("deny", r#"deny "src/generated/**""#),
    ("forbid", r#"forbid "TODO" in "src/**""#),
    ("limit", "limit 40 files"),
    ("require", r#"require "CHANGELOG.md""#),
    ("inputs", r#"inputs "src/**", "Cargo.lock""#),
    ("retry", "retry 2 every 1s"),
    ("hold", "hold 10m every 30s"),
    ("needs", "needs build"),
    ("lock", r#"lock "database""#),
    ("when", r#"when os == "linux""#),
    (
        "proof",
        r#"proof "a TODO is caught" { write "src/a.rs" "// TODO" }"#,
    ),
    ("$", "$ make test"),
    ("run", r#"run "make test""#),
    ("script", r#"script "python3" "print(1)""#),
    ("check", r#"check text.absent("TODO", in: "src/**")"#),
    ("rhai", r#"rhai "checks/ports.rhai""#),
    ("expect", "expect exit == 0"),
    ("let", r#"let version = "2.0""#),
    ("ratchet", "ratchet warnings = stdout.lines().len() falls"),
    ("ready", "ready port 5432 within 10s"),
    ("stop", "stop SIGINT within 5s"),
    ("step", r#"step "Open the page.""#),
    ("expected", r#"expected "It is blue.""#),
    ("expires", "expires 7d"),
    ("by", r#"by "alice@example.com""#),
    ("signed", "signed"),
    ("body", r#"body "Why it was done.""#),
    ("breaking", r#"breaking "The old API is gone.""#),
    ("trailer", r#"trailer Refs "ABC-1""#),
    ("write", r#"write "src/a.rs" "// TODO""#),
    ("append", r#"append "src/a.rs" "// TODO""#),
    ("replace", r#"replace "src/a.rs" "old" "new""#),
    ("remove", r#"remove "README.md""#),
];
