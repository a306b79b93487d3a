//! Whatever is written into a plan: no panic, and every place lies in its text. The files of
//! the corpus, damaged at random.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gatelang::analysis::{Given, analyse};
use gatelang::diagnostic::{Code, Diagnostics, MAX_DIAGNOSTICS};
use gatelang::report::{check::render_all, style::Style};
use gatelang::source::{MemoryLoader, Sources, Span};
use gatelang::syntax::{MAX_FILE_SIZE, format, parse, read};
use proptest::prelude::*;

/// The texts of the corpus.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    let mut folders: Vec<PathBuf> =
        vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "gate") {
                let bytes = std::fs::read(&path).unwrap();
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    texts
});

fn check(bytes: &[u8]) -> Diagnostics {
    let files = MemoryLoader::new()
        .with("plan.gate", bytes)
        .with("parts/brand.gate", "check x() {\n  $ true\n}\n");
    analyse("plan.gate", &files, &Given::default()).diagnostics
}

/// Checks a text in every way that does not run it.
fn sound(bytes: &[u8]) {
    let said = check(bytes);
    assert!(said.items.len() <= MAX_DIAGNOSTICS);
    let fits = |span: Span| {
        let source = said.sources.get(span.source).unwrap();
        let range = span.range();
        assert!(
            range.start <= range.end && range.end <= source.text().len(),
            "{span:?}"
        );
        assert!(source.text().is_char_boundary(range.start), "{span:?}");
        assert!(source.text().is_char_boundary(range.end), "{span:?}");
    };
    for item in &said.items {
        assert!(item.primary().is_some(), "{item:?}");
        assert!(
            !item.message.is_empty() && !item.message.ends_with('.'),
            "{item:?}"
        );
        item.labels.iter().for_each(|label| fits(label.span));
        for suggestion in &item.suggestions {
            suggestion.edits.iter().for_each(|edit| fits(edit.span));
        }
    }
    assert!(said.items.is_empty() || !render_all(&said, Style::plain()).is_empty());
    let mut sources = Sources::new();
    let (source, unreadable) = read("plan.gate", bytes, &mut sources);
    let parsed = parse(&source);
    if unreadable.is_none() && parsed.diagnostics.is_empty() {
        let once = format::format(&source, &parsed.file);
        let source = Sources::new().add("plan.gate", once.as_str());
        let again = parse(&source);
        assert_eq!(again.diagnostics, [], "formatted:\n{once}");
        assert!(format::same_meaning(&parsed.file, &again.file), "{once}");
        assert_eq!(format::format(&source, &again.file), once);
    }
}

/// What is done to a text; places are parts of its length in 65,536ths.
#[derive(Debug, Clone)]
enum Damage {
    Cut(u16, usize),
    Double(u16, usize),
    Put(u16, &'static str),
    Swap(u16, u16, usize),
    Splice(u16, prop::sample::Index, u16, usize),
}

const SIGNS: [&str; 42] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "{{",
    "}}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "`",
    "${",
    "/",
    "//",
    "\\",
    "\n",
    "\r",
    "\t",
    "\0",
    ",",
    ";",
    ":",
    "=",
    "==",
    "#",
    "##",
    "$ ",
    "-",
    "not ",
    "in ",
    "}\n",
    "{\n",
    "“",
    "\u{a0}",
    "\u{feff}",
    "é",
    "😀",
    "<<<<<<< a\n",
    "rhai {",
    "\u{1b}[31m",
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<u16>(), 0..60_usize).prop_map(|(at, len)| Damage::Cut(at, len)),
        (any::<u16>(), 0..60_usize).prop_map(|(at, len)| Damage::Double(at, len)),
        (any::<u16>(), prop::sample::select(&SIGNS[..])).prop_map(|(at, s)| Damage::Put(at, s)),
        (any::<u16>(), any::<u16>(), 0..40_usize).prop_map(|(a, b, n)| Damage::Swap(a, b, n)),
        (
            any::<u16>(),
            any::<prop::sample::Index>(),
            any::<u16>(),
            0..200_usize
        )
            .prop_map(|(at, file, from, len)| Damage::Splice(at, file, from, len)),
    ]
}

fn place(text: &str, part: u16) -> usize {
    let mut at = text.len() * usize::from(part) / 65_536;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn piece(text: &str, from: usize, len: usize) -> String {
    text[from..].chars().take(len).collect()
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut text = text.to_owned();
    for damage in damages {
        match damage {
            Damage::Cut(at, len) => {
                let at = place(&text, *at);
                let end = at + piece(&text, at, *len).len();
                text.replace_range(at..end, "");
            }
            Damage::Double(at, len) => {
                let at = place(&text, *at);
                let twice = piece(&text, at, *len);
                text.insert_str(at, &twice);
            }
            Damage::Put(at, sign) => text.insert_str(place(&text, *at), sign),
            Damage::Swap(from, to, len) => {
                let from = place(&text, *from);
                let moved = piece(&text, from, *len);
                text.replace_range(from..from + moved.len(), "");
                text.insert_str(place(&text, *to), &moved);
            }
            Damage::Splice(at, file, from, len) => {
                let other = file.get(CORPUS.as_slice());
                let put = piece(other, place(other, *from), *len);
                text.insert_str(place(&text, *at), &put);
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damaged_files(
        file in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        let text: &String = file.get(CORPUS.as_slice());
        sound(damaged(text, &damages).as_bytes());
    }

    #[test]
    fn cut_files(file in any::<prop::sample::Index>(), at in any::<u16>()) {
        let text = file.get(CORPUS.as_slice());
        sound(&text.as_bytes()[..text.len() * usize::from(at) / 65_536]);
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        sound(&bytes);
    }
}

fn codes(text: impl AsRef<[u8]>) -> Vec<Code> {
    check(text.as_ref()).items.iter().map(|d| d.code).collect()
}

#[test]
fn files_beyond_the_caps() {
    assert_eq!(codes("(".repeat(MAX_FILE_SIZE + 1)), [Code::TOO_LARGE]);
    assert_eq!(codes("(".repeat(MAX_FILE_SIZE)), [Code::TOO_DEEP]);
    assert_eq!(codes("let a = 1\n".repeat(100_001)), [Code::TOO_MANY]);
    let list = format!("let a = [{}]\n", "1, ".repeat(1_000_001));
    assert_eq!(codes(list), [Code::TOO_LARGE]);
    assert_eq!(codes("a ".repeat(2_000_001)), [Code::TOO_LARGE]);
    let text = format!("let a = \"{}\"\n", "{{b}}".repeat(2_000_001));
    assert_eq!(codes(text), [Code::TOO_LARGE]);
    let nested = format!("param a: {}int{}\n", "list<".repeat(800), ">".repeat(800));
    assert_eq!(codes(nested), [Code::TOO_DEEP]);
    let many = format!(
        "let a = 1\nlet b = [{}]\n",
        "a < 2, a<3 and a < 2, ".repeat(200)
    );
    assert_eq!(codes(many), []);
    let nested = format!("let a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(codes(nested), [Code::TOO_DEEP]);
}

#[test]
fn files_that_are_no_plan() {
    let utf16: Vec<u8> = "phase a \"A\" {}\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        codes([b"\xff\xfe".as_slice(), &utf16].concat()),
        [Code::INVALID_UTF8]
    );
    assert_eq!(
        codes([0x7f, b'E', b'L', b'F', 0, 0xff, 0]),
        [Code::INVALID_UTF8]
    );
    assert_eq!(codes(""), []);
    assert_eq!(codes("\u{feff}"), []);
    assert_eq!(codes("\u{feff}\r\n\r\n"), []);
    assert_eq!(codes("edition 2099\n(((((\n"), [Code::NEWER_EDITION]);
}

#[test]
fn many_mistakes_are_cut_short() {
    for text in [
        "}".repeat(100_000),
        "foo bar\n".repeat(50_000),
        "let a = “x”\n".repeat(20_000),
        "let a = 1 +\n".repeat(20_000),
        (0..20_000).map(|n| format!("let a{n} = b{n}\n")).collect(),
    ] {
        let said = check(text.as_bytes());
        assert_eq!(said.items.len(), MAX_DIAGNOSTICS, "{text:.40}");
        assert!(said.has_errors());
    }
}

/// On one line, so that whatever looks at all of it for each of its parts never ends.
#[test]
fn long_lines_of_mistakes_come_to_an_end() {
    let gate = |line: String| format!("phase a \"A\" {{\n  gate g $ {line}\n}}\n");
    assert_eq!(codes(gate("{{".repeat(200_000))), [Code::FOREIGN_TEMPLATE]);
    for line in [
        "{{. ",
        "{{.a}} ",
        "${{ b }} ",
        "{{b}} ",
        "{{b ",
        "\"{{b}} ",
        "`{{b}}",
    ] {
        let said = codes(gate(line.repeat(50_000)));
        assert!(!said.is_empty(), "{line}");
    }
}

#[test]
fn long_lines_and_lists_are_fine() {
    assert_eq!(
        codes(format!("let a = \"{}\"\n", "x".repeat(1_000_000))),
        []
    );
    assert_eq!(codes(format!("let a = [{}]\n", "1, ".repeat(20_000))), []);
}
