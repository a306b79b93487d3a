//! `gate fmt`: which files it takes, what it writes, and what it leaves alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use crate::project::{Answer, Project};

const UGLY: &str = "phase a \"A\" {\n\tgate   y   $ true\n}\n";
const PLAIN: &str = "phase a \"A\" {\n  gate y $ true\n}\n";

/// `gate fmt` with these arguments and this standard input.
fn piped(project: &Project, args: &[&str], input: &str) -> Answer {
    let mut child = project
        .gate_command()
        .arg("fmt")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    Answer::of(child.wait_with_output().unwrap())
}

#[test]
fn without_a_file_it_is_the_plan_and_all_it_uses() {
    let project = Project::with_plan(
        "use \"./lib/a.gate\"\ninclude  \"./lib/b.gate\"\nphase a \"A\" {\n  gate y $ true\n}\n",
    );
    project
        .write("lib/a.gate", "let  a = 1\nuse \"./c.gate\"\n")
        .write("lib/b.gate", "let b = 1\n")
        .write("lib/c.gate", "let  c = 1\n")
        .write("lib/unused.gate", "let  d = 1\n");
    let answer = project.gate(&["fmt"]).exits(0);
    insta::assert_snapshot!(answer.text(), @r"
    plan.gate: formatted
    lib/a.gate: formatted
    lib/c.gate: formatted
    lib/b.gate: ok
    ");
    assert_eq!(project.read("lib/a.gate"), "let a = 1\nuse \"./c.gate\"\n");
    assert_eq!(project.read("lib/c.gate"), "let c = 1\n");
    assert_eq!(project.read("lib/unused.gate"), "let  d = 1\n");
    project.gate(&["fmt", "--check"]).exits(0);
}

#[test]
fn check_names_the_files_that_would_change_and_writes_nothing() {
    let project = Project::with_plan(UGLY);
    project.write("other.gate", PLAIN);
    let before = project.belongings();
    let answer = project
        .gate(&["fmt", "--check", "plan.gate", "other.gate"])
        .exits(1);
    insta::assert_snapshot!(answer.text(), @r"
    plan.gate: not formatted; run `gate fmt`
    other.gate: ok
    ");
    assert_eq!(project.belongings(), before);
}

#[test]
fn diff_shows_what_would_change_and_writes_nothing() {
    let project = Project::with_plan(UGLY);
    let before = project.belongings();
    let answer = project.gate(&["fmt", "--diff"]).exits(0);
    insta::assert_snapshot!(answer.text(), @r#"
    --- plan.gate
    +++ plan.gate
    @@ -1,3 +1,3 @@
     phase a "A" {
    -	gate   y   $ true
    +  gate y $ true
     }
    "#);
    let answer = project.gate(&["fmt", "--diff", "--check"]).exits(1);
    assert!(answer.stdout.contains("+  gate y"), "{}", answer.text());
    assert_eq!(project.belongings(), before);
}

#[test]
fn a_diff_can_be_applied() {
    let project = Project::with_plan(UGLY);
    let diff = project.gate(&["fmt", "--diff"]).exits(0).stdout;
    project.write("fmt.patch", diff);
    project.git(&["apply", "-p0", "fmt.patch"]);
    assert_eq!(project.read("plan.gate"), PLAIN);
}

#[test]
fn a_dash_is_standard_input() {
    let project = Project::empty();
    let answer = piped(&project, &["-"], UGLY).exits(0);
    assert_eq!(answer.stdout, PLAIN);
    assert_eq!(answer.stderr, "");
    piped(&project, &["-", "--check"], UGLY).exits(1);
    piped(&project, &["-", "--check"], PLAIN).exits(0);
    let answer = piped(&project, &["-"], "phase a {\n").exits(2);
    assert_eq!(answer.stdout, "");
    assert!(answer.stderr.contains("<stdin>:1:9"), "{}", answer.stderr);
}

#[test]
fn a_file_with_mistakes_is_left_alone_and_the_others_are_not() {
    let project = Project::empty();
    project
        .write("bad.gate", "let   a = \n")
        .write("good.gate", "let   a = 1\n");
    let answer = project
        .gate(&["fmt", "bad.gate", "good.gate", "gone.gate"])
        .exits(2);
    assert!(answer.stderr.contains("bad.gate:1:10"), "{}", answer.stderr);
    assert!(answer.stderr.contains("`gone.gate` cannot be read"));
    assert_eq!(answer.stdout, "good.gate: formatted\n");
    assert_eq!(project.read("bad.gate"), "let   a = \n");
    assert_eq!(project.read("good.gate"), "let a = 1\n");
}

#[test]
fn what_only_check_finds_wrong_is_formatted() {
    let project =
        Project::with_plan("use \"./gone.gate\"\nphase a \"A\" {\n  gate   y expect z\n}\n");
    project.gate(&["check"]).exits(2);
    project.gate(&["fmt"]).exits(0);
    assert!(project.read("plan.gate").contains("\n  gate y expect z\n"));
}

#[test]
fn a_file_is_replaced_with_its_permissions_and_through_a_link() {
    let project = Project::empty();
    project.write("real/plan.gate", UGLY);
    let real = project.path().join("real/plan.gate");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/plan.gate", project.path().join("plan.gate")).unwrap();
    project.gate(&["fmt", "plan.gate"]).exits(0);
    assert_eq!(project.read("real/plan.gate"), PLAIN);
    assert!(project.path().join("plan.gate").is_symlink());
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left: Vec<_> = fs::read_dir(project.path().join("real"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["plan.gate"]);
}

#[test]
fn what_is_formatted_is_not_written_and_what_is_read_only_neither() {
    let project = Project::empty();
    project.write("plain.gate", PLAIN).write("ugly.gate", UGLY);
    for name in ["plain.gate", "ugly.gate"] {
        let path = project.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    }
    project.gate(&["fmt", "plain.gate"]).exits(0);
    let answer = project.gate(&["fmt", "ugly.gate"]).exits(2);
    assert!(answer.stderr.contains("E0414"), "{}", answer.stderr);
    assert_eq!(project.read("ugly.gate"), UGLY);
}

#[test]
fn line_ends_become_newlines_and_a_mark_at_the_start_goes() {
    let project = Project::empty();
    let windows = format!("\u{feff}{}", PLAIN.replace('\n', "\r\n"));
    project.write("plan.gate", windows);
    project.gate(&["fmt", "--check"]).exits(1);
    project.gate(&["fmt"]).exits(0);
    assert_eq!(project.read("plan.gate"), PLAIN);
}
