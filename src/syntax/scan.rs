//! One pass over the characters, before the grammar.
//!
//! It finds comments, nesting, and the mistakes that would make a grammar lose its way: a
//! quote, bracket or brace that has no partner, characters that only look right, the
//! markers of a merge conflict. Each is reported at its place and mended, so that what
//! stands round it is still read.

mod character;
mod command;
mod cursor;
mod found;
mod habit;
mod indent;
mod interpolation;
mod literal;
mod quote;
mod script;
mod structure;

use std::cell::Cell;
use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Source, Span};

use super::lower::{MAX_STATEMENTS, foreign_operator, too_many};
use super::repair::Mend;
use super::words;
use indent::Indented;
use structure::{Kind, Open};

/// How deep a file may nest: brackets, blocks, unary operators and interpolations, one each.
const MAX_DEPTH: usize = 128;

/// How many words, signs and interpolations a file may have: what 16 MiB of them take to read
/// is more than a person waits.
const MAX_TOKENS: usize = 2_000_000;

/// What the pass found.
pub(super) struct Scan {
    /// Every comment.
    pub(super) comments: Vec<Span>,
    /// What is wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How to mend it.
    pub(super) mends: Vec<Mend>,
    /// Where nothing more is to be said.
    pub(super) quiet: Vec<Range<usize>>,
    /// The sides of conflicts that are not read.
    pub(super) skipped: Vec<Range<usize>>,
    /// The deepest nesting.
    pub(super) depth: usize,
    /// Whether there is no point in reading on.
    pub(super) hopeless: bool,
}

/// Scans a file.
pub(super) fn scan(source: &Source) -> Scan {
    let mut first = Scanner::new(source, 0, 0);
    first.run();
    if first.found.hopeless || (first.unclosed == 0 && first.strays == 0 && first.bare == 0) {
        return first.found;
    }
    // Braces do not match: once more, with the indentation saying which one is wrong.
    let mut second = Scanner::new(source, first.unclosed, first.strays);
    second.again = true;
    second.run();
    second.found
}

/// What the last token was, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// None in this statement.
    Start,
    /// A word.
    Word,
    /// A literal or a closing bracket.
    Value,
    /// A binary operator, a comma, an opening bracket: an operand follows, also on the
    /// next line.
    Operator,
    /// Another sign.
    Sign,
}

/// What the statement in hand holds outside of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Not known: its first word begins none.
    Unknown,
    /// Operands only, among which a word is never an operator.
    Operands,
    /// An expression.
    Expression,
}

impl Reads {
    fn of(word: &str) -> Self {
        match word {
            "expect" | "when" | "let" | "env" | "param" | "ratchet" | "for" => Self::Expression,
            _ if words::blocks_of(word).is_empty() => Self::Unknown,
            _ => Self::Operands,
        }
    }
}

struct Scanner<'s> {
    source: &'s Source,
    text: &'s str,
    at: usize,
    found: Scan,
    open: Vec<Open>,
    previous: Previous,
    /// Where the last token began and ended.
    previous_start: usize,
    previous_end: usize,
    /// The word the statement in hand begins with.
    first_word: Option<&'s str>,
    /// Tokens since the statement began.
    tokens: usize,
    reads: Reads,
    /// Consecutive unary operators.
    unary: usize,
    /// Consecutive `word <`, each of which may open a type inside a type.
    types: usize,
    /// Whether the last token is a `not` after an operand, as in `x not in y`.
    negated: bool,
    /// Whether nothing but blanks stands before on this line.
    line_first: bool,
    line_start: usize,
    /// The line end found last, and from where: a long line is not searched again and again.
    known_end: Cell<(usize, usize)>,
    /// From where to which line's end there is no `}}`, as far as it was looked for.
    never_closed: Cell<(usize, usize)>,
    statements: usize,
    /// Words, signs and interpolations so far.
    seen: usize,
    /// Blocks still to be closed by indentation, and braces to be taken for strays.
    missing: usize,
    extra: usize,
    unclosed: usize,
    strays: usize,
    /// Heads of blocks that have neither brace.
    bare: usize,
    /// Whether this is the second pass.
    again: bool,
    /// How many bytes may still be looked at twice to see what a mistake was.
    spare: usize,
    /// The block without braces in hand.
    indented: Option<Indented>,
    /// The braces that are open in the script in hand.
    script_nest: Vec<usize>,
    /// Whether a conflict may still have its end.
    conflicts_end: bool,
}

impl<'s> Scanner<'s> {
    fn new(source: &'s Source, missing: usize, extra: usize) -> Self {
        Self {
            source,
            text: source.text(),
            at: 0,
            found: Scan {
                comments: Vec::new(),
                diagnostics: Vec::new(),
                mends: Vec::new(),
                quiet: Vec::new(),
                skipped: Vec::new(),
                depth: 0,
                hopeless: false,
            },
            open: Vec::new(),
            previous: Previous::Start,
            previous_start: 0,
            previous_end: 0,
            first_word: None,
            tokens: 0,
            reads: Reads::Unknown,
            unary: 0,
            types: 0,
            negated: false,
            line_first: true,
            line_start: 0,
            known_end: Cell::new((1, 0)),
            never_closed: Cell::new((1, 0)),
            statements: 0,
            seen: 0,
            missing,
            extra,
            unclosed: 0,
            strays: 0,
            bare: 0,
            again: false,
            spare: 8 * source.text().len() + (1 << 20),
            indented: None,
            script_nest: Vec::new(),
            conflicts_end: true,
        }
    }

    fn run(&mut self) {
        while !self.found.hopeless {
            let Some(byte) = self.byte(self.at) else {
                break;
            };
            match byte {
                b'\n' => self.newline(),
                b' ' | b'\t' => self.at += 1,
                b'#' => self.comment(),
                _ => self.token(byte),
            }
        }
        if !self.found.hopeless {
            self.end();
        }
    }

    fn newline(&mut self) {
        if self.list_below() {
            // It is mended to stand on this line.
        } else if self.lacks_brace() {
            if self.extra > 0 {
                self.add_brace();
            } else if self.missing == 0 && self.belongs_below() {
                if self.again {
                    self.open_indented();
                } else {
                    self.bare += 1;
                }
            }
        }
        self.at += 1;
        self.line_first = true;
        self.line_start = self.at;
        if self.in_block() && self.previous != Previous::Operator {
            self.fresh();
        }
    }

    /// A statement may start here.
    fn fresh(&mut self) {
        self.previous = Previous::Start;
        self.first_word = None;
        self.tokens = 0;
        self.reads = Reads::Unknown;
        self.unary = 0;
        self.types = 0;
    }

    fn comment(&mut self) {
        let end = self.line_end(self.at);
        self.found.comments.push(self.span(self.at..end));
        self.at = end;
    }

    fn token(&mut self, byte: u8) {
        if !self.found.skipped.is_empty() && self.skipped() {
            return;
        }
        if self.line_first && self.first_of_line() {
            return;
        }
        self.line_first = false;
        if self.previous == Previous::Start {
            self.statements += 1;
            if self.statements > MAX_STATEMENTS {
                let place = self.span(self.at..self.at + 1);
                self.give_up(too_many(place));
                return;
            }
        }
        self.tokens += 1;
        self.count(self.at);
        if !matches!(byte, b'_' | b'a'..=b'z' | b'A'..=b'Z') {
            self.negated = false;
        }
        let start = self.at;
        let before = self.previous_start;
        self.previous_start = start;
        match byte {
            b'"' => self.string(),
            b'\'' => self.raw_string(),
            b'/' => self.slash(),
            b'$' => self.dollar(),
            b'(' => self.push(Kind::Paren),
            b'[' => self.push(Kind::Bracket),
            b'{' => {
                let kind = self.brace_kind();
                self.push(kind);
            }
            b')' => self.close(Kind::Paren),
            b']' => self.close(Kind::Bracket),
            b'}' => self.close_brace(),
            b';' => self.semicolon(),
            b'&' | b'|' if self.byte(start + 1) == Some(byte) => self.doubled(start, byte),
            b'-' => {
                self.at += 1;
                self.unary_sign(start);
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            b'0'..=b'9' => {
                self.at = self.skip(self.at, |b| {
                    b.is_ascii_alphanumeric() || b == b'_' || b == b'.'
                });
                self.after(Previous::Value);
            }
            b'!'..=b'_' | b'a'..=b'~' => {
                self.at += 1;
                if self.previous_end == start {
                    self.previous_start = before;
                }
                self.sign(start, byte);
            }
            _ => self.odd_character(),
        }
        // Whatever happens, the pass moves on.
        debug_assert!(self.at > start || self.found.hopeless || self.line_first);
    }

    /// The token ends here.
    fn after(&mut self, previous: Previous) {
        self.previous = previous;
        self.previous_end = self.at;
        if !matches!(previous, Previous::Operator | Previous::Sign) {
            self.unary = 0;
        }
        if previous != Previous::Word {
            self.types = 0;
        }
    }

    fn sign(&mut self, start: usize, byte: u8) {
        let adjacent = self.previous_end == start;
        let second = adjacent
            && matches!(self.previous, Previous::Sign | Previous::Operator)
            && byte == b'='
            && start
                .checked_sub(1)
                .and_then(|before| self.byte(before))
                .is_some_and(|b| matches!(b, b'=' | b'!' | b'<' | b'>'));
        if second {
            self.after(Previous::Operator);
        } else {
            self.previous_start = start;
            let types = if byte == b'<' && self.previous == Previous::Word {
                self.types + 1
            } else {
                0
            };
            self.after(if byte == b'>' && self.closes_type(start) {
                Previous::Value
            } else if matches!(byte, b',' | b'+' | b'<' | b'>') {
                Previous::Operator
            } else {
                Previous::Sign
            });
            self.types = types;
            self.deepen(start, types);
        }
    }

    /// Whether the `>` at `start` closes a `list<…`.
    fn closes_type(&self, start: usize) -> bool {
        // No type is longer than what may nest.
        let mut from = start.saturating_sub(16 * MAX_DEPTH);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let before = self.text.get(from..start).unwrap_or_default();
        let item = before.trim_end_matches([' ', '\t', '>']);
        item.trim_end_matches(|c: char| c.is_ascii_alphanumeric())
            .trim_end()
            .strip_suffix('<')
            .is_some_and(|head| head.trim_end().ends_with("list"))
    }

    /// `&&` and `||`: mended at once, for the statement may go on to the next line.
    fn doubled(&mut self, start: usize, byte: u8) {
        let (sign, instead) = if byte == b'&' {
            ("&&", "and")
        } else {
            ("||", "or")
        };
        self.at += 2;
        if self.in_block() && self.reads != Reads::Expression {
            // No operator stands here, and what does not fit is the grammar's to tell.
            self.after(Previous::Sign);
            return;
        }
        let place = self.span(start..self.at);
        self.report(foreign_operator(place, sign, instead, instead));
        self.mend(start..self.at, format!(" {instead} "));
        self.after(Previous::Operator);
    }

    fn unary_sign(&mut self, start: usize) {
        self.unary += 1;
        self.deepen(start, 0);
        self.previous = Previous::Sign;
        self.previous_end = self.at;
    }

    fn word(&mut self) {
        let start = self.at;
        self.at = self.word_end(start);
        let word = self.text.get(start..self.at).unwrap_or_default();
        if self.tokens == 1 {
            self.first_word = Some(word);
        }
        let after_operand = matches!(self.previous, Previous::Word | Previous::Value);
        let negated = std::mem::take(&mut self.negated);
        if word == "not" && self.tokens > 1 {
            self.negated = after_operand;
            self.unary_sign(start);
            return;
        }
        if word == "rhai" && self.script_follows() {
            self.script();
            return;
        }
        let block = self.in_block();
        if block && (self.tokens == 1 || self.is_step_of_gate(word)) {
            self.reads = Reads::of(word);
            // An operand follows, but on this line.
            let operand = matches!(word, "expect" | "when");
            self.after(if operand {
                Previous::Sign
            } else {
                Previous::Word
            });
            return;
        }
        if block && word == "in" && self.tokens == 3 && self.first_word == Some("for") {
            self.after(Previous::Sign);
            return;
        }
        // Where an operand stands, these are names.
        let operator = self.tokens > 2
            && !(block && self.reads == Reads::Operands)
            && (after_operand || negated)
            && matches!(word, "and" | "or" | "in" | "contains" | "matches");
        self.after(if operator {
            Previous::Operator
        } else {
            Previous::Word
        });
    }

    /// Whether `word` begins the step of a gate on one line: `gate name "title" expect …`.
    fn is_step_of_gate(&self, word: &str) -> bool {
        let place = match self.previous {
            Previous::Word => self.tokens == 3,
            Previous::Value => matches!(self.tokens, 3 | 4),
            _ => false,
        };
        place && self.first_word == Some("gate") && !words::blocks_of(word).is_empty()
    }

    fn semicolon(&mut self) {
        let start = self.at;
        self.at += 1;
        let place = self.span(start..self.at);
        let end = self.line_end(start);
        let rest = self.text.get(self.at..end).unwrap_or_default();
        let rest = rest.trim_start();
        let last = rest.is_empty() || rest.starts_with(['#', '}']) || !self.in_block();
        let diagnostic = Diagnostic::new(Code::SEMICOLON, "statements end without `;`", place);
        let diagnostic = if last {
            diagnostic.fix(
                "remove it",
                crate::diagnostic::Applicability::Safe,
                place,
                "",
            )
        } else {
            diagnostic.fix(
                "begin a new line",
                crate::diagnostic::Applicability::Safe,
                place,
                "\n",
            )
        };
        self.report(diagnostic);
        if !(last && self.in_block()) {
            self.quiet_line(start);
        }
        self.mend(start..self.at, if last { " " } else { "\n" });
        if self.in_block() {
            self.fresh();
        }
    }
}
