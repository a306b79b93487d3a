//! Services: checked, and kept for when they are run.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{CommandPart, Feature, Probe, Ready, Service};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, Ident, Name, Stmt, StmtKind};
use crate::value::Type;

use super::Analyzer;
use super::names::did_you_mean;
use super::place::Place;
use super::slots::Seen;

/// How long a service may take to be ready, in milliseconds.
const READY_WITHIN: u64 = 30_000;

/// How long a service may take to stop, in milliseconds.
const STOP_WITHIN: u64 = 5_000;

impl<'a> Analyzer<'a> {
    /// A service; none where its name is not known.
    pub fn service(
        &mut self,
        stmt: &'a Stmt,
        name: &Name,
        body: &'a Block,
        place: &Place,
    ) -> Option<Service> {
        let given = self.given_name(name, "a service's name", place);
        let place = place.setting("a service");
        let mut seen = Seen::new();
        let mut service = Service {
            name: given
                .clone()
                .unwrap_or_else(|| Spanned::new(String::new(), name.span())),
            span: stmt.span,
            command: Vec::new(),
            ready: None,
            signal: "SIGTERM".to_owned(),
            stop_within: STOP_WITHIN,
            dir: None,
            env: Vec::new(),
            needs: Vec::new(),
        };
        for inner in &body.stmts {
            if !self.count(inner.span) {
                break;
            }
            self.service_statement(inner, &mut service, &mut seen, &place);
        }
        if !seen.contains_key("$") && !self.is_broken(stmt.span) {
            self.report(
                Diagnostic::new(
                    Code::NO_STEP,
                    "this service has no command to run",
                    name.span(),
                )
                .help("add a `$` line"),
            );
        }
        let given = given?;
        self.unbuilt(Feature::Service, &given.value, stmt.span);
        Some(service)
    }

    fn service_statement(
        &mut self,
        stmt: &'a Stmt,
        service: &mut Service,
        seen: &mut Seen,
        place: &Place,
    ) {
        match &stmt.kind {
            StmtKind::Command(text) => {
                if self.first(seen, "$", stmt.keyword) {
                    service.command = self.command(text, place);
                }
            }
            StmtKind::Ready { probe, within } => {
                if self.first(seen, "ready", stmt.keyword) {
                    service.ready = self.ready(stmt.span, probe, within.as_ref(), place);
                }
            }
            StmtKind::Stop { signal, within } => {
                if self.first(seen, "stop", stmt.keyword) {
                    self.stop(service, signal, within.as_ref(), place);
                }
            }
            StmtKind::In(dir) => {
                if self.first(seen, "in", stmt.keyword) {
                    service.dir = Some(self.slot(dir, &Type::Path, "`in`", place));
                }
            }
            StmtKind::Env { name, value } => {
                let var = self.env_var(name, value, place);
                let word = format!("env {}", name.value);
                if self.first(seen, &word, stmt.keyword.to(name.span)) {
                    service.env.push(var);
                }
            }
            StmtKind::Needs(names) => {
                for expr in names {
                    if let ast::ExprKind::Name(name) = &expr.kind {
                        service.needs.push(Spanned::new(name.clone(), expr.span));
                    } else {
                        let texts = self.texts_now(std::slice::from_ref(expr), "`needs`", place);
                        service.needs.extend(texts);
                    }
                }
            }
            _ => {}
        }
    }

    fn stop(
        &mut self,
        service: &mut Service,
        signal: &Ident,
        within: Option<&ast::Expr>,
        place: &Place,
    ) {
        service.signal.clone_from(&signal.value);
        if let Some(within) = within
            && let Some(ms) = self.duration(within, "`within`", place)
        {
            service.stop_within = ms;
        }
    }

    fn ready(
        &mut self,
        span: Span,
        probe: &ast::Probe,
        within: Option<&ast::Expr>,
        place: &Place,
    ) -> Option<Ready> {
        let within = match within {
            Some(within) => self.duration(within, "`within`", place),
            None => Some(READY_WITHIN),
        };
        let probe = match probe {
            ast::Probe::Http(url) => Probe::Http(self.text_slot(url, "`ready http`", place)),
            ast::Probe::Port(port) => {
                Probe::Port(self.slot(port, &Type::Int, "`ready port`", place))
            }
            ast::Probe::Output(regex) => {
                Probe::Output(self.slot(regex, &Type::Regex, "`ready output`", place))
            }
            ast::Probe::Command(text) => {
                let parts: Vec<CommandPart> = self.command(text, place);
                Probe::Command(parts)
            }
        };
        Some(Ready {
            probe,
            within: within?,
            span,
        })
    }

    /// Reports services that need what is no service beside them.
    pub fn resolve_services(&mut self, services: &[Service], around: &[Service], unsure: bool) {
        for service in services {
            for need in &service.needs {
                let names = || services.iter().chain(around).map(|s| s.name.value.as_str());
                if unsure || names().any(|name| name == need.value) {
                    continue;
                }
                let mut diagnostic = Diagnostic::new(
                    Code::UNKNOWN_GATE,
                    format!("there is no service `{}` here", need.value),
                    need.span,
                );
                diagnostic = match nearest(&need.value, names()) {
                    Some(near) if self.sources.slice(need.span) == need.value => {
                        did_you_mean(diagnostic, need.span, near)
                    }
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("a service needs other services"),
                };
                self.report(diagnostic);
            }
        }
    }
}
