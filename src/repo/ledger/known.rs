//! What was read of ledgers, kept as long as the repository is looked at: an id stands for the
//! same for ever, and one run asks for the same entries many times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::super::Oid;
use super::Link;

/// What was read of ledgers so far.
#[derive(Default)]
pub(in crate::repo) struct Known(Mutex<Read>);

#[derive(Default)]
struct Read {
    /// The links that lead to some tips, as they were last asked for.
    chain: Option<(Vec<Oid>, Vec<Link>)>,
    /// What entries say.
    entries: HashMap<Oid, Arc<Value>>,
}

impl Known {
    fn read<T>(&self, act: impl FnOnce(&mut Read) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The links that lead to these tips, where they were the last to be asked for.
    pub(super) fn links(&self, tips: &[Oid]) -> Option<Vec<Link>> {
        self.read(|read| {
            let (of, links) = read.chain.as_ref()?;
            (of == tips).then(|| links.clone())
        })
    }

    /// Keeps the links that lead to these tips, oldest first.
    pub(super) fn keep_links(&self, tips: &[Oid], links: &[Link]) {
        self.read(|read| read.chain = Some((tips.to_vec(), links.to_vec())));
    }

    /// What an entry says, where it was read before.
    pub(super) fn entry(&self, id: &Oid) -> Option<Arc<Value>> {
        self.read(|read| read.entries.get(id).cloned())
    }

    /// Keeps what an entry says.
    pub(super) fn keep_entry(&self, id: &Oid, json: &Arc<Value>) {
        self.read(|read| drop(read.entries.insert(id.clone(), Arc::clone(json))));
    }
}
