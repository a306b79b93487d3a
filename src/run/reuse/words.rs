//! The words of a command or script by which it may look at the environment.

use std::collections::BTreeSet;

/// The words of a text.
#[derive(Debug, Default)]
pub(super) struct Words {
    all: BTreeSet<String>,
    /// Those that stand behind a `$`.
    named: BTreeSet<String>,
}

impl Words {
    /// Splits a text into words: runs of letters, digits and `_`.
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self::default();
        let mut start = None;
        let end = [(text.len(), ' ')];
        for (at, c) in text.char_indices().chain(end) {
            if c.is_ascii_alphanumeric() || c == '_' {
                start.get_or_insert(at);
            } else if let Some(from) = start.take() {
                let (before, word) = (text.get(..from), text.get(from..at));
                if let (Some(before), Some(word)) = (before, word) {
                    words.add(before, word);
                }
            }
        }
        words
    }

    fn add(&mut self, before: &str, word: &str) {
        let before = before.trim_end_matches(['!', '#']);
        let before = before.strip_suffix('{').unwrap_or(before);
        if before.ends_with('$') {
            self.named.insert(word.to_owned());
        }
        self.all.insert(word.to_owned());
    }

    /// Whether this is one of them.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.all.contains(word)
    }

    /// Those that may be the name of a variable: `$name`, and every word that is written
    /// as such names are, since a script may ask for it in any way.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let capital = |word: &&String| {
            word.len() > 1
                && word
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
                && word.bytes().any(|b| b.is_ascii_uppercase())
        };
        let named = self.named.iter();
        named
            .chain(self.all.iter().filter(capital))
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    fn variables(text: &str) -> Vec<String> {
        Words::of(text).variables().map(str::to_owned).collect()
    }

    #[test]
    fn what_may_be_a_variable_is_found() {
        assert_eq!(
            variables("test \"$stage\" = \"${Region:-x}\" && echo ${#long} $1"),
            ["1", "Region", "long", "stage"]
        );
        assert_eq!(
            variables("os.environ['DEPLOY_ENV']; process.env.NODE_ENV; x = 1"),
            ["DEPLOY_ENV", "NODE_ENV"]
        );
        assert!(Words::of("! git grep x").contains("git"));
        assert!(!Words::of("legit digit").contains("git"));
    }
}
