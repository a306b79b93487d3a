//! Reading the text: bytes, words, lines, and places.

use std::ops::Range;

use super::Scanner;
use crate::source::Span;

impl<'s> Scanner<'s> {
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn rest(&self, at: usize) -> &'s str {
        self.text.get(at..).unwrap_or_default()
    }

    pub(super) fn starts_with(&self, at: usize, what: &str) -> bool {
        self.text
            .as_bytes()
            .get(at..)
            .is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    pub(super) fn skip(&self, mut at: usize, take: impl Fn(u8) -> bool) -> usize {
        while self.byte(at).is_some_and(&take) {
            at += 1;
        }
        at
    }

    /// Whether `bytes` more may be looked at twice: what a mistake was is not worth the time
    /// of a file made of nothing else.
    pub(super) fn spares(&mut self, bytes: usize) -> bool {
        let enough = bytes <= self.spare;
        self.spare -= if enough { bytes } else { 0 };
        enough
    }

    pub(super) fn skip_blanks(&self, at: usize) -> usize {
        self.skip(at, |b| matches!(b, b' ' | b'\t'))
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        let (from, known) = self.known_end.get();
        if (from..=known).contains(&at) {
            return known;
        }
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let end = at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        self.known_end.set((at, end));
        end
    }

    pub(super) fn word_end(&self, at: usize) -> usize {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let mut end = self.skip(at, plain);
        while self.byte(end) == Some(b'-') && self.byte(end + 1).is_some_and(plain) {
            end = self.skip(end + 1, plain);
        }
        end
    }

    /// The place of a range, widened to whole characters.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let (mut start, mut end) = (range.start, range.end.min(self.text.len()));
        while start < self.text.len() && !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(self.source.id(), start.min(self.text.len()), end)
    }
}
