//! Values as literal text for the shell.

use crate::value::Value;

/// Words that are syntax where a command begins.
pub(super) const RESERVED: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
];

/// A text as one word outside of quotes, quoted only where it must be; of an empty text `''`.
#[must_use]
pub fn quote_word(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    format!("'{}'", quote_single(text))
}

/// As [`quote_bare`], each word in quotes even where it could do without.
#[must_use]
pub fn quote_glued(value: &Value) -> Option<String> {
    let quoted = |text: String| format!("'{}'", quote_single(&text));
    match value {
        Value::List(items) => {
            let words: Option<Vec<_>> = items.iter().map(|item| item.text().map(quoted)).collect();
            words.map(|words| words.join(" "))
        }
        value => value.text().map(quoted),
    }
}

/// A text inside `"…"`, directly after `$name`, which must not go on in it.
#[must_use]
pub fn quote_after_name(text: &str) -> String {
    format!("\"\"{}", quote_double(text))
}

/// A text inside a comment: its line ends would end the comment.
#[must_use]
pub fn quote_comment(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A value outside of quotes: a text is one word, a list a word for each element (of an
/// empty list nothing). None where the value or an element has no text.
#[must_use]
pub fn quote_bare(value: &Value) -> Option<String> {
    match value {
        Value::List(items) => {
            let words: Option<Vec<_>> = items
                .iter()
                .map(|item| item.text().map(|text| quote_word(&text)))
                .collect();
            words.map(|words| words.join(" "))
        }
        other => other.text().map(|text| quote_word(&text)),
    }
}

/// A text inside `"…"`.
#[must_use]
pub fn quote_double(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '"' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text inside `'…'`.
#[must_use]
pub fn quote_single(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// Whether a text means itself wherever a word may stand.
fn is_plain(text: &str) -> bool {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    !text.is_empty()
        && text.bytes().all(harmless)
        && !RESERVED.contains(&text)
        && !is_assignment(text)
        && !is_operator(text)
}

/// `a=b`, and what would be one after letters typed before it.
fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// `-f`, `-eq`: operators of `[[ ]]` and options of `time`, all of them short.
fn is_operator(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| {
        rest == "-" || (rest.len() <= 2 && rest.bytes().all(|b| b.is_ascii_alphabetic()))
    })
}
