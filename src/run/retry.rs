//! `retry`: again until green, and what the attempts before came to.

use std::time::{Duration, Instant};

use super::event::{AttemptFailure, Event, Verdict};
use super::gate::{Attempt, Stop};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Gate, Retry};

/// How many attempts a diagnostic tells of.
const TOLD: usize = 10;

/// How many lines of what an attempt printed are told.
const TAIL: usize = 5;

/// An attempt that was not green.
#[derive(Debug)]
pub(super) struct Failed {
    pub failure: AttemptFailure,
    pub diagnostic: Box<Diagnostic>,
}

impl Failed {
    /// The attempt in a few lines: what went wrong, and the end of what was printed.
    fn told(&self) -> String {
        let AttemptFailure {
            check,
            attempt,
            of,
            code,
            message,
            duration_ms,
            ..
        } = &self.failure;
        let whose = check
            .as_ref()
            .map_or_else(String::new, |check| format!(" of check `{check}`"));
        let seconds = Duration::from_millis(*duration_ms).as_secs_f64();
        let mut told =
            format!("attempt {attempt} of {of}{whose} ({seconds:.2} s): {code}, {message}");
        if let Some(last) = self.diagnostic.notes.last() {
            let lines: Vec<&str> = last.lines().collect();
            for line in lines.iter().skip(lines.len().saturating_sub(TAIL)) {
                told.push_str(&format!("\n  {}", line.trim_end()));
            }
        }
        told
    }
}

impl Attempt<'_> {
    /// Does `once` until it is green, at most as often as `retry` says. `check` names the
    /// check whose `retry` it is.
    ///
    /// What is blocked is tried again as what is red is: both may be gone a moment later.
    /// Where no attempt is green, one that was red counts more than one that was blocked.
    pub(super) fn retried(
        &mut self,
        retry: Option<&Retry>,
        check: Option<&str>,
        once: &mut dyn FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let Some(retry) = retry else {
            return once(self);
        };
        let of = retry.count.saturating_add(1);
        let (judged, skipped) = (self.judged, self.skipped.len());
        let first = self.failed.len();
        let mut attempt = 1;
        loop {
            self.judged = judged;
            self.skipped.truncate(skipped);
            if check.is_none() {
                self.number = attempt;
            }
            let started = Instant::now();
            let (verdict, diagnostic) = match once(self) {
                Ok(()) => {
                    if attempt > 1 {
                        let whose =
                            check.map_or_else(String::new, |check| format!("check `{check}` was "));
                        self.flaky = Some(format!("{whose}green at attempt {attempt} of {of}"));
                    }
                    return Ok(());
                }
                Err(Stop::Red(diagnostic)) => (Verdict::Fail, diagnostic),
                Err(Stop::Blocked(diagnostic)) => (Verdict::Blocked, diagnostic),
                Err(stop) => return Err(stop),
            };
            let last = attempt == of || self.interrupted();
            let failure = AttemptFailure {
                check: check.map(str::to_owned),
                attempt,
                of,
                verdict,
                code: diagnostic.code,
                message: diagnostic.message.clone(),
                duration_ms: super::millis(started.elapsed()),
            };
            if !last {
                self.emit(Event::GateAttempt {
                    phase: self.phase_name(),
                    gate: self.gate.name.value.clone(),
                    failure: failure.clone(),
                    next_ms: retry.every,
                    regression: self.regression(),
                });
            }
            self.failed.push(Failed {
                failure,
                diagnostic,
            });
            if last {
                return Err(self.never_green(first));
            }
            self.rest(Duration::from_millis(retry.every))?;
            attempt += 1;
        }
    }

    /// Why none of the attempts from this one on was green, the others told beside it.
    fn never_green(&mut self, first: usize) -> Stop {
        let attempts = self.failed.get(first..).unwrap_or_default();
        let red = |failed: &&Failed| failed.failure.verdict == Verdict::Fail;
        let counts = attempts.iter().rev().find(red).or(attempts.last());
        let Some(counts) = counts else {
            return Stop::Interrupted;
        };
        let mut diagnostic = counts.diagnostic.clone();
        let others: Vec<&Failed> = attempts
            .iter()
            .filter(|failed| !std::ptr::eq(*failed, counts))
            .collect();
        if !others.is_empty() {
            diagnostic.notes.push(format!(
                "this was attempt {} of {}",
                counts.failure.attempt, counts.failure.of
            ));
            diagnostic.notes.extend(told(&others));
        }
        match counts.failure.verdict {
            Verdict::Fail => Stop::Red(diagnostic),
            _ => Stop::Blocked(diagnostic),
        }
    }
}

fn told(attempts: &[&Failed]) -> Vec<String> {
    let mut notes: Vec<String> = attempts
        .iter()
        .take(TOLD)
        .map(|failed| failed.told())
        .collect();
    if attempts.len() > TOLD {
        notes.push(format!("and {} more attempts", attempts.len() - TOLD));
    }
    notes
}

/// What is to be said of a gate that was green, though not at once.
pub(super) fn flaky(gate: &Gate, how: &str, failed: &[Failed]) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        Code::FLAKY,
        format!("gate `{}` is flaky: {how}", gate.name.value),
        gate.name.span,
    );
    let first = failed.first();
    if let Some(place) = first.and_then(|failed| failed.diagnostic.primary()) {
        diagnostic = diagnostic.also(place, "this was not green at first");
    }
    diagnostic
        .notes
        .extend(told(&failed.iter().collect::<Vec<_>>()));
    diagnostic.help("find out what it depends on: a gate that is green by luck tells little")
}
