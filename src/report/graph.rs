//! The order of a plan: its phases one after another, in each its gates and what they need.

use std::collections::HashMap;

use super::style::{Ink, Style};
use crate::plan::{Gate, Phase, Plan};
use crate::sanitise::{sanitise as clean, sanitise_line as sanitise};

/// A drawing for the terminal. A gate stands below the gate it needs, with an arrow; of
/// several needs below the one that is reached last, and names the others.
#[must_use]
pub fn drawing(plan: &Plan, style: Style) -> String {
    let mut lines = vec![super::title(plan, style), String::new()];
    let last = plan.phases.len().saturating_sub(1);
    for (at, phase) in plan.phases.iter().enumerate() {
        lines.extend(heading(phase, at == last, style));
        let bar = if at == last {
            " "
        } else {
            style.pick("│", "|")
        };
        let bar = style.paint(Ink::Frame, bar).into_owned();
        for row in Tree::of(phase).rows(phase, style) {
            lines.push(format!("{bar}  {row}").trim_end().to_owned());
        }
        if at < last {
            let arrow = style.paint(Ink::Frame, style.pick("▼", "v"));
            lines.push(arrow.into_owned());
        }
    }
    lines.join("\n")
}

/// The phase in a box, from which a line leads on to the next; its tag beside it.
fn heading(phase: &Phase, last: bool, style: Style) -> [String; 3] {
    let name = phase.name.value.as_str();
    let label = format!("{} {name}  {}", phase.number, sanitise(&phase.title));
    let width = label.chars().count() + 2;
    let frame = |text: String| style.paint(Ink::Frame, text).into_owned();
    let (side, across, corners) = style.pick(("│", "─", "╭╮├╰╯"), ("|", "-", "+++++"));
    let corner = |n: usize| corners.chars().nth(n).unwrap_or(' ');
    let line = across.repeat(width);
    let tag = phase.tag.as_ref().map(|tag| {
        let sign = style.pick("⚑", "tag");
        let text = format!("  {sign} {}", sanitise(&tag.name.value));
        style.paint(Ink::Dim, text).into_owned()
    });
    [
        frame(format!("{}{line}{}", corner(0), corner(1))),
        format!(
            "{} {} {}{}",
            frame(side.to_owned()),
            label.replacen(name, &style.paint(Ink::Bold, name), 1),
            frame(side.to_owned()),
            tag.unwrap_or_default()
        ),
        frame(format!(
            "{}{line}{}",
            corner(if last { 3 } else { 2 }),
            corner(4)
        )),
    ]
}

/// The gates of a phase, each below one it needs.
struct Tree {
    /// The gates that need none, in order.
    roots: Vec<usize>,
    /// Of each gate those drawn below it, in order.
    below: Vec<Vec<usize>>,
    /// Of each gate the one it is drawn below.
    above: Vec<Option<usize>>,
}

impl Tree {
    fn of(phase: &Phase) -> Self {
        let index: HashMap<&str, usize> = phase
            .gates
            .iter()
            .enumerate()
            .map(|(at, gate)| (gate.name.value.as_str(), at))
            .collect();
        let needs: Vec<Vec<usize>> = phase
            .gates
            .iter()
            .map(|gate| {
                let names = gate.needs.iter();
                names
                    .filter_map(|need| index.get(need.value.as_str()).copied())
                    .collect()
            })
            .collect();
        let depths = depths(&needs);
        let depth = |at: usize| depths.get(at).copied().unwrap_or(0);
        let mut tree = Self {
            roots: Vec::new(),
            below: vec![Vec::new(); needs.len()],
            above: Vec::new(),
        };
        for (at, needs) in needs.iter().enumerate() {
            // The first of the deepest.
            let above = needs.iter().copied().reduce(|best, need| {
                if depth(need) > depth(best) {
                    need
                } else {
                    best
                }
            });
            match above.and_then(|above| tree.below.get_mut(above)) {
                Some(below) => below.push(at),
                None => tree.roots.push(at),
            }
            tree.above.push(above);
        }
        tree
    }

    fn rows(&self, phase: &Phase, style: Style) -> Vec<String> {
        let manuals = phase.manuals.len();
        let mut rows = Vec::new();
        // What is still to be drawn, the next last: a gate, the lines before it, whether
        // others follow it.
        let mut open: Vec<(usize, String, bool)> = Vec::new();
        let count = self.roots.len();
        for (n, at) in self.roots.iter().enumerate().rev() {
            open.push((*at, String::new(), n + 1 == count && manuals == 0));
        }
        let (fork, end, pass) = style.pick(("├─ ", "╰─ ", "│  "), ("|- ", "`- ", "|  "));
        while let Some((at, before, last)) = open.pop() {
            let Some(gate) = phase.gates.get(at) else {
                continue;
            };
            let arrow = match self.above.get(at) {
                Some(Some(_)) => style.pick(("├─▶ ", "╰─▶ "), ("|-> ", "`-> ")),
                _ => (fork, end),
            };
            let stem = if last { arrow.1 } else { arrow.0 };
            let stem = style.paint(Ink::Frame, format!("{before}{stem}"));
            rows.push(format!("{stem}{}", self.gate(phase, at, gate, style)));
            let below = self.below.get(at).map(Vec::as_slice).unwrap_or_default();
            let inner = format!("{before}{}", if last { "   " } else { pass });
            for (n, child) in below.iter().enumerate().rev() {
                open.push((*child, inner.clone(), n + 1 == below.len()));
            }
        }
        for (n, manual) in phase.manuals.iter().enumerate() {
            let stem = if n + 1 == manuals { end } else { fork };
            let stem = style.paint(Ink::Frame, stem);
            let mark = style.paint(Ink::Dim, "by a person");
            rows.push(format!("{stem}{}  {mark}", manual.name.value));
        }
        rows
    }

    fn gate(&self, phase: &Phase, at: usize, gate: &Gate, style: Style) -> String {
        let above = self.above.get(at).copied().flatten();
        let above = above.and_then(|above| phase.gates.get(above));
        let others: Vec<&str> = gate
            .needs
            .iter()
            .map(|need| need.value.as_str())
            .filter(|need| above.is_some_and(|above| above.name.value != *need))
            .collect();
        let name = style.paint(Ink::Bold, gate.name.value.as_str());
        if others.is_empty() {
            return name.into_owned();
        }
        let also = format!("  needs {} too", others.join(", "));
        format!("{name}{}", style.paint(Ink::Dim, also))
    }
}

/// How many gates come one after another before each. What is in a circle, which no valid
/// plan has, stays at 0.
fn depths(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut depths = vec![0; needs.len()];
    let mut left: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        for need in needs {
            if let Some(by) = needed_by.get_mut(*need) {
                by.push(at);
            }
        }
    }
    let mut ready: Vec<usize> = (0..needs.len())
        .filter(|at| left.get(*at) == Some(&0))
        .collect();
    while let Some(at) = ready.pop() {
        let depth = depths.get(at).copied().unwrap_or(0);
        for by in needed_by.get(at).into_iter().flatten() {
            if let (Some(deeper), Some(left)) = (depths.get_mut(*by), left.get_mut(*by)) {
                *deeper = (*deeper).max(depth + 1);
                *left -= 1;
                if *left == 0 {
                    ready.push(*by);
                }
            }
        }
    }
    depths
}

/// The same in the language of Graphviz: `gate show --graph=dot | dot -Tsvg`.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let mut lines = vec![
        format!("digraph {} {{", quoted(&plan.path)),
        "  rankdir=LR".to_owned(),
        "  compound=true".to_owned(),
        "  node [shape=box, style=rounded]".to_owned(),
    ];
    for phase in &plan.phases {
        let name = phase.name.value.as_str();
        let label = format!("{} {name}\n{}", phase.number, phase.title);
        let id = |gate: &str| quoted(&format!("{name}/{gate}"));
        lines.push(format!(
            "  subgraph {} {{",
            quoted(&format!("cluster_{name}"))
        ));
        lines.push(format!("    label={}", quoted(&label)));
        // What the arrows between phases hold on to: a phase may have no gate.
        lines.push(format!("    {} [shape=point, style=invis]", quoted(name)));
        for gate in &phase.gates {
            let label = match &gate.title {
                Some(title) => format!("{}\n{title}", gate.name.value),
                None => gate.name.value.clone(),
            };
            lines.push(format!(
                "    {} [label={}]",
                id(&gate.name.value),
                quoted(&label)
            ));
        }
        for manual in &phase.manuals {
            let label = format!("{}\n{}", manual.name.value, manual.title);
            lines.push(format!(
                "    {} [label={}, style=dashed]",
                id(&manual.name.value),
                quoted(&label)
            ));
        }
        for gate in &phase.gates {
            for need in &gate.needs {
                lines.push(format!(
                    "    {} -> {}",
                    id(&need.value),
                    id(&gate.name.value)
                ));
            }
        }
        lines.push("  }".to_owned());
    }
    for (phase, next) in plan.phases.iter().zip(plan.phases.iter().skip(1)) {
        let (from, to) = (phase.name.value.as_str(), next.name.value.as_str());
        lines.push(format!(
            "  {} -> {} [ltail={}, lhead={}, style=bold]",
            quoted(from),
            quoted(to),
            quoted(&format!("cluster_{from}")),
            quoted(&format!("cluster_{to}"))
        ));
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// A text between quotes; a line end in it is written `\n`.
fn quoted(text: &str) -> String {
    let text = clean(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
