use std::os::unix::fs::{PermissionsExt, symlink};

use gatelang::repo::{Change, Repository};

use crate::sandbox::{Sandbox, write_bytes};

/// One line for the change, one for each added line.
fn show(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let path = |path: &Option<gatelang::repo::RepoPath>| {
            path.as_ref()
                .map_or("·".to_owned(), |p| p.as_bytes().escape_ascii().to_string())
        };
        text.push_str(&format!(
            "{:?} {} → {}{} +{} -{} size {:?}\n",
            change.kind,
            path(&change.old),
            path(&change.new),
            if change.binary { " binary" } else { "" },
            change.added.len(),
            change.removed,
            change.new_size
        ));
        for line in &change.added {
            text.push_str(&format!("  {}: {}\n", line.line, line.text.escape_ascii()));
        }
    }
    text
}

/// The changes that are staged.
fn staged(sandbox: &Sandbox) -> String {
    sandbox.untouched(|repository: &Repository| {
        let head = repository.head().unwrap().tree;
        let from = head.unwrap_or_else(|| repository.empty_tree().unwrap());
        let to = repository.staged_tree().unwrap();
        show(&repository.changes(&from, &to).unwrap())
    })
}

#[test]
fn lines_have_their_numbers_in_the_new_file() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "one\ntwo\nthree\nfour\nfive\n");
    sandbox.commit("first");
    sandbox.write(
        "a",
        "zero\none\ntwo\n3\nfour\nfive\n--- six\n+++ seven\n@@ eight\ndiff --git",
    );
    sandbox.git(&["add", "-A"]);
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Modified a → a +6 -1 size Some(62)
      1: zero
      4: 3
      7: --- six
      8: +++ seven
      9: @@ eight
      10: diff --git
    "#);
}

#[test]
fn lines_that_only_look_like_the_head_of_a_patch() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "-- a\n++ b\ndiff --git a/x b/x\n@@ -1 +1 @@\n");
    sandbox.write("b", "Binary files a and b differ\n");
    sandbox.git(&["add", "-A"]);
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Added · → a +4 -0 size Some(41)
      1: -- a
      2: ++ b
      3: diff --git a/x b/x
      4: @@ -1 +1 @@
    Added · → b +1 -0 size Some(28)
      1: Binary files a and b differ
    "#);
    sandbox.commit("first");
    sandbox.write("a", "");
    sandbox.remove("b");
    sandbox.git(&["add", "-A"]);
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Modified a → a +0 -4 size Some(0)
    Deleted b → · +0 -1 size None
    "#);
}

#[test]
fn every_kind_of_change() {
    let sandbox = Sandbox::new();
    let text: String = (0..20).map(|n| format!("line {n}\n")).collect();
    sandbox.write("modified", "1\n");
    sandbox.write("deleted", "no longer needed\n");
    sandbox.write("moved", &text);
    sandbox.write("moved and edited", format!("other\n{text}"));
    sandbox.write("mode", "1\n");
    sandbox.write("type", "1\n2\n3\n");
    symlink("modified", sandbox.root.join("link")).unwrap();
    sandbox.write("image", b"\x89PNG\0\0");
    sandbox.write("same", "1\n");
    sandbox.commit("first");

    sandbox.write("added", "1\r\n2\r\n");
    sandbox.write("empty", "");
    sandbox.write("modified", "2\n");
    sandbox.remove("deleted");
    sandbox.git(&["mv", "moved", "to"]);
    sandbox.git(&["mv", "moved and edited", "edited"]);
    sandbox.write("edited", format!("another\n{text}"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.root.join("mode"), executable).unwrap();
    sandbox.remove("type");
    symlink("modified", sandbox.root.join("type")).unwrap();
    sandbox.remove("link");
    symlink("same", sandbox.root.join("link")).unwrap();
    sandbox.write("image", b"\x89PNG\0\0\0");
    sandbox.git(&["add", "-A"]);
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Added · → added +2 -0 size Some(6)
      1: 1
      2: 2
    Deleted deleted → · +0 -1 size None
    Renamed moved and edited → edited +1 -1 size Some(158)
      1: another
    Added · → empty +0 -0 size Some(0)
    Modified image → image binary +0 -0 size Some(7)
    Modified link → link +1 -1 size Some(4)
      1: same
    ModeChanged mode → mode +0 -0 size Some(2)
    Modified modified → modified +1 -1 size Some(2)
      1: 2
    Renamed moved → to +0 -0 size Some(150)
    TypeChanged type → type +1 -3 size Some(8)
      1: modified
    "#);
}

#[test]
fn attributes_of_the_new_tree_say_what_is_binary() {
    let sandbox = Sandbox::new();
    sandbox.write("x.dat", "1\n");
    sandbox.write("y.txt", "1\n");
    sandbox.commit("first");
    sandbox.write(".gitattributes", "*.dat binary\n*.txt diff\n");
    sandbox.write("x.dat", "2\n");
    sandbox.write("y.txt", "2\0\n");
    sandbox.git(&["add", "-A"]);
    // Not staged, so not in force.
    sandbox.write(".gitattributes", "*.txt binary\n");
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Added · → .gitattributes +2 -0 size Some(24)
      1: *.dat binary
      2: *.txt diff
    Modified x.dat → x.dat binary +0 -0 size Some(2)
    Modified y.txt → y.txt +1 -1 size Some(3)
      1: 2\x00
    "#);
}

#[test]
fn odd_names_in_a_change() {
    let sandbox = Sandbox::new();
    for name in [" blank", "new\nline", "-dash", "a -> b", "\"q\"", "tab\t"] {
        sandbox.write(name, format!("{}\n", name.escape_debug()));
    }
    write_bytes(&sandbox.root, b"\xff", "bytes\n");
    sandbox.git(&["add", "-A"]);
    insta::assert_snapshot!(staged(&sandbox), @r#"
    Added · →  blank +1 -0 size Some(7)
      1:  blank
    Added · → \"q\" +1 -0 size Some(6)
      1: \\\"q\\\"
    Added · → -dash +1 -0 size Some(6)
      1: -dash
    Added · → a -> b +1 -0 size Some(7)
      1: a -> b
    Added · → new\nline +1 -0 size Some(10)
      1: new\\nline
    Added · → tab\t +1 -0 size Some(6)
      1: tab\\t
    Added · → \xff +1 -0 size Some(6)
      1: bytes
    "#);
}

#[test]
fn a_submodule_has_no_lines() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    let commit = sandbox.commit("first");
    let entry = format!("160000,{commit},sub");
    sandbox.git(&["update-index", "--add", "--cacheinfo", &entry]);
    insta::assert_snapshot!(staged(&sandbox), @"Added · → sub +0 -0 size None");
}

#[test]
fn equal_trees_have_no_changes() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.commit("first");
    assert_eq!(staged(&sandbox), "");
}
