//! How long reading and checking a plan takes, by its length.
//!
//! `cargo bench --bench check` prints a line a length, and the ratio to the length before
//! it: with ten times the lines, about ten times the time. `cargo bench` also runs the
//! binary on the shortest, which is what a person waits for.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark talks to people and fails loudly"
)]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gatelang::analysis::{Given, analyse};
use gatelang::source::{MemoryLoader, Sources};
use gatelang::syntax::parse;

#[path = "check/plan.rs"]
mod plan;

use plan::plan;

/// The least time of several runs.
fn least(runs: usize, mut work: impl FnMut()) -> Duration {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn main() {
    println!("    lines     parse     check   to the length before");
    let mut before: Option<(f64, f64)> = None;
    for lines in [200, 1_000, 10_000] {
        let text = plan(lines);
        let count = text.lines().count() as f64;
        let files = MemoryLoader::new().with("plan.gate", text.as_str());
        let found = analyse("plan.gate", &files, &Given::default());
        assert!(found.plan.is_some(), "{}", found.diagnostics);
        let parsed = least(9, || {
            let source = Sources::new().add("plan.gate", text.as_str());
            black_box(parse(&source));
        });
        let checked = least(9, || {
            black_box(analyse("plan.gate", &files, &Given::default()));
        });
        let checked = millis(checked);
        let ratio = before.map_or_else(String::new, |(lines, time)| {
            format!(
                "{:.1} × the lines, {:.1} × the time",
                count / lines,
                checked / time
            )
        });
        println!(
            "{count:>9} {:>7.2}ms {checked:>7.2}ms   {ratio}",
            millis(parsed)
        );
        before = Some((count, checked));
    }

    for lines in [200, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        let text = plan(lines);
        std::fs::write(folder.path().join("plan.gate"), &text).unwrap();
        let whole = least(15, || {
            let status = Command::new(env!("CARGO_BIN_EXE_gate"))
                .args(["check", "plan.gate"])
                .current_dir(folder.path())
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        });
        let floor = least(15, || {
            assert!(Command::new("true").status().unwrap().success());
        });
        println!(
            "gate check, {} lines, whole process: {:.2}ms ({:.1} × `true`)",
            text.lines().count(),
            millis(whole),
            whole.as_secs_f64() / floor.as_secs_f64()
        );
    }
}
