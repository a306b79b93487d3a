//! Lines in the making: text, what is to stand before the next token, and the comments of
//! the source that are still to be written.

use std::ops::Range;

use super::comments;
use crate::source::{Source, Span};

/// What stands between the last token and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// So many blanks.
    Blanks(usize),
    /// A new line, so far indented; before it an empty one.
    Line { indent: usize, empty: bool },
}

/// What a line of the result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, perhaps with a comment at its end. Verbatim text may hold newlines.
    Text,
    /// A comment alone.
    Comment,
    /// A comment that goes on under the one at the end of the line above.
    Continuation,
    /// Nothing.
    Empty,
}

/// A line of the result.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) kind: Kind,
    pub(super) indent: usize,
    /// How many blocks and brackets are open where it begins.
    pub(super) level: usize,
    pub(super) text: String,
    pub(super) comment: Option<&'a str>,
}

impl Line<'_> {
    /// How many characters the last line of its text has.
    pub(super) fn width(&self) -> usize {
        match self.text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.indent + self.text.chars().count(),
        }
    }
}

/// What becomes of an empty line of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// Nothing: within a statement.
    Dropped,
    /// Nothing, until something was written: at the start of a block.
    Leading,
    /// It stays.
    Kept,
}

impl Empty {
    /// Before a statement or an element.
    fn kept_unless(first: bool) -> Self {
        if first { Self::Leading } else { Self::Kept }
    }

    /// After something was written.
    fn after(self) -> Self {
        match self {
            Self::Dropped => Self::Dropped,
            Self::Leading | Self::Kept => Self::Kept,
        }
    }
}

/// Whether a line of blanks lies in that part of the source.
pub(super) fn empty_between(source: &Source, part: Range<usize>) -> bool {
    let text = source.text().get(part).unwrap_or_default();
    let mut lines = text.split('\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() && line.trim().is_empty() {
            return true;
        }
    }
    false
}

/// Where a writer stood, on one line.
pub(super) struct Mark {
    gap: Gap,
    at: usize,
    len: usize,
}

pub(super) struct Writer<'a> {
    source: &'a Source,
    /// The comments that are still to be written.
    comments: &'a [Span],
    lines: Vec<Line<'a>>,
    gap: Gap,
    /// Where what was last written ends in the source.
    at: usize,
    /// The column in the source of the comment at the end of the last line.
    comment_column: Option<u32>,
    /// How many blocks and brackets are open.
    pub(super) level: usize,
    /// The indentation of the statement in hand.
    pub(super) indent: usize,
    /// The indentation of what goes on after an operator or a comment.
    pub(super) hang: usize,
    /// Whether all is to stand on one line.
    pub(super) flat: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a Source, comments: &'a [Span]) -> Self {
        Self {
            source,
            comments,
            lines: Vec::new(),
            gap: Gap::Line {
                indent: 0,
                empty: false,
            },
            at: 0,
            comment_column: None,
            level: 0,
            indent: 0,
            hang: super::STEP,
            flat: false,
        }
    }

    /// Everything that was written, and a newline at the end.
    pub(super) fn finish(self) -> String {
        comments::join(&self.lines)
    }

    // What the source says.

    /// The source.
    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    /// The text of the source from one offset to another.
    pub(super) fn between(&self, gap: Range<usize>) -> &'a str {
        self.source.text().get(gap).unwrap_or_default()
    }

    /// The text under a span.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.between(span.range())
    }

    /// Whether the source goes on to a new line there.
    pub(super) fn breaks(&self, gap: Range<usize>) -> bool {
        self.between(gap).contains('\n')
    }

    /// Whether a comment is still to be written that stands before `offset`.
    pub(super) fn comment_before(&self, offset: usize) -> bool {
        self.comments
            .iter()
            .map(|comment| comment.start as usize)
            .find(|start| *start >= self.at)
            .is_some_and(|start| start < offset)
    }

    /// Says that the source was read up to `offset`.
    pub(super) fn read_to(&mut self, offset: usize) {
        self.at = offset;
    }

    // Gaps.

    /// A blank before what comes next.
    pub(super) fn blank(&mut self) {
        self.blanks(1);
    }

    /// So many blanks before what comes next.
    pub(super) fn blanks(&mut self, count: usize) {
        self.gap = Gap::Blanks(count);
    }

    /// What comes next stands on a new line.
    pub(super) fn line(&mut self, indent: usize) {
        self.gap = if self.flat {
            Gap::Blanks(1)
        } else {
            Gap::Line {
                indent,
                empty: false,
            }
        };
    }

    /// The indentation of the line that what comes next stands on.
    pub(super) fn line_indent(&self) -> usize {
        match (self.gap, self.lines.last()) {
            (Gap::Line { indent, .. }, _) => indent,
            (_, Some(line)) => line.indent,
            _ => 0,
        }
    }

    /// The column, from 0, at which what comes next begins.
    pub(super) fn column(&mut self) -> usize {
        self.close_gap();
        self.lines.last().map_or(0, Line::width)
    }

    fn close_gap(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        match (gap, self.lines.last_mut()) {
            (Gap::None, Some(_)) => {}
            (Gap::Blanks(count), Some(line)) => {
                line.text.extend(std::iter::repeat_n(' ', count));
            }
            (Gap::Line { indent, empty }, _) => {
                if empty {
                    self.start(Kind::Empty, 0, None);
                }
                self.start(Kind::Text, indent, None);
            }
            (_, None) => self.start(Kind::Text, 0, None),
        }
    }

    fn start(&mut self, kind: Kind, indent: usize, comment: Option<&'a str>) {
        self.comment_column = None;
        self.lines.push(Line {
            kind,
            indent,
            level: self.level,
            text: String::new(),
            comment,
        });
    }

    // Text.

    /// Writes a sign that the tree has no place for; comments before it go after it.
    pub(super) fn sign(&mut self, text: &str) {
        self.close_gap();
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
    }

    /// Writes what stands in the source at `start`, after the comments before it.
    pub(super) fn word(&mut self, text: &str, start: usize) {
        self.comments(start, Empty::Dropped);
        self.sign(text);
        self.at = start + text.len();
    }

    /// Copies what the source has under `span`, after the comments before it.
    pub(super) fn copy(&mut self, span: Span) {
        self.comments(span.start as usize, Empty::Dropped);
        let text = self.slice(span);
        self.sign(text);
        self.at = span.end as usize;
    }

    // Comments and empty lines.

    /// Begins a statement or an element at `start`, on a line of its own: after the comments
    /// before it, and an empty line where the source has one, unless it is the first.
    pub(super) fn item(&mut self, start: usize, indent: usize, first: bool) {
        self.line(indent);
        if self.flat {
            return;
        }
        let empty = self.comments(start, Empty::kept_unless(first));
        if empty == Empty::Kept && self.empty_line(start) {
            self.gap = Gap::Line {
                indent,
                empty: true,
            };
        }
    }

    /// Writes the comments before `offset`: one at the end of a line stays there, one under
    /// such a one stays under it, others stand alone. Says what becomes of an empty line
    /// that follows.
    pub(super) fn comments(&mut self, offset: usize, mut empty: Empty) -> Empty {
        while let Some((&comment, rest)) = self.comments.split_first() {
            let start = comment.start as usize;
            if start >= offset {
                break;
            }
            self.comments = rest;
            if start < self.at {
                continue;
            }
            let text = self.slice(comment).trim_end();
            let column = self.source.position(start).column;
            let indent = match self.gap {
                Gap::Line { indent, .. } => indent,
                _ => self.hang,
            };
            let here = !self.breaks(self.at..start);
            match self.lines.last_mut() {
                Some(line) if here => {
                    line.comment = Some(text);
                    self.comment_column = Some(column);
                }
                Some(line)
                    if self.comment_column == Some(column)
                        && !line.text.contains('\n')
                        && !text.starts_with("##")
                        && !empty_between(self.source, self.at..start) =>
                {
                    let level = line.level;
                    self.lines.push(Line {
                        kind: Kind::Continuation,
                        indent,
                        level,
                        text: String::new(),
                        comment: Some(text),
                    });
                    empty = empty.after();
                }
                _ => {
                    if empty == Empty::Kept && self.empty_line(start) {
                        self.start(Kind::Empty, 0, None);
                    }
                    self.start(Kind::Comment, indent, Some(text));
                    empty = empty.after();
                }
            }
            self.gap = Gap::Line {
                indent,
                empty: false,
            };
            self.at = comment.end as usize;
        }
        empty
    }

    fn empty_line(&self, offset: usize) -> bool {
        empty_between(self.source, self.at..offset)
    }

    // One line or several.

    /// Where the writer stands now.
    pub(super) fn mark(&mut self) -> Mark {
        Mark {
            gap: self.gap,
            at: self.at,
            len: self.lines.last().map_or(0, |line| line.text.len()),
        }
    }

    /// Takes back what was written on this line since.
    pub(super) fn take_back(&mut self, mark: &Mark) {
        if let Some(line) = self.lines.last_mut() {
            line.text.truncate(mark.len);
        }
        self.gap = mark.gap;
        self.at = mark.at;
    }
}
