//! What a person is shown of a manual check, and what of the tree it is about.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::digest::hex;
use crate::eval::{ConstantFacts, Fault, FaultKind, evaluate, text_of};
use crate::plan::{
    Builtin, CommandPart, Expr, ExprKind, Function, Inputs, Manual, ManualItem, Plan,
};
use crate::repo::{Oid, RepoError, Repository, TreeEntry};
use crate::run::command::{self, Line};
use crate::run::judging::{GateFacts, Judging, texts};
use crate::run::reuse::matching;
use crate::source::Span;

/// A line of a manual check, its values in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownItem {
    /// `step`.
    Step(String),
    /// `$ …`.
    Command(String),
    /// `expected`.
    Expected(String),
}

/// A manual check as a person sees it. Secrets are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::run) struct Shown {
    /// What is shown, in order.
    pub items: Vec<ShownItem>,
    /// The commands among it, for the shell: nothing is masked.
    pub commands: Vec<String>,
    /// What it is about.
    pub about: About,
    /// All of it as one text: what a sign-off says of what it is a sign-off.
    pub text: String,
}

/// What of a tree a manual check is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::run) struct About {
    /// Its globs; none for the whole tree.
    pub globs: Option<Vec<String>>,
    /// `tree ID`, or `files SHA256` over mode, id and path of each.
    pub digest: String,
}

impl About {
    /// What these globs are of a tree.
    pub fn of_tree(
        repo: &Repository,
        tree: &Oid,
        globs: Option<Vec<String>>,
    ) -> Result<Self, RepoError> {
        let digest = match &globs {
            None => format!("tree {tree}"),
            Some(globs) => digest(&repo.files(tree)?, globs),
        };
        Ok(Self { globs, digest })
    }
}

impl Shown {
    /// The manual check of the phase of this index.
    pub fn of(judging: &Judging<'_>, phase: usize, manual: &Manual) -> Result<Self, Fault> {
        let (locals, results) = Default::default();
        let facts = GateFacts {
            judging,
            phase,
            locals: &locals,
            results: &results,
        };
        let mask = |text: &str| judging.secrets.mask(text).into_owned();
        let text = |expr: &Expr| {
            no_port(expr, judging.plan)?;
            Ok(mask(&text_of(expr, &facts)?))
        };
        let mut items = Vec::new();
        let mut commands = Vec::new();
        for item in &manual.items {
            items.push(match item {
                ManualItem::Step(expr) => ShownItem::Step(text(expr)?),
                ManualItem::Expected(expr) => ShownItem::Expected(text(expr)?),
                ManualItem::Command(parts) => {
                    for part in parts {
                        if let CommandPart::Value { expr, .. } = part {
                            no_port(expr, judging.plan)?;
                        }
                    }
                    let line = match command::line(parts, &facts, &HashMap::new())? {
                        Line::Text(line) => line,
                        Line::NothingChanged => {
                            "# nothing that it would look at was changed".to_owned()
                        }
                    };
                    let shown = mask(&line);
                    commands.push(line);
                    ShownItem::Command(shown)
                }
            });
        }
        let about = about(judging, &facts, manual)?;
        Ok(Self {
            text: whole(&mask(&manual.title), &items, &about),
            items,
            commands,
            about,
        })
    }

    /// The text, as far as it is known without a run.
    pub fn constant(manual: &Manual) -> Option<String> {
        let facts = ConstantFacts;
        let mut items = Vec::new();
        for item in &manual.items {
            items.push(match item {
                ManualItem::Step(expr) => ShownItem::Step(text_of(expr, &facts).ok()?),
                ManualItem::Expected(expr) => ShownItem::Expected(text_of(expr, &facts).ok()?),
                ManualItem::Command(parts) => {
                    let mut line = String::new();
                    for part in parts {
                        match part {
                            CommandPart::Text(text) => line.push_str(text),
                            CommandPart::Value { expr, quoting, .. } => {
                                let value = evaluate(expr, &facts).ok()?;
                                line.push_str(&quoting.quote(&value)?);
                            }
                        }
                    }
                    ShownItem::Command(line)
                }
            });
        }
        let globs = Self::constant_globs(manual)?;
        let about = About {
            globs,
            digest: String::new(),
        };
        Some(whole(&manual.title, &items, &about))
    }

    /// The globs of what it is about (none for the whole tree), as far as they are known
    /// without a run.
    pub fn constant_globs(manual: &Manual) -> Option<Option<Vec<String>>> {
        let Inputs::Globs { globs, .. } = &manual.inputs else {
            return Some(None);
        };
        let mut all = Vec::new();
        for glob in globs {
            all.extend(texts(&[evaluate(glob, &ConstantFacts).ok()?]));
        }
        Some(Some(all))
    }
}

/// `files SHA256`: over mode, id and path of each file that any of the globs matches. It is on
/// record, so how it is made is not to be changed.
fn digest(entries: &[TreeEntry], globs: &[String]) -> String {
    let mut sha = Sha256::new();
    for entry in matching(entries, globs) {
        sha.update(format!("{:o} {}\t", entry.mode, entry.oid));
        sha.update(entry.path.as_bytes());
        sha.update([0]);
    }
    format!("files {}", hex(&sha.finalize()))
}

fn about(judging: &Judging<'_>, facts: &GateFacts<'_>, manual: &Manual) -> Result<About, Fault> {
    let git = |error: RepoError| Fault::new(FaultKind::Git, error.to_string(), manual.name.span);
    // Of nothing there is no sign-off; loading sees to that.
    let Inputs::Globs { globs, allow_empty } = &manual.inputs else {
        return About::of_tree(judging.repo, &judging.tree, None).map_err(git);
    };
    let mut all = Vec::new();
    for glob in globs {
        let these = texts(&[evaluate(glob, facts)?]);
        // What is about nothing says nothing.
        judging.files(&these, *allow_empty, glob.span)?;
        all.extend(these);
    }
    let entries = judging.entries().map_err(git)?;
    Ok(About {
        digest: digest(entries, &all),
        globs: Some(all),
    })
}

/// How wide the word before a text is.
const WORD: usize = 10;

/// All that is shown, as one text. Sign-offs on record are compared with it, so its form is
/// not to be changed.
fn whole(title: &str, items: &[ShownItem], about: &About) -> String {
    let mut text = format!("{title}\n\n");
    let mut put = |word: &str, width: usize, words: &str| {
        let gap = format!("\n{}", " ".repeat(width));
        text.push_str(&format!("{word:<width$}{}\n", words.replace('\n', &gap)));
    };
    for item in items {
        match item {
            ShownItem::Step(words) => put("step", WORD, words),
            ShownItem::Command(line) => put("$", 2, line),
            ShownItem::Expected(words) => put("expected", WORD, words),
        }
    }
    let about = match &about.globs {
        None => "the whole tree".to_owned(),
        Some(globs) => globs.join(", "),
    };
    text.push_str(&format!("\n{:<WORD$}{about}\n", "about"));
    text
}

/// A free port is another in every run, and nobody listens on it when that has ended.
fn no_port(expr: &Expr, plan: &Plan) -> Result<(), Fault> {
    let mut open = vec![expr];
    let mut seen = HashSet::new();
    while let Some(expr) = open.pop() {
        let mut port: Option<Span> = None;
        expr.any(&mut |part| {
            match &part.kind {
                ExprKind::Call {
                    function: Function::FreePort,
                    ..
                } => port = Some(part.span),
                ExprKind::Builtin(Builtin::Global(key)) if seen.insert(key.clone()) => {
                    let global = plan.globals.get(key);
                    open.extend(global.map(|global| &global.value));
                }
                _ => {}
            }
            port.is_some()
        });
        if let Some(span) = port {
            let message = "a free port is another in every run: nobody can be sent there";
            let fault = Fault::new(FaultKind::NoValue, message, span);
            return Err(fault.note("give it a number, such as `param port: int = 8080`"));
        }
    }
    Ok(())
}
