//! `try`: the same gates, and nothing moves.

use super::event::Verdict;
use super::interpreter::Interpreter;
use super::outcome::{Outcome, Refusal};
use super::phase::Part;
use super::state::States;
use super::turn;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Gate, Phase};

impl<'p> Interpreter<'p> {
    pub(super) fn try_gates(&self, wanted: &[String]) -> Result<Outcome, Refusal> {
        self.check_ready()?;
        turn::sweep(&self.repo)?;
        self.tell_amendments()?;
        let states = States::derive(self.plan, &self.repo)?;
        let states = self.states.get_or_init(|| states);
        let (index, phase) = self.open_or_last(states);
        let Some(phase) = phase else {
            return Ok(Outcome {
                verdict: Verdict::Pass,
                sealed: Vec::new(),
                interrupted: None,
            });
        };
        let part = if wanted.is_empty() {
            Part::Whole
        } else {
            let gates: Result<Vec<_>, Refusal> = wanted
                .iter()
                .map(|name| self.find_gate(name, index, phase))
                .collect();
            Part::Gates(gates?)
        };
        let tree = self.judged_tree()?;
        let head = self.repo.head()?;
        let judged = self.judge_tree(index, phase, states, &tree, &head, &part, &[])?;
        Ok(Outcome {
            verdict: judged.0.verdict,
            sealed: Vec::new(),
            interrupted: self.interrupt.signal(),
        })
    }

    /// The open phase. With every phase sealed, what there is to try is the last one.
    pub(super) fn open_or_last(&self, states: &States) -> (usize, Option<&'p Phase>) {
        let last = self.plan.phases.len().saturating_sub(1);
        let index = states.open().unwrap_or(last);
        (index, self.plan.phases.get(index))
    }

    pub(super) fn find_gate(
        &self,
        name: &str,
        index: usize,
        open: &'p Phase,
    ) -> Result<(usize, &'p Gate), Refusal> {
        let (at, phase, gate) = match name.split_once('/') {
            None => (index, open, name),
            Some((of, gate)) => {
                let found = self
                    .plan
                    .phases
                    .iter()
                    .enumerate()
                    .find(|(_, phase)| phase.name.value == of);
                match found {
                    Some((at, phase)) => (at, phase, gate),
                    None => return Err(self.unknown_phase(of)),
                }
            }
        };
        if let Some(found) = phase.gates.iter().find(|known| known.name.value == gate) {
            return Ok((at, found));
        }
        let names = phase.gates.iter().map(|gate| gate.name.value.as_str());
        let of = &phase.name.value;
        if phase.manuals.iter().any(|known| known.name.value == gate) {
            let message = format!("`{gate}` of phase `{of}` is a manual check, no gate");
            let diagnostic = Diagnostic::unplaced(Code::UNKNOWN_TRY, message);
            return Err(self.refuse(diagnostic.help("a person judges it: `gate sign` asks for it")));
        }
        let mut diagnostic = Diagnostic::unplaced(
            Code::UNKNOWN_TRY,
            format!("phase `{of}` has no gate `{gate}`"),
        );
        diagnostic = match nearest(gate, names.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!(
                "its gates: {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        };
        Err(self.refuse(diagnostic))
    }
}
