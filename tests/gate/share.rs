//! `share`: which ignored folders the judged tree has.

use crate::project::Project;

/// A project whose gate lists what lies below the judged tree, with unstaged work, so that
/// it is judged in a checkout.
fn project(share: &str) -> Project {
    let project = Project::with_plan(&format!(
        "plan {{\n  {share}\n}}\nphase p \"P\" {{\n  gate list {{\n    $ find . -name .git -prune -o \\( -type l -o -name '*.txt' \\) -print | sort\n    expect stdout == \"none\"\n  }}\n}}\n"
    ));
    project.stage(".gitignore", "node_modules/\ntarget/\n");
    project.write("node_modules/left/a.txt", "a\n");
    project.write("app/node_modules/right/b.txt", "b\n");
    project.write("target/debug/cache/c.txt", "c\n");
    project.write("target/debug/deep/cache/d.txt", "d\n");
    project.write("target/release/e.txt", "e\n");
    project.write("unstaged", "x\n");
    project
}

/// The links of the judged tree, as the gate saw them.
fn links(project: &Project) -> String {
    let answer = project
        .gate(&["try", "list", "--fresh", "--format", "json"])
        .exits(1);
    let events = answer.events();
    let notes = events
        .iter()
        .find(|event| event["type"] == "diagnostic")
        .unwrap()["notes"]
        .to_string();
    let mut links: Vec<&str> = notes
        .split(['"', '\\', ' '])
        .map(|word| word.strip_prefix('n').unwrap_or(word))
        .filter(|word| word.starts_with("./"))
        .collect();
    links.sort_unstable();
    links.dedup();
    links.join("\n")
}

#[test]
fn without_it_every_ignored_folder_is_shared() {
    insta::assert_snapshot!(links(&project("timeout 1m")), @r"
    ./app/node_modules/right
    ./node_modules/left
    ./target/debug
    ./target/release
    ");
}

#[test]
fn only_what_matches_is_shared() {
    let of = |share: &str| links(&project(share));
    insta::assert_snapshot!(of("share \"node_modules\""), @"./node_modules/left");
    insta::assert_snapshot!(of("share \"**/node_modules/**\""), @r"
    ./app/node_modules/right
    ./node_modules/left
    ");
    // Folders within an ignored one.
    insta::assert_snapshot!(of("share \"target/debug/cache\""), @"./target/debug/cache/c.txt");
    insta::assert_snapshot!(of("share \"target/*/cache\", \"app/node_modules\""), @r"
    ./app/node_modules/right
    ./target/debug/cache/c.txt
    ");
    insta::assert_snapshot!(of("share \"target/**/cache\""), @r"
    ./target/debug/cache/c.txt
    ./target/debug/deep/cache/d.txt
    ");
    assert_eq!(of("share \"nothing/like/it\""), "");
}

#[test]
fn another_choice_holds_at_once() {
    let project = project("share \"target/debug/cache\"");
    links(&project);
    let choose = |share: &str| {
        let plan = project.read("plan.gate");
        let line = plan.lines().nth(1).unwrap();
        project.stage("plan.gate", plan.replace(line, &format!("  {share}")));
        links(&project)
    };
    insta::assert_snapshot!(choose("share \"target\""), @r"
    ./target/debug
    ./target/release
    ");
    insta::assert_snapshot!(choose("share \"target/release\""), @"./target/release/e.txt");
    insta::assert_snapshot!(choose("share \"node_modules\""), @"./node_modules/left");
}

#[test]
fn in_place_there_is_nothing_to_choose() {
    let project = Project::with_plan(
        "plan {\n  share \"none\"\n}\nphase p \"P\" {\n  gate there $ test -f target/x\n}\n",
    );
    project.stage(".gitignore", "target/\n");
    project.write("target/x", "x\n");
    project.gate(&["try", "--fresh"]).exits(0);
    project.write("unstaged", "x\n");
    project.gate(&["try", "--fresh"]).exits(1);
}
