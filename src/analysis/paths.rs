//! Paths as they are written in a plan, and the texts they are written in.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Text, TextPart};

/// Where a written path leads.
pub(super) enum Target {
    /// From the root.
    Inside(String),
    Outside,
    /// It does not begin with `./` or `../`.
    NotRelative,
}

/// Where `written` leads from the file at `from`.
pub(super) fn resolve(from: &str, written: &str) -> Target {
    if written.starts_with('/') {
        return Target::Outside;
    }
    if !written.starts_with("./") && !written.starts_with("../") {
        return Target::NotRelative;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Target::Outside;
                }
            }
            part => parts.push(part),
        }
    }
    Target::Inside(parts.join("/"))
}

/// How `target` is written in the file at `from`.
pub(super) fn relative(from: &str, target: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let target: Vec<&str> = target.split('/').collect();
    let shared = from
        .iter()
        .zip(&target)
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.len() - shared;
    let mut written = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    written.push_str(&target.get(shared..).unwrap_or_default().join("/"));
    written
}

/// The text of a string in which nothing can be interpolated.
pub(super) fn written_out(text: &Text, what: &str) -> Result<String, Diagnostic> {
    text.plain().ok_or_else(|| {
        let span = text
            .parts
            .iter()
            .find_map(|part| match part {
                TextPart::Interpolation { span, .. } => Some(*span),
                TextPart::Literal { .. } => None,
            })
            .unwrap_or(text.span);
        Diagnostic::new(
            Code::NO_INTERPOLATION,
            format!("nothing can be interpolated in {what}"),
            span,
        )
        .note("it is read before any value is known")
        .help("write it out")
    })
}
