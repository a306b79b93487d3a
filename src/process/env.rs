//! The environment of commands: what all of a run have, shared, and what each has of its own.

use std::ffi::{OsStr, OsString, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::line::is_of_bash;

/// The variables of a command. Clones share what they have in common, so that a command
/// costs no copy of it all.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// As it was collected, sorted by name, each name once.
    base: Arc<Base>,
    /// Set since then, sorted likewise: these win.
    own: Arc<Vec<Var>>,
}

#[derive(Debug, Default)]
struct Base {
    vars: Vec<Var>,
    /// Which of them have bash itself do something else.
    of_bash: Vec<usize>,
    /// Whether [`OLDPWD`] is among them and names no folder, once that was asked.
    old_dir_is_gone: OnceLock<bool>,
}

/// The folder a shell was in before, which shells pass on as long as it is one.
const OLDPWD: &str = "OLDPWD";

/// A variable as the system takes it. Clones share the text.
#[derive(Debug, Clone)]
pub(super) struct Var {
    /// `NAME=VALUE` and a NUL.
    text: Arc<[u8]>,
    /// The length of the name.
    name: usize,
    /// Whether it is taken out rather than set.
    gone: bool,
    /// Whether there is a NUL before its end.
    cut: bool,
}

impl Var {
    pub(super) fn new(name: &OsStr, value: &OsStr) -> Self {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        let mut text = Vec::with_capacity(name.len() + value.len() + 2);
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(value);
        let cut = text.contains(&0);
        text.push(0);
        Self {
            text: text.into(),
            name: name.len(),
            gone: false,
            cut,
        }
    }

    pub(super) fn name(&self) -> &OsStr {
        OsStr::from_bytes(self.text.get(..self.name).unwrap_or_default())
    }

    fn value(&self) -> &OsStr {
        let value = self.text.get(self.name + 1..self.text.len() - 1);
        OsStr::from_bytes(value.unwrap_or_default())
    }

    /// For the system, which knows no NUL in it; it is there as long as this.
    pub(super) fn text(&self) -> io::Result<*const c_char> {
        if self.cut {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "there is a NUL in it",
            ));
        }
        Ok(self.text.as_ptr().cast())
    }
}

/// Where a name stands, or would.
fn place(vars: &[Var], name: &OsStr) -> Result<usize, usize> {
    vars.binary_search_by(|var| var.name().cmp(name))
}

impl Env {
    /// What a variable is set to.
    #[must_use]
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        let name = name.as_ref();
        let find = |vars: &'_ [Var]| place(vars, name).ok();
        let var = match find(&self.own) {
            Some(at) => self.own.get(at),
            None => find(&self.base.vars).and_then(|at| self.base.vars.get(at)),
        };
        var.filter(|var| !var.gone).map(Var::value)
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.put(Var::new(name.as_ref(), value.as_ref()));
    }

    /// Takes a variable out.
    pub fn unset(&mut self, name: impl AsRef<OsStr>) {
        let mut var = Var::new(name.as_ref(), OsStr::new(""));
        var.gone = true;
        self.put(var);
    }

    fn put(&mut self, var: Var) {
        let own = Arc::make_mut(&mut self.own);
        match place(own, var.name()) {
            Ok(at) => {
                if let Some(known) = own.get_mut(at) {
                    *known = var;
                }
            }
            Err(at) => own.insert(at, var),
        }
    }

    /// The names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars().map(|var| (var.name(), var.value()))
    }

    /// The variables that are set, by name.
    pub(super) fn vars(&self) -> impl Iterator<Item = &Var> {
        let mut base = self.base.vars.iter().peekable();
        let mut own = self.own.iter().peekable();
        let both = std::iter::from_fn(move || match (base.peek(), own.peek()) {
            (Some(of_all), Some(mine)) => {
                if of_all.name() < mine.name() {
                    return base.next();
                }
                if of_all.name() == mine.name() {
                    base.next();
                }
                own.next()
            }
            (Some(_), None) => base.next(),
            (None, _) => own.next(),
        });
        both.filter(|var| !var.gone)
    }

    /// Takes [`OLDPWD`] out where it names no folder, as bash does.
    pub(super) fn drop_old_dir(&mut self) {
        let is_gone = |dir: Option<&OsStr>| dir.is_some_and(|dir| !Path::new(dir).is_dir());
        let gone = match place(&self.own, OLDPWD.as_ref()) {
            Ok(_) => is_gone(self.get(OLDPWD)),
            Err(_) => {
                let gone = &self.base.old_dir_is_gone;
                *gone.get_or_init(|| is_gone(self.get(OLDPWD)))
            }
        };
        if gone {
            self.unset(OLDPWD);
        }
    }

    /// Whether something in it has bash do more than start what it is told to.
    pub(super) fn is_of_bash(&self) -> bool {
        let base = self.base.of_bash.iter();
        let mut base = base.filter_map(|at| self.base.vars.get(*at));
        base.any(|var| self.get(var.name()).is_some())
            || self
                .own
                .iter()
                .any(|var| !var.gone && is_of_bash(var.name()))
    }
}

impl FromIterator<(OsString, OsString)> for Env {
    /// Of equal names the last wins.
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(vars: I) -> Self {
        let vars = vars.into_iter();
        let mut vars: Vec<Var> = vars.map(|(name, value)| Var::new(&name, &value)).collect();
        // Stable: turned round, the last of equal names is the first of them.
        vars.reverse();
        vars.sort_by(|a, b| a.name().cmp(b.name()));
        vars.dedup_by(|later, kept| later.name() == kept.name());
        let of_bash = vars.iter().enumerate();
        let of_bash = of_bash.filter_map(|(at, var)| is_of_bash(var.name()).then_some(at));
        let of_bash = of_bash.collect();
        Self {
            base: Arc::new(Base {
                vars,
                of_bash,
                old_dir_is_gone: OnceLock::new(),
            }),
            own: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Env;

    #[test]
    fn what_is_set_last_counts_and_what_is_taken_out_is_not_there() {
        let pairs = [("B", "1"), ("A", "1"), ("B", "2"), ("BASH_ENV", "x")];
        let mut env: Env = pairs
            .map(|(n, v)| (n.into(), v.into()))
            .into_iter()
            .collect();
        assert!(env.is_of_bash());
        let before = env.clone();
        env.unset("BASH_ENV");
        env.set("C", "3");
        env.set("A", "4");
        assert!(!env.is_of_bash() && before.is_of_bash());
        let shown: Vec<_> = env
            .iter()
            .map(|(n, v)| format!("{}={}", n.display(), v.display()))
            .collect();
        assert_eq!(shown, ["A=4", "B=2", "C=3"]);
        assert_eq!(before.get("A"), Some("1".as_ref()));
        assert_eq!(env.get("BASH_ENV"), None);
    }

    proptest! {
        #[test]
        fn it_is_a_map(
            base in proptest::collection::vec(("[A-D]{1,2}", "[a-c]?"), 0..8),
            changes in proptest::collection::vec(("[A-D]{1,2}", proptest::option::of("[a-c]?")), 0..8),
        ) {
            let mut map: std::collections::BTreeMap<String, String> = base.iter().cloned().collect();
            let mut env: Env = base.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
            for (name, value) in changes {
                match value {
                    Some(value) => {
                        env.set(&name, &value);
                        map.insert(name, value);
                    }
                    None => {
                        env.unset(&name);
                        map.remove(&name);
                    }
                }
            }
            let seen: Vec<_> = env.iter().map(|(n, v)| (n.to_str().unwrap().to_owned(), v.to_str().unwrap().to_owned())).collect();
            prop_assert_eq!(seen, map.clone().into_iter().collect::<Vec<_>>());
            for (name, value) in &map {
                prop_assert_eq!(env.get(name), Some(value.as_ref()));
            }
        }
    }
}
