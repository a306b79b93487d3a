//! The difference of two texts, as plain text.

use std::fmt::Write;

use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};

/// Lines of either text that are compared, counted from the first that differs.
const MAX_COMPARED: usize = 2_000;
/// Bytes of either text that are compared, counted from the first line that differs.
const MAX_BYTES: usize = 200_000;
/// Lines that are shown.
const MAX_SHOWN: usize = 60;
/// Characters of a line that are shown.
const MAX_WIDTH: usize = 160;
/// Bytes of a line whose words are compared.
const MAX_MARKED: usize = 2_000;
/// Equal lines shown around a difference.
const CONTEXT: usize = 3;

/// The lines in which two texts differ, each after `-` (expected), `+` (actual) or a blank
/// (both), with three lines of context. Under a changed line a line after `?` marks the
/// words that differ. Characters that do not show are made visible, a last line that alone
/// lacks its end is marked, and what is long is cut. Of equal texts it is empty.
#[must_use]
pub fn text_diff(expected: &str, actual: &str) -> String {
    if expected == actual {
        return String::new();
    }
    let whole = (expected, actual);
    let common = common_lines(expected, actual);
    // The context before the first difference is kept.
    let skipped = common.saturating_sub(CONTEXT);
    let expected = Excerpt::of(expected, skipped);
    let actual = Excerpt::of(actual, skipped);
    let diff = TextDiff::from_lines(expected.text, actual.text);

    let mut lines = Lines {
        // Only one of them lacks its last line end, so that is a difference.
        mark_ends: whole.0.ends_with('\n') != whole.1.ends_with('\n'),
        ..Lines::default()
    };
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        let first = group.first().map_or(0, |op| op.old_range().start);
        if index > 0 || skipped + first > 0 {
            lines.push(&format!("@ line {}", skipped + first + 1));
        }
        for op in group {
            lines.op(&diff, op);
        }
    }
    if lines.hidden > 0 {
        let _ = writeln!(lines.text, "… {} more lines", lines.hidden);
    }
    if expected.cut || actual.cut {
        lines.text.push_str("… the rest is not compared\n");
    }
    lines.text.truncate(lines.text.trim_end_matches('\n').len());
    lines.text
}

/// How many lines two texts begin with alike.
fn common_lines(a: &str, b: &str) -> usize {
    a.split_inclusive('\n')
        .zip(b.split_inclusive('\n'))
        .take_while(|(a, b)| a == b)
        .count()
}

/// A piece of a text, from a line on and as much as is compared.
struct Excerpt<'a> {
    text: &'a str,
    cut: bool,
}

impl<'a> Excerpt<'a> {
    fn of(text: &'a str, skip: usize) -> Self {
        let start: usize = text.split_inclusive('\n').take(skip).map(str::len).sum();
        let rest = text.get(start..).unwrap_or_default();
        let mut end = 0;
        for line in rest.split_inclusive('\n').take(MAX_COMPARED) {
            if end > 0 && end + line.len() > MAX_BYTES {
                break;
            }
            end += line.len();
        }
        Self {
            text: rest.get(..end).unwrap_or(rest),
            cut: end < rest.len(),
        }
    }
}

#[derive(Default)]
struct Lines {
    text: String,
    shown: usize,
    hidden: usize,
    mark_ends: bool,
}

impl Lines {
    fn op(&mut self, diff: &TextDiff<'_, '_, str>, op: &DiffOp) {
        let small = diff
            .iter_changes(op)
            .all(|change| change.value().len() <= MAX_MARKED);
        if small && self.hidden == 0 {
            // No deadline: the sizes are bounded, and the result must not hang on the clock.
            for change in diff.iter_inline_changes_deadline(op, None) {
                self.change(&change);
            }
        } else {
            let lines: Vec<_> = diff
                .iter_changes(op)
                .map(|change| (change.tag(), change.value()))
                .collect();
            for (index, (tag, line)) in lines.iter().enumerate() {
                // Of long lines the part that differs is shown, not the beginning.
                let other = lines
                    .iter()
                    .filter(|(other, _)| other != tag)
                    .nth(index % (lines.len() / 2).max(1));
                let from = match (tag, other) {
                    (ChangeTag::Equal, _) | (_, None) => 0,
                    (_, Some((_, other))) => line
                        .chars()
                        .zip(other.chars())
                        .take_while(|(a, b)| a == b)
                        .count(),
                };
                self.line(*tag, line, from.saturating_sub(MAX_WIDTH / 4));
                self.line_end(line);
            }
        }
    }

    fn change(&mut self, change: &InlineChange<'_, str>) {
        let whole: String = change.values().iter().map(|(_, piece)| *piece).collect();
        self.line(change.tag(), &whole, 0);
        self.marks(change);
        self.line_end(&whole);
    }

    fn marks(&mut self, change: &InlineChange<'_, str>) {
        let changed = change.tag() != ChangeTag::Equal;
        // Where all of a line is new there is nothing to point out.
        let marked = change.values().iter().any(|(marked, _)| *marked)
            && change
                .values()
                .iter()
                .any(|(marked, piece)| !marked && !piece.trim().is_empty());
        if !changed || !marked {
            return;
        }
        let mut marks = String::new();
        for (marked, piece) in change.values() {
            let width = visible(piece.trim_end_matches('\n'), true).chars().count();
            marks.extend(std::iter::repeat_n(if *marked { '^' } else { ' ' }, width));
        }
        let marks: String = marks.chars().take(MAX_WIDTH).collect();
        if marks.contains('^') {
            self.push(&format!("?{}", marks.trim_end()));
        }
    }

    fn line(&mut self, tag: ChangeTag, line: &str, from: usize) {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let sign = match tag {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let shown = visible(body, tag != ChangeTag::Equal);
        let length = shown.chars().count();
        let mut text = String::from(sign);
        if from > 0 {
            text.push('…');
        }
        text.extend(shown.chars().skip(from).take(MAX_WIDTH));
        if length > from + MAX_WIDTH {
            let _ = write!(text, "… ({length} characters)");
        }
        self.push(&text);
    }

    fn line_end(&mut self, line: &str) {
        if self.mark_ends && !line.ends_with('\n') {
            self.push("\\ no final newline");
        }
    }

    fn push(&mut self, line: &str) {
        if self.shown >= MAX_SHOWN {
            self.hidden += 1;
            return;
        }
        self.shown += 1;
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// The text with every character that does not show made visible; in a changed line the
/// blanks at its end too.
pub(super) fn visible(text: &str, changed: bool) -> String {
    let body = if changed {
        text.trim_end_matches(' ')
    } else {
        text
    };
    let mut shown: String = body.chars().map(Shown).map(|c| c.to_string()).collect();
    shown.extend(std::iter::repeat_n('·', text.len() - body.len()));
    shown
}

struct Shown(char);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let c = self.0;
        match c {
            '\u{7f}' => f.write_char('␡'),
            // The pictures of control characters stand in their order.
            c if c < ' ' => f.write_char(char::from_u32(0x2400 + u32::from(c)).unwrap_or(c)),
            c if c.is_control() || is_invisible(c) => write!(f, "<U+{:04X}>", u32::from(c)),
            c => f.write_char(c),
        }
    }
}

/// Characters that take no room, turn the direction, or look like a blank.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}
