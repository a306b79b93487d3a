//! `gate check`: everything that is wrong, each at its place, and nothing is run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::project::Project;

#[test]
fn several_mistakes_are_told_in_one_run() {
    let project = Project::with_plan(
        "phase a \"A\" {\n  gaet x $ true\n  gate y {\n    timeout 5\n    $ true\n    expect exti == 0\n  }\n}\nphase b \"B\" {\n  gate z {\n    needs w\n    $ true\n  }\n}\n",
    );
    let answer = project.gate(&["check", "--format", "json"]).exits(2);
    assert_eq!(
        answer.codes(),
        [
            "E0101 plan.gate:2:3",
            "E0115 plan.gate:4:13",
            "E0201 plan.gate:6:12",
            "E0204 plan.gate:11:11"
        ]
    );
}

#[test]
fn a_mistake_is_shown_with_its_fix() {
    let project =
        Project::with_plan("phase a \"A\" {\n  gate y {\n    tiemout 5m\n    $ true\n  }\n}\n");
    let answer = project.gate(&["check"]).exits(2);
    insta::assert_snapshot!(answer.stderr);
}

#[test]
fn a_json_diagnostic_has_the_documented_shape() {
    let project = Project::with_plan(
        "phase a \"A\" {\n  gate y {\n    $ true\n    expect exti == 0\n  }\n}\n",
    );
    let answer = project.gate(&["check", "--format", "json"]).exits(2);
    let lines: Vec<&str> = answer.stdout.lines().collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn sarif_is_one_log_with_rules_regions_and_fixes() {
    let project = Project::empty();
    project.write(
        "my plans/č.gate",
        "# čaj\nphase a \"Ä\" {\n  gate y {\n    # č\n    $ echo č; true\n    expect exit = 0 and tmie > 1s\n  }\n",
    );
    let answer = project
        .gate(&["check", "--format", "sarif", "my plans/č.gate"])
        .exits(2);
    let mut log: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer.stderr, "");
    for rule in log["runs"][0]["tool"]["driver"]["rules"]
        .as_array_mut()
        .unwrap()
    {
        let page = rule["help"]["markdown"].take();
        assert!(page.as_str().unwrap().contains("## Mend"));
    }
    insta::assert_snapshot!(format!("{log:#}"));
    let empty = Project::with_plan("phase a \"A\" {\n  gate y $ true\n}\n");
    let answer = empty.gate(&["check", "--format", "sarif"]).exits(0);
    let log: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn an_edit_at_the_end_of_a_file_can_be_told_by_line_and_column() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y $ true\n");
    let answer = project.gate(&["check", "--format", "json"]).exits(2);
    let edit = &answer.events()[0]["suggestions"][0]["edits"][0];
    assert_eq!(edit["replacement"], "\n}");
    assert_eq!(edit["line"], 2);
    assert_eq!(edit["column"], 16);
}

#[test]
fn a_plan_without_mistakes_is_ok() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y $ true\n}\n");
    let answer = project.gate(&["check"]).exits(0);
    insta::assert_snapshot!(answer.stdout);
    assert_eq!(answer.stderr, "");
    assert_eq!(
        project.gate(&["check", "--format", "json"]).exits(0).stdout,
        ""
    );
}

#[test]
fn checking_runs_nothing() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y $ touch ran\n}\n");
    let before = project.belongings();
    project.gate(&["check"]).exits(0);
    project.gate(&["show"]).exits(0);
    assert_eq!(project.belongings(), before);
}

#[test]
fn a_plan_outside_of_a_repository_is_checked_without_git() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("plan.gate"),
        "phase a \"A\" { gate y expect true }\n",
    )
    .unwrap();
    fs::create_dir(path.join("bin")).unwrap();
    let git = path.join("bin/git");
    fs::write(
        &git,
        format!("#!/bin/sh\n: >'{}'\n", path.join("asked").display()),
    )
    .unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let check = || {
        Command::new(env!("CARGO_BIN_EXE_gate"))
            .arg("check")
            .current_dir(path)
            .env("PATH", path.join("bin"))
            .env_remove("GIT_DIR")
            .output()
            .unwrap()
    };
    assert_eq!(check().status.code(), Some(0));
    assert!(!path.join("asked").exists());
    // What may be one is git's to judge.
    fs::write(path.join(".git"), "what is this\n").unwrap();
    assert_eq!(check().status.code(), Some(0));
    assert!(path.join("asked").exists());
}

#[test]
fn paths_are_as_given_or_relative_to_the_current_folder() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y\n}\n");
    fs::create_dir(project.path().join("sub")).unwrap();
    let from_sub = |args: &[&str]| {
        let mut command = project.gate_command();
        let output = command
            .args(args)
            .current_dir(project.path().join("sub"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let by_default = from_sub(&["check", "--format", "json"]);
    assert!(
        by_default.contains("\"file\":\"../plan.gate\""),
        "{by_default}"
    );
    let given = from_sub(&["check", "--format", "json", "./../plan.gate"]);
    assert!(given.contains("\"file\":\"./../plan.gate\""), "{given}");
}

#[test]
fn params_can_be_set() {
    let project =
        Project::with_plan("param size: int = 3\nphase a \"A\" {\n  gate y expect size == 4\n}\n");
    project.gate(&["try"]).exits(1);
    project.gate(&["try", "--set", "size=4"]).exits(0);
    project
        .gate_with(&["try"], &[("GATE_PARAM_SIZE", "4")])
        .exits(0);
    let answer = project.gate(&["try", "--set", "szie=4"]).exits(2);
    assert!(
        answer.stderr.contains("did you mean `--set size="),
        "{}",
        answer.text()
    );
    project.gate(&["try", "--set", "size=big"]).exits(2);
}

#[test]
fn show_is_json_with_schema_and_phases() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y $ echo {{phase.name}}\n}\n");
    let json = project.gate(&["show", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["phases"][0]["name"]["value"], "a");
    let human = project.gate(&["show"]).exits(0).stdout;
    assert!(human.contains("$ echo a"), "{human}");
    let ast = project.gate(&["show", "--ast"]).exits(0).stdout;
    let _: serde_json::Value = serde_json::from_str(&ast).unwrap();
}

#[test]
fn without_a_plan_there_is_advice() {
    let project = Project::empty();
    let answer = project.gate(&["check"]).exits(2);
    assert!(answer.stderr.contains("E0401"), "{}", answer.text());
    project.write("a.gate", "").write("b.gate", "");
    let answer = project.gate(&["check"]).exits(2);
    assert!(
        answer.stderr.contains("a.gate, b.gate"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_lint_changes_no_exit_code_unless_it_is_taken_for_an_error() {
    let project = Project::with_plan("phase a \"A\" {\n  gate y $ true || true\n}\n");
    let answer = project.gate(&["check"]).exits(0);
    insta::assert_snapshot!(answer.text());
    let strict = project
        .gate(&["check", "--strict", "--format", "json"])
        .exits(2);
    assert_eq!(strict.codes(), ["W004 plan.gate:2:17"]);
    assert_eq!(strict.events()[0]["severity"], "error");
    for command in ["run", "try", "show", "status"] {
        let answer = project.gate(&[command]).exits(0);
        assert!(!answer.text().contains("W004"), "{}", answer.text());
    }
}

#[test]
fn a_lint_can_be_switched_off_and_asked_for() {
    let project = Project::with_plan(
        "plan {\n  lint W004 off\n}\nphase a \"A\" {\n  gate y $ true || true\n}\n",
    );
    let codes = |args: &[&str]| {
        let args = [&["check", "--format", "json"], args].concat();
        project.gate(&args).exits(0).codes()
    };
    assert!(codes(&[]).is_empty());
    assert_eq!(codes(&["--lint", "W006"]), ["W006 plan.gate:5:8"]);
    assert_eq!(
        codes(&["--lint", "W006", "--lint", "W004"]),
        ["W006 plan.gate:5:8", "W004 plan.gate:5:17"]
    );
    let answer = project.gate(&["check", "--lint", "W0004"]).exits(2);
    assert!(
        answer.stderr.contains("did you mean `--lint W004`?"),
        "{}",
        answer.text()
    );
    project.gate(&["check", "--lint", "E0201"]).exits(2);
}
