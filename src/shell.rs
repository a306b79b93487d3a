//! What a POSIX shell makes of a command's text, and how a value becomes literal in it.
//!
//! [`scan`] reads the text as the shell will and says of each interpolation what it
//! stands in; the `quote_…` functions make a value literal there. Together they hold:
//! whatever a value is, it never becomes syntax. Where that cannot be held the context
//! is [`Context::Impossible`].

mod command;
mod frame;
mod plain;
mod quote;
mod scanner;
mod second;
mod word;

pub use plain::plain_words;
pub use quote::{
    quote_after_name, quote_bare, quote_comment, quote_double, quote_glued, quote_single,
    quote_word,
};

use crate::syntax::ast::TextPart;

/// What an interpolation stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Outside of quotes: [`quote_bare`], [`quote_word`].
    Bare,
    /// Outside of quotes, beside text it must not join with to something of the shell's:
    /// [`quote_glued`], always in quotes.
    Glued,
    /// Inside `"…"`: [`quote_double`].
    Double,
    /// Inside `"…"`, directly after a variable's name: [`quote_after_name`].
    AfterName,
    /// Inside `'…'`: [`quote_single`].
    Single,
    /// In a comment, where all that matters is that it stays one line: [`quote_comment`].
    Comment,
    /// No quoting makes a value literal there.
    Impossible {
        /// Why, as a clause: `` the shell reads text in backticks twice ``.
        why: &'static str,
    },
}

/// What stands between two commands: `;`, `&`, `|`, `&&`, `||` or a line end. Places are
/// counted in characters of the text, an interpolation as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joint {
    /// Where it begins.
    pub start: usize,
    /// One past its end.
    pub end: usize,
}

/// What the shell makes of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The context of each interpolation, in order.
    pub contexts: Vec<Context>,
    /// Interpolations that a second shell will read, with what starts it: `sh -c`, `ssh`, `eval`.
    pub second_shells: Vec<(usize, String)>,
    /// What stands between the commands of the text itself, in order; not what stands
    /// between those in a substitution, a group or a condition.
    pub joints: Vec<Joint>,
}

/// Reads the text of a command as a shell does.
#[must_use]
pub fn scan(parts: &[TextPart]) -> Scan {
    scanner::scan(parts)
}
