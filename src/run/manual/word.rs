//! A person's word on manual checks: what they are asked, and what is put on record.

use std::time::Duration;

use serde_json::json;

use super::{Found, ManualCheck, SignOff, standing};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Phase;
use crate::process::{self, Env, Keep};
use crate::repo::{Head, Identity, NAMESPACE, Oid, Record, Signature};
use crate::run::amendment::Assurance;
use crate::run::command;
use crate::run::event::Verdict;
use crate::run::interpreter::Interpreter;
use crate::run::outcome::Refusal;
use crate::run::place::shown;
use crate::run::record;
use crate::run::share;
use crate::run::state::States;

/// The field of an entry that has the digest of what was signed off.
pub(in crate::run) const INPUTS: &str = "inputs";

/// The file beside an entry that has its signature.
pub(in crate::run) const SIGNATURE: &str = "entry.json.sig";

/// What a person says of a manual check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What they found.
    pub verdict: Found,
    /// What they have to say of it.
    pub note: Option<String>,
}

/// The manual checks of a phase, as they stand on the judged tree.
#[derive(Debug)]
pub struct Checklist<'p> {
    /// The phase.
    pub phase: &'p Phase,
    /// The tree that is judged, and signed off.
    pub tree: Oid,
    /// Its checks, in the plan's order.
    pub checks: Vec<ManualCheck>,
    index: usize,
    head: Head,
    states: States,
}

/// What became of a person's word.
#[derive(Debug)]
pub struct Spoken {
    /// As it is on record.
    pub sign_off: SignOff,
    /// Why it carries no signature although git is set up to sign.
    pub unsigned: Option<String>,
}

impl<'p> Interpreter<'p> {
    /// The manual checks of a phase, or of the open one; none where that phase is sealed, or
    /// every phase is. Nothing is run, and nothing is recorded.
    ///
    /// # Errors
    /// Where the plan has no such phase, or it is locked, or git fails.
    pub fn checklist(&self, phase: Option<&str>) -> Result<Option<Checklist<'p>>, Refusal> {
        self.learn_secrets();
        let states = States::derive(self.plan, &self.repo)?;
        let index = match phase {
            None => states.open(),
            Some(name) => self
                .may_take(&states, name)?
                .then_some(())
                .and(states.open()),
        };
        let found = index.and_then(|index| Some((index, self.plan.phases.get(index)?)));
        let Some((index, phase)) = found else {
            return Ok(None);
        };
        let tree = self.judged_tree()?;
        let head = self.repo.head()?;
        let judging = self.judging(tree.clone(), head.clone(), states.clone(), Env::default());
        let checks = standing(&judging, index, phase)?;
        Ok(Some(Checklist {
            phase,
            tree,
            checks,
            index,
            head,
            states,
        }))
    }

    /// What is in the working tree and not in the judged one: nothing of it is signed off.
    ///
    /// # Errors
    /// Where git fails.
    pub fn left_out(&self) -> Result<Vec<String>, Refusal> {
        match self.judges_worktree() {
            true => Ok(Vec::new()),
            false => Ok(shown(&self.repo.unstaged()?.paths())),
        }
    }

    /// Checks that this phase is one that a person may sign off now: nothing of the plan is
    /// changed and not amended.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn may_sign_now(&self) -> Result<Identity, Refusal> {
        self.repo.check_ledger(self.plan.name())?;
        self.check_lock()?;
        Ok(self.repo.identity()?)
    }

    /// Checks that this person may sign off a check of a phase.
    ///
    /// # Errors
    /// Where its `by` does not name them, or it demands a signature that git is not set up
    /// to make or to verify.
    pub fn may_sign(
        &self,
        phase: &Phase,
        check: &ManualCheck,
        who: &Identity,
    ) -> Result<(), Refusal> {
        let manual = phase
            .manuals
            .iter()
            .find(|manual| manual.name.value == check.check);
        let Some(manual) = manual else { return Ok(()) };
        if !manual.by.is_empty() && !manual.by.iter().any(|name| who.is(&name.value)) {
            let names: Vec<String> = check.by.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "`{}` is none of those who may sign off `{}`",
                who.email, check.check
            );
            let diagnostic = Diagnostic::new(Code::NOT_A_SIGNER, message, manual.name.span)
                .help(format!("ask one of them: {}", names.join(", ")));
            return Err(self.refuse(diagnostic));
        }
        if !manual.signed {
            return Ok(());
        }
        let lacks = if self.repo.ssh_signer()?.is_none() {
            Some((
                "git is not set up to sign with SSH",
                "set it up: `git config gpg.format ssh` and `git config user.signingKey ~/.ssh/id_ed25519.pub`",
            ))
        } else if !self.repo.knows_signers()? {
            Some((
                "git is not told whose keys are whose",
                "list who may sign in a file (`ADDRESS KEY-TYPE KEY`, a line each), and name it: `git config gpg.ssh.allowedSignersFile FILE`",
            ))
        } else {
            None
        };
        match lacks {
            None => Ok(()),
            Some((what, advice)) => {
                let message = format!("`{}` demands a signature, and {what}", check.check);
                let diagnostic = Diagnostic::new(Code::CANNOT_SIGN, message, manual.name.span);
                Err(self.refuse(diagnostic.help(advice)))
            }
        }
    }

    /// Puts a person's word on record, as one that was given at a terminal: whoever calls
    /// vouches for that. It goes there with their signature where git is set up to make one
    /// and to verify it.
    ///
    /// # Errors
    /// Where they may not sign this check off, the signature that it demands cannot be made,
    /// or git fails.
    pub fn sign(
        &self,
        checklist: &Checklist<'_>,
        check: &ManualCheck,
        word: &Word,
    ) -> Result<Spoken, Refusal> {
        let phase = checklist.phase;
        let who = self.may_sign_now()?;
        self.may_sign(phase, check, &who)?;
        let at = self.repo.now()?;
        let facts = Facts {
            checklist,
            check,
            word,
            who: &who,
            at: at.to_string(),
        };
        let signed = self.signed(&facts)?;
        let (record, assurance, unsigned) = match signed {
            Ok(record) => (record, Assurance::Signed, None),
            Err(_) if check.signed => {
                let why = signed.err().flatten().unwrap_or_default();
                let message = format!("the sign-off of `{}` could not be signed", check.check);
                let place = phase.manuals.iter().find(|m| m.name.value == check.check);
                let diagnostic = match place {
                    Some(manual) => Diagnostic::new(Code::CANNOT_SIGN, message, manual.name.span),
                    None => Diagnostic::unplaced(Code::CANNOT_SIGN, message),
                };
                let diagnostic = diagnostic.note(why).help(format!(
                    "the allowed-signers file must have a line with `{}` and your key; where that line has `namespaces`, `{NAMESPACE}` must be among them",
                    who.email
                ));
                return Err(self.refuse(diagnostic));
            }
            Err(why) => (
                self.spoken(&facts, Assurance::Terminal),
                Assurance::Terminal,
                why,
            ),
        };
        let entry = self.repo.record(self.plan.name(), &record)?;
        Ok(Spoken {
            sign_off: SignOff {
                entry,
                verdict: word.verdict,
                who,
                at,
                assurance,
                note: word.note.clone(),
            },
            unsigned,
        })
    }

    /// The entry with a signature that verifies; else why there is none, where git is set up
    /// to make one.
    fn signed(&self, facts: &Facts<'_>) -> Result<Result<Record, Option<String>>, Refusal> {
        let Some(signer) = self.repo.ssh_signer()? else {
            return Ok(Err(None));
        };
        if !self.repo.knows_signers()? {
            return Ok(Err(None));
        }
        let record = self.spoken(facts, Assurance::Signed);
        let text = self.repo.entry_text(&record.statement);
        let signature = match self.repo.sign_text(&signer, text.as_bytes()) {
            Ok(signature) => signature,
            Err(error) => return Ok(Err(Some(error.to_string()))),
        };
        let verified = self
            .repo
            .verify_text(text.as_bytes(), &signature, facts.who, None)?;
        Ok(match verified {
            Signature::Good { .. } => Ok(record.with_file(SIGNATURE, signature)),
            Signature::Bad { why } | Signature::Unknown { why } => Err(Some(why)),
            Signature::None => Err(None),
        })
    }

    /// The entry of a person's word.
    fn spoken(&self, facts: &Facts<'_>, assurance: Assurance) -> Record {
        let Facts {
            checklist,
            check,
            word,
            who,
            at,
        } = facts;
        let mut predicate = record::facts(self.plan, checklist.phase, "signed");
        predicate.extend(record::place(&checklist.head));
        for (name, value) in [
            ("check", json!(check.check)),
            ("verdict", json!(word.verdict)),
            ("who", json!(who)),
            ("at", json!(at)),
            ("assurance", json!(assurance)),
            ("text", json!(check.shown.text)),
            (INPUTS, json!(check.shown.about.digest)),
            ("globs", json!(check.shown.about.globs)),
            ("note", json!(word.note)),
        ] {
            predicate.insert(name.to_owned(), value);
        }
        record::statement(self.plan, &checklist.tree, record::PHASE_EVENT, predicate).signed()
    }

    /// What the checks are that a person is asked about: the named ones, or those that wait.
    ///
    /// # Errors
    /// Where the phase has no such check.
    pub fn asked<'c>(
        &self,
        checklist: &'c Checklist<'_>,
        names: &[String],
    ) -> Result<Vec<&'c ManualCheck>, Refusal> {
        if names.is_empty() {
            let waits = |check: &&ManualCheck| check.verdict == Verdict::Waiting;
            return Ok(checklist.checks.iter().filter(waits).collect());
        }
        let known = |name: &String| {
            let found = checklist.checks.iter().find(|check| check.check == *name);
            found.ok_or_else(|| self.no_such_check(checklist, name))
        };
        names.iter().map(known).collect()
    }

    fn no_such_check(&self, checklist: &Checklist<'_>, name: &str) -> Refusal {
        let phase = &checklist.phase.name.value;
        let names = checklist.checks.iter().map(|check| check.check.as_str());
        let message = format!("phase `{phase}` has no manual check `{name}`");
        let diagnostic = Diagnostic::unplaced(Code::UNKNOWN_MANUAL, message);
        let all: Vec<&str> = names.clone().collect();
        self.refuse(match nearest(name, names) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if all.is_empty() => diagnostic.help("it has none"),
            None => diagnostic.help(format!("its manual checks: {}", all.join(", "))),
        })
    }

    /// Runs a command of a check for the person who asks for it: at the root of the judged
    /// tree, as gates see it, with the plan's `env`.
    ///
    /// # Errors
    /// Where it cannot be started, or there is no place to run it in.
    pub fn run_shown(
        &self,
        checklist: &Checklist<'_>,
        check: &ManualCheck,
        line: &str,
    ) -> Result<process::Finished, Refusal> {
        let tree = &checklist.tree;
        let unstaged = self.repo.unstaged()?;
        let in_place = self.judges_worktree()
            || unstaged.is_clean() && self.repo.is_found() && self.repo.staged_tree()? == *tree;
        let _pin = self.repo.pin(tree)?;
        let checkout = match in_place {
            true => None,
            false => {
                let shared = share::folders(&self.plan.settings, &self.repo, &unstaged)?;
                Some(self.repo.checkout_with(tree, &shared)?)
            }
        };
        let root = checkout.as_ref().map_or(self.repo.root(), |c| c.root());
        let judging = self.judging(
            tree.clone(),
            checklist.head.clone(),
            checklist.states.clone(),
            Env::default(),
        );
        let (locals, results) = Default::default();
        let facts = crate::run::judging::GateFacts {
            judging: &judging,
            phase: checklist.index,
            locals: &locals,
            results: &results,
        };
        let mut env = command::scrubbed_env();
        env.set("GATE_PHASE", &checklist.phase.name.value);
        env.set("GATE_NAME", &check.check);
        env.set("GATE_TREE", tree.as_str());
        env.set("PWD", root);
        let set = command::set_env(&mut env, &self.plan.settings.env, &facts);
        set.map_err(|fault| self.refuse(fault.diagnostic()))?;
        let base = process::Command {
            program: Default::default(),
            arg0: None,
            args: Vec::new(),
            dir: root.to_owned(),
            env,
            timeout: Duration::from_millis(self.plan.settings.timeout),
            keep: Keep::Ends,
            secrets: self.secrets.clone(),
            transcript: None,
        };
        let shell = &self.plan.settings.shell;
        let line = process::Line {
            text: line,
            shell,
            known: None,
        };
        line.run(&base, &self.interrupt).map_err(|error| {
            let message = format!("the command could not be started: {error}");
            self.refuse(Diagnostic::unplaced(Code::CANNOT_START, message))
        })
    }
}

/// What a person says, and of what.
struct Facts<'a> {
    checklist: &'a Checklist<'a>,
    check: &'a ManualCheck,
    word: &'a Word,
    who: &'a Identity,
    at: String,
}
