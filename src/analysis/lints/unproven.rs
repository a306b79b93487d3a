//! A gate that was never seen to fail may not be able to.

use crate::diagnostic::{Code, Diagnostic};

use super::look::Look;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let gates = look.plan.phases.iter().flat_map(|phase| &phase.gates);
    for gate in gates.filter(|gate| gate.proofs.is_empty()) {
        found.push(
            Diagnostic::new(
                Code::NO_PROOF,
                format!(
                    "nothing shows that the gate `{}` can be red",
                    gate.name.value
                ),
                gate.name.span,
            )
            .help("add a `proof`: a change to the tree that must turn it red"),
        );
    }
}
