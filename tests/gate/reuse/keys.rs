//! Keys are equal exactly where all is equal that a verdict depends on.

use std::collections::BTreeMap;

use gatelang::plan::Plan;
use gatelang::repo::{Oid, Repository};
use gatelang::run::Interpreter;
use gatelang::source::MemoryLoader;
use proptest::prelude::*;

use crate::project::Project;

/// The key of gate `g` of a plan on a tree.
fn key(project: &Project, plan: &str, tree: &str) -> String {
    let loader = MemoryLoader::new().with("plan.gate", plan);
    let loaded = Plan::load("plan.gate", &loader).unwrap_or_else(|e| panic!("{plan}\n{e}"));
    let repository = Repository::discover(project.path()).unwrap();
    let why = Interpreter::new(&loaded, repository)
        .tree(Oid::parse(tree).unwrap())
        .why("g")
        .unwrap();
    why.key.unwrap()
}

/// A gate, as far as a verdict depends on it.
#[derive(Debug, Clone, PartialEq)]
struct Gate {
    steps: Vec<&'static str>,
    env: BTreeMap<&'static str, &'static str>,
    dir: Option<&'static str>,
    timeout: u8,
    when: bool,
    inputs: Vec<&'static str>,
}

/// How it is written, which does not count.
#[derive(Debug, Clone)]
struct Writing {
    title: bool,
    comments: bool,
    through_let: bool,
    settings_last: bool,
    locked: bool,
}

fn gates() -> impl Strategy<Value = Gate> {
    let steps = prop::sample::select(vec![
        "$ true",
        "$ true ",
        "$ test -e a/x",
        "$ printf '%s' \\{{x}}",
        "$ printf '%s' {{git.branch}}",
        "$ printf '%s' \"{{git.branch}}\"",
        "expect file(\"a/x\").exists",
        "expect not file(\"a/x\").exists",
        "expect 1 + 2 == 3",
        "expect 1 == 3 or true",
        "let v = files(\"a/*\").len()",
        "script \"python3\" 'print(1)'",
        "script \"python3\" 'print(2)'",
        "check twice(1)",
        "check twice(2)",
        "check once(1)",
    ]);
    let pairs = prop::sample::select(vec![("A", "\"1\""), ("A", "\"2\""), ("B", "\"1\"")]);
    let inputs = prop::sample::select(vec!["a/**", "b/**", "a/x"]);
    let folder = prop::option::of(prop::sample::select(vec!["a", "b"]));
    (
        prop::collection::vec(steps, 1..4),
        prop::collection::vec(pairs, 0..2),
        folder,
        1..3u8,
        any::<bool>(),
        prop::collection::vec(inputs, 1..3),
    )
        .prop_map(|(mut steps, env, dir, timeout, when, inputs)| {
            // A step that judges, and no `let` twice.
            let mut seen = Vec::new();
            steps.retain(|step| {
                !step.starts_with("let")
                    || !seen.contains(step) && {
                        seen.push(*step);
                        true
                    }
            });
            steps.push("$ true # the last");
            Gate {
                steps,
                env: env.into_iter().collect(),
                dir,
                timeout,
                when,
                inputs,
            }
        })
}

fn writings() -> impl Strategy<Value = Writing> {
    any::<[bool; 5]>().prop_map(
        |[title, comments, through_let, settings_last, locked]| Writing {
            title,
            comments,
            through_let,
            settings_last,
            locked,
        },
    )
}

fn written(gate: &Gate, writing: &Writing) -> String {
    let mut settings = vec![
        format!("timeout {}m", gate.timeout),
        format!("inputs \"{}\"", gate.inputs.join("\", \"")),
    ];
    if let Some(dir) = gate.dir {
        settings.push(format!("in \"{dir}\""));
    }
    for (name, value) in &gate.env {
        let value = if writing.through_let && *value == "\"1\"" {
            "one"
        } else {
            value
        };
        settings.push(format!("env {name} = {value}"));
    }
    if gate.when {
        settings.push("when os != \"\"".to_owned());
    }
    if writing.locked {
        settings.push("lock \"l\"".to_owned());
    }
    let steps = gate.steps.iter().map(|step| (*step).to_owned());
    let lines: Vec<String> = if writing.settings_last {
        steps.chain(settings.clone()).collect()
    } else {
        settings.into_iter().chain(steps).collect()
    };
    let between = if writing.comments {
        "\n  # why\n  "
    } else {
        "\n    "
    };
    let title = if writing.title { " \"a title\"" } else { "" };
    format!(
        "let one = \"1\"\ncheck once(n: int) {{\n  $ test {{{{n}}}} = 1\n}}\ncheck twice(n: int) {{\n  check once(n)\n  check once(n)\n}}\nphase p \"P\" {{\n  gate g{title} {{{between}{}\n  }}\n}}\n",
        lines.join(between)
    )
}

fn two_folders() -> (Project, String) {
    let project = Project::with_plan("");
    project.stage("a/x", "1\n").stage("b/x", "1\n");
    let tree = project.git(&["write-tree"]);
    (project, tree)
}

/// The tree of these files: path, content and whether it may be executed.
fn tree(project: &Project, files: &BTreeMap<&str, (bool, u8)>, blobs: &[String]) -> String {
    project.git(&["read-tree", "--empty"]);
    let mut args = vec!["update-index".to_owned(), "--add".to_owned()];
    for (path, (executable, content)) in files {
        let mode = if *executable { "100755" } else { "100644" };
        let blob = &blobs[usize::from(*content)];
        args.extend(["--cacheinfo".to_owned(), format!("{mode},{blob},{path}")]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    project.git(&args);
    project.git(&["write-tree"])
}

fn files() -> impl Strategy<Value = BTreeMap<&'static str, (bool, u8)>> {
    let paths = ["a/x", "a/y", "a/b/x", "b/x", "ab/x", "a.x", "x"];
    let file = (prop::sample::select(paths.to_vec()), any::<bool>(), 0..2u8);
    prop::collection::vec(file, 0..6).prop_map(|files| {
        let files = files.into_iter();
        files
            .map(|(path, mode, content)| (path, (mode, content)))
            .collect()
    })
}

/// Inputs, and which paths they are.
type Inputs = (&'static str, fn(&str) -> bool);

const INPUTS: [Inputs; 6] = [
    ("", |_| true),
    ("\"a/**\", \"?.x\"", |path| {
        path.starts_with("a/") || path == "a.x"
    }),
    ("\"x\", \"a/b/x\", \"a\"", |path| {
        path == "x" || path == "a/b/x"
    }),
    ("\"**/x\"", |path| path == "x" || path.ends_with("/x")),
    ("\"a/b/**\", \"a*/x\", \"x/**\"", |path| {
        ["a/b/x", "a/x", "ab/x"].contains(&path)
    }),
    ("\"**\"", |_| true),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_gates(a in gates(), b in gates(), how in writings(), same in any::<bool>()) {
        let (project, tree) = two_folders();
        let plain = Writing { title: false, comments: false, through_let: false, settings_last: false, locked: false };
        let b = if same { a.clone() } else { b };
        let (first, second) = (written(&a, &plain), written(&b, &how));
        let equal = key(&project, &first, &tree) == key(&project, &second, &tree);
        prop_assert_eq!(equal, a == b, "{}\n{}", first, second);
    }

    #[test]
    fn of_trees(before in files(), after in files(), inputs in prop::sample::select(&INPUTS[..])) {
        let project = Project::with_plan("");
        let blobs = ["1", "2"].map(|text| {
            project.write("blob", text);
            project.git(&["hash-object", "-w", "blob"])
        });
        let (globs, is) = inputs;
        let inputs = if globs.is_empty() { String::new() } else { format!("    inputs {globs} allow-empty\n") };
        let plan = format!("phase p \"P\" {{\n  gate g {{\n{inputs}    $ true\n  }}\n}}\n");
        let seen = |files: &BTreeMap<&'static str, (bool, u8)>| -> Vec<_> {
            files.iter().filter(|(path, _)| is(path)).map(|(path, of)| (*path, *of)).collect()
        };
        let (old, new) = (tree(&project, &before, &blobs), tree(&project, &after, &blobs));
        let equal = key(&project, &plan, &old) == key(&project, &plan, &new);
        prop_assert_eq!(equal, seen(&before) == seen(&after));
    }
}

fn environment() -> impl Strategy<Value = BTreeMap<&'static str, &'static str>> {
    let name = prop::sample::select(vec!["NAMED", "lower", "OTHER", "TZ", "ASKED"]);
    let value = prop::sample::select(vec!["", "1", "2"]);
    prop::collection::btree_map(name, value, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_environments(before in environment(), after in environment()) {
        let project = Project::with_plan(
            "phase p \"P\" {\n  gate g {\n    $ echo \"$NAMED ${lower:-}\"\n    expect env(\"ASKED\", \"\") != \"x\"\n  }\n}\n",
        );
        let key = |env: &BTreeMap<&'static str, &'static str>| {
            let env: Vec<_> = env.iter().map(|(name, value)| (*name, *value)).collect();
            let answer = project.gate_with(&["show", "--why", "g", "--json"], &env).exits(0);
            let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
            json["key"].as_str().unwrap().to_owned()
        };
        let seen = |env: &BTreeMap<&'static str, &'static str>| {
            let mut env = env.clone();
            env.remove("OTHER");
            env
        };
        prop_assert_eq!(key(&before) == key(&after), seen(&before) == seen(&after));
    }
}
