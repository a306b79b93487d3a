//! Where a path stands in the scope of a phase.

use globset::GlobMatcher;

use super::{Start, Texts};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::{Phase, ScopeRule};
use crate::repo::{Change, ChangeKind, RepoPath};
use crate::run::globs::matcher;
use crate::shell::quote_word;
use crate::source::{Span, Spanned};
use crate::value::Value;

/// Where a path stands.
#[derive(Debug, Clone)]
pub enum Standing<'a> {
    /// The phase names no path that it allows, so all are.
    Free,
    /// An `allow` matches it.
    Allowed(Rule),
    /// A `require` or a `tasks` names it.
    Named(Rule),
    /// A `deny` matches it.
    Denied(Rule),
    /// Only a later phase allows it.
    Future(&'a Phase),
    /// No `allow` matches it.
    Outside,
}

impl Standing<'_> {
    /// Whether the phase may change the path.
    #[must_use]
    pub fn is_in_scope(&self) -> bool {
        matches!(self, Self::Free | Self::Allowed(_) | Self::Named(_))
    }

    /// The rule that says so, where it is one.
    #[must_use]
    pub fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Allowed(rule) | Self::Named(rule) | Self::Denied(rule) => Some(rule),
            Self::Free | Self::Future(_) | Self::Outside => None,
        }
    }
}

/// A rule about paths, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its word: `allow`, `deny`, `require` or `tasks`.
    pub word: &'static str,
    /// The glob, or the file of `tasks`.
    pub glob: String,
    /// Where it stands in the plan.
    pub span: Span,
}

/// Where `path` stands in the scope of `phase`, which `later` phases follow.
#[must_use]
pub fn standing<'a>(phase: &Phase, later: &'a [Phase], path: &RepoPath) -> Standing<'a> {
    Rules::of(phase).standing(later, path)
}

struct Glob {
    matcher: GlobMatcher,
    rule: Rule,
}

/// The rules of a phase that are about paths.
pub(super) struct Rules {
    allow: Vec<Glob>,
    deny: Vec<Glob>,
    /// In scope by itself: what `require` and `tasks` name.
    named: Vec<Glob>,
}

impl Rules {
    pub(super) fn of(phase: &Phase) -> Self {
        let mut rules = Self {
            allow: Vec::new(),
            deny: Vec::new(),
            named: Vec::new(),
        };
        let compiled = |word, pattern: &str, glob: &Spanned<String>| {
            let rule = Rule {
                word,
                glob: glob.value.clone(),
                span: glob.span,
            };
            matcher(pattern).map(|matcher| Glob { matcher, rule })
        };
        for rule in &phase.scope {
            let (list, word, glob) = match rule {
                ScopeRule::Allow { glob } => (&mut rules.allow, "allow", glob),
                ScopeRule::Deny { glob } => (&mut rules.deny, "deny", glob),
                ScopeRule::Require { glob } => (&mut rules.named, "require", glob),
                ScopeRule::Forbid { .. } | ScopeRule::Limit { .. } => continue,
            };
            list.extend(compiled(word, &glob.value, glob));
        }
        for tasks in &phase.tasks {
            let pattern = globset::escape(&tasks.file.value);
            let named = compiled("tasks", &pattern, &tasks.file);
            rules.named.extend(named);
        }
        rules
    }

    fn standing<'a>(&self, later: &'a [Phase], path: &RepoPath) -> Standing<'a> {
        let first = |globs: &[Glob]| {
            let mut matching = globs
                .iter()
                .filter(|glob| glob.matcher.is_match(path.as_path()));
            matching.next().map(|glob| glob.rule.clone())
        };
        if let Some(rule) = first(&self.deny) {
            return Standing::Denied(rule);
        }
        if let Some(rule) = first(&self.allow) {
            return Standing::Allowed(rule);
        }
        if let Some(rule) = first(&self.named) {
            return Standing::Named(rule);
        }
        if self.allow.is_empty() {
            return Standing::Free;
        }
        let allows = |phase: &&Phase| {
            let standing = Self::of(phase).standing(&[], path);
            matches!(standing, Standing::Allowed(_) | Standing::Named(_))
        };
        later
            .iter()
            .find(allows)
            .map_or(Standing::Outside, Standing::Future)
    }

    pub(super) fn judge_path(
        &self,
        phase: &Phase,
        later: &[Phase],
        (change, path): (&Change, &RepoPath),
        start: &Start<'_>,
        texts: &mut Texts<'_>,
    ) -> Option<Diagnostic> {
        let shown = path.to_str_lossy();
        let verb = verb(change, path);
        let place = self.allow.first();
        let allowed = place.map_or(phase.name.span, |glob| glob.rule.span);
        match self.standing(later, path) {
            Standing::Free | Standing::Allowed(_) | Standing::Named(_) => None,
            Standing::Denied(rule) => {
                let message = format!("`{shown}` is {verb} though the phase denies it");
                Some(
                    placed(Code::DENIED, message, change, path, rule.span, texts)
                        .labelled(rule.span, "denied here")
                        .help(start.advice(path, change)),
                )
            }
            Standing::Future(future) => {
                let message = format!(
                    "`{shown}` is {verb}, but that is work of phase {} `{}`",
                    future.number, future.name.value
                );
                Some(
                    placed(Code::FUTURE_PHASE, message, change, path, allowed, texts)
                        .labelled(allowed, "what this phase allows")
                        .also(future.name.span, "the phase that allows it")
                        .help(start.advice(path, change)),
                )
            }
            Standing::Outside => {
                let message = format!(
                    "`{shown}` is {verb}, which is outside the scope of phase `{}`",
                    phase.name.value
                );
                let diagnostic = placed(Code::OUT_OF_SCOPE, message, change, path, allowed, texts)
                    .labelled(allowed, "what this phase allows")
                    .help(start.advice(path, change));
                Some(match (self.allow.last(), path.as_str()) {
                    (Some(glob), Some(path)) => {
                        let quoted = Value::String(globset::escape(path)).to_string();
                        diagnostic.fix(
                            "or allow it, if it does belong to this phase",
                            Applicability::Unsafe,
                            glob.rule.span.at_end(),
                            format!(", {quoted}"),
                        )
                    }
                    _ => diagnostic,
                })
            }
        }
    }
}

/// A diagnostic whose primary place is the offence where it has one, else the rule.
struct Placed {
    diagnostic: Diagnostic,
    at_rule: bool,
}

impl Placed {
    fn labelled(self, rule: Span, text: &str) -> Diagnostic {
        if self.at_rule {
            self.diagnostic.here(text)
        } else {
            self.diagnostic.also(rule, text)
        }
    }
}

fn placed(
    code: Code,
    message: String,
    change: &Change,
    path: &RepoPath,
    rule: Span,
    texts: &mut Texts<'_>,
) -> Placed {
    let offence = (change.new.as_ref() == Some(path))
        .then(|| texts(change))
        .flatten();
    match offence {
        Some(file) => {
            let line = change.added.first().map_or(1, |added| added.line);
            Placed {
                diagnostic: Diagnostic::new(code, message, file.line_span(line)),
                at_rule: false,
            }
        }
        None => Placed {
            diagnostic: Diagnostic::new(code, message, rule),
            at_rule: true,
        },
    }
}

fn verb(change: &Change, path: &RepoPath) -> &'static str {
    match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Deleted => "removed",
        ChangeKind::Renamed if change.old.as_ref() == Some(path) => "renamed away",
        ChangeKind::Renamed => "the new name of a file",
        ChangeKind::ModeChanged => "given another mode",
        ChangeKind::Modified | ChangeKind::TypeChanged => "changed",
    }
}

impl Start<'_> {
    /// How a change that should not be goes away.
    fn advice(&self, path: &RepoPath, change: &Change) -> String {
        let word = quote_word(&path.to_str_lossy());
        let is_staged = self.is_staged(path);
        if self.lacks_base() && (!is_staged || self.is_plan(path)) {
            let first = if is_staged {
                "commit it before the first phase, and "
            } else {
                ""
            };
            return format!(
                "{first}name a `base` in `plan`, such as `base \"main\"`: without one, all that the repository holds is this phase's change"
            );
        }
        match change.kind {
            _ if !is_staged => format!(
                "it is in HEAD already; take it back in the index: `git restore --staged --source={} -- {word}`",
                self.tree().short()
            ),
            ChangeKind::Added => format!("take it out of the index: `git rm --cached -- {word}`"),
            _ => format!("take the change out of the index: `git restore --staged -- {word}`"),
        }
    }
}
