//! The checkout, held against one that git makes anew, through random histories in which it
//! is damaged as well.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use gatelang::repo::CheckedPlace;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::sandbox::{Sandbox, git_command};
use crate::unstaged::{Act, PATHS, act, acts};

/// What happens between two runs.
#[derive(Debug, Clone, Copy)]
enum Between {
    /// Something in the working tree or the index.
    User(Act, &'static str),
    /// Other attributes are staged.
    Attributes(&'static str),
    /// A file of the checkout is written.
    Edit(&'static str),
    /// One is replaced by a link out of it.
    Divert(&'static str),
    /// One is removed, and whatever lies in it.
    Lose(&'static str),
    /// A file of its git directory is damaged.
    Damage(&'static str),
}

fn between() -> impl Strategy<Value = Between> {
    let path = || prop::sample::select(PATHS.to_vec());
    let attributes = vec![
        "* text eol=crlf\n",
        "* ident\n",
        "a working-tree-encoding=UTF-16\n",
        "",
    ];
    let damage = vec![
        "git/index",
        "git/HEAD",
        "git/commondir",
        "git/index.lock",
        "git",
        "tree",
        "tree/.git",
        "at",
        "shared",
        "folders",
        "../shadow",
    ];
    prop_oneof![
        10 => (acts(), path()).prop_map(|(act, path)| Between::User(act, path)),
        1 => prop::sample::select(attributes).prop_map(Between::Attributes),
        1 => path().prop_map(Between::Edit),
        1 => path().prop_map(Between::Divert),
        1 => path().prop_map(Between::Lose),
        1 => prop::sample::select(damage).prop_map(Between::Damage),
    ]
}

fn remove(place: &Path) {
    match std::fs::symlink_metadata(place) {
        Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(place).unwrap(),
        Ok(_) => std::fs::remove_file(place).unwrap(),
        Err(_) => {}
    }
}

fn happens(sandbox: &Sandbox, what: Between) {
    let shadow = sandbox.root.join(".git/gate/shadow");
    match what {
        Between::User(done, path) => act(sandbox, done, path),
        Between::Attributes(text) => {
            sandbox.write(".gitattributes", text);
            sandbox.git(&["add", ".gitattributes"]);
        }
        Between::Edit(path) => drop(std::fs::write(shadow.join("tree").join(path), "edited\n")),
        Between::Divert(path) => {
            let place = shadow.join("tree").join(path);
            if place.parent().is_some_and(Path::is_dir) {
                remove(&place);
                symlink(sandbox.root.join("a"), place).unwrap();
            }
        }
        Between::Lose(path) => remove(&shadow.join("tree").join(path)),
        Between::Damage(path) => {
            let place = shadow.join(path);
            if place.is_dir() {
                std::fs::remove_dir_all(place).unwrap();
            } else if place.parent().is_some_and(Path::is_dir) {
                std::fs::write(place, "damaged").unwrap();
            }
        }
    }
}

/// What lies below a folder: kind, mode and content by path.
fn content(root: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, all: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if entry.file_name() == ".git" {
                continue;
            }
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes();
            let what = if meta.is_dir() {
                walk(root, &path, all);
                continue;
            } else if meta.is_symlink() {
                format!("link {}", std::fs::read_link(&path).unwrap().display())
            } else {
                let bytes = std::fs::read(&path).unwrap();
                format!("{} {}", meta.mode() & 0o100, bytes.escape_ascii())
            };
            all.insert(name.escape_ascii().to_string(), what);
        }
    }
    let mut all = BTreeMap::new();
    walk(root, root, &mut all);
    all
}

/// The same tree as git checks it out.
fn fresh(sandbox: &Sandbox, tree: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let status = git_command(&sandbox.root)
            .env("GIT_DIR", sandbox.root.join(".git"))
            .env("GIT_WORK_TREE", folder.path())
            .env("GIT_INDEX_FILE", folder.path().join(".git"))
            .args(args)
            .status();
        assert!(status.unwrap().success());
    };
    git(&["read-tree", "--reset", "-u", tree]);
    content(folder.path())
}

#[test]
fn it_is_what_git_checks_out() {
    let config = Config {
        cases: 16,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&prop::collection::vec(between(), 1..10), |steps| {
        let sandbox = Sandbox::new();
        for path in ["a", "d/a", "d/e/a"] {
            sandbox.write(path, "1\n");
        }
        // Without ignored folders: nothing is linked in.
        sandbox.write(".gitignore", "*.log\n");
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "-q", "-m", "first"]);
        let repository = sandbox.repository();
        for step in steps {
            happens(&sandbox, step);
            let tree = repository.staged_tree().unwrap();
            let mut checkout = repository.checkout_with(&tree, &[]).unwrap();
            let wanted = fresh(&sandbox, tree.as_str());
            // What was written in place is noticed afterwards.
            let place = CheckedPlace::Checkout(checkout);
            let since = repository.changed_since(&place, &tree).unwrap();
            let CheckedPlace::Checkout(looked_at) = place else {
                unreachable!()
            };
            checkout = looked_at;
            if checkout.was_meddled_with(&since.changed) {
                drop(checkout);
                checkout = repository.checkout_with(&tree, &[]).unwrap();
            }
            let mut there = content(checkout.root());
            // What is ignored stays, as the products of a build do.
            there.retain(|name, _| !name.ends_with(".log") || wanted.contains_key(name));
            prop_assert_eq!(there, wanted, "{:?}", step);
            let place = CheckedPlace::Checkout(checkout);
            let since = repository.changed_since(&place, &tree).unwrap();
            prop_assert_eq!(since.paths(), vec![], "{:?}", step);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
