//! Gates: their settings, their steps, and the services and proofs they have.

use indexmap::IndexMap;
use serde::Serialize;

use super::{EnvVar, Expr, Quoting};
use crate::source::{Span, Spanned};
use crate::syntax::ast::Direction;

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
    /// Keeps a value under a slot that [`Builtin::Local`](super::Builtin::Local) names, unique in the gate.
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
