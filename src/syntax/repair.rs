//! A text with its lexical mistakes mended, and the way back to the text as written.
//!
//! What the scanner reports it also mends (a missing quote is put in, a stray brace
//! blanked out), so that the grammar reads what stands round the mistake.

use std::borrow::Cow;
use std::ops::Range;

/// One piece of the written text and what the grammar reads in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mend {
    /// What is replaced; empty where something is put in.
    pub(super) range: Range<usize>,
    /// By what.
    pub(super) by: Cow<'static, str>,
}

/// A mended text.
#[derive(Debug)]
pub(super) struct Mended<'a> {
    written: &'a str,
    text: Cow<'a, str>,
    /// For each mend, in order: where its replacement starts and ends in the mended
    /// text, and the range it replaced.
    pieces: Vec<(Range<usize>, Range<usize>)>,
}

impl<'a> Mended<'a> {
    /// `text` with `mends` applied; one that overlaps an earlier one is left out.
    pub(super) fn new(text: &'a str, mut mends: Vec<Mend>) -> Self {
        if mends.is_empty() {
            return Self {
                written: text,
                text: Cow::Borrowed(text),
                pieces: Vec::new(),
            };
        }
        mends.sort_by_key(|mend| (mend.range.start, mend.range.end));
        let mut out = String::with_capacity(text.len() + 16 * mends.len());
        let mut pieces = Vec::with_capacity(mends.len());
        let mut done = 0;
        for mend in mends {
            if mend.range.start < done {
                continue;
            }
            out.push_str(text.get(done..mend.range.start).unwrap_or_default());
            let start = out.len();
            out.push_str(&mend.by);
            done = mend.range.end;
            pieces.push((start..out.len(), mend.range));
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Self {
            written: text,
            text: Cow::Owned(out),
            pieces,
        }
    }

    /// What the grammar reads.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where an offset of the mended text stands in the text as written.
    pub(super) fn written(&self, at: usize) -> usize {
        let before = self.pieces.partition_point(|(new, _)| new.start <= at);
        let Some((new, old)) = before.checked_sub(1).and_then(|last| self.pieces.get(last)) else {
            return at;
        };
        if at >= new.end {
            at - new.end + old.end
        } else if new.len() == old.len() {
            // Blanks may stand for a character of several bytes.
            let mut inside = at - new.start + old.start;
            while !self.written.is_char_boundary(inside) {
                inside -= 1;
            }
            inside
        } else {
            old.start
        }
    }
}
