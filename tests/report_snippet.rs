//! Diagnostics drawn in full.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fmt::Write as _;

use gatelang::diagnostic::{Applicability, Code, Diagnostic, Severity};
use gatelang::report::{Style, snippet};
use gatelang::source::{Source, Sources, Span};
use insta::assert_snapshot;
use proptest::prelude::*;

const PLAN: &str = "\
phase proto-nats \"Proto schemas\" {
  scope {
    allow \"proto/**\"
  }
  gate types $ echo {{prot}}
  gate ports check compose.unique-ports(prot)
}
";

/// The span of the nth occurrence of `needle`.
fn nth(source: &Source, needle: &str, index: usize) -> Span {
    let (at, _) = source.text().match_indices(needle).nth(index).unwrap();
    Span::new(source.id(), at, at + needle.len())
}

fn find(source: &Source, needle: &str) -> Span {
    nth(source, needle, 0)
}

fn plain(diagnostic: &Diagnostic, sources: &Sources) -> String {
    snippet::render(diagnostic, sources, Style::plain())
}

fn ascii() -> Style {
    Style {
        unicode: false,
        ..Style::plain()
    }
}

/// Colour codes made readable.
fn tagged(text: &str) -> String {
    text.replace("\u{1b}[0m", "</>")
        .replace("\u{1b}[", "<")
        .split('<')
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                part.to_owned()
            } else {
                format!(
                    "<{}",
                    part.replacen('m', ">", usize::from(!part.starts_with('/')))
                )
            }
        })
        .collect()
}

fn misspelt(sources: &mut Sources) -> Diagnostic {
    let plan = sources.add("plan.gate", PLAN);
    Diagnostic::new(
        Code::UNKNOWN_NAME,
        "no value is named `prot`",
        nth(&plan, "prot", 3),
    )
    .here("not a value of this plan")
    .note("values here are `port` and `services`")
    .fix(
        "did you mean `port`?",
        Applicability::Safe,
        nth(&plan, "prot", 3),
        "port",
    )
}

#[test]
fn one_label_with_note_and_fix() {
    let mut sources = Sources::new();
    let diagnostic = misspelt(&mut sources);
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0201]: no value is named `prot`
      ╭─[ plan.gate:6:41 ]
      │
    6 │   gate ports check compose.unique-ports(prot)
      │                                         ──┬─
      │                                           ╰─── not a value of this plan
      │
      = note: values here are `port` and `services`
      = help: did you mean `port`?
      │
    6 │   gate ports check compose.unique-ports(port)
      │                                         ++++
    "#);
}

#[test]
fn ascii_only() {
    let mut sources = Sources::new();
    let diagnostic = misspelt(&mut sources);
    let text = snippet::render(&diagnostic, &sources, ascii());
    assert!(text.is_ascii());
    assert_snapshot!(text, @r#"
    error[E0201]: no value is named `prot`
      ,-[ plan.gate:6:41 ]
      |
    6 |   gate ports check compose.unique-ports(prot)
      |                                         ^^|^
      |                                           `--- not a value of this plan
      |
      = note: values here are `port` and `services`
      = help: did you mean `port`?
      |
    6 |   gate ports check compose.unique-ports(port)
      |                                         ++++
    "#);
}

#[test]
fn in_colour() {
    let mut sources = Sources::new();
    let diagnostic = misspelt(&mut sources);
    let style = Style {
        color: true,
        ..Style::plain()
    };
    assert_snapshot!(tagged(&snippet::render(&diagnostic, &sources, style)), @r#"
    <1;31>error[E0201]</><1>: no value is named `prot`</>
      <34>╭─[</> plan.gate:6:41 <34>]</>
      <34>│</>
    <34>6 │</>   gate ports check compose.unique-ports(<1;31>prot</>)
    <34>  │</>                                         <1;31>──┬─</>
    <34>  │</>                                           <1;31>╰───</> not a value of this plan
      <34>│</>
      <34>=</> <1>note</>: values here are `port` and `services`
      <34>=</> <1;36>help</>: did you mean `port`?
      <34>│</>
    <34>6 │</>   gate ports check compose.unique-ports(<32>port</>)
      <34>│</>                                         <32>++++</>
    "#);
}

#[test]
fn without_a_place() {
    let diagnostic = Diagnostic::unplaced(Code::NO_REPOSITORY, "this is not a git repository")
        .note("looked in `/home/me/work` and above")
        .help("run `git init`, or go to the repository");
    assert_snapshot!(plain(&diagnostic, &Sources::new()), @r#"
    error[E0403]: this is not a git repository
      = note: looked in `/home/me/work` and above
      = help: run `git init`, or go to the repository
    "#);
}

#[test]
fn labels_without_text_are_underlined() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", PLAN);
    let diagnostic = Diagnostic::new(
        Code::SYNTAX,
        "something else was expected",
        find(&plan, "types"),
    );
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0100]: something else was expected
      ╭─[ plan.gate:5:8 ]
      │
    5 │   gate types $ echo {{prot}}
      │        ─────
    "#);
    let text = snippet::render(&diagnostic, &sources, ascii());
    assert_snapshot!(text, @r#"
    error[E0100]: something else was expected
      ,-[ plan.gate:5:8 ]
      |
    5 |   gate types $ echo {{prot}}
      |        ^^^^^
    "#);
}

#[test]
fn several_labels_on_one_line() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", "gate a expect port == \"80\" or true\n");
    let diagnostic = Diagnostic::new(
        Code::NEVER_EQUAL,
        "an `int` never equals a `string`",
        find(&plan, "=="),
    )
    .also(find(&plan, "port"), "this is an `int`")
    .also(find(&plan, "\"80\""), "this is a `string`")
    .also(find(&plan, "true"), "");
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0221]: an `int` never equals a `string`
      ╭─[ plan.gate:1:20 ]
      │
    1 │ gate a expect port == "80" or true
      │               ──┬─ ── ──┬─    ────
      │                 ╰─────────────────── this is an `int`
      │                         │
      │                         ╰─────────── this is a `string`
    "#);
    let text = snippet::render(&diagnostic, &sources, ascii());
    assert_snapshot!(text, @r#"
    error[E0221]: an `int` never equals a `string`
      ,-[ plan.gate:1:20 ]
      |
    1 | gate a expect port == "80" or true
      |               ^^|^ ^^ ^^|^    ^^^^
      |                 `------------------- this is an `int`
      |                         |
      |                         `----------- this is a `string`
    "#);
}

#[test]
fn labels_far_apart_and_over_several_lines() {
    let mut sources = Sources::new();
    let mut text = String::from("plan \"a\" {\n  timeout 1m\n}\n");
    for number in 0..200 {
        writeln!(text, "# {number}").unwrap();
    }
    text.push_str("plan \"b\" {}\n");
    let plan = sources.add("plan.gate", text.clone());
    let block = Span::new(plan.id(), 0, text.find("\n#").unwrap());
    let diagnostic = Diagnostic::new(
        Code::REPEATED_SETTING,
        "`plan` is given twice",
        find(&plan, "plan \"b\""),
    )
    .here("the second")
    .also(block, "the first");
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0302]: `plan` is given twice
        ╭─[ plan.gate:204:1 ]
        │
      1 │ ╭─▶ plan "a" {
        ┆ ┆
      3 │ ├─▶ }
        │ │
        │ ╰──────── the first
        │
    204 │     plan "b" {}
        │     ────┬───
        │         ╰───── the second
    "#);
}

#[test]
fn blocks_without_text_are_bracketed() {
    let mut sources = Sources::new();
    let text = "phase a \"A\" {\n\tgate x {\n\t\t$ true\n\t}\n\tgate x $ false\n}\n";
    let plan = sources.add("plan.gate", text);
    let gate = Span::new(plan.id(), 15, text.find("\t}\n").unwrap() + 2);
    let diagnostic = Diagnostic::new(Code::NO_STEP, "a block", gate);
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0304]: a block
      ╭─[ plan.gate:2:2 ]
      │
    2 │ ╭─▶     gate x {
      ┆ ┆
    4 │ ╰─▶     }
    "#);
    let nested = diagnostic
        .also(plan.span(), "")
        .also(find(&plan, "x $"), "again");
    assert_snapshot!(plain(&nested, &sources), @r#"
    error[E0304]: a block
      ╭─[ plan.gate:2:2 ]
      │
    1 │ ╭───▶ phase a "A" {
    2 │ │ ╭─▶     gate x {
      ┆ ┆ ┆
    4 │ │ ╰─▶     }
    5 │ │         gate x $ false
      │ │              ─┬─
      │ │               ╰─── again
    6 │ ╰───▶ }
    "#);
    assert_snapshot!(snippet::render(&nested, &sources, ascii()), @r#"
    error[E0304]: a block
      ,-[ plan.gate:2:2 ]
      |
    1 | ,---> phase a "A" {
    2 | | ,->     gate x {
      : : :
    4 | | `->     }
    5 | |         gate x $ false
      | |              ^|^
      | |               `--- again
    6 | `---> }
    "#);
}

#[test]
fn places_in_two_files() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", PLAN);
    let yaml = sources.add(
        "docker-compose.yml",
        "services:\n  a:\n    ports: [\"80:80\"]\n",
    );
    let diagnostic = Diagnostic::new(
        Code::EXPECT,
        "port 80 is published twice",
        find(&yaml, "\"80:80\""),
    )
    .here("first published here")
    .also(
        find(&plan, "check compose.unique-ports(prot)"),
        "asked for here",
    );
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[R103]: port 80 is published twice
      ╭─[ docker-compose.yml:3:13 ]
      │
    3 │     ports: ["80:80"]
      │             ───┬───
      │                ╰───── first published here
      │
      ├─[ plan.gate:6:14 ]
      │
    6 │   gate ports check compose.unique-ports(prot)
      │              ────────────────┬───────────────
      │                              ╰───────────────── asked for here
    "#);
}

#[test]
fn notes_of_several_lines() {
    let mut sources = Sources::new();
    let plan = sources.add(
        "plan.gate",
        "gate dry-run $ pnpm test:dry\n  expect stdout == \"ok\"\n",
    );
    let diagnostic = Diagnostic::new(
        Code::EXPECT,
        "`dry-run` does not hold",
        find(&plan, "stdout == \"ok\""),
    )
    .here("is false")
    .note("`stdout` differs from what is expected:\n-ok\n+not ok\n ")
    .note(
        "the output ended with\n\u{1b}[31mTypeError\u{1b}[0m: x is undefined\r\n    at main.ts:3\n",
    );
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[R103]: `dry-run` does not hold
      ╭─[ plan.gate:2:10 ]
      │
    2 │   expect stdout == "ok"
      │          ───────┬──────
      │                 ╰──────── is false
      │
      = note: `stdout` differs from what is expected:
          -ok
          +not ok

      = note: the output ended with
          TypeError: x is undefined
              at main.ts:3
    "#);
    let style = Style {
        color: true,
        ..Style::plain()
    };
    let coloured = tagged(&snippet::render(&diagnostic, &sources, style));
    let diff: Vec<&str> = coloured
        .lines()
        .filter(|line| line.contains("ok</>"))
        .collect();
    assert_snapshot!(diff.join("\n"), @r#"
    <31>-ok</>
    <32>+not ok</>
    "#);
}

#[test]
fn the_end_of_a_file() {
    let mut sources = Sources::new();
    for (path, text) in [
        ("a.gate", "phase a \"A\" {\n"),
        ("b.gate", "phase"),
        ("c.gate", ""),
        ("d.gate", "\n\n"),
    ] {
        let source = sources.add(path, text);
        let end = source.span().at_end();
        let diagnostic =
            Diagnostic::new(Code::UNCLOSED_BLOCK, "a brace is missing", end).here("expected `}`");
        let drawn = plain(&diagnostic, &sources);
        let at = source.position(text.len());
        assert!(
            drawn.contains(&format!("{path}:{}:{}", at.line, at.column)),
            "{drawn}"
        );
        assert!(drawn.contains("expected `}`"), "{drawn}");
    }
    let last = sources.by_path("a.gate").unwrap();
    let diagnostic = Diagnostic::new(
        Code::UNCLOSED_BLOCK,
        "this block is never closed",
        last.span().at_end(),
    )
    .here("expected `}`")
    .also(find(last, "{"), "opened here");
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0105]: this block is never closed
      ╭─[ a.gate:1:14 ]
      │
    1 │ phase a "A" {
      │             ┬┬
      │             ╰─── opened here
      │              │
      │              ╰── expected `}`
    "#);
}

#[test]
fn fixes_that_insert_lines_or_remove_text() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", "  gate a $ true }\n  goal \"x\";\n");
    let brace = find(&plan, " }");
    let diagnostic = Diagnostic::new(
        Code::BRACE_ON_COMMAND,
        "the brace belongs to the command",
        find(&plan, "}"),
    )
    .fix(
        "put it on a line of its own",
        Applicability::Unsafe,
        brace,
        "\n}",
    );
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0107]: the brace belongs to the command
      ╭─[ plan.gate:1:17 ]
      │
    1 │   gate a $ true }
      │                 ─
      │
      = help: put it on a line of its own
      │
    1 │   gate a $ true
    2 │ }
      │ +
    "#);
    let diagnostic = Diagnostic::new(
        Code::SEMICOLON,
        "a statement ends with its line",
        find(&plan, ";"),
    )
    .fix("remove `;`", Applicability::Safe, find(&plan, ";"), "");
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0109]: a statement ends with its line
      ╭─[ plan.gate:2:11 ]
      │
    2 │   goal "x";
      │           ─
      │
      = help: remove `;`
      │
    2 │   goal "x"
    "#);
}

#[test]
fn columns_count_characters_and_wide_text_stays_aligned() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", "goal \"čeština 漢字\" oops\n");
    let span = find(&plan, "oops");
    let diagnostic = Diagnostic::new(Code::TWO_STATEMENTS, "two statements on one line", span)
        .here("the second");
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[E0108]: two statements on one line
      ╭─[ plan.gate:1:19 ]
      │
    1 │ goal "čeština 漢字" oops
      │                     ──┬─
      │                       ╰─── the second
    "#);
}

#[test]
fn nothing_hidden_reaches_the_terminal() {
    let mut sources = Sources::new();
    let text = "a\rb \u{1b}[2J\u{7} c\u{c}d\u{85}e\u{2028}f \u{202e}x\u{2066}\n\ttail oops\n";
    let source = sources.add("evil\u{1b}[31m\n.txt", text);
    let diagnostic = Diagnostic::new(
        Code::FORBIDDEN,
        "\u{1b}]0;title\u{7}bad \u{1b}[1mname",
        find(&source, "oops"),
    )
    .here("li\u{1b}[0mne\n2")
    .also(find(&source, "c\u{c}d"), "separators are no lines of ours")
    .help("an \u{1b}[31mesc\u{202e}ape");
    let drawn = plain(&diagnostic, &sources);
    assert!(!drawn.contains(|c: char| c.is_control() && c != '\n'));
    assert_snapshot!(drawn, @r#"
    error[R204]: bad name
      ╭─[ evil .txt:2:7 ]
      │
    1 │ a␍b ␛[2J␇ c␌d�e�f �x�
      │           ─┬─
      │            ╰─── separators are no lines of ours
    2 │     tail oops
      │          ──┬─
      │            ╰─── line 2
      │
      = help: an esc�ape
    "#);
}

#[test]
fn a_very_long_line_is_cut_around_its_label() {
    let mut sources = Sources::new();
    let text = format!(
        "{}needle{}\n",
        "x".repeat(3_000_000),
        "yž".repeat(1_000_000)
    );
    let source = sources.add("min.js", text);
    let diagnostic =
        Diagnostic::new(Code::FORBIDDEN, "a forbidden text", find(&source, "needle")).here("here");
    let drawn = plain(&diagnostic, &sources);
    assert!(drawn.lines().all(|line| line.chars().count() <= 200));
    assert_snapshot!(drawn, @r#"
    error[R204]: a forbidden text
      ╭─[ min.js:1:3000001 ]
      │
    1 │ …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxneedleyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyžyž…
      │                                             ───┬──
      │                                                ╰──── here
    "#);
}

#[test]
fn an_unknown_source_is_left_out() {
    let mut other = Sources::new();
    other.add("a", "");
    let source = other.add("b", "text");
    let diagnostic = Diagnostic::new(Code::EXIT, "failed", source.span()).note("fact");
    let mut sources = Sources::new();
    sources.add("plan.gate", PLAN);
    assert_snapshot!(plain(&diagnostic, &sources), @r#"
    error[R101]: failed
      = note: fact
    "#);
}

#[test]
fn many_labels_are_counted() {
    let mut sources = Sources::new();
    let source = sources.add("a.txt", "x\n".repeat(40));
    let mut diagnostic =
        Diagnostic::new(Code::FORBIDDEN, "`x` is forbidden", nth(&source, "x", 20));
    for index in 0..20 {
        diagnostic = diagnostic.also(nth(&source, "x", index), "");
    }
    let drawn = plain(&diagnostic, &sources);
    assert!(drawn.contains("a.txt:21:1"));
    assert!(drawn.contains("= note: 9 places more not shown"), "{drawn}");
}

#[test]
fn a_warning_and_a_note() {
    let mut sources = Sources::new();
    let plan = sources.add("plan.gate", PLAN);
    let mut diagnostic = Diagnostic::new(Code::GIT_FAILED, "said in passing", find(&plan, "scope"));
    for severity in [Severity::Warning, Severity::Note] {
        diagnostic.severity = severity;
        let drawn = plain(&diagnostic, &sources);
        assert!(drawn.starts_with(match severity {
            Severity::Warning => "warning[B107]: said",
            _ => "note[B107]: said",
        }));
    }
}

/// Texts with everything that may break a renderer.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,12}",
        1 => "\\PC{0,6}",
        2 => prop::sample::select(vec![
            "\n", "\n", "\r", "\t", "\u{1b}[31m", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0",
            "č漢", "👩‍👩‍👧", "e\u{301}", "\u{202e}", "\u{e000}", "\u{e001}", "\u{feff}",
        ]).prop_map(str::to_owned),
        1 => (1usize..3000).prop_map(|n| "long ".repeat(n)),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spans_of_any_text_are_drawn(
        texts in prop::collection::vec(any_text(), 1..3),
        spans in prop::collection::vec((0usize..3, 0usize..20_000, 0usize..40, any_text(), any::<bool>()), 1..6),
        unicode: bool,
        color: bool,
        width in 1usize..250,
    ) {
        let mut sources = Sources::new();
        let mut unknown = Sources::new();
        for (index, text) in texts.iter().enumerate() {
            sources.add(format!("file-{index}.txt"), text.as_str());
            unknown.add("u", "");
        }
        let foreign = unknown.add("u", "").id();
        let mut diagnostic = Diagnostic::unplaced(Code::EXPECT, "it does not hold");
        let mut primary = None;
        for (file, start, length, text, as_primary) in spans {
            let source = texts.get(file).and_then(|_| sources.by_path(&format!("file-{file}.txt")));
            let id = source.map_or(foreign, |source| source.id());
            let size = source.map_or(0, |source| source.text().len());
            // Mostly inside the text, at times past its end.
            let start = start % (size + 3);
            let span = Span::new(id, start, start + length);
            if as_primary && primary.is_none() {
                diagnostic = diagnostic.also(span, text);
                diagnostic.labels.last_mut().unwrap().primary = true;
                primary = Some(span);
            } else {
                diagnostic = diagnostic.also(span, text);
            }
        }
        let style = Style { color, unicode, width };
        let drawn = snippet::render(&diagnostic, &sources, style);
        let escaped = drawn.contains('\u{1b}');
        prop_assert!(color || !escaped);
        if let Some(span) = primary.filter(|span| sources.get(span.source).is_some()) {
            let place = sources.place(span);
            prop_assert!(drawn.contains(&format!(" {place} ")), "{}", drawn);
        }
        let split = drawn.contains(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}']);
        prop_assert!(!split, "{}", drawn);
    }
}
