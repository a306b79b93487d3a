//! What came of one command: its exit judged, and the words for it.

use std::io::ErrorKind;

use super::gate::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Command, CommandForm, Gate};
use crate::process::{Exit, Finished, Output, StartError};
use crate::sanitise::reveal;
use crate::source::Span;
use crate::value::Value;

/// How many lines of a command's output a diagnostic shows.
const TAIL: usize = 20;

/// Judges a command's end by itself: what no `expect` asked for.
pub(super) fn judge_exit(
    command: &Command,
    finished: &Finished,
    shown: &str,
    place: Span,
    gate: &Gate,
    timeout: u64,
) -> Result<(), Stop> {
    let name = &gate.name.value;
    match finished.exit {
        Exit::Code(0) => Ok(()),
        Exit::Interrupted => Err(Stop::Interrupted),
        Exit::TimedOut => {
            let diagnostic = Diagnostic::new(
                Code::TIMED_OUT,
                format!(
                    "gate `{name}` ran out of time after {}",
                    Value::Duration(timeout)
                ),
                place,
            )
            .here("still running then; it was ended with all it had started")
            .help("give it a longer `timeout`, or make it faster");
            Err(Stop::Blocked(Box::new(with_result(
                diagnostic, finished, shown,
            ))))
        }
        _ if command.exit_expected => Ok(()),
        Exit::Code(126 | 127) => Err(Stop::Blocked(Box::new(not_found(finished, shown, place)))),
        Exit::Code(code) => {
            let diagnostic = Diagnostic::new(
                Code::EXIT,
                format!("gate `{name}` is red: its command exited with {code}"),
                place,
            )
            .here(format!("exit {code}"));
            Err(Stop::Red(Box::new(with_result(
                diagnostic, finished, shown,
            ))))
        }
        Exit::Signal(_) => {
            let named = finished.exit.signal_name().unwrap_or_default();
            let diagnostic = Diagnostic::new(
                Code::SIGNAL,
                format!("gate `{name}` is red: its command died of {named}"),
                place,
            )
            .here(format!("{named}, exit {}", finished.exit.code()));
            Err(Stop::Red(Box::new(with_result(
                diagnostic, finished, shown,
            ))))
        }
    }
}

/// Exit 126 or 127.
pub(super) fn not_found(finished: &Finished, shown: &str, place: Span) -> Diagnostic {
    let code = finished.exit.code();
    let (what, advice) = if code == 127 {
        (
            "a command was not found",
            "install it, or correct its name; if exit 127 is meant, say `expect exit == 127`",
        )
    } else {
        (
            "a command is not executable",
            "make it executable (`chmod +x`); if exit 126 is meant, say `expect exit == 126`",
        )
    };
    let diagnostic = Diagnostic::new(Code::COMMAND_NOT_FOUND, what, place)
        .here(format!("exit {code}"))
        .help(advice);
    with_result(diagnostic, finished, shown)
}

/// A command that never ran.
pub(super) fn cannot_start(error: &StartError, command: &Command, place: Span) -> Stop {
    let shell = matches!(command.form, CommandForm::Shell { .. });
    not_started(error, if shell { "shell" } else { "interpreter" }, place)
}

/// A command that never ran; `what` is the program that was to run it.
pub(super) fn not_started(error: &StartError, what: &str, place: Span) -> Stop {
    let diagnostic = match error {
        StartError::ProgramNotFound { program } => Diagnostic::new(
            Code::COMMAND_NOT_FOUND,
            format!("the {what} `{}` was not found", program.to_string_lossy()),
            place,
        )
        .help(format!("install it, or name another {what}")),
        StartError::NotExecutable { program } => Diagnostic::new(
            Code::COMMAND_NOT_FOUND,
            format!(
                "the {what} `{}` is not executable",
                program.to_string_lossy()
            ),
            place,
        )
        .help("make it executable: `chmod +x`"),
        StartError::Os(error) if error.kind() == ErrorKind::ArgumentListTooLong => {
            let message = "the command is longer than the system takes";
            Diagnostic::new(Code::CANNOT_START, message, place)
                .help("name fewer files, by a narrower glob, or have the command find them itself")
        }
        other => Diagnostic::new(
            Code::CANNOT_START,
            format!("the command could not be started: {other}"),
            place,
        )
        .help("see whether the machine has memory, processes and files to spare"),
    };
    Stop::Blocked(Box::new(diagnostic))
}

/// What the command was, what it gave, and the end of its output.
pub(super) fn with_result(diagnostic: Diagnostic, finished: &Finished, shown: &str) -> Diagnostic {
    let seconds = finished.time.as_secs_f64();
    let diagnostic = diagnostic.note(format!(
        "as run: {}\nexit {} after {seconds:.2} s",
        reveal(shown),
        finished.exit.code()
    ));
    diagnostic.note(output_note(&finished.output))
}

/// A command that left processes behind.
pub(super) fn leaked(gate: &Gate, finished: &Finished, shown: &str, place: Span) -> Diagnostic {
    /// How many are named.
    const NAMED: usize = 10;
    let count = finished.leaked.len();
    let named = finished.leaked.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|left| reveal(&left.to_string()).into_owned())
        .collect();
    let mut ended = named.join(", ");
    if count > NAMED {
        ended.push_str(&format!(", and {} more", count - NAMED));
    }
    let what = match count {
        1 => "a process",
        _ => "processes",
    };
    Diagnostic::new(
        Code::LEFT_BEHIND,
        format!("gate `{}` left {what} behind", gate.name.value),
        place,
    )
    .here("when it had ended, these were still running")
    .note(format!("ended: {ended}\nas run: {}", reveal(shown)))
    .help("end what it starts, or `wait` for it; what is to live on is a `service`")
}

/// The end of an output, as a note.
pub(super) fn output_note(output: &Output) -> String {
    let tail = output.tail_lines(TAIL);
    if tail.is_empty() {
        return "it printed nothing".to_owned();
    }
    let what = if tail.len() == TAIL {
        "the end of its output:"
    } else {
        "its output:"
    };
    let lines: Vec<String> = tail.iter().map(|line| format!("  {line}")).collect();
    format!("{what}\n{}", lines.join("\n"))
}
