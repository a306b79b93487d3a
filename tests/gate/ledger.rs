//! What a run leaves in the ledger.

use crate::project::Project;

/// The entry `back` steps before the newest one of the plan.
fn entry(project: &Project, back: usize) -> serde_json::Value {
    let name = format!("refs/gate/ledger/plan~{back}:entry.json");
    serde_json::from_str(&project.git(&["show", &name])).unwrap()
}

#[test]
fn the_plan_a_phase_opened_with_lies_beside_the_entry() {
    let project = Project::empty();
    project.stage(
        "checks/words.gate",
        "check kept() {\n  $ test -s notes\n}\n",
    );
    project.stage(
        "plan.gate",
        "use \"./checks/words.gate\"\nphase p \"P\" {\n  gate g check words.kept()\n}\n",
    );
    project.stage("notes", "");
    project.gate(&["run"]).exits(1);
    let opened = "refs/gate/ledger/plan";
    let first = project.git(&["rev-list", "--max-parents=0", opened]);
    insta::assert_snapshot!(project.git(&["ls-tree", "-r", "--name-only", &first]), @"
    entry.json
    plan/checks/words.gate
    plan/plan.gate
    ");
    let kept = project.git(&["show", &format!("{first}:plan/checks/words.gate")]);
    assert_eq!(kept, project.read("checks/words.gate").trim_end());
    let back = project.git(&["rev-list", "--count", opened]);
    let entry = entry(&project, back.parse::<usize>().unwrap() - 1);
    assert_eq!(entry["predicate"]["event"], "opened");
    let configuration = entry["predicate"]["configuration"].as_array().unwrap();
    let names: Vec<_> = configuration.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["plan.gate", "checks/words.gate"]);
}

/// The events of the plan's ledger, oldest first.
fn events(project: &Project) -> Vec<String> {
    let log = project.git(&[
        "log",
        "--reverse",
        "--topo-order",
        "--format=%s",
        "refs/gate/ledger/plan",
    ]);
    log.lines().map(str::to_owned).collect()
}

const NOTES: &str = r#"phase notes "Notes are kept" {
  scope { limit 3 files }
  gate there $ echo looking; test -s notes.txt
  gate short $ test $(wc -l < notes.txt) -lt 3
  commit docs "keep notes"
  tag "notes-done"
}
"#;

#[test]
fn a_red_is_recorded_with_what_failed_and_a_green_with_what_mended_it() {
    let project = Project::with_plan(NOTES);
    project.stage("notes.txt", "");
    project.gate(&["run"]).exits(1);
    assert_eq!(events(&project), ["opened notes", "red notes"]);
    let red = entry(&project, 0);
    assert_eq!(red["_type"], "https://in-toto.io/Statement/v1");
    let tree = project.git(&["write-tree"]);
    assert_eq!(red["subject"][0]["digest"]["gitTree"], tree.as_str());
    let red = &red["predicate"];
    assert_eq!(red["head"], project.git(&["rev-parse", "HEAD"]).as_str());
    assert_eq!(red["branch"], "main");
    let mut there = red["gates"][1].clone();
    for timed in ["/duration_ms", "/commands/0/duration_ms"] {
        *there.pointer_mut(timed).unwrap() = 0.into();
    }
    insta::assert_snapshot!(format!("{there:#}"), @r#"
    {
      "commands": [
        {
          "command": "echo looking; test -s notes.txt",
          "duration_ms": 0,
          "exit": 1,
          "signal": null,
          "stderr": null,
          "stdout": {
            "bytes": 8,
            "file": "output/notes.there.1.stdout",
            "whole": true
          },
          "timed_out": false
        }
      ],
      "diagnostics": [
        {
          "code": "R101",
          "message": "gate `there` is red: its command exited with 1",
          "place": "plan.gate:3:16"
        }
      ],
      "duration_ms": 0,
      "failures": [],
      "hold": null,
      "name": "there",
      "origin": null,
      "phase": "notes",
      "reason": null,
      "regression": false,
      "sign_off": null,
      "verdict": "fail"
    }
    "#);
    let output = project.git(&["show", "refs/gate/ledger/plan:output/notes.there.1.stdout"]);
    assert_eq!(output, "looking");

    // Another failure: the first one is mended, the run is red all the same.
    project.stage("notes.txt", "1\n2\n3\n");
    project.gate(&["run"]).exits(1);
    let second = entry(&project, 0);
    let mended = &second["predicate"]["mended"];
    assert_eq!(mended.as_array().unwrap().len(), 1);
    assert_eq!(mended[0]["gates"][0]["name"], "there");
    assert_eq!(mended[0]["tree"], tree.as_str());

    project.stage("notes.txt", "1\n2\n");
    project.stage("extra", "x\n");
    project
        .gate(&["run", "--note", "one note too many"])
        .exits(0);
    assert_eq!(
        events(&project),
        [
            "opened notes",
            "red notes",
            "red notes",
            "green notes",
            "sealed notes"
        ]
    );
    for back in [0, 1] {
        let green = entry(&project, back);
        let green = &green["predicate"];
        assert_eq!(green["note"], "one note too many");
        let mended = green["mended"].as_array().unwrap();
        assert_eq!(mended.len(), 1);
        assert_eq!(
            mended[0]["gates"],
            serde_json::json!([{ "phase": "notes", "name": "short" }])
        );
        let red = project.git(&["rev-parse", "refs/gate/ledger/plan~2"]);
        assert_eq!(mended[0]["run"], red.as_str());
        assert_eq!(
            mended[0]["paths"],
            serde_json::json!(["extra", "notes.txt"])
        );
    }
    let patch = project.git(&["show", "refs/gate/ledger/plan:mended/1.patch"]);
    insta::assert_snapshot!(patch, @"
    diff --git a/extra b/extra
    new file mode 100644
    index 0000000000000000000000000000000000000000..587be6b4c3f93f93c489c0111bba5596147a26cb
    --- /dev/null
    +++ b/extra
    @@ -0,0 +1 @@
    +x
    diff --git a/notes.txt b/notes.txt
    index 01e79c32a8c99c557f0757da7cb6d65b3414466d..1191247b6d9a206f6ba3d8ac79e26d041dd86941 100644
    --- a/notes.txt
    +++ b/notes.txt
    @@ -1,3 +1,2 @@
     1
     2
    -3
    ");
    // What was sealed is told from what is judged next.
    assert_eq!(entry(&project, 0)["predicate"]["tag"], "notes-done");
    project.git(&["fsck", "--strict"]);
}

#[test]
fn what_is_blocked_is_recorded_as_blocked() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ no-such-program\n}\n");
    project.gate(&["run"]).exits(3);
    assert_eq!(events(&project), ["opened p", "blocked p"]);
    let blocked = entry(&project, 0);
    let gate = &blocked["predicate"]["gates"][0];
    assert_eq!(gate["verdict"], "blocked");
    assert_eq!(gate["diagnostics"][0]["code"], "B101");
}

#[test]
fn a_gate_that_edits_what_it_judges_is_named_in_the_record() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ echo x >> plan.gate\n}\n");
    project.gate(&["run"]).exits(1);
    let red = entry(&project, 0);
    let tree = &red["predicate"]["gates"][1];
    assert_eq!(
        (&tree["name"], &tree["diagnostics"][0]["code"]),
        (&"tree".into(), &"R104".into())
    );
}

#[test]
fn a_try_leaves_every_ref_as_it_was() {
    let project = Project::with_plan(NOTES);
    project.stage("notes.txt", "");
    project.gate(&["run"]).exits(1);
    let refs = project.git(&["for-each-ref"]);
    project.gate(&["try"]).exits(1);
    project.stage("notes.txt", "1\n");
    project.gate(&["try"]).exits(0);
    assert_eq!(project.git(&["for-each-ref"]), refs);
}

/// An interrupted run judged nothing to its end.
#[test]
fn an_interrupted_run_leaves_no_entry() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ kill -INT $PPID; sleep 60\n}\n");
    project.gate(&["run"]).exits(130);
    assert_eq!(events(&project), ["opened p"]);
}

/// The same red over and over adds an entry, and none of its outputs again.
#[test]
fn reds_that_repeat_share_their_outputs_and_long_ones_are_cut() {
    let project = Project::with_plan(
        "phase p \"P\" {\n  gate loud $ echo first; seq 100000; printf '\\377'; exit 1\n  gate quiet $ echo ok\n}\n",
    );
    project.gate(&["run"]).exits(1);
    project.gate(&["run"]).exits(1);
    let file = "output/p.loud.1.stdout";
    let at = |back: usize| format!("refs/gate/ledger/plan~{back}:{file}");
    let blob = |back| project.git(&["rev-parse", &at(back)]);
    assert_eq!(blob(0), blob(1));
    let listed = project.git(&["ls-tree", "-r", "--name-only", "refs/gate/ledger/plan"]);
    insta::assert_snapshot!(listed, @"
    entry.json
    output/p.loud.1.stdout
    plan/plan.gate
    ");
    let kept = project.git(&["show", &at(0)]);
    assert!(kept.starts_with("first\n1\n2\n"), "{kept}");
    let gap = kept.lines().find(|line| line.starts_with('…')).unwrap();
    insta::assert_snapshot!(gap, @"… 556134 bytes are left out here …");
    assert!(kept.ends_with("99999\n100000\n\u{fffd}"), "{kept}");
    let red = entry(&project, 0);
    let stdout = &red["predicate"]["gates"][0]["commands"][0]["stdout"];
    assert_eq!(stdout["bytes"], 588_902);
    assert_eq!(stdout["whole"], false);
}

/// A run on another branch says nothing of what mended this one.
#[test]
fn what_was_red_on_another_branch_was_not_mended_here() {
    let project = Project::with_plan("phase p \"P\" {\n  gate g $ test -e there\n}\n");
    project.git(&["checkout", "--quiet", "-b", "side"]);
    project.git(&["commit", "--quiet", "--allow-empty", "--message", "side"]);
    project.gate(&["run"]).exits(1);
    project.git(&["checkout", "--quiet", "main"]);
    project.stage("there", "");
    project.gate(&["run"]).exits(0);
    assert_eq!(entry(&project, 0)["predicate"].get("mended"), None);
}

#[test]
fn a_plan_whose_ledger_cannot_be_is_told_before_its_first_gate() {
    let plan = "phase one \"One\" {\n  gate g $ touch ran\n}\n";
    for (first, second) in [("a.gate", "a/b.gate"), ("a/b.gate", "a.gate")] {
        let project = Project::empty();
        project.write(".git/info/exclude", "ran\n");
        project.stage("a.gate", plan);
        project.stage("a/b.gate", plan);
        project.gate(&["run", first]).exits(0);
        let ran = project.path().join("ran");
        std::fs::remove_file(&ran).unwrap();
        let refs = project.git(&["for-each-ref"]);
        let answer = project.gate(&["run", second, "--format", "json"]).exits(2);
        assert_eq!(answer.codes(), ["E0452"]);
        assert!(!ran.exists());
        assert_eq!(project.git(&["for-each-ref"]), refs);
        project.gate(&["run", first]).exits(0);
        project.gate(&["try", second]).exits(0);
    }
}

#[test]
fn a_red_tree_outlives_a_collection_of_garbage_until_its_phase_is_sealed() {
    let project = Project::with_plan(NOTES);
    project.stage("notes.txt", "");
    project.stage("secret.txt", "what nobody may see\n");
    project.gate(&["run"]).exits(1);
    let red = project.git(&["write-tree"]);
    let of = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
    let kept = || {
        project.git(&[
            "for-each-ref",
            "--format=%(refname) %(objectname)",
            "refs/gate/red",
        ])
    };
    assert_eq!(kept(), format!("refs/gate/red/{of} {red}"));

    project.git(&["rm", "--quiet", "--cached", "secret.txt"]);
    std::fs::remove_file(project.path().join("secret.txt")).unwrap();
    project.stage("notes.txt", "1\n");
    project.git(&["reflog", "expire", "--expire=now", "--all"]);
    project.git(&["gc", "--quiet", "--prune=now"]);
    project.gate(&["run"]).exits(0);
    let mended = &entry(&project, 0)["predicate"]["mended"][0];
    assert_eq!(mended["tree"], red.as_str());
    assert_eq!(
        mended["paths"],
        serde_json::json!(["notes.txt", "secret.txt"])
    );
    assert_eq!(kept(), "");
    // The next collection takes it.
    project.git(&["gc", "--quiet", "--prune=now"]);
    let there = project
        .command("git")
        .args(["cat-file", "-e", &red])
        .output();
    assert!(!there.unwrap().status.success());
}

#[test]
fn the_values_given_to_params_are_on_record() {
    let plan = "plan {\n  secret TOKEN\n}\nuse \"./more.gate\" as more\nparam tag: string = \"a\"\nparam port: int = 1\nparam other: int = 2\nphase one \"One\" {\n  gate g $ test {{port}} = 80 {{tag}} {{other}} {{more.depth}}\n  commit feat \"one\"\n}\n";
    let plan = plan.replace(" {{tag}} {{other}} {{more.depth}}", "");
    let project = Project::empty();
    project.stage("plan.gate", plan);
    project.stage(
        "more.gate",
        "param depth: int = 1\nlet twice = [depth, depth]\n",
    );
    let run = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["run"][..], args].concat();
        project.gate_with(&args, env)
    };
    // No value was given, so none is told.
    run(&[], &[]).exits(1);
    assert_eq!(
        entry(&project, 0)["predicate"]["params"],
        serde_json::Value::Null
    );
    let env = [
        ("GATE_PARAM_PORT", "81"),
        ("GATE_PARAM_OTHER", "7"),
        ("GATE_PARAM_NONE", "8"),
        ("TOKEN", "tok-3141592653"),
    ];
    run(
        &[
            "--set",
            "port=80",
            "--set",
            "tag=tok-3141592653",
            "--set",
            "more.depth=3",
        ],
        &env,
    )
    .exits(0);
    for back in [0, 1] {
        let params = &entry(&project, back)["predicate"]["params"];
        assert_eq!(
            *params,
            serde_json::json!([
                { "name": "more.depth", "value": "3", "from": "call" },
                { "name": "other", "value": "7", "from": "environment" },
                { "name": "port", "value": "80", "from": "call" },
                { "name": "tag", "value": "***", "from": "call" },
            ])
        );
    }
    let log = project.gate(&["log", "-n", "1"]).exits(0).stdout;
    assert!(
        log.contains("  with    more.depth=3, other=7, port=80, tag=***\n"),
        "{log}"
    );
}
