//! Methods.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind, Method};
use crate::source::Span;
use crate::syntax::ast::{self, Arg, Ident};
use crate::value::Type;

use super::Analyzer;
use super::constant::{is_wrong, wrong};
use super::names::did_you_mean;
use super::place::Place;
use super::types::{Wanted, a};

/// What a method takes and gives.
pub(super) struct Signature {
    args: &'static [(&'static str, Type)],
    gives: Type,
}

fn strings() -> Type {
    Type::List(Box::new(Type::String))
}

/// The signature of a method on a type; none where the type does not have it.
pub(super) fn signature(method: Method, on: &Type) -> Option<Signature> {
    use Method as M;
    const NONE: &[(&str, Type)] = &[];
    const TEXT: &[(&str, Type)] = &[("a string", Type::String)];
    const TEXTS: &[(&str, Type)] = &[
        ("the old text", Type::String),
        ("the new one", Type::String),
    ];
    const REGEX: &[(&str, Type)] = &[("a regex", Type::Regex)];
    let any = matches!(on, Type::Any | Type::Unknown);
    let text = on.is_text() || any;
    let list = matches!(on, Type::List(_)) || any;
    let map = *on == Type::Map || any;
    let item = match on {
        Type::List(item) => (**item).clone(),
        _ => Type::Any,
    };
    let (has, args, gives) = match method {
        M::Trim | M::Lower | M::Upper => (text, NONE, Type::String),
        M::Lines => (text, NONE, strings()),
        M::Len => (text || list || map, NONE, Type::Int),
        M::Split => (text, TEXT, strings()),
        M::Replace => (text, TEXTS, Type::String),
        M::StartsWith | M::EndsWith => (text, TEXT, Type::Bool),
        M::Count => (text, REGEX, Type::Int),
        M::Find => (text, REGEX, strings()),
        M::Json | M::Yaml | M::Toml => (text, NONE, Type::Any),
        M::Int => (text, NONE, Type::Int),
        M::Number => (text, NONE, Type::Number),
        M::First | M::Last => (list, NONE, item),
        M::Join => (list, TEXT, Type::String),
        M::Sort | M::Unique => (
            list,
            NONE,
            if any {
                Type::List(Box::new(Type::Any))
            } else {
                on.clone()
            },
        ),
        M::Keys => (map, NONE, strings()),
        M::Values => (map, NONE, Type::List(Box::new(Type::Any))),
    };
    has.then_some(Signature { args, gives })
}

impl Analyzer<'_> {
    pub(super) fn method(
        &mut self,
        object: &ast::Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        place: &Place,
    ) -> Expr {
        let object = self.lower(object, place);
        let args: Vec<(Expr, &Arg)> = args
            .iter()
            .map(|arg| (self.lower(&arg.value, place), arg))
            .collect();
        if is_wrong(&object) {
            return wrong(span);
        }
        let method = Method::ALL.iter().find(|m| m.name() == name.value).copied();
        let found = method.and_then(|m| Some((m, signature(m, &object.ty)?)));
        let Some((method, signature)) = found else {
            self.unknown_method(&object.ty, name);
            return wrong(span);
        };
        let Some(args) = self.method_args(method, &signature, args, span) else {
            return wrong(span);
        };
        if method == Method::Join
            && let Type::List(item) = &object.ty
            && matches!(**item, Type::List(_) | Type::Map | Type::Regex)
        {
            self.report(
                Diagnostic::new(
                    Code::NOT_A_TEXT,
                    format!("the elements of a {} have no text to join", object.ty),
                    object.span,
                )
                .help("join a list of strings, numbers, bools, durations or sizes"),
            );
            return wrong(span);
        }
        Expr {
            span,
            ty: signature.gives,
            kind: ExprKind::Method {
                object: Box::new(object),
                method,
                args,
            },
        }
    }

    fn method_args(
        &mut self,
        method: Method,
        signature: &Signature,
        args: Vec<(Expr, &Arg)>,
        span: Span,
    ) -> Option<Vec<Expr>> {
        let named = args.iter().find_map(|(_, arg)| arg.name.as_ref());
        if let Some(named) = named {
            self.report(
                Diagnostic::new(
                    Code::WRONG_ARGUMENTS,
                    format!("`.{}()` takes no named arguments", method.name()),
                    named.span,
                )
                .help("give the value alone"),
            );
            return None;
        }
        if args.len() != signature.args.len() {
            let wanted: Vec<&str> = signature.args.iter().map(|(what, _)| *what).collect();
            let wanted = if wanted.is_empty() {
                "no argument".to_owned()
            } else {
                wanted.join(" and ")
            };
            let place = args
                .get(signature.args.len())
                .map_or(span, |(expr, _)| expr.span);
            self.report(
                Diagnostic::new(
                    Code::WRONG_ARGUMENTS,
                    format!(
                        "`.{}()` takes {wanted}, and is given {}",
                        method.name(),
                        count(args.len())
                    ),
                    place,
                )
                .help(format!("give it {wanted}")),
            );
            return None;
        }
        let what = format!("`.{}()`", method.name());
        Some(
            args.into_iter()
                .zip(signature.args)
                .map(|((expr, _), (_, ty))| {
                    let wanted = Wanted {
                        ty,
                        what: &what,
                        declared: None,
                    };
                    self.fitted(expr, &wanted)
                })
                .collect(),
        )
    }

    fn unknown_method(&mut self, ty: &Type, name: &Ident) {
        let has: Vec<&str> = Method::ALL
            .iter()
            .filter(|m| signature(**m, ty).is_some())
            .map(|m| m.name())
            .collect();
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_METHOD,
            format!("{} has no method `{}`", a(ty), name.value),
            name.span,
        );
        diagnostic = match nearest(&name.value, has.iter().copied()) {
            Some(near) => did_you_mean(diagnostic, name.span, near),
            None if has.is_empty() => diagnostic.help(format!("{} has no methods", a(ty))),
            None => diagnostic.help(format!("it has .{}()", has.join("(), ."))),
        };
        self.report(diagnostic);
    }
}

/// A number of arguments in words.
pub(super) fn count(arguments: usize) -> String {
    match arguments {
        0 => "none".to_owned(),
        1 => "one".to_owned(),
        2 => "two".to_owned(),
        more => more.to_string(),
    }
}
