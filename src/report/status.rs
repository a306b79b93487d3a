//! The phases of a plan and where one is: `gate status` for people.

use super::phrase::all_sealed;
use super::style::{Ink, Style};
use crate::analysis::lock::Amendment;
use crate::plan::{Phase, Plan};
use crate::repo::CutOff;
use crate::run::{ManualCheck, PhaseState, Stands, Verdict, call};
use crate::sanitise::sanitise_line as sanitise;

/// A phase with its state.
pub struct PhaseLine<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// Its state.
    pub state: &'a PhaseState,
    /// Where it is open: how it stands, and its manual checks.
    pub open: Option<(Stands, &'a [ManualCheck])>,
}

impl PhaseLine<'_> {
    fn stands(&self) -> Stands {
        self.open.map_or(Stands::Open, |(stands, _)| stands)
    }

    fn checks(&self) -> &[ManualCheck] {
        self.open.map_or(&[], |(_, checks)| checks)
    }
}

/// What there is to tell of a manual check.
fn told(check: &ManualCheck) -> String {
    let by = check.sign_off.as_ref().map(|sign_off| {
        let verdict = sign_off.verdict.as_str();
        format!("{verdict}, {}", sign_off.told())
    });
    let word = match check.verdict {
        Verdict::Blocked => "blocked",
        _ => "not signed off",
    };
    let stands = by.unwrap_or_else(|| match &check.reason {
        Some(reason) => format!("{word}: {reason}"),
        None => word.to_owned(),
    });
    format!("{}  {stands}", check.check)
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
    let waits = lines.iter().any(|line| line.stands() == Stands::Waiting);
    let word_width = if waits { 7 } else { 6 };
    let number_width = lines.len().to_string().len();
    for line in lines {
        let (glyph, word) = match line.state {
            PhaseState::Sealed { .. } => (style.paint(Ink::Good, style.pick("✓", "+")), "sealed"),
            PhaseState::Open => {
                let (mark, ink) = match line.stands() {
                    Stands::Open => (style.pick("▶", ">"), Ink::Bold),
                    Stands::Red => (style.pick("✗", "x"), Ink::Bad),
                    Stands::Waiting => ("?", Ink::Warn),
                };
                (style.paint(ink, mark), line.stands().as_str())
            }
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
            "  {glyph} {:>number_width$} {}  {word:<word_width$}  {:<title_width$}  {about}",
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
        None => out.push(format!("  {}", all_sealed(lines.len()))),
        Some(open) => {
            if let Some(goal) = &open.phase.goal {
                out.push(format!("  goal   {}", sanitise(goal)));
            }
            for check in open.checks() {
                out.push(format!("  manual {}", sanitise(&told(check))));
            }
            let next = match open.stands() {
                Stands::Waiting => "sign",
                Stands::Open | Stands::Red => "run",
            };
            out.push(format!("  next   {}", call(next, plan)));
        }
    }
    out.join("\n")
}
