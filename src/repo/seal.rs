//! The seal: commit, tag and ledger move together, or none does.

use std::ffi::OsString;

use serde_json::{Value, json};

use super::git::{Git, Site, in_quotes};
use super::ledger::{ledger_ref, move_ref, title};
use super::tag::{tag_ref, with_trailer};
use super::{Head, Oid, Record, RepoError, Repository, files};
use crate::disk::{self, Folder, Step};

/// How often a seal is tried anew when only the ledger went on meanwhile.
const ATTEMPTS: usize = 10;

/// What is to be sealed.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The judged tree.
    pub tree: Oid,
    /// HEAD as it was when judging began.
    pub head: Head,
    /// The commit's message; none where nothing is staged and HEAD itself is sealed.
    pub message: Option<String>,
    /// The name and message of the tag. A trailer `Gate-Evidence`, the id of the ledger's
    /// entry, is added to the message.
    pub tag: Option<(String, String)>,
    /// The object that the tag's name may still stand for: the tag of a seal that was taken
    /// back. The new one takes its place.
    pub old_tag: Option<Oid>,
    /// The plan's path from the root, without `.gate`.
    pub plan: String,
    /// What goes into the ledger before the seal's own entry, such as the green run.
    pub before: Vec<Record>,
    /// The ledger's entry of the seal; its `predicate.commit`, and in `predicate.signed` what
    /// of commit, tag and entry carries a signature, are filled in.
    pub ledger: Record,
}

/// What a seal made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The new commit; none where HEAD itself was sealed.
    pub commit: Option<Oid>,
    /// The commit that is HEAD now.
    pub head: Oid,
    /// The ledger's entry.
    pub ledger: Oid,
}

impl Repository {
    /// Commits exactly the judged tree, tags the commit and records it: in one transaction
    /// of refs, and only if HEAD and its branch are what they were. The index and the
    /// working tree are not touched. Commit and tag are signed where git's configuration
    /// asks for that. Of the user's hooks only the one for transactions of refs runs.
    ///
    /// # Errors
    /// [`RepoError::HeadMoved`], [`RepoError::TagTaken`], [`RepoError::Unsigned`], or what git
    /// says; then no ref moved.
    pub fn seal(&self, seal: &Seal) -> Result<Sealed, RepoError> {
        self.check_unmoved(seal)?;
        let commit = match &seal.message {
            Some(message) => Some(self.write_commit(seal, message)?),
            None => None,
        };
        let head = commit.clone().or_else(|| seal.head.commit.clone());
        let head = head.ok_or(RepoError::Unborn)?;

        let mut records = seal.before.clone();
        let mut own = seal.ledger.clone();
        if let Some(Value::Object(predicate)) = own.statement.get_mut("predicate") {
            let commits = self.flag("commit.gpgSign")?;
            let signed = json!({
                "commit": commits && commit.is_some(),
                "tag": seal.tag.is_some() && self.signs_tags()?,
                "entry": commits && seal.ledger.signed,
            });
            predicate.insert("commit".to_owned(), Value::from(head.as_str()));
            predicate.insert("signed".to_owned(), signed);
        }
        records.push(own);
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            entries.push((self.write_files(&record)?, record));
        }
        let ledger = ledger_ref(&seal.plan);
        // What the log of the branch will say.
        let subject = seal.message.as_deref().and_then(|text| text.lines().next());
        let reason = match subject {
            Some(subject) => format!("gate: {subject}"),
            None => format!("gate: {}", title(&seal.ledger.statement)),
        };
        let mut attempt = 1;
        loop {
            let tip = self.reference(&ledger)?;
            let before = self.parents(&seal.plan, tip.as_ref())?;
            let mut parents = before.clone();
            for (tree, record) in &entries {
                parents = vec![self.write_entry(tree, record, &parents)?];
            }
            // The seal's own is always among them, as the last.
            let entry = parents.pop().ok_or(RepoError::Unborn)?;
            let mut orders = match &commit {
                // The branch itself, not HEAD; git writes HEAD's log all the same.
                Some(new) => move_ref(&seal.head.reference, new, seal.head.commit.as_ref()),
                None => format!("verify {}\0{head}\0", seal.head.reference),
            };
            if let Some((name, message)) = &seal.tag {
                let message = self.secrets.mask(message);
                let message = with_trailer(&message, "Gate-Evidence", entry.as_str());
                let tag = self.write_tag(name, &head, &message)?;
                let old = self.reference(&tag_ref(name))?;
                let old = old.filter(|old| seal.old_tag.as_ref() == Some(old));
                orders.push_str(&move_ref(&tag_ref(name), &tag, old.as_ref()));
            }
            orders.push_str(&self.move_ledger(&seal.plan, &entry, tip.as_ref(), &before)?);
            orders.push_str(&self.let_go_of_reds(&seal.plan, &seal.ledger.statement)?);
            match self.move_all(seal, &orders, &reason) {
                Ok(()) => {
                    return Ok(Sealed {
                        commit,
                        head,
                        ledger: entry,
                    });
                }
                Err(error) => {
                    self.check_unmoved(seal)?;
                    if attempt == ATTEMPTS || self.reference(&ledger)? == tip {
                        return Err(error);
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// The transaction. Once git has prepared it, it holds the locks of all its refs and of a
    /// HEAD that points at the branch: if HEAD is then still what it was, it stays so until
    /// all has moved. A hook of the user's for transactions of refs may refuse.
    fn move_all(&self, seal: &Seal, orders: &str, reason: &str) -> Result<(), RepoError> {
        let call = self
            .git()
            .with_hooks()
            .args(["update-ref", "-m", reason, "--stdin", "-z"]);
        // A detached HEAD is moved itself, never what it might point at by now.
        let option = if seal.head.branch.is_none() {
            "option no-deref\0"
        } else {
            ""
        };
        let first = format!("start\0{option}{orders}prepare\0");
        let call = call.writing(Step::Seal);
        let then = || {
            disk::step(Step::Prepared, || Ok(()))
                .map_err(|e| files("write", self.git_dir(), &e))?;
            self.check_head(seal)?;
            if self.is_to_stop() {
                return Err(RepoError::Interrupted);
            }
            Ok(b"commit\0".to_vec())
        };
        self.moving(orders, || {
            call.in_two(first.as_bytes(), "prepare: ok", then)
        })
    }

    /// Checks that HEAD is what it was and the tag still free.
    fn check_unmoved(&self, seal: &Seal) -> Result<(), RepoError> {
        self.check_head(seal)?;
        let Some((name, _)) = &seal.tag else {
            return Ok(());
        };
        match self.reference(&tag_ref(name))? {
            Some(there) if seal.old_tag.as_ref() != Some(&there) => {
                Err(RepoError::TagTaken { name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    fn check_head(&self, seal: &Seal) -> Result<(), RepoError> {
        let (was, now) = (&seal.head, self.head()?);
        if now.reference != was.reference || now.commit != was.commit {
            let is = if now.reference == was.reference {
                now.commit.map(|id| id.to_string())
            } else {
                Some(now.branch.unwrap_or_else(|| "a detached HEAD".to_owned()))
            };
            return Err(RepoError::HeadMoved {
                reference: was.reference.clone(),
                was: was.commit.clone(),
                is,
            });
        }
        Ok(())
    }

    fn write_commit(&self, seal: &Seal, message: &str) -> Result<Oid, RepoError> {
        let mut call = self.git().args(["commit-tree", seal.tree.as_str()]);
        if let Some(parent) = &seal.head.commit {
            call = call.args(["-p", parent.as_str()]);
        }
        let signed = self.flag("commit.gpgSign")?;
        if signed {
            call = call.arg("-S");
        }
        let call = call
            .args(["-F", "-"])
            .stdin(ended(&self.secrets.mask(message)));
        let written = call.writing(Step::Commit).id();
        written.map_err(|error| unsigned("commit", signed, error))
    }

    /// Writes a tag's object; no ref points at it yet.
    fn write_tag(&self, name: &str, commit: &Oid, message: &str) -> Result<Oid, RepoError> {
        if self.signs_tags()? {
            let written = self.write_signed_tag(name, commit, message);
            return written.map_err(|error| unsigned("tag", true, error));
        }
        let who = self.git().args(["var", "GIT_COMMITTER_IDENT"]);
        let who = who.reading().run()?;
        let who = String::from_utf8_lossy(&who);
        let text = format!(
            "object {commit}\ntype commit\ntag {name}\ntagger {}\n\n{}",
            who.trim_end(),
            ended(message)
        );
        let call = self.git().arg("mktag").stdin(text);
        call.writing(Step::Tag).id()
    }

    /// Only `git tag` signs a tag as configured, and it makes a ref. So it runs in a
    /// throw-away repository that writes its objects into this one and reads its settings.
    fn write_signed_tag(&self, name: &str, commit: &Oid, message: &str) -> Result<Oid, RepoError> {
        let own = self.own_dir()?;
        let failed = |e: &std::io::Error| files("create a folder in", &own, e);
        let folder = Folder::new(Step::TagFolder, Step::TagFolderGone, "tag-", &own)
            .map_err(|e| failed(&e))?;
        let git_dir = folder.path().to_owned();
        for part in ["refs", "objects"] {
            disk::create_folder(Step::TagFolder, &git_dir.join(part)).map_err(|e| failed(&e))?;
        }
        let format = if commit.as_str().len() == 64 {
            "sha256"
        } else {
            "sha1"
        };
        let mut config = format!(
            "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = {format}\n"
        )
        .into_bytes();
        for source in [
            self.common_dir.join("config"),
            self.site.git_dir.join("config.worktree"),
        ] {
            config.extend(b"[include]\n\tpath = ");
            config.extend(in_quotes(&source));
            config.push(b'\n');
        }
        for (file, text) in [
            ("config", config.as_slice()),
            ("HEAD", b"ref: refs/heads/none\n"),
        ] {
            disk::fill(Step::TagFile, &git_dir.join(file), text).map_err(|e| failed(&e))?;
        }
        let site = Site {
            index: git_dir.join("index"),
            folders: git_dir.join("folders"),
            git_dir,
            work_tree: self.site.work_tree.clone(),
            held: None,
        };
        let objects: OsString = match std::env::var_os("GIT_OBJECT_DIRECTORY") {
            Some(given) if !given.is_empty() => given,
            _ => self.common_dir.join("objects").into(),
        };
        let at = |args: &[&str]| {
            let call = Git::at(&site).env("GIT_OBJECT_DIRECTORY", objects.clone());
            call.args(args)
        };
        let cleanup = "--cleanup=verbatim";
        let call = at(&["tag", "-a", "-s", cleanup, "-F", "-", "--end-of-options"]);
        call.arg(name)
            .arg(commit.as_str())
            .stdin(ended(message))
            .writing(Step::Tag)
            .run()?;
        at(&["rev-parse", "--verify", &tag_ref(name)])
            .reading()
            .id()
    }

    fn signs_tags(&self) -> Result<bool, RepoError> {
        Ok(self.flag("tag.gpgSign")? || self.flag("tag.forceSignAnnotated")?)
    }

    /// A switch of the user's configuration; absent is off.
    pub(super) fn flag(&self, name: &str) -> Result<bool, RepoError> {
        let call = self.git().args(["config", "--type=bool", "--get", name]);
        let value = call.reading().ask()?;
        Ok(value.is_some_and(|text| text.trim_ascii() == b"true"))
    }
}

/// The failure of what git was asked to sign.
pub(super) fn unsigned(what: &'static str, signed: bool, error: RepoError) -> RepoError {
    match error {
        RepoError::Git { detail, .. } if signed => RepoError::Unsigned { what, detail },
        error => error,
    }
}

/// A message that ends in one line end.
fn ended(message: &str) -> String {
    format!("{}\n", message.trim_end_matches('\n'))
}
