//! From trees to the plan: names resolved, types checked, checks and `for`s expanded,
//! and all that is wrong said before anything runs. Pure: files come from a [`Loader`].

#![expect(
    clippy::collapsible_match,
    reason = "asking whether a setting is the first reports it if not: no match guard should"
)]

mod arguments;
mod body;
mod callee;
mod calls;
mod changes;
mod checks;
mod commands;
mod constant;
mod expand;
mod expr;
mod fields;
mod files;
mod functions;
mod gates;
mod globs;
mod library;
mod lints;
pub mod lock;
mod manuals;
mod mentions;
mod methods;
mod names;
mod needs;
mod operators;
mod paths;
mod phase_body;
mod phases;
mod place;
mod rhai;
mod scope;
mod seal;
mod services;
mod settings;
mod slots;
mod steps;
mod tests;
mod types;
mod unread;
mod values;

pub use files::AnalysedFile;
pub use library::{LIBRARY, LibraryCheck, LibraryDefault, LibraryParam, modules};
pub use lints::{LINTS, Lint, Lints};

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, MAX_DIAGNOSTICS};
use crate::plan::{Feature, GivenParam, Global, Phase, Plan, PlanFile, SCHEMA, Unbuilt};
use crate::source::{Loader, Sources, Span, Spanned};
use crate::syntax::ast;

use files::Files;
use names::Names;
use place::Binding;
use unread::Unread;

/// How many statements a plan may have once its checks and `for`s are expanded.
pub const MAX_STATEMENTS: usize = 100_000;

/// How deep checks may call checks, and files use files.
pub const MAX_CALLS: usize = 128;

/// What the caller gives beside the files.
#[derive(Debug, Default, Clone)]
pub struct Given {
    /// `--set name=value`, in order; the last wins.
    pub sets: Vec<(String, String)>,
    /// The environment's `GATE_PARAM_*`, as found.
    pub env: Vec<(String, String)>,
    /// The value of `os`; empty = this machine's.
    pub os: String,
    /// The value of `arch`; empty = this machine's.
    pub arch: String,
    /// Whether the plan is to be run: then a phase must exist, and every `param` without
    /// a default must have a value.
    pub for_run: bool,
    /// Which lints are looked for, where the plan has no mistakes.
    pub lints: Lints,
}

/// What came of an analysis.
#[derive(Debug)]
pub struct Analysis {
    /// The plan; none where there is an error.
    pub plan: Option<Plan>,
    /// Everything there is to say, in the order of the places, with the texts.
    pub diagnostics: Diagnostics,
    /// The files that were read as plans, the one asked for first; none where that one
    /// could not be read.
    pub files: Vec<AnalysedFile>,
}

impl Analysis {
    /// The tree of the file that was asked for.
    #[must_use]
    pub fn entry(&self) -> Option<&ast::File> {
        self.files.first().map(|file| &file.ast)
    }
}

/// Reads the plan at `path` (from the repository's root) and all it uses, and says
/// everything that is wrong with it.
#[must_use]
pub fn analyse(path: &str, loader: &dyn Loader, given: &Given) -> Analysis {
    let loaded = files::load(path, loader);
    let (plan, diagnostics, sources) = if loaded.files.is_empty() {
        (None, loaded.diagnostics.clone(), loaded.sources.clone())
    } else {
        let mut analyzer = Analyzer::new(&loaded, loader, given);
        let plan = analyzer.plan(path);
        analyzer.drop_follow_ups();
        if !analyzer.diagnostics.iter().any(Diagnostic::is_error) {
            analyzer.lint_plan(&plan);
        }
        (Some(plan), analyzer.diagnostics, analyzer.sources)
    };
    let mut diagnostics = Diagnostics {
        items: diagnostics,
        sources,
    };
    diagnostics.tidy();
    let plan = plan.filter(|_| !diagnostics.has_errors()).map(|plan| Plan {
        sources: diagnostics.sources.clone(),
        ..plan
    });
    Analysis {
        plan,
        diagnostics,
        files: loaded.files,
    }
}

impl Plan {
    /// Loads the plan at `path`, from the repository's root.
    ///
    /// # Errors
    /// Everything that is wrong with it, where anything is.
    pub fn load(path: &str, loader: &dyn Loader) -> Result<Self, Diagnostics> {
        Self::load_with(path, loader, &Given::default())
    }

    /// [`Plan::load`] with values for `param`s and the rest of what a call can give.
    ///
    /// # Errors
    /// As [`Plan::load`].
    pub fn load_with(path: &str, loader: &dyn Loader, given: &Given) -> Result<Self, Diagnostics> {
        let analysis = analyse(path, loader, given);
        analysis.plan.ok_or(analysis.diagnostics)
    }
}

/// The state of one analysis.
struct Analyzer<'a> {
    files: &'a Files,
    loader: &'a dyn Loader,
    given: &'a Given,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    /// What could not be read.
    unread: Unread,
    /// What each module declares, by its index.
    names: Vec<Names<'a>>,
    /// What each module's values are, as far as they are known yet.
    values: Vec<HashMap<&'a str, Binding>>,
    /// The plan's title: outside `None` not evaluated yet, inside `None` without a value.
    title: Option<place::Title>,
    globals: IndexMap<String, Global>,
    /// What `param`s were given.
    given_params: BTreeSet<GivenParam>,
    unbuilt: Vec<Unbuilt>,
    /// The uses of unbuilt features noted so far.
    unbuilt_at: BTreeSet<(Feature, Span)>,
    /// Scripts read so far, by path from the root.
    scripts: HashMap<String, Option<Span>>,
    script_files: Vec<PlanFile>,
    /// Each module's values by the names scripts know them by.
    plain_names: HashMap<usize, Rc<HashMap<String, ast::Ident>>>,
    /// Statements expanded so far.
    expanded: usize,
    /// Whether bodies are only looked at for what is wrong: nothing is expanded.
    checking_only: bool,
    /// Which checks call which, and where: by module and name.
    calls: HashMap<CheckId<'a>, Vec<(CheckId<'a>, Span)>>,
    /// The check whose body is looked at.
    current_check: Option<CheckId<'a>>,
    /// Checks that lead back to themselves.
    circular: HashSet<CheckId<'a>>,
    /// Of the gate being built: the argument each slot of a check's parameter was given.
    given_at: HashMap<usize, Span>,
    /// Every ratchet's name, and where it is written.
    ratchets: HashMap<String, Span>,
    /// The lists of `for`s that came out empty.
    empty_loops: HashSet<Span>,
}

/// A check: its module and its name.
type CheckId<'a> = (usize, &'a str);

impl<'a> Analyzer<'a> {
    fn new(files: &'a Files, loader: &'a dyn Loader, given: &'a Given) -> Self {
        Self {
            files,
            loader,
            given,
            sources: files.sources.clone(),
            diagnostics: files.diagnostics.clone(),
            unread: Unread::new(&files.broken, &files.sources),
            names: Vec::new(),
            values: Vec::new(),
            title: None,
            globals: IndexMap::new(),
            given_params: BTreeSet::new(),
            unbuilt: Vec::new(),
            unbuilt_at: BTreeSet::new(),
            scripts: HashMap::new(),
            script_files: Vec::new(),
            plain_names: HashMap::new(),
            expanded: 0,
            checking_only: false,
            calls: HashMap::new(),
            current_check: None,
            circular: HashSet::new(),
            given_at: HashMap::new(),
            ratchets: HashMap::new(),
            empty_loops: HashSet::new(),
        }
    }

    /// All of it, in the order in which one part needs another.
    fn plan(&mut self, path: &str) -> Plan {
        self.collect_names();
        self.resolve_values();
        self.check_declarations();
        self.check_tests();
        let settings = self.plan_settings();
        let phases = self.phases(&settings);
        self.phases_needed(&phases);
        let doc = self
            .plan_statement()
            .and_then(|(stmt, ..)| stmt.doc.as_ref())
            .map(|doc| doc.value.clone());
        let mut files: Vec<PlanFile> = self.files.files.iter().map(AnalysedFile::listed).collect();
        files.append(&mut self.script_files);
        let title = self.title_of_plan().and_then(|text| {
            let (_, written, _) = self.plan_statement()?;
            Some(Spanned::new(text, written?.span))
        });
        Plan {
            schema: SCHEMA,
            path: path.to_owned(),
            title,
            doc,
            settings,
            globals: std::mem::take(&mut self.globals),
            phases,
            files,
            given: std::mem::take(&mut self.given_params).into_iter().collect(),
            unbuilt: std::mem::take(&mut self.unbuilt),
            sources: Sources::new(),
        }
    }

    fn phases_needed(&mut self, phases: &[Phase]) {
        if !self.given.for_run || !phases.is_empty() || !self.unread.is_empty() {
            return;
        }
        let Some(entry) = self.files.modules.first() else {
            return;
        };
        if self.files.has_phase(entry) {
            return;
        }
        let Some(start) = self.files.start(entry) else {
            return;
        };
        self.report(
            Diagnostic::new(Code::NO_PHASE, "this plan has no phase to run", start)
                .help("add a phase: `phase NAME \"Title\" { gate … }`"),
        );
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        // Follow-ups among these are dropped later.
        if self.diagnostics.len() < 4 * MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Notes the use of a part of the language that is not run yet.
    fn unbuilt(&mut self, feature: Feature, detail: impl Into<String>, span: Span) {
        if !self.checking_only && self.unbuilt_at.insert((feature, span)) {
            self.unbuilt.push(Unbuilt {
                feature,
                detail: detail.into(),
                span,
            });
        }
    }

    /// Counts an expanded statement; false once there are too many.
    fn count(&mut self, span: Span) -> bool {
        if self.expanded > MAX_STATEMENTS {
            return false;
        }
        self.expanded += 1;
        if self.expanded > MAX_STATEMENTS {
            self.report(
                Diagnostic::new(
                    Code::TOO_MANY,
                    format!("the plan has more than {MAX_STATEMENTS} statements once its checks and loops are expanded"),
                    span,
                )
                .help("loop over fewer values, or split the plan"),
            );
            return false;
        }
        true
    }

    /// Drops what is said of lines that could not be read whole: it may only follow from
    /// that, and is said again if it still holds when they can be.
    fn drop_follow_ups(&mut self) {
        if self.unread.is_empty() {
            return;
        }
        let read = |span: Span| {
            let source = self.sources.get(span.source);
            let line = source.map(|source| source.line(span.start as usize));
            line.is_none_or(|line| !self.unread.has_line(span.source, line))
        };
        let own = self.diagnostics.split_off(self.files.diagnostics.len());
        let kept = own
            .into_iter()
            .filter(|said| said.labels.iter().all(|label| read(label.span)));
        self.diagnostics.extend(kept);
    }

    /// Whether a statement beginning with one of these words could not be read, so that
    /// what it declares is not known.
    fn is_unread_statement(&self, words: &[&str]) -> bool {
        self.is_unread_line(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            words.contains(&first)
        })
    }

    /// Whether such a line could not be read.
    fn is_unread_line(&self, is: impl Fn(&str) -> bool) -> bool {
        self.unread.any_line(&self.sources, is)
    }

    /// Whether something inside `span` could not be read, so that what seems missing may
    /// only be unread.
    fn is_broken(&self, span: Span) -> bool {
        self.unread.touches(span)
    }

    /// Whether a line that could not be read has this word in it: then the name may well
    /// be declared there.
    fn is_in_broken(&self, word: &str) -> bool {
        self.unread.has_word(word)
    }

    /// Whether nothing of a module could be read, so that it may declare anything.
    fn is_unread(&self, module: usize) -> bool {
        self.files.modules.get(module).is_some_and(|module| {
            module.items.is_empty()
                && self
                    .files
                    .start(module)
                    .is_some_and(|start| self.unread.is_of(start.source))
        })
    }
}
