//! What of a plan is under lock: its items, each by its meaning.

use indexmap::IndexMap;

use crate::plan::{
    Change, Forbidden, Gate, Hold, Manual, ManualItem, Phase, Proof, Regress, ScopeRule, Settings,
    Tasks, TreeMode,
};
use crate::source::Span;
use crate::syntax::ast::LimitKind;
use crate::value::Value;

use super::steps::{self, StepView};
use super::words::{Form, Globals, Meaning, Words, duration, quoted, retry};

/// An item: a gate, a scope rule, a setting.
#[derive(Debug)]
pub(super) struct Item {
    /// What it is and what it is called; the same for what is the same item.
    pub key: String,
    /// Where it stands.
    pub span: Span,
    /// Its parts that are what they are or not.
    facets: IndexMap<String, Meaning>,
    /// Its steps, which may be added to.
    steps: Vec<StepView>,
    /// Its proofs, which may be added to.
    proofs: Vec<Meaning>,
}

impl Item {
    fn new(key: impl Into<String>, span: Span) -> Self {
        Self {
            key: key.into(),
            span,
            facets: IndexMap::new(),
            steps: Vec::new(),
            proofs: Vec::new(),
        }
    }

    fn with(mut self, word: impl Into<String>, meaning: Meaning) -> Self {
        self.facets.insert(word.into(), meaning);
        self
    }

    fn with_text(self, word: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        self.with(word, Meaning::of(|_| text.clone()))
    }

    /// What of it is not what it was `before`; empty where it still judges all it did.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        let mut words: Vec<&String> = before.facets.keys().chain(self.facets.keys()).collect();
        words.sort();
        words.dedup();
        let exact = |item: &Self, word: &str| item.facets.get(word).map(|m| m.exact.clone());
        let mut changed: Vec<String> = words
            .into_iter()
            .filter(|word| exact(self, word) != exact(before, word))
            .cloned()
            .collect();
        if !steps::extends(&before.steps, &self.steps) {
            changed.push(STEPS.to_owned());
        }
        let kept = |proof: &Meaning| self.proofs.iter().any(|p| p.exact == proof.exact);
        if !before.proofs.iter().all(kept) {
            changed.push(PROOFS.to_owned());
        }
        changed
    }

    /// These parts of it in lines, for people.
    pub fn lines(&self, parts: &[String]) -> String {
        let mut lines = Vec::new();
        for part in parts {
            match part.as_str() {
                STEPS => self.steps.iter().for_each(|step| step.lines(0, &mut lines)),
                PROOFS => lines.extend(self.proofs.iter().map(|proof| proof.shown.clone())),
                word => match self.facets.get(word) {
                    Some(meaning) if word.is_empty() => lines.push(meaning.shown.clone()),
                    Some(meaning) => lines.push(format!("{word} {}", meaning.shown)),
                    None => {}
                },
            }
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Every part of it.
    pub fn parts(&self) -> Vec<String> {
        let steps = [STEPS, PROOFS].map(str::to_owned);
        self.facets.keys().cloned().chain(steps).collect()
    }
}

const STEPS: &str = "steps";
const PROOFS: &str = "proofs";

/// What holds for the whole plan; `head` is where it has its title.
pub(super) fn of_settings(settings: &Settings, head: Span) -> Vec<Item> {
    let Settings {
        base,
        shell,
        // Told by each gate that has them.
        env: _,
        timeout: _,
        // They change nothing of what is judged.
        jobs: _,
        reminders: _,
        lints_off: _,
        tree,
        share,
        amend_by,
        secrets,
    } = settings;
    let list = |texts: &mut dyn Iterator<Item = &String>| {
        let mut texts: Vec<String> = texts.map(|text| quoted(text)).collect();
        texts.sort();
        texts.join(", ")
    };
    let base_text = base
        .as_ref()
        .map_or("none".to_owned(), |b| quoted(&b.value));
    let tree = match tree {
        TreeMode::Staged => "staged",
        TreeMode::Worktree => "worktree",
    };
    let shares = match share {
        None => "every ignored folder".to_owned(),
        Some(globs) => list(&mut globs.iter().map(|glob| &glob.value)),
    };
    let shell: Vec<String> = shell.iter().map(|word| quoted(word)).collect();
    let first = |spans: Option<Span>| spans.unwrap_or(head);
    let mut items = vec![
        Item::new("`base`", first(base.as_ref().map(|base| base.span)))
            .with_text("base", base_text),
        Item::new("`shell`", head).with_text("shell", shell.join(", ")),
        Item::new("`tree`", head).with_text("tree", tree),
        Item::new(
            "`share`",
            first(share.iter().flatten().map(|glob| glob.span).next()),
        )
        .with_text("share", shares),
    ];
    if let Some(one) = amend_by.first() {
        let names = list(&mut amend_by.iter().map(|name| &name.value));
        items.push(Item::new("`amend by`", one.span).with_text("amend by", names));
    }
    for secret in secrets {
        items.push(Item::new(format!("`secret {}`", secret.value), secret.span));
    }
    items
}

/// What is under lock of a phase; of a sealed one its tag, too, by which it is known.
pub(super) fn of_phase(phase: &Phase, sealed: bool, globals: &Globals) -> Vec<Item> {
    let Phase {
        number: _,
        name,
        title: _,
        doc: _,
        span: _,
        goal: _,
        scope,
        tasks,
        gates,
        manuals,
        services,
        regress,
        // The words of a seal judge nothing.
        commit: _,
        tag,
        push: _,
    } = phase;
    let regress = match regress {
        Regress::Changed => "changed",
        Regress::All => "all",
        Regress::None => "none",
    };
    let mut items = vec![Item::new("`regress`", name.span).with_text("regress", regress)];
    if sealed && let Some(tag) = tag {
        items.push(Item::new("the tag", tag.name.span).with_text("tag", quoted(&tag.name.value)));
    }
    items.extend(scope.iter().map(rule));
    items.extend(tasks.iter().map(task));
    items.extend(gates.iter().map(|gate| gate_item(gate, globals)));
    items.extend(manuals.iter().map(|manual| manual_item(manual, globals)));
    let words = Words::new(globals);
    items.extend(services.iter().map(|service| {
        let meaning = Meaning::of(|form| words.service(service, form));
        Item::new(
            format!("the service `{}`", service.name.value),
            service.name.span,
        )
        .with("", meaning)
    }));
    items
}

fn rule(rule: &ScopeRule) -> Item {
    let glob = |word: &str, glob: &crate::source::Spanned<String>| {
        Item::new(
            format!("the scope rule `{word} {}`", quoted(&glob.value)),
            glob.span,
        )
        .with_text(word, quoted(&glob.value))
    };
    match rule {
        ScopeRule::Allow { glob: allowed } => glob("allow", allowed),
        ScopeRule::Deny { glob: denied } => glob("deny", denied),
        ScopeRule::Require { glob: required } => glob("require", required),
        ScopeRule::Forbid { pattern, within } => {
            let what = match &pattern.value {
                Forbidden::Word(word) => quoted(word),
                Forbidden::Regex(regex) => Value::Regex(regex.clone()).to_string(),
            };
            let mut within: Vec<String> = within.iter().map(|glob| quoted(&glob.value)).collect();
            within.sort();
            let place = match within.is_empty() {
                true => String::new(),
                false => format!(" in {}", within.join(", ")),
            };
            Item::new(format!("the scope rule `forbid {what}`"), pattern.span)
                .with_text("forbid", format!("{what}{place}"))
        }
        ScopeRule::Limit { kind, value, span } => {
            let (name, text) = match kind {
                LimitKind::Files => ("files", format!("{value} files")),
                LimitKind::Lines => ("lines", format!("{value} lines")),
                LimitKind::PerFile => ("per file", format!("{} per file", Value::Size(*value))),
            };
            Item::new(format!("the scope rule `limit … {name}`"), *span).with_text("limit", text)
        }
    }
}

fn task(tasks: &Tasks) -> Item {
    let Tasks { file, under, span } = tasks;
    let under = under.as_ref().map_or_else(String::new, |under| {
        format!(" under {}", quoted(&under.value))
    });
    Item::new(format!("`tasks {}`", quoted(&file.value)), *span)
        .with_text("tasks", format!("{}{under}", quoted(&file.value)))
}

fn gate_item(gate: &Gate, globals: &Globals) -> Item {
    let Gate {
        name,
        title: _,
        doc: _,
        span: _,
        origin: _,
        dir,
        env,
        timeout,
        retry: again,
        hold,
        needs,
        locks,
        when,
        inputs,
        services,
        steps,
        proofs,
    } = gate;
    let mut words = Words::new(globals);
    let mut item = Item::new(format!("the gate `{}`", name.value), name.span);
    // The steps come first: they say what the gate's own values are.
    item.steps = steps::views(steps, &mut words);
    item.proofs = proofs
        .iter()
        .map(|proof| Meaning::of(|form| self::proof(proof, &words, form)))
        .collect();
    if let Some(dir) = dir {
        item = item.with("in", Meaning::of(|form| words.expr(dir, form)));
    }
    for (name, value) in words.env(env) {
        item = item.with(format!("env {name} ="), value);
    }
    item = item.with_text("timeout", duration(*timeout));
    if let Some(again) = again {
        item = item.with_text("retry", retry(again));
    }
    if let Some(Hold {
        duration: time,
        every,
        span: _,
    }) = hold
    {
        item = item.with_text(
            "hold",
            format!("{} every {}", duration(*time), duration(*every)),
        );
    }
    let mut needs: Vec<&str> = needs.iter().map(|need| need.value.as_str()).collect();
    needs.sort_unstable();
    needs.dedup();
    if !needs.is_empty() {
        item = item.with_text("needs", needs.join(", "));
    }
    if !locks.is_empty() {
        item = item.with("lock", Meaning::of(|form| words.set(locks, form)));
    }
    if let Some(when) = when {
        item = item.with("when", Meaning::of(|form| words.expr(when, form)));
    }
    item = item.with("inputs", Meaning::of(|form| words.inputs(inputs, form)));
    for service in services {
        let meaning = Meaning::of(|form| words.service(service, form));
        item = item.with(format!("service {}", service.name.value), meaning);
    }
    item
}

fn proof(proof: &Proof, words: &Words<'_>, form: Form) -> String {
    let Proof {
        title: _,
        span: _,
        changes,
    } = proof;
    let expr = |expr| words.expr(expr, form);
    let changes: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Write { path, text } => format!("write {} {}", expr(path), expr(text)),
            Change::Append { path, text } => format!("append {} {}", expr(path), expr(text)),
            Change::Replace { path, old, new } => {
                format!("replace {} {} {}", expr(path), expr(old), expr(new))
            }
            Change::Remove { path } => format!("remove {}", expr(path)),
            Change::Env(var) => format!("env {} = {}", var.name.value, expr(&var.value)),
        })
        .collect();
    format!("proof {}", changes.join("; "))
}

fn manual_item(manual: &Manual, globals: &Globals) -> Item {
    let Manual {
        name,
        title,
        doc: _,
        span: _,
        items,
        inputs,
        expires,
        by,
        signed,
    } = manual;
    let words = Words::new(globals);
    let shown = |form| {
        let lines = items.iter().map(|item| match item {
            ManualItem::Step(text) => format!("step {}", words.expr(text, form)),
            ManualItem::Command(parts) => format!("$ {}", words.shell(parts, form)),
            ManualItem::Expected(text) => format!("expected {}", words.expr(text, form)),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut item = Item::new(format!("the manual check `{}`", name.value), name.span)
        .with_text("title", quoted(title))
        .with("", Meaning::of(shown))
        .with("inputs", Meaning::of(|form| words.inputs(inputs, form)));
    if let Some(expires) = expires {
        item = item.with_text("expires", duration(*expires));
    }
    let mut by: Vec<String> = by.iter().map(|name| quoted(&name.value)).collect();
    by.sort();
    if !by.is_empty() {
        item = item.with_text("by", by.join(", "));
    }
    if *signed {
        item = item.with_text("signed", "");
    }
    item
}
