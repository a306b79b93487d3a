//! `gate check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::locate::Located;
use super::output::Output;
use super::{Format, Sets, fix};
use crate::analysis::{Given, LINTS, Lints, analyse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, nearest};
use crate::repo::{DiskLoader, Repository};
use crate::report::check::{Tally, summary};
use crate::report::sarif;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The plan or library files; by default the plan at the repository's root
    files: Vec<PathBuf>,
    /// Take lints for errors
    #[arg(long)]
    strict: bool,
    /// Look for this lint too, which is off by default or in the plan
    #[arg(long = "lint", value_name = "CODE")]
    lints: Vec<String>,
    #[command(flatten)]
    sets: Sets,
    /// Apply the suggestions that are safe to the files, and tell what remains
    #[arg(long)]
    fix: bool,
    /// How to write what is found
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    format: CheckFormat,
}

/// How the diagnostics of a check are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
    /// One SARIF 2.1.0 log
    Sarif,
    /// Annotations for GitHub Actions
    Github,
}

/// Writes each file's diagnostics when they are known; a SARIF log is one, at the end.
struct Findings<'a> {
    output: &'a Output,
    format: CheckFormat,
    kept: Vec<Diagnostics>,
}

impl Findings<'_> {
    fn take(&mut self, diagnostics: Diagnostics) {
        let format = match self.format {
            CheckFormat::Human => Format::Human,
            CheckFormat::Json => Format::Json,
            CheckFormat::Github => Format::Github,
            CheckFormat::Sarif => {
                self.kept.push(diagnostics);
                return;
            }
        };
        self.output.diagnostics(&diagnostics, format);
    }

    /// Takes what stands in no file.
    fn alone(&mut self, diagnostic: Diagnostic) {
        self.take(diagnostic.into());
    }
}

/// `gate check`: 0 where all is well, 2 where anything is wrong.
pub(super) fn check(args: &CheckArgs, output: &Output) -> i32 {
    let mut findings = Findings {
        output,
        format: args.format,
        kept: Vec::new(),
    };
    let code = check_all(args, &mut findings);
    if args.format == CheckFormat::Sarif {
        output.line(&sarif::log(&findings.kept));
    }
    code
}

fn check_all(args: &CheckArgs, findings: &mut Findings<'_>) -> i32 {
    let asked = match lints(&args.lints) {
        Ok(asked) => asked,
        Err(diagnostic) => {
            findings.alone(*diagnostic);
            return 2;
        }
    };
    let given = match args.sets.given(false) {
        Ok(given) => Given {
            lints: Lints::AndAlso(asked),
            ..given
        },
        Err(diagnostic) => {
            findings.alone(*diagnostic);
            return 2;
        }
    };
    // A plan can be checked outside a repository, and in one that git will not open.
    let repo = Repository::discover(".").ok();
    let files: Vec<Option<PathBuf>> = if args.files.is_empty() {
        vec![None]
    } else {
        args.files.iter().cloned().map(Some).collect()
    };
    let mut code = 0;
    for file in files {
        match Located::find(file.as_deref(), repo.as_ref()) {
            Ok(located) => code = code.max(check_one(args, &located, &given, findings)),
            Err(diagnostic) => {
                findings.alone(*diagnostic);
                code = 2;
            }
        }
    }
    code
}

/// The lints named by `--lint`.
fn lints(names: &[String]) -> Result<Vec<Code>, Box<Diagnostic>> {
    let known = || LINTS.iter().map(|lint| lint.code);
    let mut codes = Vec::new();
    for name in names {
        let Some(code) = known().find(|code| code.as_str() == name) else {
            let diagnostic = Diagnostic::unplaced(
                Code::UNKNOWN_LINT,
                format!("`--lint {name}`: there is no such lint"),
            );
            return Err(Box::new(match nearest(name, known().map(Code::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `--lint {near}`?")),
                None => diagnostic.help("name one by its code, as in `--lint W006`"),
            }));
        };
        codes.push(code);
    }
    Ok(codes)
}

fn check_one(
    args: &CheckArgs,
    located: &Located,
    given: &Given,
    findings: &mut Findings<'_>,
) -> i32 {
    let output = findings.output;
    let human = args.format == CheckFormat::Human;
    let mut code = 0;
    if args.fix {
        let (mended, failure) = fix::fix(located, given);
        if human {
            for line in mended {
                output.line(&line);
            }
        }
        if let Some(failure) = failure {
            findings.alone(failure);
            code = 2;
        }
    }
    let analysis = analyse(&located.path, &DiskLoader::new(&located.root), given);
    let mut diagnostics = located.relocate(analysis.diagnostics);
    if args.strict {
        for item in &mut diagnostics.items {
            if item.severity == Severity::Warning {
                item.severity = Severity::Error;
            }
        }
    }
    if diagnostics.has_errors() {
        code = 2;
    }
    let shown = located.shown(&located.path);
    let tally = analysis.plan.as_ref().map(|plan| Tally {
        phases: plan.phases.len(),
        gates: plan.phases.iter().map(|phase| phase.gates.len()).sum(),
        checks: 0,
    });
    let summary = summary(&shown, tally, &diagnostics.items, output.out);
    findings.take(diagnostics);
    if human {
        output.line(&summary);
    }
    code
}
