//! Values of the language and their types.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// Nothing; comes only out of parsed data.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(f64),
    /// A text; paths, globs and words are texts.
    String(String),
    /// A time span, in milliseconds.
    Duration(u64),
    /// A size, in bytes.
    Size(u64),
    /// A regular expression.
    Regex(Pattern),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order it was written.
    Map(IndexMap<String, Value>),
}

/// A regular expression as written: Rust `regex` syntax and the flags `i m s x`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Pattern {
    /// The pattern, with `\/` already a slash.
    pub pattern: String,
    /// The flags, each at most once.
    pub flags: String,
}

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// Where the pattern is not of the `regex` crate's syntax or grows beyond its size limit.
    pub fn compile(&self) -> Result<regex::Regex, regex::Error> {
        self.compile_with(regex::Regex::new)
    }

    /// Compiles it for bytes that need not be UTF-8.
    ///
    /// # Errors
    /// As [`Pattern::compile`].
    pub fn compile_bytes(&self) -> Result<regex::bytes::Regex, regex::Error> {
        self.compile_with(regex::bytes::Regex::new)
    }

    fn compile_with<T>(
        &self,
        compile: impl Fn(&str) -> Result<T, regex::Error>,
    ) -> Result<T, regex::Error> {
        if self.flags.is_empty() {
            compile(&self.pattern)
        } else {
            compile(&format!("(?{}){}", self.flags, self.pattern))
        }
    }
}

impl Value {
    /// The type the value has by itself.
    #[must_use]
    pub fn type_of(&self) -> Type {
        match self {
            Self::Null => Type::Any,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::Duration(_) => Type::Duration,
            Self::Size(_) => Type::Size,
            Self::Regex(_) => Type::Regex,
            Self::List(items) => {
                Type::List(Box::new(Type::common(items.iter().map(Self::type_of))))
            }
            Self::Map(_) => Type::Map,
        }
    }

    /// The value inside a text: as it would be written in a plan, a string as it is.
    /// A list, map, regex or null has none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::String(text) => Some(text.clone()),
            Self::Bool(_) | Self::Int(_) | Self::Number(_) | Self::Duration(_) | Self::Size(_) => {
                Some(self.to_string())
            }
            Self::Null | Self::Regex(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Equality as `==` means it: `int` and `number` by value, else of one type.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "an int is compared with a number by value"
    )]
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Number(b)) | (Self::Number(b), Self::Int(a)) => *a as f64 == *b,
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| a.equals(b)))
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Value {
    /// The value as it would be written in a plan.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Number(value) => {
                if value.fract() == 0.0 && value.abs() < 1e15 {
                    write!(f, "{value:.1}")
                } else {
                    write!(f, "{value}")
                }
            }
            Self::String(text) => write_quoted(f, text),
            Self::Duration(ms) => write_duration(f, *ms),
            Self::Size(bytes) => write_size(f, *bytes),
            Self::Regex(regex) => {
                write!(f, "/{}/{}", regex.pattern.replace('/', "\\/"), regex.flags)
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                if entries.is_empty() {
                    return f.write_str("{}");
                }
                f.write_str("{ ")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    if is_identifier(key) {
                        f.write_str(key)?;
                    } else {
                        write_quoted(f, key)?;
                    }
                    write!(f, ": {value}")?;
                }
                f.write_str(" }")
            }
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            '{' if rest.peek() == Some(&'{') => {
                rest.next();
                f.write_str("\\{{")?;
            }
            c if c.is_control() => write!(f, "\\u{{{:X}}}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

fn write_duration(f: &mut fmt::Formatter<'_>, ms: u64) -> fmt::Result {
    if ms == 0 {
        return f.write_str("0s");
    }
    let mut rest = ms;
    for (unit, size) in DURATION_UNITS.iter().rev() {
        let count = rest / size;
        if count > 0 {
            write!(f, "{count}{unit}")?;
            rest -= count * size;
        }
    }
    Ok(())
}

fn write_size(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    let best = SIZE_UNITS
        .iter()
        .rev()
        .find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size))
        .unwrap_or(&("B", 1));
    write!(f, "{}{}", bytes / best.1, best.0)
}

/// The units of durations, smallest first, in milliseconds.
pub const DURATION_UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The units of sizes, smallest first, in bytes.
pub const SIZE_UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

/// Whether a text is an identifier: `[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*`.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    text.bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && text.split('-').all(word)
}

/// The identifier that the words of a text make: `All is well` gives `all-is-well`. None where
/// they make none.
#[must_use]
pub fn identifier_from(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    Some(words.join("-")).filter(|name| is_identifier(name))
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// A text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A time span.
    Duration,
    /// A size in bytes.
    Size,
    /// A regular expression.
    Regex,
    /// A word or a regular expression.
    Pattern,
    /// A path from the repository's root.
    Path,
    /// A glob over paths.
    Glob,
    /// A list of one type.
    List(Box<Type>),
    /// A map from texts to anything.
    Map,
    /// What parsed data yields; checked when it runs.
    Any,
    /// The type of what was already reported as wrong; fits everywhere.
    Unknown,
}

impl Type {
    /// The type a parameter's annotation names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, ty)| ty.clone())
    }

    /// The names an annotation may use, `list<T>` aside.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// Whether values of this type are texts at run time.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::String | Self::Path | Self::Glob)
    }

    /// Whether a value of this type may stand where `wanted` is asked for.
    #[must_use]
    pub fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Unknown | Self::Any, _) | (_, Self::Unknown | Self::Any) => true,
            (Self::Int, Self::Number) | (Self::Regex, Self::Pattern) => true,
            (given, Self::Pattern) if given.is_text() => true,
            (given, wanted) if given.is_text() && wanted.is_text() => true,
            (Self::List(given), Self::List(wanted)) => given.fits(wanted),
            // A single value where a list is wanted.
            (given, Self::List(wanted)) => given.fits(wanted),
            (given, wanted) => given == wanted,
        }
    }

    /// Whether `==` between the two can ever be true.
    #[must_use]
    pub fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.comparable(b),
            (Self::List(_), b) if !matches!(b, Self::Any | Self::Unknown) => false,
            (a, Self::List(_)) if !matches!(a, Self::Any | Self::Unknown) => false,
            (a, b) => a.fits(b) || b.fits(a),
        }
    }

    /// The type all of these share: equal ones, `number` for ints and numbers, text for
    /// texts, else `any`; nothing at all is `unknown`.
    pub fn common(types: impl IntoIterator<Item = Self>) -> Self {
        let mut common = Self::Unknown;
        for ty in types {
            common = match (common, ty) {
                (Self::Unknown, ty) | (ty, Self::Unknown) => ty,
                (a, b) if a == b => a,
                (Self::Int, Self::Number) | (Self::Number, Self::Int) => Self::Number,
                (a, b) if a.is_text() && b.is_text() => Self::String,
                (a, b)
                    if (a.is_text() || matches!(a, Self::Regex | Self::Pattern))
                        && (b.is_text() || matches!(b, Self::Regex | Self::Pattern)) =>
                {
                    Self::Pattern
                }
                _ => return Self::Any,
            };
        }
        common
    }
}

const NAMED: &[(&str, Type)] = &[
    ("string", Type::String),
    ("int", Type::Int),
    ("number", Type::Number),
    ("bool", Type::Bool),
    ("duration", Type::Duration),
    ("size", Type::Size),
    ("regex", Type::Regex),
    ("pattern", Type::Pattern),
    ("path", Type::Path),
    ("glob", Type::Glob),
    ("map", Type::Map),
    ("any", Type::Any),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(item) if **item == Self::Unknown => f.write_str("list<any>"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Unknown => f.write_str("any"),
            other => {
                let name = NAMED
                    .iter()
                    .find(|(_, ty)| ty == other)
                    .map(|(name, _)| *name);
                f.write_str(name.unwrap_or("any"))
            }
        }
    }
}
