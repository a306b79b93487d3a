//! A plan of several phases, from the first commit to the last tag.

use crate::project::Project;

const EIGHT: &str = r#"plan "a migration in eight steps" {
  base    "main"
  timeout 20s
}

let services = ["ingest", "enrich", "publish"]

every phase {
  scope {
    forbid "FIXME", /console\.log/ in "src/**"
    limit 10 files
  }
  gate no-tabs {
    $ ! grep -rnP '\t' src
  }
  tag "{{phase.number}}-{{phase.name}}" message "{{phase.title}}"
}

phase schema "The schema" {
  scope { allow "src/schema/**" }
  gate has-version {
    $ cat src/schema/version
    expect stdout == "1"
  }
  commit feat "add the schema"
}

phase services "A folder for each service" {
  scope { allow "src/services/**" }
  for service in services {
    gate "{{service}}-main" {
      in "src/services/{{service}}"
      $ test -s main.sh && bash -n main.sh
    }
  }
  gate counted {
    needs "ingest-main", enrich-main
    let names = files("src/services/*/main.sh")
    expect names.len() == services.len()
  }
  commit feat(api) "add the services"
}

phase tasks "The list is done" {
  scope { allow "src/list/**" }
  tasks "TASKS.md" under "Phase {{phase.number}}"
  commit docs "tick the list"
}

phase lines "Few lines" {
  scope {
    allow "src/lines"
    limit 3 lines
  }
  commit chore() "add lines"
}

phase needed "What is required" {
  scope {
    allow   "src/needed/**"
    require "CHANGELOG.md"
  }
  commit fix "mend it" {
    body "Because it was broken."
    trailer Reviewed-by "Bob <bob@example.com>"
  }
}

phase breaking "A break" {
  scope { allow "src/**" }
  commit refactor "turn it over" {
    breaking "nothing is where it was"
  }
}

phase nothing "Nothing to commit" {
  gate still $ git rev-parse --verify HEAD
  commit chore "never made"
}

phase last "The last" {
  scope { allow "src/last" }
  gate env {
    env WHO = "{{phase.name}}-{{phase.number}}"
    $ echo "$WHO $GATE_PHASE $GATE_NAME"
    expect stdout == "last-8 last env"
  }
  commit feat "finish"
}
"#;

fn noise(project: &Project) {
    project.write("src/noise.txt", "FIXME console.log\tuntracked\n");
    project.write("notes.md", "mine\n");
}

/// `gate run` that must be red with these codes and places, and move nothing.
fn red(project: &Project, codes: &[&str]) {
    let before = (project.subjects(), project.tags(), project.belongings());
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), codes, "{}", answer.text());
    let after = (project.subjects(), project.tags(), project.belongings());
    assert_eq!(before, after);
}

fn green(project: &Project, subject: &str, tag: &str) {
    let before = project.belongings();
    let answer = project.gate(&["run"]).exits(0);
    assert_eq!(project.belongings(), before, "{}", answer.text());
    assert_eq!(
        project.subjects().first().map(String::as_str),
        Some(subject)
    );
    assert_eq!(
        project.git(&["rev-parse", &format!("{tag}^{{commit}}")]),
        project.git(&["rev-parse", "HEAD"])
    );
    assert_eq!(project.git(&["cat-file", "-t", tag]), "tag");
}

#[test]
fn eight_phases_red_first_and_then_green() {
    let project = Project::with_plan(EIGHT);
    project.write(
        "TASKS.md",
        "# Phase 1\n- [x] a\n# Phase 3\n- [ ] b\n1. [x] c\n# Phase 30\n- [ ] d\n",
    );
    project.git(&["add", "TASKS.md"]);
    project.git(&["commit", "--quiet", "--message", "tasks"]);
    noise(&project);

    project.stage("src/schema/version", "2\n");
    project.stage("src/services/ingest/main.sh", "echo\n");
    red(
        &project,
        &[
            "R203 src/services/ingest/main.sh:1:1",
            "R103 plan.gate:23:12",
        ],
    );
    project.git(&["rm", "--quiet", "--cached", "src/services/ingest/main.sh"]);
    project.stage("src/schema/version", "1\n");
    green(&project, "feat(schema): add the schema", "1-schema");

    for service in ["ingest", "enrich", "publish"] {
        project.stage(
            &format!("src/services/{service}/main.sh"),
            "if true; then\n",
        );
    }
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(
        answer.verdicts(),
        [
            "counted skipped",
            "enrich-main fail",
            "has-version pass",
            "ingest-main fail",
            "no-tabs pass",
            "no-tabs reused",
            "publish-main fail"
        ]
    );
    for service in ["ingest", "enrich", "publish"] {
        project.stage(&format!("src/services/{service}/main.sh"), "echo done\n");
    }
    green(&project, "feat(api): add the services", "2-services");

    project.stage("src/list/a", "a\n");
    red(&project, &["R301 TASKS.md:4:3"]);
    project.stage(
        "TASKS.md",
        project.read("TASKS.md").replace("- [ ] b", "- [x] b"),
    );
    green(&project, "docs(tasks): tick the list", "3-tasks");

    project.stage("src/lines", "1\n2\n3\n4\n");
    red(&project, &["R206 plan.gate:53:5"]);
    project.stage("src/lines", "1\n2\n");
    green(&project, "chore: add lines", "4-lines");

    project.stage("src/needed/a", "console.log(1)\n");
    red(&project, &["R208 plan.gate:61:13", "R204 src/needed/a:1:1"]);
    project.stage("src/needed/a", "log(1)\n");
    project.stage("CHANGELOG.md", "- mended\n");
    green(&project, "fix(needed): mend it", "5-needed");
    assert_eq!(
        project.git(&["log", "-1", "--format=%b"]),
        "Because it was broken.\n\nReviewed-by: Bob <bob@example.com>"
    );

    project.git(&["mv", "src/lines", "src/rows"]);
    project.stage("src/schema/version", "2\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(
        answer.codes(),
        ["R401 plan.gate:23:12"],
        "{}",
        answer.text()
    );
    project.stage("src/schema/version", "1\n");
    green(&project, "refactor(breaking)!: turn it over", "6-breaking");
    assert_eq!(
        project.git(&["log", "-1", "--format=%b"]),
        "BREAKING CHANGE: nothing is where it was"
    );

    let head = project.git(&["rev-parse", "HEAD"]);
    green(&project, "refactor(breaking)!: turn it over", "7-nothing");
    assert_eq!(project.git(&["rev-parse", "HEAD"]), head);

    project.stage("src/last", "\n");
    green(&project, "feat(last): finish", "8-last");

    let answer = project.gate(&["run"]).exits(0);
    assert!(
        answer.stdout.contains("all 8 phases are sealed"),
        "{}",
        answer.text()
    );
    assert_eq!(project.tags().len(), 8);
    // The noise is where it was.
    assert_eq!(
        project.git(&["status", "--porcelain"]),
        "?? notes.md\n?? src/noise.txt"
    );
}

#[test]
fn all_goes_on_until_a_phase_is_not_green() {
    let project = Project::with_plan(
        r#"
every phase { tag "p{{phase.number}}"
}
phase a "A" {
  gate one $ true
}
phase b "B" {
  gate two $ true
}
phase c "C" {
  gate three $ false
}
"#
        .replace("}\"\n}", "}\" }")
        .as_str(),
    );
    project.gate(&["run", "--all"]).exits(1);
    assert_eq!(project.tags(), ["p1", "p2"]);
}

#[test]
fn a_named_phase_must_be_the_open_one() {
    let project = Project::with_plan(
        "phase a \"A\" {\n  gate g $ true\n}\nphase b \"B\" {\n  gate g $ true\n}\n",
    );
    let answer = project
        .gate(&["run", "--phase", "b", "--format", "json"])
        .exits(2);
    assert_eq!(answer.codes(), ["E0411 plan.gate:4:7"]);
    let answer = project
        .gate(&["run", "--phase", "c", "--format", "json"])
        .exits(2);
    assert_eq!(answer.codes(), ["E0402"]);
    project.gate(&["run", "--phase", "a"]).exits(0);
    project.gate(&["run", "--phase", "a"]).exits(0);
    project.gate(&["run", "--phase", "b"]).exits(0);
}

#[test]
fn status_tells_sealed_open_and_locked() {
    let project = Project::with_plan(
        "plan \"p\" {}\nphase a \"A\" {\n  gate g $ true\n  tag \"v1\"\n}\nphase b \"B\" {\n  goal \"done\"\n  gate g $ true\n}\nphase c \"C\" {\n  gate g $ true\n}\n",
    );
    project.gate(&["run"]).exits(0);
    let status = project.gate(&["status", "--json"]).exits(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let states: Vec<&str> = status["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| phase["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["sealed", "open", "locked"]);
    let human = project.gate(&["status"]).exits(0).stdout;
    assert!(human.contains("gate run plan.gate"), "{human}");
}

#[test]
fn a_clone_without_the_ledger_knows_the_phase_from_the_tags() {
    let project = Project::with_plan(
        "phase a \"A\" {\n  gate g $ true\n  tag \"v1\"\n}\nphase b \"B\" {\n  gate g $ true\n}\n",
    );
    project.gate(&["run"]).exits(0);
    project.git(&["update-ref", "-d", "refs/gate/ledger/plan"]);
    let status = project.gate(&["status", "--json"]).exits(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["phases"][0]["state"], "sealed");
    assert_eq!(status["phases"][1]["state"], "open");
}

#[test]
fn a_seal_that_was_reset_away_no_longer_counts() {
    let project = Project::with_plan("phase a \"A\" {\n  gate g $ true\n  commit feat \"a\"\n}\n");
    project.stage("a", "a\n");
    project.gate(&["run"]).exits(0);
    project.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    let answer = project.gate(&["run"]).exits(0);
    assert_eq!(
        project.subjects(),
        ["feat(a): a", "plan"],
        "{}",
        answer.text()
    );
}

#[test]
fn the_tag_holds_verdicts_and_trailers() {
    let project = Project::with_plan(
        "phase a \"The first\" {\n  gate g $ true\n  gate h {\n    when false\n    $ true\n  }\n  tag \"v1\"\n}\n",
    );
    project.gate(&["run"]).exits(0);
    let message = project.git(&["tag", "--list", "--format=%(contents)", "v1"]);
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    let evidence = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
    let plan = project.git(&[
        "tag",
        "--list",
        "--format=%(contents:trailers:key=Gate-Plan,valueonly)",
        "v1",
    ]);
    assert_eq!(plan.len(), 64);
    assert_eq!(
        message.trim_end(),
        format!(
            "Phase 1: The first\n\ng  pass\nh  skipped  its `when` is false\n\n\
             Gate-Phase: a\nGate-Tree: {tree}\nGate-Plan: {plan}\nGate-Evidence: {evidence}"
        )
    );
    let entry = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
    assert_eq!(entry["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(entry["subject"][0]["digest"]["gitTree"], tree.as_str());
    assert_eq!(entry["predicate"]["event"], "sealed");
}

#[test]
fn the_only_phase_is_not_all_of_them() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ true\n}\n");
    project.gate(&["run"]).exits(0);
    let told = project.gate(&["status"]).exits(0).stdout;
    assert!(told.contains("  the only phase is sealed\n"), "{told}");
}
