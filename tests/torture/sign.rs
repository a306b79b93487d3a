//! A sign-off that is cut short: it is on record whole, or not at all, and can be given again.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::holdings::Holdings;
use crate::long;
use crate::project::{Answer, Project, alone};
use crate::scenario::{read_steps, to_sign};
use crate::terminal::terminal;

/// What is done to the command, when, and how it exits then.
const FAULTS: [(&str, &str, i32); 5] = [
    ("kill", "before", 137),
    ("kill", "after", 137),
    ("int", "before", 130),
    ("term", "after", 143),
    ("full", "before", 3),
];

/// `gate sign`, at a terminal where the answers have been typed.
fn sign(project: &Project, env: &[(&str, &str)]) -> Answer {
    let mut command = project.gate_command();
    alone(&mut command);
    command.arg("sign").envs(env.iter().copied());
    typed_ahead(command, &["passed", "fine"])
}

/// The steps that it comes to.
fn steps() -> BTreeSet<String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_str().unwrap();
    sign(&to_sign(), &[("GATE_FAULT_LOG", path)]).exits(0);
    read_steps(log.path()).into_iter().collect()
}

fn titles(project: &Project) -> Vec<String> {
    let refs = project.git(&["for-each-ref", "refs/gate/ledger/"]);
    if refs.is_empty() {
        return Vec::new();
    }
    let log = project.git(&["log", "--format=%s", "refs/gate/ledger/plan"]);
    log.lines().map(str::to_owned).collect()
}

#[test]
fn it_is_whole_or_not_there() {
    let steps = steps();
    for step in ["sign-off", "entry-text", "entry-commit", "record"] {
        assert!(steps.contains(step), "{steps:?}");
    }
    let mut turn = 0;
    for step in &steps {
        for (fault, when, code) in FAULTS {
            turn += 1;
            if !long() && turn % 3 != 0 {
                continue;
            }
            let project = to_sign();
            let before = Holdings::of(&project);
            let order = format!("{step}:{when}:{fault}");
            let log = tempfile::NamedTempFile::new().unwrap();
            let path = log.path().to_str().unwrap();
            let answer = sign(
                &project,
                &[("GATE_FAULT", &order), ("GATE_FAULT_LOG", path)],
            );
            let reached = std::fs::read_to_string(log.path()).unwrap();
            if !reached.lines().any(|line| line == format!("{step}:{when}")) {
                // What cannot be kept is left, and so never done.
                continue;
            }
            // What only cleans up may fail and harm nothing.
            let harmless = fault == "full" && answer.code == 0;
            let refused = fault == "full" && answer.code == 2;
            assert!(
                answer.code == code || harmless || refused,
                "{order}: exit {}\n{}",
                answer.code,
                answer.text()
            );
            let titles_after = titles(&project);
            assert!(
                titles_after.is_empty() || titles_after == ["signed p"],
                "{order}: {titles_after:?}"
            );
            assert_eq!(Holdings::of(&project), before, "{order}");
            // It is given again where it is not there, and the phase is sealed by it.
            if titles_after.is_empty() {
                let again = sign(&project, &[]);
                assert_eq!(again.code, 0, "{order}: {}", again.text());
            }
            let run = project.gate(&["run"]);
            assert_eq!(run.code, 0, "{order}: {}", run.text());
            let verified = project.gate(&["verify"]);
            assert_eq!(verified.code, 0, "{order}: {}", verified.text());
        }
    }
}

/// Starts `command` at a pseudo terminal where all of these lines have been typed already. It
/// may end however it does; all that it has shown comes back as `stderr`.
pub fn typed_ahead(mut command: Command, lines: &[&str]) -> Answer {
    let (mut ours, theirs) = terminal();
    for line in lines {
        ours.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    let child = command
        .stdin(theirs.try_clone().unwrap())
        .stdout(Stdio::piped())
        .stderr(theirs)
        .spawn()
        .unwrap();
    // Else the terminal stays open here, and reading never ends.
    drop(command);
    let mut shown = Vec::new();
    // Linux says so with an error once the other side is closed.
    drop(ours.read_to_end(&mut shown));
    let mut answer = Answer::of(child.wait_with_output().unwrap());
    answer.stderr = String::from_utf8_lossy(&shown).replace("\r\n", "\n");
    answer
}
