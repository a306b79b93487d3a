//! A terminal's output as an SVG.

use std::fmt::Write as _;

const CHAR: f64 = 8.43;
const LINE: f64 = 19.0;
const MARGIN: f64 = 20.0;

/// How a piece of text is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Look {
    color: Option<&'static str>,
    bold: bool,
    dim: bool,
}

impl Look {
    /// Takes the codes of an escape `ESC [ … m`.
    fn take(&mut self, codes: &str) {
        for code in codes.split(';').map(|code| code.parse().unwrap_or(0_u32)) {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                22 => (self.bold, self.dim) = (false, false),
                30..=37 | 90..=97 => self.color = Some(basic(code % 10)),
                39 => self.color = None,
                _ => {}
            }
        }
    }
}

fn basic(code: u32) -> &'static str {
    [
        "#6c7086", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#cdd6f4",
    ]
    .get(code as usize)
    .copied()
    .unwrap_or("#cdd6f4")
}

/// Draws the text with its colours.
pub fn draw(text: &str) -> String {
    let lines: Vec<Vec<(Look, String)>> = pieces(text);
    let columns = lines
        .iter()
        .map(|line| {
            line.iter()
                .map(|(_, text)| text.chars().count())
                .sum::<usize>()
        })
        .max()
        .unwrap_or(0);
    let width = columns as f64 * CHAR + 2.0 * MARGIN;
    let height = lines.len() as f64 * LINE + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#1e1e2e\"/>\n"
    );
    for (at, line) in lines.iter().enumerate() {
        let y = MARGIN + (at as f64 + 0.8) * LINE;
        let _ = write!(
            out,
            "<text x=\"{MARGIN}\" y=\"{y:.1}\" fill=\"#cdd6f4\" xml:space=\"preserve\">"
        );
        for (look, text) in line {
            let mut style = String::new();
            if let Some(color) = look.color {
                let _ = write!(style, " fill=\"{color}\"");
            }
            if look.bold {
                style.push_str(" font-weight=\"bold\"");
            }
            if look.dim {
                style.push_str(" opacity=\"0.6\"");
            }
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            if style.is_empty() {
                out.push_str(&text);
            } else {
                let _ = write!(out, "<tspan{style}>{text}</tspan>");
            }
        }
        out.push_str("</text>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// The lines of a text in pieces of one look each.
fn pieces(text: &str) -> Vec<Vec<(Look, String)>> {
    let mut look = Look::default();
    text.lines()
        .map(|line| {
            let mut pieces: Vec<(Look, String)> = Vec::new();
            let mut parts = line.split("\u{1b}[");
            let mut add = |look: Look, text: &str| {
                if text.is_empty() {
                    return;
                }
                match pieces.last_mut() {
                    Some((last, known)) if *last == look => known.push_str(text),
                    _ => pieces.push((look, text.to_owned())),
                }
            };
            add(look, parts.next().unwrap_or_default());
            for part in parts {
                let (codes, rest) = part.split_once('m').unwrap_or((part, ""));
                look.take(codes);
                add(look, rest);
            }
            pieces
        })
        .collect()
}
