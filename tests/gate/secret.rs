//! `secret`: masked in every report, event, ref and file.

use std::fs;
use std::path::Path;

use crate::project::Project;

const TOKEN: &str = "tok-3141592653-zz";

/// Prints the token in every way there is.
const PLAN: &str = r#"plan {
  secret TOKEN, UNSET, DERIVED
  remind "the token is {{TOKEN}}"
  env DERIVED = "derived-from-nothing"
}

let token = env("TOKEN")

phase api "The API" {
  gate shown {
    $ printf '%s\n' "$TOKEN" >&2; echo {{token}}; echo "$DERIVED"
    expect stdout contains env("TOKEN")
    expect stdout.lines().first() == "another"
  }
  gate cut $ printf tok-31415; sleep 0.1; printf '92653-zz\n'; exit 3
  gate named $ no-such-{{token}}
  gate encoded $ printf '%s' "user:$TOKEN" | base64 >&2; false
  gate green $ echo "$TOKEN"
  commit feat "use {{token}}"
  tag "v1" message "released with {{token}}"
}
"#;

/// Everything under the git directory, packed objects as git prints them.
fn recorded(project: &Project) -> String {
    let mut all = String::new();
    let ids = project.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname) %(objecttype)",
    ]);
    for line in ids.lines() {
        let (id, kind) = line.split_once(' ').unwrap();
        all.push_str(&project.git(&["cat-file", if kind == "tree" { "-p" } else { kind }, id]));
    }
    files(&project.path().join(".git/gate"), &mut all);
    all
}

fn files(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), all);
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
        }
    }
}

#[test]
fn it_is_in_nothing_that_is_shown() {
    let project = Project::with_plan(&PLAN.replace("{{TOKEN}}", "nobody's"));
    for format in ["human", "json", "github"] {
        let args = ["run", "--keep-output", "--format", format];
        let answer = project.gate_with(&args, &[("TOKEN", TOKEN)]).exits(1);
        let text = answer.text();
        for part in [
            TOKEN,
            "3141592653",
            "derived-from-nothing",
            "M3MTQxNTkyNjUz",
        ] {
            assert!(!text.contains(part), "{format}: {part} in\n{text}");
        }
        assert!(text.contains("***"), "{text}");
    }
    // The expectation that looks for it was met: it is the second that is not.
    let answer = project.gate_with(&["try", "shown", "--format", "json"], &[("TOKEN", TOKEN)]);
    assert_eq!(answer.codes(), ["R103 plan.gate:13:12"]);
    let all = recorded(&project);
    assert!(!all.contains(TOKEN) && all.contains("***"), "{all}");
}

#[test]
fn it_is_in_nothing_that_is_recorded() {
    let plan = PLAN.replace("remind \"the token is {{TOKEN}}\"", "");
    let (head, tail) = plan.split_once("  gate shown").unwrap();
    let (_, tail) = tail.split_once("  gate green").unwrap();
    let project = Project::with_plan(&format!("{head}  gate green{tail}"));
    project.stage("new.txt", "new\n");
    project
        .gate_with(&["run", "--keep-output"], &[("TOKEN", TOKEN)])
        .exits(0);
    assert_eq!(project.subjects()[0], "feat(api): use ***");
    assert!(
        project
            .git(&["cat-file", "tag", "v1"])
            .contains("released with ***")
    );
    let all = recorded(&project);
    assert!(!all.contains(TOKEN), "{all}");
}

#[test]
fn a_word_of_the_ledgers_own_as_secret_breaks_nothing() {
    let plan = "plan {\n  secret TOKEN\n}\nphase api \"The API\" {\n  gate g $ echo \"$TOKEN\"\n  tag \"v1\"\n}\nphase b \"B\" {\n  gate g $ echo\n}\n";
    for word in ["sealed", "PASSED", "pass", "plan", "gate", "opened"] {
        let project = Project::with_plan(plan);
        project.gate_with(&["run"], &[("TOKEN", word)]).exits(0);
        let status = project.gate(&["status", "--json"]).exits(0).stdout;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status["phases"][0]["state"], "sealed", "{word}: {status}");
    }
}

#[test]
fn a_value_too_short_to_be_masked_is_told() {
    let project =
        Project::with_plan("plan {\n  secret PIN, OTHER\n}\nphase p \"P\" {\n  gate g $ true\n}\n");
    let answer = project.gate_with(&["try", "--format", "json"], &[("PIN", "123")]);
    assert_eq!(answer.exits(0).codes(), ["W103 plan.gate:2:10"]);
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert!(answer.codes().is_empty());
}

#[test]
fn a_line_of_the_users_own_file_is_masked_where_it_stands() {
    let project = Project::with_plan(
        "plan {\n  secret TOKEN\n  base \"main\"\n}\nphase p \"P\" {\n  scope {\n    forbid \"key\"\n  }\n  gate g $ true\n}\n",
    );
    project.stage("config", format!("key = {TOKEN} # comment\n"));
    let answer = project.gate_with(&["try"], &[("TOKEN", TOKEN)]).exits(1);
    let stars = "*".repeat(TOKEN.len());
    let line = format!("key = {stars} # comment");
    assert!(answer.stdout.contains(&line), "{}", answer.stdout);
}
