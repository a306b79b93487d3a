//! Makes text from outside harmless: names, paths and output may hold escape codes that
//! move the cursor, rewrite what was printed or hide text.

use std::borrow::Cow;

/// The text as a person would have seen it at a terminal: without escape sequences, and of a
/// line that was drawn over (`10 %\r20 %`) the last state. Other control characters, bidi
/// controls and invisible marks are shown as a visible stand-in. Newlines and tabs stay;
/// `\r\n` becomes `\n`.
#[must_use]
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let last = line.split('\r').rfind(|part| !part.is_empty());
        push_without_escapes(&mut out, last.unwrap_or_default());
    }
    Cow::Owned(out)
}

/// [`sanitise`] for what must stay on one line: a newline and a tab become a blank.
#[must_use]
pub fn sanitise_line(text: &str) -> Cow<'_, str> {
    let clean = sanitise(text);
    if clean.contains(['\n', '\t']) {
        return Cow::Owned(clean.replace(['\n', '\t'], " "));
    }
    clean
}

/// The text with all that is in it visible: nothing is taken for an escape sequence, nothing
/// is dropped. For what a person wrote, such as a command.
#[must_use]
pub fn reveal(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let show = |c| if c == '\n' { c } else { visible(c, true) };
    Cow::Owned(text.chars().map(show).collect())
}

/// A character as it may be shown: itself, or a stand-in of one column.
pub(crate) fn visible(c: char, unicode: bool) -> char {
    if !is_unsafe(c) && c != '\n' {
        return c;
    }
    match c {
        _ if !unicode => '?',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

fn is_safe(text: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
    // Nearly always; the rest is looked at closely.
    text.as_bytes().iter().all(plain) || !text.chars().any(|c| c != '\n' && is_unsafe(c))
}

fn is_unsafe(c: char) -> bool {
    match c {
        '\t' => false,
        '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{61c}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control(),
    }
}

/// Drops whole escape sequences; what is left of others stays, to be made visible: it must
/// not take with it what follows.
fn push_without_escapes(out: &mut String, line: &str) {
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, sequence) = rest.split_at(at);
        out.extend(before.chars().map(|c| visible(c, true)));
        let length = escape_length(sequence).unwrap_or_else(|| {
            out.push(visible('\u{1b}', true));
            1
        });
        rest = sequence.get(length..).unwrap_or_default();
    }
    out.extend(rest.chars().map(|c| visible(c, true)));
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
            match (bell, string_end(body)) {
                (Some(bell), Some(string)) => Some(bell.min(string)),
                (bell, string) => bell.or(string),
            }
        }
        // DCS, SOS, PM and APC: up to ESC \.
        b'P' | b'X' | b'^' | b'_' => string_end(text.get(2..)?),
        // Three characters: charsets.
        b'(' | b')' => (bytes.len() > 2 && text.is_char_boundary(3)).then_some(3),
        // Two: save, reset and the like.
        0x30..=0x7e => Some(2),
        _ => None,
    }
}

/// Where a string of a terminal's ends, two bytes before it counted.
fn string_end(body: &str) -> Option<usize> {
    body.find("\u{1b}\\").map(|at| at + 4)
}
