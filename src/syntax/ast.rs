//! The tree of a file, as written.
//!
//! Statements are of one kind, [`Stmt`], whatever block they stand in; which words a
//! block takes is said once, in [`super::words`]. Every node has its exact span: it
//! starts at its first character and ends at its last, without blanks or comments.

mod expr;

pub use expr::{BinaryOp, Expr, ExprKind, MapEntry, Text, TextForm, TextPart, UnaryOp};

use serde::Serialize;

use crate::source::{SourceId, Span, Spanned};

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// Its source.
    pub source: SourceId,
    /// What stands at the top level, in order. What could not be read is left out.
    pub items: Vec<Stmt>,
    /// Every comment, documentation too, in order; the text is the slice of the span.
    pub comments: Vec<Span>,
}

/// A word written without quotes.
pub type Ident = Spanned<String>;

/// A block in braces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// From `{` to `}`.
    pub span: Span,
    /// The statements.
    pub stmts: Vec<Stmt>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stmt {
    /// From its first word to its last character, a block's `}` included.
    pub span: Span,
    /// The word it begins with (`$` for a command).
    pub keyword: Span,
    /// The `##` lines directly above, without the signs.
    pub doc: Option<Spanned<String>>,
    /// What it says.
    pub kind: StmtKind,
}

/// A name that may be computed in a `for`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Name {
    /// Written plainly.
    Ident(Ident),
    /// Written as a string.
    Text(Text),
}

impl Name {
    /// Where the name stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Ident(ident) => ident.span,
            Self::Text(text) => text.span,
        }
    }
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "each variant shows the syntax its fields come from"
)]
pub enum StmtKind {
    // Files.
    /// `edition 2026`; the text of the number.
    Edition(Spanned<String>),
    /// `use "./x.gate" as y`.
    Use { path: Text, alias: Option<Ident> },
    /// `include "./x.gate"`.
    Include(Text),
    /// `plan "title" { … }`.
    Plan { title: Option<Text>, body: Block },
    /// `param name: type = default`.
    Param(Param),
    /// `let name = value`: at the top of a file or a step.
    Let { name: Ident, value: Expr },
    /// `check name(params) { … }`.
    CheckDecl {
        name: Ident,
        params: Vec<Param>,
        body: Block,
    },
    /// `every phase { … }`.
    Every(Block),
    /// `phase name "Title" { … }`.
    Phase {
        name: Ident,
        title: Option<Text>,
        body: Block,
    },
    /// `test "title" { … }`.
    Test { title: Text, body: Block },

    // The plan's settings.
    /// `base REF`.
    Base(Expr),
    /// `shell "bash", "-c"`.
    Shell(Vec<Expr>),
    /// `jobs 4`.
    Jobs(Expr),
    /// `tree staged`.
    Tree(Ident),
    /// `share "node_modules"`.
    Share(Vec<Expr>),
    /// `amend by "a@example.com"`.
    AmendBy(Vec<Text>),
    /// `lint W001 off`.
    Lint { code: Ident, state: Ident },
    /// `remind "…"`.
    Remind(Vec<Expr>),
    /// `secret NAME, …`.
    Secret(Vec<Ident>),

    // Settings of several blocks.
    /// `env NAME = value`.
    Env { name: Ident, value: Expr },
    /// `timeout 10m`.
    Timeout(Expr),
    /// `in "folder"`.
    In(Expr),
    /// `inputs "a", "b" allow-empty`, or `inputs none`.
    Inputs {
        globs: Vec<Expr>,
        /// The word `none`.
        none: Option<Span>,
        /// The word `allow-empty`.
        allow_empty: Option<Span>,
    },

    // A phase.
    /// `goal "…"`.
    Goal(Expr),
    /// `scope { … }`.
    Scope(Block),
    /// `tasks "tasks.md" under "Heading"`.
    Tasks { file: Expr, under: Option<Expr> },
    /// `service name { … }`.
    Service { name: Name, body: Block },
    /// `gate name "title" …`.
    Gate {
        name: Name,
        title: Option<Text>,
        body: GateBody,
    },
    /// `manual name "title" { … }`.
    Manual {
        name: Name,
        title: Option<Text>,
        body: Block,
    },
    /// `regress changed`.
    Regress(Ident),
    /// `commit feat(scope) "subject" { … }`.
    Commit(Commit),
    /// `tag "name" message "text"`.
    Tag { name: Expr, message: Option<Expr> },
    /// `push "origin"`.
    Push(Expr),
    /// `for item in list { … }`: in a phase, an `every phase` or a gate.
    For {
        variable: Ident,
        list: Expr,
        body: Block,
    },

    // A scope.
    /// `allow "glob", …`.
    Allow(Vec<Expr>),
    /// `deny "glob", …`.
    Deny(Vec<Expr>),
    /// `forbid "word", /regex/ in "glob", …`.
    Forbid {
        patterns: Vec<Expr>,
        within: Vec<Expr>,
    },
    /// `limit 40 files`.
    Limit { value: Expr, kind: LimitKind },
    /// `require "glob", …`.
    Require(Vec<Expr>),

    // A gate's settings.
    /// `retry 2 every 5s`.
    Retry { count: Expr, every: Option<Expr> },
    /// `hold 24h every 1m`.
    Hold { duration: Expr, every: Option<Expr> },
    /// `needs a, "b"`; a plain word is a name of a gate.
    Needs(Vec<Expr>),
    /// `lock "name"`.
    Lock(Vec<Expr>),
    /// `when expr`.
    When(Expr),
    /// `proof "title" { … }`.
    Proof { title: Option<Text>, body: Block },

    // Steps.
    /// `$ command`.
    Command(CommandText),
    /// `run "command"`.
    Run(Expr),
    /// `script "python3" """…"""`.
    Script { program: Expr, source: Expr },
    /// `check path.name(arguments)`.
    CheckCall(CheckCall),
    /// `rhai { … }`: the script between the braces, as it stands.
    Rhai(Spanned<String>),
    /// `rhai "file.rhai"`.
    RhaiFile(Text),
    /// `expect expr`.
    Expect(Expr),
    /// `ratchet name = expr rises`.
    Ratchet {
        name: Name,
        value: Expr,
        direction: Spanned<Direction>,
    },

    // A service.
    /// `ready within 10s port 80`.
    Ready { probe: Probe, within: Option<Expr> },
    /// `stop SIGINT within 5s`.
    Stop { signal: Ident, within: Option<Expr> },

    // A manual check.
    /// `step "…"`.
    Step(Expr),
    /// `expected "…"`.
    Expected(Expr),
    /// `expires 7d`.
    Expires(Expr),
    /// `by "a@example.com", …`.
    By(Vec<Text>),
    /// `signed`.
    Signed,

    // A commit's block.
    /// `body "…"`.
    Body(Expr),
    /// `breaking "…"`.
    Breaking(Expr),
    /// `trailer Name "value"`.
    Trailer { name: Ident, value: Expr },

    // A proof or a test.
    /// `write "path" "text"`.
    Write { path: Expr, text: Expr },
    /// `append "path" "text"`.
    Append { path: Expr, text: Expr },
    /// `replace "path" "old" "new"`.
    Replace { path: Expr, old: Expr, new: Expr },
    /// `remove "path"`.
    Remove(Expr),
    /// `expect passes` and its like, in a test.
    ExpectOutcome(Outcome),
}

/// A parameter of a check, or a `param` of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Param {
    /// From the name to the default.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// Its default.
    pub default: Option<Expr>,
}

/// A type as written: `string`, `list<glob>`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeName {
    /// The whole of it.
    pub span: Span,
    /// The name.
    pub name: Ident,
    /// What stands in `< >`.
    pub item: Option<Box<TypeName>>,
}

/// The body of a gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum GateBody {
    /// One step on the same line.
    Line(Box<Stmt>),
    /// A block.
    Block(Block),
}

/// What a `limit` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// Changed files.
    Files,
    /// Added and removed lines.
    Lines,
    /// Bytes of each added or changed file.
    PerFile,
}

/// A `commit`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commit {
    /// The conventional type.
    pub ty: Ident,
    /// `(scope)`: absent, empty, or a name.
    pub scope: Option<Option<Ident>>,
    /// The subject.
    pub subject: Expr,
    /// `body`, `breaking`, `trailer`.
    pub body: Option<Block>,
}

/// Which way a ratchet may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Never less than before.
    Rises,
    /// Never more than before.
    Falls,
}

/// How a service is known to be ready.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Probe {
    /// `http URL`.
    Http(Expr),
    /// `port N`.
    Port(Expr),
    /// `output /regex/`.
    Output(Expr),
    /// `$ command`.
    Command(CommandText),
}

/// What a test expects of the check before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "each variant shows the syntax its fields come from"
)]
pub enum Outcome {
    /// `expect passes`.
    Passes,
    /// `expect fails "text" at "file:line"`.
    Fails {
        text: Option<Expr>,
        at: Option<Expr>,
    },
    /// `expect blocked`.
    Blocked,
}

/// A call of a check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckCall {
    /// From the name to the closing parenthesis.
    pub span: Span,
    /// `name`, or `module` and `name`.
    pub path: Vec<Ident>,
    /// The arguments.
    pub args: Vec<Arg>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arg {
    /// All of it.
    pub span: Span,
    /// `name:` before the value.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// A command line: the text after `$` and its blanks, continued lines and all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandText {
    /// The text, without `$`.
    pub span: Span,
    /// The text in pieces.
    pub parts: Vec<TextPart>,
}
