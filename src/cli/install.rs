//! `gate install`: what gate changes in a repository's configuration, and only when asked.

use clap::{Args, Subcommand};

use super::output::Output;
use crate::diagnostic::{Code, Diagnostic};
use crate::repo::{RepoError, Repository};
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    #[command(subcommand)]
    what: What,
    /// Take it back
    #[arg(long, global = true)]
    uninstall: bool,
    /// Only say what would be changed
    #[arg(long, global = true)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Have `git fetch` bring a remote's ledger along
    Ledger(LedgerArgs),
}

#[derive(Debug, Args)]
struct LedgerArgs {
    /// The remote; by default the only one, or `origin`
    remote: Option<String>,
}

/// `gate install`: 0, 2 where there is no such remote, 3 where git fails.
pub(super) fn install(args: &InstallArgs, output: &Output) -> i32 {
    let What::Ledger(of) = &args.what;
    match ledger(args, of, output) {
        Ok(()) => 0,
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

fn ledger(args: &InstallArgs, of: &LedgerArgs, output: &Output) -> Result<(), Box<Diagnostic>> {
    let git = |error: RepoError| Box::new(error.diagnostic());
    let repo = Repository::discover(".").map_err(git)?;
    let remotes = repo.remotes().map_err(git)?;
    let remote = match (&of.remote, remotes.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => only.clone(),
        (None, []) => {
            let diagnostic = Diagnostic::unplaced(Code::UNKNOWN_REMOTE, "there is no remote");
            return Err(Box::new(
                diagnostic.help("add one: `git remote add origin ADDRESS`"),
            ));
        }
        (None, _) => "origin".to_owned(),
    };
    if !remotes.contains(&remote) {
        return Err(git(RepoError::NoRemote {
            name: remote,
            known: remotes,
        }));
    }
    let there = repo.fetches_ledger(&remote).map_err(git)?;
    let wanted = !args.uninstall;
    let line = format!(
        "remote.{remote}.fetch = {}",
        Repository::ledger_refspec(&remote)
    );
    if there == wanted {
        let state = if wanted {
            "is there already"
        } else {
            "is not there"
        };
        output.line(&format!("nothing to do: this {state}\n  {line}"));
        return Ok(());
    }
    if !args.dry_run {
        repo.fetch_ledger(&remote, wanted).map_err(git)?;
    }
    let verb = match (args.dry_run, wanted) {
        (true, true) => "would be added to",
        (true, false) => "would be taken from",
        (false, true) => "added to",
        (false, false) => "taken from",
    };
    output.line(&format!(
        "{verb} the configuration of this repository:\n  {line}"
    ));
    if wanted && !args.dry_run {
        output.line(&format!(
            "`git fetch {remote}` now brings its ledger along; `gate log` and `gate verify` read it with yours"
        ));
    }
    Ok(())
}
