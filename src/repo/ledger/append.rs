//! Appending to the ledger: an entry's tree, its commit, and the ref that moves to it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::seal::unsigned;
use super::super::{Oid, RepoError, Repository, files, git};
use super::{ENTRY, ledger_ref};
use crate::disk::{self, Folder, Step};
use crate::secret::Secrets;

/// How often an append is tried anew when another run appends at the same time.
const ATTEMPTS: usize = 10;

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What becomes its `entry.json`.
    pub statement: Value,
    /// What lies beside it: path with `/`, and content. Of equal paths the last counts.
    pub files: Vec<(String, Vec<u8>)>,
    /// Whether its commit is signed where git's configuration signs commits: what a person
    /// decided, and a seal.
    pub signed: bool,
}

impl Record {
    /// An entry of a statement alone.
    #[must_use]
    pub fn new(statement: Value) -> Self {
        Self {
            statement,
            files: Vec::new(),
            signed: false,
        }
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), content.into()));
        self
    }

    /// Has the entry's commit signed where commits are.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }
}

/// What in an entry is of gate's own making: a secret that is, say, the word `passed` must
/// not make it unreadable.
const OWN: &[&str] = &[
    "_type",
    "assurance",
    "at",
    "base",
    "check",
    "code",
    "commit",
    "digest",
    "event",
    "gate",
    "id",
    "inputs",
    "opened_at",
    "phase",
    "plan",
    "predicateType",
    "result",
    "sha256",
    "subject",
    "tag",
    "tree",
    "verdict",
];

/// An entry's statement with the secrets in its texts masked.
fn masked(statement: &Value, secrets: &Secrets) -> Value {
    if secrets.is_empty() {
        return statement.clone();
    }
    match statement {
        Value::String(text) => Value::String(secrets.mask(text).into_owned()),
        Value::Array(items) => items.iter().map(|item| masked(item, secrets)).collect(),
        Value::Object(map) => {
            let inner = |(key, value): (&String, &Value)| {
                let own = OWN.contains(&key.as_str()) && !value.is_array();
                let value = if own && !(value.is_object() && key != "digest") {
                    value.clone()
                } else {
                    masked(value, secrets)
                };
                (key.clone(), value)
            };
            Value::Object(map.iter().map(inner).collect())
        }
        other => other.clone(),
    }
}
impl Repository {
    /// Appends one entry to a plan's ledger and gives its id. The tree of one that tells of a
    /// red run is kept in this clone until the phase is sealed.
    ///
    /// # Errors
    /// Where git cannot write it.
    pub fn record(&self, plan: &str, record: &Record) -> Result<Oid, RepoError> {
        let reference = ledger_ref(plan);
        let tree = self.write_files(record)?;
        let mut attempt = 1;
        loop {
            let tip = self.reference(&reference)?;
            let parents = self.parents(plan, tip.as_ref())?;
            let id = self.write_entry(&tree, record, &parents)?;
            let mut orders = self.move_ledger(plan, &id, tip.as_ref(), &parents)?;
            orders.push_str(&self.keep_red(plan, &record.statement, &id)?);
            let reason = format!("gate: {}", title(&record.statement));
            match self.transact(Step::Record, &orders, &reason) {
                Ok(()) => return Ok(id),
                Err(_) if attempt < ATTEMPTS && self.reference(&reference)? != tip => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// What the next entry follows: our own tip and those fetched that it does not contain.
    pub(in crate::repo) fn parents(
        &self,
        plan: &str,
        own: Option<&Oid>,
    ) -> Result<Vec<Oid>, RepoError> {
        let mut tips: Vec<Oid> = own.cloned().into_iter().collect();
        for tip in self.fetched_tips(plan)? {
            if !tips.contains(&tip) {
                tips.push(tip);
            }
        }
        if tips.len() < 2 {
            return Ok(tips);
        }
        let call = self.git().args(["merge-base", "--independent"]);
        let output = call.args(tips.iter().map(Oid::as_str)).reading().run()?;
        let heads: Vec<Oid> = output
            .split(|&byte| byte == b'\n')
            .filter_map(Oid::parse_bytes)
            .collect();
        tips.retain(|tip| heads.contains(tip));
        Ok(tips)
    }

    /// A statement as its `entry.json` will have it.
    #[must_use]
    pub fn entry_text(&self, statement: &Value) -> String {
        // The alternate form prints with line ends, so that `git diff` of two entries can be read.
        format!("{:#}\n", masked(statement, &self.secrets))
    }

    /// Writes an entry's tree.
    pub(in crate::repo) fn write_files(&self, record: &Record) -> Result<Oid, RepoError> {
        let text = self.entry_text(&record.statement);
        let mut all: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for (path, content) in &record.files {
            all.insert(path, content);
        }
        all.insert(ENTRY, text.as_bytes());
        let contents: Vec<&[u8]> = all.values().copied().collect();
        let blobs = self.write_blobs(&contents)?;
        let named: Vec<(&str, Oid)> = all.keys().copied().zip(blobs).collect();
        self.write_tree(&named)
    }

    /// Writes contents as blobs, exactly as they are.
    fn write_blobs(&self, contents: &[&[u8]]) -> Result<Vec<Oid>, RepoError> {
        let call = || self.git().args(["hash-object", "-w", "--no-filters"]);
        if let [one] = contents {
            let call = call().arg("--stdin").stdin(*one);
            return Ok(vec![call.writing(Step::EntryText).id()?]);
        }
        let own = self.own_dir()?;
        let folder = Folder::new(Step::EntryFolder, Step::EntryFolderGone, "entry-", &own)
            .map_err(|e| files("create a folder in", &own, &e))?;
        let mut paths = Vec::new();
        for (at, content) in contents.iter().enumerate() {
            let path = folder.path().join(at.to_string());
            disk::fill(Step::EntryFile, &path, content).map_err(|e| files("write", &path, &e))?;
            paths.extend(git::quoted(&path));
            paths.push(b'\n');
        }
        let call = call().arg("--stdin-paths").stdin(paths);
        let output = call.writing(Step::EntryText).run()?;
        let ids: Vec<Oid> = output
            .split(|&byte| byte == b'\n')
            .filter_map(Oid::parse_bytes)
            .collect();
        if ids.len() == contents.len() {
            Ok(ids)
        } else {
            Err(RepoError::Git {
                command: "git hash-object -w --stdin-paths".to_owned(),
                detail: format!("{} ids for {} files", ids.len(), contents.len()),
            })
        }
    }

    /// Writes the tree of these files, sorted by path, and of the folders in it.
    fn write_tree(&self, named: &[(&str, Oid)]) -> Result<Oid, RepoError> {
        let mut lines = String::new();
        let mut folders: BTreeMap<&str, Vec<(&str, Oid)>> = BTreeMap::new();
        for (path, id) in named {
            match path.split_once('/') {
                None => lines.push_str(&format!("100644 blob {id}\t{path}\0")),
                Some((folder, rest)) => {
                    folders.entry(folder).or_default().push((rest, id.clone()));
                }
            }
        }
        for (folder, inner) in folders {
            let id = self.write_tree(&inner)?;
            lines.push_str(&format!("040000 tree {id}\t{folder}\0"));
        }
        let call = self.git().args(["mktree", "-z"]).stdin(lines);
        call.writing(Step::EntryTree).id()
    }

    /// Writes an entry's commit; no ref points at it yet.
    pub(in crate::repo) fn write_entry(
        &self,
        tree: &Oid,
        record: &Record,
        parents: &[Oid],
    ) -> Result<Oid, RepoError> {
        let mut call = self.git().args(["commit-tree", tree.as_str()]);
        for parent in parents {
            call = call.args(["-p", parent.as_str()]);
        }
        let signed = record.signed && self.flag("commit.gpgSign")?;
        if signed {
            call = call.arg("-S");
        }
        let identified = *self
            .identified
            .get_or_init(|| self.check_identity().is_ok());
        if !identified {
            call = git::as_gate(call);
        }
        let message = format!("{}\n", title(&record.statement));
        let written = call.stdin(message).writing(Step::EntryCommit).id();
        written.map_err(|error| unsigned("entry in the ledger", signed, error))
    }

    /// Moves refs, all or none, by orders of `git update-ref --stdin -z`.
    pub(in crate::repo) fn transact(
        &self,
        step: Step,
        orders: &str,
        reason: &str,
    ) -> Result<(), RepoError> {
        self.moving(orders, || self.order(step, orders, reason))
    }

    /// Has git move refs; to be done as one of [`Repository::moving`].
    pub(in crate::repo) fn order(
        &self,
        step: Step,
        orders: &str,
        reason: &str,
    ) -> Result<(), RepoError> {
        let call = self
            .git()
            .args(["update-ref", "-m", reason, "--stdin", "-z"]);
        let call = call.stdin(format!("start\0{orders}prepare\0commit\0"));
        call.writing(step).run().map(drop)
    }
}

/// The order that moves a ref from what it was, or makes it.
pub(in crate::repo) fn move_ref(reference: &str, new: &Oid, old: Option<&Oid>) -> String {
    match old {
        Some(old) => format!("update {reference}\0{new}\0{old}\0"),
        None => format!("create {reference}\0{new}\0"),
    }
}

/// An entry in a few words: the first line of its commit.
pub(in crate::repo) fn title(entry: &Value) -> String {
    let text = |pointer| entry.pointer(pointer).and_then(Value::as_str);
    let event = text("/predicate/event").unwrap_or("entry");
    match text("/predicate/phase") {
        Some(phase) => format!("{event} {phase}"),
        None => event.to_owned(),
    }
}
