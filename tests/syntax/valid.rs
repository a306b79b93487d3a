use super::{ast, mistakes, read, valid};
use ast::{BinaryOp, ExprKind, GateBody, StmtKind, TextPart};
use gatelang::syntax::parse_literal;

#[test]
fn the_contract_parses() {
    let text = include_str!("../corpus/valid/contract.gate");
    let items = valid(text);
    assert_eq!(items.len(), 16);
}

fn expr(text: &str) -> ast::Expr {
    match valid(&format!("let x = {text}\n")).remove(0).kind {
        StmtKind::Let { value, .. } => value,
        other => panic!("{other:?}"),
    }
}

/// An expression with every bracket shown.
fn tree(expr: &ast::Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.clone(),
        ExprKind::Int(number) => number.to_string(),
        ExprKind::Paren(inner) => tree(inner),
        ExprKind::Unary { op, operand } => format!("({op:?} {})", tree(operand)),
        ExprKind::Binary {
            op, left, right, ..
        } => format!("({} {} {})", tree(left), op.as_str(), tree(right)),
        ExprKind::IsEmpty {
            operand, negated, ..
        } => format!(
            "({} {})",
            tree(operand),
            if *negated { "filled" } else { "empty" }
        ),
        ExprKind::Field { object, name } => format!("{}.{}", tree(object), name.value),
        ExprKind::Method { object, name, args } => {
            format!("{}.{}/{}", tree(object), name.value, args.len())
        }
        ExprKind::Index { object, index } => format!("{}[{}]", tree(object), tree(index)),
        ExprKind::Call { function, args } => format!("{}/{}", function.value, args.len()),
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_the_contract_says() {
    for (text, meant) in [
        (
            "a or b and not c == d + e",
            "(a or (b and (Not (c == (d + e)))))",
        ),
        ("a and b or c and d", "((a and b) or (c and d))"),
        ("a + b + c", "((a + b) + c)"),
        ("not not a", "(Not (Not a))"),
        ("--1 + -b.c", "((Minus (Minus 1)) + (Minus b.c))"),
        (
            "a not in b and c not  contains d",
            "((a not in b) and (c not contains d))",
        ),
        (
            "a.b[1].c(d, e: f).g is not empty or h is empty",
            "((a.b[1].c/2.g filled) or (h empty))",
        ),
        ("(a\n  .b()\n  + c) == d", "((a.b/0 + c) == d)"),
        ("a and\n  # why\n\n  b", "(a and b)"),
        ("in in is", "(in in is)"),
        ("free-port()", "free-port/0"),
    ] {
        assert_eq!(tree(&expr(text)), meant, "{text}");
    }
}

#[test]
fn places_hold_neither_blanks_nor_comments() {
    let text = "let a =  b + c   # why\n\nphase p \"P\" {\n  goal \"x\"  # c\n  gate g $ true  \n} # end\n";
    let (source, parsed) = read(text);
    let mut shown = Vec::new();
    for stmt in &parsed.file.items {
        shown.push(source.slice(stmt.span).to_owned());
        match &stmt.kind {
            StmtKind::Let { value, .. } => shown.push(source.slice(value.span).to_owned()),
            StmtKind::Phase { body, .. } => {
                for stmt in &body.stmts {
                    shown.push(source.slice(stmt.span).to_owned());
                }
            }
            _ => {}
        }
    }
    assert_eq!(
        shown,
        [
            "let a =  b + c",
            "b + c",
            "phase p \"P\" {\n  goal \"x\"  # c\n  gate g $ true  \n}",
            "goal \"x\"",
            "gate g $ true  ",
        ]
    );
    let comments: Vec<&str> = parsed
        .file
        .comments
        .iter()
        .map(|c| source.slice(*c))
        .collect();
    assert_eq!(comments, ["# why", "# c", "# end"]);
}

/// The pieces of a text, interpolations in angle brackets.
fn pieces(parts: &[TextPart]) -> String {
    parts
        .iter()
        .map(|part| match part {
            TextPart::Literal { value, .. } => value.clone(),
            TextPart::Interpolation { expr, .. } => format!("<{}>", tree(expr)),
        })
        .collect()
}

fn text(written: &str) -> String {
    match expr(written).kind {
        ExprKind::Text(text) => pieces(&text.parts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn strings_mean_what_they_say() {
    assert_eq!(
        text(r#""a\n\t\"\\\u{1F600}\{{b}} {{c}}""#),
        "a\n\t\"\\😀{{b}} <c>"
    );
    assert_eq!(text(r#""{{f("}}")}}""#), "<f/1>");
    assert_eq!(text(r"'C:\x {{not}}'"), r"C:\x {{not}}");
    assert_eq!(
        text("\"\"\"\n    a\n      b {{c}}\n\n    \\n\n    \"\"\""),
        "a\n  b <c>\n\n\n"
    );
    assert_eq!(text("'''\n  a\\n\n  '''"), "a\\n");
    assert_eq!(text("\"\"\"\n  \"\"\""), "");
}

fn command(line: &str) -> String {
    let items = valid(&format!("phase p \"P\" {{\n  gate g $ {line}\n}}\n"));
    let StmtKind::Phase { body, .. } = &items[0].kind else {
        panic!("no phase")
    };
    let StmtKind::Gate {
        body: GateBody::Line(step),
        ..
    } = &body.stmts[0].kind
    else {
        panic!("no line")
    };
    match &step.kind {
        StmtKind::Command(text) => pieces(&text.parts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_are_verbatim() {
    assert_eq!(
        command("  echo \"a # b\" '}' ; true  "),
        "echo \"a # b\" '}' ; true  "
    );
    assert_eq!(
        command(r"a \{{b}} \\{{c}} \\\{{d}}"),
        r"a {{b}} \\<c> \\{{d}}"
    );
    assert_eq!(command("a \\\n    b"), "a \\\n    b");
    assert_eq!(command("a \\\\"), "a \\\\");
    assert_eq!(command("echo {{f(\"}}\")}}"), "echo <f/1>");
}

#[test]
fn literals_have_values() {
    for (text, value) in [
        ("1_000", "1000"),
        ("-3", "-3"),
        ("0.95", "0.95"),
        ("1h30m", "1h30m"),
        ("90s", "1m30s"),
        ("1000KB", "1MB"),
        ("1KiB", "1KiB"),
        ("/a\\/b/im", "/a\\/b/im"),
        ("[1, 'a',]", "[1, \"a\"]"),
        ("{ a: 1, \"b c\": true }", "{ a: 1, \"b c\": true }"),
    ] {
        let read = parse_literal(text).map(|value| value.to_string());
        assert_eq!(read.as_deref(), Ok(value), "{text}");
    }
    for text in ["", "a", "1 2", "\"{{a}}\"", "f()", "1 + 2", "\"open", "5x"] {
        assert!(parse_literal(text).is_err(), "{text}");
    }
}

#[test]
fn documentation_stands_directly_above() {
    let items =
        valid("## One.\n##  Two.\nlet a = 1\n\n## Far.\n\nlet b = 2\n### Three.\nlet c = 3\n");
    let docs: Vec<_> = items
        .iter()
        .map(|stmt| stmt.doc.as_ref().map(|doc| doc.value.as_str()))
        .collect();
    assert_eq!(docs, [Some("One.\n Two."), None, None]);
}

#[test]
fn good_statements_round_a_mistake_are_kept() {
    let text =
        "let a = 1\nlet b = \nlet c = \"open\nphase p \"P\" {\n  gaet x $ true\n  gate y $ true\n";
    assert_eq!(mistakes(text).matches(" E01").count(), 4);
    let (_, parsed) = read(text);
    let StmtKind::Phase { body, .. } = &parsed.file.items[2].kind else {
        panic!("{:?}", parsed.file.items)
    };
    assert_eq!(body.stmts.len(), 1);
}

#[test]
fn an_edition_is_read_before_the_rest() {
    let codes = |text: &str| {
        let (_, parsed) = read(text);
        let codes: Vec<_> = parsed.diagnostics.iter().map(|d| d.code.as_str()).collect();
        codes.join(" ")
    };
    assert_eq!(codes("# c\n\nedition 2026\n"), "");
    assert_eq!(codes("edition 2030\nwhat {{ is this\n"), "E0307");
    assert_eq!(codes("edition 2019\nwhat\n"), "E0134");
}

#[test]
fn comparison_words_are_operators_after_an_operand() {
    let ExprKind::Binary { op, op_span, .. } = expr("a not matches /x/").kind else {
        panic!("no operator")
    };
    assert_eq!(op, BinaryOp::NotMatches);
    assert_eq!(op_span.end - op_span.start, "not matches".len() as u32);
}
