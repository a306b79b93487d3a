//! Expressions: names resolved, every node with its type.

use indexmap::IndexMap;

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::{Builtin, Expr, ExprKind, OutputStream, TemplatePart};
use crate::source::Span;
use crate::syntax::ast::{self, Text, TextPart};
use crate::value::{Pattern, Type, Value};

use super::Analyzer;
use super::constant::wrong;
use super::place::{Binding, BindingKind, Outputs, PhaseHere, Place, Title};

impl<'a> Analyzer<'a> {
    /// The meaning of an expression; what is wrong with it is reported.
    pub fn lower(&mut self, expr: &ast::Expr, place: &Place) -> Expr {
        use ast::ExprKind as E;
        let span = expr.span;
        let literal = |value: Value| crate::plan::literal(value, span);
        match &expr.kind {
            E::Text(text) => self.lower_text(text, place),
            E::Int(value) => literal(Value::Int(*value)),
            E::Number(value) => literal(Value::Number(*value)),
            E::Bool(value) => literal(Value::Bool(*value)),
            E::Duration(value) => literal(Value::Duration(*value)),
            E::Size(value) => literal(Value::Size(*value)),
            E::Regex { pattern, flags } => literal(Value::Regex(Pattern {
                pattern: pattern.clone(),
                flags: flags.clone(),
            })),
            E::List(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.lower(item, place)).collect();
                let item = Type::common(items.iter().map(|item| item.ty.clone()));
                Expr {
                    span,
                    ty: Type::List(Box::new(item)),
                    kind: ExprKind::List(items),
                }
            }
            E::Map(entries) => self.map(entries, span, place),
            E::Name(name) => self.name(name, span, place),
            E::Paren(inner) => self.lower(inner, place),
            E::Unary { op, operand } => self.unary(*op, operand, span, place),
            E::Binary {
                op,
                op_span,
                left,
                right,
            } => {
                let left = self.lower(left, place);
                let right = self.lower(right, place);
                self.binary(*op, *op_span, left, right, span)
            }
            E::IsEmpty {
                operand,
                negated,
                op_span,
            } => {
                let operand = self.lower(operand, place);
                self.is_empty(operand, *negated, *op_span, span)
            }
            E::Call { function, args } => self.call(function, args, span, place),
            E::Field { object, name } => self.field(object, name, span, place),
            E::Method { object, name, args } => self.method(object, name, args, span, place),
            E::Index { object, index } => self.index(object, index, span, place),
            E::Error => wrong(span),
        }
    }

    /// The meaning of a string literal.
    pub fn lower_text(&mut self, text: &Text, place: &Place) -> Expr {
        if let Some(plain) = text.plain() {
            return crate::plan::literal(Value::String(plain), text.span);
        }
        let mut parts = Vec::new();
        for part in &text.parts {
            match part {
                TextPart::Literal { value, .. } => parts.push(TemplatePart::Text(value.clone())),
                TextPart::Interpolation { expr, .. } => {
                    let value = self.lower(expr, place);
                    let value = self.with_text(value, expr);
                    parts.push(TemplatePart::Value(value));
                }
            }
        }
        Expr {
            span: text.span,
            ty: Type::String,
            kind: ExprKind::Template(parts),
        }
    }

    /// The expression if its values have a text; what was reported if not.
    pub fn with_text(&mut self, expr: Expr, written: &ast::Expr) -> Expr {
        let what = match &expr.ty {
            Type::List(_) => "a list has no text of its own",
            Type::Map => "a map has no text of its own",
            Type::Regex => "a regex has no text of its own",
            _ => return expr,
        };
        let mut diagnostic = Diagnostic::new(Code::NOT_A_TEXT, what, expr.span)
            .here(format!("this is {}", super::types::a(&expr.ty)));
        let postfix = matches!(
            written.kind,
            ast::ExprKind::Name(_)
                | ast::ExprKind::Call { .. }
                | ast::ExprKind::Field { .. }
                | ast::ExprKind::Method { .. }
                | ast::ExprKind::Index { .. }
                | ast::ExprKind::List(_)
        );
        diagnostic = match &expr.ty {
            Type::List(_) if postfix => diagnostic.fix(
                "join its elements with `.join(\", \")`",
                Applicability::Unsafe,
                expr.span.at_end(),
                ".join(\", \")",
            ),
            Type::List(_) => diagnostic.help("join its elements with `.join(\", \")`"),
            Type::Map => {
                diagnostic.help("name one of its values, or join them: `.keys().join(\", \")`")
            }
            _ => diagnostic.help("write it where a regex is taken, as after `matches`"),
        };
        self.report(diagnostic);
        wrong(expr.span)
    }

    fn map(&mut self, entries: &[ast::MapEntry], span: Span, place: &Place) -> Expr {
        let mut map = IndexMap::new();
        let mut keys: IndexMap<&str, Span> = IndexMap::new();
        for entry in entries {
            let key = entry.key.value.as_str();
            if let Some(first) = keys.get(key).copied() {
                self.duplicate(key, "key", entry.key.span, first);
            }
            keys.insert(key, entry.key.span);
            let value = self.lower(&entry.value, place);
            map.insert(entry.key.value.clone(), value);
        }
        Expr {
            span,
            ty: Type::Map,
            kind: ExprKind::Map(map),
        }
    }

    fn name(&mut self, name: &str, span: Span, place: &Place) -> Expr {
        if let Some(binding) = self.value_of(name, place) {
            if let (BindingKind::Slot { step: true, .. }, Outputs::Nowhere(what)) =
                (&binding.kind, place.outputs)
            {
                self.report(
                    Diagnostic::new(
                        Code::NOT_HERE,
                        format!("`{name}` is not known yet in {what}"),
                        span,
                    )
                    .also(binding.span, "it is kept by this step")
                    .help("use it in a step below the `let`"),
                );
                return wrong(span);
            }
            return mention(&binding, name, span);
        }
        let builtin = |ty, builtin| Expr {
            span,
            ty,
            kind: ExprKind::Builtin(builtin),
        };
        match name {
            "os" => {
                let os = or_machine(&self.given.os, std::env::consts::OS);
                named(Value::String(os), "os", span)
            }
            "arch" => {
                let arch = or_machine(&self.given.arch, std::env::consts::ARCH);
                named(Value::String(arch), "arch", span)
            }
            "ci" => builtin(Type::Bool, Builtin::Ci),
            "exit" => self.output(OutputStream::Exit, Type::Int, span, place),
            "stdout" => self.output(OutputStream::Stdout, Type::String, span, place),
            "stderr" => self.output(OutputStream::Stderr, Type::String, span, place),
            "output" => self.output(OutputStream::Output, Type::String, span, place),
            "time" => self.output(OutputStream::Time, Type::Duration, span, place),
            "phase" | "git" | "plan" => {
                let fields = fields_of(name);
                self.report(
                    Diagnostic::new(
                        Code::UNKNOWN_KEY,
                        format!("`{name}` is no value by itself"),
                        span,
                    )
                    .help(format!(
                        "name one of its fields: {}",
                        fields_text(name, fields)
                    )),
                );
                wrong(span)
            }
            _ => {
                match self.alias(name, place) {
                    Some(alias) if alias.module.is_some() => self.report(
                        Diagnostic::new(
                            Code::UNKNOWN_KEY,
                            format!("`{name}` is a used file, and no value by itself"),
                            span,
                        )
                        .help(format!("name one of its values: `{name}.NAME`")),
                    ),
                    Some(_) => {}
                    None => self.unknown_name(name, span, place),
                }
                wrong(span)
            }
        }
    }

    fn output(&mut self, stream: OutputStream, ty: Type, span: Span, place: &Place) -> Expr {
        let word = super::constant::stream_name(stream);
        match place.outputs {
            Outputs::After(Some(command)) => {
                return Expr {
                    span,
                    ty,
                    kind: ExprKind::Builtin(Builtin::Output { command, stream }),
                };
            }
            // A command that could not be read may be the one.
            Outputs::After(None) if place.block.is_some_and(|block| self.is_broken(block)) => {}
            Outputs::After(None) => self.report(
                Diagnostic::new(
                    Code::NO_COMMAND,
                    format!("there is no command above in this block for `{word}` to speak of"),
                    span,
                )
                .note("a `for` and a check have commands of their own: nothing looks out of its block")
                .help("put it below the `$` line it is about"),
            ),
            Outputs::Nowhere(what) => self.report(
                Diagnostic::new(
                    Code::NOT_HERE,
                    format!("`{word}` does not exist in {what}"),
                    span,
                )
                .help("it is the result of a command: use it in an `expect` or `let` below one"),
            ),
        }
        wrong(span)
    }

    /// `phase.*`, `plan.title`, `git.*`; none where `object` is none of these.
    pub fn builtin_field(
        &mut self,
        object: &str,
        name: &ast::Ident,
        span: Span,
        place: &Place,
    ) -> Option<Expr> {
        let fields = fields_of(object);
        if fields.is_empty() {
            return None;
        }
        let key = name.value.as_str();
        if !fields.contains(&key) {
            let mut diagnostic = Diagnostic::new(
                Code::UNKNOWN_KEY,
                format!("`{object}` has no field `{key}`"),
                name.span,
            );
            diagnostic = match crate::diagnostic::nearest(key, fields.iter().copied()) {
                Some(near) => super::names::did_you_mean(diagnostic, name.span, near),
                None => diagnostic.help(format!("it has {}", fields_text(object, fields))),
            };
            self.report(diagnostic);
            return Some(wrong(span));
        }
        let builtin = |builtin| Expr {
            span,
            ty: Type::String,
            kind: ExprKind::Builtin(builtin),
        };
        Some(match (object, key) {
            ("git", "branch") => builtin(Builtin::GitBranch),
            ("git", "head") => builtin(Builtin::GitHead),
            ("git", _) => builtin(Builtin::GitTree),
            ("plan", _) => self.plan_title(span),
            _ => self.phase_field(key, span, place),
        })
    }

    fn plan_title(&mut self, span: Span) -> Expr {
        match self.title.clone() {
            Some(Title::Text(text)) => named(Value::String(text), "plan.title", span),
            Some(Title::None) => {
                self.report(
                    Diagnostic::new(Code::NOT_HERE, "this plan has no title", span)
                        .help("give it one: `plan \"Title\" { … }`"),
                );
                wrong(span)
            }
            Some(Title::Missing) | None => missing("plan.title", Type::String, span),
        }
    }

    fn phase_field(&mut self, key: &str, span: Span, place: &Place) -> Expr {
        let text = format!("phase.{key}");
        let ty = if key == "number" {
            Type::Int
        } else {
            Type::String
        };
        match &place.phase {
            PhaseHere::Known {
                name,
                number,
                title,
            } => {
                let value = match key {
                    "number" => Some(Value::Int(i64::try_from(*number).unwrap_or(i64::MAX))),
                    "name" => Some(Value::String(name.clone())),
                    _ => title.clone().map(Value::String),
                };
                match value {
                    Some(value) => named(value, &text, span),
                    None => missing(&text, ty, span),
                }
            }
            PhaseHere::Unknown => missing(&text, ty, span),
            PhaseHere::Nowhere(what) => {
                let what = *what;
                self.report(
                    Diagnostic::new(
                        Code::NOT_HERE,
                        format!("`{text}` does not exist in {what}"),
                        span,
                    )
                    .help("use it in a phase, in `every phase`, or in a check"),
                );
                wrong(span)
            }
        }
    }
}

/// The expression of a name that stands for a binding.
pub(super) fn mention(binding: &Binding, name: &str, span: Span) -> Expr {
    let kind = match &binding.kind {
        BindingKind::Wrong => return wrong(span),
        BindingKind::Constant(value) => ExprKind::Literal {
            value: value.clone(),
            name: Some(name.to_owned()),
        },
        BindingKind::Missing => ExprKind::Missing(name.to_owned()),
        BindingKind::Global(key) => ExprKind::Builtin(Builtin::Global(key.clone())),
        BindingKind::Slot { slot, .. } => ExprKind::Builtin(Builtin::Local {
            slot: *slot,
            name: name.to_owned(),
        }),
    };
    Expr {
        span,
        ty: binding.ty.clone(),
        kind,
    }
}

fn named(value: Value, name: &str, span: Span) -> Expr {
    Expr {
        span,
        ty: value.type_of(),
        kind: ExprKind::Literal {
            value,
            name: Some(name.to_owned()),
        },
    }
}

fn missing(name: &str, ty: Type, span: Span) -> Expr {
    Expr {
        span,
        ty,
        kind: ExprKind::Missing(name.to_owned()),
    }
}

fn or_machine(given: &str, machine: &str) -> String {
    if given.is_empty() { machine } else { given }.to_owned()
}

fn fields_of(object: &str) -> &'static [&'static str] {
    match object {
        "phase" => &["name", "number", "title"],
        "plan" => &["title"],
        "git" => &["branch", "head", "tree"],
        _ => &[],
    }
}

fn fields_text(object: &str, fields: &[&str]) -> String {
    let all: Vec<String> = fields
        .iter()
        .map(|field| format!("`{object}.{field}`"))
        .collect();
    all.join(", ")
}
