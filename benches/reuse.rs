//! What a `gate try` costs when nothing changed since the last green, beside `git status`.
//!
//! `cargo bench --bench reuse` makes a repository of 20,000 files and runs both in turn, each
//! as a whole process. The ratio is what counts; the times are this machine's.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark talks to people and fails loudly"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is run.
const ROUNDS: usize = 25;

/// Gates over the whole tree, over a part of it, and over all files of a kind.
fn plan(gates: usize) -> String {
    let mut text = String::from("phase one \"One\" {\n");
    for gate in 0..gates {
        let inputs = match gate % 4 {
            0 | 1 => String::new(),
            2 => format!("    inputs \"src/m{:02}/**\"\n", gate % 20),
            _ => "    inputs \"**/*.ts\"\n".to_owned(),
        };
        text.push_str(&format!("  gate g{gate} {{\n{inputs}    $ true\n  }}\n"));
    }
    text.push_str("}\n");
    text
}

fn files(root: &Path) {
    for module in 0..20 {
        for part in 0..20 {
            let folder = root.join(format!("src/m{module:02}/p{part:02}/deep/er"));
            fs::create_dir_all(&folder).unwrap();
            for file in 0..50 {
                let text = format!("export const x = {module} * {part} * {file};\n");
                fs::write(folder.join(format!("f{file:02}.ts")), text).unwrap();
            }
        }
    }
}

fn git(root: &Path, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(root).status();
    assert!(done.unwrap().success(), "git {args:?}");
}

fn time(root: &Path, program: &str, args: &[&str]) -> Duration {
    let started = Instant::now();
    let done = Command::new(program)
        .args(args)
        .current_dir(root)
        .stdout(Stdio::null())
        .status();
    assert!(done.unwrap().success(), "{program} {args:?}");
    started.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap()
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    for (name, value) in [("user.name", "Ada"), ("user.email", "ada@example.com")] {
        git(root, &["config", name, value]);
    }
    files(root);
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "files"]);
    let gate = env!("CARGO_BIN_EXE_gate");
    for gates in [1, 20] {
        fs::write(root.join("plan.gate"), plan(gates)).unwrap();
        git(root, &["add", "plan.gate"]);
        // Both know the files then, and every gate is green.
        time(root, "git", &["status", "--porcelain"]);
        time(root, gate, &["try"]);
        let (mut status, mut tried) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            status.push(time(root, "git", &["status", "--porcelain"]));
            tried.push(time(root, gate, &["try"]));
        }
        let (status, tried) = (median(&mut status), median(&mut tried));
        println!(
            "20,000 files, {gates:>2} gates, nothing changed: git status {:>6.1} ms, gate try {:>6.1} ms, ratio {:.2}",
            status.as_secs_f64() * 1e3,
            tried.as_secs_f64() * 1e3,
            tried.as_secs_f64() / status.as_secs_f64()
        );
    }
}
