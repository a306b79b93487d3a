//! The way through an expression.
//!
//! What stands left (`a + b + c`, `a.b.c`) is walked in a loop, so that a long chain
//! needs no deep stack; what stands right is nested within the limits of the syntax.

use indexmap::IndexMap;

use crate::plan::{Expr, ExprKind, Function, TemplatePart};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::Value;

use super::bounds::{bounded, text_fits};
use super::describe::{kind_and_value, path};
use super::operators::{self, Operand};
use super::{Facts, Fault, FaultKind, Part, Trace, methods};

/// Evaluates, and keeps the parts if asked to.
pub(super) struct Walk<'a> {
    facts: &'a dyn Facts,
    parts: Option<Vec<Part>>,
}

/// See [`super::trace`].
pub(super) fn trace(expr: &Expr, facts: &dyn Facts) -> Trace {
    let mut walk = Walk {
        facts,
        parts: Some(Vec::new()),
    };
    let result = walk.value(expr);
    let mut parts = walk.parts.unwrap_or_default();
    parts.retain(|part| part.span != expr.span);
    // Inner parts were evaluated first, and a stable order keeps them there.
    parts.sort_by_key(|part| part.span);
    Trace { result, parts }
}

/// The text of a value of `expr`.
pub(super) fn text(value: Value, expr: &Expr) -> Result<String, Fault> {
    if let Value::String(text) = value {
        return Ok(text);
    }
    value.text().ok_or_else(|| {
        let fault = Fault::no_value(
            format!(
                "`{}` is {}, which has no text",
                path(expr),
                kind_and_value(&value)
            ),
            expr.span,
        );
        match value {
            Value::List(_) => fault.note("`.join(\", \")` makes a text of a list"),
            _ => fault,
        }
    })
}

/// Whether an expression is written out: no value of it could surprise.
pub(super) fn written_out(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal { name, .. } => name.is_none(),
        ExprKind::Template(parts) => parts.iter().all(|part| match part {
            TemplatePart::Text(_) => true,
            TemplatePart::Value(expr) => written_out(expr),
        }),
        ExprKind::List(items) => items.iter().all(written_out),
        ExprKind::Map(entries) => entries.values().all(written_out),
        ExprKind::Unary {
            op: UnaryOp::Minus,
            operand,
        } => written_out(operand),
        _ => false,
    }
}

/// The operand an expression begins with.
pub(super) fn first_operand(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Unary { operand, .. } | ExprKind::IsEmpty { operand, .. } => Some(operand),
        ExprKind::Binary { left, .. } => Some(left),
        ExprKind::Method { object, .. }
        | ExprKind::Field { object, .. }
        | ExprKind::Index { object, .. } => Some(object),
        _ => None,
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(facts: &'a dyn Facts) -> Self {
        Self { facts, parts: None }
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Fault> {
        let mut outer = Vec::new();
        let mut inner = expr;
        while let Some(operand) = first_operand(inner) {
            outer.push(inner);
            inner = operand;
        }
        let mut result = self.leaf(inner);
        self.keep(inner, &result);
        while let Some(expr) = outer.pop() {
            let failed = result.is_err();
            result = self.apply(expr, inner, result);
            if !failed {
                self.keep(expr, &result);
            }
            inner = expr;
        }
        result
    }

    /// Keeps the value of a part; a fault only where it arose.
    fn keep(&mut self, expr: &Expr, result: &Result<Value, Fault>) {
        let Some(parts) = &mut self.parts else {
            return;
        };
        let known = |fault: &Fault| {
            parts
                .iter()
                .any(|part| part.value.as_ref().is_err_and(|known| known == fault))
        };
        if written_out(expr) || result.as_ref().is_err_and(known) {
            return;
        }
        parts.push(Part {
            span: expr.span,
            value: result.clone(),
        });
    }

    /// An expression that begins with no other.
    fn leaf(&mut self, expr: &Expr) -> Result<Value, Fault> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal { value, .. } => Ok(value.clone()),
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::List(items) => {
                let items = self.all(items)?;
                bounded(Value::List(items), span)
            }
            ExprKind::Map(entries) => {
                let entries: IndexMap<_, _> = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.value(value)?)))
                    .collect::<Result<_, Fault>>()?;
                bounded(Value::Map(entries), span)
            }
            ExprKind::Builtin(builtin) => self.facts.builtin(builtin, span),
            ExprKind::Call {
                function,
                args,
                allow_empty,
            } => {
                let args = self.all(args)?;
                self.facts.call(*function, &args, *allow_empty, span)
            }
            ExprKind::Missing(name) => {
                Err(
                    Fault::new(FaultKind::Missing, format!("`{name}` was not given"), span)
                        .note(format!("give it with `--set {name}=…`")),
                )
            }
            // The others begin with an operand and are applied to it.
            ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::IsEmpty { .. }
            | ExprKind::Method { .. }
            | ExprKind::Field { .. }
            | ExprKind::Index { .. } => self.value(expr),
        }
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Value>, Fault> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    fn template(&mut self, parts: &[TemplatePart]) -> Result<Value, Fault> {
        let mut whole = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(text) => whole.push_str(text),
                TemplatePart::Value(expr) => {
                    let value = self.value(expr)?;
                    let piece = text(value, expr)?;
                    text_fits(whole.len().checked_add(piece.len()), expr.span)?;
                    whole.push_str(&piece);
                }
            }
        }
        Ok(Value::String(whole))
    }

    /// The value of `expr`, whose first operand `first` came out as `value`.
    fn apply(
        &mut self,
        expr: &Expr,
        first: &Expr,
        value: Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let span = expr.span;
        let value = match value {
            Ok(value) => value,
            Err(fault) => {
                // The other side is evaluated all the same where it would be shown.
                if let (Some(_), ExprKind::Binary { op, right, .. }) = (&self.parts, &expr.kind)
                    && !matches!(op, BinaryOp::And | BinaryOp::Or)
                {
                    let _ = self.value(right);
                }
                return Err(fault);
            }
        };
        match &expr.kind {
            ExprKind::Unary { op, .. } => operators::unary(*op, &value, first, span),
            ExprKind::IsEmpty { negated, .. } => {
                operators::is_empty(&value, first).map(|empty| Value::Bool(empty != *negated))
            }
            ExprKind::Binary { op, right, .. } => match op {
                BinaryOp::And | BinaryOp::Or => {
                    let left = operators::truth(&value, first)?;
                    if left == (*op == BinaryOp::Or) {
                        return Ok(Value::Bool(left));
                    }
                    let value = self.value(right)?;
                    operators::truth(&value, right).map(Value::Bool)
                }
                _ => {
                    let other = self.value(right)?;
                    let left = Operand { value, expr: first };
                    let right = Operand {
                        value: other,
                        expr: right,
                    };
                    operators::binary(*op, left, right, span)
                }
            },
            ExprKind::Method { method, args, .. } => {
                let values = self.all(args)?;
                methods::call(*method, value, first, &values, args, span)
            }
            ExprKind::Field { name, .. } => {
                if let Some(fault) = self.absent_file(first, &value, name, span) {
                    return Err(fault);
                }
                operators::field(value, first, name, span)
            }
            ExprKind::Index { index, .. } => {
                let at = self.value(index)?;
                operators::index(value, first, &at, index, span)
            }
            _ => Ok(value),
        }
    }

    /// Why `.text` of what `file()` gave has no value, where that file is not there.
    fn absent_file(
        &mut self,
        object: &Expr,
        value: &Value,
        name: &str,
        span: Span,
    ) -> Option<Fault> {
        let Value::Map(entries) = value else {
            return None;
        };
        let absent = entries.get("exists") == Some(&Value::Bool(false));
        if !absent || entries.contains_key(name) || !matches!(name, "text" | "size") {
            return None;
        }
        let ExprKind::Call {
            function: Function::File,
            args,
            ..
        } = &object.kind
        else {
            // Parsed data may look alike; its type is `any`.
            return (object.ty != crate::value::Type::Any).then(|| {
                let message = format!(
                    "the file of `{}` does not exist in the judged tree",
                    path(object)
                );
                Fault::no_value(message, span)
            });
        };
        let file = args
            .first()
            .and_then(|arg| Walk::new(self.facts).value(arg).ok())
            .and_then(|value| value.text())
            .unwrap_or_else(|| path(object));
        Some(Fault::no_value(
            format!("`{file}` does not exist in the judged tree"),
            span,
        ))
    }
}
