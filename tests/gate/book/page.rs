//! A Markdown page as the tests of the book see it: its blocks, links and headings.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page of the book, or the README.
pub struct Page {
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its fenced blocks, in order.
    pub blocks: Vec<Block>,
    /// What its links and images point to, with their lines.
    pub links: Vec<(String, usize)>,
    /// Its headings as they are written, without their signs.
    pub headings: Vec<String>,
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The words of its info string: `["gate", "phase"]`.
    pub info: Vec<String>,
    /// Its text, with a final newline.
    pub text: String,
    /// Where the text begins in the page, in bytes.
    pub start: usize,
    /// The line of its opening fence, from 1.
    pub line: usize,
}

impl Block {
    /// The language: `gate`.
    pub fn kind(&self) -> &str {
        self.info.first().map_or("", String::as_str)
    }

    /// Whether the info string has this word.
    pub fn has(&self, word: &str) -> bool {
        self.info.iter().skip(1).any(|known| known == word)
    }

    /// The value of `key=value` in the info string.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.info
            .iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

/// The repository of this package.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every page of the book, `SUMMARY.md` aside, and the README.
pub fn all() -> Vec<Page> {
    let mut paths = vec![root().join("README.md")];
    collect(&root().join("docs/src"), &mut paths);
    paths.retain(|path| !path.ends_with("SUMMARY.md"));
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|end| end == "md") {
            paths.push(path);
        }
    }
}

impl Page {
    /// Reads a page.
    pub fn read(path: &Path) -> Self {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut page = Self {
            path: path.to_owned(),
            text,
            blocks: Vec::new(),
            links: Vec::new(),
            headings: Vec::new(),
        };
        page.parse();
        page
    }

    fn parse(&mut self) {
        let line = |at: usize| self.text[..at].matches('\n').count() + 1;
        let mut block: Option<Block> = None;
        let mut heading: Option<String> = None;
        let options = Options::ENABLE_TABLES;
        for (event, range) in Parser::new_ext(&self.text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.split(',').map(str::to_owned).collect(),
                        CodeBlockKind::Indented => Vec::new(),
                    };
                    let rest = &self.text[range.start..];
                    let start = range.start + rest.find('\n').map_or(rest.len(), |at| at + 1);
                    let line = line(range.start);
                    block = Some(Block {
                        info,
                        text: String::new(),
                        start,
                        line,
                    });
                }
                Event::End(TagEnd::CodeBlock) => self.blocks.extend(block.take()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => self.headings.extend(heading.take()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    self.links.push((dest_url.to_string(), line(range.start)));
                }
                Event::Text(text) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
    }

    /// The path from the package's root, for messages.
    pub fn name(&self) -> String {
        let path = self.path.strip_prefix(root()).unwrap_or(&self.path);
        path.display().to_string()
    }

    /// The text below a heading, down to the next heading of any level.
    pub fn section(&self, heading: &str) -> Option<&str> {
        let lines: Vec<(usize, &str)> = self
            .text
            .split_inclusive('\n')
            .scan(0, |at, line| {
                let start = *at;
                *at += line.len();
                Some((start, line))
            })
            .collect();
        let is_heading =
            |line: &str| line.starts_with('#') && line.trim_start_matches('#').starts_with(' ');
        let at = lines.iter().position(|(_, line)| {
            is_heading(line) && line.trim_start_matches('#').trim() == heading
        })?;
        let from = lines.get(at + 1)?.0;
        // A `#` inside a block is a comment.
        let mut fenced = false;
        let to = lines[at + 1..].iter().find(|(_, line)| {
            if line.starts_with("```") {
                fenced = !fenced;
            }
            !fenced && is_heading(line)
        });
        Some(&self.text[from..to.map_or(self.text.len(), |(start, _)| *start)])
    }

    /// The anchors of its headings, as mdBook names them.
    pub fn anchors(&self) -> Vec<String> {
        self.headings
            .iter()
            .map(|heading| {
                heading
                    .trim()
                    .chars()
                    .filter_map(|c| match c {
                        c if c.is_alphanumeric() || c == '_' || c == '-' => {
                            Some(c.to_ascii_lowercase())
                        }
                        c if c.is_whitespace() => Some('-'),
                        _ => None,
                    })
                    .collect()
            })
            .collect()
    }
}
