//! The commands of a page, run in order in a repository of the page's own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::page::{Block, Page};
use crate::project::alone;
use crate::terminal::answered;

/// A page's place to run its commands in: an empty folder, the built `gate` on PATH, a git
/// identity. What a line changes (the folder it goes to, too) is there for the next.
pub struct Shell {
    dir: TempDir,
    here: PathBuf,
}

/// A line with what it is to exit with.
struct Line<'a> {
    command: &'a str,
    exit: i32,
    /// What is typed where it asks; none where it is not run at a terminal.
    typed: Option<Vec<&'a str>>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let marked = line.rsplit_once("# exit ").and_then(|(command, code)| {
            let exit = code.trim().parse().ok()?;
            Some((command.trim_end(), exit))
        });
        let (command, exit) = marked.unwrap_or((line, 0));
        let (command, typed) = match command.rsplit_once("# typed: ") {
            Some((command, typed)) => (
                command.trim_end(),
                Some(typed.split(';').map(str::trim).collect()),
            ),
            None => (command, None),
        };
        Self {
            command,
            exit,
            typed,
        }
    }
}

impl Shell {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("gate-book-")
            .tempdir()
            .unwrap();
        let config = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";
        fs::write(dir.path().join("gitconfig"), config).unwrap();
        let here = dir.path().join("home");
        fs::create_dir(&here).unwrap();
        Self {
            here: here.canonicalize().unwrap(),
            dir,
        }
    }

    /// Puts a page's file where the commands see it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.here.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs one line; gives its exit code and both outputs as they came.
    fn line(&mut self, line: &Line<'_>) -> (i32, String) {
        let command = line.command;
        let after = self.dir.path().join("after");
        let script = format!("{{ {command}\n}} 2>&1; code=$?; pwd > \"$AFTER\"; exit $code");
        let mut path = OsString::from(Path::new(env!("CARGO_BIN_EXE_gate")).parent().unwrap());
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut command = Command::new("bash");
        alone(&mut command);
        command
            .args(["-c", &script])
            .current_dir(&self.here)
            .env("PATH", path)
            .env("AFTER", &after)
            .env("HOME", self.dir.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", self.dir.path().join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "84")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CI")
            .stdin(std::process::Stdio::null());
        let (code, text) = match &line.typed {
            Some(typed) => answered(command, typed),
            None => {
                let output = command.output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                (output.status.code().unwrap_or(-1), text)
            }
        };
        if let Ok(pwd) = fs::read_to_string(&after) {
            self.here = PathBuf::from(pwd.trim_end());
        }
        (code, text)
    }

    /// Runs a `sh,run` block: every line must exit as it says. Gives what was printed.
    pub fn run(&mut self, page: &Page, block: &Block) -> String {
        let mut printed = String::new();
        for line in block
            .text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        {
            let line = Line::new(line);
            let (code, output) = self.line(&line);
            let place = format!("{}:{}", page.name(), block.line);
            assert_eq!(code, line.exit, "{place}: {}\n{output}", line.command);
            printed.push_str(&output);
        }
        printed
    }

    /// Runs a `console` block; gives it as it really is.
    pub fn console(&mut self, page: &Page, block: &Block) -> String {
        let mut real = String::new();
        for line in block.text.lines() {
            let Some(typed) = line.strip_prefix("$ ") else {
                continue;
            };
            let command = Line::new(typed);
            let (code, output) = self.line(&command);
            let place = format!("{}:{}", page.name(), block.line);
            assert_eq!(code, command.exit, "{place}: {}\n{output}", command.command);
            real.push_str(&format!("{line}\n"));
            let output = output.replace(&*self.dir.path().join("home").to_string_lossy(), "~");
            let lines: Vec<&str> = output
                .trim_matches('\n')
                .lines()
                .map(str::trim_end)
                .collect();
            if !output.trim().is_empty() {
                real.push_str(&lines.join("\n"));
                real.push('\n');
            }
        }
        real
    }
}

/// A text without what differs from run to run: moments, times, ids, and the order in which gates
/// that run beside each other are done.
pub fn normal(text: &str) -> String {
    let moments = regex::Regex::new(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ| UTC)").unwrap();
    let text = moments.replace_all(text, "WHEN");
    let times = regex::Regex::new(r" *\b\d+(\.\d+)? ?m?s\b").unwrap();
    let ids = regex::Regex::new(r"\b[0-9a-f]{7,64}\b").unwrap();
    let blanks = regex::Regex::new(r"(\S) +").unwrap();
    let text = times.replace_all(&text, " TIME");
    let text = ids.replace_all(&text, "ID");
    let row = |line: &&String| {
        ["  ✓ ", "  ✗ ", "  ↷ ", "  ! "]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    let mut lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| blanks.replace_all(line.trim_end(), "$1 ").into_owned())
        .collect();
    for rows in lines.chunk_by_mut(|a, b| row(&a) && row(&b)) {
        rows.sort();
    }
    lines.join("\n")
}

/// Whether `shown` is `real`; a line `…` in it stands for any lines.
pub fn same(shown: &str, real: &str) -> bool {
    let (shown, real) = (normal(shown), normal(real));
    let shown: Vec<&str> = shown.lines().collect();
    let real: Vec<&str> = real.lines().collect();
    matches(&shown, &real)
}

fn matches(shown: &[&str], real: &[&str]) -> bool {
    match shown {
        [] => real.is_empty(),
        [first, rest @ ..] if first.trim() == "…" => {
            (0..=real.len()).any(|at| matches(rest, &real[at..]))
        }
        [first, rest @ ..] => real.first() == Some(first) && matches(rest, &real[1..]),
    }
}
