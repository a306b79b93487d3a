//! What it costs to judge what is staged apart from what is not, in a repository of 20,000
//! files, beside the means that others have.
//!
//! `cargo bench --bench isolation` makes the repository anew and prints the least of several
//! runs of each, taken in turns, and their ratios.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark talks to people and fails loudly"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 20_000;
const RUNS: usize = 9;

fn git(root: &Path, args: &[&str]) -> String {
    let output = Command::new("git").current_dir(root).args(args).output();
    let output = output.unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn make(root: &Path) {
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["config", "user.name", "Ada"]);
    git(root, &["config", "user.email", "ada@example.com"]);
    for number in 0..FILES {
        let at = number / 10;
        let folder = format!("a{}/b{}/c{}/d{at}", at % 12, at / 12 % 13, at / 156 % 14);
        fs::create_dir_all(root.join(&folder)).unwrap();
        let text = format!("file {number}\n{}", "a line of text\n".repeat(number % 150));
        fs::write(root.join(folder).join(format!("file{number}.txt")), text).unwrap();
    }
    let plan = "plan { base \"main\" }\nphase p \"P\" {\n  gate g $ true\n}\n";
    fs::write(root.join("plan.gate"), plan).unwrap();
    git(root, &["add", "--all"]);
    git(root, &["commit", "-q", "-m", "all"]);
}

/// Stages another content of one file, and then edits it once more.
fn edit(root: &Path, round: usize) {
    let path = "a3/b5/c2/d375/file3754.txt";
    fs::write(root.join(path), format!("staged {round}\n")).unwrap();
    git(root, &["add", path]);
    fs::write(root.join(path), format!("not staged, {round}\n")).unwrap();
}

fn timed(command: &mut Command) -> Duration {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let time = start.elapsed();
    assert!(status.success(), "{command:?}");
    time
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repository");
    fs::create_dir(&root).unwrap();
    make(&root);
    let gate = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
        timed(command.current_dir(&root).args(args))
    };
    let status = || timed(Command::new("git").current_dir(&root).arg("status"));

    // What others keep: a checkout of its own, brought over by `read-tree -m -u`.
    let kept = folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let index = folder.path().join("index");
    let read_tree = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .env("GIT_DIR", root.join(".git"))
            .env("GIT_WORK_TREE", &kept)
            .env("GIT_INDEX_FILE", &index)
            .current_dir(&kept)
            .args(["read-tree"])
            .args(args);
        timed(&mut command)
    };

    let mut least = [Duration::MAX; 6];
    let mut note = |at: usize, time: Duration| {
        if let Some(least) = least.get_mut(at) {
            *least = time.min(*least);
        }
    };
    // Once to warm up: what is kept from run to run is there afterwards.
    status();
    gate(&["try", "--fresh"]);
    for _ in 0..RUNS {
        note(0, status());
        note(1, gate(&["try"]));
        note(2, gate(&["try", "--fresh"]));
    }
    let mut tree = git(&root, &["write-tree"]);
    read_tree(&["--reset", "-u", &tree]);
    edit(&root, 0);
    gate(&["try", "--fresh"]);
    for round in 1..=RUNS {
        edit(&root, round);
        note(3, gate(&["try", "--fresh"]));
        let next = git(&root, &["write-tree"]);
        note(4, read_tree(&["-m", "-u", &tree, &next]));
        tree = next;
        note(5, status());
    }
    let [still, reused, in_place, isolated, peer, status] = least.map(|t| t.as_secs_f64() * 1e3);
    println!("{FILES} files, least of {RUNS}, whole processes");
    println!("nothing changed");
    println!("  git status                     {still:7.1} ms");
    println!(
        "  gate try, reused               {reused:7.1} ms  {:.2} × git status",
        reused / still
    );
    println!(
        "  gate try --fresh, in place     {in_place:7.1} ms  {:.2} × git status",
        in_place / still
    );
    println!("one file staged and edited again");
    println!("  git status                     {status:7.1} ms");
    println!("  git read-tree -m -u            {peer:7.1} ms");
    println!("  gate try --fresh, a checkout   {isolated:7.1} ms");
    println!(
        "  isolation (over in place)      {:7.1} ms  {:.2} × read-tree -m -u",
        isolated - in_place,
        (isolated - in_place) / peer
    );
}
