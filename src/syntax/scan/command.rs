//! Command lines: where they end.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::{Previous, Scanner};

impl Scanner<'_> {
    /// `$`: a command to the end of its line.
    pub(super) fn dollar(&mut self) {
        let start = self.at;
        let blank = matches!(self.byte(start + 1), None | Some(b' ' | b'\t' | b'\n'));
        if !self.in_block() || !(blank || self.tokens == 1) {
            self.at += 1;
            self.after(Previous::Value);
            return;
        }
        let mut at = start + 1;
        loop {
            match self.byte(at) {
                None | Some(b'\n') => break,
                Some(b'\\') => match self.byte(at + 1) {
                    Some(b'\n') if at + 2 < self.text.len() => at += 2,
                    None | Some(b'\n') => {
                        let place = self.span(at..at + 1);
                        self.report(
                            Diagnostic::new(
                                Code::DANGLING_CONTINUATION,
                                "`\\` continues the command, but the file ends",
                                place,
                            )
                            .fix(
                                "remove it",
                                Applicability::Safe,
                                place,
                                "",
                            ),
                        );
                        self.mend(at..at + 1, " ");
                        at += 1;
                    }
                    Some(b'{') if self.starts_with(at, "\\{{") => at += 3,
                    Some(_) => at += 1 + self.char_len(at + 1),
                },
                Some(b'{') if self.starts_with(at, "{{") => match self.interpolation(at) {
                    Some(end) => at = end,
                    None if self.found.hopeless => return,
                    None => {
                        self.report_open_interpolation(at);
                        self.blank_out(at..at + 2);
                        at += 2;
                    }
                },
                Some(_) => at += 1,
            }
        }
        self.at = at;
        if self.command_below(start) {
            self.lines_passed(start);
            self.after(Previous::Value);
            return;
        }
        self.brace_on_command(start, at);
        self.lines_passed(start);
        self.after(Previous::Value);
    }

    /// The `}` of a block that was written on the line of a command.
    pub(super) fn brace_on_command(&mut self, start: usize, end: usize) {
        let Some(open) = self.open.last().copied() else {
            return;
        };
        let text = self.text.get(start..end).unwrap_or_default();
        let kept = text.trim_end();
        if !kept.ends_with('}') {
            return;
        }
        let brace = start + kept.len() - 1;
        let one_line = !self
            .text
            .get(open.at..start)
            .unwrap_or_default()
            .contains('\n');
        let odd = kept.matches('}').count() > kept.matches('{').count();
        if !odd || !(one_line || self.missing > 0) {
            return;
        }
        if !one_line {
            self.missing -= 1;
            self.unclosed += 1;
        }
        let place = self.span(brace..brace + 1);
        self.report(
            Diagnostic::new(
                Code::BRACE_ON_COMMAND,
                "this `}` belongs to the command: a command goes on to the end of its line",
                place,
            )
            .also(self.span(open.at..open.at + 1), "the block it was to close")
            .fix(
                "put it on a line of its own",
                Applicability::Safe,
                place,
                "\n}",
            ),
        );
        self.mend(brace..brace, "\n");
        self.at = brace;
    }
}
