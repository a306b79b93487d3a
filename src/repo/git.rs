//! The program `git`: found once, run with an environment that is written out.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, OnceLock};

use super::{Oid, RepoError, RepoPath};
use crate::disk::{self, Step, When};

/// What git calls the local variables of a repository (`git rev-parse --local-env-vars`),
/// and what else git exports to its hooks or takes as an order how to read paths.
pub(super) const LOCAL_VARIABLES: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_INDEX_VERSION",
    "GIT_ATTR_SOURCE",
    "GIT_OPTIONAL_LOCKS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
];

/// Whether the environment says nothing of a repository.
pub(super) fn is_untied() -> bool {
    let told = |name: &&str| std::env::var_os(name).is_some();
    !LOCAL_VARIABLES.iter().any(told)
}

/// Those of [`LOCAL_VARIABLES`] that gate's own calls of git go on to see: where objects
/// are, and settings given on git's command line.
pub(super) const KEPT: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_GRAFT_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// Settings of every call: no hook of the user's runs, no daemon is trusted or started,
/// and a copy of the index is one whole file.
const SETTINGS: &[&str] = &[
    NO_HOOKS,
    "core.fsmonitor=false",
    "core.splitIndex=false",
    // Longer than git would wait for what another git moves, which is quick.
    "core.filesRefLockTimeout=1000",
    // The user's own calls see to that; ours leave no process behind.
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
];

/// The absolute path of `git`: a bare name would make every start search PATH, and fork.
pub(super) fn program() -> Result<&'static Path, RepoError> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path)
                .filter(|folder| folder.is_absolute())
                .map(|folder| folder.join("git"))
                .find(|file| is_executable(file))
        })
        .as_deref()
        .ok_or(RepoError::NoGit)
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The setting that keeps the user's hooks from running.
const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// The variable by which hooks that do run, and gates of gate's own, know who called them.
pub(super) const SEALING: &str = "GATE_SEALING";

/// Which repository, working tree and index a call of git is about.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) git_dir: PathBuf,
    pub(super) work_tree: PathBuf,
    pub(super) index: PathBuf,
    /// Where gate keeps what it knows of the working tree's folders.
    pub(super) folders: PathBuf,
    /// A lock that each git at work there holds too, as its unused standard input: so that
    /// the place is in use as long as it lives.
    pub(super) held: Option<Arc<File>>,
}

/// One call of git, as far as it is written.
pub(super) struct Git {
    args: Vec<OsString>,
    shown: Vec<String>,
    folder: PathBuf,
    env: HashMap<OsString, OsString>,
    stdin: Option<Vec<u8>>,
    held: Option<Arc<File>>,
}

/// A call of git that says what it does to the disk.
pub(super) struct Call {
    git: Git,
    /// What it writes; none where it only reads.
    step: Option<Step>,
}

/// What a call gave that came to its own end.
pub(super) struct Output {
    pub(super) status: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    shown: String,
}

impl Git {
    /// A call at `site`.
    pub(super) fn at(site: &Site) -> Self {
        let mut env: HashMap<OsString, OsString> = std::env::vars_os()
            .filter(|(name, _)| {
                let name = name.to_str().unwrap_or_default();
                KEPT.contains(&name) || !LOCAL_VARIABLES.contains(&name)
            })
            .collect();
        env.insert("GIT_DIR".into(), site.git_dir.clone().into());
        env.insert("GIT_WORK_TREE".into(), site.work_tree.clone().into());
        env.insert("GIT_INDEX_FILE".into(), site.index.clone().into());
        Self {
            held: site.held.clone(),
            ..Self::with(env, site.work_tree.clone())
        }
    }

    /// A call that finds its repository from `folder`, as a call of the user's would.
    pub(super) fn finding(folder: &Path) -> Self {
        Self::with(std::env::vars_os().collect(), folder.to_owned())
    }

    /// A call in a folder of its own, tied to no repository by the environment.
    pub(super) fn isolated(folder: &Path) -> Self {
        let env = std::env::vars_os()
            .filter(|(name, _)| !LOCAL_VARIABLES.contains(&name.to_str().unwrap_or_default()))
            .collect();
        Self::with(env, folder.to_owned())
    }

    fn with(mut env: HashMap<OsString, OsString>, folder: PathBuf) -> Self {
        env.insert("GIT_OPTIONAL_LOCKS".into(), "0".into());
        env.insert("GIT_LITERAL_PATHSPECS".into(), "1".into());
        // An id stands for what it is the id of, as it does for libgit2.
        env.insert("GIT_NO_REPLACE_OBJECTS".into(), "1".into());
        env.insert("GIT_TERMINAL_PROMPT".into(), "0".into());
        let mut args = Vec::new();
        for setting in SETTINGS {
            args.push("-c".into());
            args.push(setting.into());
        }
        Self {
            args,
            shown: Vec::new(),
            folder,
            env,
            stdin: None,
            held: None,
        }
    }

    /// One more setting for this call; to be given before any argument.
    pub(super) fn setting(mut self, setting: &str) -> Self {
        self.args.push("-c".into());
        self.args.push(setting.into());
        self
    }

    /// Has the user's hooks run, and tells them that it is gate that calls.
    pub(super) fn with_hooks(mut self) -> Self {
        // Each setting stands behind its `-c`.
        if let Some(at) = self.args.iter().position(|arg| arg == NO_HOOKS) {
            self.args.drain(at.saturating_sub(1)..=at);
        }
        self.env.remove(OsStr::new("GIT_LITERAL_PATHSPECS"));
        self.env(SEALING, "1")
    }

    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(arg.as_ref().to_string_lossy().into_owned());
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub(super) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        for arg in args {
            self = self.arg(arg);
        }
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    pub(super) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// The command, without gate's own settings.
    fn shown(&self) -> String {
        format!("git {}", self.shown.join(" "))
    }

    /// The call as it is to be started; its status is whoever starts it to judge.
    fn expression(&self) -> Result<duct::Expression, RepoError> {
        let call = duct::cmd(program()?, &self.args);
        let call = call.dir(&self.folder).full_env(&self.env);
        Ok(call.stderr_capture().unchecked())
    }

    /// A call that writes nothing.
    pub(super) fn reading(self) -> Call {
        Call {
            git: self,
            step: None,
        }
    }

    /// A call that writes.
    pub(super) fn writing(self, step: Step) -> Call {
        Call {
            git: self,
            step: Some(step),
        }
    }
}

impl Call {
    /// Runs it; a failure of the command itself is in the output.
    pub(super) fn output(self) -> Result<Output, RepoError> {
        let Self { git, step } = self;
        let shown = git.shown();
        let failed = |error| not_run(&shown, &error);
        if let Some(step) = step {
            disk::reached(step, When::Before).map_err(failed)?;
        }
        let call = git.expression()?.stdout_capture();
        let call = match (git.stdin, &git.held) {
            (Some(bytes), _) => call.stdin_bytes(bytes),
            (None, Some(lock)) => call.stdin_file(lock.try_clone().map_err(failed)?),
            (None, None) => call.stdin_null(),
        };
        let done = call.run().map_err(failed)?;
        if let Some(step) = step {
            disk::reached(step, When::After).map_err(failed)?;
        }
        Output::of(&done.status, done.stdout, done.stderr, shown)
    }

    /// Runs it in two parts: `first` on standard input, then, when it has printed `until`,
    /// what `then` gives. Where `until` never comes, or `then` fails, nothing more is said
    /// to it.
    pub(super) fn in_two(
        self,
        first: &[u8],
        until: &str,
        then: impl FnOnce() -> Result<Vec<u8>, RepoError>,
    ) -> Result<(), RepoError> {
        let Self { git, step } = self;
        let shown = git.shown();
        let failed = |error| not_run(&shown, &error);
        if let Some(step) = step {
            disk::reached(step, When::Before).map_err(failed)?;
        }
        let (their_input, mut input) = std::io::pipe().map_err(failed)?;
        let (answers, their_answers) = std::io::pipe().map_err(failed)?;
        let call = git.expression()?;
        let call = call.stdin_file(their_input).stdout_file(their_answers);
        let handle = call.start().map_err(failed)?;
        // The expression holds the other ends of both pipes open.
        drop(call);
        // A call that ended before it read all says why itself.
        drop(input.write_all(first));
        let mut lines = BufReader::new(answers).lines().map_while(Result::ok);
        let ready = lines.any(|line| line == until);
        let refused = match ready.then(then) {
            Some(Ok(rest)) => {
                drop(input.write_all(&rest));
                None
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        drop(input);
        // To the end: a closed pipe would end git between its commit and its exit.
        let _rest = lines.count();
        let done = handle.wait().map_err(failed)?;
        if let Some(error) = refused {
            return Err(error);
        }
        if let Some(step) = step {
            disk::reached(step, When::After).map_err(failed)?;
        }
        let output = Output::of(&done.status, Vec::new(), done.stderr.clone(), shown)?;
        if ready && output.status == 0 {
            Ok(())
        } else {
            Err(output.error())
        }
    }

    /// Runs it, and gives the first `limit` bytes it prints; it is ended when it has more.
    pub(super) fn first(self, limit: usize) -> Result<Vec<u8>, RepoError> {
        let shown = self.git.shown();
        let failed = |error| not_run(&shown, &error);
        let call = self.git.expression()?.stdin_null();
        let reader = call.reader().map_err(failed)?;
        let mut bytes = Vec::new();
        (&reader)
            .take(limit as u64)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() == limit {
            reader.kill().map_err(failed)?;
            return Ok(bytes);
        }
        // To its end, where its status is known.
        (&reader).read_to_end(&mut bytes).map_err(failed)?;
        match reader.try_wait().map_err(failed)? {
            Some(done) if !done.status.success() => {
                Err(Output::of(&done.status, Vec::new(), done.stderr.clone(), shown)?.error())
            }
            _ => Ok(bytes),
        }
    }

    /// Runs it; any status but 0 is an error. Gives what it printed.
    pub(super) fn run(self) -> Result<Vec<u8>, RepoError> {
        let output = self.output()?;
        if output.status == 0 {
            Ok(output.stdout)
        } else {
            Err(output.error())
        }
    }

    /// Runs it; 1 means "no" or "none", more is an error.
    pub(super) fn ask(self) -> Result<Option<Vec<u8>>, RepoError> {
        let output = self.output()?;
        match output.status {
            0 => Ok(Some(output.stdout)),
            1 => Ok(None),
            _ => Err(output.error()),
        }
    }

    /// Runs it and reads the one id it prints.
    pub(super) fn id(self) -> Result<Oid, RepoError> {
        let output = self.output()?;
        match Oid::parse_bytes(&output.stdout) {
            Some(id) if output.status == 0 => Ok(id),
            _ => Err(output.error()),
        }
    }
}

/// That a command could not be started or followed.
fn not_run(shown: &str, error: &std::io::Error) -> RepoError {
    RepoError::Git {
        command: shown.to_owned(),
        detail: error.to_string(),
    }
}

impl Output {
    /// One that a signal ended has answered nothing, whoever asked: no caller may take its
    /// silence for a no.
    fn of(
        status: &ExitStatus,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        shown: String,
    ) -> Result<Self, RepoError> {
        match status.code() {
            Some(status) => Ok(Self {
                status,
                stdout,
                stderr,
                shown,
            }),
            None => Err(RepoError::GitEnded { command: shown }),
        }
    }

    /// The failure, in git's own words.
    pub(super) fn error(&self) -> RepoError {
        let status = self.status;
        let mut detail = self.complaint();
        if detail.is_empty() {
            detail = format!("it ended with status {status} and said nothing");
        }
        RepoError::Git {
            command: self.shown.clone(),
            detail,
        }
    }

    /// What stands on stderr.
    pub(super) fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

/// The call made in gate's own name: for what git demands an identity for and nobody is
/// known by.
pub(super) fn as_gate(mut call: Git) -> Git {
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "gate"),
        ("GIT_AUTHOR_EMAIL", "gate@localhost"),
        ("GIT_COMMITTER_NAME", "gate"),
        ("GIT_COMMITTER_EMAIL", "gate@localhost"),
    ] {
        call = call.env(name, value);
    }
    call
}

/// A path as git reads it on a line of its own.
pub(super) fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.first() != Some(&b'"') && !bytes.contains(&b'\n') {
        return bytes.to_owned();
    }
    in_quotes(path)
}

/// A path in quotes, as git reads it in its configuration too.
pub(super) fn in_quotes(path: &Path) -> Vec<u8> {
    let mut text = vec![b'"'];
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'"' | b'\\' => text.extend([b'\\', byte]),
            byte => text.push(byte),
        }
    }
    text.push(b'"');
    text
}

/// The parts of output made with `-z`.
pub(super) fn parts(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|&byte| byte == 0)
        .filter(|part| !part.is_empty())
}

/// The paths of output made with `-z`.
pub(super) fn paths(output: &[u8]) -> Vec<RepoPath> {
    parts(output).map(RepoPath::new).collect()
}

/// A path that git printed on a line of its own.
pub(super) fn printed_path(output: &[u8]) -> PathBuf {
    let line = output.strip_suffix(b"\n").unwrap_or(output);
    PathBuf::from(OsString::from_vec(line.to_vec()))
}

/// Bytes as an argument.
pub(super) fn os(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}
