//! One gate: its attempts, its services, and what all of it comes to.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::command;
use super::event::{Event, HoldSummary, Verdict};
use super::judged::Judged;
use super::judging::{GateFacts, Judging};
use super::retry::{self, Failed};
use super::schedule::Slot;
use super::service::{Around, Services};
use super::transcripts::KeptOutput;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Fault, evaluate};
use crate::plan::{Expr, Gate, Inputs, Service};
use crate::process::{Env, Finished, Interrupt};
use crate::source::Span;
use crate::value::Value;

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
        had_services: false,
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
pub(super) struct Frame {
    pub dir: PathBuf,
    pub env: Env,
    pub deadline: Option<Instant>,
    pub timeout: u64,
}

impl Frame {
    pub(super) fn timed(mut self, timeout: u64) -> Self {
        self.timeout = timeout;
        // A limit past the clock's end is none.
        self.deadline = Instant::now().checked_add(Duration::from_millis(timeout));
        self
    }
}

pub(super) struct Attempt<'a> {
    pub(super) judging: &'a Judging<'a>,
    pub(super) slot: &'a Slot<'a>,
    /// Ends what is judged now.
    pub(super) interrupt: Interrupt,
    pub(super) phase: usize,
    pub(super) gate: &'a Gate,
    /// Which attempt of the gate's own `retry` this is.
    pub(super) number: u64,
    /// The attempts that were not green, checks' included.
    pub(super) failed: Vec<Failed>,
    /// How it was green, if not at once.
    pub(super) flaky: Option<String>,
    pub(super) hold: Option<HoldSummary>,
    /// Whether services of its own were started.
    pub(super) had_services: bool,
    pub(super) locals: HashMap<usize, Value>,
    pub(super) lets: HashMap<usize, Expr>,
    pub(super) results: HashMap<usize, Finished>,
    /// The commands as they were run, by id.
    pub(super) lines: HashMap<usize, (String, Span)>,
    /// The files with all of their output, by id.
    pub(super) kept: HashMap<usize, KeptOutput>,
    /// All such files, in order.
    pub(super) outputs: Vec<KeptOutput>,
    /// What is to be said beside the verdict.
    pub(super) asides: Vec<Diagnostic>,
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
        env.set("GATE_PHASE", phase.map_or("", |phase| &phase.name.value));
        env.set("GATE_NAME", &gate.name.value);
        env.set("GATE_TREE", self.judging.tree.as_str());
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
            output
                .failure()
                .into_iter()
                .for_each(|event| self.emit(event));
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
    pub(super) fn served(
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
        self.had_services = true;
        let up = Services::start(services, &self.facts(), &self.lets, around)?;
        let outer = std::mem::replace(&mut self.interrupt, up.alive().clone());
        let result = once(self);
        self.interrupt = outer;
        up.end(result)
    }

    pub(super) fn facts(&self) -> GateFacts<'_> {
        GateFacts {
            judging: self.judging,
            phase: self.phase,
            locals: &self.locals,
            results: &self.results,
        }
    }

    pub(super) fn holds(&self, when: &Expr) -> Result<bool, Stop> {
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

    pub(super) fn must_match(&self, globs: &[Expr], allow_empty: bool) -> Result<(), Stop> {
        for glob in globs {
            let names = match evaluate(glob, &self.facts())? {
                Value::List(items) => items.iter().filter_map(Value::text).collect(),
                value => value.text().into_iter().collect::<Vec<_>>(),
            };
            self.judging.files(&names, allow_empty, glob.span)?;
        }
        Ok(())
    }
}
