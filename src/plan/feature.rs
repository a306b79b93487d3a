//! What the language has and this version does not run yet.
//!
//! Such a part of a plan parses and is checked; a run refuses it with a code of its own.

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A part of the language that is not run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// `rhai`.
    Rhai,
    /// Checks of the standard library.
    Library,
    /// `ratchet`.
    Ratchet,
}

impl Feature {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Rhai, Self::Library, Self::Ratchet];

    /// The code a run refuses it with.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Rhai => Code::NOT_BUILT_RHAI,
            Self::Library => Code::NOT_BUILT_LIBRARY,
            Self::Ratchet => Code::NOT_BUILT_RATCHET,
        }
    }

    /// The feature in the words of a plan.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rhai => "rhai",
            Self::Library => "a check of the standard library",
            Self::Ratchet => "ratchet",
        }
    }
}

/// A use of a feature that is not run yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unbuilt {
    /// The feature.
    pub feature: Feature,
    /// What was written: the service's name, the check's name; may be empty.
    pub detail: String,
    /// Where.
    pub span: Span,
}

impl Unbuilt {
    /// Why a run refuses.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let what = if self.detail.is_empty() {
            format!("`{}`", self.feature.name())
        } else {
            format!("`{}` ({})", self.detail, self.feature.name())
        };
        Diagnostic::new(
            self.feature.code(),
            format!("this version of gate cannot run {what} yet"),
            self.span,
        )
        .note("nothing was run: a part of a plan is never left out silently")
    }
}
