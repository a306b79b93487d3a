//! Which of a line's strings lacks a quote: seldom the last, where the quotes no longer
//! match, but the first whose end touches a word, as in `["a", "b, "c"]`.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::{Previous, Scanner};

impl Scanner<'_> {
    /// Whether the quote in hand is the only one of its string; then it is reported, and
    /// the other one put in.
    pub(super) fn lone_quote(&mut self, mark: &'static str) -> bool {
        let start = self.at;
        let line_end = self.line_end(start);
        let Some(close) = self.close_of(start, line_end) else {
            return false;
        };
        if mark == "'" && self.apostrophe(start, close, line_end) {
            return true;
        }
        let inside = self.text.get(start + 1..close).unwrap_or_default();
        let kept = before_separator(inside);
        if kept.len() == inside.len()
            || !self.touches_word(close + 1)
            || !self.spares(line_end - start)
            || !self.never_closed(start, line_end)
        {
            return false;
        }
        if kept.is_empty() {
            // `b", "c"]`: the quote closes the word before it.
            let touches = self.previous_end == start && self.previous == Previous::Word;
            if !touches || self.never_closed(start + 1, line_end) {
                return false;
            }
            let from = self.word_before(start);
            self.report_quote(from, from, "this string has no opening quote", mark);
            self.at = start + 1;
            return true;
        }
        if self.never_closed(close, line_end) {
            return false;
        }
        // What closes the line's brackets was not to be in it.
        let end = self.guess_close(start, start + 1 + kept.len());
        self.report_quote(start, end, "this string is never closed", mark);
        self.at = end;
        true
    }

    /// Whether the quote at `close` was meant for an apostrophe, as in `'it's done'`; then it
    /// is reported, and the string goes on to the last quote of the line.
    fn apostrophe(&mut self, start: usize, close: usize, line_end: usize) -> bool {
        let letter = |at: usize| self.byte(at).is_some_and(|b| b.is_ascii_alphabetic());
        if !letter(close - 1) || !letter(close + 1) || !self.spares(line_end - close) {
            return false;
        }
        let last = self
            .text
            .get(close + 1..line_end)
            .and_then(|rest| rest.rfind('\''))
            .map(|found| close + 1 + found);
        let Some(last) = last else {
            return false;
        };
        if !self.never_closed(start, line_end) {
            return false;
        }
        let inside = self
            .text
            .get(start + 1..last)
            .unwrap_or_default()
            .to_owned();
        let place = self.span(close..close + 1);
        let mut diagnostic = Diagnostic::new(
            Code::UNTERMINATED,
            "this `'` ends the raw string, which cannot hold one",
            place,
        );
        diagnostic = if inside.contains(['"', '\\', '{']) {
            diagnostic.help("write it in `\"`, where `\\` escapes")
        } else {
            let whole = self.span(start..last + 1);
            diagnostic.fix(
                "write it in `\"`",
                Applicability::Unsafe,
                whole,
                format!("\"{inside}\""),
            )
        };
        self.report(diagnostic);
        self.mend(start..last + 1, format!("'{}'", inside.replace('\'', " ")));
        self.at = last + 1;
        true
    }

    /// Reports the string at `start` that lacks the quote `mark` at `lacks`, and puts it in.
    fn report_quote(&mut self, start: usize, lacks: usize, what: &str, mark: &'static str) {
        let place = self.span(start..start + 1);
        let here = self.span(lacks..lacks);
        self.report(Diagnostic::new(Code::UNTERMINATED, what, place).fix(
            format!("add `{mark}`"),
            Applicability::Unsafe,
            here,
            mark,
        ));
        self.mend(lacks..lacks, mark);
    }

    fn touches_word(&self, at: usize) -> bool {
        self.byte(at)
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'*' | b'.' | b'/'))
    }

    fn word_before(&self, end: usize) -> usize {
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        before
            .iter()
            .rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
            .map_or(0, |at| at + 1)
    }

    /// Where the string that begins at `start` has its closing quote on this line.
    fn close_of(&self, start: usize, line_end: usize) -> Option<usize> {
        let mark = self.byte(start)?;
        let mut at = start + 1;
        while at < line_end {
            match self.byte(at)? {
                byte if byte == mark => return Some(at),
                b'\\' if mark == b'"' => at += 2,
                _ => at += 1,
            }
        }
        None
    }

    /// Whether, read on from `at` where a string may begin, the line has a string that is
    /// never closed.
    fn never_closed(&self, mut at: usize, line_end: usize) -> bool {
        while at < line_end {
            match self.byte(at) {
                Some(b'#') => return false,
                Some(b'"' | b'\'') => match self.close_of(at, line_end) {
                    Some(close) => at = close + 1,
                    None => return true,
                },
                _ => at += 1,
            }
        }
        false
    }
}

/// A text without what stands between two strings at its end: a comma, the name of an
/// argument, blanks.
fn before_separator(text: &str) -> &str {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let head = text.trim_end_matches([' ', '\t']);
    let name = head
        .strip_suffix(':')
        .map_or(head, |named| named.trim_end_matches(part));
    match name.trim_end_matches([' ', '\t']).strip_suffix(',') {
        Some(kept) => kept.trim_end_matches([' ', '\t']),
        None => head,
    }
}
