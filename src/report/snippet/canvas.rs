//! Rows of coloured characters: what a drawn snippet is taken apart into and put together from.

use crate::report::style::{Ink, Style};

/// A character and the colour it was drawn in, as the parameters of the escape code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) character: char,
    pub(super) color: String,
}

/// Takes a line with escape codes for colours apart.
pub(super) fn cells(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut color = String::new();
    let mut chars = line.chars();
    while let Some(character) = chars.next() {
        if character != '\u{1b}' {
            cells.push(Cell {
                character,
                color: color.clone(),
            });
            continue;
        }
        let code: String = chars.by_ref().skip(1).take_while(|c| *c != 'm').collect();
        if code == "0" || code.is_empty() {
            color.clear();
        } else {
            color = code;
        }
    }
    cells
}

/// Writes cells as text, colours in runs; blanks at the end are dropped.
pub(super) fn write(out: &mut String, cells: &[Cell], style: Style) {
    let used = cells
        .iter()
        .rposition(|cell| !cell.character.is_whitespace())
        .map_or(0, |last| last + 1);
    let cells = cells.get(..used).unwrap_or(cells);
    for run in cells.chunk_by(|a, b| a.color == b.color) {
        let text: String = run.iter().map(|cell| cell.character).collect();
        match run.first().map(|cell| cell.color.as_str()) {
            Some(color) if style.color && !color.is_empty() => {
                out.push_str(&format!("\u{1b}[{color}m{text}\u{1b}[0m"));
            }
            _ => out.push_str(&text),
        }
    }
}

/// `text` in one ink.
pub(super) fn inked(text: &str, ink: Ink) -> Vec<Cell> {
    text.chars()
        .map(|character| Cell {
            character,
            color: ink.code().to_owned(),
        })
        .collect()
}
