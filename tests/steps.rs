//! How many steps the grammar takes: twice the text, twice the steps, for the worst text
//! of every rule. Alone in its process, since the counter is the process's.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;

use gatelang::source::Sources;
use gatelang::syntax::exercise::{reads_within, rules_in};

/// The least number of steps in which `text` is read.
fn steps(text: &str) -> usize {
    let source = Sources::new().add("plan.gate", text);
    let within = |steps: usize| reads_within(&source, NonZeroUsize::new(steps).unwrap());
    let mut high = 1_000;
    while !within(high) {
        high *= 2;
        assert!(high < 1 << 31, "never read:\n{text:.200}");
    }
    let mut low = high / 2;
    while high - low > high / 64 {
        let middle = low + (high - low) / 2;
        if within(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// `head`, then `piece` over and over, then `tail`.
fn many(head: &str, piece: &str, tail: &str, count: usize) -> String {
    format!("{head}{}{tail}", piece.repeat(count))
}

/// A piece, and what stands before and after its repetitions.
const LONG: &[(&str, &str, &str)] = &[
    ("", "let a = 1\n", ""),
    ("", "# comment\n", ""),
    ("", "## documentation\n", "let a = 1\n"),
    ("", "\n", ""),
    ("", "phase a \"A\" {\n  gate g $ true\n}\n", ""),
    ("", "unknown words here\n", ""),
    ("", "} \n", ""),
    ("phase a \"A\" {\n", "gate g { $ true }\n", "}\n"),
    (
        "phase a \"A\" {\n",
        "gate g \"t\" check a.b(1, c: \"x\")\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\n",
        "gate g {\n$ true\nexpect exit == 0\n}\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\nscope {\nallow \"a\"",
        ",\n\"b\"",
        "\n}\n}\n",
    ),
    (
        "phase a \"A\" {\nscope {\nforbid \"a\"",
        ", /b/",
        " in \"c\"\n}\n}\n",
    ),
    ("phase a \"A\" {\nscope {\n", "limit 5 fils\n", "}\n}\n"),
    (
        "phase a \"A\" {\n",
        "commit feat(x) \"y\" {\nbody \"z\"\n}\n",
        "}\n",
    ),
    ("phase a \"A\" {\ngate g $ ", "word ", "\n}\n"),
    ("phase a \"A\" {\ngate g $ ", "{{a}} ", "\n}\n"),
    ("phase a \"A\" {\ngate g $ ", "x \\\n", "y\n}\n"),
    ("phase a \"A\" {\ngate g $ ", "{ ", "\n}\n"),
    ("let a = 1", " + 1", "\n"),
    ("let a = b", ".c", "\n"),
    ("let a = [1", ", 1", "]\n"),
    ("let a = [1", "\n,\n1", "]\n"),
    ("let a = { a: 1", ", b: 2", " }\n"),
    ("let a = f(1", ", x: 2", ")\n"),
    ("let a = \"", "text ", "\"\n"),
    ("let a = \"", "\\n", "\"\n"),
    ("let a = \"", "{{b}}", "\"\n"),
    ("let a = \"\"\"\n", "  line {{b}}\n", "  \"\"\"\n"),
    ("let a = '''\n", "  line\n", "  '''\n"),
    ("let a = /", "a\\/[b]", "/i\n"),
    ("let a = 1 ", "junk ( ) [ ] ", "\n"),
    ("let a = 1 ", "\"junk\" ", "\n"),
    ("check a(b: int", ", c: list<int> = [1]", ") {\n$ true\n}\n"),
    (
        "check c() {\nrhai {\n",
        "let a = #{ b: `${1}` }; // c\n",
        "}\n}\n",
    ),
    (
        "check c() {\nrhai {\n",
        "/* a */ 'b' \"c\" #\"d\"# ",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\n",
        "service s {\n$ a\nready port 1 within 5s\nstop SIGINT\n}\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\n",
        "manual m \"M\" {\nstep \"s\"\nby \"a\", \"b\"\n}\n",
        "}\n",
    ),
    (
        "test \"t\" {\n",
        "write \"a\" \"b\"\ncheck c()\nexpect fails \"x\" at \"a:1\"\n",
        "}\n",
    ),
    ("", "edition 2026\n", ""),
    ("", "use \"./a.gate\" as b\ninclude \"./c.gate\"\n", ""),
    ("", "param a: list<list<int>> = [1]\n", ""),
    ("", "param a: int[] = [1]\n", ""),
    ("", "every phase {\nregress all\n}\n", ""),
    (
        "plan {\n",
        "base \"a\"\ntree staged\nlint W001 off\namend by \"a\", \"b\"\nsecret A, B\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\n",
        "tasks \"t\" under \"h\"\ntag \"t\" message \"m\"\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\ncommit feat() \"y\" {\n",
        "trailer A \"b\"\nbreaking 'c'\n",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\n",
        "for a in [b] + c {\ngate \"{{a}}\" \"t\" $ x\n}\n",
        "}\n",
    ),
    (
        "phase a \"A\" {\ngate g {\n",
        "env A = 1\nretry 1 every 2s\nwhen a is not empty\ninputs \"a\", \"b\" allow-empty\n",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\ngate g {\n",
        "ratchet a = 1 + -2 rises\nscript \"sh\" \"x\"\nproof {\nreplace \"a\" 'b' \"c\"\n}\n",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\nmanual m \"M\" {\n",
        "signed\nexpires 7d\nexpected '''\n  a\n  '''\n",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\nservice s {\n",
        "ready within 5s output /x/\nready http \"a\" within 1s\nready $ x {{a}}\n",
        "}\n}\n",
    ),
    (
        "phase a \"A\" {\n",
        "gate g rhai { x }\ngate h rhai \"x.rhai\"\n",
        "}\n",
    ),
    ("let a = b", " is empty", "\n"),
    ("let a = b", " not in c", "\n"),
    ("let a = b", " ==\nc", "\n"),
    ("let a = (b", "\nis\nnot\nempty", ")\n"),
    ("let a = (b", "\n+\nc\n.d\n.e(1)", ")\n"),
    ("let a = b", "[0]", "\n"),
    ("let a = b", ".c(1, d: /x/i)", "\n"),
    ("let a = \"", "\\u{1F600}\\{{", "\"\n"),
    ("let a = \"", "{{a b}}", "\"\n"),
    ("let a = \"\"\"\n", "  \\n\\{{ {{a b}}\n", "  \"\"\"\n"),
    ("phase a \"A\" {\ngate g $ ", "\\{{ {{a b}} \\\\ ", "\n}\n"),
    ("let a = ", "true and false or ", "true\n"),
    ("let a = ", "\"x\" ", "\n"),
    ("phase a \"A\" {\ntimeout ", "1 + ", "1\n}\n"),
    ("phase a \"A\" {\nscope {\n", "limit 5 files\n", "}\n}\n"),
    (
        "test \"t\" {\n",
        "expect passes\nexpect fails at \"a\"\n",
        "}\n",
    ),
];

#[test]
fn steps_grow_with_the_length() {
    for (head, piece, tail) in LONG.iter().copied() {
        let once = steps(&many(head, piece, tail, 100));
        let twice = steps(&many(head, piece, tail, 200));
        assert!(
            twice <= once * 22 / 10,
            "{head}{piece}…{tail}: {once} steps, then {twice}"
        );
    }
}

/// What nests: an opening, a middle, a closing.
const DEEP: &[(&str, &str, &str, &str, &str)] = &[
    ("let a = ", "(", "1", ")", "\n"),
    ("let a = ", "[", "1", "]", "\n"),
    ("let a = ", "[[1], ", "1", "]", "\n"),
    ("let a = ", "{ a: ", "1", " }", "\n"),
    ("let a = ", "f(", "1", ")", "\n"),
    ("let a = ", "f(x: ", "1", ")", "\n"),
    ("let a = ", "a[", "1", "]", "\n"),
    ("let a = ", "not ", "true", "", "\n"),
    ("let a = ", "-", "1", "", "\n"),
    ("let a = ", "(-", "1", ")", "\n"),
    ("let a = 1 junk ", "(", "", ")", "\n"),
    ("let a = ", "\"{{", "1", "}}\"", "\n"),
    (
        "phase p \"P\" {\ngate g {\n",
        "for x in [1] {\n",
        "$ true\n",
        "}\n",
        "}\n}\n",
    ),
    ("check c() {\nrhai {\n", "{ ", "1", " }", "\n}\n}\n"),
    ("check c() {\nrhai {\n", "`${ ", "1", " }`", "\n}\n}\n"),
    ("let a = ", "a.b(", "1", ").c", "\n"),
    ("let a = ", "(\n", "1", "\n)", "\n"),
    ("let a = ", "not (-", "1", ") is empty", "\n"),
    ("let a = ", "\"{{ [", "1", "][0] }}\"", "\n"),
    ("let a = ", "{ \"b\": [", "1", "] }", "\n"),
    ("param a: ", "list<", "int", ">", "\n"),
    ("check c(a: int = ", "[f(", "1", ")]", ") {\n$ true\n}\n"),
    ("phase p \"P\" {\nin ", "(", "1", ")", "\n}\n"),
    (
        "phase p \"P\" {\ngate g $ x ",
        "{{ \"",
        "y",
        "\" }}",
        "\n}\n",
    ),
    ("phase p \"P\" {\nin ", "-", "1", "", "\n}\n"),
    ("", "other {\n", "x\n", "}\n", ""),
    (
        "phase p \"P\" {\n",
        "gate g \"t\" x {\n",
        "$ true\n",
        "}\n",
        "}\n",
    ),
];

#[test]
fn steps_grow_with_the_depth() {
    for &(head, open, middle, close, tail) in DEEP {
        let text = |depth: usize| {
            format!(
                "{head}{}{middle}{}{tail}",
                open.repeat(depth),
                close.repeat(depth)
            )
        };
        let once = steps(&text(20));
        let twice = steps(&text(40));
        assert!(
            twice <= once * 25 / 10,
            "{head}{open}…{close}{tail}: {once} steps, then {twice}"
        );
    }
}

#[test]
fn what_is_broken_deep_inside_costs_no_more() {
    for &(head, open, _, close, tail) in DEEP {
        let text = |depth: usize| {
            format!(
                "{head}{}= =;{}{tail}",
                open.repeat(depth),
                close.repeat(depth)
            )
        };
        let once = steps(&text(20));
        let twice = steps(&text(40));
        assert!(
            twice <= once * 25 / 10,
            "{head}{open}…{close}{tail}: {once} steps, then {twice}"
        );
    }
}

/// The rules that the texts of a folder make use of.
fn rules_of(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rules_of(&path));
        } else if path.extension().is_some_and(|ext| ext == "gate") {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            found.extend(rules_in(&Sources::new().add("plan.gate", text)));
        }
    }
    found
}

#[test]
fn every_rule_is_counted() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let long = LONG
        .iter()
        .map(|(head, piece, tail)| format!("{head}{piece}{tail}"));
    let deep = DEEP
        .iter()
        .map(|(head, open, middle, close, tail)| format!("{head}{open}{middle}{close}{tail}"));
    let counted: BTreeSet<String> = long
        .chain(deep)
        .flat_map(|text| rules_in(&Sources::new().add("plan.gate", text)))
        .collect();
    let lacking: Vec<String> = rules_of(&corpus).difference(&counted).cloned().collect();
    assert_eq!(lacking, Vec::<String>::new());
}
