//! Parameters, their types, and the checks that take them: declared and called.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{Span, Spanned};

use super::Lowering;
use super::statement::{Head, Parts};
use crate::syntax::ast::{Arg, CheckCall, Expr, ExprKind, Ident, Param, StmtKind, TypeName};
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::BlockKind;

impl Lowering<'_> {
    pub(super) fn param(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let start = parts.list.first().map(|first| self.exact(first));
        let name = self.value_ident(&mut parts, head)?;
        let ty = self.param_type(&mut parts, &name)?;
        let default = if parts.take(Rule::assign).is_some() {
            match parts.take(Rule::expression) {
                Some(pair) => Some(self.expression(pair)),
                None => {
                    return self.missing(Code::MISSING_VALUE, &parts, head, "a value after `=`");
                }
            }
        } else {
            None
        };
        let span = start?.to(default.as_ref().map_or(ty.span, |expr| expr.span));
        Some(StmtKind::Param(Param {
            span,
            name,
            ty,
            default,
        }))
    }

    fn param_type(&mut self, parts: &mut Parts<'_>, name: &Ident) -> Option<TypeName> {
        let colon = parts.take(Rule::colon);
        match parts.take(Rule::type_name) {
            Some(ty) if colon.is_some() => Some(self.type_name(ty)),
            Some(ty) => {
                let span = self.exact(&ty);
                self.report(Diagnostic::new(
                    Code::SYNTAX,
                    "expected `:` between a parameter and its type",
                    span,
                ));
                None
            }
            None => {
                if self.failed {
                    return None;
                }
                let at = self.next_of(parts);
                let place = if colon.is_some() {
                    self.token_at(at)
                } else {
                    name.span
                };
                self.report(missing_type(name, place));
                None
            }
        }
    }

    fn type_name(&mut self, pair: Pair<'_>) -> TypeName {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let name = inner.next().map_or_else(
            || Spanned::new(String::new(), span),
            |name| self.ident(&name),
        );
        let mut item = None;
        for part in inner {
            if part.as_rule() == Rule::type_name {
                item = Some(Box::new(self.type_name(part)));
                continue;
            }
            let sign = self.span(&part);
            let of = self.source.slice(Span::new(
                span.source,
                span.start as usize,
                sign.start as usize,
            ));
            let list = format!("list<{}>", of.trim_end());
            self.report(
                Diagnostic::new(
                    Code::UNKNOWN_CHOICE,
                    format!("the type of a list is written `{list}`"),
                    sign,
                )
                .fix(
                    format!("write `{list}`"),
                    Applicability::Safe,
                    span,
                    list.clone(),
                ),
            );
        }
        TypeName { span, name, item }
    }

    pub(super) fn check_declaration(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        if let Some(within) = head.within.filter(|kind| *kind != BlockKind::File)
            && within.takes("check")
        {
            self.report(
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    format!("a check is not declared in {}", within.name()),
                    head.keyword,
                )
                .help("declare it at the top level of the file, and call it here: `check NAME(…)`"),
            );
        }
        let misplaced = self.failed;
        let name = self.plain_ident(&mut parts, head, "a name")?;
        let params = match parts.take(Rule::parameters) {
            Some(list) => self.parameters(list, head),
            None => Vec::new(),
        };
        let body = self.body(&mut parts, head, BlockKind::Check)?;
        (!misplaced).then_some(StmtKind::CheckDecl { name, params, body })
    }

    fn parameters(&mut self, list: Pair<'_>, head: &Head<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        for pair in list.into_inner() {
            let failed = std::mem::replace(&mut self.failed, false);
            params.extend(self.parameter(pair, head));
            self.failed |= failed;
        }
        params
    }

    fn parameter(&mut self, pair: Pair<'_>, head: &Head<'_>) -> Option<Param> {
        let span = self.span(&pair);
        let mut parts = Parts {
            end: span.end as usize,
            list: pair.into_inner().collect(),
        };
        let name = self.value_ident(&mut parts, head)?;
        let ty = self.param_type(&mut parts, &name);
        let default = if parts.take(Rule::assign).is_some() {
            match parts.take(Rule::inner) {
                Some(pair) => Some(self.bracketed('(', |this| this.expression(pair))),
                None => {
                    return self.missing(Code::MISSING_VALUE, &parts, head, "a value after `=`");
                }
            }
        } else {
            None
        };
        Some(Param {
            span,
            name,
            ty: ty?,
            default,
        })
    }

    pub(super) fn check_call(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        let Some(first) = parts.take(Rule::ident) else {
            return self.missing(Code::SYNTAX, &parts, head, "the name of a check");
        };
        let mut path = vec![self.ident(&first)];
        while let Some(next) = parts.take(Rule::ident) {
            path.push(self.ident(&next));
        }
        let start = path.first()?.span;
        let name = path.last()?.span;
        if head.within == Some(BlockKind::File) {
            // A declaration whose block is missing, or stands behind something else.
            if let Some(block) = head.spare.take() {
                if let [_, second, ..] = path.as_slice() {
                    let at = start.to(second.span);
                    self.report(
                        Diagnostic::new(
                            Code::SYNTAX,
                            "a check is declared by its name alone, without a module",
                            at,
                        )
                        .help("the file that `use`s this one gives the module's name"),
                    );
                } else if let Some(list) = parts.take(Rule::arguments) {
                    self.no_parameters(list);
                }
                self.block(block, Some(BlockKind::Check));
                return None;
            }
            parts.list.clear();
            return self.missing(Code::MISSING_BLOCK, &parts, head, "a block in `{ }`");
        }
        if let [_, _, third, ..] = path.as_slice() {
            let at = third.span;
            self.unexpected(at, "`(`");
            return None;
        }
        let Some(list) = parts.take(Rule::arguments) else {
            let next = self.token_at(parts.end);
            if !self.source.slice(next).starts_with('(') {
                self.report(
                    Diagnostic::new(
                        Code::MISSING_PARENTHESES,
                        "a check is called with `( )`, also where it takes nothing",
                        start.to(name),
                    )
                    .fix("add `()`", Applicability::Safe, name.at_end(), "()"),
                );
            }
            return Some(self.placeholder(start.to(name)));
        };
        let span = start.to(self.exact(&list));
        let args = self.arguments(list);
        Some(StmtKind::CheckCall(CheckCall { span, path, args }))
    }

    /// Arguments where a declaration has parameters.
    fn no_parameters(&mut self, list: Pair<'_>) {
        let failed = self.failed;
        for arg in self.arguments(list) {
            if self.failed && !failed {
                return;
            }
            match (&arg.name, &arg.value.kind) {
                (None, ExprKind::Name(_)) => {}
                (None, _) => self.unexpected(arg.value.span, "the name of a parameter"),
                (Some(_), ExprKind::Name(_)) => {}
                (Some(_), _) => self.unexpected(arg.value.span, "a type such as `string`"),
            }
        }
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, list: Pair<'_>) -> Vec<Arg> {
        let mut args: Vec<Arg> = Vec::new();
        let mut named = false;
        for pair in list.into_inner() {
            let span = self.span(&pair);
            let mut name = None;
            let mut value: Option<Expr> = None;
            for part in pair.into_inner() {
                if part.as_rule() == Rule::ident {
                    name = Some(self.ident(&part));
                } else {
                    value = Some(self.bracketed('(', |this| this.expression(part)));
                }
            }
            let Some(value) = value else { continue };
            if named && name.is_none() && !matches!(value.kind, ExprKind::Error) {
                self.report(
                    Diagnostic::new(
                        Code::POSITIONAL_AFTER_NAMED,
                        "a positional argument after a named one",
                        value.span,
                    )
                    .help("give it by name too, or put it before the named ones"),
                );
            }
            named |= name.is_some();
            args.push(Arg { span, name, value });
        }
        args
    }
}

fn missing_type(name: &Ident, place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MISSING_TYPE,
        format!("the parameter `{}` needs a type", name.value),
        place,
    )
    .fix(
        format!("write `{}: string`, or whatever it is", name.value),
        Applicability::Unsafe,
        name.span.at_end(),
        ": string",
    )
}
