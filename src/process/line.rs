//! Command lines: run by a shell, or without one where the shell would do nothing but start
//! a program.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Command, Env, Finished, Interrupt, StartError, find_program, run};
use crate::plan::DEFAULT_SHELL;
use crate::shell::plain_words;

/// Variables by which bash itself does something else, or which it changes.
const OF_BASH: &[&str] = &[
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_COMPAT",
    "BASH_ENV",
    "BASH_EXECUTION_STRING",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "BASH_VERSION",
    "BASH_XTRACEFD",
    "COMP_WORDBREAKS",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "IFS",
    "LINENO",
    "OPTERR",
    "OPTIND",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "PS1",
    "PS2",
    "PS4",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SRANDOM",
    "UID",
];

/// Where `true` and `false` do what bash's own do.
const SYSTEM: [&str; 2] = ["/bin", "/usr/bin"];

/// Where programs were found. Clones are the same.
///
/// To look through a long `PATH` is a good part of what it takes to start a small program.
/// Who takes an earlier answer sees no program that was put before it since then, so it is for
/// commands that might as well have looked before.
#[derive(Debug, Clone, Default)]
pub struct Programs(Arc<Mutex<HashMap<(OsString, OsString), OsString>>>);

impl Programs {
    /// The path bash would start a program by, as it was found the first time.
    fn find(&self, name: &OsStr, path: &OsStr, dir: &Path) -> Option<OsString> {
        let asked = (name.to_owned(), path.to_owned());
        let found = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found().get(&asked) {
            return Some(known.clone());
        }
        let program = find(name, path, dir)?;
        found().insert(asked, program.clone());
        Some(program)
    }
}

/// A command line.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// As the shell would read it.
    pub text: &'a str,
    /// The shell and its arguments, to which the text is added.
    pub shell: &'a [String],
    /// Where its program may have been found before; without, it is looked for.
    pub known: Option<&'a Programs>,
}

impl Line<'_> {
    /// Has `begin` start it: directly where that is the same, else by the shell. Of `base`
    /// everything but program and arguments is taken.
    ///
    /// # Errors
    /// Those of `begin`.
    pub fn start<T>(
        &self,
        base: &Command,
        mut begin: impl FnMut(&Command) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        if let Some(command) = self.directly(base) {
            match begin(&command) {
                // What the shell says of it is what is to be said.
                Err(StartError::NotExecutable { .. } | StartError::ProgramNotFound { .. }) => {}
                Err(StartError::Os(error)) if error.raw_os_error().is_some() => {}
                other => return other,
            }
        }
        begin(&self.by_shell(base))
    }

    /// Runs it to its end, as [`run`] does.
    ///
    /// # Errors
    /// When neither it nor the shell could be started.
    pub fn run(&self, base: &Command, interrupt: &Interrupt) -> Result<Finished, StartError> {
        self.start(base, |command| run(command, interrupt))
    }

    /// The command that has the shell run it.
    #[must_use]
    pub fn by_shell(&self, base: &Command) -> Command {
        let mut words = self.shell.iter().map(OsString::from);
        Command {
            program: words.next().unwrap_or_default(),
            args: words.chain([self.text.into()]).collect(),
            ..base.clone()
        }
    }

    /// The command that it is, where the shell would only start that: plain and quoted words,
    /// the first a program's name, for the shell of a plan that names none (of others it
    /// isn't known what they do). What bash gives the programs it starts, this gives them
    /// too.
    #[must_use]
    pub fn directly(&self, base: &Command) -> Option<Command> {
        if self.shell != DEFAULT_SHELL {
            return None;
        }
        let mut words = plain_words(self.text)?.into_iter().map(OsString::from);
        let name = words.next()?;
        let mut env = plain_env(&base.env, self.text)?;
        // Asked of what it is set from, which is the same.
        let path = base.env.get("PATH")?;
        let program = match self.known {
            Some(known) => known.find(&name, path, &base.dir)?,
            None => find(&name, path, &base.dir)?,
        };
        if name == "true" || name == "false" {
            let parent = Path::new(&program).parent()?;
            if !SYSTEM.iter().any(|dir| parent == Path::new(dir)) {
                // bash has its own, whatever `PATH` holds under that name.
                return None;
            }
        }
        env.set("_", &program);
        Some(Command {
            program,
            arg0: Some(name),
            args: words.collect(),
            env,
            dir: base.dir.clone(),
            timeout: base.timeout,
            keep: base.keep,
            secrets: base.secrets.clone(),
            transcript: base.transcript.clone(),
        })
    }
}

/// The environment that bash would pass on; none where something in it has bash do more.
fn plain_env(base: &Env, line: &str) -> Option<Env> {
    if base.is_of_bash() || !line.is_ascii() && !is_known_charset(base) {
        return None;
    }
    let mut env = base.clone();
    match base.get("SHLVL") {
        // It counts itself in, and out again.
        Some(level) => {
            let number = level.to_str()?;
            let plain = number.parse::<u16>().is_ok_and(|level| level < 999);
            if !plain || (number.len() > 1 && number.starts_with(['0', '+'])) {
                return None;
            }
        }
        None => env.set("SHLVL", "0"),
    }
    env.drop_old_dir();
    Some(env)
}

/// Whether a variable of this name has bash do something else, or is one it changes itself;
/// or nothing is known of it.
pub(super) fn is_of_bash(name: &OsStr) -> bool {
    name.to_str()
        .is_none_or(|name| name.starts_with("BASH_FUNC_") || OF_BASH.contains(&name))
}

/// Whether the locale reads bytes one by one, or as UTF-8: in others a byte of a letter may
/// be a quote or a backslash.
fn is_known_charset(env: &Env) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let set = names
        .filter_map(|name| env.get(name))
        .find(|name| !name.is_empty());
    let Some(name) = set else { return true };
    let name = name.to_string_lossy().to_ascii_lowercase();
    matches!(name.as_str(), "c" | "posix") || name.contains("utf-8") || name.contains("utf8")
}

/// The path bash would start a program by; none where it would say something itself.
fn find(name: &OsStr, path: &OsStr, dir: &Path) -> Option<OsString> {
    if name.to_str()?.contains('/') {
        return Some(name.to_owned());
    }
    // bash takes a `~` in it for a home, and an empty entry for the folder it is in.
    let mut entries = path.as_bytes().split(|byte| *byte == b':');
    if entries.any(|entry| !entry.starts_with(b"/")) {
        return None;
    }
    let found = find_program(name, Some(path), dir).ok()?;
    Some(found.into_os_string())
}
