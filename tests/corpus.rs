//! The corpus: every file of `tests/corpus` through the analysis, as `gate check` does.
//!
//! `valid/**.gate` have no mistake. `invalid/**.gate` have those that `NAME.expect` beside
//! them lists, a line each: `E0101 3:5`, with the file before the place where it is
//! another one. `CORPUS_UPDATE=1 cargo test --test corpus` writes what is found; read it.
//!
//! A case is a file two levels down, as `valid/strings/raw.gate`; its folder is its
//! repository, and deeper folders (`parts`) hold what it uses.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use gatelang::analysis::{Analysis, Given, analyse};
use gatelang::diagnostic::{Diagnostic, Severity};
use gatelang::source::{LoadError, Loader, MemoryLoader, Sources};
use gatelang::syntax::{format, parse};

#[path = "corpus/exercised.rs"]
mod exercised;
#[path = "../benches/check/plan.rs"]
mod measured;

/// The files of one folder.
struct Folder(PathBuf);

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        fs::read(self.0.join(path)).map_err(|_| LoadError::NotFound)
    }
}

/// A file of the corpus.
struct Case {
    path: PathBuf,
    /// `strings/raw`.
    name: String,
}

impl Case {
    fn analyse(&self) -> Analysis {
        let folder = Folder(self.path.parent().unwrap().to_owned());
        let file = self.path.file_name().unwrap().to_str().unwrap();
        let given = Given {
            os: "linux".into(),
            arch: "x86_64".into(),
            ..Given::default()
        };
        analyse(file, &folder, &given)
    }

    /// Its mistakes as `.expect` lists them.
    fn mistakes(&self, analysis: &Analysis) -> Vec<String> {
        let own = self.path.file_name().unwrap().to_str().unwrap();
        errors(analysis)
            .map(|diagnostic| {
                let span = diagnostic.primary().expect("a place");
                let source = analysis.diagnostics.sources.get(span.source).unwrap();
                let at = source.position(span.start as usize);
                let file = if source.path() == own {
                    String::new()
                } else {
                    format!("{}:", source.path())
                };
                format!("{} {file}{}:{}", diagnostic.code, at.line, at.column)
            })
            .collect()
    }
}

fn errors(analysis: &Analysis) -> impl Iterator<Item = &Diagnostic> {
    analysis
        .diagnostics
        .items
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The cases of `valid` or `invalid`, in order.
fn cases(kind: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(kind);
    let mut found = Vec::new();
    for section in fs::read_dir(&root).unwrap() {
        let section = section.unwrap().path();
        let Ok(files) = fs::read_dir(&section) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|ext| ext == "gate") {
                let name = path.strip_prefix(&root).unwrap().with_extension("");
                found.push(Case {
                    name: name.to_str().unwrap().replace('\\', "/"),
                    path,
                });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The text with a caret under each mistake, and what is said of it.
fn marked(analysis: &Analysis) -> String {
    let mut out = String::new();
    for diagnostic in errors(analysis) {
        let span = diagnostic.primary().unwrap();
        let source = analysis.diagnostics.sources.get(span.source).unwrap();
        let (start, end) = source.positions(span);
        let line = source.slice(source.line_span(start.line));
        let width = if start.line == end.line {
            (end.column - start.column).max(1)
        } else {
            1
        };
        let before: String = line
            .chars()
            .take(start.column as usize - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(
            out,
            "  {:>3} | {line}\n      | {before}{} {} {}",
            start.line,
            "^".repeat(width as usize),
            diagnostic.code,
            diagnostic.message
        )
        .unwrap();
    }
    out
}

#[test]
fn valid_files_have_no_mistake() {
    let cases = cases("valid");
    assert!(cases.len() >= 150, "only {} valid files", cases.len());
    let mut report = String::new();
    for case in &cases {
        let analysis = case.analyse();
        if analysis.diagnostics.has_errors() {
            write!(report, "{}\n{}", case.name, marked(&analysis)).unwrap();
        }
        assert!(
            analysis.diagnostics.has_errors() || analysis.plan.is_some(),
            "{}: neither a plan nor a mistake",
            case.name
        );
    }
    assert!(report.is_empty(), "these are valid:\n{report}");
}

#[test]
fn invalid_files_have_exactly_their_mistakes() {
    let cases = cases("invalid");
    assert!(cases.len() >= 200, "only {} invalid files", cases.len());
    let update = std::env::var_os("CORPUS_UPDATE").is_some();
    let mut report = String::new();
    for case in &cases {
        let beside = case.path.with_extension("expect");
        let analysis = case.analyse();
        let found = case.mistakes(&analysis);
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        let expected: Vec<&str> = expected.lines().collect();
        if found == expected && !found.is_empty() {
            continue;
        }
        writeln!(report, "{}", case.name).unwrap();
        report.push_str(&marked(&analysis));
        for line in expected
            .iter()
            .filter(|line| !found.iter().any(|f| f == *line))
        {
            writeln!(report, "  missing: {line}").unwrap();
        }
        for line in found
            .iter()
            .filter(|line| !expected.contains(&line.as_str()))
        {
            writeln!(report, "  too many: {line}").unwrap();
        }
        if found.is_empty() {
            report.push_str("  nothing is said of it\n");
        }
        if update && !found.is_empty() {
            fs::write(&beside, found.join("\n") + "\n").unwrap();
        }
    }
    if update {
        println!("{report}");
    } else {
        assert!(report.is_empty(), "mistakes not as expected:\n{report}");
    }
}

#[test]
fn the_plan_that_is_measured_is_valid_and_formatted() {
    let text = measured::plan(200);
    let files = MemoryLoader::new().with("plan.gate", text.as_str());
    let analysis = analyse("plan.gate", &files, &Given::default());
    assert!(
        analysis.diagnostics.items.is_empty(),
        "{}",
        analysis.diagnostics
    );
    let source = Sources::new().add("plan.gate", text.as_str());
    let formatted = format::format(&source, &parse(&source).file);
    assert!(formatted == text, "formatted it is\n{formatted}");
}
