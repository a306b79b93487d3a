//! What makes a sign-off void, and what does not.

use proptest::prelude::*;
use serde_json::Value;

use super::{NOTE, PLAN, VERDICT, events, project, sign, stand, with_manual};
use crate::book::normal;
use crate::project::Project;
use crate::terminal::{at_terminal, at_terminal_with};

#[test]
fn another_text_or_other_inputs() {
    let project = project();
    sign(&project, 2);
    // Beside its inputs, all may change: only what is about the whole tree is void.
    project.stage("docs", "1\n");
    let answer = project.gate(&["run"]).exits(4);
    insta::assert_snapshot!(normal(&answer.stdout), @r#"
    plan.gate

    phase 1/2 api The API
      tree ID, judged in place

      ✓ health passed signed off by Ada <ada@example.com> WHEN at a terminal
      ✓ types passed TIME
      ? look waiting It looks right; what it is about changed since it was signed off

    error[M102]: the sign-off of `look` no longer holds: what it is about changed
       ╭─[ plan.gate:11:10 ]
       │
    11 │ manual look "It looks right" {
       │ ────
       │
       = note: signed off by Ada <ada@example.com> WHEN at a terminal
       = note: changed since:
             docs
       = help: a person signs off, at a terminal: `gate sign plan.gate`

    WAITING api: 1 passed, 1 waiting, 1 signed off · TIME
             nothing was committed; a person has to sign off what is left

    ## Phase 1 `api`: The API

    - [ ] **look**: It looks right
      - Open http://localhost:9753/swagger in a browser
      - expected: Health, Ready and Metrics are listed
      - what it is about changed since it was signed off
      - about the whole tree

    A person signs off, at a terminal:

        gate sign plan.gate
    "#);
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(answer.codes(), ["M102 plan.gate:11:10"]);

    project.stage("server/answer", "other\n");
    project.stage(
        "plan.gate",
        PLAN.replace("Start the server", "Start the server again"),
    );
    // Of an open phase, that is an amendment first.
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:5:10"]);
    at_terminal(
        &project,
        &["amend", "--reason", "clearer"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(
        stand(&answer)[0],
        "health waiting: its text changed since it was signed off"
    );
    project.stage(
        "plan.gate",
        PLAN.replace("Start the server again", "Start the server"),
    );
    at_terminal(
        &project,
        &["amend", "--reason", "as it was"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(
        stand(&answer)[0],
        "health waiting: what it is about changed since it was signed off"
    );
    // What was signed off is so again when it is what it was.
    project.stage("server/answer", "fine\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(stand(&answer)[0], "health pass: -");
}

#[test]
fn a_value_in_the_text_is_part_of_it() {
    let project = project();
    sign(&project, 2);
    let answer = project
        .gate(&["run", "--format", "json", "--set", "port=80"])
        .exits(4);
    assert_eq!(
        stand(&answer),
        [
            "health pass: -",
            "look waiting: its text changed since it was signed off"
        ]
    );
    project.gate(&["run"]).exits(0);
}

#[test]
fn time() {
    let project = with_manual("step \"look\"\n    expires 7d");
    let signed_at = |at: &str| {
        let env = [("GIT_COMMITTER_DATE", at), ("GIT_AUTHOR_DATE", at)];
        let dialogue = [(VERDICT, "p"), (NOTE, "")];
        at_terminal_with(&project, &["sign"], &env, &dialogue).exits(0);
        project.gate(&["run", "--format", "json"])
    };
    let answer = signed_at("2020-01-01T00:00:00Z").exits(4);
    assert_eq!(answer.codes(), ["M102 plan.gate:3:10"], "{}", answer.stdout);
    assert!(
        answer
            .stdout
            .contains("it is of 2020-01-01T00:00:00Z, and holds for 7d"),
        "{}",
        answer.stdout
    );
    // Nobody signs ahead.
    let answer = signed_at("2099-01-01T00:00:00Z").exits(4);
    assert_eq!(
        stand(&answer),
        ["m waiting: its sign-off is of a time to come"]
    );
    sign(&project, 1);
    project.gate(&["run"]).exits(0);
    project.gate(&["verify"]).exits(0);
}

#[test]
fn who_may_not() {
    let project = with_manual("step \"look\"\n    inputs \"in\"\n    by \"bob@example.com\"");
    project.stage("in", "1\n");
    let answer = at_terminal(&project, &["sign"], &[]).exits(2);
    insta::assert_snapshot!(answer.stderr, @r#"
    error[E0444]: `ada@example.com` is none of those who may sign off `m`
      ╭─[ plan.gate:3:10 ]
      │
    3 │   manual m "M" {
      │          ─
      │
      = help: ask one of them: `bob@example.com`
    "#);
    project.git(&["config", "user.email", "Bob@Example.com"]);
    sign(&project, 1);
    // It was Bob's to say then; the plan names another since.
    project.stage(
        "plan.gate",
        project.read("plan.gate").replace("bob@", "eve@"),
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(answer.codes(), ["M103 plan.gate:3:10"]);
}

#[test]
fn of_several_only_those_that_one_may_sign() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  manual mine \"Mine\" {\n    step \"look\"\n  }\n  manual theirs \"Theirs\" {\n    step \"look\"\n    by \"bob@example.com\"\n  }\n}\n",
    );
    let answer = at_terminal(&project, &["sign"], &[(VERDICT, "p"), (NOTE, "")]).exits(4);
    assert!(answer.stderr.contains("E0444"), "{}", answer.stderr);
    assert_eq!(events(&project), ["signed p"]);
}

#[test]
fn a_word_that_somebody_else_recorded() {
    let project = with_manual("step \"look\"");
    sign(&project, 1);
    // The same entry, committed by another.
    let tree = project.git(&["rev-parse", "refs/gate/ledger/plan^{tree}"]);
    project.git(&["config", "user.name", "Eve"]);
    let forged = project.git(&["commit-tree", "-m", "signed p", &tree]);
    project.git(&["update-ref", "refs/gate/ledger/plan", &forged]);
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(answer.codes(), ["M104 plan.gate:3:10"]);
    let answer = project.gate(&["verify"]).exits(1);
    assert!(answer.stderr.contains("R614"), "{}", answer.stderr);
}

#[test]
fn an_entry_that_is_no_sign_off() {
    let project = with_manual("step \"look\"");
    sign(&project, 1);
    let text = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    for (from, to) in [
        ("\"passed\"", "\"fine\""),
        ("\"who\"", "\"whom\""),
        ("\"assurance\"", "\"sure\""),
        ("\"at\"", "\"when\""),
        ("\"inputs\"", "\"input\""),
    ] {
        assert!(text.contains(from), "{text}");
        project.write(".git/forged", text.replace(from, to));
        let blob = project.git(&["hash-object", "-w", ".git/forged"]);
        project.write(".git/tree", format!("100644 blob {blob}\tentry.json\n"));
        let tree = std::process::Command::new("bash")
            .args(["-c", "git mktree < .git/tree"])
            .current_dir(project.path())
            .output()
            .unwrap();
        let tree = String::from_utf8(tree.stdout).unwrap();
        let forged = project.git(&["commit-tree", "-m", "signed p", tree.trim()]);
        project.git(&["update-ref", "refs/gate/ledger/plan", &forged]);
        let answer = project.gate(&["try", "--format", "json"]).exits(4);
        assert_eq!(answer.codes(), ["M104 plan.gate:3:10"], "{to}");
        let answer = project.gate(&["verify"]).exits(1);
        assert!(answer.stderr.contains("R607"), "{to}: {}", answer.stderr);
    }
}

#[test]
fn a_manual_check_is_under_lock() {
    let project = project();
    project.gate(&["run"]).exits(4);
    let plan = project.read("plan.gate");
    let change = |from: &str, to: &str| {
        assert!(plan.contains(from), "{plan}");
        project.stage("plan.gate", plan.replace(from, to));
        project.gate(&["run", "--format", "json"])
    };
    let (before, rest) = plan.split_once("  manual look").unwrap();
    let (_, rest) = rest.split_once("  tag").unwrap();
    project.stage("plan.gate", format!("{before}  tag{rest}"));
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R502 plan.gate:3:7"]);
    let answer = change("inputs   \"server/**\"", "inputs   \"plan.gate\"").exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:5:10"]);
    // One more is no less.
    let more = "  manual more \"More\" {\n    step \"look\"\n  }\n  tag \"api-done\"";
    let answer = change("  tag \"api-done\"", more).exits(4);
    assert_eq!(stand(&answer).len(), 3);
    // Nobody signs off what is not amended.
    change("inputs   \"server/**\"", "inputs   \"plan.gate\"").exits(1);
    let answer = project.gate(&["sign"]).exits(1);
    assert!(answer.stderr.contains("R501"), "{}", answer.stderr);
}

/// What is done to the tree after a sign-off.
#[derive(Debug, Clone)]
enum Change {
    Write(&'static str, u8),
    Remove(&'static str),
    Executable(&'static str, bool),
}

fn change() -> impl Strategy<Value = Change> {
    let path = prop::sample::select(vec!["in/a", "in/b c", "in/deep/d", "out/a", "inn"]);
    prop_oneof![
        (path.clone(), 0..3_u8).prop_map(|(path, byte)| Change::Write(path, byte)),
        path.clone().prop_map(Change::Remove),
        (path, any::<bool>()).prop_map(|(path, yes)| Change::Executable(path, yes)),
    ]
}

/// The staged files below `in/`: mode, id and path.
fn about(project: &Project) -> String {
    project.git(&["ls-files", "--stage", "in"])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// A sign-off holds exactly where what it is about is what it was.
    #[test]
    fn it_holds_as_long_as_its_inputs_do(changes in prop::collection::vec(change(), 1..5)) {
        let project = with_manual("step \"look\"\n    inputs \"in/**\"");
        project.stage("in/a", "0").stage("in/b c", "0").stage("in/deep/d", "0");
        project.stage("out/a", "0").stage("inn", "0").stage("in/always", "");
        sign(&project, 1);
        let signed = about(&project);
        for change in changes {
            match change {
                Change::Write(path, byte) => drop(project.stage(path, byte.to_string())),
                Change::Remove(path) => {
                    project.git(&["rm", "--quiet", "--force", "--ignore-unmatch", path]);
                }
                Change::Executable(path, yes) => {
                    let listed = project.git(&["ls-files", path]);
                    let sign = if yes { "--chmod=+x" } else { "--chmod=-x" };
                    if !listed.is_empty() {
                        project.git(&["update-index", sign, path]);
                    }
                }
            }
        }
        let holds = about(&project) == signed;
        let answer = project.gate(&["try", "--format", "json"]);
        prop_assert_eq!(answer.code, if holds { 0 } else { 4 });
        let verdict = answer.events().into_iter().find(|e| e["type"] == "manual.finished");
        let verdict = verdict.map_or(Value::Null, |event| event["verdict"].clone());
        prop_assert_eq!(verdict, if holds { "pass" } else { "waiting" });
    }
}
