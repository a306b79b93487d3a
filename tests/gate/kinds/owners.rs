//! Whose repository it is, and what one may write.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use super::{place, project};
use crate::project::{Answer, Project};

/// Someone who is not root and not the owner of what root makes.
const SOMEONE: u32 = 12_345;

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// `gate` as this user, with this environment; it must be able to get at the program.
fn gate_as(project: &Project, user: u32, env: &[(&str, &str)], args: &[&str]) -> Answer {
    let programs = tempfile::tempdir().unwrap();
    open(programs.path(), 0o755);
    let program = programs.path().join("gate");
    // Not by ourselves: a process that another test starts at that moment would hold the file
    // open for writing, and it could not be run.
    let mut copy = std::process::Command::new("cp");
    let copied = copy.arg(env!("CARGO_BIN_EXE_gate")).arg(&program).status();
    assert!(copied.unwrap().success());
    open(&program, 0o755);
    let mut command = project.command(program.to_str().unwrap());
    command
        .args(args)
        .envs(env.iter().copied())
        .uid(user)
        .gid(user);
    Answer::of(command.output().unwrap())
}

fn open(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn give(project: &Project, user: u32) {
    let done = project
        .command("chown")
        .args(["-R", &format!("{user}:{user}"), "."])
        .status();
    assert!(done.unwrap().success());
}

/// Takes away the right to write to all of the working tree, or gives it back.
fn writable(project: &Project, yes: bool) {
    let mode = if yes { "u+w" } else { "a-w" };
    let done = project
        .command("find")
        .args([
            ".", "-name", ".git", "-prune", "-o", "-exec", "chmod", mode, "{}", "+",
        ])
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn a_working_tree_that_may_not_be_written_to() {
    let project = project("test -f a");
    project.stage("a", "1\n");
    // Root may write everywhere: then it is someone else's.
    let user = if is_root() {
        give(&project, SOMEONE);
        SOMEONE
    } else {
        std::fs::metadata(project.path()).unwrap().uid()
    };
    let run = || {
        writable(&project, false);
        let answer = gate_as(&project, user, &[], &["run", "--format", "json"]);
        writable(&project, true);
        answer.exits(0)
    };
    assert_eq!(place(&run()), "in-place");
    project.write("not-staged", "1\n");
    assert_eq!(place(&run()), "checkout");
}

#[test]
fn a_repository_of_someone_else() {
    if !is_root() {
        // Nobody else can give it away.
        return;
    }
    let project = project("test -f a");
    project.stage("a", "1\n");
    give(&project, SOMEONE);
    for user in [0, SOMEONE + 1] {
        let answer = gate_as(&project, user, &[], &["run"]).exits(2);
        let text = answer.text();
        assert!(
            text.contains("E0403") && text.contains("dubious ownership"),
            "{text}"
        );
        assert!(
            text.contains("git config --global --add safe.directory"),
            "{text}"
        );
    }
    // Trusted, it is as any other.
    let trusted = project.path().join(".git/trusted");
    std::fs::write(&trusted, "[safe]\n\tdirectory = *\n").unwrap();
    let env = [("GIT_CONFIG_GLOBAL", trusted.to_str().unwrap())];
    gate_as(&project, 0, &env, &["run"]).exits(0);
}

#[test]
fn a_git_directory_that_may_not_be_written_to() {
    if !is_root() {
        return;
    }
    let project = project("test -f a");
    project.stage("a", "1\n");
    let trusted = project.path().join(".git/trusted");
    std::fs::write(&trusted, "[safe]\n\tdirectory = *\n").unwrap();
    open(project.path(), 0o755);
    let env = [("GIT_CONFIG_GLOBAL", trusted.to_str().unwrap())];
    let answer = gate_as(&project, SOMEONE, &env, &["run"]).exits(3);
    let text = answer.text();
    assert!(
        text.contains("B107") && text.contains("Permission denied"),
        "{text}"
    );
    assert!(text.contains("make sure that you may write"), "{text}");
}
