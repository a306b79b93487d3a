//! The names an expression mentions.

use crate::source::Span;
use crate::syntax::ast::{self, TextPart};

/// `of.name` or `name`, and where.
pub(super) type Mention<'e> = (Option<&'e str>, &'e str, Span);

/// Every name an expression mentions, and every `name.field`.
pub(super) fn names_in<'e>(expr: &'e ast::Expr, found: &mut Vec<Mention<'e>>) {
    use ast::ExprKind as E;
    match &expr.kind {
        E::Name(name) => found.push((None, name, expr.span)),
        E::Field { object, name } => {
            if let E::Name(of) = &object.kind {
                found.push((Some(of), &name.value, expr.span));
            }
            names_in(object, found);
        }
        E::Text(text) => names_in_parts(&text.parts, found),
        E::List(items) => items.iter().for_each(|item| names_in(item, found)),
        E::Map(entries) => entries
            .iter()
            .for_each(|entry| names_in(&entry.value, found)),
        E::Paren(inner) | E::Unary { operand: inner, .. } | E::IsEmpty { operand: inner, .. } => {
            names_in(inner, found);
        }
        E::Binary { left, right, .. } => {
            names_in(left, found);
            names_in(right, found);
        }
        E::Call { args, .. } => args.iter().for_each(|arg| names_in(&arg.value, found)),
        E::Method { object, args, .. } => {
            names_in(object, found);
            args.iter().for_each(|arg| names_in(&arg.value, found));
        }
        E::Index { object, index } => {
            names_in(object, found);
            names_in(index, found);
        }
        E::Int(_)
        | E::Number(_)
        | E::Bool(_)
        | E::Duration(_)
        | E::Size(_)
        | E::Regex { .. }
        | E::Error => {}
    }
}

pub(super) fn names_in_parts<'e>(parts: &'e [TextPart], found: &mut Vec<Mention<'e>>) {
    for part in parts {
        if let TextPart::Interpolation { expr, .. } = part {
            names_in(expr, found);
        }
    }
}
