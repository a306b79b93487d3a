//! Manual checks: a run waits for a person, and takes their word.

pub mod signature;
mod void;

use serde_json::Value;

use crate::book::normal;
use crate::project::{Answer, Project};
use crate::terminal::{at_terminal, at_terminal_with};

const PLAN: &str = r#"param port: int = 9753

phase api "The API" {
  gate types $ true
  manual health "Health endpoint answers" {
    step     "Start the server"
    $ cat server/answer
    expected '{"status":"healthy"}'
    inputs   "server/**"
  }
  manual look "It looks right" {
    step "Open http://localhost:{{port}}/swagger in a browser"
    expected "Health, Ready and Metrics are listed"
  }
  tag "api-done"
}

phase site "The site" {
  gate links $ true
}
"#;

/// What is typed at a check.
const VERDICT: &str = "passed, failed or not-applicable?";
const NOTE: &str = "Note (nothing: none):";

fn project() -> Project {
    let project = Project::with_plan(PLAN);
    project.stage("server/answer", "fine\n");
    project
}

/// A phase `p` of one manual check `m`: these lines.
fn with_manual(lines: &str) -> Project {
    Project::with_plan(&format!(
        "phase p \"P\" {{\n  gate g $ true\n  manual m \"M\" {{\n    {lines}\n  }}\n  tag \"v1\"\n}}\n"
    ))
}

/// Signs off all that waits as passed, without a note.
#[track_caller]
fn sign(project: &Project, count: usize) -> Answer {
    at_terminal(
        project,
        &["sign"],
        &[(VERDICT, "p"), (NOTE, "")].repeat(count),
    )
    .exits(0)
}

fn entry(project: &Project) -> Value {
    let text = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    serde_json::from_str(&text).unwrap()
}

/// `EVENT PHASE` of the ledger, oldest first.
fn events(project: &Project) -> Vec<String> {
    let log = project.git(&["log", "--reverse", "--format=%s", "refs/gate/ledger/plan"]);
    log.lines().map(str::to_owned).collect()
}

/// `CHECK VERDICT: REASON` of each manual check of a run with `--format json`.
fn stand(answer: &Answer) -> Vec<String> {
    let events = answer.events();
    let finished = events.iter().filter(|e| e["type"] == "manual.finished");
    let told = finished.map(|event| {
        let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}", text("check"), text("verdict"), text("reason"))
    });
    told.collect()
}

#[test]
fn a_run_waits_with_the_checklist_and_the_command() {
    let project = project();
    let before = project.belongings();
    let head = project.git(&["rev-parse", "HEAD"]);
    let answer = project.gate(&["run"]).exits(4);
    insta::assert_snapshot!(normal(&answer.stdout), @r#"
    plan.gate

    phase 1/2 api The API
      tree ID, judged in place

      ✓ types passed TIME
      ? health waiting Health endpoint answers
      ? look waiting It looks right

    error[M101]: 2 manual checks are not signed off
       ╭─[ plan.gate:5:10 ]
       │
     5 │ manual health "Health endpoint answers" {
       │ ──────
       │
    11 │ manual look "It looks right" {
       │ ──┬─
       │ ╰─── nor this
       │
       = help: a person signs off, at a terminal: `gate sign plan.gate`

    WAITING api: 1 passed, 2 waiting · TIME
             nothing was committed; a person has to sign off what is left

    ## Phase 1 `api`: The API

    - [ ] **health**: Health endpoint answers
      - Start the server
      - `$ cat server/answer`
      - expected: {"status":"healthy"}
      - about `server/**`
    - [ ] **look**: It looks right
      - Open http://localhost:9753/swagger in a browser
      - expected: Health, Ready and Metrics are listed
      - about the whole tree

    A person signs off, at a terminal:

        gate sign plan.gate
    "#);
    assert!(project.tags().is_empty());
    assert_eq!(project.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(events(&project), ["opened api", "waiting api"]);
    assert_eq!(project.belongings(), before);

    // A program is told the same.
    let answer = project
        .gate(&["run", "--format", "json", "--set", "port=1"])
        .exits(4);
    assert_eq!(answer.codes(), ["M101 plan.gate:5:10"]);
    let events = answer.events();
    let of = |name: &str| events.iter().find(|event| event["type"] == name).unwrap();
    assert_eq!(of("phase.finished")["verdict"], "waiting");
    assert_eq!(of("phase.finished")["counts"]["waiting"], 2);
    let waiting = of("phase.waiting");
    assert_eq!(waiting["command"], "gate sign plan.gate --set 'port=1'");
    insta::assert_snapshot!(serde_json::to_string_pretty(&waiting["checks"][0]).unwrap(), @r#"
    {
      "by": [],
      "check": "health",
      "expires_ms": null,
      "inputs": [
        "server/**"
      ],
      "items": [
        {
          "step": "Start the server"
        },
        {
          "command": "cat server/answer"
        },
        {
          "expected": "{\"status\":\"healthy\"}"
        }
      ],
      "reason": null,
      "sign_off": null,
      "signed": false,
      "title": "Health endpoint answers",
      "verdict": "waiting"
    }
    "#);
    assert_eq!(of("run.finished")["exit"], 4);

    // And the log of a job has an annotation for each.
    let answer = project.gate(&["run", "--format", "github"]).exits(4);
    assert_eq!(
        answer.stdout.matches("title=M101::").count(),
        1,
        "{}",
        answer.stdout
    );
    assert!(
        answer.stdout.contains("- [ ] **look**"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_person_signs_off_and_the_run_takes_their_word() {
    let project = project();
    project.gate(&["run"]).exits(4);
    let answer = at_terminal(
        &project,
        &["sign"],
        &[
            (VERDICT, "run"),
            (VERDICT, "passed"),
            (NOTE, "as it should be"),
            (VERDICT, "n"),
            ("Why does it not apply:", ""),
            ("Why does it not apply:", "there is no browser yet"),
        ],
    )
    .exits(0);
    insta::assert_snapshot!(normal(&answer.stderr), @r#"
    phase 1/2 api The API
      tree ID, signed off by Ada <ada@example.com>

    1/2 health: Health endpoint answers
        step Start the server
        $ (1) cat server/answer
        expected {"status":"healthy"}
                    about `server/**`
    passed, failed or not-applicable? (p, f, n; `run`: run the command; nothing: leave it; `stop`) run
        | fine
        exit 0 after TIME
    passed, failed or not-applicable? (p, f, n; `run`: run the command; nothing: leave it; `stop`) passed
    Note (nothing: none): as it should be

    2/2 look: It looks right
        step Open http://localhost:9753/swagger in a browser
        expected Health, Ready and Metrics are listed
                    about the whole tree
    passed, failed or not-applicable? (p, f, n; nothing: leave it; `stop`) n
    Why does it not apply:
    It is for the record. Why does it not apply: there is no browser yet

    next: gate run plan.gate
    "#);
    insta::assert_snapshot!(normal(&answer.stdout), @"
    signed off `health` as passed, on the record as ID (terminal)
    signed off `look` as not-applicable, on the record as ID (terminal)
    ");
    let said = &entry(&project)["predicate"];
    assert_eq!(said["event"], "signed");
    assert_eq!(said["phase"], "api");
    assert_eq!(said["check"], "look");
    assert_eq!(said["verdict"], "not-applicable");
    assert_eq!(said["who"]["email"], "ada@example.com");
    assert_eq!(said["assurance"], "terminal");
    assert_eq!(said["note"], "there is no browser yet");
    let tree = project.git(&["write-tree"]);
    assert_eq!(said["inputs"], format!("tree {tree}"));
    insta::assert_snapshot!(said["text"].as_str().unwrap(), @"
    It looks right

    step      Open http://localhost:9753/swagger in a browser
    expected  Health, Ready and Metrics are listed

    about     the whole tree
    ");

    let answer = project.gate(&["run"]).exits(0);
    insta::assert_snapshot!(normal(&answer.stdout), @"
    plan.gate

    phase 1/2 api The API
      tree ID, judged in place

      ↷ look skipped there is no browser yet; signed off by Ada <ada@example.com> WHEN at a terminal
      ✓ health passed as it should be; signed off by Ada <ada@example.com> WHEN at a terminal
      ✓ types passed TIME

    GREEN api: 1 passed, 2 signed off · TIME
    SEALED api: commit ID on main
             chore(api): The API
             tag api-done
             next: phase 2/2 site
    ");
    insta::assert_snapshot!(
        normal(&project.git(&["for-each-ref", "--format=%(contents)", "refs/tags/api-done"])), @"
    Phase 1: The API

    types pass
    health pass signed off by Ada <ada@example.com> WHEN at a terminal: as it should be
    look skipped signed off by Ada <ada@example.com> WHEN at a terminal: there is no browser yet

    Gate-Phase: api
    Gate-Tree: ID
    Gate-Plan: ID
    Gate-Evidence: ID
    ");
    let gates = entry(&project)["predicate"]["gates"].clone();
    let sign_offs: Vec<String> = gates
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| format!("{}: {}", gate["name"], gate["sign_off"]["verdict"]))
        .collect();
    assert_eq!(
        sign_offs,
        [
            "\"types\": null",
            "\"health\": \"passed\"",
            "\"look\": \"not-applicable\""
        ]
    );
    insta::assert_snapshot!(normal(&project.gate(&["log"]).exits(0).stdout), @"
    plan.gate

    sealed api WHEN Ada <ada@example.com> ID
      commit ID, tag api-done
      gates 2 pass, 1 skipped, TIME of work

    signed api WHEN Ada <ada@example.com> ID
      check look: not-applicable (terminal)
      note there is no browser yet

    signed api WHEN Ada <ada@example.com> ID
      check health: passed (terminal)
      note as it should be

    waiting api WHEN Ada <ada@example.com> ID
      gates 1 pass, 2 waiting, TIME of work
              health
              look

    opened api WHEN Ada <ada@example.com> ID
    ");
    project.gate(&["verify"]).exits(0);
}

#[test]
fn red_wins_over_blocked_and_blocked_over_waiting() {
    for (gate, exit) in [("false", 1), ("/no/such/program", 3), ("true", 4)] {
        let project = Project::with_plan(&format!(
            "phase p \"P\" {{\n  gate g $ {gate}\n  manual m \"M\" {{\n    step \"look\"\n  }}\n}}\n"
        ));
        let answer = project.gate(&["run", "--format", "json"]).exits(exit);
        assert_eq!(stand(&answer), ["m waiting: -"]);
        let lists = answer.events();
        let lists = lists
            .iter()
            .filter(|event| event["type"] == "phase.waiting");
        assert_eq!(lists.count(), usize::from(exit == 4));
    }
}

#[test]
fn a_try_waits_and_moves_nothing() {
    let project = project();
    let refs = project.git(&["for-each-ref"]);
    let answer = project.gate(&["try"]).exits(4);
    assert!(
        answer.stdout.contains("gate sign plan.gate"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.git(&["for-each-ref"]), refs);
    // A gate by its name is only that gate.
    project.gate(&["try", "types"]).exits(0);
    let answer = project.gate(&["try", "look"]).exits(2);
    assert!(
        answer.stdout.contains("`gate sign` asks for it"),
        "{}",
        answer.stdout
    );
    sign(&project, 2);
    project.gate(&["try"]).exits(0);
}

#[test]
fn all_goes_on_until_a_person_is_needed() {
    let project = Project::with_plan(
        "phase a \"A\" {\n  gate g $ true\n  tag \"a\"\n}\nphase b \"B\" {\n  manual m \"M\" {\n    step \"look\"\n  }\n  tag \"b\"\n}\nphase c \"C\" {\n  gate g $ true\n  tag \"c\"\n}\n",
    );
    project.gate(&["run", "--all"]).exits(4);
    assert_eq!(project.tags(), ["a"]);
    sign(&project, 1);
    project.gate(&["run", "--all"]).exits(0);
    assert_eq!(project.tags(), ["a", "b", "c"]);
}

#[test]
fn at_a_terminal_a_run_asks_then_and_there() {
    let project = project();
    let answer = at_terminal(
        &project,
        &["run"],
        &[(VERDICT, "p"), (NOTE, ""), (VERDICT, "p"), (NOTE, "")],
    )
    .exits(0);
    assert_eq!(project.tags(), ["api-done"], "{}", answer.text());
    // Left, it waits as it would anywhere.
    let project = self::project();
    at_terminal(
        &project,
        &["run"],
        &[(VERDICT, "p"), (NOTE, ""), (VERDICT, "")],
    )
    .exits(4);
    assert!(project.tags().is_empty());
    // Found red, it is red.
    let project = self::project();
    at_terminal(
        &project,
        &["run"],
        &[
            (VERDICT, "f"),
            ("What is wrong", "no answer"),
            (VERDICT, "p"),
            (NOTE, ""),
        ],
    )
    .exits(1);
}

#[test]
fn in_ci_a_run_asks_nobody_though_it_has_a_terminal() {
    let project = project();
    let answer = at_terminal_with(&project, &["run"], &[("CI", "true")], &[]).exits(4);
    assert!(!answer.stderr.contains(VERDICT), "{}", answer.stderr);
}

#[test]
fn what_a_person_found_red_is_red() {
    let project = project();
    project.gate(&["run"]).exits(4);
    at_terminal(
        &project,
        &["sign", "health", "--verdict", "failed"],
        &[("Type `yes`", "yes"), ("What is wrong", "it says `fine`")],
    )
    .exits(0);
    let answer = project.gate(&["run"]).exits(1);
    insta::assert_snapshot!(normal(&answer.stdout), @r#"
    plan.gate

    phase 1/2 api The API
      tree ID, judged in place

      ✓ types passed TIME
      ✗ health failed it says `fine`; signed off by Ada <ada@example.com> WHEN at a terminal
      ? look waiting It looks right

    error[M111]: the manual check `health` is red: Ada <ada@example.com> found that it does not hold
      ╭─[ plan.gate:5:10 ]
      │
    5 │ manual health "Health endpoint answers" {
      │ ───┬──
      │ ╰──── signed off by Ada <ada@example.com> WHEN at a terminal
      │
      = note: their note: it says `fine`
      = help: mend it and have it signed off again; a change of what it is about asks anew

    error[M101]: the manual check `look` is not signed off
       ╭─[ plan.gate:11:10 ]
       │
    11 │ manual look "It looks right" {
       │ ────
       │
       = help: a person signs off, at a terminal: `gate sign plan.gate`

    RED api: 1 manual check failed, 1 passed, 1 waiting · TIME
             nothing was committed; fix, `git add`, then `gate run plan.gate`
    "#);
    assert_eq!(events(&project).last().unwrap(), "red api");
    // The last word on the same thing counts.
    at_terminal(&project, &["sign", "health"], &[(VERDICT, "p"), (NOTE, "")]).exits(0);
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(stand(&answer), ["health pass: -", "look waiting: -"]);
}

#[test]
fn status_knows_what_waits() {
    let project = project();
    project.gate(&["run"]).exits(4);
    at_terminal(&project, &["sign", "health"], &[(VERDICT, "p"), (NOTE, "")]).exits(0);
    insta::assert_snapshot!(normal(&project.gate(&["status"]).exits(0).stdout), @"
    plan.gate

      ? 1 api waiting The API
      · 2 site locked The site

      manual health passed, signed off by Ada <ada@example.com> WHEN at a terminal
      manual look not signed off
      next gate sign plan.gate
    ");
    let status = |project: &Project| -> Value {
        serde_json::from_str(&project.gate(&["status", "--json"]).exits(0).stdout).unwrap()
    };
    let phase = &status(&project)["phases"][0];
    assert_eq!(phase["state"], "waiting");
    assert_eq!(phase["manual"][0]["verdict"], "pass");
    assert_eq!(phase["manual"][0]["sign_off"]["who"]["name"], "Ada");
    assert_eq!(phase["manual"][1]["verdict"], "waiting");
    sign(&project, 1);
    assert_eq!(status(&project)["phases"][0]["state"], "open");
    project.stage(
        "plan.gate",
        PLAN.replace("gate types $ true", "gate types $ true\n  gate red $ false"),
    );
    project.gate(&["run"]).exits(1);
    assert_eq!(status(&project)["phases"][0]["state"], "red");
    assert_eq!(status(&project)["phases"][1]["state"], "locked");
}

#[test]
fn show_tells_what_a_check_asks() {
    let project = Project::with_plan(
        "param port: int = 80\nphase p \"P\" {\n  manual m \"M\" {\n    step \"open {{port}}\"\n    $ curl localhost:{{port}}\n    expected \"up\"\n    inputs \"a/**\", \"b\"\n    expires 7d\n    by \"ada@example.com\"\n    signed\n  }\n}\n",
    );
    insta::assert_snapshot!(project.gate(&["show"]).exits(0).stdout, @"
    plan.gate
      shell    bash -euo pipefail -c
      timeout  10m

    phase 1 p  P  plan.gate:2:7
      manual   m  M  plan.gate:3:10
          inputs a/**, b
          expires 7d
          by ada@example.com
          signed
          step open 80
          $ curl localhost:80
          expected up
    ");
}

#[test]
fn nobody_but_a_person_at_a_terminal_signs() {
    let project = project();
    project.gate(&["run"]).exits(4);
    let refs = project.git(&["for-each-ref"]);
    let answer = project
        .gate(&["sign", "--verdict", "passed", "--note", "ok"])
        .exits(2);
    assert!(answer.stderr.contains("E0441"), "{}", answer.stderr);
    let answer = at_terminal_with(&project, &["sign"], &[("CLAUDECODE", "1")], &[]).exits(2);
    assert!(answer.stderr.contains("E0440"), "{}", answer.stderr);
    // There is no way to say yes beforehand.
    project.gate(&["sign", "--yes"]).exits(2);
    assert_eq!(project.git(&["for-each-ref"]), refs);
    // A run at an agent's terminal does not ask either.
    at_terminal_with(&project, &["run"], &[("CLAUDECODE", "1")], &[]).exits(4);
}

#[test]
fn what_cannot_be_signed_off_is_told() {
    let project = project();
    let told = |args: &[&str], exit: i32| {
        let args: Vec<&str> = ["sign"].iter().chain(args).copied().collect();
        project.gate(&args).exits(exit).text()
    };
    insta::assert_snapshot!(told(&["heath"], 2), @"
    error[E0445]: phase `api` has no manual check `heath`
      = help: did you mean `health`?
    ");
    insta::assert_snapshot!(told(&["--phase", "site"], 2), @r#"
    error[E0411]: phase `site` is locked: `api` comes before it
       ╭─[ plan.gate:18:7 ]
       │
    18 │ phase site "The site" {
       │       ────
       │
       = help: take `api` through its gate first
    "#);
    insta::assert_snapshot!(told(&["--phase", "sit"], 2), @"
    error[E0402]: `plan.gate` has no phase `sit`
      = help: did you mean `site`?
    ");
    sign(&project, 2);
    insta::assert_snapshot!(told(&[], 0), @"nothing of phase `api` waits to be signed off");
    project.gate(&["run", "--all"]).exits(0);
    insta::assert_snapshot!(told(&[], 0), @"all phases are sealed: there is nothing to sign off");
    insta::assert_snapshot!(told(&["--phase", "api"], 0), @"phase `api` is sealed already: there is nothing to sign off");
}

#[test]
fn what_is_not_staged_is_named_and_not_signed_off() {
    let project = project();
    project
        .write("server/answer", "another\n")
        .write("new", "1\n");
    let answer = at_terminal(
        &project,
        &["sign", "health"],
        &[(VERDICT, "run 1"), ("| fine", "p"), (NOTE, "")],
    )
    .exits(0);
    assert!(
        answer
            .stderr
            .contains("not part of it (unstaged or untracked): new, server/answer"),
        "{}",
        answer.stderr
    );
    assert_eq!(project.read("server/answer"), "another\n");
}

#[test]
fn a_check_may_be_called_as_another_part_is() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  scope { allow \"**\" }\n  manual scope \"Named as the scope is\" {\n    step \"look\"\n  }\n  tag \"v1\"\n}\n",
    );
    let args = ["sign", "scope", "--verdict", "passed", "--note", "seen"];
    at_terminal(&project, &args, &[("Type `yes`", "no")]).exits(4);
    at_terminal(
        &project,
        &args,
        &[("Type `yes`", "passed"), ("Type `yes`", "y")],
    )
    .exits(0);
    assert_eq!(entry(&project)["predicate"]["note"], "seen");
    project.gate(&["run"]).exits(0);
    project.gate(&["verify"]).exits(0);
}

#[test]
fn what_a_command_prints_is_harmless_and_holds_no_secret() {
    let project = Project::with_plan(
        "plan {\n  secret TOKEN\n  env GREETING = \"hello\"\n}\nphase p \"P\" {\n  manual m \"M\" {\n    step \"look at {{env(\"TOKEN\")}}\"\n    $ echo $GREETING $TOKEN; printf '\\033[2J%s\\n' gone\n    $ exit 3\n  }\n}\n",
    );
    let env = [("TOKEN", "hunter2hunter2")];
    let answer = at_terminal_with(
        &project,
        &["sign"],
        &env,
        &[
            (VERDICT, "run"),
            ("which?", "run 1"),
            ("exit 0", "run 2"),
            ("exit 3", "p"),
            (NOTE, "saw hunter2hunter2"),
        ],
    )
    .exits(0);
    assert!(answer.stderr.contains("| hello ***"), "{}", answer.stderr);
    assert!(answer.stderr.contains("| gone"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("\u{1b}[2J"), "{}", answer.stderr);
    let on_record = entry(&project).to_string();
    assert!(!on_record.contains("hunter2"), "{on_record}");
    // It counts where the secret is there, and the run does not say it.
    let answer = project.gate_with(&["run"], &env).exits(0);
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
}

#[test]
fn each_phase_has_its_own_and_a_for_names_them() {
    let project = Project::with_plan(
        "let pages = [\"home\", \"about\"]\nevery phase {\n  manual seen \"Seen in {{phase.name}}\" {\n    step \"look at phase {{phase.number}}\"\n    inputs \"plan.gate\"\n  }\n}\nphase a \"A\" {\n  for page in pages {\n    manual \"{{page}}-page\" \"The page {{page}}\" {\n      step \"open /{{page}}\"\n    }\n  }\n  tag \"a\"\n}\nphase b \"B\" {\n  gate g $ true\n  tag \"b\"\n}\n",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(
        stand(&answer),
        [
            "home-page waiting: -",
            "about-page waiting: -",
            "seen waiting: -"
        ]
    );
    sign(&project, 3);
    project.gate(&["run"]).exits(0);
    // The word on one phase is none on the next.
    let answer = project.gate(&["run"]).exits(4);
    assert!(
        answer.stdout.contains("look at phase 2"),
        "{}",
        answer.stdout
    );
    sign(&project, 1);
    project.gate(&["run"]).exits(0);
    project.gate(&["verify"]).exits(0);
}

#[test]
fn what_cannot_be_shown_is_blocked() {
    for (lines, code) in [
        ("step \"look\"\n    inputs \"none/**\"", "B104"),
        ("step \"look at {{env(\"NOT_SET\")}}\"", "B105"),
        ("step \"open {{free-port()}}\"", "B106"),
    ] {
        let project = with_manual(lines);
        let answer = project.gate(&["run", "--format", "json"]).exits(3);
        assert!(answer.codes()[0].starts_with(code), "{:?}", answer.codes());
        assert_eq!(events(&project).last().unwrap(), "blocked p");
        let answer = at_terminal(&project, &["sign"], &[]).exits(3);
        assert!(answer.stderr.contains(code), "{}", answer.stderr);
    }
    // A port of the plan's own is no better where others hang on it.
    let project = Project::with_plan(
        "param port: int = free-port()\nlet next = port + 1\nphase p \"P\" {\n  gate g $ test {{port}} -gt 0\n  manual m \"M\" {\n    step \"open {{next}}\"\n  }\n}\n",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(3);
    assert_eq!(answer.codes(), ["B106 plan.gate:1:19"]);
    project.gate(&["run", "--set", "port=80"]).exits(4);
}
