//! Every step, and every way to die before and after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gatelang::disk::Step;

use crate::holdings::Holdings;
use crate::long;
use crate::page;
use crate::project::{Answer, Project};
use crate::scenario::{ALL, Scenario};
use crate::traces;

/// What is done to the run, and how it exits then.
const FAULTS: [(&str, i32); 5] = [
    ("kill", 137),
    ("int", 130),
    ("term", 143),
    ("hup", 129),
    ("full", 3),
];

/// One run and what befalls it.
#[derive(Clone)]
struct Cell {
    scenario: &'static Scenario,
    step: String,
    when: &'static str,
    fault: (&'static str, i32),
    /// The how manieth time the step is reached.
    nth: usize,
}

/// Where the refs are afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refs {
    Old,
    New,
}

/// What came of a fault, by step, fault, and before or after.
pub type Found = BTreeMap<(String, &'static str, &'static str), Refs>;

/// The steps by the scenario they are tried in, each with how often it is reached there.
fn plan() -> Vec<(&'static Scenario, BTreeMap<String, usize>)> {
    let mut known = BTreeSet::new();
    let mut plan = Vec::new();
    for scenario in &ALL {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for step in scenario.steps() {
            *counts.entry(step).or_default() += 1;
        }
        counts.retain(|step, _| !known.contains(step));
        known.extend(counts.keys().cloned());
        plan.push((scenario, counts));
    }
    let all: BTreeSet<String> = Step::ALL
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    assert_eq!(
        known, all,
        "a step that no scenario of `torture` comes to (left), or the reverse"
    );
    plan
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut turn = 0;
    for (scenario, steps) in plan() {
        for (step, count) in steps {
            for when in ["before", "after"] {
                for fault in FAULTS {
                    if (fault.0, when) == ("full", "after") {
                        // A step that is done did not fail.
                        continue;
                    }
                    for nth in 1..=count.min(3) {
                        turn += 1;
                        // In the short form each step meets some of all.
                        let wanted = match (page::updating(), long()) {
                            (true, _) => nth == 1 && page::lacks(&step, fault.0, when),
                            (_, true) => true,
                            _ => turn % 11 == 0 && nth == 1,
                        };
                        if wanted {
                            cells.push(Cell {
                                scenario,
                                step: step.clone(),
                                when,
                                fault,
                                nth,
                            });
                        }
                    }
                }
            }
        }
    }
    cells
}

#[test]
fn whatever_befalls_a_step_nothing_is_lost() {
    let cells = cells();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let found = Mutex::new(Found::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Cell {
                        step, when, nth, ..
                    } = cell;
                    let (fault, _) = cell.fault;
                    match cell.play() {
                        Ok(refs) if *nth == 1 && cell.scenario.seals => {
                            let key = (step.clone(), fault, *when);
                            found.lock().unwrap().insert(key, refs);
                        }
                        Ok(_) => {}
                        Err(what) => {
                            let name = cell.scenario.name;
                            let line = format!("{fault} {when} {step} ({nth}) in `{name}`: {what}");
                            wrong.lock().unwrap().push(line);
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cells.len(),
        wrong.join("\n")
    );
    page::check(&found.into_inner().unwrap());
}

macro_rules! check {
    ($true:expr, $($text:tt)+) => {
        if !$true {
            return Err(format!($($text)+));
        }
    };
}

impl Cell {
    /// Makes the repository, has the fault come, looks at what is left, and runs again.
    fn play(&self) -> Result<Refs, String> {
        let project = (self.scenario.make)();
        let before = Holdings::of(&project);
        let (fault, code) = self.fault;
        let order = format!("{}:{}:{fault}:{}", self.step, self.when, self.nth);
        let mark = format!("{}", project.path().display());
        let env = [("GATE_FAULT", order.as_str()), ("GATE_TORTURE_MARK", &mark)];
        let child = self.scenario.start(&project, &env);
        let answer = Answer::of(child.wait_with_output().unwrap());
        traces::wait_for_none(&mark)?;
        if !self.scenario.seals {
            check!(
                answer.code == code || [0, 2].contains(&answer.code),
                "exit {}, not {code}: {}",
                answer.code,
                answer.text()
            );
            return Ok(Refs::Old);
        }
        same(&before, &project)?;
        let refs = refs(&project)?;
        let late = refs == Refs::New && fault != "kill";
        check!(
            answer.code == code || (late && answer.code == 0),
            "exit {}, not {code}: {}",
            answer.code,
            answer.text()
        );

        let again = project.gate(self.scenario.args);
        check!(
            again.code == 0,
            "the next run: {} {}",
            again.code,
            again.text()
        );
        same(&before, &project).map_err(|what| format!("after the next run, {what}"))?;
        check!(
            self::refs(&project)? == Refs::New,
            "the next run sealed nothing"
        );
        let left = traces::left(&project);
        check!(left.is_empty(), "left behind: {left:?}");
        Ok(refs)
    }
}

fn same(before: &Holdings, project: &Project) -> Result<(), String> {
    let after = Holdings::of(project);
    check!(
        *before == after,
        "the user's own changed: {}",
        before.difference(&after)
    );
    Ok(())
}

/// Where the refs are: all as they were, or all as they should be.
fn refs(project: &Project) -> Result<Refs, String> {
    let moved = project.subjects().len() == 2;
    let tagged = !project.tags().is_empty();
    let ledger = project.git(&["for-each-ref", "--format=%(subject)", "refs/gate/ledger"]);
    // A ledger that met the one of a remote was sealed before.
    let sealed = matches!(ledger.as_str(), "sealed p" | "join");
    match (moved, tagged, sealed) {
        (false, false, false) => Ok(Refs::Old),
        (true, true, true) => Ok(Refs::New),
        other => Err(format!("refs half moved (branch, tag, ledger): {other:?}")),
    }
}
