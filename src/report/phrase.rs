//! Numbers in words: durations, counts and short lists.

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

/// The first few of a list, and how many more there are: `a, b and 3 more`.
#[must_use]
pub fn first_of(items: &[String], shown: usize) -> String {
    let head: Vec<&str> = items.iter().take(shown).map(String::as_str).collect();
    match items.len().saturating_sub(shown) {
        0 => head.join(", "),
        rest => format!("{} and {rest} more", head.join(", ")),
    }
}
