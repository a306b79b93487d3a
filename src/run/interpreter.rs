//! The interpreter of a plan: the face embedding programs and the command line use.

use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::time::Instant;

use super::event::{DiagnosticEvent, Event, Mode, Verdict};
use super::mask::mask;
use super::outcome::{Outcome, PhaseSelection, Refusal};
use super::ports::Ports;
use super::state::States;
use super::transcripts::{self, Transcripts};
use super::turn::Turn;
use crate::analysis::Given;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Plan;
use crate::process::{self, Interrupt};
use crate::repo::{Oid, Repository};
use crate::script::Scripts;
use crate::secret::{SHORTEST, Secrets};
use crate::source::{Sources, Spanned};

type Observer<'p> = Box<dyn Fn(&Event) + Send + 'p>;

/// Runs a plan in a repository.
///
/// ```no_run
/// use gatelang::plan::Plan;
/// use gatelang::repo::{DiskLoader, Repository};
/// use gatelang::run::{Interpreter, PhaseSelection};
///
/// let repository = Repository::discover(".")?;
/// let plan = Plan::load("plan.gate", &DiskLoader::new(repository.root()))?;
/// let outcome = Interpreter::new(&plan, repository)
///     .observe(|event| eprintln!("{event:?}"))
///     .run(PhaseSelection::Open)?;
/// std::process::exit(outcome.exit_code());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Interpreter<'p> {
    pub(super) plan: &'p Plan,
    pub(super) repo: Repository,
    pub(super) observers: Mutex<Vec<Observer<'p>>>,
    pub(super) scripts: Scripts,
    pub(super) interrupt: Interrupt,
    pub(super) jobs: Option<usize>,
    pub(super) fail_fast: bool,
    pub(super) tree: Option<Oid>,
    pub(super) notices: Vec<String>,
    pub(super) secrets: Secrets,
    keep_output: bool,
    pub(super) transcripts: Option<Transcripts>,
    pub(super) ports: Ports,
    pub(super) given: Given,
    turn: Mutex<Option<Turn>>,
    pub(super) note: Option<String>,
    pub(super) mode: Mode,
    pub(super) reuse: bool,
    pub(super) fresh: bool,
    /// What a try found of the phases.
    pub(super) states: OnceLock<States>,
    /// Edits that do not count are named once a run.
    pub(super) edits_named: Once,
}

/// A secret that would hide ordinary text.
fn too_short(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        Code::SHORT_SECRET,
        format!("the value of `{}` is too short to be masked", name.value),
        name.span,
    )
    .here(format!("its value has fewer than {SHORTEST} bytes"))
    .help("give it a longer value; one so short is found in ordinary text, too")
}

impl<'p> Interpreter<'p> {
    /// An interpreter of `plan` in `repo`.
    #[must_use]
    pub fn new(plan: &'p Plan, mut repo: Repository) -> Self {
        let secrets = Secrets::default();
        repo.hide(&secrets);
        Self {
            plan,
            repo,
            observers: Mutex::default(),
            scripts: Scripts::default(),
            interrupt: Interrupt::new(),
            jobs: None,
            fail_fast: false,
            tree: None,
            notices: Vec::new(),
            secrets,
            keep_output: false,
            transcripts: None,
            ports: Ports::default(),
            given: Given::default(),
            turn: Mutex::default(),
            note: None,
            mode: Mode::Run,
            reuse: false,
            fresh: false,
            states: OnceLock::new(),
            edits_named: Once::new(),
        }
    }

    /// Has every event shown to `observer`, one at a time, in the order they happen.
    #[must_use]
    pub fn observe(self, observer: impl Fn(&Event) + Send + 'p) -> Self {
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(observer));
        self
    }

    /// Gives scripts functions of the host's own: `setup` sees the engine once, before
    /// the first script.
    #[must_use]
    pub fn scripts(mut self, setup: impl FnOnce(&mut rhai::Engine)) -> Self {
        self.scripts.set_up(setup);
        self
    }

    /// Ends the run, and all it has started, when `interrupt` is triggered.
    #[must_use]
    pub fn interrupt(mut self, interrupt: &Interrupt) -> Self {
        self.interrupt = interrupt.clone();
        self
    }

    /// How many gates run at a time, in place of the plan's `jobs`.
    #[must_use]
    pub fn jobs(mut self, jobs: Option<usize>) -> Self {
        self.jobs = jobs;
        self
    }

    /// After the first gate that is red or blocked, ends those that run and starts no more.
    #[must_use]
    pub fn fail_fast(mut self, yes: bool) -> Self {
        self.fail_fast = yes;
        self
    }

    /// Keeps the whole output of every command, in files under the git directory.
    #[must_use]
    pub fn keep_output(mut self, yes: bool) -> Self {
        self.keep_output = yes;
        self
    }

    /// Judges this tree first: the one the plan was read from. Without it, the index is
    /// asked when the run begins.
    #[must_use]
    pub fn tree(mut self, tree: Oid) -> Self {
        self.tree = Some(tree);
        self
    }

    /// Runs in a turn that was taken before: before the plan and the tree were read, so
    /// that they are those which the run before this one left. Without it, the run waits for
    /// its turn when it begins.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        self.turn = Mutex::new(Some(turn));
        self
    }

    /// Lets [`Interpreter::run`] take earlier greens for the open phase's gates, too, where
    /// all that their verdicts depend on is as it was.
    #[must_use]
    pub fn reuse(mut self, yes: bool) -> Self {
        self.reuse = yes;
        self
    }

    /// Has [`Interpreter::attempt`] judge every gate, and take no earlier green.
    #[must_use]
    pub fn fresh(mut self, yes: bool) -> Self {
        self.fresh = yes;
        self
    }

    /// What the plan was loaded with: the plan on record is loaded with the same, and the
    /// two are compared.
    #[must_use]
    pub fn given(mut self, given: &Given) -> Self {
        self.given = given.clone();
        self
    }

    /// Something to say at the beginning, such as where the plan was read from.
    #[must_use]
    pub fn notice(mut self, text: impl Into<String>) -> Self {
        self.notices.push(text.into());
        self
    }

    /// Words for the record of this run, such as what mended a red.
    #[must_use]
    pub fn note(mut self, text: Option<String>) -> Self {
        self.note = text;
        self
    }

    /// Takes the selected phase through its gate; on green commits, tags and records it.
    ///
    /// # Errors
    /// Where something stands in the way before the first gate (a taken tag, a merge in
    /// progress, a part of the plan that cannot be run yet), or git fails.
    pub fn run(mut self, selection: PhaseSelection<'_>) -> Result<Outcome, Refusal> {
        let started = Instant::now();
        self.begin(Mode::Run);
        let outcome = match self.take_turn() {
            Ok(true) => self.take(selection),
            Ok(false) => Ok(Outcome {
                verdict: Verdict::Pass,
                sealed: Vec::new(),
                interrupted: self.interrupt.signal(),
            }),
            Err(refusal) => Err(refusal),
        };
        self.end(started, outcome)
    }

    /// Waits for this run's turn, unless it has it; false where the wait was interrupted.
    fn take_turn(&self) -> Result<bool, Refusal> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.is_none() {
            *turn = Turn::take(&self.repo, true, &self.interrupt, |event| self.emit(event))?;
        }
        Ok(turn.is_some())
    }

    /// Lets those who wait for their turn know which phase is judged.
    pub(super) fn at_phase(&self, phase: &str) -> Result<(), Refusal> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.as_mut().map_or(Ok(()), |turn| turn.at_phase(phase))
    }

    /// Judges the open phase, or only the named gates (`GATE` or `PHASE/GATE`) and what
    /// they need. Commits, tags and records nothing.
    ///
    /// # Errors
    /// As [`Interpreter::run`].
    pub fn attempt(mut self, gates: &[String]) -> Result<Outcome, Refusal> {
        let started = Instant::now();
        self.begin(Mode::Try);
        let outcome = self.try_gates(gates);
        self.end(started, outcome)
    }

    fn begin(&mut self, mode: Mode) {
        self.mode = mode;
        self.emit(Event::RunStarted {
            plan: self.plan.path.clone(),
            title: self.plan.title.as_ref().map(|title| title.value.clone()),
            phases: self.plan.phases.len(),
            mode,
        });
        for text in std::mem::take(&mut self.notices) {
            self.emit(Event::Notice { text });
        }
        for secret in self.learn_secrets() {
            self.say(too_short(secret), &self.plan.sources);
        }
        if self.keep_output {
            match Transcripts::new(&self.repo) {
                Ok(transcripts) => {
                    let folder = transcripts::shown(transcripts.folder(), self.repo.root());
                    self.emit(Event::Notice {
                        text: format!("the whole output of every command goes to {folder}"),
                    });
                    self.transcripts = Some(transcripts);
                }
                Err(error) => self.emit(Event::Notice {
                    text: format!("the output of commands is not kept: {error}"),
                }),
            }
        }
    }

    /// Has the values of the plan's secrets masked; gives those that are too short for it.
    pub(super) fn learn_secrets(&self) -> Vec<&'p Spanned<String>> {
        let too_short = |name: &&Spanned<String>| {
            let value = std::env::var_os(&name.value).unwrap_or_default();
            !value.is_empty() && !self.secrets.add(value.as_encoded_bytes())
        };
        self.plan
            .settings
            .secrets
            .iter()
            .filter(too_short)
            .collect()
    }

    fn end(&self, started: Instant, outcome: Result<Outcome, Refusal>) -> Result<Outcome, Refusal> {
        // A signal to all of us may end git before ours has been taken.
        let ended = |refusal: &Refusal| {
            let mut items = refusal.diagnostics.items.iter();
            items.any(|item| item.code == Code::GIT_FAILED)
        };
        if outcome.as_ref().is_err_and(ended) {
            let _ = self.interrupt.wait(process::HEARD);
        }
        // A terminal's Ctrl-C reaches the calls of git too: that they failed is no news.
        let outcome = match (outcome, self.interrupt.signal()) {
            (Err(refusal), Some(signal)) if refusal.is_blocked() => Ok(Outcome {
                verdict: Verdict::Blocked,
                sealed: Vec::new(),
                interrupted: Some(signal),
            }),
            (outcome, _) => outcome,
        };
        let exit = match &outcome {
            Ok(outcome) => outcome.exit_code(),
            Err(refusal) => {
                for diagnostic in &refusal.diagnostics.items {
                    self.say(diagnostic.clone(), &refusal.diagnostics.sources);
                }
                refusal.exit_code()
            }
        };
        // A try moved nothing: what it found is so still.
        let states = self.states.get().cloned();
        let states = states.or_else(|| States::derive(self.plan, &self.repo).ok());
        let open = states.as_ref().and_then(States::open);
        self.emit(Event::RunFinished {
            exit,
            open: open
                .and_then(|at| self.plan.phases.get(at))
                .map(|phase| phase.name.value.clone()),
            sealed: states.map_or(0, |states| states.sealed()),
            duration_ms: super::millis(started.elapsed()),
        });
        outcome
    }

    pub(super) fn emit(&self, event: Event) {
        let event = mask(event, &self.secrets);
        let observers = self
            .observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for observer in observers.iter() {
            observer(&event);
        }
    }

    pub(super) fn say(&self, diagnostic: Diagnostic, sources: &Sources) {
        self.emit(Event::Diagnostic(DiagnosticEvent {
            diagnostic,
            sources: sources.clone(),
            phase: None,
            gate: None,
        }));
    }

    pub(super) fn refuse(&self, diagnostic: Diagnostic) -> Refusal {
        Refusal::of(vec![diagnostic], &self.plan.sources)
    }

    pub(super) fn unknown_phase(&self, name: &str) -> Refusal {
        let names = self
            .plan
            .phases
            .iter()
            .map(|phase| phase.name.value.as_str());
        let message = format!("`{}` has no phase `{name}`", self.plan.path);
        let diagnostic = Diagnostic::unplaced(Code::UNKNOWN_PHASE, message);
        self.refuse(match nearest(name, names.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                let all = names.collect::<Vec<_>>().join(", ");
                diagnostic.help(format!("its phases: {all}"))
            }
        })
    }

    /// What stands in the way of any run.
    pub(super) fn check_ready(&self) -> Result<(), Refusal> {
        if self.plan.phases.is_empty() {
            return Err(Refusal::of(
                vec![
                    Diagnostic::unplaced(
                        Code::NO_PHASE,
                        format!(
                            "`{}` declares no phase: there is nothing to run",
                            self.plan.path
                        ),
                    )
                    .help("declare one: `phase NAME \"Title\" { … }`"),
                ],
                &self.plan.sources,
            ));
        }
        if !self.plan.unbuilt.is_empty() {
            let items = self
                .plan
                .unbuilt
                .iter()
                .map(crate::plan::Unbuilt::diagnostic);
            return Err(Refusal::of(items.collect(), &self.plan.sources));
        }
        self.repo.preflight()?;
        Ok(())
    }
}
