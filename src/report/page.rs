//! Pages of the book for a terminal, and the list of all codes.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::style::{Ink, Style};
use crate::diagnostic::{Code, Family};

/// Lines longer than this are hard to read, however wide the terminal is.
const MAX_WIDTH: usize = 92;

/// A Markdown page as text: headings bold, paragraphs wrapped, blocks of code indented, the
/// names of files above theirs.
#[must_use]
pub fn page(markdown: &str, style: Style) -> String {
    let mut page = Page {
        style,
        width: style.width.min(MAX_WIDTH),
        blocks: Vec::new(),
        words: String::new(),
        items: 0,
        file: None,
    };
    let mut code: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                page.end(None);
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                page.file = info
                    .split(',')
                    .find_map(|word| word.strip_prefix("file="))
                    .map(str::to_owned);
                code = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => page.code(&code.take().unwrap_or_default()),
            Event::Text(text) => match &mut code {
                Some(code) => code.push_str(&text),
                None => page.words.push_str(&text),
            },
            Event::Code(text) => page.words.push_str(&format!("`{text}`")),
            Event::SoftBreak | Event::HardBreak => page.words.push(' '),
            Event::Start(Tag::Item) => page.items += 1,
            Event::End(TagEnd::Item) => page.end(None),
            Event::End(TagEnd::Paragraph) => page.end(None),
            Event::End(TagEnd::Heading(level)) => page.end(Some(level)),
            _ => {}
        }
    }
    page.blocks.join("\n\n")
}

struct Page {
    style: Style,
    width: usize,
    blocks: Vec<String>,
    words: String,
    /// Items of lists whose text is still to come.
    items: usize,
    /// The file that the block of code is.
    file: Option<String>,
}

impl Page {
    /// Ends a paragraph, an item or a heading.
    fn end(&mut self, heading: Option<HeadingLevel>) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return;
        }
        let block = match heading {
            Some(_) => self.style.paint(Ink::Bold, words).into_owned(),
            None if self.items > 0 => {
                self.items -= 1;
                wrap(&words, self.width, "- ", "  ")
            }
            None => wrap(&words, self.width, "", ""),
        };
        self.blocks.push(block);
    }

    fn code(&mut self, code: &str) {
        let name = self.file.take();
        let name = name.map(|name| self.style.paint(Ink::Dim, name).into_owned());
        let lines = code
            .trim_end()
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned());
        let lines: Vec<String> = name.into_iter().chain(lines).collect();
        self.blocks.push(lines.join("\n"));
    }
}

/// Words in lines of at most `width` characters; a longer word has a line of its own.
fn wrap(words: &str, width: usize, first: &str, rest: &str) -> String {
    let mut lines = vec![first.to_owned()];
    let mut empty = true;
    let mut used = first.chars().count();
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if !empty && used + 1 + length > width {
            lines.push(rest.to_owned());
            used = rest.chars().count();
            empty = true;
        }
        if let Some(line) = lines.last_mut() {
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
        }
        used += length;
        empty = false;
    }
    lines.join("\n")
}

/// The codes that begin with `prefix`, by family.
#[must_use]
pub fn codes(prefix: &str, style: Style) -> String {
    let mut blocks = Vec::new();
    for family in Family::ALL {
        let mut lines: Vec<String> = Code::all()
            .filter(|code| code.family() == family && code.as_str().starts_with(prefix))
            .map(|code| format!("  {:<6} {}", code.as_str(), code.summary()))
            .collect();
        if lines.is_empty() {
            continue;
        }
        let title = style.paint(Ink::Bold, family.title());
        let so = style.paint(Ink::Dim, family.consequence());
        let dot = style.pick("·", "-");
        lines.insert(0, format!("{title} {dot} {so}"));
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n")
}
