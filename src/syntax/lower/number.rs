//! Numbers, durations and sizes.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::Span;
use crate::value::{DURATION_UNITS, SIZE_UNITS};

use super::Lowering;
use crate::syntax::ast::ExprKind;

/// What is wrong with a number: where in it, in words, and a text to put in its place.
struct Wrong {
    at: usize,
    len: usize,
    message: String,
    instead: Option<String>,
}

impl Wrong {
    fn new(at: usize, len: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            len,
            message: message.into(),
            instead: None,
        }
    }
}

impl Lowering<'_> {
    /// A number, duration or size as written.
    pub(super) fn number(&mut self, written: &str, span: Span) -> ExprKind {
        match read(written) {
            Ok(kind) => kind,
            Err(wrong) => {
                {
                    let start = span.start as usize + wrong.at;
                    let place = Span::new(span.source, start, start + wrong.len);
                    let mut diagnostic = Diagnostic::new(Code::BAD_LITERAL, wrong.message, place);
                    if let Some(instead) = wrong.instead {
                        diagnostic = diagnostic.fix(
                            format!("write `{instead}`"),
                            Applicability::Unsafe,
                            place,
                            instead,
                        );
                    }
                    self.report(diagnostic);
                }
                ExprKind::Error
            }
        }
    }
}

fn read(written: &str) -> Result<ExprKind, Wrong> {
    let letters = written.bytes().any(|b| b.is_ascii_alphabetic());
    if !letters {
        return plain(written);
    }
    let pieces = pieces(written);
    let all_durations = pieces
        .iter()
        .all(|(_, _, unit)| DURATION_UNITS.iter().any(|(known, _)| known == unit));
    match pieces.as_slice() {
        [(at, digits, unit)] if SIZE_UNITS.iter().any(|(known, _)| known == unit) => {
            whole(digits, *at, "size")?;
            let factor = SIZE_UNITS
                .iter()
                .find(|(known, _)| known == unit)
                .map_or(1, |(_, factor)| *factor);
            count(digits)
                .and_then(|count| count.checked_mul(factor))
                .map(ExprKind::Size)
                .ok_or_else(|| too_large(written, "size"))
        }
        pieces if all_durations => duration(written, pieces),
        _ => Err(bad_unit(written, &pieces)),
    }
}

fn plain(written: &str) -> Result<ExprKind, Wrong> {
    if let Some(at) = misplaced_underscore(written) {
        return Err(Wrong::new(at, 1, "a `_` stands between two digits only"));
    }
    let digits = written.replace('_', "");
    match digits.matches('.').count() {
        0 => digits
            .parse()
            .map(ExprKind::Int)
            .map_err(|_| too_large(written, "number")),
        1 if written
            .split('.')
            .nth(1)
            .is_some_and(|fraction| !fraction.contains('_')) =>
        {
            digits
                .parse()
                .map(ExprKind::Number)
                .map_err(|_| too_large(written, "number"))
        }
        1 => Err(Wrong::new(
            0,
            written.len(),
            "a fraction is written without `_`",
        )),
        _ => Err(Wrong::new(
            0,
            written.len(),
            "a number has one decimal point; a version is a text and stands in quotes",
        )),
    }
}

fn duration(written: &str, pieces: &[(usize, &str, &str)]) -> Result<ExprKind, Wrong> {
    let mut total: u64 = 0;
    let mut last = usize::MAX;
    for (at, digits, unit) in pieces {
        whole(digits, *at, "duration")?;
        let rank = DURATION_UNITS.iter().position(|(known, _)| known == unit);
        let (rank, factor) = rank
            .and_then(|rank| Some((rank, DURATION_UNITS.get(rank)?.1)))
            .unwrap_or_default();
        if rank >= last {
            return Err(Wrong::new(
                *at,
                digits.len() + unit.len(),
                if rank == last {
                    format!("the unit `{unit}` stands in this duration twice")
                } else {
                    "the units of a duration fall: `1h30m`, not `30m1h`".to_owned()
                },
            ));
        }
        last = rank;
        total = count(digits)
            .and_then(|count| count.checked_mul(factor))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| too_large(written, "duration"))?;
    }
    Ok(ExprKind::Duration(total))
}

/// The digits and the letters after them, with where each pair starts.
fn pieces(written: &str) -> Vec<(usize, &str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = written;
    let mut at = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        pieces.push((at, number, unit));
        at += number.len() + unit.len();
        rest = after;
    }
    pieces
}

fn whole(digits: &str, at: usize, what: &str) -> Result<(), Wrong> {
    if digits.contains('.') {
        return Err(Wrong::new(
            at,
            digits.len(),
            format!("a {what} is a whole number of its unit; take a smaller unit"),
        ));
    }
    match misplaced_underscore(digits) {
        Some(wrong) => Err(Wrong::new(
            at + wrong,
            1,
            "a `_` stands between two digits only",
        )),
        None => Ok(()),
    }
}

fn count(digits: &str) -> Option<u64> {
    digits.replace('_', "").parse().ok()
}

fn misplaced_underscore(digits: &str) -> Option<usize> {
    let bytes = digits.as_bytes();
    bytes.iter().enumerate().position(|(at, byte)| {
        *byte == b'_'
            && !(at
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_some_and(u8::is_ascii_digit)
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    })
}

fn too_large(written: &str, what: &str) -> Wrong {
    Wrong::new(0, written.len(), format!("this {what} is too large"))
}

fn bad_unit(written: &str, pieces: &[(usize, &str, &str)]) -> Wrong {
    let durations: Vec<&str> = DURATION_UNITS.iter().map(|(unit, _)| *unit).collect();
    let sizes: Vec<&str> = SIZE_UNITS.iter().map(|(unit, _)| *unit).collect();
    let odd = pieces
        .iter()
        .find(|(_, _, unit)| !durations.contains(unit) && !unit.is_empty())
        .or_else(|| pieces.first());
    let Some((at, digits, unit)) = odd else {
        return Wrong::new(0, written.len(), "this is no number");
    };
    if unit.is_empty() || sizes.contains(unit) || unit.starts_with('_') {
        return Wrong::new(0, written.len(), "this is no number, duration or size");
    }
    let long = match unit.to_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "day" | "days" => Some("d"),
        "msec" | "millis" => Some("ms"),
        "k" | "kb" => Some("KB"),
        "g" | "gb" => Some("GB"),
        "t" | "tb" => Some("TB"),
        "mb" => Some("MB"),
        _ => durations
            .iter()
            .chain(&sizes)
            .find(|known| known.eq_ignore_ascii_case(unit))
            .copied(),
    };
    let mut wrong = Wrong::new(
        at + digits.len(),
        unit.len(),
        format!(
            "there is no unit `{unit}`; durations have `ms s m h d`, sizes `B KB MB GB TB KiB MiB GiB TiB`"
        ),
    );
    wrong.instead = long.map(str::to_owned);
    wrong
}

/// The unit that a word after a number stands for.
pub(super) fn unit_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => SIZE_UNITS.iter().find(|(unit, _)| *unit == word)?.0,
    })
}
