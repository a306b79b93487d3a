//! Who listens on a port.

use super::platform::{self, Listening};
use super::running::Running;

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its pid.
    pub pid: u32,
    /// Its short name.
    pub name: String,
}

/// A process that listens on this TCP port of this machine, on whatever address. None where
/// nobody does, and where the system does not say who: it is another user's, lives in a
/// container, or this is macOS.
#[must_use]
pub fn port_holder(port: u16) -> Option<Holder> {
    let sockets = platform::listening(port);
    let is_holder = |pid: &u32| sockets.held_by(*pid) == Some(true);
    let pid = platform::all_pids()
        .pids
        .into_iter()
        .filter_map(|pid| u32::try_from(pid).ok())
        .find(is_holder)?;
    let seen = platform::look(i32::try_from(pid).ok()?)?;
    Some(Holder {
        pid,
        name: seen.name,
    })
}

impl Running {
    /// Whether it is a process of this tree that listens on a TCP port: `Some(false)` where
    /// one that is not does. None where nobody does, or the system does not say who, as
    /// with what a container publishes.
    #[must_use]
    pub fn listens_on(&self, port: u16) -> Option<bool> {
        let sockets = platform::listening(port);
        let holds = |pid: &u32| sockets.held_by(*pid) == Some(true);
        if self.pids().iter().any(holds) {
            return Some(true);
        }
        port_holder(port).map(|_| false)
    }
}

impl Listening {
    /// Whether a process holds one of these; none where we may not know.
    fn held_by(&self, pid: u32) -> Option<bool> {
        if self.is_empty() {
            return Some(false);
        }
        platform::holds(i32::try_from(pid).ok()?, self)
    }
}
