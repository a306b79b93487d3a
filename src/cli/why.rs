//! `gate show --why`.

use super::judged::Judged;
use super::locate::Located;
use super::output::Output;
use super::show::ShowArgs;
use crate::analysis::Given;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::repo::Repository;
use crate::report::why::{document, lines};
use crate::run::Interpreter;

/// `gate show --why GATE`: 0, or 2 where the plan or the name is not valid, 3 where git fails.
/// As `gate try`, it reads the plan from the tree that is to be judged.
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
    let read = repo
        .preflight()
        .and_then(|()| Judged::read(&repo, &located.path, given));
    let Judged { plan, tree, .. } = match read {
        Ok(Ok(judged)) => judged,
        Ok(Err(diagnostics)) => return fail(located.relocate(*diagnostics)),
        Err(error) => return fail(error.diagnostic().into()),
    };
    match Interpreter::new(&plan, repo).tree(tree).why(gate) {
        Ok(why) if args.json => output.line(&document(&why)),
        Ok(why) => output.line(&lines(&why, output.out)),
        Err(refusal) => return fail(located.relocate(refusal.diagnostics)),
    }
    0
}
