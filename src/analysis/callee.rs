//! Which check a call means: this file's, a used one's, or the library's.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Span, Spanned};
use crate::syntax::ast::CheckCall;

use super::library::{LIBRARY, LibraryCheck, modules};
use super::names::{CheckDecl, did_you_mean};
use super::place::Place;
use super::{Analyzer, CheckId};

/// What a call can lead to.
pub(super) enum Callee<'a> {
    Declared(CheckId<'a>, CheckDecl<'a>),
    Library(&'static LibraryCheck),
}

impl<'a> Analyzer<'a> {
    /// The check a call means; none where there is none, which is reported.
    pub(super) fn callee(&mut self, call: &CheckCall, place: &Place) -> Option<Callee<'a>> {
        match call.path.as_slice() {
            [name] => {
                let found = self.names.get(place.module)?;
                if let Some((key, decl)) = found.checks.get_key_value(name.value.as_str()) {
                    return Some(Callee::Declared((place.module, key), *decl));
                }
                self.unknown_check(&name.value, name.span, place);
                None
            }
            [module, name] => {
                let alias = self
                    .names
                    .get(place.module)
                    .and_then(|names| names.aliases.get(module.value.as_str()));
                if let Some(alias) = alias {
                    let used = alias.module?;
                    let found = self.names.get(used)?;
                    if let Some((key, decl)) = found.checks.get_key_value(name.value.as_str()) {
                        return Some(Callee::Declared((used, key), *decl));
                    }
                    self.unknown_in_module(&module.value, name, Some(used));
                    return None;
                }
                if modules().any(|known| known == module.value) {
                    let full = format!("{}.{}", module.value, name.value);
                    if let Some(check) = LibraryCheck::find(&full) {
                        return Some(Callee::Library(check));
                    }
                    self.unknown_in_module(&module.value, name, None);
                    return None;
                }
                self.unknown_module(&module.value, module.span, place);
                None
            }
            path => {
                let span = path.first().map_or(call.span, |part| part.span);
                self.report(
                    Diagnostic::new(
                        Code::UNKNOWN_MODULE,
                        "a check is called by its name, or by its file's alias and its name",
                        span,
                    )
                    .help("`use` the file that declares it here, and call it through that alias"),
                );
                None
            }
        }
    }

    fn unknown_check(&mut self, name: &str, span: Span, place: &Place) {
        if self.is_in_broken(name) || self.is_unread_statement(&["include"]) {
            return;
        }
        let Some(names) = self.names.get(place.module) else {
            return;
        };
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_CHECK,
            format!("there is no check `{name}`"),
            span,
        );
        let library = LIBRARY
            .iter()
            .find(|check| check.name.rsplit('.').next() == Some(name));
        diagnostic = match nearest(name, names.checks.keys().copied()) {
            Some(near) => did_you_mean(diagnostic, span, near),
            None => match library {
                Some(check) => did_you_mean(diagnostic, span, check.name),
                None => diagnostic.help(format!(
                    "declare it with `check {name}() {{ … }}`, or name the file it is in: `alias.{name}()`"
                )),
            },
        };
        self.report(diagnostic);
    }

    fn unknown_in_module(&mut self, module: &str, name: &Spanned<String>, used: Option<usize>) {
        if used.is_some_and(|used| self.is_unread(used) || self.is_in_broken(&name.value)) {
            return;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_CHECK,
            format!("`{module}` has no check `{}`", name.value),
            name.span,
        );
        let prefix = format!("{module}.");
        let all: Vec<&str> = match used.and_then(|used| self.names.get(used)) {
            Some(names) => names.checks.keys().copied().collect(),
            None => LIBRARY
                .iter()
                .filter_map(|check| check.name.strip_prefix(&prefix))
                .collect(),
        };
        diagnostic = match nearest(&name.value, all.iter().copied()) {
            Some(near) => did_you_mean(diagnostic, name.span, near),
            None if all.is_empty() => diagnostic.note("it has no checks"),
            None => diagnostic.help(format!("it has {}", all.join(", "))),
        };
        self.report(diagnostic);
    }

    fn unknown_module(&mut self, module: &str, span: Span, place: &Place) {
        if self.is_in_broken(module) || self.is_unread_statement(&["use", "include"]) {
            return;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_MODULE,
            format!("there is no module `{module}`"),
            span,
        );
        let mut all: Vec<&str> = modules().collect();
        if let Some(names) = self.names.get(place.module) {
            all.extend(names.aliases.keys());
        }
        diagnostic = match nearest(module, all) {
            Some(near) => did_you_mean(diagnostic, span, near),
            None => {
                let all: Vec<&str> = modules().collect();
                diagnostic.help(format!(
                    "`use` a file under that alias, or name a module of the library: {}",
                    all.join(", ")
                ))
            }
        };
        self.report(diagnostic);
    }
}
