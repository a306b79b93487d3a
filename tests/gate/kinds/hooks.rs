//! The user's hooks: which run, and what happens where one calls gate.

use super::{place, project};
use crate::project::{Answer, Project};

fn hook(project: &Project, folder: &str, name: &str, script: &str) {
    let path = format!("{folder}/{name}");
    project.write(&path, format!("#!/bin/sh\n{script}\n"));
    let path = project.path().join(path);
    project
        .command("chmod")
        .arg("+x")
        .arg(path)
        .status()
        .unwrap();
}

fn commit(project: &Project, args: &[&str]) -> Answer {
    let mut command = project.command("git");
    command
        .args(["commit", "--quiet", "--message", "by hand"])
        .args(args);
    Answer::of(command.output().unwrap())
}

#[test]
fn a_hook_of_a_commit_judges_what_is_about_to_be_committed() {
    let gate = env!("CARGO_BIN_EXE_gate");
    let project = project("git diff --cached --name-only | grep -qx a && ! grep -q bad a");
    hook(
        &project,
        ".git/hooks",
        "pre-commit",
        &format!("exec {gate} try --format json > .git/said"),
    );
    let said = || Answer {
        code: 0,
        stdout: project.read(".git/said"),
        stderr: String::new(),
    };
    project.stage("a", "1\n");
    commit(&project, &[]).exits(0);
    assert_eq!(place(&said()), "in-place");
    // Git has an index of its own for these; the one in its place is still the old.
    project.write("a", "2\n");
    commit(&project, &["--all"]).exits(0);
    assert_eq!(place(&said()), "checkout");
    project.write("a", "3\n");
    project.stage("b", "1\n");
    commit(&project, &["a"]).exits(0);
    assert_eq!(project.git(&["status", "--short"]), "A  b");
    project.write("a", "bad\n");
    assert_ne!(commit(&project, &["--all"]).code, 0);
    assert_eq!(project.git(&["status", "--short"]), " M a\nA  b");
    assert_eq!(project.subjects().len(), 4);
}

#[test]
fn a_run_would_commit_beneath_the_commit_whose_hook_calls_it() {
    let gate = env!("CARGO_BIN_EXE_gate");
    for (name, args) in [("pre-commit", &[][..]), ("commit-msg", &["--all"])] {
        let project = project("test -f a");
        hook(&project, ".git/hooks", name, &format!("exec {gate} run"));
        project.stage("a", "1\n");
        let answer = commit(&project, args);
        assert_ne!(answer.code, 0);
        let text = answer.text();
        assert!(
            text.contains("E0405") && text.contains("gate try"),
            "{text}"
        );
        assert_eq!(project.subjects(), ["plan"]);
        assert_eq!(project.git(&["for-each-ref", "refs/gate", "refs/tags"]), "");
        // By itself it commits.
        project.gate(&["run"]).exits(0);
    }
    // After the commit there is nothing to commit any more: it is tagged.
    let project = project("test -f a");
    hook(
        &project,
        ".git/hooks",
        "post-commit",
        &format!("exec {gate} run"),
    );
    project.stage("a", "1\n");
    commit(&project, &[]).exits(0);
    assert_eq!(project.subjects(), ["by hand", "plan"]);
    assert_eq!(project.tags(), ["one"]);
}

const HOOKS: [&str; 9] = [
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-index-change",
    "pre-auto-gc",
    "post-rewrite",
    "reference-transaction",
];

#[test]
fn of_the_users_hooks_only_that_for_refs_runs() {
    for folder in [".git/hooks", ".hooks"] {
        let project = project("test -f a");
        project.write(".git/info/exclude", ".hooks\n");
        let log = project.path().join(".git/log");
        for name in HOOKS {
            let script = format!("echo {name} $GATE_SEALING $1 >> '{}'", log.display());
            hook(&project, folder, name, &script);
        }
        project.git(&["config", "core.hooksPath", folder]);
        project.stage("a", "1\n");
        std::fs::write(&log, "").unwrap();
        project.write("not-staged", "1\n");
        project.gate(&["run"]).exits(0);
        let mut said: Vec<String> = std::fs::read_to_string(&log)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        said.dedup();
        assert_eq!(
            said,
            [
                "reference-transaction 1 prepared",
                "reference-transaction 1 committed"
            ]
        );
    }
}
