//! Earlier verdicts taken again: when, when not, and how it is said.

mod keys;

use std::fs;

use serde_json::Value;

use crate::project::{Answer, Project};

/// A gate that leaves a mark each time it is judged, where no tree sees it.
const COUNTED: &str = "phase p \"P\" {\n  gate g {\n    inputs \"in/**\"\n    $ echo . >> \"$HOME/marks\"\n    $ test -s in/file\n  }\n}\n";

/// A project in which git ignores the marks.
fn marked(plan: &str) -> Project {
    let project = Project::with_plan(plan);
    project.write(".git/info/exclude", "/marks*\n");
    project
}

fn counted() -> Project {
    let project = marked(COUNTED);
    project.stage("in/file", "one\n");
    project
}

/// How often a gate was judged.
fn count(project: &Project) -> usize {
    let marks = fs::read_to_string(project.path().join("marks")).unwrap_or_default();
    marks.lines().count()
}

fn verdicts(project: &Project, args: &[&str]) -> Vec<String> {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    project.gate(&args).verdicts()
}

/// `PHASE/GATE VERDICT` in the order of the events.
fn by_phase(answer: &Answer) -> Vec<String> {
    let mut all: Vec<String> = answer
        .events()
        .iter()
        .filter(|event| event["type"] == "gate.finished")
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            format!("{}/{} {}", text("phase"), text("gate"), text("verdict"))
        })
        .collect();
    all.sort();
    all
}

fn why(project: &Project, gate: &str) -> Value {
    let answer = project.gate(&["show", "--why", gate, "--json"]).exits(0);
    serde_json::from_str(&answer.stdout).unwrap()
}

/// The text with ids and times taken out.
fn shown(text: &str) -> String {
    let ids = regex::Regex::new(r"\b[0-9a-f]{7,64}\b").unwrap();
    let days = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC").unwrap();
    let times = regex::Regex::new(r"\b\d+(\.\d+)? m?s\b").unwrap();
    let text = ids.replace_all(text, "ID");
    let text = days.replace_all(&text, "DAY");
    times.replace_all(&text, "TIME").into_owned()
}

#[test]
fn try_takes_the_last_green_where_nothing_changed() {
    let project = counted();
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
    assert_eq!(verdicts(&project, &["try"]), ["g reused"]);
    // A file that is no input changes nothing.
    project.stage("other", "x\n");
    assert_eq!(verdicts(&project, &["try", "g"]), ["g reused"]);
    assert_eq!(count(&project), 1);
    project.stage("in/file", "two\n");
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
    // Back again: that green is still known.
    project.stage("in/file", "one\n");
    assert_eq!(verdicts(&project, &["try"]), ["g reused"]);
    assert_eq!(count(&project), 2);
    assert_eq!(verdicts(&project, &["try", "--fresh"]), ["g pass"]);
    assert_eq!(count(&project), 3);
}

#[test]
fn a_reused_verdict_says_where_it_is_from() {
    let project = counted();
    project.gate(&["try"]).exits(0);
    let tree = project.git(&["write-tree"]);
    project.stage("other", "x\n");
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    let events = answer.events();
    let finished = events
        .iter()
        .find(|event| event["type"] == "gate.finished")
        .unwrap();
    let origin = &finished["origin"];
    assert_eq!(origin["tree"], tree.as_str());
    assert_eq!(origin["phase"], "p");
    assert_eq!(origin["mode"], "try");
    assert_eq!(origin["this_run"], false);
    assert!(origin["at"].as_str().unwrap().ends_with('Z'));
    let answer = project.gate(&["try"]).exits(0);
    insta::assert_snapshot!(shown(&answer.stdout), @r#"
    plan.gate

    phase 1/1 p  P
      tree        ID, no gate has to run

      ≡ g           reused             judged DAY on ID

    GREEN    p: 1 reused · TIME
             nothing was committed (try)
    "#);
}

#[test]
fn a_try_that_runs_nothing_touches_nothing() {
    let project = counted();
    project.gate(&["try"]).exits(0);
    project.write("in/file", "unstaged\n");
    let (before, refs) = (project.belongings(), project.git(&["for-each-ref"]));
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["g reused"]);
    assert_eq!(project.belongings(), before);
    assert_eq!(project.git(&["for-each-ref"]), refs);
    assert!(!project.path().join(".git/gate/shadow").exists());
    let started = &answer.events()[1];
    assert_eq!(started["place"], "none");
    assert_eq!(started["not_judged"], serde_json::json!(["in/file"]));
}

#[test]
fn a_large_working_tree_is_not_looked_at_where_nothing_runs() {
    let plan = "phase p \"P\" {\n  gate g $ true\n}\n";
    let project = Project::with_plan(plan);
    for number in 0..5_000 {
        project.write(&format!("many/{}/{number}", number / 100), "x\n");
    }
    project.git(&["add", "--all"]);
    project.gate(&["try"]).exits(0);
    project.write("many/7/700", "not staged\n");
    project.write("plan.gate", format!("{plan}# not staged\n"));
    let answer = project.gate(&["try", "--format", "json"]).exits(0);
    assert_eq!(answer.verdicts(), ["g reused"]);
    let told: Vec<String> = answer
        .events()
        .iter()
        .filter_map(|event| Some(event["text"].as_str()?.to_owned()))
        .collect();
    assert_eq!(
        told,
        [
            "no gate has to be judged: what is not staged was not looked for, `git status` shows it",
            "unstaged edits of `plan.gate` are not used",
        ]
    );
    // With a gate to judge, all is looked at.
    let answer = project
        .gate(&["try", "--fresh", "--format", "json"])
        .exits(0);
    assert_eq!(
        answer.events()[2]["not_judged"],
        serde_json::json!(["many/7/700", "plan.gate"])
    );
}

#[test]
fn only_green_is_taken() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate red $ test -e \"$HOME/.git/good\"\n  gate blocked $ no-such-command\n  gate never {\n    inputs none\n    $ true\n  }\n}\n",
    );
    let first = ["blocked blocked", "never pass", "red fail"];
    assert_eq!(verdicts(&project, &["try"]), first);
    assert_eq!(verdicts(&project, &["try"]), first);
    project.write(".git/good", "");
    let second = ["blocked blocked", "never pass", "red pass"];
    assert_eq!(verdicts(&project, &["try"]), second);
    let third = ["blocked blocked", "never pass", "red reused"];
    assert_eq!(verdicts(&project, &["try"]), third);
    // A red on the very same key takes the green away.
    fs::remove_file(project.path().join(".git/good")).unwrap();
    assert_eq!(verdicts(&project, &["try", "--fresh"]), first);
    project.write(".git/good", "");
    assert_eq!(verdicts(&project, &["try"]), second);
}

#[test]
fn a_run_that_changed_the_tree_or_was_cut_off_leaves_nothing_to_take() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate quiet $ true\n  gate writes $ if test -e \"$HOME/.git/writes\"; then echo more >> file; fi\n}\n",
    );
    project.stage("file", "one\n");
    project.write(".git/writes", "");
    project.gate(&["try"]).exits(1);
    fs::remove_file(project.path().join(".git/writes")).unwrap();
    project.write("file", "one\n");
    assert_eq!(verdicts(&project, &["try"]), ["quiet pass", "writes pass"]);

    let project = Project::with_plan(
        "plan { jobs 1 }\nphase p \"P\" {\n  gate a $ true\n  gate b {\n    needs a\n    $ if test -e \"$HOME/.git/cut\"; then kill -TERM \"$(ps -o ppid= -p $$)\"; sleep 60; fi\n  }\n}\n",
    );
    project.write(".git/cut", "");
    project.gate(&["try"]).exits(143);
    fs::remove_file(project.path().join(".git/cut")).unwrap();
    assert_eq!(verdicts(&project, &["try"]), ["a pass", "b pass"]);
}

/// A plan whose gate is `body`, beside what is no part of the gate.
fn plan(head: &str, body: &str) -> String {
    format!("{head}\nphase p \"P\" {{\n  gate g {body}\n}}\n")
}

const BODY: &str = "{\n    inputs \"in/**\"\n    env MODE = \"a\"\n    timeout 1m\n    $ test -s in/file\n    expect exit == 0\n  }";

/// Whether a gate that was green before is taken after `change`.
#[track_caller]
fn taken(before: &str, change: impl FnOnce(&Project)) -> bool {
    let project = Project::with_plan(before);
    project.stage("in/file", "one\n");
    project.gate(&["try", "g"]).exits(0);
    change(&project);
    let answer = project.gate(&["try", "g", "--format", "json"]);
    let verdicts = answer.verdicts();
    let last = verdicts.iter().find(|line| line.starts_with("g ")).unwrap();
    let is = last == "g reused";
    // What `show --why` says is what `try` did.
    assert!(is || last == "g pass" || last == "g fail", "{last}");
    is
}

fn staged<'a>(path: &'a str, text: &'a str) -> impl Fn(&Project) + 'a {
    move |project| {
        project.stage(path, text);
    }
}

#[test]
fn what_is_no_part_of_a_gate_does_not_count() {
    let same = |head: &str, body: &str| {
        assert!(
            taken(&plan("", BODY), |p| {
                p.stage("plan.gate", plan(head, body));
            }),
            "{head}{body}"
        );
    };
    same("# a comment", BODY);
    same("plan \"a title\" { jobs 1 }", BODY);
    same("param unused: int = 1", BODY);
    same("", &BODY.replace("{\n", "\"a title\" {\n# why\n"));
    same("", &BODY.replace("    env", "  env"));
    same("", &BODY.replace("inputs", "lock \"x\"\n    inputs"));
    same(
        "",
        &format!(
            "{}\n  gate other $ true",
            BODY.replace("inputs", "needs other\n    inputs")
        ),
    );
    same(
        "",
        &BODY.replace(
            "$ test",
            "proof \"p\" {\n remove \"in/file\"\n}\n    $ test",
        ),
    );
    // A name for a value it had before.
    same("let mode = \"a\"", &BODY.replace("\"a\"", "mode"));
}

#[test]
fn what_a_gate_is_made_of_counts() {
    let differs = |head: &str, body: &str| {
        assert!(
            !taken(&plan("", BODY), |p| {
                p.stage("plan.gate", plan(head, body));
            }),
            "{head}{body}"
        );
    };
    differs("", &BODY.replace("-s", "-e"));
    differs("", &BODY.replace("\"a\"", "\"b\""));
    differs("", &BODY.replace("MODE", "MODUS"));
    differs("", &BODY.replace("1m", "2m"));
    differs("", &BODY.replace("exit == 0", "exit < 1"));
    differs("", &BODY.replace("\n    expect exit == 0", ""));
    differs("", &BODY.replace("inputs", "when true == true\n    inputs"));
    differs("", &BODY.replace("inputs \"in/**\"", "inputs \"in/file\""));
    differs("", &BODY.replace("    inputs \"in/**\"\n", ""));
    differs("plan { shell \"sh\", \"-c\" }", BODY);
    differs("plan { env X = \"1\" }", BODY);
}

#[test]
fn the_inputs_count_and_all_that_expressions_ask_for() {
    let before = plan("", BODY);
    assert!(!taken(&before, staged("in/file", "two\n")));
    assert!(!taken(&before, staged("in/new", "")));
    assert!(!taken(&before, |p| {
        p.git(&["update-index", "--chmod=+x", "in/file"]);
    }));
    assert!(!taken(&before, |p| {
        p.git(&["mv", "in/file", "in/moved"]);
        p.stage("in/file", "one\n");
    }));
    // Without `inputs` it is the whole tree.
    let whole = plan("", "$ true");
    assert!(!taken(&whole, staged("other", "")));
    // What the gate is seen to read counts, whatever it declares.
    let beyond = |step: &str| plan("", &BODY.replace("$ test", &format!("{step}\n    $ test")));
    for step in [
        "expect file(\"other\").exists or true",
        "let n = files(\"oth*\", allow-empty: true)",
        "let n = changed(\"oth*\", allow-empty: true)",
    ] {
        let before = beyond(step);
        assert!(!taken(&before, staged("other", "x\n")), "{step}");
        assert!(taken(&before, |_| {}), "{step}");
    }
    // The same in a check.
    let check = "check c(files: list<glob>) {\n  $ true\n}";
    let before = plan(
        check,
        &BODY.replace("$ test", "check c(\"pl*\")\n    $ test"),
    );
    assert!(!taken(&before, |p| {
        p.stage("plan.gate", format!("# x\n{before}"));
    }));
}

#[test]
fn values_of_the_run_count_where_they_are_used() {
    let with = |step: &str| plan("", &BODY.replace("$ test", &format!("{step}\n    $ test")));
    let branch = |p: &Project| {
        p.git(&["checkout", "--quiet", "-b", "other"]);
    };
    let commit = |p: &Project| {
        p.git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    };
    assert!(taken(&with("$ true"), branch));
    assert!(!taken(&with("expect git.branch != \"\""), branch));
    assert!(taken(&with("$ true"), commit));
    assert!(!taken(&with("expect git.head != \"\""), commit));
    assert!(!taken(&with("expect git.tree != \"\""), staged("x", "")));
    assert!(!taken(&with("$ test \"$GATE_TREE\""), staged("x", "")));
    // A command that names git may look at the history.
    assert!(!taken(&with("$ git log -1"), commit));
    // Through a `let` of the plan.
    let before = plan(
        "let head = git.head",
        &BODY.replace("$ test", "expect head != \"\"\n    $ test"),
    );
    assert!(!taken(&before, commit));
    // The port of a `free-port()` is another each time.
    let before = plan(
        "param port: int = free-port()",
        &BODY.replace("$ test", "$ test {{port}}\n    $ test"),
    );
    assert!(taken(&before, |_| {}));
}

#[test]
fn variables_count_where_they_are_named_and_absent_is_not_empty() {
    let project = Project::with_plan(&plan(
        "",
        "{\n    inputs \"in/**\"\n    $ test -s in/file # $STAGE\n    expect env(\"TIER\", \"none\") != \"x\"\n  }",
    ));
    project.stage("in/file", "one\n");
    let verdict = |env: &[(&str, &str)]| {
        let answer = project.gate_with(&["try", "--format", "json"], env);
        answer.verdicts().join(", ")
    };
    assert_eq!(verdict(&[]), "g pass");
    assert_eq!(verdict(&[("UNRELATED", "1")]), "g reused");
    for env in [
        ("STAGE", ""),
        ("STAGE", "test"),
        ("TIER", ""),
        ("TIER", "none"),
        ("NODE_ENV", "production"),
        ("LC_TIME", "C"),
    ] {
        assert_eq!(verdict(&[env]), "g pass", "{env:?}");
        assert_eq!(verdict(&[env]), "g reused", "{env:?}");
    }
    assert_eq!(
        verdict(&[("TOKEN", "secret"), ("STAGE", "secret")]),
        "g pass"
    );
    let kept = fs::read_to_string(project.path().join(".git/gate/reuse/verdicts")).unwrap();
    assert!(!kept.contains("secret"), "{kept}");
}

#[test]
fn a_secret_is_not_kept_wherever_it_stands() {
    let project = Project::with_plan(
        "plan { secret TOKEN }\nparam word: string = \"x\"\nphase p \"P\" {\n  gate g $ test {{word}}\n}\n",
    );
    let env = [
        ("TOKEN", "hunter2-hunter2"),
        ("NODE_OPTIONS", "a hunter2-hunter2"),
    ];
    let set = ["--set", "word=hunter2-hunter2"];
    let tried = project.gate_with(&[&["try"], &set[..]].concat(), &env);
    tried.exits(0);
    let kept = fs::read_to_string(project.path().join(".git/gate/reuse/verdicts")).unwrap();
    assert!(
        kept.contains("NODE_OPTIONS") && !kept.contains("hunter2"),
        "{kept}"
    );
    // Masked or not, another value is another key.
    let other = [env[0], ("NODE_OPTIONS", "b hunter2-hunter2")];
    let why = [&["show", "--why", "g"], &set[..]].concat();
    let answer = project.gate_with(&why, &other).exits(0);
    assert!(answer.stdout.contains("NODE_OPTIONS"), "{}", answer.stdout);
    assert!(!answer.stdout.contains("hunter2"), "{}", answer.stdout);
    assert!(project.gate_with(&why, &env).stdout.contains("reused"));
}

const TWO: &str = r#"phase one "One" {
  gate own {
    inputs "one/**"
    $ echo . >> "$HOME/marks"; test -s one/file
  }
  tag "v1"
}
phase two "Two" {
  regress changed
  gate other $ true
  tag "v2"
}
"#;

/// Phase one is sealed, and something of phase two staged.
fn second(plan: &str) -> Project {
    let project = marked(plan);
    project.stage("one/file", "x\n");
    project.gate(&["run"]).exits(0);
    project.stage("two/file", "x\n");
    project
}

#[test]
fn a_run_judges_its_own_phase_afresh_and_takes_earlier_ones() {
    let project = marked(TWO);
    project.stage("one/file", "x\n");
    project.gate(&["try"]).exits(0);
    project.gate(&["run"]).exits(0);
    assert_eq!(count(&project), 2);
    project.stage("two/file", "x\n");
    project.gate(&["try"]).exits(0);
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(by_phase(&answer), ["one/own reused", "two/other pass"]);
    let finished = answer
        .events()
        .into_iter()
        .find(|event| event["type"] == "phase.finished")
        .unwrap();
    assert_eq!(finished["counts"]["reused"], 1);
    assert_eq!(count(&project), 2);

    let tag = project.git(&["tag", "--list", "--format=%(contents)", "v2"]);
    let days = regex::Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    let line = tag.lines().find(|line| line.starts_with("own")).unwrap();
    insta::assert_snapshot!(shown(&days.replace(line, "TIME")), @"own    reused  (phase one)  judged TIME on ID");
    let entry = project.git(&["show", "refs/gate/ledger/plan:entry.json"]);
    let entry: Value = serde_json::from_str(&entry).unwrap();
    let gates = entry["predicate"]["gates"].as_array().unwrap();
    let own = gates.iter().find(|gate| gate["name"] == "own").unwrap();
    assert_eq!(own["verdict"], "reused");
    assert_eq!(own["origin"]["mode"], "run");
}

#[test]
fn regress_says_which_earlier_gates_are_judged() {
    let project = second(&TWO.replace("changed", "all"));
    assert_eq!(verdicts(&project, &["run"]), ["other pass", "own pass"]);
    let project = second(&TWO.replace("changed", "none"));
    assert_eq!(verdicts(&project, &["run"]), ["other pass"]);
    let project = second(TWO);
    project.stage("one/file", "y\n");
    assert_eq!(verdicts(&project, &["run"]), ["other pass", "own pass"]);
}

#[test]
fn run_reuse_takes_the_open_phase_too_and_says_so() {
    let project = counted();
    project.gate(&["try"]).exits(0);
    let answer = project
        .gate(&["run", "--reuse", "--format", "json"])
        .exits(0);
    assert_eq!(answer.verdicts(), ["g reused"]);
    assert_eq!(count(&project), 1);
    assert_eq!(project.subjects().len(), 2);
}

const EVERY: &str = r#"every phase {
  gate same {
    inputs "plan.gate", "bad*" allow-empty
    $ echo . >> "$HOME/marks"
    $ test ! -e bad
  }
  gate named {
    inputs "plan.gate"
    $ echo "$GATE_PHASE" >> "$HOME/marks-named"
  }
}
phase a "A" {}
phase b "B" {}
phase c "C" {}
"#;

#[test]
fn the_same_gate_of_several_phases_is_judged_once() {
    let project = marked(EVERY);
    project.gate(&["run"]).exits(0);
    project.gate(&["run"]).exits(0);
    // Nothing is known any more, and still each is judged once.
    fs::remove_dir_all(project.path().join(".git/gate/reuse")).unwrap();
    fs::remove_file(project.path().join("marks")).unwrap();
    fs::remove_file(project.path().join("marks-named")).unwrap();
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(
        by_phase(&answer),
        [
            "a/named pass",
            "a/same reused",
            "b/named pass",
            "b/same reused",
            "c/named pass",
            "c/same pass"
        ]
    );
    assert_eq!(count(&project), 1);
    let events = answer.events();
    let shared = events
        .iter()
        .find(|event| event["gate"] == "same" && event["verdict"] == "reused")
        .unwrap();
    assert_eq!(shared["origin"]["phase"], "c");
    assert_eq!(shared["origin"]["this_run"], true);
}

#[test]
fn a_red_that_is_shared_is_told_once() {
    let project = marked(EVERY);
    project.gate(&["run"]).exits(0);
    project.gate(&["run"]).exits(0);
    project.stage("bad", "x\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    let same: Vec<String> = by_phase(&answer)
        .into_iter()
        .filter(|line| line.contains("same"))
        .collect();
    assert_eq!(same, ["a/same fail", "b/same fail", "c/same fail"]);
    assert_eq!(answer.codes(), ["R101 plan.gate:5:7"]);
}

#[test]
fn a_regression_says_what_changed_since_the_green() {
    let project = second(TWO);
    project.git(&["rm", "--quiet", "--cached", "one/file"]);
    project.stage("one/other", "y\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    let events = answer.events();
    let told = events.iter().find(|event| event["code"] == "R401").unwrap();
    let notes = told["notes"].to_string();
    assert!(
        notes.contains("one/file (gone)\\n  one/other (new)"),
        "{notes}"
    );
    assert!(!notes.contains("two/file"), "{notes}");
    // A clone knows nothing of earlier verdicts: since the seal, then.
    fs::remove_dir_all(project.path().join(".git/gate/reuse")).unwrap();
    let answer = project.gate(&["run", "--format", "json"]).exits(1);
    assert!(
        answer.stdout.contains("one/file (gone)"),
        "{}",
        answer.stdout
    );
}

#[test]
fn what_is_kept_may_be_broken_foreign_or_gone() {
    let project = counted();
    project.gate(&["try"]).exits(0);
    let file = project.path().join(".git/gate/reuse/verdicts");
    let good = fs::read(&file).unwrap();
    let torn = &good[..good.len() / 2];
    for bad in [b"".as_slice(), b"\xff\xfe\0", b"[]\n{}\nnull\n", torn] {
        fs::write(&file, bad).unwrap();
        assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
        assert_eq!(verdicts(&project, &["try"]), ["g reused"]);
    }
    // Lines that can be read count beside those that cannot.
    fs::write(&file, [b"garbage\n".as_slice(), &good, torn].concat()).unwrap();
    assert_eq!(verdicts(&project, &["try"]), ["g reused"]);
    // Of another version of this file, nothing counts.
    let other = String::from_utf8(good)
        .unwrap()
        .replace("\"v\":1", "\"v\":2");
    fs::write(&file, other).unwrap();
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
    // Where nothing can be kept, judging goes on.
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    project.write(".git/gate/reuse", "in the way");
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
}

#[test]
fn what_is_kept_is_bounded_in_number_and_age() {
    let project = counted();
    let file = project.path().join(".git/gate/reuse/verdicts");
    for n in 0..7 {
        project.stage("in/file", n.to_string());
        project.gate(&["try"]).exits(0);
    }
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 4);
    project.stage("in/file", "3");
    assert_eq!(verdicts(&project, &["try"]), ["g reused"]);
    project.stage("in/file", "2");
    assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
    // What is older than a month, or from the future, does not count, and goes.
    let at = regex::Regex::new(r#""at":(\d+)"#).unwrap();
    for other in ["\"at\":1", "\"at\":99999999999999"] {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, at.replace_all(&text, other).as_ref()).unwrap();
        assert_eq!(verdicts(&project, &["try"]), ["g pass"]);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
    }
}

#[test]
fn a_linked_working_tree_has_verdicts_of_its_own() {
    let project = counted();
    project.git(&["commit", "--quiet", "--message", "file"]);
    project.gate(&["try"]).exits(0);
    project.git(&["worktree", "add", "--quiet", ".git/linked", "-b", "linked"]);
    let mut command = project.gate_command();
    let linked = project.path().join(".git/linked");
    command
        .current_dir(linked)
        .args(["try", "--format", "json"]);
    let answer = Answer::of(command.output().unwrap());
    assert_eq!(answer.verdicts(), ["g pass"]);
}

#[test]
fn why_tells_a_hit_from_a_miss_part_by_part() {
    let project = Project::with_plan(&plan(
        "",
        "{\n    inputs \"in/**\"\n    $ test -s in/file # $STAGE\n  }\n  gate red $ false\n  gate never {\n    inputs none\n    $ true\n  }",
    ));
    project.stage("in/file", "one\n");
    project.stage("in/gone", "one\n");
    let said = |gate: &str, env: &[(&str, &str)]| {
        let answer = project.gate_with(&["show", "--why", gate], env).exits(0);
        shown(&answer.stdout)
    };
    insta::assert_snapshot!(said("g", &[]), @r"
    p/g  judged anew: it was never judged here
      inputs    in/** (2 files)
    ");
    project.gate(&["try"]).exits(1);
    insta::assert_snapshot!(said("p/g", &[]), @r"
    p/g  reused: nothing that its verdict depends on has changed
      green     judged DAY on ID
      last      passed at DAY by gate try on ID, TIME
      inputs    in/** (2 files)
    ");
    insta::assert_snapshot!(said("red", &[]), @r"
    p/red  judged anew: on just this it was red, and only green is taken again
      last      failed at DAY by gate try on ID, TIME
      inputs    the whole tree (3 files)
    ");
    insta::assert_snapshot!(said("never", &[]), @r"
    p/never  always judged: it says `inputs none`
      last      passed at DAY by gate try on ID, TIME
    ");
    project.stage("in/file", "two\n");
    project.stage("in/new", "\n");
    project.git(&["rm", "--quiet", "--cached", "in/gone"]);
    project.stage("plan.gate", project.read("plan.gate").replace("-s", "-e"));
    let env = [("STAGE", "x"), ("TZ", "xx")];
    insta::assert_snapshot!(said("g", &env), @r"
    p/g  judged anew: what its verdict depends on has changed
      last      passed at DAY by gate try on ID, TIME
      inputs    in/** (2 files)

      since its last green, at DAY on ID:
      input   in/file  ID → ID
      input   in/gone  ID → not there
      input   in/new  not there → ID
      gate    step 1  $ test -s in/file # $STAGE → $ test -e in/file # $STAGE
      env     STAGE  not set → another value
      env     TZ  not set → xx
    ");
    // A red in between does not hide what changed.
    project.stage("plan.gate", project.read("plan.gate").replace("-e", "! -e"));
    project.gate(&["try"]).exits(1);
    let text = said("g", &[]);
    assert!(text.contains("on just this it was red"), "{text}");
    assert!(text.contains("since its last green"), "{text}");
    assert!(text.contains("in/gone  ID → not there"), "{text}");
    let json = why(&project, "g");
    assert_eq!(json["schema"], 1);
    assert_eq!(json["answer"], "miss");
    assert_eq!(json["differences"][0]["kind"], "input");
    assert_eq!(json["differences"][0]["name"], "in/file");
    let old = json["differences"][0]["old"].as_str().unwrap();
    assert_eq!(old, "100644 5626abf0f72e58d7a153368ba57db4c673c0e171");
    project.gate(&["show", "--why", "nothing"]).exits(2);
}
