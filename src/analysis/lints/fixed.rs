//! Expressions that come out the same whatever is given, and wherever they are run.

use std::collections::HashSet;

use crate::syntax::ast::{Arg, Expr, ExprKind, StmtKind, Text, TextPart};

use super::look::{Look, Node};
use super::walk::bare;
use crate::analysis::names::ValueDecl;

/// How many names may stand for each other.
const MAX_DEPTH: usize = 16;

/// Whether an expression at `node` is made of literals and `let`s of such alone: no
/// `param`, loop variable, machine or run has a say in it.
pub(super) fn is_fixed(expr: &Expr, node: &Node<'_>, look: &Look<'_>) -> bool {
    fixed(
        expr,
        &Scope {
            node,
            look,
            depth: 0,
        },
    )
}

#[derive(Clone, Copy)]
struct Scope<'s, 'a> {
    node: &'s Node<'a>,
    look: &'s Look<'a>,
    depth: usize,
}

fn fixed(expr: &Expr, scope: &Scope<'_, '_>) -> bool {
    use ExprKind as E;
    let args = |args: &[Arg]| args.iter().all(|arg| fixed(&arg.value, scope));
    match &bare(expr).kind {
        E::Int(_) | E::Number(_) | E::Bool(_) | E::Duration(_) | E::Size(_) | E::Regex { .. } => {
            true
        }
        E::Text(text) => fixed_text(text, scope),
        E::List(items) => items.iter().all(|item| fixed(item, scope)),
        E::Map(entries) => entries.iter().all(|entry| fixed(&entry.value, scope)),
        E::Paren(inner)
        | E::Unary { operand: inner, .. }
        | E::IsEmpty { operand: inner, .. }
        | E::Field { object: inner, .. } => fixed(inner, scope),
        E::Binary { left, right, .. } => fixed(left, scope) && fixed(right, scope),
        E::Method {
            object,
            args: given,
            ..
        } => fixed(object, scope) && args(given),
        E::Index { object, index } => fixed(object, scope) && fixed(index, scope),
        E::Name(name) => fixed_name(name, scope),
        E::Call { .. } | E::Error => false,
    }
}

fn fixed_text(text: &Text, scope: &Scope<'_, '_>) -> bool {
    text.parts.iter().all(|part| match part {
        TextPart::Literal { .. } => true,
        TextPart::Interpolation { expr, .. } => fixed(expr, scope),
    })
}

/// Whether a name is that of a `let` with such a value.
fn fixed_name(name: &str, scope: &Scope<'_, '_>) -> bool {
    if scope.depth >= MAX_DEPTH {
        return false;
    }
    let look = scope.look;
    let deeper = Scope {
        depth: scope.depth + 1,
        ..*scope
    };
    for around in look.around(scope.node) {
        match &around.stmt.kind {
            StmtKind::For { variable, .. } if variable.value == name => return false,
            StmtKind::CheckDecl { params, .. } if params.iter().any(|p| p.name.value == name) => {
                return false;
            }
            _ => {}
        }
        let local = super::walk::inner(around.stmt)
            .iter()
            .find_map(|stmt| match &stmt.kind {
                StmtKind::Let { name: at, value } if at.value == name => Some(value),
                _ => None,
            });
        if let Some(value) = local {
            return fixed(value, &deeper);
        }
    }
    let modules = look.modules.get(scope.node.file).into_iter().flatten();
    let declared: HashSet<bool> = modules
        .filter_map(|module| look.names.get(*module)?.values.get(name).copied())
        .map(|decl| match decl {
            ValueDecl::Let(_, value) => fixed(value, &deeper),
            ValueDecl::Param(_) => false,
        })
        .collect();
    declared.len() == 1 && declared.contains(&true)
}
