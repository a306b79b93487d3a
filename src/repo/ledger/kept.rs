//! The trees of red runs, kept from being collected as garbage until their phase is sealed:
//! what mends a red is the difference from its tree, and no commit holds that.
//!
//! The refs are this clone's alone. The ledger, which is pushed, does not hold these trees:
//! what was red may hold what nobody else is to see.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{Oid, RepoError, Repository};
use super::move_ref;

/// Where they are kept, each under the id of its entry.
const KEPT: &str = "refs/gate/red/";

/// How many are kept of a phase, the latest.
const MANY: usize = 50;

impl Repository {
    /// The orders that keep the tree of a run that was red, and let go of the oldest of many.
    pub(super) fn keep_red(
        &self,
        plan: &str,
        statement: &Value,
        entry: &Oid,
    ) -> Result<String, RepoError> {
        let text = |pointer| statement.pointer(pointer).and_then(Value::as_str);
        let tree = text("/subject/0/digest/gitTree").and_then(Oid::parse);
        let (Some("red"), Some(phase), Some(tree)) = (
            text("/predicate/event"),
            text("/predicate/phase"),
            tree.filter(|tree| self.has(tree)),
        ) else {
            return Ok(String::new());
        };
        let mut orders = move_ref(&format!("{KEPT}{entry}"), &tree, None);
        let kept = self.kept()?;
        if kept.len() >= MANY {
            let reds = self.reds(plan, phase)?;
            orders.push_str(&let_go(&kept, reds.iter().skip(MANY - 1)));
        }
        Ok(orders)
    }

    /// The orders that let go of what is kept of a phase that is sealed.
    pub(in crate::repo) fn let_go_of_reds(
        &self,
        plan: &str,
        statement: &Value,
    ) -> Result<String, RepoError> {
        let phase = statement
            .pointer("/predicate/phase")
            .and_then(Value::as_str);
        let kept = self.kept()?;
        match phase {
            Some(phase) if !kept.is_empty() => Ok(let_go(&kept, &self.reds(plan, phase)?)),
            _ => Ok(String::new()),
        }
    }

    fn kept(&self) -> Result<HashSet<String>, RepoError> {
        let refs = self.refs_below(KEPT)?;
        Ok(refs.into_iter().map(|(name, _)| name).collect())
    }

    /// The red runs of a phase since it was last sealed, newest first.
    fn reds(&self, plan: &str, phase: &str) -> Result<Vec<Oid>, RepoError> {
        let links = self.links(&self.ledger_tips(plan)?)?;
        let of_phase = links.iter().rev().filter_map(|link| {
            let (event, of) = link.title.split_once(' ')?;
            (of == phase).then_some((event, &link.id))
        });
        let since = of_phase.take_while(|(event, _)| *event != "sealed");
        let reds = since.filter(|(event, _)| *event == "red");
        Ok(reds.map(|(_, id)| id.clone()).collect())
    }
}

fn let_go<'i>(kept: &HashSet<String>, entries: impl IntoIterator<Item = &'i Oid>) -> String {
    let names = entries.into_iter().map(|entry| format!("{KEPT}{entry}"));
    let there = names.filter(|name| kept.contains(name));
    there.map(|name| format!("delete {name}\0\0")).collect()
}
