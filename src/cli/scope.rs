//! `gate scope`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Sets;
use super::judged::{Asked, Judged};
use super::output::Output;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::{Phase, Plan};
use crate::repo::{RepoPath, Repository};
use crate::report::scope::{Answer, document, lines};
use crate::run::{States, standing};

#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// Files, from the current folder; they need not be there. A folder is all that is staged in it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Ask about this phase; by default the open one
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,
    /// As one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sets: Sets,
}

/// `gate scope`: 0 where the phase may change all of the paths, 1 where not, 2 where there is
/// no valid plan or no such phase.
pub(super) fn scope(args: &ScopeArgs, output: &Output) -> i32 {
    match answer(args, output) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(diagnostics) => {
            for item in &diagnostics.items {
                output.complain(item, &diagnostics.sources);
            }
            2
        }
    }
}

fn answer(args: &ScopeArgs, output: &Output) -> Result<bool, Box<Diagnostics>> {
    let alone = |diagnostic: Diagnostic| Box::new(Diagnostics::from(diagnostic));
    let git = |error: crate::repo::RepoError| alone(error.diagnostic());
    let Asked {
        repo,
        located,
        judged,
        ..
    } = Asked::read(args.plan.as_deref(), &args.sets)?;
    let plan = &judged.plan;
    let states = States::derive(plan, &repo).map_err(git)?;
    // With every phase sealed, the last is the one to go by, as in `gate try`.
    let open = states.open().unwrap_or(plan.phases.len().saturating_sub(1));
    let index = match &args.phase {
        None => open,
        Some(name) => position(plan, name).map_err(alone)?,
    };
    let Some(phase) = plan.phases.get(index) else {
        let message = format!("`{}` declares no phase", plan.path);
        let diagnostic = Diagnostic::unplaced(Code::NO_PHASE, message);
        return Err(alone(
            diagnostic.help("declare one: `phase NAME \"Title\" { … }`"),
        ));
    };
    let later = plan.phases.get(index + 1..).unwrap_or_default();
    let mut files = Vec::new();
    for given in &args.paths {
        let path = located.asked(&repo, given).map_err(|d| alone(*d))?;
        let within = match repo.root().join(path.as_path()).is_dir() {
            true => below(&repo, &judged, &path).map_err(git)?,
            false => Vec::new(),
        };
        match within.is_empty() {
            true => files.push((shown(given), path)),
            false => files.extend(within.into_iter().map(|file| {
                let rest = file.as_path().strip_prefix(path.as_path());
                let rest = rest.unwrap_or(file.as_path());
                let name = match given == Path::new(".") {
                    true => shown(rest),
                    false => shown(&given.join(rest)),
                };
                (name, file)
            })),
        }
    }
    let answers: Vec<Answer<'_>> = files
        .iter()
        .map(|(shown, path)| Answer {
            shown,
            path,
            standing: standing(phase, later, path),
        })
        .collect();
    let sources = located.relocated(&plan.sources);
    output.line(&match args.json {
        true => document(phase, &answers, &sources),
        false => lines(phase, plan.phases.len(), &answers, &sources, output.out),
    });
    Ok(answers.iter().all(|answer| answer.standing.is_in_scope()))
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn position(plan: &Plan, name: &str) -> Result<usize, Diagnostic> {
    let is = |phase: &Phase| phase.name.value == name;
    plan.phases.iter().position(is).ok_or_else(|| {
        let message = format!("`{}` has no phase `{name}`", plan.path);
        let names = plan.phases.iter().map(|phase| phase.name.value.as_str());
        let all = names.collect::<Vec<_>>().join(", ");
        Diagnostic::unplaced(Code::UNKNOWN_PHASE, message).help(format!("its phases: {all}"))
    })
}

/// The files that the judged tree has in a folder.
fn below(
    repo: &Repository,
    judged: &Judged,
    folder: &RepoPath,
) -> Result<Vec<RepoPath>, crate::repo::RepoError> {
    let files = repo.files(&judged.tree)?;
    let is_below = |path: &RepoPath| path.as_path().starts_with(folder.as_path());
    let paths = files.into_iter().map(|file| file.path);
    Ok(paths.filter(is_below).collect())
}
