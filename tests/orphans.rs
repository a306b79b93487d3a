//! With orphans adopted: what cleared its environment is found too, and no zombie stays.
//! Adopting holds for the whole process, so these have one of their own.

// Elsewhere nobody adopts.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::time::Duration;

use gatelang::process::{Command, Exit, Finished, Interrupt, Keep, adopt_orphans, run};

fn finish(script: &str) -> Finished {
    let command = Command {
        program: "bash".into(),
        arg0: None,
        args: vec!["-c".into(), script.into()],
        dir: std::env::temp_dir(),
        env: [("PATH".into(), std::env::var_os("PATH").unwrap())]
            .into_iter()
            .collect(),
        timeout: Duration::from_secs(60),
        keep: Keep::Ends,
        secrets: Default::default(),
        transcript: None,
    };
    run(&command, &Interrupt::new()).unwrap()
}

/// Our children, the dead ones too, by name.
fn children() -> Vec<String> {
    let us = std::process::id().to_string();
    let mut names = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if let Some((name, rest)) = stat.rsplit_once(") ")
            && rest.split(' ').nth(1) == Some(&us)
        {
            names.push(format!("{name}) {}", &rest[..1]));
        }
    }
    names
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
fn nothing_is_left_of_a_command() {
    adopt_orphans();
    // It clears its environment, leaves group and session, and its parent.
    let hidden = "(env -i setsid sleep 1000 >/dev/null 2>&1 &); (sleep 0 &)";

    let finished = finish(hidden);
    assert_eq!(finished.exit, Exit::Code(0));
    assert_eq!(leaked(&finished), ["sleep"]);
    assert_eq!(children(), Vec::<String>::new());

    // Its sibling, and so our child from the beginning.
    #[cfg(target_arch = "x86_64")]
    {
        // clone(CLONE_PARENT | SIGCHLD)
        let sibling = r#"exec perl -e 'exec "env", "-i", "setsid", "sleep", "1000"
            if syscall(56, 0x8011, 0, 0, 0, 0) == 0' >/dev/null 2>&1"#;
        // In a thread, as gates are run.
        let finished = std::thread::scope(|scope| {
            let run = scope.spawn(|| finish(sibling));
            run.join().unwrap()
        });
        assert_eq!(finished.exit, Exit::Code(0));
        assert_eq!(finished.leaked.len(), 1, "{:?}", finished.leaked);
        assert_eq!(children(), Vec::<String>::new());
    }

    // While others run, nobody can tell whose it is: the last one ends it.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(finish(hidden).exit, Exit::Code(0));
                }
            });
        }
    });
    assert_eq!(children(), Vec::<String>::new());

    // Many that are dead by then.
    finish("for i in {1..50}; do (true &); done");
    assert_eq!(children(), Vec::<String>::new());
}
