//! `gate sign`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Sets;
use super::output::Output;
use super::person::{Person, no_agent};
use super::subject::{Stopped, Subject};
use crate::process::{self, Exit, Interrupt};
use crate::repo::Identity;
use crate::report::checklist::shown;
use crate::report::style::Ink;
use crate::run::{
    Checklist, Found, Interpreter, ManualCheck, Refusal, SignOff, Spoken, Verdict, Word, call,
};
use crate::sanitise::{reveal, sanitise_line};

/// How many lines of a command's output a person is shown.
const LINES: usize = 200;

/// How many paths that are not judged are named.
const NAMED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// The plan (`*.gate`; by default the one at the repository's root, or `plan.gate`), and the
    /// checks to sign off (by default all that wait)
    #[arg(value_name = "PLAN or CHECK")]
    words: Vec<String>,
    /// Of this phase, which must be the open one
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    /// What you found; asked for where it is not given
    #[arg(long, value_enum, value_name = "VERDICT")]
    verdict: Option<VerdictArg>,
    /// What you have to say of it; asked for where it is not given
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sets: Sets,
}

/// What a person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerdictArg {
    /// It is as it should be
    Passed,
    /// It is not
    Failed,
    /// There is nothing to look at
    NotApplicable,
}

impl VerdictArg {
    fn found(self) -> Found {
        match self {
            Self::Passed => Found::Passed,
            Self::Failed => Found::Failed,
            Self::NotApplicable => Found::NotApplicable,
        }
    }
}

/// `gate sign`: 0 where all that was asked about is signed off, 4 where the person left some
/// of it, 2 where nobody was there who may say so.
pub(super) fn sign(args: &SignArgs, output: &Output) -> i32 {
    go(args, output).unwrap_or_else(|stopped| {
        for item in &stopped.diagnostics.items {
            output.complain(item, &stopped.diagnostics.sources);
        }
        stopped.code
    })
}

const WHAT: &str = "signing off a manual check";

fn go(args: &SignArgs, output: &Output) -> Result<i32, Stopped> {
    no_agent(WHAT)?;
    let (plan, names) = match args.words.split_first() {
        Some((first, rest)) if first.ends_with(".gate") => (Some(Path::new(first)), rest),
        _ => (None, args.words.as_slice()),
    };
    let interrupt = Interrupt::new();
    let (subject, repo) = Subject::load(plan, &args.sets)?;
    let interpreter = subject.interpreter(repo).interrupt(&interrupt);
    let refused = |refusal: Refusal| subject.refused(&refusal);
    let Some(checklist) = interpreter
        .checklist(args.phase.as_deref())
        .map_err(refused)?
    else {
        let what = match &args.phase {
            Some(phase) => format!("phase `{}` is sealed already", sanitise_line(phase)),
            None => "all phases are sealed".to_owned(),
        };
        output.line(&format!("{what}: there is nothing to sign off"));
        return Ok(0);
    };
    let asked = interpreter.asked(&checklist, names).map_err(refused)?;
    let blocked = |check: &&ManualCheck| check.verdict == Verdict::Blocked;
    let all_blocked = checklist.checks.iter().filter(blocked);
    let mut code = 0;
    for diagnostic in all_blocked.flat_map(ManualCheck::diagnostics) {
        let sources = subject.located.relocated(&subject.plan.sources);
        output.complain(diagnostic, &sources);
        code = 3;
    }
    let asked: Vec<&ManualCheck> = asked.into_iter().filter(|check| !blocked(check)).collect();
    if asked.is_empty() {
        if code == 0 {
            let phase = sanitise_line(&checklist.phase.name.value);
            output.line(&format!(
                "nothing of phase `{phase}` waits to be signed off"
            ));
        }
        return Ok(code);
    }
    let asked = those_they_may(&interpreter, &subject, &checklist, &asked, output)?;
    let person = Person::at_terminal(WHAT, &call("sign", &subject.plan))?;
    let dialogue = Dialogue {
        person,
        interpreter: &interpreter,
        interrupt: &interrupt,
        subject: &subject,
        output,
        verdict: args.verdict.map(VerdictArg::found),
        note: args.note.as_deref().map(str::trim),
    };
    let left = dialogue.ask_all(&checklist, &asked)?;
    Ok(match (code, left) {
        (0, 0) => 0,
        (0, _) => 4,
        (code, _) => code,
    })
}

/// At a terminal, asks about what a run waits for; whether all of it was signed off.
pub(super) fn offer(plan: Option<&PathBuf>, sets: &Sets, output: &Output) -> bool {
    let offered = || {
        no_agent(WHAT).ok()?;
        let person = Person::at_terminal(WHAT, "gate sign").ok()?;
        let interrupt = Interrupt::new();
        let (subject, repo) = Subject::load(plan.map(PathBuf::as_path), sets).ok()?;
        let interpreter = subject.interpreter(repo).interrupt(&interrupt);
        let checklist = interpreter.checklist(None).ok()??;
        let asked = interpreter.asked(&checklist, &[]).ok()?;
        let told = |stopped: Stopped| {
            for item in &stopped.diagnostics.items {
                output.complain(item, &stopped.diagnostics.sources);
            }
        };
        let asked = those_they_may(&interpreter, &subject, &checklist, &asked, output);
        let asked = asked.map_err(told).ok()?;
        let dialogue = Dialogue {
            person,
            interpreter: &interpreter,
            interrupt: &interrupt,
            subject: &subject,
            output,
            verdict: None,
            note: None,
        };
        let left = dialogue.ask_all(&checklist, &asked).map_err(told).ok()?;
        Some(left == 0)
    };
    offered().unwrap_or(false)
}

/// The checks that a person is asked about.
struct Asked<'c> {
    checks: Vec<&'c ManualCheck>,
    /// How many they may not sign off.
    refused: usize,
    who: Identity,
}

/// The checks that the person may sign off; of the others it is told why not. Where that is
/// all of them, the first reason is the answer.
fn those_they_may<'c>(
    interpreter: &Interpreter<'_>,
    subject: &Subject,
    checklist: &Checklist<'_>,
    asked: &[&'c ManualCheck],
    output: &Output,
) -> Result<Asked<'c>, Stopped> {
    let who = interpreter.may_sign_now();
    let who = who.map_err(|refusal| subject.refused(&refusal))?;
    let mut checks = Vec::new();
    let mut refused: Vec<Stopped> = Vec::new();
    for check in asked {
        match interpreter.may_sign(checklist.phase, check, &who) {
            Ok(()) => checks.push(*check),
            Err(refusal) => refused.push(subject.refused(&refusal)),
        }
    }
    for stopped in &refused {
        for item in &stopped.diagnostics.items {
            output.complain(item, &stopped.diagnostics.sources);
        }
    }
    match refused.first() {
        // It is told already why.
        Some(first) if checks.is_empty() => Err(Stopped {
            diagnostics: Default::default(),
            code: first.code,
        }),
        _ => Ok(Asked {
            checks,
            refused: refused.len(),
            who,
        }),
    }
}

/// What a person answers to one check.
enum Answer {
    Word(Word),
    Left,
    Stop,
}

struct Dialogue<'a, 'p> {
    person: Person,
    interpreter: &'a Interpreter<'p>,
    interrupt: &'a Interrupt,
    subject: &'a Subject,
    output: &'a Output,
    verdict: Option<Found>,
    note: Option<&'a str>,
}

impl Dialogue<'_, '_> {
    /// Asks about each; gives how many were not signed off.
    fn ask_all(&self, checklist: &Checklist<'_>, asked: &Asked<'_>) -> Result<usize, Stopped> {
        let refused = |refusal: Refusal| self.subject.refused(&refusal);
        let phase = checklist.phase;
        let name = self.ink(Ink::Bold, &phase.name.value);
        self.person.show(&format!(
            "phase {}/{} {name}  {}\n  tree {}, signed off by {}",
            phase.number,
            self.subject.plan.phases.len(),
            sanitise_line(&phase.title),
            checklist.tree.short(),
            sanitise_line(&asked.who.to_string()),
        ));
        let left_out = self.interpreter.left_out().map_err(refused)?;
        self.tell_left_out(&left_out);
        let mut left = asked.checks.len() + asked.refused;
        for (at, check) in asked.checks.iter().enumerate() {
            let number = format!("{}/{}", at + 1, asked.checks.len());
            match self.ask(checklist, check, &number)? {
                Answer::Word(word) => {
                    let spoken = self.interpreter.sign(checklist, check, &word);
                    self.recorded(check, &spoken.map_err(refused)?);
                    left -= 1;
                }
                Answer::Left => self
                    .output
                    .line(&format!("`{}` is not signed off", check.check)),
                Answer::Stop => break,
            }
        }
        if left == 0 {
            let next = call("run", &self.subject.plan);
            self.person.show(&format!("\nnext: {next}"));
        }
        Ok(left)
    }

    fn tell_left_out(&self, paths: &[String]) {
        if paths.is_empty() {
            return;
        }
        let names: Vec<String> = paths
            .iter()
            .map(|path| sanitise_line(path).into_owned())
            .collect();
        let names = crate::report::phrase::first_of(&names, NAMED);
        self.person.show(&format!(
            "  not part of it (unstaged or untracked): {names}"
        ));
    }

    /// Shows a check, and asks until there is an answer.
    fn ask(
        &self,
        checklist: &Checklist<'_>,
        check: &ManualCheck,
        number: &str,
    ) -> Result<Answer, Stopped> {
        let name = self.ink(Ink::Bold, &check.check);
        let title = sanitise_line(&check.title);
        self.person.show(&format!(
            "\n{number} {name}: {title}\n{}",
            shown(check, "    ")
        ));
        let before = check.sign_off.as_ref().map(SignOff::told);
        let before = before.or_else(|| check.reason.clone());
        if let Some(before) = before {
            self.person.show(&format!("    {}", sanitise_line(&before)));
        }
        let run = match check.commands().len() {
            0 => "",
            1 => "; `run`: run the command",
            _ => "; `run N`: run a command",
        };
        loop {
            let typed = match self.verdict {
                None => self.person.ask(&format!(
                    "passed, failed or not-applicable? (p, f, n{run}; nothing: leave it; `stop`)"
                )),
                Some(found) => self.person.ask(&format!(
                    "Sign off `{}` as {}? Type `yes` (nothing: leave it{run}):",
                    check.check,
                    found.as_str()
                )),
            };
            let typed = typed.to_lowercase();
            let mut words = typed.split_whitespace();
            let found = match (words.next().unwrap_or_default(), self.verdict) {
                ("" | "skip" | "s", _) => return Ok(Answer::Left),
                ("stop" | "quit" | "q", _) => return Ok(Answer::Stop),
                ("run" | "r" | "$", _) => {
                    self.run(checklist, check, words.next())?;
                    continue;
                }
                ("yes" | "y", Some(found)) => found,
                ("no" | "n", Some(_)) => return Ok(Answer::Left),
                ("p" | "pass" | "passed", None) => Found::Passed,
                ("f" | "fail" | "failed", None) => Found::Failed,
                ("n" | "na" | "n/a" | "not-applicable", None) => Found::NotApplicable,
                _ => continue,
            };
            return Ok(match self.note(found) {
                Some(note) => Answer::Word(Word {
                    verdict: found,
                    note: Some(note).filter(|note| !note.is_empty()),
                }),
                None => Answer::Left,
            });
        }
    }

    /// The person's note; none where one is needed and is not given.
    fn note(&self, found: Found) -> Option<String> {
        if let Some(note) = self.note {
            return Some(note.to_owned());
        }
        let note = match found {
            Found::Passed => self.person.ask("Note (nothing: none):"),
            Found::Failed => self.person.ask("What is wrong (nothing: no note):"),
            Found::NotApplicable => self.person.ask("Why does it not apply:"),
        };
        if !note.is_empty() || found != Found::NotApplicable {
            return Some(note);
        }
        let note = self
            .person
            .ask("It is for the record. Why does it not apply:");
        (!note.is_empty()).then_some(note)
    }

    fn recorded(&self, check: &ManualCheck, spoken: &Spoken) {
        let Spoken { sign_off, unsigned } = spoken;
        self.output.line(&format!(
            "signed off `{}` as {}, on the record as {} ({})",
            check.check,
            sign_off.verdict.as_str(),
            sign_off.entry.short(),
            sign_off.assurance.as_str(),
        ));
        if let Some(why) = unsigned {
            self.output.line(&format!(
                "  it carries no signature: {}",
                sanitise_line(why)
            ));
        }
    }

    /// Runs a command that the check shows, and shows what comes of it.
    fn run(
        &self,
        checklist: &Checklist<'_>,
        check: &ManualCheck,
        which: Option<&str>,
    ) -> Result<(), Stopped> {
        let commands = check.commands();
        let number = match which {
            None if commands.len() == 1 => Some(1),
            None => None,
            Some(which) => which.parse::<usize>().ok(),
        };
        let line = number
            .and_then(|number| number.checked_sub(1))
            .and_then(|at| commands.get(at));
        let Some(line) = line else {
            let what = match commands.len() {
                0 => "it shows no command".to_owned(),
                count => format!("which? `run 1` to `run {count}`"),
            };
            self.person.show(&format!("    {what}"));
            return Ok(());
        };
        // From here on a signal ends the command, with all that it started.
        process::adopt_orphans();
        let handlers = process::handle_signals(self.interrupt);
        let ran = self.interpreter.run_shown(checklist, check, line);
        drop(handlers);
        let finished = ran.map_err(|refusal| self.subject.refused(&refusal))?;
        for line in finished.output.tail_lines(LINES) {
            self.person.show(&format!("    | {line}"));
        }
        let ended = match (finished.exit, finished.exit.signal_name()) {
            (Exit::TimedOut, _) => "it ran out of time".to_owned(),
            (_, Some(signal)) => format!("it died of {signal}"),
            (exit, None) => format!("exit {}", exit.code()),
        };
        let time = crate::report::phrase::duration(
            u64::try_from(finished.time.as_millis()).unwrap_or(u64::MAX),
        );
        self.person
            .show(&format!("    {} after {time}", reveal(&ended)));
        match self.interrupt.signal() {
            None => Ok(()),
            Some(signal) => Err(Stopped {
                diagnostics: Default::default(),
                code: 128 + signal,
            }),
        }
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        self.output
            .err
            .paint(ink, sanitise_line(text).into_owned())
            .into_owned()
    }
}
