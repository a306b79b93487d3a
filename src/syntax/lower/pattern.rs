//! Regular expressions: compiled here, so that what is wrong with one is shown inside it.

use regex_syntax::ParserBuilder;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::value::Pattern;

use super::Lowering;
use crate::syntax::ast::ExprKind;

impl Lowering<'_> {
    /// `/pattern/flags` as written.
    pub(super) fn regex(&mut self, written: &str, span: Span) -> ExprKind {
        let close = written.rfind('/').unwrap_or_default();
        let raw = written.get(1..close).unwrap_or_default();
        let flags = written.get(close + 1..).unwrap_or_default();
        let start = span.start as usize;
        let mut wrong = |at: usize, len: usize, message: String| {
            let place = Span::new(span.source, start + at, start + at + len);
            self.report(Diagnostic::new(Code::BAD_REGEX, message, place));
            ExprKind::Error
        };
        if raw.is_empty() {
            return wrong(
                0,
                2,
                "an empty regex matches everything; a comment begins with `#`".to_owned(),
            );
        }
        for (at, flag) in flags.char_indices() {
            let place = close + 1 + at;
            if !"imsx".contains(flag) {
                return wrong(
                    place,
                    flag.len_utf8(),
                    format!("there is no flag `{flag}`; a regex takes `i`, `m`, `s` and `x`"),
                );
            }
            if flags.get(..at).is_some_and(|before| before.contains(flag)) {
                return wrong(
                    place,
                    flag.len_utf8(),
                    format!("the flag `{flag}` is given twice"),
                );
            }
        }
        let parsed = ParserBuilder::new()
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .build()
            .parse(raw);
        if let Err(error) = parsed {
            let (at, len, message) = explain(&error, raw);
            return wrong(
                1 + at,
                len,
                format!("this regex does not compile: {message}"),
            );
        }
        let pattern = Pattern {
            pattern: unescape(raw),
            flags: flags.to_owned(),
        };
        if pattern.compile().is_err() {
            return wrong(0, written.len(), "this regex is too large".to_owned());
        }
        ExprKind::Regex {
            pattern: pattern.pattern,
            flags: pattern.flags,
        }
    }
}

/// `\/` is a slash.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('/') => out.push('/'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// Where in the pattern, how much of it, and why.
fn explain(error: &regex_syntax::Error, raw: &str) -> (usize, usize, String) {
    let (span, message) = match error {
        regex_syntax::Error::Parse(error) => (*error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (*error.span(), error.kind().to_string()),
        other => return (0, raw.len(), other.to_string()),
    };
    let start = span.start.offset.min(raw.len());
    let end = span.end.offset.min(raw.len());
    let len = end
        .saturating_sub(start)
        .max(usize::from(start < raw.len()));
    (start, len, message)
}
