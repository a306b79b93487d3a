//! What is running now, as the one line of a terminal that is redrawn.

use std::time::Instant;

use crate::report::style::{Ink, Style};

/// Gates named on the line; the rest are counted.
const NAMED: usize = 4;

/// The gates that have begun and are not judged yet.
#[derive(Debug, Default)]
pub(super) struct Running {
    gates: Vec<(String, Instant)>,
    finished: usize,
    total: usize,
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
        self.gates.push((name, Instant::now()));
    }

    /// `counted` where the gate is one of the total.
    pub(super) fn finish(&mut self, name: &str, counted: bool) {
        self.finished += usize::from(counted);
        if let Some(at) = self.gates.iter().position(|(gate, _)| gate == name) {
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
        let names: Vec<String> = self
            .gates
            .iter()
            .take(NAMED)
            .map(|(name, since)| match since.elapsed().as_secs() {
                0 => name.clone(),
                seconds => format!("{name} {}", elapsed(seconds)),
            })
            .collect();
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

/// Whole seconds: a line that changes ten times a second is not calm.
fn elapsed(seconds: u64) -> String {
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}
