//! How the open phase stands: by its last run, and by the manual checks that it has.

use super::history::History;
use super::interpreter::Interpreter;
use super::manual::Checklist;
use super::outcome::Refusal;
use crate::run::event::Verdict;

/// How the open phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It was not judged yet, or what its last run stopped at was done since.
    Open,
    /// Its last run was red.
    Red,
    /// In its last run all was green but what a person has to sign off, and that is still so.
    Waiting,
}

impl Stands {
    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Red => "red",
            Self::Waiting => "waiting",
        }
    }
}

impl<'p> Interpreter<'p> {
    /// How the open phase stands, and its manual checks; none where every phase is sealed.
    ///
    /// # Errors
    /// Where git fails.
    pub fn open_standing(&self) -> Result<Option<(Stands, Checklist<'p>)>, Refusal> {
        let Some(checklist) = self.checklist(None)? else {
            return Ok(None);
        };
        let history = History::with_plans(self.plan.name(), &self.repo)?;
        let last = history.last_run(self.plan, &checklist.phase.name.value)?;
        let mut checks = checklist.checks.iter();
        let waits = checks.any(|check| check.verdict == Verdict::Waiting);
        let stands = match last.as_deref() {
            Some("red") => Stands::Red,
            Some("waiting") if waits => Stands::Waiting,
            _ => Stands::Open,
        };
        Ok(Some((stands, checklist)))
    }
}
