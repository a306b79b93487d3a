//! Calls of checks, and what comes of them.

use indexmap::IndexMap;

use crate::plan::{CheckStep, Expr, Feature, Step, StepKind};
use crate::syntax::ast::CheckCall;
use crate::value::{Type, Value};

use super::arguments::{Bound, Called, Slot, library_slots, takes_globs};
use super::body::Body;
use super::callee::Callee;
use super::constant::{Known, is_wrong};
use super::library::{LibraryCheck, LibraryDefault};
use super::names::CheckDecl;
use super::place::{Binding, BindingKind, Outputs, Place};
use super::steps::Reading;
use super::types::Wanted;
use super::{Analyzer, CheckId};

fn is_path(ty: &Type) -> bool {
    match ty {
        Type::Path => true,
        Type::List(item) => is_path(item),
        _ => false,
    }
}

impl<'a> Analyzer<'a> {
    /// A call as a step; none where it cannot become one, which is reported.
    pub fn check_call(
        &mut self,
        call: &'a CheckCall,
        place: &Place,
        reading: &mut Reading<'_>,
    ) -> Option<StepKind> {
        let name: Vec<&str> = call.path.iter().map(|part| part.value.as_str()).collect();
        let name = name.join(".");
        let Some(callee) = self.callee(call, place) else {
            for arg in &call.args {
                let value = self.lower(&arg.value, place);
                self.look_at(&value, reading.gate, false);
            }
            return None;
        };
        let slots = match &callee {
            Callee::Declared(_, decl) => self.declared_slots(decl),
            Callee::Library(check) => library_slots(check),
        };
        let (signature, declared) = match &callee {
            Callee::Declared(_, decl) => (None, Some(decl.name.span)),
            Callee::Library(check) => (Some(check.signature()), None),
        };
        let called = Called {
            name: &name,
            slots: &slots,
            signature,
            declared,
        };
        let bound = self.bind_arguments(call, &called, place, reading);
        match callee {
            Callee::Library(check) => {
                self.unbuilt(Feature::Library, &name, call.span);
                let bound = bound?;
                Some(self.library_step(call, check, bound))
            }
            Callee::Declared(id, decl) => {
                if let Some(from) = self.current_check {
                    let edges = self.calls.entry(from).or_default();
                    edges.push((id, call.span));
                }
                let bound = bound?;
                if self.circular.contains(&id) {
                    return None;
                }
                self.expand_check(call, name, id, decl, &slots, bound, place, reading)
            }
        }
    }

    fn library_step(
        &mut self,
        call: &CheckCall,
        check: &'static LibraryCheck,
        bound: Bound,
    ) -> StepKind {
        let mut args = IndexMap::new();
        for (param, value) in check.params.iter().zip(bound.values) {
            let ty = param.type_of();
            let value = value.unwrap_or_else(|| {
                let value = match param.default {
                    LibraryDefault::Required => Value::Null,
                    LibraryDefault::Text(text) => Value::String(text.to_owned()),
                    LibraryDefault::Duration(ms) => Value::Duration(ms),
                };
                let value = match &ty {
                    Type::List(_) => Value::List(vec![value]),
                    _ => value,
                };
                crate::plan::literal(value, call.span)
            });
            if takes_globs(&ty) {
                self.glob_exprs(value.clone());
            }
            args.insert(param.name.to_owned(), value);
        }
        if bound.allow_empty {
            let value = crate::plan::literal(Value::Bool(true), call.span);
            args.insert("allow-empty".to_owned(), value);
        }
        StepKind::Library {
            name: check.name.to_owned(),
            args,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a call is all of these, and nothing else has the same set"
    )]
    fn expand_check(
        &mut self,
        call: &CheckCall,
        name: String,
        id: CheckId<'a>,
        decl: CheckDecl<'a>,
        slots: &[Slot<'_>],
        bound: Bound,
        place: &Place,
        reading: &mut Reading<'_>,
    ) -> Option<StepKind> {
        let mut step = CheckStep {
            name,
            declared: decl.name.span,
            dir: None,
            env: Vec::new(),
            timeout: None,
            locks: Vec::new(),
            when: None,
            retry: None,
            services: Vec::new(),
            globs: Vec::new(),
            params: Vec::new(),
            steps: Vec::new(),
        };
        if self.checking_only {
            // Its body is looked at where it is declared.
            return Some(StepKind::Check(Box::new(step)));
        }
        if self.too_deep(reading.gate, call.span) {
            return None;
        }
        let mut origin = vec![call.span];
        origin.extend(reading.origin.iter().copied());
        let mut inside = Place {
            module: id.0,
            locals: Vec::new(),
            phase: place.phase.clone(),
            outputs: Outputs::After(None),
            block: Some(decl.body.span),
            allow_empty: bound.allow_empty,
        };
        let mut body = Body::default();
        for ((param, slot), value) in decl.params.iter().zip(slots).zip(bound.values) {
            let (value, given_at) = match value {
                Some(value) => {
                    let at = value.span;
                    (value, at)
                }
                None => (self.default_of(param, slot, id.0, place), call.span),
            };
            if takes_globs(&slot.ty) {
                let globs = self.glob_exprs(value.clone());
                if !bound.allow_empty {
                    step.globs
                        .extend(globs.into_iter().filter(|glob| !is_wrong(glob)));
                }
            }
            let kind = match self.known(&value) {
                Known::Value(value) => BindingKind::Constant(value),
                Known::Missing => BindingKind::Missing,
                Known::Wrong => BindingKind::Wrong,
                Known::RunTime(_) => {
                    let slot = reading.gate.slot();
                    self.given_at.insert(slot, given_at);
                    step.params.push(Step {
                        span: given_at,
                        origin: origin.clone(),
                        kind: StepKind::Let {
                            slot,
                            name: param.name.clone(),
                            value: value.clone(),
                        },
                    });
                    BindingKind::Slot { slot, step: false }
                }
            };
            inside.locals.push(super::place::Local {
                name: param.name.value.clone(),
                binding: Binding {
                    span: param.name.span,
                    ty: if takes_globs(&slot.ty) && is_path(&value.ty) {
                        // Stays a path, so that it is matched literally wherever it goes.
                        value.ty.clone()
                    } else {
                        slot.ty.clone()
                    },
                    kind,
                    file: super::values::is_file(&value),
                },
            });
        }
        reading.gate.depth += 1;
        let mut inner = Reading {
            body: &mut body,
            gate: &mut *reading.gate,
            origin,
            base: 0,
        };
        self.body(&decl.body.stmts, &mut inside, &mut inner);
        reading.gate.depth -= 1;
        reading.body.unsure |= body.unsure;
        self.resolve_services(&body.services, &[], body.unsure);
        step.dir = body.dir;
        step.env = body.env;
        step.timeout = body.timeout;
        step.locks = body.locks;
        step.when = body.when;
        step.retry = body.retry;
        step.services = body.services;
        step.steps = body.steps;
        Some(StepKind::Check(Box::new(step)))
    }

    fn default_of(
        &mut self,
        param: &crate::syntax::ast::Param,
        slot: &Slot<'_>,
        module: usize,
        place: &Place,
    ) -> Expr {
        let Some(default) = &param.default else {
            return super::constant::wrong(param.span);
        };
        let at = Place {
            phase: place.phase.clone(),
            ..Place::top(module, "a default")
        };
        let lowered = self.lower(default, &at);
        let what = format!("`{}`", slot.name);
        self.fitted(
            lowered,
            &Wanted {
                ty: &slot.ty,
                what: &what,
                declared: Some(param.ty.span),
            },
        )
    }
}
