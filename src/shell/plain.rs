//! Command lines of plain words: what every shell makes the same of, and no shell is needed
//! for.

use super::quote::RESERVED;

/// The builtins of bash: what they do to the shell nobody else can.
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// The words of a line that is one simple command of plain and quoted words, as bash would
/// pass them to a program. None where bash might do anything else with it: expand, redirect,
/// assign, run a builtin or a keyword. `true` and `false` alone are told, though they are
/// builtins: the programs of that name do the same.
#[must_use]
pub fn plain_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    // The word being read; `None` between words.
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            // A last line end ends the command; what follows another is a command more.
            '\n' if chars.peek().is_none() => words.extend(word.take()),
            '\'' => single(&mut chars, word.get_or_insert_default())?,
            '"' => double(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next()? {
                // The line goes on.
                '\n' => {}
                c if is_control(c) || !c.is_ascii() => return None,
                c => word.get_or_insert_default().push(c),
            },
            'A'..='Z'
            | 'a'..='z'
            | '0'..='9'
            | '_'
            | '@'
            | '%'
            | '+'
            | ':'
            | ','
            | '.'
            | '/'
            | '-'
            | '=' => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    let name: &String = words.first()?;
    let known = BUILTINS.contains(&name.as_str()) || RESERVED.contains(&name.as_str());
    let alone = words.len() == 1 && (name == "true" || name == "false");
    (!name.is_empty() && !name.contains('=') && (!known || alone)).then_some(words)
}

/// The inside of `'…'`, its end included.
fn single(chars: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '\'' => return Some(()),
            c if is_control(c) => return None,
            c => word.push(c),
        }
    }
}

/// The inside of `"…"`, its end included.
fn double(chars: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '$' | '`' => return None,
            '\\' => match chars.next()? {
                c @ ('$' | '`' | '"' | '\\') => word.push(c),
                '\n' => {}
                c if is_control(c) => return None,
                c => word.extend(['\\', c]),
            },
            c if is_control(c) => return None,
            c => word.push(c),
        }
    }
}

/// What bash marks things with inside, and what it was never meant to read.
fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}
