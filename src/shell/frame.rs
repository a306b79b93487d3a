//! What text can stand in: quotes, substitutions, comments, here-documents.

use super::command::{Command, HereDocument};

const BACKTICK: &str = "the shell reads text in backticks twice; write `$( )`";
const PARAMETER: &str = "the shell reads text in `${ }` by rules of its own";
const ANSI: &str = "the shell reads escapes in `$'…'`";
const HERE: &str = "a here-document has no quotes";

/// What text stands in.
pub(super) enum Frame {
    Command(Command),
    Single,
    Double,
    /// `$'…'`.
    Ansi,
    Comment,
    Here {
        document: HereDocument,
        line: String,
    },
    Backtick,
    /// `${ }`; whether `'` means itself in it.
    Parameter {
        single_is_text: bool,
    },
    /// Up to a closing bracket.
    Bracket {
        open: char,
        close: char,
        depth: usize,
        why: &'static str,
    },
}

impl Frame {
    /// Why nothing in it can be literal.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Command(_) | Self::Single | Self::Double | Self::Comment => None,
            Self::Ansi => Some(ANSI),
            Self::Here { .. } => Some(HERE),
            Self::Backtick => Some(BACKTICK),
            Self::Parameter { .. } => Some(PARAMETER),
            Self::Bracket { why, .. } => Some(why),
        }
    }
}

/// Takes a character of a here-document; true at the end of its last line.
pub(super) fn here_ends(document: &HereDocument, line: &mut String, c: char) -> bool {
    if c != '\n' {
        // Tabs before a line may be for the reader only.
        if !(document.strip && c == '\t' && line.is_empty()) {
            line.push(c);
        }
        return false;
    }
    let backslashes = line.chars().rev().take_while(|c| *c == '\\').count();
    if !document.quoted && backslashes % 2 == 1 {
        // The next line goes on in this one.
        line.push('\n');
        return false;
    }
    let ends = *line == document.delimiter;
    line.clear();
    ends
}
