//! From text to tree: the grammar, the tree, and what is said of text that fits neither.

pub mod ast;
mod edition;
pub mod example;
#[doc(hidden)]
pub mod exercise;
pub mod format;
mod literal;
mod lower;
mod parser;
mod read;
mod repair;
mod scan;
pub mod words;

pub use literal::parse_literal;
pub use read::{MAX_FILE_SIZE, read};

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// A file as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree of what could be read.
    pub file: ast::File,
    /// What could not, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Nothing read of a file.
    pub(crate) fn nothing(source: &Source) -> Self {
        Self {
            file: ast::File {
                source: source.id(),
                items: Vec::new(),
                comments: Vec::new(),
            },
            diagnostics: Vec::new(),
        }
    }
}

/// Reads a file. Never fails: what cannot be read is reported and left out.
#[must_use]
pub fn parse(source: &Source) -> Parsed {
    let mut file = ast::File {
        source: source.id(),
        items: Vec::new(),
        comments: Vec::new(),
    };
    if let Some(refusal) = edition::refuse(source) {
        return Parsed {
            file,
            diagnostics: vec![refusal],
        };
    }
    let scan = scan::scan(source);
    file.comments = scan.comments;
    let mut diagnostics = scan.diagnostics;
    if !scan.hopeless {
        let lowered = lower::lower(source, scan.mends, &file.comments, scan.depth);
        file.items = lowered.items;
        let ranges = merged(scan.quiet);
        let quiet = |diagnostic: &Diagnostic| {
            diagnostic.primary().is_some_and(|span| {
                let at = span.start as usize;
                let next = ranges.partition_point(|range| range.start <= at);
                next.checked_sub(1)
                    .and_then(|last| ranges.get(last))
                    .is_some_and(|range| range.contains(&at))
            })
        };
        diagnostics.extend(lowered.diagnostics.into_iter().filter(|d| !quiet(d)));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary().map(|span| (span.start, span.end)));
    Parsed { file, diagnostics }
}

/// The same places in ranges that are in order and do not overlap.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
