//! `tree worktree`: gates see the working tree as it is; sealed is only what is staged.

use crate::project::Project;

const PLAN: &str = "plan {\n  tree worktree\n}\nphase p \"P\" {\n  gate good {\n    $ cat file\n    expect stdout == \"good\"\n  }\n  commit feat \"p\"\n  tag \"v1\"\n}\n";

#[test]
fn what_is_not_staged_is_judged_and_not_sealed() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "bad\n");
    project.write("file", "good\n");
    project.write("new", "x\n");
    let before = project.belongings();
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.verdicts(), ["good pass"]);
    assert_eq!(answer.codes(), ["R105 plan.gate:4:7"]);
    assert_eq!(project.belongings(), before);
    assert_eq!(project.tags(), [""; 0]);
    project.gate(&["try"]).exits(0);

    let told = project.gate(&["run"]).exits(1).stdout;
    let told = &told[told.find("error[").unwrap()..];
    insta::assert_snapshot!(&told[..told.find("NOT SEALED").unwrap()], @r#"
    error[R105]: the working tree that was judged is not what is staged
      ╭─[ plan.gate:4:7 ]
      │
    4 │ phase p "P" {
      │       ┬
      │       ╰── green, and not sealed
      │
      = note: not as staged:
            file
            new
      = help: stage what was judged with `git add`, or have git ignore it, and run again
    "#);

    project.git(&["add", "--all"]);
    project.gate(&["run"]).exits(0);
    assert_eq!(project.tags(), ["v1"]);
    assert_eq!(project.git(&["show", "HEAD:file"]), "good");
}

#[test]
fn a_fault_that_is_not_staged_is_red() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    project.write("file", "bad\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.verdicts(), ["good fail"]);
}

#[test]
fn scope_tasks_and_files_are_the_working_tree_s() {
    let project = Project::with_plan(
        "plan {\n  base \"main\"\n  tree worktree\n}\nphase p \"P\" {\n  scope { deny \"*.lock\" }\n  tasks \"tasks.md\"\n  gate seen expect files(\"*.txt\") == [\"new.txt\"]\n}\n",
    );
    project.write("new.txt", "x\n");
    project.write("a.lock", "x\n");
    project.write("tasks.md", "- [ ] one\n");
    let answer = project.gate(&["try", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R202 a.lock:1:1", "R301 tasks.md:1:3"]);
    assert_eq!(answer.verdicts(), ["seen pass"]);
}

#[test]
fn the_plan_is_read_from_it_too() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "other\n");
    project.write("plan.gate", PLAN.replace("\"good\"", "\"other\""));
    let answer = project.gate(&["try"]).exits(0);
    assert!(!answer.stdout.contains("not used"), "{}", answer.stdout);
    // But not what of it says which tree that is.
    project.write("plan.gate", PLAN.replace("  tree worktree\n", ""));
    project.write("file", "good\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R105 plan.gate:4:7"]);
}

#[test]
fn a_gate_that_changes_it_is_red() {
    let project = Project::with_plan(
        "plan {\n  tree worktree\n}\nphase p \"P\" {\n  gate bad $ echo more >> file\n}\n",
    );
    project.stage("file", "one\n");
    project.write("file", "two\n");
    let answer = project.gate(&["try", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R104 plan.gate:4:7"]);
}

#[test]
fn what_git_does_not_look_at_cannot_be_sealed() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    project.git(&["update-index", "--assume-unchanged", "file"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.verdicts(), ["good pass"]);
    assert_eq!(answer.codes(), ["R105 plan.gate:4:7"]);
}

#[test]
fn whatever_speaks_of_the_plan_speaks_of_that_tree() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    project.gate(&["run"]).exits(0);
    project.write(
        "plan.gate",
        PLAN.replace("gate good", "gate better") + "phase q \"Q\" {\n  gate late $ true\n}\n",
    );
    project.gate(&["try", "late"]).exits(0);
    let why = project.gate(&["show", "--why", "late", "--json"]).exits(0);
    let why: serde_json::Value = serde_json::from_str(&why.stdout).unwrap();
    assert_eq!(why["answer"], "hit");
    // A file that is not staged is one of its inputs.
    project.write("new", "x\n");
    let why = project.gate(&["show", "--why", "late", "--json"]).exits(0);
    let why: serde_json::Value = serde_json::from_str(&why.stdout).unwrap();
    assert_eq!(why["answer"], "miss");
    assert_eq!(why["differences"][0]["name"], "new");

    let status = project.gate(&["status", "--json"]).exits(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["phases"][1]["name"], "q");
    let amended = |of: &serde_json::Value| of["amendments"].as_array().map(Vec::len);
    assert!(amended(&status) > Some(0), "{status}");
    // A run would stop at it, and so it is a finding.
    let verified = project.gate(&["verify"]).exits(1);
    assert!(
        verified.text().contains("here it is gone"),
        "{}",
        verified.text()
    );
}
