//! `needs`: resolved once all gates of a phase are known, and never in a circle.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Gate;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ExprKind as AstKind};
use crate::value::{Type, Value};

use super::Analyzer;
use super::names::did_you_mean;
use super::place::Place;

/// A needed gate, not looked for yet.
pub(super) struct Need {
    name: Spanned<String>,
    /// The names meant where no gate has that one: those of a value so called.
    otherwise: Option<Vec<Spanned<String>>>,
}

/// What has a name in a phase, other than its gates.
pub(super) type Others = HashMap<String, (Span, &'static str)>;

impl<'a> Analyzer<'a> {
    /// The gates a `needs` names.
    pub fn needs(&mut self, names: &[ast::Expr], place: &Place) -> Vec<Need> {
        let mut needs = Vec::new();
        for expr in names {
            if let AstKind::Name(name) = &expr.kind {
                let value = self.value_of(name, place).is_some();
                let otherwise =
                    value.then(|| self.texts_now(std::slice::from_ref(expr), "`needs`", place));
                needs.push(Need {
                    name: Spanned::new(name.clone(), expr.span),
                    otherwise,
                });
                continue;
            }
            for (item, _) in
                self.items_now(std::slice::from_ref(expr), &Type::String, "`needs`", place)
            {
                if let Value::String(text) = item.value {
                    needs.push(Need {
                        name: Spanned::new(text, item.span),
                        otherwise: None,
                    });
                }
            }
        }
        needs
    }

    /// Finds what each gate needs; `unsure` where gates may have been left out.
    pub fn resolve_needs(
        &mut self,
        gates: &mut [Gate],
        needs: Vec<Vec<Need>>,
        others: &Others,
        elsewhere: &[(String, String)],
        unsure: bool,
    ) {
        let index: HashMap<String, usize> = gates
            .iter()
            .enumerate()
            .map(|(at, gate)| (gate.name.value.clone(), at))
            .collect();
        let mut edges: Vec<Vec<(usize, Span)>> = Vec::new();
        for (at, list) in needs.into_iter().enumerate() {
            let mut found = Vec::new();
            let mut names: Vec<Spanned<String>> = Vec::new();
            for need in list {
                let wanted = match need.otherwise {
                    Some(otherwise) if !index.contains_key(&need.name.value) => otherwise,
                    _ => vec![need.name],
                };
                for name in wanted {
                    match index.get(&name.value) {
                        Some(to) => {
                            found.push((*to, name.span));
                            if !names.iter().any(|known| known.value == name.value) {
                                names.push(name);
                            }
                        }
                        None if unsure || self.is_in_broken(&name.value) => {}
                        None => self.unknown_gate(&name, &index, others, elsewhere),
                    }
                }
            }
            if let Some(gate) = gates.get_mut(at) {
                gate.needs = names;
            }
            edges.push(found);
        }
        self.need_circles(gates, &edges);
    }

    fn unknown_gate(
        &mut self,
        name: &Spanned<String>,
        index: &HashMap<String, usize>,
        others: &Others,
        elsewhere: &[(String, String)],
    ) {
        let text = name.value.as_str();
        let mut diagnostic = Diagnostic::new(
            Code::UNKNOWN_GATE,
            format!("this phase has no gate `{text}`"),
            name.span,
        );
        if let Some((span, what)) = others.get(text) {
            diagnostic = diagnostic
                .also(*span, format!("`{text}` is {what}"))
                .help("only gates can be needed");
        } else if let Some((phase, _)) = elsewhere.iter().find(|(_, gate)| gate == text) {
            diagnostic = diagnostic
                .note(format!(
                    "the phase `{phase}` has one: phases are done in order by themselves"
                ))
                .help("remove it");
        } else if elsewhere.iter().any(|(phase, gate)| {
            text.strip_prefix(phase)
                .and_then(|rest| rest.strip_prefix('/'))
                == Some(gate)
        }) {
            diagnostic = diagnostic
                .note("phases are done in order by themselves")
                .help("name a gate of the same phase, by its name alone");
        } else if let Some(near) = nearest(text, index.keys().map(String::as_str)) {
            let plain = self.sources.slice(name.span) == text;
            diagnostic = if plain {
                did_you_mean(diagnostic, name.span, near)
            } else {
                diagnostic.help(format!("did you mean `{near}`?"))
            };
        } else {
            diagnostic = diagnostic.help("name a gate of the same phase");
        }
        self.report(diagnostic);
    }

    fn need_circles(&mut self, gates: &[Gate], edges: &[Vec<(usize, Span)>]) {
        let mut opened = vec![false; gates.len()];
        let mut closed = HashSet::new();
        for root in 0..gates.len() {
            let mut stack = Vec::new();
            if let Some(open) = opened.get_mut(root).filter(|open| !**open) {
                *open = true;
                stack.push((root, 0));
            }
            while let Some((at, next)) = stack.last_mut() {
                let edge = edges.get(*at).and_then(|list| list.get(*next)).copied();
                *next += 1;
                let Some((to, span)) = edge else {
                    closed.extend(stack.pop().map(|(at, _)| at));
                    continue;
                };
                if !closed.contains(&to)
                    && let Some(from) = stack.iter().position(|(at, _)| *at == to)
                {
                    let ring: Vec<&Gate> = stack
                        .iter()
                        .skip(from)
                        .filter_map(|(at, _)| gates.get(*at))
                        .collect();
                    self.need_circle(&ring, span);
                } else if let Some(open) = opened.get_mut(to).filter(|open| !**open) {
                    *open = true;
                    stack.push((to, 0));
                }
            }
        }
    }

    fn need_circle(&mut self, ring: &[&Gate], span: Span) {
        let path: Vec<&str> = ring
            .iter()
            .chain(ring.first())
            .map(|gate| gate.name.value.as_str())
            .collect();
        let mut diagnostic = Diagnostic::new(
            Code::NEEDS_CYCLE,
            match path.as_slice() {
                [name, _] => format!("the gate `{name}` needs itself"),
                _ => format!(
                    "these gates need each other in a circle: {}",
                    path.join(" → ")
                ),
            },
            span,
        );
        for gate in ring.iter().take(8) {
            diagnostic = diagnostic.also(gate.name.span, format!("`{}`", gate.name.value));
        }
        self.report(diagnostic.help("remove one of these `needs`"));
    }
}
