//! `gate verify`: what holds, and each way in which it does not.

mod forged;
mod sign_offs;
mod signatures;

use serde_json::Value;

use crate::project::Project;

const PLAN: &str = r#"phase api "The API" {
  gate types $ test -e api
  commit feat "the api"
  tag "api-done"
}
phase site "The site" {
  gate links $ test -e site
  commit feat "the site"
  tag "site-done"
}
phase docs "The docs" {
  gate read $ test -e docs
}
"#;

/// A repository in which two phases are sealed and the third is open.
fn sealed() -> Project {
    let project = Project::with_plan(PLAN);
    seal(&project);
    project
}

fn seal(project: &Project) {
    for name in ["api", "site"] {
        project.stage(name, "1\n");
        project.gate(&["run"]).exits(0);
    }
}

fn document(project: &Project, args: &[&str]) -> (i32, Value) {
    let args: Vec<&str> = ["verify", "--json"].iter().chain(args).copied().collect();
    let answer = project.gate(&args);
    let document = serde_json::from_str(&answer.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", answer.text()));
    (answer.code, document)
}

/// `CODE message` of every finding.
#[track_caller]
fn findings(project: &Project, args: &[&str]) -> Vec<String> {
    let (code, document) = document(project, args);
    let all = document["findings"].as_array().unwrap();
    assert_eq!(code, i32::from(!all.is_empty()));
    assert_eq!(document["ok"], all.is_empty());
    let told = |finding: &Value| {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        hidden(&format!("{} {}", text("code"), text("message")))
    };
    all.iter().map(told).collect()
}

/// The text with its short ids replaced.
fn hidden(text: &str) -> String {
    let words = text.split('`').enumerate().map(|(at, word)| {
        let id = word.len() == 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if at % 2 == 1 && id { "ID" } else { word }
    });
    words.collect::<Vec<_>>().join("`")
}

fn ledger(project: &Project) -> String {
    project.git(&["rev-parse", "refs/gate/ledger/plan"])
}

/// Every ref of gate's as fetched into a clone, or none of them.
fn clone(project: &Project, with_ledger: bool) -> Project {
    let clone = Project::empty();
    let from = project.path().to_str().unwrap();
    clone.git(&["remote", "add", "origin", from]);
    clone.git(&["fetch", "--quiet", "--tags", "origin", "main"]);
    clone.git(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    if with_ledger {
        let refspec = "+refs/gate/ledger/*:refs/gate/remotes/origin/ledger/*";
        clone.git(&["fetch", "--quiet", "origin", refspec]);
    }
    clone
}

#[test]
fn what_gate_sealed_holds() {
    let project = sealed();
    let before = project.git(&["for-each-ref"]);
    let answer = project.gate(&["verify"]).exits(0);
    let text = answer.stdout.clone();
    let short =
        |name: &str| project.git(&["rev-parse", "--short=7", &format!("{name}^{{commit}}")]);
    let text = text
        .replace(&short("api-done"), "1111111")
        .replace(&short("site-done"), "2222222");
    insta::assert_snapshot!(text, @"
    plan.gate

      ✓ api   api-done   1111111  sealed
      ✓ site  site-done  2222222  sealed
      · docs                      not sealed

      2 seals hold, 6 entries in the ledger
    ");
    assert_eq!(answer.stderr, "");
    assert_eq!(project.git(&["for-each-ref"]), before);
}

#[test]
fn before_the_first_seal_there_is_nothing_that_could_be_wrong() {
    let project = Project::with_plan(PLAN);
    let answer = project.gate(&["verify"]).exits(0);
    assert!(
        answer.stdout.contains("no phase is sealed here"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_clone_holds_with_the_ledger_and_without() {
    let project = sealed();
    let with = clone(&project, true);
    assert_eq!(findings(&with, &[]), [""; 0]);
    assert_eq!(document(&with, &[]).1["entries"], 6);
    assert_eq!(
        document(&with, &[]).1["unchecked"],
        Value::Array(Vec::new())
    );
    let without = clone(&project, false);
    let (code, document) = document(&without, &[]);
    assert_eq!(code, 0);
    assert_eq!(document["entries"], Value::Null);
    assert_eq!(document["phases"][1]["state"], "sealed");
    let unchecked = document["unchecked"][0].as_str().unwrap();
    assert!(
        unchecked.starts_with("the ledger is not here"),
        "{unchecked}"
    );
}

#[test]
fn a_plan_with_a_base_and_params_needs_neither() {
    let project = Project::empty();
    project.git(&["commit", "--quiet", "--allow-empty", "--message", "base"]);
    project.git(&["branch", "start"]);
    project.stage(
        "plan.gate",
        "plan {\n  base \"start\"\n}\nparam name: string\nphase p \"P\" {\n  gate g $ test -n {{name}}\n  tag \"v-{{name}}\"\n}\n",
    );
    project.gate(&["run", "--set", "name=1"]).exits(0);
    project.git(&["branch", "--delete", "start"]);
    assert_eq!(findings(&project, &[]), [""; 0]);
    project.git(&["tag", "--delete", "v-1"]);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R601 the tag `v-1` of phase `p` is missing",
    ]
    "#);
}

#[test]
fn a_tag_that_is_gone_moved_or_made_by_hand() {
    let project = sealed();
    let tag = project.git(&["rev-parse", "api-done"]);
    let mut all = Vec::new();
    project.git(&["tag", "--delete", "api-done"]);
    all.extend(findings(&project, &[]));
    // To another commit.
    project.git(&["tag", "-a", "-m", "api", "api-done", "main"]);
    all.extend(findings(&project, &[]));
    // To the right one, but without a word of evidence; light, and annotated.
    project.git(&["tag", "-f", "api-done", "main~1"]);
    all.extend(findings(&project, &[]));
    project.git(&["tag", "-f", "-a", "-m", "api", "api-done", "main~1"]);
    all.extend(findings(&project, &[]));
    // A copy that tells of another verdict.
    let message = project.git(&["tag", "--list", "--format=%(contents)", "site-done"]);
    project.git(&["update-ref", "refs/tags/api-done", &tag]);
    assert_eq!(findings(&project, &[]), [""; 0]);
    let better = message.replace("links  pass", "links  pass\nmore   pass");
    project.git(&["tag", "-f", "-a", "-m", &better, "site-done", "main"]);
    all.extend(findings(&project, &[]));
    insta::assert_debug_snapshot!(all, @r#"
    [
        "R601 the tag `api-done` of phase `api` is missing",
        "R602 the tag `api-done` points at `ID`; phase `api` was sealed at `ID`",
        "R602 the tag `api-done` is a light one: the seal of phase `api` is an annotated tag, with its evidence",
        "R602 the tag `api-done` is not the one that the seal of phase `api` made: its trailers do not say so",
        "R602 the tag `site-done` does not say what the seal of phase `site` wrote into it",
    ]
    "#);
}

/// Without the ledger the tag alone must give the forger away.
#[test]
fn a_forged_tag_in_a_clone_without_the_ledger() {
    let project = clone(&sealed(), false);
    let message = project.git(&["tag", "--list", "--format=%(contents)", "site-done"]);
    project.stage("site", "2\n");
    project.git(&["commit", "--quiet", "--message", "more"]);
    project.git(&["tag", "-f", "-a", "-m", &message, "site-done", "main"]);
    let short = project.git(&["rev-parse", "--short=7", "main"]);
    let found = findings(&project, &[]);
    assert_eq!(found.len(), 1, "{found:?} {short}");
    assert!(found[0].starts_with("R604 the sealed commit"), "{found:?}");

    // Its trailers made to fit; the plan it says judged is another.
    let tree = project.git(&["rev-parse", "main^{tree}"]);
    let old = project.git(&["rev-parse", "main~1^{tree}"]);
    let plan = message.split("Gate-Plan: ").nth(1).unwrap();
    let plan = plan.split('\n').next().unwrap();
    let better = message.replace(&old, &tree).replace(plan, &"0".repeat(64));
    project.git(&["tag", "-f", "-a", "-m", &better, "site-done", "main"]);
    let found = findings(&project, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("R605 `plan.gate` in the sealed commit"),
        "{found:?}"
    );
}

#[test]
fn a_sealed_commit_that_was_amended_or_reset_away() {
    let project = sealed();
    project.write("site", "2\n");
    project.git(&[
        "commit",
        "--quiet",
        "--all",
        "--amend",
        "--message",
        "better",
    ]);
    insta::assert_debug_snapshot!(findings(&project, &[]), @r#"
    [
        "R603 the sealed commit `ID` of phase `site` is not in HEAD's history: it was amended, rebased or reset away",
    ]
    "#);
    // The same without the ledger.
    project.git(&["update-ref", "-d", "refs/gate/ledger/plan"]);
    project.git(&["update-ref", "-d", "refs/gate/recorded/plan"]);
    let found = findings(&project, &[]);
    assert!(found[0].starts_with("R603"), "{found:?}");
}

/// What another branch sealed is not wrong here.
#[test]
fn a_seal_of_another_branch_is_not_looked_for_here() {
    let project = Project::with_plan(PLAN);
    project.git(&["checkout", "--quiet", "-b", "work"]);
    seal(&project);
    project.git(&["checkout", "--quiet", "main"]);
    let (code, document) = document(&project, &[]);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["phases"][0]["state"], "elsewhere");
    insta::assert_snapshot!(document["unchecked"][0].as_str().unwrap(), @"phase `api` is sealed on `work`, which HEAD does not contain");
    // Merged, it counts.
    project.git(&["merge", "--quiet", "work"]);
    assert_eq!(findings(&project, &[]), [""; 0]);
}

#[test]
fn a_ledger_that_was_rewritten() {
    let project = sealed();
    let whole = ledger(&project);
    let mut all = Vec::new();
    // Cut off before the last seal.
    project.git(&["update-ref", "refs/gate/ledger/plan", &format!("{whole}~3")]);
    all.extend(findings(&project, &[]));
    // One entry edited, and the chain made anew on top of it.
    let text = project.git(&["show", &format!("{whole}:entry.json")]);
    project.write(".git/forged.json", text.replace("\"pass\"", "\"reused\""));
    let blob = project.git(&["hash-object", "-w", ".git/forged.json"]);
    project.write(".git/tree", format!("100644 blob {blob}\tentry.json\n"));
    let tree = {
        let index = project.path().join(".git/forged-index");
        let _ = std::fs::remove_file(&index);
        let run = |args: &[&str]| {
            let mut git = std::process::Command::new("git");
            git.current_dir(project.path())
                .env("GIT_INDEX_FILE", &index);
            let output = git.args(args).output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let entry = format!("100644,{blob},entry.json");
        run(&["update-index", "--add", "--cacheinfo", &entry]);
        run(&["write-tree"])
    };
    let forged = project.git(&[
        "commit-tree",
        "-m",
        "sealed site",
        "-p",
        &format!("{whole}~1"),
        &tree,
    ]);
    project.git(&["update-ref", "refs/gate/ledger/plan", &forged]);
    all.extend(findings(&project, &[]));
    // All of it gone but for an entry that is none.
    let empty = project.git(&["mktree", "--missing"]);
    let nothing = project.git(&["commit-tree", "-m", "sealed site", &empty]);
    project.git(&["update-ref", "refs/gate/ledger/plan", &nothing]);
    all.extend(findings(&project, &[]));
    insta::assert_debug_snapshot!(all, @r#"
    [
        "R612 3 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)",
        "R606 the tag of phase `site` names entry `ID`, which the ledger does not hold",
        "R612 an entry that this clone recorded is not in the ledger any more: `ID` (sealed site)",
        "R606 the tag of phase `site` names entry `ID`, which the ledger does not hold",
        "R612 6 entries that this clone recorded are not in the ledger any more: the last `ID` (sealed site)",
        "R607 the ledger's entry `ID` (sealed site) is no entry: it has no `entry.json`",
        "R606 the tag of phase `api` names entry `ID`, which the ledger does not hold",
        "R606 the tag of phase `site` names entry `ID`, which the ledger does not hold",
    ]
    "#);
}

/// What came after the last seal no tag names; this clone knows it all the same.
#[test]
fn a_ledger_that_lost_what_this_clone_recorded() {
    let project = sealed();
    project.gate(&["run"]).exits(1);
    project.gate(&["run", "--note", "again"]).exits(1);
    let whole = ledger(&project);
    let back = |n: usize| {
        let to = format!("{whole}~{n}");
        project.git(&["update-ref", "refs/gate/ledger/plan", &to]);
    };
    let of = |text: String| text.replace(&whole, "ID").replace(&whole[..7], "ID");
    assert_eq!(findings(&project, &[]), [""; 0]);
    back(1);
    insta::assert_snapshot!(of(project.gate(&["verify"]).exits(1).stderr), @"
    error[R612]: an entry that this clone recorded is not in the ledger any more: `ID` (red docs)
      = help: bring back what was cut off: `git update-ref refs/gate/ledger/plan ID`
      = help: if it is meant to be so, say it: `git update-ref -d refs/gate/recorded/plan`
    ");
    let status = project.gate(&["status"]).exits(0).stdout;
    let line = status.lines().find(|line| line.contains("recorded"));
    insta::assert_snapshot!(of(line.unwrap_or_default().to_owned()), @"  ledger an entry that this clone recorded is not in the ledger any more: `ID` (red docs): gate verify");
    let status = project.gate(&["status", "--json"]).exits(0).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["cut_off"]["entries"], 1);
    assert_eq!(status["cut_off"]["last"], whole.as_str());
    assert_eq!(status["cut_off"]["title"], "red docs");

    // A run says so, goes on, and does not make it good.
    back(3);
    let run = project.gate(&["run", "--note", "anew"]).exits(1);
    let text = run.text();
    let told = text.lines().find(|line| line.contains("recorded"));
    let told = of(told.unwrap_or_default().to_owned());
    let (_, told) = told.split_once(" entries").unwrap();
    insta::assert_snapshot!(told, @" that this clone recorded are not in the ledger any more: the last `ID` (red docs): see `gate verify`");
    let since = ledger(&project);
    let found = findings(&project, &[]);
    // Two or three: the one that opens the phase is the same if made anew within the second.
    let [found] = &found[..] else {
        panic!("{found:?}")
    };
    let (_, found) = found.split_once(" entries").unwrap();
    insta::assert_snapshot!(found, @" that this clone recorded are not in the ledger any more: the last `ID` (red docs)");
    // Brought back, both are read, and the next entry follows both.
    let (_, found) = document(&project, &[]);
    let advice = found["findings"][0]["suggestions"][0]["text"]
        .as_str()
        .unwrap();
    insta::assert_snapshot!(of(advice.to_owned()), @"bring back what was cut off: `git update-ref refs/gate/remotes/recorded/ledger/plan ID`");
    let command: Vec<&str> = advice.split('`').nth(1).unwrap().split(' ').collect();
    project.git(&command[1..]);
    assert_eq!(findings(&project, &[]), [""; 0]);
    project.gate(&["run"]).exits(1);
    for entry in [&whole, &since] {
        project.git(&[
            "merge-base",
            "--is-ancestor",
            entry,
            "refs/gate/ledger/plan",
        ]);
    }

    // Without any ledger it is no less gone; whoever means that may say so.
    project.git(&["update-ref", "-d", "refs/gate/remotes/recorded/ledger/plan"]);
    project.git(&["update-ref", "-d", "refs/gate/ledger/plan"]);
    let (code, found) = document(&project, &[]);
    assert_eq!(code, 1);
    let advice = found["findings"][0]["suggestions"][1]["text"]
        .as_str()
        .unwrap();
    insta::assert_snapshot!(advice, @"if it is meant to be so, say it: `git update-ref -d refs/gate/recorded/plan`");
    let command: Vec<&str> = advice.split('`').nth(1).unwrap().split(' ').collect();
    project.git(&command[1..]);
    assert_eq!(findings(&project, &[]), [""; 0]);
}

#[test]
fn an_object_of_the_ledger_that_is_missing_or_altered() {
    let project =
        Project::with_plan("phase p \"P\" {\n  gate g $ echo seen\n  tag \"p-done\"\n}\n");
    project.gate(&["run"]).exits(0);
    let file = |id: &str| {
        project
            .path()
            .join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
    };
    let mut all = Vec::new();
    for name in [
        "refs/gate/ledger/plan:output/p.g.1.stdout",
        "refs/gate/ledger/plan~2",
    ] {
        let path = file(&project.git(&["rev-parse", name]));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        all.extend(findings(&project, &[]));
        // Another object's content under this one's name.
        std::fs::copy(
            file(&project.git(&["hash-object", "-w", "plan.gate"])),
            &path,
        )
        .unwrap();
        all.extend(findings(&project, &[]));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(findings(&project, &[]), [""; 0]);
    }
    insta::assert_debug_snapshot!(all, @r#"
    [
        "R607 the ledger's object `ID` is damaged: it is missing or cannot be read",
        "R607 the ledger's object `ID` is damaged: its content is not what its id says",
        "R607 the ledger's object `ID` is damaged: it is missing or cannot be read",
        "R607 the ledger's object `ID` is damaged: its content is not what its id says",
    ]
    "#);
}

#[test]
fn a_tag_that_leads_to_another_entry() {
    let project = sealed();
    let message = project.git(&["tag", "--list", "--format=%(contents)", "site-done"]);
    let own = ledger(&project);
    let other = project.git(&["rev-parse", "refs/gate/ledger/plan~3"]);
    let forged = message.replace(&own, &other);
    project.git(&["tag", "-f", "-a", "-m", &forged, "site-done", "main"]);
    let found = findings(&project, &[]);
    insta::assert_debug_snapshot!(found, @r#"
    [
        "R608 the tag of phase `site` names entry `ID`, which is not the entry of its seal",
    ]
    "#);
}

#[test]
fn a_sealed_phase_after_one_that_lost_its_evidence() {
    let project = clone(&sealed(), false);
    project.git(&["tag", "--delete", "api-done"]);
    let found = findings(&project, &[]);
    insta::assert_debug_snapshot!(found, @r#"
    [
        "R610 phase `site` is sealed, and `api`, which comes before it, is not sealed",
    ]
    "#);
}

#[test]
fn one_tag_alone() {
    let project = sealed();
    let (code, one) = document(&project, &["site-done"]);
    assert_eq!(code, 0);
    assert_eq!(one["phases"].as_array().unwrap().len(), 1);
    assert_eq!(one["phases"][0]["phase"], "site");
    // The other tag does not matter.
    project.git(&["tag", "--delete", "api-done"]);
    assert_eq!(findings(&project, &["site-done"]), [""; 0]);
    assert_eq!(findings(&project, &["api-done"]).len(), 1);
    project.git(&["tag", "v1"]);
    for (name, told) in [
        ("v1", "is not a seal"),
        ("site-don", "did you mean `site-done`?"),
    ] {
        let answer = project.gate(&["verify", name]).exits(2);
        assert!(answer.stderr.contains("E0450"), "{}", answer.stderr);
        assert!(answer.stderr.contains(told), "{}", answer.stderr);
    }
}

#[test]
fn every_commit_of_a_range_is_sealed_or_lies_below_a_seal() {
    let project = Project::with_plan(PLAN);
    project.git(&["branch", "start"]);
    project.stage("by-hand", "");
    project.git(&["commit", "--quiet", "--message", "by hand"]);
    seal(&project);
    project.stage("later", "");
    project.git(&["commit", "--quiet", "--message", "later"]);
    insta::assert_debug_snapshot!(findings(&project, &["start..main"]), @r#"
    [
        "R611 no seal covers commit `ID`: later",
    ]
    "#);
    let (code, document) = document(&project, &["start..main~1"]);
    assert_eq!(code, 0);
    let commits = document["commits"].as_array().unwrap();
    let covers: Vec<_> = commits
        .iter()
        .map(|commit| {
            (
                commit["cover"].as_str().unwrap(),
                commit["phase"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        covers,
        [("covered", "api"), ("sealed", "api"), ("sealed", "site")]
    );
    let answer = project.gate(&["verify", "nowhere..main"]).exits(2);
    assert!(answer.stderr.contains("E0450"), "{}", answer.stderr);
}

/// A key of the test's own, by which git signs everything.
fn signing(project: &Project) {
    let key = project.path().join(".git/key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
        .arg(&key)
        .output();
    assert!(made.unwrap().status.success());
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
        ("commit.gpgSign", "true"),
        ("tag.gpgSign", "true"),
    ] {
        project.git(&["config", name, value]);
    }
}

#[test]
fn signatures_are_verified_and_missed() {
    let project = Project::with_plan(PLAN);
    signing(&project);
    seal(&project);
    // Intact, but whose?
    let (code, unknown) = document(&project, &[]);
    assert_eq!(code, 0, "{unknown:#}");
    assert_eq!(unknown["unchecked"].as_array().unwrap().len(), 6);
    let key = project.read(".git/key.pub");
    project.write(".git/allowed", format!("ada@example.com {key}"));
    let allowed = project.path().join(".git/allowed");
    project.git(&[
        "config",
        "gpg.ssh.allowedSignersFile",
        allowed.to_str().unwrap(),
    ]);
    let (code, known) = document(&project, &[]);
    assert_eq!((code, &known["unchecked"]), (0, &Value::Array(Vec::new())));
    let signed: Vec<_> = known["phases"][0]["signed"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let words: Vec<_> = signed
        .iter()
        .map(|s| {
            (
                s["what"].as_str().unwrap(),
                s["signature"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        words,
        [("commit", "good"), ("tag", "good"), ("entry", "good")]
    );

    // By a key that is none of those who may sign.
    let key = key.split(' ').nth(1).unwrap();
    let other = key.replace(&key[30..40], "AAAAAAAAAA");
    project.write(
        ".git/allowed",
        format!("eve@example.com ssh-ed25519 {other}\n"),
    );
    let found = findings(&project, &["site-done"]);
    assert_eq!(
        found,
        ["commit", "tag", "entry"]
            .map(|what| format!("R609 the signature of the {what} of phase `site` is not good"))
    );
    project.write(
        ".git/allowed",
        format!("ada@example.com ssh-ed25519 {key}\n"),
    );

    // The same tag, not signed any more; and one whose text is not what was signed.
    let tag = project.git(&["cat-file", "tag", "site-done"]);
    let (text, _) = tag.split_once("-----BEGIN").unwrap();
    for (forged, wanted) in [
        (
            text.to_owned(),
            "R609 the tag of phase `site` was signed, and carries no signature now",
        ),
        (
            format!("{}\n", tag.replace("tagger Ada", "tagger Eve")),
            "R609 the signature of the tag of phase `site` is not good",
        ),
    ] {
        project.write(".git/forged", forged);
        let id = project.git(&["hash-object", "-w", "-t", "tag", ".git/forged"]);
        project.git(&["update-ref", "refs/tags/site-done", &id]);
        assert_eq!(findings(&project, &[]), [wanted]);
    }
}
