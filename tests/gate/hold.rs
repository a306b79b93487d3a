//! `hold`: green for as long as it says, and red at the first beat that is not.

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::project::Project;

fn of<'e>(events: &'e [Json], kind: &str) -> Vec<&'e Json> {
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

const COUNT: &str = "echo x >> .git/beats";

#[test]
fn a_hold_is_green_when_its_first_beat_its_last_and_all_between_were() {
    let project = Project::with_gate(&format!("hold 300ms every 100ms\n    $ {COUNT}"));
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    let events = answer.events();
    let beats = of(&events, "gate.beat");
    // Fewer where the machine was slow; what is due at the end is never left out.
    let counted = project.read(".git/beats").lines().count();
    assert_eq!(beats.len(), counted);
    assert!((2..=4).contains(&counted), "{counted}");
    let last = beats.last().unwrap();
    assert_eq!(last["held_ms"], 300);
    assert_eq!(last["hold_ms"], 300);
    assert_eq!(last["next_ms"], Json::Null);
    assert!(
        beats
            .iter()
            .rev()
            .skip(1)
            .all(|beat| beat["next_ms"].is_u64())
    );
    let finished = of(&events, "gate.finished")[0];
    assert_eq!(finished["verdict"], "pass");
    assert_eq!(finished["hold"]["beats"], counted);
    assert!(finished["duration_ms"].as_u64().unwrap() >= 300);

    let message = project.git(&["tag", "--list", "--format=%(contents)", "v1"]);
    assert!(message.contains("g  pass  held for 300ms, "), "{message}");
    let entry = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    let entry: Json = serde_json::from_str(&entry).unwrap();
    let hold = &entry["predicate"]["gates"][0]["hold"];
    assert_eq!(hold["beats"], counted);
    assert!(hold["first"].as_str().unwrap() <= hold["last"].as_str().unwrap());
}

#[test]
fn the_first_red_beat_ends_it_and_is_named() {
    let project = Project::with_gate(&format!(
        "hold 1h every 1ms\n    $ {COUNT}; test $(wc -l < .git/beats) -lt 3"
    ));
    let answer = project.gate(&["try"]).exits(1);
    let shown = regex::Regex::new(r"after \S+ in| +\d+ ms|\d+\.\d+ s|tree .*")
        .unwrap()
        .replace_all(&answer.stdout, " …")
        .into_owned();
    assert_snapshot!(shown, @r"
    plan.gate

    phase 1/1 p  P
       …

      ✗ g           failed …

    error[R101]: gate `g` is red: its command exited with 1
      ╭─[ plan.gate:4:7 ]
      │
    3 │     hold 1h every 1ms
      │     ────────┬────────
      │             ╰────────── it must hold for 1h
    4 │     $ echo x >> .git/beats; test $(wc -l < .git/beats) -lt 3
      │       ───────────────────────────┬──────────────────────────
      │                                  ╰──────────────────────────── exit 1
      │
      = note: as run: echo x >> .git/beats; test $(wc -l < .git/beats) -lt 3
          exit 1 after  …
      = note: it printed nothing
      = note: this was beat 3,  … which it stayed green

    RED      p: 1 failed · …
             nothing was committed (try)
    ");
    assert_eq!(project.read(".git/beats"), "x\nx\nx\n");
}

#[test]
fn a_beat_has_a_timeout_and_the_hold_has_not() {
    let answer = Project::with_gate("timeout 3s\n    hold 4s every 2s\n    $ true")
        .gate(&["try", "--format", "json"])
        .exits(0);
    assert_eq!(answer.verdicts(), ["g pass"]);
    let answer = Project::with_gate("timeout 100ms\n    hold 1h every 1ms\n    $ sleep 100")
        .gate(&["try", "--format", "json"])
        .exits(3);
    assert_eq!(answer.codes(), ["B102 plan.gate:5:7"]);
}

#[test]
fn with_retry_each_attempt_is_a_whole_hold() {
    let project = Project::with_gate(&format!(
        "retry 1\n    hold 50ms every 10ms\n    $ {COUNT}; test $(wc -l < .git/beats) -ne 2"
    ));
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
    let events = answer.events();
    let beats: Vec<String> = of(&events, "gate.beat")
        .iter()
        .map(|beat| format!("{}.{} {}", beat["attempt"], beat["beat"], beat["verdict"]))
        .take(3)
        .collect();
    assert_eq!(beats, ["1.1 \"pass\"", "1.2 \"fail\"", "2.1 \"pass\""]);
}

#[test]
fn a_hold_with_nothing_to_judge_is_skipped_at_once() {
    let answer = Project::with_gate("hold 24h every 1m\n    $ true {{changed(\"**/*.none\")}}")
        .gate(&["try", "--format", "json"])
        .exits(0);
    assert_eq!(answer.verdicts(), ["g skipped"]);
}

#[test]
fn a_soak_leaves_its_slot_to_others_while_it_rests() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate soak {\n    hold 1h every 1ms\n    $ test ! -e .git/quick\n  }\n  gate quick $ touch .git/quick\n}\n",
    );
    let answer = project
        .gate(&["try", "--jobs", "1", "--format", "json"])
        .exits(1);
    assert_eq!(answer.verdicts(), ["quick pass", "soak fail"]);
}

#[test]
fn an_interrupt_ends_a_hold_at_once() {
    use std::io::{BufRead as _, BufReader};
    let project = Project::with_gate("hold 24h every 1h\n    $ true");
    let mut child = project
        .gate_command()
        .args(["run", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .by_ref()
            .any(|line| line.unwrap().contains("\"gate.beat\""))
    );
    let pid = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .unwrap();
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{rest:#?}");
    assert!(project.tags().is_empty());
}
