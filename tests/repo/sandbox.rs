//! A repository of its own for each test, and proof that nothing of the user's was touched.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatelang::repo::{Head, Oid, Record, RepoPath, Repository, Seal};
use tempfile::TempDir;

/// Hooks that git would fire for a user's own checkout, commit or tag.
const HOOKS: [&str; 7] = [
    "pre-commit",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "fsmonitor-watchman",
];

pub struct Sandbox {
    _folder: TempDir,
    pub root: PathBuf,
}

impl Sandbox {
    /// An empty repository on `main`, whose hooks all leave a trace.
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(init: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        std::fs::create_dir(&root).unwrap();
        let sandbox = Self {
            _folder: folder,
            root,
        };
        let mut args = vec!["init", "-q", "-b", "main"];
        args.extend(init);
        sandbox.git(&args);
        for (name, value) in [
            ("user.name", "Ada"),
            ("user.email", "ada@example.com"),
            ("commit.gpgSign", "false"),
            ("tag.gpgSign", "false"),
            ("core.autocrlf", "false"),
            ("core.excludesFile", "/dev/null"),
            // What must not show in the results.
            ("diff.renames", "false"),
            ("diff.noprefix", "true"),
            ("diff.context", "7"),
            ("diff.external", "/bin/false"),
            ("color.ui", "always"),
            ("status.showUntrackedFiles", "no"),
        ] {
            sandbox.git(&["config", name, value]);
        }
        sandbox
    }

    /// Arms the hooks: from here on any that runs is found by [`Sandbox::untouched`].
    pub fn arm_hooks(&self) {
        use std::os::unix::fs::PermissionsExt;
        let trace = self.root.join(".git/hook-ran");
        for hook in HOOKS {
            let file = self.root.join(".git/hooks").join(hook);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            // The one hook that a seal runs knows that it is a seal.
            let text = format!(
                "#!/bin/sh\n[ \"$GATE_SEALING {hook}\" = '1 reference-transaction' ] || echo {hook} >>'{}'\n",
                trace.display()
            );
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    pub fn repository(&self) -> Repository {
        Repository::discover(&self.root).unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        git_in(&self.root, args)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        write(&self.root, path, text);
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.root.join(path)).unwrap();
    }

    /// Stages everything and commits it.
    pub fn commit(&self, message: &str) -> Oid {
        self.git(&["add", "-A"]);
        self.git(&[
            "commit",
            "-q",
            "--allow-empty",
            "--no-verify",
            "-m",
            message,
        ]);
        Oid::parse(self.git(&["rev-parse", "HEAD"]).trim()).unwrap()
    }

    /// Runs `what` and demands that working tree, index, configuration, stash, hooks and
    /// all refs but gate's own are byte for byte what they were, times included.
    pub fn untouched<T>(&self, what: impl FnOnce(&Repository) -> T) -> T {
        self.arm_hooks();
        let repository = self.repository();
        let before = self.state(true);
        let result = what(&repository);
        similar(&before, &self.state(true));
        result
    }

    /// As [`Sandbox::untouched`], but refs and logs may move.
    pub fn only_refs_move<T>(&self, what: impl FnOnce(&Repository) -> T) -> T {
        self.arm_hooks();
        let repository = self.repository();
        let before = self.state(false);
        let result = what(&repository);
        similar(&before, &self.state(false));
        result
    }

    fn state(&self, refs: bool) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        let git_dir = PathBuf::from(self.git(&["rev-parse", "--absolute-git-dir"]).trim());
        let common = self
            .root
            .join(self.git(&["rev-parse", "--git-common-dir"]).trim());
        walk(&self.root, &self.root, &mut state);
        for file in ["index", "config.worktree"] {
            note(&git_dir.join(file), format!("git:{file}"), &mut state);
        }
        for file in ["config", "hook-ran", "info/exclude", "info/attributes"] {
            note(&common.join(file), format!("common:{file}"), &mut state);
        }
        for entry in std::fs::read_dir(common.join("hooks")).unwrap().flatten() {
            let name = format!("hook:{}", entry.file_name().to_string_lossy());
            note(&entry.path(), name, &mut state);
        }
        let stash = ["for-each-ref", "refs/stash"];
        state.insert("stash".into(), self.git(&stash));
        if refs {
            state.insert("worktrees".into(), self.git(&["worktree", "list"]));
            let all = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
            let all = all.lines().filter(|line| !line.starts_with("refs/gate/"));
            state.insert("refs".into(), all.collect::<Vec<_>>().join("\n"));
            note(&git_dir.join("HEAD"), "HEAD".into(), &mut state);
            note(&git_dir.join("logs/HEAD"), "log".into(), &mut state);
        }
        state
    }
}

fn similar(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    for (name, value) in before {
        assert_eq!(after.get(name), Some(value), "{name} was touched");
    }
    for name in after.keys() {
        assert!(before.contains_key(name), "{name} was made");
    }
}

fn walk(root: &Path, folder: &Path, state: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path == root.join(".git") {
            continue;
        }
        let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes();
        note(&path, format!("tree:{}", name.escape_ascii()), state);
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, state);
        }
    }
}

fn note(path: &Path, name: String, state: &mut BTreeMap<String, String>) {
    let Ok(meta) = std::fs::symlink_metadata(path) else {
        return;
    };
    let content = if meta.is_symlink() {
        std::fs::read_link(path)
            .unwrap()
            .into_os_string()
            .as_bytes()
            .to_vec()
    } else if meta.is_file() {
        std::fs::read(path).unwrap()
    } else {
        Vec::new()
    };
    let facts = format!(
        "{:o} {} {}.{:09} {}",
        meta.mode(),
        meta.ino(),
        meta.mtime(),
        meta.mtime_nsec(),
        content.escape_ascii()
    );
    state.insert(name, facts);
}

pub fn git_in(folder: &Path, args: &[&str]) -> String {
    let output = git_command(folder).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "color.ui=never"]);
    command.args(["-c", "status.showUntrackedFiles=all"]);
    for name in Repository::local_env_vars() {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_OPTIONAL_LOCKS", "0");
    command
}

pub fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

pub fn write_bytes(root: &Path, path: &[u8], text: &str) {
    std::fs::write(root.join(OsStr::from_bytes(path)), text).unwrap();
}

pub fn names(paths: &[RepoPath]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.as_bytes().escape_ascii().to_string())
        .collect()
}

/// A seal of what is staged, with a commit and a tag.
pub fn seal_of(repository: &Repository) -> Seal {
    Seal {
        tree: repository.staged_tree().unwrap(),
        head: repository.head().unwrap(),
        message: Some("feat(one): the first".into()),
        tag: Some(("phase-1".into(), "Phase 1\n\nGate-Phase: one".into())),
        old_tag: None,
        plan: "plan".into(),
        before: Vec::new(),
        ledger: Record::new(
            serde_json::json!({ "predicate": { "event": "sealed", "phase": "one" } }),
        )
        .signed(),
    }
}

pub fn head_of(sandbox: &Sandbox) -> Head {
    sandbox.repository().head().unwrap()
}
