//! From a command of the plan to one of the operating system.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::judging::GateFacts;
use crate::diagnostic::{Code, Diagnostic};
use crate::disk::{self, Step};
use crate::eval::{Fault, FaultKind, evaluate, text_of};
use crate::plan::{Builtin, CommandPart, EnvVar, Expr, ExprKind, Function};
use crate::process::Env;
use crate::source::Span;
use crate::value::Value;

/// A command text with its values in place.
pub(crate) enum Line {
    /// The text for the shell.
    Text(String),
    /// `changed()` came out empty: there is nothing to run on.
    NothingChanged,
}

/// Puts the values of a command's interpolations in, each made literal for where it stands.
pub(crate) fn line(
    parts: &[CommandPart],
    facts: &GateFacts<'_>,
    lets: &HashMap<usize, Expr>,
) -> Result<Line, Fault> {
    let mut text = String::new();
    for part in parts {
        match part {
            CommandPart::Text(literal) => text.push_str(literal),
            CommandPart::Value {
                expr,
                span,
                quoting,
            } => {
                let value = evaluate(expr, facts)?;
                let empty = matches!(&value, Value::List(items) if items.is_empty());
                if empty && asks_changed(expr, facts, lets) {
                    return Ok(Line::NothingChanged);
                }
                text.push_str(&quoting.quote(&value).ok_or_else(|| Fault {
                    kind: FaultKind::NoValue,
                    message: format!("{value} has no text that a command could take"),
                    span: *span,
                    notes: Vec::new(),
                })?);
            }
        }
    }
    Ok(Line::Text(text))
}

/// Whether a value comes from `changed()`, directly or through a `let`.
fn asks_changed(expr: &Expr, facts: &GateFacts<'_>, lets: &HashMap<usize, Expr>) -> bool {
    expr.any(&mut |expr| match &expr.kind {
        ExprKind::Call { function, .. } => *function == Function::Changed,
        ExprKind::Builtin(Builtin::Local { slot, .. }) => {
            let value = lets.get(slot);
            value.is_some_and(|value| asks_changed(value, facts, lets))
        }
        ExprKind::Builtin(Builtin::Global(key)) => {
            let global = facts.judging.plan.globals.get(key);
            global.is_some_and(|global| asks_changed(&global.value, facts, lets))
        }
        _ => false,
    })
}

/// The folder a command starts in.
pub(crate) fn folder(
    root: &Path,
    dir: Option<&Expr>,
    facts: &GateFacts<'_>,
) -> Result<PathBuf, Box<Diagnostic>> {
    let Some(dir) = dir else {
        return Ok(root.to_owned());
    };
    let named = text_of(dir, facts).map_err(|fault| Box::new(fault.diagnostic()))?;
    let inside = Path::new(&named)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(Box::new(
            Diagnostic::new(
                Code::CANNOT_START,
                format!("`{named}` leaves the repository"),
                dir.span,
            )
            .help("name a folder relative to the repository's root"),
        ));
    }
    // Without `.`, which would stay in `PWD`.
    let folder: PathBuf = root.join(&named).components().collect();
    if !folder.is_dir() {
        return Err(Box::new(
            Diagnostic::new(
                Code::CANNOT_START,
                format!("the judged tree has no folder `{named}`"),
                dir.span,
            )
            .help("name a folder of the repository; one with no staged file in it does not exist here"),
        ));
    }
    Ok(folder)
}

/// Sets variables in an environment, in order.
pub(crate) fn set_env(env: &mut Env, vars: &[EnvVar], facts: &GateFacts<'_>) -> Result<(), Fault> {
    for var in vars {
        let value = text_of(&var.value, facts)?;
        let secrets = &facts.judging.plan.settings.secrets;
        if secrets.iter().any(|name| name.value == var.name.value) {
            // One too short is told of where the run begins.
            facts.judging.secrets.add(value.as_bytes());
        }
        env.set(&var.name.value, value);
    }
    Ok(())
}

/// A script's source in a file of its own, removed when dropped.
pub(crate) fn script_file(
    source: &str,
    span: Span,
) -> Result<tempfile::NamedTempFile, Box<Diagnostic>> {
    let write = || -> std::io::Result<tempfile::NamedTempFile> {
        let end = if source.ends_with('\n') { "" } else { "\n" };
        let text = format!("{source}{end}");
        disk::temporary_file(Step::Script, "gate-script-", text.as_bytes())
    };
    write().map_err(|error| {
        Box::new(
            Diagnostic::new(
                Code::CANNOT_START,
                format!("the script could not be written to a temporary file: {error}"),
                span,
            )
            .help("make room in the temporary folder, or set `TMPDIR`"),
        )
    })
}

/// Switches by which tools skip their checks; commands do not get them.
const SKIP_SWITCHES: &[&str] = &[
    "HK",
    "HK_SKIP_HOOK",
    "HK_SKIP_STEPS",
    "HURL_NO_ASSERT",
    "HUSKY",
    "HUSKY_SKIP_HOOKS",
    "LEFTHOOK",
    "LEFTHOOK_EXCLUDE",
    "OVERCOMMIT_DISABLE",
    "PREK_SKIP",
    "PRE_COMMIT_ALLOW_NO_CONFIG",
    "SKIP",
    "SKIP_SIMPLE_GIT_HOOKS",
];

/// The environment commands start from: our own, less git's local variables and the
/// switches by which tools skip their checks.
pub(crate) fn scrubbed_env() -> Env {
    let local = crate::repo::Repository::local_env_vars();
    let vars = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !local.contains(&name.as_ref()) && !SKIP_SWITCHES.contains(&name.as_ref())
    });
    // A gate that only looks must not rewrite the user's index.
    vars.chain([("GIT_OPTIONAL_LOCKS".into(), "0".into())])
        .collect()
}
