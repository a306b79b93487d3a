//! Which commits lie in another's history, beside what git says.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use gatelang::repo::Oid;
use proptest::prelude::*;

use crate::sandbox::{Sandbox, git_command};

/// Commits, each with the parents (by number) and the date it has; gives their ids.
fn import(sandbox: &Sandbox, commits: &[(Vec<usize>, u32)]) -> Vec<Oid> {
    let mut stream = String::new();
    for (at, (parents, date)) in commits.iter().enumerate() {
        let name = at + 1;
        write!(
            stream,
            "commit refs/heads/c{name}\nmark :{name}\n\
             committer Ada <ada@example.com> {date} +0000\ndata 0\n"
        )
        .unwrap();
        for (nth, parent) in parents.iter().enumerate() {
            let word = if nth == 0 { "from" } else { "merge" };
            writeln!(stream, "{word} :{}", parent + 1).unwrap();
        }
        stream.push('\n');
    }
    let mut child = git_command(&sandbox.root)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(stream.as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    let format = "--format=%(refname:lstrip=2) %(objectname)";
    let refs = sandbox.git(&["for-each-ref", format, "refs/heads/c*"]);
    let mut ids = vec![None; commits.len()];
    for line in refs.lines() {
        let (name, id) = line.split_once(' ').unwrap();
        let number: usize = name.strip_prefix('c').unwrap().parse().unwrap();
        ids[number - 1] = Oid::parse(id);
    }
    ids.into_iter().map(Option::unwrap).collect()
}

fn history() -> impl Strategy<Value = Vec<(Vec<usize>, u32)>> {
    let commit = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        // Clocks differ: a parent may be younger than its child.
        1_000_000_000..1_000_000_020u32,
    );
    prop::collection::vec(commit, 1..12).prop_map(|commits| {
        let with_parents = |(at, (parents, date)): (usize, (Vec<prop::sample::Index>, u32))| {
            let earlier = parents.into_iter().filter(|_| at > 0);
            let mut seen = HashSet::new();
            let parents = earlier.map(|parent| parent.index(at));
            (
                parents.filter(|parent| seen.insert(*parent)).collect(),
                date,
            )
        };
        commits.into_iter().enumerate().map(with_parents).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn as_git_says(commits in history()) {
        let sandbox = Sandbox::new();
        let ids = import(&sandbox, &commits);
        let repository = sandbox.repository();
        for b in &ids {
            let all = sandbox.git(&["rev-list", b.as_str()]);
            for a in &ids {
                let within = all.lines().any(|line| line == a.as_str());
                prop_assert_eq!(repository.is_ancestor(a, b).unwrap(), within, "{} in {}", a, b);
            }
        }
    }
}

#[test]
fn a_long_history() {
    let sandbox = Sandbox::new();
    let line = |at: usize| (at.checked_sub(1).into_iter().collect(), 1_000_000_000);
    let mut commits: Vec<(Vec<usize>, u32)> = (0..6000).map(line).collect();
    commits.push((Vec::new(), 1_000_000_001));
    let ids = import(&sandbox, &commits);
    let repository = sandbox.repository();
    let (stranger, head) = (&ids[6000], &ids[5999]);
    assert!(repository.is_ancestor(&ids[0], head).unwrap());
    assert!(repository.is_ancestor(&ids[5000], head).unwrap());
    assert!(!repository.is_ancestor(stranger, head).unwrap());
    assert!(!repository.is_ancestor(head, &ids[5000]).unwrap());
}
