//! What a part of a plan means, as text: the same text where it means the same.
//!
//! Places, names of constants and numbers of slots are no part of the meaning. A value that
//! only a run knows is told by what it is made of, not by its name.

use std::collections::{HashMap, HashSet};

use crate::digest::sha256;
use crate::plan::{
    Builtin, CommandPart, EnvVar, Expr, ExprKind, Function, Inputs, OutputStream, Plan, Probe,
    Quoting, Ready, Retry, Service, TemplatePart,
};
use crate::syntax::ast::UnaryOp;
use crate::value::Value;

use super::super::constant::{function_name, stream_name};

/// A meaning in two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Equal exactly where the meaning is.
    pub exact: String,
    /// For people; where it is equal, the meaning need not be.
    pub shown: String,
}

impl Meaning {
    /// The form that both words give.
    pub fn of(say: impl Fn(Form) -> String) -> Self {
        Self {
            exact: say(Form::Exact),
            shown: say(Form::Shown),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Exact,
    Shown,
}

/// What references mean: the run-time values of the plan, and those of one gate.
pub(super) struct Words<'p> {
    globals: &'p Globals,
    /// What each slot of the gate holds.
    pub locals: HashMap<usize, String>,
    /// What each command of the gate is.
    pub commands: HashMap<usize, String>,
}

/// What each run-time value of a plan is made of, by its key.
#[derive(Default)]
pub(super) struct Globals(HashMap<String, Meaning>);

impl Globals {
    /// The values of a plan, each after those it is made of. No recursion: each may be made
    /// of the next, a hundred thousand times.
    pub fn of(plan: &Plan) -> Self {
        let nothing = Self::default();
        let mut known = Self::default();
        let mut begun = HashSet::new();
        for root in plan.globals.keys() {
            let mut stack = vec![root.as_str()];
            while let Some(key) = stack.last().copied() {
                let Some(global) = plan.globals.get(key) else {
                    stack.pop();
                    continue;
                };
                if begun.insert(key) {
                    stack.extend(made_of(&global.value).into_iter().filter_map(|needed| {
                        let (needed, _) = plan.globals.get_key_value(&needed)?;
                        (!begun.contains(needed.as_str())).then_some(needed.as_str())
                    }));
                } else {
                    stack.pop();
                    if !known.0.contains_key(key) {
                        let exact = Words::new(&known).expr(&global.value, Form::Exact);
                        // Told by name what it is made of: else it could grow without end.
                        let shown = Words::new(&nothing).expr(&global.value, Form::Shown);
                        let exact = digest(&exact);
                        known.0.insert(key.to_owned(), Meaning { exact, shown });
                    }
                }
            }
        }
        known
    }
}

/// The run-time values that an expression names.
fn made_of(expr: &Expr) -> Vec<String> {
    let mut keys = Vec::new();
    expr.any(&mut |expr| {
        if let ExprKind::Builtin(Builtin::Global(key)) = &expr.kind {
            keys.push(key.clone());
        }
        false
    });
    keys
}

impl<'p> Words<'p> {
    pub fn new(globals: &'p Globals) -> Self {
        Self {
            globals,
            locals: HashMap::new(),
            commands: HashMap::new(),
        }
    }

    pub fn expr(&self, expr: &Expr, form: Form) -> String {
        let inner = |expr: &Expr| match expr.kind {
            ExprKind::Binary { .. } | ExprKind::IsEmpty { .. } | ExprKind::Unary { .. } => {
                format!("({})", self.expr(expr, form))
            }
            _ => self.expr(expr, form),
        };
        match &expr.kind {
            // A path is matched literally where a glob of the same text is not.
            ExprKind::Literal { value, name: _ } => match form {
                Form::Exact => format!("{value}:{}", expr.ty),
                Form::Shown => value.to_string(),
            },
            ExprKind::Template(parts) => self.template(parts, form),
            ExprKind::List(items) => format!("[{}]", self.exprs(items, form)),
            ExprKind::Map(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", quoted(key), self.expr(value, form)))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
            ExprKind::Builtin(builtin) => self.builtin(builtin, form),
            ExprKind::Unary { op, operand } => match op {
                UnaryOp::Not => format!("not {}", inner(operand)),
                UnaryOp::Minus => format!("-{}", inner(operand)),
            },
            ExprKind::Binary { op, left, right } => {
                format!("{} {} {}", inner(left), op.as_str(), inner(right))
            }
            ExprKind::IsEmpty { operand, negated } => {
                let not = if *negated { "not " } else { "" };
                format!("{} is {not}empty", inner(operand))
            }
            ExprKind::Call {
                function,
                args,
                allow_empty,
            } => self.call(*function, args, *allow_empty, form),
            ExprKind::Method {
                object,
                method,
                args,
            } => {
                let args = self.exprs(args, form);
                format!("{}.{}({args})", inner(object), method.name())
            }
            ExprKind::Field { object, name } => match form {
                Form::Exact => format!("{}.{}", inner(object), quoted(name)),
                Form::Shown => format!("{}.{name}", inner(object)),
            },
            ExprKind::Index { object, index } => {
                format!("{}[{}]", inner(object), self.expr(index, form))
            }
            ExprKind::Missing(name) => format!("‹{name} is not given›"),
        }
    }

    fn exprs(&self, exprs: &[Expr], form: Form) -> String {
        let exprs: Vec<String> = exprs.iter().map(|expr| self.expr(expr, form)).collect();
        exprs.join(", ")
    }

    fn template(&self, parts: &[TemplatePart], form: Form) -> String {
        let mut text = String::from("\"");
        for part in parts {
            match part {
                TemplatePart::Text(piece) => {
                    let piece = quoted(piece);
                    // Between its quotes.
                    text.push_str(piece.get(1..piece.len() - 1).unwrap_or_default());
                }
                TemplatePart::Value(expr) => {
                    text.push_str(&format!("{{{{{}}}}}", self.expr(expr, form)));
                }
            }
        }
        text.push('"');
        text
    }

    fn builtin(&self, builtin: &Builtin, form: Form) -> String {
        let exact = form == Form::Exact;
        let what = |known: Option<&String>| known.map_or("?", String::as_str).to_owned();
        let global = |key: &str| self.globals.0.get(key);
        match builtin {
            Builtin::GitBranch => "git.branch".to_owned(),
            Builtin::GitHead => "git.head".to_owned(),
            Builtin::GitTree => "git.tree".to_owned(),
            Builtin::Ci => "ci".to_owned(),
            Builtin::Output { command, stream } => {
                let stream = stream_name(*stream);
                match exact {
                    true => format!("{stream}‹{}›", what(self.commands.get(command))),
                    false => stream.to_owned(),
                }
            }
            Builtin::Local { slot, name } => match exact {
                true => format!("let‹{}›", what(self.locals.get(slot))),
                false => name.clone(),
            },
            Builtin::Global(key) => match (global(key), exact) {
                (value, true) => format!("let‹{}›", what(value.map(|value| &value.exact))),
                (Some(value), false) => format!("{key} (= {})", value.shown),
                (None, false) => key.clone(),
            },
        }
    }

    fn call(&self, function: Function, args: &[Expr], allow_empty: bool, form: Form) -> String {
        let mut args = self.exprs(args, form);
        if allow_empty {
            let comma = if args.is_empty() { "" } else { ", " };
            args.push_str(&format!("{comma}allow-empty: true"));
        }
        format!("{}({args})", function_name(function))
    }

    /// A text for the shell, as it is typed.
    pub fn shell(&self, parts: &[CommandPart], form: Form) -> String {
        let piece = |part: &CommandPart| match (part, form) {
            (CommandPart::Text(text), Form::Shown) => text.clone(),
            // In quotes, so that text is never taken for a value.
            (CommandPart::Text(text), Form::Exact) => quoted(text),
            (CommandPart::Value { expr, quoting, .. }, form) => {
                let raw = match (quoting, form) {
                    (_, Form::Exact) => format!("{quoting:?} "),
                    (Quoting::Raw, Form::Shown) => "raw ".to_owned(),
                    _ => String::new(),
                };
                format!("{{{{{raw}{}}}}}", self.expr(expr, form))
            }
        };
        parts.iter().map(piece).collect()
    }

    pub fn optional(&self, expr: Option<&Expr>, form: Form) -> String {
        expr.map_or_else(String::new, |expr| self.expr(expr, form))
    }

    /// Expressions of which the order does not matter.
    pub fn set(&self, exprs: &[Expr], form: Form) -> String {
        let mut exprs: Vec<String> = exprs.iter().map(|expr| self.expr(expr, form)).collect();
        exprs.sort();
        exprs.dedup();
        exprs.join(", ")
    }

    pub fn inputs(&self, inputs: &Inputs, form: Form) -> String {
        match inputs {
            Inputs::Tree => "the whole tree".to_owned(),
            Inputs::None => "none".to_owned(),
            Inputs::Globs { globs, allow_empty } => {
                let empty = if *allow_empty { " allow-empty" } else { "" };
                format!("{}{empty}", self.set(globs, form))
            }
        }
    }

    /// The variables by name, the last of a name.
    pub fn env<'e>(&self, env: &'e [EnvVar]) -> Vec<(&'e str, Meaning)> {
        let mut last: HashMap<&str, &EnvVar> = HashMap::new();
        for var in env {
            last.insert(&var.name.value, var);
        }
        let mut all: Vec<(&str, Meaning)> = last
            .into_iter()
            .map(|(name, var)| (name, Meaning::of(|form| self.expr(&var.value, form))))
            .collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    pub fn service(&self, service: &Service, form: Form) -> String {
        let Service {
            name: _,
            span: _,
            command,
            ready,
            signal,
            stop_within,
            dir,
            env,
            needs,
        } = service;
        let mut parts = vec![format!("$ {}", self.shell(command, form))];
        if let Some(ready) = ready {
            parts.push(self.ready(ready, form));
        }
        parts.push(format!("stop {signal} within {}", duration(*stop_within)));
        if let Some(dir) = dir {
            parts.push(format!("in {}", self.expr(dir, form)));
        }
        for (name, value) in self.env(env) {
            let value = match form {
                Form::Exact => value.exact,
                Form::Shown => value.shown,
            };
            parts.push(format!("env {name} = {value}"));
        }
        let mut needs: Vec<&str> = needs.iter().map(|need| need.value.as_str()).collect();
        needs.sort_unstable();
        if !needs.is_empty() {
            parts.push(format!("needs {}", needs.join(", ")));
        }
        parts.join("; ")
    }

    fn ready(&self, ready: &Ready, form: Form) -> String {
        let Ready {
            probe,
            within,
            span: _,
        } = ready;
        let probe = match probe {
            Probe::Http(url) => format!("http {}", self.expr(url, form)),
            Probe::Port(port) => format!("port {}", self.expr(port, form)),
            Probe::Output(line) => format!("output {}", self.expr(line, form)),
            Probe::Command(parts) => format!("$ {}", self.shell(parts, form)),
        };
        format!("ready within {} {probe}", duration(*within))
    }
}

/// Which result of which command an expression is, if it is nothing else.
pub(super) fn is_exit(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Builtin(Builtin::Output {
            command,
            stream: OutputStream::Exit,
        }) => Some(*command),
        _ => None,
    }
}

pub(super) fn retry(retry: &Retry) -> String {
    let Retry {
        count,
        every,
        span: _,
    } = retry;
    format!("{count} every {}", duration(*every))
}

pub(super) fn duration(ms: u64) -> String {
    Value::Duration(ms).to_string()
}

pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

pub(super) fn digest(meaning: &str) -> String {
    sha256(meaning.as_bytes())
}
