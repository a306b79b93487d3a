//! The words of a seal: the conventional commit, the annotated tag, the ledger's entry.

use serde_json::{Value as Json, json};

use super::event::{AttemptFailure, HoldSummary, Verdict};
use super::judging::GateFacts;
use super::judging::Judging;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::text_of;
use crate::plan::{Commit, Expr, Phase, Plan};
use crate::repo::{Oid, Record};

/// One judged part of a phase, for the table of the tag and for the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The phase it belongs to.
    pub phase: String,
    /// `scope`, `tasks FILE`, or the gate's name.
    pub name: String,
    /// How it was judged.
    pub verdict: Verdict,
    /// Why it was skipped or is flaky, or what it held.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether it is an earlier phase's.
    pub regression: bool,
    /// The attempts that were not green.
    pub failures: Vec<AttemptFailure>,
    /// What its `hold` came to.
    pub hold: Option<HoldSummary>,
}

/// The commit's message: `type(scope)!: subject`, body, footers.
///
/// # Errors
/// Where a text has no value now, or the subject comes out empty.
pub(crate) fn commit(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
) -> Result<String, Box<Diagnostic>> {
    let Some(commit) = &phase.commit else {
        return Ok(format!("chore({}): {}\n", phase.name.value, phase.title));
    };
    let text = |expr: &Expr| text(judging, index, expr);
    let subject = text(&commit.subject)?;
    let subject = subject.trim();
    if subject.is_empty() || subject.contains('\n') {
        return Err(Box::new(
            Diagnostic::new(
                Code::BAD_COMMIT,
                "the commit's subject must be one line that is not empty",
                commit.subject.span,
            )
            .help("put further lines into `body`"),
        ));
    }
    let mut message = format!("{}: {subject}\n", head(commit));
    if let Some(body) = &commit.body {
        message.push_str(&format!("\n{}\n", text(body)?.trim_end()));
    }
    let mut footers = Vec::new();
    if let Some(breaking) = &commit.breaking {
        footers.push(format!("BREAKING CHANGE: {}", text(breaking)?.trim()));
    }
    for (name, value) in &commit.trailers {
        footers.push(format!("{name}: {}", text(value)?.trim()));
    }
    if !footers.is_empty() {
        message.push_str(&format!("\n{}\n", footers.join("\n")));
    }
    Ok(message)
}

fn head(commit: &Commit) -> String {
    let scope = commit
        .scope
        .as_ref()
        .map_or_else(String::new, |scope| format!("({scope})"));
    let bang = if commit.breaking.is_some() { "!" } else { "" };
    format!("{}{scope}{bang}", commit.ty)
}

fn text(judging: &Judging<'_>, phase: usize, expr: &Expr) -> Result<String, Box<Diagnostic>> {
    let (locals, results) = Default::default();
    let facts = GateFacts {
        judging,
        phase,
        locals: &locals,
        results: &results,
    };
    text_of(expr, &facts).map_err(|fault| Box::new(fault.diagnostic()))
}

/// The tag's first lines: its `message`, or the phase's title.
///
/// # Errors
/// Where the message has no value now.
pub(crate) fn tag_title(
    judging: &Judging<'_>,
    index: usize,
    phase: &Phase,
) -> Result<String, Box<Diagnostic>> {
    match phase.tag.as_ref().and_then(|tag| tag.message.as_ref()) {
        Some(message) => text(judging, index, message),
        None => Ok(format!("Phase {}: {}", phase.number, phase.title)),
    }
}

/// The tag's message: title, table of verdicts, trailers. The seal adds the trailer that
/// names the ledger's entry.
pub(crate) fn tag(title: &str, lines: &[Line], plan: &Plan, phase: &Phase, tree: &Oid) -> String {
    let width = lines
        .iter()
        .map(|line| line.name.chars().count())
        .max()
        .unwrap_or(0);
    let mut message = format!("{}\n\n", title.trim_end());
    for line in lines {
        let word = word(line.verdict);
        let pad = " ".repeat(width - line.name.chars().count());
        let of = if line.regression {
            format!("  (phase {})", line.phase)
        } else {
            String::new()
        };
        let why = line
            .reason
            .as_ref()
            .filter(|_| {
                matches!(line.verdict, Verdict::Skipped | Verdict::Flaky) || line.hold.is_some()
            })
            .map_or_else(String::new, |why| format!("  {why}"));
        message.push_str(&format!("{}{pad}  {word}{of}{why}\n", line.name));
    }
    let sha = plan.files.first().map_or("", |file| &file.sha256);
    message.push_str(&format!(
        "\nGate-Phase: {}\nGate-Tree: {}\nGate-Plan: {sha}\n",
        phase.name.value,
        tree.as_str(),
    ));
    message
}

/// The entry of a sealed phase: an in-toto Statement v1 about the judged tree, of
/// predicate `test-result/v0.1`, with gate's own fields beside the standard's. The seal
/// fills in `predicate.commit`.
///
/// Formats: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>,
/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>.
pub(crate) fn sealed(lines: &[Line], plan: &Plan, phase: &Phase, tree: &Oid) -> Record {
    let named = |wanted: &[Verdict]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| wanted.contains(&line.verdict))
            .map(|line| format!("{}/{}", line.phase, line.name))
            .collect()
    };
    let gates: Vec<Json> = lines
        .iter()
        .map(|line| {
            json!({
                "phase": line.phase,
                "name": line.name,
                "verdict": line.verdict,
                "reason": line.reason,
                "duration_ms": line.duration_ms,
                "regression": line.regression,
                "failures": line.failures,
                "hold": line.hold,
            })
        })
        .collect();
    let statement = json!({
        "_type": STATEMENT,
        "subject": [{ "name": plan.path, "digest": { "gitTree": tree.as_str() } }],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": "PASSED",
            "configuration": configuration(plan),
            "passedTests": named(&[Verdict::Pass, Verdict::Reused]),
            "warnedTests": named(&[Verdict::Flaky]),
            "failedTests": [],
            "event": "sealed",
            "phase": phase.name.value,
            "number": phase.number,
            "gates": gates,
            "tool": tool(),
        },
    });
    Record::new(statement).signed()
}

/// The entry of a phase that opens: where its change is counted from, and the plan as it
/// was then, every file of it below `plan/`.
pub(crate) fn opened(plan: &Plan, phase: &Phase, tree: &Oid, opened_at: &Oid) -> Record {
    let statement = json!({
        "_type": STATEMENT,
        "subject": [{ "name": plan.path, "digest": { "gitTree": tree.as_str() } }],
        "predicateType": "urn:gatelang:phase-event:0.1",
        "predicate": {
            "event": "opened",
            "phase": phase.name.value,
            "number": phase.number,
            "opened_at": opened_at.as_str(),
            "base": plan.settings.base.as_ref().map(|base| &base.value),
            "configuration": configuration(plan),
            "tool": tool(),
        },
    });
    with_plan(Record::new(statement), plan)
}

/// The record with the plan's files beside it, below `plan/`.
pub(crate) fn with_plan(record: Record, plan: &Plan) -> Record {
    plan.files.iter().fold(record, |record, file| {
        record.with_file(
            format!("{PLAN_FOLDER}/{}", file.path),
            file.content.to_vec(),
        )
    })
}

/// The folder of the plan's files beside an entry.
pub(crate) const PLAN_FOLDER: &str = "plan";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

fn configuration(plan: &Plan) -> Vec<Json> {
    plan.files
        .iter()
        .map(|file| json!({ "name": file.path, "digest": { "sha256": file.sha256 } }))
        .collect()
}

fn tool() -> Json {
    json!({ "name": "gate", "version": env!("CARGO_PKG_VERSION") })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Blocked => "blocked",
        Verdict::Skipped => "skipped",
        Verdict::Reused => "reused",
        Verdict::Flaky => "flaky",
    }
}
