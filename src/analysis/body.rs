//! What the body of a gate or a check says beside its steps: its settings.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{EnvVar, Expr, Hold, Inputs, Proof, Retry, Service, Step, StepKind};
use crate::source::Span;
use crate::syntax::ast::{self, Stmt, StmtKind};
use crate::value::Type;

use super::Analyzer;
use super::needs::Need;
use super::place::Place;
use super::slots::Seen;
use super::steps::Reading;

/// What a body says.
#[derive(Default)]
pub(super) struct Body {
    pub seen: Seen,
    pub dir: Option<Expr>,
    pub env: Vec<EnvVar>,
    pub timeout: Option<u64>,
    pub retry: Option<Retry>,
    pub hold: Option<Hold>,
    pub needs: Vec<Need>,
    pub locks: Vec<Expr>,
    pub when: Option<Expr>,
    pub inputs: InputsSoFar,
    pub services: Vec<Service>,
    pub proofs: Vec<Proof>,
    pub steps: Vec<Step>,
    /// Whether steps may be missing because something was not given or was wrong.
    pub unsure: bool,
}

impl Body {
    /// Whether there is a step that judges anything: a check of which nothing comes does
    /// not. `unexpanded` where the bodies of called checks were not looked at.
    pub fn judges(&self, unexpanded: bool) -> bool {
        unexpanded && self.steps.iter().any(is_judge) || judges(&self.steps)
    }

    /// The call of a check of which nothing comes.
    pub fn empty_call(&self) -> Option<Span> {
        let is_call = |step: &&Step| matches!(step.kind, StepKind::Check(_));
        self.steps.iter().find(is_call).map(|step| step.span)
    }
}

fn is_judge(step: &Step) -> bool {
    !matches!(step.kind, StepKind::Let { .. })
}

fn judges(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Check(check) => judges(&check.steps),
        _ => is_judge(step),
    })
}

/// The `inputs` of a block, put together.
#[derive(Default)]
pub(super) struct InputsSoFar {
    globs: Vec<Expr>,
    allow_empty: bool,
    some: Option<Span>,
    none: Option<Span>,
}

impl InputsSoFar {
    pub fn finish(self) -> Inputs {
        if self.none.is_some() {
            Inputs::None
        } else if self.some.is_some() {
            Inputs::Globs {
                globs: self.globs,
                allow_empty: self.allow_empty,
            }
        } else {
            Inputs::Tree
        }
    }
}

const SETTING: &str = "a setting, which holds for its whole block";

impl<'a> Analyzer<'a> {
    /// Reads a setting; false for a statement that is none.
    pub fn setting(&mut self, stmt: &'a Stmt, place: &Place, reading: &mut Reading<'_>) -> bool {
        let Reading { body, .. } = reading;
        let at = || place.setting(SETTING);
        match &stmt.kind {
            StmtKind::In(dir) => {
                if self.first(&mut body.seen, "in", stmt.keyword) {
                    body.dir = Some(self.slot(dir, &Type::Path, "`in`", &at()));
                }
            }
            StmtKind::Env { name, value } => {
                let word = format!("env {}", name.value);
                let var = self.env_var(name, value, &at());
                if self.first(&mut body.seen, &word, stmt.keyword.to(name.span)) {
                    body.env.push(var);
                }
            }
            StmtKind::Timeout(value) => {
                if self.first(&mut body.seen, "timeout", stmt.keyword) {
                    body.timeout = self.duration(value, "`timeout`", &at());
                }
            }
            StmtKind::Retry { count, every } => {
                if self.first(&mut body.seen, "retry", stmt.keyword) {
                    body.retry = self.retry(stmt, count, every.as_ref(), &at());
                }
            }
            StmtKind::Hold { duration, every } => {
                if self.first(&mut body.seen, "hold", stmt.keyword) {
                    body.hold = self.hold(stmt, duration, every.as_ref(), &at());
                }
            }
            StmtKind::Needs(names) => {
                let needs = self.needs(names, &at());
                body.needs.extend(needs);
            }
            StmtKind::Lock(locks) => {
                let locks = self.items(locks, &Type::String, "`lock`", &at());
                body.locks.extend(locks);
            }
            StmtKind::When(when) => {
                if self.first(&mut body.seen, "when", stmt.keyword) {
                    let place = place.setting("a `when`, which is judged before the first step");
                    body.when = Some(self.slot(when, &Type::Bool, "`when`", &place));
                }
            }
            StmtKind::Inputs {
                globs,
                none,
                allow_empty,
            } => {
                let place = at();
                self.inputs(
                    &mut body.inputs,
                    stmt.keyword,
                    globs,
                    *none,
                    *allow_empty,
                    &place,
                );
            }
            StmtKind::Service { name, body: inner } => {
                if let Some(service) = self.service(stmt, name, inner, &at()) {
                    let word = format!("service {}", service.name.value);
                    if let Some(first) = body.seen.get(&word).copied() {
                        self.duplicate(&service.name.value, "service", service.name.span, first);
                    } else {
                        body.seen.insert(word, service.name.span);
                        body.services.push(service);
                    }
                }
            }
            StmtKind::Proof { title, body: inner } => {
                let proof = self.proof(stmt, title.as_ref(), inner, &at());
                body.proofs.push(proof);
            }
            _ => return false,
        }
        true
    }

    fn retry(
        &mut self,
        stmt: &Stmt,
        count: &ast::Expr,
        every: Option<&ast::Expr>,
        place: &Place,
    ) -> Option<Retry> {
        let every = every.map(|every| self.duration(every, "the `every` of a `retry`", place));
        let count = self.whole_number(count, "`retry`", 0, place)?;
        Some(Retry {
            count,
            every: every.flatten().unwrap_or(0),
            span: stmt.span,
        })
    }

    fn hold(
        &mut self,
        stmt: &Stmt,
        duration: &ast::Expr,
        every: Option<&ast::Expr>,
        place: &Place,
    ) -> Option<Hold> {
        const EVERY: u64 = 60_000;
        let every = every.map(|every| self.duration(every, "the `every` of a `hold`", place));
        let duration = self.duration(duration, "`hold`", place)?;
        Some(Hold {
            duration,
            every: every.flatten().unwrap_or(EVERY),
            span: stmt.span,
        })
    }

    /// One `inputs` statement.
    pub fn inputs(
        &mut self,
        so_far: &mut InputsSoFar,
        keyword: Span,
        globs: &[ast::Expr],
        none: Option<Span>,
        allow_empty: Option<Span>,
        place: &Place,
    ) {
        let clash = match (none, so_far.none, so_far.some) {
            (Some(none), ..) if let Some(glob) = globs.first() => Some((none, glob.span)),
            (Some(none), _, Some(some)) => Some((none, some)),
            (None, Some(none), _) => Some((keyword, none)),
            _ => None,
        };
        if let Some((here, there)) = clash {
            self.report(
                Diagnostic::new(Code::INPUTS_NONE, "`inputs none` stands alone", here)
                    .also(there, "the other `inputs` is here")
                    .help("keep the globs, or keep `none`"),
            );
        }
        if let Some(none) = none {
            so_far.none = Some(none);
            return;
        }
        so_far.some = Some(keyword);
        so_far.allow_empty |= allow_empty.is_some();
        for expr in self.items(globs, &Type::Glob, "`inputs`", place) {
            let globs = self.glob_exprs(expr);
            so_far.globs.extend(globs);
        }
    }
}
