//! A regex that finds something in every text judges nothing.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look as Anchor};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, CheckCall, Expr, ExprKind, StmtKind};

use super::look::Look;
use super::walk::{bare, expressions, parts};

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for node in &look.nodes {
        match &node.stmt.kind {
            StmtKind::Forbid { patterns, .. } => {
                for (regex, span) in patterns.iter().flat_map(regexes) {
                    found.push(
                        everything(look, &regex, span, "every added line is forbidden")
                            .help("write what no line may contain"),
                    );
                }
            }
            StmtKind::CheckCall(call) => words(look, call, found),
            _ => {}
        }
        for part in parts(node.stmt) {
            expressions(part, &mut |expr| {
                let ExprKind::Binary { op, right, .. } = &expr.kind else {
                    return;
                };
                let comes_to = match op {
                    BinaryOp::Matches => "this is always true",
                    BinaryOp::NotMatches => "this is always false",
                    _ => return,
                };
                for (regex, span) in regexes(right) {
                    found.push(everything(look, &regex, span, comes_to).help(
                        "write what the text must hold; `is not empty` asks for any text at all",
                    ));
                }
            });
        }
    }
}

/// The words of `text.absent` and `text.present`.
fn words(look: &Look<'_>, call: &CheckCall, found: &mut Vec<Diagnostic>) {
    let path: Vec<&str> = call.path.iter().map(|part| part.value.as_str()).collect();
    let comes_to = match path.as_slice() {
        ["text", "absent"] => "it is found in every file",
        ["text", "present"] => "it is found in any file at all",
        _ => return,
    };
    let given = call
        .args
        .iter()
        .enumerate()
        .find(|(at, arg)| match &arg.name {
            Some(name) => name.value == "words",
            None => *at == 0,
        });
    for (regex, span) in given.into_iter().flat_map(|(_, arg)| regexes(&arg.value)) {
        found.push(
            everything(look, &regex, span, comes_to).help("write the text that is looked for"),
        );
    }
}

fn everything(look: &Look<'_>, regex: &(String, String), span: Span, so: &str) -> Diagnostic {
    let written = look.sources.slice(span);
    let mut diagnostic = Diagnostic::new(
        Code::MATCHES_ALL,
        format!("`{written}` matches every text, so {so}"),
        span,
    );
    if empty_side(&regex.0) {
        diagnostic = diagnostic.note("one side of a `|` in it is empty, and matches anywhere");
    }
    diagnostic
}

fn empty_side(pattern: &str) -> bool {
    pattern.starts_with('|')
        || pattern.ends_with('|') && !pattern.ends_with("\\|")
        || pattern.contains("||")
}

/// Pattern, flags and place of a regex that matches every text, or of those of a list.
fn regexes(expr: &Expr) -> Vec<((String, String), Span)> {
    match &bare(expr).kind {
        ExprKind::Regex { pattern, flags } if matches_all(pattern, flags) => {
            vec![((pattern.clone(), flags.clone()), bare(expr).span)]
        }
        ExprKind::List(items) => items.iter().flat_map(regexes).collect(),
        _ => Vec::new(),
    }
}

/// Whether a regex matches somewhere in every text, in so far as that is plain.
fn matches_all(pattern: &str, flags: &str) -> bool {
    // What has none of these holds something that a text may lack.
    let loose = pattern.contains(['*', '?', '^', '$', '{', '(', '\\']) || flags.contains('x');
    if !loose && !empty_side(pattern) {
        return false;
    }
    let parsed = ParserBuilder::new()
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .ignore_whitespace(flags.contains('x'))
        .build()
        .parse(pattern);
    let Ok(hir) = parsed else { return false };
    let nothing_needed = |hir: &Hir| {
        hir.properties().minimum_len() == Some(0) && hir.properties().look_set().is_empty()
    };
    if nothing_needed(&hir) {
        return true;
    }
    // `^` and `$` by themselves, and `^.*$` where `.` or the anchors go beyond a line.
    let items = match hir.kind() {
        HirKind::Look(_) => std::slice::from_ref(&hir),
        HirKind::Concat(items) => items.as_slice(),
        _ => return false,
    };
    let is = |hir: Option<&Hir>, anchors: &[Anchor]| match hir.map(Hir::kind) {
        Some(HirKind::Look(look)) => anchors.contains(look),
        _ => false,
    };
    let starts = is(items.first(), &[Anchor::Start, Anchor::StartLF]);
    let ends = is(items.last(), &[Anchor::End, Anchor::EndLF]);
    let from = usize::from(starts);
    let to = items
        .len()
        .saturating_sub(usize::from(ends && items.len() > from));
    let middle = items.get(from..to).unwrap_or_default();
    match (starts, ends, middle) {
        (true, false, rest) | (false, true, rest) => rest.iter().all(nothing_needed),
        (true, true, [all]) => is_any_line(all) && (flags.contains('m') || is_any_text(all)),
        _ => false,
    }
}

fn is_any_line(hir: &Hir) -> bool {
    repeats(
        hir,
        &[
            Hir::dot(regex_syntax::hir::Dot::AnyCharExceptLF),
            any_char(),
        ],
    )
}

fn is_any_text(hir: &Hir) -> bool {
    repeats(hir, &[any_char()])
}

fn any_char() -> Hir {
    Hir::dot(regex_syntax::hir::Dot::AnyChar)
}

/// Whether it is one of these, any number of times.
fn repeats(hir: &Hir, what: &[Hir]) -> bool {
    match hir.kind() {
        HirKind::Repetition(many) => {
            many.min == 0 && many.max.is_none() && what.contains(&many.sub)
        }
        HirKind::Capture(group) => repeats(&group.sub, what),
        _ => false,
    }
}
