//! Runs and diagnostics as the terminal, programs and GitHub get them.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use gatelang::diagnostic::{Applicability, Code, Diagnostic, Diagnostics};
use gatelang::report::check::{Tally, render_all, summary};
use gatelang::report::{ColorChoice, GithubReporter, HumanReporter, Style, github, json, phrase};
use gatelang::run::{Counts, DiagnosticEvent, Event, Mode, Place, Verdict};
use gatelang::sanitise::{reveal, sanitise, sanitise_line};
use gatelang::source::{Sources, Span};
use insta::assert_snapshot;

fn started(mode: Mode) -> Event {
    Event::RunStarted {
        plan: "plan.gate".to_owned(),
        title: Some("clari-tools → oompa migration".to_owned()),
        phases: 8,
        mode,
    }
}

fn phase(not_judged: &[&str], reminders: &[&str]) -> Event {
    Event::PhaseStarted {
        phase: "proto-nats".to_owned(),
        number: 2,
        title: "Proto schemas and NATS streams".to_owned(),
        goal: Some("Every message and stream the migration needs exists and parses".to_owned()),
        tree: "3f9a1c2b7d1e4f5a6b7c8d9e0f1a2b3c4d5e6f70".to_owned(),
        place: if not_judged.is_empty() {
            Place::InPlace
        } else {
            Place::Checkout
        },
        not_judged: not_judged.iter().map(|&path| path.to_owned()).collect(),
        reminders: reminders.iter().map(|&text| text.to_owned()).collect(),
        gates: ["types", "lint", "e2e", "dry-run", "soak"]
            .map(str::to_owned)
            .to_vec(),
    }
}

fn scope(verdict: Verdict) -> Event {
    Event::ScopeFinished {
        phase: "proto-nats".to_owned(),
        verdict,
        files: 4,
        added: 120,
        removed: 3,
    }
}

fn tasks() -> Event {
    Event::TasksFinished {
        phase: "proto-nats".to_owned(),
        file: "tasks.md".to_owned(),
        verdict: Verdict::Pass,
        done: 7,
        total: 7,
    }
}

fn begin(gate: &str) -> Event {
    Event::GateStarted {
        phase: "proto-nats".to_owned(),
        gate: gate.to_owned(),
        title: None,
        regression: false,
    }
}

fn end(gate: &str, verdict: Verdict, duration_ms: u64, reason: Option<&str>) -> Event {
    Event::GateFinished {
        phase: "proto-nats".to_owned(),
        gate: gate.to_owned(),
        title: (gate == "dry-run").then(|| "No ambiguous or undefined step".to_owned()),
        verdict,
        reason: reason.map(str::to_owned),
        duration_ms,
        regression: false,
        failures: Vec::new(),
        hold: None,
        origin: None,
        outputs: Vec::new(),
    }
}

fn earlier(phase: &str, gate: &str, verdict: Verdict) -> Event {
    Event::GateFinished {
        phase: phase.to_owned(),
        gate: gate.to_owned(),
        title: None,
        verdict,
        reason: None,
        duration_ms: 812,
        regression: true,
        failures: Vec::new(),
        hold: None,
        origin: None,
        outputs: Vec::new(),
    }
}

fn finished(verdict: Verdict, counts: Counts) -> Event {
    Event::PhaseFinished {
        phase: "proto-nats".to_owned(),
        verdict,
        duration_ms: 1432,
        counts,
    }
}

fn sealed() -> Event {
    Event::PhaseSealed {
        phase: "proto-nats".to_owned(),
        commit: Some("1a2b3c4d5e6f7a8b9c0d".to_owned()),
        subject: Some("feat(proto-nats): add the oompa protos and NATS streams".to_owned()),
        tag: Some("phase-2-complete".to_owned()),
        tree: "3f9a1c2b7d1e4f5a6b7c".to_owned(),
        branch: Some("main".to_owned()),
    }
}

fn done(exit: i32, open: Option<&str>, sealed: usize) -> Event {
    Event::RunFinished {
        exit,
        open: open.map(str::to_owned),
        sealed,
        duration_ms: 1500,
    }
}

/// A failed gate's diagnostic, pointing into a plan.
fn failure() -> Event {
    let mut sources = Sources::new();
    let plan = sources.add(
        "plan.gate",
        "phase a \"A\" {\n  gate types $ pnpm type-check\n}\n",
    );
    let at = plan.text().find("pnpm").unwrap();
    let diagnostic = Diagnostic::new(
        Code::EXIT,
        "`pnpm type-check` failed",
        Span::new(plan.id(), at, at + 15),
    )
    .here("exit status 2 after 1.2 s")
    .note("its output ended with\n::error::src/a.ts(3,1): TS2304\n##[endgroup] 50% done");
    Event::Diagnostic(DiagnosticEvent {
        diagnostic,
        sources,
        phase: Some("proto-nats".to_owned()),
        gate: Some("types".to_owned()),
    })
}

fn red() -> Vec<Event> {
    vec![
        started(Mode::Run),
        phase(
            &["notes.txt", "src/x.rs", "a", "b", "c"],
            &["Run `pnpm gen` after a change to proto/"],
        ),
        scope(Verdict::Pass),
        tasks(),
        begin("types"),
        begin("lint"),
        failure(),
        end("types", Verdict::Fail, 1234, None),
        end("lint", Verdict::Blocked, 12, Some("`pnpm` was not found")),
        end("e2e", Verdict::Skipped, 0, Some("needs `types`")),
        begin("dry-run"),
        end("dry-run", Verdict::Pass, 3456, None),
        end(
            "soak",
            Verdict::Flaky,
            123_456,
            Some("green at the second attempt"),
        ),
        earlier("setup", "layout", Verdict::Pass),
        earlier("setup", "deps", Verdict::Reused),
        finished(
            Verdict::Fail,
            Counts {
                pass: 2,
                fail: 1,
                blocked: 1,
                skipped: 1,
                reused: 1,
                flaky: 1,
                waiting: 0,
            },
        ),
        done(1, Some("proto-nats"), 1),
    ]
}

fn green(mode: Mode) -> Vec<Event> {
    let mut events = vec![
        started(mode),
        phase(&[], &[]),
        scope(Verdict::Pass),
        begin("types"),
        end("types", Verdict::Pass, 340, None),
        end("streams", Verdict::Reused, 0, None),
        finished(
            Verdict::Pass,
            Counts {
                pass: 1,
                reused: 1,
                ..Counts::default()
            },
        ),
    ];
    if mode == Mode::Run {
        events.push(sealed());
    }
    let count = if mode == Mode::Run { 2 } else { 1 };
    events.push(done(
        0,
        Some(if mode == Mode::Run {
            "enrich"
        } else {
            "proto-nats"
        }),
        count,
    ));
    events
}

fn human_in(style: Style, events: &[Event]) -> String {
    let mut reporter = HumanReporter::new(Vec::new(), style, false);
    for event in events {
        reporter.event(event).unwrap();
    }
    String::from_utf8(reporter.into_inner()).unwrap()
}

fn human(events: &[Event]) -> String {
    human_in(Style::plain(), events)
}

#[test]
fn a_red_run() {
    assert_snapshot!(human(&red()), @r#"
    plan.gate · clari-tools → oompa migration

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in a checkout
      not judged  notes.txt, src/x.rs, a and 2 more (unstaged or untracked)
      remember    Run `pnpm gen` after a change to proto/

      ✓ scope       passed             4 files, +120 −3
      ✓ tasks       passed             tasks.md 7/7
      ✗ types       failed      1.2 s
      ! lint        blocked     12 ms  `pnpm` was not found
      ↷ e2e         skipped            needs `types`
      ✓ dry-run     passed      3.5 s  No ambiguous or undefined step
      ≈ soak        flaky    2 m 03 s  green at the second attempt
      ✓ earlier     passed             2 gates of 1 earlier phase still green (1 reused)

    error[R101]: `pnpm type-check` failed
      ╭─[ plan.gate:2:16 ]
      │
    2 │   gate types $ pnpm type-check
      │                ───────┬───────
      │                       ╰───────── exit status 2 after 1.2 s
      │
      = note: its output ended with
          ::error::src/a.ts(3,1): TS2304
          ##[endgroup] 50% done

    RED      proto-nats: 1 failed, 1 blocked, 2 passed, 1 flaky, 1 reused, 1 skipped · 1.4 s
             nothing was committed; fix, `git add`, then `gate run plan.gate`
    "#);
}

#[test]
fn a_red_run_in_ascii_and_in_colour() {
    let ascii = Style {
        unicode: false,
        ..Style::plain()
    };
    let mut events = red();
    if let Event::RunStarted { title, .. } = &mut events[0] {
        *title = None;
    }
    let text = human_in(ascii, &events);
    assert!(text.is_ascii(), "{text}");
    assert_snapshot!(text, @r#"
    plan.gate

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in a checkout
      not judged  notes.txt, src/x.rs, a and 2 more (unstaged or untracked)
      remember    Run `pnpm gen` after a change to proto/

      + scope       passed             4 files, +120 -3
      + tasks       passed             tasks.md 7/7
      x types       failed      1.2 s
      ! lint        blocked     12 ms  `pnpm` was not found
      > e2e         skipped            needs `types`
      + dry-run     passed      3.5 s  No ambiguous or undefined step
      ~ soak        flaky    2 m 03 s  green at the second attempt
      + earlier     passed             2 gates of 1 earlier phase still green (1 reused)

    error[R101]: `pnpm type-check` failed
      ,-[ plan.gate:2:16 ]
      |
    2 |   gate types $ pnpm type-check
      |                ^^^^^^^|^^^^^^^
      |                       `--------- exit status 2 after 1.2 s
      |
      = note: its output ended with
          ::error::src/a.ts(3,1): TS2304
          ##[endgroup] 50% done

    RED      proto-nats: 1 failed, 1 blocked, 2 passed, 1 flaky, 1 reused, 1 skipped - 1.4 s
             nothing was committed; fix, `git add`, then `gate run plan.gate`
    "#);

    let color = Style {
        color: true,
        ..Style::plain()
    };
    let text = human_in(color, &events);
    let rows: Vec<String> = text
        .lines()
        .filter(|line| line.contains("types") || line.contains("RED"))
        .map(|line| line.replace('\u{1b}', "␛"))
        .collect();
    assert_snapshot!(rows.join("\n"), @r#"
      ␛[1;31m✗␛[0m types       ␛[1;31mfailed ␛[0m     1.2 s
      ␛[1;36m↷␛[0m e2e         ␛[1;36mskipped␛[0m            needs `types`
    ␛[34m2 │␛[0m   gate types $ ␛[1;31mpnpm type-check␛[0m
    ␛[1;31mRED    ␛[0m  proto-nats: 1 failed, 1 blocked, 2 passed, 1 flaky, 1 reused, 1 skipped · 1.4 s
    "#);
    let stripped: String = sanitise(&text).into_owned();
    assert_eq!(stripped, human(&events), "colour adds nothing but colour");
}

#[test]
fn a_green_run() {
    assert_snapshot!(human(&green(Mode::Run)), @r#"
    plan.gate · clari-tools → oompa migration

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in place

      ✓ scope       passed             4 files, +120 −3
      ✓ types       passed     340 ms
      ≡ streams     reused

    GREEN    proto-nats: 1 passed, 1 reused · 1.4 s
    SEALED   proto-nats: commit 1a2b3c4 on main
             feat(proto-nats): add the oompa protos and NATS streams
             tag phase-2-complete
             next: phase 3/8 enrich
    "#);
}

#[test]
fn a_green_try() {
    assert_snapshot!(human(&green(Mode::Try)), @r#"
    plan.gate · clari-tools → oompa migration

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in place

      ✓ scope       passed             4 files, +120 −3
      ✓ types       passed     340 ms
      ≡ streams     reused

    GREEN    proto-nats: 1 passed, 1 reused · 1.4 s
             nothing was committed (try)
    "#);
}

#[test]
fn a_blocked_run() {
    let events = [
        started(Mode::Run),
        phase(&["notes.txt"], &[]),
        end("lint", Verdict::Blocked, 3, Some("`pnpm` was not found")),
        finished(
            Verdict::Blocked,
            Counts {
                blocked: 1,
                ..Counts::default()
            },
        ),
        done(3, Some("proto-nats"), 1),
    ];
    assert_snapshot!(human(&events), @r#"
    plan.gate · clari-tools → oompa migration

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in a checkout
      not judged  notes.txt (unstaged or untracked)

      ! lint        blocked      3 ms  `pnpm` was not found

    BLOCKED  proto-nats: 1 blocked · 1.4 s
             nothing was committed; clear what stands in the way, then `gate run plan.gate`
    "#);
}

#[test]
fn a_scope_that_fails() {
    let events = [
        phase(&[], &[]),
        scope(Verdict::Fail),
        end("types", Verdict::Pass, 99, None),
        finished(
            Verdict::Fail,
            Counts {
                pass: 1,
                ..Counts::default()
            },
        ),
    ];
    let text = human(&events);
    assert!(text.contains("✗ scope"), "{text}");
    assert!(
        text.contains("RED      proto-nats: scope failed, 1 passed · 1.4 s"),
        "{text}"
    );
}

#[test]
fn an_earlier_gate_that_fails_has_a_line_of_its_own() {
    let events = [
        phase(&[], &[]),
        earlier("setup", "layout", Verdict::Pass),
        earlier("setup", "deps", Verdict::Fail),
        earlier("base", "lint", Verdict::Pass),
        finished(
            Verdict::Fail,
            Counts {
                pass: 2,
                fail: 1,
                ..Counts::default()
            },
        ),
    ];
    let text = human(&events);
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  ✓") || line.starts_with("  ✗"))
        .collect();
    assert_snapshot!(rows.join("\n"), @r#"
    ✗ setup/deps  failed     812 ms
    ✓ earlier     passed             2 gates of 2 earlier phases still green
    "#);
}

#[test]
fn all_phases_are_sealed() {
    let events = [started(Mode::Run), done(0, None, 8)];
    assert_snapshot!(human(&events), @r#"
    plan.gate · clari-tools → oompa migration

    DONE     all 8 phases are sealed; there is nothing to do
    "#);
    let mut events = green(Mode::Run);
    events.pop();
    events.push(done(0, None, 8));
    let text = human(&events);
    assert!(
        text.ends_with("         tag phase-2-complete\n         all 8 phases are sealed\n"),
        "{text}"
    );
}

#[test]
fn what_stands_in_the_way_is_told_at_once() {
    let diagnostic = Diagnostic::unplaced(Code::TAG_TAKEN, "the tag `phase-2` exists already")
        .help("name another in `tag`");
    let event = Event::Diagnostic(DiagnosticEvent {
        diagnostic,
        sources: Sources::new(),
        phase: None,
        gate: None,
    });
    assert_snapshot!(human(&[started(Mode::Run), event, done(2, Some("a"), 1)]), @r#"
    plan.gate · clari-tools → oompa migration

    error[E0404]: the tag `phase-2` exists already
      = help: name another in `tag`

    nothing was run
    "#);
}

#[test]
fn a_green_that_is_not_sealed_is_not_the_last_word() {
    let mut events = green(Mode::Run);
    events.truncate(events.len() - 2);
    let diagnostic = Diagnostic::unplaced(Code::HEAD_MOVED, "HEAD moved while the gates ran");
    events.push(Event::Diagnostic(DiagnosticEvent {
        diagnostic,
        sources: Sources::new(),
        phase: Some("proto-nats".to_owned()),
        gate: None,
    }));
    events.push(done(3, Some("proto-nats"), 1));
    let text = human(&events);
    assert!(
        text.ends_with(
            "error[B108]: HEAD moved while the gates ran\n\nNOT SEALED  nothing was committed\n"
        ),
        "{text}"
    );
}

#[test]
fn an_interrupted_run_still_tells_what_it_knew() {
    let text = human(&[
        phase(&[], &[]),
        begin("types"),
        failure(),
        done(130, Some("proto-nats"), 1),
    ]);
    assert!(
        text.contains("error[R101]: `pnpm type-check` failed"),
        "{text}"
    );
    assert!(
        text.ends_with("INTERRUPTED  nothing was committed\n"),
        "{text}"
    );
}

#[test]
fn names_from_outside_are_harmless() {
    let text = human(&[
        phase(&["a\u{1b}[2Jb\nc"], &["x\u{7}\u{1b}]0;t\u{7}"]),
        end("g", Verdict::Blocked, 1, Some("line\n\u{1b}[31mtwo")),
    ]);
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "{text:?}"
    );
    assert!(text.contains("not judged  ab c (unstaged"), "{text}");
    assert!(text.contains("line two"), "{text}");
}

#[test]
fn a_live_run_redraws_one_line_and_leaves_the_same_text() {
    let events = red();
    let mut reporter = HumanReporter::new(Vec::new(), Style::plain(), true);
    for event in &events {
        reporter.event(event).unwrap();
        reporter.tick().unwrap();
    }
    let live = String::from_utf8(reporter.into_inner()).unwrap();
    assert!(live.contains("\r\u{1b}[2K"));
    assert!(
        live.contains("  ▸ running types, lint · 0 of 5 done"),
        "{live}"
    );
    assert!(live.contains("  ▸ running lint · 1 of 5 done"), "{live}");
    // What a terminal shows in the end: the last state of each line.
    let shown: String = live
        .split('\n')
        .map(|line| line.rsplit("\r\u{1b}[2K").next().unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(shown, human(&events));
}

#[test]
fn a_live_line_never_wraps() {
    let style = Style {
        width: 40,
        ..Style::plain()
    };
    let mut reporter = HumanReporter::new(Vec::new(), style, true);
    reporter.event(&phase(&[], &[])).unwrap();
    let before = reporter.output().len();
    reporter
        .event(&begin(&"very-long-name-".repeat(10)))
        .unwrap();
    let line = String::from_utf8(reporter.into_inner().split_off(before)).unwrap();
    assert!(line.chars().count() < 40, "{line:?}");
}

#[test]
fn events_as_json_lines() {
    let lines: Vec<String> = green(Mode::Run).iter().map(json::event_line).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    {"type":"run.started","schema":1,"plan":"plan.gate","title":"clari-tools → oompa migration","phases":8,"mode":"run"}
    {"type":"phase.started","schema":1,"phase":"proto-nats","number":2,"title":"Proto schemas and NATS streams","goal":"Every message and stream the migration needs exists and parses","tree":"3f9a1c2b7d1e4f5a6b7c8d9e0f1a2b3c4d5e6f70","place":"in-place","not_judged":[],"reminders":[],"gates":["types","lint","e2e","dry-run","soak"]}
    {"type":"scope.finished","schema":1,"phase":"proto-nats","verdict":"pass","files":4,"added":120,"removed":3}
    {"type":"gate.started","schema":1,"phase":"proto-nats","gate":"types","title":null,"regression":false}
    {"type":"gate.finished","schema":1,"phase":"proto-nats","gate":"types","title":null,"verdict":"pass","reason":null,"duration_ms":340,"regression":false,"failures":[],"hold":null,"origin":null,"outputs":[]}
    {"type":"gate.finished","schema":1,"phase":"proto-nats","gate":"streams","title":null,"verdict":"reused","reason":null,"duration_ms":0,"regression":false,"failures":[],"hold":null,"origin":null,"outputs":[]}
    {"type":"phase.finished","schema":1,"phase":"proto-nats","verdict":"pass","duration_ms":1432,"counts":{"pass":1,"fail":0,"blocked":0,"skipped":0,"reused":1,"flaky":0,"waiting":0}}
    {"type":"phase.sealed","schema":1,"phase":"proto-nats","commit":"1a2b3c4d5e6f7a8b9c0d","subject":"feat(proto-nats): add the oompa protos and NATS streams","tag":"phase-2-complete","tree":"3f9a1c2b7d1e4f5a6b7c","branch":"main"}
    {"type":"run.finished","schema":1,"exit":0,"open":"enrich","sealed":2,"duration_ms":1500}
    "#);
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["schema"], 1);
    }
}

fn misspelt() -> Diagnostics {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", "phase a \"čeština\" { gaet x $ true }\n");
    let at = plan.text().find("gaet").unwrap();
    let span = Span::new(plan.id(), at, at + 4);
    let item = Diagnostic::new(
        Code::UNKNOWN_STATEMENT,
        "no statement begins with `gaet`",
        span,
    )
    .here("did you mean `gate`?")
    .note("100% sure")
    .fix("write `gate`", Applicability::Safe, span, "gate");
    Diagnostics {
        items: vec![item],
        sources,
    }
}

#[test]
fn a_diagnostic_as_a_json_line() {
    let all = misspelt();
    let line = json::diagnostic_line(&all.items[0], &all.sources);
    assert_snapshot!(line, @r#"{"type":"diagnostic","schema":1,"code":"E0101","severity":"error","message":"no statement begins with `gaet`","labels":[{"file":"plan.gate","line":1,"column":21,"end_line":1,"end_column":25,"text":"did you mean `gate`?","primary":true}],"notes":["100% sure"],"suggestions":[{"text":"write `gate`","applicability":"safe","edits":[{"file":"plan.gate","line":1,"column":21,"end_line":1,"end_column":25,"replacement":"gate"}]}]}"#);
}

#[test]
fn a_github_annotation() {
    let mut all = misspelt();
    assert_snapshot!(github::annotation(&all.items[0], &all.sources), @r#"::error file=plan.gate,line=1,col=21,endLine=1,endColumn=25,title=E0101::no statement begins with `gaet`%0Adid you mean `gate`?%0A100%25 sure%0Ahelp: write `gate`"#);
    let mut sources = Sources::new();
    let odd = sources.add("a,b:c%.txt", "one\ntwo\n");
    all.items[0].labels[0].span = Span::new(odd.id(), 1, 6);
    assert_snapshot!(github::annotation(&all.items[0], &sources), @r#"::error file=a%2Cb%3Ac%25.txt,line=1,endLine=2,title=E0101::no statement begins with `gaet`%0Adid you mean `gate`?%0A100%25 sure%0Ahelp: write `gate`"#);
    let unplaced = Diagnostic::unplaced(Code::NO_PLAN, "no plan was found");
    assert_snapshot!(github::annotation(&unplaced, &sources), @r#"::error title=E0401::no plan was found"#);
}

#[test]
fn a_run_in_a_github_log() {
    let mut reporter = GithubReporter::new(Vec::new());
    for event in red() {
        reporter.event(&event).unwrap();
    }
    let log = String::from_utf8(reporter.into_inner()).unwrap();
    assert_snapshot!(log, @r#"
    plan.gate · clari-tools → oompa migration
    ::group::phase 2/8 proto-nats

    phase 2/8 proto-nats  Proto schemas and NATS streams
      goal        Every message and stream the migration needs exists and parses
      tree        3f9a1c2, judged in a checkout
      not judged  notes.txt, src/x.rs, a and 2 more (unstaged or untracked)
      remember    Run `pnpm gen` after a change to proto/

      ✓ scope       passed             4 files, +120 −3
      ✓ tasks       passed             tasks.md 7/7
      ✗ types       failed      1.2 s
      ! lint        blocked     12 ms  `pnpm` was not found
      ↷ e2e         skipped            needs `types`
      ✓ dry-run     passed      3.5 s  No ambiguous or undefined step
      ≈ soak        flaky    2 m 03 s  green at the second attempt
      ✓ earlier     passed             2 gates of 1 earlier phase still green (1 reused)
    ::endgroup::

    error[R101]: `pnpm type-check` failed
      ╭─[ plan.gate:2:16 ]
      │
    2 │   gate types $ pnpm type-check
      │                ───────┬───────
      │                       ╰───────── exit status 2 after 1.2 s
      │
      = note: its output ended with
          : :error::src/a.ts(3,1): TS2304
          ## [endgroup] 50% done

    RED      proto-nats: 1 failed, 1 blocked, 2 passed, 1 flaky, 1 reused, 1 skipped · 1.4 s
             nothing was committed; fix, `git add`, then `gate run plan.gate`
    ::error file=plan.gate,line=2,col=16,endLine=2,endColumn=31,title=R101::`pnpm type-check` failed%0Aexit status 2 after 1.2 s%0Aits output ended with%0A::error::src/a.ts(3,1): TS2304%0A##[endgroup] 50%25 done
    "#);
}

#[test]
fn github_shows_ten_errors_of_a_step() {
    let mut reporter = GithubReporter::new(Vec::new());
    for _ in 0..13 {
        reporter.event(&failure()).unwrap();
    }
    reporter.event(&done(1, None, 0)).unwrap();
    let log = String::from_utf8(reporter.into_inner()).unwrap();
    assert_eq!(
        log.lines()
            .filter(|line| line.starts_with("::error "))
            .count(),
        10
    );
    assert_eq!(
        log.matches("error[R101]").count(),
        13,
        "the log itself has all of them"
    );
    assert!(log.contains("3 more annotations only in this log"), "{log}");
}

#[test]
fn the_last_line_of_check() {
    let style = Style::plain();
    let tally = Tally {
        phases: 3,
        gates: 12,
        checks: 0,
    };
    let all = misspelt();
    let mut both = all.items.clone();
    both.extend([all.items[0].clone(), Diagnostic::unplaced(Code::EXIT, "x")]);
    both[2].severity = gatelang::diagnostic::Severity::Warning;
    let lines = [
        summary("plan.gate", Some(tally), &[], style),
        summary(
            "brand.gate",
            Some(Tally {
                checks: 1,
                ..Tally::default()
            }),
            &both[2..],
            style,
        ),
        summary("plan.gate", None, &all.items, style),
        summary("plan.gate", Some(tally), &both, style),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
    plan.gate: ok · 3 phases, 12 gates
    brand.gate: ok · 1 check · 1 warning
    plan.gate: 1 error
    plan.gate: 2 errors, 1 warning
    "#);
    assert!(render_all(&all, style).ends_with("++++\n\n"));
}

#[test]
fn durations_and_counts_in_words() {
    let shown = [
        0, 340, 999, 1000, 1249, 59_940, 59_960, 123_000, 3_599_600, 3_900_000,
    ]
    .map(phrase::duration);
    assert_snapshot!(shown.join(", "), @r#"0 ms, 340 ms, 999 ms, 1.0 s, 1.2 s, 59.9 s, 1 m 00 s, 2 m 03 s, 1 h 00 m, 1 h 05 m"#);
    assert_eq!(phrase::count(1, "gate"), "1 gate");
    assert_eq!(phrase::count(0, "gate"), "0 gates");
}

#[test]
fn text_from_outside_is_made_harmless() {
    assert_eq!(sanitise("plain čeština\n\ttext"), "plain čeština\n\ttext");
    assert_eq!(
        sanitise("\u{1b}[1;31mred\u{1b}[0m \u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}"),
        "red link"
    );
    assert_eq!(sanitise("10 %\r20 %\r\nnext\r\n"), "20 %\nnext\n");
    assert_eq!(
        sanitise("bell\u{7} nul\0 \u{202e}abc"),
        "bell␇ nul␀ \u{fffd}abc"
    );
    // One that never ends takes nothing with it.
    assert_eq!(sanitise("\u{1b}[31"), "␛[31");
    assert_eq!(sanitise("\u{1b}"), "␛");
    assert_eq!(sanitise("\u{1b}]0;title and all"), "␛]0;title and all");
    assert_eq!(
        sanitise("a\u{1b}Pq#0;1\u{1b}\\b\u{1b}_x\u{1b}\\c\u{1b}(Bd\u{1b}7e"),
        "abcde"
    );
    assert_eq!(sanitise("\u{9b}2J \u{9d}0;x"), "\u{fffd}2J \u{fffd}0;x");
    // What a person wrote stays whole.
    assert_eq!(
        reveal("tab\t, line\n, \u{1b}[2Jescape, \rback, \u{202e}bidi, \u{e0041}tag, né"),
        "tab\t, line\n, ␛[2Jescape, ␍back, \u{fffd}bidi, \u{fffd}tag, né"
    );
    assert_eq!(sanitise_line("a\nb\tc"), "a b c");
}

#[test]
fn style_from_choice_and_environment() {
    let detect = |choice, terminal, variables: &[(&str, &str)]| {
        let env = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Style::detect(choice, terminal, &env, None)
    };
    let color =
        |terminal, variables: &[(&str, &str)]| detect(ColorChoice::Auto, terminal, variables).color;
    assert!(color(true, &[]));
    assert!(!color(false, &[]));
    assert!(!color(true, &[("NO_COLOR", "1")]));
    assert!(
        color(true, &[("NO_COLOR", "")]),
        "an empty NO_COLOR is none"
    );
    assert!(color(false, &[("CLICOLOR_FORCE", "1")]));
    assert!(!color(false, &[("CLICOLOR_FORCE", "0")]));
    assert!(!color(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!color(true, &[("TERM", "dumb")]));
    assert!(!color(true, &[("CLICOLOR", "0")]));
    assert!(detect(ColorChoice::Always, false, &[("NO_COLOR", "1")]).color);
    assert!(!detect(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")]).color);

    let unicode = |variables: &[(&str, &str)]| detect(ColorChoice::Auto, true, variables).unicode;
    assert!(unicode(&[]));
    assert!(unicode(&[("LANG", "cs_CZ.UTF-8")]));
    assert!(!unicode(&[("LANG", "C")]));
    assert!(!unicode(&[("LC_ALL", "POSIX"), ("LANG", "en_US.utf8")]));
    assert!(!unicode(&[("TERM", "linux"), ("LANG", "en_US.utf8")]));

    let width = |given, columns: &str| {
        let env = |name: &str| (name == "COLUMNS").then(|| columns.to_owned());
        Style::detect(ColorChoice::Auto, true, &env, given).width
    };
    assert_eq!(width(Some(120), "80"), 120);
    assert_eq!(width(None, "80"), 80);
    assert_eq!(width(None, "many"), 100);
    assert_eq!(width(Some(3), "80"), 40);
}
