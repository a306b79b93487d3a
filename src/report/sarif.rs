//! SARIF 2.1.0, which code-scanning services and editors read.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Applicability, Code, Diagnostic, Diagnostics, Severity, portable};
use crate::source::{Sources, Span};

use crate::sanitise::sanitise;

/// One log with one run: every diagnostic a result, every code of them a rule.
///
/// Regions count lines and characters from 1, and their ends are exclusive.
#[must_use]
pub fn log(all: &[Diagnostics]) -> String {
    let items = || {
        all.iter()
            .flat_map(|of| of.items.iter().map(move |item| (item, &of.sources)))
    };
    let codes: BTreeSet<Code> = items().map(|(item, _)| item.code).collect();
    let rules: Vec<Json> = codes.iter().copied().map(rule).collect();
    let results: Vec<Json> = items()
        .map(|(item, sources)| result(item, sources, &codes))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "gate",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}")
}

fn rule(code: Code) -> Json {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.summary() },
        "help": {
            "text": format!("{}; `gate explain {code}` tells more", code.summary()),
            "markdown": code.page(),
        },
        "defaultConfiguration": { "level": level(code.severity()) },
        "properties": { "category": code.family().title() },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(item: &Diagnostic, sources: &Sources, codes: &BTreeSet<Code>) -> Json {
    let index = codes.iter().position(|code| *code == item.code);
    let mut result = json!({
        "ruleId": item.code.as_str(),
        "ruleIndex": index,
        "level": level(item.severity),
        "message": { "text": message(item) },
    });
    let Some(fields) = result.as_object_mut() else {
        return result;
    };
    let of = |primary: bool| -> Vec<Json> {
        let labels = item.labels.iter().filter(|label| label.primary == primary);
        labels
            .enumerate()
            .filter_map(|(id, label)| {
                let mut place = json!({ "physicalLocation": place(label.span, sources)? });
                if let Some(place) = place.as_object_mut() {
                    if !label.text.is_empty() {
                        place.insert("message".to_owned(), json!({ "text": label.text }));
                    }
                    if !primary {
                        place.insert("id".to_owned(), json!(id + 1));
                    }
                }
                Some(place)
            })
            .collect()
    };
    fields.insert("locations".to_owned(), Json::Array(of(true)));
    let related = of(false);
    if !related.is_empty() {
        fields.insert("relatedLocations".to_owned(), Json::Array(related));
    }
    let fixes = fixes(item, sources);
    if !fixes.is_empty() {
        fields.insert("fixes".to_owned(), Json::Array(fixes));
    }
    result
}

/// What a reader of the result sees: the sentence, its notes, and the advice.
fn message(item: &Diagnostic) -> String {
    let mut text = item.message.clone();
    for note in &item.notes {
        text.push('\n');
        text.push_str(note);
    }
    for suggestion in &item.suggestions {
        text.push_str("\nhelp: ");
        text.push_str(&suggestion.text);
    }
    sanitise(&text).into_owned()
}

fn fixes(item: &Diagnostic, sources: &Sources) -> Vec<Json> {
    let with_edits = item
        .suggestions
        .iter()
        .filter(|suggestion| !suggestion.edits.is_empty());
    with_edits
        .filter_map(|suggestion| {
            let mut changes: Vec<(Json, Vec<Json>)> = Vec::new();
            for edit in &suggestion.edits {
                let source = sources.get(edit.span.source)?;
                let (span, text) = portable(edit, source);
                let replacement = json!({
                    "deletedRegion": region(span, sources)?,
                    "insertedContent": { "text": text },
                });
                let file = json!({ "uri": uri(source.path()) });
                match changes.iter_mut().find(|(known, _)| *known == file) {
                    Some((_, replacements)) => replacements.push(replacement),
                    None => changes.push((file, vec![replacement])),
                }
            }
            let changes: Vec<Json> = changes
                .into_iter()
                .map(|(file, replacements)| {
                    json!({ "artifactLocation": file, "replacements": replacements })
                })
                .collect();
            Some(json!({
                "description": { "text": suggestion.text },
                "artifactChanges": changes,
                "properties": { "safe": suggestion.applicability == Applicability::Safe },
            }))
        })
        .collect()
}

fn place(span: Span, sources: &Sources) -> Option<Json> {
    let source = sources.get(span.source)?;
    Some(json!({
        "artifactLocation": { "uri": uri(source.path()) },
        "region": region(span, sources)?,
    }))
}

fn region(span: Span, sources: &Sources) -> Option<Json> {
    let (start, end) = sources.get(span.source)?.positions(span);
    Some(json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }))
}

/// A path as a URI reference: what may not stand in one is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if path.starts_with('/') {
        out.insert_str(0, "file://");
    }
    out
}
