//! The plan under lock: what of it is not what is on record, and a person's word that it
//! may be so.

mod entry;

use super::event::Event;
use super::history::{History, RecordedFiles, unsealed_by};
use super::interpreter::Interpreter;
use super::outcome::Refusal;
use super::state::{self, PhaseState};
use crate::analysis::Given;
use crate::analysis::lock::{Amendment, Amendments, LockedPhase, amendments};
use crate::diagnostic::{Code, Diagnostic, Family};
use crate::eval::text_diff;
use crate::plan::Plan;
use crate::repo::{Identity, Oid, RepoError, Repository, TreeLoader};
use crate::source::{Loader, MemoryLoader};

/// How sure it is that a person said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Somebody typed it at a terminal, where no coding agent was recognised.
    Terminal,
}

impl Assurance {
    /// The word that the ledger has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
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
        Ok(pending(self.plan, &self.repo, &self.given)?)
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
        let is_named = |name: &str| {
            name.eq_ignore_ascii_case(&who.email) || name == format!("{} <{}>", who.name, who.email)
        };
        let Some(first) = named.first() else {
            return Ok(who);
        };
        if named.iter().any(|name| is_named(&name.value)) {
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
        let record = entry::amended(&entry::Amended {
            plan: self.plan,
            before: before.as_ref(),
            tree: self.judged_tree()?,
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
        let record = entry::reopened(
            &entry::Amended {
                plan: self.plan,
                before: None,
                tree: self.judged_tree()?,
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

/// What of `plan` is not what is on record.
fn pending(plan: &Plan, repo: &Repository, given: &Given) -> Result<Amendments, RepoError> {
    let Some(record) = OnRecord::find(plan, repo)? else {
        return Ok(Amendments::default());
    };
    if record.is(plan) {
        return Ok(Amendments::default());
    }
    let history = History::read(plan.name(), repo)?;
    let mut found = match record.load(plan, given) {
        Ok(recorded) => amendments(&recorded, plan, &locked(&recorded, plan, &history)?),
        Err(why) => return Ok(unreadable(plan, &record, why)),
    };
    // What a value given to a param hides today is what judges tomorrow.
    let plain = Given {
        os: given.os.clone(),
        arch: given.arch.clone(),
        ..Given::default()
    };
    if (!given.sets.is_empty() || !given.env.is_empty())
        && let Ok(recorded) = record.load(plan, &plain)
        && let Ok(now) = Plan::load_with(&plan.path, &in_memory(&files_of(plan)), &plain)
    {
        found.merge(amendments(
            &recorded,
            &now,
            &locked(&recorded, &now, &history)?,
        ));
    }
    Ok(found)
}

/// What of `plan` was changed under lock and is not on record as amended: since the last
/// entry of the ledger, and from entry to entry before that.
///
/// # Errors
/// Where git fails.
pub fn unrecorded(plan: &Plan, repo: &Repository) -> Result<Amendments, RepoError> {
    let mut found = pending(plan, repo, &Given::default())?;
    if found.items.is_empty() {
        found.sources = plan.sources.clone();
    }
    let history = History::with_plans(plan.name(), repo)?;
    let mut locked: Vec<LockedPhase> = Vec::new();
    let mut last: Option<RecordedFiles> = None;
    for (entry, files) in history.trail(plan)? {
        let load =
            |files: &RecordedFiles| OnRecord::Ledger(files.clone()).load(plan, &Given::default());
        if let Some(before) = &last
            && *before != files
            && entry.event() != Some("amended")
            && let (Ok(before), Ok(now)) = (load(before), load(&files))
        {
            let mut step = amendments(&before, &now, &locked);
            let id = entry.id.short();
            step.sources = step
                .sources
                .renamed(|path| match path.ends_with(" (on record)") {
                    true => path.to_owned(),
                    false => format!("{path} (entry {id})"),
                });
            for item in &mut step.items {
                item.note = Some(format!(
                    "the entry `{id}` has it so, and nobody amended the plan"
                ));
            }
            found.merge(step);
        }
        let name = entry.phase().unwrap_or_default();
        match entry.event() {
            Some("opened") | Some("sealed") => {
                locked.retain(|lock| lock.name != name);
                locked.push(LockedPhase {
                    name: name.to_owned(),
                    sealed: entry.event() == Some("sealed"),
                });
            }
            _ => {
                let unsealed: Vec<&str> = unsealed_by(entry).collect();
                locked.retain(|lock| !unsealed.contains(&lock.name.as_str()));
            }
        }
        last = Some(files);
    }
    Ok(found)
}

/// The phases of the plan on record that are open or sealed.
fn locked(
    recorded: &Plan,
    now: &Plan,
    history: &History<'_>,
) -> Result<Vec<LockedPhase>, RepoError> {
    let (states, _) = state::states(recorded, history)?;
    let mut locked = Vec::new();
    for (phase, state) in recorded.phases.iter().zip(states) {
        let name = &phase.name.value;
        let sealed = match state {
            PhaseState::Sealed { .. } => true,
            PhaseState::Open if history.opened(now, name)?.is_some() => false,
            PhaseState::Open | PhaseState::Locked => continue,
        };
        locked.push(LockedPhase {
            name: name.clone(),
            sealed,
        });
    }
    Ok(locked)
}

/// The plan as it was last recorded.
enum OnRecord<'r> {
    /// Its files, in the ledger.
    Ledger(RecordedFiles),
    /// A tree that was judged with it: without a ledger, that of the last seal.
    Tree(&'r Repository, Oid),
}

impl<'r> OnRecord<'r> {
    fn find(plan: &Plan, repo: &'r Repository) -> Result<Option<Self>, RepoError> {
        let history = History::with_plans(plan.name(), repo)?;
        if let Some(files) = history.plan_on_record(plan)? {
            return Ok(Some(Self::Ledger(files)));
        }
        let (states, _) = state::states(plan, &history)?;
        let last = plan.phases.iter().zip(states).rev();
        for (phase, state) in last {
            let (PhaseState::Sealed { tree, .. }, Some(tag)) = (state, &phase.tag) else {
                continue;
            };
            let tag = repo.tag(&tag.name.value)?;
            let digest = tag.and_then(|tag| {
                let mut trailers = tag.trailers.into_iter();
                trailers.find_map(|(key, value)| (key == "Gate-Plan").then_some(value))
            });
            // A plan that was not committed cannot be read again.
            let there = repo.read(&tree, &plan.path)?;
            if there.is_some_and(|bytes| Some(crate::analysis::sha256(&bytes)) == digest) {
                return Ok(Some(Self::Tree(repo, tree)));
            }
        }
        Ok(None)
    }

    fn loader(&self) -> Box<dyn Loader + '_> {
        match self {
            Self::Ledger(files) => Box::new(in_memory(files)),
            Self::Tree(repo, tree) => Box::new(TreeLoader::alone(repo, tree.clone())),
        }
    }

    /// Whether the plan is, file by file, what is on record.
    fn is(&self, plan: &Plan) -> bool {
        match self {
            Self::Ledger(files) => {
                files.len() == plan.files.len()
                    && plan.files.iter().all(|file| {
                        files
                            .iter()
                            .any(|(path, text)| *path == file.path && **text == *file.content)
                    })
            }
            Self::Tree(repo, tree) => plan.files.iter().all(|file| {
                let there = repo.read(tree, &file.path);
                there.is_ok_and(|there| there.is_some_and(|bytes| *bytes == *file.content))
            }),
        }
    }

    /// The plan on record, with what is given now. What is given to a `param` that it has
    /// not, or that it cannot take, is left out.
    fn load(&self, plan: &Plan, given: &Given) -> Result<Plan, String> {
        let loader = self.loader();
        let load = |given: &Given| Plan::load_with(&plan.path, &*loader, given);
        let mut given = Given {
            for_run: false,
            ..given.clone()
        };
        if let Ok(plan) = load(&given) {
            return Ok(plan);
        }
        let none = Given {
            sets: Vec::new(),
            env: Vec::new(),
            ..given.clone()
        };
        given.sets.retain(|set| {
            load(&Given {
                sets: vec![set.clone()],
                ..none.clone()
            })
            .is_ok()
        });
        given.env.retain(|var| {
            load(&Given {
                env: vec![var.clone()],
                ..none.clone()
            })
            .is_ok()
        });
        load(&given).map_err(|errors| errors.to_string())
    }
}

fn in_memory(files: &[(String, Vec<u8>)]) -> MemoryLoader {
    files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(path.clone(), text.clone())
        })
}

fn files_of(plan: &Plan) -> RecordedFiles {
    let files = plan.files.iter();
    files
        .map(|file| (file.path.clone(), file.content.to_vec()))
        .collect()
}

/// That the plan on record cannot be read: then every change of its files counts.
fn unreadable(plan: &Plan, record: &OnRecord<'_>, why: String) -> Amendments {
    let mut difference = String::new();
    if let OnRecord::Ledger(files) = record {
        let now = files_of(plan);
        difference = entry::patch(files, &now);
    }
    let first = plan.sources.by_path(&plan.path);
    Amendments {
        items: vec![Amendment {
            code: Code::RECORD_UNREADABLE,
            items: vec!["the plan on record cannot be read by this version of gate".to_owned()],
            phases: Vec::new(),
            parts: Vec::new(),
            before: None,
            now: first.map(|source| source.line_span(1)),
            difference: text_diff("", &difference),
            note: Some(why),
        }],
        sources: plan.sources.clone(),
    }
}
