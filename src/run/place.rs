//! Where a tree is judged: in place where the working tree is exactly it, else in a
//! checkout; and the proof that judging changed nothing.

use super::command;
use super::event::{DiagnosticEvent, Event, Mode, Place, Verdict};
use super::interpreter::Interpreter;
use super::manual;
use super::outcome::Refusal;
use super::phase::{self, Part};
use super::record::{Line, Told};
use super::reuse::{self, Policy, Store};
use super::schedule::Pace;
use super::share;
use super::state::States;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Gate, Phase};
use crate::repo::{CheckedPlace, Head, Oid, RepoPath, Unstaged};
use crate::source::Sources;

impl<'p> Interpreter<'p> {
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site each way, all of them plain facts"
    )]
    pub(super) fn judge_tree(
        &self,
        index: usize,
        phase: &'p Phase,
        states: &States,
        tree: &Oid,
        head: &Head,
        part: &Part<'p>,
        reminders: &[String],
    ) -> Result<(phase::Outcome, Sources), Refusal> {
        let env = command::scrubbed_env();
        let mut judging = self.judging(tree.clone(), head.clone(), states.clone(), env);
        let mut jobs = phase::jobs(self.plan, index, phase, part);
        let store = Store::open(&self.repo);
        reuse::look(&judging, &store, &mut jobs, phase, self.policy());
        let nothing_runs = !jobs.iter().any(|job| reuse::must_judge(&judging, job));
        let as_it_is = self.judges_worktree();
        let unstaged = if nothing_runs && !as_it_is && self.may_look_away() {
            self.emit(Event::Notice {
                text: "no gate has to be judged: what is not staged was not looked for, \
                       `git status` shows it"
                    .to_owned(),
            });
            self.repo.unstaged_among(&self.plan_files())?
        } else {
            self.repo.unstaged()?
        };
        if !as_it_is {
            self.edits_named
                .call_once(|| self.name_unused_edits(&unstaged));
        }
        // A run has pinned its tree already.
        let pins = !nothing_runs && self.mode == Mode::Try;
        let _pin = pins.then(|| self.repo.pin(tree)).transpose()?;
        // What stays out of the judged tree is named; with any of it, gates look elsewhere.
        let (checked, place) = if nothing_runs {
            (None, Place::None)
        } else if as_it_is
            || unstaged.is_clean() && self.repo.is_found() && self.repo.staged_tree()? == *tree
        {
            (Some(CheckedPlace::InPlace), Place::InPlace)
        } else {
            let shared = share::folders(&self.plan.settings, &self.repo, &unstaged)?;
            let checkout = self.repo.checkout_with(tree, &shared)?;
            (Some(CheckedPlace::Checkout(checkout)), Place::Checkout)
        };
        let not_judged = if as_it_is {
            Vec::new()
        } else {
            shown(&unstaged.paths())
        };
        if let Some(CheckedPlace::Checkout(checkout)) = &checked {
            judging.root = checkout.root().to_owned();
        }
        let counts_all = index == 0
            && matches!(part, Part::Whole)
            && self.plan.settings.base.is_none()
            && head.commit.is_some()
            && !phase.scope.is_empty();
        if counts_all {
            self.emit(Event::Notice {
                text: "the plan names no `base`: all that the repository holds counts as this phase's change"
                    .to_owned(),
            });
        }
        let name = |gate: &Gate| gate.name.value.clone();
        let gates = match part {
            Part::Whole => phase.gates.iter().map(name).collect(),
            Part::Gates(gates) => gates.iter().map(|(_, gate)| name(gate)).collect(),
        };
        self.emit(Event::PhaseStarted {
            phase: phase.name.value.clone(),
            number: phase.number,
            title: phase.title.clone(),
            goal: phase.goal.clone(),
            tree: tree.as_str().to_owned(),
            place,
            not_judged,
            reminders: reminders.to_vec(),
            gates,
        });
        let pace = Pace {
            jobs: match self.jobs.or(self.plan.settings.jobs) {
                Some(jobs) => jobs,
                // To ask how many cores there are is to read the limits of control groups.
                None if jobs.len() <= 1 => 1,
                None => cores(),
            },
            fail_fast: self.fail_fast,
        };
        let emit = |event| self.emit(event);
        let looked = phase::Looked {
            jobs: &jobs,
            store: &store,
        };
        let mut outcome = phase::judge(&judging, index, phase, part, &looked, pace, &emit)?;
        let mut since = match &checked {
            Some(checked) => self.repo.changed_since(checked, tree)?,
            None => Unstaged::default(),
        };
        let interrupted = self.interrupt.signal().is_some();
        if let Some(CheckedPlace::Checkout(checkout)) = &checked
            && checkout.was_meddled_with(&since.changed)
            && !interrupted
        {
            // What the gates saw was not the tree. The next checkout is looked at closely.
            drop(checked);
            self.emit(Event::Notice {
                text: "somebody had written into the kept checkout: it is put right, and the gates are judged anew"
                    .to_owned(),
            });
            return self.judge_tree(index, phase, states, tree, head, part, reminders);
        }
        if as_it_is {
            // What git was told not to look at before says nothing of the gates.
            since.changed.retain(|path| !unstaged.hidden.contains(path));
        }
        if since.changed.is_empty() && !interrupted {
            // What cannot be kept is judged again, no more.
            drop(reuse::keep(&judging, &store, &jobs, &outcome.given));
        }
        if !since.changed.is_empty() && !interrupted {
            let event = DiagnosticEvent {
                diagnostic: tree_changed(phase, &since.changed, place),
                sources: judging.sources(),
                phase: Some(phase.name.value.clone()),
                gate: None,
            };
            outcome.add(Line {
                told: vec![Told::of(&event)],
                ..Line::new(&phase.name.value, "tree", Verdict::Fail)
            });
            self.emit(Event::Diagnostic(event));
        }
        self.emit(outcome.finished(phase));
        if outcome.verdict == Verdict::Waiting {
            self.emit(Event::PhaseWaiting {
                phase: phase.name.value.clone(),
                number: phase.number,
                title: phase.title.clone(),
                checks: std::mem::take(&mut outcome.waiting),
                command: manual::call("sign", self.plan),
            });
        }
        if place == Place::InPlace && !since.untracked.is_empty() {
            self.emit(Event::Notice {
                text: left_behind(&since.untracked),
            });
        }
        Ok((outcome, judging.sources()))
    }

    fn policy(&self) -> Policy {
        match self.mode {
            Mode::Try if self.fresh => Policy::Fresh,
            Mode::Try => Policy::All,
            Mode::Run if self.reuse => Policy::Open,
            Mode::Run => Policy::Earlier,
        }
    }

    /// Whether to look only at the plan's files, where no gate has to be judged: to look at
    /// all files of a large working tree takes longer than the rest of a try.
    fn may_look_away(&self) -> bool {
        let many = || {
            self.repo
                .count_staged()
                .is_some_and(|count| count > LOOKED_AT)
        };
        self.mode == Mode::Try && many()
    }

    fn plan_files(&self) -> Vec<RepoPath> {
        let files = self.plan.files.iter();
        files
            .map(|file| RepoPath::from(file.path.as_str()))
            .collect()
    }

    /// Says which files of the plan have edits that do not count.
    fn name_unused_edits(&self, unstaged: &Unstaged) {
        for path in self.plan_files() {
            if unstaged.changed.contains(&path) {
                self.emit(Event::Notice {
                    text: format!("unstaged edits of `{}` are not used", path.to_str_lossy()),
                });
            }
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How many files are looked at only to name what is not staged.
const LOOKED_AT: usize = 5_000;

/// How many paths a sentence lists.
const LISTED: usize = 10;

pub(super) fn shown(paths: &[RepoPath]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.to_str_lossy().into_owned())
        .collect()
}

/// The first of them, a line each, and how many more there are.
pub(super) fn listed(mut paths: Vec<String>) -> String {
    let more = paths.len().saturating_sub(LISTED);
    if more > 0 {
        paths.truncate(LISTED);
        paths.push(format!("and {more} more"));
    }
    paths.join("\n  ")
}

fn left_behind(paths: &[RepoPath]) -> String {
    let mut list = shown(paths.get(..LISTED).unwrap_or(paths)).join(", ");
    if paths.len() > LISTED {
        list = format!("{list} and {} more", paths.len() - LISTED);
    }
    format!("gates left new files behind, neither staged nor ignored: {list}")
}

fn tree_changed(phase: &Phase, changed: &[RepoPath], place: Place) -> Diagnostic {
    let whose = match place {
        Place::InPlace => "a gate, or somebody else, changed the working tree while it was judged",
        Place::Checkout | Place::None => "a gate changed files of the tree it judged",
    };
    Diagnostic::new(Code::TREE_CHANGED, whose, phase.name.span)
        .here("of this phase")
        .note(format!("no longer as judged:\n  {}", listed(shown(changed))))
        .help("let gates only look: write results to an ignored folder; a formatter wants its `--check`")
}
