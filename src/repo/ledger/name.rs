//! The refs of ledgers, and their names.

use super::super::{Oid, RepoError, Repository};

/// Where the ledgers of all plans lie.
pub(super) const LEDGERS: &str = "refs/gate/ledger/";

/// Where what this clone recorded last lies, of all plans.
const RECORDED: &str = "refs/gate/recorded/";

impl Repository {
    /// Checks that a plan (its path without `.gate`) can have a ledger: git has no ref `a/b`
    /// beside a ref `a`.
    ///
    /// # Errors
    /// [`RepoError::LedgerTaken`].
    pub fn check_ledger(&self, plan: &str) -> Result<(), RepoError> {
        let reference = ledger_ref(plan);
        if self.reference(&reference)?.is_some() {
            return Ok(());
        }
        let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
        for (folder, reference) in [(LEDGERS, reference), (RECORDED, recorded_ref(plan))] {
            let refs = self.refs_below(folder)?;
            let mut others = refs.into_iter().map(|(name, _)| name);
            if let Some(other) =
                others.find(|other| below(&reference, other) || below(other, &reference))
            {
                return Err(RepoError::LedgerTaken {
                    plan: format!("{plan}.gate"),
                    other,
                });
            }
        }
        Ok(())
    }

    /// The refs below a folder of them (its name ends in `/`), and what they point at.
    pub(super) fn refs_below(&self, folder: &str) -> Result<Vec<(String, Oid)>, RepoError> {
        let quick = self.with_git2(|repository| {
            let mut refs = Vec::new();
            for found in repository.references_glob(&format!("{folder}*"))? {
                let found = found?;
                let name = String::from_utf8_lossy(found.name_bytes()).into_owned();
                refs.extend(found.target().map(|id| (name, Oid::from(id))));
            }
            Ok(refs)
        });
        if let Ok(refs) = quick {
            return Ok(refs);
        }
        let call = self
            .git()
            .args(["for-each-ref", "--format=%(objectname) %(refname)"]);
        let output = call.arg(folder).reading().run()?;
        let text = String::from_utf8_lossy(&output);
        let line = |line: &str| {
            let (id, name) = line.split_once(' ')?;
            Some((name.to_owned(), Oid::parse(id)?))
        };
        Ok(text.lines().filter_map(line).collect())
    }
}

/// The ref of what this clone recorded last of a plan.
pub(super) fn recorded_ref(plan: &str) -> String {
    ledger_ref(plan).replacen(LEDGERS, RECORDED, 1)
}

/// The ref of a plan's ledger. What may not stand in a ref is written `%XX`.
pub(in crate::repo) fn ledger_ref(plan: &str) -> String {
    let mut name = String::from(LEDGERS);
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
