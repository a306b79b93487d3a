//! TOML.

use ::toml::de::{DeTable, DeValue};
use indexmap::IndexMap;

use crate::value::Value;

use super::{MAX_DEPTH, ParseError, too_deep};

/// The value of a TOML text; dates and times are texts.
///
/// # Errors
/// Where it is not TOML, holds an integer beyond 64 bits, or nests too deep.
pub fn toml(text: &str) -> Result<Value, ParseError> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message();
        located(text, message.lines().next().unwrap_or(message), at)
    })?;
    let at = table.span().start;
    table_value(text, table.into_inner(), at, MAX_DEPTH)
}

fn table_value(
    text: &str,
    table: DeTable<'_>,
    at: usize,
    depth: usize,
) -> Result<Value, ParseError> {
    let depth = below(text, at, depth)?;
    let mut entries: Vec<_> = table.into_iter().collect();
    // The parser hands them out by name.
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
        .into_iter()
        .map(|(key, item)| {
            let at = item.span().start;
            let value = item_value(text, item.into_inner(), at, depth)?;
            Ok((key.into_inner().into_owned(), value))
        })
        .collect::<Result<IndexMap<_, _>, _>>()
        .map(Value::Map)
}

fn item_value(
    text: &str,
    value: DeValue<'_>,
    at: usize,
    depth: usize,
) -> Result<Value, ParseError> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::Int)
            .map_err(|_| located(text, "the integer does not fit in 64 bits", at))?,
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .map(Value::Number)
            .map_err(|_| located(text, "the number cannot be read", at))?,
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(value) => Value::String(value.to_string()),
        DeValue::Array(items) => {
            let depth = below(text, at, depth)?;
            Value::List(
                items
                    .into_iter()
                    .map(|item| {
                        let at = item.span().start;
                        item_value(text, item.into_inner(), at, depth)
                    })
                    .collect::<Result<_, _>>()?,
            )
        }
        DeValue::Table(table) => table_value(text, table, at, depth)?,
    })
}

fn below(text: &str, at: usize, depth: usize) -> Result<usize, ParseError> {
    depth
        .checked_sub(1)
        .ok_or_else(|| located(text, &too_deep(), at))
}

fn located(text: &str, reason: &str, at: usize) -> ParseError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    ParseError::at(reason, line, column)
}
