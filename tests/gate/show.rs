//! `gate show`: the plan as it is understood, as text, as a graph and as data.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::book::{MarkdownPage, root};
use crate::project::Project;

const PLAN: &str = r#"plan "shown" {
  env CI = "1"
}

let greeting = "a b"

check echoes(word: string) {
  run "echo {{word}}"
}

phase one "First things" {
  gate types $ true
  gate lint "No warning" $ true
  gate build {
    needs lint, types
    env MODE = "{{greeting}}!"
    $ echo {{greeting}} "{{greeting + "\""}}" '{{os.len() > 0}}' {{git.branch}}
  }
  for name in ["a", "b"] {
    gate "size-{{name}}" {
      in "services/{{name}}"
      needs build
      when git.branch == "{{name}}"
      check echoes(name)
    }
  }
  gate docs {
    needs types
    expect files("docs/**") is not empty
  }
  manual look "Look \"here\"" { step "x" }
  commit feat "make {{greeting}}"
  tag "{{phase.name}}-done"
}

phase two "Second" {
  scope { allow "x" }
}

phase three "Third" {
  gate last $ true
}
"#;

#[test]
fn the_outline_has_values_as_a_run_will_have_them() {
    let project = Project::with_plan(PLAN);
    insta::assert_snapshot!(project.gate(&["show"]).exits(0).stdout);
}

#[test]
fn the_graph_draws_gates_below_what_they_need() {
    let project = Project::with_plan(PLAN);
    insta::assert_snapshot!(project.gate(&["show", "--graph"]).exits(0).stdout);
    let ascii = project.gate_with(&["show", "--graph"], &[("LC_ALL", "C")]);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
    insta::assert_snapshot!(ascii.stdout);
}

#[test]
fn the_graph_for_graphviz_has_every_gate_and_need() {
    let project = Project::with_plan(PLAN);
    let dot = project.gate(&["show", "--graph=dot"]).exits(0).stdout;
    insta::assert_snapshot!(dot);
}

#[test]
fn a_long_chain_and_many_needs_are_drawn() {
    let mut plan = "phase p \"P\" {\n  gate g0 $ true\n".to_owned();
    for n in 1_usize..2000 {
        let needs: Vec<String> = (n.saturating_sub(3)..n).map(|n| format!("g{n}")).collect();
        let needs = needs.join(", ");
        plan.push_str(&format!(
            "  gate g{n} {{\n    needs {needs}\n    $ true\n  }}\n"
        ));
    }
    plan.push_str("}\n");
    let project = Project::with_plan(&plan);
    let drawn = project.gate(&["show", "--graph"]).exits(0).stdout;
    assert_eq!(drawn.lines().count(), 2 + 3 + 2000);
}

/// The first column of a section's table.
fn rows(page: &MarkdownPage, heading: &str) -> BTreeSet<String> {
    page.section(heading)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next())
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

/// The keys of every object that `under` leads to, `[]` going through lists.
fn kinds(json: &Json, field: &str, found: &mut BTreeSet<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| kinds(item, field, found)),
        Json::Object(fields) => {
            let has = |name| fields.contains_key(name);
            let wanted = match field {
                "step" => has("origin") && has("kind"),
                _ => has("ty") && has("kind"),
            };
            if wanted && let Some(kind) = fields["kind"].as_object() {
                found.extend(kind.keys().cloned());
            }
            fields.values().for_each(|value| kinds(value, field, found));
        }
        _ => {}
    }
}

#[test]
fn the_page_of_json_has_settings_steps_and_expressions() {
    let page = MarkdownPage::read(&root().join("docs/src/reference/json.md"));
    let plan = r#"
        param host: string
        check c(x: string) { run "echo {{x}}" }
        phase p "P" {
          gate a {
            $ true
            let n = stdout.json().a[0]
            expect not (n == -time.len()) and stdout is empty
            check c(env("X"))
            rhai { let x = 1; }
            check text.absent("a")
            ratchet r = files("**").len() rises
            expect { a: git.branch } == { a: "{{ci}}" } and [ci] == [true]
            expect stdout == host
          }
        }
    "#
    .replace("-time.len()", "-exit");
    let project = Project::with_plan(&plan);
    let json = project.gate(&["show", "--json"]).exits(0).stdout;
    let json: Json = serde_json::from_str(&json).unwrap();
    let settings = json["settings"].as_object().unwrap();
    let settings: BTreeSet<String> = settings.keys().cloned().collect();
    assert_eq!(rows(&page, "The settings"), settings);
    let mut steps = BTreeSet::new();
    kinds(&json["phases"], "step", &mut steps);
    assert_eq!(rows(&page, "A step"), steps);
    let mut expressions = BTreeSet::new();
    kinds(&json["phases"], "expression", &mut expressions);
    assert_eq!(rows(&page, "An expression"), expressions);
    assert_eq!(json["sources"], serde_json::json!(["plan.gate"]));
}
