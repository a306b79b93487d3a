//! Why a verdict would be taken again, or would not: `gate show --why`.

use super::phrase::{count, duration, moment, origin};
use super::style::{Ink, Style};
use crate::run::{Answer, Difference, DifferenceKind, Mode, SCHEMA, Verdict, Why};
use crate::sanitise::sanitise_line;

/// Changed things that are listed; the rest are counted.
const LISTED: usize = 40;

/// Characters of a value that are shown.
const SHOWN: usize = 72;

/// One JSON document.
#[must_use]
pub fn document(why: &Why) -> String {
    let mut json = serde_json::json!({ "schema": SCHEMA });
    if let (Some(all), Ok(serde_json::Value::Object(fields))) =
        (json.as_object_mut(), serde_json::to_value(why))
    {
        all.extend(fields);
    }
    format!("{json:#}")
}

/// For people.
#[must_use]
pub fn lines(why: &Why, style: Style) -> String {
    let name = format!("{}/{}", why.phase, why.gate);
    let (word, ink) = match why.answer {
        Answer::Hit => ("reused", Ink::Good),
        Answer::Miss => ("judged anew", Ink::Warn),
        Answer::Never => ("always judged", Ink::Info),
    };
    let mut all = vec![format!(
        "{}  {}: {}",
        style.paint(Ink::Bold, sanitise_line(&name)),
        style.paint(ink, word),
        sanitise_line(&why.reason)
    )];
    let mut fact = |name: &str, value: &str| {
        let name = style.paint(Ink::Dim, format!("{name:<8}"));
        all.push(format!("  {name}  {value}"));
    };
    if let Some(green) = &why.green {
        fact("green", &origin(green));
    }
    if let Some(last) = &why.last {
        let mode = match last.mode {
            Mode::Run => "run",
            Mode::Try => "try",
        };
        let tree: String = last.tree.chars().take(7).collect();
        fact(
            "last",
            &format!(
                "{} at {} by gate {mode} on {}, {}",
                verdict(last.verdict),
                moment(&last.at),
                sanitise_line(&tree),
                duration(last.duration_ms)
            ),
        );
    }
    if why.key.is_some() {
        let globs = why.inputs.as_ref().map(|globs| globs.join(", "));
        let globs = globs.map_or("the whole tree".to_owned(), |globs| {
            sanitise_line(&globs).into_owned()
        });
        fact("inputs", &format!("{globs} ({})", count(why.files, "file")));
    }
    if let Some(green) = &why.since {
        all.push(String::new());
        let tree: String = green.tree.chars().take(7).collect();
        all.push(format!(
            "  since its last green, at {} on {}:",
            moment(&green.at),
            sanitise_line(&tree)
        ));
    }
    for difference in why.differences.iter().take(LISTED) {
        all.push(format!("  {}", changed(difference, style)));
    }
    if why.differences.len() > LISTED {
        let more = count(why.differences.len() - LISTED, "more change");
        all.push(format!("  {more}"));
    }
    all.join("\n")
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Blocked => "blocked",
        Verdict::Skipped => "skipped",
        Verdict::Reused => "reused",
        Verdict::Flaky => "flaky",
        Verdict::Waiting => "waiting",
    }
}

fn changed(difference: &Difference, style: Style) -> String {
    let input = difference.kind == DifferenceKind::Input;
    let value = |text: &Option<String>| match text {
        Some(text) if input => entry(text),
        Some(text) => shown(text),
        None if input => "not there".to_owned(),
        None => "not set".to_owned(),
    };
    let kind = match difference.kind {
        DifferenceKind::Input => "input",
        DifferenceKind::Definition => "gate",
        DifferenceKind::Value => "value",
        DifferenceKind::Environment => "env",
        DifferenceKind::Tool => "tool",
        DifferenceKind::System => "system",
    };
    let arrow = style.pick("→", "->");
    let (old, new) = (value(&difference.old), value(&difference.new));
    // Of a digest or a long text only the beginning is shown, and that may be the same.
    let values = if old == new {
        "another value".to_owned()
    } else {
        format!("{old} {arrow} {new}")
    };
    let kind = style.paint(Ink::Dim, format!("{kind:<6}"));
    format!("{kind}  {}  {values}", sanitise_line(&difference.name))
}

/// `100644 ID` in short: the mode only where it says something.
fn entry(text: &str) -> String {
    let (mode, id) = text.split_once(' ').unwrap_or(("", text));
    let id: String = id.chars().take(7).collect();
    let id = sanitise_line(&id);
    match mode {
        "100755" => format!("{id} (executable)"),
        "120000" => format!("{id} (link)"),
        "160000" => format!("{id} (submodule)"),
        _ => id.into_owned(),
    }
}

fn shown(text: &str) -> String {
    if text.starts_with("\"sha256 ") || text.starts_with("sha256 ") {
        return "another value".to_owned();
    }
    let line = sanitise_line(text);
    if line.chars().count() <= SHOWN {
        return line.into_owned();
    }
    let start: String = line.chars().take(SHOWN).collect();
    format!("{start}…")
}
