//! One gate: its steps in order, until the first that is not green.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::command::{self, Line};
use super::event::{AttemptFailure, Event, HoldSummary, Verdict};
use super::judging::{GateFacts, Judging};
use super::record::Ran;
use super::result::{cannot_start, judge_exit, leaked, not_found, with_result};
use super::retry::{self, Failed};
use super::reuse::Origin;
use super::schedule::Slot;
use super::service::{Around, Services};
use super::transcripts;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Fault, FaultKind, evaluate, failed_expectation, text_of, trace};
use crate::plan::{
    Builtin, CheckStep, Command, CommandForm, CommandPart, Expect, Expr, ExprKind, Gate, Inputs,
    Service, Step, StepKind,
};
use crate::process::{self, Exit, Finished, Interrupt, Keep, Transcript};
use crate::source::Span;
use crate::value::Value;

/// What came of a gate.
pub(crate) struct Judged {
    pub verdict: Verdict,
    /// Why it was skipped, is blocked or flaky, or what it held; in a few words.
    pub reason: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub duration: Duration,
    /// Whether it was skipped because something else went wrong, not by a condition of its own.
    pub not_run: bool,
    /// The attempts that were not green.
    pub failures: Vec<AttemptFailure>,
    /// What its `hold` came to.
    pub hold: Option<HoldSummary>,
    /// The commands it ran, in order.
    pub ran: Vec<Ran>,
    /// Where the verdict comes from, when it was not given by judging this gate now.
    pub origin: Option<Origin>,
    /// The files that hold all its commands wrote, where that is kept.
    pub outputs: Vec<String>,
}

impl Judged {
    /// A gate that was not run because something else went wrong.
    pub(crate) fn not_run(why: &str) -> Self {
        Self {
            reason: Some(format!("not run: {why}")),
            not_run: true,
            ..Self::of(Verdict::Skipped)
        }
    }

    /// A gate that could not be judged.
    pub(crate) fn blocked(diagnostic: Diagnostic) -> Self {
        Self {
            reason: Some(diagnostic.message.clone()),
            diagnostics: vec![diagnostic],
            ..Self::of(Verdict::Blocked)
        }
    }

    /// A gate that could not be judged for what another gate has told of.
    pub(crate) fn blocked_by(why: &str) -> Self {
        Self {
            reason: Some(why.to_owned()),
            ..Self::of(Verdict::Blocked)
        }
    }

    /// A gate that there is no reason to judge.
    pub(crate) fn skipped(why: &str) -> Self {
        Self {
            reason: Some(why.to_owned()),
            ..Self::of(Verdict::Skipped)
        }
    }

    /// A verdict of which nothing more is to be said.
    pub(crate) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: None,
            diagnostics: Vec::new(),
            duration: Duration::ZERO,
            not_run: false,
            failures: Vec::new(),
            hold: None,
            ran: Vec::new(),
            origin: None,
            outputs: Vec::new(),
        }
    }
}

/// Judges a gate of the phase of this index, which has this slot.
pub(crate) fn judge(judging: &Judging<'_>, phase: usize, gate: &Gate, slot: &Slot<'_>) -> Judged {
    let started = Instant::now();
    let mut attempt = Attempt {
        judging,
        slot,
        interrupt: slot.interrupt.clone(),
        phase,
        gate,
        number: 1,
        failed: Vec::new(),
        flaky: None,
        hold: None,
        locals: HashMap::new(),
        lets: HashMap::new(),
        results: HashMap::new(),
        lines: HashMap::new(),
        kept: HashMap::new(),
        outputs: Vec::new(),
        asides: Vec::new(),
        judged: 0,
        skipped: Vec::new(),
    };
    let outcome = attempt.run();
    let ran = attempt.ran();
    let mut judged = attempt.judged(outcome);
    judged.ran = ran;
    judged.duration = started.elapsed();
    judged
}

/// Whether a gate's `when` is known to be false, so that it will not run.
pub(crate) fn is_left_out(judging: &Judging<'_>, phase: usize, gate: &Gate) -> bool {
    let facts = GateFacts {
        judging,
        phase,
        locals: &HashMap::new(),
        results: &HashMap::new(),
    };
    let when = gate.when.as_ref();
    when.is_some_and(|when| evaluate(when, &facts) == Ok(Value::Bool(false)))
}

/// Why a gate stops before its end.
pub(super) enum Stop {
    Red(Box<Diagnostic>),
    Blocked(Box<Diagnostic>),
    Skip(String),
    Interrupted,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Blocked(Box::new(fault.diagnostic()))
    }
}

impl From<Box<Diagnostic>> for Stop {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Blocked(diagnostic)
    }
}

/// What holds for the steps of a gate or of a check in it.
#[derive(Clone)]
struct Frame {
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    deadline: Option<Instant>,
    timeout: u64,
}

impl Frame {
    fn timed(mut self, timeout: u64) -> Self {
        self.timeout = timeout;
        // A limit past the clock's end is none.
        self.deadline = Instant::now().checked_add(Duration::from_millis(timeout));
        self
    }
}

/// A file with all that a command wrote.
struct KeptOutput {
    path: String,
    transcript: Transcript,
}

pub(super) struct Attempt<'a> {
    pub(super) judging: &'a Judging<'a>,
    slot: &'a Slot<'a>,
    /// Ends what is judged now.
    interrupt: Interrupt,
    phase: usize,
    pub(super) gate: &'a Gate,
    /// Which attempt of the gate's own `retry` this is.
    pub(super) number: u64,
    /// The attempts that were not green, checks' included.
    pub(super) failed: Vec<Failed>,
    /// How it was green, if not at once.
    pub(super) flaky: Option<String>,
    pub(super) hold: Option<HoldSummary>,
    locals: HashMap<usize, Value>,
    lets: HashMap<usize, Expr>,
    results: HashMap<usize, Finished>,
    /// The commands as they were run, by id.
    lines: HashMap<usize, (String, Span)>,
    /// The files with all of their output, by id.
    kept: HashMap<usize, String>,
    /// All such files, in order.
    outputs: Vec<KeptOutput>,
    /// What is to be said beside the verdict.
    asides: Vec<Diagnostic>,
    /// How many steps judged something.
    pub(super) judged: usize,
    /// Why steps were skipped.
    pub(super) skipped: Vec<String>,
}

impl Attempt<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let gate = self.gate;
        if let Some(when) = &gate.when
            && !self.holds(when)?
        {
            return Err(Stop::Skip("its `when` is false".to_owned()));
        }
        if let Inputs::Globs { globs, allow_empty } = &gate.inputs {
            self.must_match(globs, *allow_empty)?;
        }
        let mut env = self.judging.env.clone();
        let phase = self.judging.plan.phases.get(self.phase);
        command::set(
            &mut env,
            "GATE_PHASE",
            phase.map_or("", |phase| &phase.name.value),
        );
        command::set(&mut env, "GATE_NAME", gate.name.value.as_str());
        command::set(&mut env, "GATE_TREE", self.judging.tree.as_str());
        command::set_env(&mut env, &gate.env, &self.facts())?;
        let dir = command::folder(&self.judging.root, gate.dir.as_ref(), &self.facts())?;
        let frame = Frame {
            dir,
            env,
            deadline: None,
            timeout: 0,
        };
        self.retried(gate.retry.as_ref(), None, &mut |this| {
            this.served(&gate.services, &frame, &mut |this| {
                this.held(gate.hold.as_ref(), &mut |this| {
                    this.steps(&gate.steps, &frame.clone().timed(gate.timeout))
                })
            })
        })
    }

    /// What all of it came to.
    fn judged(self, outcome: Result<(), Stop>) -> Judged {
        let failures = self
            .failed
            .iter()
            .map(|failed| failed.failure.clone())
            .collect();
        for output in &self.outputs {
            if let Some(why) = output.transcript.failure() {
                self.emit(Event::Notice {
                    text: format!("{} ends too early: {why}", output.path),
                });
            }
        }
        let outputs = self.outputs.into_iter().map(|output| output.path).collect();
        let mut skipped = self.skipped.into_iter();
        let judged = match outcome {
            Ok(()) if self.judged == 0 && skipped.len() > 0 => Judged {
                reason: skipped.next(),
                ..Judged::of(Verdict::Skipped)
            },
            Ok(()) => match &self.flaky {
                Some(how) => Judged {
                    reason: Some(how.clone()),
                    diagnostics: vec![retry::flaky(self.gate, how, &self.failed)],
                    ..Judged::of(Verdict::Flaky)
                },
                None => Judged {
                    reason: skipped
                        .next()
                        .or_else(|| self.hold.as_ref().map(HoldSummary::told)),
                    ..Judged::of(Verdict::Pass)
                },
            },
            Err(Stop::Skip(reason)) => Judged::skipped(&reason),
            Err(Stop::Red(diagnostic)) => Judged {
                diagnostics: vec![*diagnostic],
                ..Judged::of(Verdict::Fail)
            },
            Err(Stop::Blocked(diagnostic)) => Judged::blocked(*diagnostic),
            Err(Stop::Interrupted) if self.judging.interrupt.signal().is_some() => Judged {
                reason: Some("interrupted".to_owned()),
                ..Judged::of(Verdict::Blocked)
            },
            Err(Stop::Interrupted) => Judged {
                reason: Some(format!("ended: {}", super::schedule::FAIL_FAST)),
                not_run: true,
                ..Judged::of(Verdict::Skipped)
            },
        };
        let mut diagnostics = judged.diagnostics;
        diagnostics.extend(self.asides);
        Judged {
            failures,
            hold: self.hold,
            outputs,
            diagnostics,
            ..judged
        }
    }

    pub(super) fn phase_name(&self) -> String {
        self.judging.phase_name(self.phase).to_owned()
    }

    /// Whether it is an earlier phase's gate, judged again.
    pub(super) fn regression(&self) -> bool {
        self.slot.regression
    }

    pub(super) fn emit(&self, event: Event) {
        (self.slot.emit)(event);
    }

    /// Whether what is judged is to end.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupt.signal().is_some()
    }

    /// Waits between two attempts or beats, and lets other gates run meanwhile.
    pub(super) fn rest(&self, time: Duration) -> Result<(), Stop> {
        if (self.slot.rest)(time, &self.interrupt) {
            Err(Stop::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Does `once` while these services are up.
    fn served(
        &mut self,
        services: &[Service],
        frame: &Frame,
        once: &mut dyn FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        if services.is_empty() {
            return once(self);
        }
        let around = Around {
            judging: self.judging,
            phase: self.phase_name(),
            gate: Some(self.gate.name.value.clone()),
            env: frame.env.clone(),
            dir: frame.dir.clone(),
            emit: self.slot.emit,
            interrupt: self.interrupt.clone(),
        };
        let up = Services::start(services, &self.facts(), &self.lets, around)?;
        let outer = std::mem::replace(&mut self.interrupt, up.alive().clone());
        let result = once(self);
        self.interrupt = outer;
        up.end(result)
    }

    fn facts(&self) -> GateFacts<'_> {
        GateFacts {
            judging: self.judging,
            phase: self.phase,
            locals: &self.locals,
            results: &self.results,
        }
    }

    fn holds(&self, when: &Expr) -> Result<bool, Stop> {
        match evaluate(when, &self.facts())? {
            Value::Bool(value) => Ok(value),
            other => Err(Stop::Blocked(Box::new(
                Diagnostic::new(
                    Code::NO_VALUE,
                    format!("this `when` gave {other}, which is neither true nor false"),
                    when.span,
                )
                .help("compare the value with something"),
            ))),
        }
    }

    fn must_match(&self, globs: &[Expr], allow_empty: bool) -> Result<(), Stop> {
        for glob in globs {
            let names = match evaluate(glob, &self.facts())? {
                Value::List(items) => items.iter().filter_map(Value::text).collect(),
                value => value.text().into_iter().collect::<Vec<_>>(),
            };
            self.judging.files(&names, allow_empty, glob.span)?;
        }
        Ok(())
    }

    fn steps(&mut self, steps: &[Step], frame: &Frame) -> Result<(), Stop> {
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
        command::set(&mut env, "PWD", frame.dir.as_os_str().to_owned());
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
        let (transcript, kept) = self.transcript()?.unzip();
        let process = process::Command {
            program,
            arg0: None,
            args,
            dir: frame.dir.clone(),
            env,
            timeout: remaining,
            keep,
            secrets: self.judging.secrets.clone(),
            transcript,
        };
        self.judged += 1;
        let interrupt = &self.interrupt;
        let finished = match &command.form {
            CommandForm::Shell { .. } => process::Line {
                text: &shown,
                shell: &self.judging.plan.settings.shell,
            }
            .run(&process, interrupt),
            CommandForm::Script { .. } => process::run(&process, interrupt),
        }
        .map_err(|error| cannot_start(&error, command, place))?;
        if let Some(path) = kept {
            self.kept.insert(command.id, path);
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

    /// What takes in all of the next command's output, and the path of its file.
    fn transcript(&mut self) -> Result<Option<(Transcript, String)>, Stop> {
        let Some(transcripts) = self.judging.transcripts else {
            return Ok(None);
        };
        let (phase, repo) = (self.phase_name(), self.judging.repo);
        let (transcript, path) = transcripts
            .next(repo, &phase, &self.gate.name.value)
            .map_err(|error| Stop::Blocked(Box::new(error.diagnostic().at(self.gate.span))))?;
        let path = transcripts::shown(&path, repo.root());
        self.outputs.push(KeptOutput {
            path: path.clone(),
            transcript: transcript.clone(),
        });
        Ok(Some((transcript, path)))
    }

    /// Says where all of a command's output is.
    fn with_kept(&self, stop: Stop, command: Option<usize>) -> Stop {
        let path = command.and_then(|command| self.kept.get(&command));
        let note = |diagnostic: Box<Diagnostic>| match path {
            Some(path) => Box::new(diagnostic.note(format!("all of its output: {path}"))),
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
    fn ran(&self) -> Vec<Ran> {
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
