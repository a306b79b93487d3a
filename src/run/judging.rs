//! What the gates of one run share: the judged tree, the phases' changes, and the values
//! that exist only in a run.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;

use super::event::Mode;
use super::globs::{matcher, nearest_existing};
use super::interpreter::Interpreter;
use super::ports::Ports;
use super::state::States;
use super::transcripts::Transcripts;
use crate::eval::{Facts, Fault, FaultKind, evaluate};
use crate::plan::{Builtin, Expr, ExprKind, Function, OutputStream, Plan};
use crate::process::{Env, Finished, Interrupt, Programs};
use crate::repo::{Change, Head, Oid, RepoError, Repository, TreeEntry};
use crate::secret::Secrets;
use crate::source::{Source, Sources, Span};
use crate::value::Value;

/// One judged tree and all that is asked of it.
pub(crate) struct Judging<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The repository.
    pub repo: &'a Repository,
    /// The judged tree.
    pub tree: Oid,
    /// HEAD as the run found it.
    pub head: Head,
    /// Where gates see the tree.
    pub root: PathBuf,
    /// The environment commands start from, scrubbed.
    pub env: Env,
    /// Set when the run is to end.
    pub interrupt: Interrupt,
    /// Whether it may seal.
    pub mode: Mode,
    /// What must not be shown or recorded.
    pub secrets: Secrets,
    /// Where the whole output of commands is kept.
    pub transcripts: Option<&'a Transcripts>,
    /// Where the gates' first commands found their programs.
    pub programs: Programs,
    ports: Ports,
    states: States,
    files: OnceLock<Listing>,
    changes: Vec<OnceLock<Arc<Vec<Change>>>>,
    globals: Mutex<HashMap<String, Result<Value, Fault>>>,
    sources: Mutex<Sources>,
}

/// The files of the judged tree.
struct Listing {
    entries: Vec<TreeEntry>,
    /// Their paths as texts, when they are asked for.
    names: OnceLock<Vec<String>>,
}

impl Listing {
    fn names(&self) -> &[String] {
        self.names.get_or_init(|| {
            let paths = self.entries.iter().map(|entry| entry.path.to_str_lossy());
            paths.map(Cow::into_owned).collect()
        })
    }
}

impl Interpreter<'_> {
    /// What is asked of a tree in this run, its commands started from `env`. Nothing of it is
    /// looked up yet.
    pub(super) fn judging(&self, tree: Oid, head: Head, states: States, env: Env) -> Judging<'_> {
        Judging {
            plan: self.plan,
            repo: &self.repo,
            tree,
            head,
            root: self.repo.root().to_owned(),
            env,
            interrupt: self.interrupt.clone(),
            mode: self.mode,
            secrets: self.secrets.clone(),
            transcripts: self.transcripts.as_ref(),
            programs: Programs::default(),
            ports: self.ports.clone(),
            states,
            files: OnceLock::new(),
            changes: self.plan.phases.iter().map(|_| OnceLock::new()).collect(),
            globals: Mutex::default(),
            sources: Mutex::new(self.plan.sources.clone()),
        }
    }
}

impl<'a> Judging<'a> {
    /// That with texts that were taken in before.
    pub fn with_sources(mut self, sources: Sources) -> Self {
        self.sources = Mutex::new(sources);
        self
    }

    fn listing(&self) -> Result<&Listing, RepoError> {
        if let Some(known) = self.files.get() {
            return Ok(known);
        }
        let entries = self.repo.files(&self.tree)?;
        Ok(self.files.get_or_init(|| Listing {
            entries,
            names: OnceLock::new(),
        }))
    }

    /// The files of the judged tree, sorted by path.
    pub fn entries(&self) -> Result<&[TreeEntry], RepoError> {
        Ok(&self.listing()?.entries)
    }

    /// The name of the phase of this index.
    pub fn phase_name(&self, phase: usize) -> &'a str {
        let phase = self.plan.phases.get(phase);
        phase.map_or("", |phase| &phase.name.value)
    }

    /// The tree at which the phase of this index opened.
    pub fn opened_at(&self, phase: usize) -> &Oid {
        self.states.opened_at(phase)
    }

    /// The phase's change: from the tree at which it opened to the judged one.
    pub fn changes(&self, phase: usize) -> Result<Arc<Vec<Change>>, RepoError> {
        let compute = || {
            self.repo
                .changes(self.states.opened_at(phase), &self.tree)
                .map(Arc::new)
        };
        match self.changes.get(phase) {
            Some(slot) => match slot.get() {
                Some(changes) => Ok(Arc::clone(changes)),
                None => {
                    let changes = compute()?;
                    Ok(Arc::clone(slot.get_or_init(|| changes)))
                }
            },
            None => compute(),
        }
    }

    /// The texts diagnostics point into, as far as they are known now.
    pub fn sources(&self) -> Sources {
        self.sources
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes a file of the judged tree in as a text; none where it is absent or no text.
    pub fn text(
        &self,
        path: &str,
        content: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<Arc<Source>> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let content = content()?;
        if content.contains(&0) {
            return None;
        }
        let text = String::from_utf8_lossy(&content);
        match sources.by_path(path) {
            Some(known) if known.text() == text => Some(Arc::clone(known)),
            _ => Some(sources.add(path, text)),
        }
    }

    /// The paths of the judged tree that match; blocked where a glob matches none.
    pub fn files(
        &self,
        globs: &[String],
        allow_empty: bool,
        span: Span,
    ) -> Result<Vec<String>, Fault> {
        let listing = self.listing().map_err(|error| git_fault(&error, span))?;
        let mut found = vec![false; listing.entries.len()];
        for glob in globs {
            let mut any = false;
            if let Some(matcher) = matcher(glob) {
                let files = listing.entries.iter().zip(listing.names());
                for ((entry, name), hit) in files.zip(&mut found) {
                    // A path given where a glob is wanted is matched literally.
                    if matcher.is_match(entry.path.as_path()) || name == glob {
                        *hit = true;
                        any = true;
                    }
                }
            }
            if !any && !allow_empty {
                return Err(nothing_matched(listing, glob, span));
            }
        }
        Ok(listing
            .names()
            .iter()
            .zip(found)
            .filter(|(_, hit)| *hit)
            .map(|(name, _)| name.clone())
            .collect())
    }

    fn global(&self, key: &str, facts: &dyn Facts, span: Span) -> Result<Value, Fault> {
        let known = |globals: &Mutex<HashMap<String, Result<Value, Fault>>>| {
            globals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(key)
                .cloned()
        };
        if let Some(value) = known(&self.globals) {
            return value;
        }
        let Some(global) = self.plan.globals.get(key) else {
            return Err(no_value(format!("`{key}` has no value"), span));
        };
        // A free port says nothing about the tree: it is no part of what a verdict hangs on.
        let value = if global.value.any(&mut asks_port) {
            self.ports.of_global(key, || evaluate(&global.value, facts))
        } else {
            evaluate(&global.value, facts)
        };
        self.globals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            // Whoever came first decides: a free port is one port for all.
            .entry(key.to_owned())
            .or_insert(value)
            .clone()
    }
}

fn nothing_matched(listing: &Listing, glob: &str, span: Span) -> Fault {
    let near = nearest_existing(glob, listing.names().iter().map(String::as_str));
    let mut notes = vec![match near {
        Some(near) => format!("the nearest path that exists is `{near}`"),
        None => "the judged tree has nothing like it".to_owned(),
    }];
    notes.push("where nothing is fine, say `allow-empty`".to_owned());
    Fault {
        kind: FaultKind::NothingMatched,
        message: format!("`{glob}` matches no file of the judged tree"),
        span,
        notes,
    }
}

/// What the expressions of one gate may ask.
pub(crate) struct GateFacts<'a> {
    /// The run's shared part.
    pub judging: &'a Judging<'a>,
    /// The index of the gate's phase.
    pub phase: usize,
    /// `let`s so far, by slot.
    pub locals: &'a HashMap<usize, Value>,
    /// Results so far, by command.
    pub results: &'a HashMap<usize, Finished>,
}

impl Facts for GateFacts<'_> {
    fn builtin(&self, builtin: &Builtin, span: Span) -> Result<Value, Fault> {
        match builtin {
            Builtin::GitBranch => match &self.judging.head.branch {
                Some(branch) => Ok(Value::String(branch.clone())),
                None => Err(no_value("HEAD is detached: there is no branch", span)),
            },
            Builtin::GitHead => match &self.judging.head.commit {
                Some(commit) => Ok(Value::String(commit.as_str().to_owned())),
                None => Err(no_value("there is no commit yet", span)),
            },
            Builtin::GitTree => Ok(Value::String(self.judging.tree.as_str().to_owned())),
            Builtin::Ci => Ok(Value::Bool(is_ci())),
            Builtin::Output { command, stream } => match self.results.get(command) {
                Some(finished) => output(finished, *stream, span),
                None => Err(no_value("the command was not run", span)),
            },
            Builtin::Local { slot, name } => self
                .locals
                .get(slot)
                .cloned()
                .ok_or_else(|| no_value(format!("`{name}` has no value yet"), span)),
            Builtin::Global(key) => self.judging.global(key, self, span),
        }
    }

    fn call(
        &self,
        function: Function,
        args: &[Value],
        allow_empty: bool,
        span: Span,
    ) -> Result<Value, Fault> {
        match function {
            Function::Env => variable(args, span),
            Function::FreePort => match self.judging.ports.free() {
                Ok(port) => Ok(Value::Int(i64::from(port))),
                Err(error) => Err(no_value(format!("no free port was found: {error}"), span)),
            },
            Function::Files => {
                let paths = self.judging.files(&texts(args), allow_empty, span)?;
                Ok(list(paths))
            }
            Function::Changed => {
                let changes = self
                    .judging
                    .changes(self.phase)
                    .map_err(|error| git_fault(&error, span))?;
                let globs: Vec<_> = texts(args)
                    .iter()
                    .filter_map(|glob| matcher(glob))
                    .collect();
                let paths = changes
                    .iter()
                    .filter_map(|change| change.new.as_ref())
                    .filter(|path| {
                        args.is_empty() || globs.iter().any(|glob| glob.is_match(path.as_path()))
                    })
                    .map(|path| path.to_str_lossy().into_owned())
                    .collect();
                Ok(list(paths))
            }
            Function::File => self.file(args, span),
        }
    }
}

impl GateFacts<'_> {
    fn file(&self, args: &[Value], span: Span) -> Result<Value, Fault> {
        let path = texts(args).into_iter().next().unwrap_or_default();
        let content = self
            .judging
            .repo
            .read(&self.judging.tree, &path)
            .map_err(|error| git_fault(&error, span))?;
        let mut map = IndexMap::new();
        map.insert("exists".to_owned(), Value::Bool(content.is_some()));
        if let Some(content) = content {
            map.insert("size".to_owned(), Value::Size(content.len() as u64));
            let text = String::from_utf8_lossy(&content).into_owned();
            map.insert("text".to_owned(), Value::String(text));
        }
        Ok(Value::Map(map))
    }
}

fn output(finished: &Finished, stream: OutputStream, span: Span) -> Result<Value, Fault> {
    let text = |output: &crate::process::Output| {
        output.whole().map(Value::String).map_err(|error| Fault {
            kind: FaultKind::OutputTooLarge,
            message: error.to_string(),
            span,
            notes: Vec::new(),
        })
    };
    match stream {
        OutputStream::Exit => Ok(Value::Int(i64::from(finished.exit.code()))),
        OutputStream::Stdout => text(&finished.stdout),
        OutputStream::Stderr => text(&finished.stderr),
        OutputStream::Output => text(&finished.output),
        OutputStream::Time => Ok(Value::Duration(super::millis(finished.time))),
    }
}

/// The value `ci`.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

fn variable(args: &[Value], span: Span) -> Result<Value, Fault> {
    let name = match args.first() {
        Some(Value::String(name)) => name.clone(),
        _ => String::new(),
    };
    match (std::env::var_os(&name), args.get(1)) {
        (Some(value), _) => Ok(Value::String(value.to_string_lossy().into_owned())),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(Fault {
            kind: FaultKind::UnsetVariable,
            message: format!("the environment variable `{name}` is not set"),
            span,
            notes: vec![format!(
                "set it, or give a default: `env(\"{name}\", \"…\")`"
            )],
        }),
    }
}

fn asks_port(expr: &Expr) -> bool {
    matches!(
        &expr.kind,
        ExprKind::Call {
            function: Function::FreePort,
            ..
        }
    )
}

/// The texts of values, those in lists too.
pub(super) fn texts(args: &[Value]) -> Vec<String> {
    let mut all = Vec::new();
    for arg in args {
        match arg {
            Value::String(text) => all.push(text.clone()),
            Value::List(items) => all.extend(texts(items)),
            _ => {}
        }
    }
    all
}

fn list(texts: Vec<String>) -> Value {
    Value::List(texts.into_iter().map(Value::String).collect())
}

fn no_value(message: impl Into<String>, span: Span) -> Fault {
    Fault {
        kind: FaultKind::NoValue,
        message: message.into(),
        span,
        notes: Vec::new(),
    }
}

fn git_fault(error: &RepoError, span: Span) -> Fault {
    Fault {
        kind: FaultKind::Git,
        message: error.to_string(),
        span,
        notes: Vec::new(),
    }
}
