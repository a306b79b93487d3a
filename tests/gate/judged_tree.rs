//! What is judged is what is staged, and what is committed is what was judged.

use crate::project::Project;

const PLAN: &str = "phase p \"P\" {\n  gate good {\n    $ cat file\n    expect stdout == \"good\"\n  }\n  commit feat \"p\"\n  tag \"v1\"\n}\n";

#[test]
fn unstaged_work_is_neither_judged_nor_touched() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    project.write("file", "bad\n");
    project.write("untracked", "x\n");
    let before = project.belongings();
    let answer = project.gate(&["run"]).exits(0);
    assert_eq!(project.belongings(), before);
    assert_eq!(project.git(&["show", "HEAD:file"]), "good");
    assert!(answer.stdout.contains("not judged"), "{}", answer.stdout);
    assert!(answer.stdout.contains("untracked"), "{}", answer.stdout);
}

#[test]
fn a_staged_fault_is_red_though_the_working_tree_is_good() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "bad\n");
    project.write("file", "good\n");
    project.gate(&["run"]).exits(1);
}

#[test]
fn the_plan_is_read_from_the_judged_tree() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    project.write("plan.gate", PLAN.replace("\"good\"", "\"else\""));
    let answer = project.gate(&["run"]).exits(0);
    assert!(
        answer
            .stdout
            .contains("unstaged edits of `plan.gate` are not used"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_plan_that_is_not_staged_is_read_from_disk_and_that_is_said() {
    let project = Project::empty();
    project.write("plan.gate", PLAN);
    project.stage("file", "good\n");
    let answer = project.gate(&["run"]).exits(0);
    assert!(
        answer.stdout.contains("`plan.gate` is not staged"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.git(&["ls-tree", "--name-only", "HEAD"]), "file");
}

#[test]
fn what_is_staged_meanwhile_stays_staged() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate stages $ cd \"$HOME\" && echo late > late && git add late\n  commit feat \"p\"\n}\n",
    );
    project.stage("file", "good\n");
    project.write("noise", "elsewhere\n");
    project.gate(&["run"]).exits(0);
    assert_eq!(
        project.git(&["ls-tree", "--name-only", "HEAD"]),
        "file\nplan.gate"
    );
    assert_eq!(project.git(&["diff", "--cached", "--name-only"]), "late");
}

#[test]
fn where_head_moved_nothing_is_committed() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate moves $ cd \"$HOME\" && git commit --quiet --allow-empty --message theirs\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    project.stage("file", "good\n");
    project.write("noise", "elsewhere\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B108"]);
    assert_eq!(project.subjects(), ["theirs", "plan"]);
    assert!(project.tags().is_empty());
}

#[test]
fn git_works_inside_a_checkout() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate clean {\n    $ git status --porcelain --untracked-files=no && git log --format=%s && git diff --cached --name-only\n    expect stdout == \"A  file\\nplan\\nfile\"\n  }\n  gate branch expect git.branch == \"main\"\n}\n",
    );
    project.stage("file", "good\n");
    project.write("noise", "elsewhere\n");
    let answer = project.gate(&["run"]);
    answer.exits(0);
}

#[test]
fn try_moves_nothing() {
    let project = Project::with_plan(PLAN);
    project.stage("file", "good\n");
    let refs = project.git(&["for-each-ref"]);
    let before = project.belongings();
    let answer = project.gate(&["try"]).exits(0);
    assert!(
        answer.stdout.contains("nothing was committed"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.git(&["for-each-ref"]), refs);
    assert_eq!(project.belongings(), before);
}

#[test]
fn try_takes_gates_by_name() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate a $ true\n  gate b {\n    needs a\n    $ true\n  }\n  gate c $ false\n}\nphase q \"Q\" {\n  gate d $ true\n}\n",
    );
    let answer = project.gate(&["try", "b", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["a pass", "b pass"]);
    let answer = project.gate(&["try", "q/d", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["d pass"]);
    let answer = project.gate(&["try", "bb"]).exits(2);
    assert!(
        answer.text().contains("did you mean `b`?"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_taken_tag_is_found_before_the_first_gate() {
    let project =
        Project::with_plan("phase p \"P\" {\n  gate g $ touch \"$HOME/ran\"\n  tag \"v1\"\n}\n");
    project.git(&["tag", "v1"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(2);
    assert_eq!(answer.codes(), ["E0404 plan.gate:3:7"]);
    assert!(!project.path().join("ran").exists());
}

#[test]
fn a_merge_in_progress_is_refused() {
    let project = Project::with_plan(PLAN);
    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.stage("x", "1\n");
    project.git(&["commit", "--quiet", "--message", "other"]);
    project.git(&["checkout", "--quiet", "main"]);
    project.git(&["merge", "--quiet", "--no-ff", "--no-commit", "other"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(2);
    assert_eq!(answer.codes(), ["E0405"]);
}

#[test]
fn outside_a_repository_run_is_refused_and_check_works() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plan.gate"), PLAN).unwrap();
    let gate = |args: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_gate"))
            .args(args)
            .current_dir(dir.path())
            .env("GIT_CEILING_DIRECTORIES", dir.path().parent().unwrap())
            .output()
            .unwrap()
    };
    assert_eq!(gate(&["run"]).status.code(), Some(2));
    assert_eq!(gate(&["check"]).status.code(), Some(0));
}

#[test]
fn values_are_literal_wherever_they_stand() {
    let project = Project::with_plan(
        "param word: string = \"a b; $(touch pwned) 'x' \\\"y\\\"\"\nphase p \"P\" {\n  gate g {\n    $ printf '%s\\n' {{word}} \"{{word}}\" '{{word}}'\n    expect stdout.lines().unique() == [word]\n  }\n}\n",
    );
    project.gate(&["run"]).exits(0);
    assert!(!project.path().join("pwned").exists());
}

#[test]
fn with_conflicts_every_command_that_asks_for_the_staged_tree_says_so() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ true\n}\n");
    project.stage("a", "1\n");
    project.git(&["commit", "--quiet", "--message", "one"]);
    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.stage("a", "2\n");
    project.git(&["commit", "--quiet", "--message", "two"]);
    project.git(&["checkout", "--quiet", "main"]);
    project.stage("a", "3\n");
    project.git(&["commit", "--quiet", "--message", "three"]);
    let mut merge = project.command("git");
    assert!(
        !merge
            .args(["merge", "other"])
            .output()
            .unwrap()
            .status
            .success()
    );
    for args in [&["status"][..], &["scope", "a"], &["verify"], &["try"]] {
        let answer = project.gate(args).exits(2);
        let code = if args == ["try"] { "E0405" } else { "E0406" };
        assert!(answer.stderr.contains(code), "{args:?}: {}", answer.text());
    }
}

/// What is green about nothing is not green.
#[test]
fn without_a_commit_and_anything_staged_nothing_is_sealed() {
    let project = Project::empty();
    project.write(
        "plan.gate",
        "phase p \"P\" {\n  gate g $ true\n  tag \"v1\"\n}\n",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(2);
    assert_eq!(answer.codes(), ["E0417"]);
    assert_eq!(project.git(&["for-each-ref"]), "");
    project.git(&["add", "plan.gate"]);
    project.gate(&["run"]).exits(0);
}
