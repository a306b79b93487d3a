//! The phases of a plan and where one is: `gate status` for people.

use super::style::{Ink, Style};
use crate::analysis::lock::Amendment;
use crate::plan::{Phase, Plan};
use crate::repo::CutOff;
use crate::run::PhaseState;
use crate::sanitise::sanitise_line as sanitise;

/// A phase with its state.
pub struct PhaseLine<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// Its state.
    pub state: &'a PhaseState,
}

/// A line a phase, what of the plan under lock was changed, what the ledger lost, and what
/// comes next.
#[must_use]
pub fn table(
    plan: &Plan,
    lines: &[PhaseLine<'_>],
    pending: &[Amendment],
    cut_off: Option<&CutOff>,
    style: Style,
) -> String {
    let mut out = vec![super::title(plan, style), String::new()];
    let name_width = lines
        .iter()
        .map(|line| line.phase.name.value.chars().count())
        .max()
        .unwrap_or(0);
    let title_width = lines
        .iter()
        .map(|line| line.phase.title.chars().count())
        .max()
        .unwrap_or(0);
    let number_width = lines.len().to_string().len();
    for line in lines {
        let (glyph, word) = match line.state {
            PhaseState::Sealed { .. } => (style.paint(Ink::Good, style.pick("✓", "+")), "sealed"),
            PhaseState::Open => (style.paint(Ink::Bold, style.pick("▶", ">")), "open"),
            PhaseState::Locked => (style.paint(Ink::Dim, style.pick("·", ".")), "locked"),
        };
        let phase = line.phase;
        let name = format!("{:<name_width$}", phase.name.value);
        let about = match line.state {
            PhaseState::Sealed { commit, .. } => {
                let tag = phase
                    .tag
                    .as_ref()
                    .map(|tag| format!("  {}", tag.name.value));
                let shown = format!("{}{}", commit.short(), tag.unwrap_or_default());
                style.paint(Ink::Dim, shown).into_owned()
            }
            _ => String::new(),
        };
        let text = format!(
            "  {glyph} {:>number_width$} {}  {word:<6}  {:<title_width$}  {about}",
            phase.number,
            style.paint(Ink::Bold, name),
            sanitise(&phase.title),
        );
        out.push(text.trim_end().to_owned());
    }
    out.push(String::new());
    for amendment in pending {
        out.push(format!(
            "  {}   {}",
            style.paint(Ink::Bad, "amend"),
            sanitise(&amendment.message())
        ));
    }
    if let Some(cut) = cut_off {
        out.push(format!(
            "  {} {}: gate verify",
            style.paint(Ink::Bad, "ledger"),
            sanitise(&cut.to_string())
        ));
    }
    let open = lines.iter().find(|line| *line.state == PhaseState::Open);
    match open {
        _ if !pending.is_empty() => out.push(format!(
            "  next    take it back, or: gate amend {}",
            crate::shell::quote_word(&plan.path)
        )),
        None => out.push(format!("  all {} phases are sealed", lines.len())),
        Some(open) => {
            if let Some(goal) = &open.phase.goal {
                out.push(format!("  goal   {}", sanitise(goal)));
            }
            out.push(format!(
                "  next   gate run {}",
                crate::shell::quote_word(&plan.path)
            ));
        }
    }
    out.join("\n")
}
