//! One phase on the terminal: its rows, what was folded into one, and its result.

use std::collections::{BTreeSet, HashMap};

use crate::report::phrase::{count, duration};
use crate::report::style::{Ink, Style};
use crate::run::{Counts, DiagnosticEvent, Verdict};

/// What is known of the phase that is being judged.
#[derive(Debug, Default)]
pub(super) struct PhaseView {
    pub(super) scope_failed: bool,
    pub(super) tasks_failed: bool,
    /// Manual checks that a person signed off.
    pub(super) signed_off: usize,
    /// Manual checks that a person found red.
    pub(super) manual_failed: usize,
    /// Whether the tree was not what it had been, when all was judged.
    pub(super) tree_changed: bool,
    pub(super) earlier: Earlier,
    /// Shown after the list, in order.
    pub(super) held: Vec<DiagnosticEvent>,
    name_width: usize,
    /// Of each gate that holds, the tenth that was last told.
    tenths: HashMap<String, u64>,
}

/// One line of the list.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    verdict: Verdict,
    /// Said in place of the verdict, where it is not the last word.
    word: Option<&'static str>,
    time: Option<u64>,
    detail: String,
}

impl Row {
    pub(super) fn new(name: &str, verdict: Verdict, time: Option<u64>, detail: String) -> Self {
        Self {
            name: name.to_owned(),
            verdict,
            word: None,
            time,
            detail,
        }
    }

    /// An attempt that is made again.
    pub(super) fn again(name: &str, verdict: Verdict, time: u64, detail: String) -> Self {
        Self {
            word: Some("again"),
            ..Self::new(name, verdict, Some(time), detail)
        }
    }

    /// A beat that was green.
    pub(super) fn holds(name: &str, time: u64, detail: String) -> Self {
        Self {
            word: Some("holds"),
            ..Self::new(name, Verdict::Pass, Some(time), detail)
        }
    }
}

/// Earlier phases' gates that are still green.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    counts: Counts,
    phases: BTreeSet<String>,
}

impl Earlier {
    pub(super) fn add(&mut self, phase: &str, verdict: Verdict) {
        self.counts.add(verdict);
        self.phases.insert(phase.to_owned());
    }

    /// The one line for all of them; none where there are none.
    pub(super) fn row(&self) -> Option<Row> {
        let total = self.counts.total();
        if total == 0 {
            return None;
        }
        let mut detail = format!(
            "{} of {} still green",
            count(total, "gate"),
            count(self.phases.len(), "earlier phase")
        );
        let special = [(self.counts.reused, "reused"), (self.counts.flaky, "flaky")];
        let special: Vec<String> = special
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        if !special.is_empty() {
            detail.push_str(&format!(" ({})", special.join(", ")));
        }
        let verdict = if self.counts.reused == total {
            Verdict::Reused
        } else {
            Verdict::Pass
        };
        Some(Row::new("earlier", verdict, None, detail))
    }
}

/// The end of a phase.
pub(super) struct Finished<'a> {
    pub(super) phase: &'a str,
    pub(super) verdict: Verdict,
    pub(super) duration_ms: u64,
    pub(super) counts: Counts,
}

/// The narrowest column of names.
const MIN_NAME: usize = 10;

impl PhaseView {
    /// Makes room for a name that will come.
    pub(super) fn widen(&mut self, name: &str) {
        self.name_width = self.name_width.max(name.chars().count());
    }

    /// Whether a gate's hold has come to a tenth that was not told yet.
    pub(super) fn is_new_tenth(&mut self, name: &str, held_ms: u64, hold_ms: u64) -> bool {
        let tenth = held_ms.saturating_mul(10).checked_div(hold_ms).unwrap_or(0);
        let told = self.tenths.entry(name.to_owned()).or_default();
        let new = tenth > *told;
        *told = tenth;
        new
    }

    /// A row as text: mark, name, verdict, time, detail.
    pub(super) fn line(&mut self, row: &Row, style: Style) -> String {
        self.widen(&row.name);
        let (mark, word, ink) = words(row.verdict, style);
        let word = row.word.unwrap_or(word);
        let time = row.time.map_or(String::new(), duration);
        let name = format!("{:<1$}", row.name, self.name_width.max(MIN_NAME));
        let detail = match row.verdict {
            Verdict::Pass | Verdict::Reused => style.paint(Ink::Dim, row.detail.as_str()),
            _ => row.detail.as_str().into(),
        };
        let start = format!("{} {name}", style.paint(ink, mark));
        let word = style.paint(ink, format!("{word:<7}"));
        let line = format!("  {start}  {word}  {time:>8}  {detail}");
        line.trim_end().to_owned()
    }

    /// `RED      proto-nats: 1 failed, 5 passed · 1.4 s`.
    pub(super) fn result(&self, finished: &Finished<'_>, style: Style) -> String {
        let (word, ink) = match finished.verdict {
            Verdict::Fail => ("RED", Ink::Bad),
            Verdict::Blocked => ("BLOCKED", Ink::Warn),
            Verdict::Waiting => ("WAITING", Ink::Warn),
            _ => ("GREEN", Ink::Good),
        };
        let counts = finished.counts;
        let mut parts = Vec::new();
        if self.scope_failed {
            parts.push("scope failed".to_owned());
        }
        if self.tasks_failed {
            parts.push("tasks failed".to_owned());
        }
        if self.manual_failed > 0 {
            parts.push(format!(
                "{} failed",
                count(self.manual_failed, "manual check")
            ));
        }
        if self.tree_changed {
            parts.push("tree changed".to_owned());
        }
        let numbers = [
            (counts.fail, "failed"),
            (counts.blocked, "blocked"),
            (counts.pass, "passed"),
            (counts.flaky, "flaky"),
            (counts.reused, "reused"),
            (counts.skipped, "skipped"),
            (counts.waiting, "waiting"),
        ];
        parts.extend(
            numbers
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, word)| format!("{number} {word}")),
        );
        if self.signed_off > 0 {
            parts.push(format!("{} signed off", self.signed_off));
        }
        if parts.is_empty() {
            parts.push("no gate to judge".to_owned());
        }
        format!(
            "{}  {}: {} {} {}",
            style.paint(ink, format!("{word:<7}")),
            finished.phase,
            parts.join(", "),
            style.pick("·", "-"),
            duration(finished.duration_ms)
        )
    }
}

/// Mark, word and ink of a verdict.
fn words(verdict: Verdict, style: Style) -> (&'static str, &'static str, Ink) {
    match verdict {
        Verdict::Pass => (style.pick("✓", "+"), "passed", Ink::Good),
        Verdict::Fail => (style.pick("✗", "x"), "failed", Ink::Bad),
        Verdict::Blocked => ("!", "blocked", Ink::Warn),
        Verdict::Skipped => (style.pick("↷", ">"), "skipped", Ink::Info),
        Verdict::Reused => (style.pick("≡", "="), "reused", Ink::Good),
        Verdict::Flaky => (style.pick("≈", "~"), "flaky", Ink::Warn),
        Verdict::Waiting => ("?", "waiting", Ink::Warn),
    }
}
