//! Why an expectation does not hold.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::Value;

mod contents;
mod differ;
mod element;

use contents::{contents, places};
use differ::{Side, equal};
use element::{absent, outside, present};

use super::describe::{SHORT, path, short};
use super::operators::{compiled, is_constant};
use super::{ConstantFacts, Trace, evaluate};

/// Parts that are labelled.
const MAX_LABELS: usize = 24;
/// Elements, keys or matches that a note lists.
const MAX_LISTED: usize = 8;

/// The diagnostic of an `expect` that does not hold: its value and that of every part,
/// and what helps to see the difference. `trace` is that of `expr`. Where it ended in a
/// fault that blocks ([`super::Fault::blocks`]), [`super::Fault::diagnostic`] is what to say.
#[must_use]
pub fn failed_expectation(expr: &Expr, trace: &Trace) -> Diagnostic {
    let values = Values { trace, whole: expr };
    let told = match &trace.result {
        Err(fault) => Told {
            message: fault.message.clone(),
            notes: fault.notes.clone(),
        },
        Ok(_) => values.tell(expr),
    };
    let mut diagnostic = Diagnostic::new(Code::EXPECT, told.message, expr.span);
    diagnostic = match &trace.result {
        Ok(Value::Bool(_)) => diagnostic.here("this is false"),
        Ok(value) => diagnostic.here(format!("this is {}, not true", short(value, SHORT))),
        Err(_) => diagnostic.here("this has no value"),
    };
    for part in trace.parts.iter().take(MAX_LABELS) {
        let text = match &part.value {
            Ok(value) => short(value, SHORT),
            Err(_) => "no value".to_owned(),
        };
        diagnostic = diagnostic.also(part.span, text);
    }
    for note in told.notes {
        diagnostic = diagnostic.note(note);
    }
    for part in &trace.parts {
        if let Err(fault) = &part.value
            && trace.result.as_ref().err() != Some(fault)
        {
            diagnostic = diagnostic.note(fault.message.clone());
            diagnostic.notes.extend(fault.notes.iter().cloned());
        }
    }
    diagnostic
}

/// A sentence and what goes with it.
struct Told {
    message: String,
    notes: Vec<String>,
}

impl Told {
    fn new(message: String) -> Self {
        Self {
            message,
            notes: Vec::new(),
        }
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// The values of the parts, by the expressions they are of.
struct Values<'a> {
    trace: &'a Trace,
    whole: &'a Expr,
}

impl Values<'_> {
    fn of(&self, expr: &Expr) -> Option<Value> {
        if expr.span == self.whole.span
            && let Ok(value) = &self.trace.result
            && std::ptr::eq(expr, self.whole)
        {
            return Some(value.clone());
        }
        if is_constant(expr) {
            return evaluate(expr, &ConstantFacts).ok();
        }
        self.at(expr.span)
    }

    fn at(&self, span: Span) -> Option<Value> {
        self.trace
            .parts
            .iter()
            // Of parts with one span the outermost was kept last.
            .rfind(|part| part.span == span)
            .and_then(|part| part.value.clone().ok())
    }

    /// Why `expr` is not true.
    fn tell(&self, expr: &Expr) -> Told {
        let mut expr = expr;
        // Of `a and b` the side that failed is what is to be told.
        while let ExprKind::Binary {
            op: BinaryOp::And,
            left,
            right,
        } = &expr.kind
        {
            expr = match self.of(left) {
                Some(Value::Bool(true)) => right,
                _ => left,
            };
        }
        match &expr.kind {
            ExprKind::Binary {
                op: BinaryOp::Or, ..
            } => Told::new("none of the alternatives holds".to_owned()),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::IsEmpty { operand, negated } => self.emptiness(operand, *negated),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.negation(operand),
            _ => match self.of(expr) {
                Some(value) => Told::new(format!("`{}` is {}", path(expr), short(&value, SHORT))),
                None => Told::new("the expectation does not hold".to_owned()),
            },
        }
    }

    fn negation(&self, operand: &Expr) -> Told {
        match &operand.kind {
            ExprKind::Binary { op, left, right } if negated(*op).is_some() => {
                self.binary(negated(*op).unwrap_or(*op), left, right)
            }
            ExprKind::IsEmpty {
                operand,
                negated: was,
            } => self.emptiness(operand, !was),
            _ => Told::new(format!("`{}` is true, which it must not be", path(operand))),
        }
    }

    fn emptiness(&self, operand: &Expr, negated: bool) -> Told {
        let name = path(operand);
        if negated {
            return Told::new(format!("`{name}` is empty"));
        }
        match self.of(operand) {
            Some(value) => Told::new(format!("`{name}` is not empty")).notes(contents(&value)),
            None => Told::new(format!("`{name}` is not empty")),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Told {
        let (Some(a), Some(b)) = (self.of(left), self.of(right)) else {
            return Told::new("the expectation does not hold".to_owned());
        };
        let (left_name, right_name) = (path(left), path(right));
        match op {
            BinaryOp::Equal => equal(Side::new(left, a), Side::new(right, b)),
            BinaryOp::NotEqual => Told::new(format!(
                "`{left_name}` is {}, which it must not be",
                short(&a, SHORT)
            )),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                let words = match op {
                    BinaryOp::Less => "less than",
                    BinaryOp::LessEqual => "at most",
                    BinaryOp::Greater => "more than",
                    _ => "at least",
                };
                Told::new(format!(
                    "`{left_name}` is {}, not {words} {}",
                    short(&a, SHORT),
                    short(&b, SHORT)
                ))
            }
            BinaryOp::In => outside(left, &a, right, &b),
            BinaryOp::Contains => absent(&left_name, &a, &b),
            BinaryOp::NotIn => present(&right_name, &b, &a),
            BinaryOp::NotContains => present(&left_name, &a, &b),
            BinaryOp::Matches => {
                Told::new(format!("`{left_name}` does not match {}", short(&b, SHORT)))
                    .notes(contents(&a))
            }
            BinaryOp::NotMatches => {
                let told = Told::new(format!(
                    "`{left_name}` matches {}, which it must not",
                    short(&b, SHORT)
                ));
                match (&a, compiled(&b, right)) {
                    (Value::String(text), Ok(regex)) => {
                        let all = regex.find_iter(text).map(|found| found.start());
                        told.notes(places(text, all))
                    }
                    _ => told,
                }
            }
            BinaryOp::Plus | BinaryOp::And | BinaryOp::Or => {
                Told::new("the expectation does not hold".to_owned())
            }
        }
    }
}

/// The operator that `not` makes of another.
fn negated(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        BinaryOp::In => BinaryOp::NotIn,
        BinaryOp::NotIn => BinaryOp::In,
        BinaryOp::Contains => BinaryOp::NotContains,
        BinaryOp::NotContains => BinaryOp::Contains,
        BinaryOp::Matches => BinaryOp::NotMatches,
        BinaryOp::NotMatches => BinaryOp::Matches,
        BinaryOp::And | BinaryOp::Or | BinaryOp::Plus => return None,
    })
}
