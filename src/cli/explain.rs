//! `gate explain`.

use clap::Args;

use super::output::Output;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::page;
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code, such as `E0201`, or how codes begin, such as `E02`; by default all are listed
    code: Option<String>,
}

/// `gate explain`: 0, or 2 where there is no such code.
pub(super) fn explain(args: &ExplainArgs, output: &Output) -> i32 {
    let wanted = wanted(args.code.as_deref().unwrap_or_default());
    if let Some(code) = Code::parse(&wanted) {
        output.line(&page::page(code.page(), output.out));
        return 0;
    }
    let list = page::codes(&wanted, output.out);
    if !list.is_empty() {
        output.line(&list);
        let more = "`gate explain CODE` tells more of one, with an example and its mend";
        output.line(&format!("\n{more}"));
        return 0;
    }
    let diagnostic = Diagnostic::unplaced(
        Code::UNKNOWN_CODE,
        format!("there is no code `{}`", wanted.trim()),
    );
    output.complain(&advise(diagnostic, &wanted), &Sources::new());
    2
}

/// The code within what was pasted: `e0201`, `[E0201]`, `error[E0201]:`.
fn wanted(text: &str) -> String {
    let inner = text.split_once('[').map_or(text, |(_, rest)| rest);
    let inner = inner.split(']').next().unwrap_or(inner);
    inner.trim().trim_end_matches(':').to_uppercase()
}

/// Names the nearest codes: of few edits, then of the same letter, then of a near number.
fn advise(diagnostic: Diagnostic, wanted: &str) -> Diagnostic {
    let number = |code: &str| -> i64 {
        code.trim_start_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .unwrap_or(i64::MAX / 2)
    };
    let mut near: Vec<(usize, bool, i64, &str)> = Code::all()
        .map(|code| {
            let code = code.as_str();
            (
                strsim::damerau_levenshtein(wanted, code),
                code.chars().next() != wanted.chars().next(),
                (number(code) - number(wanted)).abs(),
                code,
            )
        })
        .filter(|(edits, ..)| *edits <= 2)
        .collect();
    near.sort_unstable();
    let best = near.first().map(|(edits, other, ..)| (*edits, *other));
    let names: Vec<String> = near
        .iter()
        .filter(|(edits, other, ..)| Some((*edits, *other)) == best)
        .take(3)
        .map(|(.., code)| format!("`{code}`"))
        .collect();
    match names.as_slice() {
        [] => diagnostic.help("`gate explain` lists them all"),
        [only] => diagnostic.help(format!("did you mean {only}?")),
        [first @ .., last] => {
            diagnostic.help(format!("did you mean {} or {last}?", first.join(", ")))
        }
    }
}
