//! Names that nothing uses.
//!
//! What a library declares is for others; so is what has documentation. A name that
//! begins with `_` says by itself that it is not used.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::syntax::ast::{Ident, Stmt, StmtKind};

use super::look::Look;
use super::mentions::Mentions;
use super::walk::inner;

pub(super) fn values(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for (stmt, mentions) in of_plan(look) {
        let (what, name) = match &stmt.kind {
            StmtKind::Param(param) => ("param", &param.name),
            StmtKind::Let { name, .. } => ("value", name),
            _ => continue,
        };
        if stmt.doc.is_none() && !mentions.uses(&name.value) {
            found.extend(unused(what, name).map(|said| removed(said, stmt, look)));
        }
    }
    for node in &look.nodes {
        locals(node.stmt, look, found);
    }
}

/// The parameters, the loop variable and the `let`s of a block.
fn locals(stmt: &Stmt, look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let steps = inner(stmt);
    let lets: Vec<(&Stmt, &Ident)> = steps
        .iter()
        .filter_map(|step| match &step.kind {
            StmtKind::Let { name, .. } => Some((step, name)),
            _ => None,
        })
        .collect();
    let params: Vec<(&'static str, &Ident)> = match &stmt.kind {
        StmtKind::CheckDecl { params, .. } => params
            .iter()
            .map(|param| ("parameter", &param.name))
            .collect(),
        StmtKind::For { variable, .. } => vec![("loop variable", variable)],
        _ => Vec::new(),
    };
    if lets.is_empty() && params.is_empty() {
        return;
    }
    let mentions = Mentions::of(steps, look);
    for (what, name) in params {
        if !mentions.uses(&name.value) {
            found.extend(
                unused(what, name).map(|said| said.help("use it, or let its name begin with `_`")),
            );
        }
    }
    for (step, name) in lets {
        if !mentions.uses(&name.value) {
            found.extend(unused("value", name).map(|said| removed(said, step, look)));
        }
    }
}

pub(super) fn checks(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for (stmt, mentions) in of_plan(look) {
        let StmtKind::CheckDecl { name, .. } = &stmt.kind else {
            continue;
        };
        if stmt.doc.is_some() || name.value.starts_with('_') || mentions.calls(&name.value) {
            continue;
        }
        found.push(
            Diagnostic::new(
                Code::UNUSED_CHECK,
                format!("nothing calls the check `{}`", name.value),
                name.span,
            )
            .help(format!(
                "call it in a gate: `check {}(…)`, or remove it",
                name.value
            )),
        );
    }
}

pub(super) fn uses(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for module in &look.files.modules {
        if module.uses.is_empty() {
            continue;
        }
        let mentions = Mentions::of(look.files.items(module), look);
        for used in &module.uses {
            let alias = &used.alias;
            let stmt = look.nodes.iter().map(|node| node.stmt).find(|stmt| {
                matches!(stmt.kind, StmtKind::Use { .. }) && stmt.span.contains(alias.span)
            });
            let documented = stmt.is_some_and(|stmt| stmt.doc.is_some());
            if documented || alias.value.starts_with('_') || mentions.uses(&alias.value) {
                continue;
            }
            let diagnostic = Diagnostic::new(
                Code::UNUSED_USE,
                format!("nothing of `{}` is used", alias.value),
                alias.span,
            );
            let edit = stmt.and_then(|stmt| look.without(stmt.span));
            found.push(match edit {
                Some(edit) => {
                    diagnostic.suggest("remove the `use`", Applicability::Safe, vec![edit])
                }
                None => diagnostic.help("remove the `use`"),
            });
        }
    }
}

/// The statements of the plan and of what it includes, with what they mention; none of a
/// library.
fn of_plan<'a>(look: &Look<'a>) -> Vec<(&'a Stmt, std::rc::Rc<Mentions<'a>>)> {
    let Some(module) = look.files.modules.first() else {
        return Vec::new();
    };
    let is_plan = look
        .files
        .items(module)
        .any(|stmt| matches!(stmt.kind, StmtKind::Phase { .. } | StmtKind::Every(_)));
    if !is_plan {
        return Vec::new();
    }
    let mentions = std::rc::Rc::new(Mentions::of(look.files.items(module), look));
    look.files
        .items(module)
        .map(|stmt| (stmt, std::rc::Rc::clone(&mentions)))
        .collect()
}

fn unused(what: &str, name: &Ident) -> Option<Diagnostic> {
    if name.value.starts_with('_') {
        return None;
    }
    Some(Diagnostic::new(
        Code::UNUSED_VALUE,
        format!("nothing uses the {what} `{}`", name.value),
        name.span,
    ))
}

fn removed(diagnostic: Diagnostic, stmt: &Stmt, look: &Look<'_>) -> Diagnostic {
    match look.without(stmt.span) {
        Some(edit) => diagnostic.suggest(
            "remove it, or let its name begin with `_`",
            Applicability::Unsafe,
            vec![edit],
        ),
        None => diagnostic.help("remove it, or let its name begin with `_`"),
    }
}
