//! Command lines: verbatim, but for what is interpolated.

use crate::diagnostic::{Applicability, Code, Diagnostic};

use super::Lowering;
use super::text::TextParts;
use crate::syntax::ast::{CommandText, StmtKind};
use crate::syntax::parser::{Pair, Rule};

impl Lowering<'_> {
    pub(super) fn command_statement(&mut self, pair: &Pair<'_>) -> Option<StmtKind> {
        self.command(pair).map(StmtKind::Command)
    }

    /// The text of a `command` node.
    pub(super) fn command(&mut self, pair: &Pair<'_>) -> Option<CommandText> {
        let whole = self.exact(pair);
        let Some(text) = pair.clone().into_inner().next() else {
            let dollar = whole.start as usize;
            let span = crate::source::Span::new(whole.source, dollar, dollar + 1);
            let next = self
                .source
                .text()
                .get(dollar + 1..)
                .and_then(|rest| rest.chars().next());
            let diagnostic = if next.is_some_and(|c| !matches!(c, ' ' | '\t' | '\n')) {
                Diagnostic::new(
                    Code::EMPTY_COMMAND,
                    "between `$` and the command stands a blank",
                    span,
                )
                .fix("add a blank", Applicability::Safe, span.at_end(), " ")
            } else {
                Diagnostic::new(Code::EMPTY_COMMAND, "`$` without a command", span)
                    .help("write the command after it, on the same line")
            };
            self.report(diagnostic);
            return None;
        };
        let span = self.exact(&text);
        let mut parts = TextParts::default();
        for piece in text.into_inner() {
            let at = self.exact(&piece);
            match piece.as_rule() {
                Rule::interpolation | Rule::bad_interpolation => {
                    if let Some(expr) = self.interpolation(piece) {
                        parts.interpolation(at, expr);
                    }
                }
                Rule::literal_open => parts.literal(at, "{{"),
                _ => parts.literal(at, piece.as_str()),
            }
        }
        Some(CommandText {
            span,
            parts: parts.done(),
        })
    }
}
