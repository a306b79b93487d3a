//! The standard library's signatures: the one table calls are checked against.

use crate::value::Type;

/// A check of the standard library.
#[derive(Debug)]
pub struct LibraryCheck {
    /// `text.absent`.
    pub name: &'static str,
    /// What it is called with.
    pub params: &'static [LibraryParam],
}

/// A parameter of a library check.
#[derive(Debug)]
pub struct LibraryParam {
    /// Its name.
    pub name: &'static str,
    /// Its type, as an annotation would say it.
    pub ty: &'static str,
    /// What it is where the call says nothing.
    pub default: LibraryDefault,
}

/// The default of a library check's parameter.
#[derive(Debug, Clone, Copy)]
pub enum LibraryDefault {
    /// None: the call must give it.
    Required,
    /// A text.
    Text(&'static str),
    /// A time span, in milliseconds.
    Duration(u64),
}

impl LibraryParam {
    /// Its type.
    #[must_use]
    pub fn type_of(&self) -> Type {
        let item = self
            .ty
            .strip_prefix("list<")
            .and_then(|rest| rest.strip_suffix('>'));
        match item {
            Some(item) => Type::List(Box::new(Type::named(item).unwrap_or(Type::Any))),
            None => Type::named(self.ty).unwrap_or(Type::Any),
        }
    }
}

impl LibraryCheck {
    /// The check of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        LIBRARY.iter().find(|check| check.name == name)
    }

    /// The call with all its parameters, as documentation shows it.
    #[must_use]
    pub fn signature(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|param| {
                let default = match param.default {
                    LibraryDefault::Required => String::new(),
                    LibraryDefault::Text(text) => format!(" = \"{text}\""),
                    LibraryDefault::Duration(ms) => {
                        format!(" = {}", crate::value::Value::Duration(ms))
                    }
                };
                format!("{}: {}{default}", param.name, param.ty)
            })
            .collect();
        format!("{}({})", self.name, params.join(", "))
    }
}

/// The names of the library's modules, each once.
pub fn modules() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    LIBRARY.iter().filter_map(move |check| {
        let module = check.name.split('.').next().unwrap_or(check.name);
        let new = module != last;
        last = module;
        new.then_some(module)
    })
}

const fn required(name: &'static str, ty: &'static str) -> LibraryParam {
    LibraryParam {
        name,
        ty,
        default: LibraryDefault::Required,
    }
}

const fn text(name: &'static str, ty: &'static str, default: &'static str) -> LibraryParam {
    LibraryParam {
        name,
        ty,
        default: LibraryDefault::Text(default),
    }
}

const IN: LibraryParam = text("in", "list<glob>", "**");
const WITHIN: LibraryParam = LibraryParam {
    name: "within",
    ty: "duration",
    default: LibraryDefault::Duration(10_000),
};

const fn check(name: &'static str, params: &'static [LibraryParam]) -> LibraryCheck {
    LibraryCheck { name, params }
}

/// Every check of the library, module by module.
pub const LIBRARY: &[LibraryCheck] = &[
    check("text.absent", &[required("words", "list<pattern>"), IN]),
    check("text.present", &[required("words", "list<pattern>"), IN]),
    check("text.no-conflict-markers", &[IN]),
    check("text.final-newline", &[IN]),
    check("text.no-trailing-space", &[IN]),
    check("text.no-bidi", &[IN]),
    check("json.valid", &[text("files", "list<glob>", "**/*.json")]),
    check(
        "json.has",
        &[required("file", "path"), required("pointer", "string")],
    ),
    check(
        "json.schema",
        &[required("files", "list<glob>"), required("schema", "path")],
    ),
    check(
        "yaml.valid",
        &[text("files", "list<glob>", "**/*.{yaml,yml}")],
    ),
    check(
        "yaml.has",
        &[required("file", "path"), required("pointer", "string")],
    ),
    check(
        "yaml.schema",
        &[required("files", "list<glob>"), required("schema", "path")],
    ),
    check("toml.valid", &[text("files", "list<glob>", "**/*.toml")]),
    check(
        "toml.has",
        &[required("file", "path"), required("pointer", "string")],
    ),
    check(
        "proto.compiles",
        &[
            text("files", "list<glob>", "**/*.proto"),
            text("include", "list<path>", "."),
        ],
    ),
    check(
        "compose.valid",
        &[text("file", "path", "docker-compose.yml")],
    ),
    check(
        "compose.unique-ports",
        &[text("file", "path", "docker-compose.yml")],
    ),
    check("files.exist", &[required("globs", "list<glob>")]),
    check("files.absent", &[required("globs", "list<glob>")]),
    check("files.max-size", &[required("size", "size"), IN]),
    check("files.no-case-conflicts", &[]),
    check("markdown.links", &[text("in", "list<glob>", "**/*.md")]),
    check(
        "markdown.tasks-done",
        &[required("file", "path"), text("under", "string", "")],
    ),
    check("http.ok", &[required("url", "string"), WITHIN]),
    check(
        "http.json",
        &[
            required("url", "string"),
            required("pointer", "string"),
            required("equals", "any"),
            WITHIN,
        ],
    ),
    check("secrets.none", &[IN]),
    check("audit.tests-kept", &[]),
    check("audit.no-suppressions", &[IN]),
    check("git.clean", &[]),
    check("git.conventional", &[text("since", "string", "")]),
];
