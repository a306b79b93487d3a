//! `gate status`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Sets;
use super::judged::{Asked, Judged};
use super::output::Output;
use crate::analysis::lock::Amendments;
use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::repo::{CutOff, RepoError};
use crate::report::status::{PhaseLine, table};
use crate::run::{Interpreter, ManualCheck, PhaseState, Refusal, Stands, States};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    plan: Option<PathBuf>,
    /// As one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sets: Sets,
}

/// `gate status`: 0, or 2 where there is no valid plan to speak of.
pub(super) fn status(args: &StatusArgs, output: &Output) -> i32 {
    match read(args) {
        Ok(asked) => {
            print(args, output, &asked);
            0
        }
        Err(diagnostics) => {
            for item in &diagnostics.items {
                output.complain(item, &diagnostics.sources);
            }
            2
        }
    }
}

/// What there is to tell.
struct Told {
    plan: Plan,
    states: States,
    pending: Amendments,
    cut_off: Option<CutOff>,
    /// How the open phase stands, and its manual checks.
    open: Option<(Stands, Vec<ManualCheck>)>,
}

fn read(args: &StatusArgs) -> Result<Told, Box<Diagnostics>> {
    let Asked {
        repo,
        located,
        judged: Judged { plan, tree, .. },
        given,
    } = Asked::read(args.plan.as_deref(), &args.sets)?;
    let failed = |error: RepoError| Box::new(error.diagnostic().into());
    let states = States::derive(&plan, &repo).map_err(failed)?;
    let cut_off = repo.cut_off(plan.name()).map_err(failed)?;
    let refused = |refusal: Refusal| Box::new(located.relocate(refusal.diagnostics));
    let interpreter = Interpreter::new(&plan, repo).tree(tree).given(&given);
    let pending = interpreter.amendments().map_err(refused)?;
    let open = interpreter.open_standing().map_err(refused)?;
    let open = open.map(|(stands, checklist)| (stands, checklist.checks));
    drop(interpreter);
    Ok(Told {
        plan,
        states,
        pending,
        cut_off,
        open,
    })
}

fn print(args: &StatusArgs, output: &Output, told: &Told) {
    let Told {
        plan,
        states,
        pending,
        cut_off,
        open,
    } = told;
    let open_of = |state: &PhaseState| {
        let open = open.as_ref().filter(|_| *state == PhaseState::Open);
        open.map(|(stands, checks)| (*stands, checks.as_slice()))
    };
    let phases = plan.phases.iter().zip(&states.phases);
    if args.json {
        let phases: Vec<_> = phases
            .map(|(phase, state)| {
                let mut entry = json!({
                    "number": phase.number,
                    "name": phase.name.value,
                    "title": phase.title,
                    "tag": phase.tag.as_ref().map(|tag| &tag.name.value),
                });
                if let (Some(entry), Ok(serde_json::Value::Object(state))) =
                    (entry.as_object_mut(), serde_json::to_value(state))
                {
                    entry.extend(state);
                }
                if let (Some(entry), Some((stands, checks))) =
                    (entry.as_object_mut(), open_of(state))
                {
                    entry.insert("state".to_owned(), json!(stands.as_str()));
                    entry.insert("manual".to_owned(), json!(checks));
                }
                entry
            })
            .collect();
        let document = json!({
            "schema": crate::plan::SCHEMA,
            "plan": plan.path,
            "title": plan.title.as_ref().map(|title| &title.value),
            "phases": phases,
            "amendments": pending.items.iter().map(|item| json!({
                "code": item.code,
                "message": item.message(),
                "items": item.items,
                "phases": item.phases,
                "parts": item.parts,
                "difference": item.difference,
            })).collect::<Vec<_>>(),
            "cut_off": cut_off.as_ref().map(|cut| json!({
                "entries": cut.entries,
                "last": cut.last,
                "title": cut.title,
            })),
        });
        output.line(&document.to_string());
        return;
    }
    let lines: Vec<PhaseLine<'_>> = phases
        .map(|(phase, state)| PhaseLine {
            phase,
            state,
            open: open_of(state),
        })
        .collect();
    let table = table(plan, &lines, &pending.items, cut_off.as_ref(), output.out);
    output.line(&table);
}
