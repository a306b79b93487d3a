//! A word of a command while it is read: what in it would make a value syntax.

use super::Context;
use super::Scan;
use super::quote::RESERVED;

/// Stands in a word's text for an interpolation.
const HOLE: char = '\0';
/// Stands in a word's text for what the shell will put there.
pub(super) const EXPANSION: char = '\u{1}';

const ASSIGNMENT: &str = "it would be the name of a variable that is set";

/// Makes the context of an interpolation impossible, unless it already is.
pub(super) fn refuse(scan: &mut Scan, holes: &[usize], why: &'static str) {
    for &hole in holes {
        if let Some(context) = scan.contexts.get_mut(hole)
            && !matches!(context, Context::Impossible { .. })
        {
            *context = Context::Impossible { why };
        }
    }
}

/// Has bare interpolations always put in quotes: then they are no part of a tilde, a
/// pattern, braces, a descriptor's number or a reserved word with the text beside them.
fn glue(scan: &mut Scan, holes: &[usize]) {
    for &hole in holes {
        if let Some(context) = scan.contexts.get_mut(hole)
            && *context == Context::Bare
        {
            *context = Context::Glued;
        }
    }
}

/// A word: its text without quotes, and the interpolations in it.
#[derive(Debug, Default)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) holes: Vec<usize>,
    /// Whether any of it is quoted or escaped.
    pub(super) quoted: bool,
    /// Whether it sets a variable: `name=` without quotes before it.
    pub(super) assignment: bool,
    /// How many interpolations stood before each `{` that is still open.
    braces: Vec<usize>,
    bracket: Bracket,
    /// Whether a `~` is read with what follows.
    tilde: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Bracket {
    #[default]
    Closed,
    /// Directly after `[`, `[!`, `[^`, where a `]` means itself.
    Fresh,
    Open,
    /// In a `[:class:]`.
    Class,
}

impl Word {
    /// An unquoted character. `setting` tells whether `name=` would set a variable here.
    pub(super) fn push(&mut self, c: char, setting: bool, scan: &mut Scan) {
        match c {
            '~' => {
                let before = self.text.chars().next_back();
                self.tilde = before.is_none_or(|c| c == '=' || c == ':');
            }
            '/' => self.tilde = false,
            '{' => self.braces.push(self.holes.len()),
            '}' => {
                let start = self.braces.pop().unwrap_or(self.holes.len());
                glue(scan, self.holes.get(start..).unwrap_or_default());
            }
            '=' if setting && !self.quoted && !self.assignment && self.could_name() => {
                refuse(scan, &self.holes, ASSIGNMENT);
                self.assignment = true;
            }
            _ => {}
        }
        self.bracket = match (&self.bracket, c) {
            (Bracket::Closed, '[') => Bracket::Fresh,
            (Bracket::Fresh, '!' | '^') => Bracket::Fresh,
            (Bracket::Fresh | Bracket::Open, '[') => Bracket::Class,
            (Bracket::Fresh, _) => Bracket::Open,
            (Bracket::Class, ']') => Bracket::Open,
            (Bracket::Class, _) => Bracket::Class,
            (Bracket::Open, ']') => Bracket::Closed,
            (Bracket::Open, _) => Bracket::Open,
            (Bracket::Closed, _) => Bracket::Closed,
        };
        self.text.push(c);
    }

    /// A quoted or escaped character.
    pub(super) fn push_quoted(&mut self, c: char) {
        self.quote();
        self.text.push(c);
    }

    /// A quotation begins.
    pub(super) fn quote(&mut self) {
        self.quoted = true;
        self.tilde = false;
        if self.bracket == Bracket::Fresh {
            self.bracket = Bracket::Open;
        }
    }

    /// The subscript of a variable that is set, all of it.
    pub(super) fn subscript(&mut self) {
        self.text.push(EXPANSION);
    }

    /// An interpolation, quoted or not.
    pub(super) fn hole(&mut self, hole: usize) {
        self.holes.push(hole);
        self.text.push(HOLE);
    }

    /// Whether a bare interpolation at the end of the word as it is now is to be quoted
    /// for what stands before it: a tilde, a pattern.
    pub(super) fn glues(&self) -> bool {
        self.tilde || self.bracket != Bracket::Closed
    }

    /// Whether the text is a variable's name, or could be one.
    pub(super) fn could_name(&self) -> bool {
        let name = self.text.strip_suffix('+').unwrap_or(&self.text);
        let mut chars = name.chars();
        let first = chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == HOLE);
        first && chars.all(|c| c.is_ascii_alphanumeric() || "_\0\u{1}".contains(c))
    }

    /// The text where nothing of it is quoted or put there, for words of the syntax.
    pub(super) fn bare(&self) -> Option<&str> {
        (!self.quoted && self.holes.is_empty()).then_some(self.text.as_str())
    }

    /// Reads the word as the number before a `<` or `>`, if it is or could be one.
    pub(super) fn is_descriptor(&self, scan: &mut Scan) -> bool {
        let number = |c: char| c.is_ascii_digit() || c == HOLE;
        if self.quoted || !self.text.chars().all(number) {
            return false;
        }
        glue(scan, &self.holes);
        true
    }

    /// Quotes interpolations that could make the first word of a command syntax. One
    /// that is the whole word is quoted where it would.
    pub(super) fn refuse_completion(&self, scan: &mut Scan) {
        if self.quoted || self.holes.is_empty() || self.text.chars().count() == 1 {
            return;
        }
        let head = self.text.split(HOLE).next().unwrap_or_default();
        let tail = self.text.rsplit(HOLE).next().unwrap_or_default();
        let completes = |word: &&str| {
            word.len() >= head.len() + tail.len() && word.starts_with(head) && word.ends_with(tail)
        };
        if RESERVED.iter().any(completes) {
            glue(scan, &self.holes);
        }
    }
}
