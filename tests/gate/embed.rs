//! The library's face, as an embedding program uses it.

use std::sync::Mutex;

use gatelang::plan::Plan;
use gatelang::repo::Repository;
use gatelang::run::{Event, Interpreter, PhaseSelection, Verdict};
use gatelang::source::MemoryLoader;

use crate::project::Project;

#[test]
fn a_plan_from_memory_runs_is_observed_and_takes_functions() {
    let project = Project::with_plan("");
    project.stage("CHANGELOG.md", "- a note\n");
    let loader = MemoryLoader::new().with(
        "notes.gate",
        "phase notes \"N\" {\n  gate entry {\n    $ cat CHANGELOG.md\n    expect stdout contains \"- \"\n  }\n  commit docs \"note it\"\n}\n",
    );
    let plan = Plan::load("notes.gate", &loader).unwrap();
    let seen = Mutex::new(Vec::new());
    let mut registered = false;
    let outcome = Interpreter::new(&plan, Repository::discover(project.path()).unwrap())
        .observe(|event: &Event| {
            if let Event::GateFinished { gate, verdict, .. } = event {
                seen.lock().unwrap().push((gate.clone(), *verdict));
            }
        })
        .scripts(|engine: &mut rhai::Engine| {
            engine.register_fn("ticket_open", |ticket: &str| ticket.starts_with("OPEN-"));
            registered = engine
                .eval_expression::<bool>("ticket_open(\"OPEN-1\")")
                .unwrap();
        })
        .run(PhaseSelection::Open)
        .unwrap();
    assert_eq!(outcome.exit_code(), 0);
    assert_eq!(outcome.sealed, ["notes"]);
    assert_eq!(*seen.lock().unwrap(), [("entry".to_owned(), Verdict::Pass)]);
    assert!(registered);
    assert_eq!(project.subjects(), ["docs(notes): note it", "plan"]);
}

#[test]
fn a_plan_with_mistakes_gives_all_of_them_with_their_places() {
    let loader = MemoryLoader::new().with(
        "p.gate",
        "phase a \"A\" {\n  gate g expect nothing\n  gate h\n}\n",
    );
    let diagnostics = Plan::load("p.gate", &loader).unwrap_err();
    let text = diagnostics.to_string();
    let places: Vec<&str> = text
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(places.len(), 2, "{text}");
    assert!(places[0].starts_with("p.gate:2:17"), "{text}");
    assert!(places[1].starts_with("p.gate:3:"), "{text}");
}

#[test]
fn the_example_runs() {
    let project = Project::with_plan("");
    project.stage("CHANGELOG.md", "- a note\n");
    let example = std::path::Path::new(env!("CARGO_BIN_EXE_gate"))
        .parent()
        .unwrap()
        .join("examples/embed");
    let output = std::process::Command::new(&example)
        .arg(project.path())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "changelog: Pass\nsealed: docs(notes): note the change\n"
    );
}
