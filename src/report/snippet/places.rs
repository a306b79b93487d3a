//! Which places of which sources are drawn.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Label};
use crate::source::{Source, SourceId, Sources};

use super::window::floor;

/// Labels drawn per diagnostic; the rest are counted.
const MAX_LABELS: usize = 12;

/// The labels of one source.
pub(super) struct Group<'a> {
    pub(super) source: &'a Source,
    pub(super) places: Vec<Place<'a>>,
    /// Where the header of the group points to: line and column.
    pub(super) at: (u32, u32),
}

/// A label with its span cut to what exists.
pub(super) struct Place<'a> {
    pub(super) label: &'a Label,
    pub(super) bytes: Range<usize>,
    pub(super) first_line: u32,
    pub(super) last_line: u32,
}

impl<'a> Place<'a> {
    fn new(label: &'a Label, source: &Source) -> Self {
        let text = source.text();
        let mut start = floor(text, label.span.start as usize);
        let mut end = floor(text, label.span.end as usize).max(start);
        // A newline is never underlined; the end of the file is the last line's end.
        while end > start && text.get(..end).is_some_and(|head| head.ends_with('\n')) {
            end -= 1;
        }
        if start == text.len() && text.ends_with('\n') {
            start -= 1;
            end = start;
        }
        Self {
            label,
            first_line: source.position(start).line,
            last_line: source.position(end).line,
            bytes: start..end,
        }
    }
}

/// Labels by source, the primary one's first, and how many were left out.
pub(super) fn groups<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
) -> (Vec<Group<'a>>, usize) {
    let known = |label: &&Label| sources.get(label.span.source).is_some();
    let mut labels: Vec<&Label> = diagnostic.labels.iter().filter(known).collect();
    labels.sort_by_key(|label| !label.primary);
    let left_out = labels.len().saturating_sub(MAX_LABELS);
    labels.truncate(MAX_LABELS);
    let mut order: Vec<SourceId> = Vec::new();
    for label in &labels {
        if !order.contains(&label.span.source) {
            order.push(label.span.source);
        }
    }
    let groups = order
        .into_iter()
        .filter_map(|id| {
            let source: &Source = sources.get(id)?;
            let mine = labels.iter().filter(|label| label.span.source == id);
            let mut places: Vec<Place<'_>> = mine.map(|label| Place::new(label, source)).collect();
            let at = places
                .first()
                .map(|place| source.position(place.label.span.start as usize))
                .map_or((1, 1), |position| (position.line, position.column));
            places.sort_by_key(|place| (place.last_line, place.bytes.start));
            Some(Group { source, places, at })
        })
        .collect();
    (groups, left_out)
}

/// Columns for line numbers.
pub(super) fn gutter_width(groups: &[Group<'_>]) -> usize {
    let places = groups.iter().flat_map(|group| &group.places);
    places
        .map(|place| place.last_line.to_string().len())
        .max()
        .unwrap_or(1)
}

/// The lines to show and the bytes of each that must be seen.
pub(super) fn focuses(group: &Group<'_>, width: usize) -> BTreeMap<u32, Range<usize>> {
    let mut all: BTreeMap<u32, Range<usize>> = BTreeMap::new();
    let mut add = |line: u32, range: Range<usize>| {
        let start = group.source.line_span(line).start as usize;
        let range = range.start.saturating_sub(start)..range.end.saturating_sub(start);
        all.entry(line)
            .and_modify(|seen| {
                let both = seen.start.min(range.start)..seen.end.max(range.end);
                if both.len() <= width {
                    *seen = both;
                }
            })
            .or_insert(range);
    };
    // The primary place comes first, so that it is seen whatever else there is.
    let (primary, other): (Vec<_>, Vec<_>) =
        group.places.iter().partition(|place| place.label.primary);
    for place in primary.into_iter().chain(other) {
        if place.first_line == place.last_line {
            add(place.first_line, place.bytes.clone());
        } else {
            add(place.first_line, place.bytes.start..place.bytes.start);
            add(place.last_line, place.bytes.end..place.bytes.end);
        }
    }
    all
}
