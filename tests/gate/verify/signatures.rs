//! Signatures in each of git's formats.

use serde_json::Value;

use super::{PLAN, document, findings, seal};
use crate::project::Project;

/// What is signed and what git says of it: `tag good`.
fn signed(document: &Value) -> Vec<String> {
    let signed = document["phases"][0]["signed"].as_array().unwrap();
    let word = |s: &Value| {
        let text = |name: &str| s[name].as_str().unwrap().to_owned();
        format!("{} {}", text("what"), text("signature"))
    };
    signed.iter().map(word).collect()
}

fn unchecked(document: &Value) -> Vec<String> {
    let all = document["unchecked"].as_array().unwrap();
    all.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn script(project: &Project, name: &str, text: &str) -> String {
    let path = format!(".git/{name}");
    project.write(&path, format!("#!/bin/sh\n{text}"));
    let path = project.path().join(path);
    project
        .command("chmod")
        .arg("+x")
        .arg(&path)
        .status()
        .unwrap();
    path.to_str().unwrap().to_owned()
}

/// A key of this person's, in a keyring of the test's own; its id.
fn key(home: &str, who: &str) -> String {
    let gpg = |args: &[&str]| {
        let mut gpg = std::process::Command::new("gpg");
        gpg.args(["--homedir", home, "--batch", "--quiet", "--no-tty"])
            .args(args);
        let output = gpg.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    };
    gpg(&[
        "--passphrase",
        "",
        "--quick-generate-key",
        who,
        "ed25519",
        "sign",
        "never",
    ]);
    let listed = gpg(&["--with-colons", "--list-secret-keys", who]);
    let line = listed
        .lines()
        .find(|line| line.starts_with("fpr:"))
        .unwrap();
    line.split(':').nth(9).unwrap().to_owned()
}

/// Ends the agent that gpg started for this keyring, when the test ends.
struct Keyring(tempfile::TempDir);

impl Keyring {
    fn new() -> Self {
        Self(
            tempfile::Builder::new()
                .prefix("gpg-")
                .tempdir_in("/tmp")
                .unwrap(),
        )
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let mut end = std::process::Command::new("gpgconf");
        end.args(["--homedir", self.path(), "--kill", "all"]);
        drop(end.output());
    }
}

/// Whether this machine has the program.
fn there_is(program: &str) -> bool {
    let asked = std::process::Command::new(program)
        .arg("--version")
        .output();
    asked.is_ok_and(|output| output.status.success())
}

/// Has another name in the place of the tagger's.
fn a_forged_tag_is_found(project: &Project, tag: &str) {
    project.write(
        ".git/tag",
        format!("{}\n", tag.replace("tagger Ada", "tagger Eve")),
    );
    let id = project.git(&["hash-object", "-w", "-t", "tag", ".git/tag"]);
    project.git(&["update-ref", "refs/tags/site-done", &id]);
    assert_eq!(
        findings(project, &[]),
        ["R609 the signature of the tag of phase `site` is not good"]
    );
}

#[test]
fn by_openpgp() {
    if !there_is("gpg") {
        assert!(std::env::var_os("CI").is_none(), "there is no gpg");
        return;
    }
    let (ours, theirs) = (Keyring::new(), Keyring::new());
    let project = Project::with_plan(PLAN);
    let wrapper = |name: &str, home: &str| {
        script(
            &project,
            name,
            &format!("exec gpg --homedir '{home}' \"$@\"\n"),
        )
    };
    let own = key(ours.path(), "Ada <ada@example.com>");
    project.git(&["config", "gpg.program", &wrapper("ours", ours.path())]);
    project.git(&["config", "user.signingKey", &own]);
    project.git(&["config", "commit.gpgSign", "true"]);
    project.git(&["config", "tag.gpgSign", "true"]);
    seal(&project);
    let (code, proof) = document(&project, &[]);
    assert_eq!((code, unchecked(&proof)), (0, Vec::new()));
    assert_eq!(signed(&proof), ["commit good", "tag good", "entry good"]);

    // By a key that this keyring does not have, nobody can tell.
    let stranger = key(theirs.path(), "Eve <eve@example.com>");
    let tag = project.git(&["cat-file", "tag", "site-done"]);
    let (text, _) = tag.split_once("-----BEGIN").unwrap();
    let forged = |text: &str, home: &str, key: &str| {
        project.write(".git/text", text);
        let mut gpg = project.command("gpg");
        gpg.args([
            "--homedir",
            home,
            "--batch",
            "--quiet",
            "--no-tty",
            "-bsa",
            "-u",
            key,
        ]);
        let output = gpg.args(["-o", "-", ".git/text"]).output().unwrap();
        assert!(output.status.success());
        let signature = String::from_utf8(output.stdout).unwrap();
        project.write(".git/tag", format!("{text}{signature}"));
        let id = project.git(&["hash-object", "-w", "-t", "tag", ".git/tag"]);
        project.git(&["update-ref", "refs/tags/site-done", &id]);
    };
    forged(text, theirs.path(), &stranger);
    let (code, proof) = document(&project, &[]);
    assert_eq!(code, 0);
    let told = unchecked(&proof);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("whose signature the tag of phase `site` carries:"),
        "{told:?}"
    );
    assert!(told[0].contains("NO_PUBKEY"), "{told:?}");

    // Signed, and edited afterwards; and not signed at all.
    a_forged_tag_is_found(&project, &tag);
    project.write(".git/tag", text);
    let id = project.git(&["hash-object", "-w", "-t", "tag", ".git/tag"]);
    project.git(&["update-ref", "refs/tags/site-done", &id]);
    assert_eq!(
        findings(&project, &[]),
        ["R609 the tag of phase `site` was signed, and carries no signature now"]
    );
}

/// A program that signs and verifies as `gpgsm` does, by a sum.
const SUMS: &str = r#"
case "$*" in
*--verify*)
  for last; do :; done
  file=$(for a; do case $a in -*) ;; *) test -f "$a" && echo "$a";; esac; done | head -n 1)
  sum=$(cksum | cut -d' ' -f1)
  if grep -qx "$sum" "$file"; then
    echo "[GNUPG:] NEWSIG"
    echo "[GNUPG:] GOODSIG 1234 /CN=Ada"
    echo "[GNUPG:] TRUST_FULLY 0"
  else
    echo "[GNUPG:] BADSIG 1234 /CN=Ada"
    exit 1
  fi;;
*)
  sum=$(cksum | cut -d' ' -f1)
  echo "[GNUPG:] SIG_CREATED D" >&2
  printf -- '-----BEGIN SIGNED MESSAGE-----\n%s\n-----END SIGNED MESSAGE-----\n' "$sum";;
esac
"#;

#[test]
fn by_x509() {
    let project = Project::with_plan(PLAN);
    let program = script(&project, "sums", SUMS);
    project.git(&["config", "gpg.format", "x509"]);
    project.git(&["config", "gpg.x509.program", &program]);
    project.git(&["config", "user.signingKey", "1234"]);
    project.git(&["config", "commit.gpgSign", "true"]);
    project.git(&["config", "tag.gpgSign", "true"]);
    seal(&project);
    let (code, proof) = document(&project, &[]);
    assert_eq!((code, unchecked(&proof)), (0, Vec::new()));
    assert_eq!(signed(&proof), ["commit good", "tag good", "entry good"]);
    let tag = project.git(&["cat-file", "tag", "site-done"]);
    a_forged_tag_is_found(&project, &tag);
}

#[test]
fn only_what_git_is_told_to_sign_is_signed() {
    for (name, parts) in [
        ("tag.gpgSign", &["tag good"][..]),
        ("tag.forceSignAnnotated", &["tag good"]),
        ("commit.gpgSign", &["commit good", "entry good"]),
    ] {
        let project = Project::with_plan(PLAN);
        let program = script(&project, "sums", SUMS);
        project.git(&["config", "gpg.format", "x509"]);
        project.git(&["config", "gpg.x509.program", &program]);
        project.git(&["config", name, "true"]);
        seal(&project);
        let (code, proof) = document(&project, &[]);
        assert_eq!(code, 0);
        assert_eq!(signed(&proof), parts, "{name}");
    }
}
