use gatelang::syntax::example::example_of;
use gatelang::syntax::words::{BlockKind, WORDS};

use super::{mistakes, valid};

/// A file in which a statement stands in such a block.
fn within(kind: BlockKind, stmt: &str) -> String {
    let (before, after) = match kind {
        BlockKind::File => ("", ""),
        BlockKind::Plan => ("plan \"p\" {", "}"),
        BlockKind::Phase => ("phase p \"P\" {", "}"),
        BlockKind::Every => ("every phase {", "}"),
        BlockKind::PhaseFor => ("phase p \"P\" {\nfor x in [1] {", "}\n}"),
        BlockKind::Scope => ("phase p \"P\" {\nscope {", "}\n}"),
        BlockKind::Gate => ("phase p \"P\" {\ngate g {", "}\n}"),
        BlockKind::GateFor => ("phase p \"P\" {\ngate g {\nfor x in [1] {", "}\n}\n}"),
        BlockKind::Check => ("check c() {", "}"),
        BlockKind::CheckFor => ("check c() {\nfor x in [1] {", "}\n}"),
        BlockKind::Service => ("phase p \"P\" {\nservice s {", "}\n}"),
        BlockKind::Manual => ("phase p \"P\" {\nmanual m \"M\" {", "}\n}"),
        BlockKind::Proof => ("phase p \"P\" {\ngate g {\nproof \"p\" {", "}\n}\n}"),
        BlockKind::Commit => ("phase p \"P\" {\ncommit feat \"p\" {", "}\n}"),
        BlockKind::Test => ("test \"t\" {", "}"),
    };
    format!("{before}\n{stmt}\n{after}\n")
}

#[test]
fn every_word_has_one_that_may_be_written_wherever_the_word_stands() {
    for (word, blocks) in WORDS {
        for kind in *blocks {
            let example = example_of(word, Some(*kind)).expect(word);
            assert!(example.starts_with(word), "{word}: {example}");
            let text = within(*kind, example);
            assert_eq!(mistakes(&text), "", "{text}");
            valid(&text);
        }
    }
    assert_eq!(example_of("gates", None), None);
}

#[test]
fn what_lacks_a_part_shows_one() {
    insta::assert_snapshot!(
        mistakes("phase p \"P\" {\n  scope \"a\" \"b\"\n  gate\n  timeout\n  manual m\n}\nplan\n"),
        @r#"
        2:9 E0135 `scope` needs a block in `{ }`, found `"a"`
            scope "a" "b"
                  ^^^
          = for example `scope { allow "src/**" }`

        3:7 E0100 `gate` needs a name
            gate
                ^
          = for example `gate tests $ make test`

        4:10 E0137 `timeout` needs a duration such as `10m`
            timeout
                   ^

        5:11 E0121 a manual check needs a title, in quotes
            manual m
                    ^
          = for example `manual looks "The page looks right" { step "Open it." }`

        7:5 E0135 `plan` needs a block in `{ }`
          plan
              ^
          = for example `plan "The move to 2.0" { base "main" }`
        "#
    );
}

#[test]
fn a_comma_that_is_missing_is_put_in() {
    insta::assert_snapshot!(
        mistakes("let x = [\"a\" \"b\"]\nlet y = f(1 2)\nlet z = [\n  1 # one\n  2\n]\nphase p \"P\" {\n  scope { allow \"a\"  \"b\" }\n}\n"),
        @r#"
        1:14 E0100 expected `,` or `]`, found `"b"`
          let x = ["a" "b"]
                       ^^^
          = put a comma between them ["" -> ","]

        2:13 E0100 expected `,` or `)`, found `2`
          let y = f(1 2)
                      ^
          = put a comma between them ["" -> ","]

        5:3 E0100 expected `,` or `]`, found `2`
            2
            ^

        8:22 E0100 expected `,` or the end of the line, found `"b"`
            scope { allow "a"  "b" }
                               ^^^
          = put a comma between them ["" -> ","]
        "#
    );
}

#[test]
fn a_word_that_may_be_another_misspelt_is_no_value() {
    insta::assert_snapshot!(
        mistakes("phase p \"P\" {\n  scope { forbid \"TODO\" im \"src\" }\n}\n"),
        @r#"
        2:25 E0100 expected `,` or the end of the line, found `im`
            scope { forbid "TODO" im "src" }
                                  ^^
        "#
    );
}
