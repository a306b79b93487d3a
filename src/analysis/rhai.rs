//! Scripts of the user's: which file, and the values they see. They are not compiled here.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::digest::sha256;
use crate::plan::{Expr, ExprKind, Feature, PlanFile, Rhai, StepKind};
use crate::source::Span;
use crate::syntax::ast::{self, Ident, Stmt, Text};
use crate::value::Type;

use super::Analyzer;
use super::paths::{Target, resolve, written_out};
use super::place::Place;

impl Analyzer<'_> {
    /// `rhai { … }`.
    pub(super) fn rhai(
        &mut self,
        stmt: &Stmt,
        script: &str,
        span: Span,
        place: &Place,
    ) -> StepKind {
        self.unbuilt(Feature::Rhai, "", stmt.keyword);
        let values = self.script_values(script, stmt.keyword, place);
        StepKind::Rhai(Rhai {
            script: script.to_owned(),
            span,
            values,
        })
    }

    /// `rhai "file"`; none where the file cannot be read.
    pub(super) fn rhai_file(
        &mut self,
        stmt: &Stmt,
        path: &Text,
        place: &Place,
    ) -> Option<StepKind> {
        let span = self.script_file(path)?;
        let script = self.sources.slice(span).to_owned();
        self.unbuilt(Feature::Rhai, path.plain().unwrap_or_default(), path.span);
        let values = self.script_values(&script, stmt.keyword, place);
        Some(StepKind::Rhai(Rhai {
            script,
            span,
            values,
        }))
    }

    fn script_file(&mut self, text: &Text) -> Option<Span> {
        let written = match written_out(text, "the path of a script") {
            Ok(written) => written,
            Err(diagnostic) => {
                self.report(diagnostic);
                return None;
            }
        };
        let from = self
            .sources
            .get(text.span.source)
            .map(|source| source.path().to_owned())
            .unwrap_or_default();
        // `f.rhai` and `./f.rhai` are the same file.
        let dotted = match resolve(&from, &written) {
            Target::NotRelative => resolve(&from, &format!("./{written}")),
            target => target,
        };
        let Target::Inside(path) = dotted else {
            self.report(
                Diagnostic::new(
                    Code::FILE_OUTSIDE,
                    format!("`{written}` leads out of the repository"),
                    text.span,
                )
                .help("name a file inside the repository, relative to this one"),
            );
            return None;
        };
        if let Some(known) = self.scripts.get(&path) {
            return *known;
        }
        let span = match self.loader.load(&path) {
            Ok(bytes) => {
                let (source, diagnostic) = crate::syntax::read(&path, &bytes, &mut self.sources);
                self.diagnostics.extend(diagnostic);
                self.script_files.push(PlanFile {
                    path: path.clone(),
                    sha256: sha256(&bytes),
                    content: bytes.into(),
                });
                Some(source.span())
            }
            Err(error) => {
                let mut diagnostic = Diagnostic::new(
                    Code::FILE_NOT_FOUND,
                    format!("`{path}` cannot be read: {error}"),
                    text.span,
                );
                let neighbours = self.loader.neighbours(&path);
                diagnostic = match nearest(&path, neighbours.iter().map(String::as_str)) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("the path is relative to the file it stands in"),
                };
                self.report(diagnostic);
                None
            }
        };
        self.scripts.insert(path, span);
        span
    }

    /// The values in scope that a script mentions; all of them where it asks for `args`.
    fn script_values(
        &mut self,
        script: &str,
        keyword: Span,
        place: &Place,
    ) -> IndexMap<String, Expr> {
        let plain = self.plain_names(place.module);
        let mut locals: HashMap<String, Ident> = HashMap::new();
        for local in &place.locals {
            let name = Ident::new(local.name.clone(), local.binding.span);
            let as_written = name.value.replace('-', "_");
            let taken = locals.get(&as_written).or_else(|| plain.get(&as_written));
            if let Some(first) = taken.cloned() {
                self.same_in_script(&name, &first, keyword);
            } else {
                locals.insert(as_written, name);
            }
        }
        let words: HashSet<&str> = script
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let mut wanted: Vec<&Ident> = if words.contains("args") {
            plain.values().chain(locals.values()).collect()
        } else {
            words
                .iter()
                .filter_map(|word| locals.get(*word).or_else(|| plain.get(*word)))
                .collect()
        };
        wanted.sort_by_key(|name| name.span);
        let wanted: Vec<String> = wanted.into_iter().map(|name| name.value.clone()).collect();
        let mut values = IndexMap::new();
        for name in wanted {
            let expr = ast::Expr {
                span: keyword,
                kind: ast::ExprKind::Name(name.clone()),
            };
            let value = self.lower(&expr, place);
            values.insert(name, value);
        }
        for builtin in ["os", "arch", "ci"] {
            if words.contains(builtin) {
                let expr = ast::Expr {
                    span: keyword,
                    kind: ast::ExprKind::Name(builtin.to_owned()),
                };
                let value = self.lower(&expr, place);
                values.insert(builtin.to_owned(), value);
            }
        }
        if words.contains("git") {
            let fields = self.fields("git", &["branch", "head", "tree"], keyword, place);
            values.insert("git".to_owned(), fields);
        }
        if matches!(place.phase, super::place::PhaseHere::Known { .. }) {
            let fields = self.fields("phase", &["name", "number", "title"], keyword, place);
            values.insert("phase".to_owned(), fields);
        }
        values
    }

    /// The values of a module by the names a script knows them by; two that are the same
    /// there are reported.
    fn plain_names(&mut self, module: usize) -> Rc<HashMap<String, Ident>> {
        if let Some(known) = self.plain_names.get(&module) {
            return Rc::clone(known);
        }
        let mut plain: HashMap<String, Ident> = HashMap::new();
        let mut clashes = Vec::new();
        for decl in self
            .names
            .get(module)
            .iter()
            .flat_map(|n| n.values.values())
        {
            let name = decl.name();
            let as_written = name.value.replace('-', "_");
            match plain.get(&as_written) {
                Some(first) => clashes.push((name.clone(), first.clone())),
                None => {
                    plain.insert(as_written, name.clone());
                }
            }
        }
        let plain = Rc::new(plain);
        self.plain_names.insert(module, Rc::clone(&plain));
        for (name, first) in clashes {
            self.same_in_script(&name, &first, name.span);
        }
        plain
    }

    fn same_in_script(&mut self, name: &Ident, first: &Ident, keyword: Span) {
        let mut diagnostic = Diagnostic::new(
            Code::DUPLICATE_NAME,
            format!(
                "in a script both `{}` and `{}` are `{}`",
                first.value,
                name.value,
                name.value.replace('-', "_")
            ),
            name.span,
        )
        .also(first.span, "the other one is declared here");
        if keyword == name.span {
            diagnostic = diagnostic.note("a script of this file knows both");
        } else {
            diagnostic = diagnostic.also(keyword, "the script stands here");
        }
        self.report(diagnostic.help("give one of them another name"));
    }

    /// A value of the language that has fields, as a map.
    fn fields(&mut self, object: &str, names: &[&str], span: Span, place: &Place) -> Expr {
        let mut entries = IndexMap::new();
        for name in names {
            let name = Ident::new((*name).to_owned(), span);
            if let Some(value) = self.builtin_field(object, &name, span, place) {
                entries.insert(name.value, value);
            }
        }
        Expr {
            span,
            ty: Type::Map,
            kind: ExprKind::Map(entries),
        }
    }
}
