//! The plan under lock: a run stops at what was changed, and goes on when a person said so.

use serde_json::Value;

use crate::project::Project;
use crate::terminal::{at_terminal, typed};

const PLAN: &str = r#"phase words "Words" {
  gate there $ test -f words
  gate many {
    $ wc -l < words
    expect stdout.int() > 2
  }
  tag "words-done"
}

phase names "Names" {
  gate names $ test -f names
  tag "names-done"
}
"#;

/// A repository whose first phase opened, and is red.
fn opened() -> Project {
    let project = Project::with_plan(PLAN);
    project.stage("words", "one\n");
    project.gate(&["run"]).exits(1);
    project
}

fn changed(project: &Project, from: &str, to: &str) {
    let plan = project.read("plan.gate");
    assert!(plan.contains(from), "{plan}");
    project.stage("plan.gate", plan.replace(from, to));
}

fn entry(project: &Project) -> Value {
    let text = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    serde_json::from_str(&text).unwrap()
}

fn events(project: &Project) -> Vec<String> {
    let log = project.git(&["log", "--reverse", "--format=%s", "refs/gate/ledger/plan"]);
    log.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_stops_at_a_gate_that_was_weakened_and_shows_both_places() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    let before = project.belongings();
    let answer = project.gate(&["run"]).exits(1);
    insta::assert_snapshot!(answer.stdout, @r#"
    plan.gate

    error[R501]: the gate `many` of phase `words` was changed
      ╭─[ plan.gate:3:8 ]
      │
    3 │   gate many {
      │        ────
      │
      ├─[ plan.gate (on record):3:8 ]
      │
    3 │   gate many {
      │        ──┬─
      │          ╰─── on record
      │
      = note:  $ wc -l < words
          -expect stdout.int() > 2
          ?                      ^
          +expect stdout.int() > 0
          ?                      ^
      = help: take it back, or have a person amend the plan: `gate amend --reason "…"`
    "#);
    let json = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(json.codes(), ["R501 plan.gate:3:8"]);
    assert!(json.verdicts().is_empty(), "nothing was judged");
    assert!(project.tags().is_empty());
    assert_eq!(project.belongings(), before);
    // Taken back, it goes on where it was.
    changed(&project, "> 0", "> 2");
    project.gate(&["run"]).exits(1);
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
}

#[test]
fn what_only_adds_is_judged_at_once_and_then_under_lock() {
    let project = opened();
    changed(
        &project,
        "  tag \"words-done\"",
        "  gate short $ test $(wc -c < words) -lt 99\n  tag \"words-done\"",
    );
    project.stage("words", "one\ntwo\nthree\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["many pass", "short pass", "there pass"]);
    // It was judged by it, so it stays.
    changed(&project, "-lt 99", "-lt 999");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:7:8"]);
}

#[test]
fn a_phase_that_is_not_open_is_free() {
    let project = opened();
    changed(&project, "gate names $ test -f names", "gate other $ true");
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
    changed(&project, "gate other $ true", "gate names $ test -f names");
    project.gate(&["run"]).exits(1);
    changed(&project, "gate names $ test -f names", "gate other $ true");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R502 plan.gate:10:7"]);
}

#[test]
fn a_sealed_phase_stays_under_lock_without_its_ledger() {
    let project = opened();
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
    project.git(&["update-ref", "-d", "refs/gate/ledger/plan"]);
    changed(&project, "> 2", "> 0");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:3:8"]);
}

#[test]
fn another_branch_may_hold_another_plan_of_the_same_name() {
    let project = opened();
    project.git(&["reset", "--quiet", "--hard"]);
    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.stage(
        "plan.gate",
        "phase start \"Start\" {\n  gate g $ true\n  tag \"start-done\"\n}\n",
    );
    project.gate(&["run"]).exits(0);
    project.git(&["checkout", "--quiet", "main"]);
    project.stage("words", "one\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R103 plan.gate:5:12"]);
    // Of the same phase, a branch takes the plan with it.
    project.git(&["checkout", "--quiet", "-b", "third"]);
    changed(&project, "> 2", "> 0");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:3:8"]);
}

#[test]
fn a_default_is_under_lock_also_where_a_value_is_given() {
    let project = Project::with_plan(
        "param least: int = 3\nphase p \"P\" {\n  gate g {\n    $ wc -l < words\n    expect stdout.int() >= least\n  }\n}\n",
    );
    project.stage("words", "one\n");
    project.gate(&["run"]).exits(1);
    project.gate(&["run", "--set", "least=2"]).exits(1);
    changed(&project, "int = 3", "int = 1");
    let answer = project
        .gate(&["run", "--set", "least=2", "--format", "json"])
        .exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:3:8"]);
    // A param that is new has no value on record.
    changed(&project, "int = 1", "int = 3\nparam more: int = 1");
    project.gate(&["run", "--set", "more=2"]).exits(1);
}

#[test]
fn try_goes_on_and_status_tells() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    let refs = project.git(&["for-each-ref"]);
    let answer = project.gate(&["try"]).exits(0);
    assert!(
        answer
            .stdout
            .contains("the gate `many` of phase `words` was changed, and the plan is not amended"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.git(&["for-each-ref"]), refs);
    insta::assert_snapshot!(project.gate(&["status"]).exits(0).stdout, @r"
    plan.gate

      ✗ 1 words  red     Words
      · 2 names  locked  Names

      amend   the gate `many` of phase `words` was changed
      next    take it back, or: gate amend plan.gate
    ");
    let status: Value =
        serde_json::from_str(&project.gate(&["status", "--json"]).exits(0).stdout).unwrap();
    insta::assert_snapshot!(status["amendments"].to_string(), @r#"[{"code":"R501","difference":" $ wc -l < words\n-expect stdout.int() > 2\n?                      ^\n+expect stdout.int() > 0\n?                      ^","items":["the gate `many`"],"message":"the gate `many` of phase `words` was changed","parts":["steps"],"phases":["words"]}]"#);
}

#[test]
fn a_person_amends_the_plan_and_the_ledger_keeps_it() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    let answer = at_terminal(
        &project,
        &["amend", "--reason", "one word is enough"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    assert!(
        answer
            .stderr
            .contains("the gate `many` of phase `words` was changed"),
        "{}",
        answer.stderr
    );
    assert!(
        answer.stdout.starts_with("amended, on the record as "),
        "{}",
        answer.stdout
    );

    let entry = entry(&project);
    let said = &entry["predicate"];
    assert_eq!(said["event"], "amended");
    assert_eq!(said["phase"], "words");
    assert_eq!(said["who"]["email"], "ada@example.com");
    assert_eq!(said["assurance"], "terminal");
    assert_eq!(said["reason"], "one word is enough");
    assert_eq!(said["changes"][0]["code"], "R501");
    assert_ne!(
        said["before"][0]["digest"],
        said["configuration"][0]["digest"]
    );
    assert_eq!(
        project.git(&["show", "refs/gate/ledger/plan:plan/plan.gate"]),
        project.read("plan.gate").trim_end()
    );
    insta::assert_snapshot!(
        project.git(&["show", "refs/gate/ledger/plan:difference.patch"]), @r#"
    --- a/plan.gate
    +++ b/plan.gate
    @@ -2,7 +2,7 @@
       gate there $ test -f words
       gate many {
         $ wc -l < words
    -    expect stdout.int() > 2
    +    expect stdout.int() > 0
       }
       tag "words-done"
     }
    "#);

    project.gate(&["run"]).exits(0);
    assert_eq!(project.tags(), ["words-done"]);
    project.gate(&["amend"]).exits(0);
}

#[test]
fn what_is_not_confirmed_is_not_amended() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    let recorded = events(&project);
    for dialogue in [
        &[("Reason", "")][..],
        &[("Reason", "why not"), ("Type `yes`:", "y")],
        &[("Reason", "why not"), ("Type `yes`:", "")],
    ] {
        let answer = at_terminal(&project, &["amend"], dialogue).exits(1);
        assert_eq!(answer.stdout, "not amended\n");
    }
    assert_eq!(events(&project), recorded);
    project.gate(&["run"]).exits(1);
}

#[test]
fn at_a_terminal_a_run_offers_it_there_and_then() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    at_terminal(&project, &["run"], &[("Reason", "")]).exits(1);
    assert!(project.tags().is_empty());
    at_terminal(
        &project,
        &["run"],
        &[("Reason", "one is enough"), ("Type `yes`:", "yes")],
    )
    .exits(0);
    assert_eq!(project.tags(), ["words-done"]);
    // Where a program reads, nothing is asked.
    changed(&project, "> 0", "> 1");
    at_terminal(&project, &["run", "--format", "json"], &[]).exits(1);
}

#[test]
fn no_one_but_a_person_at_a_terminal_can() {
    let project = opened();
    changed(&project, "> 2", "> 0");
    let recorded = events(&project);
    let amend = ["amend", "--reason", "so"];
    let without = |name: &str| project.gate_with(&amend, &[(name, "1")]).exits(2).stderr;
    assert!(without("CLAUDECODE").contains("error[E0440]"));
    assert!(without("CURSOR_AGENT").contains("`CURSOR_AGENT` is set"));
    let mut command = project.gate_command();
    command.args(amend).env("AI_AGENT", "robot");
    let answer = typed(command, &[]).exits(2);
    assert!(answer.stderr.contains("E0440"), "{}", answer.stderr);
    assert_eq!(events(&project), recorded);
}

#[test]
fn amend_by_is_that_of_the_plan_on_record() {
    let project = Project::with_plan(&format!(
        "plan \"P\" {{\n  amend by \"bob@example.com\"\n}}\n{PLAN}"
    ));
    project.stage("words", "one\n");
    project.gate(&["run"]).exits(1);
    // Whoever writes their own name into it is not in it yet.
    changed(&project, "bob@example.com", "ada@example.com");
    let answer = at_terminal(&project, &["amend", "--reason", "mine"], &[]).exits(2);
    insta::assert_snapshot!(answer.stderr, @r#"
    error[E0442]: `ada@example.com` is none of those who may amend this plan
      ╭─[ plan.gate:2:12 ]
      │
    2 │   amend by "bob@example.com"
      │            ────────┬────────
      │                    ╰────────── as the plan on record has it
      │
      = help: ask one of them: `bob@example.com`
    "#);
    at_terminal(&project, &["run"], &[]).exits(1);
    project.git(&["config", "user.email", "Bob@Example.com"]);
    at_terminal(
        &project,
        &["amend", "--reason", "hers"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    project.git(&["config", "user.email", "ada@example.com"]);
    changed(&project, "> 2", "> 0");
    at_terminal(
        &project,
        &["amend", "--reason", "now"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
}

fn sealed() -> Project {
    let project = opened();
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
    project.stage("names", "ada\n");
    project.gate(&["run"]).exits(0);
    project
}

fn states(project: &Project) -> Vec<String> {
    let status = project.gate(&["status", "--json"]).exits(0).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let phases = status["phases"].as_array().unwrap();
    phases
        .iter()
        .map(|phase| phase["state"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_phase_is_reopened_with_those_after_it_and_sealed_anew() {
    let project = sealed();
    let old = project.git(&["rev-parse", "words-done"]);
    assert_eq!(states(&project), ["sealed", "sealed"]);
    let answer = at_terminal(
        &project,
        &["amend", "--reopen", "words", "--reason", "a word is wrong"],
        &[("Unseal `words`, `names`? Type `yes`:", "yes")],
    )
    .exits(0);
    insta::assert_snapshot!(answer.stdout, @r"
    unsealed `words`, `names`
    the tag `words-done` stays; the next seal of `words` moves it
    the tag `names-done` stays; the next seal of `names` moves it
    ");
    assert_eq!(states(&project), ["open", "locked"]);
    assert_eq!(project.git(&["rev-parse", "words-done"]), old);
    let entry = entry(&project);
    assert_eq!(
        entry["predicate"]["reopened"][0]["tagObject"],
        Value::from(old.clone())
    );
    let kept = project.git(&["show", "refs/gate/ledger/plan:tags/words-done"]);
    assert_eq!(kept, project.git(&["cat-file", "tag", "words-done"]));

    // Its gates are under lock again as soon as it opens, and it is sealed anew.
    project.stage("words", "one\n");
    project.gate(&["run"]).exits(1);
    project.stage("words", "one\nzwei\nthree\n");
    project.gate(&["run"]).exits(0);
    assert_eq!(states(&project), ["sealed", "open"]);
    let new = project.git(&["rev-parse", "words-done"]);
    assert_ne!(new, old);
    assert_eq!(
        project.git(&["rev-parse", "words-done^{commit}"]),
        project.git(&["rev-parse", "HEAD"])
    );
    project.gate(&["run"]).exits(0);
    assert_eq!(states(&project), ["sealed", "sealed"]);
}

#[test]
fn a_tag_that_somebody_else_put_in_the_place_of_the_old_one_stays() {
    let project = sealed();
    at_terminal(
        &project,
        &["amend", "--reopen", "names", "--reason", "why"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    project.git(&[
        "tag",
        "--force",
        "--annotate",
        "--message",
        "mine",
        "names-done",
    ]);
    project.stage("names", "bob\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(2);
    assert_eq!(answer.codes(), ["E0404 plan.gate:12:7"]);
}

#[test]
fn only_what_is_sealed_can_be_reopened() {
    let project = opened();
    let codes = |args: &[&str]| project.gate(args).exits(2).stderr;
    insta::assert_snapshot!(codes(&["amend", "--reopen", "words", "--reason", "x"]), @r#"
    error[E0443]: phase `words` is not sealed: there is nothing to reopen
      ╭─[ plan.gate:1:7 ]
      │
    1 │ phase words "Words" {
      │       ─────
      │
      = help: `gate status` shows which are
    "#);
    insta::assert_snapshot!(codes(&["amend", "--reopen", "wrods", "--reason", "x"]), @r"
    error[E0402]: `plan.gate` has no phase `wrods`
      = help: did you mean `words`?
    ");
    let project = sealed();
    let answer = project
        .gate(&["amend", "--reopen", "words", "--reason", "x"])
        .exits(2);
    insta::assert_snapshot!(answer.stderr, @r#"
    error[E0441]: reopening a phase needs a person at a terminal
      = help: in a terminal: `gate amend --reopen words --reason "…"`
    "#);
}

#[test]
fn phases_under_lock_keep_their_order() {
    let project = sealed();
    let plan = project.read("plan.gate");
    project.stage(
        "plan.gate",
        format!("phase zero \"Zero\" {{\n  gate g $ true\n}}\n\n{plan}"),
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R504 plan.gate:1:7"]);
    project.stage(
        "plan.gate",
        format!("{plan}\nphase more \"More\" {{\n  gate g $ true\n  tag \"more\"\n}}\n"),
    );
    project.gate(&["run"]).exits(0);
}

#[test]
fn a_reset_takes_the_lock_of_what_it_undoes_with_it() {
    let project = sealed();
    project.git(&["tag", "--delete", "words-done", "names-done"]);
    project.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    assert_eq!(states(&project), ["open", "locked"]);
    changed(&project, "gate names $ test -f names", "gate other $ true");
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
}

#[test]
fn what_was_added_is_under_lock_once_a_run_has_judged_by_it() {
    let project = opened();
    changed(
        &project,
        "  tag \"words-done\"",
        "  gate short $ test $(wc -c < words) -lt 2\n  tag \"words-done\"",
    );
    // It can be tried, and thought better of, as often as need be.
    project.gate(&["try"]).exits(1);
    changed(&project, "-lt 2", "-lt 3");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.verdicts(), ["many fail", "short fail", "there pass"]);
    changed(&project, "-lt 3", "-lt 99");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R501 plan.gate:7:8"]);
}

#[test]
fn verify_finds_a_change_that_nobody_amended() {
    let project = opened();
    project.stage("words", "one\ntwo\nthree\n");
    project.gate(&["run"]).exits(0);
    project.gate(&["verify"]).exits(0);
    changed(&project, "> 2", "> 0");
    let found = project.gate(&["verify"]).exits(1);
    assert!(found.stderr.contains("error[R501]"), "{}", found.text());
    at_terminal(
        &project,
        &["amend", "--reason", "so"],
        &[("Type `yes`:", "yes")],
    )
    .exits(0);
    project.gate(&["verify"]).exits(0);
}

/// What a line for the shell prints.
fn sh(project: &Project, line: &str) -> String {
    let mut command = std::process::Command::new("sh");
    let output = command
        .args(["-c", line])
        .current_dir(project.path())
        .output();
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn verify_finds_a_record_that_was_made_to_fit() {
    let project = opened();
    // An entry by hand, as if the plan had been amended.
    let ledger = "refs/gate/ledger/plan";
    let weak = project.read("plan.gate").replace("> 2", "> 0");
    project.write(".git/weak", &weak);
    let blob = project.git(&["hash-object", "-w", ".git/weak"]);
    let plan = format!("040000 tree {}\tplan", {
        project.write(".git/line", format!("100644 blob {blob}\tplan.gate\n"));
        sh(&project, "git mktree < .git/line")
    });
    project.write(
        ".git/line",
        format!(
            "{}\n{plan}\n",
            project.git(&["ls-tree", ledger, "entry.json"])
        ),
    );
    let tree = sh(&project, "git mktree < .git/line");
    let title = project.git(&["log", "-1", "--format=%s", ledger]);
    let entry = project.git(&["commit-tree", &tree, "-p", ledger, "-m", &title]);
    project.git(&["update-ref", ledger, &entry]);
    project.stage("plan.gate", &weak);
    // The run has no other record to go by; the trail tells.
    project.gate(&["run"]).exits(0);
    let found = project.gate(&["verify"]).exits(1);
    assert!(
        found
            .stderr
            .contains("the gate `many` of phase `words` was changed")
            && found.stderr.contains("nobody amended the plan"),
        "{}",
        found.text()
    );
}

/// A phase with a list of tasks, which opened and is red.
fn with_tasks() -> Project {
    let project = Project::with_plan(
        "phase one \"One\" {\n  tasks \"t.md\" under \"One\"\n  tag \"one\"\n}\nphase two \"Two\" {\n  tasks \"t.md\" under \"Two\"\n}\n",
    );
    project.stage("t.md", TASKS);
    project.gate(&["run"]).exits(1);
    project
}

const TASKS: &str =
    "# One\n- [x] write `a`\n- [ ] test it,\n  twice\n- [ ] test it, twice\n\n# Two\n- [ ] ship\n";

#[test]
fn a_task_that_is_not_done_is_not_taken_off_its_list() {
    let project = with_tasks();
    let refs = project.git(&["for-each-ref"]);
    project.stage(
        "t.md",
        "# One\n- [x] write `a`\n- [x] test it, twice\n\n# Two\n- [ ] ship\n",
    );
    let answer = project.gate(&["run"]).exits(1);
    insta::assert_snapshot!(answer.stdout, @r#"
    plan.gate

    error[R502]: the task "test it, twice" of phase `one` was removed
      ╭─[ t.md:1:1 ]
      │
    1 │ # One
      │ ──┬──
      │   ╰──── here it is gone
      │
      ├─[ t.md (on record):5:3 ]
      │
    5 │ - [ ] test it, twice
      │   ─────────┬────────
      │            ╰────────── on record
      │
      = note: a task in other words is another task
      = help: take it back, or have a person amend the plan: `gate amend --reason "…"`
    "#);
    assert_eq!(project.git(&["for-each-ref"]), refs);
    // In other words it is another one; under another heading, too; and without its file.
    for list in [
        "# One\n- [x] write a\n- [x] test it, twice\n- [x] test it, once\n",
        "# One\n- [x] write a\n- [x] test it, twice\n# Two\n- [x] test it, twice\n",
        "# One\n- [x] write a\n- [x] test it, twice\n- test it, twice\n",
    ] {
        project.stage("t.md", list);
        let answer = project.gate(&["run", "--format", "json"]).exits(1);
        assert_eq!(answer.codes(), ["R502 t.md:1:1"], "{list}");
    }
    project.git(&["rm", "--quiet", "--force", "t.md"]);
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R502 plan.gate:2:3"; 2]);
    assert_eq!(project.git(&["for-each-ref"]), refs);
}

#[test]
fn what_is_ticked_moved_and_added_in_a_list_is_free() {
    let project = with_tasks();
    project.stage("t.md", "# Other\n\n# One: all\nwords\n1. [x] test   it, twice\n   - [x] test it, twice\n\n     with a note\n* [x] write *a*\n  * [ ] new\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R301 t.md:10:5"]);
    // What was added was judged, and is under lock now.
    project.stage("t.md", TASKS.replace("[ ]", "[x]"));
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R502 t.md:1:1"]);
    // A person may say that it goes.
    let args = ["amend", "--reason", "it was another's"];
    at_terminal(&project, &args, &[("Type `yes`:", "yes")]).exits(0);
    project.gate(&["run"]).exits(0);
    project.gate(&["verify"]).exits(0);
    // A sealed phase's stay, too; that of one that has not opened may be rewritten.
    project.stage(
        "t.md",
        "# One\n- [x] write a\n- [x] test it, twice\n# Two\n- [x] go\n",
    );
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert_eq!(answer.codes(), ["R502 t.md:1:1"]);
    let answer = project.gate(&["verify"]).exits(1);
    assert!(answer.text().contains("R502"), "{}", answer.text());
    project.stage("t.md", TASKS.replace("[ ]", "[x]").replace("ship", "go"));
    project.gate(&["run"]).exits(0);
}
