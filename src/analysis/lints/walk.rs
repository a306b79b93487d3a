//! What a statement is made of: its expressions, texts and commands, and its blocks.

use crate::syntax::ast::{
    Arg, CommandText, Expr, ExprKind, GateBody, Name, Outcome, Probe, Stmt, StmtKind, Text,
    TextPart,
};

/// A part of a statement that may hold values.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Expr(&'a Expr),
    Text(&'a Text),
    Command(&'a CommandText),
}

/// The parts of a statement, those of its blocks aside.
pub(super) fn parts(stmt: &Stmt) -> Vec<Part<'_>> {
    use StmtKind as K;
    match &stmt.kind {
        K::Base(a)
        | K::Jobs(a)
        | K::Timeout(a)
        | K::In(a)
        | K::Goal(a)
        | K::Push(a)
        | K::When(a)
        | K::Run(a)
        | K::Expect(a)
        | K::Step(a)
        | K::Expected(a)
        | K::Expires(a)
        | K::Body(a)
        | K::Breaking(a)
        | K::Remove(a)
        | K::Let { value: a, .. }
        | K::Env { value: a, .. }
        | K::Limit { value: a, .. }
        | K::Trailer { value: a, .. }
        | K::For { list: a, .. } => vec![Part::Expr(a)],
        K::Shell(list)
        | K::Share(list)
        | K::Remind(list)
        | K::Allow(list)
        | K::Deny(list)
        | K::Require(list)
        | K::Needs(list)
        | K::Lock(list)
        | K::Inputs { globs: list, .. } => list.iter().map(Part::Expr).collect(),
        K::Forbid { patterns, within } => patterns.iter().chain(within).map(Part::Expr).collect(),
        K::Tasks { file: a, under: b }
        | K::Tag {
            name: a,
            message: b,
        }
        | K::Retry { count: a, every: b }
        | K::Hold {
            duration: a,
            every: b,
        } => std::iter::once(a).chain(b).map(Part::Expr).collect(),
        K::Script {
            program: a,
            source: b,
        }
        | K::Write { path: a, text: b }
        | K::Append { path: a, text: b } => vec![Part::Expr(a), Part::Expr(b)],
        K::Replace { path, old, new } => [path, old, new].map(Part::Expr).to_vec(),
        K::Ratchet { name, value, .. } => {
            let mut all: Vec<Part<'_>> = self::name(name).into_iter().collect();
            all.push(Part::Expr(value));
            all
        }
        K::Ready { probe, within } => {
            let probe = match probe {
                Probe::Http(a) | Probe::Port(a) | Probe::Output(a) => Part::Expr(a),
                Probe::Command(text) => Part::Command(text),
            };
            std::iter::once(probe)
                .chain(within.iter().map(Part::Expr))
                .collect()
        }
        K::Stop { within, .. } => within.iter().map(Part::Expr).collect(),
        K::ExpectOutcome(Outcome::Fails { text, at }) => {
            text.iter().chain(at).map(Part::Expr).collect()
        }
        K::Commit(commit) => vec![Part::Expr(&commit.subject)],
        K::Command(text) => vec![Part::Command(text)],
        K::CheckCall(call) => call.args.iter().map(|arg| Part::Expr(&arg.value)).collect(),
        K::Param(param) => param.default.iter().map(Part::Expr).collect(),
        K::CheckDecl { params, .. } => params
            .iter()
            .flat_map(|param| &param.default)
            .map(Part::Expr)
            .collect(),
        K::Plan { title, .. } | K::Phase { title, .. } | K::Proof { title, .. } => {
            title.iter().map(Part::Text).collect()
        }
        K::Gate {
            name: given, title, ..
        }
        | K::Manual {
            name: given, title, ..
        } => name(given)
            .into_iter()
            .chain(title.iter().map(Part::Text))
            .collect(),
        K::Service { name: given, .. } => name(given).into_iter().collect(),
        K::Test { title, .. } => vec![Part::Text(title)],
        K::AmendBy(texts) | K::By(texts) => texts.iter().map(Part::Text).collect(),
        K::Use { path, .. } | K::Include(path) | K::RhaiFile(path) => vec![Part::Text(path)],
        K::Edition(_)
        | K::Every(_)
        | K::Tree(_)
        | K::Lint { .. }
        | K::Secret(_)
        | K::Scope(_)
        | K::Regress(_)
        | K::Rhai(_)
        | K::Signed
        | K::ExpectOutcome(Outcome::Passes | Outcome::Blocked) => Vec::new(),
    }
}

fn name(name: &Name) -> Option<Part<'_>> {
    match name {
        Name::Ident(_) => None,
        Name::Text(text) => Some(Part::Text(text)),
    }
}

/// The statements inside a statement.
pub(super) fn inner(stmt: &Stmt) -> &[Stmt] {
    use StmtKind as K;
    match &stmt.kind {
        K::Plan { body, .. }
        | K::CheckDecl { body, .. }
        | K::Every(body)
        | K::Phase { body, .. }
        | K::Test { body, .. }
        | K::Scope(body)
        | K::Service { body, .. }
        | K::Manual { body, .. }
        | K::For { body, .. }
        | K::Proof { body, .. } => &body.stmts,
        K::Gate { body, .. } => match body {
            GateBody::Line(step) => std::slice::from_ref(&**step),
            GateBody::Block(block) => &block.stmts,
        },
        K::Commit(commit) => commit.body.as_ref().map_or(&[], |body| &body.stmts),
        _ => &[],
    }
}

/// `look` on a statement and on every one inside it, outer before inner.
pub(super) fn each<'a>(stmt: &'a Stmt, look: &mut impl FnMut(&'a Stmt)) {
    look(stmt);
    for within in inner(stmt) {
        each(within, look);
    }
}

/// `look` on every expression of a part, outer before inner.
pub(super) fn expressions<'a>(part: Part<'a>, look: &mut impl FnMut(&'a Expr)) {
    match part {
        Part::Expr(expr) => expression(expr, look),
        Part::Text(text) => pieces(&text.parts, look),
        Part::Command(text) => pieces(&text.parts, look),
    }
}

fn pieces<'a>(parts: &'a [TextPart], look: &mut impl FnMut(&'a Expr)) {
    for part in parts {
        if let TextPart::Interpolation { expr, .. } = part {
            expression(expr, look);
        }
    }
}

fn expression<'a>(expr: &'a Expr, look: &mut impl FnMut(&'a Expr)) {
    use ExprKind as E;
    look(expr);
    let args = |args: &'a [Arg], look: &mut _| {
        for arg in args {
            expression(&arg.value, look);
        }
    };
    match &expr.kind {
        E::Text(text) => pieces(&text.parts, look),
        E::List(items) => items.iter().for_each(|item| expression(item, look)),
        E::Map(entries) => entries
            .iter()
            .for_each(|entry| expression(&entry.value, look)),
        E::Paren(inner)
        | E::Unary { operand: inner, .. }
        | E::IsEmpty { operand: inner, .. }
        | E::Field { object: inner, .. } => expression(inner, look),
        E::Binary { left, right, .. } => {
            expression(left, look);
            expression(right, look);
        }
        E::Call { args: given, .. } => args(given, look),
        E::Method {
            object,
            args: given,
            ..
        } => {
            expression(object, look);
            args(given, look);
        }
        E::Index { object, index } => {
            expression(object, look);
            expression(index, look);
        }
        E::Int(_)
        | E::Number(_)
        | E::Bool(_)
        | E::Duration(_)
        | E::Size(_)
        | E::Regex { .. }
        | E::Name(_)
        | E::Error => {}
    }
}

/// An expression without the parentheses around it.
pub(super) fn bare(mut expr: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}
