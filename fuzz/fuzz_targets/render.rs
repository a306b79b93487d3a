//! Drawing a diagnostic at any places of any text.

#![no_main]

use gatelang::diagnostic::{Applicability, Code, Diagnostic};
use gatelang::report::{snippet, style::Style};
use gatelang::source::{Sources, Span};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<(u32, u32)>, bool, u8)| {
    let (text, places, unicode, width) = input;
    let mut sources = Sources::new();
    let source = sources.add("plan.gate", text);
    let text = source.text();
    let inside = |at: u32| {
        let mut at = at as usize % (text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let spans = places.iter().take(6).map(|(from, to)| {
        let (from, to) = (inside(*from), inside(*to));
        Span::new(source.id(), from.min(to), from.max(to))
    });
    let mut spans = spans.collect::<Vec<_>>().into_iter();
    let Some(first) = spans.next() else { return };
    let mut said = Diagnostic::new(Code::SYNTAX, text.chars().take(40).collect::<String>(), first);
    for span in spans {
        said = said
            .also(span, "and here")
            .fix("write it so", Applicability::Unsafe, span, "other");
    }
    let style = Style {
        color: !unicode,
        unicode,
        width: usize::from(width),
    };
    assert!(!snippet::render(&said, &sources, style).is_empty());
});
