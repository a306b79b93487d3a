//! Services.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{CommandPart, Expr, Probe, Ready, Service};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, Ident, Name, Stmt, StmtKind};
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::Known;
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
        given.map(|_| service)
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
                let port = self.slot(port, &Type::Int, "`ready port`", place);
                self.port_in_range(&port);
                Probe::Port(port)
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

    /// Reports a port, where it is known now, that none can have.
    fn port_in_range(&mut self, port: &Expr) {
        if let Known::Value(Value::Int(number)) = self.known(port)
            && !(1..=65_535).contains(&number)
        {
            self.report(
                Diagnostic::new(
                    Code::OUT_OF_RANGE,
                    format!("{number} is no port"),
                    port.span,
                )
                .help("a port is a number from 1 to 65535; `free-port()` gives one"),
            );
        }
    }

    /// Reports services that need what is no service beside them, or each other.
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
        self.service_circles(services);
    }

    /// Reports, once each, services that can never start because each waits for another.
    fn service_circles(&mut self, services: &[Service]) {
        let mut settled: Vec<&str> = Vec::new();
        loop {
            let beside = |name: &str| services.iter().any(|s| s.name.value == name);
            let before = settled.len();
            for service in services {
                let name = service.name.value.as_str();
                let waits = service
                    .needs
                    .iter()
                    .any(|need| beside(&need.value) && !settled.contains(&need.value.as_str()));
                if !waits && !settled.contains(&name) {
                    settled.push(name);
                }
            }
            if settled.len() == before {
                break;
            }
        }
        // Of those left, some only wait for a circle: one that is in it leads round it.
        let left = |name: &str| {
            services
                .iter()
                .find(|s| s.name.value == name && !settled.contains(&name))
        };
        let mut path: Vec<&Service> = Vec::new();
        let mut next = services.iter().find(|s| left(&s.name.value).is_some());
        while let Some(service) = next {
            if let Some(from) = path.iter().position(|seen| std::ptr::eq(*seen, service)) {
                self.service_circle(path.get(from..).unwrap_or_default());
                return;
            }
            path.push(service);
            next = service.needs.iter().find_map(|need| left(&need.value));
        }
    }

    fn service_circle(&mut self, ring: &[&Service]) {
        let names: Vec<&str> = ring
            .iter()
            .chain(ring.first())
            .map(|service| service.name.value.as_str())
            .collect();
        let Some(first) = ring.first() else { return };
        let message = match names.as_slice() {
            [name, _] => format!("the service `{name}` needs itself"),
            _ => format!(
                "these services need each other in a circle: {}",
                names.join(" → ")
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::NEEDS_CYCLE, message, first.name.span);
        for service in ring.iter().skip(1).take(8) {
            diagnostic = diagnostic.also(service.name.span, format!("`{}`", service.name.value));
        }
        self.report(diagnostic.help("remove one of these `needs`"));
    }
}
