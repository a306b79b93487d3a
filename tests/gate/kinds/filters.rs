//! Filter drivers and the attributes by which git changes contents.

use std::path::Path;

use super::{is_green_in_both, place, plan};
use crate::project::Project;

/// A filter that stores small letters and checks out capital ones.
const CLEAN: &str = "tr A-Z a-z";
const SMUDGE: &str = "tr a-z A-Z";

/// A gate that sees what is checked out.
const SEES: &str = r#"test "$(cat a.up)" = HELLO"#;

fn filtered(settings: &[(&str, &str)]) -> Project {
    let project = Project::empty();
    for (name, value) in settings {
        project.git(&["config", &format!("filter.up.{name}"), value]);
    }
    project.stage(".gitattributes", "*.up filter=up\n");
    // Every later gate of the plan sees it too.
    project.stage("plan.gate", plan(SEES));
    project.git(&["commit", "--quiet", "--message", "plan"]);
    project.stage("a.up", "HELLO\n");
    project
}

#[test]
fn clean_and_smudge() {
    let project = filtered(&[("clean", CLEAN), ("smudge", SMUDGE), ("required", "true")]);
    is_green_in_both(&project);
    assert_eq!(project.git(&["cat-file", "blob", "one:a.up"]), "hello");
    assert_eq!(project.read("a.up"), "HELLO\n");
    assert_eq!(project.git(&["status", "--short"]), "?? not-staged");
}

/// The other side of a filter that goes on running: this test itself, started by git.
/// <https://git-scm.com/docs/gitattributes#_long_running_filter_process>
#[test]
#[ignore = "started by git, for `a_process_that_goes_on`"]
fn filter_process() {
    use std::io::{Read as _, Write as _};
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr().lock());
    // The harness of tests has the standard output: what git reads is another descriptor.
    let Ok(mut git) = std::fs::OpenOptions::new().write(true).open("/dev/fd/9") else {
        // Not git called.
        return;
    };
    let mut packet = || -> Option<Vec<u8>> {
        let mut head = [0; 4];
        if input.read_exact(&mut head).is_err() {
            std::process::exit(0);
        }
        let length = usize::from_str_radix(std::str::from_utf8(&head).unwrap(), 16).unwrap();
        let mut data = vec![0; length.saturating_sub(4)];
        input.read_exact(&mut data).unwrap();
        (length > 0).then_some(data)
    };
    let mut all = || -> Vec<Vec<u8>> { std::iter::from_fn(&mut packet).collect() };
    let mut say = |lists: &[&[&[u8]]]| {
        for list in lists {
            for data in *list {
                git.write_all(format!("{:04x}", data.len() + 4).as_bytes())
                    .unwrap();
                git.write_all(data).unwrap();
            }
            git.write_all(b"0000").unwrap();
        }
    };
    all();
    say(&[&[b"git-filter-server\n", b"version=2\n"]]);
    all();
    say(&[&[b"capability=clean\n", b"capability=smudge\n"]]);
    loop {
        let head = all();
        let content = all().concat();
        let smudges = head.iter().any(|line| line == b"command=smudge\n");
        let content = if smudges {
            content.to_ascii_uppercase()
        } else {
            content.to_ascii_lowercase()
        };
        writeln!(output, "filtered {} bytes", content.len()).unwrap();
        let parts: Vec<&[u8]> = content.chunks(65_000).collect();
        say(&[&[b"status=success\n"], &parts, &[]]);
    }
}

/// The command by which git starts [`filter_process`].
fn process(path: &Path) -> String {
    let test = "kinds::filters::filter_process";
    format!(
        "exec 9>&1; exec '{}' --exact {test} --ignored --nocapture >&2",
        path.display()
    )
}

#[test]
fn a_process_that_goes_on() {
    let process = process(&std::env::current_exe().unwrap());
    let project = filtered(&[("process", &process), ("required", "true")]);
    // More than one packet, and more than one file.
    project.stage("b.up", "WORD\n".repeat(30_000));
    is_green_in_both(&project);
    assert_eq!(project.git(&["cat-file", "blob", "one:a.up"]), "hello");
    let stored = project.git(&["cat-file", "blob", "one:b.up"]);
    assert_eq!(stored.len() + 1, 5 * 30_000);
    assert!(stored.starts_with("word\n"), "{}", &stored[..20]);
}

#[test]
fn a_filter_that_is_required_and_fails() {
    let project = filtered(&[("clean", CLEAN), ("smudge", "false"), ("required", "true")]);
    project.write("not-staged", "1\n");
    let before = project.belongings();
    let answer = project.gate(&["run"]).exits(3);
    let lines = answer.stdout.lines();
    let said: Vec<&str> = lines
        .skip_while(|line| !line.starts_with("error"))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    error[B131]: git could not read or write `a.up`: its filter `up` failed
      = note: error: external filter 'false' failed 1
          error: external filter 'false' failed
          fatal: a.up: smudge filter up failed
      = help: see what git says above, and to what `git config filter.up.clean`, `.smudge` and `.process` start: git itself cannot do without it
    ");
    assert_eq!(project.belongings(), before);
    assert_eq!(project.tags(), [""; 0]);
    project.git(&["config", "filter.up.smudge", SMUDGE]);
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");

    // One that cannot read the working tree's file: whether that is as staged is not known.
    project.git(&["config", "filter.up.clean", "false"]);
    project.write("a.up", "HELLO\n");
    let answer = project.gate(&["run"]).exits(3);
    assert!(answer.stdout.contains("B131"), "{}", answer.text());
    assert!(!answer.stdout.contains("GREEN"), "{}", answer.text());
}

#[test]
fn a_filter_that_is_not_required_and_fails_changes_nothing() {
    let project = filtered(&[("clean", "false"), ("smudge", "false")]);
    project.write("not-staged", "1\n");
    project.gate(&["run"]).exits(0);
    assert_eq!(project.git(&["cat-file", "blob", "one:a.up"]), "HELLO");
}

#[test]
fn line_ends_ids_and_encodings() {
    let project = Project::empty();
    let attributes = "*.txt text eol=crlf\n*.id ident\n*.u16 text working-tree-encoding=UTF-16LE\n";
    project.stage(".gitattributes", attributes);
    let sees =
        r"test $(wc -c < a.txt) = 6 && grep -q 'Id: [0-9a-f]*' a.id && test $(wc -c < a.u16) = 4";
    project.stage("plan.gate", plan(sees));
    project.git(&["commit", "--quiet", "--message", "plan"]);
    project.stage("a.txt", "abcd\r\n");
    project.stage("a.id", "$Id$\n");
    project.stage("a.u16", b"a\0\n\0");
    // Checked out, an id has its value; as it was written, it has none.
    project.write("not-staged", "1\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    let stored = |path: &str| project.git(&["cat-file", "blob", &format!("one:{path}")]);
    assert_eq!(
        (stored("a.txt"), stored("a.id"), stored("a.u16")),
        ("abcd".to_owned(), "$Id$".to_owned(), "a".to_owned())
    );
}

#[test]
fn line_ends_by_the_users_settings() {
    let project = Project::empty();
    project.git(&["config", "core.autocrlf", "true"]);
    project.stage(
        "plan.gate",
        plan("test $(wc -c < a) = 3").replace('\n', "\r\n"),
    );
    project.stage("a", "a\r\n");
    is_green_in_both(&project);
    assert_eq!(project.git(&["cat-file", "-s", "one:a"]), "2");
}
