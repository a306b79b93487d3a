//! What stands between brackets: on one line, or one element a line.

use std::ops::Range;

use super::STEP;
use super::writer::{Empty, Writer};
use crate::source::Span;
use crate::syntax::ast::{Arg, Expr, MapEntry, Param, TypeName};

/// The signs round a sequence.
struct Brackets {
    open: &'static str,
    close: &'static str,
    /// What stands inside them where all is on one line.
    inside: &'static str,
}

const ROUND: Brackets = Brackets {
    open: "(",
    close: ")",
    inside: "",
};
const SQUARE: Brackets = Brackets {
    open: "[",
    close: "]",
    inside: "",
};
const CURLY: Brackets = Brackets {
    open: "{",
    close: "}",
    inside: " ",
};

impl Writer<'_> {
    /// `[ … ]`, from bracket to bracket.
    pub(super) fn list(&mut self, items: &[Expr], span: Span) {
        let gap = inside(span.range());
        self.comments(span.start as usize, Empty::Dropped);
        self.sequence(&SQUARE, gap, items, |item| item.span, Self::expression);
    }

    /// `{ key: value }`, from brace to brace.
    pub(super) fn map(&mut self, entries: &[MapEntry], span: Span) {
        let gap = inside(span.range());
        self.comments(span.start as usize, Empty::Dropped);
        let place = |entry: &MapEntry| entry.key.span.to(entry.value.span);
        self.sequence(&CURLY, gap, entries, place, |writer, entry| {
            writer.copy(entry.key.span);
            writer.sign(":");
            writer.blank();
            writer.expression(&entry.value);
        });
    }

    /// The arguments of what is called; `rest` is what the source has after its name, to the
    /// closing parenthesis.
    pub(super) fn arguments(&mut self, args: &[Arg], rest: Range<usize>) {
        let gap = inside(self.opened(rest));
        let place = |arg: &Arg| arg.span;
        self.sequence(&ROUND, gap, args, place, |writer, arg| {
            if let Some(name) = &arg.name {
                writer.copy(name.span);
                writer.sign(":");
                writer.blank();
            }
            writer.expression(&arg.value);
        });
    }

    /// The parameters of a check; `rest` as with arguments.
    pub(super) fn parameters(&mut self, params: &[Param], rest: Range<usize>) {
        let gap = inside(self.opened(rest));
        let place = |param: &Param| param.span;
        self.sequence(&ROUND, gap, params, place, Self::parameter);
    }

    /// `name: type = default`.
    pub(super) fn parameter(&mut self, param: &Param) {
        self.copy(param.name.span);
        self.sign(":");
        self.blank();
        self.type_name(&param.ty);
        if let Some(default) = &param.default {
            self.blank();
            self.sign("=");
            self.blank();
            self.expression(default);
        }
    }

    fn type_name(&mut self, ty: &TypeName) {
        self.copy(ty.name.span);
        if let Some(item) = &ty.item {
            self.sign("<");
            self.type_name(item);
            self.sign(">");
            self.read_to(ty.span.end as usize);
        }
    }

    /// One expression in brackets, `( … )` or `[ … ]`, `range` from one to the other.
    pub(super) fn enclosed(&mut self, open: &str, inner: &Expr, close: &str, range: Range<usize>) {
        let gap = inside(range);
        let place = inner.span.range();
        self.comments(gap.start.saturating_sub(1), Empty::Dropped);
        self.sign(open);
        self.read_to(gap.start);
        if self.breaks(gap.start..place.start) || self.breaks(place.end..gap.end) {
            let base = self.line_indent();
            let hang = std::mem::replace(&mut self.hang, base + STEP);
            self.level += 1;
            self.line(base + STEP);
            self.expression(inner);
            self.line(base + STEP);
            self.comments(gap.end, Empty::Dropped);
            self.level -= 1;
            self.hang = hang;
            self.line(base);
        } else {
            self.expression(inner);
        }
        self.sign(close);
        self.read_to(gap.end + 1);
    }

    /// From the first bracket in `rest` to its end.
    fn opened(&self, rest: Range<usize>) -> Range<usize> {
        let open = self.between(rest.clone()).find(['(', '[']).unwrap_or(0);
        rest.start + open..rest.end
    }

    fn sequence<T>(
        &mut self,
        brackets: &Brackets,
        gap: Range<usize>,
        items: &[T],
        place: impl Fn(&T) -> Span,
        write: impl Fn(&mut Self, &T),
    ) {
        self.sign(brackets.open);
        self.read_to(gap.start);
        let mut from = gap.start;
        let mut broken = false;
        for item in items {
            let place = place(item);
            broken |= self.breaks(from..place.start as usize);
            from = place.end as usize;
        }
        broken |= self.breaks(from..gap.end);
        if items.is_empty() && !self.comment_before(gap.end) {
            broken = false;
        }
        if broken {
            let base = self.line_indent();
            let inner = base + STEP;
            let hang = std::mem::replace(&mut self.hang, inner + STEP);
            self.level += 1;
            for (index, item) in items.iter().enumerate() {
                self.item(place(item).start as usize, inner, index == 0);
                write(self, item);
                self.sign(",");
            }
            self.last_comments(gap.end, inner, items.is_empty());
            self.level -= 1;
            self.hang = hang;
            self.line(base);
        } else if !items.is_empty() {
            self.sign(brackets.inside);
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    self.sign(", ");
                }
                write(self, item);
            }
            self.sign(brackets.inside);
        }
        self.sign(brackets.close);
        self.read_to(gap.end + 1);
    }
}

/// Without the brackets at its ends.
fn inside(range: Range<usize>) -> Range<usize> {
    let start = range.start + 1;
    start..range.end.saturating_sub(1).max(start)
}
