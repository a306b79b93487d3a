//! Running commands: how they end, what is kept of their output, and that nothing of them
//! is left.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gatelang::process::{
    Command, Exit, Finished, Interrupt, Keep, OutputError, StartError, find_program, run,
};
use tempfile::TempDir;

fn command(program: &str, args: &[&str]) -> Command {
    Command {
        program: program.into(),
        arg0: None,
        args: args.iter().map(OsString::from).collect(),
        dir: std::env::temp_dir(),
        env: [("PATH".into(), std::env::var_os("PATH").unwrap())]
            .into_iter()
            .collect(),
        timeout: Duration::from_secs(60),
        keep: Keep::Ends,
        secrets: Default::default(),
        transcript: None,
    }
}

fn shell(script: &str) -> Command {
    command("bash", &["-c", script])
}

fn finish(command: &Command) -> Finished {
    run(command, &Interrupt::new()).unwrap()
}

/// Looks again and again until it holds; it is a failure if it never does.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a process is alive; a zombie is not.
fn is_alive(pid: &str) -> bool {
    let pid = pid.trim();
    assert!(pid.parse::<u32>().is_ok(), "no pid: {pid:?}");
    let mut ps = std::process::Command::new("ps");
    let state = ps.args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

/// The names of what it left behind.
fn leaked(finished: &Finished) -> Vec<&str> {
    finished
        .leaked
        .iter()
        .map(|left| left.name.as_str())
        .collect()
}

#[test]
fn a_command_exits_with_its_code() {
    let finished = finish(&shell("echo out; echo err >&2; exit 3"));
    assert_eq!(finished.exit, Exit::Code(3));
    assert_eq!(finished.exit.code(), 3);
    assert_eq!(finished.stdout.whole().unwrap(), "out");
    assert_eq!(finished.stderr.whole().unwrap(), "err");
    assert_eq!(finished.leaked, []);
    assert!(!finished.exit.success());
    assert!(finish(&command("true", &[])).exit.success());
}

#[test]
fn a_signal_is_named_and_counted_from_128() {
    let finished = finish(&shell("kill -SEGV $$"));
    assert_eq!(finished.exit, Exit::Signal(11));
    assert_eq!(finished.exit.code(), 139);
    assert_eq!(finished.exit.signal_name().unwrap(), "SIGSEGV");
}

#[test]
fn a_command_has_the_environment_it_is_given_and_no_input() {
    let mut command = command("env", &[]);
    command.env.set("NAME", "first");
    command.env.set("NAME", "last");
    let text = finish(&command).stdout.whole().unwrap();
    let mut names: Vec<&str> = text.lines().map(|l| l.split_once('=').unwrap().0).collect();
    names.sort_unstable();
    assert_eq!(names, ["GATE_PROCESS", "NAME", "PATH"]);
    assert!(text.contains("NAME=last"));
    assert_eq!(finish(&self::command("cat", &[])).stdout.total(), 0);
}

#[test]
fn a_program_is_called_as_it_was_typed() {
    assert_eq!(finish(&shell("echo $0")).stdout.whole().unwrap(), "bash");
}

#[test]
fn what_cannot_be_started_says_why() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    file("plain", "text", 0o644);
    file("bad-interpreter", "#!/no/such/thing\n", 0o755);
    file("binary", "\u{1}\0\u{2}", 0o755);
    file("script", "echo \"$0 ran with $1\"", 0o755);
    std::fs::create_dir(folder.path().join("folder")).unwrap();

    let start = |program: &str| {
        let mut command = command(program, &["one"]);
        command.dir = folder.path().to_owned();
        match run(&command, &Interrupt::new()) {
            Ok(finished) => finished.output.whole().unwrap(),
            Err(error) => format!("{error} ({:?})", error.exit_code()),
        }
    };
    let programs = [
        "no-such-program",
        "./no/such",
        "./plain",
        "./bad-interpreter",
        "./binary",
        "./folder",
    ];
    let told: Vec<String> = programs.into_iter().map(start).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    there is no program `no-such-program` (Some(127))
    there is no program `./no/such` (Some(127))
    `./plain` cannot be executed (Some(126))
    `./bad-interpreter` cannot be executed (Some(126))
    `./binary` cannot be executed (Some(126))
    `./folder` cannot be executed (Some(126))
    ");
    // As a shell would, though it names no interpreter.
    assert_eq!(
        start("./script"),
        format!("{} ran with one", folder.path().join("./script").display())
    );

    let mut command = command("true", &[]);
    command.dir = "/no/such/folder".into();
    for program in ["true", "/bin/true", "./true"] {
        command.program = program.into();
        let error = run(&command, &Interrupt::new()).unwrap_err();
        assert!(
            matches!(error, StartError::NoSuchDir { .. }),
            "{program}: {error}"
        );
    }
}

#[test]
fn programs_are_found_as_by_a_shell() {
    let folder = TempDir::new().unwrap();
    for (dir, mode) in [("a", 0o644), ("b", 0o755)] {
        std::fs::create_dir(folder.path().join(dir)).unwrap();
        let file = folder.path().join(dir).join("tool");
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let find = |name: &str, path: &str| match find_program(
        OsStr::new(name),
        Some(OsStr::new(path)),
        folder.path(),
    ) {
        Ok(found) => found
            .strip_prefix(folder.path())
            .unwrap()
            .display()
            .to_string(),
        Err(error) => error.to_string(),
    };
    // What may not be executed is passed over; relative entries count from the folder.
    assert_eq!(find("tool", "a:b"), "b/tool");
    assert_eq!(find("b/tool", ""), "b/tool");
    assert_eq!(find("tool", "a"), "`tool` cannot be executed");
    assert_eq!(find("tool", "/usr/bin"), "there is no program `tool`");
    assert_eq!(find("", "/usr/bin"), "there is no program ``");
    let sh = find_program(OsStr::new("sh"), None, Path::new("/")).unwrap();
    assert!(sh.is_absolute());
}

#[test]
fn a_timeout_ends_even_what_ignores_sigterm() {
    let mut command = shell("trap '' TERM; echo up; while :; do sleep 1; done");
    command.timeout = Duration::from_secs(1);
    let finished = finish(&command);
    assert_eq!(finished.exit, Exit::TimedOut);
    assert_eq!(finished.exit.code(), 124);
    assert_eq!(finished.stdout.whole().unwrap(), "up");
}

#[test]
fn a_timeout_lets_a_command_say_its_last_words() {
    let mut command = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done");
    command.timeout = Duration::from_secs(1);
    let finished = finish(&command);
    assert_eq!(finished.exit, Exit::TimedOut);
    assert_eq!(finished.stdout.whole().unwrap(), "up\nbye");
}

#[test]
#[cfg(target_os = "linux")]
fn what_left_the_group_is_ended_with_a_timeout() {
    let script = r#"setsid -f bash -c 'trap "" TERM; echo $$; sleep 1000; sleep 1000'; sleep 1000"#;
    let mut command = shell(script);
    command.timeout = Duration::from_secs(1);
    let finished = finish(&command);
    assert_eq!(finished.exit, Exit::TimedOut);
    assert!(!is_alive(&finished.stdout.whole().unwrap()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_daemon_is_gone_when_its_command_is() {
    // Forked twice, in a session of its own, its output elsewhere.
    let daemon = "(setsid bash -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' &); ";
    // It may be caught before it has said who it is; seen at all, it has to be gone.
    let finished = finish(&shell(daemon));
    assert_eq!(finished.exit, Exit::Code(0));
    let pid = finished.stdout.whole().unwrap();
    assert!(pid.is_empty() || !is_alive(&pid));
    // A command that takes long: pids may have come round meanwhile.
    let finished = finish(&shell(&format!("{daemon} sleep 0.5")));
    assert_eq!(leaked(&finished), ["sleep"]);
    assert!(!is_alive(&finished.stdout.whole().unwrap()));
}

#[test]
fn a_background_process_that_holds_the_pipe_does_not_hold_us() {
    let finished = finish(&shell("sleep 1000 & echo $!; echo done"));
    assert_eq!(finished.exit, Exit::Code(0));
    assert_eq!(leaked(&finished), ["sleep"]);
    let text = finished.stdout.whole().unwrap();
    let (pid, rest) = text.split_once('\n').unwrap();
    assert_eq!(rest, "done");
    assert!(!is_alive(pid));
}

#[test]
fn a_background_process_may_finish_what_it_says() {
    // A process substitution ends a moment after the command itself.
    let finished = finish(&shell("echo word > >(cat)"));
    assert_eq!(finished.stdout.whole().unwrap(), "word");
    assert_eq!(finished.leaked, []);
}

#[test]
fn an_interrupt_ends_what_runs_and_lets_nothing_start() {
    let folder = TempDir::new().unwrap();
    let up = folder.path().join("up");
    let interrupt = Interrupt::new();
    assert_eq!(interrupt.signal(), None);
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn({
        let interrupt = interrupt.clone();
        let mut command = shell("sleep 1000 & echo $! > \"$UP\"; wait");
        command.env.set("UP", &up);
        move || sender.send(run(&command, &interrupt).unwrap()).unwrap()
    });
    eventually("the command is up", || {
        std::fs::read_to_string(&up).is_ok_and(|t| t.ends_with('\n'))
    });
    interrupt.trigger(15);
    let finished = receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    thread.join().unwrap();
    assert_eq!(finished.exit, Exit::Interrupted);
    assert!(!is_alive(&std::fs::read_to_string(&up).unwrap()));
    assert_eq!(interrupt.signal(), Some(15));

    let file = folder.path().join("never");
    let never = run(&command("touch", &[file.to_str().unwrap()]), &interrupt).unwrap();
    assert_eq!(never.exit, Exit::Interrupted);
    assert!(!file.exists());
}

#[test]
fn much_output_is_kept_at_both_ends() {
    // 200 MB of numbered lines.
    let finished = finish(&shell(
        "seq 1 10000000 | head -c 70000000; seq -w 1 16250000 | head -c 130000000",
    ));
    let output = &finished.stdout;
    assert_eq!(output.total(), 200_000_000);
    assert!(output.is_truncated());
    assert!(output.head().starts_with(b"1\n2\n3\n"));
    assert_eq!((output.head().len(), output.tail().len()), (65536, 65536));
    assert_eq!(output.omitted(), 200_000_000 - 131_072);
    assert_eq!(output.tail_lines(2), ["14444444", "1444"]);
    assert!(matches!(output.whole(), Err(OutputError::NotKept)));
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_output() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap();
        line.split_ascii_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let before = resident();
    let finished = finish(&shell("head -c 1000000000 /dev/zero"));
    assert_eq!(finished.stdout.total(), 1_000_000_000);
    // Other tests run beside this one: a wide margin, but far from what was written.
    assert!(
        resident() < before + 65_536,
        "{} kB, before {before} kB",
        resident()
    );
}

#[test]
fn whole_output_is_kept_in_memory_and_on_disk() {
    for (count, kept) in [(10_000, "memory"), (3_000_000, "disk")] {
        let mut command = shell(&format!("seq 1 {count}"));
        command.keep = Keep::Whole;
        let finished = finish(&command);
        let text = finished.stdout.whole().unwrap();
        assert_eq!(text.lines().count(), count, "{kept}");
        assert!(text.ends_with(&count.to_string()), "{kept}");
        assert!(!finished.stdout.is_truncated(), "{kept}");
        assert_eq!(finished.output.whole().unwrap(), text, "{kept}");
    }
}

#[test]
fn both_streams_are_whole_and_in_order() {
    // Four times what a pipe takes: when the writer is through, some of it has been read.
    let mut command = shell("seq 100000 140000; echo late >&2; echo end");
    command.keep = Keep::Whole;
    let finished = finish(&command);
    assert_eq!(finished.stderr.whole().unwrap(), "late");
    let both = String::from_utf8(finished.output.bytes().unwrap().into_owned()).unwrap();
    let at = both.find("late\n").unwrap();
    assert!(at >= 65536, "{at}");
    assert_eq!(
        both.replacen("late\n", "", 1).as_bytes(),
        &*finished.stdout.bytes().unwrap()
    );
}

#[test]
fn more_than_the_limit_is_flagged() {
    let mut command = shell("head -c 1100000000 /dev/zero");
    command.keep = Keep::Whole;
    let finished = finish(&command);
    assert_eq!(finished.exit, Exit::Code(0));
    assert!(finished.stdout.is_truncated());
    let error = finished.stdout.whole().unwrap_err();
    insta::assert_snapshot!(error, @"the output is larger than 1 GiB (1100000000 bytes)");
}

#[test]
fn text_is_as_written_less_one_line_end() {
    let whole = |script: &str| finish(&shell(script)).stdout.whole().unwrap();
    assert_eq!(whole("printf 'a\\n\\n'"), "a\n");
    assert_eq!(whole("printf 'a\\r\\nb\\r\\n'"), "a\r\nb");
    assert_eq!(whole("printf ' a'"), " a");
    assert_eq!(whole("printf 'caf\\xe9\\n'"), "caf\u{fffd}");
    assert_eq!(whole("true"), "");
}

#[test]
fn the_last_lines_are_fit_to_be_shown() {
    let script = r"printf 'one\r\n10%%\r50%%\r100%%\n\e[31mred\e[0m \e]0;title\a. \e[ \a\n\n'; printf 'caf\xe9 \xe2\x80\xae!'";
    let finished = finish(&shell(script));
    insta::assert_snapshot!(finished.stdout.tail_lines(9).join("\n"), @"
    one
    100%
    red . ␛[ ␇

    caf� �!
    ");
    assert_eq!(finished.stdout.tail_lines(2).len(), 2);
    assert_eq!(
        finish(&command("true", &[])).stdout.tail_lines(5),
        Vec::<String>::new()
    );
    // A line longer than what is kept of it.
    let finished = finish(&shell(
        "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end",
    ));
    let lines = finished.stdout.tail_lines(5);
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("…xxx"));
    assert_eq!(lines[1], "end");
}

#[test]
fn many_commands_run_side_by_side() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for turn in 0..50 {
                    let script = format!("echo {thread} {turn}; (exit 0) & exit {thread}");
                    let finished = finish(&shell(&script));
                    assert_eq!(finished.exit, Exit::Code(thread));
                    assert_eq!(finished.stdout.whole().unwrap(), format!("{thread} {turn}"));
                }
            });
        }
    });
}

/// Set where a test runs itself at a terminal.
const AT_TERMINAL: &str = "PROCESS_TEST_AT_TERMINAL";

#[test]
fn a_command_has_no_terminal() {
    let finished = finish(&shell("ps -o pgid= -p $$; echo $$; : </dev/tty"));
    let text = finished.stdout.whole().unwrap();
    let mut ids = text.split_whitespace();
    let pid = ids.next().unwrap();
    assert!(ids.all(|id| id == pid), "{text}");
    assert_ne!(finished.exit, Exit::Code(0));
    if std::env::var_os(AT_TERMINAL).is_some() {
        // Here it would have ours, did it not leave our session.
        std::fs::File::open("/dev/tty").unwrap();
        return;
    }
    let program = std::env::current_exe().unwrap();
    let again = format!("'{}' --exact a_command_has_no_terminal", program.display());
    let output = std::process::Command::new("script")
        .args(["-q", "-e", "-c", &again, "/dev/null"])
        .env(AT_TERMINAL, "1")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn one_that_stopped_itself_is_ended_when_its_time_is_over() {
    let mut command = shell("kill -STOP $$");
    command.timeout = Duration::from_millis(100);
    assert_eq!(finish(&command).exit, Exit::TimedOut);
}

#[test]
fn one_that_closed_its_output_is_waited_for() {
    let finished = finish(&shell("echo last; exec >&- 2>&-; sleep 0.1; exit 5"));
    assert_eq!(finished.exit, Exit::Code(5));
    assert_eq!(finished.stdout.whole().unwrap(), "last");
}

#[test]
fn what_is_started_in_answer_to_being_ended_is_ended_too() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // Each leaves group and session, and says who it is.
    let born = r#"setsid bash -c 'echo $$ >>"$0"; trap "" TERM; sleep 1000' "$0""#;
    let script = format!(
        "trap '{} & {} &' TERM; while :; do sleep 0.01; done",
        quoted(born),
        quoted(born)
    );
    let mut command = command("bash", &["-c", &script, file.path().to_str().unwrap()]);
    command.timeout = Duration::from_millis(200);
    assert_eq!(finish(&command).exit, Exit::TimedOut);
    let pids = std::fs::read_to_string(file.path()).unwrap();
    assert!(!pids.is_empty());
    for pid in pids.lines() {
        assert!(!is_alive(pid), "{pid}");
    }
}

/// A text inside `'…'`.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}
