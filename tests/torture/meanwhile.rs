//! What others do while gates run.

use std::fs;

use crate::holdings::Holdings;
use crate::pipes::{Pipes, Waiting};
use crate::project::Project;
use crate::traces;

/// A run that waits in its gate, in a checkout.
fn held() -> Waiting {
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  gate waits {{\n    $ {}\n    $ test \"$(cat file)\" = judged\n  }}\n  commit feat \"p\"\n  tag \"v1\"\n}}\n",
        Pipes::GATE
    ));
    project.git(&["branch", "other"]);
    project.stage("file", "judged\n").write("file", "later\n");
    project.write("untracked", "u\n");
    Waiting::start(project, &["run", "--format", "json"])
}

/// Has a deed done while the gate runs. The run must end so, with these diagnostics; what it
/// seals is what was staged at its beginning; and all is as the deed left it.
fn meanwhile(deed: impl FnOnce(&Project), code: i32, codes: &[&str]) -> Project {
    let held = held();
    deed(&held.project);
    let subjects = held.project.subjects();
    let tags = held.project.tags();
    let left = Holdings::of(&held.project);
    let (project, answer) = held.end();
    let answer = answer.exits(code);
    assert_eq!(answer.codes(), codes, "{}", answer.stdout);
    let now = Holdings::of(&project);
    assert!(left == now, "{}", left.difference(&now));
    if code == 0 {
        assert_eq!(project.git(&["show", "v1:file"]), "judged");
        assert_eq!(project.subjects().len(), subjects.len() + 1);
    } else {
        assert_eq!(project.subjects(), subjects);
        assert_eq!(project.tags(), tags);
    }
    let left = traces::left(&project);
    assert!(left.is_empty(), "{left:?}");
    project
}

#[test]
fn more_is_staged() {
    let project = meanwhile(
        |project| {
            project.stage("more", "m\n").stage("file", "staged later\n");
        },
        0,
        &[],
    );
    assert_eq!(
        project.git(&["ls-tree", "--name-only", "HEAD"]),
        "file\nplan.gate"
    );
    assert_eq!(
        project.git(&["diff", "--cached", "--name-only"]),
        "file\nmore"
    );
}

#[test]
fn files_are_edited_and_removed() {
    let project = meanwhile(
        |project| {
            project.write("file", "edited\n").write("new", "n\n");
            fs::remove_file(project.path().join("untracked")).unwrap();
        },
        0,
        &[],
    );
    assert_eq!(project.read("file"), "edited\n");
}

#[test]
fn all_is_stashed() {
    meanwhile(
        |project| {
            project.git(&["stash", "push", "--quiet", "--include-untracked"]);
        },
        0,
        &[],
    );
}

#[test]
fn somebody_commits() {
    meanwhile(
        |project| {
            project.git(&["commit", "--quiet", "--message", "theirs"]);
        },
        3,
        &["B108"],
    );
}

#[test]
fn the_branch_is_switched() {
    let project = meanwhile(
        |project| {
            project.git(&["symbolic-ref", "HEAD", "refs/heads/other"]);
        },
        3,
        &["B108"],
    );
    assert_eq!(
        project.git(&["rev-parse", "main"]),
        project.git(&["rev-parse", "other"])
    );
}

#[test]
fn head_is_detached() {
    meanwhile(
        |project| {
            project.git(&["checkout", "--quiet", "--detach"]);
        },
        3,
        &["B108"],
    );
}

#[test]
fn the_branch_is_reset() {
    meanwhile(
        |project| {
            let tree = project.git(&["write-tree"]);
            let other = project.git(&["commit-tree", &tree, "-m", "other"]);
            project.git(&["update-ref", "refs/heads/main", &other]);
        },
        3,
        &["B108"],
    );
}

#[test]
fn the_tag_is_taken() {
    meanwhile(
        |project| {
            project.git(&["tag", "v1"]);
        },
        2,
        &["E0404"],
    );
}

#[test]
fn another_tag_is_made() {
    meanwhile(
        |project| {
            project.git(&["tag", "v0"]);
        },
        0,
        &[],
    );
}

#[test]
fn garbage_is_collected() {
    meanwhile(
        |project| {
            // Nothing but the run itself keeps what was staged.
            project.stage("file", "staged later\n");
            project.git(&["gc", "--quiet", "--prune=now"]);
        },
        0,
        &[],
    );
}

#[test]
fn gates_are_tried() {
    let held = held();
    // It has a checkout of its own, and its gate waits in the same pipes: for another end.
    let tried = held
        .project
        .gate_with(&["try", "nothing"], &[("PIPES", "/nowhere")])
        .exits(2);
    assert!(tried.text().contains("no gate `nothing`"));
    held.project
        .gate_with(&["try", "waits"], &[("PIPES", "/nowhere")])
        .exits(1);
    let (_, answer) = held.end();
    answer.exits(0);
}
