//! How many steps the grammar takes: twice the text, twice the steps, for the worst text
//! of every rule. Alone in its process, since the counter is the process's.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::num::NonZeroUsize;

use gatelang::source::Sources;
use gatelang::syntax::exercise::reads_within;

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
const LONG: [(&str, &str, &str); 38] = [
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
];

#[test]
fn steps_grow_with_the_length() {
    for (head, piece, tail) in LONG {
        let once = steps(&many(head, piece, tail, 100));
        let twice = steps(&many(head, piece, tail, 200));
        assert!(
            twice <= once * 22 / 10,
            "{head}{piece}…{tail}: {once} steps, then {twice}"
        );
    }
}

/// What nests: an opening, a middle, a closing.
const DEEP: [(&str, &str, &str, &str, &str); 14] = [
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
];

#[test]
fn steps_grow_with_the_depth() {
    for (head, open, middle, close, tail) in DEEP {
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
    for (head, open, _, close, tail) in DEEP {
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
