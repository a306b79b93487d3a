//! What each lint finds, at which place, and what it leaves alone.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests may fail loudly"
)]

use gatelang::analysis::{Given, LINTS, Lints, analyse};
use gatelang::diagnostic::{Code, Diagnostics, Edit, Severity};
use gatelang::source::MemoryLoader;

/// What is said of a plan and the files beside it, every lint asked for by default and
/// these besides.
fn lints_of(files: &[(&str, &str)], also: &[Code]) -> Diagnostics {
    let loader = files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(*path, *text)
        });
    let given = Given {
        lints: Lints::AndAlso(also.to_vec()),
        os: "linux".to_owned(),
        ..Given::default()
    };
    let path = files.first().map_or("", |(path, _)| path);
    analyse(path, &loader, &given).diagnostics
}

fn told(diagnostics: &Diagnostics) -> String {
    let mut lines = Vec::new();
    for item in &diagnostics.items {
        let span = item.primary().unwrap();
        let source = diagnostics.sources.get(span.source).unwrap();
        let (start, end) = source.positions(span);
        lines.push(format!(
            "{} {}:{}-{}:{} {}",
            item.code, start.line, start.column, end.line, end.column, item.message
        ));
        for label in item.labels.iter().filter(|label| !label.primary) {
            let place = diagnostics.sources.place(label.span);
            lines.push(format!("  {place} {}", label.text));
        }
        lines.extend(item.notes.iter().map(|note| format!("  note: {note}")));
        for advice in &item.suggestions {
            lines.push(format!("  help: {}", advice.text));
            lines.extend(advice.edits.iter().map(|edit| mended(edit, diagnostics)));
        }
    }
    lines.join("\n")
}

/// The line an edit begins in, with it.
fn mended(edit: &Edit, diagnostics: &Diagnostics) -> String {
    let source = diagnostics.sources.get(edit.span.source).unwrap();
    let mut text = source.text().to_owned();
    text.replace_range(edit.span.range(), &edit.replacement);
    let line = source.position(edit.span.start as usize).line as usize;
    format!(
        "    {line:3} {}",
        text.lines().nth(line - 1).unwrap_or("(the end)")
    )
}

/// The plan, and what is said of it.
fn shown(source: &str) -> String {
    let mut shown = String::new();
    for (index, line) in source.lines().enumerate() {
        shown.push_str(format!("{:3} {line}", index + 1).trim_end());
        shown.push('\n');
    }
    format!(
        "{shown}===\n{}",
        told(&lints_of(&[("plan.gate", source)], &[]))
    )
}

/// A plan of one gate with this body.
fn in_gate(body: &str) -> String {
    format!("phase p \"P\" {{\n  gate g {{\n{body}\n  }}\n}}\n")
}

#[track_caller]
fn silent(source: &str) {
    assert_eq!(
        told(&lints_of(&[("plan.gate", source)], &[])),
        "",
        "{source}"
    );
}

#[track_caller]
fn silent_in_gate(bodies: &[&str]) {
    for body in bodies {
        silent(&in_gate(body));
    }
}

#[test]
fn regexes_that_match_everything() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  scope {
    forbid /.*/, /TODO/, /a|/ in "src/**"
  }
  gate g {
    $ make
    expect stdout matches /.*/
    expect stdout matches /|failed/
    expect stderr not matches /(warning)?/i
    expect stdout matches /^/
    expect stdout matches /x*$/
    expect stdout matches /^.*$/s
    expect not (output matches ( /a??/ ))
    check text.present([/\s*/, "b"], in: "src/**")
    check text.absent(words: /x*/)
  }
}
"#
    ));
    silent_in_gate(&[
        "    $ make\n    expect stdout matches /./",
        "    $ make\n    expect stdout matches /^$/",
        "    $ make\n    expect stdout matches /^\\s*$/",
        "    $ make\n    expect stdout matches /^.*$/",
        "    $ make\n    expect stdout matches /^a*$/",
        "    $ make\n    expect stdout matches /\\b/",
        "    $ make\n    expect stdout matches /a\\|/",
        "    $ make\n    expect stdout.find(/x*/).len() == 3",
    ]);
    // What a check is given may well be everything.
    silent(
        "check c(p: regex = /.*/) {\n  $ make\n  expect stdout matches p\n}\nphase p \"P\" {\n  gate g check c()\n}\n",
    );
}

#[test]
fn retries_without_a_reason() {
    insta::assert_snapshot!(shown(
        r#"
check again(what: string) {
  retry 1
  $ make {{what}}
}
phase p "P" {
  gate unit {
    retry 2 every 5s
    $ cargo test --lib
    expect stdout contains "passed"
  }
  gate called {
    retry 2
    check again("all")
  }
}
"#
    ));
    for command in [
        "curl -f localhost",
        "docker build .",
        "npm ci",
        "./scripts/wait-for-it.sh",
        "cargo test --test integration",
        "pnpm test:e2e",
        "wget x",
        "git fetch",
        "ssh box true",
    ] {
        silent_in_gate(&[&format!("    retry 2\n    $ {command}")]);
    }
    silent_in_gate(&[
        "    retry 2\n    $ make\n    expect time < 5s",
        "    retry 2\n    service db {\n      $ ./db\n      ready port 1\n    }\n    $ make",
        "    retry 2\n    check http.ok(\"x\")",
        "    retry 2\n    rhai { let a = http_get(\"x\"); }",
        "    retry 2\n    script \"python3\" \"\"\"\n      import requests\n      \"\"\"",
        "    retry 2\n    run \"ping {{\"-c 1\"}} box\"",
    ]);
    // The services of the phase are there for its gates.
    silent(
        "phase p \"P\" {\n  service db {\n    $ ./db\n    ready port 1\n  }\n  gate g {\n    retry 2\n    $ make\n  }\n}\n",
    );
}

#[test]
fn patterns_given_twice() {
    insta::assert_snapshot!(shown(
        r#"
every phase {
  scope { forbid "FIXME" }
}
phase a "A" {
  scope {
    allow "src/**", "src/**", "lib/**"
    deny "y/**",
         "x", # why
         "x"
    require "CHANGELOG.md"
    forbid "TODO", /x/i in "src/**", "lib/**"
    forbid "FIXME"
  }
  scope {
    require "CHANGELOG.md"
  }
  gate g $ make
}
phase b "B" {
  scope {
    allow "lib/**"
    forbid /x/i in "lib/**", "src/**"
  }
  gate g $ make
}
"#
    ));
}

#[test]
fn patterns_that_only_look_alike() {
    silent(
        r#"
let shared = ["docs/**"]
every phase {
  scope { forbid "FIXME" }
}
phase a "A" {
  scope {
    allow "src/a/**", shared, "CHANGELOG.md"
    deny "src/b/**"
    require "CHANGELOG.md"
    forbid "TODO" in "src/**"
    forbid "TODO" in "lib/**"
    forbid /TODO/
  }
  gate g $ make
}
phase b "B" {
  scope {
    allow "src/b/**", shared, "CHANGELOG.md"
    deny "src/a/**"
    require "CHANGELOG.md"
  }
  for name in ["x", "y"] {
    scope { require "src/b/{{name}}" }
  }
  gate g $ make
}
"#,
    );
}

#[test]
fn failures_taken_for_successes() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  gate g {
    $ make || true
    $ make||:
    $ make; true # always
    $ grep -q x y && exit 0 || true
    $ make \
      || \
      exit 0
    $ echo "{{phase.name}}" | grep x ||  /bin/true
    run "make || true"
    run """
      make

        exit 0
      """
    service s {
      $ ./s
      ready $ ./up || true
    }
  }
}
"#
    ));
    silent_in_gate(&[
        "    $ grep '|| true' x",
        "    $ grep \"a; true\" x",
        "    $ make # || true",
        "    $ rm x || true; make",
        "    $ n=$(grep -c x y || true); test \"$n\" = 0",
        "    $ make && true",
        "    $ true",
        "    $ make || exit 1",
        "    $ make || { echo failed; exit 1; }",
        "    $ grep -r TODO src && exit 1 || true",
        "    $ grep -r TODO src && { echo found; exit 1; } || :",
        "    run \"\"\"\n      set -e\n      true\n      \"\"\"",
        "    $ [[ -f x || true ]]",
        "    $ make &> log",
        "    run \"\"\"\n      cat <<END\n      x || true\n      END\n      \"\"\"",
        "    service s {\n      $ ./s || true\n      ready port 1\n    }\n    $ make",
    ]);
}

#[test]
fn values_that_two_shells_read() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  gate g {
    $ sh -c "ls {{phase.name}}" && echo {{phase.name}}
    $ ssh {{git.branch}} "ls '{{phase.name}}'" {{phase.title}}
    $ eval x {{phase.name}}
    run "sudo bash -ec '{{phase.name}}'"
  }
}
"#
    ));
    silent_in_gate(&[
        "    $ sh -c 'ls \"$1\"' sh {{phase.name}}",
        "    $ ls {{phase.name}}",
        "    $ sh -c {{raw(phase.name)}}",
        "    $ ssh {{phase.name}} ls",
    ]);
}

#[test]
fn gates_without_a_proof() {
    let plan = "phase p \"P\" {\n  gate bare $ make\n  gate proven {\n    $ make\n    proof \"x\" {\n      remove \"Makefile\"\n    }\n  }\n}\n";
    silent(plan);
    let asked = lints_of(&[("plan.gate", plan)], &[Code::NO_PROOF]);
    insta::assert_snapshot!(told(&asked));
}

#[test]
fn conditions_that_are_constant() {
    insta::assert_snapshot!(shown(
        r#"
let never = false
let names = ["a"]
check c() {
  when names.len() > 3
  $ make
}
phase p "P" {
  gate a {
    when true
    $ make
  }
  gate b {
    when never
    check c()
  }
  gate d {
    when (git.branch == git.branch) # of course
    $ make
  }
  gate e {
    when ci or not false
    $ make
  }
}
"#
    ));
    silent(
        r#"
param slow: bool = false
let here = os == "linux"
check c(on: bool) {
  when on
  $ make
}
every phase {
  gate first {
    when phase.number == 1
    $ make
  }
}
phase p "P" {
  gate a {
    when slow and ci
    check c(false)
  }
  gate b {
    when here
    $ make
  }
  for n in [1, 2] {
    gate "g{{n}}" {
      when n == 1
      $ make
    }
  }
}
"#,
    );
}

#[test]
fn expectations_that_are_constant() {
    insta::assert_snapshot!(shown(
        r#"
let three = 3
phase p "P" {
  gate g {
    $ make
    let here = 4
    expect true
    expect three < here
    expect exit >= 0
    expect 0 > stdout.len()
    expect stdout == stdout
    expect not (exit == 0 or true)
    expect "a" in ["b"]
  }
}
"#
    ));
    silent(
        r#"
param limit: int = 3
check c(n: int) {
  expect n > 1
}
phase p "P" {
  gate g {
    $ make
    let lines = stdout.lines()
    expect lines.len() > 0
    expect exit > 0
    expect limit == 3
    expect os == "linux"
    expect stdout != stderr
    expect file("x").exists or false
    check c(3)
  }
}
"#,
    );
}

#[test]
fn names_that_nothing_uses() {
    insta::assert_snapshot!(told(&lints_of(
        &[
            (
                "plan.gate",
                r#"use "./brand.gate"
use "./brand.gate" as other
use "./brand.gate" as _third
param port: int = 1
let host = "a"
let used = "b"
let _free = 1
## Documented.
let told = 1
check dead() {
  $ make
}
check _dead() {
  $ make
}
## Documented.
check documented(a: int, _b: int) {
  $ make
  let kept = stdout
  let read = stderr
  rhai { if read != "" { fail("x") } }
}
phase p "P" {
  for name in ["x"] {
    gate g {
      for turn in [1, 2] {
        $ make {{used}}
      }
      check brand.colours()
    }
  }
}
"#
            ),
            (
                "brand.gate",
                "let spare = 1\ncheck colours() {\n  $ make\n}\ncheck more(x: int) {\n  $ make\n}\n"
            ),
        ],
        &[]
    )));
}

#[test]
fn names_that_something_uses() {
    silent(
        r#"
param a: int = 1
let b = a + 1
let c = ["x"]
let dashed-name = 2
let from = "main"
let word = "TODO"
let needed = "first"
let heading = "H"
plan "{{b}}" {
  base from
}
phase p "P" {
  scope {
    forbid word
  }
  tasks "t.md" under heading
  gate first {
    for x in c {
      $ make
      expect stdout contains "{{x}}"
    }
  }
  gate second {
    needs needed
    rhai { if dashed_name > 1 { fail("x") } }
  }
}
"#,
    );
    // A script that asks for `args` may take any of them.
    silent(
        "let a-b = 1\nphase p \"P\" {\n  gate g {\n    rhai { if args[\"a-b\"] > 1 { fail(\"x\") } }\n  }\n}\n",
    );
    let script = [
        (
            "plan.gate",
            "let limit = 1\nphase p \"P\" {\n  gate g rhai \"check.rhai\"\n}\n",
        ),
        ("check.rhai", "if limit > 1 { fail(\"x\") }"),
    ];
    assert_eq!(told(&lints_of(&script, &[])), "");
    // A check that only a test calls is called; a library is there for others.
    silent(
        "check c() {\n  $ make\n}\ntest \"t\" {\n  check c()\n  expect passes\n}\nphase p \"P\" {\n  gate g $ make\n}\n",
    );
    silent("let a = 1\nparam b: int\ncheck c() {\n  $ make\n}\n");
}

#[test]
fn included_names_belong_to_the_plan() {
    let files = [
        (
            "plan.gate",
            "include \"./more.gate\"\nphase p \"P\" {\n  gate g $ make {{a}}\n}\n",
        ),
        ("more.gate", "let a = 1\nlet b = 2\n"),
    ];
    insta::assert_snapshot!(told(&lints_of(&files, &[])));
}

#[test]
fn values_called_like_a_module() {
    insta::assert_snapshot!(shown(
        r#"
let text = "x"
param yaml: string = text
check c(files: list<glob>) {
  expect files(files) is not empty
}
phase p "P" {
  gate g {
    check c("a")
    for json in [yaml] {
      $ make {{json}}
      let toml = stdout
      expect toml is not empty
    }
  }
}
"#
    ));
}

#[test]
fn documentation_of_nothing() {
    insta::assert_snapshot!(shown(
        r#"
## Above a blank line,
## on two lines.

## Of the plan.
plan "P" { ## at its end
  ## Of a setting.
  timeout 5m
}
## Of a phase.
# A comment between.
phase p "P" {
  ########################
  ## Of a gate.
  ## Two lines.
  gate g $ make ## a part of the command
}
## At the end.
"#
    ));
}

#[test]
fn services_without_ready() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  service db {
    $ ./db
  }
  service "we{{"b"}}" {
    $ ./web
    ready port 80
  }
  gate g {
    service cache {
      $ ./cache
      stop SIGINT
    }
    $ make
  }
}
"#
    ));
}

#[test]
fn loops_over_nothing() {
    insta::assert_snapshot!(shown(
        r#"
let none = []
phase p "P" {
  for a in [] {
    gate "{{a}}" $ make
  }
  gate g {
    for b in none {
      $ make {{b}}
    }
    $ make
  }
}
"#
    ));
    silent(
        r#"
param extra: list<string> = []
check c(also: list<string> = []) {
  $ make
  for b in also {
    $ make {{b}}
  }
}
phase p "P" {
  for a in extra {
    gate "{{a}}" $ make
  }
  gate g check c()
}
"#,
    );
}

#[test]
fn characters_that_cannot_be_seen() {
    let plan = "# a comment\u{202e}\nlet quoted = \"a\u{2066}b\"\nlet raw = 'a\u{7}b'\nphase p \"P\" {\n  gate g {\n    $ make\u{a0}{{quoted}} {{raw}}\n    rhai { /* \u{202d} */ }\n  }\n}\n";
    insta::assert_snapshot!(
        told(&lints_of(&[("plan.gate", plan)], &[]))
            .escape_debug()
            .to_string()
            .replace("\\n", "\n")
    );
    // Other scripts, an emoji of several characters, and blanks in texts are no mistake.
    silent("phase p \"Prüfung 👩\u{200d}💻 «\u{a0}tout\u{a0}»\" {\n  gate g $ make\t# ok\n}\n");
}

#[test]
fn commands_that_go_on() {
    insta::assert_snapshot!(shown(
        r#"
phase p "P" {
  gate g {
    $ set +e; make
    $ set +ex; make; set -u
    $ set +o pipefail && make | tee log
    $ set -x +o errexit
  }
}
"#
    ));
    silent_in_gate(&[
        "    $ set +e; make; code=$?; set -e; test $code = 3",
        "    $ set +x; make",
        "    $ echo set +e",
        "    $ echo \"; set +e\"",
        "    $ set -o pipefail; make",
    ]);
}

#[test]
fn files_that_the_inputs_leave_out() {
    let plan = r#"
check c() {
  in "tools"
  $ python3 gen.py
}
phase p "P" {
  gate g {
    inputs "src/**"
    $ bash scripts/x.sh src/a.py dist/b.js --config missing.toml > out.txt
    check c()
  }
  gate whole $ bash scripts/x.sh
  gate never {
    inputs none
    $ bash scripts/x.sh
  }
  gate named {
    inputs "src/**", "scripts/*"
    $ bash ./scripts/x.sh "scripts/y.sh other.sh" && cd src
  }
  gate moved {
    inputs "src/**"
    $ cd scripts && bash x.sh
  }
}
"#;
    let files = [
        ("plan.gate", plan),
        ("scripts/x.sh", ""),
        ("x.sh", ""),
        ("other.sh", ""),
        ("src/a.py", ""),
        ("dist/b.js", ""),
        ("out.txt", ""),
        ("tools/gen.py", ""),
    ];
    insta::assert_snapshot!(told(&lints_of(&files, &[])));
}

/// For each lint a plan that it finds something in.
fn example(code: Code) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let gate = |plan| (plan, Vec::new());
    match code {
        Code::MATCHES_ALL => {
            gate("phase p \"P\" {\n  gate g {\n    $ a\n    expect stdout matches /.*/\n  }\n}\n")
        }
        Code::IDLE_RETRY => gate("phase p \"P\" {\n  gate g {\n    retry 1\n    $ a\n  }\n}\n"),
        Code::REPEATED_PATTERN => gate("phase p \"P\" {\n  scope { allow \"a\", \"a\" }\n}\n"),
        Code::SWALLOWED => gate("phase p \"P\" {\n  gate g $ a || true\n}\n"),
        Code::SECOND_SHELL => gate("phase p \"P\" {\n  gate g $ sh -c {{phase.name}}\n}\n"),
        Code::NO_PROOF => gate("phase p \"P\" {\n  gate g $ a\n}\n"),
        Code::CONSTANT_WHEN => {
            gate("phase p \"P\" {\n  gate g {\n    when true\n    $ a\n  }\n}\n")
        }
        Code::CONSTANT_EXPECT => gate("phase p \"P\" {\n  gate g expect true\n}\n"),
        Code::UNUSED_VALUE => gate("let a = 1\nphase p \"P\" {\n  gate g $ a\n}\n"),
        Code::UNUSED_CHECK => gate("check c() {\n  $ a\n}\nphase p \"P\" {\n  gate g $ a\n}\n"),
        Code::UNUSED_USE => (
            "use \"./b.gate\"\nphase p \"P\" {\n  gate g $ a\n}\n",
            vec![("b.gate", "let b = 1\n")],
        ),
        Code::MODULE_NAME => gate("let json = 1\n"),
        Code::LOOSE_DOC => gate("## a\n\nlet b = 1\n"),
        Code::NOT_READY => gate("phase p \"P\" {\n  service s {\n    $ a\n  }\n  gate g $ a\n}\n"),
        Code::EMPTY_LOOP => {
            gate("phase p \"P\" {\n  for _a in [] {\n    gate b $ a\n  }\n  gate g $ a\n}\n")
        }
        Code::INVISIBLE => gate("# \u{202e}\n"),
        Code::GOES_ON => gate("phase p \"P\" {\n  gate g $ set +e; a\n}\n"),
        Code::LEFT_OUT => (
            "phase p \"P\" {\n  gate g {\n    inputs \"src/**\"\n    $ sh a.sh\n  }\n}\n",
            vec![("a.sh", "")],
        ),
        _ => panic!("{code} has no example"),
    }
}

#[test]
fn every_lint_is_a_warning_and_can_be_switched_off() {
    for lint in LINTS {
        let (plan, beside) = example(lint.code);
        let found = |plan: &str, also: &[Code]| -> Vec<(Code, Severity)> {
            let mut files = vec![("plan.gate", plan)];
            files.extend(beside.iter().copied());
            let said = lints_of(&files, also);
            said.items
                .iter()
                .map(|item| (item.code, item.severity))
                .collect()
        };
        let only = vec![(lint.code, Severity::Warning)];
        let off = format!("plan {{\n  lint {} off\n}}\n{plan}", lint.code);
        let nothing = Vec::new();
        assert_eq!(
            found(plan, &[]),
            if lint.by_default { &only } else { &nothing }.clone()
        );
        assert_eq!(found(&off, &[]), nothing);
        // Who asks for it gets it all the same.
        assert_eq!(found(plan, &[lint.code]), only);
        assert_eq!(found(&off, &[lint.code]), only);
    }
}

#[test]
fn lints_are_the_codes_of_their_family_in_order() {
    let codes: Vec<Code> = LINTS.iter().map(|lint| lint.code).collect();
    let family: Vec<Code> = Code::all()
        .filter(|code| code.family() == gatelang::diagnostic::Family::Lint)
        .collect();
    assert_eq!(codes, family);
}

#[test]
fn a_plan_with_mistakes_gets_no_lints() {
    let plan = "let unused = 1\nphase p \"P\" {\n  gate g $ a || true\n  gate h\n}\n";
    let said = lints_of(&[("plan.gate", plan)], &[]);
    assert!(said.has_errors());
    assert!(
        said.items
            .iter()
            .all(|item| item.severity == Severity::Error)
    );
}

#[test]
fn nobody_gets_lints_who_did_not_ask() {
    let loader = MemoryLoader::new().with("plan.gate", in_gate("    $ a || true"));
    let analysis = analyse("plan.gate", &loader, &Given::default());
    assert!(analysis.plan.is_some());
    assert!(analysis.diagnostics.items.is_empty());
}
