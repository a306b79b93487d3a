//! How large a value may grow: a few `let`s that double must not exhaust memory, nor a
//! deep one the stack of whoever walks it.

use crate::source::Span;
use crate::value::Value;

use super::Fault;

/// Bytes of text in one value.
pub(super) const MAX_TEXT: usize = 1 << 30;
/// Lists, maps and what is in them in one value.
const MAX_ITEMS: usize = 2_000_000;
/// Levels of lists and maps in one value.
const MAX_DEPTH: usize = 256;

/// Hands the value on if it is within bounds.
pub(super) fn bounded(value: Value, span: Span) -> Result<Value, Fault> {
    let mut room = Room {
        text: MAX_TEXT,
        items: MAX_ITEMS,
    };
    match room.take(&value, MAX_DEPTH) {
        Ok(()) => Ok(value),
        Err(what) => Err(Fault::no_value(what, span)),
    }
}

/// Fails if a text of `len` bytes would be too long.
pub(super) fn text_fits(len: Option<usize>, span: Span) -> Result<(), Fault> {
    match len {
        Some(len) if len <= MAX_TEXT => Ok(()),
        _ => Err(Fault::no_value(TOO_LONG, span)),
    }
}

const TOO_LONG: &str = "the value grows beyond 1 GiB of text";

struct Room {
    text: usize,
    items: usize,
}

impl Room {
    fn take(&mut self, value: &Value, depth: usize) -> Result<(), &'static str> {
        match value {
            Value::String(text) => self.text(text),
            Value::List(items) => {
                let depth = below(depth)?;
                self.items(items.len())?;
                items.iter().try_for_each(|item| self.take(item, depth))
            }
            Value::Map(entries) => {
                let depth = below(depth)?;
                self.items(entries.len())?;
                entries.iter().try_for_each(|(key, value)| {
                    self.text(key)?;
                    self.take(value, depth)
                })
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        self.text = self.text.checked_sub(text.len()).ok_or(TOO_LONG)?;
        Ok(())
    }

    fn items(&mut self, count: usize) -> Result<(), &'static str> {
        self.items = self
            .items
            .checked_sub(count)
            .ok_or("the value grows beyond 2,000,000 elements")?;
        Ok(())
    }
}

fn below(depth: usize) -> Result<usize, &'static str> {
    depth
        .checked_sub(1)
        .ok_or("the value is nested beyond 256 levels")
}
