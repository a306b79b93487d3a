//! `set +e` takes away what makes a line fail when a part of it does.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};

use super::command::Segment;
use super::look::Look;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for (_, line) in look.commands() {
        let segments = line.segments();
        let mut on_again: HashMap<&str, usize> = HashMap::new();
        for (at, segment) in segments.iter().enumerate() {
            on_again.extend(
                switched(segment, '-')
                    .into_iter()
                    .map(|option| (option, at)),
            );
        }
        for (at, segment) in segments.iter().enumerate() {
            for option in switched(segment, '+') {
                if on_again.get(option).is_some_and(|again| *again > at) {
                    continue;
                }
                let message = match option {
                    "errexit" => "from here on a command may fail and the line goes on",
                    _ => "from here on a pipeline is green when its last command is",
                };
                let span = line.words_place(segment, 0, segment.words.len());
                found.push(
                    Diagnostic::new(Code::GOES_ON, message, span).help(
                        "make a step of each command, and judge its exit with `expect exit …`",
                    ),
                );
            }
        }
    }
}

/// Those of `errexit` and `pipefail` that a `set` switches, on with `-` and off with `+`.
fn switched(segment: &Segment, sign: char) -> Vec<&'static str> {
    let mut words = segment.words.iter().map(String::as_str);
    if words.next() != Some("set") {
        return Vec::new();
    }
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix(sign) else {
            continue;
        };
        if letters.contains('e') {
            found.push("errexit");
        }
        if letters.ends_with('o') {
            match words.next() {
                Some("errexit") => found.push("errexit"),
                Some("pipefail") => found.push("pipefail"),
                _ => {}
            }
        }
    }
    found
}
