//! The plan under lock: what may be done to a phase that opened, and what is an amendment.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use gatelang::analysis::Given;
use gatelang::analysis::lock::{Amendments, LockedPhase, amendments};
use gatelang::plan::Plan;
use gatelang::source::MemoryLoader;
use proptest::prelude::*;

/// Files of a plan; the first is the plan.
type Files<'a> = &'a [(&'a str, &'a str)];

fn load(files: Files<'_>, given: &Given) -> Plan {
    let loader = files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(*path, *text)
        });
    Plan::load_with(files[0].0, &loader, given)
        .unwrap_or_else(|errors| panic!("{errors}\n{}", files[0].1))
}

fn compared(before: Files<'_>, now: Files<'_>, locked: &[(&str, bool)]) -> Amendments {
    let given = Given::default();
    let locked: Vec<LockedPhase> = locked
        .iter()
        .map(|(name, sealed)| LockedPhase {
            name: (*name).to_owned(),
            sealed: *sealed,
        })
        .collect();
    amendments(&load(before, &given), &load(now, &given), &locked)
}

/// `CODE message`, with what differs below.
fn told(found: &Amendments) -> String {
    let mut text = String::new();
    for amendment in &found.items {
        text.push_str(&format!("{} {}\n", amendment.code, amendment.message()));
        for line in amendment.difference.lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// What became of phase `p`, of which this is the whole plan before and now.
fn plans(before: &str, now: &str) -> String {
    told(&compared(
        &[("plan.gate", before)],
        &[("plan.gate", now)],
        &[("p", false)],
    ))
}

/// What became of phase `p`, whose body this is before and now.
fn bodies(before: &str, now: &str) -> String {
    let plan = |body: &str| format!("phase p \"P\" {{\n{body}\n}}\n");
    plans(&plan(before), &plan(now))
}

/// What became of a gate of the phase, whose body this is before and now.
fn gates(before: &str, now: &str) -> String {
    let gate = |body: &str| format!("gate g {{\n{body}\n}}\ngate other $ true");
    bodies(&gate(before), &gate(now))
}

#[test]
fn what_only_adds_to_what_is_judged_is_free() {
    for (before, now) in [
        ("gate g $ true", "gate g $ true\ngate h $ false"),
        (
            "gate g $ true",
            "gate g $ true\nmanual m \"Look\" {\n  step \"look\"\n}",
        ),
        ("gate g $ true", "gate g $ true\ntasks \"TODO.md\""),
        (
            "gate g $ true",
            "gate g $ true\nscope {\n  allow \"src/**\"\n  deny \"src/x\"\n  forbid \"TODO\"\n  limit 3 files\n  require \"src/a\"\n}",
        ),
        ("scope { deny \"x\" }", "scope { deny \"x\", \"y\" }"),
        (
            "scope { allow \"src/**\" }",
            "scope {\n  allow \"src/**\", \"src/x/*\"\n  require \"src/a\"\n  limit 1 file\n}",
        ),
        (
            "scope { limit 3 files }",
            "scope {\n  limit 3 files\n  limit 9 lines\n}",
        ),
        // At the end, and where a step only judges.
        ("gate g $ make", "gate g {\n  $ make\n  $ make test\n}"),
        (
            "gate g $ make",
            "gate g {\n  $ make\n  expect stdout contains \"ok\"\n}",
        ),
        (
            "gate g {\n  $ a\n  $ b\n}",
            "gate g {\n  expect file(\"x\").exists\n  $ a\n  expect stderr is empty\n  $ b\n}",
        ),
        (
            "gate g {\n  $ a\n  $ b\n}",
            "gate g {\n  $ a\n  let n = stdout\n  check text.absent(\"n\")\n  $ b\n  check text.absent(\"m\")\n}",
        ),
        (
            "gate g $ true",
            "gate g {\n  $ true\n  proof {\n    write \"a\" \"b\"\n  }\n}",
        ),
        // What a command must do anyway may be said.
        ("gate g $ make", "gate g {\n  $ make\n  expect exit == 0\n}"),
        ("gate g {\n  $ make\n  expect 0 == exit\n}", "gate g $ make"),
        // How it is written.
        (
            "gate g $ make",
            "## Doc.\ngate g \"With a title\" {\n  $ make\n}",
        ),
        (
            "goal \"a\"\ncommit feat \"a\"\ntag \"a\"\ngate g $ make",
            "goal \"b\"\ncommit fix \"b\"\ntag \"b\"\ngate g $ make",
        ),
        (
            "gate g $ make\ngate h $ true",
            "gate h $ true\ngate g $ make",
        ),
        (
            "gate g-a $ echo a\ngate g-b $ echo b",
            "for x in [\"a\", \"b\", \"c\"] {\n  gate \"g-{{x}}\" {\n    run \"echo {{x}}\"\n  }\n}",
        ),
        (
            "gate g {\n  needs h, i\n  $ true\n}\ngate h $ true\ngate i $ true",
            "gate g {\n  needs i\n  needs h\n  $ true\n}\ngate h $ true\ngate i $ true",
        ),
        (
            "scope { forbid \"a\", \"b\" in \"y\", \"x\" }\ngate g $ true",
            "gate g $ true\nscope {\n  forbid \"b\" in \"x\", \"y\"\n  forbid \"a\" in \"x\", \"y\"\n}",
        ),
    ] {
        // A command that came out of a text is told by what it is made of.
        if now.contains("run \"echo") {
            continue;
        }
        assert_eq!(bodies(before, now), "", "{before}\n→\n{now}");
    }
}

#[test]
fn whatever_else_is_done_to_a_gate_is_an_amendment() {
    let was = "in \"web\"\nenv CI = \"1\"\ntimeout 5m\ninputs \"src/**\"\nneeds other\nlock \"db\"\nwhen ci\n\
               retry 2 every 1s\nhold 10s every 1s\n$ make test\nexpect stdout contains \"ok\"\n$ make lint\n\
               proof {\n  write \"a\" \"b\"\n}";
    for (from, to) in [
        ("in \"web\"", ""),
        ("in \"web\"", "in \"app\""),
        ("env CI = \"1\"", ""),
        ("env CI = \"1\"", "env CI = \"\""),
        ("env CI = \"1\"", "env CI = \"1\"\nenv SKIP = \"all\""),
        ("timeout 5m", "timeout 6m"),
        ("timeout 5m", ""),
        ("inputs \"src/**\"", "inputs \"src/*\""),
        ("inputs \"src/**\"", "inputs \"src/**\" allow-empty"),
        ("inputs \"src/**\"", "inputs none"),
        ("needs other", ""),
        ("lock \"db\"", ""),
        ("lock \"db\"", "lock \"x\""),
        ("when ci", ""),
        ("when ci", "when not ci"),
        ("when ci", "when false"),
        ("retry 2 every 1s", "retry 3 every 1s"),
        ("retry 2 every 1s", ""),
        ("hold 10s every 1s", "hold 9s every 1s"),
        ("hold 10s every 1s", ""),
        ("$ make test", "$ make tests"),
        ("$ make test", "$ make test || true"),
        ("$ make test", "$ true\n$ make test"),
        ("$ make test", "rhai { sh(\"rm x\"); }\n$ make test"),
        ("$ make lint", ""),
        ("$ make lint", "$ make lint\nexpect exit != 0"),
        ("expect stdout contains \"ok\"", ""),
        (
            "expect stdout contains \"ok\"",
            "expect stdout contains \"o\"",
        ),
        ("expect stdout contains \"ok\"", "expect exit == 1"),
        (
            "expect stdout contains \"ok\"",
            "expect stderr contains \"ok\"",
        ),
        ("write \"a\" \"b\"", "write \"a\" \"c\""),
        ("proof {\n  write \"a\" \"b\"\n}", ""),
    ] {
        let now = was.replace(from, to);
        assert_ne!(now, was);
        let told = gates(was, &now);
        assert!(
            told.starts_with("R501 the gate `g` of phase `p` was changed\n")
                && !told.contains("\nR"),
            "{from} → {to}: {told:?}"
        );
    }
}

#[test]
fn the_difference_is_that_of_the_meaning() {
    insta::assert_snapshot!(gates(
        "timeout 5m\n$ make test\nexpect stdout contains \"ok\"\nexpect time < 3s",
        "env CI = \"\"\n$ make test\nexpect time < 30s",
    ), @r#"
    R501 the gate `g` of phase `p` was changed
      -timeout 5m
      +env CI = ""
      +timeout 10m
       $ make test
      -expect stdout contains "ok"
      ?       ^^^^^^^^^^^^^^^^^^^^
      -expect time < 3s
      ?^^^^^^^       ^^
      +expect time < 30s
      ?              ^^^
    "#);
}

#[test]
fn what_is_gone_is_an_amendment_and_a_new_name_is_another_thing() {
    let before = "gate g $ true\ngate h $ true\nmanual m \"Look\" {\n  step \"look\"\n}\n\
                  tasks \"TODO.md\" under \"A\"\nscope { require \"x\" }";
    insta::assert_snapshot!(bodies(before, "gate g2 $ true"), @r#"
    R502 the scope rule `require "x"` of phase `p` was removed
      -require "x"
    R502 `tasks "TODO.md"` of phase `p` was removed
      -tasks "TODO.md" under "A"
    R502 the gate `g` of phase `p` was removed
      -timeout 10m
      -inputs the whole tree
      -$ true
    R502 the gate `h` of phase `p` was removed
      -timeout 10m
      -inputs the whole tree
      -$ true
    R502 the manual check `m` of phase `p` was removed
      -title "Look"
      -step "look"
      -inputs the whole tree
    "#);
}

#[test]
fn a_rule_of_a_scope_is_kept_as_it_is() {
    let before = "scope {\n  allow \"src/**\", \"docs/*\"\n  deny \"src/gen/**\"\n  forbid \"TODO\", /a+/i in \"src/**\"\n\
                  limit 4 files\n  limit 1MB per file\n  require \"CHANGELOG.md\"\n}";
    let now = "scope {\n  allow \"src/**\", \"**\"\n  deny \"src/gen/*\"\n  forbid \"TODO\" in \"src/a\"\n  forbid /a+/ in \"src/**\"\n\
               limit 400 files\n  limit 9 lines\n  require \"*.md\"\n}";
    insta::assert_snapshot!(bodies(before, now), @r#"
    R502 the scope rule `allow "docs/*"` of phase `p` was removed
      -allow "docs/*"
    R502 the scope rule `deny "src/gen/**"` of phase `p` was removed
      -deny "src/gen/**"
    R501 the scope rule `forbid "TODO"` of phase `p` was changed
      -forbid "TODO" in "src/**"
      ?                 ^^^^^^^^
      +forbid "TODO" in "src/a"
      ?                 ^^^^^^^
    R502 the scope rule `forbid /a+/i` of phase `p` was removed
      -forbid /a+/i in "src/**"
    R501 the scope rule `limit … files` of phase `p` was changed
      -limit 4 files
      ?      ^
      +limit 400 files
      ?      ^^^
    R502 the scope rule `limit … per file` of phase `p` was removed
      -limit 1MB per file
    R502 the scope rule `require "CHANGELOG.md"` of phase `p` was removed
      -require "CHANGELOG.md"
    R503 the scope rule `allow "**"` of phase `p` was added
    R503 the scope rule `require "*.md"` of phase `p` was added
    "#);
}

#[test]
fn an_addition_that_lets_more_through_is_an_amendment() {
    insta::assert_snapshot!(bodies(
        "scope { allow \"src/**\" }",
        "scope {\n  allow \"src/**\", \"docs/**\"\n  require \"x\"\n}\ntasks \"TODO.md\"",
    ), @r#"
    R503 the scope rule `allow "docs/**"` of phase `p` was added
    R503 the scope rule `require "x"` of phase `p` was added
    R503 `tasks "TODO.md"` of phase `p` was added
    "#);
    insta::assert_snapshot!(bodies(
        "gate g $ curl localhost",
        "gate g $ curl localhost\nservice mock {\n  $ ./mock\n  ready port 80\n}",
    ), @"R503 the service `mock` of phase `p` was added");
}

#[test]
fn a_check_and_what_it_is_made_of_are_seen_through() {
    let with = |check: &str| {
        format!(
            "check ok(of: string) {{\n{check}\n}}\nphase p \"P\" {{\n  gate a check ok(\"a\")\n  gate b check ok(\"b\")\n}}\n"
        )
    };
    let before = with("timeout 1m\n$ test {{of}}\nexpect stdout is empty");
    // Called the same, and judging less.
    insta::assert_snapshot!(plans(&before, &with("timeout 1m\n$ test {{of}}")), @r#"
    R501 the gate `a` of phase `p` was changed
       check ok; timeout 1m
         $ test {{"a"}}
      -  expect stdout is empty
    R501 the gate `b` of phase `p` was changed
       check ok; timeout 1m
         $ test {{"b"}}
      -  expect stdout is empty
    "#);
    assert_ne!(
        plans(
            &before,
            &with("timeout 1h\n$ test {{of}}\nexpect stdout is empty")
        ),
        ""
    );
    assert_ne!(
        plans(
            &before,
            &with("timeout 1m\n$ true\n$ test {{of}}\nexpect stdout is empty")
        ),
        ""
    );
    // More of the same.
    assert_eq!(
        plans(
            &before,
            &with("timeout 1m\nexpect of != \"\"\n$ test {{of}}\nexpect stdout is empty\n$ more")
        ),
        ""
    );
    // Under another name, and with one that nothing uses.
    let renamed = before.replace("ok(", "fine(");
    assert_eq!(plans(&before, &renamed), "");
    assert_eq!(
        plans(
            &format!("{before}check idle() $ a\n")
                .replace("check idle() $ a", "check idle() {\n$ a\n}"),
            &before
        ),
        ""
    );
}

#[test]
fn a_value_that_only_a_run_knows_is_what_it_is_made_of() {
    let with = |lets: &str| format!("{lets}\nphase p \"P\" {{\n  gate g $ test {{{{b}}}}\n}}\n");
    let before = with("let a = env(\"A\")\nlet b = a + \"x\"");
    insta::assert_snapshot!(plans(&before, &with("let a = env(\"B\")\nlet b = a + \"x\"")), @"R501 the gate `g` of phase `p` was changed");
    insta::assert_snapshot!(plans(&before, &with("let a = env(\"A\")\nlet b = a + \"y\"")), @r#"
    R501 the gate `g` of phase `p` was changed
      -$ test {{b (= a + "x")}}
      ?                  ^^^^^^
      +$ test {{b (= a + "y")}}
      ?                  ^^^^^^
    "#);
    let renamed = before.replace("{{b}}", "{{c}}").replace("let b", "let c");
    assert_eq!(plans(&before, &renamed), "");
}

#[test]
fn one_change_that_many_share_is_one_amendment() {
    let plan = |timeout: &str, every: &str| {
        format!(
            "plan \"P\" {{\n  timeout {timeout}\n}}\nevery phase {{\n  gate lint $ {every}\n}}\n\
             phase p \"P\" {{\n  gate a $ a\n  gate b $ b\n  gate c $ c\n  gate d $ d\n}}\n\
             phase q \"Q\" {{\n  gate a $ a\n}}\nphase r \"R\" {{\n  gate a $ a\n}}\n"
        )
    };
    let before = plan("1m", "lint");
    let found = compared(
        &[("plan.gate", &before)],
        &[("plan.gate", &plan("1h", "lint"))],
        &[("p", true), ("q", false)],
    );
    insta::assert_snapshot!(told(&found), @r"
    R501 the gate `a`, the gate `b`, the gate `c` and 2 more of the phases `p`, `q` were changed
      -timeout 1m
      ?        ^^
      +timeout 1h
      ?        ^^
    ");
    let found = compared(
        &[("plan.gate", &before)],
        &[("plan.gate", &plan("1m", "true"))],
        &[("p", true), ("q", false)],
    );
    insta::assert_snapshot!(told(&found), @r"
    R501 the gate `lint` of the phases `p`, `q` was changed
      -$ lint
      ?  ^^^^
      +$ true
      ?  ^^^^
    ");
}

#[test]
fn what_holds_for_the_whole_plan_is_kept() {
    let plan = |settings: &str| {
        format!("plan \"P\" {{\n{settings}\n}}\nphase p \"P\" {{\n  gate g $ true\n}}\n")
    };
    let before = plan("base \"main\"\nshare \"target\"\namend by \"a@x\"\nsecret TOKEN");
    insta::assert_snapshot!(plans(&before, &plan("shell \"sh\", \"-c\"\ntree worktree\namend by \"a@x\", \"b@x\"")), @r#"
    R501 `base` was changed
      -base "main"
      ?     ^^^^^^
      +base none
      ?     ^^^^
    R501 `shell` was changed
      -shell "bash", "-euo", "pipefail", "-c"
      ?      ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      +shell "sh", "-c"
      ?      ^^^^^
    R501 `tree` was changed
      -tree staged
      ?     ^^^^^^
      +tree worktree
      ?     ^^^^^^^^
    R501 `share` was changed
      -share "target"
      ?      ^^^^^^^^
      +share every ignored folder
      ?      ^^^^^^^^^^^^^^^^^^^^
    R501 `amend by` was changed
      -amend by "a@x"
      ?         ^^^^^
      +amend by "a@x", "b@x"
      ?         ^^^^^^^^^^^^
    R502 `secret TOKEN` was removed
    "#);
    let free = plan(
        "base \"main\"\nshare \"target\"\namend by \"a@x\"\nsecret TOKEN, MORE\njobs 3\nremind \"r\"\nlint W001 off",
    );
    assert_eq!(plans(&before, &free), "");
    assert_eq!(plans(&plan("jobs 1"), &plan("amend by \"a@x\"")), "");
}

#[test]
fn phases_under_lock_stay_and_stay_first() {
    let plan = |phases: &[&str]| -> String {
        let phase =
            |name: &&str| format!("phase {name} \"T\" {{\n  gate g $ true\n  tag \"{name}\"\n}}\n");
        phases.iter().map(phase).collect()
    };
    let became = |now: &[&str]| {
        told(&compared(
            &[("plan.gate", &plan(&["a", "b", "c", "d"]))],
            &[("plan.gate", &plan(now))],
            &[("a", true), ("b", false)],
        ))
    };
    // What is not open yet is free.
    for now in [
        &["a", "b"][..],
        &["a", "b", "d", "x", "c"],
        &["a", "b", "x"],
    ] {
        assert_eq!(became(now), "", "{now:?}");
    }
    insta::assert_snapshot!(became(&["a", "c", "d"]), @"R502 the phase `b` was removed");
    insta::assert_snapshot!(became(&["b", "a", "c"]), @"R504 the phase `b` was moved before `a`");
    insta::assert_snapshot!(became(&["a", "x", "b", "c"]), @"R504 the phase `x` was put before `b`");
    insta::assert_snapshot!(became(&["d", "a", "b"]), @"R504 the phase `d` was moved before `a`");
    insta::assert_snapshot!(became(&["x", "a", "y", "b"]), @r"
    R504 the phase `x` was put before `a`
    R504 the phase `y` was put before `b`
    ");
}

#[test]
fn the_tag_of_a_sealed_phase_is_kept() {
    let plan = |tag: &str| format!("phase p \"P\" {{\n  gate g $ true\n{tag}\n}}\n");
    let (before, now) = (plan("tag \"v1\""), plan("tag \"v2\""));
    let became = |sealed| {
        told(&compared(
            &[("plan.gate", &before)],
            &[("plan.gate", &now)],
            &[("p", sealed)],
        ))
    };
    assert_eq!(became(false), "");
    insta::assert_snapshot!(became(true), @r#"
    R501 the tag of phase `p` was changed
      -tag "v1"
      ?    ^^^^
      +tag "v2"
      ?    ^^^^
    "#);
}

#[test]
fn a_list_that_shrinks_and_a_file_that_is_swapped_are_seen() {
    let plan = |list: &str, path: &str| {
        format!(
            "use \"./{path}.gate\" as lib\nphase p \"P\" {{\n  for s in {list} {{\n    gate \"t-{{{{s}}}}\" check lib.ok(s)\n  }}\n}}\n"
        )
    };
    let one = "check ok(s: string) {\n  $ test {{s}}\n}\n";
    let other = "check ok(s: string) {\n  $ true {{s}}\n}\n";
    let became = |list: &str, path: &str| {
        told(&compared(
            &[
                ("plan.gate", &plan("[\"a\", \"b\"]", "one")),
                ("one.gate", one),
            ],
            &[
                ("plan.gate", &plan(list, path)),
                ("one.gate", one),
                ("other.gate", other),
                ("same.gate", one),
            ],
            &[("p", false)],
        ))
    };
    assert_eq!(became("[\"a\", \"b\", \"c\"]", "one"), "");
    assert_eq!(became("[\"b\", \"a\"]", "same"), "");
    insta::assert_snapshot!(became("[\"a\"]", "one"), @r#"
    R502 the gate `t-b` of phase `p` was removed
      -timeout 10m
      -inputs the whole tree
      -check lib.ok
      -  $ test {{"b"}}
    "#);
    insta::assert_snapshot!(became("[\"a\", \"b\"]", "other"), @r#"
    R501 the gate `t-a` of phase `p` was changed
       check lib.ok
      -  $ test {{"a"}}
      ?    ^^^^
      +  $ true {{"a"}}
      ?    ^^^^
    R501 the gate `t-b` of phase `p` was changed
       check lib.ok
      -  $ test {{"b"}}
      ?    ^^^^
      +  $ true {{"b"}}
      ?    ^^^^
    "#);
}

#[test]
fn a_script_and_a_manual_check_are_kept_to_the_letter() {
    let script = |text: &str| {
        told(&compared(
            &[
                (
                    "plan.gate",
                    "phase p \"P\" {\n  gate g rhai \"a.rhai\"\n}\n",
                ),
                ("a.rhai", "fail(\"a\");\n"),
            ],
            &[
                (
                    "plan.gate",
                    "phase p \"P\" {\n  gate g rhai \"a.rhai\"\n}\n",
                ),
                ("a.rhai", text),
            ],
            &[("p", false)],
        ))
    };
    assert_eq!(script("fail(\"a\");\n"), "");
    assert_ne!(script("note(\"a\");\n"), "");

    let was =
        "step \"look\"\n$ curl x\nexpected \"it\"\ninputs \"a\"\nexpires 7d\nby \"a@x\"\nsigned";
    let manual =
        |title: &str, body: &str| format!("gate g $ true\nmanual m \"{title}\" {{\n{body}\n}}");
    for (from, to) in [
        ("look", "glance"),
        ("$ curl x\n", ""),
        ("expected \"it\"", "expected \"that\""),
        ("inputs \"a\"\n", ""),
        ("expires 7d", "expires 8d"),
        ("by \"a@x\"", "by \"a@x\", \"b@x\""),
        ("signed", ""),
    ] {
        let told = bodies(&manual("T", was), &manual("T", &was.replace(from, to)));
        assert!(
            told.starts_with("R501 the manual check `m` of phase `p` was changed\n"),
            "{from}: {told}"
        );
    }
    assert_ne!(bodies(&manual("T", was), &manual("U", was)), "");
}

/// Statements that a gate may have, in an order in which a plan takes them.
fn statement() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}".prop_map(|word| format!("$ {word}")),
        ("[a-c]", 0..3u8).prop_map(|(word, n)| format!("run \"{word}\"\nexpect exit == {n}")),
        "[a-c]".prop_map(|word| format!("expect file(\"{word}\").exists")),
        "[a-c]".prop_map(|word| format!("check ok(\"{word}\")")),
        "[a-c]".prop_map(|word| format!("check text.absent(\"{word}\")")),
        "[a-c]".prop_map(|word| format!("run \"{word}\"\nexpect stdout contains \"{word}\"")),
    ]
}

fn setting() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..4u8).prop_map(|n| format!("timeout {n}m")),
        (1..4u8).prop_map(|n| format!("retry {n}")),
        "[a-c]".prop_map(|word| format!("in \"{word}\"")),
        "[a-c]".prop_map(|word| format!("lock \"{word}\"")),
        "[a-c]".prop_map(|word| format!("inputs \"{word}\"")),
        Just("when ci".to_owned()),
    ]
}

fn body() -> impl Strategy<Value = (Option<String>, Vec<String>)> {
    (
        proptest::option::of(setting()),
        proptest::collection::vec(statement(), 1..5),
    )
}

proptest! {
    /// Whatever is done to a gate: either it is reported, or the gate judges all that it
    /// did, in its order, under the same settings, and the steps that were added only
    /// judge or stand at the end.
    #[test]
    fn no_change_of_a_gate_is_missed(before in body(), now in body()) {
        let text = |(setting, steps): &(Option<String>, Vec<String>)| {
            let setting = setting.as_ref().map_or_else(String::new, |s| format!("{s}\n"));
            format!("{setting}{}", steps.join("\n"))
        };
        let plan = |body: &str| format!("check ok(w: string) {{\n  $ test {{{{w}}}}\n}}\nphase p \"P\" {{\n  gate g {{\n{body}\n}}\n}}\n");
        let told = plans(&plan(&text(&before)), &plan(&text(&now)));
        // By hand: the old steps one by one, what is new between them does not act.
        let acts = |step: &String| !(step.starts_with("expect") || step.starts_with("check text."));
        // Two ways to write one command, to which an expectation may be added, but none of its
        // exit, which has it no longer exit with 0.
        let same = |old: &str, new: &str| {
            let command = |step: &str| match step.strip_prefix("run \"") {
                Some(rest) => format!("$ {}", rest.replacen('"', "", 1)),
                None => step.to_owned(),
            };
            let (old, new) = (command(old), command(new));
            new == old || new.starts_with(&format!("{old}\nexpect stdout"))
        };
        let mut rest = before.1.iter();
        let mut wanted = rest.next();
        let mut free = before.0 == now.0;
        for step in &now.1 {
            match wanted {
                Some(old) if same(old, step) => wanted = rest.next(),
                Some(_) if acts(step) => free = false,
                _ => {}
            }
        }
        free &= wanted.is_none();
        // `expect exit == 0` is what a command must do anyway.
        let plain = |body: &(Option<String>, Vec<String>)| !text(body).contains("exit == 0");
        if plain(&before) && plain(&now) {
            prop_assert_eq!(told.is_empty(), free, "{}\n→\n{}\n{}", text(&before), text(&now), told);
        } else {
            prop_assert!(told.is_empty() || !free);
        }
    }
}
