//! What is shown, and with which exit code, when something is not green.

use crate::project::Project;

fn plan(gates: &str) -> Project {
    Project::with_plan(&format!("phase p \"P\" {{\n{gates}\n}}\n"))
}

/// What a person sees, without what differs from run to run.
fn shown(text: &str, project: &Project) -> String {
    let tree = project.git(&["write-tree"]);
    let text = text
        .replace(&tree[..7], "TREE")
        .replace(project.path().to_str().unwrap(), "ROOT");
    let times = regex::Regex::new(r" +\d+(\.\d+)? m?s\b").unwrap();
    times.replace_all(&text, " TIME").into_owned()
}

#[test]
fn a_failed_expectation_shows_values_diff_and_output() {
    let project = plan(
        "  gate greeting \"It greets\" {\n    $ printf 'Hello, Ada\\nBye\\n'\n    expect stdout == \"Hello, Ada!\\nBye\"\n  }\n  gate other $ true",
    );
    // One at a time: rows stand in the order gates finish.
    let answer = project.gate(&["run", "--jobs", "1"]).exits(1);
    insta::assert_snapshot!(shown(&answer.stdout, &project));
}

#[test]
fn a_failed_command_shows_its_exit_and_the_end_of_its_output() {
    let project = plan("  gate build $ for i in $(seq 30); do echo line $i; done; exit 3");
    let answer = project.gate(&["run"]).exits(1);
    insta::assert_snapshot!(shown(&answer.stdout, &project));
}

#[test]
fn what_leaves_the_scope_is_shown_in_the_file_and_in_the_plan() {
    let project = plan("  scope {\n    allow \"src/**\"\n    forbid \"TODO\"\n  }");
    project.stage("src/a.rs", "fn a() {}\n// TODO: b\n");
    project.stage("other.txt", "x\n");
    let answer = project.gate(&["run"]).exits(1);
    insta::assert_snapshot!(shown(&answer.stdout, &project));
}

#[test]
fn a_pipeline_whose_first_command_fails_is_red() {
    plan("  gate pipe $ false | cat").gate(&["run"]).exits(1);
    plan("  gate unset $ echo \"$NOT_SET_ANYWHERE\"")
        .gate(&["run"])
        .exits(1);
}

#[test]
fn a_command_that_is_too_long_is_blocked_not_cut() {
    let project = plan(&format!("  gate long $ true {}", "a".repeat(3 << 20)));
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.verdicts(), ["long blocked"]);
    let mut events = answer.events().into_iter();
    let told = events.find(|event| event["code"] == "B103").unwrap();
    assert_eq!(
        told["message"],
        "the command is longer than the system takes"
    );
}

#[test]
fn a_missing_program_is_blocked() {
    let project = plan("  gate tool $ no-such-program-anywhere --version");
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B101 plan.gate:2:15"]);
    assert_eq!(answer.verdicts(), ["tool blocked"]);
}

#[test]
fn exit_127_that_is_expected_is_judged() {
    let asked = "  gate tool {\n    $ no-such-program-anywhere\n    expect exit == 127\n  }";
    plan(asked).gate(&["run"]).exits(0);
    let other = "  gate tool {\n    $ no-such-program-anywhere\n    expect exit == 1\n  }";
    plan(other).gate(&["run"]).exits(3);
}

#[test]
fn a_missing_shell_is_blocked() {
    let project = Project::with_plan(
        "plan {\n  shell \"no-such-shell\", \"-c\"\n}\nphase p \"P\" {\n  gate g $ true\n}\n",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B101 plan.gate:5:12"]);
}

#[test]
fn a_timeout_is_blocked_and_leaves_nothing_running() {
    let project = plan(
        "  gate slow {\n    timeout 200ms\n    $ sleep 600 & echo $! > \"$HOME/pid\"; wait\n  }",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B102 plan.gate:4:7"]);
    let pid: i32 = project.read("pid").trim().parse().unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn nothing_to_judge_is_blocked() {
    let project = plan("  gate none {\n    $ echo {{files(\"sorce/**\")}}\n  }");
    project.stage("source/a", "a\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B104 plan.gate:3:14"]);
    assert!(
        answer
            .stdout
            .contains("the nearest path that exists is `source`"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_command_with_nothing_changed_is_skipped_visibly() {
    let project =
        plan("  gate lint {\n    $ echo {{changed(\"**/*.ts\")}}\n  }\n  gate more $ true");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["lint skipped", "more pass"]);
}

#[test]
fn red_wins_over_blocked() {
    let answer = plan("  gate a $ no-such-program-anywhere\n  gate b $ false")
        .gate(&["run", "--format", "json"]);
    let answer = answer.exits(1);
    assert_eq!(answer.verdicts(), ["a blocked", "b fail"]);
}

#[test]
fn a_signal_is_named() {
    let answer = plan("  gate dies $ kill -SEGV $$").gate(&["run"]).exits(1);
    assert!(answer.stdout.contains("SIGSEGV"), "{}", answer.stdout);
}

#[test]
fn fail_fast_starts_no_further_gate() {
    let project = plan("  gate a $ false\n  gate b $ true");
    let answer = project
        .gate(&["run", "--fail-fast", "--jobs", "1", "--format", "json"])
        .exits(1);
    assert_eq!(answer.verdicts(), ["a fail", "b skipped"]);
}

#[test]
fn an_interrupt_ends_the_run_with_130() {
    use std::io::{BufRead as _, BufReader};
    let project =
        plan("  gate slow $ sleep 600 & echo $! > \"$HOME/pid\"; touch \"$HOME/started\"; wait");
    let mut child = project
        .gate_command()
        .args(["run", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("gate.started")));
    while !project.path().join("started").exists() {
        std::thread::yield_now();
    }
    std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{rest:?}");
    let pid: i32 = project.read("pid").trim().parse().unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(project.subjects(), ["plan"]);
}

#[test]
fn a_gate_that_edits_tracked_files_is_red() {
    let project = plan("  gate edits $ echo more >> plan.gate");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R104 plan.gate:1:7"]);
    let events = answer.events();
    let at = |kind: &str| events.iter().position(|event| event["type"] == kind);
    assert!(at("diagnostic") < at("phase.finished"), "{}", answer.stdout);
    assert_eq!(events[at("phase.finished").unwrap()]["verdict"], "fail");
}

#[test]
fn a_red_that_is_found_last_is_not_preceded_by_a_green() {
    let project = plan("  gate edits $ echo more >> plan.gate");
    let text = project.gate(&["run"]).exits(1).stdout;
    let words: Vec<&str> = text.lines().filter_map(|l| l.split(' ').next()).collect();
    assert!(
        words.contains(&"RED") && !words.contains(&"GREEN"),
        "{text}"
    );
    assert!(text.contains("p: tree changed, 1 passed"), "{text}");
}

#[test]
fn new_files_that_a_gate_leaves_behind_are_named() {
    let project = plan("  gate builds $ touch artefact");
    let answer = project.gate(&["run"]).exits(0);
    assert!(
        answer.stdout.contains("left new files behind"),
        "{}",
        answer.stdout
    );
    assert!(answer.stdout.contains("artefact"), "{}", answer.stdout);
}
