//! Characters that cannot be seen: a reader sees another text than gate and the shell do.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{Source, Span};
use crate::syntax::ast::{ExprKind, StmtKind, Text, TextForm, TextPart};

use super::look::Look;
use super::walk::{Part, expressions, parts};

/// How many are told of in a file: there may be a whole picture in one.
const MOST: usize = 100;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for file in &look.files.files {
        let source = &file.source;
        let hidden: Vec<(usize, char)> = source
            .text()
            .char_indices()
            .filter(|(_, c)| is_bidi(*c) || is_control(*c))
            .take(MOST)
            .collect();
        if hidden.is_empty() {
            continue;
        }
        let escapable = escapable(look, source);
        for (at, c) in hidden {
            let span = Span::new(source.id(), at, at + c.len_utf8());
            let name = format!("U+{:04X}", c as u32);
            let message = if is_bidi(c) {
                format!("the invisible {name} makes the text look other than it is read")
            } else {
                format!("the control character {name} stands here unseen")
            };
            let diagnostic = Diagnostic::new(Code::INVISIBLE, message, span);
            let comment = file
                .ast
                .comments
                .iter()
                .any(|comment| comment.contains(span));
            found.push(if comment {
                diagnostic.fix("remove it", Applicability::Safe, span, "")
            } else if escapable.iter().any(|text| text.contains(span)) {
                let escape = format!("\\u{{{:X}}}", c as u32);
                let advice = format!("write it as `{escape}`, or remove it");
                diagnostic.fix(advice, Applicability::Safe, span, escape)
            } else {
                diagnostic.help("remove it")
            });
        }
    }
    blanks(look, found);
}

/// Unicode's other blanks in a command: to a shell they are letters.
fn blanks(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for node in &look.nodes {
        for part in parts(node.stmt) {
            let Part::Command(command) = part else {
                continue;
            };
            for piece in &command.parts {
                let TextPart::Literal { span, .. } = piece else {
                    continue;
                };
                for (at, c) in look.sources.slice(*span).char_indices() {
                    if c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n') && !is_control(c) {
                        let start = span.start as usize + at;
                        let at = Span::new(span.source, start, start + c.len_utf8());
                        found.push(
                            Diagnostic::new(
                                Code::INVISIBLE,
                                format!(
                                    "U+{:04X} looks like a blank, and to a shell is none",
                                    c as u32
                                ),
                                at,
                            )
                            .fix(
                                "write a blank",
                                Applicability::Unsafe,
                                at,
                                " ",
                            ),
                        );
                    }
                }
            }
        }
    }
}

/// What turns the direction of the text after it.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

/// The places of a source where `\u{…}` can be written.
fn escapable(look: &Look<'_>, source: &Source) -> Vec<Span> {
    let mut found = Vec::new();
    let mut take = |text: &Text| {
        if matches!(text.form, TextForm::Quoted | TextForm::MultiLine) {
            found.extend(text.parts.iter().filter_map(|part| match part {
                TextPart::Literal { span, .. } => Some(*span),
                TextPart::Interpolation { .. } => None,
            }));
        }
    };
    let stmts = look.nodes.iter().map(|node| node.stmt);
    for stmt in stmts.filter(|stmt| stmt.span.source == source.id()) {
        // A `use` is read before there are escapes.
        if matches!(stmt.kind, StmtKind::Use { .. } | StmtKind::Include(_)) {
            continue;
        }
        for part in parts(stmt) {
            if let Part::Text(text) = part {
                take(text);
            }
            expressions(part, &mut |expr| {
                if let ExprKind::Text(text) = &expr.kind {
                    take(text);
                }
            });
        }
    }
    found
}
