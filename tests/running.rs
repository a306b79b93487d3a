//! Processes in the background: watched while they live, and ended with all they started.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::ffi::OsString;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gatelang::process::{
    Command, Exit, Interrupt, Keep, Running, StartError, Stream, signal_number,
};

const LONG: Duration = Duration::from_secs(60);

fn shell(script: &str) -> Command {
    Command {
        program: "bash".into(),
        arg0: None,
        args: ["-c", script].map(OsString::from).to_vec(),
        dir: std::env::temp_dir(),
        env: [("PATH".into(), std::env::var_os("PATH").unwrap())]
            .into_iter()
            .collect(),
        timeout: Duration::ZERO,
        keep: Keep::Ends,
        secrets: Default::default(),
        transcript: None,
    }
}

fn start(script: &str) -> Running {
    Running::start(&shell(script), libc_term(), LONG, None).unwrap()
}

fn libc_term() -> i32 {
    signal_number("SIGTERM").unwrap()
}

/// Waits until its output, or its end, is as wanted.
fn until(running: &Running, mut holds: impl FnMut(&Running) -> bool) {
    let (mut news, limit) = (0, Instant::now() + LONG);
    while !holds(running) {
        assert!(Instant::now() < limit, "never: {running:?}");
        news = running.wait(news, limit);
    }
}

fn says(running: &Running, text: &str) {
    until(running, |running| {
        running.output().stdout.whole().unwrap().contains(text)
    });
}

fn is_alive(pid: u32) -> bool {
    let mut ps = std::process::Command::new("ps");
    let state = ps.args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let state = state.unwrap().stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

#[test]
fn its_output_is_seen_while_it_runs_and_all_of_it_is_ended() {
    let running = start("setsid sleep 1000 & sleep 1000 & echo up; wait");
    says(&running, "up");
    assert_eq!(running.exit(), None);
    let mut pids = Vec::new();
    // The one that leaves the session is a shell first.
    until(&running, |running| {
        pids = running.pids();
        pids.len() == 3
    });
    let finished = running.stop();
    assert_eq!(finished.exit, Exit::Interrupted);
    assert_eq!(finished.stdout.whole().unwrap(), "up");
    assert_eq!(finished.leaked, []);
    for pid in pids {
        assert!(!is_alive(pid), "{pid}");
    }
}

#[test]
fn dropped_it_is_ended_too() {
    let running = start("echo up; sleep 1000");
    says(&running, "up");
    let pids = running.pids();
    assert!(!pids.is_empty());
    drop(running);
    assert!(!pids.into_iter().any(is_alive));
}

#[test]
fn its_end_is_seen_when_it_comes() {
    let running = start("echo bye >&2; exit 3");
    until(&running, |running| running.exit().is_some());
    assert_eq!(running.exit(), Some(Exit::Code(3)));
    let finished = running.stop();
    assert_eq!(finished.exit, Exit::Code(3));
    assert_eq!(finished.stderr.whole().unwrap(), "bye");
}

#[test]
fn it_is_asked_with_the_signal_that_is_wanted_and_ended_when_it_does_not_hear() {
    let script =
        "trap 'echo usr' USR1; trap 'echo term' TERM; echo up; while :; do sleep 0.01; done";
    let grace = Duration::from_millis(300);
    let usr1 = signal_number("SIGUSR1").unwrap();
    let running = Running::start(&shell(script), usr1, grace, None).unwrap();
    says(&running, "up");
    let output = running.stop().stdout.whole().unwrap();
    assert!(
        output.contains("usr") && !output.contains("term"),
        "{output}"
    );
}

#[test]
fn a_watcher_sees_every_byte_in_order() {
    let (tell, told) = mpsc::channel();
    let watch = Box::new(move |stream: Stream, bytes: &[u8]| {
        if stream == Stream::Stdout {
            // The test may be over.
            let _ = tell.send(bytes.to_vec());
        }
    });
    let command = shell("seq 1 100000; echo no >&2; echo end; sleep 1000");
    let running = Running::start(&command, libc_term(), LONG, Some(watch)).unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"end\n") {
        seen.extend(told.recv_timeout(LONG).unwrap());
    }
    let expected: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(seen).unwrap(), expected + "end\n");
    // What is kept is bounded all the same.
    assert!(running.output().stdout.is_truncated());
    drop(running);
}

#[test]
fn what_cannot_be_started_says_so() {
    let command = Command {
        program: "no-such-program".into(),
        ..shell("")
    };
    let error = Running::start(&command, libc_term(), LONG, None).unwrap_err();
    assert!(matches!(error, StartError::ProgramNotFound { .. }));
}

#[test]
#[cfg(target_os = "linux")]
fn who_listens_on_a_port_is_known() {
    let ours = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = ours.local_addr().unwrap().port();
    let running = start("echo up; sleep 1000");
    says(&running, "up");
    assert_eq!(running.listens_on(port), Some(false));
    assert_eq!(
        gatelang::process::port_holder(port).unwrap().pid,
        std::process::id()
    );
    drop(ours);
    assert_eq!(gatelang::process::port_holder(port), None);
    assert_eq!(running.listens_on(port), None);
    drop(running);

    // A grandchild of another session, on the other family where there is one.
    let script = r"use Socket qw(:all); my $s;
        $| = 1;
        if (socket($s, AF_INET6, SOCK_STREAM, 0)
            && bind($s, pack_sockaddr_in6(0, IN6ADDR_LOOPBACK)) && listen($s, 1)) {
            print +(unpack_sockaddr_in6(getsockname $s))[0];
        } else {
            socket($s, AF_INET, SOCK_STREAM, 0);
            bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK)); listen($s, 1);
            print +(unpack_sockaddr_in(getsockname $s))[0];
        }
        sleep 1000";
    let running = start(&format!("setsid perl -e '{script}' & wait"));
    let port = |running: &Running| running.output().stdout.whole().unwrap().parse().ok();
    until(&running, |running| port(running).is_some());
    assert_eq!(running.listens_on(port(&running).unwrap()), Some(true));
}

#[test]
fn an_interrupt_can_be_waited_for() {
    let interrupt = Interrupt::new();
    assert!(!interrupt.wait(Duration::ZERO));
    assert!(!interrupt.wait(Duration::from_millis(1)));
    let waiter = {
        let interrupt = interrupt.clone();
        std::thread::spawn(move || interrupt.wait(Duration::MAX))
    };
    interrupt.trigger(15);
    assert!(waiter.join().unwrap());
    assert!(interrupt.wait(Duration::ZERO));
}

#[test]
fn signals_have_names() {
    assert_eq!(signal_number("SIGHUP"), Some(1));
    assert_eq!(signal_number("SIGKILL"), Some(9));
    assert_eq!(signal_number("HUP"), None);
}
