//! Why something is not in a value, or where in it it is.

use crate::plan::Expr;
use crate::value::Value;

use super::Told;
use super::contents::{contents, places};
use crate::eval::describe::{SHORT, is_short, path, short};
use crate::eval::operators::is_constant;

/// Why what should be in a value is not.
pub(super) fn absent(name: &str, whole: &Value, element: &Value) -> Told {
    let told = Told::new(format!(
        "`{name}` does not contain {}",
        short(element, SHORT)
    ));
    if let (Value::String(text), Value::String(element)) = (whole, element)
        && text.to_lowercase().contains(&element.to_lowercase())
    {
        return told
            .note("it does, but for upper and lower case")
            .notes(contents(whole));
    }
    told.notes(contents(whole))
}

/// Why a value is not in another.
pub(super) fn outside(left: &Expr, element: &Value, right: &Expr, whole: &Value) -> Told {
    let told = absent(&path(right), whole, element);
    // The values of what is written by name; what is written out says enough.
    let whole = if is_short(whole) {
        short(whole, SHORT)
    } else {
        format!("`{}`", path(right))
    };
    let element = match is_constant(left) {
        true => format!("{} is not in {whole}", short(element, SHORT)),
        false => format!(
            "`{}` is {}, which is not in {whole}",
            path(left),
            short(element, SHORT)
        ),
    };
    Told {
        message: element,
        notes: told.notes,
    }
}

/// Where what should not be in a value is.
pub(super) fn present(name: &str, whole: &Value, element: &Value) -> Told {
    let told = Told::new(format!(
        "`{name}` contains {}, which it must not",
        short(element, SHORT)
    ));
    match (whole, element) {
        (Value::String(text), Value::String(element)) if !element.is_empty() => {
            let all = text.match_indices(element.as_str()).map(|(at, _)| at);
            told.notes(places(text, all))
        }
        (Value::List(items), element) => match items.iter().position(|item| item.equals(element)) {
            Some(at) => told.note(format!("it is the element [{at}]")),
            None => told,
        },
        _ => told,
    }
}
