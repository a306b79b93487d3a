//! The name of the ref that a plan's ledger has.

use super::super::{RepoError, Repository};

/// Where the ledgers of all plans lie.
const LEDGERS: &str = "refs/gate/ledger/";

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
        let call = self.git().args(["for-each-ref", "--format=%(refname)"]);
        let refs = call.arg(LEDGERS).reading().run()?;
        let refs = String::from_utf8_lossy(&refs);
        let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
        let other = refs
            .lines()
            .find(|other| below(&reference, other) || below(other, &reference));
        match other {
            None => Ok(()),
            Some(other) => Err(RepoError::LedgerTaken {
                plan: format!("{plan}.gate"),
                other: other.to_owned(),
            }),
        }
    }
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
