//! Types as they are written, and values that are of another type than is wanted.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::TypeName;
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::{is_wrong, wrong};

/// What a place wants.
pub(super) struct Wanted<'w> {
    pub ty: &'w Type,
    /// What wants it, for messages: `` `timeout` ``.
    pub what: &'w str,
    /// Where that is said.
    pub declared: Option<Span>,
}

/// A type with its article: `a string`.
pub(super) fn a(ty: &Type) -> String {
    match ty {
        Type::Int | Type::Any => format!("an {ty}"),
        Type::Unknown => "an any".to_owned(),
        _ => format!("a {ty}"),
    }
}

impl Analyzer<'_> {
    /// The type an annotation names.
    pub fn named_type(&mut self, name: &TypeName) -> Type {
        if name.name.value == "list" {
            return if let Some(item) = &name.item {
                Type::List(Box::new(self.named_type(item)))
            } else {
                self.report(
                    Diagnostic::new(
                        Code::UNKNOWN_CHOICE,
                        "a list's type says what it is a list of",
                        name.span,
                    )
                    .fix(
                        "such as `list<string>`",
                        Applicability::Unsafe,
                        name.span,
                        "list<string>",
                    ),
                );
                Type::Unknown
            };
        }
        if let Some(ty) = Type::named(&name.name.value)
            && name.item.is_none()
        {
            return ty;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_CHOICE,
            format!("there is no type `{}`", self.sources.slice(name.span)),
            name.span,
        );
        let all = Type::names().chain(["list"]);
        diagnostic = match nearest(&name.name.value, all) {
            Some(near) => diagnostic.fix(
                format!("did you mean `{near}`?"),
                Applicability::Unsafe,
                name.name.span,
                near,
            ),
            None => {
                let names: Vec<&str> = Type::names().collect();
                diagnostic.help(format!("the types are {} and list<T>", names.join(", ")))
            }
        };
        self.report(diagnostic);
        Type::Unknown
    }

    /// The expression where it fits, made a list where one is wanted; what was reported
    /// where it does not.
    pub fn fitted(&mut self, expr: Expr, wanted: &Wanted<'_>) -> Expr {
        if expr.ty.fits(wanted.ty) && self.items_fit(&expr, wanted) {
            return as_list(expr, wanted.ty);
        }
        let items = misfits(&expr, wanted.ty);
        if items.is_empty() {
            let what = format!("not {}", a(&expr.ty));
            self.report(mismatch(&expr, wanted.ty, wanted, &what));
        }
        for (item, ty) in items {
            let what = format!("and this element is {}", a(&item.ty));
            self.report(mismatch(item, ty, wanted, &what));
        }
        wrong(expr.span)
    }

    /// An empty list fits everywhere; one of mixed items is judged item by item.
    fn items_fit(&self, expr: &Expr, wanted: &Wanted<'_>) -> bool {
        let Type::List(item) = wanted.ty else {
            return true;
        };
        match &expr.kind {
            ExprKind::List(items) => items
                .iter()
                .all(|given| is_wrong(given) || given.ty.fits(item)),
            ExprKind::Literal {
                value: Value::List(items),
                ..
            } => items.iter().all(|given| given.type_of().fits(item)),
            _ => true,
        }
    }
}

/// The elements of a list that are of another type than is wanted, each with that type;
/// none where it is the list as a whole that does not fit.
fn misfits<'e>(expr: &'e Expr, wanted: &'e Type) -> Vec<(&'e Expr, &'e Type)> {
    let (ExprKind::List(items), Type::List(ty)) = (&expr.kind, wanted) else {
        return Vec::new();
    };
    let wrong: Vec<_> = items
        .iter()
        .filter(|item| !is_wrong(item) && !item.ty.fits(ty))
        .map(|item| (item, &**ty))
        .collect();
    if wrong.len() > 1 && wrong.len() == items.len() {
        return Vec::new();
    }
    wrong
}

/// That `expr` is not of the type `ty`; `what` ends the sentence that says what is wanted.
fn mismatch(expr: &Expr, ty: &Type, wanted: &Wanted<'_>, what: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        Code::TYPE_MISMATCH,
        format!("{} takes {}, {what}", wanted.what, a(wanted.ty)),
        expr.span,
    )
    .here(format!("this is {}", a(&expr.ty)));
    if let Some(declared) = wanted.declared {
        diagnostic = diagnostic.also(declared, format!("{} is wanted here", a(wanted.ty)));
    }
    if let Some(value) = unquoted(expr, ty) {
        return diagnostic.fix(
            "write it without quotes",
            Applicability::Unsafe,
            expr.span,
            value,
        );
    }
    match (&expr.ty, ty) {
        (Type::Int | Type::Number, Type::Duration) => {
            diagnostic.help("write the unit, as in `10m`")
        }
        (Type::Int | Type::Number, Type::Size) => diagnostic.help("write the unit, as in `1MB`"),
        (Type::Int | Type::Number | Type::Bool | Type::Duration | Type::Size, text)
            if text.is_text() =>
        {
            diagnostic.help("write it in quotes, or interpolate it: `\"{{value}}\"`")
        }
        (_, Type::Bool) => {
            diagnostic.help("compare it with something, or ask whether it `is empty`")
        }
        (given, Type::Regex) if given.is_text() => {
            diagnostic.help("write it between slashes: `/…/`")
        }
        (given, Type::Int) if given.is_text() => diagnostic.help("convert it with `.int()`"),
        (given, Type::Number) if given.is_text() => diagnostic.help("convert it with `.number()`"),
        (Type::List(_), text) if text.is_text() => {
            diagnostic.help("join it with `.join(\", \")`, or take one element of it")
        }
        _ => diagnostic.help(format!("give {}", a(ty))),
    }
}

/// The text of a string that would be right without its quotes.
fn unquoted(expr: &Expr, wanted: &Type) -> Option<String> {
    let ExprKind::Literal {
        value: Value::String(text),
        name: None,
    } = &expr.kind
    else {
        return None;
    };
    let value = crate::syntax::parse_literal(text).ok()?;
    (!value.type_of().is_text() && value.type_of().fits(wanted)).then(|| text.clone())
}

/// A single value where a list is wanted, as a list of one.
fn as_list(expr: Expr, wanted: &Type) -> Expr {
    if !matches!(wanted, Type::List(_))
        || matches!(expr.ty, Type::List(_) | Type::Any | Type::Unknown)
    {
        return expr;
    }
    let ty = Type::List(Box::new(expr.ty.clone()));
    let span = expr.span;
    match expr.kind {
        ExprKind::Literal { value, name } => Expr {
            span,
            ty,
            kind: ExprKind::Literal {
                value: Value::List(vec![value]),
                name,
            },
        },
        ExprKind::Missing(name) => Expr {
            span,
            ty,
            kind: ExprKind::Missing(name),
        },
        kind => Expr {
            span,
            ty,
            kind: ExprKind::List(vec![Expr {
                span,
                ty: expr.ty,
                kind,
            }]),
        },
    }
}
