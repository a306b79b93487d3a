//! A temporary repository, and the built `gate` run in it.

#[path = "hangup.rs"]
mod hangup;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A repository made for one test.
pub struct Project {
    dir: TempDir,
}

/// What `gate` answered.
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Everything of a user's that gate must not touch.
#[derive(Debug, PartialEq, Eq)]
pub struct Belongings {
    files: BTreeMap<PathBuf, Vec<u8>>,
    index: Vec<u8>,
    stash: String,
    config: Vec<u8>,
}

/// Takes away what would have `gate` know that a coding agent runs the tests.
pub fn alone(command: &mut Command) {
    let agents = [
        "AGENT", "AI_AGENT", "CLAUDE", "CODEX", "CURSOR", "GEMINI", "COPILOT", "OPENCODE",
    ];
    for (name, _) in std::env::vars_os() {
        if agents
            .iter()
            .any(|agent| name.to_string_lossy().starts_with(agent))
        {
            command.env_remove(name);
        }
    }
}

impl Project {
    /// A repository with an identity, on branch `main`, without a commit.
    pub fn empty() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// One like that, in this folder.
    pub fn within(folder: &Path) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("gate-test-")
            .tempdir_in(folder)
            .unwrap();
        let project = Self { dir };
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.git(&["config", "user.name", "Ada"]);
        project.git(&["config", "user.email", "ada@example.com"]);
        project
    }

    /// A repository whose first commit holds `plan.gate`.
    pub fn with_plan(plan: &str) -> Self {
        let project = Self::empty();
        project.write("plan.gate", plan);
        project.git(&["add", "plan.gate"]);
        project.git(&["commit", "--quiet", "--message", "plan"]);
        project
    }

    /// One whose plan has a phase `p` of one gate `g`: these statements.
    pub fn with_gate(gate: &str) -> Self {
        Self::with_plan(&format!(
            "phase p \"P\" {{\n  gate g {{\n    {gate}\n  }}\n  tag \"v1\"\n}}\n"
        ))
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes a file and stages it.
    pub fn stage(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        self.write(path, text);
        self.git(&["add", "--force", "--", path]);
        self
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// What git prints; it must succeed.
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.command("git").args(args).output().unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    /// `gate` with these arguments.
    pub fn gate(&self, args: &[&str]) -> Answer {
        self.gate_with(args, &[])
    }

    /// `gate` with these arguments and environment variables.
    pub fn gate_with(&self, args: &[&str], env: &[(&str, &str)]) -> Answer {
        let mut command = self.command(env!("CARGO_BIN_EXE_gate"));
        command.args(args).envs(env.iter().copied());
        Answer::of(command.output().unwrap())
    }

    /// The command `gate`, to be started by the test itself.
    pub fn gate_command(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_gate"))
    }

    /// A program, to be started by the test itself, as `git` and `gate` are.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.path())
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CI");
        if hangup::is_ignored() {
            hangup::heed(&mut command);
        }
        command
    }

    /// Takes stock of what gate must leave alone.
    pub fn belongings(&self) -> Belongings {
        let mut files = BTreeMap::new();
        collect(self.path(), self.path(), &mut files);
        Belongings {
            files,
            index: fs::read(self.path().join(".git/index")).unwrap_or_default(),
            stash: self.git(&["stash", "list"]),
            config: fs::read(self.path().join(".git/config")).unwrap(),
        }
    }

    /// `subject` of each commit, newest first.
    pub fn subjects(&self) -> Vec<String> {
        let log = self.git(&["log", "--format=%s"]);
        log.lines().map(str::to_owned).collect()
    }

    pub fn tags(&self) -> Vec<String> {
        self.git(&["tag", "--list"])
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Answer {
    pub fn of(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        Self {
            code: output
                .status
                .code()
                .unwrap_or_else(|| 128 + output.status.signal().unwrap()),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, showing everything, unless the exit code is this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Both streams.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The events of `--format json`.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// `CODE FILE:LINE:COLUMN` of every diagnostic of `--format json`.
    pub fn codes(&self) -> Vec<String> {
        self.events()
            .iter()
            .filter(|event| event["type"] == "diagnostic")
            .map(|event| {
                let labels = event["labels"].as_array().unwrap();
                let place = labels.iter().find(|label| label["primary"] == true);
                let code = event["code"].as_str().unwrap();
                match place {
                    Some(at) => format!(
                        "{code} {}:{}:{}",
                        at["file"].as_str().unwrap(),
                        at["line"],
                        at["column"]
                    ),
                    None => code.to_owned(),
                }
            })
            .collect()
    }

    /// `GATE VERDICT` of every finished gate, by name.
    pub fn verdicts(&self) -> Vec<String> {
        let mut verdicts: Vec<String> = self
            .events()
            .iter()
            .filter(|event| event["type"] == "gate.finished")
            .map(|event| {
                format!(
                    "{} {}",
                    event["gate"].as_str().unwrap(),
                    event["verdict"].as_str().unwrap()
                )
            })
            .collect();
        verdicts.sort();
        verdicts
    }
}

fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path == root.join(".git") {
            continue;
        }
        if path.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            files.insert(path, target.into_os_string().into_encoded_bytes());
        } else if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}
