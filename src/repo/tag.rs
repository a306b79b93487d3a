//! Tags and the trailers they carry.

use serde::Serialize;

use super::{Oid, RepoError, Repository};

/// A tag that points at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagInfo {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// What its ref points at: of an annotated tag an object of its own.
    pub object: Oid,
    /// The commit it leads to.
    pub commit: Oid,
    /// That commit's tree.
    pub tree: Oid,
    /// Its message without a signature; empty of a light one.
    pub message: String,
    /// The `Name: value` lines of the message's last paragraph, in order.
    pub trailers: Vec<(String, String)>,
    /// Whether it is an object of its own; else it is only a name of the commit.
    pub annotated: bool,
}

/// How a signature of any of git's formats begins.
pub(super) const SIGNATURES: [&str; 4] = [
    "-----BEGIN PGP SIGNATURE-----",
    "-----BEGIN PGP MESSAGE-----",
    "-----BEGIN SSH SIGNATURE-----",
    "-----BEGIN SIGNED MESSAGE-----",
];

impl Repository {
    /// The tag of a name; `None` where there is none.
    ///
    /// # Errors
    /// Where git cannot read it, or it points at something that is no commit.
    pub fn tag(&self, name: &str) -> Result<Option<TagInfo>, RepoError> {
        let Some(id) = self.reference(&tag_ref(name))? else {
            return Ok(None);
        };
        let mut object = self.object(&id)?;
        let own = id.clone();
        let annotated = object.kind == "tag";
        let message = if annotated {
            without_signature(&object.message())
        } else {
            String::new()
        };
        while object.kind == "tag" {
            let next = object.header("object");
            object = self.object(&next.unwrap_or(id.clone()))?;
        }
        let Some(tree) = object.header("tree").filter(|_| object.kind == "commit") else {
            return Err(RepoError::BadTag {
                name: name.to_owned(),
                detail: format!("it exists and points at a {}, not at a commit", object.kind),
            });
        };
        Ok(Some(TagInfo {
            name: name.to_owned(),
            object: own,
            commit: object.id,
            tree,
            trailers: trailers(&message),
            message,
            annotated,
        }))
    }

    /// The object that a tag's name stands for, and that object as git keeps it; `None`
    /// where there is no such tag.
    ///
    /// # Errors
    /// Where git cannot read it.
    pub fn tag_object(&self, name: &str) -> Result<Option<(Oid, Vec<u8>)>, RepoError> {
        let Some(id) = self.reference(&tag_ref(name))? else {
            return Ok(None);
        };
        let object = self.object(&id)?;
        Ok(Some((id, object.data)))
    }

    /// Checks that a tag of this name could exist.
    ///
    /// # Errors
    /// [`RepoError::BadTag`].
    pub fn check_tag_name(&self, name: &str) -> Result<(), RepoError> {
        let bad = |detail: &str| RepoError::BadTag {
            name: name.to_owned(),
            detail: detail.to_owned(),
        };
        if name.starts_with('-') {
            return Err(bad("it begins with a hyphen"));
        }
        if name == "HEAD" {
            return Err(bad("git keeps that name for itself"));
        }
        if name.contains('\0') {
            return Err(bad("it holds a NUL"));
        }
        let call = self.git().arg("check-ref-format").arg(tag_ref(name));
        match call.reading().ask()? {
            Some(_) => Ok(()),
            None => Err(bad("it is not a valid name of a git ref")),
        }
    }
}

pub(super) fn tag_ref(name: &str) -> String {
    format!("refs/tags/{name}")
}

fn without_signature(message: &str) -> String {
    let mut kept = String::new();
    for line in message.split_inclusive('\n') {
        if SIGNATURES.contains(&line.trim_end()) {
            break;
        }
        kept.push_str(line);
    }
    kept.trim_end().to_owned()
}

/// The trailers of a message: its last paragraph, where that is no title and each of its
/// lines is `Name: value` or, indented, goes on with the one above.
pub(super) fn trailers(message: &str) -> Vec<(String, String)> {
    let Some((_, last)) = message.trim_end().rsplit_once("\n\n") else {
        return Vec::new();
    };
    let mut all: Vec<(String, String)> = Vec::new();
    for line in last.lines() {
        if line.starts_with([' ', '\t']) {
            match all.last_mut() {
                Some((_, value)) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                None => return Vec::new(),
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Vec::new();
        };
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(word) {
            return Vec::new();
        }
        all.push((name.to_owned(), value.trim().to_owned()));
    }
    all
}

/// `message` with one more trailer, in the paragraph of those it has, or in a new one.
pub(super) fn with_trailer(message: &str, name: &str, value: &str) -> String {
    let message = message.trim_end();
    let gap = if trailers(message).is_empty() {
        "\n\n"
    } else {
        "\n"
    };
    format!("{message}{gap}{name}: {value}\n")
}
