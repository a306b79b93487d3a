//! `gate install ledger`: one line of git's configuration, and only that.

use crate::project::Project;

fn with_remote() -> (Project, Project) {
    let there = Project::with_plan("phase p \"P\" {\n  gate g $ true\n  tag \"p-done\"\n}\n");
    there.gate(&["run"]).exits(0);
    let here = Project::empty();
    here.git(&["remote", "add", "origin", there.path().to_str().unwrap()]);
    (there, here)
}

#[test]
fn fetch_brings_the_ledger_along() {
    let (_there, here) = with_remote();
    insta::assert_snapshot!(here.gate(&["install", "ledger"]).exits(0).stdout, @"
    added to the configuration of this repository:
      remote.origin.fetch = refs/gate/ledger/*:refs/gate/remotes/origin/ledger/*
    `git fetch origin` now brings its ledger along; `gate log` and `gate verify` read it with yours
    ");
    here.git(&["fetch", "--quiet", "--tags", "origin"]);
    here.git(&["reset", "--quiet", "--hard", "origin/main"]);
    let answer = here.gate(&["verify"]).exits(0);
    assert!(
        answer.stdout.contains("1 seal holds, 3 entries"),
        "{}",
        answer.stdout
    );
}

#[test]
fn it_says_what_it_would_do_does_it_once_and_takes_it_back() {
    let (_there, here) = with_remote();
    let before = here.read(".git/config");
    insta::assert_snapshot!(here.gate(&["install", "ledger", "--dry-run"]).exits(0).stdout, @"
    would be added to the configuration of this repository:
      remote.origin.fetch = refs/gate/ledger/*:refs/gate/remotes/origin/ledger/*
    ");
    assert_eq!(here.read(".git/config"), before);
    here.gate(&["install", "ledger", "origin"]).exits(0);
    let after = here.read(".git/config");
    insta::assert_snapshot!(here.gate(&["install", "ledger"]).exits(0).stdout, @"
    nothing to do: this is there already
      remote.origin.fetch = refs/gate/ledger/*:refs/gate/remotes/origin/ledger/*
    ");
    assert_eq!(here.read(".git/config"), after);
    here.gate(&["install", "ledger", "--uninstall"]).exits(0);
    assert_eq!(here.read(".git/config"), before);
    let answer = here.gate(&["install", "ledger", "--uninstall"]).exits(0);
    assert!(
        answer.stdout.starts_with("nothing to do"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_remote_that_is_none() {
    let (_there, here) = with_remote();
    let answer = here.gate(&["install", "ledger", "orign"]).exits(2);
    insta::assert_snapshot!(answer.stderr, @"
    error[E0451]: there is no remote `orign`
      = help: did you mean `origin`?
    ");
    here.git(&["remote", "remove", "origin"]);
    let answer = here.gate(&["install", "ledger"]).exits(2);
    assert!(answer.stderr.contains("E0451"), "{}", answer.stderr);
}

/// A ledger only grows: what it no longer holds is not taken from those who have it.
#[test]
fn a_ledger_that_was_cut_off_there_is_not_fetched() {
    let (there, here) = with_remote();
    here.gate(&["install", "ledger"]).exits(0);
    here.git(&["fetch", "--quiet", "origin"]);
    let fetched = || here.git(&["rev-parse", "refs/gate/remotes/origin/ledger/plan"]);
    let whole = fetched();
    let ledger = "refs/gate/ledger/plan";
    there.git(&["update-ref", ledger, &format!("{ledger}~1")]);
    let mut fetch = here.command("git");
    let refused = fetch.args(["fetch", "origin"]).output().unwrap();
    assert!(!refused.status.success(), "{refused:?}");
    assert_eq!(fetched(), whole);
}
