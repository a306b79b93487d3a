//! What the indentation says where braces are missing.

use std::ops::Range;

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::words::{self, BlockKind};

use super::structure::{Kind, Open};
use super::{Previous, Scanner};

/// The outermost block in hand that has no braces.
pub(super) struct Indented {
    /// What is said of it, unless its head is reported already.
    diagnostic: Option<Diagnostic>,
    colon: bool,
    /// How many brackets are open around it.
    depth: usize,
    /// The braces it wants, and those of the blocks in it.
    edits: Vec<Edit>,
}

/// The end of a block's head that has no `{`.
#[derive(Clone, Copy)]
struct Head {
    end: usize,
    /// Whether a `:` stands where the `{` should.
    colon: bool,
}

impl Head {
    /// What the `{` takes the place of.
    fn range(self) -> Range<usize> {
        self.end - usize::from(self.colon)..self.end
    }
}

impl Scanner<'_> {
    /// Whether the statement that ends with this line is the head of a block whose `{` is
    /// not there, or is a `:`: its lines stand indented below it.
    pub(super) fn lacks_brace(&self) -> bool {
        let colon = self.ends_in_colon();
        let before = self.text.get(..self.previous_end).unwrap_or_default();
        let before = before.strip_suffix(':').filter(|_| colon).unwrap_or(before);
        let last = before.trim_end().bytes().next_back();
        let titled = matches!(last, Some(b'"' | b'\''));
        let tokens = self.tokens.saturating_sub(usize::from(colon));
        let head = match self.first_word {
            Some("scope") => tokens == 1,
            Some("plan" | "proof") => tokens == 1 || (tokens == 2 && titled),
            Some("every" | "service") => tokens == 2,
            Some("test" | "phase" | "manual") => titled || (colon && tokens == 2),
            Some("gate") => tokens == 2 || (tokens == 3 && titled) || self.is_recipe(),
            Some("check") => self.open.is_empty() && last == Some(b')'),
            Some("for") => tokens > 3,
            // What it is, its own diagnostic tells.
            Some(word) => colon && words::blocks_of(word).is_empty(),
            None => false,
        };
        let ends = colon || matches!(self.previous, Previous::Word | Previous::Value);
        let command = self.byte(self.previous_start) == Some(b'$');
        head && ends && !command && self.in_block() && last != Some(b'}') && self.indented_below()
    }

    /// Whether the line is like a rule of a makefile, as in `gate test: build`; its `:` is
    /// reported as such.
    fn is_recipe(&self) -> bool {
        let line = self.text.get(self.line_start..self.previous_end);
        let mut words = line.unwrap_or_default().split_whitespace();
        words.next() == Some("gate")
            && words.next().is_some_and(|name| name.ends_with(':'))
            && words.next().is_some_and(|word| word != "$")
    }

    pub(super) fn ends_in_colon(&self) -> bool {
        let last = self.previous_end.checked_sub(1);
        self.previous == Previous::Sign && last.and_then(|at| self.byte(at)) == Some(b':')
    }

    /// Whether the next line with something on it is indented further than this one.
    fn indented_below(&self) -> bool {
        self.next_line().is_some_and(|(line, first)| {
            !matches!(self.byte(first), Some(b'{' | b'}'))
                && first - line > self.indent_of(self.previous_start)
        })
    }

    /// Whether what is indented below this head may stand in its block, so that the head
    /// is meant to have one; after a `:` it is.
    pub(super) fn belongs_below(&self) -> bool {
        let Some((_, first)) = self.next_line() else {
            return false;
        };
        let word = match self.byte(first) {
            Some(b'$') => "$",
            _ => self
                .text
                .get(first..self.word_end(first))
                .unwrap_or_default(),
        };
        let takes = |kind: BlockKind| kind.takes(word);
        self.ends_in_colon()
            || words::blocks_of(word).is_empty()
            || match self.first_word.unwrap_or_default() {
                "plan" => takes(BlockKind::Plan),
                "phase" => takes(BlockKind::Phase),
                "every" => takes(BlockKind::Every),
                "scope" => takes(BlockKind::Scope),
                "gate" => takes(BlockKind::Gate),
                "check" => takes(BlockKind::Check),
                "service" => takes(BlockKind::Service),
                "manual" => takes(BlockKind::Manual),
                "proof" => takes(BlockKind::Proof),
                "test" => takes(BlockKind::Test),
                _ => takes(BlockKind::PhaseFor) || takes(BlockKind::GateFor),
            }
    }

    /// Where the next line with something on it begins, and what stands first on it.
    pub(super) fn next_line(&self) -> Option<(usize, usize)> {
        let mut line = self.line_end(self.at) + 1;
        loop {
            let first = self.skip_blanks(line);
            match self.byte(first)? {
                b'\n' => line = first + 1,
                b'#' => line = self.line_end(first) + 1,
                _ => return Some((line, first)),
            }
        }
    }

    /// Puts in the `{` of a head that lacks it, whose `}` is there.
    pub(super) fn add_brace(&mut self) {
        let head = self.head();
        let (place, edit) = self.opening(head);
        let word = self.first_word.unwrap_or_default();
        let diagnostic = Diagnostic::new(
            Code::MISSING_BLOCK,
            format!("`{word}` needs a block in `{{ }}`: the `{{` is missing"),
            place,
        );
        let text = if head.colon { "write `{`" } else { "add `{`" };
        self.report(diagnostic.suggest(text, Applicability::Unsafe, vec![edit]));
        self.extra -= 1;
        self.open_head(head, false);
    }

    /// Opens a block that has no braces at all: its lines are those indented below its head.
    pub(super) fn open_indented(&mut self) {
        let head = self.head();
        let (place, edit) = self.opening(head);
        let word = self.first_word.unwrap_or_default();
        let recipe = self.is_recipe();
        if let Some(outer) = &mut self.indented {
            outer.edits.push(edit);
        } else {
            let how = if head.colon {
                "not a `:` and indentation"
            } else {
                "not only indentation"
            };
            let message = format!("`{word}` needs a block in `{{ }}`, {how}");
            self.indented = Some(Indented {
                // A word that begins no statement is reported itself.
                diagnostic: (!words::blocks_of(word).is_empty() && !recipe)
                    .then(|| Diagnostic::new(Code::MISSING_BLOCK, message, place)),
                colon: head.colon,
                depth: self.open.len(),
                edits: vec![edit],
            });
        }
        self.open_head(head, true);
    }

    fn head(&self) -> Head {
        let colon = self.ends_in_colon();
        Head {
            end: self.previous_end,
            colon,
        }
    }

    /// The place where a head's `{` is wanted, and the edit that writes it there.
    fn opening(&self, head: Head) -> (Span, Edit) {
        let span = self.span(head.range());
        let before = self.text.get(..head.range().start).unwrap_or_default();
        let brace = if before.ends_with([' ', '\t']) {
            "{"
        } else {
            " {"
        };
        let edit = Edit {
            span,
            replacement: brace.to_owned(),
        };
        (span, edit)
    }

    fn open_head(&mut self, head: Head, by_indent: bool) {
        self.mend(head.range(), " {");
        let at = head.end - 1;
        let indent = self.indent_of(self.previous_start);
        self.open.push(Open::headless(at, indent, by_indent));
        self.deepen(at, 0);
        self.fresh();
    }

    /// Closes the blocks without braces that end before `at`, which stands at `column`; at
    /// a brace or at the end of the file, all that are innermost.
    pub(super) fn close_indented(&mut self, column: Option<usize>) {
        while let Some(open) = self.open.last().copied() {
            if !open.by_indent || column.is_some_and(|column| column > open.indent) {
                return;
            }
            self.open.pop();
            let end = self.line_end(self.previous_end);
            self.mend(end..end, "\n}");
            let here = self.span(end..end);
            let Some(outer) = &mut self.indented else {
                continue;
            };
            let closer = format!("\n{}}}", " ".repeat(open.indent));
            match outer.edits.last_mut() {
                Some(last) if last.span == here => last.replacement.push_str(&closer),
                _ => outer.edits.push(Edit {
                    span: here,
                    replacement: closer,
                }),
            }
            if outer.depth == self.open.len()
                && let Some(whole) = self.indented.take()
                && let Some(diagnostic) = whole.diagnostic
            {
                // What a `:` means is known from elsewhere; bare indentation may be a slip.
                let applicability = if whole.colon {
                    Applicability::Safe
                } else {
                    Applicability::Unsafe
                };
                let text = "put the lines that belong to it in `{ }`";
                self.report(diagnostic.suggest(text, applicability, whole.edits));
            }
            self.fresh();
        }
    }

    /// Closes blocks that, by the indentation of this line, should have been.
    pub(super) fn close_by_indent(&mut self, at: usize, column: usize, brace: bool) {
        loop {
            let Some(open) = self.open.last().copied() else {
                return;
            };
            if self.missing == 0 || open.kind != Kind::Block {
                return;
            }
            let late = if brace {
                column < open.indent && self.open.iter().any(|outer| outer.indent == column)
            } else {
                let top = self.top_level(at) && column <= open.indent;
                top || (column <= open.indent && open.begun && !open.flat)
                    || (column < open.indent && !open.flat)
            };
            if !late {
                return;
            }
            self.missing -= 1;
            self.unclosed += 1;
            let place = self.span(open.at..open.at + 1);
            // What began on the brace's line ends there.
            let (to, closer) = if open.inline {
                (self.previous_end, " }".to_owned())
            } else {
                (self.line_start, format!("{}}}\n", " ".repeat(open.indent)))
            };
            let before = self.span(at..at);
            let fix = self.span(to..to);
            self.report(
                Diagnostic::new(Code::UNCLOSED_BLOCK, "this block is never closed", place)
                    .also(before, "its `}` should stand before this")
                    .fix("add `}`", Applicability::Unsafe, fix, closer.clone()),
            );
            self.mend(to..to, if open.inline { " }" } else { "}\n" });
            self.open.pop();
            self.fresh();
        }
    }

    /// The blanks before the first word of the line that `at` stands in.
    pub(super) fn indent_of(&self, at: usize) -> usize {
        let start = self.line_start_of(at);
        self.skip_blanks(start) - start
    }
}
