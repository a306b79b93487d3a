use gatelang::repo::{DiskLoader, TreeLoader};
use gatelang::source::{LoadError, Loader};

use crate::sandbox::Sandbox;

#[test]
fn the_disk_below_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("plan.gate", "plan\n");
    sandbox.write("phases/one.gate", "one\n");
    std::fs::write(sandbox.root.parent().unwrap().join("secret"), "x").unwrap();
    std::os::unix::fs::symlink("../secret", sandbox.root.join("way-out")).unwrap();
    let loader = DiskLoader::new(&sandbox.root);
    assert_eq!(loader.load("phases/one.gate").unwrap(), b"one\n");
    assert_eq!(loader.load("two.gate"), Err(LoadError::NotFound));
    assert_eq!(loader.load("plan.gate/x"), Err(LoadError::NotFound));
    let mut seen = Vec::new();
    for bad in ["../secret", "/etc/passwd", "way-out", "phases", "a/../../x"] {
        seen.push(loader.load(bad).unwrap_err().to_string());
    }
    insta::assert_snapshot!(seen.join("\n"), @r#"
    `../secret` leaves the repository
    `/etc/passwd` leaves the repository
    `way-out` leaves the repository
    `phases` is not a file
    `a/../../x` leaves the repository
    "#);
    assert_eq!(loader.neighbours("plam.gate"), ["plan.gate"]);
    assert_eq!(loader.neighbours("phases/on.gate"), ["phases/one.gate"]);
    assert_eq!(loader.neighbours("nowhere/x.gate"), ["plan.gate"]);
}

#[test]
fn the_tree_first_and_then_the_disk() {
    let sandbox = Sandbox::new();
    sandbox.write("plan.gate", "staged\n");
    sandbox.write("gone.gate", "staged\n");
    sandbox.git(&["add", "-A"]);
    sandbox.write("plan.gate", "edited\n");
    sandbox.write("untracked.gate", "disk\n");
    sandbox.remove("gone.gate");
    sandbox.untouched(|repository| {
        let loader = TreeLoader::new(repository, repository.staged_tree().unwrap());
        assert_eq!(loader.load("plan.gate").unwrap(), b"staged\n");
        assert_eq!(loader.load("gone.gate").unwrap(), b"staged\n");
        assert_eq!(loader.from_disk(), [""; 0]);
        assert_eq!(loader.load("untracked.gate").unwrap(), b"disk\n");
        assert_eq!(loader.load("none.gate"), Err(LoadError::NotFound));
        assert_eq!(loader.from_disk(), ["untracked.gate"]);
        let near = loader.neighbours("x.gate");
        assert_eq!(near, ["gone.gate", "plan.gate", "untracked.gate"]);
    });
}
