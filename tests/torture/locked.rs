//! Locks that another git holds, or left behind.

use std::fs;

use crate::holdings::Holdings;
use crate::project::Project;

const PLAN: &str =
    "phase p \"P\" {\n  gate g $ test -f file\n  commit feat \"p\"\n  tag \"v1\"\n}\n";

fn staged() -> Project {
    let project = Project::with_plan(PLAN);
    project.stage("file", "1\n").write("file", "2\n");
    project
}

/// A run with this lock there: how it exits, and what it says. The lock is left alone, nothing
/// moves where it fails, and without the lock the next run seals.
fn with_lock(lock: &str, code: i32) -> String {
    let project = staged();
    let path = project.path().join(".git").join(lock);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "").unwrap();
    let before = Holdings::of(&project);
    let answer = project.gate(&["run"]).exits(code);
    assert!(before == Holdings::of(&project));
    assert!(path.exists(), "the lock is not ours");
    let sealed = code == 0;
    assert_eq!(project.subjects().len() == 2, sealed);
    assert_eq!(project.tags().is_empty(), !sealed);
    fs::remove_file(&path).unwrap();
    project.gate(&["run"]).exits(0);
    assert_eq!(project.tags(), ["v1"]);
    let root = project.path().display().to_string();
    answer.text().replace(&root, "ROOT")
}

#[test]
fn a_locked_branch_is_named() {
    let said = with_lock("refs/heads/main.lock", 3);
    assert!(said.contains("B130"), "{said}");
    assert!(said.contains("refs/heads/main.lock"), "{said}");
}

#[test]
fn a_locked_head() {
    with_lock("HEAD.lock", 3);
}

#[test]
fn a_locked_tag() {
    with_lock("refs/tags/v1.lock", 3);
}

#[test]
fn a_locked_ledger() {
    with_lock("refs/gate/ledger/plan.lock", 3);
}

#[test]
fn a_locked_index_is_none_of_ours() {
    with_lock("index.lock", 0);
}

#[test]
fn a_lock_on_packed_refs_does_not_matter() {
    with_lock("packed-refs.lock", 0);
}

/// A git that was killed with the run, when branch and ledger had moved and the tag had not.
#[test]
fn a_seal_that_was_cut_short_is_made_whole() {
    let project = staged();
    project.gate(&["run"]).exits(0);
    let (sealed, tag) = (
        project.git(&["rev-parse", "main"]),
        project.git(&["rev-parse", "v1"]),
    );
    let parent = project.git(&["rev-parse", "main~"]);
    let ledger = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
    project.git(&["update-ref", "-d", "refs/tags/v1"]);
    let git = project.path().join(".git");
    fs::write(
        git.join("gate/moving/1-0"),
        format!(
            "refs/heads/main {parent} {sealed}\nrefs/tags/v1 - {tag}\nrefs/gate/ledger/plan {ledger}~ {ledger}\nend"
        )
        .replace(&format!("{ledger}~"), &parent),
    )
    .unwrap();
    fs::write(git.join("refs/tags/v1.lock"), format!("{tag}\n")).unwrap();
    fs::write(git.join("HEAD.lock"), "").unwrap();
    project.gate(&["run"]).exits(0);
    assert_eq!(project.git(&["rev-parse", "v1"]), tag);
    assert!(!git.join("HEAD.lock").exists());
    assert!(!git.join("refs/tags/v1.lock").exists());
    assert!(!git.join("gate/moving/1-0").exists());
    project.git(&["commit", "--quiet", "--allow-empty", "--message", "theirs"]);
}

/// One that was killed before any ref had moved.
#[test]
fn a_seal_that_had_not_begun_never_was() {
    let project = staged();
    let head = project.git(&["rev-parse", "main"]);
    let tree = project.git(&["write-tree"]);
    let new = project.git(&["commit-tree", &tree, "-p", &head, "-m", "feat: p"]);
    let git = project.path().join(".git");
    fs::create_dir_all(git.join("gate/moving")).unwrap();
    fs::write(
        git.join("gate/moving/1-0"),
        format!("refs/heads/main {head} {new}\nrefs/tags/v1 - {new}\nend"),
    )
    .unwrap();
    for lock in ["refs/heads/main.lock", "refs/tags/v1.lock"] {
        fs::write(git.join(lock), format!("{new}\n")).unwrap();
    }
    project.gate(&["run"]).exits(0);
    assert_eq!(project.subjects(), ["feat(p): p", "plan"]);
    assert_ne!(project.git(&["rev-parse", "main"]), new);
}

/// The lock of another's git, with another's id: it stays.
#[test]
fn the_lock_of_another_is_never_removed() {
    let project = staged();
    let head = project.git(&["rev-parse", "main"]);
    let git = project.path().join(".git");
    fs::create_dir_all(git.join("gate/moving")).unwrap();
    let other = "1".repeat(40);
    fs::write(
        git.join("gate/moving/1-0"),
        format!("refs/heads/main {head} {}\nend", "2".repeat(40)),
    )
    .unwrap();
    fs::write(git.join("refs/heads/main.lock"), format!("{other}\n")).unwrap();
    project.gate(&["run"]).exits(3);
    assert!(git.join("refs/heads/main.lock").exists());
}
