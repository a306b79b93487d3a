//! One seal: tag, commit, tree, plan, evidence and signatures say the same.

use serde::Serialize;
use serde_json::Value;

use super::finding::{About, Findings};
use super::{Look, says, sign_off};
use crate::diagnostic::{Code, Diagnostic};
use crate::repo::{LedgerEntry, Oid, RepoError, Signature, TagInfo};

/// A phase and what is proven of its seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhaseProof {
    /// Its name.
    pub phase: String,
    /// Its number; none where the plan no longer has it.
    pub number: Option<usize>,
    /// How it stands.
    pub state: Proof,
    /// The name of its tag.
    pub tag: Option<String>,
    /// The sealed commit.
    pub commit: Option<Oid>,
    /// The judged tree.
    pub tree: Option<Oid>,
    /// The entry of the ledger.
    pub entry: Option<Oid>,
    /// What carries a signature.
    pub signed: Vec<Signed>,
    /// Whether anything was found wrong with it.
    pub ok: bool,
}

/// How a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Sealed in the history of HEAD, or so it is said.
    Sealed,
    /// Sealed on another branch.
    Elsewhere,
    /// Not sealed.
    Open,
}

/// A signature of a part of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// `commit`, `tag` or `entry`.
    pub what: &'static str,
    /// What git says of it.
    #[serde(flatten)]
    pub signature: Signature,
}

/// What speaks of one seal.
pub(super) struct SealFacts<'a> {
    pub phase: String,
    /// The name its tag has, or should have.
    pub tag_name: Option<String>,
    pub entry: Option<&'a LedgerEntry>,
    pub tag: Option<TagInfo>,
}

impl SealFacts<'_> {
    /// The commit that was sealed: the ledger's word goes before the tag's.
    pub fn commit(&self) -> Option<Oid> {
        let recorded = self.entry.and_then(|entry| entry.field("commit"));
        match recorded.and_then(Oid::parse) {
            Some(commit) => Some(commit),
            None => self.tag.as_ref().map(|tag| tag.commit.clone()),
        }
    }

    fn tree(&self) -> Option<Oid> {
        let trailer = self.tag.as_ref().and_then(|tag| says(tag, "Gate-Tree"));
        match self.entry.and_then(LedgerEntry::tree) {
            Some(tree) => Some(tree),
            None => trailer.and_then(Oid::parse),
        }
    }
}

/// Looks at one seal from all sides.
pub(super) fn verify(
    look: &Look<'_>,
    seal: &SealFacts<'_>,
    found: &mut Findings,
) -> Result<PhaseProof, RepoError> {
    let before = found.all.len();
    let mut proof = PhaseProof {
        phase: seal.phase.clone(),
        number: look.plan.phase(&seal.phase).map(|phase| phase.number),
        state: Proof::Open,
        tag: seal.tag_name.clone(),
        commit: None,
        tree: None,
        entry: seal.entry.map(|entry| entry.id.clone()),
        signed: Vec::new(),
        ok: true,
    };
    let Some(commit) = seal.commit() else {
        return Ok(proof);
    };
    proof.commit = Some(commit.clone());
    proof.tree = seal.tree();
    proof.state = Proof::Sealed;
    let mut check = Check {
        look,
        seal,
        commit: &commit,
        about: About {
            phase: Some(seal.phase.clone()),
            tag: seal.tag_name.clone(),
            commit: Some(commit.to_string()),
            entry: seal.entry.map(|entry| entry.id.to_string()),
        },
        found,
    };
    if check.history()? {
        proof.state = Proof::Elsewhere;
        return Ok(proof);
    }
    check.tag();
    check.tree()?;
    check.evidence();
    if let Ok(tree) = look.repo.tree_of(&commit) {
        let about = check.about.clone();
        sign_off::verify(look, seal, &tree, &about, check.found)?;
    }
    proof.signed = check.signatures()?;
    proof.ok = found.all.len() == before;
    Ok(proof)
}

/// Looks at the tags of phases that nothing else speaks of: none may be another phase's.
pub(super) fn verify_strays(look: &Look<'_>, seals: &[SealFacts<'_>], found: &mut Findings) {
    for seal in seals {
        let name = seal.tag_name.as_ref().filter(|_| seal.commit().is_none());
        let tag = name.and_then(|name| look.tags.iter().find(|tag| tag.name == *name));
        let Some((tag, of)) = tag.and_then(|tag| Some((tag, says(tag, "Gate-Phase")?))) else {
            continue;
        };
        if of != seal.phase {
            let about = About {
                phase: Some(seal.phase.clone()),
                tag: Some(tag.name.clone()),
                commit: Some(tag.commit.to_string()),
                ..About::default()
            };
            let message = format!(
                "the tag `{}` of phase `{}` is the seal of phase `{of}`",
                tag.name, seal.phase
            );
            let diagnostic = placed(look, &seal.phase, Code::TAG_MOVED, message)
                .help("fetch the tag from where it is right: `git fetch REMOTE tag NAME --force`");
            found.add(diagnostic, &about);
        }
    }
}

/// Looks at the seals together: each phase follows those before it.
pub(super) fn verify_order(
    look: &Look<'_>,
    phases: &mut [PhaseProof],
    found: &mut Findings,
) -> Result<(), RepoError> {
    let planned: Vec<usize> = (0..phases.len())
        .filter(|at| phases.get(*at).is_some_and(|proof| proof.number.is_some()))
        .collect();
    let sealed = |at: usize, phases: &[PhaseProof]| {
        let proof = phases.get(at).filter(|proof| proof.state == Proof::Sealed);
        proof.and_then(|proof| Some((proof.phase.clone(), proof.commit.clone()?)))
    };
    for (nth, at) in planned.iter().enumerate() {
        let Some((later, later_commit)) = sealed(*at, phases) else {
            continue;
        };
        let Some(before) = nth.checked_sub(1).and_then(|nth| planned.get(nth)) else {
            continue;
        };
        let missing = match sealed(*before, phases) {
            None => phases
                .get(*before)
                .filter(|proof| proof.state == Proof::Open)
                .map(|proof| (proof.phase.clone(), "is not sealed")),
            Some((name, commit)) => {
                let ordered = phases.get(*before).is_some_and(|proof| !proof.ok)
                    || look.repo.is_ancestor(&commit, &later_commit)?;
                (!ordered).then_some((name, "was not sealed before it"))
            }
        };
        if let Some((name, what)) = missing {
            let about = About {
                phase: Some(name.clone()),
                commit: Some(later_commit.to_string()),
                ..About::default()
            };
            let message =
                format!("phase `{later}` is sealed, and `{name}`, which comes before it, {what}");
            let diagnostic = placed(look, &name, Code::SEAL_MISSING, message).help(
                "phases are sealed in their order: its evidence was taken away, or the later one's is made up",
            );
            found.add(diagnostic, &about);
            if let Some(proof) = phases.get_mut(*before) {
                proof.ok = false;
            }
        }
    }
    Ok(())
}

/// A finding at the phase's place in the plan, where it has one.
pub(super) fn placed(look: &Look<'_>, phase: &str, code: Code, message: String) -> Diagnostic {
    match look.plan.phase(phase) {
        Some(phase) => Diagnostic::new(code, message, phase.name.span),
        None => Diagnostic::unplaced(code, message),
    }
}

struct Check<'a, 'f> {
    look: &'a Look<'a>,
    seal: &'a SealFacts<'a>,
    commit: &'a Oid,
    about: About,
    found: &'f mut Findings,
}

impl Check<'_, '_> {
    fn report(&mut self, code: Code, message: String, advice: &str) {
        let diagnostic = placed(self.look, &self.seal.phase, code, message).help(advice);
        self.found.add(diagnostic, &self.about);
    }

    /// Whether the seal is of another branch, and nothing of it is to be looked at here. A
    /// sealed commit that no branch holds any more was rewritten.
    fn history(&mut self) -> Result<bool, RepoError> {
        if self.look.in_history(self.commit)? {
            return Ok(false);
        }
        let here = self.look.head.branch.as_deref();
        let sealed_on = self.seal.entry.and_then(|entry| entry.field("branch"));
        let there = self.look.repo.commit(self.commit.as_str())?.is_some();
        let branches = if there {
            self.look.repo.branches_with(self.commit)?
        } else {
            Vec::new()
        };
        if let Some(branch) = branches.first()
            && (sealed_on.is_none() || sealed_on != here)
        {
            self.found.unchecked(format!(
                "phase `{}` is sealed on `{branch}`, which HEAD does not contain",
                self.seal.phase
            ));
            return Ok(true);
        }
        let gone = if there {
            "is not in HEAD's history"
        } else {
            "is not in this repository"
        };
        self.report(
            Code::NOT_IN_HISTORY,
            format!(
                "the sealed commit `{}` of phase `{}` {gone}: it was amended, rebased or reset away",
                self.commit.short(),
                self.seal.phase
            ),
            "bring the sealed commit back (`git reflog`), or take the phase through its gate again",
        );
        Ok(false)
    }

    fn tag(&mut self) {
        let Some(name) = self.seal.tag_name.clone() else {
            return;
        };
        let phase = &self.seal.phase;
        let Some(tag) = &self.seal.tag else {
            return self.report(
                Code::NO_TAG,
                format!("the tag `{name}` of phase `{phase}` is missing"),
                "fetch it (`git fetch --tags`), or ask who removed it",
            );
        };
        let advice = "fetch the tag from where it is right: `git fetch REMOTE tag NAME --force`";
        if tag.commit != *self.commit {
            let message = format!(
                "the tag `{name}` points at `{}`; phase `{phase}` was sealed at `{}`",
                tag.commit.short(),
                self.commit.short()
            );
            return self.report(Code::TAG_MOVED, message, advice);
        }
        if !tag.annotated {
            let message = format!(
                "the tag `{name}` is a light one: the seal of phase `{phase}` is an annotated tag, with its evidence"
            );
            return self.report(Code::TAG_MOVED, message, advice);
        }
        if says(tag, "Gate-Phase") != Some(phase) || says(tag, "Gate-Evidence").is_none() {
            let message = format!(
                "the tag `{name}` is not the one that the seal of phase `{phase}` made: its trailers do not say so"
            );
            return self.report(Code::TAG_MOVED, message, advice);
        }
        let Some(entry) = self.seal.entry else { return };
        let text = entry.field("tag_message");
        let evidence = says(tag, "Gate-Evidence");
        if evidence == Some(entry.id.as_str())
            && text.is_some_and(|text| !same_message(text, &tag.message))
        {
            let message = format!(
                "the tag `{name}` does not say what the seal of phase `{phase}` wrote into it"
            );
            self.report(Code::TAG_MOVED, message, advice);
        }
    }

    fn tree(&mut self) -> Result<(), RepoError> {
        if self.look.repo.commit(self.commit.as_str())?.is_none() {
            return Ok(());
        }
        let phase = self.seal.phase.clone();
        let tree = self.look.repo.tree_of(self.commit)?;
        let advice = "the commit is not what was judged: do not trust it";
        let mut said: Vec<(String, &'static str)> = Vec::new();
        if let Some(judged) = self.seal.entry.and_then(LedgerEntry::tree) {
            said.push((judged.to_string(), "the ledger"));
        }
        let trailer = |name: &str| {
            let tag = self
                .seal
                .tag
                .as_ref()
                .filter(|tag| tag.commit == *self.commit);
            tag.and_then(|tag| says(tag, name)).map(str::to_owned)
        };
        let (tag_tree, tag_plan) = (trailer("Gate-Tree"), trailer("Gate-Plan"));
        said.extend(tag_tree.map(|judged| (judged, "the tag")));
        for (judged, who) in said {
            if judged != tree.as_str() {
                let message = format!(
                    "the sealed commit `{}` of phase `{phase}` holds tree `{}`; judged was `{}`, says {who}",
                    self.commit.short(),
                    tree.short(),
                    judged.get(..7).unwrap_or(&judged)
                );
                self.report(Code::TREE_DIFFERS, message, advice);
            }
        }
        let mut plans: Vec<(String, String, &'static str)> = Vec::new();
        let configuration = self
            .seal
            .entry
            .and_then(|entry| entry.json.pointer("/predicate/configuration"))
            .and_then(Value::as_array);
        for file in configuration.into_iter().flatten() {
            let text = |pointer: &str| file.pointer(pointer).and_then(Value::as_str);
            if let (Some(path), Some(sha)) = (text("/name"), text("/digest/sha256")) {
                plans.push((path.to_owned(), sha.to_owned(), "the ledger"));
            }
        }
        if let Some(sha) = tag_plan {
            plans.push((self.look.plan.path.clone(), sha, "the tag"));
        }
        for (path, sha, who) in plans {
            match self.look.sha256(&tree, &path) {
                Some(found) if found == sha => {}
                Some(_) => self.report(
                    Code::PLAN_DIFFERS,
                    format!("`{path}` in the sealed commit of phase `{phase}` is not what judged it, says {who}"),
                    "the phase was judged by another plan than the commit holds: judge it again",
                ),
                None => self.found.unchecked(format!(
                    "`{path}` of phase `{phase}` is not in its commit: it was read from disk then"
                )),
            }
        }
        Ok(())
    }

    fn evidence(&mut self) {
        let phase = self.seal.phase.clone();
        if let Some(tag) = &self.seal.tag
            && let Some(evidence) = says(tag, "Gate-Evidence")
        {
            let known = self
                .look
                .chain
                .entries()
                .find(|e| e.id.as_str() == evidence);
            let readable = self.look.chain.here && !self.look.chain.links.is_empty();
            let short = evidence.get(..7).unwrap_or(evidence).to_owned();
            match known {
                None if readable => self.report(
                    Code::NO_EVIDENCE,
                    format!("the tag of phase `{phase}` names entry `{short}`, which the ledger does not hold"),
                    "the ledger was rewritten or cut: fetch it from where it is whole, and compare",
                ),
                None => {}
                Some(entry) => {
                    let other = self.seal.entry.is_some_and(|own| own.id != entry.id);
                    if other || entry.event() != Some("sealed") || entry.phase() != Some(&phase) {
                        self.report(
                            Code::EVIDENCE_DIFFERS,
                            format!("the tag of phase `{phase}` names entry `{short}`, which is not the entry of its seal"),
                            "the tag was made by hand, or is an older one: `gate log` has the seals",
                        );
                    }
                }
            }
        }
        let Some(entry) = self.seal.entry else { return };
        if let Some(tag) = &self.seal.tag {
            let sha = entry
                .json
                .pointer("/predicate/configuration/0/digest/sha256");
            let pairs = [
                ("Gate-Tree", entry.tree().map(|tree| tree.to_string())),
                ("Gate-Plan", sha.and_then(Value::as_str).map(str::to_owned)),
            ];
            for (trailer, recorded) in pairs {
                let told = says(tag, trailer).map(str::to_owned);
                if told.is_some() && told != recorded {
                    self.report(
                        Code::EVIDENCE_DIFFERS,
                        format!("the tag of phase `{phase}` and its entry in the ledger say different things of `{trailer}`"),
                        "one of them was made by hand: compare both with another clone's",
                    );
                }
            }
        }
        let gates = entry
            .json
            .pointer("/predicate/gates")
            .and_then(Value::as_array);
        let red: Vec<String> = gates
            .into_iter()
            .flatten()
            .filter(|gate| {
                let verdict = gate.get("verdict").and_then(Value::as_str);
                matches!(verdict, Some("fail" | "blocked" | "waiting") | None)
            })
            .filter_map(|gate| Some(gate.get("name")?.as_str()?.to_owned()))
            .collect();
        if !red.is_empty() {
            self.report(
                Code::EVIDENCE_DIFFERS,
                format!(
                    "the seal of phase `{phase}` says itself that this was not green: {}",
                    red.join(", ")
                ),
                "gate writes no such entry: it was made by hand",
            );
        }
    }

    fn signatures(&mut self) -> Result<Vec<Signed>, RepoError> {
        let there = self.look.repo.commit(self.commit.as_str())?;
        let tag = self.seal.tag.as_ref().filter(|tag| tag.annotated);
        let parts = [
            ("commit", there),
            ("tag", tag.map(|tag| tag.object.clone())),
            ("entry", self.seal.entry.map(|entry| entry.id.clone())),
        ];
        let mut all = Vec::new();
        for (what, id) in parts {
            let Some(id) = id else { continue };
            let demanded = self
                .seal
                .entry
                .and_then(|entry| entry.json.pointer(&format!("/predicate/signed/{what}")))
                .and_then(Value::as_bool)
                .unwrap_or(false);
            let signature = self.look.repo.signature(&id)?;
            let phase = self.seal.phase.clone();
            match &signature {
                Signature::None if demanded => self.report(
                    Code::BAD_SIGNATURE,
                    format!(
                        "the {what} of phase `{phase}` was signed, and carries no signature now"
                    ),
                    "it is not the one that the seal made",
                ),
                Signature::Bad { why } => {
                    let message =
                        format!("the signature of the {what} of phase `{phase}` is not good");
                    let diagnostic = placed(self.look, &phase, Code::BAD_SIGNATURE, message)
                        .note(why.clone())
                        .help("it was made for something else, or its key is no longer trusted");
                    self.found.add(diagnostic, &self.about);
                }
                Signature::Unknown { why } => self.found.unchecked(format!(
                    "whose signature the {what} of phase `{phase}` carries: {why}"
                )),
                Signature::None | Signature::Good { .. } => {}
            }
            if signature != Signature::None {
                all.push(Signed { what, signature });
            }
        }
        Ok(all)
    }
}

/// Whether a tag says what the seal wrote, the trailer aside that names the entry.
fn same_message(written: &str, found: &str) -> bool {
    let mut lines = found.lines().map(str::trim_end);
    let mut wanted = written.trim_end().lines().map(str::trim_end);
    let same = wanted.by_ref().all(|line| lines.next() == Some(line));
    let rest: Vec<&str> = lines.collect();
    same && matches!(rest.as_slice(), [evidence] if evidence.starts_with("Gate-Evidence: "))
}
