//! `gate show`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Sets;
use super::locate::Located;
use super::output::Output;
use super::why::why;
use crate::analysis::analyse;
use crate::diagnostic::Diagnostic;
use crate::repo::{DiskLoader, Repository};
use crate::report::graph;
use crate::report::plan::outline;
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    plan: Option<PathBuf>,
    /// The plan as data, one JSON document
    #[arg(long, conflicts_with = "ast")]
    pub(super) json: bool,
    /// The tree of the file as written, one JSON document
    #[arg(long)]
    ast: bool,
    /// A drawing of the phases and of what each gate needs; `dot` for Graphviz
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true,
        default_missing_value = "text", conflicts_with_all = ["json", "ast"])]
    graph: Option<Graph>,
    /// Whether `gate try` would take the last green of a gate (`GATE` of the open phase, or
    /// `PHASE/GATE`), and what made it miss if not
    #[arg(long, value_name = "GATE", conflicts_with_all = ["ast", "graph"])]
    why: Option<String>,
    #[command(flatten)]
    sets: Sets,
}

/// How the order of a plan is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Graph {
    /// For the terminal
    Text,
    /// In the language of Graphviz
    Dot,
}

/// `gate show`: 0, or 2 where the plan is not valid.
pub(super) fn show(args: &ShowArgs, output: &Output) -> i32 {
    let fail = |diagnostic: &Diagnostic| {
        output.complain(diagnostic, &Sources::new());
        2
    };
    let given = match args.sets.given(args.why.is_some()) {
        Ok(given) => given,
        Err(diagnostic) => return fail(&diagnostic),
    };
    let repo = match Repository::discover(".") {
        Ok(repo) => Some(repo),
        Err(error) if args.why.is_some() => return fail(&error.diagnostic()),
        Err(_) => None,
    };
    let located = match Located::find(args.plan.as_deref(), repo.as_ref()) {
        Ok(located) => located,
        Err(diagnostic) => return fail(&diagnostic),
    };
    if let (Some(gate), Some(repo)) = (&args.why, repo) {
        return why(gate, args, &given, repo, &located, output);
    }
    let analysis = analyse(&located.path, &DiskLoader::new(&located.root), &given);
    if args.ast
        && let Some(ast) = analysis.entry()
    {
        output.line(&serde_json::to_string_pretty(ast).unwrap_or_default());
        return 0;
    }
    let diagnostics = located.relocate(analysis.diagnostics);
    match analysis.plan {
        Some(plan) if !diagnostics.has_errors() => {
            if args.json {
                output.line(&serde_json::to_string_pretty(&plan).unwrap_or_default());
            } else {
                output.line(&match args.graph {
                    None => outline(&plan, output.out),
                    Some(Graph::Text) => graph::drawing(&plan, output.out),
                    Some(Graph::Dot) => graph::dot(&plan),
                });
            }
            0
        }
        _ => {
            for item in &diagnostics.items {
                output.complain(item, &diagnostics.sources);
            }
            2
        }
    }
}
