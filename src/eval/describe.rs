//! Expressions and values in words, short enough for a message.

use std::fmt::{self, Write};

use crate::plan::{Builtin, Expr, ExprKind, Function, OutputStream, TemplatePart};
use crate::syntax::ast::UnaryOp;
use crate::value::{Value, is_identifier};

/// Characters of a value that a message shows.
pub(super) const SHORT: usize = 60;

/// The value as it would be written, on one line, cut to about `limit` characters.
pub(super) fn short(value: &Value, limit: usize) -> String {
    let mut out = Cut::new(limit);
    // A cut is no failure: what fits is there.
    let _ = write!(out, "{value}");
    let mut text = out.finish();
    if out.full {
        match value {
            Value::String(whole) => {
                let _ = write!(text, "\" ({})", extent(whole));
            }
            Value::List(items) => {
                let _ = write!(text, " ({})", count(items.len(), "element"));
            }
            Value::Map(entries) => {
                let _ = write!(text, " ({})", count(entries.len(), "key"));
            }
            _ => {}
        }
    }
    text
}

/// A kind and a value: `a number (3)`.
pub(super) fn kind_and_value(value: &Value) -> String {
    let kind = match value {
        Value::Null => return "null".to_owned(),
        Value::Bool(_) => "a bool",
        Value::Int(_) | Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Duration(_) => "a duration",
        Value::Size(_) => "a size",
        Value::Regex(_) => "a regex",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    };
    format!("{kind} ({})", short(value, SHORT))
}

/// A key of a map, as it would be written.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        short(&Value::String(name.to_owned()), SHORT)
    }
}

/// Whether a message shows the whole value.
pub(super) fn is_short(value: &Value) -> bool {
    let mut out = Cut::new(SHORT);
    write!(out, "{value}").is_ok()
}

/// `3 lines`, `1 line`.
pub(super) fn count(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// How long a text is: characters, and lines where there are several.
pub(super) fn extent(text: &str) -> String {
    let lines = text.lines().count();
    let characters = count(text.chars().count(), "character");
    if lines > 1 {
        format!("{}, {characters}", count(lines, "line"))
    } else {
        characters
    }
}

/// The expression about as it was written, for a message: `stdout.json().id`.
pub(super) fn path(expr: &Expr) -> String {
    let mut out = Cut::new(2 * SHORT);
    let _ = write_expr(&mut out, expr, 0);
    out.finish()
}

/// Deeper parts of an expression are not worth their place in a message.
const MAX_PARTS: usize = 16;

fn write_expr(out: &mut Cut, expr: &Expr, depth: usize) -> fmt::Result {
    if depth > MAX_PARTS {
        return out.write_str("…");
    }
    let depth = depth + 1;
    match &expr.kind {
        ExprKind::Literal {
            name: Some(name), ..
        } => out.write_str(name),
        ExprKind::Literal { value, .. } => write!(out, "{value}"),
        ExprKind::Template(parts) => {
            out.write_char('"')?;
            for part in parts {
                match part {
                    TemplatePart::Text(text) => out.write_str(&escaped(text))?,
                    TemplatePart::Value(expr) => {
                        out.write_str("{{")?;
                        write_expr(out, expr, depth)?;
                        out.write_str("}}")?;
                    }
                }
            }
            out.write_char('"')
        }
        ExprKind::List(items) => {
            out.write_char('[')?;
            write_all(out, items, depth)?;
            out.write_char(']')
        }
        ExprKind::Map(_) => out.write_str("{ … }"),
        ExprKind::Builtin(builtin) => out.write_str(builtin_name(builtin)),
        ExprKind::Unary { op, operand } => {
            out.write_str(match op {
                UnaryOp::Not => "not ",
                UnaryOp::Minus => "-",
            })?;
            write_expr(out, operand, depth)
        }
        ExprKind::Binary { op, left, right } => {
            write_expr(out, left, depth)?;
            write!(out, " {} ", op.as_str())?;
            write_expr(out, right, depth)
        }
        ExprKind::IsEmpty { operand, negated } => {
            write_expr(out, operand, depth)?;
            out.write_str(if *negated {
                " is not empty"
            } else {
                " is empty"
            })
        }
        ExprKind::Call { function, args, .. } => {
            write!(out, "{}(", function_name(*function))?;
            write_all(out, args, depth)?;
            out.write_char(')')
        }
        ExprKind::Method {
            object,
            method,
            args,
        } => {
            write_expr(out, object, depth)?;
            write!(out, ".{}(", method.name())?;
            write_all(out, args, depth)?;
            out.write_char(')')
        }
        ExprKind::Field { object, name } => {
            write_expr(out, object, depth)?;
            write!(out, ".{name}")
        }
        ExprKind::Index { object, index } => {
            write_expr(out, object, depth)?;
            out.write_char('[')?;
            write_expr(out, index, depth)?;
            out.write_char(']')
        }
        ExprKind::Missing(name) => out.write_str(name),
    }
}

fn write_all(out: &mut Cut, items: &[Expr], depth: usize) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_expr(out, item, depth)?;
    }
    Ok(())
}

fn builtin_name(builtin: &Builtin) -> &str {
    match builtin {
        Builtin::GitBranch => "git.branch",
        Builtin::GitHead => "git.head",
        Builtin::GitTree => "git.tree",
        Builtin::Ci => "ci",
        Builtin::Output { stream, .. } => match stream {
            OutputStream::Exit => "exit",
            OutputStream::Stdout => "stdout",
            OutputStream::Stderr => "stderr",
            OutputStream::Output => "output",
            OutputStream::Time => "time",
        },
        Builtin::Local { name, .. } | Builtin::Global(name) => name,
    }
}

fn function_name(function: Function) -> &'static str {
    Function::ALL
        .iter()
        .find(|(_, known)| *known == function)
        .map_or("", |(name, _)| name)
}

fn escaped(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(&quoted)
        .to_owned()
}

/// A text that ends with `…` where more than `left` characters are written to it.
struct Cut {
    text: String,
    left: usize,
    full: bool,
}

impl Cut {
    fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            left: limit,
            full: false,
        }
    }

    fn finish(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.left == 0 {
                if !self.full {
                    self.full = true;
                    self.text.push('…');
                }
                // Ends the formatting of what may be a gigabyte.
                return Err(fmt::Error);
            }
            self.left -= 1;
            // A message is one line; strings in it are escaped already.
            self.text.push(if c.is_control() { '\u{fffd}' } else { c });
        }
        Ok(())
    }
}
