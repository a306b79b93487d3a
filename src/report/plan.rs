//! A plan as gate understands it: `gate show` for people.

use super::style::{Ink, Style};
use crate::eval::{ConstantFacts, evaluate, text_of};
use crate::plan::{
    CommandForm, CommandPart, EnvVar, Expr, Forbidden, Gate, Inputs, Manual, ManualItem, Phase,
    Plan, Probe, Regress, Retry, ScopeRule, Service, Step, StepKind,
};
use crate::sanitise::sanitise_line as sanitise;
use crate::source::Span;
use crate::syntax::ast::LimitKind;
use crate::value::Value;

/// Phases, rules and gates with the commands as they will be run, and where each came from.
#[must_use]
pub fn outline(plan: &Plan, style: Style) -> String {
    let mut out = Outline {
        plan,
        style,
        lines: vec![super::title(plan, style)],
    };
    let settings = &plan.settings;
    if let Some(base) = &settings.base {
        out.line(1, &format!("base     {}", base.value));
    }
    out.line(1, &format!("shell    {}", settings.shell.join(" ")));
    out.line(
        1,
        &format!("timeout  {}", Value::Duration(settings.timeout)),
    );
    for var in &settings.env {
        let text = out.env(var);
        out.line(1, &text);
    }
    for phase in &plan.phases {
        out.phase(phase);
    }
    if !plan.unbuilt.is_empty() {
        out.lines.push(String::new());
        out.lines.push(
            style
                .paint(Ink::Bold, "not run by this version")
                .into_owned(),
        );
        for unbuilt in &plan.unbuilt {
            let place = plan.sources.place(unbuilt.span);
            out.line(
                1,
                &format!(
                    "{}  {}",
                    unbuilt.feature.name(),
                    style.paint(Ink::Dim, place)
                ),
            );
        }
    }
    out.lines.join("\n")
}

struct Outline<'a> {
    plan: &'a Plan,
    style: Style,
    lines: Vec<String>,
}

impl Outline<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(
            format!("{}{text}", "  ".repeat(depth))
                .trim_end()
                .to_owned(),
        );
    }

    /// A place in the plan, dimmed.
    fn place(&self, span: Span) -> String {
        self.style
            .paint(Ink::Dim, self.plan.sources.place(span))
            .into_owned()
    }

    /// The text under a span, as written, on one line.
    fn written(&self, span: Span) -> String {
        let text = self.plan.sources.slice(span);
        let mut lines = text.lines().map(str::trim);
        let first = lines.next().unwrap_or_default();
        let more = if lines.next().is_some() { " …" } else { "" };
        sanitise(&format!("{first}{more}")).into_owned()
    }

    fn phase(&mut self, phase: &Phase) {
        let heading = format!(
            "phase {} {}  {}",
            phase.number,
            self.style.paint(Ink::Bold, phase.name.value.as_str()),
            sanitise(&phase.title)
        );
        self.lines.push(String::new());
        let place = self.place(phase.name.span);
        self.lines.push(format!("{heading}  {place}"));
        if let Some(goal) = &phase.goal {
            self.line(1, &format!("goal     {}", sanitise(goal)));
        }
        for rule in &phase.scope {
            let text = rule_text(rule);
            self.line(1, &format!("scope    {}", sanitise(&text)));
        }
        for tasks in &phase.tasks {
            let under = tasks
                .under
                .as_ref()
                .map(|under| format!(" under \"{}\"", under.value));
            self.line(
                1,
                &format!("tasks    {}{}", tasks.file.value, under.unwrap_or_default()),
            );
        }
        let columns = Columns::of(phase);
        for gate in &phase.gates {
            self.gate(gate, columns);
        }
        for service in &phase.services {
            self.service(service, 1);
        }
        for manual in &phase.manuals {
            self.manual(manual, columns);
        }
        let regress = match phase.regress {
            Regress::Changed => None,
            Regress::All => Some("all"),
            Regress::None => Some("none"),
        };
        if let Some(regress) = regress {
            self.line(1, &format!("regress  {regress}"));
        }
        if let Some(commit) = &phase.commit {
            let scope = commit.scope.as_ref().map(|scope| format!("({scope})"));
            let subject = self.value(&commit.subject);
            self.line(
                1,
                &format!(
                    "commit   {}{}: {subject}",
                    commit.ty,
                    scope.unwrap_or_default()
                ),
            );
        }
        if let Some(tag) = &phase.tag {
            self.line(1, &format!("tag      {}", tag.name.value));
        }
    }

    fn gate(&mut self, gate: &Gate, columns: Columns) {
        let mut place = self.place(gate.name.span);
        if let Some(origin) = gate.origin.first() {
            place = format!(
                "{place} {} {}",
                self.style.paint(Ink::Dim, "from"),
                self.place(*origin)
            );
        }
        let title = gate.title.as_deref().unwrap_or_default();
        let row = columns.row(self.style, &gate.name.value, title, &place);
        self.line(1, &format!("gate     {row}"));
        let mut settings = Vec::new();
        if let Some(dir) = &gate.dir {
            settings.push(format!("in {}", self.value(dir)));
        }
        // The plan's own come first, and stand above.
        for var in gate.env.iter().skip(self.plan.settings.env.len()) {
            settings.push(self.env(var));
        }
        if gate.timeout != self.plan.settings.timeout {
            settings.push(format!("timeout {}", Value::Duration(gate.timeout)));
        }
        if let Some(retry) = &gate.retry {
            settings.push(retried(retry));
        }
        if let Some(hold) = &gate.hold {
            let (hold, every) = (Value::Duration(hold.duration), Value::Duration(hold.every));
            settings.push(format!("hold {hold} every {every}"));
        }
        if !gate.needs.is_empty() {
            let needs: Vec<&str> = gate.needs.iter().map(|need| need.value.as_str()).collect();
            settings.push(format!("needs {}", needs.join(", ")));
        }
        for lock in &gate.locks {
            settings.push(format!("lock {}", self.value(lock)));
        }
        if let Some(when) = &gate.when {
            settings.push(format!("when {}", self.written(when.span)));
        }
        settings.extend(self.inputs(&gate.inputs));
        for setting in settings {
            self.line(3, &setting);
        }
        for service in &gate.services {
            self.service(service, 3);
        }
        self.steps(&gate.steps, 3);
    }

    fn inputs(&self, inputs: &Inputs) -> Option<String> {
        match inputs {
            Inputs::Tree => None,
            Inputs::None => Some("inputs none".to_owned()),
            Inputs::Globs { globs, .. } => {
                let globs: Vec<String> = globs.iter().map(|glob| self.value(glob)).collect();
                Some(format!("inputs {}", globs.join(", ")))
            }
        }
    }

    fn manual(&mut self, manual: &Manual, columns: Columns) {
        let place = self.place(manual.name.span);
        let row = columns.row(self.style, &manual.name.value, &manual.title, &place);
        self.line(1, &format!("manual   {row}"));
        let mut settings: Vec<String> = self.inputs(&manual.inputs).into_iter().collect();
        if let Some(expires) = manual.expires {
            settings.push(format!("expires {}", Value::Duration(expires)));
        }
        if !manual.by.is_empty() {
            let by: Vec<&str> = manual.by.iter().map(|name| name.value.as_str()).collect();
            settings.push(format!("by {}", sanitise(&by.join(", "))));
        }
        if manual.signed {
            settings.push("signed".to_owned());
        }
        for setting in settings {
            self.line(3, &setting);
        }
        for item in &manual.items {
            let (word, text) = match item {
                ManualItem::Step(text) => ("step ", self.value(text)),
                ManualItem::Command(parts) => ("$ ", self.command(parts)),
                ManualItem::Expected(text) => ("expected ", self.value(text)),
            };
            for (at, part) in text.lines().enumerate() {
                let word = if at == 0 { word } else { "  " };
                self.line(3, &format!("{word}{}", sanitise(part)));
            }
        }
    }

    fn service(&mut self, service: &Service, depth: usize) {
        self.line(depth, &format!("service  {}", service.name.value));
        let command = self.command(&service.command);
        self.line(depth + 2, &format!("$ {}", sanitise(&command)));
        if let Some(ready) = &service.ready {
            let probe = match &ready.probe {
                Probe::Http(url) => format!("http {}", self.value(url)),
                Probe::Port(port) => format!("port {}", self.value(port)),
                Probe::Output(regex) => format!("output {}", self.value(regex)),
                Probe::Command(parts) => format!("$ {}", self.command(parts)),
            };
            let within = Value::Duration(ready.within);
            self.line(
                depth + 2,
                &format!("ready within {within} {}", sanitise(&probe)),
            );
        }
        let within = Value::Duration(service.stop_within);
        self.line(
            depth + 2,
            &format!("stop {} within {within}", service.signal),
        );
        if !service.needs.is_empty() {
            let needs: Vec<&str> = service.needs.iter().map(|n| n.value.as_str()).collect();
            self.line(depth + 2, &format!("needs {}", needs.join(", ")));
        }
    }

    fn steps(&mut self, steps: &[Step], depth: usize) {
        for step in steps {
            match &step.kind {
                StepKind::Command(command) => match &command.form {
                    CommandForm::Shell { parts, .. } => {
                        let line = self.command(parts);
                        for (at, part) in line.lines().enumerate() {
                            let sign = if at == 0 { "$" } else { " " };
                            self.line(depth, &format!("{sign} {}", sanitise(part)));
                        }
                    }
                    CommandForm::Script { program, .. } => {
                        let program = self.value(program);
                        self.line(depth, &format!("script {program} …"));
                    }
                },
                StepKind::Check(check) => {
                    let from = self.place(check.declared);
                    self.line(depth, &format!("check {}  {from}", check.name));
                    if let Some(retry) = &check.retry {
                        self.line(depth + 1, &retried(retry));
                    }
                    for service in &check.services {
                        self.service(service, depth + 1);
                    }
                    self.steps(&check.steps, depth + 1);
                }
                _ => {
                    let text = self.written(step.span);
                    self.line(depth, &text);
                }
            }
        }
    }

    /// A command with the values that are known when the plan is loaded, quoted as in a run.
    fn command(&self, parts: &[CommandPart]) -> String {
        let text = parts.iter().map(|part| match part {
            CommandPart::Text(text) => text.clone(),
            CommandPart::Value {
                expr,
                span,
                quoting,
            } => evaluate(expr, &ConstantFacts)
                .ok()
                .and_then(|value| quoting.quote(&value))
                .unwrap_or_else(|| self.plan.sources.slice(*span).to_owned()),
        });
        text.collect()
    }

    fn env(&self, var: &EnvVar) -> String {
        format!("env {} = {}", var.name.value, self.value(&var.value))
    }

    /// A value where it is known when the plan is loaded, else as it is written.
    fn value(&self, expr: &Expr) -> String {
        match text_of(expr, &ConstantFacts) {
            Ok(text) => sanitise(&text).into_owned(),
            Err(_) => self.written(expr.span),
        }
    }
}

/// How wide the names and titles of a phase's gates and manual checks are, in characters.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    title: usize,
}

/// A title longer than this pushes its place aside, and not those of the others.
const TITLE_WIDTH: usize = 44;

impl Columns {
    fn of(phase: &Phase) -> Self {
        let gates = phase.gates.iter().map(|gate| {
            let title = gate.title.as_deref().unwrap_or_default();
            (gate.name.value.as_str(), title)
        });
        let manuals = phase.manuals.iter();
        let manuals = manuals.map(|manual| (manual.name.value.as_str(), manual.title.as_str()));
        let mut columns = Self { name: 0, title: 0 };
        for (name, title) in gates.chain(manuals) {
            let title = sanitise(title).chars().count();
            columns.name = columns.name.max(name.chars().count());
            if title <= TITLE_WIDTH {
                columns.title = columns.title.max(title);
            }
        }
        columns
    }

    fn row(self, style: Style, name: &str, title: &str, place: &str) -> String {
        let name = format!("{name:<width$}", width = self.name);
        let name = style.paint(Ink::Bold, name);
        let title = sanitise(title);
        if self.title == 0 && title.is_empty() {
            return format!("{name}  {place}");
        }
        format!("{name}  {title:<width$}  {place}", width = self.title)
    }
}

fn rule_text(rule: &ScopeRule) -> String {
    match rule {
        ScopeRule::Allow { glob } => format!("allow {}", glob.value),
        ScopeRule::Deny { glob } => format!("deny {}", glob.value),
        ScopeRule::Require { glob } => format!("require {}", glob.value),
        ScopeRule::Forbid { pattern, within } => {
            let what = match &pattern.value {
                Forbidden::Word(word) => word.clone(),
                Forbidden::Regex(regex) => Value::Regex(regex.clone()).to_string(),
            };
            let within: Vec<&str> = within.iter().map(|glob| glob.value.as_str()).collect();
            if within.is_empty() {
                format!("forbid {what}")
            } else {
                format!("forbid {what} in {}", within.join(", "))
            }
        }
        ScopeRule::Limit { kind, value, .. } => match kind {
            LimitKind::Files => format!("limit {value} files"),
            LimitKind::Lines => format!("limit {value} lines"),
            LimitKind::PerFile => format!("limit {} per file", Value::Size(*value)),
        },
    }
}

/// `retry 2 every 5s`.
fn retried(retry: &Retry) -> String {
    match retry.every {
        0 => format!("retry {}", retry.count),
        every => format!("retry {} every {}", retry.count, Value::Duration(every)),
    }
}
