//! What `gate verify` proved: for people, and as JSON.

use serde_json::{Value, json};

use super::style::{Ink, Style};
use crate::diagnostic::WireDiagnostic;
use crate::plan::Plan;
use crate::repo::{Oid, Signature};
use crate::run::{Cover, PhaseProof, Proof, Verification};
use crate::sanitise::sanitise_line as sanitise;

/// The version of the document.
pub const SCHEMA: u32 = 1;

/// A line for each phase, one for each commit of a range, and what it comes to.
#[must_use]
pub fn table(plan: &Plan, verification: &Verification, style: Style) -> String {
    let mut out = vec![super::title(plan, style), String::new()];
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let phases = &verification.phases;
    let name_width = width(&mut phases.iter().map(|proof| proof.phase.chars().count()));
    let tags = || phases.iter().filter_map(|proof| proof.tag.as_ref());
    let tag_width = width(&mut tags().map(|tag| tag.chars().count()));
    for proof in phases {
        let (glyph, word) = match (proof.state, proof.ok) {
            (Proof::Sealed, true) => (style.paint(Ink::Good, style.pick("✓", "+")), "sealed"),
            (Proof::Open, true) => (style.paint(Ink::Dim, style.pick("·", ".")), "not sealed"),
            (Proof::Elsewhere, _) => (
                style.paint(Ink::Dim, style.pick("·", ".")),
                "on another branch",
            ),
            (_, false) => (style.paint(Ink::Bad, style.pick("✗", "x")), "does not hold"),
        };
        let name = format!("{:<name_width$}", proof.phase);
        let tag = sanitise(proof.tag.as_deref().unwrap_or_default()).into_owned();
        let commit = proof.commit.as_ref().map_or("", Oid::short);
        let line = format!(
            "  {glyph} {}  {tag:<tag_width$}  {commit:<7}  {word}{}",
            style.paint(Ink::Bold, name),
            signatures(proof)
        );
        out.push(line.trim_end().to_owned());
    }
    if !verification.commits.is_empty() {
        out.push(String::new());
    }
    for commit in &verification.commits {
        let (glyph, word) = match &commit.cover {
            Cover::Sealed { phase } => (
                style.paint(Ink::Good, style.pick("✓", "+")),
                format!("sealed by {phase}"),
            ),
            Cover::Covered { phase, .. } => (
                style.paint(Ink::Dim, style.pick("·", ".")),
                format!("below the seal of {phase}"),
            ),
            Cover::Open => (
                style.paint(Ink::Bad, style.pick("✗", "x")),
                "no seal".to_owned(),
            ),
        };
        let subject = sanitise(&commit.subject);
        let id = commit.commit.short();
        out.push(format!("  {glyph} {id}  {word}  {subject}"));
    }
    out.push(String::new());
    for text in &verification.unchecked {
        out.push(format!("  not checked: {}", sanitise(text)));
    }
    out.push(format!("  {}", summary(verification)));
    out.join("\n")
}

fn signatures(proof: &PhaseProof) -> String {
    let good = proof
        .signed
        .iter()
        .filter(|signed| matches!(signed.signature, Signature::Good { .. }));
    let parts: Vec<&str> = good.map(|signed| signed.what).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(", signed: {}", parts.join(", "))
    }
}

fn summary(verification: &Verification) -> String {
    let count = |n: usize, one: &str, many: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let sealed = verification
        .phases
        .iter()
        .filter(|proof| proof.state == Proof::Sealed)
        .count();
    let ledger = match verification.entries {
        None => "no ledger here".to_owned(),
        Some(entries) => format!("{} in the ledger", count(entries, "entry", "entries")),
    };
    let findings = verification.findings.len();
    let seals = count(sealed, "seal", "seals");
    if findings > 0 {
        let found = count(findings, "thing does not hold", "things do not hold");
        format!("{found}; {seals}, {ledger}")
    } else if sealed == 0 {
        format!("no phase is sealed here; {ledger}")
    } else {
        let verb = if sealed == 1 { "holds" } else { "hold" };
        format!("{seals} {verb}, {ledger}")
    }
}

/// All of it as one JSON document.
#[must_use]
pub fn document(verification: &Verification) -> Value {
    let findings: Vec<Value> = verification
        .findings
        .iter()
        .map(|finding| {
            let wire = WireDiagnostic::new(&finding.diagnostic, &verification.sources);
            let mut value = json!(wire);
            if let (Value::Object(value), Value::Object(about)) = (&mut value, json!(finding.about))
            {
                value.extend(about);
            }
            value
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "plan": verification.plan,
        "head": verification.head,
        "ok": verification.findings.is_empty(),
        "entries": verification.entries,
        "phases": verification.phases,
        "commits": verification.commits,
        "findings": findings,
        "unchecked": verification.unchecked,
    })
}
