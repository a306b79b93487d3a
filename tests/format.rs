//! The formatter: what each construct becomes, and that nothing but its looks changes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use gatelang::source::Sources;
use gatelang::syntax::{Parsed, format, parse};

#[path = "format/constructs.rs"]
mod constructs;
#[path = "format/files.rs"]
mod files;
#[path = "format/random.rs"]
mod random;

fn read(text: &str) -> (std::sync::Arc<gatelang::source::Source>, Parsed) {
    let source = Sources::new().add("plan.gate", text);
    let parsed = parse(&source);
    (source, parsed)
}

/// `text` formatted: it must be valid, say the same afterwards, and stay as it is when it
/// is formatted once more.
#[track_caller]
fn formatted(text: &str) -> String {
    let (source, parsed) = read(text);
    let wrong: Vec<&str> = parsed
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} in\n{text}");
    let once = format::format(&source, &parsed.file);
    let (source, again) = read(&once);
    let wrong: Vec<&str> = again
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} in\n{once}\nmade of\n{text}");
    assert!(
        format::same_meaning(&parsed.file, &again.file),
        "another meaning:\n{once}\nmade of\n{text}"
    );
    assert_eq!(
        comments(&parsed, text),
        comments(&again, &once),
        "other comments in\n{once}\nmade of\n{text}"
    );
    let twice = format::format(&source, &again.file);
    assert_eq!(
        once, twice,
        "formatted twice it changes; it was made of\n{text}"
    );
    once
}

/// The comments of a text, in order.
fn comments(parsed: &Parsed, text: &str) -> Vec<String> {
    let all = parsed.file.comments.iter();
    all.map(|span| text[span.range()].trim_end().to_owned())
        .collect()
}

/// Source and result, one below the other.
#[track_caller]
fn shown(text: &str) -> String {
    let mut out = String::new();
    let _ = write!(out, "{text}─────\n{}", formatted(text));
    out
}
