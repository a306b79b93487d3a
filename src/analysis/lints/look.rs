//! What a lint looks at.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Edit;
use crate::plan::{Plan, Step, StepKind};
use crate::source::{Loader, Sources, Span};
use crate::syntax::ast::{Stmt, StmtKind};

use super::command::CommandLine;
use super::walk::inner;
use crate::analysis::Analyzer;
use crate::analysis::files::Files;
use crate::analysis::names::Names;
use crate::analysis::paths::{Target, resolve};

/// A plan without mistakes, as it is written and as it is understood.
pub(super) struct Look<'a> {
    pub files: &'a Files,
    pub sources: &'a Sources,
    pub names: &'a [Names<'a>],
    pub plan: &'a Plan,
    pub loader: &'a dyn Loader,
    /// The lists of `for`s that came out empty.
    pub empty: &'a HashSet<Span>,
    /// Scripts in files of their own, by path.
    pub scripts: &'a HashMap<String, Option<Span>>,
    /// Every statement of every file, outer before inner.
    pub nodes: Vec<Node<'a>>,
    /// The commands among them that are written out, by index.
    pub commands: Vec<(usize, CommandLine<'a>)>,
    /// The modules that each file's statements belong to.
    pub modules: Vec<Vec<usize>>,
}

/// A statement and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub stmt: &'a Stmt,
    /// The one it stands in, among [`Look::nodes`].
    pub parent: Option<usize>,
    /// The file's index.
    pub file: usize,
}

impl<'a> Look<'a> {
    pub fn new(analyzer: &'a Analyzer<'_>, plan: &'a Plan) -> Self {
        let files = analyzer.files;
        let nodes = flatten(files);
        let command = |(at, node): (usize, &Node<'a>)| {
            Some((at, CommandLine::of(node.stmt, &analyzer.sources)?))
        };
        let commands = nodes.iter().enumerate().filter_map(command).collect();
        let mut modules = vec![Vec::new(); files.files.len()];
        for (index, module) in files.modules.iter().enumerate() {
            for (file, _) in &module.items {
                if let Some(of) = modules.get_mut(*file)
                    && of.last() != Some(&index)
                {
                    of.push(index);
                }
            }
        }
        Self {
            files,
            sources: &analyzer.sources,
            names: &analyzer.names,
            plan,
            loader: analyzer.loader,
            empty: &analyzer.empty_loops,
            scripts: &analyzer.scripts,
            nodes,
            commands,
            modules,
        }
    }

    /// Every command that is written out, with its statement.
    pub fn commands(&self) -> impl Iterator<Item = (&Node<'a>, &CommandLine<'a>)> {
        let commands = self.commands.iter();
        commands.filter_map(|(at, line)| Some((self.nodes.get(*at)?, line)))
    }

    /// The statements around a node, innermost first.
    pub fn around(&self, node: &Node<'a>) -> impl Iterator<Item = &Node<'a>> {
        let first = node.parent.and_then(|at| self.nodes.get(at));
        std::iter::successors(first, |node| node.parent.and_then(|at| self.nodes.get(at)))
    }

    /// The text of the script that a statement is.
    pub fn script(&self, stmt: &'a Stmt) -> Option<&'a str> {
        match &stmt.kind {
            StmtKind::Rhai(script) => Some(&script.value),
            StmtKind::RhaiFile(path) => {
                let from = self.sources.get(stmt.span.source)?.path();
                let written = path.plain()?;
                let target = match resolve(from, &written) {
                    Target::NotRelative => resolve(from, &format!("./{written}")),
                    target => target,
                };
                let Target::Inside(path) = target else {
                    return None;
                };
                let span = (*self.scripts.get(&path)?)?;
                Some(self.sources.slice(span))
            }
            _ => None,
        }
    }

    /// Every step of the plan, those of called checks after their call.
    pub fn steps(&self) -> Vec<&'a Step> {
        let gates = self.plan.phases.iter().flat_map(|phase| &phase.gates);
        let mut found = Vec::new();
        for gate in gates {
            steps_of(&gate.steps, &mut found);
        }
        found
    }

    /// The edit that takes a statement away with its line; none where something else
    /// stands there too.
    pub fn without(&self, span: Span) -> Option<Edit> {
        let source = self.sources.get(span.source)?;
        let text = source.text();
        let (start, end) = (span.start as usize, span.end as usize);
        let before = text.get(..start)?;
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let after = text.get(end..)?;
        let rest = after.find('\n').map_or(after.len(), |at| at + 1);
        let alone = before.get(line..)?.trim().is_empty() && after.get(..rest)?.trim().is_empty();
        alone.then(|| Edit {
            span: Span::new(span.source, line, end + rest),
            replacement: String::new(),
        })
    }
}

/// Steps, and those inside them.
pub(super) fn steps_of<'a>(steps: &'a [Step], found: &mut Vec<&'a Step>) {
    for step in steps {
        found.push(step);
        if let StepKind::Check(check) = &step.kind {
            steps_of(&check.steps, found);
        }
    }
}

fn flatten(files: &Files) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    for (file, read) in files.files.iter().enumerate() {
        let items = read.ast.items.iter().rev();
        let mut open: Vec<(&Stmt, Option<usize>)> = items.map(|stmt| (stmt, None)).collect();
        while let Some((stmt, parent)) = open.pop() {
            let at = nodes.len();
            nodes.push(Node { stmt, parent, file });
            open.extend(inner(stmt).iter().rev().map(|stmt| (stmt, Some(at))));
        }
    }
    nodes
}
