use std::path::Path;

use gatelang::repo::Checkout;

use crate::sandbox::{Sandbox, git_in};

fn checkout(sandbox: &Sandbox) -> Checkout {
    sandbox.untouched(|repository| {
        repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap()
    })
}

fn with_modules() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "node_modules/\n/target\n*.log\n");
    sandbox.write("app/main.js", "1\n");
    sandbox.commit("first");
    sandbox.write("node_modules/left/index.js", "left\n");
    sandbox.write("node_modules/.bin/tool", "tool\n");
    sandbox.write("app/node_modules/right/index.js", "right\n");
    sandbox.write("target/debug/out", "out\n");
    sandbox.write("a.log", "log\n");
    sandbox
}

fn text(root: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

#[test]
fn ignored_folders_are_there_and_git_sees_nothing_of_it() {
    let sandbox = with_modules();
    let checkout = checkout(&sandbox);
    let read = |path| text(checkout.root(), path);
    assert_eq!(
        read("node_modules/left/index.js").as_deref(),
        Some("left\n")
    );
    assert_eq!(read("node_modules/.bin/tool").as_deref(), Some("tool\n"));
    assert_eq!(
        read("app/node_modules/right/index.js").as_deref(),
        Some("right\n")
    );
    assert_eq!(read("target/debug/out").as_deref(), Some("out\n"));
    assert_eq!(read("a.log"), None);
    assert_eq!(git_in(checkout.root(), &["status", "--short"]), "");
}

#[test]
fn a_gate_that_fills_such_a_folder_anew_does_so_in_its_own() {
    let sandbox = with_modules();
    let held = checkout(&sandbox);
    let root = held.root().to_owned();
    std::fs::remove_dir_all(root.join("node_modules")).unwrap();
    std::fs::create_dir_all(root.join("node_modules/own")).unwrap();
    std::fs::create_dir_all(root.join("app/node_modules/.cache")).unwrap();
    drop(held);
    assert_eq!(
        text(&sandbox.root, "node_modules/left/index.js").as_deref(),
        Some("left\n")
    );
    assert!(!sandbox.root.join("app/node_modules/.cache").exists());
    let again = checkout(&sandbox);
    assert!(again.root().join("app/node_modules/.cache").is_dir());
    assert!(again.root().join("node_modules/own").is_dir());
}

#[test]
fn what_comes_and_goes_in_such_a_folder_is_followed() {
    let sandbox = with_modules();
    drop(checkout(&sandbox));
    sandbox.write("node_modules/new/index.js", "new\n");
    std::fs::remove_dir_all(sandbox.root.join("node_modules/left")).unwrap();
    std::fs::remove_dir_all(sandbox.root.join("app/node_modules")).unwrap();
    let held = checkout(&sandbox);
    assert_eq!(
        text(held.root(), "node_modules/new/index.js").as_deref(),
        Some("new\n")
    );
    assert!(std::fs::symlink_metadata(held.root().join("node_modules/left")).is_err());
    assert!(std::fs::symlink_metadata(held.root().join("app/node_modules")).is_err());
}

#[test]
fn git_never_writes_through_a_link() {
    let sandbox = with_modules();
    drop(checkout(&sandbox));
    // One file of such a folder becomes tracked, with other content than on disk.
    sandbox.git(&["add", "-f", "node_modules/left/index.js"]);
    sandbox.write("node_modules/left/index.js", "unstaged\n");
    let held = checkout(&sandbox);
    assert_eq!(
        text(held.root(), "node_modules/left/index.js").as_deref(),
        Some("left\n")
    );
    assert_eq!(
        text(held.root(), "node_modules/.bin/tool").as_deref(),
        Some("tool\n")
    );
    assert_eq!(
        git_in(held.root(), &["status", "--short"]),
        "A  node_modules/left/index.js\n"
    );
    drop(held);
    // And back.
    sandbox.git(&["rm", "-q", "-f", "--cached", "node_modules/left/index.js"]);
    let held = checkout(&sandbox);
    assert_eq!(git_in(held.root(), &["status", "--short"]), "");
    assert_eq!(
        text(&sandbox.root, "node_modules/left/index.js").as_deref(),
        Some("unstaged\n")
    );
}

#[test]
fn patterns_that_ignore_folders_only_further_down() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "cache/\n");
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.write("loose/inner/cache/x", "x\n");
    let held = checkout(&sandbox);
    assert_eq!(
        text(held.root(), "loose/inner/cache/x").as_deref(),
        Some("x\n")
    );
    assert_eq!(git_in(held.root(), &["status", "--short"]), "");
    drop(held);
    std::fs::remove_dir_all(sandbox.root.join("loose")).unwrap();
    let held = checkout(&sandbox);
    assert!(!held.root().join("loose/inner/cache/x").exists());
}

#[test]
fn a_folder_that_the_tree_has_as_a_link_is_not_entered() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "cache/\n");
    std::os::unix::fs::symlink("/tmp", sandbox.root.join("way")).unwrap();
    sandbox.commit("first");
    sandbox.remove("way");
    sandbox.write("way/cache/x", "x\n");
    let held = checkout(&sandbox);
    assert_eq!(
        std::fs::read_link(held.root().join("way")).unwrap(),
        Path::new("/tmp")
    );
    assert!(!Path::new("/tmp/cache/x").exists());
}

#[test]
fn a_copy_of_the_repository_has_its_own() {
    let sandbox = with_modules();
    drop(checkout(&sandbox));
    let copy = sandbox.root.parent().unwrap().join("copy");
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([&sandbox.root, &copy])
        .status();
    assert!(copied.unwrap().success());
    std::fs::write(copy.join("node_modules/left/index.js"), "of the copy\n").unwrap();
    let repository = gatelang::repo::Repository::discover(&copy).unwrap();
    let checkout = repository
        .checkout(&repository.staged_tree().unwrap())
        .unwrap();
    let read = text(checkout.root(), "node_modules/left/index.js");
    assert_eq!(read.as_deref(), Some("of the copy\n"));
}
