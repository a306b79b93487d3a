//! Regular expressions, compiled once per process.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;

use crate::value::Pattern;

/// More than a plan has; past it the cache starts anew.
const MAX_CACHED: usize = 512;

static CACHE: LazyLock<Mutex<HashMap<Pattern, Regex>>> = LazyLock::new(Mutex::default);

/// The compiled form of a pattern.
pub(super) fn compiled(pattern: &Pattern) -> Result<Regex, regex::Error> {
    let lock = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = lock().get(pattern) {
        return Ok(regex.clone());
    }
    // Compiled outside the lock: it may take long.
    let regex = pattern.compile()?;
    let mut cache = lock();
    if cache.len() >= MAX_CACHED {
        cache.clear();
    }
    cache.insert(pattern.clone(), regex.clone());
    Ok(regex)
}

/// A word as a pattern: any text, its ends at word boundaries where they are word characters.
pub(super) fn word(text: &str) -> Pattern {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let bound = |c: Option<char>| if c.is_some_and(is_word) { r"\b" } else { "" };
    Pattern {
        pattern: format!(
            "{}{}{}",
            bound(text.chars().next()),
            regex::escape(text),
            bound(text.chars().next_back())
        ),
        flags: String::new(),
    }
}
