//! A `for` that goes over nothing makes nothing.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::StmtKind;

use super::fixed::is_fixed;
use super::look::Look;
use super::walk::bare;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for node in &look.nodes {
        let StmtKind::For { list, .. } = &node.stmt.kind else {
            continue;
        };
        if look.empty.contains(&list.span) && is_fixed(list, node, look) {
            found.push(
                Diagnostic::new(
                    Code::EMPTY_LOOP,
                    "this list is empty, so nothing comes of the `for`",
                    bare(list).span,
                )
                .help("add a value to the list, or remove the `for`"),
            );
        }
    }
}
