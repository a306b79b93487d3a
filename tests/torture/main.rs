//! Torture: nothing of the user's is ever lost, whatever happens to a run.
//!
//! `cargo test` runs a short form; with `GATE_TORTURE=long` every step meets every signal.
//! With `GATE_TORTURE=page` the matrix of docs/src/reliability.md is written anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod ends;
mod full;
mod holdings;
mod locked;
mod matrix;
mod meanwhile;
mod page;
#[path = "../gate/pipes.rs"]
mod pipes;
#[path = "../gate/project.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod project;
mod scenario;
mod sign;
mod states;
#[path = "../gate/terminal.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod terminal;
mod traces;

/// Whether all is to be tried, however long it takes.
fn long() -> bool {
    std::env::var("GATE_TORTURE").is_ok_and(|form| form == "long")
}
