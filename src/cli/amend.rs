//! `gate amend`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Sets;
use super::output::Output;
use super::person::{Person, no_agent};
use super::subject::{Stopped, Subject};
use crate::analysis::lock::Amendments;
use crate::diagnostic::Diagnostic;
use crate::run::{Assurance, Consent, Interpreter, Refusal, Unsealed};

#[derive(Debug, Args)]
pub(super) struct AmendArgs {
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    plan: Option<PathBuf>,
    /// Why, for the record; asked for where it is not given
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Unseal this phase, and those after it
    #[arg(long, value_name = "PHASE")]
    reopen: Option<String>,
    #[command(flatten)]
    sets: Sets,
}

/// `gate amend`: 0 where the plan is on record as it is, 1 where the person did not want
/// it, 2 where nobody was there who may say so.
pub(super) fn amend(args: &AmendArgs, output: &Output) -> i32 {
    let done = Subject::load(args.plan.as_deref(), &args.sets).and_then(|(subject, repo)| {
        let interpreter = subject.interpreter(repo);
        match &args.reopen {
            Some(phase) => reopen(args, phase, &subject, &interpreter, output),
            None => amend_plan(args, &subject, &interpreter, output),
        }
    });
    done.unwrap_or_else(|stopped| {
        for item in &stopped.diagnostics.items {
            output.complain(item, &stopped.diagnostics.sources);
        }
        stopped.code
    })
}

/// At a terminal, offers to amend the plan that stopped a run; whether it was amended.
pub(super) fn offer(plan: Option<&Path>, sets: &Sets) -> bool {
    let offered = || {
        let person = present("amending the plan", "gate amend").ok()?;
        let (subject, repo) = Subject::load(plan, sets).ok()?;
        let interpreter = subject.interpreter(repo);
        interpreter.may_amend().ok()?;
        let consent = agreed(&person, "Amend the plan as shown?", None)?;
        interpreter.amend(&consent).ok()
    };
    offered().is_some()
}

fn amend_plan(
    args: &AmendArgs,
    subject: &Subject,
    interpreter: &Interpreter<'_>,
    output: &Output,
) -> Result<i32, Stopped> {
    no_agent("amending the plan")?;
    let pending = interpreter.amendments().map_err(|r| subject.refused(&r))?;
    if pending.items.is_empty() {
        output.line("nothing to amend: what is under lock is what is on record");
        return Ok(0);
    }
    interpreter.may_amend().map_err(|r| subject.refused(&r))?;
    let command = "gate amend --reason \"…\"";
    let person = Person::at_terminal("amending the plan", command)?;
    show(subject, &pending, output);
    let Some(consent) = agreed(&person, "Amend the plan as shown?", args.reason.as_deref()) else {
        output.line("not amended");
        return Ok(1);
    };
    let entry = interpreter
        .amend(&consent)
        .map_err(|r| subject.refused(&r))?;
    output.line(&format!("amended, on the record as {}", entry.short()));
    Ok(0)
}

fn reopen(
    args: &AmendArgs,
    phase: &str,
    subject: &Subject,
    interpreter: &Interpreter<'_>,
    output: &Output,
) -> Result<i32, Stopped> {
    no_agent("reopening a phase")?;
    let refused = |refusal: Refusal| subject.refused(&refusal);
    let unsealed = interpreter.unsealed_by(phase).map_err(refused)?;
    interpreter.may_amend().map_err(refused)?;
    let command = format!("gate amend --reopen {phase} --reason \"…\"");
    let person = Person::at_terminal("reopening a phase", &command)?;
    let names: Vec<String> = unsealed
        .iter()
        .map(|seal| format!("`{}`", seal.phase))
        .collect();
    let names = names.join(", ");
    let question = format!("Unseal {names}?");
    let Some(consent) = agreed(&person, &question, args.reason.as_deref()) else {
        output.line("not reopened");
        return Ok(1);
    };
    let unsealed = interpreter.reopen(phase, &consent).map_err(refused)?;
    output.line(&format!("unsealed {names}"));
    for Unsealed { phase, tag, .. } in unsealed {
        if let Some((name, _)) = tag {
            output.line(&format!(
                "the tag `{name}` stays; the next seal of `{phase}` moves it"
            ));
        }
    }
    Ok(0)
}

fn present(what: &str, command: &str) -> Result<Person, Box<Diagnostic>> {
    no_agent(what)?;
    Person::at_terminal(what, command)
}

/// The person's consent: their reason, and `yes` typed in full.
fn agreed(person: &Person, question: &str, reason: Option<&str>) -> Option<Consent> {
    let reason = match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => reason.to_owned(),
        None => person.ask("Reason (nothing: leave it):"),
    };
    if reason.is_empty() || person.ask(&format!("{question} Type `yes`:")) != "yes" {
        return None;
    }
    Some(Consent {
        reason,
        assurance: Assurance::Terminal,
    })
}

/// Shows a person what is to be amended.
fn show(subject: &Subject, pending: &Amendments, output: &Output) {
    let sources = subject.located.relocated(&pending.sources);
    for amendment in &pending.items {
        output.complain(&amendment.diagnostic(), &sources);
    }
}
