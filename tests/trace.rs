//! That nothing of the user's is written to, seen from the system's side: every call by which
//! gate, git and the commands of gates could change a file is traced.
//!
//! It needs `strace`, which `.ci/tools` installs, and fails without it; so it runs only when
//! it is asked for: `cargo test --test trace`.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

#[path = "gate/project.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod project;

use project::Project;

/// The calls that change files, and those that say where a relative path begins. A `?` lets
/// one be missing on this machine.
const CALLS: &str = "trace=?open,openat,?openat2,?creat,?rename,?renameat,renameat2,?unlink,\
    unlinkat,?rmdir,?mkdir,mkdirat,?mknod,mknodat,?link,linkat,?symlink,symlinkat,?chmod,fchmod,\
    fchmodat,?fchmodat2,?chown,fchown,?lchown,fchownat,?utime,?utimes,?futimesat,utimensat,\
    truncate,ftruncate,fallocate,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,\
    fremovexattr,chdir,fchdir";

/// A call that changes a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    path: PathBuf,
    line: String,
}

/// Runs `gate` under trace; gives its exit code and what it and its children write.
fn traced(project: &Project, args: &[&str]) -> (i32, Vec<Write>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = project.command("strace");
    command
        // A file for each process; descriptors with their paths.
        .args(["-ff", "-y", "-s", "4096", "-e", "signal=none", "-e", CALLS])
        .arg("-o")
        .arg(folder.path().join("of"))
        .arg(env!("CARGO_BIN_EXE_gate"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(status) = command.status() else {
        panic!("`strace` is not there: `.ci/tools` installs it");
    };
    let mut writes = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap().flatten() {
        let text = fs::read_to_string(file.path()).unwrap();
        let mut at = project.path().to_owned();
        for line in text.lines() {
            let Some((name, rest)) = line.split_once('(') else {
                continue;
            };
            let mut paths = paths(rest, &at);
            if name.starts_with("symlink") {
                // Where it leads is only a text.
                paths.drain(..paths.len() - 1);
            }
            match name {
                "chdir" | "fchdir" => at = paths[0].clone(),
                _ if reads(name, rest) => {}
                _ => writes.extend(paths.into_iter().map(|path| Write {
                    path: real(&path),
                    line: line.to_owned(),
                })),
            }
        }
    }
    (status.code().unwrap(), writes)
}

/// Whether a call only opens a file to read it.
fn reads(name: &str, rest: &str) -> bool {
    let writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"];
    name.starts_with("open") && !writing.iter().any(|flag| rest.contains(flag))
}

/// The paths a call names: in quotes, below the folder before them, and of descriptors.
fn paths(rest: &str, at: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut below = None;
    let mut chars = rest.char_indices();
    while let Some((from, first)) = chars.next() {
        let (end, is_text) = match first {
            '"' => ('"', true),
            '<' => ('>', false),
            _ => continue,
        };
        let Some((to, _)) = chars.by_ref().find(|(_, next)| *next == end) else {
            break;
        };
        let text = Path::new(&rest[from + 1..to]);
        if is_text {
            found.push(below.take().unwrap_or(at).join(text));
        } else {
            // A descriptor that no path follows is itself what the call is about.
            found.extend(below.replace(text).map(Path::to_owned));
        }
    }
    found.extend(below.map(Path::to_owned));
    found
}

/// Where a path leads, were it gone meanwhile; the last name is not followed.
fn real(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    let mut folder = plain.parent();
    while let Some(outer) = folder {
        if let Ok(real) = outer.canonicalize() {
            return real.join(plain.strip_prefix(outer).unwrap());
        }
        folder = outer.parent();
    }
    plain
}

/// Those of the writes that are to something of the user's: the working tree, the index, the
/// stash, settings and hooks.
fn to_the_users<'w>(project: &Project, writes: &'w [Write]) -> Vec<&'w Write> {
    let root = project.path().canonicalize().unwrap();
    let is = |write: &&Write| {
        let Ok(inside) = write.path.strip_prefix(&root) else {
            return false;
        };
        let Ok(inside) = inside.strip_prefix(".git") else {
            return true;
        };
        let name = inside.to_string_lossy();
        let own = [
            "index",
            "config",
            "hooks",
            "info",
            "refs/stash",
            "logs/refs/stash",
        ];
        name.is_empty() || own.iter().any(|start| name.starts_with(start))
    };
    writes.iter().filter(is).collect()
}

/// A repository with something of everything: a stash, links, ignored and untracked files.
fn project(gate: &str) -> Project {
    let project = Project::with_plan(&format!(
        "phase p \"P\" {{\n  scope {{ allow \"**\" }}\n  {gate}\n  commit feat \"p\"\n  tag \"v1\"\n}}\n\
         phase q \"Q\" {{\n  gate late $ git status --short\n  tag \"v2\"\n}}\n"
    ));
    project.stage(".gitignore", "out/\n");
    for path in ["a", "folder/b", "folder/gone", "folder/deep/c"] {
        project.stage(path, "1\n");
    }
    project.git(&["commit", "-qm", "files"]);
    project.write("a", "stashed\n");
    project.git(&["stash", "-q"]);
    project.write("out/lib/x", "ignored\n");
    project.stage("a", "2\n");
    project.git(&["rm", "-q", "folder/gone"]);
    project
}

/// What is not staged, so that gates run in a checkout.
fn unstaged(project: &Project) {
    project.write("a", "3\n");
    project.write("new/file", "untracked\n");
    fs::remove_file(project.path().join("folder/b")).unwrap();
}

#[track_caller]
fn writes_nothing(project: &Project, args: &[&str], code: i32) -> Vec<Write> {
    let before = project.belongings();
    let (exit, writes) = traced(project, args);
    assert_eq!(exit, code, "gate {args:?}");
    let to_users = to_the_users(project, &writes);
    assert!(to_users.is_empty(), "{to_users:#?}");
    assert_eq!(project.belongings(), before);
    writes
}

#[test]
fn a_run_in_a_checkout_writes_to_nothing_of_the_users() {
    let green = project("gate g $ grep 2 a");
    unstaged(&green);
    writes_nothing(&green, &["try"], 0);
    let writes = writes_nothing(&green, &["run"], 0);
    assert_eq!(green.tags(), ["v1"]);
    // The trace sees what is written elsewhere.
    let to = |part: &str| writes.iter().any(|write| write.path.ends_with(part));
    assert!(to(".git/gate/shadow/lock") && to(".git/refs/tags/v1.lock"));
    green.stage("folder/deep/c", "4\n");
    green.write("folder/deep/c", "5\n");
    let writes = writes_nothing(&green, &["run"], 0);
    let to = |part: &str| writes.iter().any(|write| write.path.ends_with(part));
    assert!(to(".git/gate/shadow/tree/folder/deep/c"));

    let red = project("gate g $ grep 3 a");
    unstaged(&red);
    writes_nothing(&red, &["run"], 1);
    writes_nothing(&red, &["run"], 1);
}

#[test]
fn a_run_in_place_writes_to_nothing_of_the_users() {
    let green = project("gate g $ grep 2 a");
    writes_nothing(&green, &["try"], 0);
    let writes = writes_nothing(&green, &["run"], 0);
    assert_eq!(green.tags(), ["v1"]);
    let shadow = green
        .path()
        .canonicalize()
        .unwrap()
        .join(".git/gate/shadow");
    assert!(!writes.iter().any(|write| write.path.starts_with(&shadow)));
    writes_nothing(&green, &["run", "--all"], 0);

    let red = project("gate g $ grep 3 a");
    writes_nothing(&red, &["run"], 1);
}

#[test]
fn what_only_looks_writes_to_nothing_of_the_users() {
    let project = project("gate g $ grep 2 a");
    unstaged(&project);
    project.gate(&["run"]).exits(0);
    for args in [
        &["status"][..],
        &["log"],
        &["show", "--why", "late"],
        &["scope", "a"],
        &["verify"],
    ] {
        let (_, writes) = traced(&project, args);
        assert!(
            to_the_users(&project, &writes).is_empty(),
            "{args:?} {writes:#?}"
        );
    }
}

#[test]
fn the_trace_sees_a_gate_that_writes() {
    let project = project("gate g $ touch folder/deep/c && chmod +x a && git add a");
    let (_, writes) = traced(&project, &["try"]);
    let root = project.path().canonicalize().unwrap();
    let seen = to_the_users(&project, &writes);
    for path in ["folder/deep/c", "a", ".git/index.lock"] {
        assert!(
            seen.iter().any(|write| write.path == root.join(path)),
            "{path}: {seen:#?}"
        );
    }
}
