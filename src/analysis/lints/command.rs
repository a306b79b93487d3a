//! The text of a command, cut where the shell cuts it, with the places of its pieces.

use crate::shell::{Scan, scan};
use crate::source::{Sources, Span};
use crate::syntax::ast::{ExprKind, Stmt, StmtKind, TextPart};

use super::walk::{Part, bare, parts};

/// The longest text that is looked at, in bytes: no system takes a longer argument.
const LONGEST: u32 = 256 << 10;

/// Stands for an interpolation.
pub(super) const HOLE: char = '\0';

/// The text of a command.
pub(super) struct CommandLine<'a> {
    pub parts: &'a [TextPart],
    pub span: Span,
    pub scan: Scan,
    /// The text, an interpolation as [`HOLE`].
    chars: Vec<char>,
    /// Where each character is written.
    places: Vec<Span>,
}

/// A command between two joints of a text.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// What joins it to the one before: `||`, `;`, a line end. Empty for the first.
    pub joint: String,
    /// The words, in so far as no quotes are looked at; no comment.
    pub words: Vec<String>,
    /// Where each word starts and ends, in characters.
    ranges: Vec<(usize, usize)>,
    /// Where the joint starts; for the first segment where the text does.
    start: usize,
}

impl Segment {
    /// The words with one blank between them.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

impl<'a> CommandLine<'a> {
    /// The text of the command that a statement is or holds; none where it holds none, one
    /// that is not written out, or one that is too long.
    pub fn of(stmt: &'a Stmt, sources: &Sources) -> Option<Self> {
        let (pieces, span) = match &stmt.kind {
            StmtKind::Run(expr) => match &bare(expr).kind {
                ExprKind::Text(text) => (text.parts.as_slice(), text.span),
                _ => return None,
            },
            _ => parts(stmt).into_iter().find_map(|part| match part {
                Part::Command(text) => Some((text.parts.as_slice(), text.span)),
                Part::Expr(_) | Part::Text(_) => None,
            })?,
        };
        if span.end - span.start > LONGEST {
            return None;
        }
        let mut line = Self {
            parts: pieces,
            span,
            scan: scan(pieces),
            chars: Vec::new(),
            places: Vec::new(),
        };
        for piece in pieces {
            line.take(piece, sources);
        }
        Some(line)
    }

    fn take(&mut self, piece: &TextPart, sources: &Sources) {
        match piece {
            TextPart::Interpolation { span, .. } => {
                self.chars.push(HOLE);
                self.places.push(*span);
            }
            TextPart::Literal { span, value } => self.literal(*span, value, sources.slice(*span)),
        }
    }

    /// Text, line by line: those of a multi-line string are written with an indentation
    /// that is no part of it.
    fn literal(&mut self, span: Span, value: &str, written: &str) {
        let mut start = span.start as usize;
        let mut lines = written.split('\n');
        for (index, line) in value.split('\n').enumerate() {
            if index > 0 {
                self.chars.push('\n');
                self.places.push(Span::new(span.source, start - 1, start));
            }
            let Some(written) = lines.next() else {
                // With escapes in it, only the whole of it has a place.
                self.chars.extend(line.chars());
                self.places.extend(line.chars().map(|_| span));
                continue;
            };
            let as_written = written.ends_with(line);
            let mut at = start + written.len() - if as_written { line.len() } else { 0 };
            for c in line.chars() {
                self.chars.push(c);
                self.places.push(if as_written {
                    Span::new(span.source, at, at + c.len_utf8())
                } else {
                    span
                });
                at += c.len_utf8();
            }
            start += written.len() + 1;
        }
    }

    /// The place of the characters from `start` to `end`.
    fn place(&self, start: usize, end: usize) -> Span {
        let at = |index: usize| self.places.get(index).copied();
        match (at(start), at(end.saturating_sub(1).max(start))) {
            (Some(first), Some(last)) => first.to(last),
            _ => self.span,
        }
    }

    /// The place of a segment's words from the `from`th on, up to but not with the `to`th.
    pub fn words_place(&self, segment: &Segment, from: usize, to: usize) -> Span {
        let start = segment.ranges.get(from).map(|range| range.0);
        let end = to.checked_sub(1).and_then(|at| segment.ranges.get(at));
        match (start, end) {
            (Some(start), Some((_, end))) => self.place(start, *end),
            _ => self.span,
        }
    }

    /// The place of a segment with the joint before it.
    pub fn joined_place(&self, segment: &Segment) -> Span {
        let end = segment.ranges.last().map_or(segment.start, |range| range.1);
        self.place(segment.start, end)
    }

    /// The place of a segment with the joint and the blanks before it.
    pub fn cut_place(&self, before: &Segment, segment: &Segment) -> Span {
        let start = before.ranges.last().map_or(segment.start, |range| range.1);
        let end = segment.ranges.last().map_or(segment.start, |range| range.1);
        self.place(start, end)
    }

    /// The commands of the text, those without a word left out.
    pub fn segments(&self) -> Vec<Segment> {
        let mut found = Vec::new();
        let mut begin = 0;
        let mut joint = (0, String::new());
        let ends = self
            .scan
            .joints
            .iter()
            .map(|joint| (joint.start, joint.end));
        for (start, end) in ends.chain([(self.chars.len(), self.chars.len())]) {
            let segment = self.segment(begin, start, &joint);
            // Nothing between `||` and a line end: it is the `||` that joins.
            if !segment.words.is_empty() {
                found.push(segment);
                joint = (start, self.text(start, end));
            }
            begin = end;
        }
        found
    }

    fn text(&self, start: usize, end: usize) -> String {
        let text = self.chars.get(start..end).unwrap_or_default();
        text.iter().collect()
    }

    fn segment(&self, begin: usize, end: usize, joint: &(usize, String)) -> Segment {
        let mut segment = Segment {
            joint: joint.1.clone(),
            words: Vec::new(),
            ranges: Vec::new(),
            start: joint.0,
        };
        let mut open: Option<usize> = None;
        for at in begin..=end {
            let blank = at == end || self.is_blank(at);
            match open {
                None if !blank => open = Some(at),
                Some(from) if blank => {
                    let word: String = self
                        .chars
                        .get(from..at)
                        .unwrap_or_default()
                        .iter()
                        .collect();
                    if word.starts_with('#') {
                        return segment;
                    }
                    segment.words.push(word);
                    segment.ranges.push((from, at));
                    open = None;
                }
                _ => {}
            }
        }
        segment
    }

    /// Whether a character is a blank, or belongs to a line end after a backslash.
    fn is_blank(&self, at: usize) -> bool {
        let c = |at: usize| self.chars.get(at).copied();
        match c(at) {
            Some('\\') => c(at + 1) == Some('\n'),
            Some(c) => c.is_whitespace(),
            None => true,
        }
    }
}
