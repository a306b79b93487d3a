//! A service without `ready`: its gates start when it does, and may be too early.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::StmtKind;

use super::look::Look;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for node in &look.nodes {
        let StmtKind::Service { name, body } = &node.stmt.kind else {
            continue;
        };
        let ready = body
            .stmts
            .iter()
            .any(|stmt| matches!(stmt.kind, StmtKind::Ready { .. }));
        if !ready {
            found.push(
                Diagnostic::new(
                    Code::NOT_READY,
                    "nothing says when this service is ready, so gates may start before it is",
                    name.span(),
                )
                .help("add `ready port N`, `ready http URL`, `ready output REGEX` or `ready $ COMMAND`"),
            );
        }
    }
}
