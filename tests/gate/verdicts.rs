//! Every verdict there is, and that none can be taken for another wherever it is told.

use crate::project::Project;

const PLAN: &str = r#"phase p "P" {
  gate good {
    inputs none
    $ true
  }
  gate bad {
    inputs none
    $ false
  }
  gate gone {
    inputs none
    $ no-such-program
  }
  gate left-out {
    when os == "plan9"
    $ true
  }
  gate after {
    needs bad
    $ true
  }
  gate old {
    inputs "notes"
    $ true
  }
  gate again {
    inputs none
    retry 1
    $ test -e .git/tried || { touch .git/tried; exit 1; }
  }
}
"#;

/// Each gate with its verdict, and what it exits with when tried alone.
const GATES: [(&str, &str, i32); 7] = [
    ("after", "skipped", 1),
    ("again", "flaky", 0),
    ("bad", "fail", 1),
    ("gone", "blocked", 3),
    ("good", "pass", 0),
    ("left-out", "skipped", 0),
    ("old", "reused", 0),
];

#[test]
fn each_is_told_apart_in_events_on_the_terminal_in_the_ledger_and_by_its_exit() {
    let project = Project::with_plan(PLAN);
    project.stage("notes", "1\n");
    project.gate(&["try", "old"]).exits(0);
    let first_time = || drop(std::fs::remove_file(project.path().join(".git/tried")));

    // Red wins over blocked.
    let answer = project
        .gate(&["run", "--reuse", "--format", "json"])
        .exits(1);
    let expected = GATES.map(|(gate, verdict, _)| format!("{gate} {verdict}"));
    assert_eq!(answer.verdicts(), expected);
    let events = answer.events();
    let finished = |gate: &str| {
        let mut all = events.iter();
        let of =
            |event: &&serde_json::Value| event["type"] == "gate.finished" && event["gate"] == gate;
        all.find(of).unwrap()
    };
    assert_eq!(finished("left-out")["reason"], "its `when` is false");
    let reason = finished("after")["reason"].as_str().unwrap();
    assert_eq!(reason, "not run: it needs `bad`, which is not green");
    assert_eq!(finished("again")["reason"], "green at attempt 2 of 2");
    assert!(finished("old")["origin"].is_object());
    assert!(finished("good")["origin"].is_null());
    let ended = events
        .iter()
        .find(|event| event["type"] == "phase.finished");
    assert_eq!(
        ended.unwrap()["counts"],
        serde_json::json!({
            "pass": 1, "fail": 1, "blocked": 1, "skipped": 2, "reused": 1, "flaky": 1,
            "waiting": 0,
        })
    );

    let entry = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
    assert_eq!(entry["predicate"]["event"], "red");
    let recorded = entry["predicate"]["gates"].as_array().unwrap().iter();
    let recorded = recorded.filter(|line| line["gate"].is_string() || line["name"].is_string());
    let mut recorded: Vec<String> = recorded
        .map(|line| {
            let name = line["gate"].as_str().or(line["name"].as_str()).unwrap();
            format!("{name} {}", line["verdict"].as_str().unwrap())
        })
        .collect();
    recorded.retain(|line| expected.contains(line));
    recorded.sort();
    assert_eq!(recorded, expected, "{entry:#}");

    first_time();
    let shown = project.gate(&["run", "--reuse"]).exits(1).stdout;
    let words = [
        "skipped", "flaky", "failed", "blocked", "passed", "skipped", "reused",
    ];
    for ((gate, ..), word) in GATES.into_iter().zip(words) {
        // The last: attempts have lines of their own.
        let mut lines = shown.lines().rev().map(str::split_whitespace);
        let line = lines
            .find(|line| line.clone().nth(1) == Some(gate))
            .unwrap();
        assert_eq!(line.clone().nth(2), Some(word), "{shown}");
    }

    for (gate, _, exit) in GATES {
        first_time();
        project.gate(&["try", gate]).exits(exit);
    }
}
