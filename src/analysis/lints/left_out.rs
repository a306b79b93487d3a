//! A file that a command names and the gate's `inputs` do not: when it changes, an old
//! verdict would be taken for that on the new file.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{CommandForm, Expr, ExprKind, Gate, Inputs, Step, StepKind};
use crate::source::Span;
use crate::value::{Type, Value};

use super::command::{CommandLine, Segment};
use super::look::Look;
use crate::analysis::paths::{Target, resolve};

/// Endings of files that are written by hand, not made by a build.
const SOURCES: &[&str] = &[
    "bash", "cfg", "cjs", "conf", "css", "csv", "graphql", "html", "ini", "js", "json", "json5",
    "jsonc", "jsx", "lua", "md", "mjs", "pl", "proto", "py", "rb", "rego", "sh", "sql", "toml",
    "ts", "tsx", "txt", "xml", "yaml", "yml",
];

/// Folders of what is made or fetched.
const MADE: &[&str] = &[
    "build",
    "coverage",
    "dist",
    "node_modules",
    "out",
    "target",
    "tmp",
    "vendor",
    "venv",
];

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    let commands: HashMap<Span, &CommandLine<'_>> =
        look.commands().map(|(_, line)| (line.span, line)).collect();
    for gate in look.plan.phases.iter().flat_map(|phase| &phase.gates) {
        let Some(inputs) = inputs(gate) else { continue };
        let looked = Looked {
            look,
            commands: &commands,
            inputs: &inputs,
            name: &gate.name.value,
        };
        looked.steps(&gate.steps, gate.dir.as_ref(), found);
    }
}

/// The paths a gate's verdict depends on; none where they are not known now, or all.
fn inputs(gate: &Gate) -> Option<GlobSet> {
    let Inputs::Globs { globs, .. } = &gate.inputs else {
        return None;
    };
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let text = text_of(glob)?;
        let text = if glob.ty == Type::Path {
            globset::escape(&text)
        } else {
            text
        };
        set.add(
            GlobBuilder::new(&text)
                .literal_separator(true)
                .build()
                .ok()?,
        );
    }
    set.build().ok()
}

fn text_of(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal {
            value: Value::String(text),
            ..
        } => Some(text.clone()),
        _ => None,
    }
}

struct Looked<'l, 'a> {
    look: &'l Look<'a>,
    commands: &'l HashMap<Span, &'l CommandLine<'a>>,
    inputs: &'l GlobSet,
    name: &'l str,
}

impl Looked<'_, '_> {
    fn steps(&self, steps: &[Step], dir: Option<&Expr>, found: &mut Vec<Diagnostic>) {
        for step in steps {
            match &step.kind {
                StepKind::Check(check) => {
                    self.steps(&check.steps, check.dir.as_ref().or(dir), found);
                }
                StepKind::Command(command) => {
                    if let CommandForm::Shell { span, .. } = &command.form
                        && let Some(line) = self.commands.get(span)
                    {
                        self.command(line, dir, found);
                    }
                }
                _ => {}
            }
        }
    }

    fn command(&self, line: &CommandLine<'_>, dir: Option<&Expr>, found: &mut Vec<Diagnostic>) {
        let dir = match dir.map(text_of) {
            None => String::new(),
            Some(Some(dir)) => dir,
            Some(None) => return,
        };
        // After a `cd` a path is no longer what it seems.
        let segments = line.segments();
        if segments
            .iter()
            .any(|s| s.words.first().is_some_and(|w| w == "cd" || w == "pushd"))
        {
            return;
        }
        for segment in &segments {
            for (at, path) in files(segment, &dir) {
                let left_out = !self.inputs.is_match(&path);
                if left_out && self.look.loader.load(&path).is_ok() {
                    found.push(
                        Diagnostic::new(
                            Code::LEFT_OUT,
                            format!(
                                "`{path}` is none of the inputs of `{}`, and a change of it would go unjudged",
                                self.name
                            ),
                            line.words_place(segment, at, at + 1),
                        )
                        .help(format!("add \"{path}\" to the `inputs`")),
                    );
                }
            }
        }
    }
}

/// The words of a command that name a source file, as paths from the root.
fn files(segment: &Segment, dir: &str) -> Vec<(usize, String)> {
    let quoted = |word: &String| word.contains(['"', '\'', '`', '\\', '$', '(']);
    if segment.words.iter().any(quoted) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut before = "";
    for (at, word) in segment.words.iter().enumerate() {
        let written =
            before.ends_with('>') || before.starts_with("-o") || before.starts_with("--out");
        before = word;
        if written || !is_source(word) {
            continue;
        }
        let from = if dir.is_empty() {
            String::new()
        } else {
            format!("{}/", dir.trim_end_matches('/'))
        };
        if let Target::Inside(path) = resolve(&from, &format!("./{word}")) {
            found.push((at, path));
        }
    }
    found
}

fn is_source(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let Some((stem, ending)) = word.rsplit_once('.') else {
        return false;
    };
    word.chars().all(plain)
        && !word.starts_with(['-', '/'])
        && !stem.is_empty()
        && SOURCES.contains(&ending)
        && !word.split('/').any(|folder| MADE.contains(&folder))
}
