//! The steps of a gate, in order, until the first that is not green.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::command::{self, Line};
use super::gate::{Attempt, Frame, Stop};
use super::record::Ran;
use super::result::{cannot_start, judge_exit, leaked, not_found, with_result};
use super::transcripts::KeptOutput;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{FaultKind, evaluate, failed_expectation, text_of, trace};
use crate::plan::{
    Builtin, CheckStep, Command, CommandForm, CommandPart, Expect, Expr, ExprKind, Step, StepKind,
};
use crate::process::{self, Exit, Keep};
use crate::source::Span;
use crate::value::Value;

impl Attempt<'_> {
    pub(super) fn steps(&mut self, steps: &[Step], frame: &Frame) -> Result<(), Stop> {
        for step in steps {
            if self.interrupted() {
                return Err(Stop::Interrupted);
            }
            self.step(step, frame).map_err(|stop| match stop {
                Stop::Red(diagnostic) => Stop::Red(Box::new(from_origin(*diagnostic, step))),
                Stop::Blocked(diagnostic) => {
                    Stop::Blocked(Box::new(from_origin(*diagnostic, step)))
                }
                stop => stop,
            })?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, frame: &Frame) -> Result<(), Stop> {
        match &step.kind {
            StepKind::Command(command) => self.command(command, step.span, frame),
            StepKind::Expect(expect) => self.expect(expect),
            StepKind::Let { slot, value, .. } => {
                if self.hangs_on_skipped(value) {
                    return Ok(());
                }
                let result = evaluate(value, &self.facts())?;
                self.locals.insert(*slot, result);
                self.lets.insert(*slot, value.clone());
                Ok(())
            }
            StepKind::Check(check) => self.check(check, frame),
            // Loading lists these in `Plan::unbuilt`, and a run that has any is refused.
            StepKind::Rhai(_) | StepKind::Library { .. } | StepKind::Ratchet { .. } => {
                Err(Stop::Blocked(Box::new(Diagnostic::new(
                    Code::NO_VALUE,
                    "this version of gate cannot run this step",
                    step.span,
                ))))
            }
        }
    }

    fn check(&mut self, check: &CheckStep, frame: &Frame) -> Result<(), Stop> {
        let mut frame = frame.clone();
        // Parameters come first: they may stand in any of the settings.
        self.steps(&check.params, &frame)?;
        if let Some(when) = &check.when
            && !self.holds(when)?
        {
            self.skipped
                .push(format!("the `when` of check `{}` is false", check.name));
            return Ok(());
        }
        self.must_match(&check.globs, false)?;
        command::set_env(&mut frame.env, &check.env, &self.facts())?;
        if let Some(dir) = &check.dir {
            frame.dir = command::folder(&self.judging.root, Some(dir), &self.facts())?;
        }
        self.retried(check.retry.as_ref(), Some(&check.name), &mut |this| {
            this.served(&check.services, &frame, &mut |this| {
                let frame = match check.timeout {
                    Some(timeout) => frame.clone().timed(timeout),
                    None => frame.clone(),
                };
                this.steps(&check.steps, &frame)
            })
        })
    }

    fn command(&mut self, command: &Command, span: Span, frame: &Frame) -> Result<(), Stop> {
        let mut env = frame.env.clone();
        env.set("PWD", &frame.dir);
        let (program, args, shown, place, _script) = match &command.form {
            CommandForm::Shell { parts, span: text } => {
                let skipped = parts.iter().any(|part| match part {
                    CommandPart::Text(_) => false,
                    CommandPart::Value { expr, .. } => self.hangs_on_skipped(expr),
                });
                if skipped {
                    return Ok(());
                }
                let line = match command::line(parts, &self.facts(), &self.lets)? {
                    Line::Text(line) => line,
                    Line::NothingChanged => {
                        self.skipped
                            .push("nothing that it looks at was changed".to_owned());
                        return Ok(());
                    }
                };
                // The shell, or the program itself, is put in below.
                (OsString::new(), Vec::new(), line, *text, None)
            }
            CommandForm::Script { program, source } => {
                let named = text_of(program, &self.facts())?;
                let text = text_of(source, &self.facts())?;
                let file = command::script_file(&text, source.span)?;
                let mut words = named.split_whitespace().map(OsString::from);
                let program = words.next().unwrap_or_default();
                let args = words.chain([file.path().as_os_str().to_owned()]).collect();
                (program, args, format!("{named} (script)"), span, Some(file))
            }
        };
        let remaining = frame.deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        let keep = if command.output_read {
            Keep::Whole
        } else {
            Keep::Ends
        };
        let kept = self.transcript()?;
        let process = process::Command {
            program,
            arg0: None,
            args,
            dir: frame.dir.clone(),
            env,
            timeout: remaining,
            keep,
            secrets: self.judging.secrets.clone(),
            transcript: kept.as_ref().map(|kept| kept.transcript.clone()),
        };
        self.judged += 1;
        let interrupt = &self.interrupt;
        let finished = match &command.form {
            CommandForm::Shell { .. } => process::Line {
                text: &shown,
                shell: &self.judging.plan.settings.shell,
                known: self.is_first().then_some(&self.judging.programs),
            }
            .run(&process, interrupt),
            CommandForm::Script { .. } => process::run(&process, interrupt),
        }
        .map_err(|error| cannot_start(&error, command, place))?;
        if let Some(kept) = kept {
            self.kept.insert(command.id, kept);
        }
        if !finished.leaked.is_empty() {
            let told = leaked(self.gate, &finished, &shown, place);
            self.asides.push(told);
        }
        let red = judge_exit(command, &finished, &shown, place, self.gate, frame.timeout)
            .map_err(|stop| self.with_kept(stop, Some(command.id)));
        self.lines.insert(command.id, (shown, place));
        self.results.insert(command.id, finished);
        red
    }

    /// Whether nothing that comes before the next command can have put a program in its way:
    /// no command of this gate or of one it needs, and no service of its own.
    fn is_first(&self) -> bool {
        self.lines.is_empty() && self.gate.needs.is_empty() && !self.had_services
    }

    /// What takes in all of the next command's output.
    fn transcript(&mut self) -> Result<Option<KeptOutput>, Stop> {
        let Some(transcripts) = self.judging.transcripts else {
            return Ok(None);
        };
        let name = [self.judging.phase_name(self.phase), &self.gate.name.value];
        let kept = transcripts
            .next(self.judging.repo, &name)
            .map_err(|error| Stop::Blocked(Box::new(error.diagnostic().at(self.gate.span))))?;
        self.outputs.push(kept.clone());
        Ok(Some(kept))
    }

    /// Says where all of a command's output is.
    fn with_kept(&self, stop: Stop, command: Option<usize>) -> Stop {
        let kept = command.and_then(|command| self.kept.get(&command));
        let note = |diagnostic: Box<Diagnostic>| match kept {
            Some(kept) => Box::new(diagnostic.note(kept.note())),
            None => diagnostic,
        };
        match stop {
            Stop::Red(diagnostic) => Stop::Red(note(diagnostic)),
            Stop::Blocked(diagnostic) => Stop::Blocked(note(diagnostic)),
            stop => stop,
        }
    }

    fn expect(&mut self, expect: &Expect) -> Result<(), Stop> {
        if self.hangs_on_skipped(&expect.expr) {
            return Ok(());
        }
        self.judged += 1;
        let trace = trace(&expect.expr, &self.facts());
        match &trace.result {
            Ok(Value::Bool(true)) => return Ok(()),
            Ok(_) => {}
            // What is not there fails the expectation; what cannot be asked blocks it.
            Err(fault) if fault.kind == FaultKind::NoValue => {}
            Err(fault) => return Err(fault.clone().into()),
        }
        let result = expect
            .command
            .and_then(|command| self.results.get(&command));
        if let Some(finished) = result
            && matches!(finished.exit, Exit::Code(126 | 127))
        {
            let (shown, place) = self.shown(expect.command);
            let stop = Stop::Blocked(Box::new(not_found(finished, &shown, place)));
            return Err(self.with_kept(stop, expect.command));
        }
        let mut diagnostic = failed_expectation(&expect.expr, &trace);
        if let Some(finished) = result {
            let (shown, place) = self.shown(expect.command);
            diagnostic = diagnostic.also(place, "the command it judges");
            diagnostic = with_result(diagnostic, finished, &shown);
        }
        Err(self.with_kept(Stop::Red(Box::new(diagnostic)), expect.command))
    }

    /// Whether a value hangs on a command that was skipped, directly or through a `let`.
    fn hangs_on_skipped(&self, expr: &Expr) -> bool {
        expr.any(&mut |expr| match &expr.kind {
            ExprKind::Builtin(Builtin::Output { command, .. }) => {
                !self.results.contains_key(command)
            }
            ExprKind::Builtin(Builtin::Local { slot, .. }) => !self.locals.contains_key(slot),
            _ => false,
        })
    }

    /// The commands so far, for the record; they are numbered in their order.
    pub(super) fn ran(&self) -> Vec<Ran> {
        let mut numbers: Vec<&usize> = self.results.keys().collect();
        numbers.sort();
        let results = numbers.into_iter().filter_map(|number| {
            let (command, _) = self.lines.get(number)?;
            Some((command, self.results.get(number)?))
        });
        results
            .map(|(command, finished)| Ran {
                command: command.clone(),
                exit: finished.exit,
                duration_ms: super::millis(finished.time),
                stdout: finished.stdout.clone(),
                stderr: finished.stderr.clone(),
            })
            .collect()
    }

    fn shown(&self, command: Option<usize>) -> (String, Span) {
        command
            .and_then(|command| self.lines.get(&command).cloned())
            .unwrap_or_else(|| (String::new(), self.gate.span))
    }
}

fn from_origin(mut diagnostic: Diagnostic, step: &Step) -> Diagnostic {
    for origin in &step.origin {
        let told = diagnostic.labels.iter().any(|label| label.span == *origin);
        if !told {
            diagnostic = diagnostic.also(*origin, "asked for here");
        }
    }
    diagnostic
}
