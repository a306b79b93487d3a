//! What the language has and this version does not run: refused by name, and listed.

use gatelang::plan::Feature;

use crate::project::Project;

/// A phase, and perhaps a plan block, that uses the feature.
fn user(feature: Feature) -> (&'static str, &'static str) {
    match feature {
        Feature::Rhai => ("", "gate g {\n    rhai { fail(\"no\"); }\n  }"),
        Feature::Library => ("", "gate g check text.absent(\"TODO\")"),
        Feature::Ratchet => (
            "",
            "gate g {\n    ratchet lines = files(\"**\").len() rises\n  }",
        ),
    }
}

#[test]
fn each_is_checked_and_refused_by_its_own_code_when_run() {
    for feature in Feature::ALL {
        let (setting, gate) = user(feature);
        let project = Project::with_plan(&format!(
            "plan {{\n  {setting}\n}}\nphase p \"P\" {{\n  {gate}\n  tag \"v1\"\n}}\n"
        ));
        project.gate(&["check"]).exits(0);
        let answer = project.gate(&["run", "--format", "json"]).exits(2);
        let codes = answer.codes();
        assert_eq!(codes.len(), 1, "{feature:?}: {codes:?}");
        assert!(
            codes[0].starts_with(feature.code().as_str()),
            "{feature:?}: {codes:?}"
        );
        assert!(project.tags().is_empty());
        let answer = project.gate(&["try"]).exits(2);
        assert!(
            answer.stdout.contains(feature.code().as_str()),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn the_list_in_the_docs_is_the_list() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/src/reference/not-built.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let listed: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `E03")?.split('`').next())
        .collect();
    let known: Vec<&str> = Feature::ALL
        .iter()
        .map(|feature| &feature.code().as_str()[3..])
        .collect();
    assert_eq!(listed, known);
}
