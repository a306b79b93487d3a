//! The plan that a person decides something about.

use std::path::Path;

use super::Sets;
use super::judged::Judged;
use super::locate::Located;
use crate::analysis::Given;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Plan;
use crate::repo::{Oid, Repository};
use crate::run::{Interpreter, Refusal};

/// Why nothing was decided: what there is to say, and the exit code.
pub(super) struct Stopped {
    pub diagnostics: Diagnostics,
    pub code: i32,
}

impl From<Box<Diagnostic>> for Stopped {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        let blocked = diagnostic.code.as_str().starts_with('B');
        Self {
            diagnostics: (*diagnostic).into(),
            code: if blocked { 3 } else { 2 },
        }
    }
}

impl From<crate::repo::RepoError> for Stopped {
    fn from(error: crate::repo::RepoError) -> Self {
        Box::new(error.diagnostic()).into()
    }
}

/// The plan that is decided about, as the judged tree has it.
pub(super) struct Subject {
    pub plan: Plan,
    pub located: Located,
    tree: Oid,
    given: Given,
}

impl Subject {
    /// The plan as a run would read it.
    pub fn load(plan: Option<&Path>, sets: &Sets) -> Result<(Self, Repository), Stopped> {
        let given = sets.given(false)?;
        let repo = Repository::discover(".")?;
        let located = Located::find_judged(plan, &repo)?;
        repo.preflight()?;
        let read = Judged::read(&repo, &located.path, &given)?;
        let Judged { plan, tree, .. } = read.map_err(|diagnostics| Stopped {
            diagnostics: located.relocate(*diagnostics),
            code: 2,
        })?;
        let subject = Self {
            plan,
            located,
            tree,
            given,
        };
        Ok((subject, repo))
    }

    pub fn interpreter(&self, repo: Repository) -> Interpreter<'_> {
        Interpreter::new(&self.plan, repo)
            .tree(self.tree.clone())
            .given(&self.given)
    }

    pub fn refused(&self, refusal: &Refusal) -> Stopped {
        Stopped {
            diagnostics: self.located.relocate(refusal.diagnostics.clone()),
            code: refusal.exit_code(),
        }
    }
}
