//! Where a command writes, and how.

use std::io::{self, IsTerminal as _, Write};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::{ColorChoice, Style, github, json, snippet};
use crate::source::Sources;

/// The two streams with their styles, decided once.
pub(super) struct Output {
    /// How standard output is written.
    pub out: Style,
    /// How standard error is written.
    pub err: Style,
    /// Whether standard output is a terminal that can redraw a line.
    pub live: bool,
}

impl Output {
    pub fn new(choice: ColorChoice) -> Self {
        let env = |name: &str| std::env::var(name).ok();
        let terminal = io::stdout().is_terminal();
        let width = clap_width();
        Self {
            out: Style::detect(choice, terminal, &env, width),
            err: Style::detect(choice, io::stderr().is_terminal(), &env, width),
            live: terminal && std::env::var("TERM").is_ok_and(|term| term != "dumb"),
        }
    }

    /// Writes a line to standard output. A closed pipe is no failure of ours.
    #[expect(clippy::unused_self, reason = "writing is this type's business")]
    pub fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{text}");
    }

    /// Writes text as it is to standard output.
    #[expect(clippy::unused_self, reason = "writing is this type's business")]
    pub fn text(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Writes a diagnostic in full to standard error.
    pub fn complain(&self, diagnostic: &Diagnostic, sources: &Sources) {
        let mut err = io::stderr().lock();
        let _ = writeln!(
            err,
            "{}",
            snippet::render(diagnostic, sources, self.err).trim_end()
        );
        let _ = writeln!(err);
    }

    /// Writes diagnostics in the format asked for: to standard error for people, to
    /// standard output for programs.
    pub fn diagnostics(&self, diagnostics: &Diagnostics, format: super::Format) {
        for item in &diagnostics.items {
            match format {
                super::Format::Human => self.complain(item, &diagnostics.sources),
                super::Format::Json => {
                    self.line(&json::diagnostic_line(item, &diagnostics.sources))
                }
                super::Format::Github => self.line(&github::annotation(item, &diagnostics.sources)),
            }
        }
    }
}

fn clap_width() -> Option<usize> {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
}
