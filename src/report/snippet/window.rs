//! One line of a source as it is shown: harmless, and cut around what matters.

use std::ops::Range;

use crate::sanitise::visible;

/// The widest window, in characters.
const MAX_WIDTH: usize = 180;
/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// How wide a window may be beside line numbers of `gutter` columns.
pub(super) fn width_beside(gutter: usize, columns: usize) -> usize {
    columns.saturating_sub(gutter + 6).min(MAX_WIDTH)
}

/// A shown line and the way back from it to the source's own offsets.
#[derive(Debug)]
pub(super) struct Window {
    /// What is shown.
    pub(super) text: String,
    /// Offsets in the source's line and in `text`, of every character shown and of the end.
    offsets: Vec<(usize, usize)>,
}

impl Window {
    /// At most about `width` characters of `line`, around the bytes of `focus`.
    pub(super) fn new(line: &str, focus: Range<usize>, width: usize, unicode: bool) -> Self {
        let shown = cut(line, focus, width);
        let ellipsis = if unicode { "…" } else { "..." };
        let mut text = String::new();
        let mut offsets = Vec::new();
        let mut column = 0;
        if shown.start > 0 {
            text.push_str(ellipsis);
            column = ellipsis.chars().count();
        }
        let inside = line.get(shown.clone()).unwrap_or_default();
        for (at, c) in inside.char_indices() {
            offsets.push((shown.start + at, text.len()));
            if c == '\t' {
                let blanks = TAB - column % TAB;
                text.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            } else {
                text.push(visible(c, unicode));
                column += 1;
            }
        }
        offsets.push((shown.end, text.len()));
        if shown.end < line.len() {
            text.push_str(ellipsis);
        }
        Self { text, offsets }
    }

    /// Where a byte of the line is shown; what was cut off is shown at the ellipsis.
    pub(super) fn offset(&self, at: usize) -> usize {
        let first = self.offsets.first().copied().unwrap_or_default();
        let last = self.offsets.last().copied().unwrap_or_default();
        if at < first.0 {
            return 0;
        }
        if at > last.0 {
            return self.text.len();
        }
        let index = self.offsets.partition_point(|(from, _)| *from < at);
        self.offsets.get(index).map_or(last.1, |(_, to)| *to)
    }
}

/// The bytes of `line` to show: all, or `width` characters with `focus` about their middle.
fn cut(line: &str, focus: Range<usize>, width: usize) -> Range<usize> {
    if line.char_indices().nth(width).is_none() {
        return 0..line.len();
    }
    let focus = floor(line, focus.start)..floor(line, focus.end.max(focus.start));
    let wanted = line
        .get(focus.clone())
        .map_or(0, |text| text.chars().take(width).count());
    // Half of what the focus leaves free stands before it, and a little in any case.
    let before = ((width - wanted) / 2).max(width / 8);
    let start = back(line, focus.start, before);
    let end = forward(line, start, width);
    let missing = width - line.get(start..end).map_or(0, |text| text.chars().count());
    back(line, start, missing)..end
}

/// The offset at or before `at` that is on a character's border.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn back(line: &str, from: usize, characters: usize) -> usize {
    let before = line.get(..from).unwrap_or_default();
    match characters {
        0 => from,
        n => before
            .char_indices()
            .rev()
            .nth(n - 1)
            .map_or(0, |(at, _)| at),
    }
}

fn forward(line: &str, from: usize, characters: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    rest.char_indices()
        .nth(characters)
        .map_or(line.len(), |(at, _)| from + at)
}
