//! Free ports: none given twice in a run, and to one `param` or `let` always the same.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use crate::eval::Fault;
use crate::value::Value;

/// How many ports are looked at before none is free.
const TRIES: usize = 100;

/// The free ports of a run. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Ports(Arc<Mutex<Given>>);

#[derive(Debug, Default)]
struct Given {
    ports: HashSet<u16>,
    /// Has other runs on this machine pass over them, as long as this one lives.
    reserved: Vec<Reserved>,
    /// What a `param` or `let` that asks for one came to.
    globals: HashMap<String, Value>,
}

impl Ports {
    /// One that nobody listens on now, and that this run has not given yet.
    ///
    /// It is not held until it is used: a service that does not share its address could not
    /// have it then. The system gives out such ports at random, and other runs of gate know
    /// of it, so that the next who asks gets another.
    pub(super) fn free(&self) -> io::Result<u16> {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Kept open, so that the system does not offer the same again.
        let mut refused = Vec::new();
        for _ in 0..TRIES {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            if is_free_beside(port)
                && !given.ports.contains(&port)
                && let Some(reserved) = Reserved::of(port)
            {
                given.ports.insert(port);
                given.reserved.push(reserved);
                return Ok(port);
            }
            refused.push(listener);
        }
        Err(io::Error::other("all that the system offers are taken"))
    }

    /// What the `param` or `let` of this key is worth in this run.
    pub(super) fn of_global(
        &self,
        key: &str,
        evaluate: impl FnOnce() -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let known = |given: &Mutex<Given>| {
            let given = given.lock().unwrap_or_else(PoisonError::into_inner);
            given.globals.get(key).cloned()
        };
        if let Some(value) = known(&self.0) {
            return Ok(value);
        }
        // Not under the lock: it asks for a port.
        let value = evaluate()?;
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(given.globals.entry(key.to_owned()).or_insert(value).clone())
    }
}

/// That a port is this run's, for other runs to see. It ends with the process at the latest.
#[derive(Debug)]
struct Reserved {
    #[cfg(target_os = "linux")]
    _name: Option<std::os::unix::net::UnixListener>,
}

impl Reserved {
    /// None where another run has it.
    #[cfg(target_os = "linux")]
    fn of(port: u16) -> Option<Self> {
        use std::os::linux::net::SocketAddrExt as _;
        use std::os::unix::net::{SocketAddr, UnixListener};
        // A name that is no file: the system forgets it with its holder.
        let name = SocketAddr::from_abstract_name(format!("gate-port-{port}"));
        match name.and_then(|name| UnixListener::bind_addr(&name)) {
            Ok(name) => Some(Self { _name: Some(name) }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
            // No such names here: then it is as likely as it was.
            Err(_) => Some(Self { _name: None }),
        }
    }

    /// There are no such names.
    #[cfg(not(target_os = "linux"))]
    fn of(_port: u16) -> Option<Self> {
        Some(Self {})
    }
}

/// Whether a port that is free on one address of this machine is so on the others that
/// services take. A system without IPv6 has no such address to be taken.
fn is_free_beside(port: u16) -> bool {
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::AddrInUse,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Ports;
    use crate::value::Value;

    #[test]
    fn no_port_is_given_twice_and_a_global_keeps_its_own() {
        let ports = Ports::default();
        let given: Vec<u16> = (0..50).filter_map(|_| ports.free().ok()).collect();
        assert_eq!(given.len(), 50);
        assert_eq!(given.iter().collect::<HashSet<_>>().len(), 50);
        // Another run, at the same time.
        let other = Ports::default();
        let others: Vec<u16> = (0..50).filter_map(|_| other.free().ok()).collect();
        assert!(!others.iter().any(|port| given.contains(port)));
        let one = ports.of_global("a", || Ok(Value::Int(1)));
        assert_eq!(one, ports.clone().of_global("a", || Ok(Value::Int(2))));
        assert_ne!(one, ports.of_global("b", || Ok(Value::Int(2))));
    }
}
