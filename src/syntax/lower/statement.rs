//! Statements: their head, their placement, and which of the grammar's rules says what.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::{Span, Spanned};

use super::Lowering;
use super::tail::Broken;
use crate::syntax::ast::{Block, GateBody, Probe, Stmt, StmtKind};
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::{self, BlockKind};

/// What the statement in hand is known by.
pub(super) struct Head<'i> {
    /// Its text, where some of it is of no rule.
    pub(super) broken: Option<Broken<'i>>,
    /// The word it begins with.
    pub(super) word: String,
    /// Where that stands.
    pub(super) keyword: Span,
    /// The kind of block it stands in, where that is known.
    pub(super) within: Option<BlockKind>,
    /// The block that stands after text no rule takes.
    pub(super) spare: Option<Pair<'i>>,
}

impl Lowering<'_> {
    /// A statement, or nothing where it cannot be read.
    pub(super) fn statement(&mut self, pair: Pair<'_>, within: Option<BlockKind>) -> Option<Stmt> {
        let outer = std::mem::replace(&mut self.failed, false);
        let stmt = self.statement_inner(pair, within);
        self.failed = outer;
        stmt
    }

    fn statement_inner<'i>(&mut self, pair: Pair<'i>, within: Option<BlockKind>) -> Option<Stmt> {
        let span = self.span(&pair);
        let base = pair.as_span().start();
        let text = pair.as_str();
        let mut known = None;
        let mut junk = None;
        let mut junk_end = 0;
        let mut spare = None;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::tail {
                for piece in part.into_inner() {
                    match piece.as_rule() {
                        Rule::junk if junk.is_none() => {
                            // What follows a spare block goes with it.
                            junk = Some(self.span(&piece));
                            junk_end = piece.as_span().end() - base;
                        }
                        Rule::block => spare = Some(piece),
                        _ => {}
                    }
                }
            } else {
                known = Some(part);
            }
        }
        let Some(known) = known else {
            self.unknown(span, spare, within);
            return self.step_lost(within, span);
        };
        let keyword = self.keyword(&known, span);
        let rule = known.as_rule();
        let end = known.as_span().end();
        let has_block = known
            .clone()
            .into_inner()
            .any(|part| part.as_rule() == Rule::block);
        let mut head = Head {
            broken: junk.map(|junk| Broken {
                text: text.get(..junk_end).unwrap_or(text),
                base,
                junk,
                rule,
                after_block: has_block,
            }),
            word: self.source.slice(keyword).to_owned(),
            keyword,
            within,
            spare,
        };
        let placed =
            self.placed(&head.word.clone(), keyword, within) && self.outcome_placed(&known, &head);
        let kind = self.kind(known, &mut head);
        if !self.failed && head.broken.is_some() {
            self.tail(&head);
        }
        // A block after text that no rule takes still has its own mistakes.
        if let Some(block) = head.spare.take() {
            if !self.failed {
                self.spare_block(&block, has_block);
            }
            let inner = block_kind(rule, within);
            if inner.is_some() {
                self.block(block, inner);
            }
        }
        let kind = match kind {
            Some(kind) if placed => kind,
            _ => return self.step_lost(within, span),
        };
        let doc = documented(&kind)
            .then(|| self.documentation(span.start as usize))
            .flatten();
        let span = if has_block && junk.is_some() {
            // What stands after a block's brace is no part of it.
            self.trim(span.start as usize, self.mended.written(end))
        } else {
            span
        };
        Some(Stmt {
            span: span.to(command_end(&kind).unwrap_or(span)),
            keyword,
            doc,
            kind,
        })
    }

    /// A block where the statement takes none, or has one.
    fn spare_block(&mut self, block: &Pair<'_>, second: bool) {
        let span = self.span(block);
        let brace = Span::new(span.source, span.start as usize, span.start as usize + 1);
        if second {
            self.report(
                Diagnostic::new(
                    Code::TEXT_AFTER_BLOCK,
                    "nothing stands after a block's `}`",
                    brace,
                )
                .help("a statement has one block"),
            );
        } else {
            self.unexpected(brace, "the end of the line");
        }
    }

    fn keyword(&self, known: &Pair<'_>, span: Span) -> Span {
        if known.as_rule() == Rule::command {
            return Span::new(span.source, span.start as usize, span.start as usize + 1);
        }
        known
            .clone()
            .into_inner()
            .next()
            .map_or(span.at_start(), |first| self.exact(&first))
    }

    /// Where a step may stand, one that was lost is stood in for.
    fn step_lost(&self, within: Option<BlockKind>, span: Span) -> Option<Stmt> {
        use BlockKind::{Check, CheckFor, Gate, GateFor, Test};
        matches!(within, Some(Gate | GateFor | Check | CheckFor | Test)).then(|| Stmt {
            span,
            keyword: span.at_start(),
            doc: None,
            kind: self.placeholder(span),
        })
    }

    /// The `##` lines directly above the line that `start` stands in.
    fn documentation(&self, start: usize) -> Option<Spanned<String>> {
        let text = self.source.text();
        let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        if !is_blank(text.get(line..start)?) {
            return None;
        }
        let mut lines = Vec::new();
        let mut above = line;
        let mut span: Option<Span> = None;
        let before = self
            .comments
            .partition_point(|comment| (comment.start as usize) < line);
        for comment in self.comments.get(..before)?.iter().rev() {
            if comment.end as usize + 1 != above {
                break;
            }
            let at = comment.start as usize;
            let begin = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
            let written = self.source.slice(*comment);
            let Some(said) = written
                .strip_prefix("##")
                .filter(|said| !said.starts_with('#'))
            else {
                break;
            };
            if !is_blank(text.get(begin..at)?) {
                break;
            }
            lines.push(said.strip_prefix(' ').unwrap_or(said).trim_end());
            span = Some(span.map_or(*comment, |span| comment.to(span)));
            above = begin;
        }
        lines.reverse();
        Some(Spanned::new(lines.join("\n"), span?))
    }

    /// A statement whose first word begins none.
    fn unknown(&mut self, span: Span, spare: Option<Pair<'_>>, within: Option<BlockKind>) {
        let first = self.token_at(span.start as usize);
        let word = self.source.slice(first).to_owned();
        let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let mut inner = None;
        let cut = self.cut.take().filter(|(end, _)| {
            let between = self.source.text().get(*end..first.start as usize);
            between.is_some_and(|between| between.trim().is_empty())
        });
        if let Some((_, kind)) = cut.filter(|_| !is_word) {
            // What the statement before it lacks, which was reported there.
            inner = kind;
        } else if !is_word {
            if !self.foreign(first.start as usize) {
                self.unexpected(first, "a statement");
            }
        } else {
            let candidates: Vec<&str> = within.map_or_else(
                || words::WORDS.iter().map(|(word, _)| *word).collect(),
                |kind| kind.words().collect(),
            );
            let near = nearest(&word, candidates.iter().copied());
            let far = nearest(&word, words::WORDS.iter().map(|(word, _)| *word));
            let place = within.map_or_else(String::new, |kind| format!(" {}", located(kind)));
            let mut diagnostic = Diagnostic::new(
                Code::UNKNOWN_STATEMENT,
                format!("no statement{place} begins with `{word}`"),
                first,
            );
            if let Some(near) = near {
                inner = block_of_word(near, within);
                diagnostic = diagnostic.fix(
                    format!("did you mean `{near}`?"),
                    Applicability::Unsafe,
                    first,
                    near,
                );
            } else if let Some(far) = far {
                inner = block_of_word(far, within);
                diagnostic = diagnostic.help(format!(
                    "did you mean `{far}`? it stands in {}",
                    super::enumerate(&super::places_of(far), "or")
                ));
            } else if !candidates.is_empty() {
                let shown: Vec<String> =
                    candidates.iter().map(|word| format!("`{word}`")).collect();
                diagnostic = diagnostic.help(format!(
                    "what may stand here: {}",
                    super::enumerate(&shown, "and")
                ));
            }
            self.report(diagnostic);
        }
        if let Some(block) = spare
            && inner.is_some()
        {
            self.block(block, inner);
        }
    }

    /// `expect fails "x"` stands in a test only, and a test takes no other `expect`.
    fn outcome_placed(&mut self, known: &Pair<'_>, head: &Head<'_>) -> bool {
        if known.as_rule() != Rule::expect {
            return true;
        }
        let Some(outcome) = known
            .clone()
            .into_inner()
            .find(|part| part.as_rule() == Rule::outcome)
        else {
            return true;
        };
        let word = outcome.clone().into_inner().next();
        let alone = outcome.into_inner().count() == 1;
        match (head.within, word) {
            (None | Some(BlockKind::Test), _) => true,
            (Some(kind), Some(word)) if !alone => {
                let span = self.exact(&word);
                self.report(
                    Diagnostic::new(
                        Code::MISPLACED_STATEMENT,
                        format!(
                            "`expect {}` with a text does not belong in {}",
                            word.as_str(),
                            kind.name()
                        ),
                        span,
                    )
                    .help("it stands in a test"),
                );
                false
            }
            _ => true,
        }
    }

    pub(super) fn kind<'i>(&mut self, pair: Pair<'i>, head: &mut Head<'i>) -> Option<StmtKind> {
        let rule = pair.as_rule();
        let end = self.span(&pair).end as usize;
        let mut parts = Parts {
            list: pair.clone().into_inner().skip(1).collect(),
            end,
        };
        match rule {
            Rule::command => self.command_statement(&pair),
            Rule::gate => self.gate(parts, head),
            Rule::simple => self.simple(parts, head),
            Rule::list => self.list(parts, head),
            Rule::operands => self.operands(parts, head),
            Rule::choice => self.choice(parts, head),
            Rule::edition => self.edition(parts, head),
            Rule::use_ => self.use_file(parts, head),
            Rule::include => {
                let path = self.string(&mut parts, head, "the path of a file")?;
                Some(StmtKind::Include(path))
            }
            Rule::plan => self.plan(parts, head),
            Rule::param => self.param(parts, head),
            Rule::let_ => {
                let name = self.value_ident(&mut parts, head)?;
                let value = self.assigned(&mut parts, head)?;
                Some(StmtKind::Let { name, value })
            }
            Rule::every => self.every(parts, head),
            Rule::phase => self.phase(parts, head),
            Rule::test => self.test(parts, head),
            Rule::check_declaration => self.check_declaration(parts, head),
            Rule::check_call => self.check_call(parts, head),
            Rule::manual => self.manual(parts, head),
            Rule::service => self.service(parts, head),
            Rule::proof => {
                let title = self.title(&mut parts);
                let body = self.body(&mut parts, head, BlockKind::Proof)?;
                Some(StmtKind::Proof { title, body })
            }
            Rule::scope => Some(StmtKind::Scope(self.body(
                &mut parts,
                head,
                BlockKind::Scope,
            )?)),
            Rule::for_ => self.for_each(parts, head),
            Rule::tasks => {
                let file = self.value(&mut parts, head, "the path of a Markdown file")?;
                self.took_word(&file, "under", "the path of a Markdown file", head);
                let under = self.after_word(&mut parts, head, Rule::k_under, "a heading")?;
                Some(StmtKind::Tasks { file, under })
            }
            Rule::commit => self.commit(parts, head),
            Rule::tag => {
                let name = self.value(&mut parts, head, "a name in quotes")?;
                self.took_word(&name, "message", "a name in quotes", head);
                let message = self.after_word(&mut parts, head, Rule::k_message, "a text")?;
                Some(StmtKind::Tag { name, message })
            }
            Rule::trailer => {
                let name = self.plain_ident(&mut parts, head, "a trailer's name")?;
                let value = self.value(&mut parts, head, "a text")?;
                Some(StmtKind::Trailer { name, value })
            }
            Rule::forbid => {
                let patterns = self.values(&mut parts, head, "a word in quotes or a regex")?;
                let within = if parts.take(Rule::k_in).is_some() {
                    self.values(&mut parts, head, "a glob in quotes")?
                } else {
                    Vec::new()
                };
                Some(StmtKind::Forbid { patterns, within })
            }
            Rule::limit => self.limit(parts, head),
            Rule::inputs => self.inputs(parts, head),
            Rule::env => self.env(parts, head),
            Rule::retry => self.retry(parts, head),
            Rule::when => {
                let condition = self.condition(&mut parts, head)?;
                Some(StmtKind::When(condition))
            }
            Rule::lint => self.lint(parts, head),
            Rule::amend => self.amend(parts, head),
            Rule::signed => Some(StmtKind::Signed),
            Rule::expect => self.expect(parts, head),
            Rule::ratchet => self.ratchet(parts, head),
            Rule::ready => self.ready(parts, head),
            Rule::stop => self.stop(parts, head),
            Rule::rhai => self.rhai(parts, head),
            _ => None,
        }
    }
}

/// What follows a statement's first word.
pub(super) struct Parts<'i> {
    pub(super) list: Vec<Pair<'i>>,
    /// Where it ends, in the text as written.
    pub(super) end: usize,
}

impl<'i> Parts<'i> {
    pub(super) fn next(&mut self) -> Option<Pair<'i>> {
        (!self.list.is_empty()).then(|| self.list.remove(0))
    }

    /// The next part, if it is of `rule`.
    pub(super) fn take(&mut self, rule: Rule) -> Option<Pair<'i>> {
        if self.list.first()?.as_rule() == rule {
            self.next()
        } else {
            None
        }
    }
}

/// What a block after this statement's head is a block of.
pub(super) fn block_kind(rule: Rule, within: Option<BlockKind>) -> Option<BlockKind> {
    Some(match rule {
        Rule::plan => BlockKind::Plan,
        Rule::every => BlockKind::Every,
        Rule::phase => BlockKind::Phase,
        Rule::test => BlockKind::Test,
        Rule::check_declaration | Rule::check_call => BlockKind::Check,
        Rule::gate => BlockKind::Gate,
        Rule::manual => BlockKind::Manual,
        Rule::service => BlockKind::Service,
        Rule::proof => BlockKind::Proof,
        Rule::scope => BlockKind::Scope,
        Rule::commit => BlockKind::Commit,
        Rule::for_ => return for_kind(within),
        _ => return None,
    })
}

/// A `for` takes what it stands in takes.
pub(super) fn for_kind(within: Option<BlockKind>) -> Option<BlockKind> {
    use BlockKind as B;
    Some(match within? {
        B::Phase | B::Every | B::PhaseFor => B::PhaseFor,
        B::Gate | B::GateFor => B::GateFor,
        B::Check | B::CheckFor => B::CheckFor,
        _ => return None,
    })
}

pub(super) fn block_of_word(word: &str, within: Option<BlockKind>) -> Option<BlockKind> {
    let rule = match word {
        "plan" => Rule::plan,
        "every" => Rule::every,
        "phase" => Rule::phase,
        "test" => Rule::test,
        "check" => Rule::check_declaration,
        "gate" => Rule::gate,
        "manual" => Rule::manual,
        "service" => Rule::service,
        "proof" => Rule::proof,
        "scope" => Rule::scope,
        "commit" => Rule::commit,
        "for" => Rule::for_,
        _ => return None,
    };
    block_kind(rule, within)
}

/// `in a phase`, `at the top level of a file`.
pub(super) fn located(kind: BlockKind) -> String {
    let preposition = if kind == BlockKind::File { "at" } else { "in" };
    format!("{preposition} {}", kind.name())
}

/// The text of the command a statement ends in: the blanks at its end belong to it.
pub(super) fn command_end(kind: &StmtKind) -> Option<Span> {
    match kind {
        StmtKind::Command(text)
        | StmtKind::Ready {
            probe: Probe::Command(text),
            ..
        } => Some(text.span),
        StmtKind::Gate {
            body: GateBody::Line(step),
            ..
        } => command_end(&step.kind),
        _ => None,
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t'))
}

/// Whether `##` lines above belong to the statement.
fn documented(kind: &StmtKind) -> bool {
    use StmtKind as K;
    matches!(
        kind,
        K::Plan { .. }
            | K::Param(_)
            | K::Let { .. }
            | K::CheckDecl { .. }
            | K::Phase { .. }
            | K::Every(_)
            | K::Gate { .. }
            | K::Service { .. }
            | K::Manual { .. }
            | K::Proof { .. }
            | K::Test { .. }
            | K::Use { .. }
            | K::Include(_)
    )
}

/// The empty block that stands in for one that is missing.
pub(super) fn no_block(at: Span) -> Block {
    Block {
        span: at,
        stmts: Vec::new(),
    }
}
