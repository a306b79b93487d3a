//! What of a plan is not what is on record.

use super::super::history::{History, Recorded, RecordedFiles, in_memory, unsealed_by};
use super::super::state::{self, PhaseState};
use super::entry;
use super::lists::{self, Listed};
use crate::analysis::Given;
use crate::analysis::lock::{Amendment, Amendments, LockedPhase, amendments};
use crate::diagnostic::Code;
use crate::eval::text_diff;
use crate::plan::Plan;
use crate::repo::{Oid, RepoError, Repository, TreeLoader};
use crate::source::Loader;

/// What of `plan`, and of its lists in the tree that is asked for, is not what is on record.
pub(super) fn pending(
    plan: &Plan,
    repo: &Repository,
    given: &Given,
    tree: impl FnOnce() -> Result<Oid, RepoError>,
) -> Result<Amendments, RepoError> {
    let Some(record) = OnRecord::find(plan, repo)? else {
        return Ok(Amendments::default());
    };
    let same = record.is(plan);
    let has_lists = plan.phases.iter().any(|phase| !phase.tasks.is_empty());
    if same && !has_lists {
        return Ok(Amendments::default());
    }
    let history = History::read(plan.name(), repo)?;
    let mut found = Amendments::default();
    if !same {
        found = pending_plan(plan, &record, given, &history)?;
    }
    if has_lists {
        let recorded = match same {
            true => None,
            false => record.load(plan, given).ok(),
        };
        let recorded = recorded.as_ref().unwrap_or(plan);
        let before = Listed {
            plan: recorded,
            lists: &record.lists(recorded, repo)?,
        };
        let now = Listed {
            plan,
            lists: &lists::of_tree(plan, repo, &tree()?)?,
        };
        found.merge(lists::removed(
            before,
            now,
            &locked(recorded, plan, &history)?,
        ));
    }
    Ok(found)
}

fn pending_plan(
    plan: &Plan,
    record: &OnRecord<'_>,
    given: &Given,
    history: &History<'_>,
) -> Result<Amendments, RepoError> {
    let mut found = match record.load(plan, given) {
        Ok(recorded) => amendments(&recorded, plan, &locked(&recorded, plan, history)?),
        Err(why) => return Ok(unreadable(plan, record, why)),
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
            &locked(&recorded, &now, history)?,
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
    let mut found = pending(plan, repo, &Given::default(), || repo.staged_tree())?;
    if found.items.is_empty() {
        found.sources = plan.sources.clone();
    }
    let history = History::with_plans(plan.name(), repo)?;
    let mut locked: Vec<LockedPhase> = Vec::new();
    let mut last: Option<Recorded> = None;
    for (entry, recorded) in history.trail(plan)? {
        let load =
            |recorded: &Recorded| OnRecord::Ledger(recorded.clone()).load(plan, &Given::default());
        if let Some(then) = &last
            && *then != recorded
            && entry.event() != Some("amended")
            && let (Ok(before), Ok(now)) = (load(then), load(&recorded))
        {
            let mut step = amendments(&before, &now, &locked);
            let before = Listed {
                plan: &before,
                lists: &then.lists,
            };
            let now = Listed {
                plan: &now,
                lists: &recorded.lists,
            };
            step.merge(lists::removed(before, now, &locked));
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
        last = Some(recorded);
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
pub(super) enum OnRecord<'r> {
    /// Its files, in the ledger.
    Ledger(Recorded),
    /// A tree that was judged with it: without a ledger, that of the last seal.
    Tree(&'r Repository, Oid),
}

impl<'r> OnRecord<'r> {
    pub fn find(plan: &Plan, repo: &'r Repository) -> Result<Option<Self>, RepoError> {
        let history = History::with_plans(plan.name(), repo)?;
        if let Some(recorded) = history.plan_on_record(plan)? {
            return Ok(Some(Self::Ledger(recorded)));
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
            if there.is_some_and(|bytes| Some(crate::digest::sha256(&bytes)) == digest) {
                return Ok(Some(Self::Tree(repo, tree)));
            }
        }
        Ok(None)
    }

    fn loader(&self) -> Box<dyn Loader + '_> {
        match self {
            Self::Ledger(recorded) => Box::new(in_memory(&recorded.plan)),
            Self::Tree(repo, tree) => Box::new(TreeLoader::alone(repo, tree.clone())),
        }
    }

    /// Whether the plan is, file by file, what is on record.
    fn is(&self, plan: &Plan) -> bool {
        match self {
            Self::Ledger(Recorded { plan: files, .. }) => {
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

    /// The lists that go with it.
    fn lists(&self, plan: &Plan, repo: &Repository) -> Result<RecordedFiles, RepoError> {
        match self {
            Self::Ledger(recorded) => Ok(recorded.lists.clone()),
            Self::Tree(_, tree) => lists::of_tree(plan, repo, tree),
        }
    }

    /// The plan on record, with what is given now. What is given to a `param` that it has
    /// not, or that it cannot take, is left out.
    pub fn load(&self, plan: &Plan, given: &Given) -> Result<Plan, String> {
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

pub(super) fn files_of(plan: &Plan) -> RecordedFiles {
    let files = plan.files.iter();
    files
        .map(|file| (file.path.clone(), file.content.to_vec()))
        .collect()
}

/// That the plan on record cannot be read: then every change of its files counts.
fn unreadable(plan: &Plan, record: &OnRecord<'_>, why: String) -> Amendments {
    let mut difference = String::new();
    if let OnRecord::Ledger(recorded) = record {
        let now = files_of(plan);
        difference = entry::patch(&recorded.plan, &now);
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
