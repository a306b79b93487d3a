//! What a run may have left behind: processes, locks, temporary files, refs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::project::Project;

/// The processes that were started with `GATE_TORTURE_MARK` set to this.
pub fn processes(mark: &str) -> Vec<String> {
    let wanted = format!("GATE_TORTURE_MARK={mark}");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environ
            .split(|byte| *byte == 0)
            .any(|part| part == wanted.as_bytes())
        {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&command).replace('\0', " "));
        }
    }
    found
}

/// Waits until no such process is there; a call of git that the run had started may come to
/// its end by itself.
pub fn wait_for_none(mark: &str) -> Result<(), String> {
    wait_until(mark, "processes are left", |found| found.is_empty())
}

/// Waits until there are so many such processes.
pub fn wait_for(mark: &str, count: usize) -> Result<(), String> {
    wait_until(mark, "these are all", |found| found.len() >= count)
}

fn wait_until(mark: &str, else_: &str, is_so: impl Fn(&[String]) -> bool) -> Result<(), String> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = processes(mark);
        if is_so(&found) {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("{else_}: {found:?}"));
        }
        std::thread::yield_now();
    }
}

/// Temporary files, locks and refs of runs that are over.
pub fn left(project: &Project) -> Vec<String> {
    let mut found = Vec::new();
    let git = project.path().join(".git");
    look(&git, &git, &mut found);
    found.extend(
        project
            .git(&["for-each-ref", "--format=%(refname)", "refs/gate/run"])
            .lines()
            .map(str::to_owned),
    );
    found
}

fn look(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let inside = path.strip_prefix(root).unwrap();
        let own = inside.starts_with("gate");
        let stale = name.ends_with(".lock")
            || own
                && [".new-", ".tmp-"]
                    .iter()
                    .any(|start| name.starts_with(start))
            || inside.parent() == Some(Path::new("gate/run"))
            || inside.parent() == Some(Path::new("gate/moving"));
        if stale {
            found.push(inside.to_string_lossy().into_owned());
        }
        if path.is_dir() && !path.is_symlink() && !inside.starts_with("gate/shadow/tree") {
            look(root, &path, found);
        }
    }
}
