//! The ledger: a chain of commits per plan, one for each event.
//!
//! An entry is a commit whose tree holds `entry.json` and the files that belong to it. Its
//! parent is the entry before it. A clone may have written entries of its own; such a ledger
//! is fetched beside ours, under `refs/gate/remotes/`, read together with it, and the next
//! entry has both tips as its parents.

mod append;
mod kept;
mod known;
mod name;
mod recorded;

pub use append::Record;
pub(super) use append::{move_ref, title};
pub(super) use known::Known;
use name::LEDGERS;
pub(super) use name::ledger_ref;
pub use recorded::CutOff;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Oid, RepoError, Repository};

/// The file of an entry.
pub const ENTRY: &str = "entry.json";

/// How many runs back what was red is looked for.
const RUNS: usize = 200;

/// The events that tell how a run judged.
const RUN_EVENTS: [&str; 4] = ["red", "green", "blocked", "waiting"];

/// One event on record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// The commit that holds it.
    pub id: Oid,
    /// When it was recorded.
    pub at: Moment,
    /// Who recorded it, as git knows them: `Name <email>`.
    pub by: String,
    /// Its `entry.json`.
    pub json: Arc<Value>,
}

/// A time as git keeps it, to the second. It prints as RFC 3339 has it, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970.
    pub seconds: u64,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let since = std::time::Duration::from_secs(self.seconds);
        match std::time::UNIX_EPOCH.checked_add(since) {
            // Past the year 9999 there is no such form, and printing it would panic.
            Some(time) if self.seconds < 253_402_300_800 => {
                humantime::format_rfc3339_seconds(time).fmt(f)
            }
            _ => write!(f, "@{}", self.seconds),
        }
    }
}

impl Moment {
    /// The time of this text, as it prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = humantime::parse_rfc3339(text).ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self {
            seconds: since.as_secs(),
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl LedgerEntry {
    /// What happened: `opened`, `red`, `green`, `blocked`, `waiting`, `signed`, `amended`,
    /// `sealed`.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.field("event")
    }

    /// The phase it happened to.
    #[must_use]
    pub fn phase(&self) -> Option<&str> {
        self.field("phase")
    }

    /// A text of the entry's predicate.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.json.get("predicate")?.get(name)?.as_str()
    }

    /// The id of the tree that the entry is about.
    #[must_use]
    pub fn tree(&self) -> Option<Oid> {
        let tree = self.json.pointer("/subject/0/digest/gitTree")?;
        Oid::parse(tree.as_str()?)
    }
}

/// A link of the chain as its commit has it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) id: Oid,
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    pub(super) at: Moment,
    pub(super) by: String,
    /// The first line of the commit's message.
    pub(super) title: String,
}

impl Link {
    /// The name of its `entry.json`.
    pub(super) fn entry(&self) -> String {
        format!("{}:{ENTRY}", self.tree)
    }

    /// As an entry that says this.
    pub(super) fn with(self, json: Arc<Value>) -> LedgerEntry {
        LedgerEntry {
            id: self.id,
            at: self.at,
            by: self.by,
            json,
        }
    }

    /// Whether it only joins two ledgers: it has no entry of its own.
    pub(super) fn joins(&self) -> bool {
        self.parents.len() > 1 && self.title == JOIN
    }
}

/// The title of a link that joins two ledgers and is no entry.
pub(super) const JOIN: &str = "join";

impl Repository {
    /// What is on record of a plan (its path without `.gate`), oldest first; what was
    /// fetched from elsewhere included.
    ///
    /// # Errors
    /// Where git cannot read the ledger, or an entry is no JSON.
    pub fn ledger(&self, plan: &str) -> Result<Vec<LedgerEntry>, RepoError> {
        self.entries(plan, |_| true)
    }

    /// As [`Repository::ledger`], only the entries of these events; the others' contents are
    /// not read, so this stays quick in a long ledger.
    ///
    /// # Errors
    /// As there.
    pub fn ledger_of(&self, plan: &str, events: &[&str]) -> Result<Vec<LedgerEntry>, RepoError> {
        self.entries(plan, |title| {
            let event = title.split(' ').next().unwrap_or_default();
            events.contains(&event)
        })
    }

    /// The latest runs of a phase since it was last sealed, oldest first: at most
    /// 200 of them.
    ///
    /// # Errors
    /// As there.
    pub fn runs_since_seal(&self, plan: &str, phase: &str) -> Result<Vec<LedgerEntry>, RepoError> {
        let tips = self.ledger_tips(plan)?;
        let of_phase = |link: &Link| {
            let (event, of) = link.title.split_once(' ')?;
            (of == phase).then(|| event.to_owned())
        };
        let mut links: Vec<Link> = self
            .links(&tips)?
            .into_iter()
            .rev()
            .filter_map(|link| Some((of_phase(&link)?, link)))
            .take_while(|(event, _)| event != "sealed")
            .filter(|(event, _)| RUN_EVENTS.contains(&event.as_str()))
            .map(|(_, link)| link)
            .take(RUNS)
            .collect();
        links.reverse();
        self.read_entries(plan, links)
    }

    fn entries(
        &self,
        plan: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<LedgerEntry>, RepoError> {
        let tips = self.ledger_tips(plan)?;
        let mut links = self.links(&tips)?;
        links.retain(|link| !link.joins() && wanted(&link.title));
        self.read_entries(plan, links)
    }

    fn read_entries(&self, plan: &str, links: Vec<Link>) -> Result<Vec<LedgerEntry>, RepoError> {
        let unread = links
            .iter()
            .filter(|link| self.known.entry(&link.id).is_none());
        let unread: Vec<&Link> = unread.collect();
        let names: Vec<String> = unread.iter().map(|link| link.entry()).collect();
        let broken = |id: &Oid, detail: String| RepoError::Git {
            command: format!("git show {id}:{ENTRY}"),
            detail,
        };
        let missing = |id: &Oid| broken(id, format!("the ledger of `{plan}` has no such entry"));
        for (link, blob) in unread.into_iter().zip(self.contents(&names)?) {
            let blob = blob.ok_or_else(|| missing(&link.id))?;
            let json = serde_json::from_slice(&blob);
            let json = json.map_err(|error| broken(&link.id, error.to_string()))?;
            self.known.keep_entry(&link.id, &Arc::new(json));
        }
        let entry = |link: Link| match self.known.entry(&link.id) {
            Some(json) => Ok(link.with(json)),
            None => Err(missing(&link.id)),
        };
        links.into_iter().map(entry).collect()
    }

    /// A file that lies beside an entry; `None` where there is none.
    ///
    /// # Errors
    /// Where git cannot read it.
    pub fn recorded_file(&self, entry: &Oid, path: &str) -> Result<Option<Vec<u8>>, RepoError> {
        let tree = self.tree_of(entry)?;
        match self.entry(&tree, path.as_bytes())? {
            Some((_, blob)) => self.blob(&blob).map(Some),
            None => Ok(None),
        }
    }

    /// The files that lie in a folder beside an entry: path below it, and content.
    ///
    /// # Errors
    /// Where git cannot read them.
    pub fn recorded_files(
        &self,
        entry: &Oid,
        folder: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, RepoError> {
        let tree = self.tree_of(entry)?;
        let Some((_, folder)) = self.entry(&tree, folder.as_bytes())? else {
            return Ok(Vec::new());
        };
        let all = self.files(&folder)?;
        all.into_iter()
            .map(|file| {
                let content = self.blob(&file.oid)?;
                Ok((file.path.to_str_lossy().into_owned(), content))
            })
            .collect()
    }

    /// The tips of a plan's ledger: our own first, then those fetched from elsewhere.
    pub(super) fn ledger_tips(&self, plan: &str) -> Result<Vec<Oid>, RepoError> {
        let own = self.reference(&ledger_ref(plan))?;
        let mut tips: Vec<Oid> = own.into_iter().collect();
        for tip in self.fetched_tips(plan)? {
            if !tips.contains(&tip) {
                tips.push(tip);
            }
        }
        Ok(tips)
    }

    fn fetched_tips(&self, plan: &str) -> Result<Vec<Oid>, RepoError> {
        let reference = ledger_ref(plan);
        // `refs/gate/remotes/NAME/ledger/PLAN`, and a plan may lie in a folder `ledger` itself.
        let name = reference.strip_prefix(LEDGERS);
        let refs = self.refs_below("refs/gate/remotes/")?;
        let ours = refs.into_iter().filter(|(found, _)| {
            let of = found.split_once("/ledger/");
            of.map(|(_, plan)| plan) == name
        });
        Ok(ours.map(|(_, id)| id).collect())
    }

    /// The links that lead to these tips, oldest first.
    pub(super) fn links(&self, tips: &[Oid]) -> Result<Vec<Link>, RepoError> {
        if tips.is_empty() {
            return Ok(Vec::new());
        }
        let links = match self.links_in_line(tips) {
            Some(links) => links,
            None => self.links_sorted(tips)?,
        };
        self.known.keep_links(tips, &links);
        Ok(links)
    }

    /// The links, where they are known, or each up to one that is known has only one before it.
    fn links_in_line(&self, tips: &[Oid]) -> Option<Vec<Link>> {
        let mut new = Vec::new();
        let mut at = tips;
        let mut links = loop {
            if let Some(links) = self.known.links(at) {
                break links;
            }
            let id = match at {
                [] => break Vec::new(),
                [id] => id,
                _ => return None,
            };
            let read = self.with_git2(|repository| {
                let odb = repository.odb()?;
                Ok(link(id, odb.read(id.to_git2()?)?.data()))
            });
            new.push(read.ok()??);
            at = new.last()?.parents.as_slice();
        };
        links.extend(new.into_iter().rev());
        Some(links)
    }

    fn links_sorted(&self, tips: &[Oid]) -> Result<Vec<Link>, RepoError> {
        let quick = self.with_git2(|repository| {
            let mut walk = repository.revwalk()?;
            let order = git2::Sort::TOPOLOGICAL | git2::Sort::TIME | git2::Sort::REVERSE;
            walk.set_sorting(order)?;
            for tip in tips {
                walk.push(tip.to_git2()?)?;
            }
            walk.map(|id| id.map(Oid::from))
                .collect::<Result<Vec<_>, _>>()
        });
        let ids = match quick {
            Ok(ids) => ids,
            Err(_) => {
                let call = self.git().args(["rev-list", "--reverse", "--date-order"]);
                let output = call.args(tips.iter().map(Oid::as_str)).reading().run()?;
                let lines = output.split(|&byte| byte == b'\n');
                lines.filter_map(Oid::parse_bytes).collect()
            }
        };
        let names: Vec<String> = ids.iter().map(Oid::to_string).collect();
        let commits = self.contents(&names)?;
        ids.into_iter()
            .zip(commits)
            .map(|(id, commit)| {
                let link = commit.and_then(|commit| link(&id, &commit));
                link.ok_or_else(|| RepoError::Git {
                    command: format!("git cat-file commit {id}"),
                    detail: format!("`{id}` cannot be read as a commit"),
                })
            })
            .collect()
    }

    /// The contents that names of objects stand for: `ID`, or `TREE:PATH`.
    pub(super) fn contents(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, RepoError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let quick = self.with_git2(|repository| {
            let odb = repository.odb()?;
            names
                .iter()
                .map(|name| {
                    let id = match name.split_once(':') {
                        None => Oid::parse(name).ok_or_else(|| git2::Error::from_str(name))?,
                        Some((tree, path)) => {
                            let tree = Oid::parse(tree);
                            let tree = tree.ok_or_else(|| git2::Error::from_str(name))?;
                            let tree = repository.find_tree(tree.to_git2()?)?;
                            tree.get_path(std::path::Path::new(path))?.id().into()
                        }
                    };
                    Ok(Some(odb.read(id.to_git2()?)?.data().to_owned()))
                })
                .collect()
        });
        match quick {
            Ok(contents) => Ok(contents),
            Err(_) => {
                let objects = self.objects(names)?;
                let data = |object: Option<super::object::Object>| object.map(|o| o.data);
                Ok(objects.into_iter().map(data).collect())
            }
        }
    }
}

/// A commit's own text as a link.
fn link(id: &Oid, commit: &[u8]) -> Option<Link> {
    let text = String::from_utf8_lossy(commit);
    let (head, message) = text.split_once("\n\n")?;
    let (mut tree, mut parents) = (None, Vec::new());
    let mut committer = None;
    for line in head.lines() {
        if let Some(id) = line.strip_prefix("tree ") {
            tree = Oid::parse(id);
        } else if let Some(parent) = line.strip_prefix("parent ") {
            parents.push(Oid::parse(parent)?);
        } else if let Some(who) = line.strip_prefix("committer ") {
            committer = Some(who);
        }
    }
    // `Name <email> SECONDS +HHMM`
    let (rest, _zone) = committer?.rsplit_once(' ')?;
    let (by, seconds) = rest.rsplit_once(' ')?;
    Some(Link {
        id: id.clone(),
        tree: tree?,
        parents,
        at: Moment {
            // Before 1970 there was no git.
            seconds: seconds.parse().unwrap_or(0),
        },
        by: by.to_owned(),
        title: message.lines().next().unwrap_or_default().to_owned(),
    })
}
