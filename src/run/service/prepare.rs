//! From a service of the plan to what is started and asked.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Duration;

use regex::Regex;

use super::Around;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{evaluate, text_of};
use crate::plan::{CommandPart, Expr, Probe, Service};
use crate::process::{self, Keep};
use crate::run::command::{self, Line};
use crate::run::gate::Stop;
use crate::run::judging::GateFacts;
use crate::run::transcripts::KeptOutput;
use crate::source::Span;
use crate::value::Value;

/// A service with its values in place.
pub(super) struct Prepared<'a> {
    pub service: &'a Service,
    pub command: process::Command,
    /// The command as it is shown.
    pub shown: String,
    /// Where all that it writes is kept, once it is started.
    pub kept: Option<KeptOutput>,
    pub ready: Option<Ready>,
    /// What asks it to end.
    pub signal: i32,
    pub grace: Duration,
}

/// How it is known to be ready.
pub(super) struct Ready {
    pub ask: Ask,
    pub within: Duration,
    pub span: Span,
}

/// What is asked, again and again.
pub(super) enum Ask {
    /// Whether this answers with 2xx; the port, where it is one of this machine.
    Http { url: String, port: Option<u16> },
    /// Whether it listens.
    Port(u16),
    /// Whether it has written this.
    Output(Regex),
    /// Whether this exits with 0.
    Command { line: String },
}

impl Ask {
    /// The port of this machine that it is about.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Http { port, .. } => *port,
            Self::Port(port) => Some(*port),
            Self::Output(_) | Self::Command { .. } => None,
        }
    }
}

impl Prepared<'_> {
    /// Has all that it will write kept, where the run does.
    pub fn keep_output(&mut self, around: &Around<'_>) -> Result<(), Stop> {
        let Some(transcripts) = around.judging.transcripts else {
            return Ok(());
        };
        let mut name = vec![around.phase.as_str()];
        name.extend(around.gate.as_deref());
        name.push(&self.service.name.value);
        let kept = transcripts
            .next(around.judging.repo, &name)
            .map_err(|error| blocked(error.diagnostic().at(self.service.name.span)))?;
        self.command.transcript = Some(kept.transcript.clone());
        self.kept = Some(kept);
        Ok(())
    }

    /// A command that runs where the service does, with its environment.
    pub fn beside(&self, line: &str, timeout: Duration) -> process::Command {
        let mut command = self.command.clone();
        if let Some(last) = command.args.last_mut() {
            *last = OsString::from(line);
        }
        command.timeout = timeout;
        command.transcript = None;
        command
    }
}

pub(super) fn prepare<'a>(
    service: &'a Service,
    facts: &GateFacts<'_>,
    lets: &HashMap<usize, Expr>,
    around: &Around<'_>,
) -> Result<Prepared<'a>, Stop> {
    let line = line(&service.command, facts, lets)?;
    let mut env = around.env.clone();
    command::set_env(&mut env, &service.env, facts)?;
    let dir = match &service.dir {
        Some(dir) => command::folder(&around.judging.root, Some(dir), facts)?,
        None => around.dir.clone(),
    };
    let ready = match &service.ready {
        Some(ready) => Some(Ready {
            ask: ask(&ready.probe, facts, lets)?,
            within: Duration::from_millis(ready.within),
            span: ready.span,
        }),
        None => None,
    };
    env.set("PWD", &dir);
    let mut shell = around
        .judging
        .plan
        .settings
        .shell
        .iter()
        .map(OsString::from);
    Ok(Prepared {
        service,
        command: process::Command {
            program: shell.next().unwrap_or_default(),
            arg0: None,
            args: shell.chain([OsString::from(&line)]).collect(),
            dir,
            env,
            timeout: Duration::MAX,
            keep: Keep::Ends,
            secrets: around.judging.secrets.clone(),
            transcript: None,
        },
        shown: line,
        kept: None,
        ready,
        // The grammar knows only signals that there are.
        signal: process::signal_number(&service.signal).unwrap_or(signal_hook::consts::SIGTERM),
        grace: Duration::from_millis(service.stop_within),
    })
}

fn line(
    parts: &[CommandPart],
    facts: &GateFacts<'_>,
    lets: &HashMap<usize, Expr>,
) -> Result<String, Stop> {
    match command::line(parts, facts, lets)? {
        Line::Text(line) => Ok(line),
        Line::NothingChanged => Err(Stop::Skip(
            "nothing that its service looks at was changed".to_owned(),
        )),
    }
}

fn ask(probe: &Probe, facts: &GateFacts<'_>, lets: &HashMap<usize, Expr>) -> Result<Ask, Stop> {
    match probe {
        Probe::Port(port) => Ok(Ask::Port(number(port, facts)?)),
        Probe::Http(url) => {
            let text = text_of(url, facts)?;
            match local_port(&text) {
                Ok(port) => Ok(Ask::Http { url: text, port }),
                Err(why) => Err(blocked(
                    Diagnostic::new(
                        Code::NO_VALUE,
                        format!("`{text}` cannot be asked whether it is ready: {why}"),
                        url.span,
                    )
                    .help("give a URL such as `http://localhost:8080/health`; for anything else there is `ready $ curl …`"),
                )),
            }
        }
        Probe::Output(regex) => match evaluate(regex, facts)? {
            Value::Regex(pattern) => match pattern.compile() {
                Ok(regex) => Ok(Ask::Output(regex)),
                Err(error) => Err(no_value(&error.to_string(), regex.span)),
            },
            other => Err(no_value(&format!("{other} is no regex"), regex.span)),
        },
        Probe::Command(parts) => Ok(Ask::Command {
            line: line(parts, facts, lets)?,
        }),
    }
}

fn number(port: &Expr, facts: &GateFacts<'_>) -> Result<u16, Stop> {
    let value = evaluate(port, facts)?;
    match &value {
        Value::Int(number) => u16::try_from(*number).ok().filter(|port| *port > 0),
        _ => None,
    }
    .ok_or_else(|| no_value(&format!("{value} is no port"), port.span))
}

fn no_value(message: &str, span: Span) -> Stop {
    blocked(Diagnostic::new(Code::NO_VALUE, message, span))
}

fn blocked(diagnostic: Diagnostic) -> Stop {
    Stop::Blocked(Box::new(diagnostic))
}

/// The port of this machine that a URL is about; none where it is another's.
fn local_port(url: &str) -> Result<Option<u16>, String> {
    let uri: ureq::http::Uri = url
        .parse()
        .map_err(|error: ureq::http::uri::InvalidUri| error.to_string())?;
    if uri.scheme_str() != Some("http") {
        return Err("only plain http is".to_owned());
    }
    let host = uri.host().unwrap_or_default();
    let here = host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host == "0.0.0.0"
        || host.starts_with("127.");
    Ok(here.then(|| uri.port_u16().unwrap_or(80)))
}

/// The ports of this machine that services wait for, as far as they are known before
/// anything runs: two that want the same one cannot live at once.
pub(in crate::run) fn ports(services: &[Service], facts: &GateFacts<'_>) -> Vec<u16> {
    let known = services.iter().filter_map(|service| {
        let ready = service.ready.as_ref()?;
        match &ready.probe {
            Probe::Port(port) => number(port, facts).ok(),
            Probe::Http(url) => local_port(&text_of(url, facts).ok()?).ok()?,
            Probe::Output(_) | Probe::Command(_) => None,
        }
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::local_port;

    #[test]
    fn a_url_of_this_machine_is_known_by_its_host() {
        assert_eq!(local_port("http://localhost:8080/health"), Ok(Some(8080)));
        assert_eq!(local_port("http://127.0.0.1"), Ok(Some(80)));
        assert_eq!(local_port("http://[::1]:81/x?y=1"), Ok(Some(81)));
        assert_eq!(local_port("http://app.localhost:1/"), Ok(Some(1)));
        assert_eq!(local_port("http://example.com:8080/"), Ok(None));
        assert!(local_port("https://localhost/").is_err());
        assert!(local_port("localhost:80").is_err());
        assert!(local_port("").is_err());
    }
}
