//! Signatures of commits and tags, verified by git as it is configured.

use serde::Serialize;

use super::tag::SIGNATURES;
use super::{Oid, RepoError, Repository};

/// What git says of a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "signature")]
pub enum Signature {
    /// There is none.
    None,
    /// It is good, and git knows whose it is.
    Good {
        /// Whose, in git's words.
        by: String,
    },
    /// It is intact, or may be, and git cannot tell whose it is.
    Unknown {
        /// Why, in git's words.
        why: String,
    },
    /// It is of something else, or its key was revoked.
    Bad {
        /// Why, in git's words.
        why: String,
    },
}

impl Repository {
    /// The signature of a commit or a tag's object.
    ///
    /// # Errors
    /// Where git cannot read it.
    pub fn signature(&self, id: &Oid) -> Result<Signature, RepoError> {
        let object = self.object(id)?;
        let text = String::from_utf8_lossy(&object.data);
        let begins = |line: &str| SIGNATURES.contains(&line.trim_end());
        let signed = match object.kind.as_str() {
            "commit" => text
                .lines()
                .take_while(|line| !line.is_empty())
                .any(|line| line.starts_with("gpgsig")),
            _ => text.lines().any(begins),
        };
        if !signed {
            return Ok(Signature::None);
        }
        let mut call = self.git();
        let ssh = text.contains("-----BEGIN SSH SIGNATURE-----");
        let signers = ssh && self.setting("gpg.ssh.allowedSignersFile")?.is_some();
        if ssh && !signers {
            // Without such a file git looks at no signature at all; with an empty one it
            // tells at least whether the signature is intact.
            call = call.setting("gpg.ssh.allowedSignersFile=/dev/null");
        }
        let verify = match object.kind.as_str() {
            "commit" => "verify-commit",
            _ => "verify-tag",
        };
        let call = call.args([verify, "--raw", id.as_str()]);
        let output = call.reading().output()?;
        let said = output.complaint();
        let words = readable(&said);
        let says = |what: &str| said.contains(what);
        if output.status == 0 {
            return Ok(Signature::Good { by: words });
        }
        let broken = says("Signature verification failed")
            || says("BADSIG")
            || says("REVKEYSIG")
            || (says("Could not verify signature") && !says("Good \"git\" signature"))
            // There is a list of who may sign, and this key is not on it.
            || (signers && says("No principal matched"));
        Ok(if broken {
            Signature::Bad { why: words }
        } else {
            Signature::Unknown { why: words }
        })
    }

    /// A text of git's configuration.
    pub(super) fn setting(&self, name: &str) -> Result<Option<String>, RepoError> {
        let call = self.git().args(["config", "--get", name]);
        let value = call.reading().ask()?;
        Ok(value.map(|text| String::from_utf8_lossy(&text).trim_end().to_owned()))
    }
}

/// What git said, in one line: of the status lines of `gpg` those that tell something.
fn readable(said: &str) -> String {
    const TELLING: [&str; 8] = [
        "GOODSIG",
        "BADSIG",
        "EXPSIG",
        "EXPKEYSIG",
        "REVKEYSIG",
        "ERRSIG",
        "NO_PUBKEY",
        "TRUST_NEVER",
    ];
    let lines = said.lines().filter_map(|line| {
        let Some(status) = line.strip_prefix("[GNUPG:] ") else {
            return Some(line.trim());
        };
        let word = status.split(' ').next().unwrap_or_default();
        TELLING.contains(&word).then_some(status)
    });
    lines.collect::<Vec<_>>().join("; ")
}
