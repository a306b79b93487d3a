//! The ledger: a chain of commits per plan, one for each event.

use serde::Serialize;
use serde_json::Value;

use super::{Oid, RepoError, Repository};
use crate::disk::Step;

/// Who writes the ledger and pins: gate itself, also where git knows of nobody.
pub(super) const OWN_IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "gate"),
    ("GIT_AUTHOR_EMAIL", "gate@localhost"),
    ("GIT_COMMITTER_NAME", "gate"),
    ("GIT_COMMITTER_EMAIL", "gate@localhost"),
];

/// The file of an entry.
const ENTRY: &str = "entry.json";

/// How often an append is tried anew when another run appends at the same time.
const ATTEMPTS: usize = 10;

/// One event on record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// The commit that holds it.
    pub id: Oid,
    /// Its `entry.json`.
    pub json: Value,
}

impl LedgerEntry {
    /// What happened: `opened`, `sealed`.
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
}

impl Repository {
    /// What is on record of a plan (its path without `.gate`), oldest first.
    ///
    /// # Errors
    /// Where git cannot read the ledger, or an entry is no JSON.
    pub fn ledger(&self, plan: &str) -> Result<Vec<LedgerEntry>, RepoError> {
        let reference = ledger_ref(plan);
        let Some(tip) = self.reference(&reference)? else {
            return Ok(Vec::new());
        };
        let call = self.git().args(["rev-list", "--reverse", "--first-parent"]);
        let output = call.arg(tip.as_str()).reading().run()?;
        let ids: Vec<Oid> = output
            .split(|&byte| byte == b'\n')
            .filter_map(Oid::parse_bytes)
            .collect();
        let names: Vec<String> = ids.iter().map(|id| format!("{id}:{ENTRY}")).collect();
        let blobs = self.objects(&names)?;
        let broken = |id: &Oid, detail: String| RepoError::Git {
            command: format!("git show {id}:{ENTRY}"),
            detail,
        };
        ids.into_iter()
            .zip(blobs)
            .map(|(id, blob)| {
                let Some(blob) = blob else {
                    return Err(broken(&id, format!("`{reference}` has no such entry")));
                };
                match serde_json::from_slice(&blob.data) {
                    Ok(json) => Ok(LedgerEntry { id, json }),
                    Err(error) => Err(broken(&id, error.to_string())),
                }
            })
            .collect()
    }

    /// Appends one entry to a plan's ledger and gives its id.
    ///
    /// # Errors
    /// Where git cannot write it.
    pub fn record(&self, plan: &str, entry: &Value) -> Result<Oid, RepoError> {
        let reference = ledger_ref(plan);
        let mut attempt = 1;
        loop {
            let tip = self.reference(&reference)?;
            let id = self.write_entry(entry, tip.as_ref())?;
            let orders = move_ref(&reference, &id, tip.as_ref());
            let reason = format!("gate: {}", title(entry));
            match self.transact(Step::Record, &orders, &reason) {
                Ok(()) => return Ok(id),
                Err(_) if attempt < ATTEMPTS && self.reference(&reference)? != tip => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes an entry's commit; no ref points at it yet.
    pub(super) fn write_entry(&self, entry: &Value, tip: Option<&Oid>) -> Result<Oid, RepoError> {
        // The alternate form prints with line ends, so that `git diff` of two entries can be read.
        let text = format!("{entry:#}\n");
        let call = self
            .git()
            .args(["hash-object", "-w", "--stdin", "--no-filters"]);
        let blob = call.stdin(text).writing(Step::EntryText).id()?;
        let call = self.git().args(["mktree", "-z"]);
        let call = call.stdin(format!("100644 blob {blob}\t{ENTRY}\0"));
        let tree = call.writing(Step::EntryTree).id()?;
        let mut call = self.git().args(["commit-tree", tree.as_str()]);
        if let Some(tip) = tip {
            call = call.args(["-p", tip.as_str()]);
        }
        for (name, value) in OWN_IDENTITY {
            call = call.env(name, value);
        }
        call.stdin(format!("{}\n", title(entry)))
            .writing(Step::EntryCommit)
            .id()
    }

    /// Moves refs, all or none, by orders of `git update-ref --stdin -z`.
    pub(super) fn transact(&self, step: Step, orders: &str, reason: &str) -> Result<(), RepoError> {
        let call = self
            .git()
            .args(["update-ref", "-m", reason, "--stdin", "-z"]);
        call.stdin(format!("start\0{orders}prepare\0commit\0"))
            .writing(step)
            .run()
            .map(drop)
    }
}

/// The order that moves a ref from what it was, or makes it.
pub(super) fn move_ref(reference: &str, new: &Oid, old: Option<&Oid>) -> String {
    match old {
        Some(old) => format!("update {reference}\0{new}\0{old}\0"),
        None => format!("create {reference}\0{new}\0"),
    }
}

/// An entry in a few words: the first line of its commit.
pub(super) fn title(entry: &Value) -> String {
    let text = |pointer| entry.pointer(pointer).and_then(Value::as_str);
    let event = text("/predicate/event").unwrap_or("entry");
    match text("/predicate/phase") {
        Some(phase) => format!("{event} {phase}"),
        None => event.to_owned(),
    }
}

/// The ref of a plan's ledger. What may not stand in a ref is written `%XX`.
pub(super) fn ledger_ref(plan: &str) -> String {
    let mut name = String::from("refs/gate/ledger/");
    let mut before = '/';
    for (at, c) in plan.char_indices() {
        let rest = plan.get(at..).unwrap_or_default();
        let part = rest.split('/').next().unwrap_or_default();
        let escape = match c {
            ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\' | '%' | '\x7f' => true,
            '@' => rest.starts_with("@{") || (before == '/' && part == "@"),
            '.' => matches!(before, '/' | '.') || part == ".lock" || part == ".",
            '/' => before == '/',
            _ => c.is_control(),
        };
        if escape {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        } else {
            name.push(c);
        }
        before = c;
    }
    name
}
