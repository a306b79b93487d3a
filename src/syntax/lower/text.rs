//! Strings: escapes, interpolation, and the dedentation of multi-line ones.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::Span;

use super::Lowering;
use crate::syntax::ast::{Expr, Text, TextForm, TextPart};
use crate::syntax::parser::{self, Pair, Rule};

/// Pieces of a text; neighbouring characters become one piece.
#[derive(Default)]
pub(super) struct TextParts(Vec<TextPart>);

impl TextParts {
    pub(super) fn literal(&mut self, at: Span, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(TextPart::Literal { span, value }) = self.0.last_mut() {
            value.push_str(text);
            *span = span.to(at);
        } else {
            self.0.push(TextPart::Literal {
                span: at,
                value: text.to_owned(),
            });
        }
    }

    pub(super) fn interpolation(&mut self, span: Span, expr: Expr) {
        self.0.push(TextPart::Interpolation { span, expr });
    }

    pub(super) fn done(mut self) -> Vec<TextPart> {
        self.0.shrink_to_fit();
        self.0
    }
}

impl Lowering<'_> {
    /// A string literal.
    pub(super) fn text(&mut self, pair: Pair<'_>) -> Text {
        let span = self.exact(&pair);
        let (form, parts) = match pair.as_rule() {
            Rule::raw => {
                let mut parts = TextParts::default();
                let written = pair.as_str();
                let inside = written
                    .get(1..written.len().saturating_sub(1))
                    .unwrap_or_default();
                parts.literal(self.shrunk(span, 1), inside);
                (TextForm::Raw, parts)
            }
            Rule::raw_multi => (TextForm::RawMultiLine, self.multi_line(pair)),
            Rule::multi => (TextForm::MultiLine, self.multi_line(pair)),
            _ => (TextForm::Quoted, self.quoted(pair)),
        };
        Text {
            span,
            form,
            parts: parts.done(),
        }
    }

    fn shrunk(&self, span: Span, by: usize) -> Span {
        Span::new(
            span.source,
            span.start as usize + by,
            (span.end as usize).saturating_sub(by),
        )
    }

    fn quoted(&mut self, pair: Pair<'_>) -> TextParts {
        let whole = self.exact(&pair);
        let mut parts = TextParts::default();
        for piece in pair.into_inner() {
            self.piece(piece, whole, &mut parts);
        }
        parts
    }

    fn piece(&mut self, piece: Pair<'_>, whole: Span, parts: &mut TextParts) {
        let at = self.exact(&piece);
        match piece.as_rule() {
            Rule::escape => {
                let value = self.escape(piece.as_str(), at, whole);
                parts.literal(at, &value);
            }
            Rule::interpolation | Rule::bad_interpolation => {
                if let Some(expr) = self.interpolation(piece) {
                    parts.interpolation(at, expr);
                }
            }
            _ => parts.literal(at, piece.as_str()),
        }
    }

    fn escape(&mut self, written: &str, at: Span, whole: Span) -> String {
        let known = match written {
            "\\n" => Some("\n"),
            "\\t" => Some("\t"),
            "\\r" => Some("\r"),
            "\\\"" => Some("\""),
            "\\\\" => Some("\\"),
            "\\{{" => Some("{{"),
            _ => None,
        };
        if let Some(known) = known {
            return known.to_owned();
        }
        let code = written
            .strip_prefix("\\u{")
            .and_then(|rest| rest.strip_suffix('}'));
        if let Some(code) = code {
            let scalar = (1..=6)
                .contains(&code.len())
                .then(|| u32::from_str_radix(code, 16).ok())
                .flatten()
                .and_then(char::from_u32);
            if let Some(c) = scalar {
                return c.to_string();
            }
        }
        // One for each string: the mend is the string's.
        let last = self.diagnostics.last();
        let other = last.is_some_and(|said| {
            said.code == Code::BAD_ESCAPE && said.primary().is_some_and(|at| !whole.contains(at))
        });
        if !self.failed || other {
            self.bad_escape(written, at, whole, code.is_some());
        }
        written.to_owned()
    }

    fn bad_escape(&mut self, written: &str, at: Span, whole: Span, code: bool) {
        let message = if code {
            format!("`{written}` is no character: `\\u{{…}}` holds one to six hexadecimal digits")
        } else {
            format!("there is no escape `{}`", written.trim_end())
        };
        let mut diagnostic = Diagnostic::new(Code::BAD_ESCAPE, message, at);
        let inside = self.source.slice(whole);
        let quotes = if inside.starts_with("\"\"\"") { 3 } else { 1 };
        let content = self.source.slice(self.shrunk(whole, quotes)).to_owned();
        let mark = if quotes == 3 { "'''" } else { "'" };
        if !code && !content.contains(mark) && !content.contains("{{") && !content.contains("\\\"")
        {
            diagnostic = diagnostic.fix(
                format!("write a raw string, in which nothing is special: {mark}…{mark}"),
                Applicability::Unsafe,
                whole,
                format!("{mark}{content}{mark}"),
            );
        } else {
            diagnostic = diagnostic.help("write `\\\\` for a backslash, or a raw string: '…'");
        }
        self.report(diagnostic);
    }

    /// The expression of an `interpolation`, or what is wrong with a bad one.
    pub(super) fn interpolation(&mut self, pair: Pair<'_>) -> Option<Expr> {
        if pair.as_rule() == Rule::interpolation {
            let inner = pair.into_inner().next()?;
            return Some(self.bracketed(' ', |this| this.expression(inner)));
        }
        let span = self.exact(&pair);
        let written = pair.as_str();
        let inside = written
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .unwrap_or_default();
        if !self.failed {
            if inside.trim().is_empty() {
                self.report(
                    Diagnostic::new(
                        Code::BAD_INTERPOLATION,
                        "an interpolation holds an expression",
                        Span::new(span.source, span.start as usize, span.start as usize + 2),
                    )
                    .help("write `\\{{` for two braces"),
                );
            } else {
                let stop = parser::interpolation_stop(written).unwrap_or(0);
                let at = span.start as usize + stop;
                if !self.foreign(at) {
                    let mut token = self.token_at(at);
                    if self.source.slice(token).starts_with('}') {
                        token =
                            Span::new(token.source, token.start as usize, token.start as usize + 2);
                    }
                    let found = self.source.slice(token).to_owned();
                    self.report(
                        Diagnostic::new(
                            Code::BAD_INTERPOLATION,
                            format!(
                                "an interpolation holds one expression; `{found}` does not fit"
                            ),
                            token,
                        )
                        .help("write `\\{{` for two braces"),
                    );
                }
            }
        }
        Some(self.broken(span))
    }

    /// The lines between the quotes, without the indentation of the closing line.
    fn multi_line(&mut self, pair: Pair<'_>) -> TextParts {
        let whole = self.exact(&pair);
        let base = pair.as_span().start();
        let written = pair.as_str();
        let mut parts = TextParts::default();
        let end = written.len().saturating_sub(3);
        let inside = written.get(3..end).unwrap_or_default();
        let Some(first) = inside.find('\n') else {
            if !self.failed {
                let start = whole.start as usize + 3;
                self.edge(
                    Span::new(whole.source, start, start + inside.trim_end().len()),
                    "the quotes of a multi-line text stand on lines of their own",
                );
            }
            return parts;
        };
        let head = inside.get(..first).unwrap_or_default();
        if !head.trim_matches([' ', '\t']).is_empty() && !self.failed {
            let blanks = head.len() - head.trim_start().len();
            let start = whole.start as usize + 3 + blanks;
            self.edge(
                Span::new(whole.source, start, start + head.trim().len()),
                "the text begins on the line after the opening quotes",
            );
        }
        let last = inside.rfind('\n').unwrap_or(first);
        let indent = inside.get(last + 1..).unwrap_or_default();
        let kept = indent.trim_start_matches([' ', '\t']);
        if !kept.is_empty() && !self.failed {
            let start = self
                .mended
                .written(base + 3 + last + 1 + indent.len() - kept.len());
            self.edge(
                Span::new(whole.source, start, start + kept.trim_end().len()),
                "the closing quotes stand on a line of their own",
            );
        }
        let indent = indent
            .get(..indent.len() - kept.len())
            .unwrap_or_default()
            .to_owned();
        let content = 3 + first + 1..3 + last;
        let mut dedent = Dedent {
            indent,
            line_start: true,
        };
        if pair.as_rule() == Rule::raw_multi {
            let text = written.get(content.clone()).unwrap_or_default();
            self.dedented(text, base + content.start, &mut dedent, &mut parts);
            return parts;
        }
        for piece in pair.into_inner() {
            let range = piece.as_span();
            let start = (range.start() - base).max(content.start);
            let end = (range.end() - base).min(content.end);
            if start >= end {
                continue;
            }
            if piece.as_rule() == Rule::multi_chunk {
                let text = written.get(start..end).unwrap_or_default();
                self.dedented(text, base + start, &mut dedent, &mut parts);
            } else {
                if dedent.line_start && !dedent.indent.is_empty() {
                    let at = self.exact(&piece).at_start();
                    self.indented(at);
                }
                dedent.line_start = false;
                self.piece(piece, whole, &mut parts);
            }
        }
        parts
    }

    fn edge(&mut self, span: Span, message: &str) {
        self.report(Diagnostic::new(Code::MULTILINE_EDGE, message, span).fix(
            "begin a new line",
            Applicability::Unsafe,
            span.at_start(),
            "\n",
        ));
    }

    fn indented(&mut self, at: Span) {
        if !self.failed {
            self.report(
                Diagnostic::new(
                    Code::MULTILINE_INDENT,
                    "this line has less indentation than the closing quotes",
                    at,
                )
                .help("indent it, or move the closing quotes to the left"),
            );
        }
    }

    /// `text`, which stands at `at` of the mended text, with each line's indentation off.
    fn dedented(&mut self, text: &str, at: usize, dedent: &mut Dedent, parts: &mut TextParts) {
        let mut start = at;
        for line in text.split_inclusive('\n') {
            let mut from = start;
            if dedent.line_start {
                if let Some(rest) = line.strip_prefix(dedent.indent.as_str()) {
                    from += line.len() - rest.len();
                } else {
                    let rest = line.trim_start_matches([' ', '\t']);
                    from += line.len() - rest.len();
                    let ends = rest.is_empty() || rest == "\n";
                    if !ends {
                        let place = self.mended.written(from);
                        self.indented(Span::new(self.source.id(), place, place));
                    }
                }
            }
            let kept = line.get(from - start..).unwrap_or_default();
            start += line.len();
            dedent.line_start = line.ends_with('\n');
            let span = Span::new(
                self.source.id(),
                self.mended.written(from),
                self.mended.written(start),
            );
            parts.literal(span, kept);
        }
    }
}

struct Dedent {
    indent: String,
    line_start: bool,
}
