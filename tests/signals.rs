//! Signals to the program that runs commands.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

#[path = "gate/hangup.rs"]
#[expect(dead_code, reason = "it is heeded whether or not")]
mod hangup;

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command as Std, Stdio};
use std::time::Duration;

use gatelang::process::{Command, Exit, Interrupt, Keep, handle_signals, run};

/// Set where this test is the program that gets the signals, to what it runs.
const SCRIPT: &str = "SIGNALS_TEST_SCRIPT";

fn command(script: std::ffi::OsString) -> Command {
    Command {
        program: "bash".into(),
        arg0: None,
        args: vec!["-c".into(), script],
        dir: std::env::temp_dir(),
        env: std::env::vars_os().collect(),
        timeout: Duration::from_secs(60),
        keep: Keep::Ends,
        secrets: Default::default(),
        transcript: None,
    }
}

/// The program: runs the script, and exits with 40 where it was interrupted.
#[test]
fn program() {
    let Some(script) = std::env::var_os(SCRIPT) else {
        return;
    };
    let interrupt = Interrupt::new();
    handle_signals(&interrupt).unwrap();
    let finished = run(&command(script), &interrupt).unwrap();
    assert_eq!(finished.exit, Exit::Interrupted);
    std::process::exit(40 + interrupt.signal().unwrap());
}

/// Starts the program with a script, and waits until that has said on file descriptor 9,
/// which is a pipe to here, that it is up.
fn start(script: &str) -> (Child, BufReader<ChildStdout>) {
    let mut bash = Std::new("bash");
    bash.args([
        "-c",
        "exec \"$0\" --exact program --nocapture 9>&1 >/dev/null",
    ]);
    bash.arg(std::env::current_exe().unwrap())
        .env(SCRIPT, script);
    hangup::heed(&mut bash);
    let mut child = bash
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(child.stdout.take().unwrap());
    expect(&mut words, "up");
    (child, words)
}

fn expect(words: &mut impl BufRead, word: &str) {
    let mut line = String::new();
    words.read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), word);
}

fn signal(child: &Child, signal: &str) {
    let status = Std::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn the_first_signal_interrupts() {
    for (name, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
        let (mut child, mut words) = start("echo up >&9; sleep 1000");
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(40 + number), "{name}");
        // The pipe is at its end: nobody is left who holds it.
        expect(&mut words, "");
    }
}

#[test]
fn the_second_ends_everything_at_once() {
    let script = "trap 'echo asked >&9' TERM; echo up >&9; while :; do sleep 1000 & wait; done";
    let (mut child, mut words) = start(script);
    signal(&child, "-TERM");
    expect(&mut words, "asked");
    signal(&child, "-TERM");
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(143), None));
    expect(&mut words, "");
}

/// The program, up, started by a shell that ignores `ignored`.
fn program_ignoring(ignored: &str) -> Child {
    let mut bash = Std::new("bash");
    let script =
        format!("trap '' {ignored}; exec \"$0\" --exact program --nocapture 9>&1 >/dev/null");
    let mut child = bash
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(SCRIPT, "echo up >&9; sleep 1000")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(child.stdout.take().unwrap());
    expect(&mut words, "up");
    child
}

#[test]
fn a_hangup_that_is_ignored_stays_so() {
    let mut child = program_ignoring("HUP");
    signal(&child, "-HUP");
    signal(&child, "-TERM");
    // Were HUP heeded, it would be the first.
    assert_eq!(child.wait().unwrap().code(), Some(40 + 15));
}

#[test]
fn an_interrupt_is_heeded_also_behind_a_script() {
    let mut child = program_ignoring("INT");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(40 + 2));
}

#[test]
fn a_parent_that_ignores_its_children_changes_nothing() {
    // Perl, because a shell would not pass it on.
    let mut perl = Std::new("perl");
    let program = std::env::current_exe().unwrap();
    perl.args(["-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV"])
        .arg(program);
    perl.args(["--exact", "child_of_such", "--nocapture"]);
    let output = perl.env(SCRIPT, "exit 3").output().unwrap();
    assert_eq!(output.status.code(), Some(43), "{output:?}");
}

#[test]
fn child_of_such() {
    let Some(script) = std::env::var_os(SCRIPT) else {
        return;
    };
    let interrupt = Interrupt::new();
    handle_signals(&interrupt).unwrap();
    let finished = run(&command(script), &interrupt).unwrap();
    std::process::exit(40 + finished.exit.code());
}
