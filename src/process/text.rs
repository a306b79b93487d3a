//! Making foreign text safe to show.

use std::fmt::Write as _;

/// The text with everything visible that a terminal would act upon: escape sequences and
/// other control characters but newline and tab, and what changes the direction of text or
/// hides in it.
#[must_use]
pub fn sanitise(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(c),
            // Unicode has a picture for each of these.
            '\0'..='\u{1f}' => safe.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => safe.push('\u{2421}'),
            _ if is_hidden(c) => {
                // Writing to a string does not fail.
                let _ = write!(safe, "<U+{:04X}>", c as u32);
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// C1 controls, and what reorders or breaks lines unseen.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{e0000}'..='\u{e007f}')
}

/// A line as a person would have seen it at a terminal: of what overwrote itself with `\r`
/// only the last, without colours and other escape sequences, the rest made visible.
pub(super) fn shown_line(line: &str) -> String {
    let last = line
        .split('\r')
        .rfind(|part| !part.is_empty())
        .unwrap_or("");
    sanitise(&without_escapes(last))
}

/// Drops well-formed escape sequences; what is left of others stays, to be made visible.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, sequence) = rest.split_at(at);
        plain.push_str(before);
        let length = escape_length(sequence).unwrap_or_else(|| {
            plain.push('\u{1b}');
            1
        });
        rest = sequence.get(length..).unwrap_or("");
    }
    plain.push_str(rest);
    plain
}

/// The length of the escape sequence at the start; none where it isn't a whole one.
fn escape_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.get(1)? {
        // CSI: parameters, intermediates, one final byte.
        b'[' => {
            let last = bytes
                .iter()
                .skip(2)
                .position(|b| !(0x20..=0x3f).contains(b))?
                + 2;
            (0x40..=0x7e).contains(bytes.get(last)?).then_some(last + 1)
        }
        // OSC (titles, links): up to BEL or ESC \.
        b']' => {
            let body = text.get(2..)?;
            let bell = body.find('\u{7}').map(|at| at + 3);
            let string = body.find("\u{1b}\\").map(|at| at + 4);
            match (bell, string) {
                (Some(bell), Some(string)) => Some(bell.min(string)),
                (bell, string) => bell.or(string),
            }
        }
        // Two and three characters: charset, save, reset.
        b'(' | b')' => (bytes.len() > 2 && text.is_char_boundary(3)).then_some(3),
        0x30..=0x7e => Some(2),
        _ => None,
    }
}
