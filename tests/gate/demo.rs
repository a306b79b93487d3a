//! `gate demo`: the first thing a new user sees.

use crate::project::Project;

#[test]
fn it_shows_a_red_its_fix_and_the_green_without_a_git_identity() {
    let elsewhere = Project::empty();
    elsewhere.git(&["config", "--unset", "user.name"]);
    elsewhere.git(&["config", "--unset", "user.email"]);
    let dir = elsewhere.path().join("here");
    let answer = elsewhere.gate(&["demo", dir.to_str().unwrap()]).exits(0);
    for wanted in [
        "RED",
        "R203",
        "R103",
        "SEALED",
        "feat(greet): greet by name",
        "demo-2-greet",
        "gate status",
        dir.to_str().unwrap(),
    ] {
        assert!(
            answer.stdout.contains(wanted),
            "no {wanted} in:\n{}",
            answer.stdout
        );
    }
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git")
            .args(args)
            .current_dir(&dir)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(git(&["tag", "--list"]), "demo-1-words\ndemo-2-greet\n");
    assert_eq!(git(&["status", "--porcelain"]), "?? README.md\n");
    assert_eq!(
        git(&["log", "--format=%s"]),
        "feat(greet): greet by name\nfeat(words): add the words\ndocs: plan the greeting\n"
    );
}

#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let project = Project::empty();
    project.write("full/file", "x");
    let answer = project.gate(&["demo", "full"]).exits(2);
    assert!(answer.stderr.contains("E0413"), "{}", answer.text());
    assert_eq!(project.read("full/file"), "x");
}

#[test]
fn the_demo_plan_is_a_plan_without_mistakes() {
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/demo/plan.gate");
    let answer = Project::empty().gate(&["check", "--strict", plan]).exits(0);
    assert_eq!(answer.stderr, "");
}
