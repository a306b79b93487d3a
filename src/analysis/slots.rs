//! The slots of statements: one value of a kind, or a list of them.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::{EnvVar, Expr, ExprKind};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ExprKind as AstKind, Ident, Text};
use crate::value::{Type, Value, identifier_from, is_identifier};

use super::Analyzer;
use super::constant::is_wrong;
use super::place::Place;
use super::types::Wanted;

impl Analyzer<'_> {
    /// An expression of a type, known now or in a run.
    pub(super) fn slot(&mut self, expr: &ast::Expr, ty: &Type, what: &str, place: &Place) -> Expr {
        let lowered = self.lower(expr, place);
        self.fitted(
            lowered,
            &Wanted {
                ty,
                what,
                declared: None,
            },
        )
    }

    /// A value that has a text, known now or in a run.
    pub(super) fn text_slot(&mut self, expr: &ast::Expr, what: &str, place: &Place) -> Expr {
        self.slot(expr, &Type::String, what, place)
    }

    /// A text known now, with its place.
    pub(super) fn text_now(
        &mut self,
        expr: &ast::Expr,
        what: &str,
        place: &Place,
    ) -> Option<Spanned<String>> {
        let lowered = self.text_slot(expr, what, place);
        match self.constant(&lowered, what)? {
            Value::String(text) => Some(Spanned::new(text, expr.span)),
            _ => None,
        }
    }

    /// A duration known now, in milliseconds.
    pub(super) fn duration(&mut self, expr: &ast::Expr, what: &str, place: &Place) -> Option<u64> {
        if self.lacks_unit(expr) {
            return None;
        }
        let lowered = self.slot(expr, &Type::Duration, what, place);
        match self.constant(&lowered, what)? {
            Value::Duration(ms) => Some(ms),
            _ => None,
        }
    }

    /// A size known now, in bytes.
    pub(super) fn size(&mut self, expr: &ast::Expr, what: &str, place: &Place) -> Option<u64> {
        if self.lacks_unit(expr) {
            return None;
        }
        let lowered = self.slot(expr, &Type::Size, what, place);
        match self.constant(&lowered, what)? {
            Value::Size(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A count known now, of at least `least`.
    pub(super) fn whole_number(
        &mut self,
        expr: &ast::Expr,
        what: &str,
        least: u64,
        place: &Place,
    ) -> Option<u64> {
        let lowered = self.slot(expr, &Type::Int, what, place);
        let Value::Int(value) = self.constant(&lowered, what)? else {
            return None;
        };
        match u64::try_from(value) {
            Ok(value) if value >= least => Some(value),
            _ => {
                self.report(
                    Diagnostic::new(
                        Code::OUT_OF_RANGE,
                        format!("{what} takes {least} or more, not {value}"),
                        expr.span,
                    )
                    .help(format!("write a number from {least} up")),
                );
                None
            }
        }
    }

    /// Whether a number stands where a unit is needed: the parser reports that.
    fn lacks_unit(&self, expr: &ast::Expr) -> bool {
        let number = match &expr.kind {
            AstKind::Unary { operand, .. } => &operand.kind,
            kind => kind,
        };
        matches!(number, AstKind::Int(_) | AstKind::Number(_))
            && self
                .diagnostics
                .iter()
                .any(|said| said.code == Code::MISSING_UNIT && said.primary() == Some(expr.span))
    }

    /// The items of a statement's list, all known now; an item that is a list is spliced in.
    pub(super) fn items_now(
        &mut self,
        exprs: &[ast::Expr],
        ty: &Type,
        what: &str,
        place: &Place,
    ) -> Vec<(Spanned<Value>, Type)> {
        let mut items = Vec::new();
        for expr in self.items(exprs, ty, what, place) {
            let Some(value) = self.constant(&expr, what) else {
                continue;
            };
            match (value, &expr.ty) {
                (Value::List(values), Type::List(item)) => items.extend(
                    values
                        .into_iter()
                        .map(|value| (Spanned::new(value, expr.span), (**item).clone())),
                ),
                (value, ty) => items.push((Spanned::new(value, expr.span), ty.clone())),
            }
        }
        items
    }

    /// The items of a statement's list; a list known only in a run stays one of them.
    pub(super) fn items(
        &mut self,
        exprs: &[ast::Expr],
        ty: &Type,
        what: &str,
        place: &Place,
    ) -> Vec<Expr> {
        let mut items = Vec::new();
        for expr in exprs {
            let lowered = self.lower(expr, place);
            self.splice(lowered, ty, what, &mut items);
        }
        items
    }

    fn splice(&mut self, expr: Expr, ty: &Type, what: &str, into: &mut Vec<Expr>) {
        if let ExprKind::List(items) = expr.kind {
            for item in items {
                self.splice(item, ty, what, into);
            }
            return;
        }
        let list = Type::List(Box::new(ty.clone()));
        let wanted = Wanted {
            ty: if matches!(expr.ty, Type::List(_)) {
                &list
            } else {
                ty
            },
            what,
            declared: None,
        };
        let expr = self.fitted(expr, &wanted);
        if !is_wrong(&expr) {
            into.push(expr);
        }
    }

    /// The texts of a statement's list, all known now.
    pub(super) fn texts_now(
        &mut self,
        exprs: &[ast::Expr],
        what: &str,
        place: &Place,
    ) -> Vec<Spanned<String>> {
        self.items_now(exprs, &Type::String, what, place)
            .into_iter()
            .filter_map(|(item, _)| match item.value {
                Value::String(text) => Some(Spanned::new(text, item.span)),
                _ => None,
            })
            .collect()
    }

    /// The globs of a statement's list, all known now and looked at.
    pub(super) fn globs_now(
        &mut self,
        exprs: &[ast::Expr],
        what: &str,
        place: &Place,
    ) -> Vec<Spanned<String>> {
        let mut globs = Vec::new();
        for (item, ty) in self.items_now(exprs, &Type::Glob, what, place) {
            let Value::String(text) = item.value else {
                continue;
            };
            if ty == Type::Path {
                globs.push(Spanned::new(globset::escape(&text), item.span));
            } else if self.valid_glob(&text, item.span) {
                globs.push(Spanned::new(text, item.span));
            }
        }
        globs
    }

    /// `env NAME = value`.
    pub(super) fn env_var(&mut self, name: &Ident, value: &ast::Expr, place: &Place) -> EnvVar {
        let lowered = self.lower(value, place);
        EnvVar {
            name: name.clone(),
            value: self.with_text(lowered, value),
        }
    }

    /// A title, known now.
    pub(super) fn title_text(&mut self, title: &Text, what: &str, place: &Place) -> Option<String> {
        let lowered = self.lower_text(title, place);
        match self.constant(&lowered, what)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A name that may be written as a string.
    pub(super) fn given_name(
        &mut self,
        name: &ast::Name,
        what: &str,
        place: &Place,
    ) -> Option<Spanned<String>> {
        let text = match name {
            ast::Name::Ident(ident) => return Some(ident.clone()),
            ast::Name::Text(text) => text,
        };
        let lowered = self.lower_text(text, place);
        let Value::String(value) = self.constant(&lowered, what)? else {
            return None;
        };
        if is_identifier(&value) {
            return Some(Spanned::new(value, text.span));
        }
        let diagnostic = Diagnostic::new(
            Code::BAD_NAME,
            format!("{what} cannot be `{value}`: it is not an identifier"),
            text.span,
        );
        // Of a text that is not the same everywhere, nor is the name.
        let near = identifier_from(&value).filter(|_| text.plain().is_some());
        self.report(match near {
            Some(name) if what == "a gate's name" => diagnostic.fix(
                "write a name before it: this is the title",
                Applicability::Unsafe,
                text.span.at_start(),
                format!("{name} "),
            ),
            Some(name) => diagnostic.fix(
                format!("write `{name}`"),
                Applicability::Unsafe,
                text.span,
                name,
            ),
            None => diagnostic.help(
                "use letters, digits, `_` and single `-` between them, beginning with a letter",
            ),
        });
        None
    }

    /// Whether a setting is the first of its kind; reports it where it is not.
    pub(super) fn first(&mut self, seen: &mut Seen, word: &str, span: Span) -> bool {
        if let Some(first) = seen.get(word).copied() {
            self.repeated(word, span, first);
            return false;
        }
        seen.insert(word.to_owned(), span);
        true
    }
}

/// The settings met in a block so far, and where.
pub(super) type Seen = std::collections::HashMap<String, Span>;
