//! The arguments of a call, each to its parameter.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast::{CheckCall, ExprKind as AstKind};
use crate::value::Type;

use super::Analyzer;
use super::library::{LibraryCheck, LibraryDefault};
use super::names::{CheckDecl, did_you_mean};
use super::place::Place;
use super::steps::Reading;
use super::types::Wanted;

/// A parameter, of a declaration or of the library.
pub(super) struct Slot<'s> {
    pub name: &'s str,
    pub ty: Type,
    pub required: bool,
    pub declared: Option<Span>,
}

/// What a call means, for messages.
pub(super) struct Called<'c> {
    /// As it was called.
    pub name: &'c str,
    pub slots: &'c [Slot<'c>],
    /// Of a check of the library: all its parameters.
    pub signature: Option<String>,
    /// Of a declared check: where.
    pub declared: Option<Span>,
}

/// The arguments of a call, by parameter; none where the default holds.
pub(super) struct Bound {
    pub values: Vec<Option<Expr>>,
    pub allow_empty: bool,
}

/// Whether a parameter of this type takes globs.
pub(super) fn takes_globs(ty: &Type) -> bool {
    match ty {
        Type::Glob => true,
        Type::List(item) => takes_globs(item),
        _ => false,
    }
}

impl<'a> Analyzer<'a> {
    /// The parameters of a declared check.
    pub fn declared_slots(&mut self, decl: &CheckDecl<'a>) -> Vec<Slot<'a>> {
        decl.params
            .iter()
            .map(|param| Slot {
                name: &param.name.value,
                ty: self.named_type(&param.ty),
                required: param.default.is_none(),
                declared: Some(param.span),
            })
            .collect()
    }

    /// Gives each parameter its argument; none where they do not fit, which is reported.
    pub fn bind_arguments(
        &mut self,
        call: &CheckCall,
        called: &Called<'_>,
        place: &Place,
        reading: &mut Reading<'_>,
    ) -> Option<Bound> {
        let Called { name, slots, .. } = called;
        let globs = slots.iter().any(|slot| takes_globs(&slot.ty));
        let mut values: Vec<Option<Expr>> = slots.iter().map(|_| None).collect();
        let mut from: Vec<Option<Span>> = slots.iter().map(|_| None).collect();
        let mut allow_empty = None;
        let mut fine = true;
        let mut position = 0;
        let complain = |message: String, span: Span| {
            let diagnostic = Diagnostic::new(Code::WRONG_ARGUMENTS, message, span);
            match (&called.signature, called.declared) {
                (Some(signature), _) => diagnostic.note(format!("it is `{signature}`")),
                (None, Some(declared)) => diagnostic.also(declared, "declared here"),
                (None, None) => diagnostic,
            }
        };
        for arg in &call.args {
            let value = self.lower(&arg.value, place);
            self.look_at(&value, reading.gate, false);
            let index = match &arg.name {
                None => {
                    position += 1;
                    if position > slots.len() {
                        fine = false;
                        let takes = match slots.len() {
                            0 => "no argument".to_owned(),
                            1 => "one argument".to_owned(),
                            more => format!("{} arguments", super::methods::count(more)),
                        };
                        self.report(
                            complain(
                                format!("`{name}` takes {takes}, and is given more"),
                                arg.span,
                            )
                            .help("remove it"),
                        );
                        continue;
                    }
                    position - 1
                }
                Some(named) => {
                    let found = slots.iter().position(|slot| slot.name == named.value);
                    if let Some(index) = found {
                        index
                    } else if globs && named.value == "allow-empty" {
                        allow_empty = self.allow_empty(value);
                        continue;
                    } else {
                        fine = false;
                        let mut diagnostic = complain(
                            format!("`{name}` has no parameter `{}`", named.value),
                            named.span,
                        );
                        let all = slots.iter().map(|slot| slot.name);
                        let all = all.chain(globs.then_some("allow-empty"));
                        diagnostic = match nearest(&named.value, all.clone()) {
                            Some(near) => did_you_mean(diagnostic, named.span, near),
                            None => {
                                let all: Vec<&str> = all.collect();
                                if all.is_empty() {
                                    diagnostic.help("it has none")
                                } else {
                                    diagnostic.help(format!("it has {}", all.join(", ")))
                                }
                            }
                        };
                        self.report(diagnostic);
                        continue;
                    }
                }
            };
            let Some(slot) = slots.get(index) else {
                continue;
            };
            if let Some(first) = from.get(index).copied().flatten() {
                fine = false;
                self.report(
                    complain(format!("`{}` is given twice", slot.name), arg.span)
                        .also(first, "first given here")
                        .help("remove one of them"),
                );
                continue;
            }
            let what = format!("`{}`", slot.name);
            let value = self.fitted(
                value,
                &Wanted {
                    ty: &slot.ty,
                    what: &what,
                    declared: slot.declared,
                },
            );
            if let Some(at) = values.get_mut(index) {
                *at = Some(value);
            }
            if let Some(at) = from.get_mut(index) {
                *at = Some(arg.span);
            }
        }
        let missing: Vec<&Slot<'_>> = slots
            .iter()
            .zip(&values)
            .filter(|(slot, value)| slot.required && value.is_none())
            .map(|(slot, _)| slot)
            .collect();
        if let (true, Some(first)) = (fine, missing.first()) {
            fine = false;
            let names: Vec<String> = missing.iter().map(|s| format!("`{}`", s.name)).collect();
            let mut diagnostic = complain(
                format!("`{name}` is called without {}", names.join(", ")),
                call.span,
            );
            if let Some(declared) = first.declared {
                diagnostic = diagnostic.also(declared, "declared here, without a default");
            }
            self.report(diagnostic.help(format!("give {} a value", names.join(", "))));
        }
        // What a check was allowed it may allow the checks it calls.
        let handed_on = place.allow_empty
            && call.args.iter().any(|arg| {
                matches!(&arg.value.kind, AstKind::Name(n) if place.locals.iter().any(|l| l.name == *n))
            });
        fine.then_some(Bound {
            values,
            allow_empty: allow_empty.unwrap_or(handed_on),
        })
    }
}

/// The parameters of a library check.
pub(super) fn library_slots(check: &'static LibraryCheck) -> Vec<Slot<'static>> {
    check
        .params
        .iter()
        .map(|param| Slot {
            name: param.name,
            ty: param.type_of(),
            required: matches!(param.default, LibraryDefault::Required),
            declared: None,
        })
        .collect()
}
