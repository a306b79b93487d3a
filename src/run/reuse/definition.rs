//! What a gate is, item by item, and what of the run it looks at.
//!
//! Every type of the plan is taken apart field by field, so that a new setting does not
//! compile until somebody decides whether a verdict depends on it.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::expression::Writer;
use super::words::Words;
use crate::plan::{
    Builtin, CheckStep, Command, CommandForm, CommandPart, EnvVar, Expect, Expr, ExprKind,
    Function, Gate, Hold, Inputs, Phase, Plan, Probe, Ready, Retry, Rhai, Service, Settings, Step,
    StepKind, TreeMode,
};
use crate::value::{Type, Value};

/// A gate as far as its verdict depends on it.
#[derive(Debug, Default)]
pub(super) struct Definition<'a> {
    /// Its settings and steps, by what they are called.
    pub items: IndexMap<String, String>,
    /// What else it looks at.
    pub reads: Reads<'a>,
}

/// What a gate looks at besides its own text.
#[derive(Debug, Default)]
pub(super) struct Reads<'a> {
    /// `git.branch`.
    pub branch: bool,
    /// `git.head`, or git itself, which sees the history.
    pub head: bool,
    /// `git.tree`.
    pub tree: bool,
    /// `ci`.
    pub ci: bool,
    /// The phase's change, so the tree at which it opened.
    pub change: bool,
    /// The phase as a script knows it.
    pub phase: bool,
    /// Variables that expressions ask for.
    pub variables: Vec<&'a Expr>,
    /// Variables that its texts may name.
    pub words: BTreeSet<String>,
    /// Paths and globs it asks for, beyond its `inputs`.
    pub globs: Vec<&'a Expr>,
    /// Whether it may look at any file.
    pub all_files: bool,
    /// Why no verdict of it can be kept.
    pub never: Option<&'static str>,
}

/// Takes the gate of a phase apart.
pub(super) fn of<'a>(plan: &'a Plan, phase: Option<&'a Phase>, gate: &'a Gate) -> Definition<'a> {
    let mut reader = Reader {
        plan,
        writer: Writer::default(),
        definition: Definition::default(),
        globals: BTreeSet::new(),
    };
    reader.plan();
    reader.gate(gate);
    if let Some(phase) = phase {
        for service in &phase.services {
            reader.service("the phase's ", service);
        }
        if reader.definition.reads.phase {
            let (number, name) = (phase.number, &phase.name.value);
            let text = format!("{number} {name} {}", Value::String(phase.title.clone()));
            reader.put("phase", text);
        }
    }
    reader.definition
}

struct Reader<'a> {
    plan: &'a Plan,
    writer: Writer,
    definition: Definition<'a>,
    /// Run-time `let`s and `param`s already taken in.
    globals: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn put(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.definition.items.insert(name.into(), text.into());
    }

    /// What of the plan's settings holds for every gate.
    fn plan(&mut self) {
        let Settings {
            // The first phase's change is counted from it, which is a value of the run.
            base: _,
            shell: _,
            // Each gate has taken these over.
            env: _,
            timeout: _,
            jobs: _,
            tree,
            share,
            amend_by: _,
            reminders: _,
            // What is masked is judged as it is.
            secrets: _,
            lints_off: _,
        } = &self.plan.settings;
        if *tree == TreeMode::Worktree {
            self.put("tree", "worktree");
        }
        if let Some(share) = share {
            let globs: Vec<&str> = share.iter().map(|glob| glob.value.as_str()).collect();
            self.put("share", globs.join(", "));
        }
    }

    fn gate(&mut self, gate: &'a Gate) {
        let Gate {
            name,
            // Words for people.
            title: _,
            doc: _,
            span: _,
            origin: _,
            dir,
            env,
            timeout,
            retry,
            hold,
            // Both say when it is judged, not how.
            needs: _,
            locks: _,
            when,
            inputs,
            services,
            steps,
            // A proof is judged by itself.
            proofs: _,
        } = gate;
        self.put("name", name.value.as_str());
        if let Some(dir) = dir {
            self.value("in", dir);
        }
        self.env("", env);
        self.put("timeout", Value::Duration(*timeout).to_string());
        if let Some(retry) = retry {
            self.retry("retry", retry);
        }
        if let Some(Hold {
            duration,
            every,
            span: _,
        }) = hold
        {
            let (duration, every) = (Value::Duration(*duration), Value::Duration(*every));
            self.put("hold", format!("{duration} every {every}"));
        }
        if let Some(when) = when {
            self.value("when", when);
        }
        match inputs {
            Inputs::Tree => {}
            Inputs::None => self.definition.reads.never = Some("it says `inputs none`"),
            Inputs::Globs { globs, allow_empty } => {
                let texts: Vec<String> = globs.iter().map(|glob| self.text(glob)).collect();
                let all = if *allow_empty { " allow-empty" } else { "" };
                self.put("inputs", format!("{}{all}", texts.join(", ")));
            }
        }
        for service in services {
            self.service("", service);
        }
        self.steps("", steps);
    }

    fn steps(&mut self, prefix: &str, steps: &'a [Step]) {
        for (at, step) in steps.iter().enumerate() {
            let Step {
                span: _,
                origin: _,
                kind,
            } = step;
            let number = format!("{prefix}{}", at + 1);
            let name = format!("step {number}");
            match kind {
                StepKind::Command(command) => self.command(&name, command),
                StepKind::Expect(Expect { expr, command }) => {
                    let text = self.text(expr);
                    let of = command.map_or(String::new(), |id| format!("  # of command {id}"));
                    self.put(name, format!("expect {text}{of}"));
                }
                StepKind::Let {
                    slot,
                    name: called,
                    value,
                } => {
                    let text = self.text(value);
                    let slot = self.writer.slot(*slot);
                    self.put(name, format!("let {}#{slot} = {text}", called.value));
                }
                StepKind::Check(check) => self.check(&number, check),
                StepKind::Rhai(rhai) => self.rhai(&name, rhai),
                StepKind::Library { name: called, args } => {
                    self.put(name.as_str(), format!("check {called}"));
                    for (parameter, value) in args {
                        self.value(&format!("{name} {parameter}"), value);
                        self.asks_if_glob(value);
                    }
                    // These judge the change or the history, whatever the inputs are.
                    if called.starts_with("audit.") || called.starts_with("git.") {
                        let reads = &mut self.definition.reads;
                        (reads.change, reads.head, reads.all_files) = (true, true, true);
                    }
                }
                StepKind::Ratchet { .. } => {
                    let reads = &mut self.definition.reads;
                    reads.never = Some("its `ratchet` compares with the last seal");
                }
            }
        }
    }

    fn check(&mut self, number: &str, check: &'a CheckStep) {
        let CheckStep {
            name,
            declared: _,
            dir,
            env,
            timeout,
            locks: _,
            when,
            retry,
            services,
            globs,
            params,
            steps,
        } = check;
        let at = format!("step {number}");
        self.put(at.as_str(), format!("check {name}"));
        if let Some(dir) = dir {
            self.value(&format!("{at} in"), dir);
        }
        self.env(&format!("{at} "), env);
        if let Some(timeout) = timeout {
            let timeout = Value::Duration(*timeout).to_string();
            self.put(format!("{at} timeout"), timeout);
        }
        if let Some(when) = when {
            self.value(&format!("{at} when"), when);
        }
        if let Some(retry) = retry {
            self.retry(&format!("{at} retry"), retry);
        }
        for service in services {
            self.service(&format!("{at} "), service);
        }
        for (index, glob) in globs.iter().enumerate() {
            self.value(&format!("{at} glob {}", index + 1), glob);
            self.definition.reads.globs.push(glob);
        }
        self.steps(&format!("{number} given "), params);
        self.steps(&format!("{number}."), steps);
    }

    fn command(&mut self, name: &str, command: &'a Command) {
        let Command {
            // Counted as the steps are.
            id: _,
            form,
            exit_expected,
            // Whether the output is kept whole follows from what is expected of it.
            output_read: _,
        } = command;
        let end = if *exit_expected { "  # any exit" } else { "" };
        match form {
            CommandForm::Shell { parts, span: _ } => {
                self.put("shell", self.plan.settings.shell.join(" "));
                let text = self.line(parts);
                self.put(name, format!("$ {text}{end}"));
            }
            CommandForm::Script { program, source } => {
                let program = self.text(program);
                let source = self.text(source);
                self.words(&source);
                self.put(name, format!("script {program} {source}{end}"));
            }
        }
    }

    fn rhai(&mut self, name: &str, rhai: &'a Rhai) {
        let Rhai {
            script,
            span: _,
            values,
        } = rhai;
        self.put(name, format!("rhai {script}"));
        for (value, expr) in values {
            self.value(&format!("{name} {value}"), expr);
        }
        let words = self.words(script);
        let has = |wanted: &[&str]| wanted.iter().any(|word| words.contains(word));
        let reads = &mut self.definition.reads;
        reads.change |= has(&["changed", "before", "added", "removed"]);
        // A script of the repository that it takes in is an input like any file.
        reads.all_files |= has(&["import"]);
        reads.phase |= has(&["phase"]);
    }

    fn service(&mut self, whose: &str, service: &'a Service) {
        let Service {
            name,
            span: _,
            command,
            ready,
            signal,
            stop_within,
            dir,
            env,
            needs,
        } = service;
        let at = format!("{whose}service {}", name.value);
        let text = self.line(command);
        self.put(at.as_str(), format!("$ {text}"));
        self.put("shell", self.plan.settings.shell.join(" "));
        if let Some(Ready {
            probe,
            within,
            span: _,
        }) = ready
        {
            let probe = match probe {
                Probe::Http(url) => format!("http {}", self.text(url)),
                Probe::Port(port) => format!("port {}", self.text(port)),
                Probe::Output(regex) => format!("output {}", self.text(regex)),
                Probe::Command(parts) => format!("$ {}", self.line(parts)),
            };
            let within = Value::Duration(*within);
            self.put(format!("{at} ready"), format!("within {within} {probe}"));
        }
        let within = Value::Duration(*stop_within);
        self.put(format!("{at} stop"), format!("{signal} within {within}"));
        if let Some(dir) = dir {
            self.value(&format!("{at} in"), dir);
        }
        self.env(&format!("{at} "), env);
        if !needs.is_empty() {
            let names: Vec<&str> = needs.iter().map(|need| need.value.as_str()).collect();
            self.put(format!("{at} needs"), names.join(", "));
        }
    }

    fn retry(&mut self, name: &str, retry: &Retry) {
        let Retry {
            count,
            every,
            span: _,
        } = retry;
        self.put(name, format!("{count} every {}", Value::Duration(*every)));
    }

    fn env(&mut self, prefix: &str, vars: &'a [EnvVar]) {
        for EnvVar { name, value } in vars {
            self.value(&format!("{prefix}env {}", name.value), value);
        }
    }

    fn line(&mut self, parts: &'a [CommandPart]) -> String {
        for part in parts {
            if let CommandPart::Value { expr, .. } = part {
                self.look(expr);
            }
        }
        let text = self.writer.command(parts);
        self.words(&text);
        text
    }

    fn value(&mut self, name: &str, expr: &'a Expr) {
        let text = self.text(expr);
        self.put(name, text);
    }

    fn text(&mut self, expr: &'a Expr) -> String {
        self.look(expr);
        self.writer.expr(expr)
    }

    /// Takes in what a text of a command or script may look at.
    fn words(&mut self, text: &str) -> Words {
        let words = Words::of(text);
        let reads = &mut self.definition.reads;
        reads.head |= words.contains("git");
        reads.words.extend(words.variables().map(str::to_owned));
        words
    }

    /// Takes in what an expression asks of the run.
    fn look(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Builtin(builtin) => match builtin {
                Builtin::GitBranch => self.definition.reads.branch = true,
                Builtin::GitHead => self.definition.reads.head = true,
                Builtin::GitTree => self.definition.reads.tree = true,
                Builtin::Ci => self.definition.reads.ci = true,
                Builtin::Global(key) => self.global(key),
                Builtin::Output { .. } | Builtin::Local { .. } => {}
            },
            ExprKind::Call { function, args, .. } => {
                let reads = &mut self.definition.reads;
                match function {
                    Function::Env => reads.variables.extend(args.first()),
                    Function::Changed => {
                        reads.change = true;
                        reads.globs.extend(args);
                    }
                    Function::Files | Function::File => reads.globs.extend(args),
                    // Another port does not make another verdict.
                    Function::FreePort => {}
                }
            }
            _ => {}
        }
        for child in expr.children() {
            self.look(child);
        }
    }

    fn global(&mut self, key: &'a str) {
        if let Some(global) = self.plan.globals.get(key)
            && self.globals.insert(key)
        {
            self.value(&format!("let {key}"), &global.value);
        }
    }

    fn asks_if_glob(&mut self, expr: &'a Expr) {
        let glob = |ty: &Type| matches!(ty, Type::Glob | Type::Path);
        let is = match &expr.ty {
            Type::List(item) => glob(item),
            ty => glob(ty),
        };
        if is {
            self.definition.reads.globs.push(expr);
        }
    }
}
