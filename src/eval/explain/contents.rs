//! What a value holds, in a few lines.

use crate::value::Value;

use super::MAX_LISTED;
use crate::eval::describe::{SHORT, count, extent, is_short, key as named, short};
use crate::eval::diff::visible;

/// Lines of a text shown from either end.
const EDGE: usize = 3;

/// The lines at some offsets of a text, with their numbers.
pub(super) fn places(text: &str, offsets: impl Iterator<Item = usize>) -> Vec<String> {
    if !text.contains('\n') && text.chars().count() <= SHORT {
        return Vec::new();
    }
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut more = 0;
    let (mut number, mut start, mut last) = (1, 0, 0);
    for at in offsets {
        let between = text.get(start..at).unwrap_or_default();
        number += between.matches('\n').count();
        start = at;
        if number == last {
            continue;
        }
        last = number;
        if lines.len() == MAX_LISTED {
            more += 1;
            continue;
        }
        let begin = text
            .get(..at)
            .and_then(|t| t.rfind('\n'))
            .map_or(0, |n| n + 1);
        let line = text.get(begin..).unwrap_or_default();
        lines.push((number, line.lines().next().unwrap_or_default()));
    }
    let mut note = String::from("where:");
    for (number, line) in lines {
        note.push_str(&format!("\n{number}: {}", excerpt(line)));
    }
    if more > 0 {
        note.push_str(&format!("\n… and {}", count(more, "more line")));
    }
    vec![note]
}

/// What a value holds, where a label cannot show all of it.
pub(super) fn contents(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\n') || text.chars().count() > SHORT => {
            let lines: Vec<&str> = text.lines().collect();
            let mut note = format!("it has {}:", extent(text));
            let hidden = lines.len().saturating_sub(2 * EDGE);
            for (index, line) in lines.iter().enumerate() {
                if hidden > 1 && index == EDGE {
                    note.push_str(&format!("\n… {}", count(hidden, "more line")));
                }
                if hidden <= 1 || index < EDGE || index >= lines.len() - EDGE {
                    note.push_str(&format!("\n{}", excerpt(line)));
                }
            }
            Some(note)
        }
        _ if is_short(value) => None,
        Value::List(items) if items.len() > 1 => {
            let mut note = format!("it has {}:", count(items.len(), "element"));
            for item in items.iter().take(MAX_LISTED) {
                note.push_str(&format!("\n{}", short(item, 2 * SHORT)));
            }
            if items.len() > MAX_LISTED {
                note.push_str(&format!("\n… {} more", items.len() - MAX_LISTED));
            }
            Some(note)
        }
        Value::Map(entries) if !entries.is_empty() => {
            let keys: Vec<_> = entries
                .keys()
                .take(MAX_LISTED)
                .map(|key| format!("`{}`", named(key)))
                .collect();
            let more = entries.len().saturating_sub(MAX_LISTED);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some(format!("its keys are {}{more}", keys.join(", ")))
        }
        _ => None,
    }
}

/// A line as it can be shown.
fn excerpt(line: &str) -> String {
    let limit = 2 * SHORT;
    let shown = visible(line, false);
    if shown.chars().count() > limit {
        let head: String = shown.chars().take(limit).collect();
        format!("{head}…")
    } else {
        shown
    }
}
