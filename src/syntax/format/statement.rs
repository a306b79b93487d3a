//! Statements: the word, and what follows it.

use super::STEP;
use super::writer::Writer;
use crate::source::Span;
use crate::syntax::ast::{
    CheckCall, CommandText, Commit, Expr, GateBody, Outcome, Probe, Stmt, StmtKind, Text,
};

impl Writer<'_> {
    /// A statement; so many blanks follow its word, or its gate's name.
    pub(super) fn statement(&mut self, stmt: &Stmt, blanks: usize) {
        self.copy(stmt.keyword);
        match &stmt.kind {
            StmtKind::Gate { name, title, body } => {
                self.next(name.span());
                self.blanks(blanks);
                if let Some(title) = title {
                    self.copy(title.span);
                    self.blank();
                }
                match body {
                    GateBody::Line(step) => self.statement(step, 1),
                    GateBody::Block(block) => self.block(block),
                }
            }
            StmtKind::Command(command) => self.command(command),
            StmtKind::Signed => {}
            kind => {
                self.blanks(blanks);
                self.rest(stmt, kind);
            }
        }
    }

    /// What follows the word and its blanks.
    fn rest(&mut self, stmt: &Stmt, kind: &StmtKind) {
        match kind {
            StmtKind::Edition(year) => self.copy(year.span),
            StmtKind::Use { path, alias } => {
                self.copy(path.span);
                if let Some(alias) = alias {
                    self.after("as", alias.span);
                }
            }
            StmtKind::Include(text) | StmtKind::RhaiFile(text) => self.copy(text.span),
            StmtKind::Plan { title, body } | StmtKind::Proof { title, body } => {
                if let Some(title) = title {
                    self.copy(title.span);
                }
                self.block(body);
            }
            StmtKind::Param(param) => self.parameter(param),
            StmtKind::Let { name, value } | StmtKind::Env { name, value } => {
                self.assigned(name.span, value);
            }
            StmtKind::CheckDecl { name, params, body } => {
                self.copy(name.span);
                // The parentheses have no place in the tree: they are what stands between
                // the name and the block.
                let from = name.span.end as usize;
                let rest = self.between(from..body.span.start as usize).trim_end();
                self.parameters(params, from..from + rest.len());
                self.block(body);
            }
            StmtKind::Every(body) => {
                self.sign("phase");
                self.block(body);
            }
            StmtKind::Phase { name, title, body } => {
                self.copy(name.span);
                if let Some(title) = title {
                    self.next(title.span);
                }
                self.block(body);
            }
            StmtKind::Test { title, body } => {
                self.copy(title.span);
                self.block(body);
            }
            StmtKind::Scope(body) => self.block(body),
            StmtKind::Service { name, body } => {
                self.copy(name.span());
                self.block(body);
            }
            StmtKind::Manual { name, title, body } => {
                self.copy(name.span());
                if let Some(title) = title {
                    self.next(title.span);
                }
                self.block(body);
            }
            StmtKind::For {
                variable,
                list,
                body,
            } => {
                self.copy(variable.span);
                self.blank();
                self.sign("in");
                self.blank();
                self.expression(list);
                self.block(body);
            }
            StmtKind::Commit(commit) => self.commit(commit),
            StmtKind::Ready { probe, within } => self.ready(probe, within.as_ref()),
            StmtKind::CheckCall(call) => self.check_call(call),
            StmtKind::Rhai(script) => self.rhai(script.span),
            StmtKind::ExpectOutcome(outcome) => self.outcome(outcome, stmt),
            kind => self.values(stmt, kind),
        }
    }

    /// The statements whose rest is values and words.
    fn values(&mut self, stmt: &Stmt, kind: &StmtKind) {
        match kind {
            StmtKind::Shell(items)
            | StmtKind::Share(items)
            | StmtKind::Remind(items)
            | StmtKind::Allow(items)
            | StmtKind::Deny(items)
            | StmtKind::Require(items)
            | StmtKind::Needs(items)
            | StmtKind::Lock(items) => {
                self.operands(items);
            }
            StmtKind::AmendBy(items) => {
                self.sign("by");
                self.blank();
                self.texts(items);
            }
            StmtKind::By(items) => self.texts(items),
            StmtKind::Secret(names) => {
                self.row(
                    names,
                    |name| name.span,
                    |writer, name| writer.copy(name.span),
                );
            }
            StmtKind::Forbid { patterns, within } => {
                let column = self.operands(patterns);
                if !within.is_empty() {
                    self.blank();
                    self.sign("in");
                    self.blank();
                    self.row_at(column, within, |item| item.span, Self::expression);
                }
            }
            StmtKind::Inputs {
                globs,
                none,
                allow_empty,
            } => {
                if let Some(none) = none {
                    self.copy(*none);
                } else {
                    self.operands(globs);
                }
                if let Some(word) = allow_empty {
                    self.next(*word);
                }
            }
            StmtKind::Lint { code, state } => {
                self.copy(code.span);
                self.next(state.span);
            }
            StmtKind::Tree(word) | StmtKind::Regress(word) => self.copy(word.span),
            StmtKind::Tasks { file, under } => {
                self.expression(file);
                self.optional("under", under.as_ref());
            }
            StmtKind::Tag { name, message } => {
                self.expression(name);
                self.optional("message", message.as_ref());
            }
            StmtKind::Limit { value, .. } => {
                self.expression(value);
                let words = self.between(value.span.end as usize..stmt.span.end as usize);
                for word in words.split_whitespace() {
                    self.blank();
                    self.sign(word);
                }
                self.read_to(stmt.span.end as usize);
            }
            StmtKind::Retry { count, every } => {
                self.expression(count);
                self.optional("every", every.as_ref());
            }
            StmtKind::Hold { duration, every } => {
                self.expression(duration);
                self.optional("every", every.as_ref());
            }
            StmtKind::Ratchet {
                name,
                value,
                direction,
            } => {
                self.assigned(name.span(), value);
                self.next(direction.span);
            }
            StmtKind::Stop { signal, within } => {
                self.copy(signal.span);
                self.optional("within", within.as_ref());
            }
            StmtKind::Trailer { name, value } => {
                self.copy(name.span);
                self.blank();
                self.expression(value);
            }
            StmtKind::Script {
                program: one,
                source: other,
            }
            | StmtKind::Write {
                path: one,
                text: other,
            }
            | StmtKind::Append {
                path: one,
                text: other,
            } => {
                self.expression(one);
                self.blank();
                self.expression(other);
            }
            StmtKind::Replace { path, old, new } => {
                for (index, value) in [path, old, new].into_iter().enumerate() {
                    if index > 0 {
                        self.blank();
                    }
                    self.expression(value);
                }
            }
            StmtKind::Base(value)
            | StmtKind::Jobs(value)
            | StmtKind::Timeout(value)
            | StmtKind::In(value)
            | StmtKind::Goal(value)
            | StmtKind::Push(value)
            | StmtKind::When(value)
            | StmtKind::Run(value)
            | StmtKind::Expect(value)
            | StmtKind::Step(value)
            | StmtKind::Expected(value)
            | StmtKind::Expires(value)
            | StmtKind::Body(value)
            | StmtKind::Breaking(value)
            | StmtKind::Remove(value) => self.expression(value),
            _ => {}
        }
    }

    // Parts of statements.

    /// A blank, and what the source has under `span`.
    fn next(&mut self, span: Span) {
        self.blank();
        self.copy(span);
    }

    /// A blank, a word, a blank, and what the source has under `span`.
    fn after(&mut self, word: &str, span: Span) {
        self.blank();
        self.sign(word);
        self.next(span);
    }

    /// A word and its value, where there is one.
    fn optional(&mut self, word: &str, value: Option<&Expr>) {
        if let Some(value) = value {
            self.blank();
            self.sign(word);
            self.blank();
            self.expression(value);
        }
    }

    fn assigned(&mut self, name: Span, value: &Expr) {
        self.copy(name);
        self.blank();
        self.sign("=");
        self.blank();
        self.expression(value);
    }

    /// A statement's list; at which column it begins.
    fn operands(&mut self, items: &[Expr]) -> usize {
        self.row(items, |item| item.span, Self::expression)
    }

    fn texts(&mut self, items: &[Text]) {
        self.row(
            items,
            |item| item.span,
            |writer, item| writer.copy(item.span),
        );
    }

    /// A list without brackets. Where the source breaks it after a comma it stays broken,
    /// what follows under its first item.
    fn row<T>(
        &mut self,
        items: &[T],
        place: impl Fn(&T) -> Span,
        write: impl Fn(&mut Self, &T),
    ) -> usize {
        let column = self.column();
        self.row_at(column, items, place, write);
        column
    }

    fn row_at<T>(
        &mut self,
        column: usize,
        items: &[T],
        place: impl Fn(&T) -> Span,
        write: impl Fn(&mut Self, &T),
    ) {
        let hang = std::mem::replace(&mut self.hang, column + STEP);
        let mut end = None;
        for item in items {
            let span = place(item);
            if let Some(end) = end {
                self.sign(",");
                if self.breaks(end..span.start as usize) {
                    self.line(column);
                } else {
                    self.blank();
                }
            }
            write(self, item);
            end = Some(span.end as usize);
        }
        self.hang = hang;
    }

    /// The text of a command as it stands, behind its `$`.
    fn command(&mut self, command: &CommandText) {
        self.next(command.span);
    }

    /// A script of rhai as it stands; `span` is without the braces.
    fn rhai(&mut self, span: Span) {
        self.word("{", (span.start as usize).saturating_sub(1));
        self.copy(span);
        self.sign("}");
        self.read_to(span.end as usize + 1);
    }

    fn commit(&mut self, commit: &Commit) {
        self.copy(commit.ty.span);
        if let Some(scope) = &commit.scope {
            self.sign("(");
            if let Some(scope) = scope {
                self.copy(scope.span);
            }
            self.sign(")");
        }
        self.blank();
        self.expression(&commit.subject);
        if let Some(body) = &commit.body {
            self.block(body);
        }
    }

    /// `within` stands where it was written, before or after what makes a service ready.
    fn ready(&mut self, probe: &Probe, within: Option<&Expr>) {
        let (word, value) = match probe {
            Probe::Http(value) => ("http", Some(value)),
            Probe::Port(value) => ("port", Some(value)),
            Probe::Output(value) => ("output", Some(value)),
            Probe::Command(_) => ("$", None),
        };
        let start = match probe {
            Probe::Http(value) | Probe::Port(value) | Probe::Output(value) => value.span.start,
            Probe::Command(command) => command.span.start,
        };
        let first = within.filter(|within| within.span.start < start);
        if let Some(within) = first {
            self.sign("within");
            self.blank();
            self.expression(within);
            self.blank();
        }
        self.sign(word);
        match probe {
            Probe::Command(command) => self.command(command),
            _ => {
                if let Some(value) = value {
                    self.blank();
                    self.expression(value);
                }
            }
        }
        if first.is_none() {
            self.optional("within", within);
        }
    }

    fn check_call(&mut self, call: &CheckCall) {
        let mut end = call.span.start as usize;
        for (index, name) in call.path.iter().enumerate() {
            if index > 0 {
                self.sign(".");
            }
            self.copy(name.span);
            end = name.span.end as usize;
        }
        self.arguments(&call.args, end..call.span.end as usize);
    }

    fn outcome(&mut self, outcome: &Outcome, stmt: &Stmt) {
        match outcome {
            Outcome::Passes => self.sign("passes"),
            Outcome::Blocked => self.sign("blocked"),
            Outcome::Fails { text, at } => {
                self.sign("fails");
                if let Some(text) = text {
                    self.blank();
                    self.expression(text);
                }
                self.optional("at", at.as_ref());
            }
        }
        self.read_to(stmt.span.end as usize);
    }
}
