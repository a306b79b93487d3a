//! Whether two files say the same.

use serde_json::Value;

use crate::syntax::ast::File;

/// Whether two trees are equal but for the places and the comments: what a file means is
/// the same. Documentation counts.
#[must_use]
pub fn same_meaning(one: &File, other: &File) -> bool {
    bare(one) == bare(other)
}

fn bare(file: &File) -> Option<Value> {
    let mut items = serde_json::to_value(&file.items).ok()?;
    forget_places(&mut items);
    Some(items)
}

/// Empties every span; that there is one may be all that a field says.
fn forget_places(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_places),
        Value::Object(fields) => {
            let span = ["source", "start", "end"];
            if fields.len() == span.len() && span.iter().all(|name| fields.contains_key(*name)) {
                fields.clear();
            }
            fields.values_mut().for_each(forget_places);
        }
        _ => {}
    }
}
