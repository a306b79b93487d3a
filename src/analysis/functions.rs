//! Calls of functions.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind, Function, Method};
use crate::source::Span;
use crate::syntax::ast::{Arg, ExprKind as AstKind, Ident};
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::{is_wrong, wrong};
use super::names::did_you_mean;
use super::place::Place;
use super::types::Wanted;

impl Analyzer<'_> {
    pub(super) fn call(&mut self, name: &Ident, args: &[Arg], span: Span, place: &Place) -> Expr {
        let found = Function::ALL.iter().find(|(known, _)| *known == name.value);
        let Some((_, function)) = found else {
            for arg in args {
                self.lower(&arg.value, place);
            }
            self.unknown_function(name, args);
            return wrong(span);
        };
        let globs = matches!(function, Function::Files | Function::Changed);
        let mut allow_empty = false;
        let mut given = Vec::new();
        let mut failed = false;
        for arg in args {
            let value = self.lower(&arg.value, place);
            match &arg.name {
                None => given.push((value, arg)),
                Some(named) if globs && named.value == "allow-empty" => {
                    allow_empty |= self.allow_empty(value).unwrap_or(false);
                }
                Some(named) => {
                    failed = true;
                    let mut diagnostic = Diagnostic::new(
                        Code::WRONG_ARGUMENTS,
                        format!("`{}()` has no parameter `{}`", name.value, named.value),
                        named.span,
                    );
                    diagnostic = if globs {
                        diagnostic.help("its one named argument is `allow-empty: true`")
                    } else {
                        diagnostic.help("give the value alone")
                    };
                    self.report(diagnostic);
                }
            }
        }
        if failed {
            return wrong(span);
        }
        if globs && place.allow_empty {
            allow_empty |= given.iter().all(|(_, arg)| is_local(arg, place));
        }
        let Some(args) = self.function_args(*function, name, given, span) else {
            return wrong(span);
        };
        let ty = match function {
            Function::Env => Type::String,
            Function::Files | Function::Changed => Type::List(Box::new(Type::Path)),
            Function::File => Type::Map,
            Function::FreePort => Type::Int,
        };
        Expr {
            span,
            ty,
            kind: ExprKind::Call {
                function: *function,
                args,
                allow_empty,
            },
        }
    }

    /// The value of an `allow-empty:` argument.
    pub(super) fn allow_empty(&mut self, value: Expr) -> Option<bool> {
        let wanted = Wanted {
            ty: &Type::Bool,
            what: "`allow-empty`",
            declared: None,
        };
        let value = self.fitted(value, &wanted);
        match self.constant(&value, "`allow-empty`")? {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn function_args(
        &mut self,
        function: Function,
        name: &Ident,
        given: Vec<(Expr, &Arg)>,
        span: Span,
    ) -> Option<Vec<Expr>> {
        let (least, most, usage) = match function {
            Function::Env => (
                1,
                2,
                "a name and perhaps a default: `env(\"NAME\", \"default\")`",
            ),
            Function::Files => (1, usize::MAX, "one glob or more: `files(\"**/*.ts\")`"),
            Function::Changed => (1, usize::MAX, "one glob or more: `changed(\"**/*.ts\")`"),
            Function::File => (1, 1, "one path: `file(\"LICENSE\")`"),
            Function::FreePort => (0, 0, "nothing: `free-port()`"),
        };
        if given.len() < least || given.len() > most {
            let place = given.get(most).map_or(span, |(_, arg)| arg.span);
            self.report(
                Diagnostic::new(
                    Code::WRONG_ARGUMENTS,
                    match given.len() {
                        0 => format!("`{}()` is called without an argument", name.value),
                        _ => format!("`{}()` is given too many arguments", name.value),
                    },
                    place,
                )
                .help(format!("it takes {usage}")),
            );
            return None;
        }
        let ty = match function {
            Function::Env | Function::FreePort => Type::String,
            Function::Files | Function::Changed => Type::List(Box::new(Type::Glob)),
            Function::File => Type::Path,
        };
        let what = format!("`{}()`", name.value);
        let mut args = Vec::new();
        for (expr, _) in given {
            let wanted = Wanted {
                // A single glob stays one; only what is a list already is spliced.
                ty: match (&ty, &expr.ty) {
                    (Type::List(item), given) if !matches!(given, Type::List(_)) => item,
                    _ => &ty,
                },
                what: &what,
                declared: None,
            };
            let expr = self.fitted(expr, &wanted);
            match function {
                Function::Files | Function::Changed => {
                    let globs = self.glob_exprs(expr);
                    args.extend(globs);
                }
                _ => args.push(expr),
            }
        }
        Some(args)
    }

    fn unknown_function(&mut self, name: &Ident, args: &[Arg]) {
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_FUNCTION,
            format!("there is no function `{}`", name.value),
            name.span,
        );
        let method = Method::ALL.iter().find(|m| m.name() == name.value);
        diagnostic = if name.value == "raw" && args.len() != 1 {
            Diagnostic::new(Code::WRONG_ARGUMENTS, "`raw()` takes one value", name.span)
                .help("write `{{raw(value)}}`")
        } else if name.value == "raw" {
            Diagnostic::new(
                Code::UNKNOWN_FUNCTION,
                "`raw()` stands only directly in the `{{ }}` of a command",
                name.span,
            )
            .help("write `{{raw(value)}}` in a `$` line or a `run`, with nothing around it")
        } else if let (Some(method), [arg, ..]) = (method, args) {
            let object = self.sources.slice(arg.value.span).to_owned();
            diagnostic.help(format!("it is a method: `{object}.{}()`", method.name()))
        } else {
            let all = Function::ALL.iter().map(|(known, _)| *known);
            match nearest(&name.value, all.clone()) {
                Some(near) => did_you_mean(diagnostic, name.span, near),
                None => {
                    let all: Vec<&str> = all.collect();
                    diagnostic.help(format!("the functions are {}", all.join(", ")))
                }
            }
        };
        self.report(diagnostic);
    }

    /// Globs as they are given to a function or a setting: lists that are known spliced,
    /// each known glob looked at.
    pub(super) fn glob_exprs(&mut self, expr: Expr) -> Vec<Expr> {
        if is_wrong(&expr) {
            return vec![expr];
        }
        let item = match &expr.ty {
            Type::List(item) => (**item).clone(),
            ty => ty.clone(),
        };
        match expr.kind {
            ExprKind::List(items) => items
                .into_iter()
                .flat_map(|item| self.glob_exprs(item))
                .collect(),
            ExprKind::Literal {
                value: Value::List(items),
                name,
            } => items
                .into_iter()
                .flat_map(|value| {
                    self.glob_exprs(Expr {
                        span: expr.span,
                        ty: item.clone(),
                        kind: ExprKind::Literal {
                            value,
                            name: name.clone(),
                        },
                    })
                })
                .collect(),
            ExprKind::Literal {
                value: Value::String(text),
                name,
            } => {
                let text = if item == Type::Path {
                    globset::escape(&text)
                } else {
                    self.valid_glob(&text, expr.span);
                    text
                };
                vec![Expr {
                    span: expr.span,
                    ty: Type::Glob,
                    kind: ExprKind::Literal {
                        value: Value::String(text),
                        name,
                    },
                }]
            }
            kind => {
                let expr = Expr { kind, ..expr };
                // Interpolated, but perhaps known: then it can be looked at now.
                if let super::constant::Known::Value(Value::String(text)) = self.known(&expr) {
                    self.valid_glob(&text, expr.span);
                }
                vec![expr]
            }
        }
    }
}

/// Whether an argument is the name of a check's own parameter.
fn is_local(arg: &Arg, place: &Place) -> bool {
    matches!(&arg.value.kind, AstKind::Name(name) if place.locals.iter().any(|l| l.name == *name))
}
