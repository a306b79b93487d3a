//! `for`: its body once for each value of its list.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Ident};
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::is_wrong;
use super::place::{Binding, BindingKind, Outputs, Place};
use super::types::a;

/// The turns of a `for`.
pub(super) struct Turns {
    /// The place of the body in each turn.
    pub places: Vec<Place>,
    /// Whether the turns are those of the list. If not, there is one, so that the body is
    /// looked at all the same, and what comes of it is no part of the plan.
    pub real: bool,
    /// Whether it is not known how many turns there are.
    pub unsure: bool,
}

impl Analyzer<'_> {
    /// The turns of `for variable in list`.
    pub(super) fn turns(&mut self, variable: &Ident, list: &ast::Expr, place: &Place) -> Turns {
        let setting = place.setting("the list of a `for`");
        let lowered = self.lower(list, &setting);
        let item = match &lowered.ty {
            Type::List(item) => (**item).clone(),
            Type::Any | Type::Unknown => Type::Any,
            ty => {
                self.report(
                    Diagnostic::new(
                        Code::TYPE_MISMATCH,
                        format!("`for` goes over a list, not {}", a(ty)),
                        list.span,
                    )
                    .here(format!("this is {}", a(ty)))
                    .help("write a list: `[…]`"),
                );
                Type::Any
            }
        };
        let known = if is_wrong(&lowered) {
            None
        } else {
            self.constant(&lowered, "the list of a `for`")
        };
        let values = match known {
            Some(Value::List(values)) => Some(values),
            _ => None,
        };
        let unsure = values.is_none();
        let values = values.unwrap_or_default();
        let real = !values.is_empty();
        if !real && !unsure && !self.checking_only {
            self.empty_loops.insert(list.span);
        }
        let kinds: Vec<(BindingKind, Type)> = if real {
            values
                .into_iter()
                .map(|value| {
                    let ty = match &item {
                        Type::Any | Type::Unknown => value.type_of(),
                        item => item.clone(),
                    };
                    (BindingKind::Constant(value), ty)
                })
                .collect()
        } else {
            vec![(BindingKind::Missing, item)]
        };
        let base = place.locals.len();
        let places = kinds
            .into_iter()
            .map(|(kind, ty)| {
                let mut turn = Place {
                    outputs: match place.outputs {
                        Outputs::After(_) => Outputs::After(None),
                        nowhere => nowhere,
                    },
                    ..place.clone()
                };
                let binding = Binding {
                    span: variable.span,
                    ty,
                    kind,
                    file: false,
                };
                self.bind(&mut turn, base, variable, binding);
                turn
            })
            .collect();
        Turns {
            places,
            real,
            unsure,
        }
    }

    /// Runs `look` on a turn; one that is not real leaves nothing in the plan.
    pub(super) fn in_turn<T>(&mut self, real: bool, look: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.checking_only;
        self.checking_only = before || !real;
        let result = look(self);
        self.checking_only = before;
        result
    }
}

/// Where a `for` is said, for the origin of what comes of it.
pub(super) fn head(keyword: Span, list: &ast::Expr) -> Span {
    keyword.to(list.span)
}
