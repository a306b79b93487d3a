//! The terminal: a run as a person reads it, folded from its events.
//!
//! Every line stands once it is written, so a log reads as a terminal does. On a terminal
//! one more line, redrawn in place, shows what is running.

mod ending;
mod phase;
mod running;

use std::io::{self, Write};

use crate::diagnostic::Code;
use crate::run::{AttemptFailure, DiagnosticEvent, Event, Mode, Place, SignOff, Verdict};

use super::checklist::{self, Waiting};
use super::phrase::{self, count, duration, first_of};
use super::snippet;
use super::style::{Ink, Style};
use crate::sanitise::sanitise_line;
use ending::{Ending, LastWord};
use phase::{Finished, PhaseView, Row};
use running::{At, Running};

/// How many paths that are not judged are named.
const NAMED_PATHS: usize = 3;
/// Characters of an object id that are shown.
const SHORT_ID: usize = 7;

/// Writes a run for people to read.
#[derive(Debug)]
pub struct HumanReporter<W: Write> {
    out: W,
    style: Style,
    live: bool,
    plan: String,
    phases: usize,
    mode: Mode,
    phase: Option<PhaseView>,
    running: Running,
    /// Whether the line that shows what is running stands on the terminal.
    drawn: bool,
    judged: usize,
    sealed: usize,
    /// Whether the last phase was green and its seal has not been seen.
    unsealed: bool,
}

impl<W: Write> HumanReporter<W> {
    /// A reporter that writes to `out`; `live` where that is a terminal whose last line may
    /// be redrawn.
    pub fn new(out: W, style: Style, live: bool) -> Self {
        Self {
            out,
            style,
            live,
            plan: String::new(),
            phases: 0,
            mode: Mode::Run,
            phase: None,
            running: Running::default(),
            drawn: false,
            judged: 0,
            sealed: 0,
            unsealed: false,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.erase()?;
        self.take(event)?;
        self.draw()?;
        self.out.flush()
    }

    /// Redraws the line of what is running; to be called a few times a second.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn tick(&mut self) -> io::Result<()> {
        if !self.live || self.running.is_empty() {
            return Ok(());
        }
        self.erase()?;
        self.draw()?;
        self.out.flush()
    }

    /// What is written to.
    pub fn output(&mut self) -> &mut W {
        &mut self.out
    }

    /// Gives back what was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunWaiting { pid, for_ms, phase } => {
                let word = self.style.paint(Ink::Info, "note");
                let time = duration(*for_ms);
                let at = match phase {
                    Some(phase) => format!("phase `{}`, ", sanitise_line(phase)),
                    None => String::new(),
                };
                let text =
                    format!("waiting for the run of process {pid} to end ({at}{time} so far)");
                writeln!(self.out, "{word} {text}")
            }
            Event::RunStarted {
                plan,
                title,
                phases,
                mode,
            } => {
                self.plan = sanitise_line(plan).into_owned();
                self.phases = *phases;
                self.mode = *mode;
                self.title(title.as_deref())
            }
            Event::Notice { text } => {
                let word = self.style.paint(Ink::Info, "note");
                writeln!(self.out, "{word} {}", sanitise_line(text))
            }
            Event::PhaseStarted { .. } => self.phase_started(event),
            Event::ScopeFinished {
                verdict,
                files,
                added,
                removed,
                ..
            } => {
                let minus = self.style.pick("−", "-");
                let detail = match files {
                    0 => "nothing changed".to_owned(),
                    _ => format!("{}, +{added} {minus}{removed}", count(*files, "file")),
                };
                let row = Row::new("scope", *verdict, None, detail);
                self.row(row, |phase| phase.scope_failed |= *verdict == Verdict::Fail)
            }
            Event::TasksFinished {
                file,
                verdict,
                done,
                total,
                ..
            } => {
                let detail = format!("{} {done}/{total}", sanitise_line(file));
                let row = Row::new("tasks", *verdict, None, detail);
                self.row(row, |phase| phase.tasks_failed |= *verdict == Verdict::Fail)
            }
            Event::GateStarted {
                phase,
                gate,
                regression,
                ..
            } => {
                let name = shown_name(phase, gate, *regression);
                // Earlier phases' gates are folded into one row while they are green.
                if let Some(view) = &mut self.phase
                    && !regression
                {
                    view.widen(&name);
                }
                self.running.start(name);
                Ok(())
            }
            Event::ServiceStarted { gate, service, .. } => {
                self.running.start(service_name(gate.as_deref(), service));
                Ok(())
            }
            Event::ServiceReady { gate, service, .. }
            | Event::ServiceStopped { gate, service, .. } => {
                let name = service_name(gate.as_deref(), service);
                self.running.finish(&name, false);
                Ok(())
            }
            Event::GateAttempt {
                phase,
                gate,
                failure,
                next_ms,
                regression,
            } => {
                let name = shown_name(phase, gate, *regression);
                self.attempt(&name, failure, *next_ms)
            }
            Event::GateBeat { .. } => self.beat(event),
            Event::GateFinished { .. } => self.gate_finished(event),
            Event::ManualFinished {
                check,
                title,
                verdict,
                reason,
                sign_off,
                ..
            } => {
                let by = sign_off.as_ref().map(SignOff::told);
                let reason = reason.as_deref();
                let parts = match verdict {
                    Verdict::Waiting => [Some(title.as_str()), reason],
                    _ => [reason, by.as_deref()],
                };
                let parts: Vec<_> = parts.into_iter().flatten().map(sanitise_line).collect();
                let row = Row::new(&sanitise_line(check), *verdict, None, parts.join("; "));
                self.row(row, |phase| match verdict {
                    Verdict::Fail => phase.manual_failed += 1,
                    Verdict::Pass | Verdict::Skipped => phase.signed_off += 1,
                    _ => {}
                })
            }
            Event::PhaseWaiting {
                phase,
                number,
                title,
                checks,
                command,
            } => {
                let list = checklist::markdown(&Waiting {
                    phase,
                    number: *number,
                    title,
                    checks,
                    command,
                });
                write!(self.out, "\n{list}")
            }
            Event::Diagnostic(event) => match &mut self.phase {
                Some(phase) => {
                    phase.tree_changed |= event.diagnostic.code == Code::TREE_CHANGED;
                    phase.held.push(event.clone());
                    Ok(())
                }
                None => self.diagnostic(event),
            },
            Event::PhaseFinished { .. } => self.phase_finished(event),
            Event::PhaseSealed { .. } => self.phase_sealed(event),
            Event::PhasePushed { remote, refs, .. } => {
                let names: Vec<&str> = refs.iter().map(|name| shortened(name)).collect();
                let to = sanitise_line(remote);
                self.below(&format!(
                    "pushed to {to}: {}",
                    sanitise_line(&names.join(", "))
                ))
            }
            Event::RunFinished {
                exit, open, sealed, ..
            } => self.run_finished(*exit, open.as_deref(), *sealed),
        }
    }

    fn title(&mut self, title: Option<&str>) -> io::Result<()> {
        let plan = self.style.paint(Ink::Bold, self.plan.as_str());
        match title {
            Some(title) => {
                let dot = self.style.pick("·", "-");
                writeln!(self.out, "{plan} {dot} {}", sanitise_line(title))
            }
            None => writeln!(self.out, "{plan}"),
        }
    }

    fn phase_started(&mut self, event: &Event) -> io::Result<()> {
        let Event::PhaseStarted {
            phase,
            number,
            title,
            goal,
            tree,
            place,
            not_judged,
            reminders,
            gates,
        } = event
        else {
            return Ok(());
        };
        self.judged += 1;
        self.running = Running::of(gates.len());
        let mut view = PhaseView::default();
        for gate in gates {
            view.widen(&sanitise_line(gate));
        }
        self.phase = Some(view);
        writeln!(
            self.out,
            "\nphase {number}/{} {}  {}",
            self.phases,
            self.style.paint(Ink::Bold, sanitise_line(phase)),
            sanitise_line(title)
        )?;
        if let Some(goal) = goal {
            self.fact("goal", &sanitise_line(goal))?;
        }
        let place = match place {
            Place::InPlace => "judged in place",
            Place::Checkout => "judged in a checkout",
            Place::None => "no gate has to run",
        };
        self.fact("tree", &format!("{}, {place}", short(tree)))?;
        if !not_judged.is_empty() {
            let names: Vec<String> = not_judged
                .iter()
                .map(|path| sanitise_line(path).into_owned())
                .collect();
            let names = first_of(&names, NAMED_PATHS);
            self.fact("not judged", &format!("{names} (unstaged or untracked)"))?;
        }
        for reminder in reminders {
            self.fact("remember", &sanitise_line(reminder))?;
        }
        writeln!(self.out)
    }

    fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        let name = self.style.paint(Ink::Dim, format!("{name:<10}"));
        writeln!(self.out, "  {name}  {value}")
    }

    fn gate_finished(&mut self, event: &Event) -> io::Result<()> {
        let Event::GateFinished {
            phase,
            gate,
            title,
            verdict,
            reason,
            duration_ms,
            regression,
            origin,
            ..
        } = event
        else {
            return Ok(());
        };
        let name = shown_name(phase, gate, *regression);
        self.running.finish(&name, !*regression);
        let green = matches!(verdict, Verdict::Pass | Verdict::Reused | Verdict::Flaky);
        if *regression
            && green
            && let Some(view) = &mut self.phase
        {
            view.earlier.add(phase, *verdict);
            return Ok(());
        }
        let from = origin.as_ref().filter(|_| *verdict == Verdict::Reused);
        let from = from.map(phrase::origin);
        let detail = from.as_deref().or(reason.as_deref()).or(title.as_deref());
        let detail = detail.unwrap_or_default();
        let elsewhere = matches!(verdict, Verdict::Skipped | Verdict::Reused) || origin.is_some();
        let time = (!elsewhere).then_some(*duration_ms);
        let row = Row::new(&name, *verdict, time, sanitise_line(detail).into_owned());
        self.row(row, |_| {})
    }

    /// An attempt that was not green, and is made again.
    fn attempt(&mut self, name: &str, failure: &AttemptFailure, next_ms: u64) -> io::Result<()> {
        let AttemptFailure { attempt, of, .. } = failure;
        let next = format!("attempt {} of {of}", attempt + 1);
        self.running.at(name, At::new(next, Some(next_ms)));
        let mut detail = format!("attempt {attempt} of {of}: ");
        if let Some(check) = &failure.check {
            detail.push_str(&format!("check `{}`: ", sanitise_line(check)));
        }
        detail.push_str(&sanitise_line(&failure.message));
        let row = Row::again(name, failure.verdict, failure.duration_ms, detail);
        self.row(row, |_| {})
    }

    /// A hold goes on. Where nothing is redrawn, every tenth of it leaves a line.
    fn beat(&mut self, event: &Event) -> io::Result<()> {
        let Event::GateBeat {
            phase,
            gate,
            beat,
            duration_ms,
            held_ms,
            hold_ms,
            next_ms: next_ms @ Some(_),
            regression,
            ..
        } = event
        else {
            return Ok(());
        };
        let name = shown_name(phase, gate, *regression);
        let held = running::held(*held_ms, *hold_ms);
        self.running.at(&name, At::new(held.clone(), *next_ms));
        let view = self.phase.get_or_insert_default();
        if self.live || !view.is_new_tenth(&name, *held_ms, *hold_ms) {
            return Ok(());
        }
        let detail = format!("{held}, beat {beat}");
        self.row(Row::holds(&name, *duration_ms, detail), |_| {})
    }

    fn row(&mut self, row: Row, note: impl FnOnce(&mut PhaseView)) -> io::Result<()> {
        let mut other = PhaseView::default();
        let view = self.phase.as_mut().unwrap_or(&mut other);
        note(view);
        let line = view.line(&row, self.style);
        writeln!(self.out, "{line}")
    }

    fn diagnostic(&mut self, event: &DiagnosticEvent) -> io::Result<()> {
        let text = snippet::render(&event.diagnostic, &event.sources, self.style);
        write!(self.out, "\n{text}")
    }

    fn phase_finished(&mut self, event: &Event) -> io::Result<()> {
        let Event::PhaseFinished {
            phase,
            verdict,
            duration_ms,
            counts,
        } = event
        else {
            return Ok(());
        };
        self.running = Running::default();
        let mut view = self.phase.take().unwrap_or_default();
        if let Some(row) = view.earlier.row() {
            let line = view.line(&row, self.style);
            writeln!(self.out, "{line}")?;
        }
        for held in std::mem::take(&mut view.held) {
            self.diagnostic(&held)?;
        }
        let finished = Finished {
            phase: &sanitise_line(phase),
            verdict: *verdict,
            duration_ms: *duration_ms,
            counts: *counts,
        };
        writeln!(self.out, "\n{}", view.result(&finished, self.style))?;
        self.unsealed = self.mode == Mode::Run && *verdict == Verdict::Pass;
        match ending::advice(*verdict, self.mode, &self.plan) {
            Some(advice) => self.below(&advice),
            None => Ok(()),
        }
    }

    fn phase_sealed(&mut self, event: &Event) -> io::Result<()> {
        let Event::PhaseSealed {
            phase,
            commit,
            subject,
            tag,
            tree,
            branch,
        } = event
        else {
            return Ok(());
        };
        self.sealed += 1;
        self.unsealed = false;
        let word = self.style.paint(Ink::Good, "SEALED");
        write!(self.out, "{word}   {}: ", sanitise_line(phase))?;
        match commit {
            Some(commit) => {
                let branch = branch.as_deref().map(sanitise_line);
                let on = branch.map_or(String::new(), |branch| format!(" on {branch}"));
                writeln!(self.out, "commit {}{on}", short(commit))?;
                if let Some(subject) = subject {
                    self.below(&sanitise_line(subject))?;
                }
            }
            None => writeln!(
                self.out,
                "tree {} as it was committed; nothing was staged",
                short(tree)
            )?,
        }
        match tag {
            Some(tag) => self.below(&format!("tag {}", sanitise_line(tag))),
            None => Ok(()),
        }
    }

    fn run_finished(&mut self, exit: i32, open: Option<&str>, sealed: usize) -> io::Result<()> {
        // A run that was cut off still says what it knew.
        if let Some(mut view) = self.phase.take() {
            for held in std::mem::take(&mut view.held) {
                self.diagnostic(&held)?;
            }
        }
        self.running = Running::default();
        let ending = Ending {
            exit,
            open,
            sealed,
            phases: self.phases,
            sealed_now: self.sealed,
            judged: self.judged,
            unsealed: self.unsealed,
        };
        match ending.last_word() {
            Some(LastWord::Below(text)) => self.below(&text),
            Some(LastWord::Word(word, ink, text)) => {
                let word = self.style.paint(ink, format!("{word:<7}"));
                writeln!(self.out, "\n{word}  {text}")
            }
            Some(LastWord::Line(text)) => writeln!(self.out, "\n{text}"),
            None => Ok(()),
        }
    }

    /// A line that belongs to the word above it.
    fn below(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "         {text}")
    }

    fn erase(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.drawn) {
            write!(self.out, "\r\u{1b}[2K")?;
        }
        Ok(())
    }

    fn draw(&mut self) -> io::Result<()> {
        if self.live
            && let Some(line) = self.running.line(self.style)
        {
            self.drawn = true;
            write!(self.out, "{line}")?;
        }
        Ok(())
    }
}

/// A gate's name in the list; an earlier phase's carries the phase.
fn shown_name(phase: &str, gate: &str, regression: bool) -> String {
    if regression {
        format!("{}/{}", sanitise_line(phase), sanitise_line(gate))
    } else {
        sanitise_line(gate).into_owned()
    }
}

/// A service on its way up, in the line of what is running.
fn service_name(gate: Option<&str>, service: &str) -> String {
    let service = sanitise_line(service);
    match gate {
        Some(gate) => format!("service {}/{service}", sanitise_line(gate)),
        None => format!("service {service}"),
    }
}

fn short(id: &str) -> String {
    sanitise_line(id).chars().take(SHORT_ID).collect()
}

/// A ref by the name one knows it by.
fn shortened(name: &str) -> &str {
    let known = ["refs/heads/", "refs/tags/", "refs/"];
    let rest = known.iter().find_map(|prefix| name.strip_prefix(prefix));
    rest.unwrap_or(name)
}
