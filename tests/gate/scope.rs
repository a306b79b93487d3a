//! What a scope finds in the change of a phase.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::project::Project;

/// A project on a branch, whose only phase has this scope, and some files of before.
fn project(scope: &str) -> Project {
    let project = Project::with_plan(&format!(
        "plan {{ base \"main\" }}\nphase p \"P\" {{\nscope {{\n{scope}\n}}\n}}\nphase later \"Later\" {{\n  scope {{\n    allow \"later/**\"\n    deny \"later/no\"\n  }}\n  gate g $ true\n}}\n"
    ));
    for number in 0..20 {
        let text = format!("line {number}\n").repeat(8);
        project.stage(&format!("old/{number}"), text);
    }
    project.stage("bin", b"\0\x01\x02");
    project.git(&["commit", "--quiet", "--message", "before"]);
    project.git(&["checkout", "--quiet", "-b", "work"]);
    project
}

/// The codes of what is found, or `green`.
fn found(project: &Project) -> String {
    let answer = project.gate(&["try", "--format", "json"]);
    match answer.code {
        0 => "green".to_owned(),
        _ => answer.codes().join("\n"),
    }
}

#[test]
fn a_rename_is_judged_on_both_sides() {
    let project = project("allow \"new/**\"");
    std::fs::create_dir(project.path().join("new")).unwrap();
    project.git(&["mv", "old/1", "new/1"]);
    let answer = project.gate(&["try", "--format", "json"]).exits(1);
    // The side that is gone has no place but the rule.
    assert_eq!(answer.codes(), ["R201 plan.gate:4:7"]);
    assert!(
        answer.stdout.contains("`old/1` is renamed away"),
        "{}",
        answer.stdout
    );

    let project = self::project("allow \"old/**\"");
    std::fs::create_dir(project.path().join("new")).unwrap();
    project.git(&["mv", "old/1", "new/1"]);
    assert_eq!(found(&project), "R201 new/1:1:1");
}

#[test]
fn every_kind_of_change_counts() {
    let project = project("allow \"nothing\"");
    project.git(&["rm", "--quiet", "old/1"]);
    std::fs::set_permissions(
        project.path().join("old/2"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    project.write("bin", b"\0\x02");
    project.git(&["add", "--update"]);
    std::fs::remove_file(project.path().join("old/3")).unwrap();
    symlink("4", project.path().join("old/3")).unwrap();
    project.git(&["add", "old/3"]);
    project.stage("line\nbreak", "x\n");
    let answer = project.gate(&["try", "--format", "json"]).exits(1);
    let told: Vec<String> = answer
        .events()
        .iter()
        .filter(|event| event["type"] == "diagnostic")
        .map(|event| event["message"].as_str().unwrap().to_owned())
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    `bin` is changed, which is outside the scope of phase `p`
    `line
    break` is added, which is outside the scope of phase `p`
    `old/1` is removed, which is outside the scope of phase `p`
    `old/2` is given another mode, which is outside the scope of phase `p`
    `old/3` is changed, which is outside the scope of phase `p`
    ");
}

#[test]
fn what_require_and_tasks_name_is_in_scope_unless_denied() {
    let project = project("allow \"a/**\"\nrequire \"LOG\"");
    project.stage("LOG", "x\n");
    assert_eq!(found(&project), "green");
    let project = self::project("allow \"a/**\"\nrequire \"L*\"\ndeny \"LOG\"");
    project.stage("LOG", "x\n");
    assert_eq!(found(&project), "R202 LOG:1:1");
}

#[test]
fn work_of_a_later_phase_is_named_as_that() {
    let project = project("allow \"a/**\"");
    project.stage("later/x", "x\n");
    project.stage("later/no", "x\n");
    project.stage("a/.hidden/x", "x\n");
    assert_eq!(found(&project), "R201 later/no:1:1\nR203 later/x:1:1");
}

#[test]
fn globs_mind_case_and_folders() {
    let project = project("allow \"src/*.rs\", \"doc[s]/**\", \"{x,y}\"");
    project.stage("src/a.rs", "1\n");
    project.stage("docs/.a/b", "1\n");
    project.stage("y", "1\n");
    assert_eq!(found(&project), "green");
    project.stage("src/deep/a.rs", "1\n");
    project.stage("SRC/a.rs", "1\n");
    assert_eq!(found(&project), "R201 SRC/a.rs:1:1\nR201 src/deep/a.rs:1:1");
}

#[test]
fn forbidden_is_only_what_is_added() {
    let project = project("forbid \"line\", /x{3}/i in \"old/**\"\nforbid \"todo!(\"");
    // A word that stood there, in a line of its own and in one that is changed.
    let text = project.read("old/1");
    project.stage("old/1", text.replacen("line 1\n", "", 1));
    assert_eq!(found(&project), "green");
    project.stage("old/1", text.replacen("line 1\n", "fine\nthe line\n", 1));
    project.stage("other", "line\nxxx\n");
    project.stage("old/2", project.read("old/2") + "é aXXX\nlines\n");
    project.stage("new", "todo!()\n");
    assert_eq!(
        found(&project),
        "R204 old/1:2:5\nR204 old/2:9:4\nR204 new:1:1"
    );
}

#[test]
fn a_renamed_file_adds_only_what_is_new_in_it() {
    let project = project("forbid \"line\"");
    std::fs::create_dir(project.path().join("new")).unwrap();
    project.git(&["mv", "old/1", "new/1"]);
    project.stage("new/1", project.read("new/1") + "a line\n");
    assert_eq!(found(&project), "R204 new/1:9:3");
}

#[test]
fn limits_count_files_lines_and_bytes() {
    let project = project("limit 2 files\nlimit 3 lines\nlimit 10B per file");
    project.stage("a", "1\n2\n");
    project.stage("b", b"\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(found(&project), "green");
    project.stage("b", b"\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(found(&project), "R207 plan.gate:6:1");
    project.stage("b", "1\n");
    std::fs::create_dir(project.path().join("new")).unwrap();
    // A rename is one file and no line; two are one too many.
    project.git(&["mv", "old/1", "new/1"]);
    assert_eq!(found(&project), "R205 plan.gate:4:1\nR207 plan.gate:6:1");
    project.git(&["rm", "--quiet", "-f", "new/1"]);
    project.git(&["reset", "--quiet", "--", "old/1"]);
    project.stage("b", "1\n2\n");
    assert_eq!(found(&project), "R206 plan.gate:5:1");
}

#[test]
fn what_is_required_must_be_changed() {
    let project = project("require \"old/*\", \"LOG\"");
    assert_eq!(found(&project), "R208 plan.gate:4:9\nR208 plan.gate:4:18");
    // A deletion is a change.
    project.git(&["rm", "--quiet", "old/1"]);
    assert_eq!(found(&project), "R208 plan.gate:4:18");
}

/// What each of the violations advises first.
fn advice(project: &Project) -> Vec<String> {
    let answer = project.gate(&["try", "--format", "json"]).exits(1);
    let of = |event: serde_json::Value| {
        let text = event["suggestions"][0]["text"].as_str()?.to_owned();
        let message = event["message"].as_str()?;
        Some(format!("{}: {text}", message.split('`').nth(1)?))
    };
    let told = answer
        .events()
        .into_iter()
        .filter(|e| e["type"] == "diagnostic");
    told.filter_map(of).collect()
}

/// To unstage does not undo what is committed, and to have git forget the plan is no way out.
#[test]
fn the_advice_undoes_what_is_out_of_scope() {
    let project = Project::empty();
    project.stage(
        "plan.gate",
        "phase p \"P\" {\n  scope { allow \"src/**\" }\n}\n",
    );
    project.stage("notes", "1\n");
    insta::assert_debug_snapshot!(advice(&project), @r#"
    [
        "notes: take it out of the index: `git rm --cached -- notes`",
        "plan.gate: commit it before the first phase, and name a `base` in `plan`, such as `base \"main\"`: without one, all that the repository holds is this phase's change",
    ]
    "#);
    project.git(&["commit", "--quiet", "--message", "first"]);
    project.stage("more", "1\n");
    insta::assert_debug_snapshot!(advice(&project), @r#"
    [
        "more: take it out of the index: `git rm --cached -- more`",
        "notes: name a `base` in `plan`, such as `base \"main\"`: without one, all that the repository holds is this phase's change",
        "plan.gate: name a `base` in `plan`, such as `base \"main\"`: without one, all that the repository holds is this phase's change",
    ]
    "#);

    // With a base, what was committed since is the phase's own.
    let project = self::project("allow \"new/**\"");
    let opened = project.git(&["rev-parse", "--short=7", "HEAD^{tree}"]);
    project.stage("old/1", "other\n");
    project.stage("late file", "1\n");
    project.git(&["commit", "--quiet", "--message", "by hand"]);
    project.stage("old/2", "other\n");
    project.stage("later", "1\n");
    let told = advice(&project);
    let hidden: Vec<String> = told
        .iter()
        .map(|text| text.replace(&opened, "ID"))
        .collect();
    insta::assert_debug_snapshot!(hidden, @r#"
    [
        "late file: it is in HEAD already; take it back in the index: `git restore --staged --source=ID -- 'late file'`",
        "later: take it out of the index: `git rm --cached -- later`",
        "old/1: it is in HEAD already; take it back in the index: `git restore --staged --source=ID -- old/1`",
        "old/2: take the change out of the index: `git restore --staged -- old/2`",
    ]
    "#);
    // They do what they say.
    for advice in told {
        let command = advice.split('`').nth(1).unwrap();
        let mut shell = project.command("sh");
        let done = shell.args(["-c", command]).output().unwrap();
        assert!(done.status.success(), "{command}: {done:?}");
    }
    assert_eq!(found(&project), "green");
}
