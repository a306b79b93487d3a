//! Expressions: from a flat row of operands and operators to a tree.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{Span, Spanned};

use super::Lowering;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, MapEntry, TextPart, UnaryOp};
use crate::syntax::parser::{Pair, Rule};

/// How deep an expression may be, the links of a chain of operators counted too. What
/// brackets nest is bounded already; this bounds `a + a + …`.
const MAX_HEIGHT: usize = 512;

const COMPARISON: u8 = 3;
const SUM: u8 = 4;

type Row<'i> = Peekable<IntoIter<Pair<'i>>>;

impl Lowering<'_> {
    /// An `expression`, `inner` or `operand` of the grammar.
    pub(super) fn expression(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.span(&pair);
        let mut row = Vec::new();
        for item in pair.into_inner() {
            if item.as_rule() == Rule::tight {
                row.extend(item.into_inner());
            } else {
                row.push(item);
            }
        }
        let links = row.len();
        if self.height + links > MAX_HEIGHT {
            if !self.failed {
                self.report(
                    Diagnostic::new(
                        Code::TOO_DEEP,
                        format!("an expression may be at most {MAX_HEIGHT} operators deep"),
                        span.at_start(),
                    )
                    .help("name its parts with `let`"),
                );
            }
            return self.broken(span);
        }
        self.height += links;
        let mut row = row.into_iter().peekable();
        let expr = self.climb(&mut row, 1);
        self.height -= links;
        expr.unwrap_or_else(|| self.broken(span))
    }

    fn climb(&mut self, row: &mut Row<'_>, min: u8) -> Option<Expr> {
        let mut left = self.unary(row, min)?;
        let mut compared: Option<Span> = None;
        while let Some(next) = row.peek() {
            let (op, precedence) = match next.as_rule() {
                Rule::binary | Rule::inner_binary | Rule::plus => {
                    let op = binary(next.as_str())?;
                    (Some(op), op.precedence())
                }
                Rule::is_empty | Rule::inner_is_empty => (None, COMPARISON),
                _ => return Some(left),
            };
            if precedence < min {
                break;
            }
            let op_pair = row.next()?;
            let op_span = self.exact(&op_pair);
            if precedence == COMPARISON {
                if let Some(first) = compared {
                    self.chained(op_span, first);
                }
                compared = Some(op_span);
            } else {
                compared = None;
            }
            left = match op {
                Some(op) => {
                    let right = self.climb(row, precedence + 1)?;
                    Expr {
                        span: left.span.to(right.span),
                        kind: ExprKind::Binary {
                            op,
                            op_span,
                            left: Box::new(left),
                            right: Box::new(right),
                        },
                    }
                }
                None => Expr {
                    span: left.span.to(op_span),
                    kind: ExprKind::IsEmpty {
                        negated: op_pair.as_str().split_whitespace().count() == 3,
                        operand: Box::new(left),
                        op_span,
                    },
                },
            };
        }
        Some(left)
    }

    fn chained(&mut self, second: Span, first: Span) {
        if self.failed {
            return;
        }
        self.report(
            Diagnostic::new(Code::CHAINED_COMPARISON, "comparisons do not chain", second)
                .also(first, "the first one")
                .help("join two comparisons with `and`"),
        );
    }

    fn unary(&mut self, row: &mut Row<'_>, min: u8) -> Option<Expr> {
        let next = row.peek()?;
        let op = match next.as_rule() {
            Rule::minus => UnaryOp::Minus,
            Rule::prefix if next.as_str() == "-" => UnaryOp::Minus,
            Rule::prefix => UnaryOp::Not,
            _ => return self.postfixed(row),
        };
        let sign = row.next()?;
        let sign = Span::new(
            self.source.id(),
            self.exact(&sign).start as usize,
            self.exact(&sign).start as usize + if op == UnaryOp::Not { 3 } else { 1 },
        );
        if op == UnaryOp::Not && min > COMPARISON && !self.failed {
            self.report(
                Diagnostic::new(
                    Code::SYNTAX,
                    "`not` binds more loosely than what stands before it",
                    sign,
                )
                .help("put it in parentheses: `(not …)`"),
            );
        }
        let operand = match op {
            UnaryOp::Not => self.climb(row, COMPARISON)?,
            UnaryOp::Minus => self.unary(row, SUM + 1)?,
        };
        Some(Expr {
            span: sign.to(operand.span),
            kind: ExprKind::Unary {
                op,
                operand: Box::new(operand),
            },
        })
    }

    fn postfixed(&mut self, row: &mut Row<'_>) -> Option<Expr> {
        let first = row.next()?;
        let mut left = self.primary(first);
        while let Some(postfix) =
            row.next_if(|next| matches!(next.as_rule(), Rule::method | Rule::field | Rule::index))
        {
            let span = self.exact(&postfix);
            let rule = postfix.as_rule();
            self.same_line(left.span, span);
            let span = left.span.to(self.span(&postfix));
            let object = Box::new(left);
            let mut parts = postfix.into_inner();
            let kind = match rule {
                Rule::index => ExprKind::Index {
                    object,
                    index: {
                        let index = parts.next()?;
                        Box::new(self.bracketed('[', |this| this.expression(index)))
                    },
                },
                _ => {
                    let name = self.ident(&parts.next()?);
                    match parts.next() {
                        Some(list) => ExprKind::Method {
                            object,
                            name,
                            args: self.arguments(list),
                        },
                        None => ExprKind::Field { object, name },
                    }
                }
            };
            left = Expr { span, kind };
        }
        Some(left)
    }

    /// A `.name` on the next line is read inside `( )` only.
    fn same_line(&mut self, object: Span, postfix: Span) {
        let between = Span {
            start: object.end,
            end: postfix.start,
            ..object
        };
        if self.failed || !self.source.slice(between).contains('\n') {
            return;
        }
        if self.brackets.last() != Some(&'(') {
            let dot = Span::new(
                postfix.source,
                postfix.start as usize,
                postfix.start as usize + 1,
            );
            self.report(
                Diagnostic::new(
                    Code::SYNTAX,
                    "a `.` stands on the next line only inside `( )`",
                    dot,
                )
                .help("join the lines, or put the expression in parentheses"),
            );
        }
    }

    fn primary(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.exact(&pair);
        let kind = match pair.as_rule() {
            Rule::quoted | Rule::raw | Rule::multi | Rule::raw_multi => {
                ExprKind::Text(self.text(pair))
            }
            Rule::number => self.number(pair.as_str(), span),
            Rule::regex => self.regex(pair.as_str(), span),
            Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
            Rule::value_name => ExprKind::Name(pair.as_str().to_owned()),
            Rule::group => match pair.into_inner().next() {
                Some(inner) => {
                    ExprKind::Paren(Box::new(self.bracketed('(', |this| this.expression(inner))))
                }
                None => ExprKind::Error,
            },
            Rule::list_literal => ExprKind::List(self.bracketed('[', |this| {
                pair.into_inner()
                    .map(|item| this.expression(item))
                    .collect()
            })),
            Rule::map_literal => ExprKind::Map(self.bracketed('{', |this| {
                pair.into_inner()
                    .filter_map(|entry| this.entry(entry))
                    .collect()
            })),
            Rule::call => {
                let mut parts = pair.into_inner();
                match (parts.next(), parts.next()) {
                    (Some(name), Some(list)) => ExprKind::Call {
                        function: self.ident(&name),
                        args: self.arguments(list),
                    },
                    _ => ExprKind::Error,
                }
            }
            _ => ExprKind::Error,
        };
        Expr { span, kind }
    }

    fn entry(&mut self, pair: Pair<'_>) -> Option<MapEntry> {
        let mut parts = pair.into_inner();
        let key = parts.next()?;
        let key = if key.as_rule() == Rule::ident {
            self.ident(&key)
        } else {
            let text = self.text(key);
            match text.plain() {
                Some(plain) => Spanned::new(plain, text.span),
                None => {
                    let place = text.parts.iter().find_map(|part| match part {
                        TextPart::Interpolation { span, .. } => Some(*span),
                        TextPart::Literal { .. } => None,
                    });
                    self.report(
                        Diagnostic::new(
                            Code::NO_INTERPOLATION,
                            "a key is fixed: `{{` stands for nothing here",
                            place.unwrap_or(text.span),
                        )
                        .fix(
                            "write `\\{{` for two braces",
                            Applicability::Unsafe,
                            text.span,
                            self.source.slice(text.span).replace("{{", "\\{{"),
                        ),
                    );
                    Spanned::new(String::new(), text.span)
                }
            }
        };
        let value = self.expression(parts.find(|part| part.as_rule() != Rule::colon)?);
        Some(MapEntry { key, value })
    }
}

fn binary(written: &str) -> Option<BinaryOp> {
    const ALL: [BinaryOp; 15] = [
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::In,
        BinaryOp::NotIn,
        BinaryOp::Contains,
        BinaryOp::NotContains,
        BinaryOp::Matches,
        BinaryOp::NotMatches,
        BinaryOp::Plus,
    ];
    let mut words = written.split_whitespace();
    let (first, second) = (words.next()?, words.next());
    ALL.into_iter().find(|op| {
        let mut known = op.as_str().split(' ');
        known.next() == Some(first) && known.next() == second
    })
}
