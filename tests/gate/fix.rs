//! `gate check --fix`, and that what is called safe is: applied, it takes its mistake away.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gatelang::analysis::{Given, analyse};
use gatelang::diagnostic::{Diagnostic, Mends, apply};
use gatelang::source::MemoryLoader;

use crate::book::{MarkdownPage, root, whole};
use crate::project::Project;

const SLIPS: &str = r#"plan "slips" {
  timeout = 5m;
  jobs 4
}

phase api “The API” {
  scope { allow "./src/**" }
  gate types { $ pnpm type-check }
  gate tests {
    $pnpm test
    expect exit = 0 && stdout is not empty
  }
  gate clean check git.clean
  gate cycle {
    needs tpyes
    $ pnpm madge
  }
}
"#;

#[test]
fn what_is_safe_is_mended_and_the_rest_is_told() {
    let project = Project::with_plan(SLIPS);
    let answer = project.gate(&["check", "--fix"]).exits(2);
    insta::assert_snapshot!(format!(
        "{}\n--- stdout\n{}--- stderr\n{}",
        project.read("plan.gate"),
        answer.stdout,
        answer.stderr
    ));
    // A second time there is nothing left to mend.
    let before = project.belongings();
    let again = project.gate(&["check", "--fix"]).exits(2);
    assert!(!again.stdout.contains("mended"), "{}", again.stdout);
    assert_eq!(project.belongings(), before);
}

#[test]
fn what_lints_find_is_mended_too() {
    let plan = r#"use "./brand.gate"
every phase {
  scope { forbid "A", "B", "C" }
}
phase a "A" {
  scope {
    allow "x", "x", "y", "x"
    forbid "A", "B", "C"
  }
  ## nothing

  gate g {
    when true
    $ make
    expect stdout contains "BIDI"
  }
}
"#;
    let project = Project::with_plan(&plan.replace("BIDI", "\u{202e}"));
    project.write("brand.gate", "let b = 1\n");
    let answer = project.gate(&["check", "--fix"]).exits(0);
    insta::assert_snapshot!(format!(
        "{}---\n{}",
        project.read("plan.gate"),
        answer.text()
    ));
    project.gate(&["check", "--strict"]).exits(0);
}

#[test]
fn what_is_mended_wholly_is_ok() {
    let project = Project::with_plan("phase a \"A\" {\n  timeout: 5m;\n  gate g $ true\n}\n");
    let answer = project.gate(&["check", "--fix"]).exits(0);
    insta::assert_snapshot!(answer.text(), @r"
    mended plan.gate:2:10: E0110: a value follows `timeout` without `:`
    mended plan.gate:2:14: E0109: statements end without `;`
    plan.gate: ok · 1 phase, 1 gate
    ");
    assert_eq!(
        project.read("plan.gate"),
        "phase a \"A\" {\n  timeout 5m\n  gate g $ true\n}\n"
    );
}

#[test]
fn indentation_gets_its_braces() {
    let project = Project::with_plan(
        r#"phase a "A":
  scope:
    allow:
      - "x"
      - "y/**"

  # What the tests say.
  gate t: # all of them
    $ make test
    expect exit == 0

phase b "B":
  gate u $ true
"#,
    );
    project.gate(&["check", "--fix"]).exits(0);
    insta::assert_snapshot!(project.read("plan.gate"), @r#"
    phase a "A" {
      scope {
        allow "x", "y/**"
      }

      # What the tests say.
      gate t { # all of them
        $ make test
        expect exit == 0
      }
    }

    phase b "B" {
      gate u $ true
    }
    "#);
}

#[test]
fn byte_order_mark_and_line_ends_stay() {
    let project = Project::empty();
    project.write(
        "plan.gate",
        "\u{feff}phase a \"Ä\" {\r\n  timeout 5m; jobs\r\n  gate g { $ true }\r\n}\r\n",
    );
    project.gate(&["check", "--fix"]).exits(2);
    assert_eq!(
        project.read("plan.gate"),
        "\u{feff}phase a \"Ä\" {\r\n  timeout 5m\r\n jobs\r\n  gate g { \r\n$ true \r\n}\r\n}\r\n"
    );
}

#[test]
fn used_files_are_mended_too_and_links_stay_links() {
    let project = Project::empty();
    project.write("real/house.gate", "let wide = true && false\n");
    project.write(
        "plan.gate",
        "use \"./house.gate\"\n\nphase a \"A\" {\n  gate g expect house.wide;\n}\n",
    );
    std::os::unix::fs::symlink("real/house.gate", project.path().join("house.gate")).unwrap();
    project.gate(&["check", "--fix"]).exits(0);
    assert_eq!(
        project.read("real/house.gate"),
        "let wide = true and false\n"
    );
    assert!(project.path().join("house.gate").is_symlink());
    assert!(project.read("plan.gate").contains("house.wide\n"));
}

#[test]
fn a_read_only_file_stays_and_is_named() {
    let plan = "phase a \"A\" {\n  timeout = 5m\n  gate g $ true\n}\n";
    let project = Project::with_plan(plan);
    let path = project.path().join("plan.gate");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let answer = project.gate(&["check", "--fix"]).exits(2);
    insta::assert_snapshot!(answer.stderr.lines().next().unwrap(), @"error[E0414]: `plan.gate` cannot be written: it is read-only");
    assert!(!answer.stdout.contains("mended"), "{}", answer.stdout);
    assert_eq!(project.read("plan.gate"), plan);
}

#[test]
fn other_formats_tell_only_what_remains() {
    let plan = "phase a \"A\" {\n  timeout = 5m\n  gate g {\n    needs h\n    $ true\n  }\n}\n";
    let project = Project::with_plan(plan);
    let answer = project
        .gate(&["check", "--fix", "--format", "json"])
        .exits(2);
    assert_eq!(answer.codes(), ["E0204 plan.gate:4:11"]);
}

#[test]
fn without_the_flag_nothing_is_written() {
    let project = Project::with_plan(SLIPS);
    let before = project.belongings();
    project.gate(&["check"]).exits(2);
    assert_eq!(project.belongings(), before);
}

/// Every text of the tests and the book that has mistakes in it, by where it stands.
fn texts() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(root().join("docs/src/codes")).unwrap() {
        let page = MarkdownPage::read(&entry.unwrap().path());
        for block in page.blocks.iter().filter(|block| block.kind() == "gate") {
            texts.insert(format!("{}:{}", page.name(), block.line), whole(block));
        }
    }
    let head = regex::Regex::new(r"(?m)^\d+:\d+ [EW]\d+ ").unwrap();
    for entry in fs::read_dir(root().join("tests/syntax/snapshots")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let body = text.splitn(3, "---\n").nth(2).unwrap();
        if let Some(first) = head.find(body) {
            let text = body[..first.start()].trim_end_matches(['-', '\n']);
            texts.insert(path.display().to_string(), format!("{text}\n"));
        }
    }
    corpus(&root().join("tests/corpus/invalid"), &mut texts);
    texts
}

fn corpus(dir: &Path, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            corpus(&path, texts);
        } else if path.extension().is_some_and(|end| end == "gate")
            && let Ok(text) = fs::read_to_string(&path)
        {
            texts.insert(path.display().to_string(), text);
        }
    }
}

#[test]
fn every_safe_suggestion_takes_its_mistake_away() {
    let found = |text: &str| {
        let loader = MemoryLoader::new().with("plan.gate", text);
        analyse("plan.gate", &loader, &Given::default()).diagnostics
    };
    let mut wrong = Vec::new();
    let mut tried = BTreeMap::new();
    for (place, text) in texts() {
        let before = found(&text);
        for item in &before.items {
            let mends = Mends::safe(std::slice::from_ref(item));
            let Some(edits) = mends.edits.values().next() else {
                continue;
            };
            *tried.entry(item.code).or_insert(0) += 1;
            let mended = apply(&text, edits);
            let same =
                |other: &&Diagnostic| (other.code, &other.message) == (item.code, &item.message);
            let count = |items: &[Diagnostic]| items.iter().filter(same).count();
            let after = found(&mended);
            if count(&after.items) >= count(&before.items) {
                wrong.push(format!("{place}: {item:?}\n{mended}\n{after}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(tried.len() > 10, "{tried:?}");
}
