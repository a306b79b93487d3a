//! What an interpolated value is made literal for, and how.

use serde::Serialize;

use crate::shell::{
    quote_after_name, quote_bare, quote_comment, quote_double, quote_glued, quote_single,
};
use crate::value::Value;

/// What an interpolated value is made literal for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quoting {
    /// Bare: one word, quoted as needed; a list is a word for each element.
    Bare,
    /// Bare, but always in quotes, for the text beside it.
    Glued,
    /// Inside `"…"`.
    Double,
    /// Inside `"…"`, directly after `$name`.
    AfterName,
    /// Inside `'…'`.
    Single,
    /// In a comment: on one line.
    Comment,
    /// `raw(…)`: as it is.
    Raw,
}

impl Quoting {
    /// The value as literal text for the shell; none where it has no text.
    #[must_use]
    pub fn quote(self, value: &Value) -> Option<String> {
        match self {
            Self::Bare => quote_bare(value),
            Self::Glued => quote_glued(value),
            Self::Double => value.text().map(|text| quote_double(&text)),
            Self::AfterName => value.text().map(|text| quote_after_name(&text)),
            Self::Comment => value.text().map(|text| quote_comment(&text)),
            Self::Single => value.text().map(|text| quote_single(&text)),
            Self::Raw => match value {
                Value::List(items) => {
                    let words: Option<Vec<String>> = items.iter().map(Value::text).collect();
                    words.map(|words| words.join(" "))
                }
                value => value.text(),
            },
        }
    }
}
