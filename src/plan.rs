//! The plan as understood: names resolved, checks and `for`s expanded, types checked.
//!
//! Plain data. Every part keeps the [`Span`] it was written at, and what came out of a
//! `for`, an `every phase` or a check keeps the place it came from.

mod expr;
mod feature;
mod quoting;

pub use expr::{Builtin, Expr, ExprKind, Function, Method, OutputStream, TemplatePart};
pub use feature::{Feature, Unbuilt};
pub use quoting::Quoting;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::source::{Sources, Span, Spanned};
use crate::syntax::ast::{Direction, LimitKind};
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

/// A gate.
#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    /// Its name, unique in its phase.
    pub name: Spanned<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation.
    pub doc: Option<String>,
    /// Its statement.
    pub span: Span,
    /// Where it was expanded from, innermost first: the `for`, the `every phase`.
    pub origin: Vec<Span>,
    /// `in`, its own or its phase's.
    pub dir: Option<Expr>,
    /// `env`: the plan's, the phase's and its own, in that order; a later one wins.
    pub env: Vec<EnvVar>,
    /// `timeout` of one attempt, in milliseconds.
    pub timeout: u64,
    /// `retry`.
    pub retry: Option<Retry>,
    /// `hold`.
    pub hold: Option<Hold>,
    /// `needs`: names of gates of the same phase, all known to exist.
    pub needs: Vec<Spanned<String>>,
    /// `lock`.
    pub locks: Vec<Expr>,
    /// `when`.
    pub when: Option<Expr>,
    /// `inputs`.
    pub inputs: Inputs,
    /// Its services.
    pub services: Vec<Service>,
    /// Its steps, checks and `for`s expanded, in order.
    pub steps: Vec<Step>,
    /// Its proofs.
    pub proofs: Vec<Proof>,
}

/// `retry N every D`.
#[derive(Debug, Clone, Serialize)]
pub struct Retry {
    /// How many further attempts.
    pub count: u64,
    /// The pause between, in milliseconds.
    pub every: u64,
    /// The statement.
    pub span: Span,
}

/// `hold D every D`.
#[derive(Debug, Clone, Serialize)]
pub struct Hold {
    /// How long, in milliseconds.
    pub duration: u64,
    /// How often, in milliseconds.
    pub every: u64,
    /// The statement.
    pub span: Span,
}

/// What a verdict depends on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Inputs {
    /// The whole tree.
    Tree,
    /// Never reused.
    None,
    /// The paths that match.
    Globs {
        /// The globs.
        globs: Vec<Expr>,
        /// Whether a glob may match nothing.
        allow_empty: bool,
    },
}

/// A step of a gate.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The statement.
    pub span: Span,
    /// The calls it was expanded from, innermost first: `check` calls and `for`s.
    pub origin: Vec<Span>,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Runs a command.
    Command(Command),
    /// Must be true.
    Expect(Expect),
    /// Keeps a value under a slot that [`Builtin::Local`] names, unique in the gate.
    Let {
        /// The slot.
        slot: usize,
        /// The name as written.
        name: Spanned<String>,
        /// The value.
        value: Expr,
    },
    /// The steps of a reusable check, under settings of its own.
    Check(Box<CheckStep>),
    /// A script of the user's.
    Rhai(Rhai),
    /// A check of the standard library.
    Library {
        /// `text.absent`.
        name: String,
        /// Its arguments by parameter, defaults filled in.
        args: IndexMap<String, Expr>,
    },
    /// A number that may never get worse.
    Ratchet {
        /// Its name.
        name: Spanned<String>,
        /// Its value.
        value: Expr,
        /// Which way it may go.
        direction: Direction,
    },
}

/// A command.
#[derive(Debug, Clone, Serialize)]
pub struct Command {
    /// Which command of its gate, from 0; expectations name it.
    pub id: usize,
    /// How it is started.
    pub form: CommandForm,
    /// Whether an `expect` judges its exit, in place of "must be 0".
    pub exit_expected: bool,
    /// Whether an `expect` or `let` looks at its output, so that it is kept whole.
    pub output_read: bool,
}

/// How a command is started.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    clippy::large_enum_variant,
    reason = "scripts are rare, and a box would show in the serialised form's users"
)]
pub enum CommandForm {
    /// `$ …` and `run "…"`: a text for the plan's shell.
    Shell {
        /// The text in pieces.
        parts: Vec<CommandPart>,
        /// Where the text stands.
        span: Span,
    },
    /// `script "python3" """…"""`.
    Script {
        /// The interpreter.
        program: Expr,
        /// The source.
        source: Expr,
    },
}

/// A piece of a command for the shell.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandPart {
    /// Text as it was typed.
    Text(String),
    /// A value.
    Value {
        /// The expression.
        expr: Expr,
        /// With its braces.
        span: Span,
        /// What it is made literal for.
        quoting: Quoting,
    },
}

/// An `expect`.
#[derive(Debug, Clone, Serialize)]
pub struct Expect {
    /// What must be true.
    pub expr: Expr,
    /// The command it judges, if it names one's result.
    pub command: Option<usize>,
}

/// A call of a reusable check, expanded.
#[derive(Debug, Clone, Serialize)]
pub struct CheckStep {
    /// The name as called: `brand.colours`.
    pub name: String,
    /// The declaration's name.
    pub declared: Span,
    /// `in` of its body.
    pub dir: Option<Expr>,
    /// `env` of its body.
    pub env: Vec<EnvVar>,
    /// `timeout` of its body, in milliseconds.
    pub timeout: Option<u64>,
    /// `lock` of its body.
    pub locks: Vec<Expr>,
    /// `when` of its body.
    pub when: Option<Expr>,
    /// `retry` of its body.
    pub retry: Option<Retry>,
    /// Services of its body.
    pub services: Vec<Service>,
    /// Globs given as arguments, each of which must match a file unless `allow-empty` was given.
    pub globs: Vec<Expr>,
    /// Its parameters whose values are known only when it runs, as [`StepKind::Let`];
    /// evaluated before all else.
    pub params: Vec<Step>,
    /// Its body.
    pub steps: Vec<Step>,
}

/// A `rhai` step.
#[derive(Debug, Clone, Serialize)]
pub struct Rhai {
    /// The script, as it stands.
    pub script: String,
    /// Where it stands: the text between the braces, or the whole file.
    pub span: Span,
    /// The values in scope, under their own names.
    pub values: IndexMap<String, Expr>,
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

/// A service.
#[derive(Debug, Clone, Serialize)]
pub struct Service {
    /// Its name.
    pub name: Spanned<String>,
    /// Its statement.
    pub span: Span,
    /// `$ …`.
    pub command: Vec<CommandPart>,
    /// `ready`.
    pub ready: Option<Ready>,
    /// `stop`: the signal's name.
    pub signal: String,
    /// How long it may take to stop, in milliseconds.
    pub stop_within: u64,
    /// `in`: its own, or that of the phase it is of; absent = where its gate's commands start.
    pub dir: Option<Expr>,
    /// `env`: the plan's and the phase's, if it is a phase's, then its own; a later one wins.
    pub env: Vec<EnvVar>,
    /// `needs`: services beside it or around it, which must be ready first.
    pub needs: Vec<Spanned<String>>,
}

/// When a service is ready.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// How it is known.
    pub probe: Probe,
    /// How long it may take, in milliseconds.
    pub within: u64,
    /// The statement.
    pub span: Span,
}

/// How a service is known to be ready.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Probe {
    /// A 2xx answer.
    Http(Expr),
    /// A port that accepts.
    Port(Expr),
    /// A line of output.
    Output(Expr),
    /// A command that exits 0.
    Command(Vec<CommandPart>),
}

/// A proof.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Its title.
    pub title: Option<String>,
    /// Its statement.
    pub span: Span,
    /// What it changes, in order.
    pub changes: Vec<Change>,
}

/// A change a proof makes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    missing_docs,
    reason = "each variant shows the syntax its fields come from"
)]
pub enum Change {
    /// `write PATH TEXT`.
    Write { path: Expr, text: Expr },
    /// `append PATH TEXT`.
    Append { path: Expr, text: Expr },
    /// `replace PATH OLD NEW`.
    Replace { path: Expr, old: Expr, new: Expr },
    /// `remove PATH`.
    Remove { path: Expr },
    /// `env NAME = EXPR`.
    Env(EnvVar),
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
