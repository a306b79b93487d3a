//! `##` where it documents nothing.

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::source::Span;

use super::look::Look;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let mut docs: Vec<Span> = look
        .nodes
        .iter()
        .filter_map(|node| node.stmt.doc.as_ref())
        .map(|doc| doc.span)
        .collect();
    docs.sort();
    for file in &look.files.files {
        let mut run: Vec<Span> = Vec::new();
        for comment in &file.ast.comments {
            let text = file.source.slice(*comment);
            let is_doc = text.starts_with("##") && !text.starts_with("###");
            let before = docs
                .partition_point(|doc| doc.start <= comment.start && doc.source <= comment.source);
            let documents = before
                .checked_sub(1)
                .and_then(|at| docs.get(at))
                .is_some_and(|doc| doc.contains(*comment));
            if !is_doc || documents {
                continue;
            }
            let line = |span: Span| file.source.position(span.start as usize).line;
            let alone = |span: Span| {
                let before = Span {
                    end: span.start,
                    ..file.source.line_span(line(span))
                };
                file.source.slice(before).trim().is_empty()
            };
            let goes_on = run.last().is_some_and(|last| {
                line(*last) + 1 == line(*comment) && alone(*last) && alone(*comment)
            });
            if !goes_on {
                found.extend(loose(&run));
                run.clear();
            }
            run.push(*comment);
        }
        found.extend(loose(&run));
    }
}

/// What is said of documentation on lines one below the other.
fn loose(run: &[Span]) -> Option<Diagnostic> {
    let (first, last) = (run.first()?, run.last()?);
    let edits = run
        .iter()
        .map(|comment| Edit {
            span: Span {
                end: comment.start + 2,
                ..*comment
            },
            replacement: "#".to_owned(),
        })
        .collect();
    Some(
        Diagnostic::new(
            Code::LOOSE_DOC,
            "this documentation stands directly above nothing that can have one",
            first.to(*last),
        )
        .suggest(
            "make it a comment, with one `#`",
            Applicability::Safe,
            edits,
        ),
    )
}
