//! Blocks and the statements in them.

use super::writer::{Empty, Writer};
use super::{STEP, WIDTH};
use crate::syntax::ast::{Block, Stmt};

impl Writer<'_> {
    /// The statements of a file.
    pub(super) fn items(&mut self, stmts: &[Stmt]) {
        self.statements(stmts, 0);
        self.last_comments(usize::MAX, 0, stmts.is_empty());
    }

    /// A block behind its head. One of a single statement that is on one line in the source
    /// stays so where it fits. (Such a block cannot hold a command, which would take the
    /// closing brace with it.)
    pub(super) fn block(&mut self, block: &Block) {
        let (start, end) = (block.span.start as usize, block.span.end as usize);
        self.blank();
        self.word("{", start);
        if let [only] = block.stmts.as_slice()
            && !self.breaks(start..end)
        {
            let outermost = !std::mem::replace(&mut self.flat, true);
            let mark = self.mark();
            self.blank();
            self.statement(only, 1);
            self.blank();
            self.sign("}");
            self.read_to(end);
            if !outermost {
                return;
            }
            self.flat = false;
            if self.column() <= WIDTH {
                return;
            }
            self.take_back(&mark);
        }
        if !block.stmts.is_empty() || self.comment_before(end) {
            let indent = self.indent;
            let hang = self.hang;
            self.level += 1;
            self.statements(&block.stmts, indent + STEP);
            self.last_comments(end - 1, indent + STEP, block.stmts.is_empty());
            self.level -= 1;
            self.indent = indent;
            self.hang = hang;
            self.line(indent);
        }
        self.sign("}");
        self.read_to(end);
    }

    fn statements(&mut self, stmts: &[Stmt], indent: usize) {
        let columns = self.columns(stmts);
        for (index, (stmt, blanks)) in stmts.iter().zip(columns).enumerate() {
            self.indent = indent;
            self.hang = indent + STEP;
            self.item(stmt.span.start as usize, indent, index == 0);
            self.statement(stmt, blanks);
        }
    }

    /// The comments after the last statement or element, before what closes at `offset`.
    pub(super) fn last_comments(&mut self, offset: usize, indent: usize, none: bool) {
        self.line(indent);
        self.comments(offset, if none { Empty::Leading } else { Empty::Kept });
    }
}
