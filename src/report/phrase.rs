//! Numbers in words: durations, counts and short lists; and where a verdict is from.

use super::sanitise_line;
use crate::run::Origin;

/// A duration for people: `340 ms`, `1.2 s`, `2 m 03 s`, `1 h 05 m`.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    let tenths = milliseconds.saturating_add(50) / 100;
    let seconds = milliseconds.saturating_add(500) / 1000;
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60)
    }
}

/// `1 gate`, `2 gates`: the plural is the noun with an `s`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// That each of so many phases is sealed: `all 3 phases are sealed`.
#[must_use]
pub fn all_sealed(phases: usize) -> String {
    match phases {
        1 => "the only phase is sealed".to_owned(),
        phases => format!("all {phases} phases are sealed"),
    }
}

/// The first few of a list, and how many more there are: `a, b and 3 more`.
#[must_use]
pub fn first_of(items: &[String], shown: usize) -> String {
    let head: Vec<&str> = items.iter().take(shown).map(String::as_str).collect();
    match items.len().saturating_sub(shown) {
        0 => head.join(", "),
        rest => format!("{} and {rest} more", head.join(", ")),
    }
}

/// Where a verdict that was not given now comes from.
#[must_use]
pub fn origin(origin: &Origin) -> String {
    let tree: String = origin.tree.chars().take(7).collect();
    let tree = sanitise_line(&tree);
    if origin.this_run {
        let (phase, gate) = (sanitise_line(&origin.phase), sanitise_line(&origin.gate));
        return format!("judged once, as {phase}/{gate}");
    }
    format!("judged {} on {tree}", moment(&origin.at))
}

/// A point in time as JSON has it, for people: `2026-11-21 13:15 UTC`.
#[must_use]
pub fn moment(at: &str) -> String {
    match at.split_once('T') {
        Some((day, time)) => {
            let time: String = time.chars().take(5).collect();
            format!("{} {} UTC", sanitise_line(day), sanitise_line(&time))
        }
        None => sanitise_line(at).into_owned(),
    }
}
