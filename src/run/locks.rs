//! What gates must not have at the same time: the locks they name, and the ports of their
//! services.

use std::collections::HashMap;

use super::judging::{GateFacts, Judging};
use super::service::ports;
use crate::eval::{Fault, evaluate};
use crate::plan::{Expr, Gate, Service, Step, StepKind};
use crate::value::Value;

/// The names of all locks a gate holds while it runs, its checks' included.
pub(super) fn of_gate(
    judging: &Judging<'_>,
    phase: usize,
    gate: &Gate,
) -> Result<Vec<String>, Fault> {
    let mut exprs: Vec<&Expr> = gate.locks.iter().collect();
    let mut names = of_services(judging, phase, &gate.services);
    in_checks(&gate.steps, &mut |locks, services| {
        exprs.extend(locks);
        names.extend(of_services(judging, phase, services));
    });
    let (locals, results) = Default::default();
    let facts = facts(judging, phase, &locals, &results);
    for expr in exprs {
        match evaluate(expr, &facts)? {
            Value::List(items) => names.extend(items.iter().filter_map(Value::text)),
            value => names.extend(value.text()),
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The locks that services hold while they live: a port is one's at a time.
pub(super) fn of_services(
    judging: &Judging<'_>,
    phase: usize,
    services: &[Service],
) -> Vec<String> {
    let (locals, results) = Default::default();
    let facts = facts(judging, phase, &locals, &results);
    ports(services, &facts)
        .into_iter()
        .map(|port| format!("port {port}"))
        .collect()
}

fn facts<'a>(
    judging: &'a Judging<'a>,
    phase: usize,
    locals: &'a HashMap<usize, Value>,
    results: &'a HashMap<usize, crate::process::Finished>,
) -> GateFacts<'a> {
    GateFacts {
        judging,
        phase,
        locals,
        results,
    }
}

/// Shows the locks and services of each check that is called.
fn in_checks<'g>(steps: &'g [Step], see: &mut impl FnMut(&'g [Expr], &'g [Service])) {
    for step in steps {
        if let StepKind::Check(check) = &step.kind {
            see(&check.locks, &check.services);
            in_checks(&check.steps, see);
        }
    }
}
