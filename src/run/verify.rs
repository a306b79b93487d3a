//! `verify`: proves from the repository alone that every seal is what it says.

mod chain;
mod finding;
mod range;
mod seal;
mod sign_off;

pub use finding::{Finding, Subject};
pub use range::{CommitProof, Cover};
pub use seal::{PhaseProof, Proof, Signed};

use serde_json::Value;

use super::outcome::Refusal;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::digest::sha256;
use crate::plan::Plan;
use crate::repo::{Chain, Head, LedgerEntry, Oid, RepoError, Repository, TagInfo};
use crate::source::Sources;
use finding::Findings;
use seal::SealFacts;

/// What came of a verification.
#[derive(Debug)]
pub struct Verification {
    /// The plan's path.
    pub plan: String,
    /// The commit of HEAD.
    pub head: Option<Oid>,
    /// How many entries of the ledger were read; none where there is no ledger here.
    pub entries: Option<usize>,
    /// The phases looked at, in the plan's order.
    pub phases: Vec<PhaseProof>,
    /// The commits of the range that was asked for.
    pub commits: Vec<CommitProof>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
    /// The texts that findings point into.
    pub sources: Sources,
}

impl Verification {
    /// 0 where nothing was found, else 1.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        i32::from(!self.findings.is_empty())
    }

    /// Adds what is wrong with the plan itself.
    pub fn add(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.findings
            .extend(diagnostics.into_iter().map(Finding::alone));
    }
}

/// Verifies the seals of a plan in the history of HEAD.
///
/// # Errors
/// Where the subject names nothing that could be verified, or git fails.
pub fn verify(
    plan: &Plan,
    repo: &Repository,
    subject: &Subject<'_>,
) -> Result<Verification, Refusal> {
    let head = repo.head()?;
    let chain = repo.chain(plan.name())?;
    let look = Look {
        plan,
        repo,
        head: &head,
        chain: &chain,
        tags: repo.seal_tags()?,
    };
    let mut found = Findings::default();
    chain::verify(&look, &mut found)?;
    sign_off::verify_all(&look, &mut found);
    let range = match subject {
        Subject::Range(range) => Some(repo.range(range)?.ok_or_else(|| {
            look.refuse(
                Diagnostic::unplaced(
                    Code::NOTHING_TO_VERIFY,
                    format!("`{range}` is no range of commits of this repository"),
                )
                .help("write a range as `git log` takes it, such as `origin/main..HEAD`"),
            )
        })?),
        _ => None,
    };
    let seals = look.seals(subject)?;
    if *subject == Subject::All {
        seal::verify_strays(&look, &seals, &mut found);
    }
    let mut phases = Vec::new();
    for seal in seals {
        let wanted = match (&range, seal.commit()) {
            (Some(range), Some(commit)) => range.iter().any(|of| of.id == commit),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if wanted {
            phases.push(seal::verify(&look, &seal, &mut found)?);
        }
    }
    if *subject == Subject::All {
        seal::verify_order(&look, &mut phases, &mut found)?;
    }
    let commits = match range {
        Some(range) => range::verify(&look, &range, &mut found),
        None => Vec::new(),
    };
    let sealed = phases.iter().any(|proof| proof.state == Proof::Sealed);
    if !chain.here && sealed {
        found.unchecked(
            "the ledger is not here, so the tags stand alone: \
             `git fetch REMOTE 'refs/gate/ledger/*:refs/gate/ledger/*'` fetches it",
        );
    }
    Ok(Verification {
        plan: plan.path.clone(),
        head: head.commit.clone(),
        entries: chain.here.then(|| chain.entries().count()),
        phases,
        commits,
        findings: found.all,
        unchecked: found.unchecked,
        sources: plan.sources.clone(),
    })
}

/// What is looked at.
struct Look<'a> {
    plan: &'a Plan,
    repo: &'a Repository,
    head: &'a Head,
    chain: &'a Chain,
    /// The tags that carry gate's trailers.
    tags: Vec<TagInfo>,
}

impl<'a> Look<'a> {
    fn refuse(&self, diagnostic: Diagnostic) -> Refusal {
        Refusal::of(vec![diagnostic], &self.plan.sources)
    }

    /// Whether a commit is HEAD or in its history; a commit that is gone is not.
    fn in_history(&self, commit: &Oid) -> Result<bool, RepoError> {
        let Some(head) = &self.head.commit else {
            return Ok(false);
        };
        let there = self.repo.commit(commit.as_str())?.is_some();
        Ok(there && self.repo.is_ancestor(commit, head)?)
    }

    /// The seals to look at: of every phase, or of one tag.
    fn seals(&self, subject: &Subject<'_>) -> Result<Vec<SealFacts<'a>>, Refusal> {
        if let Subject::Tag(name) = subject {
            return self.seal_of_tag(name).map(|seal| vec![seal]);
        }
        let mut seals = Vec::new();
        for phase in &self.plan.phases {
            seals.push(self.seal_of_phase(&phase.name.value)?);
        }
        // A phase that the plan no longer has was sealed all the same.
        for entry in self.chain.entries() {
            let Some(name) = entry.phase().filter(|_| entry.event() == Some("sealed")) else {
                continue;
            };
            let known = |seal: &SealFacts<'_>| seal.phase == name;
            if !seals.iter().any(known) {
                let seal = self.seal_of_phase(name)?;
                if seal.entry.is_some() {
                    seals.push(seal);
                }
            }
        }
        Ok(seals)
    }

    fn seal_of_phase(&self, name: &str) -> Result<SealFacts<'a>, RepoError> {
        let mut latest = None;
        let mut held = None;
        for entry in self.seal_entries(name) {
            let commit = entry.field("commit").and_then(Oid::parse);
            if let Some(commit) = commit
                && self.in_history(&commit)?
            {
                held = Some(entry);
                break;
            }
            latest = latest.or(Some(entry));
        }
        let entry = held.or(latest);
        let planned = self.plan.phase(name).and_then(|phase| phase.tag.as_ref());
        let tag_name = match entry {
            Some(entry) => entry.field("tag").map(str::to_owned),
            None => planned.map(|tag| tag.name.value.clone()),
        };
        let tag = match &tag_name {
            // A name that now stands for no commit is as good as gone.
            Some(name) => self.repo.tag(name).unwrap_or(None),
            None if entry.is_none() => self.tag_by_trailers(name),
            None => None,
        };
        // Without an entry, only a tag with gate's trailers speaks of a seal; one that was
        // unsealed since does not.
        let tag = tag.filter(|tag| {
            entry.is_some()
                || says(tag, "Gate-Phase") == Some(name) && !self.unsealed(name, &tag.commit, 0)
        });
        Ok(SealFacts {
            phase: name.to_owned(),
            tag_name: tag_name.or_else(|| tag.as_ref().map(|tag| tag.name.clone())),
            entry,
            tag,
        })
    }

    fn seal_of_tag(&self, name: &str) -> Result<SealFacts<'a>, Refusal> {
        let tag = self.repo.tag(name)?;
        let of_tag = |entry: &&LedgerEntry| {
            entry.event() == Some("sealed") && entry.field("tag") == Some(name)
        };
        let evidence = tag.as_ref().and_then(|tag| says(tag, "Gate-Evidence"));
        let entries: Vec<&'a LedgerEntry> = self.chain.entries().filter(of_tag).collect();
        let named = |entry: &&&LedgerEntry| Some(entry.id.as_str()) == evidence;
        let entry = entries.iter().find(named).or(entries.last()).copied();
        let phase = match (entry, &tag) {
            (Some(entry), _) => entry.phase(),
            (None, Some(tag)) => says(tag, "Gate-Phase"),
            (None, None) => None,
        };
        let Some(phase) = phase else {
            let what = if tag.is_some() {
                format!("the tag `{name}` is not a seal of `{}`", self.plan.path)
            } else {
                format!("there is no tag `{name}`")
            };
            let names: Vec<&str> = self.tags.iter().map(|tag| tag.name.as_str()).collect();
            let diagnostic = Diagnostic::unplaced(Code::NOTHING_TO_VERIFY, what);
            return Err(self.refuse(match nearest(name, names.iter().copied()) {
                Some(near) if near != name => diagnostic.help(format!("did you mean `{near}`?")),
                _ if names.is_empty() => diagnostic.help("no tag here is a seal of gate's"),
                _ => diagnostic.help(format!("tags that are seals: {}", names.join(", "))),
            }));
        };
        Ok(SealFacts {
            phase: phase.to_owned(),
            tag_name: Some(name.to_owned()),
            entry,
            tag,
        })
    }

    /// The entries of a phase's seals that were not taken back, newest first.
    fn seal_entries(&self, phase: &str) -> impl Iterator<Item = &'a LedgerEntry> {
        let all: Vec<&'a LedgerEntry> = self.chain.entries().collect();
        let seals: Vec<&'a LedgerEntry> = all
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, entry)| entry.event() == Some("sealed") && entry.phase() == Some(phase))
            .filter(|(at, entry)| {
                let commit = entry.field("commit").and_then(Oid::parse);
                commit.is_none_or(|commit| !self.unsealed(phase, &commit, *at))
            })
            .map(|(_, entry)| *entry)
            .collect();
        seals.into_iter()
    }

    /// Whether the seal of this commit was taken back by a later entry.
    fn unsealed(&self, phase: &str, commit: &Oid, at: usize) -> bool {
        let lists = self.chain.entries().skip(at).filter_map(|entry| {
            let list = entry.json.pointer("/predicate/reopened")?;
            list.as_array()
        });
        lists.flatten().any(|seal| {
            let text = |name: &str| seal.get(name).and_then(Value::as_str);
            text("phase") == Some(phase) && text("commit") == Some(commit.as_str())
        })
    }

    /// The tag of a phase by its trailers: made by a plan that lies where this one does.
    fn tag_by_trailers(&self, phase: &str) -> Option<TagInfo> {
        let of_phase = |tag: &&TagInfo| says(tag, "Gate-Phase") == Some(phase);
        self.tags
            .iter()
            .filter(of_phase)
            .find(|tag| {
                let sha = self.sha256(&tag.tree, &self.plan.path);
                sha.is_some() && sha.as_deref() == says(tag, "Gate-Plan")
            })
            .cloned()
    }

    /// The sha256 of a file of a tree, in hex; none where it is not there.
    fn sha256(&self, tree: &Oid, path: &str) -> Option<String> {
        let bytes = self.repo.read(tree, path).ok()??;
        Some(sha256(&bytes))
    }
}

/// The value of a tag's trailer.
fn says<'t>(tag: &'t TagInfo, trailer: &str) -> Option<&'t str> {
    let mut found = tag.trailers.iter().filter(|(name, _)| name == trailer);
    found.next().map(|(_, value)| value.as_str())
}
