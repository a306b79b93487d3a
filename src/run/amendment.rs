//! The plan under lock: what of it is not what is on record, and a person's word that it
//! may be so.

mod entry;
pub(super) mod lists;
mod pending;

pub use pending::unrecorded;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::history::History;
use super::interpreter::Interpreter;
use super::outcome::Refusal;
use super::state::{self, PhaseState};
use crate::analysis::lock::Amendments;
use crate::diagnostic::{Code, Diagnostic, Family};
use crate::repo::{Identity, Oid, RepoError};
use pending::{OnRecord, pending};

/// How sure it is that a person said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// Somebody typed it at a terminal, where no coding agent was recognised.
    Terminal,
    /// That, and what they said carries their signature, which was verified.
    Signed,
}

impl Assurance {
    /// The word that the ledger has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Signed => "signed",
        }
    }
}

/// A person's word. Who they are is asked of git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Why, in their own words; not empty.
    pub reason: String,
    /// How sure it is.
    pub assurance: Assurance,
}

/// A phase that `gate amend --reopen` unseals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// Its name.
    pub phase: String,
    /// The sealed commit.
    pub commit: Oid,
    /// The name of its tag, and the tag's object.
    pub tag: Option<(String, Oid)>,
}

impl Interpreter<'_> {
    /// What of the plan is not what is on record, so that a run stops: whatever changes how
    /// an item of an open or sealed phase judges.
    ///
    /// # Errors
    /// Where git fails.
    pub fn amendments(&self) -> Result<Amendments, Refusal> {
        let tree = || self.judged_tree();
        Ok(pending(self.plan, &self.repo, &self.given, tree)?)
    }

    /// Stops a run whose plan was changed and not amended.
    pub(super) fn check_lock(&self) -> Result<(), Refusal> {
        let pending = self.amendments()?;
        if pending.items.is_empty() {
            return Ok(());
        }
        let advice = "take it back, or have a person amend the plan: `gate amend --reason \"…\"`";
        let items = pending.items.iter();
        Err(Refusal::of(
            items
                .map(|amendment| amendment.diagnostic().help(advice))
                .collect(),
            &pending.sources,
        ))
    }

    /// Says what a run would stop at; a try goes on.
    pub(super) fn tell_amendments(&self) -> Result<(), Refusal> {
        for amendment in self.amendments()?.items {
            self.emit(Event::Notice {
                text: format!(
                    "{}, and the plan is not amended: `gate run` will stop",
                    amendment.message()
                ),
            });
        }
        Ok(())
    }

    /// Who may amend the plan, where the plan on record says so: nobody but them.
    ///
    /// # Errors
    /// Where whoever git says one is is none of them, or git fails.
    pub fn may_amend(&self) -> Result<Identity, Refusal> {
        self.repo.check_ledger(self.plan.name())?;
        let who = self.repo.identity()?;
        let recorded = OnRecord::find(self.plan, &self.repo)?
            .and_then(|record| record.load(self.plan, &self.given).ok());
        let plan = recorded.as_ref().unwrap_or(self.plan);
        let named = &plan.settings.amend_by;
        let Some(first) = named.first() else {
            return Ok(who);
        };
        if named.iter().any(|name| who.is(&name.value)) {
            return Ok(who);
        }
        let names: Vec<String> = named.iter().map(|n| format!("`{}`", n.value)).collect();
        let diagnostic = Diagnostic::new(
            Code::NOT_AN_AMENDER,
            format!("`{}` is none of those who may amend this plan", who.email),
            first.span,
        )
        .here("as the plan on record has it")
        .help(format!("ask one of them: {}", names.join(", ")));
        Err(Refusal::of(vec![diagnostic], &plan.sources))
    }

    /// Records that the plan as it is now is the one that counts.
    ///
    /// # Errors
    /// Where the identity is none of `amend by`, or git fails.
    pub fn amend(&self, consent: &Consent) -> Result<Oid, Refusal> {
        let who = self.may_amend()?;
        let pending = self.amendments()?;
        let before = OnRecord::find(self.plan, &self.repo)?
            .and_then(|record| record.load(self.plan, &self.given).ok());
        let tree = self.judged_tree()?;
        let record = entry::amended(&entry::Amended {
            plan: self.plan,
            before: before.as_ref(),
            lists: lists::of_tree(self.plan, &self.repo, &tree)?,
            tree,
            head: self.repo.head()?,
            who: &who,
            consent,
            items: &pending.items,
        });
        Ok(self.repo.record(self.plan.name(), &record)?)
    }

    /// The phases that unsealing this one unseals: itself, and those sealed after it.
    ///
    /// # Errors
    /// Where the plan has no such phase, it is not sealed, or git fails.
    pub fn unsealed_by(&self, phase: &str) -> Result<Vec<Unsealed>, Refusal> {
        let history = History::read(self.plan.name(), &self.repo)?;
        let (states, _) = state::states(self.plan, &history)?;
        let mut all = self.plan.phases.iter().zip(&states);
        let mut unsealed = Vec::new();
        if !all.any(|(known, _)| known.name.value == phase) {
            return Err(self.unknown_phase(phase));
        }
        let from = |(known, _): &(&crate::plan::Phase, _)| known.name.value != phase;
        for (known, state) in self.plan.phases.iter().zip(states).skip_while(from) {
            let PhaseState::Sealed { commit, .. } = state else {
                break;
            };
            let mut tag = None;
            if let Some(declared) = &known.tag
                && let Some((object, _)) = self.repo.tag_object(&declared.name.value)?
                && let Some(info) = self.repo.tag(&declared.name.value)?
                && info.commit == commit
            {
                tag = Some((declared.name.value.clone(), object));
            }
            unsealed.push(Unsealed {
                phase: known.name.value.clone(),
                commit,
                tag,
            });
        }
        if unsealed.is_empty() {
            let span = self.plan.phase(phase).map(|phase| phase.name.span);
            let message = format!("phase `{phase}` is not sealed: there is nothing to reopen");
            let diagnostic = match span {
                Some(span) => Diagnostic::new(Code::NOT_SEALED, message, span),
                None => Diagnostic::unplaced(Code::NOT_SEALED, message),
            };
            return Err(self.refuse(diagnostic.help("`gate status` shows which are")));
        }
        Ok(unsealed)
    }

    /// Unseals a phase and those after it, on the record. Commits and tags stay; the next
    /// seal of the phase takes the tag's name over.
    ///
    /// # Errors
    /// As [`Interpreter::unsealed_by`] and [`Interpreter::amend`].
    pub fn reopen(&self, phase: &str, consent: &Consent) -> Result<Vec<Unsealed>, Refusal> {
        let who = self.may_amend()?;
        let unsealed = self.unsealed_by(phase)?;
        let head = self.repo.head()?;
        // What the phase changes is counted from what was sealed last.
        let opened_at = match unsealed.last() {
            Some(last) => self.repo.tree_of(&last.commit)?,
            None => self.repo.empty_tree()?,
        };
        let mut tags = Vec::new();
        for (name, _) in unsealed.iter().filter_map(|seal| seal.tag.as_ref()) {
            if let Some((_, text)) = self.repo.tag_object(name)? {
                tags.push((name.clone(), text));
            }
        }
        let tree = self.judged_tree()?;
        let record = entry::reopened(
            &entry::Amended {
                plan: self.plan,
                before: None,
                lists: lists::of_tree(self.plan, &self.repo, &tree)?,
                tree,
                head,
                who: &who,
                consent,
                items: &[],
            },
            phase,
            &unsealed,
            &opened_at,
            tags,
        );
        self.repo.record(self.plan.name(), &record)?;
        Ok(unsealed)
    }

    /// The tree to judge: the one that was given, or the one there is now.
    pub(super) fn judged_tree(&self) -> Result<Oid, RepoError> {
        match &self.tree {
            Some(tree) => Ok(tree.clone()),
            None => self.tree_to_judge(),
        }
    }
}

impl Refusal {
    /// Whether what stands in the way is only that the plan was changed and not amended.
    #[must_use]
    pub fn is_amendment(&self) -> bool {
        let items = &self.diagnostics.items;
        !items.is_empty() && items.iter().all(|item| item.code.family() == Family::Lock)
    }
}
