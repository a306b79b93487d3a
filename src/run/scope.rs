//! `scope`: what the phase may change, judged on the change since it opened.

use globset::GlobMatcher;

use super::globs::matcher;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::plan::{Forbidden, Phase, ScopeRule};
use crate::repo::{Change, ChangeKind, RepoPath};
use crate::source::{Source, Span, Spanned};
use crate::syntax::ast::LimitKind;
use crate::value::Value;

/// How many offences one `forbid` lists one by one.
const OFFENCES: usize = 100;

/// Gives the text of a changed file as the judged tree has it; none for what is no text.
pub(crate) type Texts<'a> = dyn FnMut(&Change) -> Option<std::sync::Arc<Source>> + 'a;

/// Judges `phase`'s scope rules on `changes`; `later` are the phases after it.
pub(crate) fn judge(
    phase: &Phase,
    later: &[Phase],
    changes: &[Change],
    texts: &mut Texts<'_>,
) -> Vec<Diagnostic> {
    let rules = Rules::of(phase);
    let mut found = Vec::new();
    for change in changes {
        // Both sides of a rename are paths of the change.
        let mut paths: Vec<&RepoPath> = change.old.iter().chain(&change.new).collect();
        paths.dedup();
        for path in paths {
            found.extend(rules.judge_path(phase, later, change, path, texts));
        }
    }
    for rule in &phase.scope {
        match rule {
            ScopeRule::Forbid { pattern, within } => {
                forbid(pattern, within, changes, texts, &mut found);
            }
            ScopeRule::Limit { kind, value, span } => {
                limit(*kind, *value, *span, changes, &mut found);
            }
            ScopeRule::Require { glob } => require(glob, changes, &mut found),
            ScopeRule::Allow { .. } | ScopeRule::Deny { .. } => {}
        }
    }
    found
}

struct Glob {
    matcher: GlobMatcher,
    span: Span,
}

struct Rules {
    allow: Vec<Glob>,
    deny: Vec<Glob>,
    /// In scope by itself: what `require` and `tasks` name.
    implied: Vec<GlobMatcher>,
}

impl Rules {
    fn of(phase: &Phase) -> Self {
        let mut rules = Self {
            allow: Vec::new(),
            deny: Vec::new(),
            implied: Vec::new(),
        };
        let compiled = |glob: &Spanned<String>| {
            matcher(&glob.value).map(|matcher| Glob {
                matcher,
                span: glob.span,
            })
        };
        for rule in &phase.scope {
            match rule {
                ScopeRule::Allow { glob } => rules.allow.extend(compiled(glob)),
                ScopeRule::Deny { glob } => rules.deny.extend(compiled(glob)),
                ScopeRule::Require { glob } => rules.implied.extend(matcher(&glob.value)),
                ScopeRule::Forbid { .. } | ScopeRule::Limit { .. } => {}
            }
        }
        let files = phase.tasks.iter().map(|tasks| &tasks.file.value);
        rules
            .implied
            .extend(files.filter_map(|file| matcher(&globset::escape(file))));
        rules
    }

    fn allows(&self, path: &RepoPath) -> bool {
        self.allow.is_empty()
            || self
                .allow
                .iter()
                .any(|glob| glob.matcher.is_match(path.as_path()))
            || self
                .implied
                .iter()
                .any(|glob| glob.is_match(path.as_path()))
    }

    fn judge_path(
        &self,
        phase: &Phase,
        later: &[Phase],
        change: &Change,
        path: &RepoPath,
        texts: &mut Texts<'_>,
    ) -> Option<Diagnostic> {
        let shown = path.to_str_lossy();
        let denied = self
            .deny
            .iter()
            .find(|glob| glob.matcher.is_match(path.as_path()));
        if let Some(glob) = denied {
            let message = format!(
                "`{shown}` is {} though the phase denies it",
                verb(change, path)
            );
            return Some(
                placed(Code::DENIED, message, change, path, glob.span, texts)
                    .labelled(glob.span, "denied here")
                    .help(unstage(path, change)),
            );
        }
        if self.allows(path) {
            return None;
        }
        let future = later.iter().find(|phase| {
            let rules = Self::of(phase);
            !rules.allow.is_empty()
                && rules.allows(path)
                && !rules
                    .deny
                    .iter()
                    .any(|glob| glob.matcher.is_match(path.as_path()))
        });
        let allowed = self.allow.first().map_or(phase.name.span, |glob| glob.span);
        if let Some(future) = future {
            let message = format!(
                "`{shown}` is {}, but that is work of phase {} `{}`",
                verb(change, path),
                future.number,
                future.name.value
            );
            return Some(
                placed(Code::FUTURE_PHASE, message, change, path, allowed, texts)
                    .labelled(allowed, "what this phase allows")
                    .also(future.name.span, "the phase that allows it")
                    .help(unstage(path, change)),
            );
        }
        let message = format!(
            "`{shown}` is {}, which is outside the scope of phase `{}`",
            verb(change, path),
            phase.name.value
        );
        let mut diagnostic = placed(Code::OUT_OF_SCOPE, message, change, path, allowed, texts)
            .labelled(allowed, "what this phase allows")
            .help(unstage(path, change));
        if let (Some(glob), Some(path)) = (self.allow.last(), path.as_str()) {
            let quoted = Value::String(globset::escape(path)).to_string();
            diagnostic = diagnostic.fix(
                "or allow it, if it does belong to this phase",
                Applicability::Unsafe,
                glob.span.at_end(),
                format!(", {quoted}"),
            );
        }
        Some(diagnostic)
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

fn unstage(path: &RepoPath, change: &Change) -> String {
    let word = crate::shell::quote_word(&path.to_str_lossy());
    match change.kind {
        ChangeKind::Added => format!("take it out of the index: `git rm --cached -- {word}`"),
        _ => format!("take the change out of the index: `git restore --staged -- {word}`"),
    }
}

/// What an added line is searched for.
enum Needle {
    Word(Vec<u8>),
    Regex(regex::bytes::Regex),
}

impl Needle {
    /// The first match in a line, as bytes.
    fn find(&self, line: &[u8]) -> Option<(usize, usize)> {
        match self {
            Self::Regex(regex) => regex.find(line).map(|found| (found.start(), found.end())),
            Self::Word(word) => find_word(line, word),
        }
    }
}

/// The first occurrence of `word` whose ends are no part of a longer word. An end that is
/// no word character itself needs no border.
fn find_word(line: &[u8], word: &[u8]) -> Option<(usize, usize)> {
    let is_word = |text: &str, last: bool| {
        let c = if last {
            text.chars().next_back()
        } else {
            text.chars().next()
        };
        c.is_some_and(|c| c.is_alphanumeric() || c == '_')
    };
    let text = String::from_utf8_lossy(word);
    let (first_is_word, last_is_word) = (is_word(&text, false), is_word(&text, true));
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| {
        rest.windows(word.len().max(1))
            .position(|window| window == word)
    }) {
        let (start, end) = (from + at, from + at + word.len());
        let before = String::from_utf8_lossy(line.get(..start).unwrap_or_default());
        let after = String::from_utf8_lossy(line.get(end..).unwrap_or_default());
        let free =
            !(first_is_word && is_word(&before, true) || last_is_word && is_word(&after, false));
        if free {
            return Some((start, end));
        }
        from = start + 1;
    }
    None
}

fn forbid(
    pattern: &Spanned<Forbidden>,
    within: &[Spanned<String>],
    changes: &[Change],
    texts: &mut Texts<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let (needle, shown) = match &pattern.value {
        Forbidden::Word(word) => (
            Some(Needle::Word(word.clone().into_bytes())),
            format!("the word `{word}`"),
        ),
        Forbidden::Regex(regex) => (
            regex.compile_bytes().ok().map(Needle::Regex),
            format!("what `{}` matches", Value::Regex(regex.clone())),
        ),
    };
    let Some(needle) = needle else { return };
    let globs: Vec<GlobMatcher> = within.iter().filter_map(|g| matcher(&g.value)).collect();
    let mut listed = 0;
    let mut more = 0;
    for change in changes {
        let Some(path) = &change.new else { continue };
        if !globs.is_empty() && !globs.iter().any(|glob| glob.is_match(path.as_path())) {
            continue;
        }
        for added in &change.added {
            let Some((start, end)) = needle.find(&added.text) else {
                continue;
            };
            if listed == OFFENCES {
                more += 1;
                continue;
            }
            listed += 1;
            let message = format!("an added line of `{}` holds {shown}", path.to_str_lossy());
            let diagnostic = match texts(change) {
                Some(file) => {
                    // Bytes that are no UTF-8 were replaced when the text was read: the
                    // place is then the line.
                    let line = file.line_span(added.line);
                    let exact = file.slice(line).as_bytes() == added.text.as_slice();
                    let span = if exact {
                        let base = line.start as usize;
                        Span::new(file.id(), base + start, base + end)
                    } else {
                        line
                    };
                    Diagnostic::new(Code::FORBIDDEN, message, span)
                        .here("added by this phase")
                        .also(pattern.span, "forbidden here")
                }
                None => Diagnostic::new(Code::FORBIDDEN, message, pattern.span)
                    .here("forbidden here")
                    .note(format!("in line {}", added.line)),
            };
            found.push(diagnostic.help("take it out and stage the file again"));
        }
    }
    if more > 0
        && let Some(last) = found.pop()
    {
        found.push(last.note(format!("and {more} more such lines")));
    }
}

fn limit(kind: LimitKind, limit: u64, rule: Span, changes: &[Change], found: &mut Vec<Diagnostic>) {
    let size = |change: &Change| (change.added.len() + change.removed) as u64;
    match kind {
        LimitKind::Files => {
            let count = changes.len() as u64;
            if count > limit {
                found.push(
                    Diagnostic::new(
                        Code::LIMIT_FILES,
                        format!(
                            "{count} files are changed, {} more than the limit",
                            count - limit
                        ),
                        rule,
                    )
                    .here(format!("at most {limit}"))
                    .help("stage less: leave the rest to another phase"),
                );
            }
        }
        LimitKind::Lines => {
            let count: u64 = changes.iter().map(size).sum();
            if count > limit {
                let mut largest: Vec<&Change> = changes.iter().collect();
                largest.sort_by_key(|change| std::cmp::Reverse(size(change)));
                let list: Vec<String> = largest
                    .iter()
                    .take(5)
                    .filter_map(|change| {
                        Some(format!(
                            "  {:>6}  {}",
                            size(change),
                            change.path()?.to_str_lossy()
                        ))
                    })
                    .collect();
                found.push(
                    Diagnostic::new(
                        Code::LIMIT_LINES,
                        format!(
                            "{count} lines are changed, {} more than the limit",
                            count - limit
                        ),
                        rule,
                    )
                    .here(format!("at most {limit}, added and removed together"))
                    .note(format!("the largest changes:\n{}", list.join("\n")))
                    .help("stage less: leave the rest to another phase"),
                );
            }
        }
        LimitKind::PerFile => {
            for change in changes {
                let (Some(path), Some(size)) = (&change.new, change.new_size) else {
                    continue;
                };
                if size > limit {
                    found.push(
                        Diagnostic::new(
                            Code::LIMIT_SIZE,
                            format!("`{}` has {size} bytes", path.to_str_lossy()),
                            rule,
                        )
                        .here(format!(
                            "at most {} ({limit} bytes) per file",
                            Value::Size(limit)
                        ))
                        .help("make it smaller, or keep it out of the repository"),
                    );
                }
            }
        }
    }
}

fn require(glob: &Spanned<String>, changes: &[Change], found: &mut Vec<Diagnostic>) {
    let Some(matcher) = matcher(&glob.value) else {
        return;
    };
    let met = changes.iter().any(|change| {
        change
            .old
            .iter()
            .chain(&change.new)
            .any(|path| matcher.is_match(path.as_path()))
    });
    if !met {
        found.push(
            Diagnostic::new(
                Code::REQUIRED,
                format!("nothing that matches `{}` is changed", glob.value),
                glob.span,
            )
            .here("the phase must change it")
            .help("change it and `git add` it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::find_word;

    #[test]
    fn a_word_is_whole_where_its_ends_are_word_characters() {
        let find = |line: &str, word: &str| find_word(line.as_bytes(), word.as_bytes());
        assert_eq!(find("a TODO b", "TODO"), Some((2, 6)));
        assert_eq!(find("TODOS TODO", "TODO"), Some((6, 10)));
        assert_eq!(find("aTODO", "TODO"), None);
        assert_eq!(find("todo", "TODO"), None);
        assert_eq!(find("x = foo();", "foo("), Some((4, 8)));
        assert_eq!(find("foo(bar", "foo("), Some((0, 4)));
        assert_eq!(find("éTODO", "TODO"), None);
    }
}
