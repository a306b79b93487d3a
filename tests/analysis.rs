//! What the analysis makes of plans, and what it says of wrong ones, each at its place.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the helpers of tests may fail loudly"
)]

use gatelang::analysis::{Analysis, Given, analyse};
use gatelang::diagnostic::{Diagnostic, Diagnostics};
use gatelang::plan::{
    Builtin, CommandForm, CommandPart, ExprKind, Inputs, Plan, Quoting, StepKind,
};
use gatelang::source::MemoryLoader;
use gatelang::value::Value;

fn loader(files: &[(&str, &str)]) -> MemoryLoader {
    files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(*path, *text)
        })
}

fn analysis(files: &[(&str, &str)], given: &Given) -> Analysis {
    analyse(files[0].0, &loader(files), given)
}

/// Everything said: place, code and sentence; the other places and the advice below it.
fn text(diagnostics: &Diagnostics) -> String {
    let one = |item: &Diagnostic| {
        let place = |span| diagnostics.sources.place(span);
        let mut lines = vec![match item.primary() {
            Some(span) => format!("{}: {}: {}", place(span), item.code, item.message),
            None => format!("{}: {}", item.code, item.message),
        }];
        for label in item.labels.iter().filter(|label| !label.primary) {
            lines.push(format!("  {}: {}", place(label.span), label.text));
        }
        lines.extend(item.notes.iter().map(|note| format!("  note: {note}")));
        for suggestion in &item.suggestions {
            lines.push(format!("  help: {}", suggestion.text));
        }
        lines.join("\n")
    };
    let all: Vec<String> = diagnostics.items.iter().map(one).collect();
    all.join("\n")
}

fn said_of(files: &[(&str, &str)]) -> String {
    text(&analysis(files, &Given::default()).diagnostics)
}

fn said(source: &str) -> String {
    said_of(&[("plan.gate", source)])
}

/// The files and what is said of them, to be read side by side.
fn shown_with(files: &[(&str, &str)], given: &Given) -> String {
    let mut shown = String::new();
    for (path, source) in files {
        shown.push_str(&format!("--- {path}\n"));
        for (index, line) in source.lines().enumerate() {
            shown.push_str(format!("{:3} {line}", index + 1).trim_end());
            shown.push('\n');
        }
    }
    let said = text(&analysis(files, given).diagnostics);
    format!("{shown}===\n{said}")
}

fn shown_of(files: &[(&str, &str)]) -> String {
    shown_with(files, &Given::default())
}

fn shown(source: &str) -> String {
    shown_of(&[("plan.gate", source)])
}

/// The body of the one gate of a plan, and what is said of it.
fn shown_in_gate(body: &str) -> String {
    shown(&gate(body))
}

fn gate(body: &str) -> String {
    format!("phase p \"P\" {{\ngate g {{\n{body}\n}}\n}}\n")
}

fn plan_of(files: &[(&str, &str)], given: &Given) -> Plan {
    let analysis = analysis(files, given);
    let said = text(&analysis.diagnostics);
    analysis.plan.unwrap_or_else(|| panic!("{said}"))
}

fn plan(source: &str) -> Plan {
    plan_of(&[("plan.gate", source)], &Given::default())
}

fn set(name: &str, value: &str) -> Given {
    Given {
        sets: vec![(name.to_owned(), value.to_owned())],
        ..Given::default()
    }
}

#[test]
fn a_plan_with_nothing_special() {
    let plan = plan(
        r#"
plan "Migration" {
  base "main"
  timeout 5m
  env MODE = "test"
}
## The port.
param port: int = 9753

every phase {
  gate clean $ git diff --check
  tag "phase-{{phase.number}}"
}

## First of all.
phase proto "Protos and streams" {
  goal "It parses"
  scope {
    allow "proto/**", ["infra/*.yaml"]
    forbid "TODO", /console\.log/ in "src/**"
    limit 40 files
    limit 1MB per file
  }
  tasks "tasks.md" under "Phase {{phase.number}}"
  gate types $ serve --port {{port}}
  gate dry "Nothing ambiguous" {
    in "acceptance"
    timeout 1m
    needs types
    inputs "acceptance/**"
    $ pnpm test
    expect stdout not matches /ambiguous/
  }
  commit feat "add protos"
}
"#,
    );
    assert_eq!(plan.name(), "plan");
    let phase = &plan.phases[0];
    assert_eq!(
        (phase.number, phase.title.as_str()),
        (1, "Protos and streams")
    );
    assert_eq!(phase.doc.as_deref(), Some("First of all."));
    assert_eq!(phase.scope.len(), 6);
    assert_eq!(phase.tasks[0].under.as_ref().unwrap().value, "Phase 1");
    assert_eq!(phase.tag.as_ref().unwrap().name.value, "phase-1");
    let commit = phase.commit.as_ref().unwrap();
    assert_eq!(commit.scope.as_deref(), Some("proto"));
    let names: Vec<&str> = phase.gates.iter().map(|g| g.name.value.as_str()).collect();
    assert_eq!(names, ["types", "dry", "clean"]);
    let timeouts: Vec<u64> = phase.gates.iter().map(|g| g.timeout).collect();
    assert_eq!(timeouts, [300_000, 60_000, 300_000]);
    assert_eq!(phase.gates[0].env[0].name.value, "MODE");
    assert!(phase.gates[0].origin.is_empty());
    assert_eq!(phase.gates[2].origin.len(), 1);
    assert_eq!(phase.gates[1].needs[0].value, "types");
    assert!(matches!(&phase.gates[1].inputs, Inputs::Globs { globs, .. } if globs.len() == 1));
    let StepKind::Command(command) = &phase.gates[1].steps[0].kind else {
        panic!("a command comes first");
    };
    assert!(command.output_read && !command.exit_expected);
    let StepKind::Expect(expect) = &phase.gates[1].steps[1].kind else {
        panic!("an expectation comes second");
    };
    assert_eq!(expect.command, Some(command.id));
}

#[test]
fn a_gate_in_full() {
    let plan = plan(
        "let n = 2\nphase p \"P\" {\n  gate g {\n    $ echo {{n}}\n    expect exit == n + 1\n  }\n}\n",
    );
    let mut gate = serde_json::to_value(&plan.phases[0].gates[0].steps).unwrap();
    strip_spans(&mut gate);
    insta::assert_snapshot!(serde_json::to_string(&gate).unwrap());
}

/// Spans are shown by other tests; without them the shape can be read.
fn strip_spans(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.remove("span");
            map.values_mut().for_each(strip_spans);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_spans),
        _ => {}
    }
}

#[test]
fn a_for_makes_gates_that_others_need() {
    let plan = plan(
        r#"
let services = ["ingest", "enrich"]
phase p "P" {
  for service in services {
    gate "{{service}}-types" {
      in "services/{{service}}"
      $ pnpm type-check
    }
    gate "{{service}}-lint" {
      needs "{{service}}-types"
      $ pnpm lint
    }
  }
  gate all {
    needs ["ingest-types", "enrich-types"], ingest-lint
    $ true
  }
}
"#,
    );
    let gates = &plan.phases[0].gates;
    let needs: Vec<(&str, Vec<&str>)> = gates
        .iter()
        .map(|g| {
            let needs = g.needs.iter().map(|n| n.value.as_str()).collect();
            (g.name.value.as_str(), needs)
        })
        .collect();
    assert_eq!(
        needs,
        [
            ("ingest-types", vec![]),
            ("ingest-lint", vec!["ingest-types"]),
            ("enrich-types", vec![]),
            ("enrich-lint", vec!["enrich-types"]),
            ("all", vec!["ingest-types", "enrich-types", "ingest-lint"]),
        ]
    );
    assert_eq!(gates[0].origin.len(), 1);
}

#[test]
fn every_phase_yields_to_the_phase_and_adds_up() {
    let plan = plan(
        r#"
every phase {
  timeout 1m
  env A = "every"
  scope { limit 10 files }
  commit chore "every"
  gate common $ true
}
phase one "One" {
  timeout 2m
  env A = "own"
  scope { limit 5 files }
  gate own $ true
}
phase two "Two" {
  commit feat() "own"
  gate own $ true
}
"#,
    );
    let one = &plan.phases[0];
    assert_eq!(one.gates[1].timeout, 120_000);
    assert_eq!(plan.phases[1].gates[1].timeout, 60_000);
    assert_eq!(one.scope.len(), 2);
    let env: Vec<String> = one.gates[0]
        .env
        .iter()
        .map(|var| match &var.value.kind {
            ExprKind::Literal { value, .. } => value.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(env, ["\"every\"", "\"own\""]);
    assert_eq!(one.commit.as_ref().unwrap().ty, "chore");
    let two = plan.phases[1].commit.as_ref().unwrap();
    assert_eq!((two.ty.as_str(), two.scope.as_deref()), ("feat", None));
}

#[test]
fn a_check_is_expanded_with_constants_slots_and_globs() {
    let plan = plan(
        r#"
check clean(what: glob, tag: string = "none", times: int = 1) {
  env TAG = tag
  $ scan {{what}} --tag {{tag}}
  expect stdout is empty
}
phase p "P" {
  gate g {
    $ git describe
    let tag = stdout.trim()
    check clean("src/**", tag: tag)
    check clean("lib/**", allow-empty: true)
  }
}
"#,
    );
    let steps = &plan.phases[0].gates[0].steps;
    let StepKind::Check(first) = &steps[2].kind else {
        panic!("{:?}", steps[2]);
    };
    assert_eq!(first.name, "clean");
    assert_eq!(first.globs.len(), 1);
    let StepKind::Let { slot, name, .. } = &first.params[0].kind else {
        panic!("a run-time argument is kept first");
    };
    assert_eq!(name.value, "tag");
    assert!(
        matches!(&first.env[0].value.kind, ExprKind::Builtin(Builtin::Local { slot: s, .. }) if s == slot)
    );
    let StepKind::Command(command) = &first.steps[0].kind else {
        panic!("{:?}", first.steps[0]);
    };
    assert_eq!(command.id, 1);
    let StepKind::Check(second) = &steps[3].kind else {
        panic!("{:?}", steps[3]);
    };
    assert!(second.globs.is_empty());
    assert!(matches!(&second.steps[0].kind, StepKind::Command(c) if c.id == 2));
    assert_eq!(second.steps[0].origin.len(), 1);
}

#[test]
fn a_used_file_keeps_its_own_params() {
    let files = [
        (
            "plans/plan.gate",
            "use \"../lib/brand.gate\" as b\nphase p \"P\" {\n  gate g check b.named()\n  gate h $ echo {{b.title}}\n}\n",
        ),
        (
            "lib/brand.gate",
            "param name: string = \"oompa\"\nlet title = \"The \" + name\ncheck named() {\n  $ grep {{title}} README.md\n}\n",
        ),
    ];
    let plan = plan_of(&files, &set("b.name", "clari"));
    let paths: Vec<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["plans/plan.gate", "lib/brand.gate"]);
    let StepKind::Command(command) = &plan.phases[0].gates[1].steps[0].kind else {
        panic!("a command");
    };
    let CommandForm::Shell { parts, .. } = &command.form else {
        panic!("for the shell");
    };
    let CommandPart::Value { expr, quoting, .. } = &parts[1] else {
        panic!("{parts:?}");
    };
    assert_eq!(*quoting, Quoting::Bare);
    assert_eq!(
        expr.kind,
        ExprKind::Literal {
            value: Value::String("The clari".to_owned()),
            name: Some("b.title".to_owned())
        }
    );
}

#[test]
fn an_included_file_is_spliced_in() {
    let files = [
        (
            "plan.gate",
            "let n = 1\ninclude \"./a.gate\"\nphase b \"B\" { gate g check twice() }\n",
        ),
        (
            "a.gate",
            "phase a \"A\" {\n gate g expect n == 1\n}\ncheck twice() {\n $ true\n}\n",
        ),
    ];
    let plan = plan_of(&files, &Given::default());
    let names: Vec<&str> = plan.phases.iter().map(|p| p.name.value.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn params_take_what_they_are_given() {
    let source = "param max-size: size = 1MB\nparam hosts: list<string> = []\nphase p \"P\" {\n  gate g $ run {{max-size}} {{hosts}}\n}\n";
    let given = Given {
        sets: vec![
            ("max-size".to_owned(), "3MB".to_owned()),
            ("max-size".to_owned(), "4MB".to_owned()),
        ],
        env: vec![
            ("GATE_PARAM_MAX_SIZE".to_owned(), "5MB".to_owned()),
            ("GATE_PARAM_HOSTS".to_owned(), "\"a\"".to_owned()),
        ],
        ..Given::default()
    };
    let plan = plan_of(&[("plan.gate", source)], &given);
    let StepKind::Command(command) = &plan.phases[0].gates[0].steps[0].kind else {
        panic!("a command");
    };
    let CommandForm::Shell { parts, .. } = &command.form else {
        panic!("for the shell");
    };
    let values: Vec<&Value> = parts
        .iter()
        .filter_map(|part| match part {
            CommandPart::Value { expr, .. } => match &expr.kind {
                ExprKind::Literal { value, .. } => Some(value),
                other => panic!("{other:?}"),
            },
            CommandPart::Text(_) => None,
        })
        .collect();
    assert_eq!(
        values,
        [
            &Value::Size(4_000_000),
            &Value::List(vec![Value::String("a".to_owned())])
        ]
    );
}

#[test]
fn run_time_values_become_globals() {
    let plan = plan(
        "let port = free-port()\nlet url = \"http://localhost:{{port}}\"\nphase p \"P\" {\n  gate g $ curl {{url}}\n}\n",
    );
    let keys: Vec<&str> = plan.globals.keys().map(String::as_str).collect();
    assert_eq!(keys, ["port", "url"]);
}

#[test]
fn what_is_not_run_yet_is_collected() {
    let plan = plan(
        r#"
plan {
  tree worktree
  share "node_modules"
  secret TOKEN
  amend by "a@example.com"
}
phase p "P" {
  service db {
    $ ./db
    ready port 80 within 10s
  }
  gate a check text.absent("gsap", in: "src/**")
  gate b {
    rhai { let x = 1; }
    ratchet cover = 0.9 rises
  }
  manual look "Look at it" {
    step "Open it"
  }
  push "origin"
}
"#,
    );
    let all: Vec<String> = plan
        .unbuilt
        .iter()
        .map(|u| {
            format!(
                "{} {} {}",
                plan.sources.place(u.span),
                u.feature.name(),
                u.detail
            )
        })
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_param_that_was_not_given_leaves_out_what_hangs_on_it() {
    let source = "param names: list<string>\nphase p \"P\" {\n  for name in names {\n    gate \"{{name}}-a\" $ true\n  }\n  gate b {\n    needs x-a\n    $ echo {{names}}\n  }\n}\n";
    let plan = plan(source);
    assert_eq!(plan.phases[0].gates.len(), 1);
    let given = Given {
        for_run: true,
        ..Given::default()
    };
    insta::assert_snapshot!(shown_with(&[("plan.gate", source)], &given));
}

// Files.

#[test]
fn files_that_are_not_there() {
    insta::assert_snapshot!(shown_of(&[
        (
            "plans/plan.gate",
            "use \"./brnad.gate\"\ninclude \"../../x.gate\"\nuse \"/x.gate\" as x\nuse \"brand.gate\"\n"
        ),
        ("plans/brand.gate", ""),
    ]));
    insta::assert_snapshot!(text(
        &analyse("pla.gate", &loader(&[("plan.gate", "")]), &Given::default()).diagnostics
    ));
}

#[test]
fn files_that_lead_back() {
    insta::assert_snapshot!(shown_of(&[
        (
            "plan.gate",
            "use \"./a.gate\"\ninclude \"./c.gate\"\ninclude \"./c.gate\"\n"
        ),
        ("a.gate", "use \"./b.gate\"\n"),
        ("b.gate", "use \"./a.gate\"\n"),
        ("c.gate", "include \"./plan.gate\"\nplan \"no\" {}\n"),
    ]));
}

#[test]
fn files_that_cannot_be_used() {
    insta::assert_snapshot!(shown_of(&[
        (
            "plan.gate",
            "use \"./phases.gate\"\nuse \"./1x.gate\"\nuse \"./text.gate\"\nuse \"./a/b.gate\"\nuse \"./b.gate\"\nuse \"./{{os}}.gate\" as q\nuse \"./b.gate\" as b\n"
        ),
        ("phases.gate", "phase p \"P\" {\n  gate g $ true\n}\n"),
        ("1x.gate", ""),
        ("text.gate", ""),
        ("a/b.gate", ""),
        ("b.gate", ""),
    ]));
}

// Names.

#[test]
fn names_that_nothing_has() {
    insta::assert_snapshot!(shown(
        r#"
use "./plan2.gate" as other
let services = ["a"]
check clean() { expect true }
phase p "P" {
  gate a $ echo {{servces}} {{phase.nmae}} {{git.brnch}}
  gate b check claen()
  gate c check txt.absent("x")
  gate d check text.absnt("x")
  gate e expect fles("a") is empty and len(services) == 1
  gate f expect services.lenn() == 1 and services.frst == "a"
  gate g expect { one: 1 }.oen == 1
  gate h expect raw("x") == "x" and clean == 1
  gate i {
    needs a, bb
    $ true
  }
}
"#
    ));
}

#[test]
fn names_taken_twice() {
    insta::assert_snapshot!(shown(
        r#"
let a = 1
param a: int = 2
let os = "x"
check text() { expect true }
check c(x: int, x: int) { expect x == 1 }
check c() { expect true }
check d(a: int) { expect a == 1 }
phase p "P" {
  gate g $ true
  gate g $ true
  manual g "G" { step "x" }
  gate h {
    let v = 1
    let v = 2
    $ true
  }
  for a in [1] {
    gate "g{{a}}" $ true
  }
  for n in ["x", "y"] {
    gate same $ true
  }
}
phase p "P" { gate g expect true }
"#
    ));
}

#[test]
fn values_and_checks_in_circles() {
    insta::assert_snapshot!(shown(
        r#"
let a = b
let b = [c]
let c = a
let d = d + 1
check x() { check y() }
check y() {
  check x()
}
phase p "P" {
  gate g check x()
  gate h expect a == 1
}
"#
    ));
}

#[test]
fn a_very_long_chain_of_lets_is_no_trouble() {
    let mut source = String::new();
    for n in 0..20_000 {
        source.push_str(&format!("let a{n} = a{}\n", n + 1));
    }
    source.push_str("let a20000 = 7\nphase p \"P\" {\n  gate g expect a0 == 7\n}\n");
    assert_eq!(plan(&source).phases.len(), 1);
}

#[test]
fn checks_too_deep_in_each_other() {
    let mut source = String::new();
    for n in 0..400 {
        source.push_str(&format!("check c{n}() {{\n  check c{}()\n}}\n", n + 1));
    }
    source.push_str("check c400() {\n  expect true\n}\nphase p \"P\" {\n  gate g check c0()\n}\n");
    insta::assert_snapshot!(said(&source));
}

#[test]
fn too_many_statements() {
    let mut source = String::from("let n = [0,1,2,3,4,5,6,7,8,9]\nphase p \"P\" {\n  gate g {\n");
    for name in ["a", "b", "c", "d", "e"] {
        source.push_str(&format!("for {name} in n {{\n"));
    }
    source.push_str("expect a == b\n}\n}\n}\n}\n}\n}\n}\n");
    insta::assert_snapshot!(said(&source));
}

// Params.

#[test]
fn params_given_wrongly() {
    let source = "param port: int = 80\nparam host: string\nphase p \"P\" {\n  gate g $ true\n}\n";
    let given = Given {
        sets: vec![
            ("prot".to_owned(), "1".to_owned()),
            ("port".to_owned(), "\"x\"".to_owned()),
        ],
        for_run: true,
        ..Given::default()
    };
    insta::assert_snapshot!(shown_with(&[("plan.gate", source)], &given));
    insta::assert_snapshot!(shown(
        "param a: int = \"x\"\nparam b: strng = 1\nparam c: list = 1\n"
    ));
    let given = Given {
        for_run: true,
        ..Given::default()
    };
    insta::assert_snapshot!(shown_with(&[("plan.gate", "let a = 1\n")], &given));
}

// Types.

#[test]
fn operators_on_types_they_do_not_take() {
    insta::assert_snapshot!(shown_in_gate(
        r#"
$ true
expect exit == "0"
expect stdout
expect stdout == 3 or exit
expect time < 10
expect stdout matches "x"
expect stdout contains /x/
expect 1 in ["a"]
expect "a" + 1 == "a1"
expect [1] + 1 == [1]
expect not stdout
expect -stdout == 1
expect exit is empty
expect stdout[0] == "a"
expect exit.len() == 1
expect stdout.split() == []
expect stdout.count("x") == 1
expect stdout.trim(by: 1) == ""
"#
    ));
}

#[test]
fn texts_of_what_has_none() {
    insta::assert_snapshot!(shown_in_gate(
        r#"
let list = ["a", "b"]
$ echo {{list}} "{{list}}" '{{list}}' {{ { a: 1 } }} {{/x/}}
env X = list
expect "{{list}}" == ""
expect [list].join(",") == ""
"#
    ));
}

#[test]
fn slots_of_another_kind() {
    insta::assert_snapshot!(shown(
        r#"
param n: int = 10
plan {
  timeout n
  jobs 0
  base 3
}
phase p "P" {
  scope {
    limit -1 files
    allow 3
  }
  gate g {
    timeout "5m"
    lock 3
    when "x"
    retry -2
    $ true
  }
  for x in "abc" {
    gate h $ true
  }
}
"#
    ));
}

#[test]
fn arguments_that_do_not_fit() {
    insta::assert_snapshot!(shown(
        r#"
check one(word: string, times: int = 1) { run "echo {{word}} {{times}}" }
phase p "P" {
  gate a check one()
  gate b check one("a", 1, 2)
  gate c check one("a", tmes: 2)
  gate d check one("a", word: "b")
  gate e check one(1)
  gate f check text.absent(in: "src/**")
  gate g check http.ok("http://x", within: 10)
  gate h check one("a", allow-empty: true)
  gate i expect env() == "" and files() is empty and file("a", "b").exists and free-port(1) == 1
  gate j expect file("a").exist and files("x", allow: true) is empty
}
"#
    ));
}

#[test]
fn an_element_of_the_wrong_type_is_told_at_the_element() {
    insta::assert_snapshot!(shown(
        r#"
param n: list<string> = ["a", 3, /b/, "c"]
check c(l: list<string> = ["a", 3], m: list<duration> = [1, 2]) {
  run "echo {{l.join(" ")}} {{m.first()}}"
}
phase p "P" {
  gate a check c(["x", 1m])
  gate b check c([1])
  gate c check c([1, 2], m: ["5m", 1h])
}
"#
    ), @r#"
    --- plan.gate
      1
      2 param n: list<string> = ["a", 3, /b/, "c"]
      3 check c(l: list<string> = ["a", 3], m: list<duration> = [1, 2]) {
      4   run "echo {{l.join(" ")}} {{m.first()}}"
      5 }
      6 phase p "P" {
      7   gate a check c(["x", 1m])
      8   gate b check c([1])
      9   gate c check c([1, 2], m: ["5m", 1h])
     10 }
    ===
    plan.gate:2:31: E0220: `n` takes a list<string>, and this element is an int
      plan.gate:2:10: a list<string> is wanted here
      help: write it in quotes, or interpolate it: `"{{value}}"`
    plan.gate:2:34: E0220: `n` takes a list<string>, and this element is a regex
      plan.gate:2:10: a list<string> is wanted here
      help: give a string
    plan.gate:3:33: E0220: `l` takes a list<string>, and this element is an int
      plan.gate:3:12: a list<string> is wanted here
      help: write it in quotes, or interpolate it: `"{{value}}"`
    plan.gate:3:57: E0220: `m` takes a list<duration>, not a list<int>
      plan.gate:3:40: a list<duration> is wanted here
      help: give a list<duration>
    plan.gate:7:24: E0220: `l` takes a list<string>, and this element is a duration
      plan.gate:3:9: a list<string> is wanted here
      help: write it in quotes, or interpolate it: `"{{value}}"`
    plan.gate:8:19: E0220: `l` takes a list<string>, and this element is an int
      plan.gate:3:9: a list<string> is wanted here
      help: write it in quotes, or interpolate it: `"{{value}}"`
    plan.gate:9:18: E0220: `l` takes a list<string>, not a list<int>
      plan.gate:3:9: a list<string> is wanted here
      help: give a list<string>
    plan.gate:9:30: E0220: `m` takes a list<duration>, and this element is a string
      plan.gate:3:37: a list<duration> is wanted here
      help: write it without quotes
    "#);
}

#[test]
fn run_time_values_where_constants_are_needed() {
    insta::assert_snapshot!(shown(
        r#"
let where = git.branch
check timed(limit: duration, what: string) {
  timeout limit
  run what
}
phase p "P" {
  tag "x-{{where}}"
  for f in files("**") {
    gate "{{f}}" $ true
  }
  gate g {
    $ date
    let d = stdout
    check timed(1m, d)
  }
}
"#
    ));
}

#[test]
fn constants_without_a_value() {
    insta::assert_snapshot!(shown(
        "let a = [].first()\nlet b = \"x\".int()\nlet c = [1][9]\nphase p \"P\" {\n  gate g expect a == b\n}\n"
    ));
}

#[test]
fn values_that_do_not_exist_there() {
    insta::assert_snapshot!(shown(
        r#"
let a = phase.name
let b = stdout
plan "x {{phase.number}}" { env X = phase.title }
phase p "P" {
  gate g {
    when stdout is empty
    $ true
    let x = stdout
    env Y = x
  }
  gate h $ echo {{plan.title}} {{phase}}
}
test "t" {
  write "a" "{{phase.name}}"
  check text.absent("x")
  expect passes
}
"#
    ));
}

#[test]
fn globs_written_wrong() {
    insta::assert_snapshot!(shown(
        r#"
let bad = "src/[a"
phase p "P" {
  scope {
    allow "!src/**", "/src/**", "./src/**", "../x", "", "a{b"
    deny bad
  }
  gate g expect files("src/[z-a]") is empty
  gate h {
    inputs "src/{a"
    check text.absent("x", in: "/src/**")
  }
}
"#
    ));
}

#[test]
fn names_that_cannot_be_names() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  for n in ["a b", "c"] {
    gate "{{n}}" $ true
  }
  env A-B = "x"
  gate "9x" $ true
}
"#
    ));
}

#[test]
fn lints_that_are_none() {
    insta::assert_snapshot!(shown("plan {\n  lint W999 off\n  lint E0201 off\n}\n"));
}

// Sense.

#[test]
fn needs_that_cannot_be() {
    insta::assert_snapshot!(shown(
        r#"
phase one "One" {
  gate early $ true
}
phase p "P" {
  gate a {
    needs b
    $ true
  }
  gate b {
    needs c
    $ true
  }
  gate c {
    needs a
    $ true
  }
  gate d {
    needs d, m, early
    $ true
  }
  manual m "M" { step "x" }
}
"#
    ));
}

#[test]
fn settings_given_twice() {
    insta::assert_snapshot!(shown(
        r#"
plan "a" { timeout 1m }
plan "b" {}
every phase { regress all }
every phase { regress none }
phase p "P" {
  goal "a"
  goal "b"
  scope { limit 1 files }
  scope { limit 2 files }
  gate g {
    env A = "1"
    env A = "2"
    for x in [1, 2] {
      timeout 1m
    }
    inputs "a"
    inputs none
    $ true
  }
}
"#
    ));
}

#[test]
fn nothing_is_judged() {
    insta::assert_snapshot!(shown(
        r#"
check empty() {}
check kept() { let x = 1 }
phase one "One" {}
phase two "Two" {
  goal "x"
  gate g {
    let x = 1
  }
  manual m "M" {
    $ true
  }
  manual n "N" {
    step "x"
    inputs none
  }
  service s { ready port 80 }
}
test "nothing" {}
test "half" {
  check text.absent("x")
  check text.absent("y")
  expect passes
  expect blocked
}
"#
    ));
}

#[test]
fn expectations_without_a_command() {
    insta::assert_snapshot!(shown(
        r#"
check c() {
  expect exit == 0
}
phase p "P" {
  gate a expect stdout is empty
  gate b {
    $ true
    for x in [1] {
      expect exit == x
    }
    let t = time
  }
  gate c {
    let t = time
    $ true
  }
}
"#
    ));
}

#[test]
fn values_that_cannot_be_made_literal() {
    insta::assert_snapshot!(shown_in_gate(
        r#"
let x = "a"
$ cat <<EOF {{x}}
$ echo $(( {{x}} ))
script "python3" "print('{{x}}')"
run "echo " + x
"#
    ));
}

#[test]
fn tags_and_scopes_that_make_no_sense() {
    insta::assert_snapshot!(shown(
        r#"
every phase { tag "done" }
phase a "A" {
  scope {
    allow "src/a.lock", "src/**", "docs/**"
    deny "**/*.lock", "docs/**"
  }
}
phase b "B" { gate g expect true }
phase c "C" {
  gate g expect true
  tag "done"
}
"#
    ));
}

#[test]
fn scripts_and_their_values() {
    insta::assert_snapshot!(shown_of(&[
        (
            "plan.gate",
            "let a-b = 1\nlet a_b = 2\nphase p \"P\" {\n  gate g rhai { a_b }\n  gate h rhai \"scripts/x.rhai\"\n  gate i rhai \"y.rhai\"\n}\n"
        ),
        ("scripts/x.rhai", "1"),
    ]));
    let files = [
        (
            "lib/plan.gate",
            "let max-size = 3\nlet other = 4\nphase p \"P\" {\n  gate g rhai \"./x.rhai\"\n}\n",
        ),
        ("lib/x.rhai", "if max_size > 3 { fail(phase.name) }"),
    ];
    let plan = plan_of(&files, &Given::default());
    let StepKind::Rhai(rhai) = &plan.phases[0].gates[0].steps[0].kind else {
        panic!("a script");
    };
    let names: Vec<&str> = rhai.values.keys().map(String::as_str).collect();
    assert_eq!(names, ["max-size", "phase"]);
    assert_eq!(plan.files[1].path, "lib/x.rhai");
}

#[test]
fn choices_that_are_none() {
    insta::assert_snapshot!(shown(
        r#"
plan { tree index }
phase p "P" {
  regress sometimes
  commit feet "x"
  gate g $ true
  service s {
    $ x
    ready port 1
    stop INT
  }
}
"#
    ));
}

#[test]
fn several_errors_in_one_run_and_none_twice() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  for s in ["a", "b", "c"] {
    gate "{{s}}-x" {
      timeout 1m
      $ echo {{srvice}}
      expect exit == "0"
    }
  }
  gate y {
    needs z
    expect 1 + "a" == 2
  }
}
"#
    ));
}

#[test]
fn what_could_not_be_read_is_not_called_missing() {
    let alone = |source: &str, code: &str| {
        let said = said(source);
        let codes: Vec<&str> = said
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split(": ").nth(1))
            .collect();
        assert_eq!(codes, [code], "{said}");
    };
    alone(
        "let port = \nphase p \"P\" {\n  gate g $ serve {{port}}\n}\n",
        "E0137",
    );
    alone(
        "phase p \"P\" {\n  gate h {\n    timeot 5m\n  }\n}\n",
        "E0101",
    );
    alone(
        "phase p \"P\" {\n  gate h {\n    pnpm test\n    expect stdout == \"\"\n  }\n}\n",
        "E0101",
    );
    alone(
        "phase p \"P\" {\n  gate h {\n    $ true\n    expect file(\"a\").\n  }\n}\n",
        "E0100",
    );
    alone(
        "phase p \"P\" {\n  gaet a $ true\n  gate b {\n    needs a\n    $ true\n  }\n}\n",
        "E0101",
    );
    alone(
        "phase p \"P\" {\n  gate a {\n    timeout 5\n    $ true\n  }\n}\n",
        "E0115",
    );
    alone(
        "plan \"x\"\nphase p \"P\" {\n  gate a $ echo {{plan.title}}\n}\n",
        "E0135",
    );
}

#[test]
fn what_was_mended_hides_nothing() {
    let said = said("let a = nothing-called-so;\nphase p \"P\" {\n  gate g expect a == 1\n}\n");
    assert!(said.contains("E0109") && said.contains("E0201"), "{said}");
}

#[test]
fn a_library_is_fine_by_itself() {
    assert_eq!(
        said(
            "check c(x: list<glob>) {\n  for g in x {\n    $ ls {{g}} {{phase.name}} {{plan.title}}\n  }\n}\ntest \"t\" {\n  write \"a\" \"b\"\n  check c(\"a\")\n  expect passes\n}\n"
        ),
        ""
    );
}

#[test]
fn a_sensible_plan_says_nothing() {
    assert_eq!(
        said(&gate(
            r#"
$ curl -s http://localhost
expect exit == 0 and time < 10s
let body = stdout.json()
expect body.status == "ok" and body.items[0].name in ["a", "b"]
expect body.items.len() > 3
expect "a" in stdout and stdout.lines().len() >= 2
expect changed("**/*.ts", allow-empty: true) is empty or ci
expect file("LICENSE").size < 10KB
$ echo "{{body.name}}" '{{git.head}}' {{changed("**")}} {{raw("-x")}}
expect output not contains "x" and not (stderr is not empty)
script "python3" 'print(1)'
run "echo {{phase.number}}"
"#
        )),
        ""
    );
}

#[test]
fn a_path_is_no_pattern_where_a_glob_is_wanted() {
    let plan = plan(
        r#"
param page: path = "app/[id].tsx"
check one(what: list<glob>) {
  expect files(what).len() == 1
}
phase p "P" {
  scope { allow page }
  gate g check one(page)
}
"#,
    );
    let rule = serde_json::to_value(&plan.phases[0].scope[0]).unwrap();
    assert_eq!(rule["glob"]["value"], "app/[[]id[]].tsx");
    let StepKind::Check(check) = &plan.phases[0].gates[0].steps[0].kind else {
        panic!("a check");
    };
    let glob = ExprKind::Literal {
        value: Value::String("app/[[]id[]].tsx".to_owned()),
        name: None,
    };
    let ExprKind::Literal { value, .. } = &check.globs[0].kind else {
        panic!("{:?}", check.globs);
    };
    assert_eq!(
        ExprKind::Literal {
            value: value.clone(),
            name: None
        },
        glob
    );
}

#[test]
fn what_a_check_is_allowed_it_hands_on() {
    let plan = plan(
        r#"
check outer(what: glob) {
  check inner(what)
  expect files(what) is empty
}
check inner(what: glob) {
  expect changed("src/**") is empty
}
phase p "P" {
  gate g check outer("x/**", allow-empty: true)
}
"#,
    );
    let steps = serde_json::to_string(&plan.phases[0].gates[0].steps).unwrap();
    let allowed: Vec<&str> = steps
        .match_indices("\"allow_empty\":")
        .map(|(at, found)| &steps[at + found.len()..at + found.len() + 4])
        .collect();
    assert_eq!(allowed, ["fals", "true"]);
    assert!(!steps.contains("\"globs\":[{"), "{steps}");
}

#[test]
fn values_that_grow_too_large_are_refused() {
    let mut source = String::from("let a0 = \"0123456789abcdef\"\n");
    for n in 0..40 {
        source.push_str(&format!("let a{} = a{n} + a{n}\n", n + 1));
    }
    let said = said(&source);
    assert_eq!(
        said.lines().next().unwrap(),
        "plan.gate:22:11: E0234: this value grows beyond 16 MiB while the plan is loaded"
    );
    assert_eq!(said.matches("E0").count(), 1, "{said}");
}

#[test]
fn long_chains_of_operators_are_no_trouble() {
    let mut source = String::from("let a = 0");
    for n in 0..3_000 {
        source.push_str(&format!(" + {n}"));
    }
    source.push_str("\nphase p \"P\" {\n  gate g expect a > 0\n}\n");
    // Either it loads, or it is refused as too deep: it never overflows.
    let said = said(&source);
    assert!(said.is_empty() || said.contains("E0130"), "{said}");
}

#[test]
fn the_words_of_the_contract_are_a_plan() {
    let source = r##"edition 2026
use "./brand.gate"

plan "clari-tools → oompa migration" {
  base    "main"
  timeout 10m
}

param port: int = 9753
let services = ["ingest", "enrich", "publish"]

phase proto-nats "Proto schemas and NATS streams" {
  goal "Every message and stream the migration needs exists and parses"

  scope {
    allow  "proto/**", "infra/nats/streams.yaml"
    deny   "**/*.lock"
    forbid "TODO", /console\.log/ in "src/**"
    limit  40 files
    limit  2_000 lines
    limit  1MB per file
    require "CHANGELOG.md"
  }

  tasks "tasks.md" under "Phase {{phase.number}}"

  service db {
    $ ./bin/db --port {{port}}
    ready port port within 10s
  }

  gate protos  check proto.compiles("proto/**/*.proto")
  gate streams check yaml.valid("infra/nats/streams.yaml")
  gate licence expect file("LICENSE").exists
  gate ports   check unique-ports("docker-compose.yml")
  gate colours check brand.colours()

  gate dry-run "No ambiguous or undefined step" {
    in      "acceptance"
    env     NODE_ENV = "test"
    inputs  "acceptance/**", "proto/**"
    timeout 5m
    retry   2 every 1s
    needs   protos, "streams"
    lock    "acceptance"
    when    os == "linux" or ci
    $ pnpm test:dry --tags "@REQ-OMP-*"
    expect stdout not matches /ambiguous|undefined/
    let id = stdout.json().id
    $ eslint {{changed("**/*.ts")}} --id "{{id}}" {{raw(env("FLAGS", ""))}}
    ratchet coverage = output.count(/ok/) rises
  }

  gate no-gsap {
    check text.absent("gsap", in: "apps/landing/**")
    proof "an import is caught" {
      write "apps/landing/x.ts" "import gsap from 'gsap'"
    }
  }

  for service in services {
    gate "{{service}}-types" {
      in "services/{{service}}"
      $ pnpm type-check
    }
  }

  manual swagger "Swagger UI lists every endpoint" {
    step     "Open http://localhost:{{port}}/swagger in a browser"
    $ curl http://localhost:{{port}}/health
    expected "Health, Ready and Metrics are listed"
    inputs   "server/**"
    expires  7d
    by       "alice@example.com", "bob@example.com"
    signed
  }

  regress changed
  commit  feat "add the oompa protos and NATS streams" {
    body "Phase {{phase.number}} of {{plan.title}}"
    trailer Refs "#1"
  }
  tag     "phase-{{phase.number}}-complete" message "Phase {{phase.number}}: {{phase.title}} - GATE PASSED on {{git.branch}}"
  push    "origin"
}

## No two services publish the same host port.
check unique-ports(compose: path = "docker-compose.yml") {
  rhai {
    let seen = #{};
    let services = parse_yaml(read(compose)).services;
    for name in services.keys() { let service = services[name]; }
  }
}

test "a port published twice is found" {
  write "docker-compose.yml" """
    services:
      a: { ports: ["80:80"] }
      b: { ports: ["80:81"] }
    """
  check unique-ports()
  expect fails "80" at "docker-compose.yml:3"
}
"##;
    let brand = "let colours = [\"#fff\"]\ncheck colours(in: glob = \"css/**\") {\n  for colour in colours {\n    $ grep -rq {{colour}} css\n  }\n}\n";
    let files = [("plan.gate", source), ("brand.gate", brand)];
    let plan = plan_of(&files, &Given::default());
    let names: Vec<&str> = plan.phases[0]
        .gates
        .iter()
        .map(|gate| gate.name.value.as_str())
        .collect();
    assert_eq!(names.len(), 10);
    assert_eq!(names[9], "publish-types");
}

#[test]
fn needs_takes_a_list_by_its_name_where_no_gate_has_it() {
    let plan = plan(
        "let firsts = [\"a\", \"b\"]\nphase p \"P\" {\n  gate a $ true\n  gate b $ true\n  gate c {\n    needs firsts\n    $ true\n  }\n}\n",
    );
    let needs: Vec<&str> = plan.phases[0].gates[2]
        .needs
        .iter()
        .map(|need| need.value.as_str())
        .collect();
    assert_eq!(needs, ["a", "b"]);
}

#[test]
fn a_check_loops_over_what_it_is_given() {
    let source = r#"
check all(names: list<string>) {
  for name in names {
    let greeting = "hello {{name}}"
    $ echo {{greeting}}
    expect exit == 0
  }
}
phase p "P" {
  gate g check all(["x", "y"])
  gate h {
    $ ls
    check all(stdout.lines())
  }
}
"#;
    insta::assert_snapshot!(shown(source));
    let plan = plan(&source.replace("stdout.lines()", "\"z\""));
    let counts: Vec<usize> = plan.phases[0]
        .gates
        .iter()
        .filter_map(|gate| match &gate.steps.last()?.kind {
            StepKind::Check(check) => Some(check.steps.len()),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [6, 3]);
}
