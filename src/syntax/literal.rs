//! Literals that stand outside of a file: `--set` and the environment.

use indexmap::IndexMap;

use crate::source::Sources;
use crate::value::{Pattern, Value};

use super::ast::{Expr, ExprKind, UnaryOp};
use super::{lower, scan};

/// The value of a text that must be one literal of the language, such as `10m`,
/// `["a", "b"]` or `-3`.
///
/// # Errors
/// In words, where the text is none: a name, a call and an interpolation are not literals.
pub fn parse_literal(text: &str) -> Result<Value, String> {
    let mut sources = Sources::new();
    let source = sources.add("value", text);
    let scanned = scan::scan(&source);
    if let Some(first) = scanned.diagnostics.first() {
        return Err(first.message.clone());
    }
    let (expr, diagnostics) = lower::expression(&source);
    if let Some(first) = diagnostics.first() {
        return Err(first.message.clone());
    }
    expr.as_ref()
        .and_then(value)
        .ok_or_else(|| format!("`{}` is not a literal", text.trim()))
}

fn value(expr: &Expr) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::Text(text) => Value::String(text.plain()?),
        ExprKind::Int(number) => Value::Int(*number),
        ExprKind::Number(number) => Value::Number(*number),
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Duration(ms) => Value::Duration(*ms),
        ExprKind::Size(bytes) => Value::Size(*bytes),
        ExprKind::Regex { pattern, flags } => Value::Regex(Pattern {
            pattern: pattern.clone(),
            flags: flags.clone(),
        }),
        ExprKind::List(items) => Value::List(items.iter().map(value).collect::<Option<_>>()?),
        ExprKind::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|entry| Some((entry.key.value.clone(), value(&entry.value)?)))
                .collect::<Option<IndexMap<_, _>>>()?,
        ),
        ExprKind::Paren(inner) => value(inner)?,
        ExprKind::Unary {
            op: UnaryOp::Minus,
            operand,
        } => match value(operand)? {
            Value::Int(number) => Value::Int(number.checked_neg()?),
            Value::Number(number) => Value::Number(-number),
            _ => return None,
        },
        _ => return None,
    })
}
