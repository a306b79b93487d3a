//! The checkout that is kept from run to run: what was proven at the end of one run is not
//! looked at again by the next, and yet nothing that somebody wrote there is believed.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;

use crate::project::{Answer, Project};

const PLAN: &str = "phase p \"P\" {\n  gate good {\n    $ cat file\n    expect stdout == \"good\"\n  }\n  gate quiet $ ! test -e \"$(git rev-parse --git-common-dir)/noisy\" || echo more >> folder/other\n}\n";

const SAID: &str = "somebody had written into the kept checkout";

/// A project whose checkout has been used, and left as it should be, more than once.
fn used(file: &str) -> Project {
    let project = Project::with_plan(PLAN);
    project.stage("file", file);
    project.stage("folder/other", "1\n");
    project.write("folder/other", "not staged\n");
    for _ in 0..2 {
        again(&project);
    }
    project
}

fn again(project: &Project) -> Answer {
    project.gate(&["try", "--fresh", "--format", "json"])
}

fn kept(project: &Project, path: &str) -> PathBuf {
    project.path().join(".git/gate/shadow/tree").join(path)
}

#[test]
fn what_was_written_into_it_makes_nothing_green() {
    let project = used("bad\n");
    // In place: the folder is as before.
    fs::write(kept(&project, "file"), "good\n").unwrap();
    let answer = again(&project).exits(1);
    if cfg!(target_os = "linux") {
        assert!(answer.stdout.contains(SAID), "{}", answer.stdout);
    }
    assert_eq!(fs::read_to_string(kept(&project, "file")).unwrap(), "bad\n");
    let next = again(&project).exits(1);
    assert!(!next.stdout.contains(SAID), "{}", next.stdout);
}

#[test]
fn nor_does_it_make_anything_red() {
    let project = used("good\n");
    fs::write(kept(&project, "file"), "bad\n").unwrap();
    again(&project).exits(0);
}

#[test]
fn what_somebody_put_there_is_gone_before_a_gate_could_see_it() {
    let project = used("good\n");
    fs::write(kept(&project, "folder/new"), "").unwrap();
    fs::remove_file(kept(&project, "file")).unwrap();
    let answer = again(&project).exits(0);
    assert!(!answer.stdout.contains(SAID), "{}", answer.stdout);
    assert!(!kept(&project, "folder/new").exists());
}

#[test]
fn a_gate_that_writes_into_it_is_red_all_the_same() {
    let project = used("good\n");
    project.write(".git/noisy", "");
    let answer = again(&project).exits(1);
    // Where the system's clock of files lags, it may have been judged twice.
    assert_eq!(answer.codes(), ["R104 plan.gate:1:7"]);
    fs::remove_file(project.path().join(".git/noisy")).unwrap();
    again(&project).exits(0);
}

#[test]
fn of_a_run_that_was_killed_nothing_is_believed() {
    let project = used("good\n");
    let order = ("GATE_FAULT", "shadow-note:before:kill:2");
    let mut killed = project.gate_command();
    killed.args(["try", "--fresh"]).envs([order]);
    assert_eq!(killed.output().unwrap().status.signal(), Some(9));
    fs::write(kept(&project, "file"), "bad\n").unwrap();
    let answer = again(&project).exits(0);
    assert!(!answer.stdout.contains(SAID), "{}", answer.stdout);
}
