//! Sign-offs that carry a signature.

use std::process::Command;

use super::{NOTE, VERDICT, entry, sign, stand, with_manual};
use crate::project::Project;
use crate::terminal::at_terminal;

/// A phase whose manual check demands a signature.
fn demanding() -> Project {
    with_manual("step \"look\"\n    signed")
}

/// Makes a key in the git directory; gives its public half.
pub fn key(project: &Project, name: &str) -> String {
    let path = project.path().join(".git").join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    project.read(&format!(".git/{name}.pub")).trim().to_owned()
}

/// Has git sign with a key, and know it for Ada's.
pub fn set_up(project: &Project) {
    let public = key(project, "key");
    project.write(".git/allowed", format!("ada@example.com {public}\n"));
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", ".git/key"),
        ("gpg.ssh.allowedSignersFile", ".git/allowed"),
    ] {
        project.git(&["config", name, value]);
    }
}

#[test]
fn it_is_made_verified_and_kept_beside_the_entry() {
    let project = demanding();
    set_up(&project);
    let answer = sign(&project, 1);
    assert!(answer.stdout.ends_with("(signed)\n"), "{}", answer.stdout);
    let said = &entry(&project)["predicate"];
    assert_eq!(said["assurance"], "signed");
    // Anyone verifies it with the tools they have.
    let verified = Command::new("bash")
        .args([
            "-c",
            "git show refs/gate/ledger/plan:entry.json.sig > .git/sig && git show refs/gate/ledger/plan:entry.json | ssh-keygen -Y verify -n gate-signoff -f .git/allowed -I ada@example.com -s .git/sig",
        ])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let answer = project.gate(&["run"]).exits(0);
    assert!(
        answer.stdout.contains("with a signature"),
        "{}",
        answer.stdout
    );
    project.gate(&["verify"]).exits(0);
}

#[test]
fn what_is_demanded_and_cannot_be_made_is_told() {
    let project = demanding();
    let told = |project: &Project| at_terminal(project, &["sign"], &[]).exits(2).stderr;
    insta::assert_snapshot!(told(&project), @r#"
    error[E0446]: `m` demands a signature, and git is not set up to sign with SSH
      ╭─[ plan.gate:3:10 ]
      │
    3 │   manual m "M" {
      │          ─
      │
      = help: set it up: `git config gpg.format ssh` and `git config user.signingKey ~/.ssh/id_ed25519.pub`
    "#);
    let public = key(&project, "key");
    project.git(&["config", "gpg.format", "ssh"]);
    project.git(&["config", "user.signingKey", ".git/key"]);
    insta::assert_snapshot!(told(&project), @r#"
    error[E0446]: `m` demands a signature, and git is not told whose keys are whose
      ╭─[ plan.gate:3:10 ]
      │
    3 │   manual m "M" {
      │          ─
      │
      = help: list who may sign in a file (`ADDRESS KEY-TYPE KEY`, a line each), and name it: `git config gpg.ssh.allowedSignersFile FILE`
    "#);
    // Somebody else's key.
    project.write(".git/allowed", format!("bob@example.com {public}\n"));
    project.git(&["config", "gpg.ssh.allowedSignersFile", ".git/allowed"]);
    let dialogue = [(VERDICT, "p"), (NOTE, "")];
    let answer = at_terminal(&project, &["sign"], &dialogue).exits(2);
    assert!(answer.stderr.contains("E0446"), "{}", answer.stderr);
    assert!(answer.stderr.contains("gate-signoff"), "{}", answer.stderr);
    // A key that is for git alone is none for this.
    project.write(
        ".git/allowed",
        format!("ada@example.com namespaces=\"git\" {public}\n"),
    );
    at_terminal(&project, &["sign"], &dialogue).exits(2);
    // No key at all.
    project.git(&["config", "user.signingKey", ".git/none"]);
    let answer = at_terminal(&project, &["sign"], &dialogue).exits(2);
    assert!(answer.stderr.contains("E0446"), "{}", answer.stderr);
    let ledger = project.git(&["for-each-ref", "refs/gate/ledger/"]);
    assert_eq!(ledger, "", "nothing is on record");
}

#[test]
fn without_the_demand_it_is_made_where_git_is_set_up() {
    let project = with_manual("step \"look\"");
    sign(&project, 1);
    assert_eq!(entry(&project)["predicate"]["assurance"], "terminal");
    set_up(&project);
    at_terminal(&project, &["sign", "m"], &[(VERDICT, "p"), (NOTE, "")]).exits(0);
    assert_eq!(entry(&project)["predicate"]["assurance"], "signed");
    // A key that nobody knows adds nothing, and it is told.
    project.write(".git/allowed", "");
    let answer = at_terminal(&project, &["sign", "m"], &[(VERDICT, "p"), (NOTE, "")]).exits(0);
    assert!(
        answer.stdout.contains("it carries no signature:"),
        "{}",
        answer.stdout
    );
    assert_eq!(entry(&project)["predicate"]["assurance"], "terminal");
}

#[test]
fn one_given_at_a_terminal_alone_is_void_where_a_signature_is_demanded() {
    let project = with_manual("step \"look\"\n    inputs \"in\"");
    project.stage("in", "1\n");
    sign(&project, 1);
    project.stage(
        "plan.gate",
        project
            .read("plan.gate")
            .replace("step \"look\"", "step \"look\"\n    signed"),
    );
    let answer = project.gate(&["try", "--format", "json"]).exits(4);
    assert_eq!(answer.codes(), ["M104 plan.gate:3:10"]);
}

#[test]
fn it_no_longer_verifies() {
    let project = demanding();
    set_up(&project);
    sign(&project, 1);
    project.gate(&["try"]).exits(0);
    // The key is no longer Ada's.
    let allowed = project.read(".git/allowed");
    let other = key(&project, "other");
    project.write(".git/allowed", format!("ada@example.com {other}\n"));
    let answer = project.gate(&["run", "--format", "json"]).exits(4);
    assert_eq!(answer.codes(), ["M104 plan.gate:3:10"]);
    assert_eq!(
        stand(&answer),
        ["m waiting: the signature of its sign-off is not good"]
    );
    // It was revoked.
    project.write(".git/allowed", &allowed);
    project.gate(&["try"]).exits(0);
    project.git(&["config", "gpg.ssh.revocationFile", ".git/key.pub"]);
    project.gate(&["try"]).exits(4);
    project.git(&["config", "--unset", "gpg.ssh.revocationFile"]);
    // Nobody can tell here whose it is.
    project.git(&["config", "--unset", "gpg.ssh.allowedSignersFile"]);
    let answer = project.gate(&["run"]).exits(4);
    assert!(
        answer
            .stdout
            .contains("`gpg.ssh.allowedSignersFile` is not set"),
        "{}",
        answer.stdout
    );
}

#[test]
fn it_is_of_this_entry_and_no_other() {
    let project = demanding();
    set_up(&project);
    sign(&project, 1);
    let whole = project.git(&["rev-parse", "refs/gate/ledger/plan"]);
    let text = project.git(&["show", &format!("{whole}:entry.json")]);
    let signature = project.git(&["rev-parse", &format!("{whole}:entry.json.sig")]);
    // Edited afterwards, with the signature left beside it; and with none.
    let edited = text.replace("\"note\": null", "\"note\": \"all is well\"");
    assert_ne!(edited, text);
    project.write(".git/forged", format!("{edited}\n"));
    let blob = project.git(&["hash-object", "-w", ".git/forged"]);
    for with_signature in [true, false] {
        let mut tree = format!("100644 blob {blob}\tentry.json\n");
        if with_signature {
            tree.push_str(&format!("100644 blob {signature}\tentry.json.sig\n"));
        }
        project.write(".git/tree", tree);
        let made = Command::new("bash")
            .args(["-c", "git mktree < .git/tree"])
            .current_dir(project.path())
            .output()
            .unwrap();
        let tree = String::from_utf8(made.stdout).unwrap();
        let forged = project.git(&["commit-tree", "-m", "signed p", tree.trim()]);
        project.git(&["update-ref", "refs/gate/ledger/plan", &forged]);
        let answer = project.gate(&["try", "--format", "json"]).exits(4);
        assert_eq!(answer.codes(), ["M104 plan.gate:3:10"]);
        let answer = project.gate(&["verify"]).exits(1);
        assert!(answer.stderr.contains("R609"), "{}", answer.stderr);
    }
    project.git(&["update-ref", "refs/gate/ledger/plan", &whole]);
    project.gate(&["try"]).exits(0);
    project.gate(&["verify"]).exits(0);
}
