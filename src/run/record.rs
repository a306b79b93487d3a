//! What a run puts on record: entries of the ledger as in-toto statements, and the files
//! beside them.
//!
//! Formats: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>,
//! <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>.

use serde_json::{Value as Json, json};

use super::event::{AttemptFailure, DiagnosticEvent, HoldSummary, Verdict};
use super::manual::SignOff;
use super::mended::Mended;
use super::reuse::Origin;
use crate::plan::{Phase, Plan};
use crate::process::{Exit, Output};
use crate::repo::{Head, Oid, Record};

/// How much of an output's beginning an entry keeps, in bytes.
const HEAD: usize = 8 << 10;
/// How much of its end.
const TAIL: usize = 24 << 10;
/// How much all outputs of an entry may come to, in bytes: with many of them, each is cut
/// shorter.
const ALL: usize = 4 << 20;

/// One judged part of a phase, for the table of the tag and for the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The phase it belongs to.
    pub phase: String,
    /// `scope`, `tasks FILE`, or the name of a gate or a manual check.
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
    /// What was said of it.
    pub told: Vec<Told>,
    /// The commands it ran, in order.
    pub ran: Vec<Ran>,
    /// Where the verdict comes from, when it was not given now.
    pub origin: Option<Origin>,
    /// The person's word that it is, of a manual check.
    pub sign_off: Option<SignOff>,
}

impl Line {
    /// A part of a phase, and how it was judged.
    pub fn new(phase: &str, name: &str, verdict: Verdict) -> Self {
        Self {
            phase: phase.to_owned(),
            name: name.to_owned(),
            verdict,
            reason: None,
            duration_ms: 0,
            regression: false,
            failures: Vec::new(),
            hold: None,
            told: Vec::new(),
            ran: Vec::new(),
            origin: None,
            sign_off: None,
        }
    }

    /// Whether it was judged, and green.
    pub fn is_green(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Pass | Verdict::Reused | Verdict::Flaky
        )
    }
}

/// A diagnostic in short.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    code: &'static str,
    message: String,
    place: Option<String>,
}

impl Told {
    pub fn of(event: &DiagnosticEvent) -> Self {
        let diagnostic = &event.diagnostic;
        Self {
            code: diagnostic.code.as_str(),
            message: diagnostic.message.clone(),
            place: diagnostic.primary().map(|span| event.sources.place(span)),
        }
    }

    fn json(&self) -> Json {
        json!({ "code": self.code, "message": self.message, "place": self.place })
    }
}

/// A command as it was run.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    /// The text for the shell, values in place.
    pub command: String,
    /// How it ended.
    pub exit: Exit,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What it wrote to its standard output.
    pub stdout: Output,
    /// What it wrote to its standard error.
    pub stderr: Output,
}

/// A run as it is put on record.
pub(crate) struct Run<'a> {
    pub plan: &'a Plan,
    pub phase: &'a Phase,
    /// The judged tree.
    pub tree: &'a Oid,
    /// HEAD as the run found it.
    pub head: &'a Head,
    pub lines: &'a [Line],
    /// The lists of tasks that the plan names.
    pub lists: &'a [(String, Vec<u8>)],
    /// `--note`.
    pub note: Option<&'a str>,
    /// What was red in an earlier run and is green now.
    pub mended: &'a [Mended],
}

impl Run<'_> {
    /// The entry of a run that was not sealed: `red`, `blocked`, `waiting`, `green`.
    pub fn judged(&self, event: &str) -> Record {
        let all = event == "green";
        let (gates, files) = self.gates(all);
        let mut predicate = self.facts(event);
        predicate.insert("gates".to_owned(), gates.into());
        self.finish(PHASE_EVENT, predicate, files)
    }

    /// The entry of a sealed phase: a test result, with gate's own fields beside the
    /// standard's. `tag_message` is the message of the tag, less the trailer that names this entry.
    /// The seal fills in `predicate.commit` and `predicate.signed`.
    pub fn sealed(&self, tag_message: Option<&str>) -> Record {
        let named = |wanted: &[Verdict]| -> Vec<String> {
            let wanted = self.lines.iter().filter(|l| wanted.contains(&l.verdict));
            wanted.map(|l| format!("{}/{}", l.phase, l.name)).collect()
        };
        let (gates, files) = self.gates(true);
        let mut predicate = self.facts("sealed");
        let tag = self.phase.tag.as_ref().map(|tag| &tag.name.value);
        for (name, value) in [
            ("result", json!("PASSED")),
            (
                "passedTests",
                json!(named(&[Verdict::Pass, Verdict::Reused])),
            ),
            ("warnedTests", json!(named(&[Verdict::Flaky]))),
            ("failedTests", json!([])),
            ("tag", json!(tag)),
            ("tag_message", json!(tag_message)),
            ("gates", gates.into()),
        ] {
            predicate.insert(name.to_owned(), value);
        }
        self.finish(TEST_RESULT, predicate, files).signed()
    }

    fn facts(&self, event: &str) -> serde_json::Map<String, Json> {
        let mut facts = facts(self.plan, self.phase, event);
        facts.extend(place(self.head));
        if let Some(note) = self.note {
            facts.insert("note".to_owned(), json!(note));
        }
        if !self.mended.is_empty() {
            let mended: Vec<Json> = self.mended.iter().map(Mended::json).collect();
            facts.insert("mended".to_owned(), mended.into());
        }
        facts
    }

    fn finish(
        &self,
        predicate_type: &str,
        predicate: serde_json::Map<String, Json>,
        files: Vec<(String, Vec<u8>)>,
    ) -> Record {
        let mut record = statement(self.plan, self.tree, predicate_type, predicate);
        record.files = files;
        record = with_plan(record, self.plan, self.lists);
        for mended in self.mended {
            record.files.extend(mended.file());
        }
        record
    }

    /// Every judged part, and its outputs as files; of a run that is not green, those of
    /// the parts that are not.
    fn gates(&self, all: bool) -> (Vec<Json>, Vec<(String, Vec<u8>)>) {
        let kept = |line: &Line| all || !line.is_green();
        let outputs = self.lines.iter().filter(|line| kept(line));
        let count = outputs.map(|line| 2 * line.ran.len()).sum::<usize>();
        let bound = ALL / count.max(1);
        let mut files = Vec::new();
        let mut gates = Vec::new();
        for line in self.lines {
            let mut commands = Vec::new();
            for (at, ran) in line.ran.iter().enumerate() {
                let mut output = |name: &str, output: &Output| -> Option<Json> {
                    if output.is_empty() || !kept(line) {
                        return None;
                    }
                    let path = format!("output/{}.{}.{}.{name}", line.phase, line.name, at + 1);
                    let described = json!({
                        "file": path,
                        "bytes": output.total(),
                        "whole": fits(output, bound),
                    });
                    files.push((path, bounded(output, bound)));
                    Some(described)
                };
                commands.push(json!({
                    "command": ran.command,
                    "exit": ran.exit.code(),
                    "signal": ran.exit.signal_name(),
                    "timed_out": ran.exit == Exit::TimedOut,
                    "duration_ms": ran.duration_ms,
                    "stdout": output("stdout", &ran.stdout),
                    "stderr": output("stderr", &ran.stderr),
                }));
            }
            gates.push(json!({
                "phase": line.phase,
                "name": line.name,
                "verdict": line.verdict,
                "reason": line.reason,
                "duration_ms": line.duration_ms,
                "regression": line.regression,
                "failures": line.failures,
                "hold": line.hold,
                "origin": line.origin,
                "sign_off": line.sign_off,
                "diagnostics": line.told.iter().map(Told::json).collect::<Vec<_>>(),
                "commands": commands,
            }));
        }
        (gates, files)
    }
}

/// The entry of a phase that opens: where its change is counted from.
pub(crate) fn opened(
    plan: &Plan,
    phase: &Phase,
    tree: &Oid,
    opened_at: &Oid,
    head: &Head,
    lists: &[(String, Vec<u8>)],
) -> Record {
    let mut predicate = facts(plan, phase, "opened");
    predicate.extend(place(head));
    let base = plan.settings.base.as_ref().map(|base| &base.value);
    predicate.insert("opened_at".to_owned(), json!(opened_at.as_str()));
    predicate.insert("base".to_owned(), json!(base));
    with_plan(statement(plan, tree, PHASE_EVENT, predicate), plan, lists)
}

/// The record with the plan's files beside it, below `plan/`, and the lists of tasks that it
/// names, below `tasks/`.
pub(crate) fn with_plan(record: Record, plan: &Plan, lists: &[(String, Vec<u8>)]) -> Record {
    let record = plan.files.iter().fold(record, |record, file| {
        let path = format!("{PLAN_FOLDER}/{}", file.path);
        record.with_file(path, file.content.to_vec())
    });
    lists.iter().fold(record, |record, (path, text)| {
        record.with_file(format!("{LISTS_FOLDER}/{path}"), text.clone())
    })
}

/// The folder of the lists of tasks beside an entry.
pub(crate) const LISTS_FOLDER: &str = "tasks";

/// The folder of the plan's files beside an entry.
pub(crate) const PLAN_FOLDER: &str = "plan";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
pub(crate) const PHASE_EVENT: &str = "urn:gatelang:phase-event:0.1";

/// A statement about a tree.
pub(crate) fn statement(
    plan: &Plan,
    tree: &Oid,
    predicate_type: &str,
    predicate: serde_json::Map<String, Json>,
) -> Record {
    Record::new(json!({
        "_type": STATEMENT,
        "subject": [{ "name": plan.path, "digest": { "gitTree": tree.as_str() } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    }))
}

/// What every entry says.
pub(crate) fn facts(plan: &Plan, phase: &Phase, event: &str) -> serde_json::Map<String, Json> {
    let given = (!plan.given.is_empty()).then(|| ("params", json!(plan.given)));
    [
        ("event", json!(event)),
        ("phase", json!(phase.name.value)),
        ("number", json!(phase.number)),
        ("configuration", configuration(plan).into()),
        ("tool", tool()),
    ]
    .into_iter()
    .chain(given)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The plan's files, each with its digest.
pub(crate) fn configuration(plan: &Plan) -> Vec<Json> {
    plan.files
        .iter()
        .map(|file| json!({ "name": file.path, "digest": { "sha256": file.sha256 } }))
        .collect()
}

/// Which gate it was.
pub(crate) fn tool() -> Json {
    json!({ "name": "gate", "version": env!("CARGO_PKG_VERSION") })
}

/// Where in the history it happened.
pub(crate) fn place(head: &Head) -> [(String, Json); 2] {
    let commit = head.commit.as_ref().map(Oid::as_str);
    [
        ("head".to_owned(), json!(commit)),
        ("branch".to_owned(), json!(head.branch)),
    ]
}

fn fits(output: &Output, bound: usize) -> bool {
    let kept = output.head().len() + output.tail().len();
    output.omitted() == 0 && kept <= bound.min(HEAD + TAIL)
}

/// An output within its bound: all of it, or its beginning and its end with a line between
/// them that says how much is missing.
fn bounded(output: &Output, bound: usize) -> Vec<u8> {
    let (head, tail) = (output.head(), output.tail());
    if fits(output, bound) {
        return [head, tail].concat();
    }
    // A tail may be empty although the head is too long for an entry.
    let both = [head, tail].concat();
    let bound = bound.min(HEAD + TAIL);
    let first = HEAD.min(bound / 4).min(head.len());
    let last = (bound - first).min(both.len() - first);
    let begin = both.get(..first).unwrap_or_default();
    let end = both.get(both.len() - last..).unwrap_or_default();
    let missing = output.total() - (first + last) as u64;
    let gap = format!("\n… {missing} bytes are left out here …\n");
    [begin, gap.as_bytes(), end].concat()
}
