//! Conditions and expectations whose outcome is known beforehand.

use std::collections::HashMap;

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::eval::{ConstantFacts, evaluate};
use crate::plan::{Expr as Resolved, StepKind};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, StmtKind, UnaryOp};
use crate::value::Value;

use super::fixed::is_fixed;
use super::look::{Look, Node};
use super::walk::bare;

pub(super) fn when(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let mut known = Known::default();
    for gate in look.plan.phases.iter().flat_map(|phase| &phase.gates) {
        known.take(gate.when.as_ref());
    }
    for step in look.steps() {
        if let StepKind::Check(check) = &step.kind {
            known.take(check.when.as_ref());
        }
    }
    for node in &look.nodes {
        let StmtKind::When(expr) = &node.stmt.kind else {
            continue;
        };
        let Some(outcome) = known.outcome(expr, node, look) else {
            continue;
        };
        let diagnostic = Diagnostic::new(
            Code::CONSTANT_WHEN,
            format!("this `when` is always {outcome}"),
            bare(expr).span,
        );
        found.push(match (outcome, look.without(node.stmt.span)) {
            (true, Some(edit)) => diagnostic.suggest("remove it", Applicability::Safe, vec![edit]),
            (true, None) => diagnostic.help("remove it"),
            (false, _) => diagnostic
                .here("so this is never run")
                .help("remove the gate or the check, or say when it is to run"),
        });
    }
}

pub(super) fn expect(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let mut known = Known::default();
    for step in look.steps() {
        if let StepKind::Expect(expect) = &step.kind {
            known.take(Some(&expect.expr));
        }
    }
    for node in &look.nodes {
        let StmtKind::Expect(expr) = &node.stmt.kind else {
            continue;
        };
        let Some(outcome) = known.outcome(expr, node, look) else {
            continue;
        };
        let diagnostic = Diagnostic::new(
            Code::CONSTANT_EXPECT,
            format!("this expectation is always {outcome}"),
            bare(expr).span,
        );
        found.push(if outcome {
            diagnostic
                .here("so it judges nothing")
                .help("name what it is to judge: `exit`, `stdout`, a file")
        } else {
            diagnostic
                .here("so this can never be green")
                .help("name what it is to judge: `exit`, `stdout`, a file")
        });
    }
}

/// The expressions that have a value before the run; none for one that has several.
#[derive(Default)]
struct Known {
    outcomes: HashMap<Span, Option<bool>>,
}

impl Known {
    fn take(&mut self, expr: Option<&Resolved>) {
        let Some(expr) = expr else { return };
        let outcome = match evaluate(expr, &ConstantFacts) {
            Ok(Value::Bool(outcome)) => Some(outcome),
            _ => None,
        };
        let known = self.outcomes.entry(expr.span).or_insert(outcome);
        if *known != outcome {
            *known = None;
        }
    }

    /// What a condition always comes to.
    fn outcome(&self, expr: &Expr, node: &Node<'_>, look: &Look<'_>) -> Option<bool> {
        let known = self.outcomes.get(&bare(expr).span).copied().flatten();
        match known {
            Some(outcome) if is_fixed(expr, node, look) => Some(outcome),
            _ => always(expr, look),
        }
    }
}

/// What a condition comes to, whatever its parts are.
fn always(expr: &Expr, look: &Look<'_>) -> Option<bool> {
    match &bare(expr).kind {
        ExprKind::Bool(value) => Some(*value),
        ExprKind::Unary {
            op: UnaryOp::Not,
            operand,
        } => always(operand, look).map(|outcome| !outcome),
        ExprKind::Binary {
            op, left, right, ..
        } => match op {
            BinaryOp::Or | BinaryOp::And => {
                let decisive = *op == BinaryOp::Or;
                match (always(left, look), always(right, look)) {
                    (Some(one), _) | (_, Some(one)) if one == decisive => Some(decisive),
                    (Some(_), Some(_)) => Some(!decisive),
                    _ => None,
                }
            }
            op => same(*op, left, right, look).or_else(|| at_least_nothing(*op, left, right)),
        },
        _ => None,
    }
}

/// What a comparison of something with itself comes to.
fn same(op: BinaryOp, left: &Expr, right: &Expr, look: &Look<'_>) -> Option<bool> {
    let written = |expr: &Expr| look.sources.slice(bare(expr).span);
    if written(left) != written(right) {
        return None;
    }
    match op {
        BinaryOp::Equal | BinaryOp::LessEqual | BinaryOp::GreaterEqual => Some(true),
        BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::Greater => Some(false),
        _ => None,
    }
}

/// What a comparison with 0 comes to of something that is never less.
fn at_least_nothing(op: BinaryOp, left: &Expr, right: &Expr) -> Option<bool> {
    let nothing = |expr: &Expr| {
        matches!(
            bare(expr).kind,
            ExprKind::Int(0) | ExprKind::Duration(0) | ExprKind::Size(0)
        )
    };
    let counts = |expr: &Expr| match &bare(expr).kind {
        ExprKind::Name(name) => matches!(name.as_str(), "exit" | "time"),
        ExprKind::Method { name, .. } => matches!(name.value.as_str(), "len" | "count"),
        _ => false,
    };
    match op {
        BinaryOp::GreaterEqual if counts(left) && nothing(right) => Some(true),
        BinaryOp::LessEqual if nothing(left) && counts(right) => Some(true),
        BinaryOp::Less if counts(left) && nothing(right) => Some(false),
        BinaryOp::Greater if nothing(left) && counts(right) => Some(false),
        _ => None,
    }
}
