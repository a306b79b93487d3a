use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use gatelang::repo::{CheckedPlace, RepoError, Repository};

use crate::sandbox::{Sandbox, git_in, names, write_bytes};

fn text(root: &Path, path: &str) -> String {
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// A repository with one commit and one staged change, and edits that are not staged.
fn staged() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.write("b", "1\n");
    sandbox.write("folder/c", "1\n");
    sandbox.commit("first");
    sandbox.write("a", "2\n");
    sandbox.git(&["add", "a"]);
    sandbox.write("a", "not staged\n");
    sandbox.write("untracked", "x\n");
    sandbox
}

#[test]
fn holds_exactly_what_is_staged() {
    let sandbox = staged();
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        assert!(checkout.root().starts_with(repository.git_dir()));
        assert_eq!(text(checkout.root(), "a"), "2\n");
        assert_eq!(text(checkout.root(), "folder/c"), "1\n");
        assert!(!checkout.root().join("untracked").exists());
    });
}

#[test]
fn git_works_inside() {
    let sandbox = staged();
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        let git = |args: &[&str]| git_in(checkout.root(), args);
        insta::assert_snapshot!(git(&["status", "--branch", "--short"]), @r#"
        ## main
        M  a
        "#);
        assert_eq!(
            git(&["log", "--format=%H"]),
            sandbox.git(&["log", "--format=%H"])
        );
        assert_eq!(git(&["write-tree"]).trim(), tree.as_str());
        assert_eq!(git(&["diff", "--no-ext-diff"]), "");
        insta::assert_snapshot!(git(&["diff", "--no-ext-diff", "--cached", "HEAD"]), @r#"
        diff --git a a
        index d00491f..0cfbf08 100644
        --- a
        +++ a
        @@ -1 +1 @@
        -1
        +2
        "#);
        assert_eq!(
            git(&["rev-parse", "--show-toplevel"]).trim(),
            checkout.root().to_str().unwrap()
        );
        let found = Repository::discover(checkout.root()).unwrap();
        assert_eq!(found.head().unwrap(), repository.head().unwrap());
        assert_eq!(found.staged_tree().unwrap(), tree);
    });
}

/// After a power failure the content of files may be lost, although the system says of them
/// what it said before.
#[test]
fn what_was_written_before_the_system_was_started_is_read_again() {
    let sandbox = staged();
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let root = repository.checkout(&tree).unwrap().root().to_owned();
        let lost = root.join("a");
        let kept = root.join("b").metadata().unwrap();
        // The same times, as far as the index knows them; that of the last change cannot be set,
        // so the index, whose first entry this is, is made to know the new one.
        let before = lost.metadata().unwrap().modified().unwrap();
        std::fs::write(&lost, "\0\0").unwrap();
        let file = std::fs::File::options().write(true).open(&lost).unwrap();
        file.set_modified(before - std::time::Duration::from_secs(3600))
            .unwrap();
        let meta = file.metadata().unwrap();
        let index = repository.git_dir().join("gate/shadow/git/index");
        let mut bytes = std::fs::read(&index).unwrap();
        let times = [
            meta.ctime(),
            meta.ctime_nsec(),
            meta.mtime(),
            meta.mtime_nsec(),
        ];
        for (word, time) in bytes[12..28].chunks_mut(4).zip(times) {
            word.copy_from_slice(&u32::try_from(time).unwrap().to_be_bytes());
        }
        // Git takes no checksum for any.
        let end = bytes.len() - 20;
        bytes[end..].fill(0);
        std::fs::write(&index, bytes).unwrap();
        repository.checkout(&tree).unwrap();
        assert_eq!(text(&root, "a"), "\0\0");

        let note = repository.git_dir().join("gate/shadow/at");
        let noted = std::fs::read_to_string(&note).unwrap();
        let boot = noted.split(' ').nth(1).unwrap();
        std::fs::write(&note, noted.replace(boot, "another")).unwrap();
        repository.checkout(&tree).unwrap();
        assert_eq!(text(&root, "a"), "2\n");
        let still = root.join("b").metadata().unwrap();
        assert_eq!((still.ino(), still.mtime()), (kept.ino(), kept.mtime()));
        assert_ne!(
            std::fs::read_to_string(&note).unwrap(),
            noted.replace(boot, "another")
        );
    });
}

#[test]
fn only_what_differs_is_written() {
    let sandbox = staged();
    sandbox.write(".gitignore", "*.o\n");
    sandbox.git(&["add", ".gitignore"]);
    let first = sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        checkout.root().to_owned()
    });
    // As a gate leaves it: an ignored result, an untracked file, an edit, a deletion, a touch.
    std::fs::write(first.join("a.o"), "object").unwrap();
    std::fs::write(first.join("left over"), "x").unwrap();
    std::fs::write(first.join("folder/c"), "edited\n").unwrap();
    std::fs::remove_file(first.join(".gitignore")).unwrap();
    std::fs::write(first.join("b"), "1\n").unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options()
        .write(true)
        .open(first.join("b"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    let ino = |path: &str| {
        let meta = std::fs::metadata(first.join(path)).unwrap();
        (meta.ino(), meta.mtime(), meta.mtime_nsec())
    };
    let before = (ino("b"), ino("a.o"));

    sandbox.write("a", "3\n");
    sandbox.git(&["add", "a"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(checkout.root(), first);
        assert_eq!(text(&first, "a"), "3\n");
        assert_eq!(text(&first, "folder/c"), "1\n");
        assert_eq!(text(&first, ".gitignore"), "*.o\n");
        assert!(!first.join("left over").exists());
        assert_eq!((ino("b"), ino("a.o")), before);
        let place = CheckedPlace::Checkout(checkout);
        assert_eq!(repository.changed_since(&place, &tree).unwrap().paths(), []);
    });
}

#[test]
fn before_the_first_commit_and_with_an_empty_tree() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(git_in(checkout.root(), &["status", "--short"]), "");
    });
    sandbox.write("a", "1\n");
    sandbox.git(&["add", "a"]);
    sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        assert_eq!(git_in(checkout.root(), &["status", "--short"]), "A  a\n");
    });
}

#[test]
fn with_a_detached_head() {
    let sandbox = staged();
    sandbox.git(&["checkout", "-q", "--detach"]);
    sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        let found = Repository::discover(checkout.root())
            .unwrap()
            .head()
            .unwrap();
        assert_eq!(found, repository.head().unwrap());
    });
}

#[test]
fn modes_links_and_names() {
    let sandbox = Sandbox::new();
    for name in [" blank", "new\nline", "-dash"] {
        sandbox.write(name, "1\n");
    }
    write_bytes(&sandbox.root, b"\xff", "1\n");
    sandbox.write("run", "#!/bin/sh\n");
    std::fs::set_permissions(
        sandbox.root.join("run"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    symlink("nowhere", sandbox.root.join("link")).unwrap();
    sandbox.write("swap", "a file\n");
    sandbox.write("folder/inner", "1\n");
    sandbox.git(&["add", "-A"]);
    sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        let run = std::fs::metadata(checkout.root().join("run")).unwrap();
        assert_eq!(run.mode() & 0o111, 0o111);
        assert_eq!(
            std::fs::read_link(checkout.root().join("link")).unwrap(),
            Path::new("nowhere")
        );
        assert_eq!(text(checkout.root(), "new\nline"), "1\n");
    });
    // A file becomes a folder, and a folder a file.
    sandbox.remove("swap");
    sandbox.write("swap/now", "a folder\n");
    std::fs::remove_dir_all(sandbox.root.join("folder")).unwrap();
    sandbox.write("folder", "a file\n");
    sandbox.git(&["add", "-A"]);
    sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        assert_eq!(text(checkout.root(), "swap/now"), "a folder\n");
        assert_eq!(text(checkout.root(), "folder"), "a file\n");
        assert_eq!(git_in(checkout.root(), &["diff", "--no-ext-diff"]), "");
    });
}

#[test]
fn filters_and_line_ends_are_those_of_git() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "filter.caps.smudge", "tr a-z A-Z"]);
    sandbox.git(&["config", "filter.caps.clean", "tr A-Z a-z"]);
    sandbox.write(".gitattributes", "*.crlf text eol=crlf\n*.up filter=caps\n");
    sandbox.write("x.crlf", "1\r\n2\r\n");
    sandbox.write("x.up", "LOUD\n");
    sandbox.git(&["add", "-A"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        assert_eq!(
            repository.read(&tree, "x.up").unwrap().as_deref(),
            Some(&b"loud\n"[..])
        );
        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(text(checkout.root(), "x.crlf"), "1\r\n2\r\n");
        assert_eq!(text(checkout.root(), "x.up"), "LOUD\n");
        let place = CheckedPlace::Checkout(checkout);
        assert_eq!(repository.changed_since(&place, &tree).unwrap().paths(), []);
    });
}

#[test]
fn what_a_gate_changes_is_found() {
    let sandbox = staged();
    sandbox.write(".gitignore", "*.o\n");
    sandbox.git(&["add", ".gitignore"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        let root = checkout.root().to_owned();
        let place = CheckedPlace::Checkout(checkout);
        let changed = || names(&repository.changed_since(&place, &tree).unwrap().paths());
        assert_eq!(changed(), [""; 0]);
        std::fs::write(root.join("a"), "3\n").unwrap();
        std::fs::remove_file(root.join("b")).unwrap();
        std::fs::set_permissions(
            root.join("folder/c"),
            std::fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        std::fs::write(root.join("new"), "x").unwrap();
        std::fs::write(root.join("x.o"), "ignored").unwrap();
        assert_eq!(changed(), ["a", "b", "folder/c", "new"]);
        // Staging it inside hides nothing.
        git_in(&root, &["add", "-A"]);
        assert_eq!(changed(), ["a", "b", "folder/c", "new"]);
    });
}

#[test]
fn what_a_gate_changes_in_place_is_found_whatever_is_staged_meanwhile() {
    let sandbox = staged();
    sandbox.remove("untracked");
    sandbox.git(&["add", "-A"]);
    let tree = sandbox.repository().staged_tree().unwrap();
    let changed = |sandbox: &Sandbox| {
        sandbox.untouched(|repository| {
            names(
                &repository
                    .changed_since(&CheckedPlace::InPlace, &tree)
                    .unwrap()
                    .paths(),
            )
        })
    };
    assert_eq!(changed(&sandbox), [""; 0]);
    sandbox.write("b", "changed\n");
    sandbox.write("new", "x\n");
    assert_eq!(changed(&sandbox), ["b", "new"]);
    sandbox.git(&["add", "-A"]);
    assert_eq!(changed(&sandbox), ["b", "new"]);
}

#[test]
fn each_user_has_one_of_its_own() {
    let sandbox = staged();
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        let second = repository.checkout(&tree).unwrap();
        assert_ne!(checkout.root(), second.root());
        let first = checkout.root().to_owned();
        drop(checkout);
        // The warm one first.
        assert_eq!(repository.checkout(&tree).unwrap().root(), first);
        let all: Vec<_> = (1..8)
            .map(|_| repository.checkout(&tree).unwrap())
            .collect();
        let too_many = repository.checkout(&tree).unwrap_err();
        assert!(matches!(too_many, RepoError::Busy { .. }), "{too_many}");
        drop(all);
    });
}

#[test]
fn each_linked_working_tree_has_its_own() {
    let sandbox = staged();
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
        let tree = there.staged_tree().unwrap();
        let mine = here.checkout(&here.staged_tree().unwrap()).unwrap();
        let theirs = there.checkout(&tree).unwrap();
        assert_eq!(text(mine.root(), "a"), "2\n");
        assert_eq!(text(theirs.root(), "a"), "other\n");
        let git = |args: &[&str]| git_in(theirs.root(), args);
        insta::assert_snapshot!(git(&["status", "--branch", "--short"]), @r#"
        ## other
        M  a
        "#);
    });
}

#[test]
fn a_broken_checkout_is_made_anew() {
    let sandbox = staged();
    let root = sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        checkout.root().to_owned()
    });
    let git_dir = root.parent().unwrap().join("git");
    std::fs::write(git_dir.join("index"), "nonsense").unwrap();
    let locks = ["index.lock", "AUTO_MERGE.lock"].map(|name| git_dir.join(name));
    for lock in &locks {
        std::fs::write(lock, "").unwrap();
    }
    std::fs::remove_file(root.join(".git")).unwrap();
    sandbox.untouched(|repository| {
        let checkout = repository
            .checkout(&repository.staged_tree().unwrap())
            .unwrap();
        assert_eq!(text(checkout.root(), "a"), "2\n");
        assert_eq!(git_in(checkout.root(), &["status", "--short"]), "M  a\n");
        assert!(locks.iter().all(|lock| !lock.exists()));
    });
}

#[test]
fn a_sparse_checkout_is_judged_whole() {
    let sandbox = staged();
    sandbox.git(&["stash", "-q", "-u"]);
    sandbox.git(&["stash", "drop", "-q"]);
    sandbox.git(&["sparse-checkout", "set", "--cone", "folder"]);
    sandbox.write("folder/c", "2\n");
    sandbox.git(&["add", "folder/c"]);
    sandbox.git(&["sparse-checkout", "set", "--cone", "nowhere"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let unstaged = repository.unstaged().unwrap();
        assert!(!unstaged.is_clean());
        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(text(checkout.root(), "a"), "1\n");
        assert_eq!(text(checkout.root(), "folder/c"), "2\n");
        assert_eq!(
            git_in(checkout.root(), &["status", "--short"]),
            "M  folder/c\n"
        );
    });
}

#[test]
fn a_pinned_tree_survives_garbage_collection() {
    let sandbox = staged();
    let repository = sandbox.repository();
    let tree = repository.staged_tree().unwrap();
    let pin = repository.pin(&tree).unwrap();
    assert_eq!(
        sandbox
            .git(&["for-each-ref", "refs/gate/run"])
            .lines()
            .count(),
        1
    );
    // The user unstages it and throws everything unreachable away.
    sandbox.git(&["reset", "-q", "--hard"]);
    sandbox.git(&["reflog", "expire", "--expire=now", "--all"]);
    sandbox.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(
        repository.read(&tree, "a").unwrap().as_deref(),
        Some(&b"2\n"[..])
    );
    drop(pin);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/gate"]), "");
    sandbox.git(&["gc", "-q", "--prune=now"]);
    assert!(sandbox.repository().read(&tree, "a").is_err());
}

#[test]
fn pins_of_runs_that_were_killed_are_removed() {
    let sandbox = staged();
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["update-ref", "refs/gate/run/1-0", commit.trim()]);
    sandbox.write(".git/gate/run/1-0", "its mark");
    let repository = sandbox.repository();
    let ended = std::cell::RefCell::new(Vec::new());
    repository
        .sweep(|mark| ended.borrow_mut().push(mark.to_owned()))
        .unwrap();
    assert_eq!(ended.into_inner(), ["its mark"]);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/gate"]), "");
    assert!(!sandbox.root.join(".git/gate/run/1-0").exists());
}

/// A process that is just being started holds what is locked, until it is its own program.
#[test]
fn they_are_removed_while_processes_are_started() {
    let sandbox = staged();
    let repository = sandbox.repository();
    let over = AtomicBool::new(false);
    let swept = std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    Command::new("true").status().unwrap();
                }
            });
        }
        let swept = (0..300).filter(|_| {
            sandbox.write(".git/gate/run/1-0", "its mark");
            repository.sweep(|_| {}).unwrap();
            !sandbox.root.join(".git/gate/run/1-0").exists()
        });
        let swept = swept.count();
        over.store(true, Ordering::Relaxed);
        swept
    });
    assert_eq!(swept, 300);
}

#[test]
fn a_tree_is_pinned_once_until_nobody_needs_it() {
    let sandbox = staged();
    let repository = sandbox.repository();
    let pins = || {
        let refs = sandbox.git(&["for-each-ref", "--format=%(tree)", "refs/gate/run"]);
        refs.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (tree, other) = (
        repository.staged_tree().unwrap(),
        repository.head().unwrap().tree.unwrap(),
    );
    let first = repository.pin(&tree).unwrap();
    let second = repository.pin(&tree).unwrap();
    assert_eq!(pins(), [tree.as_str()]);
    let third = repository.pin(&other).unwrap();
    assert_eq!(pins().len(), 2);
    drop((first, third));
    assert_eq!(pins(), [tree.as_str()]);
    drop(second);
    assert_eq!(pins(), [""; 0]);
    drop(repository.pin(&tree).unwrap());
    assert_eq!(pins(), [""; 0]);
}

#[test]
fn a_pin_that_git_packed_is_removed_all_the_same() {
    let sandbox = staged();
    let repository = sandbox.repository();
    let pin = repository.pin(&repository.staged_tree().unwrap()).unwrap();
    sandbox.git(&["pack-refs", "--all"]);
    drop(pin);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/gate"]), "");
}

#[test]
fn a_gate_cannot_hide_what_it_changes() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let sandbox = staged();
        sandbox.untouched(|repository| {
            let tree = repository.staged_tree().unwrap();
            let checkout = repository.checkout(&tree).unwrap();
            let root = checkout.root().to_owned();
            git_in(&root, &["update-index", flag, "b"]);
            std::fs::write(root.join("b"), "hidden\n").unwrap();
            let place = CheckedPlace::Checkout(checkout);
            let changed = repository.changed_since(&place, &tree).unwrap().paths();
            assert_eq!(names(&changed), ["b"]);
            drop(place);
            let checkout = repository.checkout(&tree).unwrap();
            assert_eq!(text(checkout.root(), "b"), "1\n");
        });
    }
}

#[test]
fn other_attributes_and_ignores_hold_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "*.o\n");
    sandbox.write("x.txt", "1\n");
    sandbox.commit("first");
    let root = sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        repository.checkout(&tree).unwrap().root().to_owned()
    });
    std::fs::write(root.join("a.o"), "object").unwrap();
    sandbox.write(".gitignore", "*.log\n");
    sandbox.git(&["add", "-A"]);
    let checkout = |sandbox: &Sandbox| {
        sandbox.untouched(|repository| {
            let tree = repository.staged_tree().unwrap();
            let place = CheckedPlace::Checkout(repository.checkout(&tree).unwrap());
            assert_eq!(repository.changed_since(&place, &tree).unwrap().paths(), []);
        });
    };
    checkout(&sandbox);
    assert!(!root.join("a.o").exists());
    sandbox.write(".gitattributes", "*.txt text eol=crlf\n");
    sandbox.git(&["add", "-A"]);
    checkout(&sandbox);
    assert_eq!(text(&root, "x.txt"), "1\r\n");
}

#[test]
fn a_file_that_was_ignored_and_is_now_tracked() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "out/\n");
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    let root = sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        repository.checkout(&tree).unwrap().root().to_owned()
    });
    std::fs::create_dir(root.join("out")).unwrap();
    std::fs::write(root.join("out/x"), "a gate's\n").unwrap();
    sandbox.write("out/x", "the user's\n");
    sandbox.git(&["add", "-f", "out/x"]);
    sandbox.untouched(|repository| {
        let tree = repository.staged_tree().unwrap();
        let checkout = repository.checkout(&tree).unwrap();
        assert_eq!(text(checkout.root(), "out/x"), "the user's\n");
        let place = CheckedPlace::Checkout(checkout);
        assert_eq!(repository.changed_since(&place, &tree).unwrap().paths(), []);
    });
}
