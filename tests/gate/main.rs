//! The built `gate`, used as a person would use it, in repositories made for each test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod amend;
mod bombs;
mod book;
mod check;
mod ctrl_c;
mod demo;
mod embed;
mod explain;
mod fix;
mod fmt;
mod hold;
mod install;
mod interrupted;
mod judged_tree;
mod kept;
mod kinds;
mod ledger;
mod log;
mod not_built;
mod output;
mod phases;
mod pipes;
mod project;
mod push;
mod readme;
mod red;
mod retry;
mod reuse;
mod schedule;
mod scope;
mod scope_command;
mod seal;
mod secret;
mod service;
mod share;
mod show;
mod sign;
mod tasks;
mod terminal;
mod turn;
mod verdicts;
mod verify;
mod worktree;
