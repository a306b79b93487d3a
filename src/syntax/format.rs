//! The formatter: one style, no options, described in `docs/src/reference/format.md`.
//!
//! It works from the tree, with the comments and blank lines of the text at its side. What
//! is verbatim in the language (commands, scripts, strings, numbers) is copied. Where a line
//! may be broken is the author's choice; how it is then laid out is not. So every choice
//! depends on which gaps between tokens hold a newline, and the result holds one in the same
//! gaps: formatting it again changes nothing.

mod block;
mod comments;
mod expression;
mod meaning;
mod paragraph;
mod sequence;
mod statement;
mod writer;

pub use meaning::same_meaning;

use super::ast::File;
use crate::source::Source;
use writer::Writer;

/// The longest line, in characters, on which a block of one statement is left.
const WIDTH: usize = 100;

/// Two blanks a level.
const STEP: usize = 2;

/// `file` in the one style. It must be the tree of `source`, read without an error: what
/// could not be read is not in the tree, and so would be lost.
#[must_use]
pub fn format(source: &Source, file: &File) -> String {
    let mut writer = Writer::new(source, &file.comments);
    writer.items(&file.items);
    writer.finish()
}
