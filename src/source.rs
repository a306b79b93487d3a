//! Where text comes from and where in it something stands.
//!
//! A [`Span`] is a pair of byte offsets into one [`Source`]; a [`Sources`] holds every
//! text that a diagnostic may point into: plans, scripts, and the user's own files.

mod loader;

pub use loader::{LoadError, Loader, MemoryLoader};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

/// Which [`Source`] of a [`Sources`] a span belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SourceId(u32);

/// A range of bytes in one source; the end is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The source the offsets count in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes; a reversed pair is made empty at `start`.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { source, start, end }
    }

    /// The smallest span that holds both; `other` must be of the same source, else `self` is returned.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span where this one starts.
    #[must_use]
    pub fn at_start(self) -> Self {
        Self {
            end: self.start,
            ..self
        }
    }

    /// The empty span where this one ends.
    #[must_use]
    pub fn at_end(self) -> Self {
        Self {
            start: self.end,
            ..self
        }
    }

    /// The offsets as a range, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies wholly inside this span.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.source.0, self.start, self.end)
    }
}

/// A value and the place it was written at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A line and column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// One text: its name, its normalised content, and where its lines begin.
#[derive(Debug)]
pub struct Source {
    id: SourceId,
    path: String,
    text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl Source {
    /// The id spans into this text carry.
    #[must_use]
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// The path, from the repository's root or as the caller named it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text, without BOM and with `\n` line ends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text under `span`, cut to what exists and to character borders.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let start = self.floor(span.start as usize);
        let end = self.floor(span.end as usize).max(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The span of the whole text.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.id, 0, self.text.len())
    }

    /// How many lines there are; a text that ends in a newline has no empty line after it.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        let all = u32::try_from(self.line_starts.len()).unwrap_or(u32::MAX);
        if all > 1 && self.text.ends_with('\n') {
            all - 1
        } else {
            all
        }
    }

    /// The line of a byte offset, as [`Source::position`] has it, without counting columns.
    #[must_use]
    pub fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.line_of(offset).0).unwrap_or(u32::MAX)
    }

    /// The line of an offset, and the offset cut to a character that has a line.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let mut offset = self.floor(offset);
        if offset == self.text.len() && offset > 0 && self.text.ends_with('\n') {
            offset -= 1;
        }
        let line = self
            .line_starts
            .partition_point(|&start| start as usize <= offset)
            .max(1);
        (line, offset)
    }

    /// The position of a byte offset. The end of the file, past a final newline, is
    /// the end of the last line.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let (line, offset) = self.line_of(offset);
        let start = self.line_start(line);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }

    /// Where a span starts and where it ends.
    #[must_use]
    pub fn positions(&self, span: Span) -> (Position, Position) {
        (
            self.position(span.start as usize),
            self.position(span.end as usize),
        )
    }

    /// The span of line `line` (from 1), without its newline; empty at the end for a line past the last.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Span {
        let start = self.line_start(line as usize);
        let rest = self.text.get(start..).unwrap_or_default();
        let len = rest.find('\n').unwrap_or(rest.len());
        Span::new(self.id, start, start + len)
    }

    /// The byte offset of a line and a character column, both from 1, cut to what exists.
    #[must_use]
    pub fn offset(&self, line: u32, column: u32) -> usize {
        let span = self.line_span(line);
        let text = self.slice(span);
        let within = text
            .char_indices()
            .nth(column.saturating_sub(1) as usize)
            .map_or(text.len(), |(at, _)| at);
        span.start as usize + within
    }

    fn line_start(&self, line: usize) -> usize {
        self.line_starts
            .get(line.saturating_sub(1))
            .map_or(self.text.len(), |&start| start as usize)
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Where the texts of one [`Sources`] went in another.
#[derive(Debug, Clone, Copy)]
pub struct Adopted(u32);

impl Adopted {
    fn id(self, id: SourceId) -> SourceId {
        SourceId(id.0.saturating_add(self.0))
    }

    /// The same place, in the collection that took the texts in.
    #[must_use]
    pub fn span(self, span: Span) -> Span {
        Span {
            source: self.id(span.source),
            ..span
        }
    }
}

/// Every text that spans point into. Cheap to clone; a clone shares the texts.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Arc<Source>>,
}

impl Sources {
    /// No texts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a text in: a BOM is dropped and CRLF becomes LF.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        let mut text = text.into();
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            text = rest.to_owned();
        }
        if text.contains("\r\n") {
            text = text.replace("\r\n", "\n");
        }
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .map(|at| u32::try_from(at).unwrap_or(u32::MAX))
            .collect();
        let source = Arc::new(Source {
            id: SourceId(u32::try_from(self.all.len()).unwrap_or(u32::MAX)),
            path: path.into(),
            text: text.into(),
            line_starts,
        });
        self.all.push(Arc::clone(&source));
        source
    }

    /// The text of an id this collection gave out.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Arc<Source>> {
        self.all.get(id.0 as usize)
    }

    /// The text already taken in under this path.
    #[must_use]
    pub fn by_path(&self, path: &str) -> Option<&Arc<Source>> {
        self.all.iter().find(|source| source.path == path)
    }

    /// The same texts, each under the path that `name` gives for its own.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&str) -> String) -> Self {
        let rename = |source: &Arc<Source>| {
            Arc::new(Source {
                id: source.id,
                path: name(&source.path),
                text: source.text.clone(),
                line_starts: source.line_starts.clone(),
            })
        };
        Self {
            all: self.all.iter().map(rename).collect(),
        }
    }

    /// The same texts, each as `text` has it where it has something for it: as long, line by
    /// line and in all, so that every place stays where it is.
    #[must_use]
    pub(crate) fn retouched(&self, text: impl Fn(&str) -> Option<String>) -> Self {
        let retouch = |source: &Arc<Source>| match text(&source.text) {
            Some(text) if text.len() == source.text.len() => Arc::new(Source {
                id: source.id,
                path: source.path.clone(),
                text: text.into(),
                line_starts: source.line_starts.clone(),
            }),
            _ => Arc::clone(source),
        };
        Self {
            all: self.all.iter().map(retouch).collect(),
        }
    }

    /// Takes in the texts of another collection, each under the path that `name` gives for
    /// its own. What comes back leads spans of that collection to where they are now.
    pub fn adopt(&mut self, other: &Self, name: impl Fn(&str) -> String) -> Adopted {
        let adopted = Adopted(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        for source in &other.all {
            self.all.push(Arc::new(Source {
                id: adopted.id(source.id),
                path: name(&source.path),
                text: source.text.clone(),
                line_starts: source.line_starts.clone(),
            }));
        }
        adopted
    }

    /// All texts, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.all.iter()
    }

    /// The text under a span, empty where the source is unknown.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .map_or("", |source| source.slice(span))
    }

    /// `FILE:LINE:COLUMN` of where a span starts.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        self.get(span.source).map_or_else(String::new, |source| {
            let at = source.position(span.start as usize);
            format!("{}:{}:{}", source.path, at.line, at.column)
        })
    }
}
