//! Repositories of every kind: what is judged is what git would commit, and is what is sealed.

mod clones;
mod filters;
mod formats;
mod hooks;
mod owners;
mod paths;
mod places;

use std::path::{Path, PathBuf};

use crate::project::{Answer, Project};

/// A plan whose first phase has one gate.
fn plan(command: &str) -> String {
    format!(
        "phase one \"One\" {{\n  gate g $ {command}\n  commit feat \"one\"\n  tag \"one\"\n}}\nphase two \"Two\" {{\n  gate h $ true\n}}\n"
    )
}

/// A repository whose first commit holds such a plan.
fn project(command: &str) -> Project {
    Project::with_plan(&plan(command))
}

/// A folder in which `git` and `gate` are run as in a project.
struct Place<'p> {
    project: &'p Project,
    folder: PathBuf,
    env: Vec<(&'static str, PathBuf)>,
}

impl<'p> Place<'p> {
    fn new(project: &'p Project, folder: impl AsRef<Path>) -> Self {
        Self {
            project,
            folder: project.path().join(folder),
            env: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<PathBuf>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    fn run(&self, program: &str, args: &[&str]) -> Answer {
        let mut command = self.project.command(program);
        command.args(args).current_dir(&self.folder);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        Answer::of(command.output().unwrap())
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        self.run("git", args).exits(0).stdout.trim_end().to_owned()
    }

    fn gate(&self, args: &[&str]) -> Answer {
        self.run(env!("CARGO_BIN_EXE_gate"), args)
    }

    /// Who commits here.
    fn identified(self) -> Self {
        self.git(&["config", "user.name", "Ada"]);
        self.git(&["config", "user.email", "ada@example.com"]);
        self
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.folder.join(path), text).unwrap();
    }
}

/// Where the phase of a run was judged: `in-place` or `checkout`.
fn place(answer: &Answer) -> String {
    let events = answer.events();
    let started = events
        .iter()
        .find(|event| event["type"] == "phase.started")
        .unwrap_or_else(|| panic!("{}", answer.text()));
    started["place"].as_str().unwrap().to_owned()
}

/// `gate run` in place, as everything is staged, and in a checkout, as something is not;
/// both green.
#[track_caller]
fn is_green_in_both(project: &Project) {
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "in-place");
    project.write("not-staged", "1\n");
    let answer = project.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    project.gate(&["verify"]).exits(0);
}
