//! What is to be said of a service that is not there for its gates.

use std::time::Duration;

use super::prepare::Prepared;
use crate::diagnostic::{Code, Diagnostic};
use crate::process::{self, Exit, Output};
use crate::run::result::output_note;
use crate::sanitise::reveal;
use crate::value::Value;

/// It ended by itself.
pub(super) fn died(prepared: &Prepared<'_>, exit: Exit, time: Duration) -> Diagnostic {
    let name = &prepared.service.name;
    let how = match exit.signal_name() {
        Some(signal) => format!("it died of {signal}"),
        None => format!("exit {}", exit.code()),
    };
    let diagnostic = Diagnostic::new(
        Code::SERVICE_DIED,
        format!("service `{}` ended while it was needed: {how}", name.value),
        name.span,
    )
    .here(format!("{how} after {:.2} s", time.as_secs_f64()));
    match exit {
        Exit::Code(126 | 127) => {
            diagnostic.help("install the command, correct its name, or make it executable")
        }
        Exit::Code(0) => diagnostic.help(
            "a service stays in the foreground: see whether its command has an option for that",
        ),
        _ => diagnostic.help("see from its output why it ended"),
    }
}

/// Somebody else listens on its port.
pub(super) fn taken(prepared: &Prepared<'_>, port: u16) -> Diagnostic {
    let name = &prepared.service.name;
    let holder = match process::port_holder(port) {
        Some(holder) => format!("`{}` (pid {})", reveal(&holder.name), holder.pid),
        None => "a process that this user may not see".to_owned(),
    };
    let place = prepared
        .ready
        .as_ref()
        .map_or(name.span, |ready| ready.span);
    Diagnostic::new(
        Code::PORT_TAKEN,
        format!(
            "port {port} of service `{}` is taken by {holder}",
            name.value
        ),
        place,
    )
    .note("a gate would have judged that process in place of the service")
    .help("end it, or take another port: `param port: int = free-port()` gives one that is free")
}

/// It was not ready in time.
pub(super) fn too_late(prepared: &Prepared<'_>, last: &str) -> Diagnostic {
    let name = &prepared.service.name;
    let (place, within) = match &prepared.ready {
        Some(ready) => (ready.span, ready.within),
        None => (name.span, Duration::ZERO),
    };
    Diagnostic::new(
        Code::SERVICE_NOT_READY,
        format!(
            "service `{}` was not ready within {}",
            name.value,
            Value::Duration(crate::run::millis(within))
        ),
        place,
    )
    .here(reveal(last))
    .help("see from its output what it waits for, or give it longer: `ready within 2m …`")
}

/// The command, and the end of what it wrote.
pub(super) fn with_output(
    diagnostic: Diagnostic,
    prepared: &Prepared<'_>,
    output: &Output,
) -> Diagnostic {
    let diagnostic = diagnostic
        .note(format!("as run: {}", reveal(&prepared.shown)))
        .note(output_note(output));
    match &prepared.kept {
        Some(kept) => diagnostic.note(kept.note()),
        None => diagnostic,
    }
}
