//! `gate verify`.

use std::path::PathBuf;

use clap::Args;

use super::judged::Judged;
use super::locate::Located;
use super::output::Output;
use crate::analysis::Given;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::repo::{RepoError, Repository};
use crate::report::verify::{document, table};
use crate::run::{Refusal, Subject, Verification, unrecorded, verify};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Only the seal of this tag, or the commits of this range and their seals
    #[arg(value_name = "RANGE|TAG")]
    subject: Option<String>,
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,
    /// As one JSON document
    #[arg(long)]
    json: bool,
}

/// `gate verify`: 0, 1 where something was found, 2 where there is nothing to verify, 3 where
/// git fails.
pub(super) fn run(args: &VerifyArgs, output: &Output) -> i32 {
    let refused = |refusal: &Refusal| {
        for item in &refusal.diagnostics.items {
            output.complain(item, &refusal.diagnostics.sources);
        }
        refusal.exit_code()
    };
    match look(args) {
        Err(refusal) => refused(&refusal),
        Ok((plan, verification)) => {
            if args.json {
                output.line(&document(&verification).to_string());
            } else {
                for finding in &verification.findings {
                    output.complain(&finding.diagnostic, &verification.sources);
                }
                output.line(&table(&plan, &verification, output.out));
            }
            verification.exit_code()
        }
    }
}

fn look(args: &VerifyArgs) -> Result<(Plan, Verification), Refusal> {
    let alone = |diagnostic: Diagnostic| Refusal {
        diagnostics: diagnostic.into(),
    };
    let git = |error: RepoError| Refusal::from(error);
    let repo = Repository::discover(".").map_err(git)?;
    let located = Located::find_judged(args.plan.as_deref(), &repo).map_err(|d| alone(*d))?;
    // What hangs on params that were not given is left out: seals stand by what they say.
    let read = Judged::read(&repo, &located.path, &Given::default()).map_err(git)?;
    let plan = match read {
        Ok(judged) => judged.plan,
        Err(items) => {
            return Err(Refusal {
                diagnostics: located.relocate(*items),
            });
        }
    };
    let subject = match args.subject.as_deref() {
        None => Subject::All,
        Some(range) if range.contains("..") => Subject::Range(range),
        Some(tag) => Subject::Tag(tag),
    };
    let mut verification = verify(&plan, &repo, &subject)?;
    if subject == Subject::All {
        add_unrecorded(&plan, &repo, &mut verification);
    }
    verification.sources = located.relocated(&verification.sources);
    Ok((plan, verification))
}

/// Adds what of the plan under lock was changed and is not on record.
fn add_unrecorded(plan: &Plan, repo: &Repository, verification: &mut Verification) {
    match unrecorded(plan, repo) {
        Ok(changed) => {
            // The plan's own texts are the first of them, so places found before stay true.
            verification.sources = changed.sources;
            let advice =
                "take it back, or have a person amend the plan: `gate amend --reason \"…\"`";
            let told = changed.items.iter();
            verification.add(told.map(|item| item.diagnostic().help(advice)));
        }
        // What is wrong with the ledger was found already.
        Err(error) => verification.unchecked.push(format!(
            "whether the plan was changed under lock, as the ledger cannot be read: {error}"
        )),
    }
}
