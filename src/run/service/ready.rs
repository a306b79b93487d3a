//! Whether a service is ready: asked until it is, it is dead, or its time is over.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use regex::Regex;

use super::prepare::{Ask, Prepared, Ready};
use crate::process::{self, Interrupt, Running, Stream, Watch};

/// How long between two questions: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(10);

/// How long a port of this machine may take to answer.
const CONNECT: Duration = Duration::from_millis(500);

/// How often somebody else must be seen on the port before that is believed: a process may
/// have been born between two looks.
const SURE: u32 = 3;

/// Of what a service writes, how much is looked at again when more comes, in bytes.
const WINDOW: usize = 64 << 10;

/// What holds a port for a process in a container, which is none of our descendants.
const FORWARDERS: [&str; 6] = [
    "conmon",
    "docker-proxy",
    "gvproxy",
    "pasta",
    "rootlessport",
    "slirp4netns",
];

/// Why a service is not ready.
pub(super) enum NotReady {
    /// It ended.
    Died,
    /// Its time is over; what was answered last.
    TooLate(String),
    /// Another process listens on its port.
    Taken(u16),
    /// The run ends.
    Interrupted,
}

/// Whether an output was written, as the thread that reads it finds out.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<bool>>);

impl Seen {
    fn is(&self) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for `regex` in each of the two streams.
    pub(super) fn watch(&self, regex: &Regex) -> Watch {
        let (seen, regex) = (self.clone(), regex.clone());
        let mut texts = [String::new(), String::new()];
        Box::new(move |stream, bytes| {
            if seen.is() {
                return;
            }
            let [stdout, stderr] = &mut texts;
            let text = match stream {
                Stream::Stdout => stdout,
                Stream::Stderr => stderr,
            };
            text.push_str(&String::from_utf8_lossy(bytes));
            if regex.is_match(text) {
                *seen.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
                texts = Default::default();
            } else if text.len() > WINDOW {
                // Whole lines go, so that `^` still means the beginning of one.
                let from = text.len() - WINDOW / 2;
                let newline = text.bytes().skip(from).position(|byte| byte == b'\n');
                let cut = newline.map_or(text.len(), |at| from + at + 1);
                text.drain(..cut);
            }
        })
    }
}

/// Waits until a service is ready. `alive` is triggered when it ends, or the run does.
pub(super) fn wait(
    prepared: &Prepared<'_>,
    ready: &Ready,
    running: &Running,
    seen: &Seen,
    alive: &Interrupt,
) -> Result<(), NotReady> {
    let started = Instant::now();
    let left = || ready.within.saturating_sub(started.elapsed());
    let mut pause = FIRST_PAUSE;
    let mut others = 0;
    let mut before: Option<String> = None;
    loop {
        let limit = left().min(QUESTION);
        let answer = match &ready.ask {
            Ask::Port(port) => match answers(*port) {
                true => Ok(()),
                false => Err(format!("nothing listens on port {port}")),
            },
            Ask::Http { url, .. } => http(url, limit, alive),
            Ask::Output(regex) => match seen.is() {
                true => Ok(()),
                false => Err(format!("it has not written /{}/", regex.as_str())),
            },
            Ask::Command { line } => command(prepared, line, limit, alive),
        };
        if running.exit().is_some() {
            return Err(NotReady::Died);
        }
        if alive.signal().is_some() {
            return Err(NotReady::Interrupted);
        }
        let last = match (answer, ready.ask.port()) {
            (Ok(()), Some(port)) if is_somebody_else(running, port) => {
                others += 1;
                if others >= SURE {
                    return Err(NotReady::Taken(port));
                }
                format!("another process listens on port {port}")
            }
            (Ok(()), _) => return Ok(()),
            (Err(last), _) => last,
        };
        let left = left();
        if left.is_zero() {
            // The last question may have been cut short: what the one before came to says more.
            return Err(NotReady::TooLate(before.unwrap_or(last)));
        }
        before = Some(last);
        // What ends the wait early is found out above; what is written wakes nobody here.
        let _ = alive.wait(pause.min(left));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Whether somebody listens on a port of this machine.
pub(super) fn answers(port: u16) -> bool {
    let hosts = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    hosts.into_iter().any(|host| {
        let asked = TcpStream::connect_timeout(&SocketAddr::new(host, port), CONNECT);
        // Where nobody listens, the system may give us that very port to ask from, and then
        // it is we who answer.
        asked.is_ok_and(|stream| match (stream.local_addr(), stream.peer_addr()) {
            (Ok(here), Ok(there)) => here != there,
            _ => true,
        })
    })
}

/// Whether it is not this service that listens.
fn is_somebody_else(running: &Running, port: u16) -> bool {
    running.listens_on(port) == Some(false)
        && process::port_holder(port)
            .is_some_and(|holder| !FORWARDERS.contains(&holder.name.as_str()))
}

/// Asks a URL, in a thread of its own: the answer may come late, an interrupt may not.
fn http(url: &str, limit: Duration, alive: &Interrupt) -> Result<(), String> {
    const LOOK: Duration = Duration::from_millis(20);
    let (sender, answer) = mpsc::channel();
    let asked = url.to_owned();
    let thread = std::thread::Builder::new()
        .name("ready".to_owned())
        .spawn(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder()
                .timeout_global(Some(limit))
                .proxy(None)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .user_agent("gate")
                .build()
                .into();
            let status = agent.get(&asked).call().map(|answer| answer.status());
            // Nobody listens any more where the wait was given up.
            let _ = sender.send(status);
        });
    if let Err(error) = thread {
        return Err(error.to_string());
    }
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(Ok(status)) if status.is_success() => return Ok(()),
            Ok(Ok(status)) => return Err(format!("the last answer was {status}")),
            Ok(Err(error)) => return Err(error.to_string()),
            Err(RecvTimeoutError::Timeout) if alive.signal().is_none() => {}
            Err(_) => return Err("it was not answered".to_owned()),
        }
    }
}

/// Runs a command that says whether it is ready.
fn command(
    prepared: &Prepared<'_>,
    line: &str,
    limit: Duration,
    alive: &Interrupt,
) -> Result<(), String> {
    match process::run(&prepared.beside(line, limit), alive) {
        Ok(finished) if finished.exit.success() => Ok(()),
        Ok(finished) => {
            let mut said = match finished.exit {
                process::Exit::TimedOut => format!("`{line}` took longer than {limit:?}"),
                exit => format!("`{line}` exited with {}", exit.code()),
            };
            if let Some(last) = finished.output.tail_lines(1).first() {
                said.push_str(&format!(": {last}"));
            }
            Err(said)
        }
        Err(error) => Err(error.to_string()),
    }
}
