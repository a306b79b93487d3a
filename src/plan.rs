//! The plan as understood: names resolved, checks and `for`s expanded, types checked.
//!
//! Plain data. Every part keeps the [`Span`] it was written at, and what came out of a
//! `for`, an `every phase` or a check keeps the place it came from.

mod expr;
mod feature;
mod gate;
mod quoting;

pub use expr::{Builtin, Expr, ExprKind, Function, Method, OutputStream, TemplatePart};
pub use feature::{Feature, Unbuilt};
pub use gate::{
    Change, CheckStep, Command, CommandForm, CommandPart, Expect, Gate, Hold, Inputs, Probe, Proof,
    Ready, Retry, Rhai, Service, Step, StepKind,
};
pub use quoting::Quoting;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::source::{Sources, Span, Spanned};
use crate::syntax::ast::LimitKind;
use crate::value::{Pattern, Value};

/// The version of the serialised form.
pub const SCHEMA: u32 = 1;

/// The newest edition of the language this crate knows.
pub const EDITION: u32 = 2026;

/// How long a command may run where nothing says otherwise, in milliseconds.
pub const DEFAULT_TIMEOUT: u64 = 600_000;

/// The shell where the plan names none: a failure anywhere in a line is a failure.
pub const DEFAULT_SHELL: [&str; 4] = ["bash", "-euo", "pipefail", "-c"];

/// A plan.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The path it was loaded from, from the repository's root.
    pub path: String,
    /// Its title.
    pub title: Option<Spanned<String>>,
    /// Its documentation.
    pub doc: Option<String>,
    /// What `plan { … }` sets, defaults filled in.
    pub settings: Settings,
    /// `param`s and `let`s whose value is known only when a run asks for it, by the name
    /// [`Builtin::Global`] uses; each is evaluated once a run.
    pub globals: IndexMap<String, Global>,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// The files it is made of, this one first: path from the root and text.
    pub files: Vec<PlanFile>,
    /// The values that its `param`s were given, by name.
    pub given: Vec<GivenParam>,
    /// What it uses that this version does not run yet.
    pub unbuilt: Vec<Unbuilt>,
    /// The texts spans point into; serialised as their paths, in the order that spans count.
    #[serde(serialize_with = "paths")]
    pub sources: Sources,
}

impl Plan {
    /// The phase of this name.
    #[must_use]
    pub fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.name.value == name)
    }

    /// The plan's name in refs: its path without `.gate`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.strip_suffix(".gate").unwrap_or(&self.path)
    }
}

fn paths<S: Serializer>(sources: &Sources, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sources.iter().map(|source| source.path()))
}

/// The value that a `param` was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GivenParam {
    /// As `--set` names it: that of a module with its alias.
    pub name: String,
    /// The text.
    pub value: String,
    /// By what.
    pub from: GivenBy,
}

/// What gives a `param` its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GivenBy {
    /// `--set`.
    Call,
    /// A variable `GATE_PARAM_…`.
    Environment,
}

/// A file the plan is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanFile {
    /// From the repository's root.
    pub path: String,
    /// The sha256 of its bytes as loaded, in hex.
    pub sha256: String,
    /// These bytes, for the record.
    #[serde(skip)]
    pub content: Arc<[u8]>,
}

/// What holds for the whole plan.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// `base`.
    pub base: Option<Spanned<String>>,
    /// `shell`, a program and its arguments; the command is added as the last.
    pub shell: Vec<String>,
    /// `env`.
    pub env: Vec<EnvVar>,
    /// `timeout`, in milliseconds.
    pub timeout: u64,
    /// `jobs`.
    pub jobs: Option<usize>,
    /// `tree`.
    pub tree: TreeMode,
    /// `share`; absent = every git-ignored folder.
    pub share: Option<Vec<Spanned<String>>>,
    /// `amend by`.
    pub amend_by: Vec<Spanned<String>>,
    /// `remind`.
    pub reminders: Vec<Spanned<String>>,
    /// `secret`.
    pub secrets: Vec<Spanned<String>>,
    /// Lints switched off.
    pub lints_off: Vec<String>,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TreeMode {
    /// The index.
    Staged,
    /// The working tree as it is.
    Worktree,
}

/// A value that a run computes once, when it is first asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Global {
    /// Its name where it was declared.
    pub name: Spanned<String>,
    /// What it is.
    pub value: Expr,
}

/// An environment variable for commands.
#[derive(Debug, Clone, Serialize)]
pub struct EnvVar {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value; one that has a text.
    pub value: Expr,
}

/// A phase.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// Counted from 1.
    pub number: usize,
    /// Its name.
    pub name: Spanned<String>,
    /// Its title.
    pub title: String,
    /// Its documentation.
    pub doc: Option<String>,
    /// Its statement.
    pub span: Span,
    /// `goal`.
    pub goal: Option<String>,
    /// What it may change.
    pub scope: Vec<ScopeRule>,
    /// What must be ticked.
    pub tasks: Vec<Tasks>,
    /// Its gates, `every phase`'s after its own.
    pub gates: Vec<Gate>,
    /// Its manual checks.
    pub manuals: Vec<Manual>,
    /// Its services.
    pub services: Vec<Service>,
    /// `regress`.
    pub regress: Regress,
    /// `commit`.
    pub commit: Option<Commit>,
    /// `tag`.
    pub tag: Option<Tag>,
    /// `push`.
    pub push: Option<Spanned<String>>,
}

/// Which earlier gates are judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Regress {
    /// Those whose inputs changed.
    Changed,
    /// All.
    All,
    /// None.
    None,
}

/// A rule of a scope.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase", tag = "rule")]
pub enum ScopeRule {
    /// `allow GLOB`.
    Allow {
        /// The glob.
        glob: Spanned<String>,
    },
    /// `deny GLOB`.
    Deny {
        /// The glob.
        glob: Spanned<String>,
    },
    /// `forbid WORD|REGEX in GLOB, …`.
    Forbid {
        /// What no added line may contain.
        pattern: Spanned<Forbidden>,
        /// Where; empty = everywhere.
        within: Vec<Spanned<String>>,
    },
    /// `limit N files` and its like.
    Limit {
        /// What is counted.
        kind: LimitKind,
        /// How much is allowed; for sizes in bytes.
        value: u64,
        /// The statement.
        span: Span,
    },
    /// `require GLOB`.
    Require {
        /// The glob.
        glob: Spanned<String>,
    },
}

/// What a `forbid` looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Forbidden {
    /// A whole word.
    Word(String),
    /// A regular expression, as written.
    Regex(Pattern),
}

/// A `tasks`.
#[derive(Debug, Clone, Serialize)]
pub struct Tasks {
    /// The Markdown file, from the root.
    pub file: Spanned<String>,
    /// The heading.
    pub under: Option<Spanned<String>>,
    /// The statement.
    pub span: Span,
}

/// A manual check.
#[derive(Debug, Clone, Serialize)]
pub struct Manual {
    /// Its name.
    pub name: Spanned<String>,
    /// Its title.
    pub title: String,
    /// Its documentation.
    pub doc: Option<String>,
    /// Its statement.
    pub span: Span,
    /// What is shown, in order.
    pub items: Vec<ManualItem>,
    /// `inputs`.
    pub inputs: Inputs,
    /// `expires`, in milliseconds.
    pub expires: Option<u64>,
    /// `by`.
    pub by: Vec<Spanned<String>>,
    /// `signed`.
    pub signed: bool,
}

/// A line of a manual check.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ManualItem {
    /// `step`.
    Step(Expr),
    /// `$ …`, run only if asked for.
    Command(Vec<CommandPart>),
    /// `expected`.
    Expected(Expr),
}

/// A `commit`; its texts may hold run-time values.
#[derive(Debug, Clone, Serialize)]
pub struct Commit {
    /// The conventional type.
    pub ty: String,
    /// The scope; none for `feat()`.
    pub scope: Option<String>,
    /// The subject.
    pub subject: Expr,
    /// `body`.
    pub body: Option<Expr>,
    /// `breaking`.
    pub breaking: Option<Expr>,
    /// `trailer`.
    pub trailers: Vec<(String, Expr)>,
    /// The statement.
    pub span: Span,
}

/// A `tag`; its name is known when the plan is loaded.
#[derive(Debug, Clone, Serialize)]
pub struct Tag {
    /// The name.
    pub name: Spanned<String>,
    /// `message`.
    pub message: Option<Expr>,
}

/// A value with the place and type a constant had: what names of loaded values become.
#[must_use]
pub fn literal(value: Value, span: Span) -> Expr {
    Expr {
        span,
        ty: value.type_of(),
        kind: ExprKind::Literal { value, name: None },
    }
}
