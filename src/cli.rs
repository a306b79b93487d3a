//! The command line: one file per command.

mod amend;
mod check;
mod demo;
mod explain;
mod fix;
mod fmt;
mod install;
mod judged;
mod locate;
mod log;
mod output;
mod person;
mod replace;
mod run;
mod scope;
mod show;
mod sign;
mod status;
mod subject;
mod verify;
mod why;

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::analysis::{Given, Lints};
use crate::diagnostic::{Code, Diagnostic};
use crate::report::ColorChoice;
use output::Output;

/// Take a piece of work through its phases, each behind an executable gate
#[derive(Debug, Parser)]
#[command(
    name = "gate",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
struct Cli {
    /// When to colour what is printed
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take the open phase through its gate; on green commit, tag and record it
    Run(run::RunArgs),
    /// Judge the same gates; commit, tag and record nothing
    Try(run::TryArgs),
    /// Sign off manual checks, at a terminal
    Sign(sign::SignArgs),
    /// Change the plan of a phase that is open or sealed, on the record
    Amend(amend::AmendArgs),
    /// Tell whether the open phase may change some files
    Scope(scope::ScopeArgs),
    /// Find what is wrong with a plan; run nothing
    Check(check::CheckArgs),
    /// Format a plan in the one style there is
    Fmt(fmt::FmtArgs),
    /// Show which phase is open, which are sealed and which are locked
    Status(status::StatusArgs),
    /// Tell what happened: runs, reds and what mended them, seals
    Log(log::LogArgs),
    /// Prove that every seal is what it says
    Verify(verify::VerifyArgs),
    /// Show a plan as gate understands it
    Show(show::ShowArgs),
    /// Have git fetch the ledger of a remote
    Install(install::InstallArgs),
    /// Tell more of a code: what it means, an example, and how it is mended
    Explain(explain::ExplainArgs),
    /// Make a small repository with a plan and run it: a red, its fix, the green
    Demo(demo::DemoArgs),
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object a line
    Json,
    /// Annotations for GitHub Actions
    Github,
}

/// Values for the plan's params.
#[derive(Debug, Args)]
struct Sets {
    /// Give a param its value, in place of its default
    #[arg(long = "set", value_name = "NAME=VALUE")]
    sets: Vec<String>,
}

impl Sets {
    /// What the call, the environment and the machine give a plan.
    ///
    /// # Errors
    /// Where a `--set` has no `=`.
    fn given(&self, for_run: bool) -> Result<Given, Box<Diagnostic>> {
        let mut sets = Vec::new();
        for set in &self.sets {
            let Some((name, value)) = set.split_once('=') else {
                let message = format!("`--set {set}` wants NAME=VALUE");
                let diagnostic = Diagnostic::unplaced(Code::UNKNOWN_PARAM, message);
                return Err(Box::new(diagnostic.help("write `--set name=value`")));
            };
            sets.push((name.to_owned(), value.to_owned()));
        }
        Ok(Given {
            sets,
            env: std::env::vars_os()
                .filter_map(|(name, value)| {
                    let name = name.into_string().ok()?;
                    name.starts_with("GATE_PARAM_")
                        .then(|| (name, value.to_string_lossy().into_owned()))
                })
                .collect(),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            for_run,
            lints: Lints::None,
        })
    }
}

/// Runs the command line of this process; the exit code is as section 9 of the language has it.
#[must_use]
pub fn main() -> ExitCode {
    crate::process::keep_freed();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes; a broken pipe while printing them neither.
            let _ = error.print();
            let code = if error.use_stderr() { 2 } else { 0 };
            return ExitCode::from(code);
        }
    };
    let output = Output::new(cli.color);
    let code = match cli.command {
        Command::Run(args) => run::run(&args, &output),
        Command::Try(args) => run::attempt(&args, &output),
        Command::Sign(args) => sign::sign(&args, &output),
        Command::Amend(args) => amend::amend(&args, &output),
        Command::Scope(args) => scope::scope(&args, &output),
        Command::Check(args) => check::check(&args, &output),
        Command::Fmt(args) => fmt::fmt(&args, &output),
        Command::Status(args) => status::status(&args, &output),
        Command::Log(args) => log::log(&args, &output),
        Command::Install(args) => install::install(&args, &output),
        Command::Verify(args) => verify::run(&args, &output),
        Command::Show(args) => show::show(&args, &output),
        Command::Explain(args) => explain::explain(&args, &output),
        Command::Demo(args) => demo::demo(&args, &output),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// The commands of the line with what each does, for the documentation.
#[must_use]
pub fn commands() -> Vec<(String, String)> {
    Cli::command()
        .get_subcommands()
        .map(|command| {
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            (command.get_name().to_owned(), about)
        })
        .collect()
}
