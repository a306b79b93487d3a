//! In what two values differ that must be equal.

use crate::plan::Expr;
use crate::value::{Value, is_identifier};

use super::{MAX_LISTED, Told};
use crate::eval::describe::{SHORT, count, key as named, kind_and_value, path, short};
use crate::eval::diff::text_diff;
use crate::eval::operators::is_constant;

/// A side of `==`.
pub(super) struct Side<'a> {
    expr: &'a Expr,
    value: Value,
}

impl<'a> Side<'a> {
    pub(super) fn new(expr: &'a Expr, value: Value) -> Self {
        Self { expr, value }
    }
}

/// Why two values that must be equal are not.
pub(super) fn equal(left: Side<'_>, right: Side<'_>) -> Told {
    // What is written in the plan is what was expected; else the right side is.
    let (expected, actual) = if is_constant(left.expr) && !is_constant(right.expr) {
        (left, right)
    } else {
        (right, left)
    };
    let name = path(actual.expr);
    match (&expected.value, &actual.value) {
        (Value::String(wanted), Value::String(found)) => {
            let brief = |text: &str| text.chars().count() <= SHORT && !text.contains('\n');
            let message = if brief(wanted) && brief(found) {
                format!(
                    "`{name}` is {}, not {}",
                    short(&actual.value, SHORT),
                    short(&expected.value, SHORT)
                )
            } else {
                format!("`{name}` is not the expected text")
            };
            Told::new(message).note(format!(
                "what was expected (-) and what was found (+):\n{}",
                text_diff(wanted, found)
            ))
        }
        (Value::List(wanted), Value::List(found)) => {
            Told::new(format!("`{name}` is not the expected list")).notes(lists(wanted, found))
        }
        (Value::Map(_), Value::Map(_)) => {
            let mut all = Vec::new();
            differences(&name, &expected.value, &actual.value, &mut all);
            Told::new(format!("`{name}` is not the expected map")).notes(listed(all))
        }
        (wanted, found) => {
            let told = Told::new(format!(
                "`{name}` is {}, not {}",
                short(found, SHORT),
                short(wanted, SHORT)
            ));
            if wanted.text().is_some() && wanted.text() == found.text() {
                told.note(format!(
                    "one is {}, the other {}",
                    kind_and_value(found),
                    kind_and_value(wanted)
                ))
            } else {
                told
            }
        }
    }
}

/// What a list lacks and what it has too much.
fn lists(wanted: &[Value], found: &[Value]) -> Vec<String> {
    if wanted.len().max(found.len()) > 2_000 {
        // Comparing each with each would take long; where they part is enough.
        let at = wanted
            .iter()
            .zip(found)
            .take_while(|(a, b)| a.equals(b))
            .count();
        return vec![format!(
            "it has {}, {} are expected; the first difference is at [{at}]",
            count(found.len(), "element"),
            wanted.len()
        )];
    }
    let mut extra: Vec<&Value> = found.iter().collect();
    let mut missing = Vec::new();
    for item in wanted {
        match extra.iter().position(|other| other.equals(item)) {
            Some(at) => {
                extra.remove(at);
            }
            None => missing.push(item),
        }
    }
    if missing.is_empty() && extra.is_empty() {
        return vec!["it has the same elements in another order".to_owned()];
    }
    let tell = |what: &str, items: &[&Value]| {
        (!items.is_empty()).then(|| {
            let mut text = items
                .iter()
                .take(MAX_LISTED)
                .map(|item| short(item, SHORT))
                .collect::<Vec<_>>()
                .join(", ");
            if items.len() > MAX_LISTED {
                text.push_str(&format!(" and {} more", items.len() - MAX_LISTED));
            }
            format!("{what}: {text}")
        })
    };
    [tell("missing", &missing), tell("too much", &extra)]
        .into_iter()
        .flatten()
        .collect()
}

/// Where two values differ, by the path to each place.
fn differences(path: &str, wanted: &Value, found: &Value, all: &mut Vec<String>) {
    match (wanted, found) {
        _ if wanted.equals(found) => {}
        (Value::Map(wanted), Value::Map(found)) => {
            for (key, value) in wanted {
                match found.get(key) {
                    Some(other) if is_identifier(key) => {
                        differences(&format!("{path}.{key}"), value, other, all);
                    }
                    Some(other) => {
                        differences(&format!("{path}[{}]", named(key)), value, other, all);
                    }
                    None => all.push(format!("`{path}` has no key `{}`", named(key))),
                }
            }
            let extra = found.keys().filter(|key| !wanted.contains_key(*key));
            all.extend(extra.map(|key| format!("`{path}` has a key `{}` too much", named(key))));
        }
        (Value::List(wanted), Value::List(found)) if wanted.len() == found.len() => {
            for (index, (value, other)) in wanted.iter().zip(found).enumerate() {
                differences(&format!("{path}[{index}]"), value, other, all);
            }
        }
        _ => all.push(format!(
            "`{path}` is {}, not {}",
            short(found, SHORT),
            short(wanted, SHORT)
        )),
    }
}

fn listed(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        all.truncate(MAX_LISTED);
        all.push(format!("and {}", count(more, "more difference")));
    }
    all
}
