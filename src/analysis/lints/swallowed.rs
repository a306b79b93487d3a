//! A command that ends with `|| true` cannot fail.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::syntax::ast::StmtKind;

use super::command::{CommandLine, Segment};
use super::look::Look;

/// Commands that succeed whatever was before.
const QUIET: &[&str] = &["true", ":", "exit 0", "/bin/true", "/usr/bin/true"];

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for (node, line) in look.commands() {
        let judged = matches!(
            node.stmt.kind,
            StmtKind::Command(_) | StmtKind::Run(_) | StmtKind::Ready { .. }
        );
        let around = look.around(node).next();
        let shown = around.is_some_and(|around| {
            matches!(
                around.stmt.kind,
                StmtKind::Service { .. } | StmtKind::Manual { .. }
            )
        }) && !matches!(node.stmt.kind, StmtKind::Ready { .. });
        if !judged || shown {
            continue;
        }
        if let [earlier @ .., last] = line.segments().as_slice()
            && let Some(before) = earlier.last()
            && (last.joint == "||" || !earlier.iter().all(is_setup))
            && !answers(earlier)
        {
            found.extend(swallowed(line, before, last));
        }
    }
}

/// Whether a command does nothing that could fail.
fn is_setup(segment: &Segment) -> bool {
    let first = segment.words.first().map_or("", String::as_str);
    matches!(first, "set" | "export")
}

/// Whether what stands before says itself when the line is to fail:
/// `grep TODO src && exit 1 || true`.
fn answers(earlier: &[Segment]) -> bool {
    let fails = |segment: &Segment| match segment.words.as_slice() {
        [exit, code, ..] => exit == "exit" && code != "0",
        _ => false,
    };
    match earlier {
        [.., exits, close] if close.text() == "}" => fails(exits),
        [.., last] => fails(last),
        [] => false,
    }
}

fn swallowed(line: &CommandLine<'_>, before: &Segment, last: &Segment) -> Option<Diagnostic> {
    let text = last.text();
    if !QUIET.contains(&text.as_str()) {
        return None;
    }
    let place = match last.joint.as_str() {
        "\n" => line.words_place(last, 0, last.words.len()),
        _ => line.joined_place(last),
    };
    let diagnostic = match last.joint.as_str() {
        "||" => Diagnostic::new(
            Code::SWALLOWED,
            format!(
                "`|| {text}` makes a success of every failure, even of a command that is not there"
            ),
            place,
        )
        .help("where a failure is right, say which one: `expect exit in [0, 1]`"),
        ";" | "\n" => Diagnostic::new(
            Code::SWALLOWED,
            format!("the last command is `{text}`, and its success is taken for that of the whole"),
            place,
        ),
        _ => return None,
    };
    let cut = line.cut_place(before, last);
    Some(diagnostic.fix("remove it", Applicability::Unsafe, cut, ""))
}
