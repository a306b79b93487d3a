//! Which plan is meant, and how its files are called when they are printed.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::repo::{RepoPath, Repository};
use crate::source::Sources;

/// A plan's file: its root, and its path from there.
#[derive(Debug)]
pub(super) struct Located {
    /// The repository's root; outside of one, the plan's folder.
    pub root: PathBuf,
    /// The plan's path from the root, with `/`.
    pub path: String,
    /// The plan as it was named on the command line.
    given: Option<String>,
    /// What stands before a path from the root so that it can be opened from here.
    prefix: PathBuf,
}

impl Located {
    /// The plan named `given`, or the one a repository has at its root: the only `*.gate`
    /// file, else `plan.gate`.
    pub fn find(given: Option<&Path>, repo: Option<&Repository>) -> Result<Self, Box<Diagnostic>> {
        let here = std::env::current_dir().map_err(|error| {
            Box::new(
                Diagnostic::unplaced(
                    Code::NO_PLAN,
                    format!("the current folder cannot be read: {error}"),
                )
                .help("change to a folder that exists"),
            )
        })?;
        let Some(given) = given else {
            let root = repo.map_or_else(|| here.clone(), |repo| repo.root().to_owned());
            let path = only_plan(plans_in(&root))?;
            return Ok(Self::at_root(root, path, &here));
        };
        let absolute = normal(&here.join(given));
        let root = match repo {
            Some(repo) if real(&absolute).starts_with(real(repo.root())) => repo.root().to_owned(),
            _ => absolute
                .parent()
                .map_or_else(|| here.clone(), Path::to_owned),
        };
        let path = real(&absolute)
            .strip_prefix(real(&root))
            .map_or_else(|_| given.to_owned(), Path::to_owned);
        let prefix = if given.is_absolute() {
            root.clone()
        } else {
            relative(&here, &root)
        };
        Ok(Self {
            root,
            path: slashed(&path),
            given: Some(given.to_string_lossy().into_owned()),
            prefix,
        })
    }

    /// As [`Located::find`], for what judges the staged tree: a plan that is staged is found
    /// where the disk has none, as in a sparse checkout.
    pub fn find_judged(given: Option<&Path>, repo: &Repository) -> Result<Self, Box<Diagnostic>> {
        if given.is_some() || !plans_in(repo.root()).is_empty() {
            return Self::find(given, Some(repo));
        }
        let staged = repo.staged_tree().and_then(|tree| repo.files(&tree));
        let staged = staged.map_err(|error| Box::new(error.diagnostic()))?;
        let names = staged.iter().filter_map(|entry| entry.path.as_str());
        let plans = names.filter(|name| name.ends_with(".gate") && !name.contains('/'));
        let path = only_plan(plans.map(str::to_owned).collect())?;
        let here = std::env::current_dir().unwrap_or_else(|_| repo.root().to_owned());
        Ok(Self::at_root(repo.root().to_owned(), path, &here))
    }

    fn at_root(root: PathBuf, path: String, here: &Path) -> Self {
        let prefix = relative(here, &root);
        Self {
            root,
            path,
            given: None,
            prefix,
        }
    }

    /// A path of the repository that was named from the current folder; it need not exist. A
    /// link is the path, not what it leads to.
    pub fn asked(&self, repo: &Repository, given: &Path) -> Result<RepoPath, Box<Diagnostic>> {
        let here = std::env::current_dir().unwrap_or_else(|_| self.root.clone());
        let absolute = normal(&here.join(given));
        let place = match (absolute.parent(), absolute.file_name()) {
            (Some(folder), Some(name)) => real(folder).join(name),
            _ => absolute.clone(),
        };
        let root = real(repo.root());
        let path = place.strip_prefix(&root).ok();
        // The root itself, named from within.
        let path = path.or_else(|| real(&absolute).starts_with(&root).then_some(Path::new("")));
        path.map(|path| RepoPath::new(path.as_os_str().as_encoded_bytes()))
            .ok_or_else(|| {
                let message = format!("`{}` is not in the repository", given.display());
                Box::new(
                    Diagnostic::unplaced(Code::OUTSIDE_PATH, message)
                        .help(format!("name a path below `{}`", root.display())),
                )
            })
    }

    /// The path of a file of the plan, as it can be opened from the current folder.
    pub fn shown(&self, path: &str) -> String {
        match &self.given {
            Some(given) if path == self.path => given.clone(),
            _ => slashed(&self.prefix.join(path)),
        }
    }

    /// The same texts under the paths by which they can be opened from here.
    pub fn relocated(&self, sources: &Sources) -> Sources {
        sources.renamed(|path| self.shown(path))
    }

    /// Diagnostics under those paths.
    pub fn relocate(&self, diagnostics: Diagnostics) -> Diagnostics {
        Diagnostics {
            sources: self.relocated(&diagnostics.sources),
            items: diagnostics.items,
        }
    }
}

/// The plans that lie in a folder.
fn plans_in(root: &Path) -> Vec<String> {
    std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".gate"))
        .collect()
}

fn only_plan(mut plans: Vec<String>) -> Result<String, Box<Diagnostic>> {
    plans.sort();
    match plans.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Box::new(
            Diagnostic::unplaced(Code::NO_PLAN, "there is no plan at the repository's root")
                .help("write a `plan.gate` there, or name a plan: `gate run path/to/plan.gate`")
                .help("to see what one looks like: `gate demo`"),
        )),
        several => match several.iter().find(|name| *name == "plan.gate") {
            Some(name) => Ok(name.clone()),
            None => Err(Box::new(
                Diagnostic::unplaced(
                    Code::NO_PLAN,
                    format!(
                        "there are several plans at the repository's root: {}",
                        several.join(", ")
                    ),
                )
                .help("name the one you mean, or call it `plan.gate`"),
            )),
        },
    }
}

/// A path without `.` and `..`, by its words alone.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The path with its folder's links followed; the file itself need not exist.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// `to`, relative to `from`; both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (real(from), real(to));
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
