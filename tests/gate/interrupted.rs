//! A signal in the middle of whatever a run does: its exit says so, nothing of it is left,
//! nothing of the user's is touched, and the next run is as if there had been none.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};
use std::thread;

use crate::project::Project;

/// What a run is in the middle of.
struct Moment {
    name: &'static str,
    /// The body of phase `p`. Each command is content where `.git/again` is, and else says
    /// on descriptor 9 how far it is.
    body: &'static str,
    /// How that is known.
    sign: Sign,
}

enum Sign {
    /// A word on descriptor 9.
    Word(&'static str),
    /// An event of this type.
    Event(&'static str),
}

const MOMENTS: [Moment; 7] = [
    Moment {
        name: "a service is not ready",
        body: "service s {\n $ if test -e .git/again; then echo ready; else echo up >&9; fi; exec sleep 1000\n ready output /ready/\n }\n gate g $ true",
        sign: Sign::Word("up"),
    },
    Moment {
        name: "a service lives and a gate runs",
        body: "service s {\n $ echo ready; exec sleep 1000\n ready output /ready/\n }\n gate g $ test -e .git/again || { echo up >&9; exec sleep 1000; }",
        sign: Sign::Word("up"),
    },
    Moment {
        name: "between two attempts",
        body: "gate g {\n retry 1 every 1h\n $ test -e .git/again\n }",
        sign: Sign::Event("gate.attempt"),
    },
    Moment {
        name: "between two beats",
        body: "gate g {\n when not file(\"again\").exists\n hold 1h every 1h\n $ true\n }\n gate h $ true",
        sign: Sign::Event("gate.beat"),
    },
    Moment {
        name: "a deaf process is being ended",
        body: "gate g $ test -e .git/again || { { trap 'echo asked >&9' TERM; echo >.git/fifo; while :; do sleep 1000 & wait $!; done; } & read -r _ <.git/fifo; }",
        sign: Sign::Word("asked"),
    },
    Moment {
        name: "another run has the turn",
        body: "gate g $ test -e .git/again || read -r _ <.git/fifo",
        sign: Sign::Event("run.waiting"),
    },
    Moment {
        name: "what is left may still write",
        body: "gate g $ test -e .git/again || { (yes & exec yes >&2) & echo up >&9; }",
        sign: Sign::Word("up"),
    },
];

/// The signals sent, and how the run exits.
const SIGNALS: [(&[&str], i32); 5] = [
    (&["INT"], 130),
    (&["TERM"], 143),
    (&["HUP"], 129),
    (&["INT", "INT"], 130),
    (&["KILL"], 137),
];

/// `gate run`, its events on one pipe; descriptor 9 of all it starts is another, which is at
/// its end when none of them is left.
struct Run {
    child: Child,
    events: BufReader<ChildStdout>,
    words: BufReader<ChildStderr>,
}

impl Run {
    fn start(project: &Project) -> Self {
        let script = "exec \"$0\" run --format json 9>&2 2>/dev/null";
        let mut child = project
            .command("bash")
            .args(["-c", script, env!("CARGO_BIN_EXE_gate")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            events: BufReader::new(child.stdout.take().unwrap()),
            words: BufReader::new(child.stderr.take().unwrap()),
            child,
        }
    }

    fn wait_for(&mut self, sign: &Sign) {
        let (from, text): (&mut dyn BufRead, _) = match sign {
            Sign::Word(word) => (&mut self.words, (*word).to_owned()),
            Sign::Event(kind) => (&mut self.events, format!("\"type\":\"{kind}\"")),
        };
        let mut line = String::new();
        while !line.contains(&text) {
            line.clear();
            assert_ne!(from.read_line(&mut line).unwrap(), 0, "no {text}");
        }
    }

    fn signal(&self, project: &Project, name: &str) {
        // The one before may have ended it already.
        let pid = self.child.id().to_string();
        let kill = project.command("kill").args(["-s", name, &pid]).output();
        drop(kill.unwrap());
    }

    /// Its exit code, and what keeps the words open.
    fn end(mut self) -> (i32, BufReader<ChildStderr>) {
        use std::os::unix::process::ExitStatusExt as _;
        let mut rest = Vec::new();
        self.events.read_to_end(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        let code = status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap());
        (code, self.words)
    }
}

/// Waits until nobody has the pipe any more.
fn all_gone(mut words: BufReader<ChildStderr>) {
    words.read_to_end(&mut Vec::new()).unwrap();
}

fn interrupt(moment: &Moment, signals: &[&str], code: i32) {
    let case = format!("{signals:?} while {}", moment.name);
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n {}\n commit feat \"p\"\n tag \"v1\"\n}}\n",
        moment.body
    ));
    project.stage("staged", "1\n");
    project.command("mkfifo").arg(".git/fifo").status().unwrap();
    let before = project.belongings();
    let other = matches!(moment.sign, Sign::Event("run.waiting")).then(|| {
        let mut other = Run::start(&project);
        other.wait_for(&Sign::Event("gate.started"));
        other
    });
    let mut run = Run::start(&project);
    run.wait_for(&moment.sign);
    for signal in signals {
        run.signal(&project, signal);
    }
    let (ended, words) = run.end();
    assert_eq!(ended, code, "{case}");
    assert_eq!(project.belongings(), before, "{case}");
    let killed = signals == ["KILL"];
    let words = if killed {
        // Who is left is ended by the next run.
        Some(words)
    } else {
        all_gone(words);
        None
    };
    if let Some(other) = other {
        // It was not disturbed.
        fs::write(project.path().join(".git/fifo"), "go\n").unwrap();
        let (ended, words) = other.end();
        assert_eq!(ended, 0, "{case}");
        all_gone(words);
        assert_eq!(project.tags(), ["v1"], "{case}");
        return;
    }
    assert_eq!(project.tags(), [""; 0], "{case}");
    assert_eq!(project.subjects(), ["plan"], "{case}");
    fs::write(project.path().join(".git/again"), "").unwrap();
    if moment.name == "between two beats" {
        project.stage("again", "");
    }
    project.gate(&["run"]).exits(0);
    words.into_iter().for_each(all_gone);
    assert_eq!(project.tags(), ["v1"], "{case}");
    assert_eq!(
        project.git(&["for-each-ref", "refs/gate/run"]),
        "",
        "{case}"
    );
}

#[test]
fn whatever_it_is_in_the_middle_of() {
    thread::scope(|scope| {
        for moment in &MOMENTS {
            scope.spawn(move || {
                for (signals, code) in SIGNALS {
                    interrupt(moment, signals, code);
                }
            });
        }
    });
}
