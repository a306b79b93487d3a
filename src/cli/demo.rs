//! `gate demo`: a small repository with a plan, and a run of it to look at.

use std::path::{Path, PathBuf};

use clap::{Args, Parser as _};

use super::output::Output;
use super::{Cli, Command, run};
use crate::diagnostic::{Code, Diagnostic};
use crate::disk::{self, Step};
use crate::repo::Sample;
use crate::report::style::Ink;
use crate::source::Sources;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Where to make it; by default a new temporary folder
    dir: Option<PathBuf>,
}

const PLAN: &str = include_str!("../../examples/demo/plan.gate");

const WORDS: [(&str, &str); 3] = [
    ("words/en.txt", "Hello\n"),
    ("words/fr.txt", "Bonjour\n"),
    ("words/cs.txt", "Ahoj\n"),
];

const WRONG: &str = r#"#!/usr/bin/env bash
# greet.sh LANGUAGE NAME
word=$(cat "words/$1.txt" 2>/dev/null) || { echo "no word for $1" >&2; exit 1; }
echo "$word $2"
"#;

const README: &str = "\
# Greetings

`bash greet.sh en Ada` greets Ada in English.

## To do

- [x] say how it is called
- [ ] say how a language is added
";

/// `gate demo`.
pub(super) fn demo(args: &DemoArgs, output: &Output) -> i32 {
    match play(args.dir.as_deref(), output) {
        Ok(()) => 0,
        Err(diagnostic) => {
            output.complain(&diagnostic, &Sources::new());
            2
        }
    }
}

fn play(dir: Option<&Path>, output: &Output) -> Result<(), Box<Diagnostic>> {
    let dir = folder(dir)?;
    let git = |error: crate::repo::RepoError| Box::new(error.diagnostic());
    let io = |error: std::io::Error| Box::new(unusable(&dir, &error.to_string()));
    let say = |text: &str| output.line(text);

    let sample = Sample::create(&dir).map_err(git)?;
    sample.write("plan.gate", PLAN).map_err(io)?;
    sample.stage(&["plan.gate"]).map_err(git)?;
    sample.commit("docs: plan the greeting").map_err(git)?;
    std::env::set_current_dir(&dir).map_err(io)?;

    let step = |text: &str| say(&heading(output, text));
    step(&format!(
        "A repository with a plan of three phases, in {}",
        dir.display()
    ));
    say(PLAN
        .split("phase greet")
        .next()
        .unwrap_or_default()
        .trim_end());
    say("\n# … and two more: `greet`, `docs`\n");

    step("1. Phase `words` is open. Its files are written and staged; it goes through its gate");
    for (path, text) in WORDS {
        sample.write(path, text).map_err(io)?;
    }
    sample.stage(&["words"]).map_err(git)?;
    run_gate(output)?;

    step("2. Phase `greet` is open. The script is staged, and with it, too early, the README");
    sample.write("greet.sh", WRONG).map_err(io)?;
    sample.write("README.md", README).map_err(io)?;
    sample.stage(&["greet.sh", "README.md"]).map_err(git)?;
    run_gate(output)?;

    step("3. Red: nothing was committed. The fix, staged without the README");
    let fixed = WRONG.replace(r#"echo "$word $2""#, r#"echo "$word, $2!""#);
    say("   greet.sh");
    say("  -echo \"$word $2\"");
    say("  +echo \"$word, $2!\"\n");
    sample.write("greet.sh", &fixed).map_err(io)?;
    sample.stage(&["greet.sh"]).map_err(git)?;
    sample.unstage("README.md").map_err(git)?;
    run_gate(output)?;

    step("4. Committed was exactly what was judged; README.md is still there, unstaged");
    for line in sample.log().map_err(git)?.lines() {
        say(&format!("  {line}"));
    }
    say("");
    step("Your turn");
    say(&format!(
        "  cd {}",
        crate::shell::quote_word(&dir.to_string_lossy())
    ));
    say("  gate status                          # phase `docs` is open");
    say("  git add README.md && gate run        # red: a task is not ticked");
    say("  git show demo-2-greet                # the tag holds the verdicts");
    say("  gate show                            # the plan as gate understands it");
    Ok(())
}

/// `gate run`, as typed.
fn run_gate(output: &Output) -> Result<(), Box<Diagnostic>> {
    output.line(&output.out.paint(Ink::Dim, "$ gate run"));
    let cli = Cli::try_parse_from(["gate", "run"])
        .map_err(|error| Box::new(Diagnostic::unplaced(Code::DEMO_FOLDER, error.to_string())))?;
    if let Command::Run(args) = &cli.command {
        run::run(args, output);
    }
    output.line("");
    Ok(())
}

/// A line that says what comes.
fn heading(output: &Output, text: &str) -> String {
    let mark = output.out.pick("▌", "#");
    output
        .out
        .paint(Ink::Bold, format!("{mark} {text}\n"))
        .into_owned()
}

/// The folder to make the repository in: named and empty or absent, or a new one.
fn folder(dir: Option<&Path>) -> Result<PathBuf, Box<Diagnostic>> {
    let Some(dir) = dir else {
        // Kept: it is there to be looked at.
        return match disk::lasting_folder(Step::Demo, "gate-demo-") {
            Ok(made) => Ok(made),
            Err(error) => Err(Box::new(unusable(
                &std::env::temp_dir(),
                &error.to_string(),
            ))),
        };
    };
    let fail = |why: &str| Err(Box::new(unusable(dir, why)));
    if let Err(error) = disk::create_folders(Step::Demo, dir) {
        return fail(&error.to_string());
    }
    match std::fs::read_dir(dir) {
        Err(error) => fail(&error.to_string()),
        Ok(entries) => match entries.count() {
            0 => dir.canonicalize().or_else(|error| fail(&error.to_string())),
            _ => fail("it is not empty"),
        },
    }
}

fn unusable(dir: &Path, why: &str) -> Diagnostic {
    Diagnostic::unplaced(
        Code::DEMO_FOLDER,
        format!("the demo cannot be made in `{}`: {why}", dir.display()),
    )
    .help("name an empty folder: `gate demo DIR`")
}
