//! `push`: what a green phase takes to a remote, and what happens when it cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::project::Project;

const PLAN: &str = r#"phase api "The API" {
  gate types $ test -e api
  commit feat "the api"
  tag "api-done"
  push "origin"
}
phase site "The site" {
  gate links $ test -e site
  commit feat "the site"
  tag "site-done"
  push "origin"
}
"#;

/// A repository with the remote `origin`, an empty bare one beside it.
fn with_origin() -> Project {
    let project = Project::with_plan(PLAN);
    project.git(&["init", "--quiet", "--bare", ".git/origin.git"]);
    project.git(&["remote", "add", "origin", ".git/origin.git"]);
    project
}

/// The refs of the remote with what they point at.
fn remote_refs(project: &Project) -> Vec<String> {
    let refs = project.git(&["ls-remote", "--refs", "origin"]);
    refs.lines().map(|line| line.replace('\t', " ")).collect()
}

fn local(project: &Project, name: &str) -> String {
    format!("{} {name}", project.git(&["rev-parse", name]))
}

#[test]
fn branch_tag_and_ledger_are_pushed() {
    let project = with_origin();
    project.stage("api", "1\n");
    let answer = project.gate(&["run", "--phase", "api"]).exits(0);
    assert!(
        answer
            .stdout
            .contains("pushed to origin: main, api-done, gate/ledger/plan"),
        "{}",
        answer.stdout
    );
    let all = [
        "refs/gate/ledger/plan",
        "refs/heads/main",
        "refs/tags/api-done",
    ];
    assert_eq!(remote_refs(&project), all.map(|name| local(&project, name)));
    project.stage("site", "1\n");
    let events = project.gate(&["run", "--format", "json"]).exits(0).events();
    let pushed = events.iter().find(|event| event["type"] == "phase.pushed");
    insta::assert_snapshot!(pushed.unwrap()["refs"], @r#"["refs/heads/main","refs/tags/api-done","refs/tags/site-done","refs/gate/ledger/plan"]"#);
}

#[test]
fn a_remote_that_is_none_is_found_before_the_first_gate() {
    let project = Project::with_plan(PLAN);
    project.git(&["remote", "add", "origni", "/nowhere"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(2);
    assert_eq!(answer.codes(), ["E0451 plan.gate:5:8"]);
    assert_eq!(answer.verdicts(), [""; 0]);
    let answer = project.gate(&["run"]);
    assert!(
        answer.stdout.contains("did you mean `origni`?"),
        "{}",
        answer.stdout
    );
    // To try, no remote is needed.
    project.stage("api", "1\n");
    project.gate(&["try"]).exits(0);
}

#[test]
fn what_cannot_be_pushed_is_sealed_all_the_same_and_goes_along_next_time() {
    let project = with_origin();
    fs::rename(
        project.path().join(".git/origin.git"),
        project.path().join(".git/away"),
    )
    .unwrap();
    project.stage("api", "1\n");
    let answer = project.gate(&["run", "--all", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B121 plan.gate:5:8"]);
    let finished = answer.events().pop().unwrap();
    assert_eq!(
        (&finished["sealed"], &finished["exit"]),
        (&1.into(), &3.into())
    );
    assert_eq!(project.tags(), ["api-done"]);
    fs::rename(
        project.path().join(".git/away"),
        project.path().join(".git/origin.git"),
    )
    .unwrap();
    project.stage("site", "1\n");
    project.gate(&["run"]).exits(0);
    assert_eq!(remote_refs(&project).len(), 4);
}

#[test]
fn a_branch_that_went_on_at_the_remote_takes_nothing_of_it() {
    let project = with_origin();
    project.git(&["push", "--quiet", "origin", "main"]);
    let tree = project.git(&["rev-parse", "main^{tree}"]);
    let other = project.git(&["commit-tree", "-m", "theirs", "-p", "main", &tree]);
    project.git(&[
        "push",
        "--quiet",
        "origin",
        &format!("{other}:refs/heads/main"),
    ]);
    project.stage("api", "1\n");
    let answer = project.gate(&["run"]).exits(3);
    assert!(answer.stdout.contains("B121"), "{}", answer.stdout);
    assert!(
        answer
            .stdout
            .contains("git push --atomic origin refs/heads/main"),
        "{}",
        answer.stdout
    );
    // All or none: neither tag nor ledger went there.
    assert_eq!(remote_refs(&project), [format!("{other} refs/heads/main")]);
}

/// What two clones recorded apart becomes one ledger at the remote.
#[test]
fn a_ledger_that_went_on_at_the_remote_is_joined() {
    let project = with_origin();
    project.stage("api", "1\n");
    project.gate(&["run"]).exits(0);
    let origin = project.path().join(".git/origin.git");
    let clone = Project::empty();
    clone.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    clone.git(&["fetch", "--quiet", "--tags", "origin"]);
    clone.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/gate/ledger/*:refs/gate/ledger/*",
    ]);
    clone.git(&["reset", "--quiet", "--hard", "origin/main"]);
    // Over there somebody tries and fails, and pushes what happened.
    clone.gate(&["run"]).exits(1);
    clone.git(&["push", "--quiet", "origin", "refs/gate/ledger/plan"]);
    // Here the phase is sealed.
    project.stage("site", "1\n");
    project.gate(&["run"]).exits(0);
    assert!(remote_refs(&project).contains(&local(&project, "refs/gate/ledger/plan")));
    let log = project.git(&[
        "log",
        "--topo-order",
        "--format=%s",
        "refs/gate/ledger/plan",
    ]);
    let mut events: Vec<&str> = log.lines().collect();
    events.sort_unstable();
    assert_eq!(
        events,
        [
            "green api",
            "green site",
            "join",
            "opened api",
            "opened site",
            "opened site",
            "red site",
            "sealed api",
            "sealed site",
        ]
    );
    project.gate(&["verify"]).exits(0);
    let there = Project::empty();
    there.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    there.git(&["fetch", "--quiet", "--tags", "origin"]);
    there.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/gate/ledger/*:refs/gate/ledger/*",
    ]);
    there.git(&["reset", "--quiet", "--hard", "origin/main"]);
    let answer = there.gate(&["verify"]).exits(0);
    assert!(
        answer.stdout.contains("2 seals hold, 8 entries"),
        "{}",
        answer.stdout
    );
}

#[test]
fn the_hook_for_pushes_runs_and_may_refuse() {
    let project = with_origin();
    let hook = project.path().join(".git/hooks/pre-push");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(
        &hook,
        "#!/bin/sh\necho \"not now, $GATE_SEALING\" >&2\nexit 1\n",
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    project.stage("api", "1\n");
    let answer = project.gate(&["run"]).exits(3);
    assert!(answer.stdout.contains("not now, 1"), "{}", answer.stdout);
    assert_eq!(remote_refs(&project), [""; 0]);
}

#[test]
fn a_detached_head_pushes_tag_and_ledger() {
    let project = with_origin();
    project.git(&["checkout", "--quiet", "--detach"]);
    project.stage("api", "1\n");
    project.gate(&["run"]).exits(0);
    let all = ["refs/gate/ledger/plan", "refs/tags/api-done"];
    assert_eq!(remote_refs(&project), all.map(|name| local(&project, name)));
}
