//! What would change in a file, as `diff -u` shows it.

use similar::TextDiff;

use super::style::{Ink, Style};
use crate::sanitise::sanitise;

/// The lines of context round a change.
const CONTEXT: usize = 3;

/// The difference between two texts of the file `name`; empty where there is none. Without
/// colours `patch` takes it.
#[must_use]
pub fn unified(name: &str, before: &str, after: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff
        .unified_diff()
        .context_radius(CONTEXT)
        .header(name, name)
        .to_string();
    if !style.color {
        return text;
    }
    let mut head = true;
    text.split_inclusive('\n')
        .map(|line| {
            head &= !line.starts_with("@@");
            let shown = sanitise(line.trim_end_matches('\n'));
            let ink = match line.chars().next() {
                _ if head => Ink::Dim,
                Some('+') => Ink::Added,
                Some('-') => Ink::Removed,
                Some('@') => Ink::Dim,
                _ => return format!("{shown}\n"),
            };
            format!("{}\n", style.paint(ink, shown))
        })
        .collect()
}
