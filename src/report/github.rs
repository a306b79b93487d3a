//! GitHub Actions: annotations at the places of a change, and a group for each phase.

use std::io::{self, Write};

use crate::diagnostic::{Diagnostic, Severity};
use crate::run::Event;
use crate::source::Sources;

use super::human::HumanReporter;
use super::phrase::count;
use super::style::Style;
use crate::sanitise::sanitise;

/// Annotations of one severity that GitHub shows for a step; it drops the rest.
const SHOWN_PER_STEP: usize = 10;

/// The workflow command that annotates the diagnostic's place, without the newline.
#[must_use]
pub fn annotation(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    let primary = diagnostic.labels.iter().find(|label| label.primary);
    let place = primary.and_then(|label| Some((label, sources.get(label.span.source)?)));
    if let Some((label, source)) = place {
        let (start, end) = source.positions(label.span);
        properties.push(format!("file={}", property(source.path())));
        properties.push(format!("line={}", start.line));
        // Columns are allowed only where both are of one line.
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endLine={}", end.line));
            properties.push(format!("endColumn={}", end.column.max(start.column)));
        } else {
            properties.push(format!("endLine={}", end.line));
        }
    }
    properties.push(format!("title={}", diagnostic.code));
    let mut message = vec![diagnostic.message.as_str()];
    if let Some((label, _)) = place.filter(|(label, _)| !label.text.is_empty()) {
        message.push(&label.text);
    }
    message.extend(diagnostic.notes.iter().map(String::as_str));
    let mut message = message.join("\n");
    for suggestion in &diagnostic.suggestions {
        message.push_str("\nhelp: ");
        message.push_str(&suggestion.text);
    }
    format!(
        "::{command} {}::{}",
        properties.join(","),
        data(&sanitise(&message))
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A run in a job's log: what a terminal would show, in groups, with annotations.
#[derive(Debug)]
pub struct GithubReporter<W: Write> {
    out: W,
    human: HumanReporter<Vec<u8>>,
    in_group: bool,
    phases: usize,
    annotations: Vec<(Severity, String)>,
    shown: [usize; 3],
    left_out: usize,
}

impl<W: Write> GithubReporter<W> {
    /// A reporter that writes to `out`, the job's log.
    pub fn new(out: W) -> Self {
        Self {
            out,
            human: HumanReporter::new(Vec::new(), Style::plain(), false),
            in_group: false,
            phases: 0,
            annotations: Vec::new(),
            shown: [0; 3],
            left_out: 0,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// Where the log cannot be written.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted { phases, .. } => self.phases = *phases,
            Event::PhaseStarted { phase, number, .. } => {
                self.close_group()?;
                let title = format!("phase {number}/{} {phase}", self.phases);
                writeln!(self.out, "::group::{}", data(&title))?;
                self.in_group = true;
            }
            Event::Diagnostic(event) => {
                let line = annotation(&event.diagnostic, &event.sources);
                self.annotations.push((event.diagnostic.severity, line));
            }
            Event::RunFinished { .. } => self.close_group()?,
            _ => {}
        }
        self.human.event(event)?;
        self.pass_on(matches!(event, Event::PhaseFinished { .. }))?;
        if !self.in_group {
            self.annotate()?;
        }
        if matches!(event, Event::RunFinished { .. }) && self.left_out > 0 {
            let more = count(self.left_out, "more annotation");
            writeln!(
                self.out,
                "{more} only in this log: GitHub shows {SHOWN_PER_STEP} of a kind for a step"
            )?;
        }
        self.out.flush()
    }

    /// Gives back what was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn close_group(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.in_group) {
            writeln!(self.out, "::endgroup::")?;
        }
        Ok(())
    }

    /// Passes on what the terminal would show. At a phase's end its list, up to the first
    /// empty line, still belongs to the group; failures and result must not be folded away.
    fn pass_on(&mut self, phase_ends: bool) -> io::Result<()> {
        let written = std::mem::take(self.human.output());
        for line in String::from_utf8_lossy(&written).lines() {
            if phase_ends && line.is_empty() {
                self.close_group()?;
            }
            writeln!(self.out, "{}", defuse(line))?;
        }
        Ok(())
    }

    fn annotate(&mut self) -> io::Result<()> {
        for (severity, line) in self.annotations.drain(..) {
            let Some(shown) = self.shown.get_mut(severity as usize) else {
                continue;
            };
            *shown += 1;
            if *shown > SHOWN_PER_STEP {
                self.left_out += 1;
            } else {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// A line of the log that cannot be taken for a workflow command: the runner looks for `::`
/// behind any blanks, and for `##[` anywhere.
fn defuse(line: &str) -> String {
    let line = line.replace("##[", "## [");
    if line.trim_start().starts_with("::") {
        return line.replacen("::", ": :", 1);
    }
    line
}
