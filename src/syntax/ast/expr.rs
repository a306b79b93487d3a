//! Texts and expressions.

use serde::Serialize;

use crate::source::Span;

use super::{Arg, Ident};

/// A string literal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Text {
    /// With its quotes.
    pub span: Span,
    /// How it is quoted.
    pub form: TextForm,
    /// Its pieces, escapes and dedentation already undone.
    pub parts: Vec<TextPart>,
}

impl Text {
    /// The text, if nothing is interpolated in it.
    #[must_use]
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                TextPart::Literal { value, .. } => Some(value.as_str()),
                TextPart::Interpolation { .. } => None,
            })
            .collect()
    }
}

/// How a string literal is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TextForm {
    /// `"…"`.
    Quoted,
    /// `'…'`.
    Raw,
    /// `"""…"""`.
    MultiLine,
    /// `'''…'''`.
    RawMultiLine,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum TextPart {
    /// Characters.
    Literal {
        /// Where they are written, escapes included.
        span: Span,
        /// What they mean.
        value: String,
    },
    /// `{{ expr }}`.
    Interpolation {
        /// With the braces.
        span: Span,
        /// The expression.
        expr: Expr,
    },
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expr {
    /// All of it; parentheses belong to [`ExprKind::Paren`] alone.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "each variant shows the syntax its fields come from"
)]
pub enum ExprKind {
    /// A string.
    Text(Text),
    /// `42`.
    Int(i64),
    /// `0.95`.
    Number(f64),
    /// `true`.
    Bool(bool),
    /// `10m`, in milliseconds.
    Duration(u64),
    /// `5MB`, in bytes.
    Size(u64),
    /// `/…/im`; known to compile.
    Regex { pattern: String, flags: String },
    /// `[ … ]`.
    List(Vec<Expr>),
    /// `{ key: value }`.
    Map(Vec<MapEntry>),
    /// A name.
    Name(String),
    /// `( … )`.
    Paren(Box<Expr>),
    /// `not x`, `-x`.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// `a op b`.
    Binary {
        op: BinaryOp,
        /// The operator's words.
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a is empty`, `a is not empty`.
    IsEmpty {
        operand: Box<Expr>,
        negated: bool,
        /// The words.
        op_span: Span,
    },
    /// `f(args)`.
    Call { function: Ident, args: Vec<Arg> },
    /// `a.name`.
    Field { object: Box<Expr>, name: Ident },
    /// `a.name(args)`.
    Method {
        object: Box<Expr>,
        name: Ident,
        args: Vec<Arg>,
    },
    /// `a[i]`.
    Index { object: Box<Expr>, index: Box<Expr> },
    /// What was already reported as wrong.
    Error,
}

/// An entry of a map literal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapEntry {
    /// The key, quoted or not.
    pub key: Ident,
    /// The value.
    pub value: Expr,
}

/// An operator before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnaryOp {
    /// `not`.
    Not,
    /// `-`.
    Minus,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BinaryOp {
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `in`.
    In,
    /// `not in`.
    NotIn,
    /// `contains`.
    Contains,
    /// `not contains`.
    NotContains,
    /// `matches`.
    Matches,
    /// `not matches`.
    NotMatches,
    /// `+`.
    Plus,
}

impl BinaryOp {
    /// How tightly it binds: 1 `or`, 2 `and`, 3 comparisons, 4 `+`.
    #[must_use]
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Plus => 4,
            _ => 3,
        }
    }

    /// The operator as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::NotContains => "not contains",
            Self::Matches => "matches",
            Self::NotMatches => "not matches",
            Self::Plus => "+",
        }
    }
}
