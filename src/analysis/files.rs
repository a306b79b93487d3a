//! The files of a plan: what is used becomes a module of its own, what is included is
//! spliced into the module that includes it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::digest::sha256;
use crate::plan::PlanFile;
use crate::source::{LoadError, Loader, Source, Sources, Span};
use crate::syntax::Parsed;
use crate::syntax::ast::{self, Ident, Stmt, StmtKind, Text};
use crate::value::is_identifier;

use super::MAX_CALLS;
use super::library;
use super::paths::{Target, relative, resolve, written_out};

/// A file that was read as a plan.
#[derive(Debug)]
pub struct AnalysedFile {
    /// From the repository's root.
    pub path: String,
    /// Its text.
    pub source: Arc<Source>,
    /// Its tree.
    pub ast: ast::File,
    /// The sha256 of its bytes as loaded, in hex.
    pub sha256: String,
    /// These bytes.
    pub content: Arc<[u8]>,
}

impl AnalysedFile {
    pub(super) fn listed(&self) -> PlanFile {
        PlanFile {
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            content: Arc::clone(&self.content),
        }
    }
}

/// A file with what it includes: one space of names.
pub(super) struct Module {
    /// The aliases that lead to it from the plan, joined by `.`; empty for the plan itself.
    pub key: String,
    /// The file that was asked for or used.
    pub file: usize,
    /// File and item of each statement, in order.
    pub items: Vec<(usize, usize)>,
    pub uses: Vec<Use>,
}

/// A `use`.
pub(super) struct Use {
    pub alias: Ident,
    /// Whether `as` gave the alias.
    pub explicit: bool,
    /// None where the file could not be used.
    pub module: Option<usize>,
}

/// Everything read.
#[derive(Default)]
pub(super) struct Files {
    pub files: Vec<AnalysedFile>,
    pub modules: Vec<Module>,
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
    /// The places that could not be read.
    pub broken: Vec<Span>,
}

impl Files {
    /// The statements of a module, in order.
    pub fn items<'a>(&'a self, module: &'a Module) -> impl Iterator<Item = &'a Stmt> + 'a {
        module
            .items
            .iter()
            .filter_map(|(file, item)| self.files.get(*file)?.ast.items.get(*item))
    }

    pub fn has_phase(&self, module: &Module) -> bool {
        self.items(module)
            .any(|stmt| matches!(stmt.kind, StmtKind::Phase { .. }))
    }

    /// Where a module's text begins.
    pub fn start(&self, module: &Module) -> Option<Span> {
        let file = self.files.get(module.file)?;
        Some(file.source.span().at_start())
    }
}

/// Reads the plan at `path` and all it uses and includes.
pub(super) fn load(path: &str, loader: &dyn Loader) -> Files {
    let mut reader = Reader {
        loader,
        files: Files::default(),
        by_path: HashMap::new(),
        modules: HashMap::new(),
        open: Vec::new(),
    };
    match reader.read(path) {
        Ok(file) => {
            reader.module(path, file, String::new());
        }
        Err(error) => {
            let mut diagnostic = Diagnostic::unplaced(
                Code::FILE_NOT_FOUND,
                format!("`{path}` cannot be read: {error}"),
            );
            let neighbours = loader.neighbours(path);
            diagnostic = match nearest(path, neighbours.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("name a plan that is there"),
            };
            reader.files.diagnostics.push(diagnostic);
        }
    }
    reader.files
}

struct Reader<'l> {
    loader: &'l dyn Loader,
    files: Files,
    by_path: HashMap<String, Result<usize, LoadError>>,
    modules: HashMap<String, usize>,
    /// The modules being read, outermost first.
    open: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, path: &str) -> Result<usize, LoadError> {
        if let Some(known) = self.by_path.get(path) {
            return known.clone();
        }
        let result = self.loader.load(path).map(|bytes| {
            let (source, diagnostic) = crate::syntax::read(path, &bytes, &mut self.files.sources);
            // What holds NULs beside bytes that are no text is no plan at all.
            let binary = diagnostic.is_some() && source.text().contains('\0');
            let parsed = if binary {
                Parsed::nothing(&source)
            } else {
                crate::syntax::parse(&source)
            };
            for diagnostic in diagnostic.into_iter().chain(parsed.diagnostics) {
                if diagnostic.is_error() && loses(diagnostic.code) {
                    self.files.broken.extend(diagnostic.primary());
                }
                self.files.diagnostics.push(diagnostic);
            }
            self.files.files.push(AnalysedFile {
                path: path.to_owned(),
                source,
                ast: parsed.file,
                sha256: sha256(&bytes),
                content: bytes.into(),
            });
            self.files.files.len() - 1
        });
        self.by_path.insert(path.to_owned(), result.clone());
        result
    }

    fn module(&mut self, path: &str, file: usize, key: String) -> usize {
        let index = self.files.modules.len();
        self.files.modules.push(Module {
            key,
            file,
            items: Vec::new(),
            uses: Vec::new(),
        });
        self.modules.insert(path.to_owned(), index);
        self.open.push(path.to_owned());
        let mut splice = Splice {
            module: index,
            open: vec![path.to_owned()],
            included: HashSet::new(),
        };
        self.splice(file, &mut splice);
        self.open.pop();
        index
    }

    /// Takes a file's statements into a module.
    fn splice(&mut self, file: usize, splice: &mut Splice) {
        let Some(here) = self.files.files.get(file) else {
            return;
        };
        let path = here.path.clone();
        // Cloned so that reading further files may borrow; only paths and aliases are kept.
        let heads: Vec<Head> = here
            .ast
            .items
            .iter()
            .map(|stmt| match &stmt.kind {
                StmtKind::Use { path, alias } => Head::Use(path.clone(), alias.clone()),
                StmtKind::Include(path) => Head::Include(path.clone()),
                StmtKind::Plan { .. } if splice.open.len() > 1 => Head::Plan(stmt.keyword),
                _ => Head::Other,
            })
            .collect();
        for (item, head) in heads.into_iter().enumerate() {
            match head {
                Head::Other => {
                    if let Some(module) = self.files.modules.get_mut(splice.module) {
                        module.items.push((file, item));
                    }
                }
                Head::Plan(span) => self.files.diagnostics.push(
                    Diagnostic::new(
                        Code::MISPLACED_STATEMENT,
                        "an included file holds no `plan`",
                        span,
                    )
                    .help("move the settings into the `plan` of the file that includes this one"),
                ),
                Head::Use(text, alias) => self.use_file(&path, &text, alias, splice.module),
                Head::Include(text) => self.include(&path, &text, splice),
            }
        }
    }

    fn include(&mut self, from: &str, text: &Text, splice: &mut Splice) {
        let Some(target) = self.target(from, text, "`include`") else {
            return;
        };
        if splice.open.contains(&target) {
            self.files.diagnostics.push(
                Diagnostic::new(
                    Code::CYCLE,
                    format!("`{target}` includes itself"),
                    text.span,
                )
                .help("remove one of the `include`s in the circle"),
            );
            return;
        }
        if !splice.included.insert(target.clone()) {
            self.files.diagnostics.push(
                Diagnostic::new(
                    Code::INCLUDED_TWICE,
                    format!("`{target}` is included twice"),
                    text.span,
                )
                .help("remove this `include`"),
            );
            return;
        }
        if self.too_deep(splice.open.len(), text.span) {
            return;
        }
        match self.read(&target) {
            Ok(file) => {
                splice.open.push(target);
                self.splice(file, splice);
                splice.open.pop();
            }
            Err(error) => self.not_found(from, text, &target, &error),
        }
    }

    fn use_file(&mut self, from: &str, text: &Text, alias: Option<Ident>, module: usize) {
        let Some(target) = self.target(from, text, "`use`") else {
            // What its checks are is not known; that there is such a module, is.
            let alias = alias.or_else(|| {
                let name = text.plain()?;
                let name = stem(&name);
                is_identifier(name).then(|| Ident::new(name.to_owned(), text.span))
            });
            if let Some(alias) = alias {
                self.add_use(module, alias, true, None);
            }
            return;
        };
        let explicit = alias.is_some();
        let name = alias.or_else(|| self.alias_of(&target, text, module));
        let Some(name) = name else { return };
        let used = self.used_module(from, text, &target, &name, module);
        self.add_use(module, name, explicit, used);
    }

    fn add_use(&mut self, module: usize, alias: Ident, explicit: bool, used: Option<usize>) {
        if let Some(module) = self.files.modules.get_mut(module) {
            module.uses.push(Use {
                alias,
                explicit,
                module: used,
            });
        }
    }

    fn used_module(
        &mut self,
        from: &str,
        text: &Text,
        target: &str,
        name: &Ident,
        module: usize,
    ) -> Option<usize> {
        if self.open.iter().any(|open| open == target) {
            self.files.diagnostics.push(
                Diagnostic::new(Code::CYCLE, format!("`{target}` uses itself"), text.span)
                    .help("move what both files need into a third one, and let both use that"),
            );
            return None;
        }
        if let Some(index) = self.modules.get(target) {
            let index = *index;
            self.must_be_library(index, text);
            return Some(index);
        }
        if self.too_deep(self.open.len(), text.span) {
            return None;
        }
        match self.read(target) {
            Ok(file) => {
                let outer = self.files.modules.get(module).map(|outer| &outer.key);
                let key = match outer {
                    Some(outer) if !outer.is_empty() => format!("{outer}.{}", name.value),
                    _ => name.value.clone(),
                };
                let index = self.module(target, file, key);
                self.must_be_library(index, text);
                Some(index)
            }
            Err(error) => {
                self.not_found(from, text, target, &error);
                None
            }
        }
    }

    fn must_be_library(&mut self, index: usize, text: &Text) {
        let Some(module) = self.files.modules.get(index) else {
            return;
        };
        let phase = self
            .files
            .items(module)
            .find(|stmt| matches!(stmt.kind, StmtKind::Phase { .. } | StmtKind::Every(_)));
        if let Some(phase) = phase {
            let diagnostic = Diagnostic::new(
                Code::NOT_A_LIBRARY,
                "a used file must not hold phases",
                text.span,
            )
            .also(phase.keyword, "there is one here")
            .help("use `include` to splice its phases in, or move its checks into a file of their own");
            self.files.diagnostics.push(diagnostic);
        }
    }

    fn alias_of(&mut self, target: &str, text: &Text, module: usize) -> Option<Ident> {
        let name = stem(target);
        let why = if !is_identifier(name) {
            format!("`{name}` cannot be an alias: it is not an identifier")
        } else if library::modules().any(|module| module == name) {
            format!("`{name}` cannot be an alias: it is a module of the standard library")
        } else if self
            .files
            .modules
            .get(module)
            .is_some_and(|module| module.uses.iter().any(|used| used.alias.value == name))
        {
            format!("the alias `{name}` is taken by another `use`")
        } else {
            return Some(Ident::new(name.to_owned(), text.span));
        };
        self.files
            .diagnostics
            .push(Diagnostic::new(Code::ALIAS_NEEDED, why, text.span).fix(
                "give it an alias with `as`",
                Applicability::Unsafe,
                text.span.at_end(),
                " as other",
            ));
        None
    }

    /// The path a `use` or `include` leads to, from the root.
    fn target(&mut self, from: &str, text: &Text, what: &str) -> Option<String> {
        let written = match written_out(text, what) {
            Ok(written) => written,
            Err(diagnostic) => {
                self.files.diagnostics.push(diagnostic);
                return None;
            }
        };
        let diagnostic = match resolve(from, &written) {
            Target::Inside(path) => return Some(path),
            Target::Outside => Diagnostic::new(
                Code::FILE_OUTSIDE,
                format!("`{written}` leads out of the repository"),
                text.span,
            )
            .help("name a file inside the repository, relative to this one"),
            Target::NotRelative => Diagnostic::new(
                Code::FILE_NOT_FOUND,
                format!("the path of a {what} begins with `./` or `../`"),
                text.span,
            )
            .fix(
                "make it relative to this file",
                Applicability::Safe,
                text.span,
                format!("\"./{written}\""),
            ),
        };
        self.files.diagnostics.push(diagnostic);
        None
    }

    fn not_found(&mut self, from: &str, text: &Text, target: &str, error: &LoadError) {
        let mut diagnostic = Diagnostic::new(
            Code::FILE_NOT_FOUND,
            format!("`{target}` cannot be read: {error}"),
            text.span,
        );
        let neighbours = self.loader.neighbours(target);
        diagnostic = match nearest(target, neighbours.iter().map(String::as_str)) {
            Some(near) => diagnostic.fix(
                format!("did you mean `{}`?", relative(from, near)),
                Applicability::Unsafe,
                text.span,
                format!("\"{}\"", relative(from, near)),
            ),
            None => diagnostic.help("the path is relative to the file it stands in"),
        };
        self.files.diagnostics.push(diagnostic);
    }

    fn too_deep(&mut self, depth: usize, span: Span) -> bool {
        let deep = depth >= MAX_CALLS;
        if deep {
            self.files.diagnostics.push(
                Diagnostic::new(
                    Code::TOO_DEEP,
                    format!("files lead to files more than {MAX_CALLS} levels deep"),
                    span,
                )
                .help("use or include the file from nearer to the plan"),
            );
        }
        deep
    }
}

/// A path's last part without `.gate`: the alias of a file that is used.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".gate").unwrap_or(name)
}

/// Whether what such an error is about may be lost to the tree; the others are mended.
fn loses(code: Code) -> bool {
    !matches!(
        code,
        Code::BAD_ESCAPE
            | Code::SEMICOLON
            | Code::LOOK_ALIKE
            | Code::FOREIGN_BLANK
            | Code::MISSING_UNIT
            | Code::MULTILINE_INDENT
            | Code::MULTILINE_EDGE
            | Code::TEXT_AFTER_BLOCK
    )
}

/// What of a statement matters while files are read.
enum Head {
    Use(Text, Option<Ident>),
    Include(Text),
    Plan(Span),
    Other,
}

/// One module being put together.
struct Splice {
    module: usize,
    /// The file and those that include it, outermost first.
    open: Vec<String>,
    included: HashSet<String>,
}
