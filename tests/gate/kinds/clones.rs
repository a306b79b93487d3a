//! Clones that do not hold everything.

use super::{Place, place, project};
use crate::project::Project;

/// A repository to be cloned: a plan, and two files that its gate needs.
fn upstream() -> Project {
    let project = project("test -f big && test -f d/x");
    project.write("big", "1\n".repeat(1000));
    project.write("d/x", "x\n");
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "--message", "more"]);
    project.git(&["config", "uploadPack.allowFilter", "true"]);
    project.git(&["config", "uploadPack.allowAnySHA1InWant", "true"]);
    project
}

fn clone<'p>(outer: &'p Project, from: &Project, options: &[&str]) -> Place<'p> {
    let address = format!("file://{}", from.path().display());
    let mut args = vec!["clone", "--quiet"];
    args.extend(options);
    outer.git(&[&args[..], &[&address, "clone"]].concat());
    Place::new(outer, "clone").identified()
}

fn missing(place: &Place<'_>) -> usize {
    let all = place.git(&["rev-list", "--objects", "--all", "--missing=print"]);
    all.lines().filter(|line| line.starts_with('?')).count()
}

#[test]
fn what_a_partial_clone_lacks_git_fetches() {
    let (upstream, outer) = (upstream(), Project::empty());
    let clone = clone(&outer, &upstream, &["--filter=blob:none", "--no-checkout"]);
    clone.git(&["reset", "--quiet"]);
    assert_eq!(missing(&clone), 3);
    let answer = clone.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    assert_eq!(missing(&clone), 0);
    clone.write("new", "1\n");
    clone.git(&["add", "new"]);
    clone.gate(&["run"]).exits(0);
    let names = clone.git(&["ls-tree", "--name-only", "HEAD"]);
    assert_eq!(names, "big\nd\nnew\nplan.gate");
}

#[test]
fn what_cannot_be_fetched_is_said_in_gits_words() {
    let (upstream, outer) = (upstream(), Project::empty());
    let clone = clone(&outer, &upstream, &["--filter=blob:none", "--no-checkout"]);
    clone.git(&["reset", "--quiet"]);
    clone.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    let answer = clone.gate(&["run"]);
    assert_ne!(answer.code, 0);
    let text = answer.text();
    assert!(
        text.contains("'/nowhere' does not appear to be a git repository"),
        "{text}"
    );
}

#[test]
fn a_clone_without_history() {
    let (upstream, outer) = (upstream(), Project::empty());
    let clone = clone(&outer, &upstream, &["--depth=1"]);
    clone.gate(&["run"]).exits(0);
    clone.write("new", "1\n");
    clone.git(&["add", "new"]);
    clone.gate(&["run"]).exits(0);
    clone.gate(&["verify"]).exits(0);
    assert_eq!(clone.git(&["rev-list", "--count", "HEAD"]), "2");
}

#[test]
fn a_checkout_of_a_part_is_judged_whole() {
    for kind in [&["--cone", "d"], &["--no-cone", "/d/x"]] {
        let (upstream, outer) = (upstream(), Project::empty());
        let clone = clone(&outer, &upstream, &[]);
        clone.git(&[&["sparse-checkout", "set"][..], kind].concat());
        if kind[0] == "--no-cone" {
            assert!(!clone.folder.join("plan.gate").exists());
        }
        clone.write("d/new", "1\n");
        clone.git(&["add", "--sparse", "d/new"]);
        let answer = clone.gate(&["run", "--format", "json"]).exits(0);
        let all_there = clone.folder.join("big").exists();
        assert_eq!(
            place(&answer),
            if all_there { "in-place" } else { "checkout" }
        );
        let names = clone.git(&["ls-tree", "-r", "--name-only", "one"]);
        assert_eq!(names, "big\nd/new\nd/x\nplan.gate");
        assert_eq!(clone.git(&["status", "--short"]), "");
        // Every command that is about what is staged finds the plan.
        for command in ["status", "log", "verify"] {
            clone.gate(&[command]).exits(0);
        }
        clone.gate(&["scope", "d/x"]).exits(0);
    }
}
