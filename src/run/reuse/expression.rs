//! Expressions as text, whole and such that two that differ read differently: a part of a
//! key, and what a person is shown when it changed.

use std::collections::HashMap;

use crate::plan::Quoting;
use crate::plan::{Builtin, CommandPart, Expr, ExprKind, Function, OutputStream, TemplatePart};
use crate::syntax::ast::UnaryOp;
use crate::value::Value;

/// Writes the expressions of one gate. Its `let`s are counted as they come, so that a gate
/// reads the same wherever it stands.
#[derive(Debug, Default)]
pub(super) struct Writer {
    slots: HashMap<usize, usize>,
}

impl Writer {
    /// The number of a `let`, from 1.
    pub(super) fn slot(&mut self, slot: usize) -> usize {
        let next = self.slots.len() + 1;
        *self.slots.entry(slot).or_insert(next)
    }

    /// The expression as it could be written, with brackets round every operation.
    pub(super) fn expr(&mut self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal { value, .. } => value.to_string(),
            ExprKind::Template(parts) => {
                let parts = parts.iter().map(|part| match part {
                    TemplatePart::Text(text) => escaped(text),
                    TemplatePart::Value(expr) => format!("{{{{{}}}}}", self.expr(expr)),
                });
                format!("\"{}\"", parts.collect::<String>())
            }
            ExprKind::List(items) => format!("[{}]", self.list(items)),
            ExprKind::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    format!("{}: {}", Value::String(key.clone()), self.expr(value))
                });
                format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Builtin(builtin) => self.builtin(builtin),
            ExprKind::Unary { op, operand } => match op {
                UnaryOp::Not => format!("not ({})", self.expr(operand)),
                UnaryOp::Minus => format!("-({})", self.expr(operand)),
            },
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.expr(left), self.expr(right));
                format!("({left} {} {right})", op.as_str())
            }
            ExprKind::IsEmpty { operand, negated } => {
                let is = if *negated { "is not empty" } else { "is empty" };
                format!("({} {is})", self.expr(operand))
            }
            ExprKind::Call {
                function,
                args,
                allow_empty,
            } => {
                let all = if *allow_empty { "; allow-empty" } else { "" };
                format!("{}({}{all})", function_name(*function), self.list(args))
            }
            ExprKind::Method {
                object,
                method,
                args,
            } => {
                let object = self.expr(object);
                format!("({object}).{}({})", method.name(), self.list(args))
            }
            ExprKind::Field { object, name } => {
                let key = Value::String(name.clone());
                format!("({}).{key}", self.expr(object))
            }
            ExprKind::Index { object, index } => {
                let object = self.expr(object);
                format!("({object})[{}]", self.expr(index))
            }
            ExprKind::Missing(name) => format!("missing({name})"),
        }
    }

    fn list(&mut self, items: &[Expr]) -> String {
        let items: Vec<String> = items.iter().map(|item| self.expr(item)).collect();
        items.join(", ")
    }

    fn builtin(&mut self, builtin: &Builtin) -> String {
        match builtin {
            Builtin::GitBranch => "git.branch".to_owned(),
            Builtin::GitHead => "git.head".to_owned(),
            Builtin::GitTree => "git.tree".to_owned(),
            Builtin::Ci => "ci".to_owned(),
            Builtin::Output { command, stream } => {
                let stream = match stream {
                    OutputStream::Exit => "exit",
                    OutputStream::Stdout => "stdout",
                    OutputStream::Stderr => "stderr",
                    OutputStream::Output => "output",
                    OutputStream::Time => "time",
                };
                format!("{stream}#{}", command + 1)
            }
            Builtin::Local { slot, name } => format!("{name}#{}", self.slot(*slot)),
            Builtin::Global(key) => format!("@{}", Value::String(key.clone())),
        }
    }

    /// A command for the shell, its constant values in place as in a run. Of what is known
    /// only in a run the expression stands there; a `{{` of the text itself is told from
    /// one by an odd number of backslashes, as in a plan.
    pub(super) fn command(&mut self, parts: &[CommandPart]) -> String {
        let mut out = String::new();
        // Text since the last value: what is constant joins it.
        let mut text = String::new();
        for part in parts {
            match part {
                CommandPart::Text(more) => text.push_str(more),
                CommandPart::Value { expr, quoting, .. } => {
                    let constant = match &expr.kind {
                        ExprKind::Literal { value, .. } => quoting.quote(value),
                        _ => None,
                    };
                    if let Some(constant) = constant {
                        text.push_str(&constant);
                        continue;
                    }
                    push_text(&mut out, &text, true);
                    text.clear();
                    out.push_str("{{");
                    out.push_str(quoting_mark(*quoting));
                    out.push_str(&self.expr(expr));
                    out.push_str("}}");
                }
            }
        }
        push_text(&mut out, &text, false);
        out
    }
}

/// Appends text with backslashes doubled before a `{{`, its own or the value's behind it.
fn push_text(out: &mut String, text: &str, value_follows: bool) {
    let mut backslashes = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '{' && rest.peek() == Some(&'{') {
            out.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    if value_follows {
        out.extend(std::iter::repeat_n('\\', backslashes));
    }
}

/// What tells one way of making a value literal from another.
fn quoting_mark(quoting: Quoting) -> &'static str {
    match quoting {
        Quoting::Bare => "",
        Quoting::Glued => "glued ",
        Quoting::Double => "double ",
        Quoting::AfterName => "after-name ",
        Quoting::Single => "single ",
        Quoting::Comment => "comment ",
        Quoting::Raw => "raw ",
    }
}

fn escaped(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    let inner = quoted.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

fn function_name(function: Function) -> &'static str {
    match function {
        Function::Env => "env",
        Function::Files => "files",
        Function::Changed => "changed",
        Function::File => "file",
        Function::FreePort => "free-port",
    }
}
