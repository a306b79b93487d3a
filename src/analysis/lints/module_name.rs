//! A value of the file that has the name of a module of the standard library.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::StmtKind;

use super::look::Look;
use crate::analysis::library::modules;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for node in &look.nodes {
        // Parameters and the names of a block are in reach of a few lines only.
        let name = match &node.stmt.kind {
            StmtKind::Param(param) => &param.name,
            StmtKind::Let { name, .. } if node.parent.is_none() => name,
            _ => continue,
        };
        if modules().any(|module| module == name.value) {
            found.push(
                Diagnostic::new(
                    Code::MODULE_NAME,
                    format!(
                        "`{0}` is also a module of the standard library: `check {0}.…` is that",
                        name.value
                    ),
                    name.span,
                )
                .help("give the value another name"),
            );
        }
    }
}
