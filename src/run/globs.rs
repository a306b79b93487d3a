//! Globs over paths of the judged tree: `*` and `?` stay within a folder, dot files match.

use globset::{Glob, GlobBuilder, GlobMatcher};

/// A compiled glob; `None` where the pattern is broken (which loading has reported).
#[must_use]
pub(crate) fn matcher(pattern: &str) -> Option<GlobMatcher> {
    glob(pattern).map(|glob| glob.compile_matcher())
}

/// A glob that is not compiled yet; `None` as in [`matcher`].
#[must_use]
pub(crate) fn glob(pattern: &str) -> Option<Glob> {
    let mut builder = GlobBuilder::new(pattern);
    builder.literal_separator(true).build().ok()
}

/// The nearest thing that exists to a glob that matched nothing: the folder its literal
/// beginning leads to, or a name like the one that is missing there.
#[must_use]
pub(crate) fn nearest_existing<'a>(
    pattern: &str,
    paths: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let literal: Vec<&str> = pattern
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[', '{']))
        .collect();
    for keep in (0..=literal.len()).rev() {
        let kept = literal.get(..keep)?.join("/");
        if !kept.is_empty() && paths.clone().any(|path| path == kept) {
            return Some(kept);
        }
        let folder = if keep == 0 {
            String::new()
        } else {
            format!("{kept}/")
        };
        if !paths.clone().any(|path| path.starts_with(&folder)) {
            continue;
        }
        let missing = literal.get(keep).copied();
        let children = paths
            .clone()
            .filter_map(|path| path.strip_prefix(folder.as_str()))
            .filter_map(|rest| rest.split('/').next());
        if let Some(near) = missing.and_then(|name| crate::diagnostic::nearest(name, children)) {
            return Some(format!("{folder}{near}"));
        }
        return (keep > 0).then_some(folder);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::nearest_existing;

    const PATHS: [&str; 3] = ["src/main.rs", "protos/a.proto", "docs/intro.md"];

    fn near(pattern: &str) -> Option<String> {
        nearest_existing(pattern, PATHS.into_iter())
    }

    #[test]
    fn the_nearest_thing_that_exists_is_named() {
        assert_eq!(near("proto/**/*.proto").as_deref(), Some("protos"));
        assert_eq!(near("src/man.rs").as_deref(), Some("src/main.rs"));
        assert_eq!(near("docs/deep/er/*.md").as_deref(), Some("docs/"));
        assert_eq!(near("nothing/like/it"), None);
    }
}
