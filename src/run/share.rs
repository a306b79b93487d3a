//! `share`: which ignored folders of the working tree the judged one has, too.

use super::globs::matcher;
use crate::plan::Settings;
use crate::repo::{RepoError, RepoPath, Repository, Unstaged};

/// The folders to share: those that match a `share` of the plan, be it within an ignored
/// one; without any `share`, all that are ignored. `beside` is what is not staged.
pub(super) fn folders(
    settings: &Settings,
    repo: &Repository,
    beside: &Unstaged,
) -> Result<Vec<RepoPath>, RepoError> {
    let ignored = repo.ignored_folders(beside)?;
    let Some(globs) = &settings.share else {
        return Ok(ignored);
    };
    let mut shared = Vec::new();
    for glob in globs {
        // All that a folder holds is the folder.
        let pattern = glob.value.strip_suffix("/**").unwrap_or(&glob.value);
        let Some(matcher) = matcher(pattern) else {
            continue;
        };
        let matches = |path: &RepoPath| matcher.is_match(path.as_path());
        let fixed = fixed_part(pattern);
        for outer in &ignored {
            if matches(outer) {
                shared.push(outer.clone());
            } else if let Some(from) = deeper(outer, &fixed) {
                let depth = match pattern.split('/').any(|part| part == "**") {
                    true => usize::MAX,
                    false => pattern.split('/').count() - from.as_bytes().split(is_slash).count(),
                };
                shared.extend(repo.folders_within(&from, depth, &matches));
            }
        }
    }
    shared.sort();
    shared.dedup();
    Ok(shared)
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

/// The folders at the beginning of a glob that hold no wildcard.
fn fixed_part(pattern: &str) -> String {
    let fixed: Vec<&str> = pattern
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[', '{', '\\']))
        .collect();
    fixed.join("/")
}

/// Where to look for a glob that leads into an ignored folder: never above it, and not in
/// every ignored folder for a glob that may match anywhere.
fn deeper(outer: &RepoPath, fixed: &str) -> Option<RepoPath> {
    let rest = fixed.as_bytes().strip_prefix(outer.as_bytes())?;
    matches!(rest.first(), None | Some(b'/')).then(|| RepoPath::from(fixed))
}
