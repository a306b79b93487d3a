//! What is running now, as the one line of a terminal that is redrawn.

use std::time::{Duration, Instant};

use crate::report::phrase;
use crate::report::style::{Ink, Style};

/// Gates named on the line; the rest are counted.
const NAMED: usize = 4;

/// The gates that have begun and are not judged yet.
#[derive(Debug, Default)]
pub(super) struct Running {
    gates: Vec<Gate>,
    finished: usize,
    total: usize,
}

#[derive(Debug)]
struct Gate {
    name: String,
    since: Instant,
    /// What it is at, if it is more than its first attempt.
    at: Option<At>,
}

/// How far a gate with a `retry` or a `hold` has come.
#[derive(Debug)]
pub(super) struct At {
    /// `attempt 2 of 3`, `held 2 m of 24 h`.
    pub(super) what: String,
    /// When it goes on, while it rests.
    pub(super) next: Option<Instant>,
}

impl At {
    pub(super) fn new(what: String, next_ms: Option<u64>) -> Self {
        let next = next_ms.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
        Self { what, next }
    }

    fn text(&self) -> String {
        let left = self.next.map_or(0, |next| {
            // Rounded up: a countdown ends with 1.
            next.saturating_duration_since(Instant::now())
                .as_millis()
                .div_ceil(1000)
        });
        match left {
            0 => self.what.clone(),
            seconds => format!("{}, next in {}", self.what, elapsed(seconds as u64)),
        }
    }
}

impl Running {
    /// Nothing runs yet of `total` gates.
    pub(super) fn of(total: usize) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    pub(super) fn start(&mut self, name: String) {
        self.gates.push(Gate {
            name,
            since: Instant::now(),
            at: None,
        });
    }

    /// How far a gate has come.
    pub(super) fn at(&mut self, name: &str, at: At) {
        if let Some(gate) = self.gates.iter_mut().find(|gate| gate.name == name) {
            gate.at = Some(at);
        }
    }

    /// `counted` where the gate is one of the total.
    pub(super) fn finish(&mut self, name: &str, counted: bool) {
        self.finished += usize::from(counted);
        if let Some(at) = self.gates.iter().position(|gate| gate.name == name) {
            self.gates.remove(at);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gates.is_empty()
    }

    /// The line, short enough not to wrap; none where nothing runs.
    pub(super) fn line(&self, style: Style) -> Option<String> {
        if self.gates.is_empty() {
            return None;
        }
        let names: Vec<String> = self.gates.iter().take(NAMED).map(Gate::text).collect();
        let mut text = format!("running {}", names.join(", "));
        if self.gates.len() > NAMED {
            text.push_str(&format!(" and {} more", self.gates.len() - NAMED));
        }
        if self.total > 0 {
            let dot = style.pick("·", "-");
            text.push_str(&format!(" {dot} {} of {} done", self.finished, self.total));
        }
        let room = style.width.saturating_sub(5);
        if text.chars().count() > room {
            text = text.chars().take(room.saturating_sub(3)).collect();
            text.push_str(style.pick("…", "..."));
        }
        let mark = style.paint(Ink::Info, style.pick("▸", ">"));
        Some(format!("  {mark} {text}"))
    }
}

impl Gate {
    fn text(&self) -> String {
        let name = match self.since.elapsed().as_secs() {
            0 => self.name.clone(),
            seconds => format!("{} {}", self.name, elapsed(seconds)),
        };
        match &self.at {
            Some(at) => format!("{name} ({})", at.text()),
            None => name,
        }
    }
}

/// How far a `hold` has come: `held 2 m 00 s of 24 h 00 m`.
pub(super) fn held(held_ms: u64, hold_ms: u64) -> String {
    format!(
        "held {} of {}",
        phrase::duration(held_ms),
        phrase::duration(hold_ms)
    )
}

/// Whole seconds: a line that changes ten times a second is not calm.
fn elapsed(seconds: u64) -> String {
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}
