//! Which edition a file is of, read before the grammar: a file of a newer edition must
//! never look like one full of mistakes.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::EDITION;
use crate::source::{Source, Span};

/// What is wrong with the file's edition, if that forbids reading on.
pub(super) fn refuse(source: &Source) -> Option<Diagnostic> {
    let text = source.text();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let start = at + line.len() - content.len();
        at += line.len();
        if content.starts_with('#') || content.trim().is_empty() {
            continue;
        }
        let rest = content.strip_prefix("edition")?;
        let number = rest.trim_start_matches([' ', '\t']);
        if number.len() == rest.len() {
            return None;
        }
        let start = start + content.len() - number.len();
        let digits = number
            .find(|c: char| !c.is_ascii_digit())
            .map_or(number, |end| number.get(..end).unwrap_or_default());
        // What is no number at all is left to the grammar.
        let year = match digits.parse::<u32>() {
            Ok(year) => year,
            Err(_) if digits.is_empty() => return None,
            Err(_) => u32::MAX,
        };
        return judge(
            year,
            digits,
            Span::new(source.id(), start, start + digits.len()),
        );
    }
    None
}

fn judge(year: u32, written: &str, span: Span) -> Option<Diagnostic> {
    match year.cmp(&EDITION) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(
            Diagnostic::new(
                Code::NEWER_EDITION,
                format!(
                    "edition {written} needs a newer gate; this one knows editions up to {EDITION}"
                ),
                span,
            )
            .help("update gate"),
        ),
        std::cmp::Ordering::Less => Some(
            Diagnostic::new(
                Code::UNKNOWN_EDITION,
                format!("there never was an edition {written}"),
                span,
            )
            .fix(
                format!("write `{EDITION}`"),
                Applicability::Unsafe,
                span,
                EDITION.to_string(),
            ),
        ),
    }
}
