//! From the grammar's nodes to the tree, with the exact words for what does not fit.

mod command;
mod declaration;
mod expression;
mod number;
mod parameter;
mod pattern;
mod setting;
mod slot;
mod statement;
mod step;
mod tail;
mod text;

use crate::diagnostic::{Applicability, Code, Diagnostic, MAX_DIAGNOSTICS};
use crate::source::{Source, Span, Spanned};

use super::ast::{Block, Expr, ExprKind, Ident, Stmt, StmtKind};
use super::parser::{self, Pair, Rule};
use super::repair::{Mend, Mended};
use super::words::{self, BlockKind};

/// How many statements a file may hold.
pub(super) const MAX_STATEMENTS: usize = 100_000;

/// Nesting beyond which the work is done on a thread with a stack of its own size.
const DEEP: usize = 16;
const DEEP_STACK: usize = 64 << 20;

/// What became of a file.
pub(super) struct Lowered {
    pub(super) items: Vec<Stmt>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Parses and lowers `source` with `mends` applied; `depth` is how deep it nests.
pub(super) fn lower(source: &Source, mends: Vec<Mend>, comments: &[Span], depth: usize) -> Lowered {
    let mended = Mended::new(source.text(), mends);
    let work = || Lowering::new(source, &mended, comments).file();
    if depth < DEEP {
        return work();
    }
    let deep = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(DEEP_STACK)
            .spawn_scoped(scope, work)
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    deep.unwrap_or_else(|| Lowered {
        items: Vec::new(),
        diagnostics: vec![Diagnostic::new(
            Code::TOO_DEEP,
            "the file nests too deeply to be read here",
            source.span().at_start(),
        )],
    })
}

/// Reads one expression out of `source`; what is wrong with it is in the second part.
pub(super) fn expression(source: &Source) -> (Option<Expr>, Vec<Diagnostic>) {
    let mended = Mended::new(source.text(), Vec::new());
    let mut lowering = Lowering::new(source, &mended, &[]);
    let expr = match parser::expression(mended.text()) {
        Ok(pair) => pair
            .into_inner()
            .next()
            .map(|pair| lowering.expression(pair)),
        Err(at) => {
            let span = lowering.token_at(at);
            lowering.unexpected(span, "one literal");
            None
        }
    };
    (expr, lowering.diagnostics)
}

struct Lowering<'s> {
    source: &'s Source,
    mended: &'s Mended<'s>,
    comments: &'s [Span],
    diagnostics: Vec<Diagnostic>,
    /// Whether the statement in hand was already reported.
    failed: bool,
    statements: usize,
    /// How deep the expression in hand is, counted from its root.
    height: usize,
    /// The brackets round the expression in hand.
    brackets: Vec<char>,
    /// Where a statement ended that wants more, and what a block after it would be.
    cut: Option<(usize, Option<BlockKind>)>,
}

impl<'s> Lowering<'s> {
    fn new(source: &'s Source, mended: &'s Mended<'s>, comments: &'s [Span]) -> Self {
        Self {
            source,
            mended,
            comments,
            diagnostics: Vec::new(),
            failed: false,
            statements: 0,
            height: 0,
            brackets: Vec::new(),
            cut: None,
        }
    }

    fn file(mut self) -> Lowered {
        let mut items = Vec::new();
        match parser::file(self.mended.text()) {
            Ok(file) => {
                for pair in file.into_inner() {
                    self.item(pair, Some(BlockKind::File), &mut items);
                }
            }
            Err(at) => {
                let span = self.token_at(self.mended.written(at));
                self.unexpected(span, "a statement");
            }
        }
        if self.statements > MAX_STATEMENTS {
            let span = items.last().map_or(self.source.span(), |stmt| stmt.keyword);
            self.diagnostics = vec![too_many(span)];
        }
        Lowered {
            items,
            diagnostics: self.diagnostics,
        }
    }

    /// A block's statements; `kind` is nothing where what it is a block of is not known.
    fn block(&mut self, pair: Pair<'_>, kind: Option<BlockKind>) -> Block {
        let span = self.span(&pair);
        let failed = std::mem::replace(&mut self.failed, false);
        let mut stmts = Vec::new();
        for inner in pair.into_inner() {
            if inner.as_rule() == Rule::unclosed {
                self.report(Diagnostic::new(
                    Code::UNCLOSED_BLOCK,
                    "this block is never closed",
                    Span::new(span.source, span.start as usize, span.start as usize + 1),
                ));
            } else {
                self.item(inner, kind, &mut stmts);
            }
        }
        self.failed = failed;
        // Most hold one statement, and the room for four is what a plan of many would weigh.
        stmts.shrink_to_fit();
        self.opening_line(span, &stmts);
        Block { span, stmts }
    }

    /// A block that goes on over lines has nothing after its `{`.
    fn opening_line(&mut self, block: Span, stmts: &[Stmt]) {
        let Some(first) = stmts.first() else { return };
        let between = |from: u32, to: u32| {
            self.source
                .slice(Span {
                    start: from,
                    end: to,
                    ..block
                })
                .contains('\n')
        };
        if between(block.start, block.end) && !between(block.start, first.keyword.start) {
            let diagnostic = Diagnostic::new(
                Code::TEXT_AFTER_BLOCK,
                "a block that goes on over lines has nothing after its `{`",
                first.keyword,
            )
            .fix(
                "put it on a line of its own",
                Applicability::Safe,
                first.keyword.at_start(),
                "\n",
            );
            self.report(diagnostic);
        }
    }

    fn item(&mut self, pair: Pair<'_>, kind: Option<BlockKind>, into: &mut Vec<Stmt>) {
        match pair.as_rule() {
            Rule::statement => {
                self.statements += 1;
                let first = self.statements == 1;
                if self.statements <= MAX_STATEMENTS && self.diagnostics.len() < MAX_DIAGNOSTICS {
                    let stmt = self.statement(pair, kind);
                    if let Some(Stmt {
                        kind: StmtKind::Edition(_),
                        keyword,
                        ..
                    }) = stmt
                        && !first
                    {
                        self.report(
                            Diagnostic::new(
                                Code::MISPLACED_STATEMENT,
                                "`edition` stands before everything else",
                                keyword,
                            )
                            .help("move it to the top of the file"),
                        );
                    }
                    into.extend(stmt);
                }
            }
            Rule::stray => {
                let span = self.span(&pair);
                self.report(Diagnostic::new(
                    Code::STRAY_BRACE,
                    "this `}` closes nothing",
                    span,
                ));
            }
            _ => {}
        }
    }

    /// Whether `word` may stand in a block of this kind; reported where not.
    fn placed(&mut self, word: &str, span: Span, kind: Option<BlockKind>) -> bool {
        let Some(kind) = kind else { return true };
        if kind.takes(word) {
            return true;
        }
        let places = places_of(word);
        self.report(
            Diagnostic::new(
                Code::MISPLACED_STATEMENT,
                format!("`{word}` does not belong {}", statement::located(kind)),
                span,
            )
            .help(format!("it stands in {}", enumerate(&places, "or"))),
        );
        false
    }

    // Places.

    /// The place of a node, without the blanks, newlines and comments the grammar
    /// skipped at its end.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let range = pair.as_span();
        let start = self.mended.written(range.start());
        let end = self.mended.written(range.end());
        self.trim(start, end)
    }

    fn trim(&self, start: usize, mut end: usize) -> Span {
        let text = self.source.text();
        loop {
            let part = text.get(start..end).unwrap_or_default();
            end = start + part.trim_end_matches([' ', '\t', '\n']).len();
            let last = self
                .comments
                .partition_point(|comment| (comment.start as usize) < end)
                .checked_sub(1)
                .and_then(|index| self.comments.get(index));
            match last {
                Some(comment) if comment.end as usize >= end && comment.start as usize >= start => {
                    end = comment.start as usize;
                }
                _ => return Span::new(self.source.id(), start, end),
            }
        }
    }

    /// The place of a node that skips nothing at its end.
    fn exact(&self, pair: &Pair<'_>) -> Span {
        let range = pair.as_span();
        Span::new(
            self.source.id(),
            self.mended.written(range.start()),
            self.mended.written(range.end()),
        )
    }

    fn ident(&self, pair: &Pair<'_>) -> Ident {
        Spanned::new(pair.as_str().to_owned(), self.exact(pair))
    }

    /// What stands at `at`, blanks skipped: a word, a sign, or the end of the line, which
    /// is an empty place right after what stands before it.
    fn token_at(&self, at: usize) -> Span {
        let text = self.source.text();
        let rest = text.get(at..).unwrap_or_default();
        let start = at + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let rest = text.get(start..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return self.end_before(at);
        };
        if first == '\n' || first == '#' {
            return self.end_before(at);
        }
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
                .unwrap_or(rest.len())
        } else if matches!(first, '"' | '\'') {
            rest.char_indices()
                .skip(1)
                .find(|(_, c)| *c == first || *c == '\n')
                .map_or(rest.len(), |(end, c)| end + usize::from(c == first))
        } else {
            SIGNS
                .iter()
                .find(|sign| rest.starts_with(**sign))
                .map_or(first.len_utf8(), |sign| sign.len())
        };
        Span::new(self.source.id(), start, start + len)
    }

    /// The empty place after the last thing before `at`.
    fn end_before(&self, at: usize) -> Span {
        self.trim(0, at).at_end()
    }

    // Reports.

    /// Lowers what stands inside a bracket.
    fn bracketed<T>(&mut self, bracket: char, work: impl FnOnce(&mut Self) -> T) -> T {
        self.brackets.push(bracket);
        let done = work(self);
        self.brackets.pop();
        done
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.diagnostics.push(diagnostic);
    }

    /// Something else was expected at `span`.
    fn unexpected(&mut self, span: Span, wanted: &str) {
        let found = self.source.slice(span);
        let message = if found.is_empty() {
            format!("expected {wanted}, found the end of the line")
        } else {
            let found: String = found.chars().take(40).collect();
            format!("expected {wanted}, found `{found}`")
        };
        // A word after a list may be meant for one of the statement's own, such as `in`.
        let is_word = found.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let is_value = found.starts_with(|c: char| c.is_ascii_digit() || "\"'[{".contains(c));
        let in_brackets = !wanted.ends_with("the end of the line");
        let missing_comma = wanted.starts_with("`,`") && (is_value || is_word && in_brackets);
        let mut diagnostic = Diagnostic::new(Code::SYNTAX, message, span);
        let before = self.source.text().get(..span.start as usize);
        let before = before.unwrap_or_default().trim_end();
        // Its line may end in a comment.
        let commented = before
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.contains('#'));
        if missing_comma && !commented {
            let end = before.len();
            diagnostic = diagnostic.fix(
                "put a comma between them",
                Applicability::Unsafe,
                Span::new(span.source, end, end),
                ",",
            );
        }
        self.report(diagnostic);
    }

    fn broken(&self, span: Span) -> Expr {
        Expr {
            span,
            kind: ExprKind::Error,
        }
    }

    /// What stands in for a step that could not be read, so that nothing else is said of
    /// the block it stands in.
    fn placeholder(&self, span: Span) -> StmtKind {
        StmtKind::Expect(self.broken(span))
    }
}

/// Signs of more than one character, of this language and of others, longest first.
const SIGNS: [&str; 16] = [
    "===", "!==", "...", "&&", "||", "==", "!=", "<=", ">=", "=>", "->", "::", "=~", "+=", "??",
    "++",
];

/// The blocks a statement may stand in, in words, each once.
fn places_of(word: &str) -> Vec<&'static str> {
    let mut places: Vec<_> = Vec::new();
    for block in words::blocks_of(word) {
        if !places.contains(&block.name()) {
            places.push(block.name());
        }
    }
    places
}

/// `a, b or c`.
pub(super) fn enumerate<S: AsRef<str>>(items: &[S], last: &str) -> String {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(if index + 1 == items.len() { " " } else { ", " });
            if index + 1 == items.len() {
                out.push_str(last);
                out.push(' ');
            }
        }
        out.push_str(item.as_ref());
    }
    out
}

/// An operator of another language, and what to write instead.
pub(super) fn foreign_operator(place: Span, sign: &str, instead: &str, edit: &str) -> Diagnostic {
    // These mean one thing wherever they are known; `!` binds differently, `|` may be a pipe.
    let plain = matches!(sign, "&&" | "||" | "===" | "!==" | "<>");
    Diagnostic::new(
        Code::FOREIGN_OPERATOR,
        format!("`{sign}` is no operator; write `{instead}`"),
        place,
    )
    .fix(
        format!("write `{instead}`"),
        if plain {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        },
        place,
        edit,
    )
}

/// More statements than a file may hold, the first one too many at `span`.
pub(super) fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TOO_MANY,
        "the file has more than 100,000 statements",
        span,
    )
    .help("split it, or use `for`")
}
