//! Makes text from outside harmless: names, paths and output may hold escape codes that
//! move the cursor, rewrite what was printed or hide text.

use std::borrow::Cow;

/// The text without escape sequences; other control characters, bidi controls and invisible
/// marks are shown as a visible stand-in. Newlines and tabs stay; `\r\n` becomes `\n`, and of
/// a line that was drawn over (`10 %\r20 %`) the last state stays.
#[must_use]
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_unsafe(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = line.rsplit('\r').next().unwrap_or(line);
        push_without_escapes(&mut out, line);
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

fn is_unsafe(c: char) -> bool {
    match c {
        '\t' => false,
        '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{061c}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => true,
        _ => c.is_control(),
    }
}

fn push_without_escapes(out: &mut String, line: &str) {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                // Parameters and intermediates, then one final character.
                while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                chars.next_if(|c| matches!(c, '@'..='~'));
            }
            ('\u{1b}', Some(']')) => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            ('\u{1b}', Some('(' | ')')) => {
                chars.next();
                chars.next();
            }
            _ => out.push(visible(c, true)),
        }
    }
}
