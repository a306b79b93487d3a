//! What people and programs are shown: renderers of diagnostics and of a run's events.
//!
//! Each module is a leaf over the one model and none of them judges anything. [`snippet`]
//! draws a diagnostic, [`human`] is the terminal, [`json`], [`sarif`] and [`github`] are for machines.

pub mod check;
pub mod checklist;
pub mod github;
pub mod graph;
pub mod human;
pub mod json;
pub mod log;
pub mod page;
pub mod patch;
pub mod phrase;
pub mod plan;
pub mod sarif;
pub mod scope;
pub mod snippet;
pub mod status;
pub mod style;
pub mod verify;
pub mod why;

pub use github::GithubReporter;
pub use human::HumanReporter;
pub use style::{ColorChoice, Style};

use crate::plan::Plan;
use crate::sanitise::sanitise_line;
use style::Ink;

/// A plan's path and title, as every report begins.
fn title(plan: &Plan, style: Style) -> String {
    let path = style.paint(Ink::Bold, sanitise_line(&plan.path).into_owned());
    match &plan.title {
        None => path.into_owned(),
        Some(title) => {
            let dot = style.pick("·", "-");
            format!("{path} {dot} {}", sanitise_line(&title.value))
        }
    }
}
