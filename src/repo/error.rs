//! What can stand in the way of reading or moving a repository.

use std::path::PathBuf;

use super::{Oid, RepoPath};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::shell::quote_word;

/// What is in progress where a hook of `git commit` asks for a run.
pub(super) const COMMIT: &str = "commit";

/// What a person's signature could not be made for.
pub(super) const SIGN_OFF: &str = "sign-off";

/// Why the repository could not be read or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepoError {
    /// There is no repository here, or git refuses to open it.
    #[error("`{}` is not inside a git repository that can be opened: {detail}", .path.display())]
    NotARepository {
        /// Where it was looked for.
        path: PathBuf,
        /// What git said.
        detail: String,
    },
    /// The repository has no working tree.
    #[error("the git repository `{}` is bare: it has no working tree", .git_dir.display())]
    Bare {
        /// Its git directory.
        git_dir: PathBuf,
    },
    /// The program `git` is not there.
    #[error("the program `git` was not found on PATH")]
    NoGit,
    /// The index holds paths of an unfinished merge.
    #[error("the index holds unmerged paths: {}", list(.paths))]
    Unmerged {
        /// The paths.
        paths: Vec<RepoPath>,
    },
    /// An operation of git is half done.
    #[error("a {what} is in progress")]
    InProgress {
        /// `merge`, `rebase`, `cherry-pick`, `revert`, `bisect`, `mail patch` or `commit`.
        what: &'static str,
    },
    /// Git does not know who commits.
    #[error("git does not know who commits: {detail}")]
    NoIdentity {
        /// What git said.
        detail: String,
    },
    /// The base names no commit.
    #[error("the base `{name}` is no commit of this repository")]
    NoBase {
        /// The name.
        name: String,
    },
    /// No commit can be tagged, as there is none yet.
    #[error("there is no commit yet, and nothing is staged to make one of")]
    Unborn,
    /// A tag that cannot be made or read.
    #[error("`{name}` cannot be used as a tag: {detail}")]
    BadTag {
        /// Its name.
        name: String,
        /// Why.
        detail: String,
    },
    /// The tag is there already.
    #[error("the tag `{name}` exists already")]
    TagTaken {
        /// Its name.
        name: String,
    },
    /// HEAD or its branch is no longer what it was.
    #[error("{} moved during the run: it was {}, and is {}", .reference, show(.was), show(.is))]
    HeadMoved {
        /// The branch, or `HEAD`.
        reference: String,
        /// The commit at the start.
        was: Option<Oid>,
        /// What is there now: a commit, or another branch.
        is: Option<String>,
    },
    /// The ref of the ledger cannot be, as that of another plan stands in its way.
    #[error("`{plan}` can have no ledger: the one at `{other}` stands in its way")]
    LedgerTaken {
        /// The plan's path.
        plan: String,
        /// The other's ref.
        other: String,
    },
    /// What was to be signed could not be.
    #[error("git could not sign the {what}")]
    Unsigned {
        /// `commit`, `tag`, `entry in the ledger` or `sign-off`.
        what: &'static str,
        /// What git said.
        detail: String,
    },
    /// Git knows no remote of this name.
    #[error("there is no remote `{name}`")]
    NoRemote {
        /// The name.
        name: String,
        /// The remotes there are.
        known: Vec<String>,
    },
    /// What was sealed could not be pushed.
    #[error("what was sealed could not be pushed to `{remote}`")]
    NotPushed {
        /// Where to.
        remote: String,
        /// The full names of the refs.
        refs: Vec<String>,
        /// What git said.
        detail: String,
    },
    /// Every checkout that a working tree may have is in use.
    #[error("all checkouts in `{}` are in use by other runs", .path.display())]
    Busy {
        /// Where they lie.
        path: PathBuf,
    },
    /// A file or folder of gate's own could not be read or written.
    #[error("cannot {action} `{}`: {detail}", .path.display())]
    Files {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The run was interrupted before its seal.
    #[error("the run was interrupted before its seal")]
    Interrupted,
    /// Git was ended by a signal.
    #[error("`{command}` was ended by a signal")]
    GitEnded {
        /// The command, without gate's own settings.
        command: String,
    },
    /// Git failed, or said what was not understood.
    #[error("`{command}` failed: {detail}")]
    Git {
        /// The command, without gate's own settings.
        command: String,
        /// What it said.
        detail: String,
    },
}

impl RepoError {
    /// The code of the diagnostic.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotARepository { .. } | Self::Bare { .. } => Code::NO_REPOSITORY,
            Self::Unmerged { .. } => Code::UNMERGED,
            Self::InProgress { .. } => Code::OPERATION_IN_PROGRESS,
            Self::NoIdentity { .. } => Code::NO_IDENTITY,
            Self::NoBase { .. } => Code::NO_BASE,
            Self::BadTag { .. } => Code::BAD_TAG,
            Self::TagTaken { .. } => Code::TAG_TAKEN,
            Self::HeadMoved { .. } => Code::HEAD_MOVED,
            Self::LedgerTaken { .. } => Code::LEDGER_TAKEN,
            Self::Unsigned { .. } => Code::UNSIGNED,
            Self::NoRemote { .. } => Code::UNKNOWN_REMOTE,
            Self::NotPushed { .. } => Code::NOT_PUSHED,
            Self::Unborn => Code::NOTHING_THERE,
            Self::NoGit
            | Self::Busy { .. }
            | Self::Files { .. }
            | Self::Interrupted
            | Self::GitEnded { .. }
            | Self::Git { .. } => match (self.lock(), self.filter()) {
                (Some(_), _) => Code::LOCKED,
                (None, Some(_)) => Code::FILTER_FAILED,
                (None, None) => Code::GIT_FAILED,
            },
        }
    }

    /// The diagnostic, with what to do; it has no place in any file.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let bare = Diagnostic::unplaced(self.code(), self.headline());
        let told = match self.detail() {
            Some(detail) if !detail.is_empty() => bare.note(detail),
            _ => bare,
        };
        told.help(self.advice())
    }

    /// One sentence; what git said in many lines is left to a note.
    fn headline(&self) -> String {
        match self {
            Self::NotARepository { path, .. } => format!(
                "`{}` is not inside a git repository that can be opened",
                path.display()
            ),
            Self::NoIdentity { .. } => "git does not know who commits".to_owned(),
            Self::Git { command, .. } => match self.filter() {
                Some((path, filter)) => {
                    format!("git could not read or write `{path}`: its filter `{filter}` failed")
                }
                None => format!("`{command}` failed"),
            },
            _ => self.to_string(),
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::NotARepository { detail, .. }
            | Self::NoIdentity { detail }
            | Self::Unsigned { detail, .. }
            | Self::NotPushed { detail, .. }
            | Self::Git { detail, .. } => Some(detail.clone()),
            _ => None,
        }
    }

    /// The lock file that stopped git.
    fn lock(&self) -> Option<&str> {
        let Self::Git { detail, .. } = self else {
            return None;
        };
        let (before, _) = detail.split_once(".lock': File exists")?;
        let (_, path) = before.rsplit_once('\'')?;
        detail.get(detail.find(path)?..)?.split('\'').next()
    }

    /// The file and the filter driver that stopped git: `fatal: PATH: smudge filter NAME failed`.
    fn filter(&self) -> Option<(&str, &str)> {
        let Self::Git { detail, .. } = self else {
            return None;
        };
        detail.lines().find_map(|line| {
            let (path, rest) = line.strip_prefix("fatal: ")?.rsplit_once(": ")?;
            let rest = rest.strip_suffix(" failed")?;
            let name = rest
                .strip_prefix("smudge filter ")
                .or_else(|| rest.strip_prefix("clean filter "))?;
            Some((path, name.trim_matches('\'')))
        })
    }

    fn advice(&self) -> String {
        match self {
            Self::NotARepository { detail, .. } if detail.contains("safe.directory") => {
                "do what git says above if you trust the owner of the repository".to_owned()
            }
            Self::NotARepository { .. } => {
                "go to a folder of a git repository, or make one with `git init`".to_owned()
            }
            Self::Bare { .. } => {
                "use a clone with a working tree, or add one with `git worktree add`".to_owned()
            }
            Self::NoGit => "install git, or put it on PATH".to_owned(),
            Self::Unmerged { .. } => {
                "resolve the conflicts and stage the result with `git add`".to_owned()
            }
            Self::InProgress { what: COMMIT } => {
                "`gate run` makes the commit itself: call it in place of `git commit`; a hook judges with `gate try`".to_owned()
            }
            Self::InProgress { what: "bisect" } => "end it with `git bisect reset`".to_owned(),
            Self::InProgress { what } => {
                let command = match *what {
                    "mail patch" => "am",
                    other => other,
                };
                let finish = if *what == "merge" {
                    "git commit".to_owned()
                } else {
                    format!("git {command} --continue")
                };
                format!("finish it with `{finish}`, or drop it with `git {command} --abort`")
            }
            Self::NoIdentity { .. } => {
                "set `git config user.name \"Your Name\"` and `git config user.email you@example.com`"
                    .to_owned()
            }
            Self::NoBase { name } => {
                format!("correct `base` in the plan, or fetch `{name}`")
            }
            Self::Unborn => "stage what the phase is about with `git add`".to_owned(),
            Self::BadTag { .. } => {
                "choose another name in `tag`; `git help check-ref-format` has the rules".to_owned()
            }
            Self::TagTaken { name } => {
                format!("choose another name in `tag`, or look at it with `git show {name}`")
            }
            Self::HeadMoved { .. } => {
                "run again, so that what is there now is judged; nothing was committed".to_owned()
            }
            Self::LedgerTaken { plan, .. } => format!(
                "git has no ref below another: give `{plan}` another name, such as `{}`",
                plan.replace('/', "-")
            ),
            Self::Unsigned { what: SIGN_OFF, .. } => "nothing was recorded: mend what is said above (`user.signingKey`, the agent), and sign again".to_owned(),
            Self::Unsigned { .. } => "nothing was committed: mend what git says (`gpg.format`, `user.signingKey`, the agent), and run again".to_owned(),
            Self::NoRemote { name, known } => {
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add it: `git remote add {name} ADDRESS`"),
                }
            }
            Self::NotPushed { remote, refs, .. } => {
                let refs: Vec<String> = refs.iter().map(|name| quote_word(name)).collect();
                format!(
                    "the phase is sealed; push it by hand: `git push --atomic {} {}`",
                    quote_word(remote),
                    refs.join(" ")
                )
            }
            Self::Busy { .. } => "wait for one of them to end".to_owned(),
            Self::Files { .. } => {
                "make sure that you may write to the git directory and that the disk is not full"
                    .to_owned()
            }
            Self::Interrupted | Self::GitEnded { .. } => "run again; nothing was lost".to_owned(),
            Self::Git { command, .. } => match self.lock() {
                Some(lock) => format!(
                    "another git is at work: run again when it is done; if none runs, one was killed: remove `{lock}`"
                ),
                None => match self.filter() {
                    Some((_, filter)) => format!(
                        "see what git says above, and to what `git config filter.{filter}.clean`, `.smudge` and `.process` start: git itself cannot do without it"
                    ),
                    None => format!("see what git says above; `{command}` was run by gate itself"),
                },
            },
        }
    }
}

fn list(paths: &[RepoPath]) -> String {
    let shown: Vec<String> = paths.iter().take(3).map(|p| format!("`{p}`")).collect();
    let more = paths.len().saturating_sub(shown.len());
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

fn show<T: ToString>(id: &Option<T>) -> String {
    id.as_ref().map_or_else(
        || "without a commit".to_owned(),
        |id| format!("`{}`", id.to_string()),
    )
}
