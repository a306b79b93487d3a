//! What an expression of a plan is worth.
//!
//! [`evaluate`] gives the value; [`trace`] the value and that of every part, which is
//! what a failed expectation shows. What lies outside the expression (the result of a
//! command, the tree, the environment) comes through [`Facts`].

mod bounds;
pub mod data;
mod describe;
mod diff;
mod explain;
mod methods;
mod operators;
mod regexes;
mod walk;

pub use diff::text_diff;
pub use explain::failed_expectation;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Builtin, Expr, Function};
use crate::source::Span;
use crate::value::Value;

/// What a run knows that an expression does not say.
pub trait Facts {
    /// The value of a builtin that `span` names.
    ///
    /// # Errors
    /// Where there is no such value now.
    fn builtin(&self, builtin: &Builtin, span: Span) -> Result<Value, Fault>;

    /// What a function gives. `file()` gives a map of `exists`, `size` and `text`, the
    /// latter two left out where the file is not there.
    ///
    /// # Errors
    /// Where it gives nothing: a glob without a match, a variable that is not set.
    fn call(
        &self,
        function: Function,
        args: &[Value],
        allow_empty: bool,
        span: Span,
    ) -> Result<Value, Fault>;
}

/// No facts: only what is constant has a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConstantFacts;

impl Facts for ConstantFacts {
    fn builtin(&self, _: &Builtin, span: Span) -> Result<Value, Fault> {
        Err(Fault::not_constant(span))
    }

    fn call(&self, _: Function, _: &[Value], _: bool, span: Span) -> Result<Value, Fault> {
        Err(Fault::not_constant(span))
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of reason.
    pub kind: FaultKind,
    /// The reason, one sentence without a full stop.
    pub message: String,
    /// The part that has none.
    pub span: Span,
    /// Further facts.
    pub notes: Vec<String>,
}

/// The kinds of reasons why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is known only in a run.
    NotConstant,
    /// There is none: an index past the end, a text that is no number.
    NoValue,
    /// A glob matched no file.
    NothingMatched,
    /// An environment variable is not set.
    UnsetVariable,
    /// A param was not given.
    Missing,
    /// Git failed.
    Git,
    /// There is more output than can be looked at.
    OutputTooLarge,
}

impl Fault {
    /// A fault without notes.
    pub fn new(kind: FaultKind, message: impl Into<String>, span: Span) -> Self {
        Self {
            kind,
            message: message.into(),
            span,
            notes: Vec::new(),
        }
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether an `expect` that it ends is blocked. That a value is not there is what an
    /// `expect` finds out: then it is red.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.kind != FaultKind::NoValue
    }

    /// The code it is reported with where it blocks.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.kind {
            FaultKind::NotConstant => Code::NOT_CONSTANT,
            FaultKind::NoValue => Code::NO_VALUE,
            FaultKind::NothingMatched => Code::NOTHING_MATCHED,
            FaultKind::UnsetVariable => Code::UNSET_VARIABLE,
            FaultKind::Missing => Code::PARAM_MISSING,
            FaultKind::Git => Code::GIT_FAILED,
            FaultKind::OutputTooLarge => Code::OUTPUT_TOO_LARGE,
        }
    }

    /// The fault as what blocks a step.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code(), self.message.clone(), self.span);
        diagnostic.notes.clone_from(&self.notes);
        diagnostic
    }

    fn no_value(message: impl Into<String>, span: Span) -> Self {
        Self::new(FaultKind::NoValue, message, span)
    }

    fn not_constant(span: Span) -> Self {
        Self::new(
            FaultKind::NotConstant,
            "this is known only when the gate runs",
            span,
        )
    }
}

/// A part of an expression and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where the part stands.
    pub span: Span,
    /// Its value; a fault only at the part that caused it.
    pub value: Result<Value, Fault>,
}

/// The value of an expression and of its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The value of the whole.
    pub result: Result<Value, Fault>,
    /// The parts in source order, inner ones first where several begin at one place. The
    /// whole, literals written out and what was not evaluated are not among them.
    pub parts: Vec<Part>,
}

/// The value of an expression.
///
/// # Errors
/// Where it, or a part that it needs, has none.
pub fn evaluate(expr: &Expr, facts: &dyn Facts) -> Result<Value, Fault> {
    walk::Walk::new(facts).value(expr)
}

/// The text of an expression's value.
///
/// # Errors
/// Where it has no value, or one without a text (a list, a map, null).
pub fn text_of(expr: &Expr, facts: &dyn Facts) -> Result<String, Fault> {
    let value = evaluate(expr, facts)?;
    walk::text(value, expr)
}

/// The value of an expression and of every part of it. Keeps a copy of each part's
/// value, so it is for expressions whose parts will be shown.
#[must_use]
pub fn trace(expr: &Expr, facts: &dyn Facts) -> Trace {
    walk::trace(expr, facts)
}
