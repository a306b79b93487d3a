//! Reading any bytes: no panic, and every place lies in the text.

#![no_main]

use gatelang::source::{Sources, Span};
use gatelang::syntax::{parse, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::new();
    let (source, unreadable) = read("plan.gate", bytes, &mut sources);
    let parsed = parse(&source);
    let fits = |span: Span| {
        let range = span.range();
        assert!(source.text().get(range).is_some(), "{span:?}");
    };
    for said in unreadable.iter().chain(&parsed.diagnostics) {
        assert!(said.primary().is_some(), "{said:?}");
        said.labels.iter().for_each(|label| fits(label.span));
        for suggestion in &said.suggestions {
            suggestion.edits.iter().for_each(|edit| fits(edit.span));
        }
    }
    parsed.file.comments.iter().for_each(|span| fits(*span));
    parsed.file.items.iter().for_each(|stmt| fits(stmt.span));
});
