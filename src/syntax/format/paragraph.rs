//! Columns: in a paragraph, statements one below the other without an empty line or a block
//! between them, the values of settings begin in one column, and so does what follows the
//! names of gates of one line.

use super::writer::{Writer, empty_between};
use crate::source::Source;
use crate::syntax::ast::{GateBody, Stmt, StmtKind};

/// How a statement stands in its paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// A word and its value, the word so wide.
    Setting(usize),
    /// A gate of one line, its name so wide.
    Gate(usize),
    /// A step: what is above and below it still aligns.
    Step,
    /// It ends the paragraph.
    Block,
}

impl Writer<'_> {
    /// For each statement of a block, how many blanks follow its word or its gate's name.
    pub(super) fn columns(&self, stmts: &[Stmt]) -> Vec<usize> {
        let rows: Vec<Row> = stmts.iter().map(|stmt| row(self.source(), stmt)).collect();
        let mut blanks = Vec::with_capacity(stmts.len());
        let (mut stmts, mut rows) = (stmts, rows.as_slice());
        while !stmts.is_empty() {
            // There is a first one, so no paragraph is longer than what is left.
            let (paragraph, rest) = rows.split_at(1 + self.paragraph(stmts, rows));
            stmts = stmts.get(paragraph.len()..).unwrap_or_default();
            rows = rest;
            let widest = |of: fn(&Row) -> Option<usize>| paragraph.iter().filter_map(of).max();
            let settings = widest(|row| match row {
                Row::Setting(width) => Some(*width),
                _ => None,
            });
            let gates = widest(|row| match row {
                Row::Gate(width) => Some(*width),
                _ => None,
            });
            blanks.extend(paragraph.iter().map(|row| match row {
                Row::Setting(width) => 1 + settings.unwrap_or(*width) - width,
                Row::Gate(width) => 1 + gates.unwrap_or(*width) - width,
                Row::Step | Row::Block => 1,
            }));
        }
        blanks
    }

    /// How many of the statements after the first are of its paragraph.
    fn paragraph(&self, stmts: &[Stmt], rows: &[Row]) -> usize {
        stmts
            .windows(2)
            .zip(rows.windows(2))
            .take_while(|(stmts, rows)| match stmts {
                [above, below] => {
                    let gap = above.span.end as usize..below.span.start as usize;
                    !rows.contains(&Row::Block) && !empty_between(self.source(), gap)
                }
                _ => false,
            })
            .count()
    }
}

fn row(source: &Source, stmt: &Stmt) -> Row {
    use StmtKind as K;
    let width = |text: &str| text.chars().count();
    match &stmt.kind {
        K::Gate {
            name,
            body: GateBody::Line(_),
            ..
        } => Row::Gate(width(source.slice(name.span()))),
        K::Base(_)
        | K::Shell(_)
        | K::Jobs(_)
        | K::Tree(_)
        | K::Share(_)
        | K::AmendBy(_)
        | K::Lint { .. }
        | K::Remind(_)
        | K::Secret(_)
        | K::Env { .. }
        | K::Timeout(_)
        | K::In(_)
        | K::Inputs { .. }
        | K::Goal(_)
        | K::Tasks { .. }
        | K::Regress(_)
        | K::Tag { .. }
        | K::Push(_)
        | K::Allow(_)
        | K::Deny(_)
        | K::Forbid { .. }
        | K::Limit { .. }
        | K::Require(_)
        | K::Retry { .. }
        | K::Hold { .. }
        | K::Needs(_)
        | K::Lock(_)
        | K::When(_)
        | K::Ready { .. }
        | K::Stop { .. }
        | K::Step(_)
        | K::Expected(_)
        | K::Expires(_)
        | K::By(_)
        | K::Body(_)
        | K::Breaking(_)
        | K::Trailer { .. } => Row::Setting(width(source.slice(stmt.keyword))),
        K::Commit(commit) if commit.body.is_none() => {
            Row::Setting(width(source.slice(stmt.keyword)))
        }
        K::Plan { .. }
        | K::CheckDecl { .. }
        | K::Every(_)
        | K::Phase { .. }
        | K::Test { .. }
        | K::Scope(_)
        | K::Service { .. }
        | K::Gate { .. }
        | K::Manual { .. }
        | K::Commit(_)
        | K::For { .. }
        | K::Proof { .. } => Row::Block,
        K::Edition(_)
        | K::Use { .. }
        | K::Include(_)
        | K::Param(_)
        | K::Let { .. }
        | K::Command(_)
        | K::Run(_)
        | K::Script { .. }
        | K::CheckCall(_)
        | K::Rhai(_)
        | K::RhaiFile(_)
        | K::Expect(_)
        | K::Ratchet { .. }
        | K::Signed
        | K::Write { .. }
        | K::Append { .. }
        | K::Replace { .. }
        | K::Remove(_)
        | K::ExpectOutcome(_) => Row::Step,
    }
}
