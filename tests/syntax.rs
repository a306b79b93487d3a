//! The parser, seen from outside: what valid text becomes, and what is said of the rest.

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, its helpers too"
)]

use gatelang::diagnostic::Diagnostic;
use gatelang::source::{Source, Sources};
use gatelang::syntax::{Parsed, ast, parse};

#[path = "syntax/examples.rs"]
mod examples;
#[path = "syntax/mistakes.rs"]
mod mistakes;
#[path = "syntax/random.rs"]
mod random;
#[path = "syntax/valid.rs"]
mod valid;

fn read(text: &str) -> (std::sync::Arc<Source>, Parsed) {
    let source = Sources::new().add("plan.gate", text);
    let parsed = parse(&source);
    (source, parsed)
}

/// Every mistake of `text`: its place, code and words, the line with a caret under the
/// place, and what to do.
fn mistakes(text: &str) -> String {
    let (source, parsed) = read(text);
    parsed
        .diagnostics
        .iter()
        .map(|diagnostic| show(&source, diagnostic))
        .collect::<Vec<_>>()
        .join("\n")
}

fn show(source: &Source, diagnostic: &Diagnostic) -> String {
    let span = diagnostic.primary().expect("a place");
    let (start, end) = source.positions(span);
    let line = source.slice(source.line_span(start.line));
    let width = if start.line == end.line {
        (end.column - start.column).max(1) as usize
    } else {
        1
    };
    let mut out = format!(
        "{}:{} {} {}\n  {line}\n  {}{}\n",
        start.line,
        start.column,
        diagnostic.code,
        diagnostic.message,
        " ".repeat(start.column as usize - 1),
        "^".repeat(width),
    );
    for suggestion in &diagnostic.suggestions {
        let edits: Vec<String> = suggestion
            .edits
            .iter()
            .map(|edit| format!("{:?} -> {:?}", source.slice(edit.span), edit.replacement))
            .collect();
        out.push_str(&format!("  = {}", suggestion.text));
        if !edits.is_empty() {
            out.push_str(&format!(" [{}]", edits.join(", ")));
        }
        out.push('\n');
    }
    out
}

/// `text` must be valid; its statements.
fn valid(text: &str) -> Vec<ast::Stmt> {
    let found = mistakes(text);
    assert!(found.is_empty(), "{found}");
    read(text).1.file.items
}
