//! Checking any bytes as a plan, a used file beside it: no panic, places in their texts,
//! and either a plan or an error.

#![no_main]

use gatelang::analysis::{Given, analyse};
use gatelang::diagnostic::MAX_DIAGNOSTICS;
use gatelang::source::MemoryLoader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = MemoryLoader::new()
        .with("plan.gate", bytes)
        .with("brand.gate", "let word = \"x\"\ncheck ok() {\n  $ true\n}\n");
    let analysis = analyse("plan.gate", &files, &Given::default());
    let said = &analysis.diagnostics;
    assert!(said.items.len() <= MAX_DIAGNOSTICS);
    assert_ne!(analysis.plan.is_some(), said.has_errors());
    for item in &said.items {
        for label in &item.labels {
            let source = said.sources.get(label.span.source).expect("a file");
            assert!(source.text().get(label.span.range()).is_some(), "{item:?}");
        }
    }
});
