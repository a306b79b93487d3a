//! The book and the README say what is: every plan in them is checked, every command run,
//! every table compared with what it lists.
//!
//! The first word of a block's info string is its kind, the others say what is done with it:
//!
//! | block | |
//! |---|---|
//! | `gate` | must pass `gate check`; with `phase`, `gate`, `scope` or `plan` inside such a block; with `fails=E0201` must fail with that code first; with `warns=W001` must get that lint, and else none |
//! | `sh,run` | every line is run, in one repository per page; exits 0, or as `# exit 1` at its end says |
//! | | with `# typed: a; b` at its end it is run at a terminal, where `a`, then `b` are typed |
//! | `console` | the lines after `$ ` are run, the others are what they print; a line `…` stands for any |
//! | `json`, `yaml` | must parse |
//! | `rust` | must stand in `examples/embed.rs` word for word |
//! | `text` | anything |
//!
//! `file=NAME` on any of them puts the block's text into that file for the blocks after it.
//! With `INSTA_UPDATE=always` the outputs in `console` blocks are written anew.

mod page;
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use gatelang::analysis::LINTS;
use gatelang::diagnostic::{Code, Diagnostic};
use gatelang::source::Sources;
use gatelang::syntax;
use serde_json::Value as Json;

use crate::project::Project;
use crate::terminal::at_terminal;
use page::Page;
use shell::same;

pub use page::{Block, Page as MarkdownPage, root};
pub use shell::{Shell, normal};

/// Whether outputs in the pages are to be written anew.
pub fn updating() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always")
}

/// A fragment of a plan as a whole file.
pub fn whole(block: &Block) -> String {
    let text = &block.text;
    let last = "  gate last $ true\n";
    if block.has("phase") {
        format!("phase example \"An example\" {{\n{text}\n{last}}}\n")
    } else if block.has("gate") {
        format!("phase example \"An example\" {{\ngate example {{\n{text}\n}}\n}}\n")
    } else if block.has("scope") {
        format!("phase example \"An example\" {{\nscope {{\n{text}\n}}\n{last}}}\n")
    } else if block.has("plan") {
        format!("plan {{\n{text}\n}}\nphase example \"An example\" {{\n{last}}}\n")
    } else {
        text.clone()
    }
}

#[test]
fn every_plan_passes_check_or_fails_as_it_says() {
    let mut wrong = Vec::new();
    for page in page::all() {
        let project = Project::empty();
        let page_name = page.name();
        let lint = page_name
            .strip_prefix("docs/src/codes/")
            .and_then(|name| name.strip_suffix(".md"))
            .filter(|code| code.starts_with("W0"));
        for block in &page.blocks {
            if let Some(name) = block.value("file") {
                project.write(name, &block.text);
            }
            if block.kind() != "gate" {
                continue;
            }
            let name = block.value("file").unwrap_or("a-plan-of-the-book.gate");
            project.write(name, whole(block));
            let warns = block.value("warns");
            let mut args = vec!["check", "--format", "json", name];
            // Some lints are off where nobody asks for them.
            args.extend(lint.iter().flat_map(|code| ["--lint", code]));
            let answer = project.gate(&args);
            let said: Vec<(String, String)> = answer
                .events()
                .iter()
                .map(|event| {
                    let text = |field: &str| event[field].as_str().unwrap().to_owned();
                    (text("severity"), text("code"))
                })
                .collect();
            let of = |severity: &str| {
                let codes = said.iter().filter(|(of, _)| of == severity);
                codes.map(|(_, code)| code.as_str()).collect::<Vec<_>>()
            };
            let wanted = block.value("fails");
            let expected_code = if wanted.is_some() { 2 } else { 0 };
            let lints = BTreeSet::from_iter(of("warning"));
            // A page about an error may leave out what has nothing to do with it.
            let other_code = page.name().starts_with("docs/src/codes/") && lint.is_none();
            let as_said = answer.code == expected_code
                && of("error").first().copied() == wanted
                && (other_code || lints == BTreeSet::from_iter(warns));
            if !as_said {
                let shown = project.gate(&args).text();
                wrong.push(format!(
                    "{}:{}: wanted {wanted:?}, {warns:?}\n{shown}",
                    page.name(),
                    block.line
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The text of a `gate` block as the formatter writes it; none where it does not parse. A
/// fragment is formatted where it would stand, and put back to where it stood.
fn formatted(block: &Block) -> Option<String> {
    let (head, level) = if block.has("phase") {
        ("phase example \"An example\" {\n", 1)
    } else if block.has("gate") {
        ("phase example \"An example\" {\n  gate example {\n", 2)
    } else if block.has("scope") {
        ("phase example \"An example\" {\n  scope {\n", 2)
    } else if block.has("plan") {
        ("plan {\n", 1)
    } else {
        ("", 0)
    };
    let first = block.text.lines().find(|line| !line.trim().is_empty())?;
    let stands = first.len() - first.trim_start().len();
    let shift = " ".repeat((2 * level).max(stands) - stands);
    let mut text = head.to_owned();
    for line in block.text.lines() {
        text.push_str(if line.is_empty() { "" } else { &shift });
        text.push_str(line);
        text.push('\n');
    }
    for level in (0..level).rev() {
        text.push_str(&format!("{}}}\n", "  ".repeat(level)));
    }
    let source = Sources::new().add("plan.gate", text);
    let parsed = syntax::parse(&source);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let whole = syntax::format::format(&source, &parsed.file);
    let lines: Vec<&str> = whole.lines().collect();
    let inner = &lines[level..lines.len() - level];
    let back = |line: &&str| format!("{}\n", line.strip_prefix(&shift).unwrap_or(line));
    Some(inner.iter().map(back).collect())
}

#[test]
fn every_plan_is_formatted() {
    let mut wrong = Vec::new();
    for page in page::all() {
        let mut text = page.text.clone();
        let mut moved = 0_isize;
        for block in page.blocks.iter().filter(|block| block.kind() == "gate") {
            let Some(real) = formatted(block).filter(|real| *real != block.text) else {
                continue;
            };
            wrong.push(format!("{}:{}\n{real}", page.name(), block.line));
            let start = block.start.checked_add_signed(moved).unwrap();
            text.replace_range(start..start + block.text.len(), &real);
            moved += real.len() as isize - block.text.len() as isize;
        }
        if updating() && text != page.text {
            fs::write(&page.path, text).unwrap();
        }
    }
    assert!(
        updating() || wrong.is_empty(),
        "formatted these are\n{}\nINSTA_UPDATE=always writes them",
        wrong.join("\n")
    );
}

#[test]
fn every_lint_has_its_page_and_its_row() {
    let table = Page::read(&root().join("docs/src/reference/lints.md"));
    let rows: Vec<&str> = table
        .text
        .lines()
        .filter(|l| l.starts_with("| [`W"))
        .collect();
    let known: Vec<String> = LINTS
        .iter()
        .map(|lint| {
            let code = lint.code;
            let default = if lint.by_default { "on" } else { "off" };
            format!(
                "| [`{code}`](../codes/{code}.md) | {} | {default} |",
                code.summary()
            )
        })
        .collect();
    assert_eq!(rows, known);
    for lint in LINTS {
        let code = lint.code;
        let page = Page::read(&root().join(format!("docs/src/codes/{code}.md")));
        assert_eq!(
            page.headings,
            [
                &format!("{code}: {}", code.summary()),
                "Why",
                "Example",
                "Mend"
            ]
        );
        let plans: Vec<&Block> = page
            .blocks
            .iter()
            .filter(|block| block.kind() == "gate" && block.value("file").is_none())
            .collect();
        let [example, mend] = plans.as_slice() else {
            panic!("{code}: an example and its mend");
        };
        assert_eq!(example.value("warns"), Some(code.as_str()));
        assert_eq!(mend.value("warns"), None);
    }
}

#[test]
fn every_command_does_what_is_shown() {
    for page in page::all() {
        // The test of `gate explain` runs those.
        if page.name().starts_with("docs/src/codes/") {
            continue;
        }
        let commands = |block: &Block| block.kind() == "console" || block.has("run");
        if !page.blocks.iter().any(commands) {
            continue;
        }
        let mut shell = Shell::new();
        let mut text = page.text.clone();
        let mut moved = 0_isize;
        for block in &page.blocks {
            if let Some(name) = block.value("file") {
                shell.write(name, &block.text);
            }
            match block.kind() {
                "sh" if block.has("run") => drop(shell.run(&page, block)),
                "console" => {
                    let real = shell.console(&page, block);
                    if same(&block.text, &real) {
                        continue;
                    }
                    assert!(
                        updating(),
                        "{}:{}: it really is\n{real}\nINSTA_UPDATE=always writes it",
                        page.name(),
                        block.line
                    );
                    let start = block.start.checked_add_signed(moved).unwrap();
                    text.replace_range(start..start + block.text.len(), &real);
                    moved += real.len() as isize - block.text.len() as isize;
                }
                _ => {}
            }
        }
        if text != page.text {
            fs::write(&page.path, text).unwrap();
        }
    }
}

#[test]
fn every_block_is_of_a_known_kind() {
    let example = fs::read_to_string(root().join("examples/embed.rs")).unwrap();
    for page in page::all() {
        for block in &page.blocks {
            let place = format!("{}:{}", page.name(), block.line);
            let words: Vec<&str> = block.info.iter().skip(1).map(String::as_str).collect();
            let known: &[&str] = match block.kind() {
                "gate" => &["phase", "gate", "scope", "plan"],
                "sh" => &["run"],
                "console" | "text" => &[],
                "json" => {
                    let whole: Result<Json, _> = serde_json::from_str(&block.text);
                    let lines: Result<Vec<Json>, _> =
                        block.text.lines().map(serde_json::from_str).collect();
                    assert!(whole.is_ok() || lines.is_ok(), "{place}: {whole:?}");
                    &[]
                }
                "yaml" => {
                    use saphyr::LoadableYamlNode as _;
                    let parsed = saphyr::Yaml::load_from_str(&block.text);
                    assert!(parsed.is_ok(), "{place}: {parsed:?}");
                    &[]
                }
                "rust" => {
                    assert!(
                        example.contains(block.text.trim_end()),
                        "{place}: not in examples/embed.rs"
                    );
                    &[]
                }
                other => panic!("{place}: an unknown kind of block: `{other}`"),
            };
            for word in words {
                let valued = word.starts_with("file=")
                    || (block.kind() == "gate"
                        && (word.starts_with("fails=") || word.starts_with("warns=")));
                assert!(
                    valued || known.contains(&word),
                    "{place}: unknown word `{word}`"
                );
            }
            let run = block.has("run") || block.value("file").is_some();
            if block.kind() == "sh" && !run {
                assert_eq!(
                    page.name(),
                    "README.md",
                    "{place}: commands are run, or not shown"
                );
            }
        }
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = Page::read(&root().join("docs/src/SUMMARY.md"));
    let listed: BTreeSet<String> = summary
        .links
        .iter()
        .map(|(link, _)| format!("docs/src/{link}"))
        .collect();
    let there: BTreeSet<String> = page::all()
        .iter()
        .map(Page::name)
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = page::all();
    pages.push(Page::read(&root().join("docs/src/SUMMARY.md")));
    let mut dead = Vec::new();
    for page in &pages {
        for (link, line) in &page.links {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.path.clone()
            } else {
                page.path.parent().unwrap().join(path)
            };
            let there = target.exists()
                && (anchor.is_empty()
                    || Page::read(&target)
                        .anchors()
                        .iter()
                        .any(|known| known == anchor));
            if !there {
                dead.push(format!("{}:{line}: {link}", page.name()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn the_command_line_page_has_every_command_and_flag() {
    let page = Page::read(&root().join("docs/src/reference/cli.md"));
    let flags = regex::Regex::new(r"--[a-z][a-z-]*").unwrap();
    let all = |text: &str| -> BTreeSet<String> {
        flags
            .find_iter(text)
            .map(|found| found.as_str().to_owned())
            .collect()
    };
    let everywhere = all(page.section("Everywhere").expect("a section `Everywhere`"));
    let project = Project::empty();
    let mut commands = BTreeSet::new();
    for (command, about) in gatelang::cli::commands() {
        let heading = format!("`gate {command}`");
        let section = page
            .section(&heading)
            .unwrap_or_else(|| panic!("cli.md has no section {heading}: {about}"));
        let help = project.gate(&[&command, "--help"]).exits(0).stdout;
        let real = all(&help);
        let told: BTreeSet<String> = all(section).union(&everywhere).cloned().collect();
        assert_eq!(told, real, "the flags of {heading}");
        commands.insert(heading.replace('`', ""));
    }
    let told: BTreeSet<String> = page
        .headings
        .iter()
        .filter(|heading| heading.starts_with("gate "))
        .cloned()
        .collect();
    assert_eq!(told, commands);
}

#[test]
fn the_page_of_codes_has_every_code() {
    let page = Page::read(&root().join("docs/src/reference/codes.md"));
    let listed: Vec<&str> = page
        .text
        .lines()
        .filter(|line| line.starts_with("| ["))
        .collect();
    let known: Vec<String> = Code::all()
        .map(|code| {
            let summary = code.summary().replace('|', "\\|");
            format!("| [`{code}`](../codes/{code}.md) | {summary} |")
        })
        .collect();
    let missing: Vec<&String> = known
        .iter()
        .filter(|row| !listed.contains(&row.as_str()))
        .collect();
    assert!(missing.is_empty(), "codes.md lacks {missing:#?}");
    assert_eq!(
        listed.len(),
        known.len(),
        "codes.md lists what is no code, or one twice"
    );
}

/// Every event there is, by type, with the fields it was seen with.
fn events() -> BTreeMap<String, BTreeSet<String>> {
    let project = Project::with_plan(
        "plan \"P\" {\n  remind \"r\"\n}\nphase a \"A\" {\n  goal \"g\"\n  scope { allow \"x\", \"plan.gate\" }\n  tasks \"T.md\"\n  gate g $ true\n  gate f {\n    service s {\n      $ echo up; exec sleep 60\n      ready output /up/\n    }\n    retry 1\n    hold 1ms every 1ms\n    $ f=$(git rev-parse --absolute-git-dir)/f; test -e $f || { touch $f; false; }\n  }\n  commit feat \"a\"\n  tag \"v\"\n  push \"origin\"\n}\n",
    );
    project.git(&["init", "--quiet", "--bare", ".git/origin.git"]);
    project.git(&["remote", "add", "origin", ".git/origin.git"]);
    project
        .stage("x", "x\n")
        .stage("T.md", "- [ ] t\n")
        .write("plan.gate", "");
    let red = project.gate(&["run", "--format", "json"]).exits(1);
    project.stage("T.md", "- [x] t\n");
    let green = project.gate(&["run", "--format", "json"]).exits(0);
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let waiting = waiting(&project);
    let manual =
        Project::with_plan("phase a \"A\" {\n  manual m \"M\" {\n    step \"look\"\n  }\n}\n");
    let person = manual.gate(&["run", "--format", "json"]).exits(4).events();
    let (red, green) = (red.events(), green.events());
    for event in red.iter().chain(&green).chain(&waiting).chain(&person) {
        let fields = seen
            .entry(event["type"].as_str().unwrap().to_owned())
            .or_default();
        fields.extend(event.as_object().unwrap().keys().cloned());
    }
    seen
}

/// The first event of a run that waits for another.
fn waiting(project: &Project) -> Option<Json> {
    let path = project.path().join(".git/gate/run-lock");
    let lock = fs::File::options().read(true).write(true).open(path);
    let mut lock = lock.unwrap();
    lock.lock().unwrap();
    lock.set_len(0).unwrap();
    lock.write_all(br#"{"pid":1,"since_ms":0,"phase":"a"}"#)
        .unwrap();
    let mut command = project.gate_command();
    command.args(["run", "--format", "json"]);
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    drop(lock);
    lines.for_each(drop);
    run.wait().unwrap();
    serde_json::from_str(&first).ok()
}

/// The names in the first column of a section's table.
fn rows(section: &str) -> BTreeSet<String> {
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_of_events_has_every_event_and_field() {
    let page = Page::read(&root().join("docs/src/reference/json.md"));
    let common = rows(page.section("In every line").unwrap());
    assert_eq!(common, ["schema", "type"].map(str::to_owned).into());
    let told: BTreeMap<String, BTreeSet<String>> = page
        .headings
        .iter()
        .filter(|heading| heading.contains('.') || *heading == "notice" || *heading == "diagnostic")
        .map(|heading| {
            let section = page.section(&format!("`{heading}`")).unwrap();
            (heading.clone(), rows(section))
        })
        .collect();
    let mut real = events();
    for fields in real.values_mut() {
        fields.retain(|field| !common.contains(field));
    }
    // A diagnostic says `gate` only where it is about one.
    real.get_mut("diagnostic")
        .unwrap()
        .insert("gate".to_owned());
    assert_eq!(told, real);
}

#[test]
fn the_page_of_json_has_the_shape_of_show() {
    let page = Page::read(&root().join("docs/src/reference/json.md"));
    let project = Project::with_plan(
        "phase a \"A\" {\n  gate g $ true\n}\nphase b \"B\" {\n  manual m \"M\" {\n    step \"look\"\n  }\n}\n",
    );
    let keys =
        |json: &Json| -> BTreeSet<String> { json.as_object().unwrap().keys().cloned().collect() };
    let show: Json =
        serde_json::from_str(&project.gate(&["show", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(rows(page.section("The plan").unwrap()), keys(&show));
    assert_eq!(
        rows(page.section("A phase").unwrap()),
        keys(&show["phases"][0])
    );
    assert_eq!(
        rows(page.section("A gate").unwrap()),
        keys(&show["phases"][0]["gates"][0])
    );
    project.gate(&["run"]).exits(0);
    let status: Json =
        serde_json::from_str(&project.gate(&["status", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(rows(page.section("The states").unwrap()), keys(&status));
    let phases = &status["phases"];
    let states: BTreeSet<String> = &keys(&phases[0]) | &keys(&phases[1]);
    assert_eq!(rows(page.section("A state").unwrap()), states);
    let check = &phases[1]["manual"][0];
    assert_eq!(rows(page.section("A manual check").unwrap()), keys(check));
    let typed = [("passed, failed", "p"), ("Note", "")];
    at_terminal(&project, &["sign"], &typed).exits(0);
    let status: Json =
        serde_json::from_str(&project.gate(&["status", "--json"]).exits(0).stdout).unwrap();
    let sign_off = &status["phases"][1]["manual"][0]["sign_off"];
    assert_eq!(rows(page.section("A sign-off").unwrap()), keys(sign_off));
}
