//! The variable by which a command's descendants are known, wherever they went.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The environment variable that marks a command and all its descendants.
///
/// Its value is the ids of the commands it runs under, outermost first, with `/` between:
/// so a `gate` run by a gate leaves nothing behind either, should it be killed.
pub const MARKER: &str = "GATE_PROCESS";

/// One command's id, or every one of this process.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    id: String,
    prefix: bool,
}

impl Marker {
    /// A new id.
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            id: format!("{}{count:x}", ours()),
            prefix: false,
        }
    }

    /// Fits every command this process ever started.
    pub(super) fn any() -> Self {
        Self {
            id: ours().to_owned(),
            prefix: true,
        }
    }

    /// Fits every command that the process of this [`mark`] ever started.
    pub(super) fn of(mark: &str) -> Self {
        Self {
            id: mark.to_owned(),
            prefix: true,
        }
    }

    /// The value of [`MARKER`].
    pub(super) fn value(&self) -> String {
        static OUTER: OnceLock<Option<String>> = OnceLock::new();
        match OUTER.get_or_init(|| std::env::var(MARKER).ok()) {
            Some(outer) => format!("{outer}/{}", self.id),
            None => self.id.clone(),
        }
    }

    /// Whether a value of [`MARKER`] names this.
    fn names(&self, value: &[u8]) -> bool {
        value.split(|byte| *byte == b'/').any(|segment| {
            if self.prefix {
                segment.starts_with(self.id.as_bytes())
            } else {
                segment == self.id.as_bytes()
            }
        })
    }

    /// Whether an environment, as `NAME=VALUE` with NUL between, carries this.
    pub(super) fn is_in(&self, environment: &[u8]) -> bool {
        environment.split(|byte| *byte == 0).any(|entry| {
            entry
                .strip_prefix(MARKER.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"="))
                .is_some_and(|value| self.names(value))
        })
    }
}

/// Whether this process was started by a command that process `pid` runs.
#[must_use]
pub fn runs_under(pid: u32) -> bool {
    let start = format!("{pid:x}.");
    std::env::var(MARKER).is_ok_and(|outer| outer.split('/').any(|id| id.starts_with(&start)))
}

/// What tells all that this process starts from what any other ever started.
#[must_use]
pub fn mark() -> &'static str {
    ours()
}

/// What every id of this process begins with. Pids come back, so the time is in it.
fn ours() -> &'static str {
    static OURS: OnceLock<String> = OnceLock::new();
    OURS.get_or_init(|| {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        format!("{:x}.{:x}.", std::process::id(), now.as_nanos())
    })
}

#[cfg(test)]
mod tests {
    use super::Marker;

    #[test]
    fn a_marker_is_found_under_and_over_others() {
        let (marker, other) = (Marker::new(), Marker::new());
        let environment =
            |value: &str| format!("A=1\0GATE_PROCESS={value}\0B=GATE_PROCESS").into_bytes();
        assert!(marker.is_in(&environment(&marker.value())));
        assert!(marker.is_in(&environment(&format!("1.2.3/{}/4.5.6", marker.id))));
        assert!(!marker.is_in(&environment(&other.value())));
        assert!(!marker.is_in(&environment(&format!("{}0", marker.id))));
        assert!(!marker.is_in(b"A=1"));
        assert!(Marker::any().is_in(&environment(&other.value())));
        assert!(!Marker::any().is_in(&environment("1.2.3")));
    }
}
