//! What is said of an expectation that does not hold.

use gatelang::diagnostic::Diagnostic;
use gatelang::eval::{Facts, failed_expectation, text_diff, trace};
use gatelang::plan::{Expr, Function};
use gatelang::syntax::ast::BinaryOp;
use gatelang::value::Value;

use crate::build::{Known, Operand, Postfix, call, known, map, named, not, place, regex};

/// The source with the labels drawn under it.
fn drawn(source: &str, diagnostic: &Diagnostic) -> String {
    let mut out = format!("{}: {}\n  {source}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let sign = if label.primary { "^" } else { "-" };
        let line = format!(
            "  {}{} {}",
            " ".repeat(label.span.start as usize),
            sign.repeat((label.span.end - label.span.start) as usize),
            label.text
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for note in &diagnostic.notes {
        let lines: Vec<_> = note.lines().collect();
        out.push_str(&format!("  = {}\n", lines.join("\n    ")));
    }
    out
}

fn failed(facts: &dyn Facts, exprs: Vec<Expr>) -> String {
    let mut out = String::new();
    for mut expr in exprs {
        let source = place(&mut expr);
        let trace = trace(&expr, facts);
        assert_ne!(trace.result, Ok(Value::Bool(true)), "{source} holds");
        out.push_str(&drawn(&source, &failed_expectation(&expr, &trace)));
        out.push('\n');
    }
    out
}

#[test]
fn every_part_shows_its_value() {
    let facts = Known::default()
        .with("exit", 1)
        .with("time", Value::Duration(12_500))
        .with("stdout", r#"{"id":7,"name":"x","on":false}"#);
    let json = || known("stdout").call("json");
    let port = || named("port", Value::Int(80));
    insta::assert_snapshot!(failed(&facts, vec![
        known("exit").is(0),
        json().field("id").is(port()),
        known("time").op(BinaryOp::Less, Value::Duration(10_000)),
        known("exit").op(BinaryOp::GreaterEqual, 2),
        known("exit").op(BinaryOp::NotEqual, 1),
        known("exit").op(BinaryOp::In, [0, 2]),
        "z".op(BinaryOp::In, json()),
        known("exit").is(1).and(json().field("on")),
        known("exit").is(0).and(json().field("on")),
        known("exit").is(0).or(json().field("name").is("y")),
        not(known("exit").is(1)),
        not(not(json().field("on"))),
        json().field("id").is("7"),
        json().field("id"),
    ]), @r#"
    R103: `exit` is 1, not 0
      exit == 0
      ^^^^^^^^^ this is false
      ---- 1

    R103: `stdout.json().id` is 7, not 80
      stdout.json().id == port
      ^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
      ------------- { id: 7, name: "x", on: false }
      ---------------- 7
                          ---- 80

    R103: `time` is 12s500ms, not less than 10s
      time < 10s
      ^^^^^^^^^^ this is false
      ---- 12s500ms

    R103: `exit` is 1, not at least 2
      exit >= 2
      ^^^^^^^^^ this is false
      ---- 1

    R103: `exit` is 1, which it must not be
      exit != 1
      ^^^^^^^^^ this is false
      ---- 1

    R103: `exit` is 1, which is not in [0, 2]
      exit in [0, 2]
      ^^^^^^^^^^^^^^ this is false
      ---- 1

    R103: "z" is not in { id: 7, name: "x", on: false }
      "z" in stdout.json()
      ^^^^^^^^^^^^^^^^^^^^ this is false
             ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
             ------------- { id: 7, name: "x", on: false }

    R103: `stdout.json().on` is false
      exit == 1 and stdout.json().on
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ---- 1
      --------- true
                    ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
                    ------------- { id: 7, name: "x", on: false }
                    ---------------- false

    R103: `exit` is 1, not 0
      exit == 0 and stdout.json().on
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ---- 1
      --------- false

    R103: none of the alternatives holds
      exit == 0 or stdout.json().name == "y"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ---- 1
      --------- false
                   ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
                   ------------- { id: 7, name: "x", on: false }
                   ------------------ "x"
                   ------------------------- false

    R103: `exit` is 1, which it must not be
      not exit == 1
      ^^^^^^^^^^^^^ this is false
          ---- 1
          --------- true

    R103: `not stdout.json().on` is true, which it must not be
      not not stdout.json().on
      ^^^^^^^^^^^^^^^^^^^^^^^^ this is false
          -------------------- true
              ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
              ------------- { id: 7, name: "x", on: false }
              ---------------- false

    R103: `stdout.json().id` is 7, not "7"
      stdout.json().id == "7"
      ^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
      ------------- { id: 7, name: "x", on: false }
      ---------------- 7
      = one is a number (7), the other a string ("7")

    R103: `stdout.json().id` is 7
      stdout.json().id
      ^^^^^^^^^^^^^^^^ this is 7, not true
      ------ "{\"id\":7,\"name\":\"x\",\"on\":false}"
      ------------- { id: 7, name: "x", on: false }
    "#);
}

#[test]
fn what_has_no_value_is_noted() {
    let facts = Known::default()
        .with("exit", 1)
        .with("stdout", r#"{"items":[]}"#);
    let items = || known("stdout").call("json").field("items");
    insta::assert_snapshot!(failed(&facts, vec![
        items().call("first").is(known("exit")),
        known("exit").is(1).and(items().at(3).field("x").is(2)),
        known("stdout").call("json").field("item"),
        call(Function::Files, vec!["*.md".expr()]).not_empty(),
    ]), @r#"
    R103: `stdout.json().items` is empty and has no first element
      stdout.json().items.first() == exit
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this has no value
      ------ "{\"items\":[]}"
      ------------- { items: [] }
      ------------------- []
      --------------------------- no value
                                     ---- 1

    R103: `stdout.json().items` has 0 elements, so there is no `[3]`
      exit == 1 and stdout.json().items[3].x == 2
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this has no value
      ---- 1
      --------- true
                    ------ "{\"items\":[]}"
                    ------------- { items: [] }
                    ------------------- []
                    ---------------------- no value
      = an index counts from 0

    R103: `stdout.json()` has no key `item`
      stdout.json().item
      ^^^^^^^^^^^^^^^^^^ this has no value
      ------ "{\"items\":[]}"
      ------------- { items: [] }
      = there is a key `items`

    R103: "*.md" matches no file
      files("*.md") is not empty
      ^^^^^^^^^^^^^^^^^^^^^^^^^^ this has no value
      ------------- no value
    "#);
}

#[test]
fn texts_are_compared_line_by_line() {
    let facts = Known::default()
        .with(
            "stdout",
            "one\ntwo words here\nthree\t\u{1b}[31m\nfour\nfive\nsix\nseven\neight ",
        )
        .with("stderr", "ok")
        .with("text", "a");
    let wanted = "one\ntwo other here\nthree\t\nfour\nfive\nsix\nseven\neight\n";
    insta::assert_snapshot!(failed(&facts, vec![
        known("stdout").is(wanted),
        known("stderr").is("OK"),
        "ok!".is(known("stderr")),
        known("stderr").is(known("text")),
    ]), @r#"
    R103: `stdout` is not the expected text
      stdout == "one\ntwo other here\nthree\t\nfour\nfive\nsix\nseven\neight\n"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "one\ntwo words here\nthree\t\u{1B}[31m\nfour\nfive\nsix\nse…" (8 lines, 57 characters)
      = what was expected (-) and what was found (+):
         one
        -two other here
        ?    ^^^^^
        -three␉
        ?     ^
        +two words here
        ?    ^^^^^
        +three␉␛[31m
        ?     ^^^^^^
         four
         five
         six
         seven
        -eight
        +eight·
        ?     ^
        \ no final newline

    R103: `stderr` is "ok", not "OK"
      stderr == "OK"
      ^^^^^^^^^^^^^^ this is false
      ------ "ok"
      = what was expected (-) and what was found (+):
        -OK
        +ok

    R103: `stderr` is "ok", not "ok!"
      "ok!" == stderr
      ^^^^^^^^^^^^^^^ this is false
               ------ "ok"
      = what was expected (-) and what was found (+):
        -ok!
        +ok

    R103: `stderr` is "ok", not "a"
      stderr == text
      ^^^^^^^^^^^^^^ this is false
      ------ "ok"
                ---- "a"
      = what was expected (-) and what was found (+):
        -a
        +ok
    "#);
}

#[test]
fn long_texts_are_cut() {
    let log: String = (1..=500).map(|n| format!("line {n}\n")).collect();
    let facts = Known::default()
        .with("stdout", log.as_str())
        .with("stderr", "x".repeat(300).as_str());
    insta::assert_snapshot!(failed(&facts, vec![
        known("stdout").op(BinaryOp::Contains, "line 501"),
        known("stdout").op(BinaryOp::Contains, "LINE 50"),
        known("stdout").op(BinaryOp::Matches, regex("^done$")),
        known("stdout").op(BinaryOp::NotMatches, regex("line 4.9")),
        known("stdout").op(BinaryOp::NotContains, "line 7"),
        known("stdout").empty(),
        known("stderr").op(BinaryOp::Contains, "y"),
        known("stderr").op(BinaryOp::NotContains, "xx"),
    ]), @r#"
    R103: `stdout` does not contain "line 501"
      stdout contains "line 501"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = it has 500 lines, 4392 characters:
        line 1
        line 2
        line 3
        … 494 more lines
        line 498
        line 499
        line 500

    R103: `stdout` does not contain "LINE 50"
      stdout contains "LINE 50"
      ^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = it does, but for upper and lower case
      = it has 500 lines, 4392 characters:
        line 1
        line 2
        line 3
        … 494 more lines
        line 498
        line 499
        line 500

    R103: `stdout` does not match /^done$/
      stdout matches /^done$/
      ^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = it has 500 lines, 4392 characters:
        line 1
        line 2
        line 3
        … 494 more lines
        line 498
        line 499
        line 500

    R103: `stdout` matches /line 4.9/, which it must not
      stdout not matches /line 4.9/
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = where:
        409: line 409
        419: line 419
        429: line 429
        439: line 439
        449: line 449
        459: line 459
        469: line 469
        479: line 479
        … and 2 more lines

    R103: `stdout` contains "line 7", which it must not
      stdout not contains "line 7"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = where:
        7: line 7
        70: line 70
        71: line 71
        72: line 72
        73: line 73
        74: line 74
        75: line 75
        76: line 76
        … and 3 more lines

    R103: `stdout` is not empty
      stdout is empty
      ^^^^^^^^^^^^^^^ this is false
      ------ "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nlin…" (500 lines, 4392 characters)
      = it has 500 lines, 4392 characters:
        line 1
        line 2
        line 3
        … 494 more lines
        line 498
        line 499
        line 500

    R103: `stderr` does not contain "y"
      stderr contains "y"
      ^^^^^^^^^^^^^^^^^^^ this is false
      ------ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (300 characters)
      = it has 300 characters:
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…

    R103: `stderr` contains "xx", which it must not
      stderr not contains "xx"
      ^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" (300 characters)
      = where:
        1: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    "#);
}

#[test]
fn lists_and_maps_show_what_differs() {
    let list = |texts: &[&str]| {
        Value::List(
            texts
                .iter()
                .map(|text| Value::String((*text).to_owned()))
                .collect(),
        )
    };
    let long = (1..20)
        .map(|n| Value::String(format!("src/{n}.rs")))
        .collect();
    let facts = Known::default()
        .with("names", list(&["b", "a", "c"]))
        .with("paths", Value::List(long))
        .with("none", list(&[]))
        .with("stdout", r#"{"a":{"b":[1,2],"c":3},"d":4}"#);
    let json = || known("stdout").call("json");
    insta::assert_snapshot!(failed(&facts, vec![
        known("names").is(["a", "b", "c"]),
        known("names").is(["a", "b", "x", "y"]),
        known("names").op(BinaryOp::Contains, "x"),
        "a".op(BinaryOp::NotIn, known("names")),
        known("names").empty(),
        known("paths").empty(),
        known("names").op(BinaryOp::In, known("paths")),
        known("none").not_empty(),
        json().is(map([
            ("a", map([("b", [1, 3].expr()), ("c", 3.expr())])),
            ("e", 5.expr()),
        ])),
        json().op(BinaryOp::Contains, "x"),
    ]), @r#"
    R103: `names` is not the expected list
      names == ["a", "b", "c"]
      ^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ----- ["b", "a", "c"]
      = it has the same elements in another order

    R103: `names` is not the expected list
      names == ["a", "b", "x", "y"]
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ----- ["b", "a", "c"]
      = missing: "x", "y"
      = too much: "c"

    R103: `names` does not contain "x"
      names contains "x"
      ^^^^^^^^^^^^^^^^^^ this is false
      ----- ["b", "a", "c"]

    R103: `names` contains "a", which it must not
      "a" not in names
      ^^^^^^^^^^^^^^^^ this is false
                 ----- ["b", "a", "c"]
      = it is the element [1]

    R103: `names` is not empty
      names is empty
      ^^^^^^^^^^^^^^ this is false
      ----- ["b", "a", "c"]

    R103: `paths` is not empty
      paths is empty
      ^^^^^^^^^^^^^^ this is false
      ----- ["src/1.rs", "src/2.rs", "src/3.rs", "src/4.rs", "src/5.rs",… (19 elements)
      = it has 19 elements:
        "src/1.rs"
        "src/2.rs"
        "src/3.rs"
        "src/4.rs"
        "src/5.rs"
        "src/6.rs"
        "src/7.rs"
        "src/8.rs"
        … 11 more

    R103: `names` is ["b", "a", "c"], which is not in `paths`
      names in paths
      ^^^^^^^^^^^^^^ this is false
      ----- ["b", "a", "c"]
               ----- ["src/1.rs", "src/2.rs", "src/3.rs", "src/4.rs", "src/5.rs",… (19 elements)
      = it has 19 elements:
        "src/1.rs"
        "src/2.rs"
        "src/3.rs"
        "src/4.rs"
        "src/5.rs"
        "src/6.rs"
        "src/7.rs"
        "src/8.rs"
        … 11 more

    R103: `none` is empty
      none is not empty
      ^^^^^^^^^^^^^^^^^ this is false
      ---- []

    R103: `stdout.json()` is not the expected map
      stdout.json() == { a: { b: [1, 3], c: 3 }, e: 5 }
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "{\"a\":{\"b\":[1,2],\"c\":3},\"d\":4}"
      ------------- { a: { b: [1, 2], c: 3 }, d: 4 }
      = `stdout.json().a.b[1]` is 2, not 3
      = `stdout.json()` has no key `e`
      = `stdout.json()` has a key `d` too much

    R103: `stdout.json()` does not contain "x"
      stdout.json() contains "x"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^ this is false
      ------ "{\"a\":{\"b\":[1,2],\"c\":3},\"d\":4}"
      ------------- { a: { b: [1, 2], c: 3 }, d: 4 }
    "#);
}

#[test]
fn differences_of_texts() {
    let numbered = |n: usize| -> String { (1..=n).map(|i| format!("{i}\n")).collect() };
    let far = numbered(20).replace("10\n", "ten\n");
    let cases = [
        ("a\nb\n", "a\nb"),
        ("a b\n", "a\u{a0}b  \n"),
        ("x\r\n", "x\n"),
        ("", "new\n"),
        (numbered(20).as_str(), far.as_str()),
        ("same\n", "same\n"),
    ]
    .map(|(a, b)| format!("{a:?} {b:?}\n{}\n\n", text_diff(a, b)));
    insta::assert_snapshot!(cases.concat(), @r#"
    "a\nb\n" "a\nb"
     a
    -b
    +b
    \ no final newline

    "a b\n" "a\u{a0}b  \n"
    -a b
    ? ^
    +a<U+00A0>b··
    ? ^^^^^^^^ ^^

    "x\r\n" "x\n"
    -x␍
    +x

    "" "new\n"
    +new

    "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n" "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n"
    @ line 7
     7
     8
     9
    -10
    +ten
     11
     12
     13

    "same\n" "same\n"
    "#);
}

#[test]
fn huge_differences_stay_short() {
    let a: String = (0..50_000).map(|n| format!("{n}\n")).collect();
    let b: String = (0..50_000).map(|n| format!("{}\n", n * 2)).collect();
    let diff = text_diff(&a, &b);
    assert!(diff.lines().count() < 70, "{diff}");
    assert!(diff.contains("more lines"), "{diff}");

    let long = "x".repeat(3_000_000);
    let diff = text_diff(&format!("{long}a"), &format!("{long}b"));
    assert!(diff.len() < 2_000, "{} bytes", diff.len());
    assert!(diff.contains("xa") && diff.contains("xb"), "{diff}");
}
