//! The moment in which commit, tag and ledger move.

use std::process::Stdio;

use crate::pipes::Pipes;
use crate::project::{Answer, Project};

const PLAN: &str =
    "phase p \"P\" {\n  gate g $ true\n  commit feat \"all of it\"\n  tag \"p-done\"\n}\n";

/// Runs `gate run`, and does something else just before a step of it.
fn run_and_meanwhile(project: &Project, fault: &str, meanwhile: impl FnOnce()) -> Answer {
    let pipes = Pipes::new();
    let mut command = project.gate_command();
    command
        .args(["run", "--format", "json"])
        .env("GATE_FAULT", fault)
        .env("GATE_FAULT_PIPES", pipes.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    pipes.wait();
    meanwhile();
    pipes.go();
    Answer::of(child.wait_with_output().unwrap())
}

#[test]
fn a_branch_switched_in_the_last_moment_is_not_sealed() {
    let project = Project::with_plan(PLAN);
    project.stage("a", "1\n");
    project.git(&["branch", "side"]);
    let main = project.git(&["rev-parse", "main"]);
    let answer = run_and_meanwhile(&project, "seal:before:wait", || {
        project.git(&["symbolic-ref", "HEAD", "refs/heads/side"]);
    });
    assert_eq!(answer.exits(3).codes(), ["B108"]);
    assert_eq!(project.git(&["rev-parse", "main"]), main);
    assert_eq!(project.git(&["rev-parse", "side"]), main);
    assert!(project.tags().is_empty());
    // That the tree was green is on record, and nothing of a seal.
    let log = project.git(&["log", "--format=%s", "refs/gate/ledger/plan"]);
    insta::assert_snapshot!(log, @"
    green p
    opened p
    ");
}

#[test]
fn a_tag_made_in_the_last_moment_is_not_moved() {
    let project = Project::with_plan(PLAN);
    project.stage("a", "1\n");
    let main = project.git(&["rev-parse", "main"]);
    let answer = run_and_meanwhile(&project, "seal:before:wait", || {
        project.git(&["tag", "p-done"]);
    });
    assert_eq!(answer.exits(2).codes(), ["E0404"]);
    assert_eq!(project.git(&["rev-parse", "main"]), main);
    assert_eq!(project.git(&["rev-parse", "p-done"]), main);
}

#[test]
fn an_entry_recorded_in_the_last_moment_stays_in_the_chain() {
    let project = Project::with_plan(PLAN);
    project.stage("a", "1\n");
    run_and_meanwhile(&project, "seal:before:wait", || {
        let tree = project.git(&["rev-parse", "refs/gate/ledger/plan^{tree}"]);
        let parent = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
        let other = project.git(&["commit-tree", "-m", "red p", "-p", &parent, &tree]);
        project.git(&["update-ref", "refs/gate/ledger/plan", &other]);
    })
    .exits(0);
    let log = project.git(&["log", "--format=%s", "refs/gate/ledger/plan"]);
    insta::assert_snapshot!(log, @"
    sealed p
    green p
    red p
    opened p
    ");
    let tag = project.git(&[
        "tag",
        "--list",
        "--format=%(contents:trailers:key=Gate-Evidence,valueonly)",
    ]);
    assert_eq!(
        tag.trim(),
        project.git(&["rev-parse", "refs/gate/ledger/plan"])
    );
}

#[test]
fn what_cannot_be_signed_is_not_sealed() {
    let project = Project::with_plan(PLAN);
    project.stage("a", "1\n");
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", "/nowhere/key.pub"),
        ("tag.gpgSign", "true"),
    ] {
        project.git(&["config", name, value]);
    }
    let main = project.git(&["rev-parse", "main"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B120"]);
    assert_eq!(project.git(&["rev-parse", "main"]), main);
    assert!(project.tags().is_empty());
}
