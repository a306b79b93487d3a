//! The form in which diagnostics leave the program: places as lines and columns.

use std::borrow::Cow;

use serde::Serialize;

use super::{Applicability, Code, Diagnostic, Edit, Severity};
use crate::source::{Source, Sources, Span};

/// A diagnostic as JSON has it, without `type` and `schema`.
#[derive(Debug, Clone, Serialize)]
pub struct WireDiagnostic<'a> {
    code: Code,
    severity: Severity,
    message: &'a str,
    labels: Vec<WireLabel<'a>>,
    notes: &'a [String],
    suggestions: Vec<WireSuggestion<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct WirePlace<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Debug, Clone, Serialize)]
struct WireLabel<'a> {
    #[serde(flatten)]
    place: WirePlace<'a>,
    text: &'a str,
    primary: bool,
}

#[derive(Debug, Clone, Serialize)]
struct WireSuggestion<'a> {
    text: &'a str,
    applicability: Applicability,
    edits: Vec<WireEdit<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct WireEdit<'a> {
    #[serde(flatten)]
    place: WirePlace<'a>,
    replacement: Cow<'a, str>,
}

impl<'a> WireDiagnostic<'a> {
    /// The wire form; places of unknown sources are left out.
    #[must_use]
    pub fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            labels: diagnostic
                .labels
                .iter()
                .filter_map(|label| {
                    Some(WireLabel {
                        place: place(label.span, sources)?,
                        text: &label.text,
                        primary: label.primary,
                    })
                })
                .collect(),
            notes: &diagnostic.notes,
            suggestions: diagnostic
                .suggestions
                .iter()
                .map(|suggestion| WireSuggestion {
                    text: &suggestion.text,
                    applicability: suggestion.applicability,
                    edits: suggestion
                        .edits
                        .iter()
                        .filter_map(|edit| {
                            let source = sources.get(edit.span.source)?;
                            let (span, replacement) = portable(edit, source);
                            Some(WireEdit {
                                place: place(span, sources)?,
                                replacement,
                            })
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}

/// An edit that means the same when its place is told as a line and a column: behind the last
/// line end there is no such place, so what is put there is put before it.
pub(crate) fn portable<'a>(edit: &'a Edit, source: &Source) -> (Span, Cow<'a, str>) {
    let text = source.text();
    let at_end = edit.span.start == edit.span.end && edit.span.start as usize == text.len();
    if !at_end || !text.ends_with('\n') {
        return (edit.span, Cow::Borrowed(&edit.replacement));
    }
    let new = &edit.replacement;
    let new = new.strip_suffix('\n').unwrap_or(new);
    let end = text.len() - 1;
    let span = Span::new(edit.span.source, end, end);
    (span, Cow::Owned(format!("\n{new}")))
}

fn place(span: Span, sources: &Sources) -> Option<WirePlace<'_>> {
    let source = sources.get(span.source)?;
    let (start, end) = source.positions(span);
    Some(WirePlace {
        file: source.path(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    })
}
