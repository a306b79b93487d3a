//! "Did you mean …": the nearest of a set of names.

/// The candidate nearest to `name`, if one is near enough: equal but for case or the
/// choice of `-` and `_` first, then within a third of the name's length in edits
/// (Damerau-Levenshtein), one edit at least.
#[must_use]
pub fn nearest<'a, I>(name: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    let plain = |s: &str| s.to_lowercase().replace('_', "-");
    let wanted = plain(name);
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| {
            let given = plain(candidate);
            let distance = if given == wanted {
                0
            } else if wanted.len().abs_diff(given.len()) > 4 * limit {
                usize::MAX
            } else {
                strsim::damerau_levenshtein(&wanted, &given)
            };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}
