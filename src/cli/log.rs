//! `gate log`.

use std::path::PathBuf;

use clap::Args;

use super::locate::Located;
use super::output::Output;
use crate::diagnostic::Diagnostic;
use crate::repo::{LedgerEntry, RepoError, Repository};
use crate::report::log::{document, history};
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    plan: Option<PathBuf>,
    /// Only what happened to this phase
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    /// Only the latest N entries
    #[arg(short = 'n', long = "max-count", value_name = "N")]
    count: Option<usize>,
    /// As one JSON document
    #[arg(long)]
    json: bool,
}

/// `gate log`: 0, 2 where there is no plan to speak of, 3 where git fails.
pub(super) fn log(args: &LogArgs, output: &Output) -> i32 {
    match read(args) {
        Ok((plan, entries)) => {
            if args.json {
                output.line(&document(&plan, &entries).to_string());
            } else {
                output.line(&history(&plan, &entries, output.out));
            }
            0
        }
        Err(diagnostic) => {
            output.complain(&diagnostic, &Sources::new());
            if diagnostic.code.as_str().starts_with('B') {
                3
            } else {
                2
            }
        }
    }
}

/// The plan's path and its entries, newest first.
fn read(args: &LogArgs) -> Result<(String, Vec<LedgerEntry>), Box<Diagnostic>> {
    let git = |error: RepoError| Box::new(error.diagnostic());
    let repo = Repository::discover(".").map_err(git)?;
    let located = Located::find_judged(args.plan.as_deref(), &repo)?;
    let name = located.path.strip_suffix(".gate").unwrap_or(&located.path);
    let mut entries = repo.ledger(name).map_err(git)?;
    if let Some(phase) = &args.phase {
        entries.retain(|entry| entry.phase() == Some(phase));
    }
    entries.reverse();
    if let Some(count) = args.count {
        entries.truncate(count);
    }
    Ok((located.path, entries))
}
