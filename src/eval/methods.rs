//! Methods of strings, lists and maps.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::plan::{Expr, Method};
use crate::source::Span;
use crate::value::Value;

use super::bounds::{bounded, text_fits};
use super::describe::{SHORT, path, short};
use super::operators::{compiled, order, wrong};
use super::walk::written_out;
use super::{Fault, data};

/// A call of a method: what its parts need.
struct Call<'a> {
    method: Method,
    object: &'a Expr,
    args: &'a [Value],
    exprs: &'a [Expr],
    span: Span,
}

/// `value.method(args)`; `object` and `exprs` are where value and arguments came from.
pub(super) fn call(
    method: Method,
    value: Value,
    object: &Expr,
    args: &[Value],
    exprs: &[Expr],
    span: Span,
) -> Result<Value, Fault> {
    let call = Call {
        method,
        object,
        args,
        exprs,
        span,
    };
    match (method, value) {
        (Method::Len, Value::String(text)) => Ok(int(text.chars().count())),
        (Method::Len, Value::List(items)) => Ok(int(items.len())),
        (Method::Len, Value::Map(entries)) => Ok(int(entries.len())),
        (Method::Len, other) => Err(wrong(&other, object, "a string, list or map")),
        // What parsed data already gave as a number needs no parsing.
        (Method::Int, value @ Value::Int(_)) | (Method::Number, value @ Value::Number(_)) => {
            Ok(value)
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of the same value")]
        (Method::Number, Value::Int(value)) => Ok(Value::Number(value as f64)),
        (Method::First | Method::Last | Method::Join | Method::Sort | Method::Unique, value) => {
            match value {
                Value::List(items) => call.of_list(items),
                other => Err(wrong(&other, object, "a list")),
            }
        }
        (Method::Keys, Value::Map(entries)) => Ok(Value::List(
            entries.into_keys().map(Value::String).collect(),
        )),
        (Method::Values, Value::Map(entries)) => Ok(Value::List(entries.into_values().collect())),
        (Method::Keys | Method::Values, other) => Err(wrong(&other, object, "a map")),
        (_, Value::String(text)) => call.of_string(text),
        (_, other) => Err(wrong(&other, object, "a string")),
    }
}

fn int(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn texts<'a>(all: impl Iterator<Item = &'a str>) -> Value {
    Value::List(all.map(|text| Value::String(text.to_owned())).collect())
}

impl Call<'_> {
    fn of_string(&self, text: String) -> Result<Value, Fault> {
        Ok(match self.method {
            Method::Trim => Value::String(text.trim().to_owned()),
            Method::Lines => return self.bounded(texts(text.lines())),
            Method::Lower => Value::String(text.to_lowercase()),
            Method::Upper => Value::String(text.to_uppercase()),
            Method::Split => {
                let by = self.text(0)?;
                let pieces = if by.is_empty() {
                    // Rust would add an empty text at either end.
                    let mut buffer = [0; 4];
                    Value::List(
                        text.chars()
                            .map(|c| Value::String(c.encode_utf8(&mut buffer).to_owned()))
                            .collect(),
                    )
                } else {
                    texts(text.split(by))
                };
                return self.bounded(pieces);
            }
            Method::Replace => {
                let (old, new) = (self.text(0)?, self.text(1)?);
                let grown = text
                    .matches(old)
                    .count()
                    .checked_mul(new.len())
                    .and_then(|added| added.checked_add(text.len()));
                text_fits(grown, self.span)?;
                Value::String(text.replace(old, new))
            }
            Method::StartsWith => Value::Bool(text.starts_with(self.text(0)?)),
            Method::EndsWith => Value::Bool(text.ends_with(self.text(0)?)),
            Method::Count => int(self.regex()?.find_iter(&text).count()),
            Method::Find => {
                let regex = self.regex()?;
                return self.bounded(texts(regex.find_iter(&text).map(|found| found.as_str())));
            }
            Method::Json => return self.parsed("JSON", &text, data::json(&text)),
            Method::Yaml => return self.parsed("YAML", &text, data::yaml(&text)),
            Method::Toml => return self.parsed("TOML", &text, data::toml(&text)),
            Method::Int => {
                let whole = |text: &str| text.parse().ok().map(Value::Int);
                return whole(&text)
                    .ok_or_else(|| self.no_number(&text, "a whole number", whole(text.trim())));
            }
            Method::Number => {
                let number = |text: &str| {
                    let decimal = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                    text.parse()
                        .ok()
                        .filter(|n: &f64| n.is_finite() && text.chars().all(decimal))
                        .map(Value::Number)
                };
                return number(&text)
                    .ok_or_else(|| self.no_number(&text, "a number", number(text.trim())));
            }
            _ => {
                let wanted = match self.method {
                    Method::Keys | Method::Values => "a map",
                    _ => "a list",
                };
                return Err(wrong(&Value::String(text), self.object, wanted));
            }
        })
    }

    fn of_list(&self, mut items: Vec<Value>) -> Result<Value, Fault> {
        match self.method {
            Method::First | Method::Last => {
                let item = match self.method {
                    Method::First if !items.is_empty() => Some(items.swap_remove(0)),
                    Method::First => None,
                    _ => items.pop(),
                };
                item.ok_or_else(|| {
                    Fault::no_value(
                        format!(
                            "`{}` is empty and has no {} element",
                            path(self.object),
                            self.method.name()
                        ),
                        self.span,
                    )
                })
            }
            Method::Join => self.join(&items),
            Method::Sort => {
                self.check_order(&items)?;
                // Checked: every two of them have an order.
                items.sort_by(|a, b| order(a, b).unwrap_or(std::cmp::Ordering::Equal));
                Ok(Value::List(items))
            }
            _ => Ok(Value::List(unique(items))),
        }
    }

    fn join(&self, items: &[Value]) -> Result<Value, Fault> {
        let by = self.text(0)?;
        let mut whole = String::new();
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.text() else {
                return Err(self.element(index, item, "has no text"));
            };
            let grown = whole
                .len()
                .checked_add(text.len())
                .and_then(|len| len.checked_add(by.len()));
            text_fits(grown, self.span)?;
            if index > 0 {
                whole.push_str(by);
            }
            whole.push_str(&text);
        }
        Ok(Value::String(whole))
    }

    /// Fails at the first element that has no order with the first.
    fn check_order(&self, items: &[Value]) -> Result<(), Fault> {
        let Some(first) = items.first() else {
            return Ok(());
        };
        for (index, item) in items.iter().enumerate() {
            // Also of itself: what is no number has no order at all.
            if order(item, item).is_none() {
                return Err(self.element(index, item, "has no order"));
            }
            if order(first, item).is_none() {
                return Err(self.element(index, item, "has no order with the first element"));
            }
        }
        Ok(())
    }

    fn element(&self, index: usize, item: &Value, problem: &str) -> Fault {
        Fault::no_value(
            format!(
                "`{}[{index}]` is {}, which {problem}",
                path(self.object),
                super::describe::kind_and_value(item)
            ),
            self.span,
        )
    }

    fn parsed(
        &self,
        format: &str,
        text: &str,
        parsed: Result<Value, data::ParseError>,
    ) -> Result<Value, Fault> {
        let value = parsed.map_err(|error| {
            if text.trim().is_empty() {
                let message = format!("`{}` is empty, which is not {format}", path(self.object));
                return Fault::no_value(message, self.span);
            }
            let mut fault = Fault::no_value(
                format!("`{}` is not {format}: {}", path(self.object), error.message),
                self.span,
            );
            if let Some(line) = error.line {
                let found = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
                fault = fault.note(format!(
                    "its line {line} is {}",
                    short(&Value::String(found.to_owned()), SHORT)
                ));
            }
            fault
        })?;
        self.bounded(value)
    }

    fn no_number(&self, text: &str, wanted: &str, trimmed: Option<Value>) -> Fault {
        let found = short(&Value::String(text.to_owned()), SHORT);
        let message = if written_out(self.object) {
            format!("{found} is not {wanted}")
        } else {
            format!("`{}` is {found}, not {wanted}", path(self.object))
        };
        let fault = Fault::no_value(message, self.span);
        if trimmed.is_some() {
            fault.note("`.trim()` before it takes the white space away")
        } else {
            fault
        }
    }

    fn bounded(&self, value: Value) -> Result<Value, Fault> {
        bounded(value, self.span)
    }

    fn arg(&self, index: usize) -> Result<(&Value, &Expr), Fault> {
        match (self.args.get(index), self.exprs.get(index)) {
            (Some(value), Some(expr)) => Ok((value, expr)),
            // Loading a plan checks the arguments; this is for plans made otherwise.
            _ => Err(Fault::no_value(
                format!("`.{}()` lacks an argument", self.method.name()),
                self.span,
            )),
        }
    }

    fn text(&self, index: usize) -> Result<&str, Fault> {
        match self.arg(index)? {
            (Value::String(text), _) => Ok(text),
            (other, expr) => Err(wrong(other, expr, "a string")),
        }
    }

    fn regex(&self) -> Result<regex::Regex, Fault> {
        let (value, expr) = self.arg(0)?;
        compiled(value, expr)
    }
}

/// Without what is equal to an earlier element.
fn unique(items: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for item in items {
        let mut hasher = DefaultHasher::new();
        hash(&item, &mut hasher);
        let alike = by_hash.entry(hasher.finish()).or_default();
        let known = alike
            .iter()
            .any(|&at| kept.get(at).is_some_and(|kept| kept.equals(&item)));
        if !known {
            alike.push(kept.len());
            kept.push(item);
        }
    }
    kept
}

/// A hash under which equal values are the same, across `int` and `number`.
#[expect(
    clippy::cast_precision_loss,
    reason = "an int is compared with a number by value"
)]
fn hash(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0.hash(hasher),
        Value::Bool(value) => value.hash(hasher),
        Value::Int(value) => (*value as f64).to_bits().hash(hasher),
        // -0.0 equals 0.0, whose bits are others.
        Value::Number(value) => (value + 0.0).to_bits().hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Duration(n) | Value::Size(n) => n.hash(hasher),
        Value::Regex(pattern) => pattern.hash(hasher),
        Value::List(items) => items.iter().for_each(|item| hash(item, hasher)),
        // Maps are equal in any order of their keys.
        Value::Map(entries) => entries.len().hash(hasher),
    }
}
