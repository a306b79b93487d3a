//! Commands: what an interpolated value is made literal for, and where it cannot be.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{CommandForm, CommandPart, Expr, Quoting};
use crate::shell::{Context, scan};
use crate::source::Span;
use crate::syntax::ast::{self, CommandText, ExprKind as AstKind, TextPart};
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::{Known, is_wrong};
use super::place::Place;

impl Analyzer<'_> {
    /// The pieces of a `$` line.
    pub(super) fn command(&mut self, text: &CommandText, place: &Place) -> Vec<CommandPart> {
        self.command_parts(&text.parts, place)
    }

    fn command_parts(&mut self, parts: &[TextPart], place: &Place) -> Vec<CommandPart> {
        let mut contexts = scan(parts).contexts.into_iter();
        parts
            .iter()
            .map(|part| match part {
                TextPart::Literal { value, .. } => CommandPart::Text(value.clone()),
                TextPart::Interpolation { span, expr } => {
                    let context = contexts.next().unwrap_or(Context::Bare);
                    self.interpolated(expr, *span, &context, place)
                }
            })
            .collect()
    }

    fn interpolated(
        &mut self,
        expr: &ast::Expr,
        span: Span,
        context: &Context,
        place: &Place,
    ) -> CommandPart {
        if let AstKind::Call { function, args } = &expr.kind
            && function.value == "raw"
            && let [arg] = args.as_slice()
            && arg.name.is_none()
        {
            let value = self.lower(&arg.value, place);
            return CommandPart::Value {
                expr: self.with_text(value, &arg.value),
                span,
                quoting: Quoting::Raw,
            };
        }
        let value = self.lower(expr, place);
        let quoting = match context {
            Context::Bare => Quoting::Bare,
            Context::Glued => Quoting::Glued,
            Context::Double => Quoting::Double,
            Context::AfterName => Quoting::AfterName,
            Context::Comment => Quoting::Comment,
            Context::Single => Quoting::Single,
            Context::Impossible { why } => {
                self.report(
                    Diagnostic::new(
                        Code::CANNOT_QUOTE,
                        format!("a value cannot be made literal here: {why}"),
                        span,
                    )
                    .help("give it to the command with `env NAME = value`, and write `$NAME` here"),
                );
                Quoting::Bare
            }
        };
        let value = match (&value.ty, quoting) {
            // A word for each element.
            (Type::List(item), Quoting::Bare | Quoting::Glued)
                if !matches!(**item, Type::List(_) | Type::Map | Type::Regex) =>
            {
                value
            }
            _ => self.with_text(value, expr),
        };
        CommandPart::Value {
            expr: value,
            span,
            quoting,
        }
    }

    /// `run STRING`.
    pub(super) fn run_form(&mut self, expr: &ast::Expr, place: &Place) -> CommandForm {
        let mut inner = expr;
        while let AstKind::Paren(within) = &inner.kind {
            inner = within;
        }
        let parts = match &inner.kind {
            AstKind::Text(text) => self.command_parts(&text.parts, place),
            AstKind::Binary { op_span, .. } => {
                self.lower(expr, place);
                self.report(
                    Diagnostic::new(
                        Code::CANNOT_QUOTE,
                        "a command cannot be put together with an operator: its values would become syntax",
                        *op_span,
                    )
                    .help("interpolate the values, as in `run \"echo {{value}}\"`"),
                );
                Vec::new()
            }
            _ => self
                .text_now(expr, "`run`", place)
                .map(|text| vec![CommandPart::Text(text.value)])
                .unwrap_or_default(),
        };
        CommandForm::Shell {
            parts,
            span: expr.span,
        }
    }

    /// `script PROGRAM SOURCE`.
    pub(super) fn script_form(
        &mut self,
        program: &ast::Expr,
        source: &ast::Expr,
        place: &Place,
    ) -> CommandForm {
        let program = self.text_slot(program, "the interpreter of a `script`", place);
        let interpolation = match &source.kind {
            AstKind::Text(text) => text.parts.iter().find_map(|part| match part {
                TextPart::Interpolation { span, .. } => Some(*span),
                TextPart::Literal { .. } => None,
            }),
            _ => None,
        };
        let lowered = self.text_slot(source, "the source of a `script`", place);
        let computed = if interpolation.is_some() || is_wrong(&lowered) {
            interpolation
        } else {
            self.computed(&lowered)
        };
        if let Some(span) = computed {
            self.report(
                Diagnostic::new(
                    Code::CANNOT_QUOTE,
                    "a value cannot be made literal in the source of a `script`",
                    span,
                )
                .help(
                    "give it to the script with `env NAME = value`, and read that variable there",
                ),
            );
        }
        CommandForm::Script {
            program,
            source: lowered,
        }
    }

    /// Where an expression that should be written out is put together.
    fn computed(&mut self, expr: &Expr) -> Option<Span> {
        match self.known(expr) {
            Known::Value(Value::String(_)) | Known::Missing | Known::Wrong => None,
            Known::Value(_) | Known::RunTime(_) => Some(expr.span),
        }
    }
}
