//! What a run leaves in the ledger.

use crate::project::Project;

/// The entry `back` steps before the newest one of the plan.
fn entry(project: &Project, back: usize) -> serde_json::Value {
    let name = format!("refs/gate/ledger/plan~{back}:entry.json");
    serde_json::from_str(&project.git(&["show", &name])).unwrap()
}

#[test]
fn the_plan_a_phase_opened_with_lies_beside_the_entry() {
    let project = Project::empty();
    project.stage(
        "checks/words.gate",
        "check kept() {\n  $ test -s notes\n}\n",
    );
    project.stage(
        "plan.gate",
        "use \"./checks/words.gate\"\nphase p \"P\" {\n  gate g check words.kept()\n}\n",
    );
    project.stage("notes", "");
    project.gate(&["run"]).exits(1);
    let opened = "refs/gate/ledger/plan";
    let first = project.git(&["rev-list", "--max-parents=0", opened]);
    insta::assert_snapshot!(project.git(&["ls-tree", "-r", "--name-only", &first]), @"
    entry.json
    plan/checks/words.gate
    plan/plan.gate
    ");
    let kept = project.git(&["show", &format!("{first}:plan/checks/words.gate")]);
    assert_eq!(kept, project.read("checks/words.gate").trim_end());
    let back = project.git(&["rev-list", "--count", opened]);
    let entry = entry(&project, back.parse::<usize>().unwrap() - 1);
    assert_eq!(entry["predicate"]["event"], "opened");
    let configuration = entry["predicate"]["configuration"].as_array().unwrap();
    let names: Vec<_> = configuration.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["plan.gate", "checks/words.gate"]);
}
