//! The one model of everything gate has to say about a plan, a change or a run.
//!
//! A [`Diagnostic`] is made with data and spans, never with formatted places: the
//! terminal, JSON and the editor are renderers of it.

mod codes;
mod mend;
mod suggest;
mod wire;

pub use codes::{Code, Family};
pub use mend::{Mends, apply};
pub use suggest::nearest;
pub use wire::WireDiagnostic;
pub(crate) use wire::portable;

use std::fmt;

use serde::Serialize;

use crate::source::{Sources, Span};

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something worth knowing.
    Note,
    /// A lint; never changes an exit code.
    Warning,
    /// Wrong, failed or blocked.
    Error,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub text: String,
    /// Whether this is the place the diagnostic is about.
    pub primary: bool,
}

/// How freely a suggestion may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Keeps or restores what was meant; may be applied unseen.
    Safe,
    /// Likely what was meant; a person should look.
    Unsafe,
    /// Shown only.
    Display,
}

/// One replacement of text; an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// What to do about a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// In words, as an imperative.
    pub text: String,
    /// How freely it may be applied.
    pub applicability: Applicability,
    /// The edits, all or none.
    pub edits: Vec<Edit>,
}

/// One thing that is wrong, worth knowing, failed or blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Its code.
    pub code: Code,
    /// Its weight.
    pub severity: Severity,
    /// One sentence, without a full stop.
    pub message: String,
    /// Its places; at least one is primary unless the matter has no place in any file.
    pub labels: Vec<Label>,
    /// Further facts, a sentence each. A note may hold several lines (a diff, a tail of output).
    pub notes: Vec<String>,
    /// What to do.
    pub suggestions: Vec<Suggestion>,
}

impl Diagnostic {
    /// A diagnostic with its code's own severity at one place.
    pub fn new(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self::unplaced(code, message).label(span, "", true)
    }

    /// A diagnostic about something that stands in no file (the repository, the call).
    pub fn unplaced(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    /// Gives a diagnostic that stands nowhere its place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "", true)
    }

    /// Says something about the primary place.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.iter_mut().find(|label| label.primary) {
            label.text = text.into();
        }
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(self, span: Span, text: impl Into<String>) -> Self {
        self.label(span, text, false)
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds advice that is words only.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        self.suggest(text, Applicability::Display, Vec::new())
    }

    /// Adds advice with one edit.
    #[must_use]
    pub fn fix(
        self,
        text: impl Into<String>,
        applicability: Applicability,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        let edit = Edit {
            span,
            replacement: replacement.into(),
        };
        self.suggest(text, applicability, vec![edit])
    }

    /// Adds advice with any number of edits.
    #[must_use]
    pub fn suggest(
        mut self,
        text: impl Into<String>,
        applicability: Applicability,
        edits: Vec<Edit>,
    ) -> Self {
        self.suggestions.push(Suggestion {
            text: text.into(),
            applicability,
            edits,
        });
        self
    }

    /// Where this diagnostic is about.
    #[must_use]
    pub fn primary(&self) -> Option<Span> {
        self.labels
            .iter()
            .find(|label| label.primary)
            .map(|label| label.span)
    }

    /// Whether this is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn label(mut self, span: Span, text: impl Into<String>, primary: bool) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary,
        });
        self
    }
}

/// How many diagnostics a plan gets at most: whoever made more mistakes made one.
pub const MAX_DIAGNOSTICS: usize = 1_000;

/// Diagnostics together with the texts they point into: all a renderer needs.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// The diagnostics.
    pub items: Vec<Diagnostic>,
    /// The texts.
    pub sources: Sources,
}

impl From<Diagnostic> for Diagnostics {
    /// One that stands in no text.
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            items: vec![diagnostic],
            sources: Sources::new(),
        }
    }
}

impl Diagnostics {
    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(Diagnostic::is_error)
    }

    /// Puts them in the order of their places and drops what is said twice of one place.
    pub fn tidy(&mut self) {
        self.items.sort_by_key(|item| {
            item.primary().map_or((u32::MAX, 0, 0), |s| {
                let file = self.sources.iter().position(|x| x.id() == s.source);
                (
                    file.map_or(u32::MAX, |at| u32::try_from(at).unwrap_or(u32::MAX)),
                    s.start,
                    s.end,
                )
            })
        });
        let mut seen = std::collections::HashSet::new();
        self.items.retain(|item| {
            item.primary()
                .is_none_or(|span| seen.insert((item.code, span)))
        });
        self.cap();
    }

    /// Keeps the first [`MAX_DIAGNOSTICS`], errors before all others, and says so.
    fn cap(&mut self) {
        let more = self.items.len().saturating_sub(MAX_DIAGNOSTICS);
        if more == 0 {
            return;
        }
        let errors = self.items.iter().filter(|item| item.is_error()).count();
        let mut others = MAX_DIAGNOSTICS.saturating_sub(errors);
        self.items.retain(|item| {
            let keep = item.is_error() || others > 0;
            others -= usize::from(keep && !item.is_error());
            keep
        });
        self.items.truncate(MAX_DIAGNOSTICS);
        if let Some(last) = self.items.last_mut() {
            last.notes
                .push("there is more to say; mend these first".to_owned());
        }
    }
}

impl fmt::Display for Diagnostics {
    /// A line each, for logs and embedding programs; the report module draws them in full.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let place = item.primary().map(|span| self.sources.place(span));
            match place {
                Some(place) => write!(f, "{place}: {}: {}", item.code, item.message)?,
                None => write!(f, "{}: {}", item.code, item.message)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
