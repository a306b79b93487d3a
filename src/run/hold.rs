//! `hold`: green once is not enough, it must stay so.

use std::time::{Duration, Instant, SystemTime};

use super::event::{Event, HoldSummary, Verdict};
use super::gate::{Attempt, Stop};
use crate::diagnostic::Diagnostic;
use crate::plan::Hold;
use crate::value::Value;

/// How much is said beside the verdict on all beats.
const ASIDES: usize = 10;

impl Attempt<'_> {
    /// Does `once` again and again until it was green for as long as `hold` says.
    ///
    /// A beat begins every so often, counted from the beginning of the one before, and one
    /// when the time is over: what is green then was so at both ends. One that takes longer
    /// delays the next, and none is made up for. The time is that of a clock which stands
    /// still while the machine sleeps and which nobody can set: an hour in which nothing
    /// was looked at is no hour held.
    pub(super) fn held(
        &mut self,
        hold: Option<&Hold>,
        once: &mut dyn FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let Some(hold) = hold else {
            return once(self);
        };
        let length = Duration::from_millis(hold.duration);
        let every = Duration::from_millis(hold.every);
        let skipped = self.skipped.len();
        let (outputs, asides) = (self.outputs.len(), self.asides.len());
        let started = Instant::now();
        let mut due = Duration::ZERO;
        let mut summary = HoldSummary {
            hold_ms: hold.duration,
            every_ms: hold.every,
            beats: 0,
            longest_ms: 0,
            first: now(),
            last: String::new(),
        };
        loop {
            self.skipped.truncate(skipped);
            // A day of green beats is told by its summary; of each only the last stays.
            self.outputs.truncate(outputs);
            self.asides.truncate(asides + ASIDES);
            let judged = self.judged;
            let began = started.elapsed();
            summary.last = now();
            let result = once(self);
            let took = super::millis(started.elapsed().saturating_sub(began));
            if result.is_ok() && self.judged == judged {
                // Everything in it was skipped: there is nothing that could stay green.
                return Ok(());
            }
            summary.beats += 1;
            summary.longest_ms = summary.longest_ms.max(took);
            let verdict = match &result {
                Ok(()) => Verdict::Pass,
                Err(Stop::Red(_)) => Verdict::Fail,
                Err(Stop::Blocked(_)) => Verdict::Blocked,
                Err(Stop::Skip(_) | Stop::Interrupted) => return result,
            };
            let goes_on = result.is_ok() && began < length;
            due = (due + every).min(length).max(started.elapsed());
            let pause = due.saturating_sub(started.elapsed());
            self.emit(Event::GateBeat {
                phase: self.phase_name(),
                gate: self.gate.name.value.clone(),
                attempt: self.number,
                beat: summary.beats,
                verdict,
                duration_ms: took,
                held_ms: super::millis(began.min(length)),
                hold_ms: hold.duration,
                next_ms: goes_on.then(|| super::millis(pause)),
                regression: self.regression(),
            });
            self.hold = Some(summary.clone());
            result.map_err(|stop| at_beat(stop, hold, summary.beats, began))?;
            if !goes_on {
                return Ok(());
            }
            self.rest(pause)?;
        }
    }
}

/// A failure with the beat at which it came.
fn at_beat(stop: Stop, hold: &Hold, beat: u64, held: Duration) -> Stop {
    let mark = |mut diagnostic: Box<Diagnostic>| {
        let whole = Value::Duration(hold.duration);
        let held = Value::Duration(super::millis(held));
        let before = match beat {
            1 => "the first beat".to_owned(),
            _ => format!("beat {beat}, after {held} in which it stayed green"),
        };
        *diagnostic = diagnostic.also(hold.span, format!("it must hold for {whole}"));
        diagnostic.notes.push(format!("this was {before}"));
        diagnostic
    };
    match stop {
        Stop::Red(diagnostic) => Stop::Red(mark(diagnostic)),
        Stop::Blocked(diagnostic) => Stop::Blocked(mark(diagnostic)),
        stop => stop,
    }
}

impl HoldSummary {
    /// The hold in a few words.
    pub(super) fn told(&self) -> String {
        let beats = if self.beats == 1 { "beat" } else { "beats" };
        format!(
            "held for {}, {} {beats}, the longest {:.2} s",
            Value::Duration(self.hold_ms),
            self.beats,
            Duration::from_millis(self.longest_ms).as_secs_f64()
        )
    }
}

/// When it is, for people who look back.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
