//! One run at a time in a working tree.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::pipes::{Pipes, Waiting};
use crate::project::{Answer, Project};

fn plan() -> String {
    format!(
        "phase first \"First\" {{\n  gate waits $ {}\n  tag \"first\"\n}}\nphase second \"Second\" {{\n  gate g $ true\n  regress none\n  tag \"second\"\n}}\n",
        Pipes::GATE
    )
}

fn first() -> Waiting {
    Waiting::start(Project::with_plan(&plan()), &["run"])
}

/// A second run, of which the first line is awaited.
fn second(first: &Waiting, pipes: &Pipes) -> (Child, BufReader<ChildStdout>, Value) {
    let mut command = first.project.gate_command();
    command.args(["run", "--format", "json"]);
    command.env("PIPES", pipes.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut second = command.spawn().unwrap();
    let mut out = BufReader::new(second.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let event = serde_json::from_str(&line).unwrap();
    (second, out, event)
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let status = Command::new("kill")
        .args(["-s", name, &pid])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_second_run_waits_and_then_judges_what_is_there_by_then() {
    let first = first();
    let pid = first.child.id();
    let (second, out, event) = second(&first, &first.pipes);
    assert_eq!(event["type"], "run.waiting");
    assert_eq!(event["pid"], pid);
    assert_eq!(event["phase"], "first");
    let (project, answer) = first.end();
    answer.exits(0);
    let rest: Vec<String> = out.lines().map(Result::unwrap).collect();
    Answer::of(second.wait_with_output().unwrap()).exits(0);
    assert!(
        rest.iter()
            .any(|line| line.contains("\"phase.sealed\"") && line.contains("second")),
        "{rest:#?}"
    );
    assert_eq!(project.tags(), ["first", "second"]);
}

#[test]
fn one_that_is_not_to_wait_fails_and_says_who_is_at_work() {
    let first = first();
    let pid = first.child.id();
    let answer = first.project.gate(&["run", "--no-wait"]).exits(2);
    let text = answer.text().replace(&pid.to_string(), "PID");
    insta::assert_snapshot!(text, @r"
    error[E0430]: process PID runs in this working tree already
      = note: it judges phase `first`
      = help: leave out `--no-wait` to wait for its end, or use `gate try`, which needs no turn
    ");
    let (_, answer) = first.end();
    answer.exits(0);
}

#[test]
fn the_wait_can_be_interrupted() {
    let first = first();
    let (second, _out, _) = second(&first, &first.pipes);
    signal(&second, "INT");
    Answer::of(second.wait_with_output().unwrap()).exits(130);
    let (project, answer) = first.end();
    answer.exits(0);
    assert_eq!(project.tags(), ["first"]);
}

#[test]
fn the_lock_dies_with_its_process() {
    let mut first = first();
    let pipes = Pipes::new();
    let (second, _out, _) = second(&first, &pipes);
    signal(&first.child, "KILL");
    first.child.wait().unwrap();
    pipes.wait();
    pipes.go();
    Answer::of(second.wait_with_output().unwrap()).exits(0);
    assert_eq!(first.project.tags(), ["first"]);
}

#[test]
fn try_needs_no_turn() {
    let first = first();
    first.project.gate(&["try", "second/g"]).exits(0);
    let (_, answer) = first.end();
    answer.exits(0);
}

#[test]
fn a_run_that_a_gate_starts_is_refused() {
    let gate = env!("CARGO_BIN_EXE_gate");
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  gate itself {{\n    $ cd \"$HOME\" && {gate} run --format json\n    expect exit == 2\n    expect output contains \"E0430\"\n  }}\n}}\n"
    ));
    project.gate(&["run"]).exits(0);
}
