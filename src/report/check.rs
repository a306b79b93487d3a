//! What `gate check` says to people.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

use super::phrase::count;
use super::snippet;
use super::style::{Ink, Style};
use crate::sanitise::sanitise_line;

/// What a plan or a library holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Phases.
    pub phases: usize,
    /// Gates of all phases.
    pub gates: usize,
    /// Reusable checks of its own.
    pub checks: usize,
}

/// Every diagnostic in full, an empty line after each.
#[must_use]
pub fn render_all(diagnostics: &Diagnostics, style: Style) -> String {
    let mut out = String::new();
    for item in &diagnostics.items {
        out.push_str(&snippet::render(item, &diagnostics.sources, style));
        out.push('\n');
    }
    out
}

/// The last line, without a newline: `plan.gate: 2 errors, 1 warning`, or
/// `plan.gate: ok · 3 phases, 12 gates`. `tally` is none where the plan could not be loaded.
#[must_use]
pub fn summary(
    plan: &str,
    tally: Option<Tally>,
    diagnostics: &[Diagnostic],
    style: Style,
) -> String {
    let of = |severity| {
        diagnostics
            .iter()
            .filter(|item| item.severity == severity)
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let plan = sanitise_line(plan);
    let warned = || style.paint(Ink::Warn, count(warnings, "warning"));
    if errors > 0 {
        let errors = style.paint(Ink::Bad, count(errors, "error"));
        return match warnings {
            0 => format!("{plan}: {errors}"),
            _ => format!("{plan}: {errors}, {}", warned()),
        };
    }
    let dot = style.pick("·", "-");
    let mut line = format!("{plan}: {}", style.paint(Ink::Good, "ok"));
    let tally = tally.unwrap_or_default();
    let parts: Vec<String> = [
        (tally.phases, "phase"),
        (tally.gates, "gate"),
        (tally.checks, "check"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, noun)| count(number, noun))
    .collect();
    if !parts.is_empty() {
        line.push_str(&format!(" {dot} {}", parts.join(", ")));
    }
    if warnings > 0 {
        line.push_str(&format!(" {dot} {}", warned()));
    }
    line
}
