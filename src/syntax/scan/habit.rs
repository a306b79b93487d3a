//! What other languages write over several lines or before a quote, told as one mistake.

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::syntax::words;

use super::{Previous, Scanner};

/// What shows that the command of a line goes on below it.
enum GoesOn {
    /// A sign or a word at its end.
    Sign(usize),
    /// A quote that is not closed.
    Quote(usize),
    /// `<<WORD`, and where the line of the word ends.
    Here(usize, usize),
}

/// How far below its command a here-document may end for it to be seen as one.
const HERE_DOCUMENT: usize = 64 << 10;

impl Scanner<'_> {
    /// YAML's `allow:` with lines of `- "src/**"` below it, where the line ends: reported, and
    /// put on one line.
    pub(super) fn list_below(&mut self) -> bool {
        let known = |word: &str| !words::blocks_of(word).is_empty();
        if !self.ends_in_colon() || !self.in_block() || !self.first_word.is_some_and(known) {
            return false;
        }
        let colon = self.previous_end - 1;
        let mut items = Vec::new();
        let mut next = self.next_line();
        while let Some((line, dash)) = next {
            if !(self.starts_with(dash, "- ") && dash > line) {
                break;
            }
            let end = self.line_end(dash);
            let item = self.text.get(dash + 1..end).unwrap_or_default();
            if item.contains(['#', ':']) || item.trim().is_empty() {
                return false;
            }
            items.push((line, dash));
            next = (end < self.text.len()).then(|| (end + 1, self.skip_blanks(end + 1)));
        }
        let comment = |dash: &(usize, usize)| {
            let before = self.text.get(colon..dash.1).unwrap_or_default();
            before.contains('#')
        };
        if items.first().is_none_or(comment) {
            return false;
        }
        let mut edits = Vec::new();
        for (index, (line, dash)) in items.into_iter().enumerate() {
            // The first stands right after the word, the others after a comma.
            let (from, by) = if index == 0 {
                (colon, "")
            } else {
                (line - 1, ",")
            };
            self.mend(from..dash + 1, if index == 0 { " " } else { "," });
            edits.push(Edit {
                span: self.span(from..dash + 1),
                replacement: by.to_owned(),
            });
        }
        let place = self.span(colon..colon + 1);
        self.report(
            Diagnostic::new(
                Code::SETTING_SIGN,
                "a list stands after its word, without `:` and `-`",
                place,
            )
            .suggest("write it on one line", Applicability::Safe, edits),
        );
        true
    }

    /// A letter before a string, as in Python's `f"…"`.
    pub(super) fn string_prefix(&mut self) {
        let start = self.at;
        let Some(letter) = start.checked_sub(1) else {
            return;
        };
        let word = self.previous_end == start
            && self.previous == Previous::Word
            && self.text.get(letter..start).is_some_and(|text| {
                matches!(text, "f" | "F" | "r" | "R" | "b" | "B" | "u" | "U" | "s")
            });
        let alone = letter
            .checked_sub(1)
            .and_then(|before| self.byte(before))
            .is_some_and(|b| matches!(b, b' ' | b'\t' | b'(' | b'[' | b',' | b'='));
        if !word || !alone {
            return;
        }
        let place = self.span(letter..start);
        let diagnostic = Diagnostic::new(
            Code::SYNTAX,
            "a string has no letter before its quotes",
            place,
        )
        .fix("remove it", Applicability::Unsafe, place, "")
        .help("`{{name}}` in a string is the value of `name`; `'…'` is a raw string");
        self.report(diagnostic);
        self.mend(letter..start, " ");
    }

    /// Whether the command that begins at `start` and ends here goes on below, in lines that
    /// begin no statement; then it is reported once, and these lines are passed over.
    pub(super) fn command_below(&mut self, start: usize) -> bool {
        let Some(goes_on) = self.goes_on(start + 1, self.at) else {
            return false;
        };
        let end = match goes_on {
            GoesOn::Here(_, end) => end,
            GoesOn::Sign(at) | GoesOn::Quote(at) => self.lines_below(self.rest(at)),
        };
        if end <= self.at {
            return false;
        }
        let (from, to, what) = match goes_on {
            GoesOn::Sign(at) => (
                at,
                self.at,
                "a `$` line ends here, and its command does not",
            ),
            GoesOn::Quote(at) => (
                at,
                at + 1,
                "this quote is not closed where the `$` line ends",
            ),
            GoesOn::Here(at, _) => (
                at,
                at + 2,
                "a `$` line ends with its line, and so does a here-document in it",
            ),
        };
        let place = self.span(from..to);
        let advice = if matches!(goes_on, GoesOn::Sign(_)) {
            "end the line with `\\`, or write the lines in `run \"\"\"` … `\"\"\"`"
        } else {
            "write the lines in `run \"\"\"` … `\"\"\"`"
        };
        self.report(Diagnostic::new(Code::SYNTAX, what, place).help(advice));
        self.blank_out(self.at..end);
        self.at = end;
        true
    }

    /// Where the lines below end that belong to a command cut off at `cut`: the first at which
    /// it may end, before any that begins a statement or closes a block.
    fn lines_below(&self, cut: &str) -> usize {
        let mut end = self.at;
        while end < self.text.len() {
            let first = self.skip_blanks(end + 1);
            let word = self
                .text
                .get(first..self.word_end(first))
                .unwrap_or_default();
            let passed = match self.byte(first) {
                None | Some(b'\n' | b'$' | b'}' | b'#' | b'<' | b'>') => false,
                Some(_) => words::blocks_of(word).is_empty(),
            };
            if !passed {
                break;
            }
            end = self.line_end(first);
            let line = self.text.get(first..end).unwrap_or_default();
            let last = match cut.chars().next() {
                Some(quote @ ('"' | '\'')) => line.contains(quote),
                Some('&' | '|') => !line.ends_with(['&', '|', '\\']),
                _ => matches!(word, "fi" | "done" | "esac"),
            };
            if last {
                break;
            }
        }
        end
    }

    /// What of the command shows that it goes on.
    fn goes_on(&mut self, start: usize, end: usize) -> Option<GoesOn> {
        let mut at = start;
        while at < end {
            match self.byte(at)? {
                b'\\' => at += 2,
                quote @ (b'"' | b'\'') => {
                    let open = at;
                    at += 1;
                    while at < end && self.byte(at) != Some(quote) {
                        let escaped = quote == b'"' && self.byte(at) == Some(b'\\');
                        at += if escaped { 2 } else { 1 };
                    }
                    if at >= end {
                        return Some(GoesOn::Quote(open));
                    }
                    at += 1;
                }
                b'#' if matches!(self.byte(at - 1), Some(b' ' | b'\t')) => break,
                b'<' if self.starts_with(at, "<<<") => at += 3,
                b'<' if self.starts_with(at, "<<") => {
                    if let Some(line) = self.here_document(at + 2, end) {
                        return Some(GoesOn::Here(at, line));
                    }
                    at += 2;
                }
                _ => at += 1,
            }
        }
        let text = self.text.get(start..end)?.trim_end();
        let end = start + text.len();
        let sign = ["&&", "||", "|", " then", " do", " else", " {", " ("]
            .into_iter()
            .find(|sign| text.ends_with(sign))?;
        Some(GoesOn::Sign(end - sign.trim_start().len()))
    }

    /// Where the line ends that ends the here-document whose word stands at `at`.
    fn here_document(&mut self, at: usize, end: usize) -> Option<usize> {
        let far = self.text.len().min(end + HERE_DOCUMENT);
        if !self.spares(far - end) {
            return None;
        }
        let word = self.text.get(at..end)?.trim_start_matches('-').trim_start();
        let word = word.split([' ', '\t', ';', '|', '>', ')']).next()?;
        let word = word.trim_matches(['\'', '"', '\\']);
        let named = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let mut line = end;
        while named && line < far {
            let next = self.line_end(line + 1);
            if self.text.get(line + 1..next)?.trim() == word {
                return Some(next);
            }
            line = next;
        }
        None
    }
}
