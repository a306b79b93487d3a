//! Operators and the types they take.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, UnaryOp};
use crate::value::Type;

use super::Analyzer;
use super::constant::{is_wrong, wrong};
use super::place::Place;
use super::types::a;

fn open(ty: &Type) -> bool {
    matches!(ty, Type::Any | Type::Unknown)
}

fn text(ty: &Type) -> bool {
    ty.is_text() || open(ty)
}

fn number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Number)
}

impl Analyzer<'_> {
    pub(super) fn unary(
        &mut self,
        op: UnaryOp,
        operand: &ast::Expr,
        span: Span,
        place: &Place,
    ) -> Expr {
        let operand = self.lower(operand, place);
        if is_wrong(&operand) {
            return wrong(span);
        }
        let (word, fits, ty) = match op {
            UnaryOp::Not => (
                "not",
                operand.ty == Type::Bool || open(&operand.ty),
                Type::Bool,
            ),
            UnaryOp::Minus => (
                "-",
                number(&operand.ty) || open(&operand.ty),
                operand.ty.clone(),
            ),
        };
        if !fits {
            let wanted = match op {
                UnaryOp::Not => "a bool",
                UnaryOp::Minus => "an int or a number",
            };
            self.report(
                Diagnostic::new(
                    Code::BAD_OPERAND,
                    format!("`{word}` takes {wanted}, not {}", a(&operand.ty)),
                    operand.span,
                )
                .here(format!("this is {}", a(&operand.ty)))
                .help(match (op, &operand.ty) {
                    (UnaryOp::Not, Type::String | Type::List(_) | Type::Map) => {
                        "ask a question of it, as in `x is empty`"
                    }
                    (UnaryOp::Not, _) => "compare it with something",
                    (UnaryOp::Minus, _) => "remove the minus",
                }),
            );
            return wrong(span);
        }
        Expr {
            span,
            ty,
            kind: ExprKind::Unary {
                op,
                operand: Box::new(operand),
            },
        }
    }

    pub(super) fn is_empty(
        &mut self,
        operand: Expr,
        negated: bool,
        op_span: Span,
        span: Span,
    ) -> Expr {
        if is_wrong(&operand) {
            return wrong(span);
        }
        let fits =
            text(&operand.ty) || matches!(operand.ty, Type::List(_) | Type::Map | Type::Pattern);
        if !fits {
            let word = if negated { "is not empty" } else { "is empty" };
            self.report(
                Diagnostic::new(
                    Code::BAD_OPERAND,
                    format!(
                        "`{word}` takes a string, a list or a map, not {}",
                        a(&operand.ty)
                    ),
                    operand.span,
                )
                .here(format!("this is {}", a(&operand.ty)))
                .also(op_span, "asked here")
                .help("compare it with `==` instead"),
            );
            return wrong(span);
        }
        Expr {
            span,
            ty: Type::Bool,
            kind: ExprKind::IsEmpty {
                operand: Box::new(operand),
                negated,
            },
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Expr {
        if is_wrong(&left) || is_wrong(&right) {
            return wrong(span);
        }
        let ty = match judge(op, &left.ty, &right.ty) {
            Ok(ty) => ty,
            Err(problem) => {
                let mut diagnostic = Diagnostic::new(problem.code, problem.message, op_span)
                    .also(left.span, format!("this is {}", a(&left.ty)))
                    .also(right.span, format!("this is {}", a(&right.ty)));
                if let Some(help) = problem.help {
                    diagnostic = diagnostic.help(help);
                }
                self.report(diagnostic);
                return wrong(span);
            }
        };
        Expr {
            span,
            ty,
            kind: ExprKind::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right),
            },
        }
    }
}

struct Problem {
    code: Code,
    message: String,
    help: Option<String>,
}

fn judge(op: BinaryOp, left: &Type, right: &Type) -> Result<Type, Problem> {
    use BinaryOp as B;
    match op {
        B::And | B::Or => {
            let fits = |ty: &Type| *ty == Type::Bool || open(ty);
            if fits(left) && fits(right) {
                return Ok(Type::Bool);
            }
            let culprit = if fits(left) { right } else { left };
            Err(operand(
                format!("`{}` takes two bools, not {}", op.as_str(), a(culprit)),
                Some("compare it with something, or ask whether it `is not empty`".to_owned()),
            ))
        }
        B::Equal | B::NotEqual => {
            if left.comparable(right) {
                return Ok(Type::Bool);
            }
            Err(never(
                format!("{} can never be equal to {}", a(left), a(right)),
                conversion(left, right),
            ))
        }
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual => ordered(op, left, right),
        B::In | B::NotIn => held(op, left, right),
        B::Contains | B::NotContains => held(op, right, left),
        B::Matches | B::NotMatches => {
            if !(text(left) || *left == Type::Pattern) {
                return Err(operand(
                    format!("`{}` looks into a string, not {}", op.as_str(), a(left)),
                    match left {
                        Type::List(_) => Some("join the list first: `.join(\"\\n\")`".to_owned()),
                        _ => None,
                    },
                ));
            }
            if matches!(right, Type::Regex | Type::Pattern) || open(right) {
                return Ok(Type::Bool);
            }
            let help = right.is_text().then(|| {
                "write a regex between slashes, `/…/`, or use `contains` for a plain text"
                    .to_owned()
            });
            Err(operand(
                format!("`{}` takes a regex, not {}", op.as_str(), a(right)),
                help,
            ))
        }
        B::Plus => sum(left, right),
    }
}

fn operand(message: String, help: Option<String>) -> Problem {
    Problem {
        code: Code::BAD_OPERAND,
        message,
        help,
    }
}

fn never(message: String, help: Option<String>) -> Problem {
    Problem {
        code: Code::NEVER_EQUAL,
        message,
        help,
    }
}

/// How one of the two becomes comparable with the other.
fn conversion(left: &Type, right: &Type) -> Option<String> {
    let help = match (left, right) {
        (text, Type::Int) | (Type::Int, text) if text.is_text() => {
            "convert the string with `.int()`"
        }
        (text, Type::Number) | (Type::Number, text) if text.is_text() => {
            "convert the string with `.number()`"
        }
        (Type::Duration, Type::Int | Type::Number) | (Type::Int | Type::Number, Type::Duration) => {
            "write the unit, as in `10s`"
        }
        (Type::Size, Type::Int | Type::Number) | (Type::Int | Type::Number, Type::Size) => {
            "write the unit, as in `1MB`"
        }
        (text, Type::Regex) if text.is_text() => "use `matches` to look for a regex",
        (Type::List(_), Type::Int | Type::Number) => "compare its length: `.len()`",
        (Type::List(_), _) => "use `contains` to look into a list",
        (_, Type::List(_)) => "use `in` to look into a list",
        _ => "compare two values of one type",
    };
    Some(help.to_owned())
}

fn ordered(op: BinaryOp, left: &Type, right: &Type) -> Result<Type, Problem> {
    let orderable = |ty: &Type| number(ty) || text(ty) || matches!(ty, Type::Duration | Type::Size);
    if !orderable(left) || !orderable(right) {
        let culprit = if orderable(left) { right } else { left };
        return Err(operand(
            format!("`{}` cannot order {}", op.as_str(), a(culprit)),
            match culprit {
                Type::List(_) | Type::Map => Some("compare its length: `.len()`".to_owned()),
                _ => None,
            },
        ));
    }
    let alike = open(left)
        || open(right)
        || (number(left) && number(right))
        || (left.is_text() && right.is_text())
        || left == right;
    if alike {
        return Ok(Type::Bool);
    }
    Err(operand(
        format!(
            "`{}` compares two values of one type, not {} with {}",
            op.as_str(),
            a(left),
            a(right)
        ),
        conversion(left, right),
    ))
}

/// Whether a value of type `item` can be in one of type `holder`.
fn held(op: BinaryOp, item: &Type, holder: &Type) -> Result<Type, Problem> {
    let word = op.as_str();
    match holder {
        Type::Any | Type::Unknown => Ok(Type::Bool),
        Type::List(of) => {
            if item.comparable(of) {
                return Ok(Type::Bool);
            }
            Err(never(
                format!("{} can never be in {}", a(item), a(holder)),
                Some(format!("look for {}", a(of))),
            ))
        }
        Type::Map => {
            if text(item) {
                return Ok(Type::Bool);
            }
            Err(never(
                format!("{} can never be a key of a map", a(item)),
                Some("keys are strings".to_owned()),
            ))
        }
        holder if holder.is_text() => {
            if text(item) {
                return Ok(Type::Bool);
            }
            let help = match item {
                Type::Regex => "use `matches` to look for a regex",
                _ => "look for a string in it",
            };
            Err(operand(
                format!(
                    "`{word}` looks for a string in a string, not for {}",
                    a(item)
                ),
                Some(help.to_owned()),
            ))
        }
        holder => Err(operand(
            format!(
                "`{word}` looks into a string, a list or a map, not into {}",
                a(holder)
            ),
            Some("compare with `==`".to_owned()),
        )),
    }
}

fn sum(left: &Type, right: &Type) -> Result<Type, Problem> {
    match (left, right) {
        (Type::Any | Type::Unknown, _) | (_, Type::Any | Type::Unknown) => Ok(Type::Any),
        (left, right) if left.is_text() && right.is_text() => Ok(Type::String),
        (Type::Int, Type::Int) => Ok(Type::Int),
        (left, right) if number(left) && number(right) => Ok(Type::Number),
        (Type::Duration, Type::Duration) => Ok(Type::Duration),
        (Type::Size, Type::Size) => Ok(Type::Size),
        (Type::List(left), Type::List(right)) => {
            let item = Type::common([(**left).clone(), (**right).clone()]);
            Ok(Type::List(Box::new(item)))
        }
        (left, right) => {
            let help = if left.is_text() || right.is_text() {
                "interpolate it into the string: `\"… {{value}}\"`".to_owned()
            } else if matches!(left, Type::List(_)) || matches!(right, Type::List(_)) {
                "put the single value in a list: `[value]`".to_owned()
            } else {
                "`+` joins two strings, lists, numbers, durations or sizes".to_owned()
            };
            Err(operand(
                format!("`+` cannot join {} and {}", a(left), a(right)),
                Some(help),
            ))
        }
    }
}
