//! Interpolations, and the templates of other tools that look like them.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::Scanner;

/// Words that begin a template of another tool when something follows them.
const TEMPLATE_WORDS: [&str; 8] = [
    "if", "range", "with", "template", "define", "block", "else", "each",
];

impl Scanner<'_> {
    /// From `{{` to past its `}}`; nothing where that does not come on the line.
    pub(super) fn interpolation(&mut self, start: usize) -> Option<usize> {
        if self.is_foreign_template(start) {
            return Some(self.foreign_template(start));
        }
        self.count(start);
        let depth = self.open.len();
        let reported = self.found.diagnostics.len();
        let mended = self.found.mends.len();
        let quiet = self.found.quiet.len();
        self.open.push(super::Open::interpolation(start));
        self.deepen(start, 0);
        let end = self.interpolation_end(start + 2, depth + 1);
        self.open.truncate(depth);
        if self.found.hopeless {
            return None;
        }
        if end.is_none() {
            // What was found inside belongs to the one mistake.
            self.found.diagnostics.truncate(reported);
            self.found.mends.truncate(mended);
            self.found.quiet.truncate(quiet);
            if self
                .text
                .get(start..self.line_end(start))
                .is_some_and(|line| line.contains("}}") && line.contains('|'))
            {
                return Some(self.foreign_template(start));
            }
        }
        end
    }

    pub(super) fn interpolation_end(&mut self, mut at: usize, depth: usize) -> Option<usize> {
        loop {
            if self.found.hopeless {
                return None;
            }
            match self.byte(at)? {
                b'\n' => return None,
                b'}' if self.starts_with(at, "}}") && self.open_sign(depth) => {
                    return Some(self.bracket_in_interpolation(depth, at));
                }
                b'}' if self.open.len() == depth => {
                    return self.starts_with(at, "}}").then_some(at + 2);
                }
                b'(' | b'[' | b'{' => {
                    self.open.push(super::Open::interpolation(at));
                    self.deepen(at, 0);
                    at += 1;
                }
                b')' | b']' | b'}' => {
                    if self.open.len() > depth {
                        self.open.pop();
                    }
                    at += 1;
                }
                b'"' if self.starts_with(at, "\"\"\"") => {
                    let close = self.rest(at + 3).find("\"\"\"")?;
                    at += 3 + close + 3;
                }
                b'"' => {
                    let line_end = self.line_end(at);
                    let reported = self.found.diagnostics.len();
                    let end = self.quoted(at);
                    if self.found.diagnostics.len() > reported && end >= line_end {
                        return None;
                    }
                    at = end;
                }
                b'\'' => {
                    let inside = self.text.get(at + 1..self.line_end(at))?;
                    at += 1 + inside.find('\'')? + 1;
                }
                b'|' if self.byte(at + 1) != Some(b'|') => return None,
                b'-' => {
                    self.unary += 1;
                    self.deepen(at, 0);
                    at += 1;
                }
                b' ' | b'\t' => at += 1,
                _ => {
                    self.unary = 0;
                    at += self.char_len(at).max(1);
                }
            }
        }
    }

    /// Whether the innermost thing open in an interpolation is a `(` or `[`.
    pub(super) fn open_sign(&self, depth: usize) -> bool {
        self.open.len() > depth
            && self
                .open
                .last()
                .is_some_and(|open| matches!(self.byte(open.at), Some(b'(' | b'[')))
    }

    /// A bracket that is open where its interpolation ends, at `end`.
    pub(super) fn bracket_in_interpolation(&mut self, depth: usize, end: usize) -> usize {
        let at = self.open.last().map_or(end, |open| open.at);
        let start = self
            .open
            .get(depth.saturating_sub(1))
            .map_or(end, |open| open.at);
        let sign = self.text.get(at..at + 1).unwrap_or_default();
        let closer = if sign == "(" { ")" } else { "]" };
        self.report(
            Diagnostic::new(
                Code::UNTERMINATED,
                format!("this `{sign}` is never closed"),
                self.span(at..at + 1),
            )
            .fix(
                format!("add `{closer}`"),
                Applicability::Unsafe,
                self.span(end..end),
                closer,
            ),
        );
        self.quiet_line(at);
        self.blank_out(start..end + 2);
        end + 2
    }

    /// Whether the `{{` at `at` belongs to a template of another tool.
    pub(super) fn is_foreign_template(&self, at: usize) -> bool {
        if self
            .text
            .as_bytes()
            .get(..at)
            .is_some_and(|before| before.ends_with(b"$"))
        {
            return true;
        }
        let line = self.text.get(at + 2..self.line_end(at)).unwrap_or_default();
        let inside = line.trim_start_matches([' ', '\t']);
        if inside.starts_with([
            '.', '#', '^', '>', '!', '%', '*', '&', '@', '{', '$', '?', '~', '=',
        ]) || inside.starts_with("/*")
            || line.starts_with("- ")
        {
            // `{{ {a: 1} }}` is a map, `{{{a}}}` is not.
            return !(inside.starts_with('{') && line.starts_with(' '));
        }
        if let Some(rest) = inside.strip_prefix('/') {
            // The end of a section: `{{/each}}`.
            let word = rest
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len());
            return rest
                .get(word..)
                .is_some_and(|rest| rest.trim_start().starts_with("}}"));
        }
        let word_end = inside
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inside.len());
        let (word, rest) = inside.split_at(word_end);
        TEMPLATE_WORDS.contains(&word)
            && rest.starts_with(' ')
            && rest
                .trim_start()
                .starts_with(|c: char| c.is_alphabetic() || matches!(c, '.' | '$' | '"' | '('))
            && ![
                " and ",
                " or ",
                " in ",
                " is ",
                " not ",
                " contains ",
                " matches ",
            ]
            .iter()
            .any(|operator| rest.starts_with(operator))
    }

    /// Reports a template of another tool; goes on after its end.
    pub(super) fn foreign_template(&mut self, at: usize) -> usize {
        let line_end = self.line_end(at);
        let inside = self.text.get(at + 2..line_end).unwrap_or_default();
        // What is not there behind one is not there behind the next.
        let (from, to) = self.never_closed.get();
        let found = match from <= at && line_end == to {
            true => None,
            false => inside.find("}}"),
        };
        let braces = self.rest(at).bytes().take_while(|b| *b == b'{').count();
        let (end, close) = match found {
            Some(found) => (at + 2 + found + 2, true),
            None => {
                self.never_closed.set((at, line_end));
                (at + braces, false)
            }
        };
        // A row of braces is one mistake.
        let pairs = if close { 1 } else { braces / 2 };
        let place = self.span(at..at + 2 * pairs);
        let whole = self.text.get(at..end).unwrap_or_default();
        let message = if close {
            format!("`{whole}` is a template of another tool, not an interpolation")
        } else {
            "`{{` begins a template of another tool, not an interpolation".to_owned()
        };
        self.report(Diagnostic::new(Code::FOREIGN_TEMPLATE, message, place).fix(
            "write `\\{{` to pass it on as it is",
            Applicability::Safe,
            place,
            "\\{{".repeat(pairs),
        ));
        // Something stands there, if only it.
        self.mend(at..end, "x".repeat(end - at));
        end
    }
}
