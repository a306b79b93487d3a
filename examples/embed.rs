//! Embeds the interpreter: a plan from memory, its events observed, a function of the
//! host's own for its scripts.
//!
//! `cargo run --example embed -- REPOSITORY` judges what is staged there.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::error::Error;

use gatelang::plan::Plan;
use gatelang::repo::Repository;
use gatelang::run::{Event, Interpreter, PhaseSelection};
use gatelang::source::MemoryLoader;

const PLAN: &str = r#"
phase notes "A change is noted" {
  gate changelog "The changelog has an entry" {
    $ cat CHANGELOG.md
    expect stdout matches /^- /m
  }
  commit docs "note the change"
}
"#;

/// What scripts of this host may ask: whether a ticket is still open.
fn ticket_open(ticket: &str) -> bool {
    ticket.starts_with("OPEN-")
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let loader = MemoryLoader::new().with("notes.gate", PLAN);
    let plan = Plan::load("notes.gate", &loader)?;
    let outcome = Interpreter::new(&plan, Repository::discover(path)?)
        .observe(|event: &Event| match event {
            Event::GateFinished { gate, verdict, .. } => println!("{gate}: {verdict:?}"),
            Event::PhaseSealed { subject, .. } => {
                println!(
                    "sealed: {}",
                    subject.as_deref().unwrap_or("nothing to commit")
                );
            }
            Event::Diagnostic(about) => {
                println!("{}: {}", about.diagnostic.code, about.diagnostic.message)
            }
            _ => {}
        })
        .scripts(|engine: &mut rhai::Engine| {
            engine.register_fn("ticket_open", ticket_open);
        })
        .run(PhaseSelection::Open)?;
    std::process::exit(outcome.exit_code());
}
