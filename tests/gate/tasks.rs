//! `tasks`: what is an item, and below which heading.

use crate::project::Project;

/// What is found in a list, below a heading or in all of it.
fn found(under: &str, list: &str) -> String {
    let under = match under {
        "" => String::new(),
        under => format!(" under \"{under}\""),
    };
    let project = Project::with_plan(&format!("phase p \"P\" {{\n  tasks \"t.md\"{under}\n}}\n"));
    project.stage("t.md", list);
    let answer = project.gate(&["try", "--format", "json"]);
    let done = answer
        .events()
        .into_iter()
        .find(|event| event["type"] == "tasks.finished")
        .map(|event| format!("{}/{}", event["done"], event["total"]))
        .unwrap();
    [vec![done], answer.codes()].concat().join(" ")
}

#[test]
fn items_of_every_make() {
    let list = "- [x] a\n* [X] b\n+ [x] c\n\n1. [x] d\n2) [ ] e\n\n- f\n  - [ ] deep\n    1. [x] deeper\n\n> - [ ] quoted\n";
    assert_eq!(
        found("", list),
        "5/8 R301 t.md:6:4 R301 t.md:9:5 R301 t.md:12:5"
    );
}

#[test]
fn what_stands_in_code_or_a_comment_is_no_item() {
    let list = "- [x] a\n\n```\n- [ ] b\n```\n\n    - [ ] c\n\n<!--\n- [ ] d\n-->\n\n`- [ ] e`\n\n- [link](x)\n- [ ](y)\n\\- [ ] f\n";
    assert_eq!(found("", list), "1/1");
}

#[test]
fn line_ends_of_windows() {
    assert_eq!(
        found("H", "# H\r\n\r\n- [x] a\r\n- [ ] b\r\n"),
        "1/2 R301 t.md:4:3"
    );
}

#[test]
fn below_a_heading_down_to_the_next_of_its_level() {
    let list = "- [ ] before\n\n## Phase 1: first\n- [x] a\n### Part\n- [x] b\n#### Deep\n- [x] c\n## Phase 10\n- [ ] ten\n# End\n- [ ] after\n";
    assert_eq!(found("Phase 1", list), "3/3");
    assert_eq!(found("Phase 10", list), "0/1 R301 t.md:10:3");
    assert_eq!(found("Part", list), "2/2");
}

#[test]
fn headings_that_are_underlined_or_marked_up() {
    let list = "Phase\n1\n===\n- [x] a\n\nOther\n-----\n- [x] b\n\n# The `code` and **bold** ##\n- [ ] c\n";
    assert_eq!(found("Phase 1", list), "2/2");
    assert_eq!(found("The code and bold", list), "0/1 R301 t.md:11:3");
}

#[test]
fn every_section_of_that_name_counts() {
    let list = "# A\n## Tasks\n- [x] a\n# B\n## Tasks\n- [ ] b\n";
    assert_eq!(found("Tasks", list), "1/2 R301 t.md:6:3");
}

#[test]
fn nothing_to_tick_is_red() {
    assert_eq!(found("", "# A\n"), "0/0 R303 plan.gate:2:3");
    assert_eq!(found("A", "# A\n# B\n- [x] b\n"), "0/0 R303 plan.gate:2:3");
    assert_eq!(found("C", "# A\n- [x] b\n"), "0/0 R302 plan.gate:2:22");
    assert_eq!(found("a", "# A\n- [x] b\n"), "0/0 R302 plan.gate:2:22");
}

#[test]
fn an_item_without_words_is_one() {
    assert_eq!(found("", "- [x] a\n- [ ]\n"), "1/2 R301 t.md:2:3");
}
