//! The order of phases under lock.

use std::collections::HashMap;

use crate::plan::Plan;
use crate::source::Span;

use super::LockedPhase;

/// The phases that stand before one under lock and did not: what happened, where, and why
/// that matters.
pub(super) fn out_of_order(
    recorded: &Plan,
    now: &Plan,
    locked: &[LockedPhase],
) -> Vec<(String, Span, String)> {
    let was: HashMap<&str, usize> = recorded
        .phases
        .iter()
        .enumerate()
        .map(|(at, phase)| (phase.name.value.as_str(), at))
        .collect();
    let is_locked = |name: &str| locked.iter().any(|lock| lock.name == name);
    let mut found = Vec::new();
    // The phase under lock that stands below and was the first on record.
    let mut below: Option<(&str, usize)> = None;
    for phase in now.phases.iter().rev() {
        let name = phase.name.value.as_str();
        let before = was.get(name).copied();
        if let Some((other, at)) = below
            && before.is_none_or(|before| before > at)
        {
            let (what, why) = match before {
                Some(_) => (
                    format!("the phase `{name}` was moved before `{other}`"),
                    format!("on record it comes after `{other}`, which is under lock"),
                ),
                None => (
                    format!("the phase `{name}` was put before `{other}`"),
                    format!(
                        "`{other}` is under lock, and what it may change is counted from \
                         the phase before it"
                    ),
                ),
            };
            found.push((what, phase.name.span, why));
        }
        if let Some(at) = before
            && is_locked(name)
            && below.is_none_or(|(_, lowest)| at < lowest)
        {
            below = Some((name, at));
        }
    }
    found.reverse();
    found
}
