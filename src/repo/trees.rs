//! The trees of an index: those that git has noted in it, and those it has yet to make.

use std::collections::HashMap;

use super::index::Index;

/// The trees that git has noted in an index: of every folder, the one of all that is staged
/// in it, until something else is.
#[derive(Debug)]
pub(super) struct Noted {
    /// Each before those of the folders in it. The first is the whole.
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    name: Vec<u8>,
    /// How many entries lie below it; none where something else was staged there since.
    entries: Option<usize>,
    id: Vec<u8>,
    /// The first node that is not below it.
    end: usize,
}

impl Noted {
    /// Reads what an index has of them, with ids of `id` bytes; `None` where it makes no sense.
    pub(super) fn parse(mut body: &[u8], id: usize) -> Option<Self> {
        let mut nodes: Vec<Node> = Vec::new();
        // Those whose folders are not all read, and how many are left.
        let mut open: Vec<(usize, usize)> = Vec::new();
        loop {
            // `NAME\0COUNT FOLDERS\n`, and the id unless COUNT is -1.
            let name = until(&mut body, 0)?.to_vec();
            let head = std::str::from_utf8(until(&mut body, b'\n')?).ok()?;
            let (count, folders) = head.split_once(' ')?;
            let entries = usize::try_from(count.parse::<i64>().ok()?).ok();
            let (own, rest) = body.split_at_checked(entries.map_or(0, |_| id))?;
            body = rest;
            open.push((nodes.len(), folders.parse().ok()?));
            nodes.push(Node {
                name,
                entries,
                id: own.to_vec(),
                end: 0,
            });
            while let Some(&(at, 0)) = open.last() {
                let end = nodes.len();
                nodes.get_mut(at)?.end = end;
                open.pop();
                match open.last_mut() {
                    Some((_, left)) => *left -= 1,
                    None => return Some(Self { nodes }),
                }
            }
        }
    }

    /// The id of the tree of the whole, where it is up to date.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        let whole = self.nodes.first()?;
        whole.entries.map(|_| whole.id.as_slice())
    }

    /// The nodes of the folders directly in that of a node, by name.
    fn within(&self, node: usize) -> HashMap<&[u8], usize> {
        let mut all = HashMap::new();
        let end = self.nodes.get(node).map_or(0, |node| node.end);
        let mut at = node + 1;
        while let Some(inner) = self.nodes.get(at).filter(|_| at < end) {
            all.insert(inner.name.as_slice(), at);
            at = inner.end;
        }
        all
    }
}

fn until<'a>(bytes: &mut &'a [u8], end: u8) -> Option<&'a [u8]> {
    let at = bytes.iter().position(|&byte| byte == end)?;
    let (part, rest) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    *bytes = rest;
    Some(part)
}

/// A folder whose tree is under way.
struct Open<'a> {
    /// How long its path is, with the `/` at its end.
    path: usize,
    /// Its entries as git writes them.
    tree: Vec<u8>,
    noted: HashMap<&'a [u8], usize>,
}

/// Makes the tree of all that is staged, and of each folder that has none noted. Nothing may
/// be unmerged.
///
/// # Errors
/// Where an object that is staged is not there, or one cannot be written.
pub(super) fn make(index: &Index, odb: &git2::Odb<'_>) -> Result<git2::Oid, git2::Error> {
    let noted = index.noted();
    let within = |node: Option<usize>| {
        let inner = noted.zip(node).map(|(noted, node)| noted.within(node));
        inner.unwrap_or_default()
    };
    let there = |id: &[u8]| {
        let id = git2::Oid::from_bytes(id)?;
        match odb.exists(id) {
            true => Ok(id),
            false => Err(git2::Error::from_str("a staged object is missing")),
        }
    };
    let mut path: Vec<u8> = Vec::new();
    let mut open = vec![Open {
        path: 0,
        tree: Vec::new(),
        noted: within(Some(0)),
    }];
    let mut at = 0;
    while let Some(entry) = index.get(at) {
        let name = entry.name();
        while open.len() > 1 && !name.starts_with(&path) {
            close(&mut open, &mut path, odb)?;
        }
        let Some(folder) = open.last_mut() else { break };
        let rest = name.get(folder.path..).unwrap_or_default();
        let Some(slash) = rest.iter().position(|&byte| byte == b'/') else {
            if !entry.is_intended() {
                // Of a submodule no object is ours.
                if entry.mode() != 0o160_000 {
                    there(entry.id())?;
                }
                push(&mut folder.tree, entry.mode(), rest, entry.id());
            }
            at += 1;
            continue;
        };
        let (inner, prefix) = (rest.get(..slash), name.get(..=folder.path + slash));
        let (inner, prefix) = (inner.unwrap_or_default(), prefix.unwrap_or_default());
        let node = folder.noted.get(inner).copied();
        let known = noted
            .zip(node)
            .and_then(|(noted, node)| noted.nodes.get(node));
        if let Some(node) = known
            && let Some(count) = node.entries.filter(|count| *count > 0)
            && index.lies_in(prefix, at + count - 1)
            && !index.lies_in(prefix, at + count)
        {
            there(&node.id)?;
            push(&mut folder.tree, 0o40_000, inner, &node.id);
            at += count;
            continue;
        }
        path = prefix.to_vec();
        open.push(Open {
            path: prefix.len(),
            tree: Vec::new(),
            noted: within(node),
        });
    }
    while open.len() > 1 {
        close(&mut open, &mut path, odb)?;
    }
    let whole = open.pop().map(|whole| whole.tree).unwrap_or_default();
    odb.write(git2::ObjectType::Tree, &whole)
}

/// Writes the innermost tree, and has the one around it hold it.
fn close(
    open: &mut Vec<Open<'_>>,
    path: &mut Vec<u8>,
    odb: &git2::Odb<'_>,
) -> Result<(), git2::Error> {
    if let Some(done) = open.pop()
        && let Some(outer) = open.last_mut()
    {
        // Empty where files are only intended to be added.
        if !done.tree.is_empty() {
            let id = odb.write(git2::ObjectType::Tree, &done.tree)?;
            let name = path.get(outer.path..done.path - 1).unwrap_or_default();
            push(&mut outer.tree, 0o40_000, name, id.as_bytes());
        }
        path.truncate(outer.path);
    }
    Ok(())
}

/// One entry of a tree. Those of an index come in the order of a tree.
fn push(tree: &mut Vec<u8>, mode: u32, name: &[u8], id: &[u8]) {
    tree.extend_from_slice(format!("{mode:o} ").as_bytes());
    tree.extend_from_slice(name);
    tree.push(0);
    tree.extend_from_slice(id);
}
