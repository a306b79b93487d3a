//! Values of expressions, each beside what it was written as.

use gatelang::eval::{ConstantFacts, Facts, evaluate, text_of, trace};
use gatelang::plan::{Expr, ExprKind, Function};
use gatelang::syntax::ast::BinaryOp;
use gatelang::value::{Type, Value};

use crate::build::{
    Known, Operand, Postfix, call, expr, known, map, minus, named, not, place, regex, template,
};

fn told(facts: &dyn Facts, exprs: Vec<Expr>) -> String {
    let mut out = String::new();
    for mut expr in exprs {
        out.push_str(&place(&mut expr));
        match evaluate(&expr, facts) {
            Ok(value) => out.push_str(&format!("  =>  {value}\n")),
            Err(fault) => {
                out.push_str(&format!("  =>  {} {}\n", fault.code(), fault.message));
                for note in fault.notes {
                    out.push_str(&format!("        = {note}\n"));
                }
            }
        }
    }
    out
}

fn constant(exprs: Vec<Expr>) -> String {
    told(&ConstantFacts, exprs)
}

fn any(value: Value) -> Expr {
    named("x", value)
}

#[test]
fn methods_of_strings_count_characters() {
    insta::assert_snapshot!(constant(vec![
        "  a b\n".call("trim"),
        "a\nb\r\nc\n".call("lines"),
        "".call("lines"),
        "aé😀".call("len"),
        "ÄB".call("lower"),
        "äß".call("upper"),
        "a,b,,c".with("split", ","),
        "aé".with("split", ""),
        "a-b-c".method("replace", vec!["-".expr(), "+".expr()]),
        "abc".with("starts_with", "ab"),
        "abc".with("ends_with", "ab"),
        "a1b22".with("count", regex("[0-9]+")),
        "a1b22".with("find", regex("[a-z]([0-9]+)")),
        "none".with("find", regex("[0-9]")),
    ]), @r#"
    "  a b\n".trim()  =>  "a b"
    "a\nb\r\nc\n".lines()  =>  ["a", "b", "c"]
    "".lines()  =>  []
    "aé😀".len()  =>  3
    "ÄB".lower()  =>  "äb"
    "äß".upper()  =>  "ÄSS"
    "a,b,,c".split(",")  =>  ["a", "b", "", "c"]
    "aé".split("")  =>  ["a", "é"]
    "a-b-c".replace("-", "+")  =>  "a+b+c"
    "abc".starts_with("ab")  =>  true
    "abc".ends_with("ab")  =>  false
    "a1b22".count(/[0-9]+/)  =>  2
    "a1b22".find(/[a-z]([0-9]+)/)  =>  ["a1", "b22"]
    "none".find(/[0-9]/)  =>  []
    "#);
}

#[test]
fn texts_become_numbers() {
    insta::assert_snapshot!(constant(vec![
        "42".call("int"),
        "-7".call("int"),
        "x".call("int"),
        " 42\n".call("int"),
        "".call("int"),
        "4.5".call("int"),
        "99999999999999999999".call("int"),
        "4.50".call("number"),
        "1e3".call("number"),
        "inf".call("number"),
        "1e999".call("number"),
        any(Value::Int(3)).call("int"),
        any(Value::Int(3)).call("number"),
        any(Value::Bool(true)).call("int"),
    ]), @r#"
    "42".int()  =>  42
    "-7".int()  =>  -7
    "x".int()  =>  B106 "x" is not a whole number
    " 42\n".int()  =>  B106 " 42\n" is not a whole number
            = `.trim()` before it takes the white space away
    "".int()  =>  B106 "" is not a whole number
    "4.5".int()  =>  B106 "4.5" is not a whole number
    "99999999999999999999".int()  =>  B106 "99999999999999999999" is not a whole number
    "4.50".number()  =>  4.5
    "1e3".number()  =>  1000.0
    "inf".number()  =>  B106 "inf" is not a number
    "1e999".number()  =>  B106 "1e999" is not a number
    x.int()  =>  3
    x.number()  =>  3.0
    x.int()  =>  B106 `x` is a bool (true), not a string
    "#);
}

#[test]
fn lists_and_maps() {
    let list = || ["b", "a", "b", "B"];
    let empty = || Value::List(Vec::new());
    insta::assert_snapshot!(constant(vec![
        list().call("len"),
        list().call("first"),
        list().call("last"),
        empty().call("first"),
        list().with("join", "-"),
        [1.expr(), true.expr()].with("join", " "),
        [1.expr(), ["x"].expr()].with("join", " "),
        list().call("sort"),
        [3.expr(), 1.5.expr(), 2.expr()].call("sort"),
        [3.expr(), "x".expr()].call("sort"),
        [true].call("sort"),
        [Value::Duration(3000), Value::Duration(5)].call("sort"),
        list().call("unique"),
        [1.expr(), 1.0.expr(), 2.expr(), 1.expr()].call("unique"),
        list().at(1),
        list().at(4),
        list().at(minus(1)),
        list().at("x"),
        map([("b", 1.expr()), ("a", 2.expr())]).call("keys"),
        map([("b", 1.expr()), ("a", 2.expr())]).call("values"),
        map([("b", 1.expr())]).call("len"),
        map([("two words", 1.expr())]).at("two words"),
        map([("port", 1.expr())]).field("prot"),
        map([("x", 1.expr()), ("y", 2.expr())]).field("services"),
    ]), @r#"
    ["b", "a", "b", "B"].len()  =>  4
    ["b", "a", "b", "B"].first()  =>  "b"
    ["b", "a", "b", "B"].last()  =>  "B"
    [].first()  =>  B106 `[]` is empty and has no first element
    ["b", "a", "b", "B"].join("-")  =>  "b-a-b-B"
    [1, true].join(" ")  =>  "1 true"
    [1, ["x"]].join(" ")  =>  B106 `[1, ["x"]][1]` is a list (["x"]), which has no text
    ["b", "a", "b", "B"].sort()  =>  ["B", "a", "b", "b"]
    [3, 1.5, 2].sort()  =>  [1.5, 2, 3]
    [3, "x"].sort()  =>  B106 `[3, "x"][1]` is a string ("x"), which has no order with the first element
    [true].sort()  =>  B106 `[true][0]` is a bool (true), which has no order
    [3s, 5ms].sort()  =>  [5ms, 3s]
    ["b", "a", "b", "B"].unique()  =>  ["b", "a", "B"]
    [1, 1.0, 2, 1].unique()  =>  [1, 2]
    ["b", "a", "b", "B"][1]  =>  "a"
    ["b", "a", "b", "B"][4]  =>  B106 `["b", "a", "b", "B"]` has 4 elements, so there is no `[4]`
            = an index counts from 0
    ["b", "a", "b", "B"][-1]  =>  B106 `["b", "a", "b", "B"]` has 4 elements, so there is no `[-1]`
            = an index counts from 0; `.last()` is the last element
    ["b", "a", "b", "B"]["x"]  =>  B106 `"x"` is a string ("x"), not a whole number
    { b: 1, a: 2 }.keys()  =>  ["b", "a"]
    { b: 1, a: 2 }.values()  =>  [1, 2]
    { b: 1 }.len()  =>  1
    { two words: 1 }["two words"]  =>  1
    { port: 1 }.prot  =>  B106 `{ … }` has no key `prot`
            = there is a key `port`
    { x: 1, y: 2 }.services  =>  B106 `{ … }` has no key `services`
            = its keys are `x`, `y`
    "#);
}

#[test]
fn comparisons() {
    use BinaryOp::{
        Contains, Greater, In, Less, LessEqual, Matches, NotContains, NotEqual, NotIn, NotMatches,
    };
    insta::assert_snapshot!(constant(vec![
        1.is(1.0),
        1.op(NotEqual, "1"),
        "a".op(Less, "b"),
        "Z".op(Less, "a"),
        "é".op(Greater, "z"),
        1.op(LessEqual, 1.0),
        Value::Duration(1000).op(Less, Value::Duration(1001)),
        Value::Size(1).op(Greater, Value::Size(2)),
        any(Value::Number(f64::NAN)).op(Less, 1),
        any(Value::Null).op(Less, 1),
        any(Value::String("1".into())).op(Less, 1),
        "b".op(In, "abc"),
        "b".op(NotIn, ["a", "b"]),
        1.op(In, [1.0]),
        "k".op(In, map([("k", 1.expr())])),
        1.op(In, "x"),
        ["a"].op(Contains, "a"),
        "abc".op(NotContains, "x"),
        any(Value::Int(3)).op(Contains, "a"),
        "a1".op(Matches, regex("^a[0-9]$")),
        "a1".op(NotMatches, regex("[0-9]")),
        "a1".op(Matches, "a"),
        "a word here".op(Matches, "word".typed(Type::Pattern)),
        "a words here".op(Matches, "word".typed(Type::Pattern)),
        "".empty(),
        ["x"].not_empty(),
        any(Value::Null).empty(),
        map([]).empty(),
        0.empty(),
    ]), @r#"
    1 == 1.0  =>  true
    1 != "1"  =>  true
    "a" < "b"  =>  true
    "Z" < "a"  =>  true
    "é" > "z"  =>  true
    1 <= 1.0  =>  true
    1s < 1s1ms  =>  true
    1B > 2B  =>  false
    x < 1  =>  B106 `x` cannot be compared with `1`: a number (NaN) and a number (1) have no order
    x < 1  =>  B106 `x` is null, not of a kind that has an order
    x < 1  =>  B106 `x` cannot be compared with `1`: a string ("1") and a number (1) have no order
    "b" in "abc"  =>  true
    "b" not in ["a", "b"]  =>  false
    1 in [1.0]  =>  true
    "k" in { k: 1 }  =>  true
    1 in "x"  =>  B106 `1` is a number (1), not a string
    ["a"] contains "a"  =>  true
    "abc" not contains "x"  =>  true
    x contains "a"  =>  B106 `x` is a number (3), not a string, list or map
    "a1" matches /^a[0-9]$/  =>  true
    "a1" not matches /[0-9]/  =>  false
    "a1" matches "a"  =>  B106 `"a"` is a string ("a"), not a regex
    "a word here" matches "word"  =>  true
    "a words here" matches "word"  =>  false
    "" is empty  =>  true
    ["x"] is not empty  =>  true
    x is empty  =>  true
    { } is empty  =>  true
    0 is empty  =>  B106 `0` is a number (0), not a string, list or map
    "#);
}

#[test]
fn sums_and_signs() {
    insta::assert_snapshot!(constant(vec![
        "a".plus("b").plus("c"),
        [1].plus([2, 3]),
        1.plus(2),
        1.plus(0.5),
        Value::Duration(90_000).plus(Value::Duration(500)),
        Value::Size(1000).plus(Value::Size(24)),
        i64::MAX.plus(1),
        Value::Size(u64::MAX).plus(Value::Size(1)),
        f64::MAX.plus(f64::MAX),
        "a".plus(1),
        minus(minus(1)),
        minus(any(Value::Int(i64::MIN))),
        minus(any(Value::String("x".into()))),
        not(not(true)),
        not(any(Value::Int(0))),
    ]), @r#"
    "a" + "b" + "c"  =>  "abc"
    [1] + [2, 3]  =>  [1, 2, 3]
    1 + 2  =>  3
    1 + 0.5  =>  1.5
    1m30s + 500ms  =>  1m30s500ms
    1KB + 24B  =>  1KiB
    9223372036854775807 + 1  =>  B106 the number is too large
    18446744073709551615B + 1B  =>  B106 the number is too large
    179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 + 179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000  =>  B106 the number is too large
    "a" + 1  =>  B106 `"a"` and `1` cannot be added: a string ("a") and a number (1)
    --1  =>  1
    -x  =>  B106 the number is too large
    -x  =>  B106 `x` is a string ("x"), not a number
    not not true  =>  true
    not x  =>  B106 `x` is a number (0), not a bool
    "#);
}

#[test]
fn and_and_or_stop_where_they_can() {
    let fault = || Value::List(Vec::new()).call("first");
    insta::assert_snapshot!(constant(vec![
        false.and(fault()),
        true.or(fault()),
        true.and(fault()),
        false.or(false),
        true.and(any(Value::Int(1))),
        any(Value::String("yes".into())).or(true),
    ]), @r#"
    false and [].first()  =>  false
    true or [].first()  =>  true
    true and [].first()  =>  B106 `[]` is empty and has no first element
    false or false  =>  false
    true and x  =>  B106 `x` is a number (1), not a bool
    x or true  =>  B106 `x` is a string ("yes"), not a bool
    "#);
}

#[test]
fn texts_take_values_in() {
    let text = |value: Value| template(vec![Ok("a "), Err(any(value)), Ok("!")]);
    insta::assert_snapshot!(constant(vec![
        text(Value::Int(3)),
        text(Value::Number(1.0)),
        text(Value::Duration(90_000)),
        text(Value::Size(5_000_000)),
        text(Value::Bool(true)),
        text(Value::List(vec![Value::Int(1)])),
        text(Value::Null),
    ]), @r#"
    "a {{x}}!"  =>  "a 3!"
    "a {{x}}!"  =>  "a 1.0!"
    "a {{x}}!"  =>  "a 1m30s!"
    "a {{x}}!"  =>  "a 5MB!"
    "a {{x}}!"  =>  "a true!"
    "a {{x}}!"  =>  B106 `x` is a list ([1]), which has no text
            = `.join(", ")` makes a text of a list
    "a {{x}}!"  =>  B106 `x` is null, which has no text
    "#);
    let list = any(Value::List(Vec::new()));
    let fault = text_of(&list, &ConstantFacts).unwrap_err();
    assert_eq!(fault.message, "`x` is a list ([]), which has no text");
    assert_eq!(text_of(&3.expr(), &ConstantFacts).unwrap(), "3");
}

#[test]
fn parsed_data_fails_with_its_path_and_what_was_found() {
    let facts = Known::default()
        .with("stdout", r#"{"services":{"web":3,"list":[1]},"name":"x"}"#)
        .with("stderr", "oops: not json");
    let json = || known("stdout").call("json");
    insta::assert_snapshot!(told(&facts, vec![
        json().field("services").field("web"),
        json().field("services").field("web").field("ports"),
        json().field("services").field("list").at(0),
        json().field("services").field("list").at(1),
        json().field("services").field("list").at("web"),
        json().field("service"),
        json().field("name").call("keys"),
        json().field("name").call("first"),
        json().field("services").call("trim"),
        json().field("services").at(0),
        known("stderr").call("json"),
        known("stderr").call("yaml"),
        known("stderr").call("toml"),
        "".call("json"),
    ]), @r#"
    stdout.json().services.web  =>  3
    stdout.json().services.web.ports  =>  B106 `stdout.json().services.web` is a number (3), not a map
    stdout.json().services.list[0]  =>  1
    stdout.json().services.list[1]  =>  B106 `stdout.json().services.list` has 1 element, so there is no `[1]`
            = an index counts from 0
    stdout.json().services.list["web"]  =>  B106 `"web"` is a string ("web"), not a whole number
    stdout.json().service  =>  B106 `stdout.json()` has no key `service`
            = there is a key `services`
    stdout.json().name.keys()  =>  B106 `stdout.json().name` is a string ("x"), not a map
    stdout.json().name.first()  =>  B106 `stdout.json().name` is a string ("x"), not a list
    stdout.json().services.trim()  =>  B106 `stdout.json().services` is a map ({ web: 3, list: [1] }), not a string
    stdout.json().services[0]  =>  B106 `0` is a number (0), not a string
    stderr.json()  =>  B106 `stderr` is not JSON: expected value (line 1, column 1)
            = its line 1 is "oops: not json"
    stderr.yaml()  =>  { oops: "not json" }
    stderr.toml()  =>  B106 `stderr` is not TOML: key with no value, expected `=` (line 1, column 7)
            = its line 1 is "oops: not json"
    "".json()  =>  B106 `""` is empty, which is not JSON
    "#);
}

#[test]
fn facts_and_their_faults() {
    let file = |exists: bool| {
        let mut entries = vec![("exists".to_owned(), Value::Bool(exists))];
        if exists {
            entries.push(("text".to_owned(), Value::String("MIT".to_owned())));
        }
        Value::Map(entries.into_iter().collect())
    };
    let facts = Known::default()
        .with("File \"LICENSE\"", file(true))
        .with("File \"NOTICE\"", file(false))
        .with("notice", file(false));
    let of = |path: &str| call(Function::File, vec![path.expr()]);
    insta::assert_snapshot!(told(&facts, vec![
        of("LICENSE").field("exists"),
        of("LICENSE").field("text"),
        of("NOTICE").field("exists"),
        of("NOTICE").field("text"),
        known("notice").typed(Type::Map).field("size"),
        known("notice").field("size"),
        call(Function::Files, vec!["*.md".expr()]),
        expr(ExprKind::Missing("port".to_owned())),
        known("git.branch"),
    ]), @r#"
    file("LICENSE").exists  =>  true
    file("LICENSE").text  =>  "MIT"
    file("NOTICE").exists  =>  false
    file("NOTICE").text  =>  B106 `NOTICE` does not exist in the judged tree
    notice.size  =>  B106 the file of `notice` does not exist in the judged tree
    notice.size  =>  B106 `notice` has no key `size`
            = its keys are `exists`
    files("*.md")  =>  B104 "*.md" matches no file
    port  =>  E0232 `port` was not given
            = give it with `--set port=…`
    git.branch  =>  B107 `git.branch` is not known
    "#);
    insta::assert_snapshot!(constant(vec![known("exit"), of("x")]), @r#"
    exit  =>  E0225 this is known only when the gate runs
    file("x")  =>  E0225 this is known only when the gate runs
    "#);
}

/// The parts of a trace, in order.
fn parts(facts: &dyn Facts, mut expr: Expr) -> String {
    let source = place(&mut expr);
    let trace = trace(&expr, facts);
    let mut out = format!("{source}\n");
    for part in trace.parts {
        let value = match part.value {
            Ok(value) => value.to_string(),
            Err(fault) => format!("!{}", fault.message),
        };
        out.push_str(&format!("  {}  =  {value}\n", &source[part.span.range()]));
    }
    let result = match trace.result {
        Ok(value) => value.to_string(),
        Err(fault) => format!("!{}", fault.message),
    };
    format!("{out}  =>  {result}\n")
}

#[test]
fn a_trace_has_every_part_that_was_evaluated() {
    let facts = Known::default()
        .with("exit", 1)
        .with("stdout", r#"{"id":7}"#)
        .with("list", Value::List(Vec::new()));
    let port = || named("port", Value::Int(80));
    let shown = [
        known("exit")
            .is(0)
            .and(known("stdout").call("json").field("id").is(port())),
        known("exit")
            .is(1)
            .and(known("stdout").call("json").field("id").is(port())),
        known("exit").is(1).or(known("stdout").empty()),
        template(vec![Ok("p"), Err(port())]).is("p80"),
        known("exit").op(BinaryOp::In, [minus(1), port()]),
        known("list").call("first").is(known("exit")),
        known("exit").is(known("list").call("first")).and(true),
        3.is(4),
    ]
    .map(|expr| parts(&facts, expr));
    insta::assert_snapshot!(shown.concat(), @r#"
    exit == 0 and stdout.json().id == port
      exit  =  1
      exit == 0  =  false
      =>  false
    exit == 1 and stdout.json().id == port
      exit  =  1
      exit == 1  =  true
      stdout  =  "{\"id\":7}"
      stdout.json()  =  { id: 7 }
      stdout.json().id  =  7
      stdout.json().id == port  =  false
      port  =  80
      =>  false
    exit == 1 or stdout is empty
      exit  =  1
      exit == 1  =  true
      =>  true
    "p{{port}}" == "p80"
      "p{{port}}"  =  "p80"
      port  =  80
      =>  true
    exit in [-1, port]
      exit  =  1
      [-1, port]  =  [-1, 80]
      port  =  80
      =>  false
    list.first() == exit
      list  =  []
      list.first()  =  !`list` is empty and has no first element
      exit  =  1
      =>  !`list` is empty and has no first element
    exit == list.first() and true
      exit  =  1
      list  =  []
      list.first()  =  !`list` is empty and has no first element
      =>  !`list` is empty and has no first element
    3 == 4
      =>  false
    "#);
}
