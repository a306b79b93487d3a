//! In which order gates run, and what the failure of one means for the others.

use std::os::unix::fs::PermissionsExt;

use crate::project::Project;

fn started(project: &Project, args: &[&str], code: i32) -> Vec<String> {
    let answer = project.gate(args).exits(code);
    answer
        .events()
        .iter()
        .filter(|event| event["type"] == "gate.started")
        .map(|event| event["gate"].as_str().unwrap().to_owned())
        .collect()
}

/// `GATE VERDICT REASON`, in the order they finished.
fn finished(project: &Project, args: &[&str], code: i32) -> Vec<String> {
    let answer = project.gate(args).exits(code);
    answer
        .events()
        .iter()
        .filter(|event| event["type"] == "gate.finished")
        .map(|event| {
            let word = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("gate"), word("verdict"), word("reason"))
        })
        .collect()
}

const ONE: [&str; 5] = ["try", "--jobs", "1", "--format", "json"];

#[test]
fn gates_begin_in_the_plans_order_and_after_what_they_need() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a {\n    needs c\n    $ true\n  }\n  gate b $ true\n  gate c $ true\n  gate d $ true\n}\n",
    );
    assert_eq!(started(&project, &ONE, 0), ["b", "c", "a", "d"]);
}

#[test]
fn a_soak_whose_length_the_plan_says_begins_first() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a $ true\n  gate soak {\n    needs before\n    hold 20ms every 10ms\n    $ true\n  }\n  gate before $ true\n}\n",
    );
    assert_eq!(started(&project, &ONE, 0), ["before", "soak", "a"]);
}

#[test]
fn what_took_longest_in_an_earlier_run_begins_first() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a {\n    inputs none\n    $ true\n  }\n  gate b {\n    inputs none\n    $ sleep 1\n  }\n}\n",
    );
    assert_eq!(started(&project, &ONE, 0), ["a", "b"]);
    assert_eq!(started(&project, &ONE, 0), ["b", "a"]);
}

#[test]
fn what_needs_a_red_is_skipped_and_says_so_and_so_on() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a $ false\n  gate b {\n    needs a\n    $ true\n  }\n  gate c {\n    needs b\n    $ true\n  }\n  gate d $ true\n}\n",
    );
    assert_eq!(
        finished(&project, &ONE, 1),
        [
            "a fail -",
            "b skipped not run: it needs `a`, which is not green",
            "c skipped not run: it needs `b`, which was not run",
            "d pass -"
        ]
    );
}

#[test]
fn what_needs_a_skipped_one_is_run_and_says_so() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a {\n    when false\n    $ true\n  }\n  gate b {\n    needs a\n    $ true\n  }\n  gate c {\n    needs a\n    $ true {{changed(\"**/*.none\")}}\n  }\n}\n",
    );
    assert_eq!(
        finished(&project, &ONE, 0),
        [
            "a skipped its `when` is false",
            "b pass run although `a` was skipped",
            "c skipped run although `a` was skipped; nothing that it looks at was changed"
        ]
    );
}

#[test]
fn fail_fast_ends_what_runs_and_starts_no_more() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate long {\n    $ touch .git/up; sleep 1000\n  }\n  gate red $ until test -e .git/up; do :; done; false\n  gate last $ true\n}\n",
    );
    let args = ["try", "--jobs", "2", "--fail-fast", "--format", "json"];
    let mut lines = finished(&project, &args, 1);
    lines.sort();
    assert_eq!(
        lines,
        [
            "last skipped not run: an earlier failure, --fail-fast",
            "long skipped ended: an earlier failure, --fail-fast",
            "red fail -"
        ]
    );
}

#[test]
fn without_it_the_first_red_does_not_hide_the_others() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a $ false\n  gate b $ false\n  gate c $ true\n}\n",
    );
    assert_eq!(
        finished(&project, &ONE, 1),
        ["a fail -", "b fail -", "c pass -"]
    );
}

#[test]
fn gates_of_one_lock_never_run_at_once() {
    let gate = |name: &str| {
        format!(
            "  gate {name} {{\n    lock \"db\"\n    $ mkdir .git/held && sleep 0.05 && rmdir .git/held\n  }}\n"
        )
    };
    let gates: String = ["a", "b", "c", "d"].map(gate).concat();
    let project = Project::with_plan(&format!("phase p \"P\" {{\n{gates}}}\n"));
    project.gate(&["try", "--jobs", "4"]).exits(0);
}

#[test]
fn where_no_thread_can_be_had_gates_are_judged_all_the_same() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a $ true\n  gate b $ false\n  gate c {\n    needs a\n    $ true\n  }\n}\n",
    );
    // git is asked for some things once, for which it takes threads.
    project.gate(&["try"]).exits(1);
    // No stack is that large.
    let env = [("RUST_MIN_STACK", "100000000000000")];
    let args = ["try", "--fresh", "--jobs", "2", "--format", "json"];
    let answer = project.gate_with(&args, &env).exits(1);
    assert_eq!(answer.verdicts(), ["a pass", "b fail", "c pass"]);
}

#[test]
fn a_program_that_was_put_before_another_is_the_one_that_is_started() {
    let project = Project::with_plan(
        r#"phase p "P" {
  gate early {
    $ tool
    expect stdout == "two"
  }
  gate install {
    needs early
    $ tool
    $ cp .git/other/tool .git/one/tool
    $ tool
    expect stdout == "one"
  }
  gate late {
    needs install
    $ tool
    expect stdout == "one"
  }
}
"#,
    );
    let folder = |name: &str| project.path().join(".git").join(name);
    for (name, says) in [("one", None), ("two", Some("two")), ("other", Some("one"))] {
        std::fs::create_dir(folder(name)).unwrap();
        if let Some(says) = says {
            let tool = folder(name).join("tool");
            std::fs::write(&tool, format!("#!/bin/sh\necho {says}\n")).unwrap();
            std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let paths = [folder("one"), folder("two")].map(|path| path.display().to_string());
    let path = format!("{}:{}", paths.join(":"), std::env::var("PATH").unwrap());
    let answer = project.gate_with(&["try", "--format", "json"], &[("PATH", &path)]);
    assert_eq!(
        answer.exits(0).verdicts(),
        ["early pass", "install pass", "late pass"]
    );
}
