//! `gate log`: the ledger's story.

use crate::project::Project;

const PLAN: &str = r#"phase api "The API" {
  gate types $ test -e api
  gate docs $ test -e docs
  commit feat "the api"
  tag "api-done"
}
phase site "The site" {
  gate links $ no-such-program
}
"#;

fn story() -> Project {
    let project = Project::with_plan(PLAN);
    project.gate(&["run"]).exits(1);
    project.stage("api", "1\n");
    project.stage("docs", "1\n");
    project
        .gate(&["run", "--note", "the docs were forgotten"])
        .exits(0);
    project.gate(&["run"]).exits(3);
    project
}

/// The text with times, durations and ids replaced.
fn hidden(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, with) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-21 12:00 UTC"),
        (r"\d+(\.\d)? m?s of work", "1 ms of work"),
        (r"(>  |commit  )[0-9a-f]{7}", "${1}1234567"),
    ] {
        let pattern = regex::Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, with).into_owned();
    }
    text
}

#[test]
fn what_happened_newest_first() {
    let project = story();
    let before = project.git(&["for-each-ref"]);
    let answer = project.gate(&["log"]).exits(0);
    insta::assert_snapshot!(hidden(&answer.stdout), @"
    plan.gate

    blocked site  2026-11-21 12:00 UTC  Ada <ada@example.com>  1234567
      gates   2 reused, 1 blocked, 1 ms of work
              links: B101 a command was not found, plan.gate:8:16

    opened  site  2026-11-21 12:00 UTC  Ada <ada@example.com>  1234567

    sealed  api  2026-11-21 12:00 UTC  Ada <ada@example.com>  1234567
      commit  1234567, tag api-done
      gates   2 pass, 1 ms of work
      mended  types, docs by 2 changed files: api, docs
      note    the docs were forgotten

    red     api  2026-11-21 12:00 UTC  Ada <ada@example.com>  1234567
      gates   2 fail, 1 ms of work
              types: R101 gate `types` is red: its command exited with 1, plan.gate:2:16
              docs: R101 gate `docs` is red: its command exited with 1, plan.gate:3:15

    opened  api  2026-11-21 12:00 UTC  Ada <ada@example.com>  1234567
    ");
    assert_eq!(project.git(&["for-each-ref"]), before);
}

#[test]
fn of_one_phase_and_the_latest_only() {
    let project = story();
    let answer = project
        .gate(&["log", "--phase", "site", "-n", "1"])
        .exits(0);
    assert_eq!(
        answer.stdout.matches(" UTC ").count(),
        1,
        "{}",
        answer.stdout
    );
    assert!(answer.stdout.contains("blocked site"), "{}", answer.stdout);
}

#[test]
fn as_json() {
    let project = story();
    let answer = project.gate(&["log", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(
        (&document["schema"], &document["plan"]),
        (&1.into(), &"plan.gate".into())
    );
    let entries = document["entries"].as_array().unwrap();
    let events: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry["event"].as_str().unwrap(),
                entry["phase"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        events,
        [
            ("blocked", "site"),
            ("opened", "site"),
            ("sealed", "api"),
            ("green", "api"),
            ("red", "api"),
            ("opened", "api")
        ]
    );
    let tip = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
    assert_eq!(entries[0]["id"], tip.as_str());
    assert_eq!(entries[0]["by"], "Ada <ada@example.com>");
    let at = entries[0]["at"].as_str().unwrap();
    assert!(at.ends_with('Z') && at.len() == 20, "{at}");
    assert_eq!(
        entries[2]["statement"]["predicate"]["note"],
        "the docs were forgotten"
    );
}

#[test]
fn before_the_first_run_there_is_nothing() {
    let project = Project::with_plan(PLAN);
    let answer = project.gate(&["log"]).exits(0);
    insta::assert_snapshot!(answer.stdout, @"plan.gate: nothing is on record");
}
