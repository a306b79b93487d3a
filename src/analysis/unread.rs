//! What could not be read of a plan's files: what seems to be missing may stand there.

use std::collections::HashSet;

use crate::source::{SourceId, Sources, Span};

/// The places that could not be read as statements. A line is looked at once, however many
/// such places it has.
#[derive(Debug, Default)]
pub(super) struct Unread {
    spans: Vec<Span>,
    /// The lines on which one of them begins.
    begun: Vec<Span>,
    /// The lines on which one of them begins or ends.
    lines: HashSet<(SourceId, u32)>,
    /// The words of the lines they stand on, but for the first, which is the statement's.
    words: HashSet<String>,
}

impl Unread {
    pub(super) fn new(spans: &[Span], sources: &Sources) -> Self {
        let mut unread = Self {
            spans: spans.to_vec(),
            ..Self::default()
        };
        let mut begun = HashSet::new();
        let mut ranges = HashSet::new();
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        for span in spans {
            let Some(source) = sources.get(span.source) else {
                continue;
            };
            let first = source.line(span.start as usize);
            let last = source.line(span.end as usize);
            if !ranges.insert((span.source, first, last)) {
                continue;
            }
            unread
                .lines
                .extend([(span.source, first), (span.source, last)]);
            let line = source.line_span(first);
            if begun.insert((span.source, first)) {
                unread.begun.push(line);
            }
            let text = source.slice(line.to(source.line_span(last)));
            let words = text.split(|c| !part(c)).filter(|word| !word.is_empty());
            unread.words.extend(words.skip(1).map(str::to_owned));
        }
        unread
    }

    /// Whether everything could be read.
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether something inside `span` could not be read.
    pub(super) fn touches(&self, span: Span) -> bool {
        self.spans.iter().any(|unread| {
            unread.source == span.source && unread.start <= span.end && span.start <= unread.end
        })
    }

    /// Whether something of this file could not be read.
    pub(super) fn is_of(&self, source: SourceId) -> bool {
        self.spans.iter().any(|unread| unread.source == source)
    }

    /// Whether this line has such a place on it.
    pub(super) fn has_line(&self, source: SourceId, line: u32) -> bool {
        self.lines.contains(&(source, line))
    }

    /// Whether such a line has this word in it: then the name may well be declared there.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether there is a line like that on which such a place begins.
    pub(super) fn any_line(&self, sources: &Sources, is: impl Fn(&str) -> bool) -> bool {
        self.begun.iter().any(|line| {
            sources
                .get(line.source)
                .is_some_and(|source| is(source.slice(*line)))
        })
    }
}
