//! Fields and `[ ]`.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind, Method};
use crate::source::Span;
use crate::syntax::ast::{self, Ident};
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::{Known, is_wrong, wrong};
use super::methods::signature;
use super::names::did_you_mean;
use super::place::Place;
use super::types::a;

impl Analyzer<'_> {
    pub(super) fn field(
        &mut self,
        object: &ast::Expr,
        name: &Ident,
        span: Span,
        place: &Place,
    ) -> Expr {
        let mut file = false;
        if let ast::ExprKind::Name(of) = &object.kind {
            match self.value_of(of, place) {
                // Claimed twice, which was reported: which is meant is not known.
                Some(_) if self.alias(of, place).is_some() => return wrong(span),
                Some(binding) => file = binding.file,
                None => {
                    if let Some(alias) = self.alias(of, place) {
                        return self.used_value(of, alias.module, name, span);
                    }
                    if let Some(expr) = self.builtin_field(of, name, span, place) {
                        return expr;
                    }
                }
            }
        }
        let object = self.lower(object, place);
        file |= super::values::is_file(&object);
        let ty = match &object.ty {
            _ if is_wrong(&object) => return wrong(span),
            Type::Map if file => match name.value.as_str() {
                "exists" => Type::Bool,
                "size" => Type::Size,
                "text" => Type::String,
                _ => {
                    self.unknown_key("what `file()` gives", &["exists", "size", "text"], name);
                    return wrong(span);
                }
            },
            Type::Map => match self.key_of_constant(&object, &name.value, name.span) {
                Some(ty) => ty,
                None => return wrong(span),
            },
            Type::Any | Type::Unknown => Type::Any,
            ty => {
                let mut diagnostic = Diagnostic::new(
                    Code::UNKNOWN_KEY,
                    format!("{} has no field `{}`", a(ty), name.value),
                    name.span,
                );
                let method = Method::ALL
                    .iter()
                    .find(|m| m.name() == name.value && signature(**m, ty).is_some());
                diagnostic = match method {
                    Some(method) => diagnostic.fix(
                        format!("call the method: `.{}()`", method.name()),
                        Applicability::Safe,
                        name.span.at_end(),
                        "()",
                    ),
                    None => diagnostic.help("only maps and parsed data have fields"),
                };
                self.report(diagnostic);
                return wrong(span);
            }
        };
        Expr {
            span,
            ty,
            kind: ExprKind::Field {
                object: Box::new(object),
                name: name.value.clone(),
            },
        }
    }

    /// The type of a key of a map: what it is where the map is constant, else any; none
    /// where the key is known not to be there, which is reported.
    fn key_of_constant(&mut self, object: &Expr, key: &str, span: Span) -> Option<Type> {
        if let ExprKind::Map(entries) = &object.kind {
            if let Some(value) = entries.get(key) {
                return Some(value.ty.clone());
            }
            let keys: Vec<String> = entries.keys().cloned().collect();
            self.no_key(key, &keys, span);
            return None;
        }
        match self.known(object) {
            Known::Value(Value::Map(entries)) => {
                if let Some(value) = entries.get(key) {
                    return Some(value.type_of());
                }
                let keys: Vec<String> = entries.keys().cloned().collect();
                self.no_key(key, &keys, span);
                None
            }
            _ => Some(Type::Any),
        }
    }

    fn no_key(&mut self, key: &str, keys: &[String], span: Span) {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let name = Ident::new(key.to_owned(), span);
        self.unknown_key("this map", &keys, &name);
    }

    fn unknown_key(&mut self, what: &str, keys: &[&str], name: &Ident) {
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_KEY,
            format!("{what} has no `{}`", name.value),
            name.span,
        );
        diagnostic = match nearest(&name.value, keys.iter().copied()) {
            Some(near) if self.sources.slice(name.span) == name.value => {
                did_you_mean(diagnostic, name.span, near)
            }
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if keys.is_empty() => diagnostic.help("it is empty"),
            None => diagnostic.help(format!("it has {}", keys.join(", "))),
        };
        self.report(diagnostic);
    }

    /// `alias.name`.
    fn used_value(&mut self, alias: &str, module: Option<usize>, name: &Ident, span: Span) -> Expr {
        let Some(module) = module else {
            return wrong(span);
        };
        if let Some(binding) = self.module_value(module, &name.value) {
            return super::expr::mention(&binding, &format!("{alias}.{}", name.value), span);
        }
        if self.is_in_broken(&name.value) {
            return wrong(span);
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_NAME,
            format!("`{alias}` has no value `{}`", name.value),
            name.span,
        );
        if let Some(names) = self.names.get(module) {
            diagnostic = match nearest(&name.value, names.values.keys().copied()) {
                Some(near) => did_you_mean(diagnostic, name.span, near),
                None if names.checks.contains_key(name.value.as_str()) => diagnostic.help(format!(
                    "it is a check: call it as a step of its own, `check {alias}.{}(…)`",
                    name.value
                )),
                None => diagnostic.help("declare it there with `let`"),
            };
        }
        self.report(diagnostic);
        wrong(span)
    }

    pub(super) fn index(
        &mut self,
        object: &ast::Expr,
        index: &ast::Expr,
        span: Span,
        place: &Place,
    ) -> Expr {
        let object = self.lower(object, place);
        let index = self.lower(index, place);
        if is_wrong(&object) || is_wrong(&index) {
            return wrong(span);
        }
        let open = matches!(index.ty, Type::Any | Type::Unknown);
        let ty = match &object.ty {
            Type::List(item) if open || index.ty == Type::Int => (**item).clone(),
            Type::Map if open || index.ty.is_text() => match self.known(&index) {
                Known::Value(Value::String(key)) => {
                    match self.key_of_constant(&object, &key, index.span) {
                        Some(ty) => ty,
                        None => return wrong(span),
                    }
                }
                _ => Type::Any,
            },
            Type::Any | Type::Unknown if open || index.ty.is_text() || index.ty == Type::Int => {
                Type::Any
            }
            Type::List(_) | Type::Map | Type::Any | Type::Unknown => {
                let wanted = match object.ty {
                    Type::List(_) => "an int",
                    Type::Map => "a string",
                    _ => "an int or a string",
                };
                self.report(
                    Diagnostic::new(
                        Code::BAD_OPERAND,
                        format!(
                            "the `[ ]` of {} takes {wanted}, not {}",
                            a(&object.ty),
                            a(&index.ty)
                        ),
                        index.span,
                    )
                    .help(format!("give {wanted}")),
                );
                return wrong(span);
            }
            ty => {
                self.report(
                    Diagnostic::new(
                        Code::BAD_OPERAND,
                        format!("{} has no elements to take with `[ ]`", a(ty)),
                        object.span,
                    )
                    .help("only lists, maps and parsed data have"),
                );
                return wrong(span);
            }
        };
        Expr {
            span,
            ty,
            kind: ExprKind::Index {
                object: Box::new(object),
                index: Box::new(index),
            },
        }
    }
}
