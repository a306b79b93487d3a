//! `gate check --fix`: applies what may be applied unseen, to the files on disk.

use std::collections::BTreeMap;

use super::locate::Located;
use super::replace::replace;
use crate::analysis::{Given, analyse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Mends, apply};
use crate::repo::DiskLoader;
use crate::source::{LoadError, Loader};

/// One mend can bring another mistake to light; a file needs few passes.
const MAX_PASSES: usize = 16;

/// Mends the plan and all it uses as far as is safe.
///
/// Gives a line for each mend, in the order they were made, and says where a file could not
/// be written; then no line is given, as not all of it was done.
pub(super) fn fix(located: &Located, given: &Given) -> (Vec<String>, Option<Diagnostic>) {
    let mut files = Mending {
        disk: DiskLoader::new(&located.root),
        texts: BTreeMap::new(),
    };
    let mut told = Vec::new();
    let mut diagnostics = analyse(&located.path, &files, given).diagnostics;
    for _ in 0..MAX_PASSES {
        let mends = Mends::safe(&diagnostics.items);
        let before = files.texts.clone();
        if mends.mended.is_empty() || !files.take(&mends, &diagnostics) {
            break;
        }
        let after = analyse(&located.path, &files, given).diagnostics;
        if mistakes(&after) == mistakes(&diagnostics) {
            // It mended nothing, and would mend nothing for ever.
            files.texts = before;
            break;
        }
        let shown = located.relocate(diagnostics);
        let mended = mends.mended.iter().filter_map(|at| shown.items.get(*at));
        told.extend(mended.map(|item| line(item, &shown)));
        diagnostics = after;
    }
    for (path, text) in &files.texts {
        if let Err(error) = replace(&located.root.join(path), text) {
            return (Vec::new(), Some(unwritable(&located.shown(path), &error)));
        }
    }
    (told, None)
}

/// `mended plan.gate:3:9: E0109: statements end without `;``.
fn line(mended: &Diagnostic, diagnostics: &Diagnostics) -> String {
    let place = mended
        .primary()
        .map(|span| diagnostics.sources.place(span))
        .unwrap_or_default();
    format!("mended {place}: {}: {}", mended.code, mended.message)
}

/// What is wrong, without places: those move when a text is mended.
fn mistakes(diagnostics: &Diagnostics) -> Vec<(Code, &str)> {
    let mut all: Vec<(Code, &str)> = diagnostics
        .items
        .iter()
        .map(|item| (item.code, item.message.as_str()))
        .collect();
    all.sort_unstable();
    all
}

/// The files of the disk, and over them those that are mended and not written yet.
struct Mending {
    disk: DiskLoader,
    texts: BTreeMap<String, String>,
}

impl Mending {
    /// Takes the edits into the texts; false where a text cannot be had.
    fn take(&mut self, mends: &Mends, diagnostics: &Diagnostics) -> bool {
        for (source, edits) in &mends.edits {
            let Some(source) = diagnostics.sources.get(*source) else {
                return false;
            };
            let text = self.load(source.path()).map(String::from_utf8);
            let Ok(Ok(text)) = text else { return false };
            let mended = apply(&text, edits);
            self.texts.insert(source.path().to_owned(), mended);
        }
        true
    }
}

impl Loader for Mending {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.disk.load(path),
        }
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        self.disk.neighbours(path)
    }
}

fn unwritable(path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::unplaced(
        Code::NOT_FORMATTED,
        format!("`{path}` cannot be written: {error}"),
    )
    .help("see to its permissions and those of its folder")
}
