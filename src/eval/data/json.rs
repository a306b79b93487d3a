//! JSON.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::value::Value;

use super::{ParseError, duplicate, too_deep};

/// The value of a JSON text.
///
/// # Errors
/// Where it is not JSON, holds a key twice in one object, or nests too deep.
pub fn json(text: &str) -> Result<Value, ParseError> {
    // The parser itself stops at 128 levels.
    match serde_json::from_str::<Json>(text) {
        Ok(Json(value)) => Ok(value),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let whole = error.to_string();
            let at = format!(" at line {line} column {column}");
            let reason = whole.strip_suffix(&at).unwrap_or(&whole);
            let reason = if reason == "recursion limit exceeded" {
                too_deep()
            } else {
                reason.to_owned()
            };
            Err(ParseError::at(
                &reason,
                line,
                characters(text, line, column),
            ))
        }
    }
}

/// The parser counts columns in bytes.
fn characters(text: &str, line: usize, column: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let before = column.saturating_sub(1).min(line.len());
    line.char_indices()
        .take_while(|(at, _)| *at < before)
        .count()
        + 1
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Json)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "JSON's numbers have no bound; past an int they are numbers"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = IndexMap::new();
        while let Some(key) = access.next_key::<String>()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(duplicate(&key)));
            }
            let Json(value) = access.next_value()?;
            entries.insert(key, value);
        }
        Ok(Value::Map(entries))
    }
}
