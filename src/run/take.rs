//! `run`: the open phase through its gate, and its seal.

use super::amendment::lists;
use super::event::{Event, Verdict};
use super::history::History;
use super::interpreter::Interpreter;
use super::outcome::{Outcome, PhaseSelection, Refusal};
use super::phase::Part;
use super::record::{self, Run};
use super::state::{PhaseState, States};
use super::{mended, message};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Phase;
use crate::process::Env;
use crate::repo::{Head, Oid, Push, RepoError, Seal};
use crate::source::Sources;

impl<'p> Interpreter<'p> {
    pub(super) fn take(&self, selection: PhaseSelection<'_>) -> Result<Outcome, Refusal> {
        self.check_ready()?;
        let interrupt = self.interrupt.clone();
        self.repo.stop_if(move || interrupt.signal().is_some());
        self.repo.check_identity()?;
        self.repo.check_ledger(self.plan.name())?;
        self.check_lock()?;
        if let Some(cut) = self.repo.cut_off(self.plan.name())? {
            self.emit(Event::Notice {
                text: format!("{cut}: see `gate verify`"),
            });
        }
        let mut outcome = Outcome {
            verdict: Verdict::Pass,
            sealed: Vec::new(),
            interrupted: None,
        };
        let mut tree = self.tree.clone();
        loop {
            outcome.interrupted = self.interrupt.signal();
            if outcome.interrupted.is_some() {
                return Ok(outcome);
            }
            let states = States::derive(self.plan, &self.repo)?;
            if outcome.sealed.is_empty()
                && let PhaseSelection::Named(name) = selection
                && !self.may_take(&states, name)?
            {
                return Ok(outcome);
            }
            let Some(index) = states.open() else {
                return Ok(outcome);
            };
            let Some(phase) = self.plan.phases.get(index) else {
                return Ok(outcome);
            };
            let judged = match tree.take() {
                Some(tree) => tree,
                None => self.tree_to_judge()?,
            };
            let taken = self.take_phase(index, phase, &states, judged)?;
            outcome.verdict = taken.verdict;
            outcome.interrupted = taken.interrupted;
            if taken.sealed {
                outcome.sealed.push(phase.name.value.clone());
                // Too late to keep the seal from being made, not to stop here.
                outcome.interrupted = self.interrupt.signal();
            }
            if taken.verdict != Verdict::Pass || outcome.interrupted.is_some() {
                return Ok(outcome);
            }
            if selection != PhaseSelection::All {
                return Ok(outcome);
            }
        }
    }

    /// Whether the named phase is the open one; false where it is sealed already.
    pub(super) fn may_take(&self, states: &States, name: &str) -> Result<bool, Refusal> {
        let at = self
            .plan
            .phases
            .iter()
            .position(|phase| phase.name.value == name);
        let Some(at) = at else {
            return Err(self.unknown_phase(name));
        };
        match states.phases.get(at) {
            Some(PhaseState::Open) => Ok(true),
            Some(PhaseState::Locked) => {
                let open = states.open().and_then(|open| self.plan.phases.get(open));
                let open = open.map_or("", |phase| phase.name.value.as_str());
                let place = self.plan.phases.get(at).map(|phase| phase.name.span);
                let message = format!("phase `{name}` is locked: `{open}` comes before it");
                let diagnostic = match place {
                    Some(span) => Diagnostic::new(Code::LOCKED_PHASE, message, span),
                    None => Diagnostic::unplaced(Code::LOCKED_PHASE, message),
                };
                Err(self.refuse(diagnostic.help(format!("take `{open}` through its gate first"))))
            }
            _ => {
                self.emit(Event::Notice {
                    text: format!("phase `{name}` is sealed already"),
                });
                Ok(false)
            }
        }
    }

    /// Judges the phase on `tree`, and seals it where it is green.
    fn take_phase(
        &self,
        index: usize,
        phase: &'p Phase,
        states: &States,
        tree: Oid,
    ) -> Result<Taken, Refusal> {
        self.at_phase(&phase.name.value)?;
        let _pin = self.repo.pin(&tree)?;
        let history = History::read(self.plan.name(), &self.repo)?;
        let head = history.head.clone();
        if head.tree.as_ref() != Some(&tree) {
            self.repo.check_no_commit_waits()?;
        }
        if head.commit.is_none() && tree == self.repo.empty_tree()? {
            return Err(RepoError::Unborn.into());
        }
        let old_tag = history.tag_of_old_seal(&phase.name.value)?;
        if let Some(tag) = &phase.tag {
            let name = &tag.name.value;
            let problem = match self.repo.check_tag_name(name) {
                Ok(()) => self
                    .repo
                    .tag_object(name)?
                    .filter(|(there, _)| old_tag.as_ref() != Some(there))
                    .map(|_| RepoError::TagTaken { name: name.clone() }),
                Err(error) => Some(error),
            };
            if let Some(error) = problem {
                let mut diagnostic = error.diagnostic();
                if diagnostic.primary().is_none() {
                    diagnostic = diagnostic.at(tag.name.span);
                }
                return Err(self.refuse(diagnostic));
            }
        }
        if let Some(remote) = &phase.push {
            let known = self.repo.check_remote(&remote.value);
            known.map_err(|error| self.refuse(error.diagnostic().at(remote.span)))?;
        }
        let lists = lists::of_tree(self.plan, &self.repo, &tree)?;
        let reminders = self.open_phase(phase, states, index, &tree, &history, &lists)?;
        let (outcome, judging_sources) =
            self.judge_tree(index, phase, states, &tree, &head, &Part::Whole, &reminders)?;
        if let Some(signal) = self.interrupt.signal() {
            return Ok(Taken {
                interrupted: Some(signal),
                ..Taken::unsealed(outcome.verdict)
            });
        }
        let name = &phase.name.value;
        let lines = &outcome.lines;
        let mended = mended::since(&self.repo, self.plan.name(), name, &head, &tree, lines)?;
        let run = Run {
            plan: self.plan,
            phase,
            tree: &tree,
            head: &head,
            lines,
            lists: &lists,
            note: self.note.as_deref(),
            mended: &mended,
        };
        let event = match outcome.verdict {
            Verdict::Fail => "red",
            Verdict::Pass if !self.may_seal(phase, &tree)? => {
                drop(self.repo.record(self.plan.name(), &run.judged("green")));
                return Ok(Taken::unsealed(Verdict::Fail));
            }
            Verdict::Pass => {
                let sealed = self.seal(index, &run, states, old_tag, &judging_sources);
                if sealed.is_err() {
                    // The green was seen all the same; what stood in the way is told.
                    drop(self.repo.record(self.plan.name(), &run.judged("green")));
                }
                sealed?;
                return Ok(Taken {
                    verdict: self.push(index, phase, states, &head),
                    interrupted: None,
                    sealed: true,
                });
            }
            Verdict::Waiting => "waiting",
            _ => "blocked",
        };
        if let Err(error) = self.repo.record(self.plan.name(), &run.judged(event)) {
            // The verdict stands, and it is the worse news of the two.
            self.say(error.diagnostic(), &self.plan.sources);
        }
        Ok(Taken::unsealed(outcome.verdict))
    }

    /// Pushes what was sealed, where the plan says so. The tags of the phases before go
    /// along: what could not be pushed then is made up for.
    fn push(&self, index: usize, phase: &Phase, states: &States, head: &Head) -> Verdict {
        let Some(remote) = &phase.push else {
            return Verdict::Pass;
        };
        let earlier = self.plan.phases.iter().zip(&states.phases).take(index);
        let sealed = earlier.filter(|(_, state)| matches!(state, PhaseState::Sealed { .. }));
        let tags: Vec<String> = sealed
            .map(|(phase, _)| phase)
            .chain([phase])
            .filter_map(|phase| phase.tag.as_ref())
            .map(|tag| tag.name.value.clone())
            // A phase that had no tag when it was sealed may have one in the plan since.
            .filter(|name| matches!(self.repo.tag(name), Ok(Some(_))))
            .collect();
        let pushed = self.repo.push(&Push {
            remote: &remote.value,
            head,
            tags: &tags,
            plan: self.plan.name(),
        });
        match pushed {
            Ok(refs) => {
                self.emit(Event::PhasePushed {
                    phase: phase.name.value.clone(),
                    remote: remote.value.clone(),
                    refs,
                });
                Verdict::Pass
            }
            Err(error) => {
                let diagnostic = error.diagnostic().at(remote.span);
                self.say(diagnostic, &self.plan.sources);
                Verdict::Blocked
            }
        }
    }

    /// Records that a phase opens, once; gives what is to be shown then.
    fn open_phase(
        &self,
        phase: &Phase,
        states: &States,
        index: usize,
        tree: &Oid,
        history: &History<'_>,
        lists: &[(String, Vec<u8>)],
    ) -> Result<Vec<String>, Refusal> {
        if history.opened(self.plan, &phase.name.value)?.is_some() {
            return Ok(Vec::new());
        }
        let entry = record::opened(
            self.plan,
            phase,
            tree,
            states.opened_at(index),
            &history.head,
            lists,
        );
        self.repo.record(self.plan.name(), &entry)?;
        let reminders = &self.plan.settings.reminders;
        Ok(reminders.iter().map(|text| text.value.clone()).collect())
    }

    fn seal(
        &self,
        index: usize,
        run: &Run<'_>,
        states: &States,
        old_tag: Option<Oid>,
        sources: &Sources,
    ) -> Result<(), Refusal> {
        let (phase, tree, head) = (run.phase, run.tree, run.head);
        let judging = self
            .judging(tree.clone(), head.clone(), states.clone(), Env::default())
            .with_sources(sources.clone());
        let text = |result: Result<String, Box<Diagnostic>>| {
            result.map_err(|diagnostic| Refusal::of(vec![*diagnostic], sources))
        };
        // With nothing staged there is nothing to commit: HEAD itself is sealed.
        let commit_message = if head.tree.as_ref() == Some(tree) {
            None
        } else {
            Some(text(message::commit(&judging, index, phase))?)
        };
        let title = text(message::tag_title(&judging, index, phase))?;
        let subject = commit_message
            .as_ref()
            .and_then(|message| message.lines().next())
            .map(str::to_owned);
        let tag = phase.tag.as_ref().map(|tag| {
            let text = message::tag(&title, run.lines, self.plan, phase, tree);
            (tag.name.value.clone(), text)
        });
        let sealed = self.repo.seal(&Seal {
            tree: tree.clone(),
            head: head.clone(),
            message: commit_message,
            ledger: run.sealed(tag.as_ref().map(|(_, text)| text.as_str())),
            tag,
            old_tag,
            plan: self.plan.name().to_owned(),
            before: vec![run.judged("green")],
        })?;
        self.emit(Event::PhaseSealed {
            phase: phase.name.value.clone(),
            commit: sealed.commit.map(|commit| commit.as_str().to_owned()),
            subject,
            tag: phase.tag.as_ref().map(|tag| tag.name.value.clone()),
            tree: tree.as_str().to_owned(),
            branch: head.branch.clone(),
        });
        Ok(())
    }
}

/// What came of taking one phase through its gate.
struct Taken {
    verdict: Verdict,
    interrupted: Option<i32>,
    sealed: bool,
}

impl Taken {
    fn unsealed(verdict: Verdict) -> Self {
        Self {
            verdict,
            interrupted: None,
            sealed: false,
        }
    }
}
