//! A diagnostic in full: header, the source with its labels, notes and advice.
//!
//! The source is drawn by ariadne, and nothing outside this file names it. It is given only
//! the lines that are shown, already harmless and cut (`window`), because it panics inside
//! a character, drops labels past the end, counts lines by other separators than git and
//! prints long lines whole. Its header and foot are dropped and ours put in their place.

mod advice;
mod canvas;
mod places;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use ariadne::{CharSet, Color, Config, IndexType, Report, ReportKind};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

use super::style::{Ink, Style};
use crate::sanitise::sanitise_line;
use advice::{frame_bar, push_edit, push_line, push_note};
use canvas::Cell;
use places::{Group, Place, focuses, groups, gutter_width};
use window::{Window, width_beside};

/// Stand-ins for the text of a label that has none: ariadne underlines only what has one.
const NO_TEXT: char = '\u{e000}';
const NO_TEXT_LINES: char = '\u{e001}';

/// The diagnostic as text of several lines, each ended by a newline.
///
/// Spans are cut to what exists, labels of unknown sources are left out.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let (groups, left_out) = groups(diagnostic, sources);
    let gutter = gutter_width(&groups);
    let mut out = header(diagnostic, style);
    for (index, group) in groups.iter().enumerate() {
        draw_group(
            &mut out,
            group,
            index == 0,
            gutter,
            diagnostic.severity,
            style,
        );
    }
    let mut notes = Vec::new();
    if left_out > 0 {
        notes.push(format!(
            "{} more not shown",
            super::phrase::count(left_out, "place")
        ));
    }
    notes.extend(diagnostic.notes.iter().cloned());
    let any_after = !notes.is_empty() || !diagnostic.suggestions.is_empty();
    if any_after && !groups.is_empty() {
        push_line(&mut out, &frame_bar(gutter, style));
    }
    for note in &notes {
        push_note(&mut out, "note", Ink::Bold, note, gutter, style);
    }
    for suggestion in &diagnostic.suggestions {
        push_note(&mut out, "help", Ink::Info, &suggestion.text, gutter, style);
        if let [edit] = suggestion.edits.as_slice() {
            push_edit(&mut out, edit, sources, gutter, style);
        }
    }
    out
}

/// `error[E0201]: message`.
fn header(diagnostic: &Diagnostic, style: Style) -> String {
    let (word, ink) = match diagnostic.severity {
        Severity::Error => ("error", Ink::Bad),
        Severity::Warning => ("warning", Ink::Warn),
        Severity::Note => ("note", Ink::Info),
    };
    let head = format!("{word}[{}]", diagnostic.code);
    let message = format!(": {}", sanitise_line(&diagnostic.message));
    format!(
        "{}{}\n",
        style.paint(ink, head),
        style.paint(Ink::Bold, message)
    )
}

fn draw_group(
    out: &mut String,
    group: &Group<'_>,
    first: bool,
    gutter: usize,
    severity: Severity,
    style: Style,
) {
    let corner = if first {
        style.pick("╭─[", ",-[")
    } else {
        style.pick("├─[", "|-[")
    };
    if !first {
        push_line(out, &frame_bar(gutter, style));
    }
    let (line, column) = group.at;
    let place = format!("{}:{line}:{column}", sanitise_line(group.source.path()));
    let blanks = " ".repeat(gutter + 1);
    push_line(
        out,
        &format!(
            "{blanks}{} {place} {}",
            style.paint(Ink::Frame, corner),
            style.paint(Ink::Frame, "]")
        ),
    );
    push_line(out, &frame_bar(gutter, style));
    let view = View::new(group, gutter, style);
    let rows = without_empty_labels(view.draw(group, severity, style), style);
    for row in rows {
        let number = row
            .number
            .map_or(String::new(), |number| number.to_string());
        let mut cells = canvas::inked(&format!("{number:>gutter$} "), Ink::Frame);
        cells.extend(row.cells);
        canvas::write(out, &cells, style);
        out.push('\n');
    }
}

/// The lines of one source that are shown, as a text of their own.
struct View {
    text: String,
    /// For each line of `text` its number in the source; none for a gap.
    numbers: Vec<Option<u32>>,
    /// For each shown line its offset in `text`, its span's start in the source, its window.
    lines: BTreeMap<u32, (usize, usize, Window)>,
}

impl View {
    fn new(group: &Group<'_>, gutter: usize, style: Style) -> Self {
        let width = width_beside(gutter, style.width);
        let mut view = Self {
            text: String::new(),
            numbers: Vec::new(),
            lines: BTreeMap::new(),
        };
        for (line, focus) in focuses(group, width) {
            match view.numbers.last() {
                Some(Some(last)) if *last + 1 < line => {
                    view.numbers.push(None);
                    view.text.push('\n');
                }
                _ => {}
            }
            let span = group.source.line_span(line);
            let start = span.start as usize;
            let whole = group.source.slice(span);
            let window = Window::new(whole, focus, width, style.unicode);
            let at = view.text.len();
            view.text.push_str(&window.text);
            // The blank gives a label at the line's end something to stand under.
            view.text.push_str(" \n");
            view.numbers.push(Some(line));
            view.lines.insert(line, (at, start, window));
        }
        view
    }

    /// Where a byte of the source, on the given line, is in the view.
    fn offset(&self, line: u32, byte: usize) -> usize {
        self.lines.get(&line).map_or(0, |(at, start, window)| {
            at + window.offset(byte.saturating_sub(*start))
        })
    }

    /// A place's range in the view, at least one character wide.
    fn range(&self, place: &Place<'_>) -> Range<usize> {
        let start = self.offset(place.first_line, place.bytes.start);
        let end = self.offset(place.last_line, place.bytes.end);
        if end > start {
            return start..end;
        }
        let next = self.text.get(start..).and_then(|rest| rest.chars().next());
        start..start + next.map_or(0, char::len_utf8)
    }

    /// Lets ariadne draw, and takes its rows apart.
    fn draw(&self, group: &Group<'_>, severity: Severity, style: Style) -> Vec<Row> {
        let config = Config::default()
            .with_index_type(IndexType::Byte)
            .with_char_set(style.pick(CharSet::Unicode, CharSet::Ascii))
            .with_color(true);
        let mut report = Report::build(ReportKind::Error, 0..0).with_config(config);
        for place in &group.places {
            let one_line = place.first_line == place.last_line;
            let text = sanitise_line(&place.label.text).replace([NO_TEXT, NO_TEXT_LINES], "");
            let empty = text.is_empty();
            let text = match (empty, one_line) {
                (true, true) => NO_TEXT.to_string(),
                (true, false) => NO_TEXT_LINES.to_string(),
                (false, _) => text,
            };
            // Labels must come by line, or ariadne starts a new frame; those without text
            // come first on their line, so that no other's arrow crosses the removed row.
            let line = self
                .numbers
                .iter()
                .position(|n| *n == Some(place.last_line));
            let order = 2 * line.unwrap_or(0) + usize::from(!empty);
            report.add_label(
                ariadne::Label::new(self.range(place))
                    .with_message(text)
                    .with_order(i32::try_from(order).unwrap_or(i32::MAX))
                    .with_priority(i32::from(place.label.primary))
                    .with_color(label_color(place.label.primary, severity)),
            );
        }
        let mut drawn = Vec::new();
        let source = ariadne::Source::from(self.text.as_str());
        // Writing into memory does not fail.
        let _ = report.finish().write(&source, &mut drawn);
        self.rows(&String::from_utf8_lossy(&drawn))
    }

    fn rows(&self, drawn: &str) -> Vec<Row> {
        let mut lines: Vec<Vec<Cell>> = drawn.lines().map(canvas::cells).collect();
        lines.pop(); // the foot
        // Message, place and an empty row stand above the first line of source.
        let margin = lines
            .get(1)
            .and_then(|line| line.iter().position(|cell| cell.character != ' '))
            .unwrap_or(0);
        lines
            .into_iter()
            .skip(3)
            .map(|mut line| {
                let rest = line.split_off(margin.min(line.len()));
                let digits: String = line.iter().map(|cell| cell.character).collect();
                let index = digits.trim().parse::<usize>().ok();
                Row {
                    number: index
                        .and_then(|index| self.numbers.get(index.checked_sub(1)?).copied())
                        .flatten(),
                    cells: rest.into_iter().map(recolor).collect(),
                }
            })
            .collect()
    }
}

/// A row of the drawn snippet, from the frame's bar on.
struct Row {
    number: Option<u32>,
    cells: Vec<Cell>,
}

/// Takes out the arrows of labels that have no text: their underline is enough.
fn without_empty_labels(rows: Vec<Row>, style: Style) -> Vec<Row> {
    let corner = style.pick('╰', '`');
    let line = style.pick('─', '^');
    let mut kept: Vec<Row> = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(mut row) = rows.next() {
        let used = row
            .cells
            .iter()
            .rposition(|cell| cell.character != ' ')
            .map_or(0, |last| last + 1);
        row.cells.truncate(used);
        match row.cells.last().map(|cell| cell.character) {
            Some(NO_TEXT) if row.number.is_none() => {
                let column = row.cells.iter().rposition(|cell| cell.character == corner);
                clear_arrow(&mut kept, column.unwrap_or(usize::MAX), line);
                rows.next_if(|next| only_stems(next, style.pick('│', '|')));
            }
            Some(NO_TEXT_LINES) if row.number.is_none() => {
                if !close_at_source(&mut kept, &row, style) {
                    row.cells.pop();
                    kept.push(row);
                }
            }
            _ => kept.push(row),
        }
    }
    kept
}

/// Ends the bracket of a label over several lines at its last line of source instead of the
/// row below; false where another label of that line stands in between.
fn close_at_source(rows: &mut Vec<Row>, end: &Row, style: Style) -> bool {
    let corner = style.pick('╰', '`');
    let stem = style.pick('│', '|');
    let Some(column) = end.cells.iter().position(|cell| cell.character == corner) else {
        return false;
    };
    let [.., source, stems] = rows.as_mut_slice() else {
        return false;
    };
    // Brackets of wider labels may stand to its left, nothing to its right.
    let only_brackets = only_stems(stems, stem) && stems.cells.len() == column + 1;
    if source.number.is_none() || !only_brackets {
        return false;
    }
    if let Some(cell) = source.cells.get_mut(column) {
        cell.character = corner;
    }
    rows.pop();
    true
}

/// Whether a row only leads from an underline down to the next arrow.
fn only_stems(row: &Row, stem: char) -> bool {
    let mut marks = row.cells.iter().skip(1).map(|cell| cell.character);
    row.number.is_none()
        && marks.clone().any(|mark| mark == stem)
        && marks.all(|mark| mark == stem || mark == ' ')
}

/// Takes an arrow's stem out of the rows above, up to the underline it hangs from.
fn clear_arrow(rows: &mut Vec<Row>, column: usize, line: char) {
    for index in (0..rows.len()).rev() {
        let under_source = index
            .checked_sub(1)
            .and_then(|above| rows.get(above))
            .is_some_and(|above| above.number.is_some());
        let Some(row) = rows.get_mut(index) else {
            break;
        };
        if row.number.is_some() {
            break;
        }
        if let Some(cell) = row.cells.get_mut(column) {
            cell.character = if under_source { line } else { ' ' };
        }
        if under_source {
            break;
        }
        let empty = |cells: &[Cell]| cells.iter().skip(1).all(|cell| cell.character == ' ');
        if empty(&row.cells) {
            rows.remove(index);
        }
    }
}

fn label_color(primary: bool, severity: Severity) -> Color {
    match (primary, severity) {
        (false, _) => Color::Blue,
        (true, Severity::Error) => Color::Red,
        (true, Severity::Warning) => Color::Yellow,
        (true, Severity::Note) => Color::Cyan,
    }
}

/// Ariadne's colours in our inks: its greys are hard to read on a light terminal.
fn recolor(cell: Cell) -> Cell {
    let color = match cell.color.as_str() {
        "38;5;246" | "38;5;240" => Ink::Frame.code(),
        "31" => Ink::Bad.code(),
        "33" => Ink::Warn.code(),
        "36" => Ink::Info.code(),
        "34" => Ink::Frame.code(),
        _ => "",
    };
    Cell {
        color: color.to_owned(),
        ..cell
    }
}
