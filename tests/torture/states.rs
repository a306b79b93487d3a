//! Any state of index and working tree: it is the same before and after, and what is sealed
//! is what was staged.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::holdings::Holdings;
use crate::long;
use crate::project::Project;
use crate::traces;

/// Names that many tools get wrong. None is a folder of another.
const NAMES: [&[u8]; 10] = [
    b"file",
    b"folder/in",
    b"folder/deep/er",
    b" lead",
    b"two words",
    b"-dash",
    b"new\nline",
    b"\xfflatin",
    "caf\u{e9}".as_bytes(),
    b"quote'\"",
];

/// What is done to one file, in this order: before the commit, to the index, then to the
/// working tree.
#[derive(Debug, Clone, Copy)]
struct Fate {
    committed: bool,
    staged: Staged,
    worked: Worked,
}

#[derive(Debug, Clone, Copy)]
enum Staged {
    AsItWas,
    Good,
    Bad,
    Link,
    Executable,
    Removed,
    IntentToAdd,
}

#[derive(Debug, Clone, Copy)]
enum Worked {
    AsItWas,
    Good,
    Bad,
    Link,
    Executable,
    Removed,
    Folder,
    AssumedUnchanged,
    Skipped,
}

fn fate() -> impl Strategy<Value = Fate> {
    let staged = prop_oneof![
        Just(Staged::AsItWas),
        Just(Staged::Good),
        Just(Staged::Bad),
        Just(Staged::Link),
        Just(Staged::Executable),
        Just(Staged::Removed),
        Just(Staged::IntentToAdd),
    ];
    let worked = prop_oneof![
        3 => Just(Worked::AsItWas),
        1 => Just(Worked::Good),
        1 => Just(Worked::Bad),
        1 => Just(Worked::Link),
        1 => Just(Worked::Executable),
        1 => Just(Worked::Removed),
        1 => Just(Worked::Folder),
        1 => Just(Worked::AssumedUnchanged),
        1 => Just(Worked::Skipped),
    ];
    (any::<bool>(), staged, worked).prop_map(|(committed, staged, worked)| Fate {
        committed,
        staged,
        worked,
    })
}

struct Place {
    project: Project,
}

impl Place {
    fn path(&self, name: &[u8]) -> PathBuf {
        self.project.path().join(OsStr::from_bytes(name))
    }

    fn clear(&self, name: &[u8]) {
        let path = self.path(name);
        match path.symlink_metadata() {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(path).unwrap(),
            Ok(_) => fs::remove_file(path).unwrap(),
            Err(_) => {}
        }
    }

    fn put(&self, name: &[u8], text: &str, mode: u32) {
        self.clear(name);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn link(&self, name: &[u8]) {
        self.clear(name);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink("no/where", path).unwrap();
    }

    /// Git, given a name as bytes; whether it worked.
    fn git(&self, args: &[&str], name: &[u8]) -> bool {
        let mut command = self.project.command("git");
        command.args(args).arg("--").arg(OsStr::from_bytes(name));
        command.output().unwrap().status.success()
    }

    fn add(&self, name: &[u8]) {
        assert!(self.git(&["add"], name));
    }

    fn stage(&self, name: &[u8], staged: Staged) {
        match staged {
            Staged::AsItWas => return,
            Staged::Good => self.put(name, "good\n", 0o644),
            Staged::Bad => self.put(name, "bad\n", 0o644),
            Staged::Link => self.link(name),
            Staged::Executable => self.put(name, "run\n", 0o755),
            Staged::Removed => {
                self.git(&["rm", "-q", "--cached"], name);
                return;
            }
            Staged::IntentToAdd => {
                self.git(&["rm", "-q", "--cached"], name);
                self.put(name, "intended\n", 0o644);
                assert!(self.git(&["add", "--intent-to-add"], name));
                return;
            }
        }
        self.add(name);
    }

    fn work(&self, name: &[u8], worked: Worked) {
        match worked {
            Worked::AsItWas => {}
            Worked::Good => self.put(name, "good\n", 0o644),
            Worked::Bad => self.put(name, "bad\n", 0o644),
            Worked::Link => self.link(name),
            Worked::Executable => self.put(name, "run\n", 0o755),
            Worked::Removed => self.clear(name),
            Worked::Folder => {
                self.clear(name);
                fs::create_dir_all(self.path(name)).unwrap();
                fs::write(self.path(name).join("inside"), "x\n").unwrap();
            }
            // Only what is in the index can be told so.
            Worked::AssumedUnchanged | Worked::Skipped => {
                let how = if matches!(worked, Worked::Skipped) {
                    "--skip-worktree"
                } else {
                    "--assume-unchanged"
                };
                if self.git(&["update-index", how], name) {
                    self.put(name, "hidden\n", 0o644);
                }
            }
        }
    }
}

fn check(fates: &[Fate]) -> Result<(), TestCaseError> {
    let plan = "phase p \"P\" {\n  gate good {\n    $ cat file\n    expect stdout == \"good\"\n  }\n  gate same $ test \"$(git write-tree)\" = {{git.tree}} && git diff --quiet\n  commit feat \"p\"\n  tag \"v1\"\n}\n";
    let place = Place {
        project: Project::empty(),
    };
    place.put(b"plan.gate", plan, 0o644);
    place.add(b"plan.gate");
    for (name, fate) in NAMES.iter().zip(fates) {
        if fate.committed {
            place.put(name, "committed\n", 0o644);
            place.add(name);
        }
    }
    let project = &place.project;
    project.git(&["commit", "--quiet", "--message", "plan"]);
    for (name, fate) in NAMES.iter().zip(fates) {
        place.stage(name, fate.staged);
        place.work(name, fate.worked);
    }
    project.git(&["config", "core.quotePath", "false"]);
    let tree = project.git(&["write-tree"]);
    let in_tree = project.git(&["ls-tree", &tree, "file"]);
    let good =
        in_tree.starts_with("100") && project.git(&["show", &format!("{tree}:file")]) == "good";
    let before = Holdings::of(project);
    let refs = project.git(&["for-each-ref"]);

    let tried = project.gate(&["try"]);
    prop_assert_eq!(tried.code, i32::from(!good), "try: {}", tried.text());
    prop_assert_eq!(project.git(&["for-each-ref"]), refs, "try moved a ref");
    let after = Holdings::of(project);
    prop_assert!(before == after, "after try: {}", before.difference(&after));

    let run = project.gate(&["run"]);
    prop_assert_eq!(run.code, i32::from(!good), "run: {}", run.text());
    let after = Holdings::of(project);
    prop_assert!(before == after, "after run: {}", before.difference(&after));
    if good {
        prop_assert_eq!(project.git(&["rev-parse", "v1^{tree}"]), tree);
    } else {
        prop_assert!(project.tags().is_empty());
        prop_assert_eq!(project.subjects().len(), 1);
    }
    let left = traces::left(project);
    prop_assert!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

#[test]
fn whatever_the_state_it_is_the_same_afterwards() {
    let cases = if long() { 100 } else { 12 };
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    });
    runner
        .run(&vec(fate(), NAMES.len()), |fates| check(&fates))
        .unwrap();
}
