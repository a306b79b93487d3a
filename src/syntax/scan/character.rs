//! Characters that do not belong into a plan, and the markers of a merge conflict.

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};

use super::{Previous, Scanner};

/// Characters that only look like one of the language's.
const LOOK_ALIKES: [(char, &str); 24] = [
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2212}', "-"),
    ('\u{ff0c}', ","),
    ('\u{201a}', ","),
    ('\u{ff1a}', ":"),
    ('\u{ff1b}', ";"),
    ('\u{ff08}', "("),
    ('\u{ff09}', ")"),
    ('\u{ff3b}', "["),
    ('\u{ff3d}', "]"),
    ('\u{ff5b}', "{"),
    ('\u{ff5d}', "}"),
    ('\u{ff1d}', "="),
    ('\u{ff04}', "$"),
    ('\u{ff0b}', "+"),
    ('\u{2044}', "/"),
    ('\u{2264}', "<="),
    ('\u{2265}', ">="),
    ('\u{2260}', "!="),
    ('\u{2026}', "..."),
];

const DOUBLE: [char; 7] = [
    '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{ab}', '\u{bb}', '\u{ff02}',
];
const SINGLE: [char; 6] = [
    '\u{2018}', '\u{2019}', '\u{201b}', '\u{2032}', '\u{ff07}', '`',
];

impl Scanner<'_> {
    /// A character that is not printable ASCII, or that begins nothing.
    pub(super) fn odd_character(&mut self) {
        let at = self.at;
        let Some(c) = self.rest(at).chars().next() else {
            self.at += 1;
            return;
        };
        if DOUBLE.contains(&c) || SINGLE.contains(&c) {
            self.odd_quote(c);
        } else if is_odd_blank(c) {
            self.odd_blank(c);
        } else if let Some((_, meant)) = LOOK_ALIKES.iter().find(|(odd, _)| *odd == c) {
            self.at += c.len_utf8();
            let place = self.span(at..self.at);
            self.report(
                Diagnostic::new(
                    Code::LOOK_ALIKE,
                    format!("`{c}` only looks like `{meant}`"),
                    place,
                )
                .fix(
                    format!("write `{meant}`"),
                    Applicability::Safe,
                    place,
                    *meant,
                ),
            );
            self.quiet_line(at);
            // A bracket must count as one, or its partner is reported too.
            if let Some(bracket) = Some(*meant).filter(|sign| "()[]{}".contains(sign)) {
                self.mend(at..self.at, bracket);
                self.odd_bracket(bracket, at);
            } else {
                self.mend(at..self.at, " ");
                self.after(Previous::Operator);
            }
        } else {
            self.at += c.len_utf8();
            self.after(Previous::Value);
        }
    }

    fn odd_bracket(&mut self, bracket: &str, at: usize) {
        use super::structure::Kind;
        let end = self.at;
        self.at = end - 1;
        match bracket {
            "(" => self.push(Kind::Paren),
            "[" => self.push(Kind::Bracket),
            "{" => {
                let kind = self.brace_kind();
                self.push(kind);
            }
            ")" => self.close(Kind::Paren),
            "]" => self.close(Kind::Bracket),
            _ => self.close_brace(),
        }
        self.at = end;
        if let Some(open) = self.open.last_mut()
            && open.at == end - 1
        {
            open.at = at;
        }
    }

    /// A quote that is none: its partner on the line is found and mended too.
    fn odd_quote(&mut self, quote: char) {
        let start = self.at;
        let after = start + quote.len_utf8();
        let end = self.line_end(start);
        let rest = self.text.get(after..end).unwrap_or_default();
        let double = DOUBLE.contains(&quote);
        let straight = if double { "\"" } else { "'" };
        let partner = rest.char_indices().find(|(_, c)| {
            if double {
                DOUBLE.contains(c) || *c == '"'
            } else {
                SINGLE.contains(c) || *c == '\''
            }
        });
        let place = self.span(start..after);
        let mut edits = vec![Edit {
            span: place,
            replacement: straight.to_owned(),
        }];
        self.mend(start..after, padded(straight, quote.len_utf8(), true));
        self.at = after;
        if let Some((offset, c)) = partner {
            let close = after + offset..after + offset + c.len_utf8();
            self.at = close.end;
            if c.len_utf8() > 1 || c == '`' {
                edits.push(Edit {
                    span: self.span(close.clone()),
                    replacement: straight.to_owned(),
                });
                let len = close.len();
                self.mend(close, padded(straight, len, false));
            }
        } else {
            self.at = end;
            self.mend(end..end, straight);
        }
        self.report(
            Diagnostic::new(
                Code::LOOK_ALIKE,
                format!("`{quote}` is no quote of the language"),
                place,
            )
            .suggest(format!("write `{straight}`"), Applicability::Safe, edits),
        );
        self.quiet_line(start);
        self.after(Previous::Value);
    }

    fn odd_blank(&mut self, c: char) {
        let start = self.at;
        let mut end = start;
        for next in self.rest(start).chars() {
            if !is_odd_blank(next) {
                break;
            }
            end += next.len_utf8();
        }
        if c == '\u{1b}' && end == start + 1 && self.byte(end) == Some(b'[') {
            // A colour of a terminal: all of it is one mistake.
            let last = self.skip(end + 1, |b| b.is_ascii_digit() || b == b';');
            end = last + usize::from(self.byte(last).is_some_and(|b| b.is_ascii_alphabetic()));
        }
        let place = self.span(start..start + c.len_utf8());
        let name = match c {
            '\u{a0}' => "a no-break space".to_owned(),
            '\u{feff}' => "a byte order mark".to_owned(),
            '\r' => "a carriage return without a line feed".to_owned(),
            '\u{c}' => "a form feed".to_owned(),
            '\0' => "a NUL".to_owned(),
            c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
            c => format!("the blank or invisible character U+{:04X}", u32::from(c)),
        };
        let instead = if c == '\r' { "\n" } else { " " };
        self.report(
            Diagnostic::new(
                Code::FOREIGN_BLANK,
                format!("{name} cannot stand here"),
                place,
            )
            .fix(
                "put a plain blank or newline there",
                Applicability::Safe,
                self.span(start..end),
                instead,
            ),
        );
        self.quiet_line(start);
        if c == '\r' {
            self.mend(start..end, "\n");
            self.at = end;
            if self.in_block() {
                self.fresh();
            }
        } else {
            self.blank_out(start..end);
            self.at = end;
        }
    }

    /// A conflict's markers at the start of a line: our side is read, theirs is not.
    pub(super) fn merge_marker(&mut self) -> bool {
        let at = self.at;
        if at != self.line_start {
            return false;
        }
        let marker = |at: usize, sign: &str| {
            self.starts_with(at, sign)
                && matches!(self.byte(at + 7), None | Some(b' ' | b'\n' | b'\r'))
        };
        let lone = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
            .iter()
            .any(|sign| marker(at, sign));
        if !lone {
            return false;
        }
        let mut blanks: Vec<_> = std::iter::once(at..self.line_end(at)).collect();
        let mut ends = true;
        if marker(at, "<<<<<<<") && self.conflicts_end {
            ends = false;
            let mut line = self.line_end(at) + 1;
            let mut theirs = None;
            while line < self.text.len() {
                let end = self.line_end(line);
                if theirs.is_none() && (marker(line, "=======") || marker(line, "|||||||")) {
                    theirs = Some(line);
                }
                if marker(line, ">>>>>>>") {
                    blanks.push(theirs.unwrap_or(line)..end);
                    ends = true;
                    break;
                }
                line = end + 1;
            }
        }
        // Where one has no end, no later one has: none is looked for again.
        self.conflicts_end &= ends;
        let place = self.span(at..at + 7);
        let mut diagnostic = Diagnostic::new(
            Code::MERGE_MARKER,
            "a merge conflict was left in the file",
            place,
        )
        .help("keep one side, and remove the markers");
        if let Some(theirs) = blanks.get(1) {
            diagnostic =
                diagnostic.also(self.span(theirs.start..theirs.start + 7), "the other side");
        }
        self.report(diagnostic);
        self.found.skipped.extend(blanks.iter().skip(1).cloned());
        let first = blanks.first().map_or(at, |range| range.end);
        for range in blanks {
            self.blank_out(range);
        }
        self.at = first;
        true
    }

    /// Whether `at` stands in the side of a conflict that is not read; goes on after it.
    pub(super) fn skipped(&mut self) -> bool {
        let at = self.at;
        let end = self
            .found
            .skipped
            .last()
            .filter(|range| range.contains(&at))
            .map(|range| range.end);
        if let Some(end) = end {
            self.at = end;
        }
        end.is_some()
    }
}

/// `sign` in as many bytes as what it stands for, so that nothing moves.
fn padded(sign: &str, len: usize, before: bool) -> String {
    let blanks = " ".repeat(len.saturating_sub(sign.len()));
    if before {
        format!("{blanks}{sign}")
    } else {
        format!("{sign}{blanks}")
    }
}

fn is_odd_blank(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || (c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n'))
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{180e}'
        )
}
