//! What is known when the plan is loaded, and why the rest is not.

use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{ConstantFacts, evaluate};
use crate::plan::{Builtin, Expr, ExprKind, Function, OutputStream, TemplatePart};
use crate::source::Span;
use crate::value::{Type, Value};

use super::Analyzer;

/// Texts, lists and maps that grow beyond this while loading, in bytes, are refused.
const MAX_VALUE: usize = 16 << 20;

/// What is known of an expression when the plan is loaded.
pub(super) enum Known {
    Value(Value),
    /// It hangs on a value that was not given.
    Missing,
    /// It was reported already.
    Wrong,
    /// It is known only in a run, because of this part of it.
    RunTime(Obstacle),
}

/// A part of an expression that is known only in a run.
#[derive(Clone)]
pub(super) struct Obstacle {
    pub span: Span,
    /// In the words of a plan: `git.head`.
    pub what: String,
    /// The slot of the gate it is kept in.
    pub slot: Option<usize>,
}

enum Part {
    Missing,
    Wrong,
    RunTime(Obstacle),
}

/// An expression that was reported as wrong.
pub(super) fn wrong(span: Span) -> Expr {
    Expr {
        span,
        ty: Type::Unknown,
        kind: ExprKind::Literal {
            value: Value::Null,
            name: None,
        },
    }
}

pub(super) fn is_wrong(expr: &Expr) -> bool {
    expr.ty == Type::Unknown
        && matches!(
            expr.kind,
            ExprKind::Literal {
                value: Value::Null,
                ..
            }
        )
}

/// What stands in the way of knowing this now: what is wrong before what is run-time
/// before what is missing.
fn obstacle(expr: &Expr) -> Option<Part> {
    let at = |what: &str, slot| {
        Some(Part::RunTime(Obstacle {
            span: expr.span,
            what: what.to_owned(),
            slot,
        }))
    };
    match &expr.kind {
        ExprKind::Literal { .. } if is_wrong(expr) => Some(Part::Wrong),
        ExprKind::Literal { .. } => None,
        ExprKind::Missing(_) => Some(Part::Missing),
        ExprKind::Builtin(builtin) => match builtin {
            Builtin::GitBranch => at("git.branch", None),
            Builtin::GitHead => at("git.head", None),
            Builtin::GitTree => at("git.tree", None),
            Builtin::Ci => at("ci", None),
            Builtin::Output { stream, .. } => at(stream_name(*stream), None),
            Builtin::Local { name, slot } => at(name, Some(*slot)),
            Builtin::Global(name) => at(name, None),
        },
        ExprKind::Call { function, .. } => at(&format!("{}()", function_name(*function)), None),
        ExprKind::Template(parts) => worst(parts.iter().filter_map(|part| match part {
            TemplatePart::Text(_) => None,
            TemplatePart::Value(expr) => Some(expr),
        })),
        ExprKind::List(items) => worst(items),
        ExprKind::Map(entries) => worst(entries.values()),
        ExprKind::Unary { operand, .. } | ExprKind::IsEmpty { operand, .. } => obstacle(operand),
        ExprKind::Binary { left, right, .. } => worst([&**left, &**right]),
        ExprKind::Method { object, args, .. } => worst(std::iter::once(&**object).chain(args)),
        ExprKind::Field { object, .. } => obstacle(object),
        ExprKind::Index { object, index } => worst([&**object, &**index]),
    }
}

fn worst<'e>(parts: impl IntoIterator<Item = &'e Expr>) -> Option<Part> {
    let mut found = None;
    for part in parts {
        match (obstacle(part), &found) {
            (Some(Part::Wrong), _) => return Some(Part::Wrong),
            (Some(part @ Part::RunTime(_)), None | Some(Part::Missing)) => found = Some(part),
            (Some(Part::Missing), None) => found = Some(Part::Missing),
            _ => {}
        }
    }
    found
}

pub(super) fn stream_name(stream: OutputStream) -> &'static str {
    match stream {
        OutputStream::Exit => "exit",
        OutputStream::Stdout => "stdout",
        OutputStream::Stderr => "stderr",
        OutputStream::Output => "output",
        OutputStream::Time => "time",
    }
}

pub(super) fn function_name(function: Function) -> &'static str {
    Function::ALL
        .iter()
        .find(|(_, known)| *known == function)
        .map_or("", |(name, _)| *name)
}

/// Every result of a command that an expression looks at.
pub(super) fn outputs_in(expr: &Expr, found: &mut Vec<(usize, OutputStream)>) {
    match &expr.kind {
        ExprKind::Builtin(Builtin::Output { command, stream }) => found.push((*command, *stream)),
        ExprKind::Literal { .. } | ExprKind::Missing(_) | ExprKind::Builtin(_) => {}
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Value(expr) = part {
                    outputs_in(expr, found);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(|item| outputs_in(item, found)),
        ExprKind::Map(entries) => entries.values().for_each(|item| outputs_in(item, found)),
        ExprKind::Unary { operand, .. } | ExprKind::IsEmpty { operand, .. } => {
            outputs_in(operand, found);
        }
        ExprKind::Binary { left, right, .. } => {
            outputs_in(left, found);
            outputs_in(right, found);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| outputs_in(arg, found)),
        ExprKind::Method { object, args, .. } => {
            outputs_in(object, found);
            args.iter().for_each(|arg| outputs_in(arg, found));
        }
        ExprKind::Field { object, .. } => outputs_in(object, found),
        ExprKind::Index { object, index } => {
            outputs_in(object, found);
            outputs_in(index, found);
        }
    }
}

/// Roughly how much memory a value takes, in bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(|item| 32 + weight(item)).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, item)| 64 + key.len() + weight(item))
            .sum(),
        _ => 0,
    }
}

impl Analyzer<'_> {
    /// What is known of an expression now; says so where a constant has no value.
    pub fn known(&mut self, expr: &Expr) -> Known {
        match obstacle(expr) {
            Some(Part::Missing) => return Known::Missing,
            Some(Part::Wrong) => return Known::Wrong,
            Some(Part::RunTime(obstacle)) => return Known::RunTime(obstacle),
            None => {}
        }
        if let ExprKind::Literal { value, .. } = &expr.kind {
            return Known::Value(value.clone());
        }
        match evaluate(expr, &ConstantFacts) {
            Ok(value) if weight(&value) > MAX_VALUE => {
                self.report(
                    Diagnostic::new(
                        Code::EVALUATION,
                        "this value grows beyond 16 MiB while the plan is loaded",
                        expr.span,
                    )
                    .help("make it smaller, or compute it in a command"),
                );
                Known::Wrong
            }
            Ok(value) => Known::Value(value),
            Err(fault) => {
                let mut diagnostic = Diagnostic::new(Code::EVALUATION, fault.message, fault.span);
                for note in fault.notes {
                    diagnostic = diagnostic.note(note);
                }
                diagnostic = diagnostic.help(
                    "this is computed while the plan is loaded: change it so that it has a value",
                );
                self.report(diagnostic);
                Known::Wrong
            }
        }
    }

    /// The value of what must be known when the plan is loaded; says so where it is not.
    pub fn constant(&mut self, expr: &Expr, what: &str) -> Option<Value> {
        match self.known(expr) {
            Known::Value(value) => Some(value),
            Known::Missing | Known::Wrong => None,
            Known::RunTime(obstacle) => {
                self.not_constant(expr, what, &obstacle);
                None
            }
        }
    }

    fn not_constant(&mut self, expr: &Expr, what: &str, obstacle: &Obstacle) {
        let given = obstacle.slot.and_then(|slot| self.given_at.get(&slot));
        let message = format!("{what} must be known when the plan is loaded");
        let why = format!("`{}` is known only when the gate runs", obstacle.what);
        let diagnostic = match given {
            // In a check's body it is the call that gave what it cannot take.
            Some(given) => Diagnostic::new(Code::NOT_CONSTANT, message, *given)
                .here(format!(
                    "`{}` is given a run-time value here",
                    obstacle.what
                ))
                .also(expr.span, "and must be known here"),
            None => Diagnostic::new(Code::NOT_CONSTANT, message, obstacle.span).here(why),
        };
        self.report(diagnostic.help(
            "use a literal, a `param`, `os`, `arch`, `phase.*`, `plan.title`, or what is made of these",
        ));
    }
}
