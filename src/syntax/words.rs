//! The words statements begin with, and the blocks each may stand in: the one table
//! that the parser's judgement, suggestions and completion read.

use serde::Serialize;

/// What kind of block statements stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum BlockKind {
    /// The top level of a file.
    File,
    /// `plan { … }`.
    Plan,
    /// `phase { … }`.
    Phase,
    /// `every phase { … }`.
    Every,
    /// A `for` in a phase or an `every phase`.
    PhaseFor,
    /// `scope { … }`.
    Scope,
    /// `gate { … }`.
    Gate,
    /// A `for` in a gate.
    GateFor,
    /// `check { … }`.
    Check,
    /// A `for` in a check.
    CheckFor,
    /// `service { … }`.
    Service,
    /// `manual { … }`.
    Manual,
    /// `proof { … }`.
    Proof,
    /// A commit's block.
    Commit,
    /// `test { … }`.
    Test,
}

impl BlockKind {
    /// The block in words, for messages: `a phase`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "the top level of a file",
            Self::Plan => "a plan block",
            Self::Phase => "a phase",
            Self::Every => "an every phase",
            Self::PhaseFor | Self::GateFor | Self::CheckFor => "a for",
            Self::Scope => "a scope",
            Self::Gate => "a gate",
            Self::Check => "a check",
            Self::Service => "a service",
            Self::Manual => "a manual check",
            Self::Proof => "a proof",
            Self::Commit => "a commit",
            Self::Test => "a test",
        }
    }

    /// The words that begin a statement here.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        WORDS
            .iter()
            .filter(move |(_, blocks)| blocks.contains(&self))
            .map(|(word, _)| *word)
    }

    /// Whether a statement that begins with `word` may stand here.
    #[must_use]
    pub fn takes(self, word: &str) -> bool {
        blocks_of(word).contains(&self)
    }
}

/// The blocks a statement that begins with `word` may stand in; none for a word that
/// begins no statement.
#[must_use]
pub fn blocks_of(word: &str) -> &'static [BlockKind] {
    WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .map_or(&[], |(_, blocks)| blocks)
}

use BlockKind as B;

/// Every word, with the blocks that take it.
pub const WORDS: &[(&str, &[BlockKind])] = &[
    ("edition", &[B::File]),
    ("use", &[B::File]),
    ("include", &[B::File]),
    ("plan", &[B::File]),
    ("param", &[B::File]),
    ("every", &[B::File]),
    ("phase", &[B::File]),
    ("test", &[B::File]),
    ("base", &[B::Plan]),
    ("shell", &[B::Plan]),
    ("jobs", &[B::Plan]),
    ("tree", &[B::Plan]),
    ("share", &[B::Plan]),
    ("amend", &[B::Plan]),
    ("lint", &[B::Plan]),
    ("remind", &[B::Plan]),
    ("secret", &[B::Plan]),
    ("goal", &[B::Phase]),
    ("scope", &[B::Phase, B::Every, B::PhaseFor]),
    ("tasks", &[B::Phase, B::Every, B::PhaseFor]),
    ("gate", &[B::Phase, B::Every, B::PhaseFor]),
    ("manual", &[B::Phase, B::Every, B::PhaseFor]),
    ("regress", &[B::Phase, B::Every]),
    ("commit", &[B::Phase, B::Every]),
    ("tag", &[B::Phase, B::Every]),
    ("push", &[B::Phase, B::Every]),
    (
        "for",
        &[
            B::Phase,
            B::Every,
            B::PhaseFor,
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
        ],
    ),
    (
        "service",
        &[
            B::Phase,
            B::Every,
            B::PhaseFor,
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
        ],
    ),
    (
        "in",
        &[
            B::Phase,
            B::Every,
            B::PhaseFor,
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
            B::Service,
        ],
    ),
    (
        "env",
        &[
            B::Plan,
            B::Phase,
            B::Every,
            B::PhaseFor,
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
            B::Service,
            B::Proof,
            B::Test,
        ],
    ),
    (
        "timeout",
        &[
            B::Plan,
            B::Phase,
            B::Every,
            B::PhaseFor,
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
        ],
    ),
    ("allow", &[B::Scope]),
    ("deny", &[B::Scope]),
    ("forbid", &[B::Scope]),
    ("limit", &[B::Scope]),
    ("require", &[B::Scope]),
    ("inputs", &[B::Gate, B::GateFor, B::Manual]),
    ("retry", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    ("hold", &[B::Gate, B::GateFor]),
    ("needs", &[B::Gate, B::GateFor, B::Service]),
    ("lock", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    ("when", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    ("proof", &[B::Gate, B::GateFor]),
    (
        "$",
        &[
            B::Gate,
            B::GateFor,
            B::Check,
            B::CheckFor,
            B::Service,
            B::Manual,
        ],
    ),
    ("run", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    ("script", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    (
        "check",
        &[B::File, B::Gate, B::GateFor, B::Check, B::CheckFor, B::Test],
    ),
    ("rhai", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    (
        "expect",
        &[B::Gate, B::GateFor, B::Check, B::CheckFor, B::Test],
    ),
    (
        "let",
        &[B::File, B::Gate, B::GateFor, B::Check, B::CheckFor],
    ),
    ("ratchet", &[B::Gate, B::GateFor, B::Check, B::CheckFor]),
    ("ready", &[B::Service]),
    ("stop", &[B::Service]),
    ("step", &[B::Manual]),
    ("expected", &[B::Manual]),
    ("expires", &[B::Manual]),
    ("by", &[B::Manual]),
    ("signed", &[B::Manual]),
    ("body", &[B::Commit]),
    ("breaking", &[B::Commit]),
    ("trailer", &[B::Commit]),
    ("write", &[B::Proof, B::Test]),
    ("append", &[B::Proof, B::Test]),
    ("replace", &[B::Proof, B::Test]),
    ("remove", &[B::Proof, B::Test]),
];
