//! What is not staged, held against what git says, through random histories.

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::sandbox::{Sandbox, git_command, names};

pub const PATHS: [&str; 14] = [
    "a", "b", "d", "d/a", "d/e", "d/e/a", "d/e/f/g", "out", "out/x", "d/out/y", "a.log", " blank",
    "-dash", ":(top)*",
];

#[derive(Debug, Clone, Copy)]
pub enum Act {
    Write(&'static str),
    Remove,
    Folder,
    Link(&'static str),
    Execute,
    Touch,
    Stage,
    StageAll,
    Unstage,
    Intend,
    Assume,
    Ignore(&'static str),
    Commit,
}

pub fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::sample::select(vec!["1\n", "2\n", "longer\n", ""]).prop_map(Act::Write),
        3 => Just(Act::Remove),
        1 => Just(Act::Folder),
        1 => prop::sample::select(vec!["a", "d", "/tmp", "nowhere"]).prop_map(Act::Link),
        1 => Just(Act::Execute),
        2 => Just(Act::Touch),
        3 => Just(Act::Stage),
        2 => Just(Act::StageAll),
        1 => Just(Act::Unstage),
        1 => Just(Act::Intend),
        1 => Just(Act::Assume),
        1 => prop::sample::select(vec!["out/\n*.log\n", "*.log\n", "e/\n", ""]).prop_map(Act::Ignore),
        1 => Just(Act::Commit),
    ]
}

/// Takes whatever lies at a path, or in its way, out of it.
fn clear(root: &Path, path: &str) {
    let mut place = root.to_owned();
    let mut parts = Path::new(path).components().peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let Ok(meta) = std::fs::symlink_metadata(&place) else {
            return;
        };
        if !meta.is_dir() {
            std::fs::remove_file(&place).unwrap();
        } else if parts.peek().is_none() {
            std::fs::remove_dir_all(&place).unwrap();
        }
    }
}

pub fn act(sandbox: &Sandbox, act: Act, path: &str) {
    let place = sandbox.root.join(path);
    // What git refuses is no act.
    let git = |args: &[&str]| {
        let mut command = git_command(&sandbox.root);
        drop(
            command
                .env("GIT_LITERAL_PATHSPECS", "1")
                .args(args)
                .output(),
        );
    };
    let is_file = std::fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_file());
    match act {
        Act::Write(text) => {
            clear(&sandbox.root, path);
            sandbox.write(path, text);
        }
        Act::Remove => clear(&sandbox.root, path),
        Act::Folder => {
            clear(&sandbox.root, path);
            std::fs::create_dir_all(place).unwrap();
        }
        // A circle git cannot look into, and passes over.
        Act::Link(target) if target == path => {}
        Act::Link(target) => {
            clear(&sandbox.root, path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(target, place).unwrap();
        }
        Act::Execute if is_file => {
            std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Act::Touch if is_file => {
            let text = std::fs::read(&place).unwrap();
            std::fs::write(place, text).unwrap();
        }
        Act::Execute | Act::Touch => {}
        Act::Stage => git(&["add", "--force", "--", path]),
        Act::StageAll => git(&["add", "--all"]),
        Act::Unstage => git(&["rm", "--cached", "-r", "-q", "--", path]),
        Act::Intend => git(&["add", "--intent-to-add", "--", path]),
        Act::Assume => git(&["update-index", "--assume-unchanged", "--", path]),
        Act::Ignore(text) => sandbox.write(".gitignore", text),
        Act::Commit => git(&["commit", "-q", "-m", "next"]),
    }
}

/// What git says is changed, and what is untracked.
fn told(sandbox: &Sandbox) -> (BTreeSet<String>, BTreeSet<String>) {
    let status = ["status", "--porcelain", "-z", "-uall", "--no-renames"];
    let output = git_command(&sandbox.root).args(status).output().unwrap();
    assert!(output.status.success());
    let (mut changed, mut untracked) = (BTreeSet::new(), BTreeSet::new());
    for record in output.stdout.split(|&byte| byte == 0) {
        let Some((state, path)) = record.split_at_checked(3) else {
            continue;
        };
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let path = path.escape_ascii().to_string();
        match state[1] {
            b' ' => {}
            b'?' => drop(untracked.insert(path)),
            _ => drop(changed.insert(path)),
        }
    }
    (changed, untracked)
}

fn staged_tree(sandbox: &Sandbox) -> String {
    let copy = sandbox.root.join(".git/copy");
    std::fs::copy(sandbox.root.join(".git/index"), &copy).unwrap();
    let mut command = git_command(&sandbox.root);
    let output = command
        .env("GIT_INDEX_FILE", copy)
        .arg("write-tree")
        .output();
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

/// Goes through random histories in repositories of one make.
fn agrees_with_git(cases: u32, prepare: impl Fn(&Sandbox)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let step = (acts(), prop::sample::select(PATHS.to_vec()));
    let result = TestRunner::new(config).run(&prop::collection::vec(step, 1..14), |steps| {
        let sandbox = Sandbox::new();
        for path in ["a", "d/a", "d/e/a", "out/x"] {
            sandbox.write(path, "1\n");
        }
        sandbox.write(".gitignore", "out/\n*.log\n");
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "-q", "-m", "first"]);
        prepare(&sandbox);
        let repository = sandbox.repository();
        std::fs::create_dir_all(sandbox.root.join(".git/gate")).unwrap();
        for (act_now, path) in steps {
            act(&sandbox, act_now, path);
            let found = repository.unstaged().unwrap();
            let (changed, untracked) = told(&sandbox);
            let set = |paths| names(paths).into_iter().collect::<BTreeSet<_>>();
            prop_assert_eq!(set(&found.changed), changed, "{:?} {}", act_now, path);
            prop_assert_eq!(set(&found.untracked), untracked, "{:?} {}", act_now, path);
            let tree = repository.staged_tree().unwrap();
            prop_assert_eq!(tree.as_str(), staged_tree(&sandbox));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn it_is_what_git_says() {
    agrees_with_git(24, |_| {});
}

#[test]
fn it_is_what_git_says_with_an_index_of_version_4() {
    agrees_with_git(8, |sandbox| {
        sandbox.git(&["update-index", "--index-version", "4"]);
    });
}

#[test]
fn it_is_what_git_says_with_an_index_in_two_parts() {
    agrees_with_git(4, |sandbox| {
        sandbox.git(&["update-index", "--split-index"]);
    });
}

#[test]
fn what_is_known_of_folders_is_kept_and_followed() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "out/\n");
    sandbox.write("d/e/a", "1\n");
    sandbox.commit("first");
    sandbox.write("out/x", "x\n");
    let repository = sandbox.repository();
    let notes = sandbox.root.join(".git/gate/folders");
    std::fs::create_dir_all(notes.parent().unwrap()).unwrap();
    // Nothing is kept of folders that have just changed.
    let holds = |known: &[u8], part: &[u8]| known.windows(part.len()).any(|at| at == part);
    // The innermost folder, and what the outermost has that is not tracked.
    let all = |known: &[u8]| holds(known, b"d/e/\0") && holds(known, b"dout\0");
    while !std::fs::read(&notes).is_ok_and(|known| all(&known)) {
        assert!(repository.unstaged().unwrap().is_clean());
    }
    let kept = std::fs::read(&notes).unwrap();
    assert!(repository.unstaged().unwrap().is_clean());
    assert_eq!(std::fs::read(&notes).unwrap(), kept);
    sandbox.write("d/e/new", "x\n");
    assert_eq!(
        names(&repository.unstaged().unwrap().untracked),
        ["d/e/new"]
    );
    std::fs::remove_file(sandbox.root.join("d/e/new")).unwrap();
    std::fs::write(sandbox.root.join("d/e/a"), "2\n").unwrap();
    assert_eq!(names(&repository.unstaged().unwrap().changed), ["d/e/a"]);
    // Nonsense is passed over.
    std::fs::write(&notes, "nonsense").unwrap();
    assert_eq!(names(&repository.unstaged().unwrap().changed), ["d/e/a"]);
}
