//! Signatures of a person's word: made and verified with SSH, as git is configured, in a
//! namespace of gate's own.
//!
//! A signature that git makes of a commit says nothing here, and one of these nothing there.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

use super::error::SIGN_OFF;
use super::{Identity, Moment, RepoError, Repository, Signature, files, git};
use crate::disk::{self, Step};

/// What these signatures are for: nothing else takes them.
pub const NAMESPACE: &str = "gate-signoff";

/// How git is set up to sign with SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSigner {
    program: OsString,
    key: Key,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    /// A file, private or public.
    File(OsString),
    /// A public key written out; the agent has the private one.
    Literal(String),
}

impl Repository {
    /// How git is set up to sign with SSH; none where it is not: another `gpg.format`, or no
    /// key.
    ///
    /// # Errors
    /// Where git cannot be asked.
    pub fn ssh_signer(&self) -> Result<Option<SshSigner>, RepoError> {
        let format = self.setting("gpg.format")?;
        if format.as_deref().is_some_and(|format| format != "ssh") {
            return Ok(None);
        }
        let key = match self.setting("user.signingKey")? {
            Some(key) if !key.is_empty() => Some(key),
            _ => self.default_key()?,
        };
        let Some(key) = key else { return Ok(None) };
        let key = match key.strip_prefix("key::") {
            Some(literal) => Key::Literal(literal.to_owned()),
            None if key.starts_with("ssh-") => Key::Literal(key),
            None => match self.path_setting("user.signingKey")? {
                Some(file) => Key::File(file),
                None => return Ok(None),
            },
        };
        // Without a format a key is one of OpenPGP, unless it can only be one of SSH.
        let is_ssh = match &key {
            Key::Literal(_) => true,
            Key::File(file) => self.root().join(file).is_file(),
        };
        if format.is_none() && !is_ssh {
            return Ok(None);
        }
        Ok(Some(SshSigner {
            program: self.keygen()?,
            key,
        }))
    }

    /// The key that `gpg.ssh.defaultKeyCommand` prints.
    fn default_key(&self) -> Result<Option<String>, RepoError> {
        let Some(command) = self.setting("gpg.ssh.defaultKeyCommand")? else {
            return Ok(None);
        };
        let call = duct::cmd("sh", ["-c", &command]).dir(self.root());
        let done = call.stdin_null().stdout_capture().unchecked().run();
        let printed = done.map(|done| String::from_utf8_lossy(&done.stdout).into_owned());
        let first = printed.unwrap_or_default();
        let first = first.lines().next().unwrap_or_default().trim();
        let is_key = first.starts_with("ssh-") || first.starts_with("key::");
        Ok(is_key.then(|| first.to_owned()))
    }

    fn keygen(&self) -> Result<OsString, RepoError> {
        let program = self.path_setting("gpg.ssh.program")?;
        Ok(program.unwrap_or_else(|| "ssh-keygen".into()))
    }

    /// Whether git is told whose keys are whose: `gpg.ssh.allowedSignersFile`.
    ///
    /// # Errors
    /// Where git cannot be asked.
    pub fn knows_signers(&self) -> Result<bool, RepoError> {
        Ok(self.path_setting("gpg.ssh.allowedSignersFile")?.is_some())
    }

    /// The signature of a text. What the program has to say or ask goes to the terminal.
    ///
    /// # Errors
    /// [`RepoError::Unsigned`] where there is none.
    pub fn sign_text(&self, signer: &SshSigner, text: &[u8]) -> Result<Vec<u8>, RepoError> {
        let unsigned = |detail: String| RepoError::Unsigned {
            what: SIGN_OFF,
            detail,
        };
        let mut args: Vec<OsString> = ["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]
            .map(Into::into)
            .into();
        let _literal = match &signer.key {
            Key::File(file) => {
                args.push(file.clone());
                None
            }
            Key::Literal(key) => {
                let file = temporary(key.as_bytes())?;
                args.push(file.path().into());
                args.push("-U".into());
                Some(file)
            }
        };
        let call = duct::cmd(&signer.program, &args).dir(self.root());
        let call = call.stdin_bytes(text).stdout_capture().unchecked();
        let done = call
            .run()
            .map_err(|error| unsigned(not_started(&signer.program, &error)))?;
        let signed = done.stdout.starts_with(b"-----BEGIN SSH SIGNATURE-----");
        if done.status.success() && signed {
            Ok(done.stdout)
        } else {
            let program = signer.program.to_string_lossy();
            Err(unsigned(format!("`{program} -Y sign` gave no signature")))
        }
    }

    /// What is to be said of the signature of a text: whether it is this person's. Whose key
    /// is whose is read in `gpg.ssh.allowedSignersFile`, as of `at`, or of now.
    ///
    /// # Errors
    /// Where git cannot be asked.
    pub fn verify_text(
        &self,
        text: &[u8],
        signature: &[u8],
        who: &Identity,
        at: Option<Moment>,
    ) -> Result<Signature, RepoError> {
        let program = self.keygen()?;
        let file = temporary(signature)?;
        let run = |args: &[&OsStr]| {
            let call = duct::cmd(&program, args).dir(self.root());
            // A point in time is read as one of the local zone.
            let call = call.env("TZ", "UTC0").env("LC_ALL", "C");
            let call = call.stdin_bytes(text).stderr_to_stdout().stdout_capture();
            call.unchecked().run().map(|done| {
                let said = String::from_utf8_lossy(&done.stdout).into_owned();
                let lines: Vec<&str> = said.lines().map(str::trim).collect();
                (done.status.success(), lines.join("; "))
            })
        };
        let unknown = |error: io::Error| Signature::Unknown {
            why: not_started(&program, &error),
        };
        let arg = OsStr::new;
        let Some(signers) = self.path_setting("gpg.ssh.allowedSignersFile")? else {
            // Whether it is intact can be told all the same.
            let check = ["-Y", "check-novalidate", "-n", NAMESPACE, "-s"].map(arg);
            let done = run(&[&check[..], &[file.path().as_os_str()]].concat());
            return Ok(match done {
                Ok((true, _)) => Signature::Unknown {
                    why: "git is not told whose keys are whose: `gpg.ssh.allowedSignersFile` is not set"
                        .to_owned(),
                },
                Ok((false, why)) => Signature::Bad { why },
                Err(error) => unknown(error),
            });
        };
        let time = at.map(|at| {
            let digits: String = at
                .to_string()
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            OsString::from(format!("-Overify-time={digits}"))
        });
        let revoked = self.path_setting("gpg.ssh.revocationFile")?;
        let mut args: Vec<&OsStr> = ["-Y", "verify", "-n", NAMESPACE, "-f"].map(arg).into();
        args.extend([signers.as_os_str(), arg("-I"), arg(&who.email)]);
        args.extend([arg("-s"), file.path().as_os_str()]);
        args.extend(time.as_deref());
        if let Some(revoked) = &revoked {
            args.extend([arg("-r"), revoked.as_os_str()]);
        }
        Ok(match run(&args) {
            Ok((true, by)) => Signature::Good { by },
            Ok((false, why)) => Signature::Bad { why },
            Err(error) => unknown(error),
        })
    }

    /// A path of git's configuration; one that is not absolute counts from the root.
    fn path_setting(&self, name: &str) -> Result<Option<OsString>, RepoError> {
        let call = self.git().args(["config", "--type=path", "--get", name]);
        let value = call.reading().ask()?;
        let path = value.map(|text| git::printed_path(&text));
        Ok(path
            .filter(|path| !path.as_os_str().is_empty())
            .map(PathBuf::into_os_string))
    }
}

fn temporary(bytes: &[u8]) -> Result<tempfile::NamedTempFile, RepoError> {
    disk::temporary_file(Step::SignOff, "gate-sign-off-", bytes)
        .map_err(|error| files("write a file in", &std::env::temp_dir(), &error))
}

fn not_started(program: &OsStr, error: &io::Error) -> String {
    let program = program.to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => format!("the program `{program}` was not found"),
        _ => format!("`{program}` could not be started: {error}"),
    }
}
