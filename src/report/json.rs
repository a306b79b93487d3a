//! One JSON object a line, for programs.

use crate::diagnostic::Diagnostic;
use crate::run::{DiagnosticEvent, Event, SCHEMA};
use crate::source::Sources;

/// A diagnostic as `gate check --format json` prints it, without the newline.
#[must_use]
pub fn diagnostic_line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    event_line(&Event::Diagnostic(DiagnosticEvent {
        diagnostic: diagnostic.clone(),
        sources: sources.clone(),
        phase: None,
        gate: None,
    }))
}

/// An event as `gate run --format json` prints it, without the newline.
#[must_use]
pub fn event_line(event: &Event) -> String {
    #[expect(
        clippy::expect_used,
        reason = "texts, numbers and maps with text keys always have a JSON form"
    )]
    let line = serde_json::to_string(event).expect("an event has a JSON form");
    // The tag is serialised first and holds no comma: the version goes right behind it.
    match line.split_once(',') {
        Some((kind, rest)) => format!("{kind},\"schema\":{SCHEMA},{rest}"),
        None => line,
    }
}
