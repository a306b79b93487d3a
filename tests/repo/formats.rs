//! Repositories that libgit2 cannot read, or only in part: git itself must answer.

use gatelang::repo::CheckedPlace;

use crate::sandbox::{Sandbox, git_in, head_of, names, seal_of};

/// Every operation once.
fn goes_all_the_way(sandbox: &Sandbox) {
    sandbox.write("a", "1\n");
    sandbox.write("folder/b", "1\n");
    let first = sandbox.commit("first");
    sandbox.write("a", "1\n2\n");
    sandbox.git(&["add", "a"]);
    sandbox.write("folder/b", "not staged\n");
    sandbox.write("new", "x\n");
    sandbox.untouched(|repository| {
        repository.preflight().unwrap();
        repository.check_identity().unwrap();
        let head = repository.head().unwrap();
        assert_eq!(head.commit.as_ref(), Some(&first));
        assert_eq!(head.branch.as_deref(), Some("main"));
        let tree = repository.staged_tree().unwrap();
        let unstaged = repository.unstaged().unwrap();
        assert_eq!(names(&unstaged.changed), ["folder/b"]);
        assert_eq!(names(&unstaged.untracked), ["new"]);
        let files = repository.files(&tree).unwrap();
        let paths: Vec<_> = files.iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(paths, ["a", "folder/b"]);
        assert_eq!(repository.blob_size(&files[0].oid).unwrap(), 4);
        assert_eq!(
            repository.read(&tree, "folder/b").unwrap().as_deref(),
            Some(&b"1\n"[..])
        );
        assert_eq!(repository.read(&tree, "nowhere").unwrap(), None);
        let changes = repository
            .changes(head.tree.as_ref().unwrap(), &tree)
            .unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].added[0].line, 2);
        let empty = repository.empty_tree().unwrap();
        assert_eq!(repository.changes(&empty, &tree).unwrap().len(), 2);
        assert_eq!(repository.commit("main").unwrap(), Some(first.clone()));
        assert_eq!(repository.tag("none").unwrap(), None);

        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(git_in(checkout.root(), &["status", "--short"]), "M  a\n");
        let log = git_in(checkout.root(), &["log", "--format=%H"]);
        assert_eq!(log.trim(), first.as_str());
        let place = CheckedPlace::Checkout(checkout);
        assert_eq!(repository.changed_since(&place, &tree).unwrap().paths(), []);
        let place = CheckedPlace::InPlace;
        let changed = repository.changed_since(&place, &tree).unwrap().paths();
        assert_eq!(names(&changed), ["folder/b", "new"]);
    });
    let sealed =
        sandbox.only_refs_move(|repository| repository.seal(&seal_of(repository)).unwrap());
    assert_eq!(head_of(sandbox).commit, Some(sealed.head.clone()));
    let repository = sandbox.repository();
    assert_eq!(
        repository.tag("phase-1").unwrap().unwrap().commit,
        sealed.head
    );
    assert_eq!(repository.ledger("plan").unwrap()[0].id, sealed.ledger);
    assert!(repository.is_ancestor(&first, &sealed.head).unwrap());
    assert_eq!(sandbox.git(&["status", "--short"]), " M folder/b\n?? new\n");
}

#[test]
fn plain() {
    goes_all_the_way(&Sandbox::new());
}

#[test]
fn sha256() {
    goes_all_the_way(&Sandbox::with(&["--object-format=sha256"]));
}

#[test]
fn reftable() {
    goes_all_the_way(&Sandbox::with(&["--ref-format=reftable"]));
}

#[test]
fn split_index() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "core.splitIndex", "true"]);
    goes_all_the_way(&sandbox);
}

#[test]
fn index_of_version_4_with_an_untracked_cache() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "index.version", "4"]);
    sandbox.git(&["config", "core.untrackedCache", "true"]);
    goes_all_the_way(&sandbox);
}

#[test]
fn sparse_index() {
    let sandbox = Sandbox::new();
    sandbox.write("folder/b", "1\n");
    sandbox.write("other/deep/c", "1\n");
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.git(&[
        "sparse-checkout",
        "set",
        "--cone",
        "--sparse-index",
        "folder",
    ]);
    sandbox.write("folder/b", "2\n");
    sandbox.git(&["add", "folder/b"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let unstaged = repository.unstaged().unwrap();
        assert_eq!(names(&unstaged.changed), [""; 0]);
        assert_eq!(names(&unstaged.hidden), ["other/deep/c"]);
        let checkout = repository.checkout(&tree).unwrap();
        let text = std::fs::read_to_string(checkout.root().join("other/deep/c")).unwrap();
        assert_eq!(text, "1\n");
    });
}

#[test]
fn settings_of_one_working_tree() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "extensions.worktreeConfig", "true"]);
    sandbox.git(&[
        "config",
        "--worktree",
        "core.worktree",
        sandbox.root.to_str().unwrap(),
    ]);
    sandbox.git(&["config", "--worktree", "user.name", "Only Here"]);
    goes_all_the_way(&sandbox);
    let shadow = sandbox.root.join(".git/gate/shadow/tree");
    assert_eq!(git_in(&shadow, &["config", "user.name"]), "Only Here\n");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%an"]), "Only Here\n");
}
