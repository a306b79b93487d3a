//! `param`s and top-level `let`s: free order, circles, given values, constants and
//! what only a run knows.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind, Function, GivenBy, GivenParam, Global};
use crate::source::{Span, Spanned};
use crate::syntax::ast;
use crate::value::{Type, Value};

use super::Analyzer;
use super::constant::Known;
use super::mentions::{names_in, names_in_parts};
use super::names::ValueDecl;
use super::place::{Binding, BindingKind, Place, Title};
use super::types::{Wanted, a};

/// Something a value may hang on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node<'a> {
    Title,
    Value(usize, &'a str),
}

/// A node whose dependencies are being looked at.
struct Open<'a> {
    node: Node<'a>,
    needs: Vec<(Node<'a>, Span)>,
    next: usize,
}

impl<'a> Analyzer<'a> {
    /// Finds what every `param`, `let` and the plan's title are.
    pub fn resolve_values(&mut self) {
        self.unknown_sets();
        let mut all = vec![Node::Title];
        for (module, names) in self.names.iter().enumerate() {
            all.extend(names.values.keys().map(|name| Node::Value(module, name)));
        }
        let mut opened = HashSet::new();
        let mut closed = HashSet::new();
        let mut circular = HashSet::new();
        // No recursion: a plan may hold a hundred thousand `let`s, each made of the next.
        for root in all {
            let mut stack = Vec::new();
            if opened.insert(root) {
                stack.push(self.open(root));
            }
            while let Some(top) = stack.last_mut() {
                if let Some((node, span)) = top.needs.get(top.next).copied() {
                    top.next += 1;
                    if opened.insert(node) {
                        stack.push(self.open(node));
                    } else if !closed.contains(&node)
                        && let Some(from) = stack.iter().position(|open| open.node == node)
                    {
                        let ring: Vec<Node<'a>> =
                            stack.iter().skip(from).map(|open| open.node).collect();
                        self.circle(&ring, span);
                        circular.extend(ring);
                    }
                } else if let Some(done) = stack.pop() {
                    closed.insert(done.node);
                    self.resolve(done.node, circular.contains(&done.node));
                }
            }
        }
    }

    fn open(&self, node: Node<'a>) -> Open<'a> {
        let mut names = Vec::new();
        let module = match node {
            Node::Title => {
                if let Some((_, Some(title), _)) = self.plan_statement() {
                    names_in_parts(&title.parts, &mut names);
                }
                0
            }
            Node::Value(module, name) => {
                let decl = self.names.get(module).and_then(|n| n.values.get(name));
                if let Some(expr) = decl.and_then(|decl| decl.expr()) {
                    names_in(expr, &mut names);
                }
                module
            }
        };
        let needs = names
            .into_iter()
            .filter_map(|(of, name, span)| Some((self.node(module, of, name)?, span)))
            .collect();
        Open {
            node,
            needs,
            next: 0,
        }
    }

    /// The value `name`, or `of.name`, means at the top of a module.
    fn node(&self, module: usize, of: Option<&str>, name: &str) -> Option<Node<'a>> {
        let module = match of {
            Some("plan") if name == "title" => return Some(Node::Title),
            Some(alias) => self.names.get(module)?.aliases.get(alias)?.module?,
            None => module,
        };
        let (name, _) = self.names.get(module)?.values.get_key_value(name)?;
        Some(Node::Value(module, name))
    }

    fn circle(&mut self, ring: &[Node<'a>], span: Span) {
        let name = |node: &Node<'a>| match node {
            Node::Title => "plan.title".to_owned(),
            Node::Value(_, name) => (*name).to_owned(),
        };
        let path: Vec<String> = ring.iter().chain(ring.first()).map(name).collect();
        let mut diagnostic = Diagnostic::new(
            Code::CYCLE,
            format!(
                "the value of `{}` leads back to itself",
                path.first().map_or("", String::as_str)
            ),
            span,
        );
        for node in ring.iter().take(8) {
            if let Node::Value(module, name) = node
                && let Some(decl) = self.names.get(*module).and_then(|n| n.values.get(*name))
            {
                diagnostic =
                    diagnostic.also(decl.name().span, format!("`{name}` is declared here"));
            }
        }
        if path.len() > 2 {
            diagnostic = diagnostic.note(format!("the circle is {}", path.join(" → ")));
        }
        self.report(diagnostic.help("write out one of the values in the circle"));
    }

    fn resolve(&mut self, node: Node<'a>, circular: bool) {
        match node {
            Node::Title => {
                let title = self.evaluate_title(circular);
                self.title = Some(title);
            }
            Node::Value(module, name) => {
                let Some(decl) = self
                    .names
                    .get(module)
                    .and_then(|n| n.values.get(name))
                    .copied()
                else {
                    return;
                };
                let binding = if circular {
                    Binding::wrong(decl.name().span)
                } else {
                    match decl {
                        ValueDecl::Param(param) => self.param(module, param),
                        ValueDecl::Let(name, value) => {
                            let place = Place::top(module, "a top-level `let`");
                            let expr = self.lower(value, &place);
                            self.bound(module, &name.value, name.span, expr)
                        }
                    }
                };
                if let Some(values) = self.values.get_mut(module) {
                    values.insert(name, binding);
                }
            }
        }
    }

    fn evaluate_title(&mut self, circular: bool) -> Title {
        let Some((_, Some(title), _)) = self.plan_statement() else {
            if self.is_unread_statement(&["plan"]) || self.is_in_broken("plan") {
                return Title::Missing;
            }
            // A library read by itself has the title of whatever plan uses it.
            let library = self
                .files
                .modules
                .first()
                .is_none_or(|module| !self.files.has_phase(module));
            return if library { Title::Missing } else { Title::None };
        };
        if circular {
            return Title::Missing;
        }
        let place = Place::top(0, "the plan's title");
        let expr = self.lower_text(title, &place);
        match self.constant(&expr, "the plan's title") {
            Some(Value::String(text)) => Title::Text(text),
            _ => Title::Missing,
        }
    }

    /// The plan's title, if it has one that is known.
    pub fn title_of_plan(&self) -> Option<String> {
        match &self.title {
            Some(Title::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// What a top-level name stands for, given its expression.
    fn bound(&mut self, module: usize, name: &str, span: Span, expr: Expr) -> Binding {
        let ty = expr.ty.clone();
        let file = is_file(&expr);
        let kind = match self.known(&expr) {
            Known::Value(value) => BindingKind::Constant(value),
            Known::Missing => BindingKind::Missing,
            Known::Wrong => BindingKind::Wrong,
            Known::RunTime(_) => {
                let key = self.key(module, name);
                self.globals.insert(
                    key.clone(),
                    Global {
                        name: Spanned::new(name.to_owned(), span),
                        value: expr,
                    },
                );
                BindingKind::Global(key)
            }
        };
        Binding {
            span,
            ty,
            kind,
            file,
        }
    }

    fn param(&mut self, module: usize, param: &ast::Param) -> Binding {
        let ty = self.named_type(&param.ty);
        let name = &param.name;
        let what = format!("`{}`", name.value);
        let default = param.default.as_ref().map(|default| {
            let place = Place::top(module, "a `param`");
            let expr = self.lower(default, &place);
            self.fitted(
                expr,
                &Wanted {
                    ty: &ty,
                    what: &what,
                    declared: Some(param.ty.span),
                },
            )
        });
        let constant = |kind| Binding {
            span: name.span,
            ty: ty.clone(),
            kind,
            file: false,
        };
        if let Some((from, param)) = self.given_value(module, &name.value) {
            let text = &param.value;
            return match given(&ty, text) {
                Ok(value) => {
                    self.given_params.insert(param);
                    constant(BindingKind::Constant(value))
                }
                Err(why) => {
                    self.report(
                        Diagnostic::new(
                            Code::PARAM_VALUE,
                            format!("`{}` cannot be `{text}`: {why}", name.value),
                            name.span,
                        )
                        .here(format!("`{}` is {}", name.value, a(&ty)))
                        .note(format!("the value was given by {from}")),
                    );
                    Binding::wrong(name.span)
                }
            };
        }
        if let Some(default) = default {
            let binding = self.bound(module, &name.value, name.span, default);
            return Binding { ty, ..binding };
        }
        if self.given.for_run {
            let key = self.key(module, &name.value);
            let help = if module == 0 {
                format!(
                    "give it with `--set {key}=…` or in the environment as `{}`",
                    variable(&name.value)
                )
            } else {
                format!("give it with `--set {key}=…`")
            };
            self.report(
                Diagnostic::new(
                    Code::PARAM_MISSING,
                    format!("`{key}` has no default and was not given a value"),
                    name.span,
                )
                .help(help),
            );
        }
        constant(BindingKind::Missing)
    }

    /// How a run and `--set` name a value of a module.
    fn key(&self, module: usize, name: &str) -> String {
        match self.files.modules.get(module) {
            Some(module) if !module.key.is_empty() => format!("{}.{name}", module.key),
            _ => name.to_owned(),
        }
    }

    /// What was given for a `param`, and by what in words.
    fn given_value(&self, module: usize, name: &str) -> Option<(String, GivenParam)> {
        let key = self.key(module, name);
        let param = |value: &String, from| GivenParam {
            name: key.clone(),
            value: value.clone(),
            from,
        };
        let set = self.given.sets.iter().rev().find(|(set, _)| *set == key);
        if let Some((set, text)) = set {
            return Some((format!("`--set {set}=…`"), param(text, GivenBy::Call)));
        }
        if module != 0 {
            return None;
        }
        let wanted = variable(name);
        let found = self.given.env.iter().rev().find(|(var, _)| *var == wanted);
        found.map(|(var, text)| {
            let from = format!("the environment variable `{var}`");
            (from, param(text, GivenBy::Environment))
        })
    }

    fn unknown_sets(&mut self) {
        let given = self.given;
        let mut params = Vec::new();
        for (module, names) in self.names.iter().enumerate() {
            for (name, decl) in &names.values {
                if matches!(decl, ValueDecl::Param(_)) {
                    params.push(self.key(module, name));
                }
            }
        }
        for (set, _) in &given.sets {
            if params.contains(set) || self.is_in_broken(set) {
                continue;
            }
            let mut diagnostic = Diagnostic::unplaced(
                Code::UNKNOWN_PARAM,
                format!("`--set {set}`: the plan has no param `{set}`"),
            );
            diagnostic = match nearest(set, params.iter().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("did you mean `--set {near}=…`?")),
                None if params.is_empty() => diagnostic.note("it has no params at all"),
                None => diagnostic.note(format!("its params are {}", params.join(", "))),
            };
            self.report(diagnostic);
        }
    }
}

/// The environment variable a `param` can be given by.
fn variable(name: &str) -> String {
    format!("GATE_PARAM_{}", name.to_uppercase().replace('-', "_"))
}

/// Whether an expression is what `file()` gives.
pub(super) fn is_file(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Call {
            function: Function::File,
            ..
        }
    )
}

/// The value a given text stands for.
fn given(ty: &Type, text: &str) -> Result<Value, String> {
    if ty.is_text() || *ty == Type::Pattern {
        return Ok(Value::String(text.to_owned()));
    }
    let value = crate::syntax::parse_literal(text)?;
    if !value.type_of().fits(ty) {
        return Err(format!("it takes {}, not {}", a(ty), a(&value.type_of())));
    }
    Ok(match (ty, value) {
        (Type::List(_), value @ Value::List(_)) => value,
        (Type::List(_), value) => Value::List(vec![value]),
        (_, value) => value,
    })
}
