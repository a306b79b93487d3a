//! JSON, YAML and TOML as values.
//!
//! Whatever the text, nesting and growth are bounded, maps keep the order they were
//! written in, and a key that stands twice in one map is an error.

mod json;
mod toml;
mod yaml;

pub use json::json;
pub use toml::toml;
pub use yaml::{yaml, yaml_all};

/// Levels of lists and maps in one text.
pub const MAX_DEPTH: usize = 128;

/// Why a text is not of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The reason with its place in the text, one sentence without a full stop.
    pub message: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
}

impl ParseError {
    fn at(reason: &str, line: usize, column: usize) -> Self {
        Self {
            message: format!("{reason} (line {line}, column {column})"),
            line: Some(line),
            column: Some(column),
        }
    }
}

fn too_deep() -> String {
    format!("nested beyond {MAX_DEPTH} levels")
}

fn duplicate(key: &str) -> String {
    let key = super::describe::short(&crate::value::Value::String(key.to_owned()), 40);
    format!("the key {key} stands twice in one map")
}
