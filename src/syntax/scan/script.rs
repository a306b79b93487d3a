//! The extent of a rhai body, by rhai's own lexical rules.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::{Previous, Scanner};

impl Scanner<'_> {
    /// Whether the word just read, `rhai`, begins a script.
    pub(super) fn script_follows(&self) -> bool {
        let next = self.skip_blanks(self.at);
        if self.byte(next) != Some(b'{') || !self.in_block() {
            return false;
        }
        // As the second word of a declaration it is a name.
        self.tokens == 1 || (self.first_word == Some("gate") && self.tokens > 2)
    }

    /// Skips the body.
    pub(super) fn script(&mut self) {
        let word = self.at;
        let open = self.skip_blanks(self.at);
        let start = self.line_start;
        let indent = self.indent_of(word);
        match self.script_end(open, self.text.len()) {
            Some(end) if !self.closes_too_much(end, indent) => {
                self.at = end;
            }
            _ if self.found.hopeless => return,
            _ => {
                let (line, own) = self.script_guess(open, indent);
                let inner = self.script_open(open, line).unwrap_or(open);
                let place = self.span(inner..inner + 1);
                self.unclosed += usize::from(self.missing == 0);
                self.missing = self.missing.saturating_sub(1);
                self.report(
                    Diagnostic::new(Code::UNCLOSED_BLOCK, "this `{` is never closed", place).fix(
                        "add `}`",
                        Applicability::Unsafe,
                        self.span(line..line),
                        "}\n",
                    ),
                );
                let braces = "}".repeat(self.script_nest.len().saturating_sub(usize::from(own)));
                if own {
                    self.mend(line - 1..line - 1, braces);
                } else if line == self.text.len() {
                    self.mend(line..line, format!("\n{braces}"));
                } else {
                    self.mend(line..line, format!("{braces}\n"));
                }
                self.at = line;
                self.quiet(start, self.at.saturating_sub(1));
            }
        }
        // The lines of the script are not the plan's.
        if let Some(newline) = self.text.get(..self.at).and_then(|t| t.rfind('\n'))
            && newline >= self.line_start
        {
            self.line_start = newline + 1;
            self.line_first = self.at == self.line_start;
        }
        self.after(Previous::Value);
        if self.line_first {
            self.fresh();
        }
    }

    /// Whether the brace before `end`, by its indentation, is not the script's own; asked
    /// only where braces are missing.
    fn closes_too_much(&self, end: usize, indent: usize) -> bool {
        let brace = end.saturating_sub(1);
        let column = self.text.get(..brace).map_or(0, |before| {
            brace - before.rfind('\n').map_or(0, |newline| newline + 1)
        });
        self.missing > 0 && self.indent_of_line(brace) == column && column < indent
    }

    fn indent_of_line(&self, at: usize) -> usize {
        let start = self
            .text
            .get(..at)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        self.skip_blanks(start) - start
    }

    /// The innermost brace that is open where an unclosed script most likely ends.
    fn script_open(&mut self, open: usize, limit: usize) -> Option<usize> {
        self.script_nest.clear();
        self.script_end(open, limit.saturating_sub(1));
        self.script_nest.last().copied()
    }

    /// Where an unclosed script most likely ends, and whether its own brace stands there.
    fn script_guess(&self, open: usize, indent: usize) -> (usize, bool) {
        let mut line = self.line_end(open) + 1;
        while line < self.text.len() {
            let first = self.skip_blanks(line);
            let end = self.line_end(line);
            if first < end && first - line <= indent {
                let own = first - line == indent && self.byte(first) == Some(b'}');
                return if own {
                    (first + 1, true)
                } else {
                    (line, false)
                };
            }
            line = end + 1;
        }
        (self.text.len(), false)
    }

    /// One past the brace that closes the one at `open`.
    fn script_end(&mut self, open: usize, limit: usize) -> Option<usize> {
        let mut at = open + 1;
        // What is open: `{`, or the `${` of a backtick string.
        let mut nest = vec![b'{'];
        self.script_nest = vec![open];
        while let Some(byte) = self.byte(at).filter(|_| at < limit) {
            match byte {
                b'{' => {
                    nest.push(b'{');
                    self.script_nest.push(at);
                    self.deepen(at, nest.len());
                    if self.found.hopeless {
                        return None;
                    }
                    at += 1;
                }
                b'}' => {
                    at += 1;
                    self.script_nest.pop();
                    match nest.pop() {
                        Some(b'`') => {
                            at = self.backtick(at, &mut nest)?;
                            self.script_nest.resize(nest.len(), at.saturating_sub(1));
                        }
                        _ if nest.is_empty() => return Some(at),
                        _ => {}
                    }
                }
                b'"' | b'\'' => at = self.script_string(at, byte),
                b'`' => {
                    at = self.backtick(at + 1, &mut nest)?;
                    self.script_nest.resize(nest.len(), at.saturating_sub(1));
                    self.deepen(at.saturating_sub(1), nest.len());
                    if self.found.hopeless {
                        return None;
                    }
                }
                b'/' if self.byte(at + 1) == Some(b'/') => at = self.line_end(at),
                b'/' if self.byte(at + 1) == Some(b'*') => at = self.script_comment(at)?,
                b'#' => at = self.script_raw(at)?,
                _ => at += 1,
            }
        }
        None
    }

    /// A string ends at its mark; one that does not is told by rhai, and ends with the line.
    fn script_string(&self, start: usize, mark: u8) -> usize {
        let mut at = start + 1;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'\\' => at += 2,
                b'\n' => return at,
                byte if byte == mark => return at + 1,
                _ => at += 1,
            }
        }
        at
    }

    fn script_comment(&self, start: usize) -> Option<usize> {
        let mut at = start + 2;
        let mut depth = 1;
        while depth > 0 {
            if self.starts_with(at, "*/") {
                depth -= 1;
                at += 2;
            } else if self.starts_with(at, "/*") {
                depth += 1;
                at += 2;
            } else {
                self.byte(at)?;
                at += 1;
            }
        }
        Some(at)
    }

    /// `#"…"#` with any number of `#`; a lone `#` is the start of a map.
    fn script_raw(&self, start: usize) -> Option<usize> {
        let quote = self.skip(start, |b| b == b'#');
        if self.byte(quote) != Some(b'"') {
            return Some(quote);
        }
        let close = format!("\"{}", self.text.get(start..quote)?);
        let found = self.rest(quote + 1).find(&close)?;
        Some(quote + 1 + found + close.len())
    }

    /// From inside a backtick string to its end, or to where its `${` begins.
    fn backtick(&self, start: usize, nest: &mut Vec<u8>) -> Option<usize> {
        let mut at = start;
        loop {
            match self.byte(at)? {
                b'`' => return Some(at + 1),
                b'$' if self.byte(at + 1) == Some(b'{') => {
                    nest.push(b'`');
                    return Some(at + 2);
                }
                _ => at += 1,
            }
        }
    }
}
