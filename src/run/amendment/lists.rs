//! The lists of tasks under lock: an item that was there when a run judged the phase is not
//! taken out by whoever has to tick it.

use std::collections::HashMap;

use crate::analysis::lock::{Amendment, Amendments, LockedPhase};
use crate::diagnostic::Code;
use crate::plan::{Phase, Plan, Tasks};
use crate::repo::{Oid, RepoError, Repository};
use crate::source::Span;

use super::super::history::RecordedFiles;
use super::super::tasks;

/// The lists that a plan names and a tree has.
pub(in crate::run) fn of_tree(
    plan: &Plan,
    repo: &Repository,
    tree: &Oid,
) -> Result<RecordedFiles, RepoError> {
    let mut lists = RecordedFiles::new();
    for tasks in plan.phases.iter().flat_map(|phase| &phase.tasks) {
        let path = &tasks.file.value;
        if lists.iter().any(|(known, _)| known == path) {
            continue;
        }
        if let Some(text) = repo.read(tree, path)? {
            lists.push((path.clone(), text));
        }
    }
    Ok(lists)
}

/// A plan and its lists.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a> {
    pub plan: &'a Plan,
    pub lists: &'a [(String, Vec<u8>)],
}

impl Listed<'_> {
    fn text(&self, path: &str) -> Option<String> {
        let (_, text) = self.lists.iter().find(|(known, _)| known == path)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// The items of locked phases that were on a list `before` and are not `now`. Whether an item
/// is ticked, where in its list it stands and what was added is free.
pub(super) fn removed(before: Listed<'_>, now: Listed<'_>, locked: &[LockedPhase]) -> Amendments {
    let mut found = Amendments {
        items: Vec::new(),
        sources: now.plan.sources.clone(),
    };
    let phases = locked.iter().filter_map(|lock| {
        let phase = |plan: &'_ Plan| plan.phase(&lock.name).cloned();
        Some((phase(before.plan)?, phase(now.plan)?))
    });
    for (phase, phase_now) in phases {
        for tasks in &phase.tasks {
            let same = |now: &&Tasks| {
                let under = |tasks: &Tasks| tasks.under.as_ref().map(|under| under.value.clone());
                now.file.value == tasks.file.value && under(now) == under(tasks)
            };
            // Where the plan no longer asks for it, that is told of the plan.
            if let Some(tasks_now) = phase_now.tasks.iter().find(same) {
                compare((before, tasks), (now, tasks_now), &phase, &mut found);
            }
        }
    }
    found
}

fn compare(
    (before, tasks): (Listed<'_>, &Tasks),
    (now, tasks_now): (Listed<'_>, &Tasks),
    phase: &Phase,
    found: &mut Amendments,
) {
    let path = &tasks.file.value;
    let Some(text) = before.text(path) else {
        return;
    };
    let mut take = |path: String, text: String| match found.sources.by_path(&path) {
        Some(known) if known.text() == text => known.clone(),
        _ => found.sources.add(path, text),
    };
    let file = take(format!("{path} (on record)"), text);
    let (items, _) = tasks::items(tasks, &file);
    let mut left: HashMap<String, usize> = HashMap::new();
    let mut gone = tasks_now.span;
    if let Some(text) = now.text(path) {
        let file = take(path.clone(), text);
        let (items, place) = tasks::items(tasks_now, &file);
        gone = place;
        for item in items {
            *left.entry(item.text).or_default() += 1;
        }
    }
    for item in items {
        match left.get_mut(&item.text).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => found
                .items
                .push(amendment(&item.text, phase, item.span(&file), gone)),
        }
    }
}

/// How much of an item's words a sentence has.
const WORDS: usize = 60;

fn amendment(text: &str, phase: &Phase, before: Span, gone: Span) -> Amendment {
    let mut words: String = text.chars().take(WORDS).collect();
    if words.len() < text.len() {
        words.push('…');
    }
    Amendment {
        code: Code::LOCKED_REMOVED,
        items: vec![format!("the task \"{words}\"")],
        phases: vec![phase.name.value.clone()],
        parts: Vec::new(),
        before: Some(before),
        now: Some(gone),
        difference: String::new(),
        note: Some("a task in other words is another task".to_owned()),
    }
}
