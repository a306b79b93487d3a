//! Which of the grammar's rules a text makes use of: for the tests of the grammar.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::parser;
use super::repair::Mended;
use super::scan;
use crate::source::Source;

/// One reading at a time here: pest's limit of steps holds for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The names of the grammar's rules, silent ones too.
#[must_use]
pub fn rules() -> BTreeSet<String> {
    parser::rules()
}

/// The names of the rules that reading `source` gives nodes of; none where it cannot be
/// read.
#[must_use]
pub fn rules_in(source: &Source) -> BTreeSet<String> {
    let scan = scan::scan(source);
    let mended = Mended::new(source.text(), scan.mends);
    let _alone = alone();
    let Ok(file) = parser::file(mended.text()) else {
        return BTreeSet::new();
    };
    std::iter::once(file.clone())
        .chain(file.into_inner().flatten())
        .map(|pair| format!("{:?}", pair.as_rule()))
        .collect()
}

/// Whether the grammar reads `source` in at most `steps` steps. The limit holds for the
/// whole process while it is asked.
#[must_use]
pub fn reads_within(source: &Source, steps: std::num::NonZeroUsize) -> bool {
    let scan = scan::scan(source);
    let mended = Mended::new(source.text(), scan.mends);
    let _alone = alone();
    pest::set_call_limit(Some(steps));
    let read = parser::file(mended.text()).is_ok();
    pest::set_call_limit(None);
    read
}
