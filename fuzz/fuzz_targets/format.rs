//! What can be read is formatted: it says the same afterwards, and stays as it is when it
//! is formatted once more.

#![no_main]

use gatelang::source::Sources;
use gatelang::syntax::{format, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Sources::new().add("plan.gate", text);
    let parsed = parse(&source);
    if !parsed.diagnostics.is_empty() {
        return;
    }
    let once = format::format(&source, &parsed.file);
    let source = Sources::new().add("plan.gate", once.as_str());
    let again = parse(&source);
    assert!(again.diagnostics.is_empty(), "{once}");
    assert!(format::same_meaning(&parsed.file, &again.file), "{once}");
    assert_eq!(format::format(&source, &again.file), once);
});
