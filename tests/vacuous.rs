//! Plans in which something judges nothing, whatever it came out of.

use gatelang::analysis::{Given, analyse};
use gatelang::source::MemoryLoader;

/// The plan, and what is said of it: places, sentences, and what is said of other places.
fn shown(source: &str) -> String {
    let mut shown = String::new();
    for (index, line) in source.lines().enumerate() {
        shown.push_str(format!("{:3} {line}", index + 1).trim_end());
        shown.push('\n');
    }
    shown.push_str("===\n");
    let loader = MemoryLoader::new().with("plan.gate", source);
    let said = analyse("plan.gate", &loader, &Given::default()).diagnostics;
    for item in &said.items {
        let place = item.primary().map(|span| said.sources.place(span));
        let place = place.unwrap_or_default();
        let place = place.trim_start_matches("plan.gate:");
        shown.push_str(&format!("{place} {} {}\n", item.code, item.message));
        for label in item.labels.iter().filter(|label| !label.primary) {
            let place = said.sources.place(label.span);
            let place = place.trim_start_matches("plan.gate:");
            shown.push_str(&format!("  {place} {}\n", label.text));
        }
        let notes = item.notes.iter().map(|note| format!("  note: {note}\n"));
        shown.extend(notes);
        let advice = item.suggestions.iter();
        shown.extend(advice.map(|advice| format!("  help: {}\n", advice.text)));
    }
    shown
}

#[test]
fn gates_without_a_step() {
    insta::assert_snapshot!(shown(
        r#"
check each(names: list<string> = []) {
  for name in names {
    $ make {{name}}
  }
}
check through() {
  timeout 5m
  check each()
}
check only-let() {
  let a = 1
}
phase a "A" {
  gate empty {
  }
  gate keeps {
    timeout 5m
    let x = 1
  }
  gate loops {
    for name in [] {
      $ make {{name}}
    }
  }
  for name in ["p", "q"] {
    gate "{{name}}" {
      let x = name
    }
  }
  gate calls check each()
  gate calls-through {
    check through()
    check each()
  }
  gate judges check each(["x"])
}
every phase {
  gate everywhere {
    needs judges
  }
}
"#
    ));
}

#[test]
fn phases_in_which_nothing_is_judged() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  scope {
  }
  commit chore "x"
}
phase a "A" {
  goal "x"
  service s {
    $ x
    ready port 1
  }
}
phase b "B" {
  for x in [] {
    gate "{{x}}" $ make
  }
}
phase c "C" { scope { limit 4 files } }
phase d "D" {
  tasks "t.md"
}
phase e "E" {
}
"#
    ));
    insta::assert_snapshot!(
        "every_phase_judges",
        shown("every phase {\n  gate g $ make\n}\nphase a \"A\" {\n}\n")
    );
}

#[test]
fn expectations_without_a_command() {
    insta::assert_snapshot!(shown(
        r#"
check c() {
  expect stdout == ""
  $ make
}
phase a "A" {
  gate line expect exit == 0
  gate before {
    expect stderr is empty
    $ make
  }
  gate out-of-a-loop {
    for f in ["a"] {
      $ make {{f}}
    }
    expect stdout is empty
  }
  gate into-a-loop {
    $ make
    for f in ["a"] {
      expect stdout contains f
    }
    expect stdout is empty
  }
  gate of-a-check {
    let y = time
    check c()
    expect output is empty
  }
  gate setting {
    when exit == 0
    $ make
  }
}
every phase {
  for z in ["1", "2"] {
    gate "z{{z}}" expect stdout == z
  }
}
"#
    ));
}

#[test]
fn allows_that_a_deny_covers() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  scope {
    deny "**/*.lock", "gen/**/*"
    allow "src/a.lock"
  }
}
phase a "A" {
  scope {
    allow "src/**", "b/x.lock", "b/**/*.lock", "gen/*.rs"
    deny "src/**"
  }
}
phase b "B" {
  scope { allow "b/x*" }
  scope { deny "*/x*", "**/c/**" }
  for x in ["p", "c"] {
    scope {
      allow "{{x}}/*/y"
    }
  }
}
"#
    ));
}

#[test]
fn allows_of_which_something_is_left() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  scope {
    deny "**/*.lock", "vendor"
    allow "docs/**", "ci.yml"
  }
}
phase a "A" {
  scope {
    allow "**", "src/**", "lib/*", "vendor/**", "x?.rs", "a{b,c}/d"
    deny "src/*", "lib/*.rs", "docs/**", "ci.yml", "x*.rs/**", "x[a-c].rs", "a/**"
  }
}
"#
    ));
}

#[test]
fn names_that_two_things_have() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  gate shared $ x
  for e in ["1"] {
    gate "e{{e}}" $ x
  }
}
phase a "A" {
  gate g $ x
  gate g $ y
  gate shared $ x
  manual g "T" {
    step "x"
  }
  service g {
    $ x
    ready port 1
  }
  for n in ["a", "a"] {
    gate "g{{n}}" $ x
  }
  gate e1 $ x
}
phase b "B" {
  for n in ["shared"] {
    gate "{{n}}" $ x
  }
}
every phase {
  gate shared $ z
}
"#
    ));
}

#[test]
fn needs_that_no_gate_of_the_phase_meets() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  gate last {
    needs first, other
    $ x
  }
}
phase a "A" {
  gate first $ x
  gate other {
    needs second
    $ x
  }
  manual man "M" {
    step "x"
  }
  gate third {
    needs man, third, frist
    $ x
  }
  for n in ["1", "2"] {
    gate "n{{n}}" {
      needs "second", "x{{n}}", "n1"
      $ x
    }
  }
}
phase b "B" {
  gate first $ x
  gate second {
    needs "a/first", first
    $ x
  }
}
"#
    ));
}
