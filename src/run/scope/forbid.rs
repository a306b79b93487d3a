//! `forbid`: what no added line may hold.

use globset::GlobMatcher;

use super::Texts;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Forbidden;
use crate::repo::Change;
use crate::run::globs::matcher;
use crate::source::{Span, Spanned};
use crate::value::Value;

/// How many offences one `forbid` lists one by one.
const OFFENCES: usize = 100;

/// What an added line is searched for.
enum Needle {
    Word(Vec<u8>),
    Regex(regex::bytes::Regex),
}

impl Needle {
    /// The first match in a line, as bytes.
    fn find(&self, line: &[u8]) -> Option<(usize, usize)> {
        match self {
            Self::Regex(regex) => regex.find(line).map(|found| (found.start(), found.end())),
            Self::Word(word) => find_word(line, word),
        }
    }
}

/// The first occurrence of `word` whose ends are no part of a longer word. An end that is
/// no word character itself needs no border.
fn find_word(line: &[u8], word: &[u8]) -> Option<(usize, usize)> {
    let is_word = |text: &str, last: bool| {
        let c = if last {
            text.chars().next_back()
        } else {
            text.chars().next()
        };
        c.is_some_and(|c| c.is_alphanumeric() || c == '_')
    };
    let text = String::from_utf8_lossy(word);
    let (first_is_word, last_is_word) = (is_word(&text, false), is_word(&text, true));
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| {
        rest.windows(word.len().max(1))
            .position(|window| window == word)
    }) {
        let (start, end) = (from + at, from + at + word.len());
        let before = String::from_utf8_lossy(line.get(..start).unwrap_or_default());
        let after = String::from_utf8_lossy(line.get(end..).unwrap_or_default());
        let free =
            !(first_is_word && is_word(&before, true) || last_is_word && is_word(&after, false));
        if free {
            return Some((start, end));
        }
        from = start + 1;
    }
    None
}

pub(super) fn forbid(
    pattern: &Spanned<Forbidden>,
    within: &[Spanned<String>],
    changes: &[Change],
    texts: &mut Texts<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let (needle, shown) = match &pattern.value {
        Forbidden::Word(word) => (
            Some(Needle::Word(word.clone().into_bytes())),
            format!("the word `{word}`"),
        ),
        Forbidden::Regex(regex) => (
            regex.compile_bytes().ok().map(Needle::Regex),
            format!("what `{}` matches", Value::Regex(regex.clone())),
        ),
    };
    let Some(needle) = needle else { return };
    let globs: Vec<GlobMatcher> = within.iter().filter_map(|g| matcher(&g.value)).collect();
    let mut listed = 0;
    let mut more = 0;
    for change in changes {
        let Some(path) = &change.new else { continue };
        if !globs.is_empty() && !globs.iter().any(|glob| glob.is_match(path.as_path())) {
            continue;
        }
        for added in &change.added {
            let Some((start, end)) = needle.find(&added.text) else {
                continue;
            };
            if listed == OFFENCES {
                more += 1;
                continue;
            }
            listed += 1;
            let message = format!("an added line of `{}` holds {shown}", path.to_str_lossy());
            let diagnostic = match texts(change) {
                Some(file) => {
                    // Bytes that are no UTF-8 were replaced when the text was read: the
                    // place is then the line.
                    let line = file.line_span(added.line);
                    let exact = file.slice(line).as_bytes() == added.text.as_slice();
                    let span = if exact {
                        let base = line.start as usize;
                        Span::new(file.id(), base + start, base + end)
                    } else {
                        line
                    };
                    Diagnostic::new(Code::FORBIDDEN, message, span)
                        .here("added by this phase")
                        .also(pattern.span, "forbidden here")
                }
                None => Diagnostic::new(Code::FORBIDDEN, message, pattern.span)
                    .here("forbidden here")
                    .note(format!("in line {}", added.line)),
            };
            found.push(diagnostic.help("take it out and stage the file again"));
        }
    }
    if more > 0
        && let Some(last) = found.pop()
    {
        found.push(last.note(format!("and {more} more such lines")));
    }
}

#[cfg(test)]
mod tests {
    use super::find_word;

    #[test]
    fn a_word_is_whole_where_its_ends_are_word_characters() {
        let find = |line: &str, word: &str| find_word(line.as_bytes(), word.as_bytes());
        assert_eq!(find("a TODO b", "TODO"), Some((2, 6)));
        assert_eq!(find("TODOS TODO", "TODO"), Some((6, 10)));
        assert_eq!(find("aTODO", "TODO"), None);
        assert_eq!(find("todo", "TODO"), None);
        assert_eq!(find("x = foo();", "foo("), Some((4, 8)));
        assert_eq!(find("foo(bar", "foo("), Some((0, 4)));
        assert_eq!(find("éTODO", "TODO"), None);
    }
}
