//! The text of a command, character by character, and what each one stands in.

use crate::syntax::ast::TextPart;

use super::command::{Command, End};
use super::frame::{Frame, here_ends};
use super::word::{EXPANSION, Word};
use super::{Context, Joint, Scan};

const ARITHMETIC: &str = "the shell computes what stands there";
const PATTERN: &str = "the shell reads a pattern there";
const BACKSLASH: &str = "the backslash before it would take its first character";
const DOLLAR: &str = "the `$` before it would read it as the name of a variable";
const DEEP: &str = "the text before it is nested too deep to be read";
const LIST: &str = "the shell cannot read the list in `( )` before it";

/// Open quotes, parentheses and the like, past which nothing is told apart any more.
const MAX_DEPTH: usize = 256;

/// See [`super::scan`].
pub(super) fn scan(parts: &[TextPart]) -> Scan {
    let mut items = Vec::new();
    let mut holes = 0;
    for part in parts {
        match part {
            TextPart::Literal { value, .. } => items.extend(value.chars().map(Item::Char)),
            TextPart::Interpolation { .. } => {
                items.push(Item::Hole(holes));
                holes += 1;
            }
        }
    }
    let mut scanner = Scanner {
        items,
        at: 0,
        bottom: Command::new(End::Text),
        frames: Vec::new(),
        glued: None,
        after_name: false,
        lost: None,
        scan: Scan::default(),
    };
    while scanner.at < scanner.items.len() {
        scanner.step();
    }
    scanner.finish()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Char(char),
    Hole(usize),
}

struct Scanner {
    items: Vec<Item>,
    at: usize,
    /// The commands of the text itself.
    bottom: Command,
    /// What is open in them, outermost first.
    frames: Vec<Frame>,
    /// Why an interpolation directly after what was just read is impossible.
    glued: Option<&'static str>,
    /// Whether what was just read is `$name`.
    after_name: bool,
    /// Why nothing can be told of the text any more.
    lost: Option<&'static str>,
    scan: Scan,
}

impl Scanner {
    fn step(&mut self) {
        let joins = !matches!(
            self.frames.last(),
            Some(Frame::Single | Frame::Ansi | Frame::Comment | Frame::Here { .. })
        );
        if joins {
            self.skip_continuations();
        }
        let glued = self.glued.take();
        let after_name = std::mem::take(&mut self.after_name);
        let Some(item) = self.items.get(self.at).copied() else {
            return;
        };
        self.at += 1;
        match item {
            Item::Hole(hole) => self.hole(hole, glued, after_name),
            Item::Char(_) if self.lost.is_some() => {}
            Item::Char(c) => {
                self.character(c);
                if self.frames.len() > MAX_DEPTH {
                    self.lost = Some(DEEP);
                }
            }
        }
    }

    fn hole(&mut self, hole: usize, glued: Option<&'static str>, after_name: bool) {
        let why = self
            .frames
            .iter()
            .find_map(Frame::refusal)
            .or(self.lost)
            .or(glued)
            .or_else(|| self.command().refusal());
        let glues = after_name || self.command().glues();
        self.scan.contexts.push(match (why, self.frames.last()) {
            (_, Some(Frame::Comment)) => Context::Comment,
            (Some(why), _) => Context::Impossible { why },
            (None, Some(Frame::Single)) => Context::Single,
            (None, Some(Frame::Double)) if after_name => Context::AfterName,
            (None, Some(Frame::Double)) => Context::Double,
            (None, _) if glues => Context::Glued,
            (None, _) => Context::Bare,
        });
        match self.frames.last_mut() {
            Some(Frame::Here { line, .. }) => line.push('\0'),
            Some(Frame::Comment) => {}
            _ => self.word().hole(hole),
        }
    }

    fn character(&mut self, c: char) {
        match self.frames.last_mut() {
            None | Some(Frame::Command(_)) => self.in_command(c),
            Some(Frame::Single) => match c {
                '\'' => self.pop(),
                c => self.word().push_quoted(c),
            },
            Some(Frame::Double) => match c {
                '"' => self.pop(),
                '\\' => self.escape(),
                '$' => self.dollar(true),
                '`' => self.frames.push(Frame::Backtick),
                c => self.word().push_quoted(c),
            },
            Some(Frame::Ansi) => match c {
                '\'' => self.pop(),
                '\\' => self.escape(),
                c => self.word().push_quoted(c),
            },
            Some(Frame::Comment) => {
                if c == '\n' {
                    self.pop();
                    // The line end belongs to the commands.
                    self.at -= 1;
                }
            }
            Some(Frame::Here { document, line }) => {
                if here_ends(document, line, c) {
                    self.pop();
                }
            }
            Some(Frame::Backtick) => match c {
                '`' => self.pop(),
                '\\' => self.escape(),
                _ => {}
            },
            Some(Frame::Parameter { single_is_text }) => match c {
                '}' => self.pop(),
                '\'' if *single_is_text => {}
                c => self.in_opaque(c),
            },
            Some(Frame::Bracket {
                open, close, depth, ..
            }) => {
                if c == *open {
                    *depth += 1;
                } else if c == *close {
                    *depth -= 1;
                    if *depth == 0 {
                        self.pop();
                    }
                } else {
                    self.in_opaque(c);
                }
            }
        }
    }

    /// A character inside `${ }`, `(( ))` and their like, brackets aside.
    fn in_opaque(&mut self, c: char) {
        match c {
            '\\' => self.escape(),
            '\'' => self.frames.push(Frame::Single),
            '"' => self.frames.push(Frame::Double),
            '`' => self.frames.push(Frame::Backtick),
            '$' => self.dollar(false),
            _ => {}
        }
    }

    fn in_command(&mut self, c: char) {
        if self.command().in_regex(c) {
            self.word().push_quoted(c);
            return;
        }
        if self.command().end == End::Array && "<>&|;(".contains(c) {
            // A shell without `-e` goes on at the next line, in the midst of what was quoted.
            self.lost = Some(LIST);
            return;
        }
        let joins = matches!(c, '\n' | ';' | '&' | '|') && self.frames.is_empty() && {
            let command = self.command();
            !command.in_condition() && !command.in_pattern()
        };
        let start = self.at - 1;
        self.command_character(c);
        let end = self.at;
        // `&>` is a redirection.
        if joins && self.items.get(end - 1) != Some(&Item::Char('>')) {
            self.scan.joints.push(Joint { start, end });
        }
    }

    fn command_character(&mut self, c: char) {
        match c {
            ' ' | '\t' => self.end_word(),
            '\n' => {
                self.end_command();
                self.begin_here_documents();
            }
            '\\' => self.escape(),
            '\'' => {
                self.word().quote();
                self.frames.push(Frame::Single);
            }
            '"' => {
                self.word().quote();
                self.frames.push(Frame::Double);
            }
            '`' => {
                self.word().push_quoted(EXPANSION);
                self.frames.push(Frame::Backtick);
            }
            '$' => self.dollar(false),
            '#' if !self.command().in_word() => self.frames.push(Frame::Comment),
            ';' => {
                self.end_command();
                if self.take(';') {
                    self.take('&');
                    self.command().end_body();
                } else if self.take('&') {
                    self.command().end_body();
                }
            }
            '&' => {
                if self.take('&') {
                    self.end_command();
                } else if self.take('>') {
                    self.end_word();
                    self.take('>');
                    self.command().redirect();
                } else {
                    self.end_command();
                }
            }
            '|' => {
                if !self.take('|') {
                    self.take('&');
                }
                self.end_command();
            }
            '<' | '>' => self.redirection(c),
            '(' => self.parenthesis(),
            ')' => self.end_parenthesis(),
            '[' if self.begins_subscript() => {
                self.word().subscript();
                self.bracket('[', ']', 1, ARITHMETIC);
            }
            c => self.push(c),
        }
    }

    /// Whether a `[` is that of `name[index]=value`.
    fn begins_subscript(&mut self) -> bool {
        let command = self.command();
        if !command.may_assign() {
            return false;
        }
        if !command.in_word() {
            return command.end == End::Array;
        }
        let word = command.word();
        !word.quoted && !word.assignment && word.could_name()
    }

    fn redirection(&mut self, c: char) {
        if self.command().in_condition() {
            self.end_word();
        } else {
            let (command, scan) = self.command_and_scan();
            command.before_redirect(scan);
        }
        if self.take('(') {
            self.word().push_quoted(EXPANSION);
            self.frames
                .push(Frame::Command(Command::new(End::Substitution)));
            return;
        }
        if self.command().in_condition() {
            return;
        }
        if self.take('&') {
            self.command().duplicate();
        } else if c == '<' && self.take('<') {
            if self.take('<') {
                self.command().redirect();
            } else {
                let strip = self.take('-');
                self.command().here_document(strip);
            }
        } else {
            // `>>`, `>|`, `<>`.
            let _ = self.take('>') || self.take('|');
            self.command().redirect();
        }
    }

    fn parenthesis(&mut self) {
        let command = self.command();
        let in_word = command.in_word();
        if command.in_condition() || command.in_pattern() {
            // Alone it groups, or begins a pattern.
            if in_word {
                self.bracket('(', ')', 1, PATTERN);
            }
            return;
        }
        if !in_word {
            if self.take('(') {
                self.bracket('(', ')', 2, ARITHMETIC);
            } else {
                self.frames.push(Frame::Command(Command::new(End::Group)));
            }
            return;
        }
        let word = command.word();
        if word.text.ends_with('=') && !word.quoted {
            word.push_quoted(EXPANSION);
            self.frames.push(Frame::Command(Command::new(End::Array)));
        } else if word.text.ends_with(['?', '*', '+', '@', '!']) {
            self.bracket('(', ')', 1, PATTERN);
        } else {
            // `name()` of a function.
            self.end_word();
            self.frames.push(Frame::Command(Command::new(End::Group)));
        }
    }

    fn end_parenthesis(&mut self) {
        let command = self.command();
        if command.in_condition() {
            self.end_word();
            return;
        }
        if command.in_pattern() {
            let (command, scan) = self.command_and_scan();
            command.end_pattern(scan);
            return;
        }
        self.end_command();
        let Some(Frame::Command(inner)) = self.frames.pop_if(|f| matches!(f, Frame::Command(_)))
        else {
            return;
        };
        self.command().pending.extend(inner.pending);
        if inner.end == End::Group {
            self.end_command();
        }
    }

    /// After `$`.
    fn dollar(&mut self, in_double: bool) {
        // Whatever comes of it, it is no text that is known.
        self.word().push_quoted(EXPANSION);
        self.skip_continuations();
        match self.items.get(self.at) {
            Some(Item::Hole(_)) => self.glued = Some(DOLLAR),
            Some(Item::Char('(')) => {
                self.at += 1;
                if self.take('(') {
                    self.bracket('(', ')', 2, ARITHMETIC);
                } else {
                    self.frames
                        .push(Frame::Command(Command::new(End::Substitution)));
                }
            }
            Some(Item::Char('{')) => {
                self.at += 1;
                self.parameter(in_double);
            }
            Some(Item::Char('[')) => {
                self.at += 1;
                self.bracket('[', ']', 1, ARITHMETIC);
            }
            Some(Item::Char('\'')) if !in_double => {
                self.at += 1;
                self.frames.push(Frame::Ansi);
            }
            Some(Item::Char('"')) if !in_double => {
                self.at += 1;
                self.frames.push(Frame::Double);
            }
            Some(Item::Char(c)) if c.is_ascii_alphabetic() || *c == '_' => {
                while self.take_if(|c| c.is_ascii_alphanumeric() || c == '_') {}
                self.after_name = true;
            }
            Some(Item::Char(c)) if c.is_ascii_digit() || "?$!@#*-".contains(*c) => self.at += 1,
            _ => {}
        }
    }

    /// After `${`: finds out by its operator whether `'` quotes in it.
    fn parameter(&mut self, in_double: bool) {
        while self.take_if(|c| c == '!' || c == '#') {}
        while self.take_if(|c| c.is_ascii_alphanumeric() || "_@*?$-[]".contains(c)) {}
        let strips = matches!(
            self.items.get(self.at),
            Some(Item::Char('#' | '%' | '/' | '^' | ',' | '~'))
        );
        self.frames.push(Frame::Parameter {
            single_is_text: in_double && !strips,
        });
    }

    /// After a backslash: the next character means itself.
    fn escape(&mut self) {
        match self.items.get(self.at).copied() {
            Some(Item::Char(c)) => {
                self.at += 1;
                self.word().push_quoted(c);
            }
            Some(Item::Hole(_)) => self.glued = Some(BACKSLASH),
            None => {}
        }
    }

    fn bracket(&mut self, open: char, close: char, depth: usize, why: &'static str) {
        self.frames.push(Frame::Bracket {
            open,
            close,
            depth,
            why,
        });
    }

    /// The bodies of here-documents begin after this line end.
    fn begin_here_documents(&mut self) {
        let mut documents = Vec::new();
        for frame in self.frames.iter_mut().rev() {
            let Frame::Command(command) = frame else {
                break;
            };
            // Those of outer commands were begun first.
            documents.splice(0..0, command.pending.drain(..));
            if command.end != End::Group {
                break;
            }
        }
        let groups = self
            .frames
            .iter()
            .all(|frame| matches!(frame, Frame::Command(command) if command.end == End::Group));
        if groups {
            documents.splice(0..0, self.bottom.pending.drain(..));
        }
        for document in documents.into_iter().rev() {
            self.frames.push(Frame::Here {
                document,
                line: String::new(),
            });
        }
    }

    fn push(&mut self, c: char) {
        let (command, scan) = self.command_and_scan();
        command.push(c, scan);
    }

    fn end_word(&mut self) {
        let (command, scan) = self.command_and_scan();
        command.end_word(scan);
    }

    fn end_command(&mut self) {
        let (command, scan) = self.command_and_scan();
        command.end_command(scan);
    }

    fn word(&mut self) -> &mut Word {
        self.command().word()
    }

    /// The commands that are being read.
    fn command(&mut self) -> &mut Command {
        self.command_and_scan().0
    }

    fn command_and_scan(&mut self) -> (&mut Command, &mut Scan) {
        let inner = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Command(command) => Some(command),
            _ => None,
        });
        (inner.unwrap_or(&mut self.bottom), &mut self.scan)
    }

    fn pop(&mut self) {
        self.frames.pop();
    }

    /// A line end after a backslash is nothing, even between `$` and `(`.
    fn skip_continuations(&mut self) {
        while self.items.get(self.at) == Some(&Item::Char('\\'))
            && self.items.get(self.at + 1) == Some(&Item::Char('\n'))
        {
            self.at += 2;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.take_if(|c| c == wanted)
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        self.skip_continuations();
        match self.items.get(self.at) {
            Some(Item::Char(c)) if wanted(*c) => {
                self.at += 1;
                true
            }
            _ => false,
        }
    }

    fn finish(mut self) -> Scan {
        while let Some(frame) = self.frames.pop() {
            if let Frame::Command(mut command) = frame {
                command.end_command(&mut self.scan);
            }
        }
        self.bottom.end_command(&mut self.scan);
        self.scan.second_shells.sort();
        self.scan
    }
}
