//! The words of a seal: the conventional commit and the annotated tag.

use super::event::Verdict;
use super::judging::GateFacts;
use super::judging::Judging;
use super::record::Line;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::text_of;
use crate::plan::{Commit, Expr, Phase, Plan};
use crate::repo::Oid;

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

/// Characters of a tree's id that the table shows.
const SHORT_TREE: usize = 12;

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
                let told = matches!(line.verdict, Verdict::Skipped | Verdict::Flaky);
                (told || line.hold.is_some()) && line.sign_off.is_none()
            })
            .map_or_else(String::new, |why| format!("  {why}"));
        let from = line.origin.as_ref().map_or_else(String::new, |origin| {
            let tree = origin.tree.get(..SHORT_TREE).unwrap_or(&origin.tree);
            format!("  judged {} on {tree}", origin.at)
        });
        let by = line.sign_off.as_ref().map_or_else(String::new, |sign_off| {
            let note = sign_off.note.as_deref().map(one_line);
            let note = note.map_or_else(String::new, |note| format!(": {note}"));
            format!("  {}{note}", sign_off.told())
        });
        message.push_str(&format!("{}{pad}  {word}{of}{why}{from}{by}\n", line.name));
    }
    let sha = plan.files.first().map_or("", |file| &file.sha256);
    message.push_str(&format!(
        "\nGate-Phase: {}\nGate-Tree: {}\nGate-Plan: {sha}\n",
        phase.name.value,
        tree.as_str(),
    ));
    message
}

/// A text without line ends, which would make trailers of its lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Blocked => "blocked",
        Verdict::Skipped => "skipped",
        Verdict::Reused => "reused",
        Verdict::Flaky => "flaky",
        Verdict::Waiting => "waiting",
    }
}
