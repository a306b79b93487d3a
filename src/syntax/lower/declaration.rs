//! Declarations: what has a name or a title, and a block.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::{Span, Spanned};

use super::Lowering;
use super::slot::quoted;
use super::statement::{Head, Parts, command_end, for_kind};
use crate::syntax::ast::{
    Arg, CheckCall, Commit, Expr, ExprKind, GateBody, Ident, Name, Param, Stmt, StmtKind, TypeName,
};
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::{self, BlockKind};
use crate::value::identifier_from;

/// The conventional types.
const COMMIT_TYPES: [&str; 11] = [
    "feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert",
];

/// The words of a gate's one line.
const STEPS: [&str; 8] = [
    "$", "run", "script", "check", "rhai", "expect", "let", "ratchet",
];

impl Lowering<'_> {
    pub(super) fn edition(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let Some(number) = parts.take(Rule::number) else {
            return self.missing(Code::MISSING_VALUE, &parts, head, "a year");
        };
        let span = self.exact(&number);
        let known = crate::plan::EDITION.to_string();
        if number.as_str() != known {
            self.report(Diagnostic::new(
                Code::UNKNOWN_EDITION,
                format!("there never was an edition {}", number.as_str()),
                span,
            ));
        }
        Some(StmtKind::Edition(Spanned::new(
            number.as_str().to_owned(),
            span,
        )))
    }

    pub(super) fn use_file(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let path = self.string(&mut parts, head, "the path of a file")?;
        let alias = if parts.take(Rule::k_as).is_some() {
            let alias = self.plain_ident(&mut parts, head, "a name after `as`")?;
            self.not_reserved(&alias);
            Some(alias)
        } else {
            None
        };
        Some(StmtKind::Use { path, alias })
    }

    pub(super) fn plan(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let title = self.title(&mut parts);
        let body = self.body(&mut parts, head, BlockKind::Plan)?;
        Some(StmtKind::Plan { title, body })
    }

    pub(super) fn every(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        if parts.take(Rule::k_phase).is_none() {
            let _: Option<()> = self.missing(Code::SYNTAX, &parts, head, "`phase`");
        }
        Some(StmtKind::Every(self.body(
            &mut parts,
            head,
            BlockKind::Every,
        )?))
    }

    pub(super) fn phase(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let lone = parts
            .list
            .first()
            .filter(|part| part.as_rule() == Rule::title)
            .map(|title| self.exact(title));
        if let Some(title) = lone {
            self.title_only(title, head);
        }
        let name = self.plain_ident(&mut parts, head, "a name");
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Phase);
        Some(StmtKind::Phase {
            name: name?,
            title,
            body: body?,
        })
    }

    /// A declaration that has a title and no name before it, or its name in quotes.
    fn title_only(&mut self, title: Span, head: &Head<'_>) {
        let what = if head.word == "manual" {
            "manual check"
        } else {
            &head.word
        };
        let next = self.token_at(title.end as usize);
        let is_name = self.source.slice(next).starts_with(['"', '\'']);
        let message = if is_name {
            format!("the name of a {what} stands without quotes")
        } else {
            format!("a {what} needs a name before its title")
        };
        let diagnostic = Diagnostic::new(Code::SYNTAX, message, title);
        let diagnostic = match identifier_from(self.source.slice(title)) {
            Some(name) if is_name => diagnostic.fix(
                format!("write `{name}`"),
                Applicability::Unsafe,
                title,
                name,
            ),
            Some(name) => diagnostic.fix(
                format!("name it, such as `{name}`"),
                Applicability::Unsafe,
                title.at_start(),
                format!("{name} "),
            ),
            None => diagnostic.help("write a name of letters, digits and `-` before it"),
        };
        self.report(diagnostic);
    }

    pub(super) fn test(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Test);
        Some(StmtKind::Test {
            title: title?,
            body: body?,
        })
    }

    pub(super) fn gate<'i>(
        &mut self,
        mut parts: Parts<'i>,
        head: &mut Head<'i>,
    ) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        let title = self.title(&mut parts);
        let body = match parts.take(Rule::line) {
            Some(line) => Some(GateBody::Line(Box::new(self.gate_line(line, head)?))),
            None if head.spare.is_none() && parts.list.is_empty() => {
                self.no_step(&parts, head);
                let span = head.keyword;
                Some(GateBody::Line(Box::new(Stmt {
                    span,
                    keyword: span,
                    doc: None,
                    kind: self.placeholder(span),
                })))
            }
            None => self
                .body(&mut parts, head, BlockKind::Gate)
                .map(GateBody::Block),
        };
        Some(StmtKind::Gate {
            name: name?,
            title,
            body: body?,
        })
    }

    /// A gate without a body, or with one that begins with no step.
    fn no_step(&mut self, parts: &Parts<'_>, head: &Head<'_>) {
        let next = self.token_at(parts.end);
        let word = self.source.slice(next).to_owned();
        if self.failed || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let _: Option<()> = self.missing(Code::MISSING_BLOCK, parts, head, "a step or a block");
            return;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_STATEMENT,
            format!("no step of a gate begins with `{word}`"),
            next,
        );
        diagnostic = match nearest(&word, STEPS) {
            Some(near) => diagnostic.fix(
                format!("did you mean `{near}`?"),
                Applicability::Unsafe,
                next,
                near,
            ),
            None => diagnostic.help("a command begins with `$`, a title stands in quotes"),
        };
        self.report(diagnostic);
    }

    /// The one step on a gate's own line.
    fn gate_line<'i>(&mut self, line: Pair<'i>, head: &mut Head<'i>) -> Option<Stmt> {
        let known = line.into_inner().next()?;
        let span = self.span(&known);
        let keyword = self.token_at(span.start as usize);
        let word = self.source.slice(keyword).to_owned();
        if !STEPS.contains(&word.as_str()) {
            let diagnostic = if BlockKind::Gate.takes(&word) {
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    format!("`{word}` is no step: it stands in the gate's block"),
                    keyword,
                )
                .help("a gate's line takes one step; write the gate with a block")
            } else {
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    format!("`{word}` does not belong in a gate"),
                    keyword,
                )
                .help(format!("a gate's line takes {}", quoted(&STEPS)))
            };
            self.report(diagnostic);
            return None;
        }
        let failed = self.failed;
        let rule = known.as_rule();
        let mut inner = Head {
            broken: head.broken.take(),
            word,
            keyword,
            within: Some(BlockKind::Gate),
            spare: None,
        };
        if rule == Rule::check_declaration {
            self.report(
                Diagnostic::new(
                    Code::MISPLACED_STATEMENT,
                    "a check is declared at the top level of a file",
                    keyword,
                )
                .help("a gate calls it: `check NAME(…)`"),
            );
            return None;
        }
        let kind = self.kind(known, &mut inner);
        head.broken = inner.broken;
        let kind = kind.unwrap_or_else(|| self.placeholder(span));
        self.failed |= failed;
        Some(Stmt {
            span: span.to(command_end(&kind).unwrap_or(span)),
            keyword,
            doc: None,
            kind,
        })
    }

    pub(super) fn manual(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        if let Some(Name::Text(text)) = &name
            && parts.list.first().map(Pair::as_rule) != Some(Rule::title)
        {
            self.title_only(text.span, head);
        }
        let title = self.needed_title(&mut parts, head);
        let body = self.body(&mut parts, head, BlockKind::Manual);
        Some(StmtKind::Manual {
            name: name?,
            title,
            body: body?,
        })
    }

    pub(super) fn service(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name");
        if let Some(title) = self.title(&mut parts) {
            self.report(Diagnostic::new(
                Code::SYNTAX,
                "a service has no title",
                title.span,
            ));
        }
        let body = self.body(&mut parts, head, BlockKind::Service);
        Some(StmtKind::Service {
            name: name?,
            body: body?,
        })
    }

    pub(super) fn for_each(
        &mut self,
        mut parts: Parts<'_>,
        head: &mut Head<'_>,
    ) -> Option<StmtKind> {
        let variable = self.value_ident(&mut parts, head);
        let list = if variable.is_none() {
            None
        } else if parts.take(Rule::k_in).is_some() {
            self.condition(&mut parts, head)
        } else {
            self.missing(Code::SYNTAX, &parts, head, "`in` and a list")
        };
        let Some(kind) = for_kind(head.within) else {
            // Not placed here; what it stands for is not known.
            if let Some(block) = parts.take(Rule::block).or_else(|| head.spare.take()) {
                self.block(block, None);
            }
            return None;
        };
        let body = self.body(&mut parts, head, kind);
        Some(StmtKind::For {
            variable: variable?,
            list: list?,
            body: body?,
        })
    }

    pub(super) fn commit(&mut self, mut parts: Parts<'_>, head: &mut Head<'_>) -> Option<StmtKind> {
        let Some(kind) = parts.take(Rule::commit_type) else {
            return self.missing(Code::MISSING_VALUE, &parts, head, "a type such as `feat`");
        };
        let mut ty = None;
        let mut scope = None;
        for part in kind.into_inner() {
            if part.as_rule() == Rule::ident {
                ty = Some(self.ident(&part));
            } else {
                scope = Some(part.into_inner().next().map(|name| self.ident(&name)));
            }
        }
        let ty = ty?;
        if !COMMIT_TYPES.contains(&ty.value.as_str()) {
            self.wrong_choice(ty.span, &COMMIT_TYPES);
        }
        let subject = self.value(&mut parts, head, "a subject in quotes");
        if let Some(group) = &subject
            && scope.is_none()
            && head.broken.is_some()
            && self.source.slice(group.span).starts_with('(')
        {
            let gap = Span::new(
                group.span.source,
                ty.span.end as usize,
                group.span.start as usize,
            );
            self.report(
                Diagnostic::new(
                    Code::SYNTAX,
                    "no blank stands between a commit's type and its scope",
                    group.span,
                )
                .fix("remove it", Applicability::Safe, gap, ""),
            );
        }
        let body = parts
            .take(Rule::block)
            .or_else(|| head.spare.take())
            .map(|block| self.block(block, Some(BlockKind::Commit)));
        Some(StmtKind::Commit(Commit {
            ty,
            scope,
            subject: subject?,
            body,
        }))
    }

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
                let at = parts
                    .list
                    .first()
                    .map_or(parts.end, |next| self.exact(next).start as usize);
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

/// Whether a word begins a statement somewhere.
pub(super) fn begins_statement(word: &str) -> bool {
    !words::blocks_of(word).is_empty()
}
