//! A terminal's Ctrl-C and a closed window: the signal reaches gate and the git it has called
//! alike, whichever call that is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::ExitStatus;

use crate::project::Project;

/// A `git` whose call of this number signals the whole group that it runs in.
fn deadly_git(folder: &Path, at: usize, signal: &str) {
    let path = std::env::var("PATH").unwrap();
    let count = folder.join("count").display().to_string();
    let script = format!(
        "#!/bin/sh\necho >> '{count}'\n\
         [ \"$(wc -l < '{count}')\" -eq {at} ] && kill -s {signal} 0 && sleep 1000\n\
         PATH='{path}' exec git \"$@\"\n"
    );
    let file = folder.join("git");
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// How a run ends whose git call of this number is hit; none where it makes fewer.
fn hit(at: usize, signal: &str) -> Option<(Project, ExitStatus)> {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ true\n  tag \"v1\"\n}\n");
    project.stage("file", "1\n").write("file", "2\n");
    let before = project.belongings();
    let folder = tempfile::tempdir().unwrap();
    deadly_git(folder.path(), at, signal);
    let path = std::env::var("PATH").unwrap();
    let output = project
        .gate_command()
        .arg("run")
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .process_group(0)
        .output()
        .unwrap();
    let calls = fs::read_to_string(folder.path().join("count")).unwrap();
    assert!(before == project.belongings(), "call {at}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = said + String::from_utf8_lossy(&output.stderr).as_ref();
    assert!(!said.contains("error["), "call {at}: {said}");
    (calls.lines().count() >= at).then_some((project, output.status))
}

fn every_call(signal: &str, number: i32) {
    let mut at = 1;
    while let Some((project, status)) = hit(at, signal) {
        // Before there is anything to end, gate dies of it as any program would.
        let ended = status.code() == Some(128 + number) || status.signal() == Some(number);
        assert!(ended, "call {at}: {status}");
        let next = project.gate(&["run"]).exits(0);
        assert!(project.tags().contains(&"v1".to_owned()), "{}", next.text());
        at += 1;
    }
    assert!(at > 10, "only {at} calls of git");
}

#[test]
fn an_interrupted_call_of_git_is_no_answer() {
    every_call("INT", 2);
}

#[test]
fn nor_is_one_that_was_hung_up() {
    every_call("HUP", 1);
}
