//! YAML 1.2, with the merge key `<<` that compose files use.

use std::borrow::Cow;
use std::collections::HashMap;

use indexmap::IndexMap;
use saphyr::{Scalar, ScalarStyle, ScanError};
use saphyr_parser::{Event, Marker, Parser, Tag};

use crate::value::Value;

use super::{MAX_DEPTH, ParseError, duplicate, too_deep};

/// The weight that aliases may add to what is written: a value weighs 1, text 1 per 16 bytes.
const MAX_ALIASED: usize = 1_000_000;

/// The value of a YAML text of one document; of none it is null.
///
/// # Errors
/// As [`yaml_all`], and where there are several documents.
pub fn yaml(text: &str) -> Result<Value, ParseError> {
    let mut all = yaml_all(text)?;
    if all.len() > 1 {
        return Err(ParseError {
            message: format!("it holds {} documents, where one is wanted", all.len()),
            line: None,
            column: None,
        });
    }
    Ok(all.pop().unwrap_or(Value::Null))
}

/// The values of the documents of a YAML text. A key that is no text becomes the text it
/// is written as; a tag that is not of YAML's core is passed over.
///
/// # Errors
/// Where it is not YAML, holds a key twice in one map, nests too deep, or grows without
/// measure by its aliases.
pub fn yaml_all(text: &str) -> Result<Vec<Value>, ParseError> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder {
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        room: MAX_ALIASED,
        expected: 0,
    };
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error: ScanError| {
            let at = error.marker();
            ParseError::at(error.info(), at.line(), at.col() + 1)
        })?;
        builder.event(event, &span.start)?;
    }
    Ok(builder.documents)
}

/// Values under construction: the parser's events, without recursion.
struct Builder {
    documents: Vec<Value>,
    open: Vec<Open>,
    /// What an alias stands for.
    anchors: HashMap<usize, Node>,
    room: usize,
    /// How many documents there must be when the open one ends.
    expected: usize,
}

struct Open {
    anchor: usize,
    weight: usize,
    height: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Value>),
    Map {
        entries: IndexMap<String, Value>,
        /// The key whose value comes next.
        key: Option<Key>,
        /// What `<<` named; its keys give way to the map's own.
        merged: Vec<Value>,
    },
}

enum Key {
    Text(String),
    Merge,
}

/// A finished value.
#[derive(Clone)]
struct Node {
    value: Value,
    weight: usize,
    /// Levels of lists and maps.
    height: usize,
    /// Whether it was a plain `<<`.
    merge: bool,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: &Marker) -> Result<(), ParseError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.expected = self.documents.len() + 1;
                Ok(())
            }
            Event::DocumentEnd => {
                if self.documents.len() < self.expected {
                    self.documents.push(Value::Null);
                }
                Ok(())
            }
            Event::SequenceStart(anchor, _) => self.open(anchor, OpenKind::List(Vec::new()), at),
            Event::MappingStart(anchor, _) => {
                let kind = OpenKind::Map {
                    entries: IndexMap::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.open(anchor, kind, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at),
            Event::Scalar(text, style, anchor, tag) => {
                let merge = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
                let value = scalar(text, style, tag.as_ref(), at)?;
                let weight = weight_of(&value);
                let node = Node {
                    value,
                    weight,
                    height: 0,
                    merge,
                };
                self.finished(anchor, node, at)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(fault("an alias names nothing that stands before it", at));
                };
                self.room = self
                    .room
                    .checked_sub(node.weight)
                    .ok_or_else(|| fault("its aliases make it too large", at))?;
                let node = Node {
                    merge: false,
                    ..node.clone()
                };
                self.finished(0, node, at)
            }
        }
    }

    fn open(&mut self, anchor: usize, kind: OpenKind, at: &Marker) -> Result<(), ParseError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(fault(&too_deep(), at));
        }
        self.open.push(Open {
            anchor,
            weight: 1,
            height: 1,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, at: &Marker) -> Result<(), ParseError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map {
                mut entries,
                merged,
                ..
            } => {
                for value in merged {
                    merge(&mut entries, value, at)?;
                }
                Value::Map(entries)
            }
        };
        let node = Node {
            value,
            weight: open.weight,
            height: open.height,
            merge: false,
        };
        self.finished(open.anchor, node, at)
    }

    fn finished(&mut self, anchor: usize, node: Node, at: &Marker) -> Result<(), ParseError> {
        // Aliases can put depth upon depth.
        if self.open.len() + node.height > MAX_DEPTH {
            return Err(fault(&too_deep(), at));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node.value);
            return Ok(());
        };
        parent.weight = parent.weight.saturating_add(node.weight);
        parent.height = parent.height.max(node.height + 1);
        match &mut parent.kind {
            OpenKind::List(items) => items.push(node.value),
            OpenKind::Map {
                entries,
                key,
                merged,
            } => match key.take() {
                None if node.merge => *key = Some(Key::Merge),
                None => {
                    let name = key_text(node.value, at)?;
                    if entries.contains_key(&name) {
                        return Err(fault(&duplicate(&name), at));
                    }
                    *key = Some(Key::Text(name));
                }
                Some(Key::Text(name)) => {
                    entries.insert(name, node.value);
                }
                Some(Key::Merge) => merged.push(node.value),
            },
        }
        Ok(())
    }
}

fn scalar(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Cow<'_, Tag>>,
    at: &Marker,
) -> Result<Value, ParseError> {
    // A tag of YAML's core says what the text is, quoted or not; any other says nothing of it.
    let core = tag.filter(|tag| tag.is_yaml_core_schema());
    let scalar = match core.map(|tag| tag.suffix.as_str()) {
        None => Scalar::parse_from_cow_and_metadata(text, style, None),
        Some("bool" | "int" | "float" | "null") => {
            Scalar::parse_from_cow_and_metadata(text, ScalarStyle::Plain, core)
        }
        Some(_) => Some(Scalar::String(text)),
    };
    Ok(match scalar {
        None => return Err(fault("a value is not of the type its tag names", at)),
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Boolean(value)) => Value::Bool(value),
        Some(Scalar::Integer(value)) => Value::Int(value),
        Some(Scalar::FloatingPoint(value)) => Value::Number(value.into_inner()),
        Some(Scalar::String(text)) => Value::String(text.into_owned()),
    })
}

fn key_text(value: Value, at: &Marker) -> Result<String, ParseError> {
    match value {
        Value::Null => Ok("null".to_owned()),
        other => other
            .text()
            .ok_or_else(|| fault("a list or map is the key of a map", at)),
    }
}

fn merge(
    entries: &mut IndexMap<String, Value>,
    value: Value,
    at: &Marker,
) -> Result<(), ParseError> {
    match value {
        Value::Map(other) => {
            for (key, value) in other {
                entries.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::List(items) => items.into_iter().try_for_each(|item| match item {
            Value::Map(_) => merge(entries, item, at),
            _ => Err(fault("`<<` names a list of what are not all maps", at)),
        }),
        _ => Err(fault("`<<` names what is no map", at)),
    }
}

fn weight_of(value: &Value) -> usize {
    match value {
        // Bytes weigh less than a value of its own.
        Value::String(text) => 1 + text.len() / 16,
        _ => 1,
    }
}

fn fault(reason: &str, at: &Marker) -> ParseError {
    ParseError::at(reason, at.line(), at.col() + 1)
}
