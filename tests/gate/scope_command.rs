//! `gate scope`: about paths before they are touched.

use crate::project::Project;

const PLAN: &str = r#"plan { base "main" }

phase api "The API" {
  scope {
    allow   "api/**", "*.md"
    deny    "**/*.lock"
    require "CHANGELOG"
  }
  tasks "todo/tasks.md"
  gate g $ true
}

phase site "The site" {
  scope { allow "site/**" }
  gate g $ true
}

phase rest "The rest" {
  gate g $ true
}
"#;

#[test]
fn every_standing_with_its_rule() {
    let project = Project::with_plan(PLAN);
    let paths = [
        "api/new.rs",
        "api/new.lock",
        "CHANGELOG",
        "todo/tasks.md",
        "site/index.html",
        "README.md",
        "docs/README.md",
    ];
    let args = [&["scope"], &paths[..]].concat();
    let before = project.belongings();
    let answer = project.gate(&args).exits(1);
    insta::assert_snapshot!(answer.stdout, @r#"
    phase 1/3 api  The API

      ✓ api/new.rs       allowed by `allow "api/**"`, plan.gate:5:13
      ✗ api/new.lock     denied by `deny "**/*.lock"`, plan.gate:6:13
      ✓ CHANGELOG        named by `require "CHANGELOG"`, plan.gate:7:13
      ✓ todo/tasks.md    named by `tasks "todo/tasks.md"`, plan.gate:9:9
      ✗ site/index.html  work of phase 2 `site`
      ✓ README.md        allowed by `allow "*.md"`, plan.gate:5:23
      ✗ docs/README.md   outside what phase `api` allows
    "#);
    assert_eq!(project.belongings(), before);
    project.gate(&["scope", "api/x", "README.md"]).exits(0);
}

#[test]
fn another_phase_and_json() {
    let project = Project::with_plan(PLAN);
    let scope = |args: &[&str]| {
        let args = [&["scope", "--json"], args].concat();
        let answer = project.gate(&args);
        let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        (answer.code, json)
    };
    let (code, json) = scope(&["site/a", "api/a", "--phase", "site"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "in_scope": false,
      "number": 2,
      "paths": [
        {
          "in_scope": true,
          "path": "site/a",
          "phase": null,
          "rule": {
            "column": 17,
            "file": "plan.gate",
            "glob": "site/**",
            "line": 14,
            "rule": "allow"
          },
          "standing": "allowed"
        },
        {
          "in_scope": false,
          "path": "api/a",
          "phase": null,
          "rule": null,
          "standing": "outside"
        }
      ],
      "phase": "site",
      "schema": 1
    }
    "#);
    let (code, json) = scope(&["anything", "--phase", "rest"]);
    assert_eq!(code, 0);
    assert_eq!(json["paths"][0]["standing"], "free");
    let (_, json) = scope(&["site/a"]);
    assert_eq!(json["paths"][0]["standing"], "future");
    assert_eq!(json["paths"][0]["phase"], "site");
    let answer = project.gate(&["scope", "x", "--phase", "nope"]).exits(2);
    assert!(answer.stderr.contains("E0402"), "{}", answer.stderr);
}

#[test]
fn paths_are_from_the_current_folder() {
    let project = Project::with_plan(PLAN);
    project.stage("api/deep/a.rs", "1\n");
    project.stage("api/b.lock", "1\n");
    std::os::unix::fs::symlink("/", project.path().join("api/way")).unwrap();
    let from = |folder: &str, args: &[&str]| {
        let mut command = project.gate_command();
        command
            .current_dir(project.path().join(folder))
            .arg("scope")
            .args(args);
        crate::project::Answer::of(command.output().unwrap())
    };
    from(
        "api/deep",
        &["a.rs", "../b.rs", "../../README.md", "./new/x"],
    )
    .exits(0);
    from("api/deep", &["../../x"]).exits(1);
    from("api", &["way"]).exits(0);
    let absolute = project.path().join("api/x");
    from("api", &[absolute.to_str().unwrap()]).exits(0);
    for outside in ["../../x", "way/x", "/"] {
        let answer = from("api", &[outside]).exits(2);
        assert!(answer.stderr.contains("E0416"), "{}", answer.stderr);
    }
    // A folder is what is staged in it.
    insta::assert_snapshot!(from("api", &["."]).exits(1).stdout, @r#"
    phase 1/3 api  The API

      ✗ b.lock     denied by `deny "**/*.lock"`, ../plan.gate:6:13
      ✓ deep/a.rs  allowed by `allow "api/**"`, ../plan.gate:5:13
    "#);
    from("", &["api/deep"]).exits(0);
}

#[test]
fn without_a_plan_or_a_path_it_is_no_call() {
    let project = Project::empty();
    project.gate(&["scope", "x"]).exits(2);
    Project::with_plan(PLAN).gate(&["scope"]).exits(2);
}
