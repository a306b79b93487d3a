//! The README: its picture is a real run, its two commands are what they are said to be.
//!
//! `INSTA_UPDATE=always` draws the picture anew.

mod picture;

use std::fs;

use crate::book::{MarkdownPage, normal, root, updating};
use crate::project::Project;

fn readme() -> MarkdownPage {
    MarkdownPage::read(&root().join("README.md"))
}

#[test]
fn it_names_the_two_commands() {
    let page = readme();
    let commands: Vec<&str> = page
        .blocks
        .iter()
        .filter(|block| block.kind() == "sh")
        .map(|block| block.text.trim_end())
        .collect();
    assert_eq!(commands, ["cargo run --release -- demo", "cargo test"]);
}

#[test]
fn its_picture_is_the_red_run_of_the_demo() {
    let project = Project::empty();
    let mut command = project.gate_command();
    command
        .args(["--color", "always", "demo", "here"])
        .env_remove("NO_COLOR")
        .env("COLUMNS", "90");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let red = text
        .split("$ gate run")
        .nth(2)
        .expect("the demo's second run");
    let red = red.split("\u{258c}").next().unwrap();
    // The line before the next heading belongs to that.
    let red = red.trim_end_matches(|c: char| c != '\n').trim_end();
    let drawn = picture::draw(&format!("$ gate run{red}"));
    let path = root().join("docs/src/images/red.svg");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (kept, real) = (comparable(&kept), comparable(&drawn));
    if kept == real {
        return;
    }
    let new: Vec<&String> = real.iter().filter(|line| !kept.contains(line)).collect();
    assert!(
        updating(),
        "INSTA_UPDATE=always draws the picture anew; new in it:\n{new:#?}"
    );
    fs::write(&path, drawn).unwrap();
}

/// The lines of a picture in an order of their own, without their places, times and ids.
fn comparable(picture: &str) -> Vec<String> {
    let places = regex::Regex::new(r#" y="[0-9.]+""#).unwrap();
    let mut lines: Vec<String> = picture
        .lines()
        .map(|line| normal(&places.replace_all(line, "")))
        .collect();
    lines.sort();
    lines
}
