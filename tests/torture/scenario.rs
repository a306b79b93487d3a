//! Runs that between them come to every step.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::project::{Project, alone};
use crate::sign::typed_ahead;

/// A repository to be made, and what is done in it.
pub struct Scenario {
    pub name: &'static str,
    pub args: &'static [&'static str],
    pub make: fn() -> Project,
    /// Whether it is about sealing a phase of `plan.gate`, with the tag `v1`.
    pub seals: bool,
}

/// Every scenario. A step is tried in the first that comes to it.
pub const ALL: [Scenario; 11] = [
    Scenario {
        name: "run",
        args: &["run"],
        make: checkout,
        seals: true,
    },
    Scenario {
        name: "run after a clean one",
        args: &["run", "--keep-output"],
        make: clean_checkout,
        seals: true,
    },
    Scenario {
        name: "run, with settings and signatures",
        args: &["run"],
        make: odd_settings,
        seals: true,
    },
    Scenario {
        name: "run, the checkout broken",
        args: &["run"],
        make: broken_checkout,
        seals: true,
    },
    Scenario {
        name: "run, refs in tables",
        args: &["run"],
        make: tables,
        seals: true,
    },
    Scenario {
        name: "run, the working tree judged",
        args: &["run"],
        make: working_tree,
        seals: true,
    },
    Scenario {
        name: "run, signed off",
        args: &["run"],
        make: signed_off,
        seals: true,
    },
    Scenario {
        name: "run, and push",
        args: &["run"],
        make: pushing,
        seals: true,
    },
    Scenario {
        name: "install ledger",
        args: &["install", "ledger"],
        make: pushing,
        seals: false,
    },
    Scenario {
        name: "fmt",
        args: &["fmt"],
        make: || Project::with_plan("phase p \"P\" {\ngate g $ true\n}\n"),
        seals: false,
    },
    Scenario {
        name: "demo",
        args: &["demo", "made"],
        make: || Project::with_plan("phase p \"P\" {\n  gate g $ true\n}\n"),
        seals: false,
    },
];

/// The usual: partly staged work, judged in a checkout that held another tree.
fn checkout() -> Project {
    let made = Project::with_plan(
        r#"phase p "P" {
  gate script { script "bash" "test -f staged" }
  gate long {
    $ head -c 2000000 /dev/zero | tr '\0' x
    expect stdout matches /^x/
  }
  gate stages $ touch more && git add more && git read-tree HEAD
  commit feat "p"
  tag "v1"
}
"#,
    );
    made.stage(".gitignore", "ignored/\nwas/\nnew/\n");
    made.write("ignored/lib", "1\n").write("was/lib", "1\n");
    made.stage("staged", "1\n").write("staged", "2\n");
    made.gate(&["try"]).exits(0);
    fs::remove_dir_all(made.path().join("was")).unwrap();
    made.stage("staged", "3\n").write("staged", "4\n");
    made.write("untracked", "u\n").write("ignored/new", "n\n");
    made.write("new/lib", "n\n");
    made.git(&[
        "stash",
        "store",
        "-m",
        "kept",
        &made.git(&["stash", "create"]),
    ]);
    made
}

/// The checkout holds another tree and nothing else.
fn clean_checkout() -> Project {
    let made = Project::with_plan(
        "phase p \"P\" {\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.stage("a", "1\n").write("b", "1\n");
    made.gate(&["try"]).exits(0);
    made.stage("a", "2\n");
    for run in 1..=10 {
        fs::create_dir_all(made.path().join(format!(".git/gate/output/{run}"))).unwrap();
    }
    made
}

/// The working tree itself is judged.
fn working_tree() -> Project {
    let made = Project::with_plan(
        "plan {\n  tree worktree\n}\nphase p \"P\" {\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.stage("a", "1\n");
    made
}

/// Settings of the working tree's own, signatures, attributes and ignores that change.
fn odd_settings() -> Project {
    let made = Project::with_plan(
        "phase p \"P\" {\n  scope { allow \"**\" }\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.git(&["config", "extensions.worktreeConfig", "true"]);
    made.git(&["config", "--worktree", "core.sparseCheckout", "false"]);
    made.stage("a", "1\n").write("b", "1\n");
    made.gate(&["try"]).exits(0);
    made.stage(".gitignore", "x\n").stage("a", "2\n");
    ssh_key(&made);
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", ".git/key"),
        ("tag.gpgSign", "true"),
        ("commit.gpgSign", "true"),
    ] {
        made.git(&["config", name, value]);
    }
    made
}

/// A manual check that a person signed off, with a signature.
fn signed_off() -> Project {
    let made = to_sign();
    let mut sign = made.gate_command();
    alone(&mut sign);
    sign.arg("sign");
    typed_ahead(sign, &["passed", "fine"]).exits(0);
    made
}

/// A manual check that demands a signature, and git set up to make one.
pub fn to_sign() -> Project {
    let made = Project::with_plan(
        "phase p \"P\" {\n  gate g $ test -f a\n  manual m \"M\" {\n    step \"look\"\n    signed\n  }\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.stage("a", "1\n").write("b", "1\n");
    let public = ssh_key(&made);
    made.write(".git/allowed", format!("ada@example.com {public}"));
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", ".git/key"),
        ("gpg.ssh.allowedSignersFile", ".git/allowed"),
    ] {
        made.git(&["config", name, value]);
    }
    made
}

/// A key in the git directory; gives its public half.
fn ssh_key(made: &Project) -> String {
    let keygen = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(made.path().join(".git/key"))
        .status();
    assert!(keygen.unwrap().success());
    made.read(".git/key.pub")
}

/// A checkout that a user broke.
fn broken_checkout() -> Project {
    let made = Project::with_plan(
        "phase p \"P\" {\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.stage("a", "1\n").write("b", "1\n");
    made.gate(&["try"]).exits(0);
    let shadow = made.path().join(".git/gate/shadow/git");
    fs::write(shadow.join("index"), "no index").unwrap();
    fs::write(shadow.join("index.lock"), "").unwrap();
    // What a run left that was killed while it moved the refs: it had moved the ledger.
    let git = made.path().join(".git");
    fs::create_dir_all(git.join("gate/.tmp-index-x")).unwrap();
    fs::create_dir_all(git.join("gate/moving")).unwrap();
    let head = made.git(&["rev-parse", "HEAD"]);
    made.git(&["update-ref", "refs/heads/moved", "HEAD"]);
    let journal = format!("refs/heads/moved - {head}\nrefs/heads/left - {head}\nend");
    fs::write(git.join("gate/moving/1-0"), journal).unwrap();
    fs::write(git.join("refs/heads/left.lock"), format!("{head}\n")).unwrap();
    made.stage("a", "2\n");
    made
}

/// Refs in tables.
fn tables() -> Project {
    let made = Project::empty();
    fs::remove_dir_all(made.path().join(".git")).unwrap();
    made.git(&["init", "-q", "-b", "main", "--ref-format=reftable"]);
    made.git(&["config", "user.name", "Ada"]);
    made.git(&["config", "user.email", "ada@example.com"]);
    made.stage(
        "plan.gate",
        "phase p \"P\" {\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
    );
    made.git(&["commit", "-qm", "plan"]);
    made.stage("a", "1\n").write("b", "1\n");
    made
}

/// A remote whose ledger went on.
fn pushing() -> Project {
    let made = Project::with_plan(
        "phase p \"P\" {\n  gate g $ test -f a\n  commit feat \"p\"\n  tag \"v1\"\n  push \"origin\"\n}\n",
    );
    made.git(&["init", "-q", "--bare", ".git/origin.git"]);
    made.git(&["remote", "add", "origin", ".git/origin.git"]);
    let tree = made.git(&["rev-parse", "HEAD^{tree}"]);
    let other = made.git(&["commit-tree", "-m", "join", &tree]);
    let ledger = format!("{other}:refs/gate/ledger/plan");
    made.git(&["push", "-q", "origin", &ledger]);
    made.stage("a", "1\n");
    made
}

impl Scenario {
    pub fn start(&self, project: &Project, env: &[(&str, &str)]) -> Child {
        let mut command = project.gate_command();
        command
            .args(self.args)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// The steps a whole run comes to, each as often as it does.
    pub fn steps(&self) -> Vec<String> {
        let project = (self.make)();
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().to_str().unwrap();
        let done = self.start(&project, &[("GATE_FAULT_LOG", path)]);
        let done = crate::project::Answer::of(done.wait_with_output().unwrap());
        done.exits(0);
        read_steps(log.path())
    }
}

pub fn read_steps(log: &Path) -> Vec<String> {
    let text = fs::read_to_string(log).unwrap();
    text.lines()
        .filter_map(|line| line.strip_suffix(":before"))
        .map(str::to_owned)
        .collect()
}
