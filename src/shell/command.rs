//! Commands while they are read, as far as needed to know where one begins, what a
//! `case` pattern or a condition is, and what a second shell is given.

use super::Scan;
use super::second;
use super::word::{Word, refuse};

const CASE: &str = "the shell reads a pattern of `case` there";
const REGEX: &str = "the shell reads a regular expression after `=~`";
const NUMBER: &str = "the shell computes the operands of `-eq` and its like in `[[ ]]`";
const VARIABLE: &str = "`-v` and `-R` in `[[ ]]` compute what stands in the name";
const DELIMITER: &str = "the end of a here-document is read as it is typed";
const DUPLICATE: &str = "after `>&` and `<&` a number names a file descriptor";

/// What ends a list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the text.
    Text,
    /// `)` of `$(`, `<(`, `>(`; the word around it goes on.
    Substitution,
    /// `)` of `(`.
    Group,
    /// `)` of `name=(`: words, no commands.
    Array,
}

/// A here-document that begins after the next line end.
#[derive(Debug)]
pub(super) struct HereDocument {
    pub(super) delimiter: String,
    /// Quoted: its body is not expanded.
    pub(super) quoted: bool,
    /// `<<-`: tabs before its lines are not counted.
    pub(super) strip: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Redirect {
    Plain,
    /// `>&`, `<&`.
    Duplicate,
    /// `<<`.
    Here {
        strip: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Subject,
    In,
    Pattern,
    Body,
}

/// A `[[ ]]`.
#[derive(Debug, Default)]
struct Condition {
    /// After `=~`.
    regex: bool,
    /// Open parentheses of that expression.
    depth: usize,
    /// Why the next word may hold no interpolation.
    next: Option<&'static str>,
    /// The interpolations of the word before.
    last: Vec<usize>,
}

/// A list of commands.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) end: End,
    /// Here-documents whose body is still to come.
    pub(super) pending: Vec<HereDocument>,
    words: Vec<Word>,
    word: Option<Word>,
    redirect: Option<Redirect>,
    cases: Vec<Case>,
    condition: Option<Condition>,
    /// After `function`.
    function: bool,
    /// After `name=value`, where no word is syntax any more.
    assigned: bool,
}

impl Command {
    pub(super) fn new(end: End) -> Self {
        Self {
            end,
            pending: Vec::new(),
            words: Vec::new(),
            word: None,
            redirect: None,
            cases: Vec::new(),
            condition: None,
            function: false,
            assigned: false,
        }
    }

    /// The word being read, begun if there is none.
    pub(super) fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    /// Whether a word is being read.
    pub(super) fn in_word(&self) -> bool {
        self.word.is_some()
    }

    /// Why no interpolation may stand here, in whatever quotes.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        match self.redirect {
            Some(Redirect::Here { .. }) => return Some(DELIMITER),
            Some(Redirect::Duplicate) => return Some(DUPLICATE),
            _ => {}
        }
        if self.in_pattern() {
            return Some(CASE);
        }
        let condition = self.condition.as_ref()?;
        condition.regex.then_some(REGEX).or(condition.next)
    }

    /// Why no bare interpolation may stand here.
    pub(super) fn glues(&self) -> bool {
        self.word.as_ref().is_some_and(Word::glues)
    }

    /// Whether a pattern of `case` is being read.
    pub(super) fn in_pattern(&self) -> bool {
        self.cases.last() == Some(&Case::Pattern)
    }

    /// Whether `[[ ]]` is being read.
    pub(super) fn in_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// Whether what is being read is the expression after `=~`; then `c` belongs to it.
    pub(super) fn in_regex(&mut self, c: char) -> bool {
        let Some(condition) = &mut self.condition else {
            return false;
        };
        if !condition.regex {
            return false;
        }
        match c {
            '(' => condition.depth += 1,
            ')' => condition.depth = condition.depth.saturating_sub(1),
            ' ' | '\t' | '\n' => return condition.depth > 0,
            '|' | '<' | '>' | '&' | ';' | '#' => {}
            _ => return false,
        }
        true
    }

    /// Whether the word being read, or the next, is a command's first.
    pub(super) fn at_start(&self) -> bool {
        self.words.is_empty()
            && self.redirect.is_none()
            && self.condition.is_none()
            && self.end != End::Array
            && self.cases.last().is_none_or(|case| *case == Case::Body)
    }

    /// Whether `name=` sets a variable here, or `name[` begins its subscript.
    pub(super) fn may_assign(&self) -> bool {
        const DECLARE: &[&str] = &["declare", "typeset", "local", "export", "readonly"];
        self.at_start()
            || (self.end == End::Array && !self.in_word())
            || self
                .words
                .first()
                .is_some_and(|word| DECLARE.contains(&word.text.as_str()))
    }

    /// An unquoted character of a word.
    pub(super) fn push(&mut self, c: char, scan: &mut Scan) {
        let setting = self.at_start();
        self.word().push(c, setting, scan);
    }

    /// A `<` or `>`: reads a number before it.
    pub(super) fn before_redirect(&mut self, scan: &mut Scan) {
        if self
            .word
            .as_ref()
            .is_some_and(|word| word.is_descriptor(scan))
        {
            self.word = None;
        }
        self.end_word(scan);
    }

    pub(super) fn redirect(&mut self) {
        self.redirect = Some(Redirect::Plain);
    }

    pub(super) fn duplicate(&mut self) {
        self.redirect = Some(Redirect::Duplicate);
    }

    pub(super) fn here_document(&mut self, strip: bool) {
        self.redirect = Some(Redirect::Here { strip });
    }

    /// `)` after a pattern of `case`.
    pub(super) fn end_pattern(&mut self, scan: &mut Scan) {
        self.end_word(scan);
        if let Some(case) = self.cases.last_mut() {
            *case = Case::Body;
        }
    }

    /// `;;`, `;&`, `;;&`.
    pub(super) fn end_body(&mut self) {
        if let Some(case @ Case::Body) = self.cases.last_mut() {
            *case = Case::Pattern;
        }
    }

    /// A command ends: at `;`, `&`, `|`, a line end, or what surrounds it.
    pub(super) fn end_command(&mut self, scan: &mut Scan) {
        self.end_word(scan);
        self.redirect = None;
        if self.condition.is_some() {
            return;
        }
        for (hole, program) in second::shells(&self.words) {
            scan.second_shells.push((hole, program));
        }
        self.words.clear();
        self.function = false;
        self.assigned = false;
    }

    /// A word ends.
    pub(super) fn end_word(&mut self, scan: &mut Scan) {
        let Some(word) = self.word.take() else {
            return;
        };
        match self.redirect.take() {
            Some(Redirect::Here { strip }) => {
                self.pending.push(HereDocument {
                    delimiter: word.text,
                    quoted: word.quoted,
                    strip,
                });
                return;
            }
            Some(_) => return,
            None => {}
        }
        if self.condition.is_some() {
            self.condition_word(&word, scan);
        } else if let Some(case) = self.cases.last_mut().filter(|case| **case != Case::Body) {
            match (*case, word.bare()) {
                (Case::Subject, _) => *case = Case::In,
                (Case::In, _) => *case = Case::Pattern,
                (_, Some("esac")) => {
                    self.cases.pop();
                }
                _ => {}
            }
        } else if self.end != End::Array {
            self.command_word(word, scan);
        }
    }

    fn command_word(&mut self, word: Word, scan: &mut Scan) {
        if self.words.is_empty() {
            if word.assignment {
                self.assigned = true;
                return;
            }
            if !self.assigned && self.is_syntax(&word) {
                return;
            }
            word.refuse_completion(scan);
        }
        self.words.push(word);
        if let [first, _, third] = self.words.as_slice()
            && matches!(first.bare(), Some("for" | "select"))
            && third.bare() == Some("do")
        {
            self.words.clear();
        }
    }

    /// Whether the first word of a command is syntax after which a command still begins.
    fn is_syntax(&mut self, word: &Word) -> bool {
        if self.function {
            self.function = false;
            return true;
        }
        match word.bare() {
            Some("case") => self.cases.push(Case::Subject),
            Some("esac") => {
                self.cases.pop();
            }
            Some("[[") => self.condition = Some(Condition::default()),
            Some("function") => self.function = true,
            Some(
                "if" | "then" | "else" | "elif" | "fi" | "while" | "until" | "do" | "done" | "{"
                | "}" | "!" | "time" | "coproc",
            ) => {}
            _ => return false,
        }
        true
    }

    fn condition_word(&mut self, word: &Word, scan: &mut Scan) {
        let Some(condition) = &mut self.condition else {
            return;
        };
        condition.regex = false;
        condition.depth = 0;
        let operand = condition.next.take().is_some();
        match word.bare() {
            Some("]]") => self.condition = None,
            _ if operand => {}
            Some("=~") => condition.regex = true,
            Some("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") => {
                refuse(scan, &condition.last, NUMBER);
                condition.next = Some(NUMBER);
            }
            Some("-v" | "-R") => condition.next = Some(VARIABLE),
            _ => condition.last.clone_from(&word.holes),
        }
    }
}
