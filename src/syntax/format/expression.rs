//! Expressions.

use super::STEP;
use super::writer::{Empty, Writer};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, UnaryOp};

/// What follows the first operand of a row of operators.
struct Link<'e> {
    text: &'static str,
    op: Span,
    /// The operator's right operand, if it has one.
    right: Option<&'e Expr>,
}

impl Writer<'_> {
    /// An expression. Rows of operators and of postfixes lean to the left, as deep as they
    /// are long: they are walked, not descended.
    pub(super) fn expression(&mut self, expr: &Expr) {
        let (first, links) = row(expr);
        let mut end = first.span.end as usize;
        self.operand(first);
        for link in &links {
            self.link(link, end);
            end = link.right.map_or(link.op, |right| right.span).end as usize;
        }
    }

    fn link(&mut self, link: &Link<'_>, left: usize) {
        self.blank();
        let Some(right) = link.right else {
            self.word(link.text, link.op.start as usize);
            self.read_to(link.op.end as usize);
            return;
        };
        // A comment between operand and operator goes after the operator, where a line may
        // end everywhere.
        self.sign(link.text);
        if !self.comment_before(link.op.start as usize) {
            self.read_to(link.op.end as usize);
        }
        if self.breaks(left..right.span.start as usize) {
            self.line(self.hang);
        } else {
            self.blank();
        }
        self.comments(right.span.start as usize, Empty::Dropped);
        self.expression(right);
    }

    /// What is no row of operators: a primary with what follows it, or one behind a sign.
    fn operand(&mut self, expr: &Expr) {
        if let ExprKind::Unary { op, operand } = &expr.kind {
            match op {
                UnaryOp::Not => {
                    self.word("not", expr.span.start as usize);
                    self.blank();
                }
                UnaryOp::Minus => self.word("-", expr.span.start as usize),
            }
            self.expression(operand);
            return;
        }
        let mut postfixes = Vec::new();
        let mut first = expr;
        while let ExprKind::Field { object, .. }
        | ExprKind::Method { object, .. }
        | ExprKind::Index { object, .. } = &first.kind
        {
            postfixes.push((object.span.end as usize, first));
            first = object;
        }
        let indent = self.line_indent() + STEP;
        self.primary(first);
        for (left, postfix) in postfixes.into_iter().rev() {
            self.postfix(postfix, left, indent);
        }
    }

    fn postfix(&mut self, expr: &Expr, left: usize, indent: usize) {
        let end = expr.span.end as usize;
        match &expr.kind {
            ExprKind::Index { index, .. } => {
                let open = self.between(left..end).find('[').unwrap_or(0);
                self.enclosed("[", index, "]", left + open..end);
            }
            ExprKind::Field { name, .. } | ExprKind::Method { name, .. } => {
                let start = name.span.start as usize;
                if self.breaks(left..start) {
                    self.line(indent);
                }
                self.comments(start, Empty::Dropped);
                self.sign(".");
                self.copy(name.span);
                if let ExprKind::Method { args, .. } = &expr.kind {
                    self.arguments(args, name.span.end as usize..end);
                }
            }
            _ => {}
        }
    }

    fn primary(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::List(items) => self.list(items, expr.span),
            ExprKind::Map(entries) => self.map(entries, expr.span),
            ExprKind::Paren(inner) => self.enclosed("(", inner, ")", expr.span.range()),
            ExprKind::Call { function, args } => {
                self.copy(function.span);
                let end = expr.span.end as usize;
                self.arguments(args, function.span.end as usize..end);
            }
            // Literals and names.
            _ => self.copy(expr.span),
        }
    }
}

/// The first operand of a row of operators, and what follows it, from left to right.
fn row(expr: &Expr) -> (&Expr, Vec<Link<'_>>) {
    let mut links = Vec::new();
    let mut first = expr;
    loop {
        match &first.kind {
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => {
                links.push(Link {
                    text: op.as_str(),
                    op: *op_span,
                    right: Some(right),
                });
                first = left;
            }
            ExprKind::IsEmpty {
                operand,
                negated,
                op_span,
            } => {
                links.push(Link {
                    text: if *negated { "is not empty" } else { "is empty" },
                    op: *op_span,
                    right: None,
                });
                first = operand;
            }
            _ => break,
        }
    }
    links.reverse();
    (first, links)
}
