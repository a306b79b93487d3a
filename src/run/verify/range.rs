//! A range of commits: each is sealed, or lies below a seal that judged it.

use std::collections::HashMap;

use serde::Serialize;

use super::Look;
use super::finding::{About, Findings};
use crate::diagnostic::{Code, Diagnostic};
use crate::repo::{Oid, RangeCommit};

/// One commit of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitProof {
    /// Its id.
    pub commit: Oid,
    /// Its subject.
    pub subject: String,
    /// How it stands.
    #[serde(flatten)]
    pub cover: Cover,
}

/// How a commit stands to the seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "cover")]
pub enum Cover {
    /// Its own tree was judged and sealed.
    Sealed {
        /// By this phase.
        phase: String,
    },
    /// What it changed is in the tree of a later commit, which was judged and sealed.
    Covered {
        /// By this phase.
        phase: String,
        /// That commit.
        by: Oid,
    },
    /// No seal of the range covers it.
    Open,
}

pub(super) fn verify(
    look: &Look<'_>,
    range: &[RangeCommit],
    found: &mut Findings,
) -> Vec<CommitProof> {
    // All seals that are known, whether or not their phase is still in the plan.
    let mut seals: Vec<(String, Oid)> = Vec::new();
    for entry in look.chain.entries() {
        if entry.event() != Some("sealed") {
            continue;
        }
        let commit = entry.field("commit").and_then(Oid::parse);
        if let (Some(phase), Some(commit)) = (entry.phase(), commit) {
            seals.push((phase.to_owned(), commit));
        }
    }
    for tag in &look.tags {
        if let Some(phase) = super::says(tag, "Gate-Phase")
            && !seals.iter().any(|(_, commit)| *commit == tag.commit)
        {
            seals.push((phase.to_owned(), tag.commit.clone()));
        }
    }
    let position: HashMap<&Oid, usize> = range
        .iter()
        .enumerate()
        .map(|(at, commit)| (&commit.id, at))
        .collect();
    let mut inside: Vec<(usize, &str)> = seals
        .iter()
        .filter_map(|(phase, commit)| Some((*position.get(commit)?, phase.as_str())))
        .collect();
    inside.sort_unstable();
    // From each seal down, the earliest first: what is reached first by it, it covers.
    let mut covers = vec![Cover::Open; range.len()];
    for (seal, phase) in inside {
        let Some(by) = range.get(seal).map(|commit| commit.id.clone()) else {
            continue;
        };
        let mut open = vec![seal];
        while let Some(at) = open.pop() {
            let Some(cover) = covers.get_mut(at).filter(|cover| **cover == Cover::Open) else {
                continue;
            };
            *cover = if at == seal {
                Cover::Sealed {
                    phase: phase.to_owned(),
                }
            } else {
                Cover::Covered {
                    phase: phase.to_owned(),
                    by: by.clone(),
                }
            };
            let parents = range.get(at).map(|commit| &commit.parents);
            open.extend(
                parents
                    .into_iter()
                    .flatten()
                    .filter_map(|id| position.get(id)),
            );
        }
    }
    let mut proofs = Vec::new();
    for (of, cover) in range.iter().zip(covers) {
        let (commit, subject) = (&of.id, &of.subject);
        if cover == Cover::Open {
            let about = About {
                commit: Some(commit.to_string()),
                ..About::default()
            };
            let message = format!("no seal covers commit `{}`: {subject}", commit.short());
            found.add(
                Diagnostic::unplaced(Code::NOT_COVERED, message)
                    .help("take the phase it belongs to through its gate: `gate run`"),
                &about,
            );
        }
        proofs.push(CommitProof {
            commit: commit.clone(),
            subject: subject.clone(),
            cover,
        });
    }
    proofs
}
