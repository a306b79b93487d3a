//! `limit` and `require`: how much a phase may change, and what it must.

use crate::diagnostic::{Code, Diagnostic};
use crate::repo::Change;
use crate::run::globs::matcher;
use crate::source::{Span, Spanned};
use crate::syntax::ast::LimitKind;
use crate::value::Value;

pub(super) fn limit(
    kind: LimitKind,
    limit: u64,
    rule: Span,
    changes: &[Change],
    found: &mut Vec<Diagnostic>,
) {
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

pub(super) fn require(glob: &Spanned<String>, changes: &[Change], found: &mut Vec<Diagnostic>) {
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
