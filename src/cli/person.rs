//! Whether a person is here to decide: a terminal to ask at, and no coding agent at it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::diagnostic::{Code, Diagnostic};

/// What coding agents set for the commands they run, and which of them. Variables that an
/// editor sets for its every terminal are not among them, nor what only configures one.
const MARKS: &[(&str, &str)] = &[
    ("AGENT", "a coding agent"),
    ("AI_AGENT", "a coding agent"),
    ("AMP_CURRENT_THREAD_ID", "Amp"),
    ("ANTIGRAVITY_AGENT", "Antigravity"),
    ("AUGMENT_AGENT", "Augment"),
    ("CLAUDECODE", "Claude Code"),
    ("CLAUDE_CODE", "Claude Code"),
    ("CLAUDE_CODE_ENTRYPOINT", "Claude Code"),
    ("CLINE_ACTIVE", "Cline"),
    ("CODEX_CI", "Codex"),
    ("CODEX_SANDBOX", "Codex"),
    ("CODEX_SANDBOX_NETWORK_DISABLED", "Codex"),
    ("CODEX_THREAD_ID", "Codex"),
    ("COPILOT_AGENT", "Copilot"),
    ("COPILOT_CLI", "Copilot"),
    ("CURSOR_AGENT", "Cursor"),
    ("GEMINI_CLI", "Gemini CLI"),
    ("GOOSE_TERMINAL", "Goose"),
    ("OPENCODE", "OpenCode"),
    ("PI_CODING_AGENT", "Pi"),
    ("QWEN_CODE", "Qwen Code"),
    ("REPLIT_AGENT", "Replit"),
    ("ROO_ACTIVE", "Roo Code"),
    ("TRAE_AI_SHELL_ID", "Trae"),
];

/// Says so where a coding agent is recognised by its environment; `what` is what it asked for.
pub(super) fn no_agent(what: &str) -> Result<(), Box<Diagnostic>> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let cursor = std::env::var("CURSOR_EXTENSION_HOST_ROLE").is_ok_and(|role| role == "agent-exec");
    let found = match MARKS.iter().find(|(name, _)| set(name)) {
        Some(found) => found,
        None if cursor => &("CURSOR_EXTENSION_HOST_ROLE", "Cursor"),
        None => return Ok(()),
    };
    let (name, agent) = found;
    Err(Box::new(
        Diagnostic::unplaced(
            Code::AGENT_ENVIRONMENT,
            format!("{what} is a person's to do, and this is {agent}: `{name}` is set"),
        )
        .help("have a person do it, in a terminal of their own"),
    ))
}

/// A person at a terminal.
pub(super) struct Person(());

impl Person {
    /// The person at the terminal; `command` is what they are to type where there is none.
    pub fn at_terminal(what: &str, command: &str) -> Result<Self, Box<Diagnostic>> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(Self(()));
        }
        Err(Box::new(
            Diagnostic::unplaced(
                Code::NO_TERMINAL,
                format!("{what} needs a person at a terminal"),
            )
            .help(format!("in a terminal: `{command}`")),
        ))
    }

    /// Shows text, where questions are asked.
    #[expect(
        clippy::unused_self,
        reason = "only who is there can be shown something"
    )]
    pub fn show(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Asks, and gives the line that was typed, without blanks round it; empty at the end
    /// of the input.
    #[expect(clippy::unused_self, reason = "only who is there can be asked")]
    pub fn ask(&self, question: &str) -> String {
        let mut err = io::stderr().lock();
        // In one write, so that whoever answers by program sees all of it or nothing.
        let _ = err.write_all(format!("{question} ").as_bytes());
        let _ = err.flush();
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if read.is_err() || !line.ends_with('\n') {
            // What was typed before the input ended was not meant to be sent.
            let _ = writeln!(err);
            return String::new();
        }
        line.trim().to_owned()
    }
}
