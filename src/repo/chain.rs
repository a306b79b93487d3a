//! The ledger looked at with suspicion: what can be read of it, and what cannot.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::ledger::{ENTRY, Link, title};
use super::{LedgerEntry, Oid, RepoError, Repository, TagInfo};

/// A link of a ledger, and its entry if it is one.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainLink {
    /// The commit.
    pub id: Oid,
    /// The first line of its message.
    pub title: String,
    /// Its entry; none where it only joins two ledgers.
    pub entry: Option<Result<LedgerEntry, String>>,
}

/// A commit of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeCommit {
    /// Its id.
    pub id: Oid,
    /// Those before it.
    pub parents: Vec<Oid>,
    /// The first line of its message.
    pub subject: String,
}

/// A plan's ledger as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chain {
    /// Its links, oldest first.
    pub links: Vec<ChainLink>,
    /// What is missing or altered: an id and what is wrong with it.
    pub damage: Vec<(Oid, String)>,
    /// Whether there is a ledger at all.
    pub here: bool,
}

impl Chain {
    /// The entries that can be read, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &LedgerEntry> {
        let entry = |link: &'_ ChainLink| matches!(link.entry, Some(Ok(_)));
        self.links
            .iter()
            .filter(move |link| entry(link))
            .filter_map(|link| link.entry.as_ref()?.as_ref().ok())
    }
}

impl Repository {
    /// Reads a plan's ledger as far as it goes, and compares every object of it with its id.
    ///
    /// # Errors
    /// Where git fails altogether; what is wrong with the ledger is in the answer.
    pub fn chain(&self, plan: &str) -> Result<Chain, RepoError> {
        let tips = self.ledger_tips(plan)?;
        let mut chain = Chain {
            here: !tips.is_empty(),
            ..Chain::default()
        };
        // From the tips backwards, as far as there are commits.
        let mut open = tips.clone();
        let mut seen: HashMap<Oid, ()> = HashMap::new();
        let mut whole = true;
        while let Some(id) = open.pop() {
            if seen.insert(id.clone(), ()).is_some() {
                continue;
            }
            match self.true_object(&id)? {
                Ok(object) if object.kind == "commit" => {
                    let parents = object.headers("parent");
                    if let Some(tree) = object.header("tree") {
                        self.inspect(&tree, &mut seen, &mut chain.damage)?;
                    }
                    open.extend(parents);
                }
                Ok(object) => {
                    let wrong = format!("it is a {}, not a commit", object.kind);
                    chain.damage.push((id, wrong));
                    whole = false;
                }
                Err(wrong) => {
                    chain.damage.push((id, wrong));
                    whole = false;
                }
            }
        }
        // Where a link is gone, git cannot walk: what is left is not a chain.
        if whole {
            let links = self.links(&tips)?;
            let told = links.iter().filter(|link| !link.joins());
            let names: Vec<String> = told.map(Link::entry).collect();
            let mut contents = self.contents(&names)?.into_iter();
            let link = |link: Link| ChainLink {
                id: link.id.clone(),
                title: link.title.clone(),
                entry: (!link.joins()).then(|| chain_entry(link, contents.next().flatten())),
            };
            chain.links = links.into_iter().map(link).collect();
        }
        Ok(chain)
    }

    /// Compares all that a tree holds with its ids.
    fn inspect(
        &self,
        tree: &Oid,
        seen: &mut HashMap<Oid, ()>,
        damage: &mut Vec<(Oid, String)>,
    ) -> Result<(), RepoError> {
        let mut open = vec![tree.clone()];
        while let Some(id) = open.pop() {
            if seen.insert(id.clone(), ()).is_some() {
                continue;
            }
            match self.true_object(&id)? {
                Ok(object) => open.extend(object.inner()),
                Err(wrong) => damage.push((id, wrong)),
            }
        }
        Ok(())
    }

    /// Annotated tags that carry gate's trailers, by name.
    ///
    /// # Errors
    /// Where git cannot read them.
    pub fn seal_tags(&self) -> Result<Vec<TagInfo>, RepoError> {
        let call = self.git().args([
            "for-each-ref",
            "--format=%(objecttype) %(refname:lstrip=2)",
            "refs/tags/",
        ]);
        let output = call.reading().run()?;
        let mut tags = Vec::new();
        for line in output.split(|&byte| byte == b'\n') {
            let Some(name) = line.strip_prefix(b"tag ") else {
                continue;
            };
            let name = String::from_utf8_lossy(name);
            let Ok(Some(tag)) = self.tag(&name) else {
                continue;
            };
            if tag.trailers.iter().any(|(key, _)| key == "Gate-Phase") {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    /// The commits of a range as `git rev-list` takes it, oldest first; `None` where the
    /// range names what is not there.
    ///
    /// # Errors
    /// Where git cannot answer.
    pub fn range(&self, range: &str) -> Result<Option<Vec<RangeCommit>>, RepoError> {
        let call = self.git().args([
            "log",
            "--reverse",
            "--topo-order",
            "--format=%H%x00%P%x00%s",
        ]);
        let call = call.args(["--no-show-signature", "--end-of-options", range, "--"]);
        let output = call.reading().output()?;
        if output.status != 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let commit = |line: &str| {
            let mut parts = line.splitn(3, '\0');
            Some(RangeCommit {
                id: Oid::parse(parts.next()?)?,
                parents: parts.next()?.split(' ').filter_map(Oid::parse).collect(),
                subject: parts.next()?.to_owned(),
            })
        };
        Ok(Some(text.lines().filter_map(commit).collect()))
    }

    /// The branches, ours and those fetched, that contain a commit.
    ///
    /// # Errors
    /// Where git cannot answer.
    pub fn branches_with(&self, commit: &Oid) -> Result<Vec<String>, RepoError> {
        let call = self
            .git()
            .args(["for-each-ref", "--format=%(refname:lstrip=2)"]);
        let call = call.args([
            "--contains",
            commit.as_str(),
            "refs/heads/",
            "refs/remotes/",
        ]);
        let output = call.reading().run()?;
        let text = String::from_utf8_lossy(&output);
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// The entry of a link, or what is wrong with it.
fn chain_entry(link: Link, content: Option<Vec<u8>>) -> Result<LedgerEntry, String> {
    let content = content.ok_or_else(|| format!("it has no `{ENTRY}`"))?;
    let json: Value = serde_json::from_slice(&content)
        .map_err(|error| format!("its `{ENTRY}` is no JSON: {error}"))?;
    if title(&json) != link.title {
        let said = &link.title;
        return Err(format!(
            "its commit says `{said}`, its `{ENTRY}` another thing"
        ));
    }
    Ok(link.with(Arc::new(json)))
}
