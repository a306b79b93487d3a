//! Regular expressions: compiled here, so that what is wrong with one is shown inside it.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::value::Pattern;

use super::Lowering;
use crate::syntax::ast::ExprKind;

/// Half of what a compiled regex may take, in bytes: one of this size or less by [`size`]
/// is certain to compile.
const SMALL: usize = 5 << 20;

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
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                let (at, len, message) = explain(&error, raw);
                return wrong(
                    1 + at,
                    len,
                    format!("this regex does not compile: {message}"),
                );
            }
        };
        let pattern = Pattern {
            pattern: unescape(raw),
            flags: flags.to_owned(),
        };
        // To compile one is most of what reading a plan costs; most are plainly small.
        if size(&parsed) > SMALL && pattern.compile().is_err() {
            return wrong(0, written.len(), "this regex is too large".to_owned());
        }
        ExprKind::Regex {
            pattern: pattern.pattern,
            flags: pattern.flags,
        }
    }
}

/// What it takes when compiled, in bytes: rather too much than too little.
fn size(hir: &Hir) -> usize {
    let several = |parts: &[Hir]| {
        let sizes = parts.iter().map(size);
        sizes.fold(0, usize::saturating_add)
    };
    let own: usize = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => 128 * literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => 1024 * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => 128 * class.ranges().len(),
        HirKind::Repetition(many) => {
            let times = many.max.unwrap_or(many.min).max(1) as usize;
            size(&many.sub).saturating_add(128).saturating_mul(times)
        }
        HirKind::Capture(group) => size(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => several(parts),
    };
    own.saturating_add(128)
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
