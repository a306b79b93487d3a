//! Operators, fields and indexes on values.

use std::cmp::Ordering;

use crate::diagnostic::nearest;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::{Pattern, Type, Value};

use super::Fault;
use super::bounds::{bounded, text_fits};
use super::describe::{count, key, kind_and_value, path};
use super::regexes;
use super::walk::written_out;

/// A value and the expression it came from.
pub(super) struct Operand<'a> {
    pub(super) value: Value,
    pub(super) expr: &'a Expr,
}

/// The fault of a value of the wrong kind: `` `.a.b` is a number (3), not a map ``.
pub(super) fn wrong(value: &Value, expr: &Expr, wanted: &str) -> Fault {
    Fault::no_value(
        format!(
            "`{}` is {}, not {wanted}",
            path(expr),
            kind_and_value(value)
        ),
        expr.span,
    )
}

pub(super) fn truth(value: &Value, expr: &Expr) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(wrong(other, expr, "a bool")),
    }
}

pub(super) fn unary(op: UnaryOp, value: &Value, expr: &Expr, span: Span) -> Result<Value, Fault> {
    match (op, value) {
        (UnaryOp::Not, value) => truth(value, expr).map(|value| Value::Bool(!value)),
        (UnaryOp::Minus, Value::Int(value)) => value
            .checked_neg()
            .map(Value::Int)
            .ok_or_else(|| too_large(span)),
        (UnaryOp::Minus, Value::Number(value)) => Ok(Value::Number(-value)),
        (UnaryOp::Minus, other) => Err(wrong(other, expr, "a number")),
    }
}

pub(super) fn is_empty(value: &Value, expr: &Expr) -> Result<bool, Fault> {
    match value {
        Value::Null => Ok(true),
        Value::String(text) => Ok(text.is_empty()),
        Value::List(items) => Ok(items.is_empty()),
        Value::Map(entries) => Ok(entries.is_empty()),
        other => Err(wrong(other, expr, "a string, list or map")),
    }
}

/// Every binary operator but `and` and `or`, whose right side may stay unevaluated.
pub(super) fn binary(
    op: BinaryOp,
    left: Operand<'_>,
    right: Operand<'_>,
    span: Span,
) -> Result<Value, Fault> {
    let ordered = |wanted: fn(Ordering) -> bool| compare(&left, &right, span).map(wanted);
    let holds = match op {
        BinaryOp::Plus => return plus(left, right, span),
        BinaryOp::Equal => left.value.equals(&right.value),
        BinaryOp::NotEqual => !left.value.equals(&right.value),
        BinaryOp::Less => ordered(Ordering::is_lt)?,
        BinaryOp::LessEqual => ordered(Ordering::is_le)?,
        BinaryOp::Greater => ordered(Ordering::is_gt)?,
        BinaryOp::GreaterEqual => ordered(Ordering::is_ge)?,
        BinaryOp::In => holds_element(&right, &left)?,
        BinaryOp::NotIn => !holds_element(&right, &left)?,
        BinaryOp::Contains => holds_element(&left, &right)?,
        BinaryOp::NotContains => !holds_element(&left, &right)?,
        BinaryOp::Matches => found(&left, &right)?,
        BinaryOp::NotMatches => !found(&left, &right)?,
        // Evaluated by the walk; here both sides are known.
        BinaryOp::And => truth(&left.value, left.expr)? && truth(&right.value, right.expr)?,
        BinaryOp::Or => truth(&left.value, left.expr)? || truth(&right.value, right.expr)?,
    };
    Ok(Value::Bool(holds))
}

/// The order of two values of one kind; none across kinds and for what is no number.
#[expect(
    clippy::cast_precision_loss,
    reason = "an int is compared with a number by value"
)]
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Number(b)) => (*a as f64).partial_cmp(b),
        (Value::Number(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        // Of UTF-8 the order of bytes is that of code points.
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) | (Value::Size(a), Value::Size(b)) => {
            Some(a.cmp(b))
        }
        _ => None,
    }
}

fn compare(left: &Operand<'_>, right: &Operand<'_>, span: Span) -> Result<Ordering, Fault> {
    if let Some(order) = order(&left.value, &right.value) {
        return Ok(order);
    }
    for side in [left, right] {
        if !matches!(
            side.value,
            Value::Int(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Duration(_)
                | Value::Size(_)
        ) {
            return Err(wrong(&side.value, side.expr, "of a kind that has an order"));
        }
    }
    Err(Fault::no_value(
        format!(
            "`{}` cannot be compared with `{}`: {} and {} have no order",
            path(left.expr),
            path(right.expr),
            kind_and_value(&left.value),
            kind_and_value(&right.value)
        ),
        span,
    ))
}

fn holds_element(whole: &Operand<'_>, element: &Operand<'_>) -> Result<bool, Fault> {
    let text = || match &element.value {
        Value::String(text) => Ok(text),
        other => Err(wrong(other, element.expr, "a string")),
    };
    match &whole.value {
        Value::String(whole) => text().map(|text| whole.contains(text)),
        Value::Map(entries) => text().map(|text| entries.contains_key(text)),
        Value::List(items) => Ok(items.iter().any(|item| item.equals(&element.value))),
        other => Err(wrong(other, whole.expr, "a string, list or map")),
    }
}

fn found(text: &Operand<'_>, regex: &Operand<'_>) -> Result<bool, Fault> {
    let Value::String(text) = &text.value else {
        return Err(wrong(&text.value, text.expr, "a string"));
    };
    Ok(compiled(&regex.value, regex.expr)?.is_match(text))
}

/// The compiled form of a regex; of a word where the expression's type allows one.
pub(super) fn compiled(value: &Value, expr: &Expr) -> Result<regex::Regex, Fault> {
    let word;
    let pattern: &Pattern = match value {
        Value::Regex(pattern) => pattern,
        Value::String(text) if expr.ty == Type::Pattern => {
            word = regexes::word(text);
            &word
        }
        other => return Err(wrong(other, expr, "a regex")),
    };
    regexes::compiled(pattern).map_err(|error| {
        Fault::no_value(
            format!("`{}` is a regex that does not compile", path(expr)),
            expr.span,
        )
        .note(error.to_string())
    })
}

fn plus(left: Operand<'_>, right: Operand<'_>, span: Span) -> Result<Value, Fault> {
    let whole = |sum: Option<i64>| sum.map(Value::Int).ok_or_else(|| too_large(span));
    let number = |sum: f64| {
        if sum.is_finite() {
            Ok(Value::Number(sum))
        } else {
            Err(too_large(span))
        }
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "an int and a number make a number"
    )]
    match (left.value, right.value) {
        (Value::String(mut a), Value::String(b)) => {
            text_fits(a.len().checked_add(b.len()), span)?;
            a.push_str(&b);
            Ok(Value::String(a))
        }
        (Value::List(mut a), Value::List(b)) => {
            a.extend(b);
            bounded(Value::List(a), span)
        }
        (Value::Int(a), Value::Int(b)) => whole(a.checked_add(b)),
        (Value::Number(a), Value::Number(b)) => number(a + b),
        (Value::Int(a), Value::Number(b)) => number(a as f64 + b),
        (Value::Number(a), Value::Int(b)) => number(a + b as f64),
        (Value::Duration(a), Value::Duration(b)) => a
            .checked_add(b)
            .map(Value::Duration)
            .ok_or_else(|| too_large(span)),
        (Value::Size(a), Value::Size(b)) => a
            .checked_add(b)
            .map(Value::Size)
            .ok_or_else(|| too_large(span)),
        (a, b) => Err(Fault::no_value(
            format!(
                "`{}` and `{}` cannot be added: {} and {}",
                path(left.expr),
                path(right.expr),
                kind_and_value(&a),
                kind_and_value(&b)
            ),
            span,
        )),
    }
}

fn too_large(span: Span) -> Fault {
    Fault::no_value("the number is too large", span)
}

/// `value.name`.
pub(super) fn field(value: Value, object: &Expr, name: &str, span: Span) -> Result<Value, Fault> {
    let Value::Map(mut entries) = value else {
        return Err(wrong(&value, object, "a map"));
    };
    if let Some(value) = entries.swap_remove(name) {
        return Ok(value);
    }
    let mut fault = Fault::no_value(
        format!("`{}` has no key `{}`", path(object), key(name)),
        span,
    );
    let keys = || entries.keys().map(String::as_str);
    if let Some(near) = nearest(name, keys()) {
        fault = fault.note(format!("there is a key `{}`", key(near)));
    } else if !entries.is_empty() {
        fault = fault.note(format!("its keys are {}", names(keys())));
    } else {
        fault = fault.note("it is empty");
    }
    Err(fault)
}

/// How many names a note lists.
const MAX_NAMES: usize = 12;

fn names<'a>(all: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut text = all
        .clone()
        .take(MAX_NAMES)
        .map(|name| format!("`{}`", key(name)))
        .collect::<Vec<_>>()
        .join(", ");
    let more = all.count().saturating_sub(MAX_NAMES);
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// `value[at]`.
pub(super) fn index(
    value: Value,
    object: &Expr,
    at: &Value,
    index: &Expr,
    span: Span,
) -> Result<Value, Fault> {
    match (value, at) {
        (Value::List(mut items), Value::Int(at)) => {
            let len = items.len();
            match usize::try_from(*at).ok().filter(|at| *at < len) {
                Some(at) => Ok(items.swap_remove(at)),
                None => Err(Fault::no_value(
                    format!(
                        "`{}` has {}, so there is no `[{at}]`",
                        path(object),
                        count(len, "element")
                    ),
                    span,
                )
                .note(if *at < 0 {
                    "an index counts from 0; `.last()` is the last element"
                } else {
                    "an index counts from 0"
                })),
            }
        }
        (Value::List(_), other) => Err(wrong(other, index, "a whole number")),
        (value @ Value::Map(_), Value::String(key)) => field(value, object, key, span),
        (Value::Map(_), other) => Err(wrong(other, index, "a string")),
        (other, _) => Err(wrong(&other, object, "a list or map")),
    }
}

/// Whether an expression is known without a run.
pub(super) fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal { .. }) || written_out(expr)
}
