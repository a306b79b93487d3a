//! Expressions made by hand: first without places, then written out, which gives each
//! part the place it is written at.

use gatelang::eval::{Facts, Fault, FaultKind};
use gatelang::plan::{Builtin, Expr, ExprKind, Function, Method, OutputStream, TemplatePart};
use gatelang::source::{SourceId, Sources, Span};
use gatelang::syntax::ast::{BinaryOp, UnaryOp};
use gatelang::value::{Pattern, Type, Value};

/// An expression that has no place yet.
pub fn expr(kind: ExprKind) -> Expr {
    Expr {
        span: Span::new(any_source(), 0, 0),
        ty: Type::Any,
        kind,
    }
}

pub fn any_source() -> SourceId {
    Sources::new().add("plan.gate", "").id()
}

/// Something that can stand as an operand.
pub trait Operand {
    fn expr(self) -> Expr;
}

impl Operand for Expr {
    fn expr(self) -> Expr {
        self
    }
}

impl Operand for &str {
    fn expr(self) -> Expr {
        lit(Value::String(self.to_owned()))
    }
}

impl Operand for i64 {
    fn expr(self) -> Expr {
        lit(Value::Int(self))
    }
}

impl Operand for f64 {
    fn expr(self) -> Expr {
        lit(Value::Number(self))
    }
}

impl Operand for bool {
    fn expr(self) -> Expr {
        lit(Value::Bool(self))
    }
}

impl Operand for Value {
    fn expr(self) -> Expr {
        lit(self)
    }
}

impl<T: Operand, const N: usize> Operand for [T; N] {
    fn expr(self) -> Expr {
        expr(ExprKind::List(self.into_iter().map(T::expr).collect()))
    }
}

fn lit(value: Value) -> Expr {
    let ty = value.type_of();
    let name = None;
    Expr {
        ty,
        ..expr(ExprKind::Literal { value, name })
    }
}

/// A constant that was written by its name.
pub fn named(name: &str, value: Value) -> Expr {
    let name = Some(name.to_owned());
    expr(ExprKind::Literal { value, name })
}

pub fn map<const N: usize>(entries: [(&str, Expr); N]) -> Expr {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    expr(ExprKind::Map(entries.collect()))
}

pub fn regex(pattern: &str) -> Expr {
    lit(Value::Regex(Pattern {
        pattern: pattern.to_owned(),
        flags: String::new(),
    }))
}

/// A value that the run knows by this name.
pub fn known(name: &str) -> Expr {
    expr(ExprKind::Builtin(match name {
        "exit" => output(OutputStream::Exit),
        "stdout" => output(OutputStream::Stdout),
        "stderr" => output(OutputStream::Stderr),
        "time" => output(OutputStream::Time),
        "git.branch" => Builtin::GitBranch,
        other => Builtin::Global(other.to_owned()),
    }))
}

fn output(stream: OutputStream) -> Builtin {
    Builtin::Output { command: 0, stream }
}

/// A text; its even pieces are characters, its odd ones expressions.
pub fn template(pieces: Vec<Result<&str, Expr>>) -> Expr {
    let parts = pieces.into_iter().map(|piece| match piece {
        Ok(text) => TemplatePart::Text(text.to_owned()),
        Err(expr) => TemplatePart::Value(expr),
    });
    expr(ExprKind::Template(parts.collect()))
}

pub fn call(function: Function, args: Vec<Expr>) -> Expr {
    let allow_empty = false;
    expr(ExprKind::Call {
        function,
        args,
        allow_empty,
    })
}

pub fn not(operand: impl Operand) -> Expr {
    let operand = Box::new(operand.expr());
    let op = UnaryOp::Not;
    expr(ExprKind::Unary { op, operand })
}

pub fn minus(operand: impl Operand) -> Expr {
    let operand = Box::new(operand.expr());
    let op = UnaryOp::Minus;
    expr(ExprKind::Unary { op, operand })
}

/// What follows an operand.
pub trait Postfix: Operand + Sized {
    fn op(self, op: BinaryOp, right: impl Operand) -> Expr {
        let (left, right) = (Box::new(self.expr()), Box::new(right.expr()));
        expr(ExprKind::Binary { op, left, right })
    }

    fn is(self, right: impl Operand) -> Expr {
        self.op(BinaryOp::Equal, right)
    }

    fn plus(self, right: impl Operand) -> Expr {
        self.op(BinaryOp::Plus, right)
    }

    fn and(self, right: impl Operand) -> Expr {
        self.op(BinaryOp::And, right)
    }

    fn or(self, right: impl Operand) -> Expr {
        self.op(BinaryOp::Or, right)
    }

    fn empty(self) -> Expr {
        let operand = Box::new(self.expr());
        let negated = false;
        expr(ExprKind::IsEmpty { operand, negated })
    }

    fn not_empty(self) -> Expr {
        let operand = Box::new(self.expr());
        let negated = true;
        expr(ExprKind::IsEmpty { operand, negated })
    }

    fn field(self, name: &str) -> Expr {
        let object = Box::new(self.expr());
        let name = name.to_owned();
        expr(ExprKind::Field { object, name })
    }

    fn at(self, index: impl Operand) -> Expr {
        let (object, index) = (Box::new(self.expr()), Box::new(index.expr()));
        expr(ExprKind::Index { object, index })
    }

    fn method(self, name: &str, args: Vec<Expr>) -> Expr {
        let object = Box::new(self.expr());
        let method = *Method::ALL.iter().find(|m| m.name() == name).unwrap();
        expr(ExprKind::Method {
            object,
            method,
            args,
        })
    }

    /// A method without arguments.
    fn call(self, name: &str) -> Expr {
        self.method(name, Vec::new())
    }

    /// A method of one argument.
    fn with(self, name: &str, arg: impl Operand) -> Expr {
        self.method(name, vec![arg.expr()])
    }

    fn typed(self, ty: Type) -> Expr {
        Expr { ty, ..self.expr() }
    }
}

impl<T: Operand> Postfix for T {}

/// Writes the expression out and gives every part its place.
pub fn place(expr: &mut Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out);
    out
}

fn write(expr: &mut Expr, out: &mut String) {
    let mut start = out.len();
    match &mut expr.kind {
        ExprKind::Literal {
            name: Some(name), ..
        } => out.push_str(name),
        ExprKind::Literal { value, .. } => out.push_str(&value.to_string()),
        ExprKind::Template(parts) => {
            out.push('"');
            for part in parts {
                match part {
                    TemplatePart::Text(text) => out.push_str(text),
                    TemplatePart::Value(expr) => {
                        out.push_str("{{");
                        write(expr, out);
                        out.push_str("}}");
                    }
                }
            }
            out.push('"');
        }
        ExprKind::List(items) => {
            out.push('[');
            write_all(items, out);
            out.push(']');
        }
        ExprKind::Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter_mut().enumerate() {
                out.push_str(if index > 0 { ", " } else { " " });
                out.push_str(&format!("{key}: "));
                write(value, out);
            }
            out.push_str(" }");
        }
        ExprKind::Builtin(builtin) => out.push_str(&name_of(builtin)),
        ExprKind::Unary { op, operand } => {
            out.push_str(if *op == UnaryOp::Not { "not " } else { "-" });
            write(operand, out);
        }
        ExprKind::Binary { op, left, right } => {
            write(left, out);
            start = left.span.start as usize;
            out.push_str(&format!(" {} ", op.as_str()));
            write(right, out);
        }
        ExprKind::IsEmpty { operand, negated } => {
            write(operand, out);
            out.push_str(if *negated {
                " is not empty"
            } else {
                " is empty"
            });
        }
        ExprKind::Call { function, args, .. } => {
            let named = Function::ALL.iter().find(|(_, known)| known == function);
            out.push_str(named.unwrap().0);
            out.push('(');
            write_all(args, out);
            out.push(')');
        }
        ExprKind::Method {
            object,
            method,
            args,
        } => {
            write(object, out);
            out.push_str(&format!(".{}(", method.name()));
            write_all(args, out);
            out.push(')');
        }
        ExprKind::Field { object, name } => {
            write(object, out);
            out.push_str(&format!(".{name}"));
        }
        ExprKind::Index { object, index } => {
            write(object, out);
            out.push('[');
            write(index, out);
            out.push(']');
        }
        ExprKind::Missing(name) => out.push_str(name),
    }
    expr.span = Span::new(expr.span.source, start, out.len());
}

fn write_all(items: &mut [Expr], out: &mut String) {
    for (index, item) in items.iter_mut().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
}

fn name_of(builtin: &Builtin) -> String {
    match builtin {
        Builtin::Output { stream, .. } => format!("{stream:?}").to_lowercase(),
        Builtin::GitBranch => "git.branch".to_owned(),
        Builtin::Global(name) => name.clone(),
        other => format!("{other:?}"),
    }
}

/// Facts by name.
#[derive(Default)]
pub struct Known(Vec<(&'static str, Value)>);

impl Known {
    pub fn with(mut self, name: &'static str, value: impl Operand) -> Self {
        let ExprKind::Literal { value, .. } = value.expr().kind else {
            panic!("a literal is wanted");
        };
        self.0.push((name, value));
        self
    }

    fn get(&self, name: &str, span: Span) -> Result<Value, Fault> {
        let fact = self.0.iter().find(|(known, _)| *known == name);
        fact.map(|(_, value)| value.clone())
            .ok_or_else(|| Fault::new(FaultKind::Git, format!("`{name}` is not known"), span))
    }
}

impl Facts for Known {
    fn builtin(&self, builtin: &Builtin, span: Span) -> Result<Value, Fault> {
        self.get(&name_of(builtin), span)
    }

    fn call(
        &self,
        function: Function,
        args: &[Value],
        allow_empty: bool,
        span: Span,
    ) -> Result<Value, Fault> {
        if function == Function::Files && !allow_empty {
            let message = format!("{} matches no file", args[0]);
            return Err(Fault::new(FaultKind::NothingMatched, message, span));
        }
        self.get(&format!("{function:?} {}", args[0]), span)
    }
}
