//! `gate explain`, and that every page of a code is true: its example has exactly that code,
//! and what is mended has it no longer.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gatelang::diagnostic::{Code, Family};

use crate::book::{Block, MarkdownPage, Shell, root, whole};
use crate::project::Project;

fn page(code: Code) -> MarkdownPage {
    MarkdownPage::read(&root().join(format!("docs/src/codes/{code}.md")))
}

/// The blocks before `## Mend`, and those after it.
fn parts(page: &MarkdownPage) -> (Vec<&Block>, Vec<&Block>) {
    let mend = page.text.find("\n## Mend\n").unwrap();
    page.blocks.iter().partition(|block| block.start < mend)
}

/// The codes in what a person is shown: `error[E0201]: …`.
fn shown(text: &str) -> BTreeSet<String> {
    let code = regex::Regex::new(r"(?m)^(?:error|warning|note)\[([A-Z]\d+)\]").unwrap();
    code.captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

/// The codes that `gate check` finds in a block, the files of `before` beside it. A lint may
/// be off by default, so it is asked for.
fn checked(code: Code, block: &Block, before: &[&Block]) -> BTreeSet<String> {
    let project = Project::empty();
    for file in before {
        if let Some(name) = file.value("file") {
            project.write(name, &file.text);
        }
    }
    project.write("example.gate", whole(block));
    let answer = match code.family() {
        Family::Lint => project.gate(&["check", "--lint", code.as_str(), "example.gate"]),
        _ => project.gate(&["check", "example.gate"]),
    };
    shown(&answer.text())
}

#[test]
fn every_page_has_its_parts() {
    for code in Code::all() {
        let page = page(code);
        let name = page.name();
        let title = format!("{code}: {}", code.summary());
        let rest = &page.headings[1..];
        assert_eq!(
            page.headings[0].replace('`', ""),
            title.replace('`', ""),
            "{name}"
        );
        assert_eq!(rest, ["Why", "Example", "Mend"], "{name}");
        assert!(
            page.text.lines().all(|line| line.chars().count() <= 100),
            "{name}"
        );
    }
    let there = fs::read_dir(root().join("docs/src/codes")).unwrap().count();
    assert_eq!(there, Code::all().count(), "a page of no code");
}

/// What is wrong with a page's example or its mend.
fn wrong(code: Code) -> Vec<String> {
    let mut wrong = Vec::new();
    let page = page(code);
    let (example, mend) = parts(&page);
    let mut shell = Shell::new();
    let mut run = |blocks: &[&Block]| {
        let mut printed = None;
        for block in blocks {
            if let Some(name) = block.value("file") {
                shell.write(name, &block.text);
            }
            if block.has("run") {
                printed = Some(shell.run(&page, block));
            }
        }
        printed
    };
    let alone = |block: &&&Block| block.value("file").is_none() && block.kind() == "gate";
    let found = match example.iter().find(alone) {
        Some(block) => checked(code, block, &example),
        None => shown(&run(&example).unwrap_or_default()),
    };
    let mut wanted = BTreeSet::from([code.to_string()]);
    if code == Code::DANGLING_CONTINUATION {
        // A command stands in a block, and where the file ends in one, so does the block.
        wanted.insert(Code::UNCLOSED_BLOCK.to_string());
    }
    if found != wanted {
        wrong.push(format!("{code}: the example has {found:?}"));
    }
    let left = match mend.iter().find(alone) {
        Some(block) => Some(checked(
            code,
            block,
            &page.blocks.iter().collect::<Vec<_>>(),
        )),
        None => run(&mend).map(|printed| shown(&printed)),
    };
    match left {
        None => wrong.push(format!("{code}: the mend is not tried")),
        Some(left) if left.contains(code.as_str()) => {
            wrong.push(format!("{code}: what is mended has {left:?}"));
        }
        Some(_) => {}
    }
    wrong
}

#[test]
fn every_example_has_exactly_its_code_and_the_mend_has_it_no_longer() {
    let codes: Vec<Code> = Code::all().collect();
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            while let Some(code) = codes.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.extend(wrong(*code));
            }
            found
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_code_is_explained_for_the_terminal() {
    let project = Project::empty();
    let answer = project.gate(&["explain", "E0107"]).exits(0);
    insta::assert_snapshot!(answer.stdout);
    let small = project
        .gate_with(&["explain", "error[e0107]:"], &[("COLUMNS", "60")])
        .exits(0);
    assert!(small.stdout.lines().all(|line| line.chars().count() <= 60));
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(joined(&small.stdout), joined(&answer.stdout));
}

#[test]
fn without_a_code_all_are_listed_by_family() {
    let project = Project::empty();
    let all = project.gate(&["explain"]).exits(0).stdout;
    for code in Code::all() {
        let line = format!("  {code} ");
        assert!(
            all.lines().any(|l| l.starts_with(&line)),
            "{code} is missing"
        );
    }
    insta::assert_snapshot!(project.gate(&["explain", "r3"]).exits(0).stdout, @r"
    A task is not done · red; exit 1
      R301   a task is not ticked
      R302   the heading of the tasks is not there
      R303   no tasks where there should be some
      R304   the file of the tasks is not there

    `gate explain CODE` tells more of one, with an example and its mend
    ");
}

#[test]
fn an_unknown_code_has_its_nearest() {
    let project = Project::empty();
    let told = |code: &str| project.gate(&["explain", code]).exits(2).stderr;
    insta::assert_snapshot!(told("E201"), @r"
    error[E0415]: there is no code `E201`
      = help: did you mean `E0201`?
    ");
    insta::assert_snapshot!(told("E0217"), @r"
    error[E0415]: there is no code `E0217`
      = help: did you mean `E0216`, `E0215` or `E0214`?
    ");
    insta::assert_snapshot!(told("nonsense"), @r"
    error[E0415]: there is no code `NONSENSE`
      = help: `gate explain` lists them all
    ");
}
