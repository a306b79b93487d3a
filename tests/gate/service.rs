//! Services: up before their gates, watched while they run, and gone afterwards.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::project::{Answer, Project};

/// Listens on the port that is its argument; `/late` is 503 the first two times, then 200.
const SERVER: &str = r#"
use IO::Socket::INET;
$| = 1;
my $server = IO::Socket::INET->new(
    LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 16, ReuseAddr => 1
) or die "cannot listen: $!\n";
print "listening on $ARGV[0]\n";
my $late = 0;
while (my $client = $server->accept) {
    my $line = <$client> // "";
    my $status = $line =~ m{/late} && $late++ < 2 ? "503 Not Yet" : "200 OK";
    print $client "HTTP/1.1 $status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    close $client;
}
"#;

fn project(plan: &str) -> Project {
    let project = Project::with_plan(plan);
    project.stage("server.pl", SERVER);
    project
}

/// A plan of one phase with one gate.
fn gate(body: &str) -> Project {
    project(&format!(
        "param port: int = free-port()\nphase p \"P\" {{\n  gate g {{\n{body}\n  }}\n}}\n"
    ))
}

fn tried(project: &Project, code: i32) -> Answer {
    project.gate(&["try", "--format", "json"]).exits(code)
}

fn of<'e>(events: &'e [Json], kind: &str) -> Vec<&'e Json> {
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

/// Message and notes of the only diagnostic.
fn told(answer: &Answer) -> String {
    let events = answer.events();
    let diagnostics = of(&events, "diagnostic");
    assert_eq!(diagnostics.len(), 1, "{}", answer.text());
    let mut told = diagnostics[0]["message"].as_str().unwrap().to_owned();
    for note in diagnostics[0]["notes"].as_array().unwrap() {
        told.push('\n');
        told.push_str(note.as_str().unwrap());
    }
    told
}

/// Whether the process lives whose pid the file holds.
fn lives(project: &Project, file: &str) -> bool {
    let pid = project.read(file);
    let status = Command::new("kill")
        .args(["-0", pid.trim()])
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

#[test]
fn each_way_to_be_ready() {
    let check = "$ perl -MIO::Socket::INET -e 'IO::Socket::INET->new(\"127.0.0.1:$ARGV[0]\") or die' {{port}}";
    for ready in [
        "ready port port",
        "ready within 20s port port",
        "ready http \"http://127.0.0.1:{{port}}/late\" within 20s",
        "ready http \"http://localhost:{{port}}/\"",
        "ready output /^listening on \\d+$/m",
        "ready $ perl -MIO::Socket::INET -e 'IO::Socket::INET->new(\"127.0.0.1:$ARGV[0]\") or die' {{port}}",
    ] {
        let project = gate(&format!(
            "    service web {{\n      $ echo $$ > .git/pid; exec perl server.pl {{{{port}}}}\n      {ready}\n    }}\n    {check}\n    $ kill -0 $(cat .git/pid)"
        ));
        let answer = tried(&project, 0);
        let events = answer.events();
        assert_eq!(answer.verdicts(), ["g pass"], "{ready}");
        assert_eq!(of(&events, "service.started")[0]["gate"], "g");
        assert_eq!(of(&events, "service.ready")[0]["service"], "web");
        assert_eq!(of(&events, "service.stopped")[0]["exit"], Json::Null);
        assert!(!lives(&project, ".git/pid"), "{ready}");
    }
}

#[test]
fn one_that_ends_before_it_is_ready_blocks_with_the_tail_of_its_output() {
    let project = gate(
        "    service web {\n      $ echo no configuration; exit 7\n      ready port port\n    }\n    $ touch .git/judged",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.verdicts(), ["g blocked"]);
    assert_eq!(answer.codes(), ["B111 plan.gate:4:13"]);
    insta::assert_snapshot!(told(&answer), @r"
    service `web` ended while it was needed: exit 7
    as run: echo no configuration; exit 7
    its output:
      no configuration
    ");
    assert!(!project.path().join(".git/judged").exists());
}

#[test]
fn one_that_is_never_ready_blocks_and_is_ended() {
    let project = gate(
        "    service web {\n      $ echo $$ > .git/pid; echo waiting; exec sleep 1000\n      ready within 300ms port port\n    }\n    $ true",
    );
    let answer = project.gate(&["try", "--set", "port=9", "--format", "json"]);
    let answer = answer.exits(3);
    assert_eq!(answer.codes(), ["B110 plan.gate:6:7"]);
    insta::assert_snapshot!(told(&answer), @r"
    service `web` was not ready within 300ms
    as run: echo $$ > .git/pid; echo waiting; exec sleep 1000
    its output:
      waiting
    ");
    assert!(answer.text().contains("nothing listens on port 9"));
    assert!(!lives(&project, ".git/pid"));
}

#[test]
fn what_is_asked_and_how_it_answered_last_is_told() {
    for (ready, last) in [
        (
            "ready within 1s http \"http://127.0.0.1:{{port}}/\"",
            "refused",
        ),
        (
            "ready within 1s output /never/",
            "it has not written /never/",
        ),
        (
            "ready within 1s $ echo not yet; exit 4",
            "`echo not yet; exit 4` exited with 4: not yet",
        ),
    ] {
        let project = gate(&format!(
            "    service web {{\n      $ exec sleep 1000\n      {ready}\n    }}\n    $ true"
        ));
        let answer = tried(&project, 3);
        assert!(answer.text().contains(last), "{ready}: {}", answer.text());
        assert_eq!(of(&answer.events(), "service.stopped").len(), 1);
    }
}

#[test]
fn a_port_that_is_taken_blocks_and_its_holder_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let project = gate(
        "    service web {\n      $ touch .git/started; exec perl server.pl {{port}}\n      ready port port\n    }\n    $ true",
    );
    let set = format!("port={port}");
    let answer = project
        .gate(&["try", "--set", &set, "--format", "json"])
        .exits(3);
    assert_eq!(answer.codes(), ["B112 plan.gate:6:7"]);
    let pid = format!("(pid {})", std::process::id());
    assert!(told(&answer).contains(&pid), "{}", answer.text());
    assert!(!project.path().join(".git/started").exists());
}

#[test]
fn a_port_that_another_process_took_does_not_make_it_ready() {
    let project = gate(
        "    service thief {\n      $ exec perl server.pl {{port}}\n      ready output /listening/\n    }\n    service web {\n      $ exec sleep 1000\n      ready port port\n    }\n    $ true",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.codes(), ["B112 plan.gate:10:7"]);
    assert!(
        told(&answer).contains("taken by `perl` (pid "),
        "{}",
        answer.text()
    );
}

#[test]
fn one_that_ends_while_its_gate_runs_ends_the_gate_and_blocks_it() {
    let project = gate(
        "    service web {\n      $ echo up; until test -e .git/go; do sleep 0.01; done; echo crash; kill -SEGV $$\n      ready output /up/\n    }\n    retry 0\n    $ touch .git/go; sleep 1000",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.codes(), ["B111 plan.gate:4:13"]);
    assert!(
        told(&answer).starts_with("service `web` ended while it was needed: it died of SIGSEGV")
    );
    assert!(told(&answer).ends_with("up\n  crash"), "{}", told(&answer));
}

#[test]
fn a_red_that_came_of_a_dying_service_is_no_red() {
    let project = gate(
        "    service web {\n      $ echo $$ > .git/pid; echo up; until test -e .git/go; do sleep 0.01; done\n      ready output /up/\n    }\n    $ touch .git/go; while kill -0 $(cat .git/pid) 2>/dev/null; do sleep 0.01; done; false",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.verdicts(), ["g blocked"]);
}

#[test]
fn the_whole_tree_is_asked_with_its_signal_and_killed_when_it_does_not_hear() {
    let project = gate(
        "    service polite {\n      $ trap 'echo bye > .git/bye; exit 0' INT; echo up; while :; do sleep 0.01 || :; done\n      ready output /up/\n      stop SIGINT within 10s\n    }\n    service deaf {\n      $ trap '' TERM; echo $$ > .git/deaf; setsid sh -c 'trap \"\" TERM; echo $$ > .git/deeper; while :; do sleep 1; done' & echo up; while :; do sleep 1; done\n      ready output /up/\n      stop SIGTERM within 100ms\n    }\n    $ until test -s .git/deeper; do sleep 0.01; done",
    );
    tried(&project, 0);
    assert_eq!(project.read(".git/bye"), "bye\n");
    assert!(!lives(&project, ".git/deaf"));
    assert!(!lives(&project, ".git/deeper"));
}

#[test]
fn what_needs_another_starts_after_it_and_stops_before_it() {
    let service = |name: &str, needs: &str| {
        format!(
            "    service {name} {{\n      {needs}\n      $ trap 'echo {name} down >> .git/log; exit 0' TERM; echo {name} up >> .git/log; echo ready; while :; do sleep 0.01 || :; done\n      ready output /ready/\n    }}\n"
        )
    };
    let project = gate(&format!(
        "{}{}{}    $ true",
        service("web", "needs api"),
        service("db", ""),
        service("api", "needs db"),
    ));
    tried(&project, 0);
    assert_eq!(
        project.read(".git/log"),
        "db up\napi up\nweb up\nweb down\napi down\ndb down\n"
    );
}

#[test]
fn a_phases_service_is_one_for_all_its_gates() {
    let project = project(
        "param port: int = free-port()\nphase p \"P\" {\n  in \"sub\"\n  env WHO = \"phase\"\n  service web {\n    env PORT = port\n    $ echo \"$WHO $GATE_PHASE ${GATE_NAME-none} $(basename $PWD)\" >> ../.git/starts; exec perl ../server.pl $PORT\n    ready port port\n  }\n  for name in [\"a\", \"b\", \"c\"] {\n    gate \"{{name}}\" {\n      $ test $(wc -l < ../.git/starts) -eq 1\n    }\n  }\n}\n",
    );
    project.stage("sub/x", "");
    let answer = tried(&project, 0);
    assert_eq!(answer.verdicts(), ["a pass", "b pass", "c pass"]);
    assert_eq!(project.read(".git/starts"), "phase p none sub\n");
    let events = answer.events();
    assert_eq!(of(&events, "service.started")[0]["gate"], Json::Null);
    assert_eq!(of(&events, "service.stopped").len(), 1);
}

#[test]
fn a_phases_service_that_does_not_come_up_blocks_all_its_gates_and_is_told_once() {
    let project = project(
        "phase p \"P\" {\n  service web {\n    $ exit 1\n    ready output /up/\n  }\n  gate a $ touch .git/judged\n  gate b $ touch .git/judged\n}\n",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.verdicts(), ["a blocked", "b blocked"]);
    assert_eq!(answer.codes(), ["B111 plan.gate:2:11"]);
    assert!(!project.path().join(".git/judged").exists());
}

#[test]
fn a_phases_service_that_ends_blocks_the_gates_that_run_and_those_to_come() {
    let project = project(
        "phase p \"P\" {\n  service web {\n    $ echo up; until test -e .git/go; do sleep 0.01; done\n    ready output /up/\n  }\n  gate before $ true\n  gate during {\n    needs before\n    $ touch .git/go; sleep 1000\n  }\n  gate after $ true\n}\n",
    );
    let answer = project
        .gate(&["try", "--jobs", "1", "--format", "json"])
        .exits(3);
    assert_eq!(
        answer.verdicts(),
        ["after blocked", "before pass", "during blocked"]
    );
    assert_eq!(answer.codes(), ["B111 plan.gate:2:11"]);
}

#[test]
fn each_attempt_has_services_of_its_own() {
    let project = gate(
        "    retry 1\n    service web {\n      $ echo x >> .git/starts; exec perl server.pl {{port}}\n      ready port port\n    }\n    $ test $(wc -l < .git/starts) -eq 2",
    );
    let answer = tried(&project, 0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
}

#[test]
fn a_service_lives_through_a_hold_and_its_end_ends_that() {
    let project = gate(
        "    hold 1h every 1h\n    service web {\n      $ echo up; until test -e .git/go; do sleep 0.01; done\n      ready output /up/\n    }\n    $ touch .git/go",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.codes(), ["B111 plan.gate:5:13"]);
}

#[test]
fn a_checks_service_lives_for_its_own_steps() {
    let project = project(
        "check up(word: string) {\n  service web {\n    $ echo $$ > .git/pid; echo {{word}}; exec sleep 1000\n    ready output /hello/\n  }\n  $ kill -0 $(cat .git/pid)\n}\nphase p \"P\" {\n  gate g {\n    let word = \"hel\" + \"lo\"\n    check up(word)\n    $ ! kill -0 $(cat .git/pid) 2>/dev/null\n  }\n}\n",
    );
    tried(&project, 0);
}

#[test]
fn two_that_want_one_port_take_turns_and_earlier_phases_have_theirs_again() {
    let project = project(
        "param port: int = free-port()\nevery phase {\n  regress all\n  service web {\n    $ exec perl server.pl {{port}}\n    ready port port\n  }\n}\nphase a \"A\" {\n  gate a1 $ true\n  gate a2 $ true\n}\nphase b \"B\" {\n  gate b1 $ true\n  gate b2 $ true\n}\n",
    );
    project.gate(&["run"]).exits(0);
    let answer = project
        .gate(&["run", "--jobs", "4", "--format", "json"])
        .exits(0);
    let events = answer.events();
    let phases: Vec<&Json> = of(&events, "service.started")
        .iter()
        .map(|event| &event["phase"])
        .collect();
    assert_eq!(phases.len(), 2, "{phases:?}");

    let service = "    service web {\n      $ exec perl server.pl {{port}}\n      ready http \"http://localhost:{{port}}/\"\n    }\n    $ true\n";
    let gates: String = ["a", "b", "c"]
        .map(|name| format!("  gate {name} {{\n{service}  }}\n"))
        .concat();
    let project = project_of(&gates);
    project.gate(&["try", "--jobs", "4"]).exits(0);
}

fn project_of(gates: &str) -> Project {
    project(&format!(
        "param port: int = free-port()\nphase p \"P\" {{\n{gates}}}\n"
    ))
}

#[test]
fn a_free_port_is_one_for_all_who_name_it_and_no_other_has_it() {
    let project = Project::with_plan(
        "param port: int = free-port()\nlet other = free-port()\nphase p \"P\" {\n  gate a $ echo {{port}} {{other}} > .git/a\n  gate b {\n    let mine = free-port()\n    $ echo {{port}} {{other}} > .git/b; echo {{mine}} > .git/mine\n  }\n  commit feat \"on {{port}}\"\n}\n",
    );
    project.stage("x", "");
    project.gate(&["run"]).exits(0);
    let a = project.read(".git/a");
    assert_eq!(a, project.read(".git/b"));
    let mut ports: Vec<u16> = a
        .split_whitespace()
        .map(|port| port.parse().unwrap())
        .collect();
    assert_eq!(project.subjects()[0], format!("feat(p): on {}", ports[0]));
    ports.push(project.read(".git/mine").trim().parse().unwrap());
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 3);
    project.gate(&["try", "--set", "port=80"]).exits(0);
    assert!(project.read(".git/a").starts_with("80 "));
}

#[test]
fn an_interrupt_leaves_no_service_behind() {
    for starting in [true, false] {
        let ready = if starting { "never" } else { "up" };
        let project = gate(&format!(
            "    service web {{\n      $ echo $$ > .git/pid; echo up; while :; do sleep 0.01; done\n      ready output /{ready}/\n    }}\n    $ echo judging; sleep 1000"
        ));
        let mut child = project
            .gate_command()
            .args(["try", "--format", "json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = if starting {
            "service.started"
        } else {
            "service.ready"
        };
        assert!(lines.by_ref().any(|line| line.unwrap().contains(wanted)));
        while starting && !project.path().join(".git/pid").exists() {
            std::thread::yield_now();
        }
        let pid = child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        lines.for_each(drop);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(!lives(&project, ".git/pid"));
    }
}

#[test]
fn services_that_wait_for_each_other_and_ports_that_are_none_are_found_when_loading() {
    let codes = |body: &str| {
        let project = gate(body);
        project.gate(&["check", "--format", "json"]).codes()
    };
    assert_eq!(
        codes(
            "    service a {\n      needs b\n      $ x\n      ready port 70000\n    }\n    service b {\n      needs a\n      $ x\n      ready port 1\n    }\n    $ true"
        ),
        ["E0301 plan.gate:4:13", "E0228 plan.gate:7:18"]
    );
    assert_eq!(
        codes("    service a {\n      needs a\n      $ x\n      ready port 1\n    }\n    $ true"),
        ["E0301 plan.gate:4:13"]
    );
}

#[test]
fn one_that_ends_in_the_first_attempt_is_there_again_in_the_second() {
    let project = gate(
        "    retry 1\n    service web {\n      $ echo x >> .git/starts; echo up; test $(wc -l < .git/starts) -eq 2 || exit 3; exec sleep 1000\n      ready output /up/\n    }\n    $ test $(wc -l < .git/starts) -eq 2 || sleep 1000",
    );
    let answer = tried(&project, 0);
    assert_eq!(answer.verdicts(), ["g flaky"]);
    let events = answer.events();
    assert_eq!(of(&events, "gate.attempt")[0]["code"], "B111");
    let exits: Vec<&Json> = of(&events, "service.stopped")
        .iter()
        .map(|event| &event["exit"])
        .collect();
    assert_eq!(exits, [&Json::from(3), &Json::Null]);
}

#[test]
fn one_that_ends_while_another_is_not_ready_yet_is_the_one_to_blame() {
    let project = gate(
        "    service quick {\n      $ echo up; until test -e .git/go; do sleep 0.01; done; exit 9\n      ready output /up/\n    }\n    service slow {\n      $ touch .git/go; exec sleep 1000\n      ready output /never/\n    }\n    $ true",
    );
    let answer = tried(&project, 3);
    assert_eq!(answer.verdicts(), ["g blocked"]);
    assert!(told(&answer).contains("`quick`"), "{}", answer.text());
}

#[test]
fn a_gate_that_is_left_out_starts_no_service() {
    let project = project(
        "phase p \"P\" {\n  service web {\n    $ touch .git/started; exit 1\n    ready output /up/\n  }\n  gate a {\n    when false\n    $ true\n  }\n}\n",
    );
    let answer = tried(&project, 0);
    assert_eq!(answer.verdicts(), ["a skipped"]);
    assert!(!project.path().join(".git/started").exists());
}

#[test]
fn show_tells_of_services_and_time() {
    let project = gate(
        "    retry 2 every 5s\n    hold 10m every 1m\n    service web {\n      needs db\n      $ ./web\n      ready http \"http://localhost:80\" within 5s\n      stop SIGINT\n    }\n    service db {\n      $ ./db\n      ready port 5432\n    }\n    $ true",
    );
    let shown = project.gate(&["show"]).exits(0).stdout;
    let gate = shown.find("gate ").map(|at| &shown[at..]).unwrap();
    insta::assert_snapshot!(gate, @r"
    gate     g  plan.gate:3:8
          retry 2 every 5s
          hold 10m every 1m
          service  web
              $ ./web
              ready within 5s http http://localhost:80
              stop SIGINT within 5s
              needs db
          service  db
              $ ./db
              ready within 30s port 5432
              stop SIGTERM within 5s
          $ true
    ");
}
