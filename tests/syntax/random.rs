use super::read;
use gatelang::diagnostic::Code;
use gatelang::source::{Sources, Span};
use gatelang::syntax;
use proptest::prelude::*;

const CONTRACT: &str = include_str!("../corpus/valid/contract.gate");

/// Whatever the text, the parser returns, and every place lies in it and on the border of
/// characters.
fn sound(text: &str) {
    let (source, parsed) = read(text);
    let len = source.text().len();
    let fits = |span: Span| {
        let range = span.range();
        assert!(
            range.start <= range.end && range.end <= len,
            "{span:?} of {len}"
        );
        assert!(source.text().is_char_boundary(range.start), "{span:?}");
        assert!(source.text().is_char_boundary(range.end), "{span:?}");
    };
    for diagnostic in &parsed.diagnostics {
        assert!(diagnostic.primary().is_some(), "{diagnostic:?}");
        diagnostic.labels.iter().for_each(|label| fits(label.span));
        for suggestion in &diagnostic.suggestions {
            suggestion.edits.iter().for_each(|edit| fits(edit.span));
        }
    }
    for comment in &parsed.file.comments {
        fits(*comment);
    }
    for stmt in &parsed.file.items {
        fits(stmt.span);
        fits(stmt.keyword);
    }
}

/// Pieces of the language in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("phase a \"A\" {\n"),
        Just("gate x "),
        Just("{ "),
        Just("}\n"),
        Just("}"),
        Just("$ echo {{a}} }\n"),
        Just("rhai { "),
        Just("`${ "),
        Just("\"\"\"\n"),
        Just("'''"),
        Just("\""),
        Just("'"),
        Just("{{"),
        Just("}}"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just("/a/i "),
        Just("/"),
        Just("//"),
        Just("\\"),
        Just("\n"),
        Just("  "),
        Just("let x = "),
        Just("check c("),
        Just("a: int"),
        Just(", "),
        Just("== "),
        Just("not "),
        Just("- "),
        Just("5m "),
        Just("1.5x "),
        Just("# c\n"),
        Just("## d\n"),
        Just("“"),
        Just("\u{a0}"),
        Just("<<<<<<< a\n"),
        Just("=======\n"),
        Just(">>>>>>> b\n"),
        Just(";"),
        Just("scope { allow \"a\" }"),
        Just("test \"t\" {\n"),
        Just("expect "),
        Just("fails "),
        Just("for x in "),
        Just("env A = "),
        Just("commit feat("),
        Just("é"),
        Just("\r"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        sound(&text);
    }

    #[test]
    fn any_pieces(text in pieces()) {
        sound(&text);
    }

    #[test]
    fn a_damaged_plan(at in 0..CONTRACT.len(), len in 0..40_usize, put in pieces()) {
        let mut start = at;
        while !CONTRACT.is_char_boundary(start) { start -= 1; }
        let mut end = (start + len).min(CONTRACT.len());
        while !CONTRACT.is_char_boundary(end) { end -= 1; }
        let end = end.max(start);
        sound(&format!("{}{put}{}", &CONTRACT[..start], &CONTRACT[end..]));
    }

    #[test]
    fn any_literal(text in "\\PC{0,40}") {
        let _ = syntax::parse_literal(&text);
    }
}

fn only(text: &str, code: Code) {
    let (_, parsed) = read(text);
    let codes: Vec<Code> = parsed.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [code]);
}

#[test]
fn what_nests_too_deeply_is_one_mistake() {
    for piece in [
        "(", "[", "{a: ", "-", "- ", "not ", "f(", "a[", "\"{{", "[(-",
    ] {
        only(
            &format!("let a = {}", piece.repeat(200_000)),
            Code::TOO_DEEP,
        );
    }
    only(&"gate a {\n".repeat(100_000), Code::TOO_DEEP);
    only(&"for x in y { ".repeat(100_000), Code::TOO_DEEP);
    only(
        &format!("check a() {{\n rhai {{ {}", "{".repeat(100_000)),
        Code::TOO_DEEP,
    );
    only(
        &format!("let a = 1{}\n", " + 1".repeat(100_000)),
        Code::TOO_DEEP,
    );
    only(
        &format!("let a = b{}\n", ".c".repeat(100_000)),
        Code::TOO_DEEP,
    );
    only(
        &format!("let a = {}1{}\n", "(".repeat(129), ")".repeat(129)),
        Code::TOO_DEEP,
    );
}

#[test]
fn what_nests_deeply_is_fine() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a: ", " }"),
        ("f(", ")"),
        ("-", ""),
        ("not ", ""),
    ] {
        let text = format!("let a = {}1{}\n", open.repeat(127), close.repeat(127));
        let (_, parsed) = read(&text);
        assert_eq!(parsed.diagnostics, [], "{open}");
        assert_eq!(parsed.file.items.len(), 1);
    }
    let blocks = format!(
        "phase a \"A\" {{\n{}{}}}\n",
        "for x in [1] {\n".repeat(120),
        "}\n".repeat(120)
    );
    assert_eq!(read(&blocks).1.diagnostics, []);
}

#[test]
fn too_many_statements_are_one_mistake() {
    only(&"let a = 1\n".repeat(100_001), Code::TOO_MANY);
    assert_eq!(read(&"let a = 1\n".repeat(2_000)).1.diagnostics, []);
}

#[test]
fn bytes_become_a_source() {
    let mut sources = Sources::new();
    let (source, wrong) = syntax::read("a.gate", b"\xef\xbb\xbflet a = 1\r\n", &mut sources);
    assert_eq!(source.text(), "let a = 1\n");
    assert_eq!(wrong, None);

    let (source, wrong) = syntax::read(
        "b.gate",
        b"\xef\xbb\xbf# \xc3\xa9\r\nab\xff\n",
        &mut sources,
    );
    let wrong = wrong.expect("not UTF-8");
    assert_eq!(wrong.code, Code::INVALID_UTF8);
    let at = source.position(wrong.primary().expect("a place").start as usize);
    assert_eq!((at.line, at.column), (2, 3));

    let large = vec![b'\n'; syntax::MAX_FILE_SIZE + 1];
    let (_, wrong) = syntax::read("c.gate", &large, &mut sources);
    assert_eq!(wrong.expect("too large").code, Code::TOO_LARGE);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Most regexes are not compiled when a plan is read; what is said of them is as if.
    #[test]
    fn a_regex_is_too_large_where_it_does_not_compile(
        atom in prop::sample::select(vec![
            "a", "[a-z]", ".", r"\w", r"\d", r"\pL", r"\PC", "(?i:\u{e9}x)", "(a|bc|d)", r"\b",
        ]),
        often in 1..1_000_u32,
        again in 1..20_u32,
    ) {
        let pattern = format!("(?:{atom}{{{often}}}){{{again}}}");
        let (_, parsed) = read(&format!("let x = /{pattern}/\n"));
        let wrong = parsed.diagnostics.iter().any(|d| d.code == Code::BAD_REGEX);
        prop_assert_eq!(wrong, regex::Regex::new(&pattern).is_err(), "{}", pattern);
    }
}
