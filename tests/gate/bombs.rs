//! Gates that start far more than they should: all of it is gone when the run is, and there is
//! a verdict.

use std::io::Read as _;
use std::process::Stdio;

use crate::project::{Answer, Project};

/// `gate try`. Returns when it has ended and nobody is left of all it started: they have
/// descriptor 9, a pipe to here.
fn tried(body: &str) -> Answer {
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  gate g {{\n    inputs none\n{body}\n  }}\n}}\n"
    ));
    let mut child = project
        .command("bash")
        .args(["-c", "exec \"$0\" try --format json 9>&2 2>/dev/null"])
        .arg(env!("CARGO_BIN_EXE_gate"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = child.stderr.take().unwrap();
    let output = child.wait_with_output().unwrap();
    held.read_to_end(&mut Vec::new()).unwrap();
    Answer::of(output)
}

#[test]
fn five_hundred_that_went_everywhere_are_found() {
    let answer = tried(
        "    $ for i in {1..125}; do sleep 1000 & (sleep 1000 &); setsid sleep 1000 & (env -i setsid sleep 1000 &); done",
    )
    .exits(0);
    assert_eq!(answer.verdicts(), ["g pass"]);
    let events = answer.events();
    let warning = events.iter().find(|event| event["code"] == "W102").unwrap();
    let ended = warning["notes"][0].as_str().unwrap();
    assert!(ended.contains(", and 490 more"), "{ended}");
}

#[test]
fn those_that_move_on_all_the_time_are_caught() {
    // Each of twenty becomes another process, of another session, every few milliseconds; not
    // for ever, lest a mistake of ours be the end of this machine.
    let answer = tried(
        r"    timeout 1s
    $ perl -MPOSIX -e 'for (1..20) { if (!fork) { for (1..1000) { exit if fork; POSIX::setsid(); select undef, undef, undef, 0.004 } exit } } sleep 1000'",
    )
    .exits(3);
    assert_eq!(answer.verdicts(), ["g blocked"]);
}

#[test]
fn one_that_forks_without_end_is_ended() {
    // A limit does not hold for root.
    let answer = tried(
        r#"    timeout 1s
    script "bash" """
      bomb='ulimit -u $(($(ps -eLo user= | grep -c "^$(id -un)") + 150)); exec perl -e "while (1) { fork; select undef, undef, undef, 0.01 }"'
      if test $(id -u) = 0; then exec setpriv --reuid 65534 --clear-groups bash -c "$bomb"; fi
      eval "$bomb"
      """"#,
    )
    .exits(3);
    assert_eq!(answer.codes(), ["B102 plan.gate:5:5"]);
}
