//! Resolved expressions: names are gone, every node knows its type and its place.

use indexmap::IndexMap;
use serde::Serialize;

use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::{Type, Value};

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expr {
    /// Where it was written.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

impl Expr {
    /// The expressions this one is directly made of, in the order they were written.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal { .. } | ExprKind::Builtin(_) | ExprKind::Missing(_) => Vec::new(),
            ExprKind::Template(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    TemplatePart::Text(_) => None,
                    TemplatePart::Value(expr) => Some(expr),
                })
                .collect(),
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Map(entries) => entries.values().collect(),
            ExprKind::Unary { operand, .. } | ExprKind::IsEmpty { operand, .. } => vec![operand],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Call { args, .. } => args.iter().collect(),
            ExprKind::Method { object, args, .. } => {
                std::iter::once(&**object).chain(args).collect()
            }
            ExprKind::Field { object, .. } => vec![object],
            ExprKind::Index { object, index } => vec![object, index],
        }
    }

    /// Whether this expression or any inside it is such a one.
    pub fn any(&self, is: &mut impl FnMut(&Self) -> bool) -> bool {
        is(self) || self.children().into_iter().any(|child| child.any(is))
    }
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExprKind {
    /// A value known when the plan was loaded.
    Literal {
        /// The value.
        value: Value,
        /// The name it was written by, if it was not written out.
        name: Option<String>,
    },
    /// A text with interpolations.
    Template(Vec<TemplatePart>),
    /// A list.
    List(Vec<Expr>),
    /// A map.
    Map(IndexMap<String, Expr>),
    /// A value known when the gate runs.
    Builtin(Builtin),
    /// `not x`, `-x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `a is empty`, `a is not empty`.
    IsEmpty {
        /// The operand.
        operand: Box<Expr>,
        /// `is not empty`.
        negated: bool,
    },
    /// A call of a function.
    Call {
        /// The function.
        function: Function,
        /// The positional arguments.
        args: Vec<Expr>,
        /// `allow-empty: true`.
        allow_empty: bool,
    },
    /// `a.name(args)`.
    Method {
        /// The object.
        object: Box<Expr>,
        /// The method.
        method: Method,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// `a.name`, of a map, parsed data, or what `file()` gives.
    Field {
        /// The object.
        object: Box<Expr>,
        /// The key.
        name: String,
    },
    /// `a[i]`.
    Index {
        /// The object.
        object: Box<Expr>,
        /// The index or key.
        index: Box<Expr>,
    },
    /// A value that the call did not give; only in a plan that is checked, not run.
    Missing(String),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplatePart {
    /// Characters.
    Text(String),
    /// A value, of a type that has a text.
    Value(Expr),
}

/// A value that exists only in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builtin {
    /// `git.branch`.
    GitBranch,
    /// `git.head`.
    GitHead,
    /// `git.tree`.
    GitTree,
    /// `ci`.
    Ci,
    /// The result of a command of this gate.
    Output {
        /// The command's id.
        command: usize,
        /// Which part.
        stream: OutputStream,
    },
    /// A `let` of this gate.
    Local {
        /// Its slot.
        slot: usize,
        /// Its name as written.
        name: String,
    },
    /// A run-time `let` or `param` of a file, by its key in [`super::Plan::globals`].
    Global(String),
}

/// A part of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputStream {
    /// `exit`.
    Exit,
    /// `stdout`.
    Stdout,
    /// `stderr`.
    Stderr,
    /// `output`.
    Output,
    /// `time`.
    Time,
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// `env("NAME", default)`.
    Env,
    /// `files(GLOB, …)`.
    Files,
    /// `changed(GLOB, …)`.
    Changed,
    /// `file(PATH)`.
    File,
    /// `free-port()`.
    FreePort,
}

macro_rules! methods {
    ($($variant:ident = $name:literal;)*) => {
        /// A method.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Method {
            $(#[doc = concat!("`.", $name, "()`.")] $variant,)*
        }

        impl Method {
            /// Every method.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The method as it is written.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

methods! {
    Trim = "trim";
    Lines = "lines";
    Len = "len";
    Lower = "lower";
    Upper = "upper";
    Split = "split";
    Replace = "replace";
    StartsWith = "starts_with";
    EndsWith = "ends_with";
    Count = "count";
    Find = "find";
    Json = "json";
    Yaml = "yaml";
    Toml = "toml";
    Int = "int";
    Number = "number";
    First = "first";
    Last = "last";
    Join = "join";
    Sort = "sort";
    Unique = "unique";
    Keys = "keys";
    Values = "values";
}

impl Function {
    /// Every function with its name. `raw` is none of them: it stands only directly in
    /// a command's `{{ }}`.
    pub const ALL: &[(&'static str, Self)] = &[
        ("env", Self::Env),
        ("files", Self::Files),
        ("changed", Self::Changed),
        ("file", Self::File),
        ("free-port", Self::FreePort),
    ];
}
