//! Where an expression stands: what names mean there.

use crate::source::Span;
use crate::value::{Type, Value};

/// A place.
#[derive(Clone)]
pub(super) struct Place {
    /// Whose names are in reach.
    pub module: usize,
    /// Parameters, loop variables and `let`s of the blocks around, innermost last.
    pub locals: Vec<Local>,
    pub phase: PhaseHere,
    pub outputs: Outputs,
    /// The gate or check it stands in.
    pub block: Option<Span>,
    /// In a check called with `allow-empty: true`.
    pub allow_empty: bool,
}

impl Place {
    /// The top level of a module, named for messages.
    pub fn top(module: usize, what: &'static str) -> Self {
        Self {
            module,
            locals: Vec::new(),
            phase: PhaseHere::Nowhere(what),
            outputs: Outputs::Nowhere(what),
            block: None,
            allow_empty: false,
        }
    }

    /// This place for a setting, which holds for its whole block and so knows no result.
    pub fn setting(&self, what: &'static str) -> Self {
        Self {
            outputs: Outputs::Nowhere(what),
            ..self.clone()
        }
    }
}

/// A name of a block.
#[derive(Clone)]
pub(super) struct Local {
    pub name: String,
    pub binding: Binding,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) struct Binding {
    /// Where it was declared.
    pub span: Span,
    pub ty: Type,
    pub kind: BindingKind,
    /// Whether it is what `file()` gives.
    pub file: bool,
}

impl Binding {
    pub fn wrong(span: Span) -> Self {
        Self {
            span,
            ty: Type::Unknown,
            kind: BindingKind::Wrong,
            file: false,
        }
    }
}

/// How a value is known.
#[derive(Clone)]
pub(super) enum BindingKind {
    Constant(Value),
    /// Not given, or known only where a check is called.
    Missing,
    /// Already reported.
    Wrong,
    /// A run-time value of a file, by its key in the plan.
    Global(String),
    /// A run-time value of a gate; `step` if a step keeps it, so that a setting cannot know it.
    Slot {
        slot: usize,
        step: bool,
    },
}

/// What `phase.*` means.
#[derive(Clone)]
pub(super) enum PhaseHere {
    /// The title is none where it is not known.
    Known {
        name: String,
        number: usize,
        title: Option<String>,
    },
    /// Of whatever phase it will be.
    Unknown,
    /// Nothing; says what this place is.
    Nowhere(&'static str),
}

/// What `exit`, `stdout` and the like mean.
#[derive(Clone, Copy)]
pub(super) enum Outputs {
    /// The result of this command, if there is one above.
    After(Option<usize>),
    /// Nothing; says what this place is.
    Nowhere(&'static str),
}

/// The plan's title, once it was looked at.
#[derive(Clone)]
pub(super) enum Title {
    Text(String),
    /// The plan has none.
    None,
    /// It hangs on a value that was not given, or is wrong.
    Missing,
}
