use gatelang::repo::{Record, Repository};
use serde_json::json;

use crate::sandbox::Sandbox;

fn entry(event: &str) -> Record {
    Record::new(json!({ "predicate": { "event": event, "phase": "one" } }))
}

fn events(repository: &Repository) -> Vec<String> {
    let ledger = repository.ledger("plan").unwrap();
    let event = |entry: &gatelang::repo::LedgerEntry| entry.event().unwrap().to_owned();
    ledger.iter().map(event).collect()
}

#[test]
fn files_lie_beside_an_entry_exactly_as_they_were_given() {
    let sandbox = Sandbox::new();
    // Nothing of git's conversions may touch them.
    sandbox.write(".git/info/attributes", "* text eol=crlf ident\n");
    sandbox.git(&["config", "core.autocrlf", "true"]);
    let contents: [(&str, &[u8]); 4] = [
        ("plan/plan.gate", b"phase p \"P\" {\r\n}\n"),
        ("plan/more/checks.gate", b"$Id$\n"),
        ("output/1-stdout", b"\xff\x00\x1b[31m\n"),
        ("output/a name", b""),
    ];
    sandbox.untouched(|repository| {
        let mut record = entry("opened");
        for (path, content) in contents {
            record = record.with_file(path, content);
        }
        let id = repository.record("plan", &record).unwrap();
        for (path, content) in contents {
            let found = repository.recorded_file(&id, path).unwrap();
            assert_eq!(found.as_deref(), Some(content), "{path}");
        }
        assert_eq!(repository.recorded_file(&id, "plan/none").unwrap(), None);
        let plan = repository.recorded_files(&id, "plan").unwrap();
        let names: Vec<_> = plan.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["more/checks.gate", "plan.gate"]);
        assert_eq!(repository.recorded_files(&id, "none").unwrap(), []);
    });
    let shown = sandbox.git(&["ls-tree", "-r", "--name-only", "refs/gate/ledger/plan"]);
    insta::assert_snapshot!(shown, @"
    entry.json
    output/1-stdout
    output/a name
    plan/more/checks.gate
    plan/plan.gate
    ");
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn only_the_events_asked_for_are_read() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| {
        for event in ["opened", "red", "red", "sealed"] {
            repository.record("plan", &entry(event)).unwrap();
        }
        let found = repository.ledger_of("plan", &["opened", "sealed"]).unwrap();
        let found: Vec<_> = found.iter().filter_map(|entry| entry.event()).collect();
        assert_eq!(found, ["opened", "sealed"]);
        let ledger = repository.ledger("plan").unwrap();
        assert_eq!(ledger[0].by, "Ada <ada@example.com>");
        assert_eq!(ledger[0].phase(), Some("one"));
        assert!(ledger[0].at.seconds > 1_600_000_000);
    });
}

/// What two clones recorded is one ledger: read together, and joined by the next entry.
#[test]
fn a_ledger_fetched_from_elsewhere_is_read_with_ours_and_joined() {
    let sandbox = Sandbox::new();
    sandbox.untouched(|repository| {
        repository.record("plan", &entry("opened")).unwrap();
        let fetched = "refs/gate/remotes/origin/ledger/plan";
        let ours = "refs/gate/ledger/plan";
        sandbox.git(&["update-ref", fetched, ours]);
        // Ours alone went on: nothing to join.
        repository.record("plan", &entry("red")).unwrap();
        assert_eq!(events(repository), ["opened", "red"]);
        let parents = |name: &str| {
            let line = sandbox.git(&["rev-list", "--parents", "-1", name]);
            line.split_whitespace().count() - 1
        };
        assert_eq!(parents(ours), 1);

        // Theirs went on as well.
        sandbox.git(&["update-ref", "refs/gate/ledger/other", fetched]);
        let theirs = repository.record("other", &entry("blocked")).unwrap();
        sandbox.git(&["update-ref", fetched, theirs.as_str()]);
        let mut all = events(repository);
        all.sort();
        assert_eq!(all, ["blocked", "opened", "red"]);
        let joined = repository.record("plan", &entry("green")).unwrap();
        assert_eq!(parents(joined.as_str()), 2);
        assert_eq!(events(repository).last().unwrap(), "green");
        assert_eq!(events(repository).len(), 4);
        repository.record("plan", &entry("sealed")).unwrap();
        assert_eq!(parents(ours), 1);

        // A clone that only fetched: the next entry follows theirs.
        sandbox.git(&["update-ref", fetched, ours]);
        sandbox.git(&["update-ref", "-d", ours]);
        assert_eq!(events(repository).len(), 5);
        repository.record("plan", &entry("red")).unwrap();
        assert_eq!(parents(ours), 1);
        assert_eq!(events(repository).len(), 6);
    });
}

#[test]
fn of_many_red_trees_the_latest_are_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "1\n");
    sandbox.git(&["add", "a"]);
    let repository = sandbox.repository();
    let red = |tree: &gatelang::repo::Oid, phase: &str| {
        Record::new(json!({
            "subject": [{ "digest": { "gitTree": tree.as_str() } }],
            "predicate": { "event": "red", "phase": phase },
        }))
    };
    let tree = repository.staged_tree().unwrap();
    let kept = || {
        let refs = sandbox.git(&[
            "for-each-ref",
            "--format=%(refname:lstrip=3)",
            "refs/gate/red",
        ]);
        refs.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let of_another = repository.record("plan", &red(&tree, "other")).unwrap();
    let mut all = Vec::new();
    for _ in 0..52 {
        all.push(repository.record("plan", &red(&tree, "one")).unwrap());
    }
    let mut wanted: Vec<String> = all[2..].iter().map(ToString::to_string).collect();
    wanted.push(of_another.to_string());
    wanted.sort();
    assert_eq!(kept(), wanted);
    // A tree that is not there is recorded, and cannot be kept.
    let gone = gatelang::repo::Oid::parse(&"1".repeat(40)).unwrap();
    repository.record("plan", &red(&gone, "one")).unwrap();
    assert_eq!(kept(), wanted);
}

#[test]
fn a_ledger_of_a_plan_in_a_folder_of_that_name_is_another() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository();
    let other = repository.record("ledger/plan", &entry("opened")).unwrap();
    // As it is fetched.
    let name = "refs/gate/remotes/origin/ledger/ledger/plan";
    sandbox.git(&["update-ref", name, other.as_str()]);
    assert_eq!(events(&repository), [""; 0]);
    assert_eq!(repository.ledger("ledger/plan").unwrap().len(), 1);
}
