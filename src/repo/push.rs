//! What a seal made, pushed.

use super::ledger::{JOIN, Record, ledger_ref};
use super::tag::tag_ref;
use super::{Head, RepoError, Repository};
use crate::disk::Step;

/// How often a push is tried anew after the remote's ledger was joined with ours.
const ATTEMPTS: usize = 5;

/// What is to be pushed.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The remote, as git knows it.
    pub remote: &'a str,
    /// HEAD; its branch is pushed, a detached one is not.
    pub head: &'a Head,
    /// The tags.
    pub tags: &'a [String],
    /// The plan whose ledger is pushed.
    pub plan: &'a str,
}

impl Repository {
    /// Checks that git knows a remote: by its name, or as an address.
    ///
    /// # Errors
    /// [`RepoError::NoRemote`].
    pub fn check_remote(&self, remote: &str) -> Result<(), RepoError> {
        let names = self.remotes()?;
        if names.iter().any(|name| name == remote) || remote.contains(['/', ':']) {
            return Ok(());
        }
        Err(RepoError::NoRemote {
            name: remote.to_owned(),
            known: names,
        })
    }

    /// The names of all remotes.
    ///
    /// # Errors
    /// Where git cannot tell them.
    pub fn remotes(&self) -> Result<Vec<String>, RepoError> {
        let output = self.git().arg("remote").reading().run()?;
        let text = String::from_utf8_lossy(&output);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Pushes branch, tags and ledger, all or none where the remote can do that; gives the
    /// names of the refs. A ledger that went on at the remote is joined with ours first.
    /// The user's `pre-push` hook runs.
    ///
    /// # Errors
    /// [`RepoError::NotPushed`]; what was sealed here stays sealed.
    pub fn push(&self, push: &Push<'_>) -> Result<Vec<String>, RepoError> {
        let ledger = ledger_ref(push.plan);
        let mut refs = Vec::new();
        if push.head.branch.is_some() {
            refs.push(push.head.reference.clone());
        }
        refs.extend(push.tags.iter().map(|name| tag_ref(name)));
        refs.push(ledger.clone());
        let failed = |detail: String| RepoError::NotPushed {
            remote: push.remote.to_owned(),
            refs: refs.clone(),
            detail,
        };
        let mut atomic = true;
        let mut attempt = 1;
        loop {
            let mut call = self.git().with_hooks().args(["push", "--porcelain"]);
            if atomic {
                call = call.arg("--atomic");
            }
            // Nothing is forced: what is there and is another is left, and told.
            let specs = refs.iter().map(|name| format!("{name}:{name}"));
            let call = call.args(["--end-of-options", push.remote]).args(specs);
            let output = call.writing(Step::Push).output();
            let output = output.map_err(|error| failed(error.to_string()))?;
            if output.status == 0 {
                return Ok(refs);
            }
            let detail = output.complaint();
            if atomic && detail.contains("does not support --atomic") {
                atomic = false;
                continue;
            }
            let text = String::from_utf8_lossy(&output.stdout);
            let behind = text.lines().any(|line| {
                line.starts_with('!')
                    && line.contains(&ledger)
                    && (line.contains("fetch first") || line.contains("non-fast-forward"))
            });
            if !behind || attempt == ATTEMPTS {
                let rejected = text.lines().filter(|line| line.starts_with('!'));
                let mut told: Vec<String> = rejected.map(|line| line.replace('\t', " ")).collect();
                told.push(detail);
                return Err(failed(told.join("\n")));
            }
            self.join_ledger(push.remote, push.plan)
                .map_err(|error| failed(error.to_string()))?;
            attempt += 1;
        }
    }

    /// Fetches the ledger a remote has, and makes ours contain it.
    fn join_ledger(&self, remote: &str, plan: &str) -> Result<(), RepoError> {
        let ledger = ledger_ref(plan);
        let known = self.remotes()?.iter().any(|name| name == remote);
        // An address is no name to keep refs under; what another had does not matter.
        let (name, force) = if known {
            (remote, "")
        } else {
            ("address", "+")
        };
        let end = ledger.strip_prefix("refs/gate").unwrap_or(&ledger);
        let fetched = format!("refs/gate/remotes/{name}{end}");
        let call = self.git().args(["fetch", "--quiet", "--no-tags"]);
        let call = call.args(["--no-write-fetch-head", "--end-of-options", remote]);
        let call = call.arg(format!("{force}{ledger}:{fetched}"));
        call.writing(Step::Fetch).run()?;

        let tip = self.reference(&ledger)?;
        let parents = self.parents(plan, tip.as_ref())?;
        let new = match parents.as_slice() {
            [one] => one.clone(),
            _ => {
                let record = Record::new(serde_json::json!({ "predicate": { "event": JOIN } }));
                let tree = self.empty_tree()?;
                self.write_entry(&tree, &record, &parents)?
            }
        };
        if tip.as_ref() == Some(&new) {
            return Ok(());
        }
        let orders = self.move_ledger(plan, &new, tip.as_ref(), &parents)?;
        self.transact(Step::Record, &orders, "gate: join")
    }
}
