//! JSON, YAML and TOML.

use gatelang::eval::data::{ParseError, json, toml, yaml, yaml_all};
use gatelang::value::Value;

fn told(parse: fn(&str) -> Result<Value, ParseError>, texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        let result = match parse(text) {
            Ok(value) => value.to_string(),
            Err(error) => format!("error: {}", error.message),
        };
        out.push_str(&format!("{text}\n=> {result}\n\n"));
    }
    out
}

#[test]
fn json_keeps_order_and_refuses_doubles() {
    insta::assert_snapshot!(told(json, &[
        r#"{"b": 1, "a": [null, true, -2, 2.5, 1e2, "é\n"]}"#,
        "18446744073709551615",
        "3",
        "",
        "{\"a\": 1,\n \"é\": x}",
        "{\"a\": 1, \"a\": 2}",
        "1 2",
        "NaN",
    ]), @r#"
    {"b": 1, "a": [null, true, -2, 2.5, 1e2, "é\n"]}
    => { b: 1, a: [null, true, -2, 2.5, 100.0, "é\n"] }

    18446744073709551615
    => 18446744073709552000

    3
    => 3


    => error: EOF while parsing a value (line 1, column 1)

    {"a": 1,
     "é": x}
    => error: expected value (line 2, column 7)

    {"a": 1, "a": 2}
    => error: the key "a" stands twice in one map (line 1, column 12)

    1 2
    => error: trailing characters (line 1, column 3)

    NaN
    => error: expected value (line 1, column 1)
    "#);
}

#[test]
fn yaml_is_of_version_1_2() {
    insta::assert_snapshot!(told(yaml, &[
        "a: no\nb: 0o17\nc: 0x1F\nd: 1.5\ne: ~\nf:\ng: \"3\"\nh: 2024-01-02",
        "- !!str 3\n- !!int \"3\"\n- !Ref x\n- !!binary aGk=\n- !!int x",
        "80: a\ntrue: b\nnull: c",
        "[a, b]: c",
        "a: 1\na: 2",
        "base: &b { x: 1, y: 2 }\nweb:\n  <<: *b\n  x: 3",
        "web:\n  <<: [{ x: 1 }, { x: 2, y: 3 }]\n  z: 4",
        "<<: 3",
        "\"<<\": 3",
        "a: &x [1]\nb: *x",
        "a: &x [*x]",
        "*nothing",
        "a: b: c",
        "a:\n\t- b",
        "--- 1\n--- 2",
        "--- 1\n...",
        "",
        "# only a comment",
    ]), @r#"
    a: no
    b: 0o17
    c: 0x1F
    d: 1.5
    e: ~
    f:
    g: "3"
    h: 2024-01-02
    => { a: "no", b: 15, c: 31, d: 1.5, e: null, f: null, g: "3", h: "2024-01-02" }

    - !!str 3
    - !!int "3"
    - !Ref x
    - !!binary aGk=
    - !!int x
    => error: a value is not of the type its tag names (line 5, column 3)

    80: a
    true: b
    null: c
    => { "80": "a", true: "b", null: "c" }

    [a, b]: c
    => error: a list or map is the key of a map (line 1, column 6)

    a: 1
    a: 2
    => error: the key "a" stands twice in one map (line 2, column 1)

    base: &b { x: 1, y: 2 }
    web:
      <<: *b
      x: 3
    => { base: { x: 1, y: 2 }, web: { x: 3, y: 2 } }

    web:
      <<: [{ x: 1 }, { x: 2, y: 3 }]
      z: 4
    => { web: { z: 4, x: 1, y: 3 } }

    <<: 3
    => error: `<<` names what is no map (line 2, column 1)

    "<<": 3
    => { "<<": 3 }

    a: &x [1]
    b: *x
    => { a: [1], b: [1] }

    a: &x [*x]
    => error: an alias names nothing that stands before it (line 1, column 8)

    *nothing
    => error: while parsing node, found unknown anchor (line 1, column 1)

    a: b: c
    => error: mapping values are not allowed in this context (line 1, column 5)

    a:
    	- b
    => error: tabs disallowed within this context (block indentation) (line 2, column 2)

    --- 1
    --- 2
    => error: it holds 2 documents, where one is wanted

    --- 1
    ...
    => 1


    => null

    # only a comment
    => null
    "#);
    let all = yaml_all("a: 1\n---\n---\nb").unwrap();
    assert_eq!(Value::List(all).to_string(), "[{ a: 1 }, null, \"b\"]");
}

#[test]
fn toml_keeps_the_order_it_is_written_in() {
    insta::assert_snapshot!(told(toml, &[
        "z = 1\na = 0xff\n[package]\nname = \"x\"\nb.c = [1, 2.5, { d = true }]\n[[bin]]\nx = 1\n[[bin]]\nx = 2",
        "d = 2024-01-02T03:04:05Z\nt = 10:00:00",
        "n = 99999999999999999999",
        "f = nan",
        "a = 1\na = 2",
        "a = ",
        "é = x",
    ]), @r#"
    z = 1
    a = 0xff
    [package]
    name = "x"
    b.c = [1, 2.5, { d = true }]
    [[bin]]
    x = 1
    [[bin]]
    x = 2
    => { z: 1, a: 255, package: { name: "x", b: { c: [1, 2.5, { d: true }] } }, bin: [{ x: 1 }, { x: 2 }] }

    d = 2024-01-02T03:04:05Z
    t = 10:00:00
    => { d: "2024-01-02T03:04:05Z", t: "10:00:00" }

    n = 99999999999999999999
    => error: the integer does not fit in 64 bits (line 1, column 5)

    f = nan
    => { f: NaN }

    a = 1
    a = 2
    => error: duplicate key (line 2, column 1)

    a = 
    => error: string values must be quoted, expected literal string (line 1, column 5)

    é = x
    => error: invalid unquoted key, expected letters, numbers, `-`, `_` (line 1, column 1)
    "#);
}

#[test]
fn nesting_is_bounded() {
    let open = |unit: &str, depth: usize| unit.repeat(depth);
    for (name, parse, unit) in [
        ("json", json as fn(&str) -> _, "["),
        ("json", json, "{\"a\":"),
        ("yaml", yaml, "["),
        ("yaml", yaml, "{a: "),
        ("yaml", yaml, "- "),
        ("toml", toml, "a = ["),
    ] {
        let text = match name {
            "toml" => format!("a = {}", open("[", 100_000)),
            _ => open(unit, 100_000),
        };
        assert!(parse(&text).is_err(), "{name} {unit}");
    }
    let keys = format!("{} = 1", vec!["a"; 100_000].join("."));
    assert!(toml(&keys).is_err());
    let headers = format!("[{}]", vec!["a"; 100_000].join("."));
    assert!(toml(&headers).is_err());
    let fine = format!("{}{}", open("[", 100), open("]", 100));
    assert!(json(&fine).is_ok());
    assert!(yaml(&fine).is_ok());
}

#[test]
fn aliases_are_bounded() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let error = yaml(&laughs).unwrap_err();
    assert!(
        error.message.starts_with("its aliases make it too large"),
        "{}",
        error.message
    );

    let long = format!(
        "a: &a {}\nb: [{}]",
        "x".repeat(100_000),
        vec!["*a"; 10_000].join(", ")
    );
    let error = yaml(&long).unwrap_err();
    assert!(
        error.message.starts_with("its aliases make it too large"),
        "{}",
        error.message
    );

    // Depth upon depth.
    let mut deep = String::from("a0: &a0 [x]\n");
    for level in 1..200 {
        deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let error = yaml(&deep).unwrap_err();
    assert!(
        error.message.starts_with("nested beyond 128 levels"),
        "{}",
        error.message
    );
}
