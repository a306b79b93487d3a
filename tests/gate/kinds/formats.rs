//! Forms of the index and of the repository.

use super::{is_green_in_both, place, plan, project};
use crate::project::Project;

#[test]
fn every_version_of_the_index() {
    for version in ["2", "3", "4"] {
        let project = project("test -f a");
        project.stage("a", "1\n");
        if version == "3" {
            // Only what needs it makes git write this one.
            project.write("later", "1\n");
            project.git(&["add", "--intent-to-add", "later"]);
        }
        project.git(&["update-index", "--index-version", version]);
        let index = std::fs::read(project.path().join(".git/index")).unwrap();
        assert_eq!(index[7].to_string(), version);
        if version == "3" {
            let answer = project.gate(&["run", "--format", "json"]).exits(0);
            assert_eq!(place(&answer), "checkout");
            project.git(&["rm", "--quiet", "--cached", "--force", "later"]);
            std::fs::remove_file(project.path().join("later")).unwrap();
            project.gate(&["run"]).exits(0);
        } else {
            is_green_in_both(&project);
        }
    }
}

#[test]
fn an_index_in_two_parts() {
    let project = project("test -f a");
    project.git(&["config", "core.splitIndex", "true"]);
    project.stage("a", "1\n");
    project.git(&["update-index", "--split-index"]);
    project.stage("b", "1\n");
    is_green_in_both(&project);
}

#[test]
fn a_watcher_is_not_believed() {
    let project = project("test -f a");
    // It says that nothing ever changes.
    let watcher = project.path().join(".git/watcher");
    std::fs::write(&watcher, "#!/bin/sh\nprintf 'token\\0'\n").unwrap();
    project
        .command("chmod")
        .arg("+x")
        .arg(&watcher)
        .status()
        .unwrap();
    project.git(&["config", "core.fsmonitor", watcher.to_str().unwrap()]);
    project.git(&["config", "core.untrackedCache", "true"]);
    project.stage("a", "1\n");
    project.git(&["update-index", "--fsmonitor"]);
    project.git(&["status"]);
    project.write("a", "other\n");
    assert_eq!(project.git(&["status", "--short"]), "A  a");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    assert_eq!(project.git(&["cat-file", "blob", "one:a"]), "1");
}

/// A repository made with this option; none where this git does not know it.
fn made_with(option: &str) -> Option<Project> {
    let project = Project::empty();
    std::fs::remove_dir_all(project.path().join(".git")).unwrap();
    let mut init = project.command("git");
    init.args(["init", "--quiet", "--initial-branch=main", option]);
    if !init.output().unwrap().status.success() {
        return None;
    }
    project.git(&["config", "user.name", "Ada"]);
    project.git(&["config", "user.email", "ada@example.com"]);
    project.stage("plan.gate", plan("test -f a"));
    project.git(&["commit", "--quiet", "--message", "plan"]);
    project.stage("a", "1\n");
    Some(project)
}

#[test]
fn ids_of_sha256() {
    let project = made_with("--object-format=sha256").unwrap();
    is_green_in_both(&project);
    let tree = project.git(&["rev-parse", "one^{tree}"]);
    assert_eq!(tree.len(), 64);
    let tag = project.git(&["cat-file", "tag", "one"]);
    assert!(tag.contains(&format!("Gate-Tree: {tree}")), "{tag}");
}

#[test]
fn refs_in_tables() {
    // Git has them since 2.45.
    let Some(project) = made_with("--ref-format=reftable") else {
        return;
    };
    is_green_in_both(&project);
    let refs = project.git(&["for-each-ref", "--format=%(refname)"]);
    assert!(refs.contains("refs/gate/ledger/plan"), "{refs}");
}

#[test]
fn names_that_differ_only_by_case() {
    for folds in ["false", "true"] {
        let project = project("test $(cat A a B/x b/x) = 1234");
        for (path, text) in [("A", "1"), ("a", "2"), ("B/x", "3"), ("b/x", "4")] {
            project.write(path, text);
        }
        if project.read("A") != "1" {
            // This file system is one that cannot hold them.
            return;
        }
        project.git(&["-c", "core.ignoreCase=false", "add", "--all"]);
        project.git(&["config", "core.ignoreCase", folds]);
        is_green_in_both(&project);
        let names = project.git(&["ls-tree", "-r", "--name-only", "one"]);
        assert_eq!(names, "A\nB/x\na\nb/x\nplan.gate", "{folds}");
    }
}

#[test]
fn thirty_thousand_staged_files() {
    let project = project("test -f d7/f7");
    for folder in 0..300 {
        for file in 0..100 {
            project.write(&format!("d{folder}/f{file}"), format!("{folder} {file}\n"));
        }
    }
    project.git(&["add", "--all"]);
    project.write("not-staged", "1\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    let names = project.git(&["ls-tree", "-r", "--name-only", "one"]);
    assert_eq!(names.lines().count(), 30_001);
}

#[test]
fn settings_of_one_working_tree() {
    let project = project("test $(git config user.email) = wt@example.com");
    project.git(&["config", "extensions.worktreeConfig", "true"]);
    project.git(&["worktree", "add", "--quiet", "linked"]);
    let linked = super::Place::new(&project, "linked");
    linked.git(&["config", "--worktree", "user.email", "wt@example.com"]);
    linked.write("not-staged", "1\n");
    let answer = linked.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    assert_eq!(
        linked.git(&["log", "-1", "--format=%ce", "refs/gate/ledger/plan"]),
        "wt@example.com"
    );
}
