//! What each file declares: the spaces of names, and names that two things claim.

use indexmap::IndexMap;

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::ast::{self, Block, Ident, StmtKind, Text};

use super::place::{Binding, BindingKind, Local, Place};
use super::{Analyzer, library};

/// Values of the language that nobody may redefine.
pub(super) const BUILTINS: [&str; 11] = [
    "os", "arch", "ci", "git", "phase", "plan", "exit", "stdout", "stderr", "output", "time",
];

/// What one module declares.
#[derive(Default)]
pub(super) struct Names<'a> {
    pub values: IndexMap<&'a str, ValueDecl<'a>>,
    pub checks: IndexMap<&'a str, CheckDecl<'a>>,
    pub aliases: IndexMap<&'a str, Alias>,
}

/// A `param` or `let` at the top level.
#[derive(Clone, Copy)]
pub(super) enum ValueDecl<'a> {
    Param(&'a ast::Param),
    Let(&'a Ident, &'a ast::Expr),
}

impl<'a> ValueDecl<'a> {
    pub fn name(self) -> &'a Ident {
        match self {
            Self::Param(param) => &param.name,
            Self::Let(name, _) => name,
        }
    }

    /// The expression its value hangs on.
    pub fn expr(self) -> Option<&'a ast::Expr> {
        match self {
            Self::Param(param) => param.default.as_ref(),
            Self::Let(_, value) => Some(value),
        }
    }
}

/// A `check` declaration.
#[derive(Clone, Copy)]
pub(super) struct CheckDecl<'a> {
    pub name: &'a Ident,
    pub params: &'a [ast::Param],
    pub body: &'a Block,
}

/// The alias of a `use`.
#[derive(Clone, Copy)]
pub(super) struct Alias {
    pub span: Span,
    /// Whether it was given with `as`.
    pub explicit: bool,
    /// None where the file could not be used.
    pub module: Option<usize>,
}

impl<'a> Analyzer<'a> {
    /// Reads what every module declares.
    pub fn collect_names(&mut self) {
        let files = self.files;
        for module in &files.modules {
            let mut names = Names::default();
            for used in &module.uses {
                self.declare_alias(&mut names, &used.alias, used.explicit, used.module);
            }
            let mut plan: Option<Span> = None;
            for stmt in files.items(module) {
                match &stmt.kind {
                    StmtKind::Param(param) => {
                        self.declare_value(&mut names, ValueDecl::Param(param));
                    }
                    StmtKind::Let { name, value } => {
                        self.declare_value(&mut names, ValueDecl::Let(name, value));
                    }
                    StmtKind::CheckDecl { name, params, body } => {
                        self.declare_check(&mut names, CheckDecl { name, params, body });
                    }
                    StmtKind::Plan { .. } => match plan {
                        Some(first) => self.repeated("plan", stmt.keyword, first),
                        None => plan = Some(stmt.keyword),
                    },
                    _ => {}
                }
            }
            self.names.push(names);
            self.values.push(std::collections::HashMap::new());
        }
    }

    /// The `plan` statement of the file that was asked for.
    pub fn plan_statement(&self) -> Option<(&'a ast::Stmt, Option<&'a Text>, &'a Block)> {
        let module = self.files.modules.first()?;
        self.files.items(module).find_map(|stmt| match &stmt.kind {
            StmtKind::Plan { title, body } => Some((stmt, title.as_ref(), body)),
            _ => None,
        })
    }

    fn declare_alias(
        &mut self,
        names: &mut Names<'a>,
        alias: &'a Ident,
        explicit: bool,
        module: Option<usize>,
    ) {
        let span = alias.span;
        if explicit && !self.free_of_library(alias, "an alias") {
            return;
        }
        if !self.not_builtin(alias) {
            return;
        }
        if let Some(first) = names.aliases.get(alias.value.as_str()) {
            let first = first.span;
            self.duplicate(&alias.value, "alias", span, first);
            return;
        }
        let alias_of = Alias {
            span,
            explicit,
            module,
        };
        names.aliases.insert(alias.value.as_str(), alias_of);
    }

    /// Reports a value or a check that is called as a used file is.
    fn alias_taken(&mut self, alias: Alias, what: &str, name: &Ident) {
        if alias.explicit {
            let late = alias.span.source == name.span.source && alias.span.start > name.span.start;
            if late {
                self.duplicate(&name.value, "alias", alias.span, name.span);
            } else {
                self.duplicate(&name.value, what, name.span, alias.span);
            }
            return;
        }
        self.report(
            Diagnostic::new(
                Code::ALIAS_NEEDED,
                format!(
                    "`{0}` cannot be an alias: a {what} is called `{0}`",
                    name.value
                ),
                alias.span,
            )
            .also(name.span, format!("`{}` is declared here", name.value))
            .fix(
                "give it an alias with `as`",
                Applicability::Unsafe,
                alias.span.at_end(),
                " as other",
            ),
        );
    }

    fn declare_value(&mut self, names: &mut Names<'a>, decl: ValueDecl<'a>) {
        let name = decl.name();
        if !self.not_builtin(name) {
            return;
        }
        if let Some(first) = names.values.get(name.value.as_str()) {
            self.duplicate(&name.value, "value", name.span, first.name().span);
            return;
        }
        if let Some(alias) = names.aliases.get(name.value.as_str()) {
            self.alias_taken(*alias, "value", name);
        }
        names.values.insert(name.value.as_str(), decl);
    }

    fn declare_check(&mut self, names: &mut Names<'a>, decl: CheckDecl<'a>) {
        let name = decl.name;
        if !self.free_of_library(name, "a check") {
            return;
        }
        if let Some(first) = names.checks.get(name.value.as_str()) {
            self.duplicate(&name.value, "check", name.span, first.name.span);
            return;
        }
        if let Some(alias) = names.aliases.get(name.value.as_str()) {
            self.alias_taken(*alias, "check", name);
        }
        names.checks.insert(name.value.as_str(), decl);
    }

    fn free_of_library(&mut self, name: &Ident, what: &str) -> bool {
        let taken = library::modules().any(|module| module == name.value);
        if taken {
            self.report(
                Diagnostic::new(
                    Code::BUILTIN_NAME,
                    format!(
                        "{what} cannot be called `{}`: that is a module of the standard library",
                        name.value
                    ),
                    name.span,
                )
                .help("give it another name"),
            );
        }
        !taken
    }

    /// Whether a value may have this name; says so where it may not.
    pub fn not_builtin(&mut self, name: &Ident) -> bool {
        let taken = BUILTINS.contains(&name.value.as_str());
        if taken {
            self.report(
                Diagnostic::new(
                    Code::BUILTIN_NAME,
                    format!(
                        "`{}` is a value of the language and cannot be redefined",
                        name.value
                    ),
                    name.span,
                )
                .help("give it another name"),
            );
        }
        !taken
    }

    /// Reports a second thing of one name.
    pub fn duplicate(&mut self, name: &str, what: &str, span: Span, first: Span) {
        self.report(
            Diagnostic::new(
                Code::DUPLICATE_NAME,
                format!("the {what} `{name}` has a name that is already taken"),
                span,
            )
            .here("declared again here")
            .also(first, format!("`{name}` is first declared here"))
            .help("give one of them another name"),
        );
    }

    /// Reports a setting given twice.
    pub fn repeated(&mut self, word: &str, span: Span, first: Span) {
        let mut diagnostic = Diagnostic::new(
            Code::REPEATED_SETTING,
            format!("`{word}` is given twice"),
            span,
        )
        .here("given again here");
        diagnostic = if span == first {
            diagnostic.note("it stands in a `for`, and is given once for each of its values")
        } else {
            diagnostic.also(first, "first given here")
        };
        self.report(diagnostic.help("keep one of them"));
    }

    /// Adds a name of a block, unless it may not have that name: `base` is how many
    /// locals there were when the block began.
    pub fn bind(&mut self, place: &mut Place, base: usize, name: &Ident, binding: Binding) {
        if !self.not_builtin(name) {
            return;
        }
        if let Some(at) = place.locals.iter().rposition(|l| l.name == name.value) {
            let first = place.locals.get(at).map_or(name.span, |l| l.binding.span);
            if at >= base {
                self.duplicate(&name.value, "value", name.span, first);
            } else {
                self.hidden(name, first);
            }
        } else if let Some(names) = self.names.get(place.module) {
            let outer = names
                .values
                .get(name.value.as_str())
                .map(|decl| decl.name().span)
                .or_else(|| names.aliases.get(name.value.as_str()).map(|a| a.span));
            if let Some(outer) = outer {
                self.hidden(name, outer);
            }
        }
        place.locals.push(Local {
            name: name.value.clone(),
            binding,
        });
    }

    fn hidden(&mut self, name: &Ident, outer: Span) {
        self.report(
            Diagnostic::new(
                Code::HIDDEN_NAME,
                format!("`{}` hides another value of this file", name.value),
                name.span,
            )
            .also(outer, format!("`{}` is declared here", name.value))
            .help("give the inner one another name"),
        );
    }

    /// The value a plain name stands for: a local, or a `param` or `let` of the module.
    pub fn value_of(&self, name: &str, place: &Place) -> Option<Binding> {
        if let Some(local) = place.locals.iter().rev().find(|l| l.name == name) {
            return Some(local.binding.clone());
        }
        self.module_value(place.module, name)
    }

    /// The value a module declares under a name.
    pub fn module_value(&self, module: usize, name: &str) -> Option<Binding> {
        if let Some(binding) = self.values.get(module)?.get(name) {
            return Some(binding.clone());
        }
        let decl = self.names.get(module)?.values.get(name)?;
        // Declared, but part of a circle that was reported.
        Some(Binding {
            span: decl.name().span,
            ty: crate::value::Type::Unknown,
            kind: BindingKind::Wrong,
            file: false,
        })
    }

    /// The module an alias stands for, if the name is one and is no local value.
    pub fn alias(&self, name: &str, place: &Place) -> Option<Alias> {
        if place.locals.iter().any(|l| l.name == name) {
            return None;
        }
        self.names.get(place.module)?.aliases.get(name).copied()
    }

    /// Reports a name that nothing has.
    pub fn unknown_name(&mut self, name: &str, span: Span, place: &Place) {
        if self.is_in_broken(name) || self.is_unread_statement(&["include"]) {
            return;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_NAME,
            format!("nothing here is called `{name}`"),
            span,
        );
        let names = self.names.get(place.module);
        let values = names.into_iter().flat_map(|n| n.values.keys().copied());
        let aliases = names.into_iter().flat_map(|n| n.aliases.keys().copied());
        let locals = place.locals.iter().map(|l| l.name.as_str());
        let all = locals.chain(values).chain(aliases).chain(BUILTINS);
        // Among many names the nearest is looked for a few times, not for each mistake.
        let many = names.is_some_and(|n| n.values.len() > 1_000) && self.diagnostics.len() > 50;
        let near = (!many)
            .then(|| nearest(name, all).map(str::to_owned))
            .flatten();
        if let Some(near) = near {
            diagnostic = did_you_mean(diagnostic, span, &near);
        } else if names.is_some_and(|n| n.checks.contains_key(name)) {
            diagnostic = diagnostic
                .note(format!("`{name}` is a check, and a check has no value"))
                .help(format!("call it as a step of its own: `check {name}(…)`"));
        } else {
            diagnostic = diagnostic.help(format!(
                "declare it with `let {name} = …`, or write it in quotes if it is a text"
            ));
        }
        self.report(diagnostic);
    }
}

/// Adds the nearest name as a fix.
pub(super) fn did_you_mean(diagnostic: Diagnostic, span: Span, near: &str) -> Diagnostic {
    diagnostic.fix(
        format!("did you mean `{near}`?"),
        Applicability::Unsafe,
        span,
        near,
    )
}
