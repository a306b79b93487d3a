//! Signals while gates run: what they started is gone, and the run says how it ended.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::holdings::Holdings;
use crate::long;
use crate::pipes::Pipes;
use crate::project::{Answer, Project};
use crate::traces;

/// A run whose gate has started all sorts of processes and waits.
struct Busy {
    project: Project,
    child: Child,
    mark: String,
}

/// One that stays in its group, one that leaves it, one that ignores what can be ignored, and
/// one that has left its environment behind as well.
const CROWD: &str = "sleep 1000 & setsid sleep 1001 & bash -c 'trap \"\" TERM INT HUP; sleep 1002; sleep 1003' & setsid sleep 1004 & ";

impl Busy {
    fn start() -> Self {
        let project = Project::with_plan(&format!(
            "phase p \"P\" {{\n  gate crowd $ {CROWD}{}\n  tag \"v1\"\n}}\n",
            Pipes::GATE
        ));
        project.stage("file", "1\n").write("file", "2\n");
        let pipes = Pipes::new();
        let mark = project.path().display().to_string();
        let mut command = project.gate_command();
        command
            .arg("run")
            .env("PIPES", pipes.path())
            .env("GATE_TORTURE_MARK", &mark)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        pipes.wait();
        // The gate may have told before the last of them had become its program.
        traces::wait_for(&mark, 6).unwrap();
        Self {
            project,
            child,
            mark,
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }
}

fn ended_by(signals: &[&str], code: i32) {
    let busy = Busy::start();
    let before = Holdings::of(&busy.project);
    for signal in signals {
        busy.signal(signal);
    }
    let Busy {
        project,
        child,
        mark,
    } = busy;
    Answer::of(child.wait_with_output().unwrap()).exits(code);
    assert_eq!(traces::processes(&mark), [""; 0]);
    let after = Holdings::of(&project);
    assert!(before == after, "{}", before.difference(&after));
    assert!(project.tags().is_empty());
    let left = traces::left(&project);
    assert!(left.is_empty() || signals.len() > 1, "{left:?}");
}

#[test]
fn int_ends_all() {
    ended_by(&["INT"], 130);
}

#[test]
fn term_ends_all() {
    ended_by(&["TERM"], 143);
}

#[test]
fn hup_ends_all() {
    ended_by(&["HUP"], 129);
}

#[test]
fn a_second_signal_ends_all_at_once() {
    ended_by(&["INT", "TERM"], 143);
}

/// Nobody can see to its own end after SIGKILL: the next run does.
#[test]
fn after_kill_the_next_run_ends_what_was_left() {
    let mut busy = Busy::start();
    let before = Holdings::of(&busy.project);
    busy.signal("KILL");
    busy.child.wait().unwrap();
    busy.project.gate(&["try", "nothing"]).exits(2);
    assert_eq!(traces::processes(&busy.mark), [""; 0]);
    let after = Holdings::of(&busy.project);
    assert!(before == after, "{}", before.difference(&after));
    let left = traces::left(&busy.project);
    assert!(left.is_empty(), "{left:?}");
}

/// A git that outlives its gate still writes to the checkout: the next run takes another.
#[test]
fn a_checkout_in_which_git_is_still_at_work_is_left_to_it() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate g $ test \"$(cat slow)\" = judged\n  tag \"v1\"\n}\n",
    );
    let smudge = format!("if test -n \"$PIPES\"; then {}; fi; cat", Pipes::GATE);
    project.git(&["config", "filter.slow.smudge", &smudge]);
    project.stage(".gitattributes", "slow filter=slow\n");
    project.stage("slow", "judged\n").write("other", "o\n");
    let pipes = Pipes::new();
    let mark = project.path().display().to_string();
    let mut command = project.gate_command();
    let command = command.arg("run").env("PIPES", pipes.path());
    let mut first = command.env("GATE_TORTURE_MARK", &mark).spawn().unwrap();
    pipes.wait();
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(!traces::processes(&mark).is_empty());

    project.gate(&["run"]).exits(0);
    assert_eq!(project.tags(), ["v1"]);
    assert!(project.path().join(".git/gate/shadow-2/tree/slow").exists());
    pipes.go();
    traces::wait_for_none(&mark).unwrap();

    // What it left half done is mended when its turn comes.
    project.stage("slow", "else\n");
    project.gate(&["try"]).exits(1);
}

/// A whole group is killed, git and all, wherever it happens to be.
#[test]
fn killed_with_all_its_gits_at_any_moment() {
    let (times, step) = if long() { (60, 5) } else { (4, 75) };
    for moment in (0..times).map(|n| Duration::from_millis(n * step)) {
        let project = Project::with_plan(
            "phase p \"P\" {\n  gate g $ test \"$(cat file)\" = 1\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
        );
        project.stage("file", "1\n").write("file", "2\n");
        let before = Holdings::of(&project);
        let mut command = project.gate_command();
        let mut run = command.arg("run").process_group(0).spawn().unwrap();
        // Not to be in step with it, but to be at many places of it.
        thread::sleep(moment);
        let group = format!("-{}", run.id());
        let killed = Command::new("kill")
            .args(["-s", "KILL", "--", &group])
            .output();
        killed.unwrap();
        run.wait().unwrap();
        let name = format!("after {moment:?}");
        let after = Holdings::of(&project);
        assert!(before == after, "{name}: {}", before.difference(&after));
        let again = project.gate(&["run"]);
        assert_eq!(again.code, 0, "{name}: {}", again.text());
        assert_eq!(project.tags(), ["v1"], "{name}");
        assert_eq!(project.subjects(), ["feat(p): p", "plan"], "{name}");
        assert_eq!(project.git(&["show", "v1:file"]), "1", "{name}");
        let after = Holdings::of(&project);
        assert!(before == after, "{name}: {}", before.difference(&after));
        let left = traces::left(&project);
        assert!(left.is_empty(), "{name}: {left:?}");
    }
}
