//! Globs, and what is wrong with one, at its place inside the string.

use std::collections::HashMap;

use globset::{ErrorKind, GlobBuilder, GlobMatcher};

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::Span;

use super::Analyzer;

/// What is wrong with a glob: where in it, how long, why, and what to write instead.
struct Problem {
    start: usize,
    len: usize,
    message: String,
    advice: String,
    /// The glob without the problem, where that is plain.
    fixed: Option<String>,
}

impl Analyzer<'_> {
    /// Reports what is wrong with a glob written at `span`; false where anything is.
    pub(super) fn valid_glob(&mut self, glob: &str, span: Span) -> bool {
        let Some(problem) = problem(glob) else {
            return true;
        };
        let written = self.sources.slice(span);
        // Only where the text stands there as it is can a place inside it be named.
        let quoted = written
            .get(1..written.len().saturating_sub(1))
            .is_some_and(|inner| inner == glob);
        let inside = if quoted {
            let start = span.start as usize + 1 + problem.start;
            Span::new(span.source, start, start + problem.len)
        } else {
            span
        };
        let mut diagnostic = Diagnostic::new(Code::BAD_GLOB, problem.message, inside);
        if !quoted {
            diagnostic = diagnostic.note(format!("the glob is `{glob}`"));
        }
        diagnostic = match problem.fixed {
            Some(fixed) if quoted && !fixed.is_empty() => {
                let whole = Span::new(span.source, span.start as usize + 1, span.end as usize - 1);
                diagnostic.fix(problem.advice, Applicability::Safe, whole, fixed)
            }
            _ => diagnostic.help(problem.advice),
        };
        self.report(diagnostic);
        false
    }
}

fn problem(glob: &str) -> Option<Problem> {
    let leading = |len: usize, message: &str, advice: &str, fixed: Option<String>| {
        Some(Problem {
            start: 0,
            len,
            message: message.to_owned(),
            advice: advice.to_owned(),
            fixed,
        })
    };
    if glob.is_empty() {
        return leading(
            0,
            "an empty glob matches nothing",
            "write `**` for every file",
            None,
        );
    }
    if glob.starts_with('!') {
        return leading(
            1,
            "a glob cannot be turned round with `!`",
            "say what it is with a `deny`, or name what is meant",
            None,
        );
    }
    let rest = glob.trim_start_matches('/');
    if rest.len() < glob.len() {
        return leading(
            glob.len() - rest.len(),
            "a glob does not begin with `/`: it is of the whole path from the root",
            "remove the slash",
            Some(rest.to_owned()),
        );
    }
    if let Some(rest) = glob.strip_prefix("./") {
        return leading(
            2,
            "a glob does not begin with `./`: it is of the whole path from the root",
            "remove it",
            Some(rest.to_owned()),
        );
    }
    if glob == ".." || glob.starts_with("../") {
        return leading(
            glob.len().min(3),
            "a glob cannot leave the repository",
            "write the path from the repository's root",
            None,
        );
    }
    let error = GlobBuilder::new(glob).literal_separator(true).build().err();
    error
        .map(|error| broken(glob, error.kind()))
        .or_else(|| no_folder(glob))
}

/// A part between slashes that no path has.
fn no_folder(glob: &str) -> Option<Problem> {
    let mut start = 0;
    for part in glob.split('/') {
        let last = start + part.len() == glob.len();
        let (message, advice) = match part {
            "" if last => (
                "a glob is of files, and no file's path ends in `/`",
                "write `/**` for all that the folder holds",
            ),
            "" => ("no path has `//` in it", "remove one of the slashes"),
            "." => ("no path has `.` between its slashes", "remove it"),
            ".." => (
                "no path has `..` between its slashes",
                "write the path from the repository's root",
            ),
            _ => {
                start += part.len() + 1;
                continue;
            }
        };
        return Some(Problem {
            start: start.saturating_sub(usize::from(part.is_empty())),
            len: part.len().max(1),
            message: message.to_owned(),
            advice: advice.to_owned(),
            fixed: (part.is_empty() && last).then(|| format!("{glob}**")),
        });
    }
    None
}

/// What a glob that does not compile lacks, and where: the library does not say where.
fn broken(glob: &str, kind: &ErrorKind) -> Problem {
    let range;
    let (start, len, message, advice) = match kind {
        ErrorKind::UnclosedClass => (
            glob.rfind('['),
            1,
            "this `[` is never closed",
            "close it with `]`, or write `[[]` for a bracket",
        ),
        ErrorKind::InvalidRange(from, to) => {
            range = format!("{from}-{to}");
            (
                glob.find(&range),
                range.len(),
                "this range runs backwards",
                "write it from low to high",
            )
        }
        ErrorKind::UnopenedAlternates => (
            glob.rfind('}'),
            1,
            "this `}` closes nothing",
            "open it with `{`, or write `[}]` for a brace",
        ),
        ErrorKind::UnclosedAlternates => (
            glob.rfind('{'),
            1,
            "this `{` is never closed",
            "close it with `}`, or write `[{]` for a brace",
        ),
        ErrorKind::DanglingEscape => (
            glob.len().checked_sub(1),
            1,
            "this backslash stands before nothing",
            "remove it",
        ),
        _ => (
            Some(0),
            glob.len(),
            "this glob cannot be read",
            "write a simpler one",
        ),
    };
    Problem {
        start: start.unwrap_or(0),
        len,
        message: message.to_owned(),
        advice: advice.to_owned(),
        fixed: None,
    }
}

/// A glob that others are held against.
pub(super) struct Cover<'g> {
    glob: &'g str,
    matcher: Option<GlobMatcher>,
}

impl<'g> Cover<'g> {
    pub fn new(glob: &'g str) -> Self {
        Self {
            glob,
            matcher: matcher(glob),
        }
    }

    pub fn glob(&self) -> &'g str {
        self.glob
    }

    /// Whether every path that `glob` matches is matched by this one too, as far as that
    /// can be told folder by folder.
    pub fn covers(&self, glob: &str) -> bool {
        if self.glob == glob {
            return true;
        }
        if is_literal(glob) {
            return self.matcher.as_ref().is_some_and(|m| m.is_match(glob));
        }
        // What stands in braces may hold a `/`.
        let plain = |glob: &str| !glob.contains(['{', '\\']);
        plain(self.glob) && plain(glob) && folders_cover(self.glob, glob)
    }
}

/// Globs, each with something of its own, among which that is found which covers another.
pub(super) struct Covers<'g, T> {
    all: Vec<(Cover<'g>, T)>,
    /// Those that begin with a name, and cover only what begins with the same one.
    by_first: HashMap<&'g str, Vec<usize>>,
    /// Those that end with a name, likewise.
    by_last: HashMap<&'g str, Vec<usize>>,
    others: Vec<usize>,
}

impl<'g, T> Covers<'g, T> {
    pub fn new(globs: impl Iterator<Item = (&'g str, T)>) -> Self {
        let mut covers = Self {
            all: Vec::new(),
            by_first: HashMap::new(),
            by_last: HashMap::new(),
            others: Vec::new(),
        };
        for (at, (glob, own)) in globs.enumerate() {
            let (first, last) = ends(glob);
            if is_literal(first) {
                covers.by_first.entry(first).or_default().push(at);
            } else if is_literal(last) && !last.contains([']', '}']) {
                covers.by_last.entry(last).or_default().push(at);
            } else {
                covers.others.push(at);
            }
            covers.all.push((Cover::new(glob), own));
        }
        covers
    }

    /// The first that covers `glob`, of those that are `meant`.
    pub fn first(&self, glob: &str, meant: impl Fn(&T) -> bool) -> Option<&(Cover<'g>, T)> {
        let (first, last) = ends(glob);
        let named = |names: &HashMap<&str, Vec<usize>>, name: &str| {
            names.get(name).map_or(&[][..], Vec::as_slice).to_vec()
        };
        let mut near = named(&self.by_first, first);
        near.extend(named(&self.by_last, last));
        near.extend(&self.others);
        near.into_iter()
            .filter(|at| {
                let found = self.all.get(*at);
                found.is_some_and(|(cover, own)| meant(own) && cover.covers(glob))
            })
            .min()
            .and_then(|at| self.all.get(at))
    }
}

/// What stands before the first slash of a glob, and what behind the last.
fn ends(glob: &str) -> (&str, &str) {
    let first = glob.split_once('/').map_or(glob, |(first, _)| first);
    let last = glob.rsplit_once('/').map_or(glob, |(_, last)| last);
    (first, last)
}

fn folders_cover(deny: &str, allow: &str) -> bool {
    // `**/*` is what `**` is.
    let mut deny = deny;
    while let Some(shorter) = deny.strip_suffix("/*")
        && (shorter == "**" || shorter.ends_with("/**"))
    {
        deny = shorter;
    }
    let deny: Vec<&str> = deny.split('/').collect();
    let allow: Vec<&str> = allow.split('/').collect();
    // Whether the rest of `deny` from `i` on covers the rest of `allow` from `j` on, for
    // each `j`, beginning with the last `i`.
    let mut rest: Vec<bool> = (0..=allow.len()).map(|j| j == allow.len()).collect();
    for (i, part) in deny.iter().enumerate().rev() {
        let last = i + 1 == deny.len();
        let mut next = vec![false; allow.len() + 1];
        for j in (0..=allow.len()).rev() {
            let after = |list: &[bool]| list.get(j + 1).copied().unwrap_or(false);
            let here = rest.get(j).copied().unwrap_or(false);
            let covered = match (*part, allow.get(j)) {
                // At its end `**` is what lies in a folder, and not the folder.
                ("**", inner) if last => inner.is_some(),
                ("**", _) => here || after(&next),
                (_, None | Some(&"**")) => false,
                (part, Some(inner)) => part_covers(part, inner) && after(&rest),
            };
            if let Some(slot) = next.get_mut(j) {
                *slot = covered;
            }
        }
        rest = next;
    }
    rest.first().copied().unwrap_or(false)
}

/// [`folders_cover`], of what stands between two slashes.
fn part_covers(deny: &str, allow: &str) -> bool {
    if deny == "*" || deny == allow {
        return true;
    }
    if is_literal(allow) {
        return !is_literal(deny) && matcher(deny).is_some_and(|m| m.is_match(allow));
    }
    if allow.contains('[') {
        return false;
    }
    let literal = |rest: &&str| is_literal(rest);
    match (
        deny.strip_prefix('*').filter(literal),
        deny.strip_suffix('*').filter(literal),
    ) {
        (Some(end), _) => allow.ends_with(end),
        (_, Some(start)) => allow.starts_with(start),
        _ => false,
    }
}

fn is_literal(glob: &str) -> bool {
    !glob.contains(['*', '?', '[', '{', '\\'])
}

fn matcher(glob: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(glob).literal_separator(true).build();
    glob.ok().map(|glob| glob.compile_matcher())
}
