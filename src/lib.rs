//! `gate`: a language for work done in gated phases, and its interpreter.
//!
//! A `.gate` file declares the *phases* of a piece of work, what each may change (its
//! *scope*) and the executable *gates* it must pass. [`plan::Plan::load`] reads one;
//! [`run::Interpreter`] takes its phases through their gates in a git repository.

#![warn(clippy::disallowed_methods)]

pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnostic;
pub(crate) mod digest;
pub mod disk;
pub mod eval;
pub mod plan;
pub mod process;
pub mod repo;
pub mod report;
pub mod run;
pub mod sanitise;
pub mod script;
pub mod secret;
pub mod shell;
pub mod source;
pub mod syntax;
pub mod value;
