//! Sign-offs made, edited or taken out by hand: each way is found, and named.

use serde_json::Value;

use super::forged::{Forge, rewrite, with_ledger};
use super::{clone, document, findings};
use crate::project::Project;
use crate::sign::signature::set_up;
use crate::terminal::at_terminal;

/// A phase whose two manual checks were signed off, and that was sealed: `opened`, `waiting`,
/// two `signed`, `green`, `sealed`.
fn sealed(signed: &str) -> Project {
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  gate g $ true\n  manual one \"One\" {{\n    step   \"look at one\"\n    inputs \"one\"\n    expires 7d\n    {signed}\n  }}\n  manual two \"Two\" {{\n    step \"look at all\"\n  }}\n  tag \"p-done\"\n}}\n"
    ));
    if !signed.is_empty() {
        set_up(&project);
    }
    project.stage("one", "1\n");
    project.gate(&["run"]).exits(4);
    let typed = [("passed, failed", "p"), ("Note", "")].repeat(2);
    at_terminal(&project, &["sign"], &typed).exits(0);
    project.gate(&["run"]).exits(0);
    project
}

/// Puts one text in the place of another in the entries of these numbers, and makes all else
/// agree: the chain, the entries that the seal names, the tag. Gives what is found.
fn forge(project: &Project, numbers: &[usize], from: &str, to: &str) -> Vec<String> {
    let whole = project.git(&["rev-list", "--reverse", "refs/gate/ledger/plan"]);
    let mut tip = String::new();
    let mut renamed: Vec<(String, String)> = Vec::new();
    for (at, old) in whole.lines().enumerate() {
        let mut text = project.git(&["show", &format!("{old}:entry.json")]);
        if numbers.contains(&at) {
            assert!(text.contains(from), "{text}");
            text = text.replace(from, to);
        }
        let tree = tree_with(project, old, &renamed_in(text, &renamed));
        let title = project.git(&["log", "-1", "--format=%s", old]);
        let parent = match tip.is_empty() {
            true => String::new(),
            false => format!("-p {tip}"),
        };
        tip = shell(
            project,
            &format!("git commit-tree -m '{title}' {parent} {tree}"),
        );
        renamed.push((old.to_owned(), tip.clone()));
    }
    let tag = project.git(&["rev-parse", "refs/tags/p-done"]);
    forge_tag(project, &renamed);
    let found = with_ledger_unproven(project, &tip);
    project.git(&["update-ref", "refs/tags/p-done", &tag]);
    found
}

/// Entries by the ids they had, and those they have now.
type Renamed = [(String, String)];

fn renamed_in(text: String, renamed: &Renamed) -> String {
    let renamed = renamed.iter();
    renamed.fold(text, |text, (was, is)| text.replace(was, is))
}

/// The tree of an entry, with this `entry.json`.
fn tree_with(project: &Project, entry: &str, text: &str) -> String {
    let blob = project.git(&["rev-parse", &format!("{entry}:entry.json")]);
    project.write(".git/entry", format!("{text}\n"));
    let new_blob = project.git(&["hash-object", "-w", ".git/entry"]);
    let listed = project.git(&["ls-tree", entry]);
    let listed = listed.replace(&blob, &new_blob);
    project.write(".git/listed", format!("{listed}\n"));
    shell(project, "git mktree < .git/listed")
}

/// Has the tag name the entries as they are called now.
fn forge_tag(project: &Project, renamed: &Renamed) {
    let text = renamed_in(project.git(&["cat-file", "tag", "p-done"]), renamed);
    project.write(".git/tag", format!("{text}\n"));
    let forged = project.git(&["hash-object", "-w", "-t", "tag", ".git/tag"]);
    project.git(&["update-ref", "refs/tags/p-done", &forged]);
}

fn shell(project: &Project, line: &str) -> String {
    let output = project.command("bash").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What is found with the ledger's tip moved there, and then put back.
fn with_ledger_unproven(project: &Project, tip: &str) -> Vec<String> {
    let whole = super::ledger(project);
    project.git(&["update-ref", "refs/gate/ledger/plan", tip]);
    // What this clone knows of its own ledger would give each away.
    project.git(&["update-ref", "refs/gate/recorded/plan", tip]);
    let found = findings(project, &[]);
    project.git(&["update-ref", "refs/gate/ledger/plan", &whole]);
    project.git(&["update-ref", "refs/gate/recorded/plan", &whole]);
    found
}

#[test]
fn each_way_to_edit_a_sign_off_so_that_all_else_agrees() {
    let project = sealed("");
    assert_eq!(findings(&project, &[]), [""; 0]);
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    let other = project.git(&["rev-parse", "HEAD~1^{tree}"]);
    let digest = {
        let whole = project.git(&["rev-list", "--reverse", "refs/gate/ledger/plan"]);
        let id = whole.lines().nth(2).unwrap();
        let text = project.git(&["show", &format!("{id}:entry.json")]);
        let entry: Value = serde_json::from_str(&text).unwrap();
        entry["predicate"]["inputs"].as_str().unwrap().to_owned()
    };
    let mut all = String::new();
    let ways: [(&str, &[usize], &str, &str); 15] = [
        (
            "the sign-off says `failed`",
            &[2],
            "\"passed\"",
            "\"failed\"",
        ),
        (
            "it is of another person",
            &[2],
            "\"name\": \"Ada\"",
            "\"name\": \"Eve\"",
        ),
        (
            "it is surer than it was",
            &[2],
            "\"terminal\"",
            "\"signed\"",
        ),
        ("it is of another text", &[2], "look at one", "look away"),
        ("it is of other content", &[2], &digest, "files 00"),
        (
            "it is about another file",
            &[2],
            "\"one\"\n    ]",
            "\"plan.gate\"\n    ]",
        ),
        ("it is of another tree", &[3], &tree, &other),
        (
            "it is of another check",
            &[2],
            "\"check\": \"one\"",
            "\"check\": \"two\"",
        ),
        (
            "it is of another phase",
            &[2],
            "\"phase\": \"p\"",
            "\"phase\": \"q\"",
        ),
        ("it is of no time", &[2], "\"at\": \"20", "\"at\": \"19"),
        (
            "it had expired",
            &[2, 3, 5],
            "\"at\": \"202",
            "\"at\": \"201",
        ),
        (
            "it says `failed`, and the seal too",
            &[2, 3, 5],
            "\"passed\"",
            "\"failed\"",
        ),
        (
            "it has a note that nobody gave",
            &[2],
            "\"note\": null",
            "\"note\": \"fine\"",
        ),
        ("it is no sign-off", &[2], "\"assurance\"", "\"sure\""),
        (
            "the seal names none",
            &[5],
            "\"sign_off\": {",
            "\"sign_of\": {",
        ),
    ];
    for (name, number, from, to) in ways {
        let found = forge(&project, number, from, to);
        assert!(!found.is_empty(), "{name}");
        all.push_str(&format!("{name}:\n  {}\n", found.join("\n  ")));
    }
    let all = regex::Regex::new(r"201\d-\S+Z")
        .unwrap()
        .replace_all(&all, "WHEN");
    insta::assert_snapshot!(all, @"
    the sign-off says `failed`:
      R614 the sign-off of `one` in phase `p` is not what the seal says of it
    it is of another person:
      R614 the sign-off of `one` does not count: Ada <ada@example.com> recorded it as the word of Eve <ada@example.com> (entry `ID`, phase `p`)
      R614 the sign-off of `one` in phase `p` is not what the seal says of it
    it is surer than it was:
      R609 the sign-off of `one` does not count: its signature is not good (entry `ID`, phase `p`)
      R614 the sign-off of `one` in phase `p` is not what the seal says of it
    it is of another text:
      R614 the sign-off of `one` in phase `p` is of another text than the plan has
    it is of other content:
      R614 the sign-off of `one` in phase `p` is of other content than the sealed tree has
    it is about another file:
      R614 the sign-off of `one` in phase `p` is about other files than the plan says
    it is of another tree:
      R614 the sign-off of `two` in phase `p` is of other content than the sealed tree has
    it is of another check:
      R614 the sign-off of `one` in phase `p` is said to be an entry that is none of it
    it is of another phase:
      R607 the ledger's entry `ID` (signed p) is no entry: its commit says `signed p`, its `entry.json` another thing
      R613 the sign-off of `one` in phase `p` is entry `ID`, which the ledger does not hold
    it is of no time:
      R607 the sign-off of `one` is none: it says not when it was given (entry `ID`, phase `p`)
    it had expired:
      R614 phase `p` was sealed, and the sign-off of `one` has expired: it is of WHEN, and holds for 7d
    it says `failed`, and the seal too:
      R614 the sign-off of `one` in phase `p` says that it failed
      R614 the sign-off of `two` in phase `p` says that it failed
    it has a note that nobody gave:
      R614 the sign-off of `one` in phase `p` is not what the seal says of it
    it is no sign-off:
      R607 the sign-off of `one` is none: it says not how sure it is (entry `ID`, phase `p`)
    the seal names none:
      R613 the seal of phase `p` has no sign-off of its manual check `one`
      R613 the seal of phase `p` has no sign-off of its manual check `two`
    ");
    assert_eq!(findings(&project, &[]), [""; 0]);
}

#[test]
fn each_way_to_cut_a_sign_off_out_of_the_chain() {
    let project = sealed("");
    let ways: [(&str, Forge); 2] = [
        ("a sign-off is taken out", |at, entry| entry.gone = at == 2),
        ("all are", |at, entry| entry.gone = at == 2 || at == 3),
    ];
    let found = ways.into_iter().map(|(name, forge)| {
        let found = with_ledger(&project, &rewrite(&project, forge));
        format!("{name}:\n  {}\n", found.join("\n  "))
    });
    insta::assert_snapshot!(found.collect::<String>(), @"
    a sign-off is taken out:
      R612 4 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed p)
      R606 the tag of phase `p` names entry `ID`, which the ledger does not hold
      R613 the sign-off of `one` in phase `p` is entry `ID`, which the ledger does not hold
      R613 the sign-off of `two` in phase `p` is entry `ID`, which the ledger does not hold
    all are:
      R612 4 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed p)
      R606 the tag of phase `p` names entry `ID`, which the ledger does not hold
      R613 the sign-off of `one` in phase `p` is entry `ID`, which the ledger does not hold
      R613 the sign-off of `two` in phase `p` is entry `ID`, which the ledger does not hold
    ");
}

#[test]
fn a_signature_that_is_not_good_is_found() {
    let project = sealed("signed");
    let (code, proof) = document(&project, &[]);
    assert_eq!((code, &proof["unchecked"]), (0, &Value::Array(Vec::new())));
    let found = forge(&project, &[2, 3, 5], "\"note\": null", "\"note\": \"fine\"");
    let bad = |check: &str| {
        format!(
            "R609 the sign-off of `{check}` does not count: its signature is not good (entry `ID`, phase `p`)"
        )
    };
    assert_eq!(found, [bad("one"), bad("two")]);
}

#[test]
fn a_clone_proves_the_same() {
    let project = sealed("signed");
    let clone = clone(&project, true);
    let (code, proof) = document(&clone, &[]);
    // It is not told whose keys are whose.
    assert_eq!(code, 0);
    assert_eq!(proof["unchecked"].as_array().unwrap().len(), 2, "{proof:#}");
    clone.write(".git/allowed", project.read(".git/allowed"));
    clone.git(&["config", "gpg.ssh.allowedSignersFile", ".git/allowed"]);
    let (code, proof) = document(&clone, &[]);
    assert_eq!((code, &proof["unchecked"]), (0, &Value::Array(Vec::new())));
    // And it takes them for its own run.
    project.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    project.git(&["tag", "--delete", "p-done"]);
    project.stage("one", "1\n");
    let answer = project.gate(&["run"]).exits(0);
    assert!(answer.stdout.contains("2 signed off"), "{}", answer.stdout);
}

#[test]
fn one_that_another_clone_recorded_after_the_seal() {
    let project = sealed("");
    let whole = project.git(&["rev-list", "--reverse", "refs/gate/ledger/plan"]);
    let ids: Vec<&str> = whole.lines().collect();
    let made = |title: &str, tree: &str, parent: &str, date: &str| {
        let tree = project.git(&["rev-parse", tree]);
        let commit = format!("git commit-tree -m '{title}' -p {parent} {tree}");
        shell(
            &project,
            &format!("GIT_AUTHOR_DATE='{date}' GIT_COMMITTER_DATE='{date}' {commit}"),
        )
    };
    // The second sign-off in a line of its own, and late; the seal names it all the same.
    let late = made(
        "signed p",
        &format!("{}^{{tree}}", ids[3]),
        ids[2],
        "4000000000 +0000",
    );
    let mut parent = ids[2].to_owned();
    let mut renamed = vec![(ids[3].to_owned(), late.clone())];
    for (at, title) in [(4, "green p"), (5, "sealed p")] {
        let text = project.git(&["show", &format!("{}:entry.json", ids[at])]);
        let tree = tree_with(&project, ids[at], &renamed_in(text, &renamed));
        let date = project.git(&["log", "-1", "--format=%cd", "--date=raw", ids[at]]);
        parent = made(title, &tree, &parent, &date);
        renamed.push((ids[at].to_owned(), parent.clone()));
    }
    forge_tag(&project, &renamed);
    project.git(&["update-ref", "refs/gate/remotes/other/ledger/plan", &late]);
    assert_eq!(
        with_ledger_unproven(&project, &parent),
        ["R614 the sign-off of `two` in phase `p` was recorded after the seal"]
    );
}
