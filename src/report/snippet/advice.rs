//! What stands below the source: notes, advice and the line as a fix would leave it.

use std::ops::Range;

use crate::diagnostic::Edit;
use crate::report::style::{Ink, Style};
use crate::sanitise::sanitise;
use crate::source::Sources;

use super::window::{Window, floor, width_beside};

/// Lines of a suggestion that are shown.
const MAX_SUGGESTED_LINES: usize = 4;

/// `= note: …`; further lines are indented, lines of a diff coloured.
pub(super) fn push_note(
    out: &mut String,
    word: &str,
    ink: Ink,
    text: &str,
    gutter: usize,
    style: Style,
) {
    let text = sanitise(text);
    let blanks = " ".repeat(gutter + 1);
    let sign = style.paint(Ink::Frame, "=");
    let word = style.paint(ink, word);
    let mut lines = text.trim_end_matches('\n').split('\n');
    let first = lines.next().unwrap_or_default();
    push_line(out, &format!("{blanks}{sign} {word}: {first}"));
    for line in lines {
        let ink = match line.as_bytes().first() {
            Some(b'+') => Some(Ink::Added),
            Some(b'-') => Some(Ink::Removed),
            _ => None,
        };
        let line = ink.map_or(line.into(), |ink| style.paint(ink, line));
        push_line(out, &format!("{blanks}    {line}"));
    }
}

/// The line as it would be after an edit within one line.
pub(super) fn push_edit(
    out: &mut String,
    edit: &Edit,
    sources: &Sources,
    gutter: usize,
    style: Style,
) {
    let Some(source) = sources.get(edit.span.source) else {
        return;
    };
    let text = source.text();
    let start = floor(text, edit.span.start as usize);
    let end = floor(text, edit.span.end as usize).max(start);
    if text.get(start..end).is_none_or(|old| old.contains('\n')) {
        return;
    }
    let number = source.position(start).line;
    let line = source.line_span(number);
    let (from, to) = (line.start as usize, line.end as usize);
    // Past the final newline there is no line to show.
    let (Some(before), Some(after)) = (text.get(from..start), text.get(end..to)) else {
        return;
    };
    let result = format!("{before}{}{after}", edit.replacement);
    let new = before.len()..before.len() + edit.replacement.len();
    let width = width_beside(gutter, style.width);
    let mut at = 0;
    if result.trim().is_empty() {
        return;
    }
    push_line(out, &frame_bar(gutter, style));
    for (index, shown) in result.split('\n').enumerate().take(MAX_SUGGESTED_LINES) {
        let start = new.start.clamp(at, at + shown.len()) - at;
        let end = new.end.clamp(at, at + shown.len()) - at;
        at += shown.len() + 1;
        let window = Window::new(shown, start..end, width, style.unicode);
        let (mark_start, mark_end) = (window.offset(start), window.offset(end));
        let part = |range: Range<usize>| window.text.get(range).unwrap_or_default();
        let number = format!(
            "{:>gutter$} {}",
            number as usize + index,
            style.pick('│', '|')
        );
        let added = part(mark_start..mark_end);
        push_line(
            out,
            &format!(
                "{} {}{}{}",
                style.paint(Ink::Frame, number),
                part(0..mark_start),
                style.paint(Ink::Added, added),
                part(mark_end..window.text.len())
            ),
        );
        if !added.trim().is_empty() {
            let blanks = " ".repeat(part(0..mark_start).chars().count());
            let marks = "+".repeat(added.chars().count());
            let marks = style.paint(Ink::Added, marks);
            push_line(
                out,
                &format!("{} {blanks}{marks}", frame_bar(gutter, style)),
            );
        }
    }
}

pub(super) fn frame_bar(gutter: usize, style: Style) -> String {
    let bar = style.paint(Ink::Frame, style.pick("│", "|"));
    format!("{}{bar}", " ".repeat(gutter + 1))
}

pub(super) fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}
