//! What this clone recorded last: a ref that moves with the ledger and is never pushed or
//! fetched. A ledger that was cut off or moved back since does not hold it.

use super::super::{Oid, RepoError, Repository};
use super::name::{ledger_ref, recorded_ref};
use super::{Link, move_ref};
use crate::shell::quote_word;

/// Entries that this clone recorded and the ledger does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    /// The last of them.
    pub last: Oid,
    /// What it tells, such as `red api`; none where it cannot be read.
    pub title: Option<String>,
    /// How many they are; none where that cannot be told.
    pub entries: Option<usize>,
    /// The command that brings them back; none where they are gone altogether.
    pub restore: Option<String>,
    /// The command that says that it is meant to be so.
    pub forget: String,
}

impl std::fmt::Display for CutOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.entries {
            None => write!(f, "entries that this clone recorded are")?,
            Some(1) => write!(f, "an entry that this clone recorded is")?,
            Some(entries) => write!(f, "{entries} entries that this clone recorded are")?,
        }
        let last = match self.entries {
            Some(1) => "",
            _ => "the last ",
        };
        write!(
            f,
            " not in the ledger any more: {last}`{}`",
            self.last.short()
        )?;
        match &self.title {
            Some(title) => write!(f, " ({title})"),
            None => Ok(()),
        }
    }
}

impl Repository {
    /// The orders that move a plan's ledger on to an entry which follows `parents`. What this
    /// clone recorded last moves along, but never past entries that were cut off.
    pub(in crate::repo) fn move_ledger(
        &self,
        plan: &str,
        new: &Oid,
        old: Option<&Oid>,
        parents: &[Oid],
    ) -> Result<String, RepoError> {
        let mut orders = move_ref(&ledger_ref(plan), new, old);
        let reference = recorded_ref(plan);
        let last = self.reference(&reference)?;
        if last
            .as_ref()
            .is_none_or(|last| self.leads_to(last, parents))
        {
            // After the ledger: of a move that is cut short, nobody is to see this half alone.
            orders.push_str(&move_ref(&reference, new, last.as_ref()));
        }
        Ok(orders)
    }

    /// What this clone recorded and the ledger does not hold any more.
    ///
    /// # Errors
    /// Where git cannot read refs.
    pub fn cut_off(&self, plan: &str) -> Result<Option<CutOff>, RepoError> {
        let reference = recorded_ref(plan);
        let Some(last) = self.reference(&reference)? else {
            return Ok(None);
        };
        let tips = self.ledger_tips(plan)?;
        if self.leads_to(&last, &tips) {
            return Ok(None);
        }
        // All of them, unless some are gone from the repository.
        let recorded = self.links(std::slice::from_ref(&last)).ok();
        let known = self.links(&tips).unwrap_or_default();
        let lost = |link: &&Link| !link.joins() && !known.iter().any(|of| of.id == link.id);
        let ledger = ledger_ref(plan);
        let restore = recorded.is_some().then(|| {
            let own = self.reference(&ledger).ok().flatten();
            let aside = || ledger.replacen("refs/gate/", "refs/gate/remotes/recorded/", 1);
            // What was recorded since stays: the next entry then follows both.
            let to = match own {
                Some(own) if !self.leads_to(&own, std::slice::from_ref(&last)) => aside(),
                _ => ledger.clone(),
            };
            format!("git update-ref {} {last}", quote_word(&to))
        });
        Ok(Some(CutOff {
            title: recorded
                .as_ref()
                .and_then(|links| links.last())
                .map(|link| link.title.clone()),
            entries: recorded.map(|links| links.iter().filter(lost).count()),
            restore,
            forget: format!("git update-ref -d {}", quote_word(&reference)),
            last,
        }))
    }

    /// Whether an entry is one of these or comes before one. One that is gone does not.
    fn leads_to(&self, entry: &Oid, tips: &[Oid]) -> bool {
        let leads = |tip: &Oid| self.is_ancestor(entry, tip).unwrap_or(false);
        tips.contains(entry) || tips.iter().any(leads)
    }
}
