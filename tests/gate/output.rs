//! What becomes of the output of commands, and of what they leave behind.

use crate::project::Project;

fn plan(gate: &str) -> String {
    format!("phase p \"P\" {{\n  gate g {{\n    {gate}\n  }}\n}}\n")
}

#[test]
fn all_of_it_is_kept_when_asked_for() {
    let gate = "$ seq 1 200000; printf '\\377\\033[31m' >&2; exit 3";
    let project = Project::with_plan(&plan(gate));
    let answer = project.gate(&["try", "--keep-output"]).exits(1);
    let path = ".git/gate/output/1/p.g.1.log";
    let note = format!("all of its output: {path}");
    assert!(answer.stdout.contains(&note), "{}", answer.stdout);
    let kept = std::fs::read(project.path().join(path)).unwrap();
    // Two pipes that are both ready have no order between them.
    let complaint = b"\xff\x1b[31m";
    let at = kept
        .windows(complaint.len())
        .position(|part| part == complaint);
    let (before, after) = kept.split_at(at.unwrap());
    let printed = [before, &after[complaint.len()..]].concat();
    let expected: Vec<u8> = (1..=200_000)
        .flat_map(|n| format!("{n}\n").into_bytes())
        .collect();
    assert!(printed == expected, "{} bytes", kept.len());

    // Every command has its own; the event names them; of old runs they go.
    let project = Project::with_plan(&plan(
        "inputs none\n    $ echo one\n    $ echo two >&2\n    $ true",
    ));
    for run in 1..=12 {
        let args = ["try", "--keep-output", "--format", "json"];
        let events = project.gate(&args).exits(0).events();
        let finished = events.iter().find(|event| event["type"] == "gate.finished");
        let outputs = &finished.unwrap()["outputs"];
        let path = format!(".git/gate/output/{run}/p.g.2.log");
        assert_eq!(outputs.as_array().unwrap().len(), 3);
        assert_eq!(outputs[1], path.as_str());
        assert_eq!(project.read(&path), "two\n");
    }
    let folders = std::fs::read_dir(project.path().join(".git/gate/output")).unwrap();
    assert_eq!(folders.count(), 10);
}

#[test]
fn it_is_there_while_the_command_runs() {
    let log = ".git/gate/output/1/p.g.1.log";
    let gate = format!("timeout 60s\n    $ echo up; until grep -q up {log}; do sleep 0.01; done");
    let project = Project::with_plan(&plan(&gate));
    project.gate(&["try", "--keep-output"]).exits(0);
    assert_eq!(project.read(log), "up\n");
}

#[test]
fn what_services_write_is_kept_too() {
    let service = |name: &str, word: &str| {
        format!(
            "service {name} {{\n    $ echo {word}; exec sleep 1000\n    ready output /{word}/\n  }}"
        )
    };
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  {}\n  gate g {{\n    {}\n    retry 1\n    $ mkdir .git/tried || true\n    $ test -e .git/again || {{ touch .git/again; exit 1; }}\n  }}\n}}\n",
        service("of-all", "first"),
        service("own", "second"),
    ));
    let events = project
        .gate(&["try", "--keep-output", "--format", "json"])
        .exits(0)
        .events();
    let of = |name: &str| -> Vec<String> {
        let stopped = events
            .iter()
            .filter(|event| event["type"] == "service.stopped" && event["service"] == name);
        stopped
            .map(|event| event["output"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of("of-all"), [".git/gate/output/1/p.of-all.1.log"]);
    // One for each attempt.
    assert_eq!(
        of("own"),
        [
            ".git/gate/output/1/p.g.own.1.log",
            ".git/gate/output/1/p.g.own.2.log"
        ]
    );
    assert_eq!(project.read(&of("of-all")[0]), "first\n");
    assert_eq!(project.read(&of("own")[1]), "second\n");

    // Where it is, is said of one that failed, and what asks whether it is ready is not in it.
    let project = Project::with_plan(
        "phase p \"P\" {\n  service web {\n    $ echo up; sleep 0.2; exit 3\n    ready $ echo asked; false\n  }\n  gate g $ true\n}\n",
    );
    let answer = project.gate(&["try", "--keep-output"]).exits(3);
    let path = ".git/gate/output/1/p.web.1.log";
    let note = format!("all of its output: {path}");
    assert!(answer.stdout.contains(&note), "{}", answer.stdout);
    assert_eq!(project.read(path), "up\n");
}

#[test]
fn without_being_asked_nothing_is_kept() {
    let project = Project::with_plan(&plan("$ echo one"));
    let events = project.gate(&["try", "--format", "json"]).exits(0).events();
    let finished = events.iter().find(|event| event["type"] == "gate.finished");
    assert_eq!(finished.unwrap()["outputs"], serde_json::json!([]));
    assert!(!project.path().join(".git/gate/output").exists());
}

#[test]
fn what_is_left_running_is_named_and_ended() {
    let project = Project::with_plan(&plan("$ sleep 1000 >/dev/null & echo $! >pid"));
    project.stage(".gitignore", "pid\n");
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert_eq!(answer.codes(), ["W102 plan.gate:3:7"]);
    let pid = project.read("pid");
    let events = answer.events();
    let told = events.iter().find(|event| event["code"] == "W102").unwrap();
    let note = told["notes"][0].as_str().unwrap();
    let named = format!("ended: sleep (pid {})", pid.trim());
    assert!(note.starts_with(&named), "{note}");
    assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists());
}

#[test]
fn a_terminal_is_told_nothing_by_it() {
    let nasty = "\u{1b}]0;title\u{7}a\u{1b}[31mb\u{1b}Pq#1\u{1b}\\c\u{9b}d\u{202e}e\n10%\r20%\r30%\n\u{1b}]2;never ended\n";
    let project = Project::with_plan(&plan("$ cat nasty; exit 3"));
    project.stage("nasty", nasty);
    for format in ["human", "github"] {
        let text = project.gate(&["try", "--format", format]).exits(1).stdout;
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(bad), "{text:?}");
        assert!(text.contains("30%") && !text.contains("20%"), "{text}");
        assert!(text.contains("␛]2;never ended"), "{text}");
    }
}

#[test]
fn a_command_runs_as_in_the_shell_without_one() {
    let project = Project::with_plan(&plan(
        "in \"sub\"\n    $ cat /proc/self/environ\n    \
         expect stdout contains \"GATE_NAME=g\" and stdout contains \"_=/\"\n    \
         expect stdout contains \"/sub\"\n    \
         $ no-such-program 'a b'\n    expect exit == 127 and stderr contains \"bash: line 1: no-such-program: command not found\"",
    ));
    project.stage("sub/x", "");
    project.gate(&["try"]).exits(0);
}
