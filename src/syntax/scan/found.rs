//! What the pass finds: mistakes, how they are mended, where nothing more is to be said, and
//! the caps.

use std::borrow::Cow;
use std::ops::Range;

use super::{MAX_DEPTH, MAX_TOKENS, Mend, Scanner};
use crate::diagnostic::{Code, Diagnostic, MAX_DIAGNOSTICS};

impl Scanner<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.diagnostics.push(diagnostic);
        // Whatever this is, it is no plan.
        self.found.hopeless |= self.found.diagnostics.len() >= MAX_DIAGNOSTICS;
    }

    pub(super) fn mend(&mut self, range: Range<usize>, by: impl Into<Cow<'static, str>>) {
        self.found.mends.push(Mend {
            range,
            by: by.into(),
        });
    }

    /// Puts blanks in the place of a text, newlines kept.
    pub(super) fn blank_out(&mut self, range: Range<usize>) {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let blanks: String = text
            .bytes()
            .map(|b| if b == b'\n' { '\n' } else { ' ' })
            .collect();
        self.mend(range, blanks);
    }

    /// Where the line that `at` stands in begins.
    pub(super) fn line_start_of(&self, at: usize) -> usize {
        if at >= self.line_start {
            return self.line_start;
        }
        let before = self.text.get(..at);
        let newline = before.and_then(|before| before.rfind('\n'));
        newline.map_or(0, |newline| newline + 1)
    }

    pub(super) fn quiet_line(&mut self, at: usize) {
        let range = self.line_start_of(at)..self.line_end(at) + 1;
        if self.found.quiet.last() != Some(&range) {
            self.found.quiet.push(range);
        }
    }

    pub(super) fn quiet(&mut self, from: usize, to: usize) {
        self.quiet_line(from);
        let end = self.line_end(to) + 1;
        self.found.quiet.push(from..end);
    }

    pub(super) fn give_up(&mut self, diagnostic: Diagnostic) {
        self.found.diagnostics = vec![diagnostic];
        self.found.hopeless = true;
    }

    /// Counts what stands at `at`.
    pub(super) fn count(&mut self, at: usize) {
        self.seen += 1;
        if self.seen > MAX_TOKENS {
            let place = self.span(at..at + 1);
            self.give_up(
                Diagnostic::new(
                    Code::TOO_LARGE,
                    "the file has more than 2,000,000 words and signs",
                    place,
                )
                .help("move data into files of their own and name them in the plan"),
            );
        }
    }

    /// Takes note of how deep `at` is, with `more` levels not on the stack.
    pub(super) fn deepen(&mut self, at: usize, more: usize) {
        let depth = self.open.len() + self.unary + more;
        self.found.depth = self.found.depth.max(depth);
        if depth > MAX_DEPTH {
            let place = self.span(at..at + 1);
            self.give_up(
                Diagnostic::new(
                    Code::TOO_DEEP,
                    format!("more than {MAX_DEPTH} levels of nesting"),
                    place,
                )
                .help("name inner parts with `let`, or move blocks into checks"),
            );
        }
    }
}
