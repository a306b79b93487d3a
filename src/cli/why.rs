//! `gate show --why`.

use super::locate::Located;
use super::output::Output;
use super::show::ShowArgs;
use crate::analysis::Given;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Plan;
use crate::repo::{Oid, RepoError, Repository, TreeLoader};
use crate::report::why::{document, lines};
use crate::run::Interpreter;
use crate::source::Sources;

/// `gate show --why GATE`: 0, or 2 where the plan or the name is not valid, 3 where git fails.
/// As `gate try`, it reads the plan from what is staged.
pub(super) fn why(
    gate: &str,
    args: &ShowArgs,
    given: &Given,
    repo: Repository,
    located: &Located,
    output: &Output,
) -> i32 {
    let fail = |diagnostics: Diagnostics| {
        for item in &diagnostics.items {
            output.complain(item, &diagnostics.sources);
        }
        let blocked = |item: &Diagnostic| item.code.as_str().starts_with('B');
        if diagnostics.items.iter().any(blocked) {
            3
        } else {
            2
        }
    };
    let tree = match staged(&repo) {
        Ok(tree) => tree,
        Err(error) => {
            return fail(Diagnostics {
                items: vec![error.diagnostic()],
                sources: Sources::new(),
            });
        }
    };
    let loader = TreeLoader::new(&repo, tree.clone());
    let plan = match Plan::load_with(&located.path, &loader, given) {
        Ok(plan) => plan,
        Err(diagnostics) => return fail(located.relocate(diagnostics)),
    };
    match Interpreter::new(&plan, repo).tree(tree).why(gate) {
        Ok(why) if args.json => output.line(&document(&why)),
        Ok(why) => output.line(&lines(&why, output.out)),
        Err(refusal) => return fail(located.relocate(refusal.diagnostics)),
    }
    0
}

fn staged(repo: &Repository) -> Result<Oid, RepoError> {
    repo.preflight()?;
    repo.staged_tree()
}
