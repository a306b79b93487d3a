//! Evidence made by hand: each forgery is found, and named.

use std::path::PathBuf;
use std::process::Command;

use super::{PLAN, clone, findings, ledger, seal, sealed};
use crate::project::Project;

const LEDGER: &str = "refs/gate/ledger/plan";

/// `git` with an index of the forger's own.
fn git(project: &Project, args: &[&str]) -> String {
    git_at(project, "", args)
}

/// The same, at this date.
fn git_at(project: &Project, date: &str, args: &[&str]) -> String {
    let index: PathBuf = project.path().join(".git/forged-index");
    let mut git: Command = project.command("git");
    git.args(args).env("GIT_INDEX_FILE", index);
    git.env("GIT_AUTHOR_DATE", date);
    git.env("GIT_COMMITTER_DATE", date);
    let output = git.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The object of this content.
fn object(project: &Project, kind: &str, content: &str) -> String {
    project.write(".git/forged", content);
    project.git(&["hash-object", "-w", "-t", kind, ".git/forged"])
}

/// An entry as it may be forged: its title, and files by path.
pub struct Entry {
    title: String,
    file: fn(&str, String) -> String,
    pub gone: bool,
}

/// What is done to the entry of this number.
pub type Forge = fn(usize, &mut Entry);

/// Makes the chain anew, each entry as `forge` has it: the title is given, and how a file
/// (path and text) is changed. Each keeps its date, so that those before the first that is
/// changed are what they were. Gives the new tip.
pub fn rewrite(project: &Project, forge: impl Fn(usize, &mut Entry)) -> String {
    let whole = project.git(&["rev-list", "--reverse", LEDGER]);
    let mut tip: Option<String> = None;
    for (at, id) in whole.lines().enumerate() {
        let mut entry = Entry {
            title: project.git(&["log", "-1", "--format=%s", id]),
            file: |_, text| text,
            gone: false,
        };
        forge(at, &mut entry);
        if entry.gone {
            continue;
        }
        git(project, &["read-tree", id]);
        for path in project.git(&["ls-tree", "-r", "--name-only", id]).lines() {
            let text = project.git(&["cat-file", "blob", &format!("{id}:{path}")]);
            let blob = object(project, "blob", &format!("{}\n", (entry.file)(path, text)));
            let info = format!("100644,{blob},{path}");
            git(project, &["update-index", "--add", "--cacheinfo", &info]);
        }
        let tree = git(project, &["write-tree"]);
        let mut args = vec!["commit-tree", "-m", &entry.title, &tree];
        if let Some(tip) = &tip {
            args.extend(["-p", tip]);
        }
        let date = project.git(&["log", "-1", "--format=%cd", "--date=raw", id]);
        tip = Some(git_at(project, &date, &args));
    }
    tip.unwrap()
}

/// What is found with the ledger's tip moved there; it is put back.
pub fn with_ledger(project: &Project, tip: &str) -> Vec<String> {
    let whole = ledger(project);
    project.git(&["update-ref", LEDGER, tip]);
    let found = findings(project, &[]);
    project.git(&["update-ref", LEDGER, &whole]);
    assert_eq!(findings(project, &[]), [""; 0]);
    found
}

#[test]
fn each_way_to_rewrite_the_chain() {
    let project = sealed();
    let forgeries: [(&str, Forge); 6] = [
        ("an entry is taken out of the middle", |at, entry| {
            entry.gone = at == 1;
        }),
        ("an entry is edited", |at, entry| {
            if at == 1 {
                entry.file = |path, text| match path {
                    "entry.json" => text.replace("\"duration_ms\": ", "\"duration_ms\": 1"),
                    _ => text,
                };
            }
        }),
        ("the subject is another tree", |at, entry| {
            if at == 5 {
                entry.file = |path, text| match path {
                    "entry.json" => {
                        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                        let tree = json["subject"][0]["digest"]["gitTree"].as_str().unwrap();
                        text.replace(tree, &"1".repeat(40))
                    }
                    _ => text,
                };
            }
        }),
        ("the plan beside an entry is another", |at, entry| {
            if at == 5 {
                entry.file = |path, text| match path {
                    "plan/plan.gate" => text.replace("test -e", "true"),
                    _ => text,
                };
            }
        }),
        ("two phases change places", |_, entry| {
            entry.title = entry
                .title
                .replace("api", "x")
                .replace("site", "api")
                .replace('x', "site");
            entry.file = |path, text| match path {
                "entry.json" => text
                    .replace("\"phase\": \"api\"", "\"phase\": \"x\"")
                    .replace("\"phase\": \"site\"", "\"phase\": \"api\"")
                    .replace("\"phase\": \"x\"", "\"phase\": \"site\""),
                _ => text,
            };
        }),
        ("its title says another thing", |at, entry| {
            if at == 5 {
                entry.title = "red site".to_owned();
            }
        }),
    ];
    let found: Vec<String> = forgeries
        .into_iter()
        .map(|(name, forge)| {
            let found = with_ledger(&project, &rewrite(&project, forge));
            format!("{name}:\n  {}\n", found.join("\n  "))
        })
        .collect();
    insta::assert_snapshot!(found.concat(), @"
    an entry is taken out of the middle:
      R612 5 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)
      R606 the tag of phase `api` names entry `ID`, which the ledger does not hold
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
    an entry is edited:
      R612 5 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)
      R606 the tag of phase `api` names entry `ID`, which the ledger does not hold
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
    the subject is another tree:
      R612 an entry that this clone recorded is not in the ledger any more: `ID` (sealed site)
      R604 the sealed commit `ID` of phase `site` holds tree `ID`; judged was `ID`, says the ledger
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
      R608 the tag of phase `site` and its entry in the ledger say different things of `Gate-Tree`
    the plan beside an entry is another:
      R612 an entry that this clone recorded is not in the ledger any more: `ID` (sealed site)
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
      R501 the gate `types` of phase `api` was changed
      R501 the gate `links` of phase `site` was changed
      R501 the gate `types` of phase `api` was changed
      R501 the gate `links` of phase `site` was changed
    two phases change places:
      R612 6 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)
      R602 the tag `site-done` is not the one that the seal of phase `api` made: its trailers do not say so
      R606 the tag of phase `api` names entry `ID`, which the ledger does not hold
      R602 the tag `api-done` is not the one that the seal of phase `site` made: its trailers do not say so
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
    its title says another thing:
      R612 an entry that this clone recorded is not in the ledger any more: `ID` (sealed site)
      R607 the ledger's entry `ID` (red site) is no entry: its commit says `red site`, its `entry.json` another thing
      R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
    ");
}

#[test]
fn an_output_beside_an_entry_that_was_swapped() {
    let project =
        Project::with_plan("phase p \"P\" {\n  gate g $ echo seen\n  tag \"p-done\"\n}\n");
    project.gate(&["run"]).exits(0);
    let tip = rewrite(&project, |_, entry| {
        entry.file = |path, text| match path.starts_with("output/") {
            true => "better".to_owned(),
            false => text,
        };
    });
    let found = with_ledger(&project, &tip);
    insta::assert_debug_snapshot!(found, @r#"
    [
        "R612 2 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed p)",
        "R606 the tag of phase `p` names entry `ID`, which the ledger does not hold",
    ]
    "#);
}

#[test]
fn what_git_is_told_to_read_in_place_of_an_object() {
    let project = sealed();
    // A replacement changes no id, so the ids alone would not give it away.
    let tip = rewrite(&project, |_, entry| {
        entry.file = |path, text| match path {
            "entry.json" => text.replace("\"pass\"", "\"fail\""),
            _ => text,
        };
    });
    let tree = project.git(&["mktree", "--missing"]);
    let commit = project.git(&["commit-tree", "-m", "other", &tree]);
    let tag = project.git(&["cat-file", "tag", "site-done"]);
    let tag = object(
        &project,
        "tag",
        &format!("{}\n", tag.replace("pass", "fail")),
    );
    let blob = object(&project, "blob", "{}\n");
    for (object, other) in [
        (ledger(&project), tip),
        (project.git(&["rev-parse", "main"]), commit),
        (project.git(&["rev-parse", "site-done"]), tag),
        (
            project.git(&["rev-parse", "refs/gate/ledger/plan:entry.json"]),
            blob,
        ),
    ] {
        let before = project.gate(&["verify", "--json"]).exits(0).stdout;
        project.git(&["replace", &object, &other]);
        assert_eq!(project.gate(&["verify", "--json"]).exits(0).stdout, before);
        assert_eq!(project.gate(&["status"]).exits(0).code, 0);
        project.git(&["replace", "--delete", &object]);
    }
}

#[test]
fn the_ledger_of_another_plan_or_repository() {
    let project = sealed();
    let mut all = Vec::new();
    // Another repository's, with the same plan, of the same phases.
    let other = {
        let other = Project::with_plan(PLAN);
        other.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            "another's",
        ]);
        seal(&other);
        other
    };
    let from = other.path().to_str().unwrap();
    project.git(&["fetch", "--quiet", from, &format!("{LEDGER}:refs/other")]);
    let tip = project.git(&["rev-parse", "refs/other"]);
    all.push(with_ledger(&project, &tip).join("\n"));
    // Another plan's of this repository.
    project.stage("else.gate", PLAN.replace("-done", "-else"));
    project.git(&["commit", "--quiet", "--message", "another plan"]);
    project.gate(&["run", "else.gate"]).exits(0);
    let tip = project.git(&["rev-parse", "refs/gate/ledger/else"]);
    all.push(with_ledger(&project, &tip).join("\n"));
    insta::assert_snapshot!(all.join("\n\n"), @"
    R612 6 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)
    R603 the sealed commit `ID` of phase `api` is not in this repository: it was amended, rebased or reset away
    R602 the tag `api-done` points at `ID`; phase `api` was sealed at `ID`
    R606 the tag of phase `api` names entry `ID`, which the ledger does not hold
    R603 the sealed commit `ID` of phase `site` is not in this repository: it was amended, rebased or reset away
    R602 the tag `site-done` points at `ID`; phase `site` was sealed at `ID`
    R606 the tag of phase `site` names entry `ID`, which the ledger does not hold

    R612 6 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)
    R607 3 entries are evidence of another plan: `else.gate`
    R605 `plan.gate` in the sealed commit of phase `api` is not what judged it, says the tag
    R606 the tag of phase `site` names entry `ID`, which the ledger does not hold
    R505 the plan on record cannot be read by this version of gate was changed
    ");
}

#[test]
fn phases_sealed_in_another_order() {
    // Without the ledger, tags that fit in all but their order.
    let project = clone(&sealed(), false);
    for (name, commit) in [("api", "main"), ("site", "main~1")] {
        let tag = format!("{name}-done");
        let message = project.git(&["tag", "--list", "--format=%(contents)", &tag]);
        let was = project.git(&["rev-parse", &format!("{tag}^{{tree}}")]);
        let tree = project.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
        let message = message.replace(&was, &tree);
        project.git(&["tag", "-f", "-a", "-m", &message, &tag, commit]);
    }
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R610 phase `site` is sealed, and `api`, which comes before it, was not sealed before it",
    ]
    "#);
}

#[test]
fn one_tag_in_the_place_of_another() {
    let project = sealed();
    let tag = project.git(&["rev-parse", "api-done"]);
    project.git(&["update-ref", "refs/tags/site-done", &tag]);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R602 the tag `site-done` points at `ID`; phase `site` was sealed at `ID`",
        "R608 the tag of phase `site` names entry `ID`, which is not the entry of its seal",
        "R608 the tag of phase `site` and its entry in the ledger say different things of `Gate-Tree`",
    ]
    "#);
    // Without the ledger, too.
    let project = clone(&project, false);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R602 the tag `site-done` of phase `site` is the seal of phase `api`",
    ]
    "#);
}

#[test]
fn a_plan_that_is_weakened_after_its_seal() {
    let project = sealed();
    project.stage("plan.gate", PLAN.replace("test -e api", "true"));
    project.git(&["commit", "--quiet", "--message", "easier"]);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R501 the gate `types` of phase `api` was changed",
    ]
    "#);
    let project = clone(&project, false);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R501 the gate `types` of phase `api` was changed",
    ]
    "#);
}
