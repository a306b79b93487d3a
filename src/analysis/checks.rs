//! Every declared check, looked at where it stands, called or not; and the circles
//! that calls of checks can form.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::body::Body;
use super::names::CheckDecl;
use super::place::{Binding, BindingKind, Outputs, PhaseHere, Place};
use super::steps::{GateState, Reading};
use super::types::Wanted;
use super::{Analyzer, CheckId};

impl<'a> Analyzer<'a> {
    /// Looks at every declared check, then for circles among them.
    pub fn check_declarations(&mut self) {
        let all: Vec<(CheckId<'a>, CheckDecl<'a>)> = self
            .names
            .iter()
            .enumerate()
            .flat_map(|(module, names)| {
                names
                    .checks
                    .iter()
                    .map(move |(name, decl)| ((module, *name), *decl))
            })
            .collect();
        self.checking_only = true;
        for (id, decl) in &all {
            self.current_check = Some(*id);
            self.check_declaration(*id, *decl);
        }
        self.current_check = None;
        self.checking_only = false;
        // What is counted is what the plan comes to.
        self.expanded = 0;
        self.find_circles(all.iter().map(|(id, _)| *id));
    }

    fn check_declaration(&mut self, id: CheckId<'a>, decl: CheckDecl<'a>) {
        let mut place = Place {
            module: id.0,
            locals: Vec::new(),
            phase: PhaseHere::Unknown,
            outputs: Outputs::After(None),
            block: Some(decl.body.span),
            allow_empty: false,
        };
        for param in decl.params {
            let ty = self.named_type(&param.ty);
            if let Some(default) = &param.default {
                let at = Place {
                    phase: PhaseHere::Unknown,
                    ..Place::top(id.0, "a default")
                };
                let lowered = self.lower(default, &at);
                let what = format!("`{}`", param.name.value);
                let wanted = Wanted {
                    ty: &ty,
                    what: &what,
                    declared: Some(param.ty.span),
                };
                self.fitted(lowered, &wanted);
            }
            let binding = Binding {
                span: param.name.span,
                ty,
                kind: BindingKind::Missing,
                file: false,
            };
            self.bind(&mut place, 0, &param.name, binding);
        }
        let mut body = Body::default();
        let mut gate = GateState::default();
        let mut reading = Reading {
            body: &mut body,
            gate: &mut gate,
            origin: Vec::new(),
            base: 0,
        };
        self.body(&decl.body.stmts, &mut place, &mut reading);
        if !body.judges(true) && !body.unsure && !self.is_broken(decl.body.span) {
            self.report(
                Diagnostic::new(
                    Code::NO_STEP,
                    format!("the check `{}` has no step", decl.name.value),
                    decl.name.span,
                )
                .help("add a step: a `$` line, an `expect`, a `check`"),
            );
        }
    }

    /// Reports checks that call themselves, directly or through others.
    fn find_circles(&mut self, all: impl Iterator<Item = CheckId<'a>>) {
        let mut opened: HashSet<CheckId<'a>> = HashSet::new();
        let mut closed: HashSet<CheckId<'a>> = HashSet::new();
        for root in all {
            if !opened.insert(root) {
                continue;
            }
            let mut stack: Vec<(CheckId<'a>, usize)> = vec![(root, 0)];
            while let Some((id, next)) = stack.last_mut() {
                let edge = self
                    .calls
                    .get(id)
                    .and_then(|edges| edges.get(*next))
                    .copied();
                *next += 1;
                match edge {
                    None => closed.extend(stack.pop().map(|(id, _)| id)),
                    Some((to, span)) => {
                        if !closed.contains(&to)
                            && let Some(from) = stack.iter().position(|(id, _)| *id == to)
                        {
                            let ring: Vec<CheckId<'a>> =
                                stack.iter().skip(from).map(|(id, _)| *id).collect();
                            self.check_circle(&ring, span);
                            self.circular.extend(ring);
                        } else if opened.insert(to) {
                            stack.push((to, 0));
                        }
                    }
                }
            }
        }
    }

    fn check_circle(&mut self, ring: &[CheckId<'a>], span: Span) {
        let path: Vec<&str> = ring.iter().chain(ring.first()).map(|(_, n)| *n).collect();
        let name = path.first().copied().unwrap_or_default();
        let mut diagnostic = Diagnostic::new(
            Code::CYCLE,
            format!("the check `{name}` calls itself"),
            span,
        );
        for (module, name) in ring.iter().take(8) {
            let decl = self.names.get(*module).and_then(|n| n.checks.get(name));
            if let Some(decl) = decl {
                diagnostic = diagnostic.also(decl.name.span, format!("`{name}` is declared here"));
            }
        }
        if path.len() > 2 {
            diagnostic = diagnostic.note(format!("the circle is {}", path.join(" → ")));
        }
        self.report(diagnostic.help("remove one of the calls in the circle"));
    }
}
