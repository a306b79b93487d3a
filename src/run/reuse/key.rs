//! The key of a verdict: a digest of all that it depends on.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::definition::{self, Reads};
use super::inputs::Inputs;
use crate::digest::sha256;
use crate::eval::{FaultKind, evaluate};
use crate::plan::{self, Expr, Gate};
use crate::run::judging::{GateFacts, Judging, is_ci};
use crate::value::Value;

/// All that a verdict depends on, by what it is called. Its JSON is canonical: the order of
/// every map follows from the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    /// The version of gate.
    pub tool: String,
    /// Operating system and architecture.
    pub system: String,
    /// The gate's settings and steps, expanded.
    pub definition: IndexMap<String, String>,
    /// Values that exist only in a run.
    pub values: BTreeMap<String, String>,
    /// Variables that commands see. One that is not set is not in it.
    pub environment: BTreeMap<String, String>,
    /// `tree ID`, or `files SHA256` over mode, id and path of each, or of their folder.
    pub inputs: String,
}

/// A key and what it is made of.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// The sha256 of the parts, in hex.
    pub digest: String,
    /// What it was made of, secrets masked.
    pub parts: Parts,
    /// The files it stands for; none where it is all of them.
    pub globs: Option<Vec<String>>,
}

/// Why a gate has no key: its verdict is never reused.
pub(crate) type Never = String;

/// Makes keys of one judged tree, and remembers what several have in common.
pub(crate) struct Keys<'a> {
    judging: &'a Judging<'a>,
    environment: BTreeMap<String, String>,
    inputs: Inputs<'a>,
}

/// Variables that change what common tools do. Their values are kept to be shown; those of
/// any other are kept as a digest.
const KNOWN: &[&str] = &[
    "BASH_ENV",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CC",
    "CFLAGS",
    "CI",
    "CLICOLOR_FORCE",
    "CONDA_PREFIX",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "ENV",
    "FORCE_COLOR",
    "GOARCH",
    "GOFLAGS",
    "GOOS",
    "GOPATH",
    "GOROOT",
    "HOME",
    "JAVA_HOME",
    "LANG",
    "LANGUAGE",
    "LDFLAGS",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MAKEFLAGS",
    "NODE_ENV",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NO_COLOR",
    "PATH",
    "PERL5LIB",
    "POSIXLY_CORRECT",
    "PYTHONHOME",
    "PYTHONPATH",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "SOURCE_DATE_EPOCH",
    "TZ",
    "VIRTUAL_ENV",
];

/// Variables that every shell sets for itself.
const SHELLS_OWN: &[&str] = &["OLDPWD", "PWD", "SHLVL", "_"];

impl<'a> Keys<'a> {
    /// For the tree and environment of `judging`.
    pub(crate) fn new(judging: &'a Judging<'a>) -> Self {
        let known = |name: &OsStr| {
            let name = name.to_str()?;
            let is = KNOWN.contains(&name) || name.starts_with("LC_");
            is.then(|| name.to_owned())
        };
        let environment = judging
            .env
            .iter()
            .filter_map(|(name, value)| Some((known(name)?, shown(value))));
        Self {
            judging,
            environment: environment.collect(),
            inputs: Inputs::new(judging),
        }
    }

    /// The key of a gate of the phase of this index.
    ///
    /// # Errors
    /// Why it has none: its verdict depends on what no key can hold.
    pub(crate) fn of(&mut self, phase: usize, gate: &Gate) -> Result<Key, Never> {
        let judging = self.judging;
        let of = judging.plan.phases.get(phase);
        let definition = definition::of(judging.plan, of, gate);
        let reads = &definition.reads;
        if let Some(never) = reads.never {
            return Err(never.to_owned());
        }
        let values = self.values(phase, reads)?;
        let environment = self.environment(phase, reads);
        let globs = self.globs(phase, gate, reads)?;
        let inputs = match &globs {
            None => format!("tree {}", judging.tree),
            Some(globs) => {
                let digest = self.inputs.digest(globs).map_err(|e| e.to_string())?;
                format!("files {digest}")
            }
        };
        let parts = Parts {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            definition: definition.items,
            values,
            environment,
            inputs,
        };
        Ok(Key {
            digest: parts.digest(),
            parts: self.masked(parts),
            globs,
        })
    }

    /// The parts as they may be kept and shown.
    fn masked(&self, mut parts: Parts) -> Parts {
        let secrets = &self.judging.secrets;
        if !secrets.is_empty() {
            let definition = parts.definition.values_mut();
            let values = parts.values.values_mut();
            let environment = parts.environment.values_mut();
            for text in definition.chain(values).chain(environment) {
                *text = secrets.mask(text).into_owned();
            }
        }
        parts
    }

    /// The run's values the gate asks for. The port of a `free-port()` is none of them.
    fn values(&self, phase: usize, reads: &Reads<'_>) -> Result<BTreeMap<String, String>, Never> {
        let judging = self.judging;
        let mut values = BTreeMap::new();
        let mut put = |name: &str, value: Option<&str>| {
            // A value in quotes is never taken for the absence of one.
            let value = value.map_or("none".to_owned(), |value| format!("{value:?}"));
            values.insert(name.to_owned(), value);
        };
        if reads.branch || reads.head {
            put("git.branch", judging.head.branch.as_deref());
        }
        if reads.head {
            let head = judging.head.commit.as_ref();
            put("git.head", head.map(|commit| commit.as_str()));
        }
        if reads.tree {
            put("git.tree", Some(judging.tree.as_str()));
        }
        if reads.ci {
            put("ci", Some(if is_ci() { "true" } else { "false" }));
        }
        if reads.change {
            let opened = judging.opened_at(phase);
            put("the tree the phase opened at", Some(opened.as_str()));
        }
        for name in &reads.variables {
            let Some(Value::String(name)) = self.value(phase, name)? else {
                return Err("it asks for a variable whose name only it finds out".to_owned());
            };
            let value = std::env::var_os(&name).map(|value| digest_of(value.as_encoded_bytes()));
            put(&format!("env({name:?})"), value.as_deref());
        }
        Ok(values)
    }

    /// The variables commands see that count: those that common tools heed, and those that
    /// the gate's texts name.
    fn environment(&self, phase: usize, reads: &Reads<'_>) -> BTreeMap<String, String> {
        let mut all = self.environment.clone();
        for (name, value) in self.judging.env.iter() {
            if let Some(name) = name.to_str()
                && reads.words.contains(name)
                && !SHELLS_OWN.contains(&name)
                && !all.contains_key(name)
            {
                all.insert(name.to_owned(), digest_of(value.as_encoded_bytes()));
            }
        }
        // What gate itself sets. The gate's name is part of its definition.
        let of = self.judging.plan.phases.get(phase);
        let own = [
            ("GATE_PHASE", of.map_or("", |phase| &phase.name.value)),
            ("GATE_TREE", self.judging.tree.as_str()),
        ];
        for (name, value) in own {
            if reads.words.contains(name) {
                all.insert(name.to_owned(), value.to_owned());
            }
        }
        all
    }

    /// The globs of the gate's inputs; none where all files are. To what the gate declares
    /// is added what its expressions are seen to ask for.
    fn globs(
        &self,
        phase: usize,
        gate: &Gate,
        reads: &Reads<'_>,
    ) -> Result<Option<Vec<String>>, Never> {
        let plan::Inputs::Globs { globs, .. } = &gate.inputs else {
            return Ok(None);
        };
        if reads.all_files {
            return Ok(None);
        }
        let mut all = Vec::new();
        for glob in globs {
            match self.value(phase, glob)? {
                Some(value) => texts(&value, &mut all),
                None => return Err("its `inputs` have no value now".to_owned()),
            }
        }
        for glob in &reads.globs {
            match self.value(phase, glob)? {
                Some(value) => texts(&value, &mut all),
                // It will be known only in the gate.
                None => return Ok(None),
            }
        }
        all.sort();
        all.dedup();
        Ok(Some(all))
    }

    /// The value of an expression before the gate runs; none where it has none yet.
    fn value(&self, phase: usize, expr: &Expr) -> Result<Option<Value>, Never> {
        let (locals, results) = Default::default();
        let facts = GateFacts {
            judging: self.judging,
            phase,
            locals: &locals,
            results: &results,
        };
        match evaluate(expr, &facts) {
            Ok(value) => Ok(Some(value)),
            Err(fault) if fault.kind == FaultKind::Git => Err(fault.message),
            Err(_) => Ok(None),
        }
    }
}

impl Parts {
    /// The sha256 of their JSON, in hex.
    pub(crate) fn digest(&self) -> String {
        // Texts and maps with text keys always have a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        sha256(&json)
    }
}

fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| texts(item, all)),
        _ => {}
    }
}

fn shown(value: &OsStr) -> String {
    match value.to_str() {
        Some(text) => text.to_owned(),
        None => value.as_encoded_bytes().escape_ascii().to_string(),
    }
}

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256 {}", sha256(bytes))
}
