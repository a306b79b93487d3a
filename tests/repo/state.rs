use std::os::unix::fs::symlink;
use std::path::Path;

use gatelang::diagnostic::Code;
use gatelang::repo::{Oid, RepoError, Repository};

use crate::sandbox::{Sandbox, git_command, git_in, names, write_bytes};

#[test]
fn a_repository_is_found_from_within() {
    let sandbox = Sandbox::new();
    sandbox.write("deep/er/file", "x");
    let repository = Repository::discover(sandbox.root.join("deep/er")).unwrap();
    assert_eq!(repository.root(), sandbox.root);
    assert_eq!(repository.git_dir(), sandbox.root.join(".git"));
}

#[test]
fn a_folder_without_one_is_an_error_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::discover(folder.path()).unwrap_err();
    assert_eq!(error.code(), Code::NO_REPOSITORY);
    let diagnostic = error.diagnostic();
    let note = diagnostic.notes.join("\n");
    assert!(note.contains("not a git repository"), "{note}");
    insta::assert_snapshot!(
        diagnostic.suggestions[0].text,
        @"go to a folder of a git repository, or make one with `git init`"
    );
}

#[test]
fn a_bare_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    git_in(folder.path(), &["init", "-q", "--bare", "."]);
    let error = Repository::discover(folder.path()).unwrap_err();
    assert!(matches!(error, RepoError::Bare { .. }), "{error}");
}

#[test]
fn the_staged_tree_is_what_a_commit_would_hold() {
    let sandbox = Sandbox::new();
    sandbox.write("kept", "1\n");
    sandbox.write("partly", "1\n");
    sandbox.commit("first");
    sandbox.write("partly", "1\n2\n");
    sandbox.git(&["add", "partly"]);
    sandbox.write("partly", "1\n2\n3\n");
    sandbox.write("kept", "not staged\n");
    sandbox.write("new/one", "x");
    sandbox.write("new/two", "x");

    let (tree, unstaged) = sandbox.untouched(|repository| {
        (
            repository.staged_tree().unwrap(),
            repository.unstaged().unwrap(),
        )
    });
    assert_eq!(names(&unstaged.changed), ["kept", "partly"]);
    assert_eq!(names(&unstaged.untracked), ["new/one", "new/two"]);
    assert!(!unstaged.is_clean());

    let repository = sandbox.repository();
    let read = |path| repository.read(&tree, path).unwrap();
    assert_eq!(read("partly").as_deref(), Some(&b"1\n2\n"[..]));
    assert_eq!(read("kept").as_deref(), Some(&b"1\n"[..]));
    assert_eq!(read("new/one"), None);
    sandbox.git(&["commit", "-q", "-m", "second"]);
    assert_eq!(repository.head().unwrap().tree, Some(tree));
}

#[test]
fn a_file_only_touched_is_clean() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.write("a", "1\n");
    let unstaged = sandbox.untouched(|repository| repository.unstaged().unwrap());
    assert!(unstaged.is_clean(), "{unstaged:?}");
}

#[test]
fn an_edit_of_the_same_size_at_once_after_staging_is_seen() {
    // Within the clock's grain of `git add`, only the index's own time tells the two apart.
    for _ in 0..20 {
        let sandbox = Sandbox::new();
        sandbox.write("a", "1\n");
        sandbox.git(&["add", "a"]);
        sandbox.write("a", "2\n");
        let unstaged = sandbox.untouched(|repository| repository.unstaged().unwrap());
        assert_eq!(names(&unstaged.changed), ["a"]);
    }
}

#[test]
fn intent_to_add_is_not_staged() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.write("meant", "x\n");
    sandbox.git(&["add", "-N", "meant"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        assert_eq!(Some(&tree), repository.head().unwrap().tree.as_ref());
        assert_eq!(names(&repository.unstaged().unwrap().changed), ["meant"]);
    });
}

#[test]
fn ignored_files_are_neither_changed_nor_untracked() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "*.log\nout/\n");
    sandbox.commit("first");
    sandbox.write("a.log", "x");
    sandbox.write("out/x", "x");
    assert!(sandbox.untouched(|r| r.unstaged().unwrap()).is_clean());
}

#[test]
fn what_git_is_told_not_to_look_at_is_not_clean() {
    let sandbox = Sandbox::new();
    sandbox.write("skipped", "1\n");
    sandbox.write("assumed", "1\n");
    sandbox.commit("first");
    sandbox.git(&["update-index", "--skip-worktree", "skipped"]);
    sandbox.git(&["update-index", "--assume-unchanged", "assumed"]);
    sandbox.write("assumed", "not what is staged\n");
    let unstaged = sandbox.untouched(|repository| repository.unstaged().unwrap());
    assert_eq!(names(&unstaged.hidden), ["assumed", "skipped"]);
    assert!(!unstaged.is_clean());
}

#[test]
fn names_are_bytes() {
    let sandbox = Sandbox::new();
    for name in [
        " blank first",
        "new\nline",
        "-dash",
        "\"quoted\"",
        "ü",
        "tab\there",
    ] {
        sandbox.write(name, "1\n");
    }
    write_bytes(&sandbox.root, b"\xff\xfe", "1\n");
    sandbox.git(&["add", "-A"]);
    let (tree, files) = sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let files = repository.files(&tree).unwrap();
        (tree, files)
    });
    let listed: Vec<_> = files.iter().map(|entry| entry.path.clone()).collect();
    insta::assert_snapshot!(names(&listed).join("\n"), @r#"
     blank first
    \"quoted\"
    -dash
    new\nline
    tab\there
    \xc3\xbc
    \xff\xfe
    "#);
    let repository = sandbox.repository();
    let text = repository.read(&tree, "new\nline").unwrap();
    assert_eq!(text.as_deref(), Some(&b"1\n"[..]));

    std::fs::write(sandbox.root.join("-dash"), "2\n").unwrap();
    write_bytes(&sandbox.root, b"\xff\xfe", "2\n");
    sandbox.write(" new", "");
    let unstaged = sandbox.untouched(|repository| repository.unstaged().unwrap());
    assert_eq!(names(&unstaged.changed), ["-dash", "\\xff\\xfe"]);
    assert_eq!(names(&unstaged.untracked), [" new"]);
}

#[test]
fn before_the_first_commit() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| {
        let head = repository.head().unwrap();
        assert_eq!((head.commit, head.tree), (None, None));
        assert_eq!(head.branch.as_deref(), Some("main"));
        assert_eq!(head.reference, "refs/heads/main");
        // Nothing staged, and not even an index.
        let tree = repository.staged_tree().unwrap();
        assert_eq!(tree, repository.empty_tree().unwrap());
        assert_eq!(repository.files(&tree).unwrap(), []);
        assert_eq!(repository.commit("HEAD").unwrap(), None);
    });
}

#[test]
fn a_detached_head() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    let commit = sandbox.commit("first");
    sandbox.git(&["checkout", "-q", "--detach"]);
    let head = sandbox.untouched(|repository| repository.head().unwrap());
    assert_eq!(head.branch, None);
    assert_eq!(head.reference, "HEAD");
    assert_eq!(head.commit, Some(commit));
}

#[test]
fn entries_have_kinds_and_links_are_followed_within_the_tree() {
    let sandbox = Sandbox::new();
    sandbox.write("folder/file", "text\n");
    sandbox.write("run", "#!/bin/sh\n");
    sandbox.git(&["update-index", "--add", "--chmod=+x", "run"]);
    symlink("folder/file", sandbox.root.join("link")).unwrap();
    symlink("../run", sandbox.root.join("folder/up")).unwrap();
    symlink("folder", sandbox.root.join("through")).unwrap();
    symlink("/etc/passwd", sandbox.root.join("outside")).unwrap();
    symlink("../../x", sandbox.root.join("above")).unwrap();
    symlink("circle", sandbox.root.join("circle")).unwrap();
    sandbox.git(&["config", "core.fileMode", "false"]);
    sandbox.git(&["add", "-A"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let lines: Vec<_> = repository
            .files(&tree)
            .unwrap()
            .iter()
            .map(|e| format!("{:o} {:?} {}", e.mode, e.kind, e.path))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        120000 Symlink above
        120000 Symlink circle
        100644 File folder/file
        120000 Symlink folder/up
        120000 Symlink link
        120000 Symlink outside
        100755 Executable run
        120000 Symlink through
        "#);
        let read = |path| {
            repository
                .read(&tree, path)
                .unwrap()
                .map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(read("link").as_deref(), Some("text\n"));
        assert_eq!(read("folder/up").as_deref(), Some("#!/bin/sh\n"));
        assert_eq!(read("through/file").as_deref(), Some("text\n"));
        assert_eq!(read("through/up").as_deref(), Some("#!/bin/sh\n"));
        for none in [
            "outside", "above", "circle", "folder", "nowhere", "file/x", "link/x",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    });
}

#[test]
fn history_is_read() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit("first");
    let second = sandbox.commit("second");
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    let side = sandbox.commit("side");
    sandbox.git(&["checkout", "-q", "--orphan", "other"]);
    let other = sandbox.commit("other");
    sandbox.untouched(|repository| {
        assert_eq!(repository.commit("main").unwrap(), Some(second.clone()));
        assert_eq!(repository.commit("side~1").unwrap(), Some(first.clone()));
        for none in ["nowhere", "", "--all", "main:x", "a..b"] {
            assert_eq!(repository.commit(none).unwrap(), None, "{none}");
        }
        assert_eq!(
            repository.merge_base(&second, &side).unwrap(),
            Some(first.clone())
        );
        assert_eq!(repository.merge_base(&second, &other).unwrap(), None);
        assert!(repository.is_ancestor(&first, &second).unwrap());
        assert!(!repository.is_ancestor(&second, &first).unwrap());
        assert!(!repository.is_ancestor(&second, &side).unwrap());
        let missing = Oid::parse(&"1".repeat(40)).unwrap();
        assert_eq!(
            repository.tree_of(&missing).unwrap_err().code(),
            Code::GIT_FAILED
        );
        assert_eq!(
            repository.blob(&missing).unwrap_err().code(),
            Code::GIT_FAILED
        );
    });
}

#[test]
fn what_is_half_done_is_found() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.write("a", "side\n");
    sandbox.commit("side");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("a", "main\n");
    sandbox.commit("main");
    sandbox.untouched(|repository| repository.preflight().unwrap());

    let mut seen = Vec::new();
    for (start, stop) in [
        (&["merge", "side"][..], &["merge", "--abort"][..]),
        (&["rebase", "side"], &["rebase", "--abort"]),
        (&["cherry-pick", "side"], &["cherry-pick", "--abort"]),
        (&["revert", "--no-edit", "HEAD~1"], &["revert", "--abort"]),
    ] {
        let output = git_command(&sandbox.root).args(start).output().unwrap();
        assert!(!output.status.success());
        let error = sandbox.untouched(|repository| repository.preflight().unwrap_err());
        assert_eq!(error.code(), Code::OPERATION_IN_PROGRESS);
        seen.push(format!(
            "{error}: {}",
            error.diagnostic().suggestions[0].text
        ));
        sandbox.git(stop);
    }
    sandbox.git(&["bisect", "start"]);
    let error = sandbox.untouched(|repository| repository.preflight().unwrap_err());
    let advice = &error.diagnostic().suggestions[0].text;
    seen.push(format!("{error}: {advice}"));
    insta::assert_snapshot!(seen.join("\n"), @r#"
    a merge is in progress: finish it with `git commit`, or drop it with `git merge --abort`
    a rebase is in progress: finish it with `git rebase --continue`, or drop it with `git rebase --abort`
    a cherry-pick is in progress: finish it with `git cherry-pick --continue`, or drop it with `git cherry-pick --abort`
    a revert is in progress: finish it with `git revert --continue`, or drop it with `git revert --abort`
    a bisect is in progress: end it with `git bisect reset`
    "#);
}

#[test]
fn unmerged_paths_are_named() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    sandbox.write("a", "2\n");
    sandbox.git(&["stash", "-q"]);
    sandbox.write("a", "3\n");
    sandbox.commit("second");
    let output = git_command(&sandbox.root)
        .args(["stash", "pop"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = sandbox.untouched(|repository| repository.preflight().unwrap_err());
    assert_eq!(error.code(), Code::UNMERGED);
    insta::assert_snapshot!(error, @"the index holds unmerged paths: `a`");
}

#[test]
fn a_linked_working_tree_has_its_own_state() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    let other = sandbox.root.parent().unwrap().join("other");
    sandbox.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "other",
        other.to_str().unwrap(),
    ]);
    std::fs::write(other.join("a"), "other\n").unwrap();
    git_in(&other, &["add", "a"]);
    sandbox.untouched(|here| {
        let there = Repository::discover(&other).unwrap();
        assert_eq!(there.root(), other);
        assert_eq!(there.git_dir(), sandbox.root.join(".git/worktrees/other"));
        assert_eq!(there.head().unwrap().branch.as_deref(), Some("other"));
        let tree = there.staged_tree().unwrap();
        assert_ne!(tree, here.staged_tree().unwrap());
        assert_eq!(
            there.read(&tree, "a").unwrap().as_deref(),
            Some(&b"other\n"[..])
        );
        assert!(there.unstaged().unwrap().is_clean());
    });
}

#[test]
fn an_identity_is_asked_for_in_the_words_of_git() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| repository.check_identity().unwrap());
    sandbox.git(&["config", "--unset", "user.name"]);
    sandbox.git(&["config", "--unset", "user.email"]);
    sandbox.git(&["config", "user.useConfigOnly", "true"]);
    let has_global = std::env::var_os("GIT_AUTHOR_NAME").is_some()
        || git_global("user.email")
        || std::env::var_os("EMAIL").is_some();
    if !has_global {
        let error = sandbox.untouched(|repository| repository.check_identity().unwrap_err());
        assert_eq!(error.code(), Code::NO_IDENTITY);
        assert!(error.to_string().contains("user.email") || error.to_string().contains("email"));
    }
}

fn git_global(name: &str) -> bool {
    std::process::Command::new("git")
        .current_dir(Path::new("/"))
        .args(["config", "--get", name])
        .output()
        .is_ok_and(|output| output.status.success())
}

#[test]
fn tag_names_are_judged_by_git() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| {
        for good in ["v1", "phase-1/complete", "ü"] {
            repository.check_tag_name(good).unwrap();
        }
        let mut seen = Vec::new();
        for bad in ["", "a b", "a..b", "-x", "HEAD", "a.lock", "a\0b", "x@{1}"] {
            let error = repository.check_tag_name(bad).unwrap_err();
            assert_eq!(error.code(), Code::BAD_TAG);
            seen.push(error.to_string().escape_debug().to_string());
        }
        insta::assert_snapshot!(seen.join("\n"), @r#"
        `` cannot be used as a tag: it is not a valid name of a git ref
        `a b` cannot be used as a tag: it is not a valid name of a git ref
        `a..b` cannot be used as a tag: it is not a valid name of a git ref
        `-x` cannot be used as a tag: it begins with a hyphen
        `HEAD` cannot be used as a tag: git keeps that name for itself
        `a.lock` cannot be used as a tag: it is not a valid name of a git ref
        `a\0b` cannot be used as a tag: it holds a NUL
        `x@{1}` cannot be used as a tag: it is not a valid name of a git ref
        "#);
    });
}

#[test]
fn a_staged_file_whose_content_is_gone_is_an_error_of_git() {
    let sandbox = Sandbox::new();
    sandbox.write("folder/a", "1\n");
    sandbox.commit("first");
    sandbox.write("folder/a", "2\n");
    sandbox.git(&["add", "folder/a"]);
    let id = sandbox.git(&["rev-parse", ":folder/a"]);
    let (folder, rest) = id.trim().split_at(2);
    sandbox.remove(&format!(".git/objects/{folder}/{rest}"));
    let error = sandbox.repository().staged_tree().unwrap_err().to_string();
    assert!(error.contains("git write-tree"), "{error}");
}

#[test]
fn objects_of_a_shared_repository_are_for_all_of_its_group() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with(&["--shared=0660"]);
    sandbox.write("folder/a", "1\n");
    sandbox.git(&["add", "folder/a"]);
    let objects = sandbox.root.join(".git/objects");
    let repository = sandbox.repository();
    let tree = repository.staged_tree().unwrap();
    let _pin = repository.pin(&tree).unwrap();
    let mut seen = 0;
    for folder in std::fs::read_dir(objects).unwrap().flatten() {
        let mode = folder.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o060, 0o060, "{:?}", folder.path());
        seen += 1;
    }
    // `info` and `pack`; the file, its folder's tree, the whole, and the commit.
    assert!(seen > 4, "{seen}");
}
