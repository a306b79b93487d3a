//! Strings and regexes: where they end.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::structure::Kind;
use super::{Previous, Scanner};

impl Scanner<'_> {
    pub(super) fn string(&mut self) {
        if self.starts_with(self.at, "\"\"\"") {
            self.multi_line("\"\"\"");
        } else if !self.lone_quote("\"") {
            self.string_prefix();
            let start = self.at;
            self.at = self.quoted(start);
        }
        self.after(Previous::Value);
    }

    pub(super) fn raw_string(&mut self) {
        if self.starts_with(self.at, "'''") {
            self.multi_line("'''");
        } else if !self.lone_quote("'") {
            let start = self.at;
            let end = self.line_end(start);
            let found = self
                .text
                .get(start + 1..end)
                .and_then(|inside| inside.find('\''));
            self.at = match found {
                Some(offset) => start + 1 + offset + 1,
                None => self.unterminated(start, "'", "string"),
            };
        }
        self.after(Previous::Value);
    }

    /// From the opening `"` at `start` to past the closing one.
    pub(super) fn quoted(&mut self, start: usize) -> usize {
        let mut at = start + 1;
        loop {
            match self.byte(at) {
                None | Some(b'\n') => return self.unterminated(start, "\"", "string"),
                Some(b'"') => return at + 1,
                Some(b'\\') if self.starts_with(at, "\\{{") => at += 3,
                Some(b'\\') if self.byte(at + 1) != Some(b'\n') => {
                    at += 1 + self.char_len(at + 1);
                }
                Some(b'{') if self.starts_with(at, "{{") => match self.interpolation(at) {
                    Some(_) if self.found.hopeless => return self.text.len(),
                    Some(end) => at = end,
                    None if self.found.hopeless => return self.text.len(),
                    None => return self.open_interpolation(start, at),
                },
                Some(_) => at += 1,
            }
        }
    }

    pub(super) fn char_len(&self, at: usize) -> usize {
        self.rest(at).chars().next().map_or(0, char::len_utf8)
    }

    /// A string without its end: it is closed where the line's brackets want it.
    pub(super) fn unterminated(&mut self, start: usize, mark: &'static str, what: &str) -> usize {
        let end = self.guess_close(start, self.line_end(start));
        let place = self.span(start..start + mark.len().min(1));
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                format!("this {what} is never closed"),
                place,
            )
            .fix(
                format!("add `{mark}`"),
                Applicability::Unsafe,
                self.span(end..end),
                mark,
            ),
        );
        self.quiet_line(start);
        self.mend(end..end, mark);
        end
    }

    /// Where on its line a text that begins at `start` most likely was to end: before what
    /// opens a block or closes brackets of the line.
    pub(super) fn guess_close(&self, start: usize, line_end: usize) -> usize {
        let text = self.text.get(start + 1..line_end).unwrap_or_default();
        let mut kept = text.trim_end();
        if let Some(before) = kept.strip_suffix('{')
            && before.ends_with([' ', '\t'])
        {
            return start + 1 + before.trim_end().len();
        }
        if let Some(before) = kept.strip_suffix(',') {
            kept = before;
        }
        for open in self.open.iter().rev() {
            if open.at < self.line_start {
                break;
            }
            let closer = match open.kind {
                Kind::Paren => ')',
                Kind::Bracket => ']',
                _ => '}',
            };
            match kept.trim_end().strip_suffix(closer) {
                Some(before) => kept = before,
                None => break,
            }
        }
        start + 1 + kept.trim_end().len()
    }

    /// An interpolation at `at` without its end, in the string that begins at `start`.
    pub(super) fn open_interpolation(&mut self, start: usize, at: usize) -> usize {
        let line_end = self.line_end(at);
        self.report_open_interpolation(at);
        let rest = self.text.get(at + 2..line_end).unwrap_or_default();
        if let Some(close) = self.closed_on_a_later_line(at + 2) {
            // Its string goes on behind it.
            self.quiet(at, close);
            self.mend(at..close, " ");
            let rest = self.text.get(close..self.line_end(close));
            return match rest.and_then(|rest| rest.find('"')) {
                Some(quote) => close + quote + 1,
                None => self.unterminated(start, "\"", "string"),
            };
        }
        if let Some(last) = rest.rfind('"') {
            let close = at + 2 + last;
            self.blank_out(at..close);
            return close + 1;
        }
        let close = self.guess_close(start, line_end).max(at + 2);
        self.blank_out(at..close);
        self.mend(close..close, "\"");
        close
    }

    /// Where an interpolation that begins before `at` ends, if that is a few lines on.
    fn closed_on_a_later_line(&self, at: usize) -> Option<usize> {
        let found = self.rest(at).find(['"', '{', '}'])?;
        let lines = self.text.get(at..at + found)?.matches('\n').count();
        let near = (1..=8).contains(&lines) && self.starts_with(at + found, "}}");
        near.then_some(at + found + 2)
    }

    pub(super) fn report_open_interpolation(&mut self, at: usize) {
        let place = self.span(at..at + 2);
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                "this interpolation is not closed on its line",
                place,
            )
            .help("close it with `}}`, or write `\\{{` for two braces"),
        );
        self.quiet_line(at);
    }

    pub(super) fn multi_line(&mut self, mark: &'static str) {
        let start = self.at;
        let reported = self.found.diagnostics.len();
        let mended = self.found.mends.len();
        let quiet = self.found.quiet.len();
        let mut at = start + 3;
        loop {
            match self.byte(at) {
                None => {
                    self.found.diagnostics.truncate(reported);
                    self.found.mends.truncate(mended);
                    self.found.quiet.truncate(quiet);
                    self.open_multi_line(start, mark);
                    return;
                }
                Some(_) if self.starts_with(at, mark) => {
                    self.at = at + 3;
                    break;
                }
                Some(b'\\') if mark == "\"\"\"" => {
                    at += if self.starts_with(at, "\\{{") {
                        3
                    } else {
                        1 + self.char_len(at + 1)
                    };
                }
                Some(b'{') if mark == "\"\"\"" && self.starts_with(at, "{{") => {
                    match self.interpolation(at) {
                        Some(_) if self.found.hopeless => return,
                        Some(end) => at = end,
                        None if self.found.hopeless => return,
                        None => {
                            self.report_open_interpolation(at);
                            self.blank_out(at..at + 2);
                            at += 2;
                        }
                    }
                }
                Some(_) => at += 1,
            }
        }
        self.lines_passed(start);
    }

    /// Lines were skipped since `start`, which are not lines of statements.
    pub(super) fn lines_passed(&mut self, start: usize) {
        if let Some(newline) = self
            .text
            .get(start..self.at)
            .and_then(|inside| inside.rfind('\n'))
        {
            self.line_start = start + newline + 1;
            self.line_first = false;
        }
    }

    /// Multi-line quotes without their end: closed before the first line that is not
    /// indented further than the one they began on.
    pub(super) fn open_multi_line(&mut self, start: usize, mark: &'static str) {
        let indent = self.indent_of(start);
        let mut line = self.line_end(start) + 1;
        while line < self.text.len() {
            let first = self.skip_blanks(line);
            let end = self.line_end(line);
            if first < end && first - line <= indent {
                break;
            }
            line = end + 1;
        }
        let line = line.min(self.text.len());
        let place = self.span(start..start + 3);
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                "this multi-line text is never closed",
                place,
            )
            .fix(
                format!("add `{mark}`"),
                Applicability::Unsafe,
                self.span(line..line),
                format!("{}{mark}\n", " ".repeat(indent)),
            ),
        );
        self.quiet(start, line.saturating_sub(1));
        let by = if line == self.text.len() {
            format!("\n{mark}")
        } else {
            format!("{mark}\n")
        };
        self.mend(line..line, by);
        self.at = line;
        self.line_start = line;
        self.line_first = true;
        self.fresh();
    }

    /// Whether the `/` at `at`, in a class of a regex, is not meant to end it: both go on.
    /// It is reported, and mended.
    fn slash_in_class(&mut self, at: usize, end: usize) -> bool {
        let rest = self.text.get(at + 1..end).unwrap_or_default();
        let meant = rest.split_once(']').is_some_and(|(class, after)| {
            !class.contains([' ', '\t', ',', '[', '/']) && after.contains('/')
        });
        if !meant {
            return false;
        }
        let place = self.span(at..at + 1);
        self.report(
            Diagnostic::new(
                Code::BAD_REGEX,
                "this `/` ends the regex, also in `[ ]`",
                place,
            )
            .fix("write `\\/`", Applicability::Safe, place, "\\/"),
        );
        self.quiet_line(at);
        self.mend(at..at + 1, "\\/");
        true
    }

    /// A regex, a path without quotes, or a comment of another language.
    pub(super) fn slash(&mut self) {
        let start = self.at;
        let end = self.line_end(start);
        if self.path_without_quotes(start) {
            return;
        }
        if self.byte(start + 1) == Some(b'/') {
            self.slashes(start, end);
            return;
        }
        let mut at = start + 1;
        let mut class = false;
        while at < end {
            match self.byte(at) {
                Some(b'\\') => at += 2,
                Some(b'[') => {
                    class = true;
                    at += 1;
                }
                Some(b']') => {
                    class = false;
                    at += 1;
                }
                Some(b'/') if class && self.slash_in_class(at, end) => at += 1,
                Some(b'/') => {
                    at = self.skip(at + 1, |b| b.is_ascii_alphanumeric() || b == b'_');
                    self.at = at;
                    self.after(Previous::Value);
                    return;
                }
                _ => at += 1,
            }
        }
        let operand = self.previous == Previous::Value
            || (self.previous == Previous::Word
                && self.tokens > 3
                && matches!(self.byte(start + 1), Some(b' ' | b'\t')));
        if operand {
            // Between two values it is a division, which the grammar's tail reports.
            self.at += 1;
            self.after(Previous::Operator);
            return;
        }
        self.at = self.unterminated(start, "/", "regex");
        self.after(Previous::Value);
    }

    pub(super) fn slashes(&mut self, start: usize, end: usize) {
        let place = self.span(start..start + 2);
        let before = self.text.get(self.line_start..start).unwrap_or_default();
        let value = match self.previous {
            Previous::Operator | Previous::Sign => !before.trim().is_empty(),
            Previous::Word => ["forbid", "output"]
                .iter()
                .any(|word| before.trim_end().ends_with(word)),
            _ => false,
        };
        self.report(
            Diagnostic::new(
                Code::BAD_REGEX,
                "`//` is an empty regex, and no comment",
                place,
            )
            .fix(
                "a comment begins with `#`",
                Applicability::Unsafe,
                place,
                "#",
            ),
        );
        self.quiet_line(start);
        if value {
            // The statement is whole with any regex.
            self.mend(start..start + 2, "/x/");
            self.at = start + 2;
            self.after(Previous::Value);
        } else {
            self.mend(start..start + 2, "# ");
            self.at = end;
        }
    }

    /// `src/main.rs` without quotes, the slash at `at`.
    pub(super) fn path_without_quotes(&mut self, at: usize) -> bool {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let start = before
            .iter()
            .rposition(|b| {
                !(b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'-' | b'.' | b'*' | b'/' | b'@' | b'~'))
            })
            .map_or(0, |found| found + 1);
        let word = self.text.get(start..at).unwrap_or_default();
        if word.is_empty()
            || self.tokens < 2
            || matches!(
                word,
                "matches" | "contains" | "and" | "or" | "not" | "in" | "output"
            )
        {
            return false;
        }
        let rest = self.rest(start);
        let len = rest
            .find([' ', '\t', '\n', ',', ')', ']', '}', '"', '\''])
            .unwrap_or(rest.len());
        let path = rest.get(..len).unwrap_or_default().to_owned();
        let place = self.span(start..start + len);
        self.report(
            Diagnostic::new(Code::SYNTAX, "a path is written in quotes", place).fix(
                "put it in quotes",
                Applicability::Safe,
                place,
                format!("\"{path}\""),
            ),
        );
        self.quiet_line(start);
        self.mend(start..start + len, format!("\"{path}\""));
        self.at = start + len;
        self.after(Previous::Value);
        true
    }
}
