//! The plan under lock: what of a plan on record is not what it was.
//!
//! Two plans are compared as they are understood, with checks and loops expanded: what is
//! judged counts, not how it is written. What only adds to what is judged is free; whatever
//! else is not the same is an amendment.

mod items;
mod loosened;
mod order;
mod steps;
mod words;

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::eval::text_diff;
use crate::plan::{Phase, Plan};
use crate::source::{Sources, Span};

use items::Item;
use words::Globals;

/// A phase that opened: what it judges is under lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPhase {
    /// Its name on record.
    pub name: String,
    /// Whether it is sealed.
    pub sealed: bool,
}

/// What is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// What happened to it: [`Code::LOCKED_CHANGED`] and its neighbours.
    pub code: Code,
    /// What it happened to, in the words of a plan: ``the gate `types` ``.
    pub items: Vec<String>,
    /// The phases it belongs to; empty for what holds for the whole plan.
    pub phases: Vec<String>,
    /// What of it is not what it was: settings by their words, `steps`, `proofs`.
    pub parts: Vec<String>,
    /// Where it stands on record.
    pub before: Option<Span>,
    /// Where it stands now; where it is gone, where it stood.
    pub now: Option<Span>,
    /// The lines in which the two differ.
    pub difference: String,
    /// More to say of it.
    pub note: Option<String>,
}

/// All that is not what it was, and the texts of both plans.
#[derive(Debug, Clone, Default)]
pub struct Amendments {
    /// Each of them, in the order of the plan on record.
    pub items: Vec<Amendment>,
    /// The texts that places point into; those on record come after the others, and are
    /// called `PATH (on record)`.
    pub sources: Sources,
}

impl Amendments {
    /// Adds those of `others` that are not among these.
    pub fn merge(&mut self, others: Self) {
        let moved = self.sources.adopt(&others.sources, str::to_owned);
        for mut other in others.items {
            let same = |known: &Amendment| {
                known.message() == other.message() && known.difference == other.difference
            };
            if self.items.iter().any(same) {
                continue;
            }
            other.before = other.before.map(|span| moved.span(span));
            other.now = other.now.map(|span| moved.span(span));
            self.items.push(other);
        }
    }
}

/// What of the phases `locked` is not in `now` what it was in `recorded`.
#[must_use]
pub fn amendments(recorded: &Plan, now: &Plan, locked: &[LockedPhase]) -> Amendments {
    let mut sources = now.sources.clone();
    let moved = sources.adopt(&recorded.sources, |path| format!("{path} (on record)"));
    if locked.is_empty() {
        return Amendments {
            items: Vec::new(),
            sources,
        };
    }
    let globals = (Globals::of(recorded), Globals::of(now));
    let mut found = Found::default();
    let (head_before, head_now) = (head(recorded), head(now));
    if let (Some(head_before), Some(head_now)) = (head_before, head_now) {
        found.compare(
            None,
            Some(head_now),
            &items::of_settings(&recorded.settings, head_before),
            &items::of_settings(&now.settings, head_now),
        );
    }
    for lock in locked {
        let Some(before) = recorded.phase(&lock.name) else {
            continue;
        };
        let Some(after) = now.phase(&lock.name) else {
            found.phase_removed(before, head_now);
            continue;
        };
        found.compare(
            Some(&lock.name),
            Some(after.name.span),
            &items::of_phase(before, lock.sealed, &globals.0),
            &items::of_phase(after, lock.sealed, &globals.1),
        );
        for item in loosened::additions(before, after) {
            found.loosened(&lock.name, item);
        }
    }
    for (what, span, note) in order::out_of_order(recorded, now, locked) {
        found.out_of_order(what, span, note);
    }
    let mut items: Vec<Amendment> = found.by_key.into_values().collect();
    for item in &mut items {
        item.before = item.before.map(|span| moved.span(span));
    }
    Amendments { items, sources }
}

/// Where a plan has its title, or else begins.
fn head(plan: &Plan) -> Option<Span> {
    let first = plan.sources.by_path(&plan.path);
    let title = plan.title.as_ref().map(|title| title.span);
    title.or_else(|| first.map(|source| source.line_span(1)))
}

/// Amendments so far, each once for all the phases it concerns.
#[derive(Default)]
struct Found {
    by_key: IndexMap<String, Amendment>,
}

impl Found {
    /// Notes what became of each item; `gone` is where one that is no more stood.
    fn compare(&mut self, phase: Option<&str>, gone: Option<Span>, before: &[Item], now: &[Item]) {
        let by_key = |items: &'_ [Item]| {
            let mut all: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, item) in items.iter().enumerate() {
                all.entry(item.key.clone()).or_default().push(at);
            }
            all
        };
        let (before_by, now_by) = (by_key(before), by_key(now));
        let of = |items: &'_ HashMap<String, Vec<usize>>, key: &str| {
            items.get(key).cloned().unwrap_or_default()
        };
        for item in before {
            let candidates: Vec<&Item> = of(&now_by, &item.key)
                .into_iter()
                .filter_map(|at| now.get(at))
                .collect();
            if candidates
                .iter()
                .any(|now| now.changed_since(item).is_empty())
            {
                continue;
            }
            // Of several of one name, the one that is none of the others.
            let siblings = of(&before_by, &item.key);
            let taken = |now: &Item| {
                let mut siblings = siblings.iter().filter_map(|at| before.get(*at));
                siblings.any(|other| now.changed_since(other).is_empty())
            };
            match candidates.iter().find(|now| !taken(now)) {
                Some(now) => self.changed(phase, item, now),
                None => self.removed(phase, item, gone),
            }
        }
    }

    fn add(&mut self, key: String, phase: Option<&str>, amendment: Amendment) {
        let known = self.by_key.entry(key).or_insert_with(|| Amendment {
            items: Vec::new(),
            phases: Vec::new(),
            ..amendment.clone()
        });
        for item in amendment.items {
            if !known.items.contains(&item) {
                known.items.push(item);
            }
        }
        if let Some(phase) = phase
            && known.phases.last().is_none_or(|last| last != phase)
        {
            known.phases.push(phase.to_owned());
        }
    }

    fn changed(&mut self, phase: Option<&str>, before: &Item, now: &Item) {
        let parts = now.changed_since(before);
        let difference = text_diff(&before.lines(&parts), &now.lines(&parts));
        // One change of a setting that many gates share is one amendment.
        let key = match difference.is_empty() {
            true => format!("changed {} {:?}", before.key, now.span),
            false => format!("changed {difference}"),
        };
        let note = difference
            .is_empty()
            .then(|| "it reads the same: what a value in it is made of was changed".to_owned());
        self.add(
            key,
            phase,
            Amendment {
                code: Code::LOCKED_CHANGED,
                items: vec![before.key.clone()],
                phases: Vec::new(),
                parts,
                before: Some(before.span),
                now: Some(now.span),
                difference,
                note,
            },
        );
    }

    fn removed(&mut self, phase: Option<&str>, before: &Item, gone: Option<Span>) {
        self.add(
            format!("removed {} {:?}", before.key, before.span),
            phase,
            Amendment {
                code: Code::LOCKED_REMOVED,
                items: vec![before.key.clone()],
                phases: Vec::new(),
                parts: Vec::new(),
                before: Some(before.span),
                now: gone,
                difference: text_diff(&before.lines(&before.parts()), ""),
                note: None,
            },
        );
    }

    fn phase_removed(&mut self, before: &Phase, head: Option<Span>) {
        let item = format!("the phase `{}`", before.name.value);
        self.add(
            format!("removed {item}"),
            None,
            Amendment {
                code: Code::LOCKED_REMOVED,
                items: vec![item],
                phases: Vec::new(),
                parts: Vec::new(),
                before: Some(before.name.span),
                now: head,
                difference: String::new(),
                note: None,
            },
        );
    }

    fn loosened(&mut self, phase: &str, addition: loosened::Addition) {
        let loosened::Addition { item, span, why } = addition;
        self.add(
            format!("loosened {item} {span:?}"),
            Some(phase),
            Amendment {
                code: Code::LOCKED_LOOSENED,
                items: vec![item],
                phases: Vec::new(),
                parts: Vec::new(),
                before: None,
                now: Some(span),
                difference: String::new(),
                note: Some(why.to_owned()),
            },
        );
    }

    fn out_of_order(&mut self, item: String, span: Span, note: String) {
        self.add(
            format!("order {item}"),
            None,
            Amendment {
                code: Code::LOCKED_ORDER,
                items: vec![item],
                phases: Vec::new(),
                parts: Vec::new(),
                before: None,
                now: Some(span),
                difference: String::new(),
                note: Some(note),
            },
        );
    }
}

/// How many items of one amendment are named.
const NAMED: usize = 3;

impl Amendment {
    /// What happened, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let named = |names: &[String]| {
            let shown = names.get(..NAMED).unwrap_or(names).join(", ");
            match names.len().saturating_sub(NAMED) {
                0 => shown,
                more => format!("{shown} and {more} more"),
            }
        };
        let items = named(&self.items);
        let quoted: Vec<String> = self.phases.iter().map(|name| format!("`{name}`")).collect();
        let of = match quoted.as_slice() {
            [] => String::new(),
            [one] => format!(" of phase {one}"),
            many => format!(" of the phases {}", named(many)),
        };
        let were = if self.items.len() > 1 { "were" } else { "was" };
        match self.code {
            Code::LOCKED_REMOVED => format!("{items}{of} {were} removed"),
            Code::LOCKED_LOOSENED => format!("{items}{of} {were} added"),
            Code::LOCKED_ORDER => items,
            _ => format!("{items}{of} {were} changed"),
        }
    }

    /// The amendment as something to be told; without advice, which hangs on who asks.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::unplaced(self.code, self.message());
        let gone = self.code == Code::LOCKED_REMOVED;
        let on_record = "on record";
        diagnostic = match (self.now, self.before) {
            (Some(now), before) => {
                let here = if gone { "here it is gone" } else { "" };
                let diagnostic = diagnostic.at(now).here(here);
                match before {
                    Some(before) => diagnostic.also(before, on_record),
                    None => diagnostic,
                }
            }
            (None, Some(before)) => diagnostic.at(before).here(on_record),
            (None, None) => diagnostic,
        };
        if let Some(note) = &self.note {
            diagnostic = diagnostic.note(note.clone());
        }
        if !self.difference.is_empty() {
            diagnostic = diagnostic.note(self.difference.clone());
        }
        diagnostic
    }
}
