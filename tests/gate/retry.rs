//! `retry`: what is green at last is flaky, and is called so everywhere.

use insta::assert_snapshot;

use crate::project::Project;

/// A command that is green from the Nth time on; times are counted in a file that git
/// ignores.
fn green_at(n: u32) -> String {
    format!(
        "echo x >> .git/times; echo time $(wc -l < .git/times); test $(wc -l < .git/times) -ge {n}"
    )
}

#[test]
fn a_gate_green_at_its_third_attempt_is_flaky_in_every_output() {
    let gate = format!("retry 3\n    $ {}", green_at(3));
    let answer = Project::with_gate(&gate).gate(&["try"]).exits(0);
    let shown = regex::Regex::new(r" +\d+ ms|\d+\.\d+ s|tree .*")
        .unwrap()
        .replace_all(&answer.stdout, " …")
        .into_owned();
    assert_snapshot!(shown, @r"
    plan.gate

    phase 1/1 p  P
       …

      ✗ g           again …  attempt 1 of 4: gate `g` is red: its command exited with 1
      ✗ g           again …  attempt 2 of 4: gate `g` is red: its command exited with 1
      ≈ g           flaky …  green at attempt 3 of 4

    warning[W101]: gate `g` is flaky: green at attempt 3 of 4
      ╭─[ plan.gate:2:8 ]
      │
    2 │   gate g {
      │        ─
      │
    4 │     $ echo x >> .git/times; echo time $(wc -l < .git/times); test $(wc -l < .git/times) -ge 3
      │       ───────────────────────────────────────────┬───────────────────────────────────────────
      │                                                  ╰───────────────────────────────────────────── this was not green at first
      │
      = note: attempt 1 of 4 ( …): R101, gate `g` is red: its command exited with 1
            its output:
              time 1
      = note: attempt 2 of 4 ( …): R101, gate `g` is red: its command exited with 1
            its output:
              time 2
      = help: find out what it depends on: a gate that is green by luck tells little

    GREEN    p: 1 flaky · …
             nothing was committed (try)
    ");

    let answer = Project::with_gate(&gate)
        .gate(&["run", "--format", "github"])
        .exits(0);
    let annotation = answer
        .stdout
        .lines()
        .find(|line| line.starts_with("::warning"));
    assert!(
        annotation.unwrap().contains("title=W101"),
        "{}",
        answer.text()
    );

    let project = Project::with_gate(&gate);
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
    assert_eq!(answer.codes(), ["W101 plan.gate:2:8"]);
    let events = answer.events();
    let of = |kind: &str| {
        events
            .iter()
            .filter(|event| event["type"] == kind)
            .collect::<Vec<_>>()
    };
    let attempts: Vec<_> = of("gate.attempt")
        .iter()
        .map(|event| {
            format!(
                "{} of {}: {} {}",
                event["attempt"], event["of"], event["verdict"], event["code"]
            )
        })
        .collect();
    assert_eq!(
        attempts,
        ["1 of 4: \"fail\" \"R101\"", "2 of 4: \"fail\" \"R101\""]
    );
    let finished = of("gate.finished")[0];
    assert_eq!(finished["reason"], "green at attempt 3 of 4");
    assert_eq!(finished["failures"].as_array().unwrap().len(), 2);
    assert_eq!(of("phase.finished")[0]["counts"]["flaky"], 1);

    let message = project.git(&["tag", "--list", "--format=%(contents)", "v1"]);
    assert!(
        message.contains("g  flaky  green at attempt 3 of 4\n"),
        "{message}"
    );
    let entry = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
    assert_eq!(entry["predicate"]["warnedTests"][0], "p/g");
    let failures = &entry["predicate"]["gates"][0]["failures"];
    assert_eq!(failures[1]["attempt"], 2);
    assert_eq!(failures[1]["code"], "R101");
}

#[test]
fn a_gate_green_at_once_is_not_flaky() {
    let answer = Project::with_gate("retry 3\n    $ true")
        .gate(&["run", "--format", "json"])
        .exits(0);
    assert_eq!(answer.verdicts(), ["g pass"]);
    assert!(answer.codes().is_empty());
}

#[test]
fn what_is_never_green_is_red_with_every_attempt_told() {
    let gate = format!("retry 2\n    $ {}", green_at(9));
    let answer = Project::with_gate(&gate)
        .gate(&["try", "--format", "json"])
        .exits(1);
    assert_eq!(answer.verdicts(), ["g fail"]);
    let events = answer.events();
    let diagnostic = events
        .iter()
        .find(|event| event["type"] == "diagnostic")
        .unwrap();
    let notes: Vec<&str> = diagnostic["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .collect();
    let notes = regex::Regex::new(r"\d+\.\d+ s")
        .unwrap()
        .replace_all(&notes.join("\n"), "…")
        .into_owned();
    assert_snapshot!(notes, @r"
    as run: echo x >> .git/times; echo time $(wc -l < .git/times); test $(wc -l < .git/times) -ge 9
    exit 1 after …
    its output:
      time 3
    this was attempt 3 of 3
    attempt 1 of 3 (…): R101, gate `g` is red: its command exited with 1
      its output:
        time 1
    attempt 2 of 3 (…): R101, gate `g` is red: its command exited with 1
      its output:
        time 2
    ");
}

#[test]
fn what_is_blocked_is_tried_again_and_red_counts_more() {
    let twice = "retry 2\n    $ echo x >> .git/times; case $(wc -l < .git/times) in 1) no-such-tool;; 2) exit 5;; *) no-such-tool;; esac";
    let answer = Project::with_gate(twice)
        .gate(&["try", "--format", "json"])
        .exits(1);
    assert_eq!(answer.verdicts(), ["g fail"]);
    assert_eq!(answer.codes(), ["R101 plan.gate:4:7"]);

    let late =
        "retry 1\n    timeout 2s\n    $ test -e .git/second || { touch .git/second; sleep 100; }";
    let answer = Project::with_gate(late)
        .gate(&["try", "--format", "json"])
        .exits(0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
    let events = answer.events();
    let first = events
        .iter()
        .find(|event| event["type"] == "gate.attempt")
        .unwrap();
    assert_eq!(
        (&first["verdict"], &first["code"]),
        (&"blocked".into(), &"B102".into())
    );
}

#[test]
fn a_check_tries_its_own_steps_again_and_no_others() {
    let project = Project::with_plan(&format!(
        "check up() {{\n  retry 2\n  $ {}\n}}\nphase p \"P\" {{\n  gate g {{\n    $ echo before >> .git/before\n    check up()\n  }}\n}}\n",
        green_at(3)
    ));
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
    let finished = answer
        .events()
        .into_iter()
        .find(|event| event["type"] == "gate.finished")
        .unwrap();
    assert_eq!(finished["reason"], "check `up` was green at attempt 3 of 3");
    assert_eq!(finished["failures"][0]["check"], "up");
    assert_eq!(project.read(".git/before"), "before\n");
}

#[test]
fn a_value_of_an_attempt_before_is_gone_in_the_next() {
    let gate = format!(
        "retry 2\n    $ {}\n    let last = output\n    expect last == \"time 2\"",
        green_at(1)
    );
    Project::with_gate(&gate).gate(&["try"]).exits(0);
}

#[test]
fn an_interrupt_ends_the_pause_between_attempts() {
    use std::io::{BufRead as _, BufReader};
    let project = Project::with_gate("retry 1 every 1h\n    $ false");
    let mut child = project
        .gate_command()
        .args(["try", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .by_ref()
            .any(|line| line.unwrap().contains("\"gate.attempt\""))
    );
    let pid = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status()
        .unwrap();
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:#?}");
    assert!(
        rest.iter()
            .any(|line| line.contains("\"reason\":\"interrupted\"")),
        "{rest:#?}"
    );
}
