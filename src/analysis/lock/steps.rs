//! The steps of a gate: whether all that was judged still is, in its order.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::plan::{CheckStep, Command, CommandForm, Expect, Expr, ExprKind, Rhai, Step, StepKind};
use crate::syntax::ast::{BinaryOp, Direction};
use crate::value::Value;

use super::words::{Form, Meaning, Words, digest, duration, is_exit, retry};

/// A step by its meaning.
#[derive(Debug)]
pub(super) struct StepView {
    what: What,
    /// Whether it only judges: a step that only judges may stand anywhere and never makes
    /// another one green.
    only_judges: bool,
}

#[derive(Debug)]
enum What {
    Plain(Meaning),
    /// A check: its settings, and its steps.
    Check(Meaning, Vec<StepView>),
}

impl StepView {
    /// The step in lines for people, each `depth` deep.
    pub fn lines(&self, depth: usize, lines: &mut Vec<String>) {
        let (text, inner) = match &self.what {
            What::Plain(meaning) => (&meaning.shown, None),
            What::Check(head, inner) => (&head.shown, Some(inner)),
        };
        let indent = "  ".repeat(depth);
        lines.extend(text.lines().map(|line| format!("{indent}{line}")));
        for step in inner.into_iter().flatten() {
            step.lines(depth + 1, lines);
        }
    }
}

/// Whether `now` judges all that `before` does. Steps that only judge may have been added
/// anywhere, others at the end, where all before them is green already.
pub(super) fn extends(before: &[StepView], now: &[StepView]) -> bool {
    extends_within(before, now, true)
}

/// [`extends`], where something follows that was there `before`, unless it is `last`.
fn extends_within(before: &[StepView], now: &[StepView], last: bool) -> bool {
    let mut rest = before;
    for step in now {
        match rest.split_first() {
            Some((wanted, after)) if same(wanted, step, last && after.is_empty()) => rest = after,
            Some(_) if step.only_judges => {}
            None if last || step.only_judges => {}
            _ => return false,
        }
    }
    rest.is_empty()
}

fn same(before: &StepView, now: &StepView, last: bool) -> bool {
    match (&before.what, &now.what) {
        (What::Plain(before), What::Plain(now)) => before.exact == now.exact,
        (What::Check(head, before), What::Check(other, now)) => {
            head.exact == other.exact && extends_within(before, now, last)
        }
        _ => false,
    }
}

/// The steps of a gate by their meaning.
pub(super) fn views(steps: &[Step], words: &mut Words<'_>) -> Vec<StepView> {
    let mut zero = HashSet::new();
    find_zero(steps, &mut zero);
    steps_of(steps, words, &zero)
}

fn steps_of(steps: &[Step], words: &mut Words<'_>, zero: &HashSet<usize>) -> Vec<StepView> {
    let mut views = Vec::new();
    for step in steps {
        if let StepKind::Expect(expect) = &step.kind
            && demands_zero(expect).is_some()
        {
            // It is what a command must do anyway, and is told there.
            continue;
        }
        views.push(view(&step.kind, words, zero));
    }
    views
}

fn view(kind: &StepKind, words: &mut Words<'_>, zero: &HashSet<usize>) -> StepView {
    let plain = |meaning, only_judges| StepView {
        what: What::Plain(meaning),
        only_judges,
    };
    match kind {
        StepKind::Command(command) => {
            let meaning = Meaning::of(|form| self::command(command, words, zero, form));
            words.commands.insert(command.id, digest(&meaning.exact));
            plain(meaning, false)
        }
        StepKind::Expect(Expect { expr, command: _ }) => plain(
            Meaning::of(|form| format!("expect {}", words.expr(expr, form))),
            true,
        ),
        StepKind::Let { slot, name, value } => {
            let exact = format!("let = {}", words.expr(value, Form::Exact));
            let shown = format!("let {} = {}", name.value, words.expr(value, Form::Shown));
            words.locals.insert(*slot, digest(&exact));
            plain(Meaning { exact, shown }, true)
        }
        StepKind::Check(check) => check_view(check, words, zero),
        StepKind::Rhai(Rhai {
            script,
            span: _,
            values,
        }) => plain(
            Meaning {
                exact: format!(
                    "rhai {} {}",
                    digest(script),
                    named(values, words, Form::Exact)
                ),
                shown: format!("rhai ({})\n{script}", named(values, words, Form::Shown)),
            },
            false,
        ),
        StepKind::Library { name, args } => plain(
            Meaning::of(|form| format!("check {name}({})", named(args, words, form))),
            true,
        ),
        StepKind::Ratchet {
            name,
            value,
            direction,
        } => {
            let direction = match direction {
                Direction::Rises => "rises",
                Direction::Falls => "falls",
            };
            plain(
                Meaning::of(|form| {
                    let value = words.expr(value, form);
                    format!("ratchet {} = {value} {direction}", name.value)
                }),
                true,
            )
        }
    }
}

fn named(values: &IndexMap<String, Expr>, words: &Words<'_>, form: Form) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("{name}: {}", words.expr(value, form)))
        .collect();
    values.join(", ")
}

fn command(command: &Command, words: &Words<'_>, zero: &HashSet<usize>, form: Form) -> String {
    let Command {
        id,
        form: started,
        exit_expected,
        output_read: _,
    } = command;
    let text = match started {
        CommandForm::Shell { parts, span: _ } => format!("$ {}", words.shell(parts, form)),
        CommandForm::Script { program, source } => {
            let source = match (form, &source.kind) {
                (Form::Shown, ExprKind::Literal { value, .. }) => {
                    let text = value.text().unwrap_or_default();
                    format!("\n{text}")
                }
                _ => words.expr(source, form),
            };
            format!("script {} {source}", words.expr(program, form))
        }
    };
    match form {
        Form::Shown => text,
        Form::Exact if *exit_expected && !zero.contains(id) => format!("{text} any exit"),
        Form::Exact => format!("{text} exit 0"),
    }
}

fn check_view(check: &CheckStep, words: &mut Words<'_>, zero: &HashSet<usize>) -> StepView {
    let CheckStep {
        name,
        declared: _,
        dir,
        env,
        timeout,
        locks,
        when,
        retry: again,
        services,
        globs,
        params,
        steps,
    } = check;
    // The arguments that only a run knows come first: the settings may name them.
    let params = steps_of(params, words, zero);
    let mut inner = params;
    let mut settings = Vec::new();
    let mut add = |word: &str, meaning: Meaning| {
        if !meaning.shown.is_empty() {
            settings.push(Meaning {
                exact: format!("{word} {}", meaning.exact),
                shown: format!("{word} {}", meaning.shown),
            });
        }
    };
    add("in", Meaning::of(|form| words.optional(dir.as_ref(), form)));
    for (name, value) in words.env(env) {
        add(&format!("env {name} ="), value);
    }
    if let Some(timeout) = timeout {
        add("timeout", Meaning::of(|_| duration(*timeout)));
    }
    add("lock", Meaning::of(|form| words.set(locks, form)));
    add(
        "when",
        Meaning::of(|form| words.optional(when.as_ref(), form)),
    );
    if let Some(again) = again {
        add("retry", Meaning::of(|_| retry(again)));
    }
    for service in services {
        let word = format!("service {}", service.name.value);
        add(&word, Meaning::of(|form| words.service(service, form)));
    }
    add("must match", Meaning::of(|form| words.set(globs, form)));
    inner.extend(steps_of(steps, words, zero));
    let join = |first: &str, form: fn(&Meaning) -> &str| {
        let settings = settings.iter().map(form);
        let all: Vec<&str> = std::iter::once(first).chain(settings).collect();
        all.join("; ")
    };
    let head = Meaning {
        exact: join("check", |meaning| &meaning.exact),
        shown: join(&format!("check {name}"), |meaning| &meaning.shown),
    };
    StepView {
        only_judges: inner.iter().all(|step| step.only_judges),
        what: What::Check(head, inner),
    }
}

/// The commands that an `expect exit == 0` judges.
fn find_zero(steps: &[Step], found: &mut HashSet<usize>) {
    for step in steps {
        match &step.kind {
            StepKind::Expect(expect) => found.extend(demands_zero(expect)),
            StepKind::Check(check) => find_zero(&check.steps, found),
            _ => {}
        }
    }
}

/// The command of which an expectation says no more than that it exits 0.
fn demands_zero(expect: &Expect) -> Option<usize> {
    let ExprKind::Binary {
        op: BinaryOp::Equal,
        left,
        right,
    } = &expect.expr.kind
    else {
        return None;
    };
    let is_zero = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Literal {
                value: Value::Int(0),
                ..
            }
        )
    };
    match (is_exit(left), is_exit(right)) {
        (Some(command), None) if is_zero(right) => Some(command),
        (None, Some(command)) if is_zero(left) => Some(command),
        _ => None,
    }
}
