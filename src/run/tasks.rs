//! `tasks`: every item of a Markdown list is ticked.

use std::ops::Range;

use pulldown_cmark::{Event as Markdown, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Tasks;
use crate::source::{Source, Span};

/// What a list of tasks says.
pub(crate) struct Ticked {
    /// Ticked items.
    pub done: usize,
    /// All items.
    pub total: usize,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// An item of a list.
pub(crate) struct Item {
    /// Where its `[ ]` stands.
    pub start: usize,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Its words: of its first paragraph, without marks and with one blank between two.
    pub text: String,
}

impl Item {
    /// From its `[ ]` to the end of the line.
    pub fn span(&self, file: &Source) -> Span {
        let line = file.position(self.start).line;
        Span::new(file.id(), self.start, file.line_span(line).end as usize)
    }
}

/// The items of a list, and the line of its heading, or the first of the file.
pub(crate) fn items(tasks: &Tasks, file: &Source) -> (Vec<Item>, Span) {
    let document = Document::read(file.text());
    let sections = document.sections_of(tasks, file);
    let first = sections.first().map_or(0, |section| section.start);
    let heading = document.headings.iter().find(|h| h.end == first);
    let line = file
        .position(heading.map_or(0, |heading| heading.start))
        .line;
    (document.items_in(&sections), file.line_span(line))
}

/// Judges one `tasks` on the file's text.
pub(crate) fn judge(tasks: &Tasks, file: &Source) -> Ticked {
    let document = Document::read(file.text());
    let sections = match (&tasks.under, document.sections_of(tasks, file)) {
        (Some(under), sections) => match sections {
            sections if !sections.is_empty() => sections,
            _ => {
                let known = document
                    .headings
                    .iter()
                    .map(|heading| heading.text.as_str());
                let mut diagnostic = Diagnostic::new(
                    Code::NO_HEADING,
                    format!("`{}` has no heading \"{}\"", tasks.file.value, under.value),
                    under.span,
                );
                diagnostic = match nearest(&under.value, known) {
                    Some(near) => diagnostic.help(format!("did you mean \"{near}\"?")),
                    None => diagnostic.help("add the heading, or name one that is there"),
                };
                return Ticked {
                    done: 0,
                    total: 0,
                    diagnostics: vec![diagnostic],
                };
            }
        },
        (None, sections) => sections,
    };
    let items = document.items_in(&sections);
    let mut diagnostics = Vec::new();
    if items.is_empty() {
        let place = match &tasks.under {
            Some(under) => format!(
                "no tasks under \"{}\" in `{}`",
                under.value, tasks.file.value
            ),
            None => format!("no tasks in `{}`", tasks.file.value),
        };
        diagnostics.push(
            Diagnostic::new(Code::NO_TASKS, place, tasks.span)
                .help("add items such as `- [ ] write the migration`, or remove the `tasks`"),
        );
    }
    for item in items.iter().filter(|item| !item.ticked) {
        diagnostics.push(
            Diagnostic::new(
                Code::UNTICKED,
                format!("a task of `{}` is not ticked", tasks.file.value),
                item.span(file),
            )
            .here("not done")
            .also(tasks.span, "every item must be ticked")
            .help("do it, tick it (`[x]`) and stage the file"),
        );
    }
    Ticked {
        done: items.iter().filter(|item| item.ticked).count(),
        total: items.len(),
        diagnostics,
    }
}

struct Heading {
    level: HeadingLevel,
    text: String,
    start: usize,
    end: usize,
}

struct Document {
    headings: Vec<Heading>,
    items: Vec<Item>,
}

impl Document {
    fn read(text: &str) -> Self {
        let mut headings: Vec<Heading> = Vec::new();
        let mut items: Vec<Item> = Vec::new();
        let (mut inside_heading, mut inside_item) = (false, false);
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TASKLISTS).into_offset_iter() {
            match event {
                Markdown::Start(Tag::Heading { level, .. }) => {
                    inside_heading = true;
                    headings.push(Heading {
                        level,
                        text: String::new(),
                        start: range.start,
                        end: range.end,
                    });
                }
                Markdown::End(TagEnd::Heading(_)) => inside_heading = false,
                Markdown::Text(part) | Markdown::Code(part) if inside_heading => {
                    if let Some(heading) = headings.last_mut() {
                        heading.text.push_str(&part);
                    }
                }
                // A heading underlined may have several lines.
                Markdown::SoftBreak | Markdown::HardBreak if inside_heading => {
                    if let Some(heading) = headings.last_mut() {
                        heading.text.push(' ');
                    }
                }
                Markdown::TaskListMarker(ticked) => {
                    inside_item = true;
                    items.push(Item {
                        start: range.start,
                        ticked,
                        text: String::new(),
                    });
                }
                Markdown::End(TagEnd::Item | TagEnd::Paragraph) | Markdown::Start(Tag::List(_)) => {
                    inside_item = false;
                }
                Markdown::Text(part) | Markdown::Code(part) if inside_item => {
                    if let Some(item) = items.last_mut() {
                        item.text.push_str(&part);
                    }
                }
                Markdown::SoftBreak | Markdown::HardBreak if inside_item => {
                    if let Some(item) = items.last_mut() {
                        item.text.push(' ');
                    }
                }
                _ => {}
            }
        }
        Self { headings, items }
    }

    /// The sections that a list is made of; none where there is no such heading.
    fn sections_of(&self, tasks: &Tasks, file: &Source) -> Vec<Range<usize>> {
        let end = file.text().len();
        match &tasks.under {
            None => std::iter::once(0..end).collect(),
            Some(under) => self.sections(&under.value, end),
        }
    }

    /// The items of these sections.
    fn items_in(mut self, sections: &[Range<usize>]) -> Vec<Item> {
        let within = |item: &Item| sections.iter().any(|section| section.contains(&item.start));
        self.items.retain(within);
        for item in &mut self.items {
            item.text = item.text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        self.items
    }

    /// From below each heading that matches to the next of the same or a higher level.
    fn sections(&self, under: &str, end: usize) -> Vec<Range<usize>> {
        let matching = self.headings.iter().enumerate();
        matching
            .filter(|(_, heading)| begins_with(&heading.text, under))
            .map(|(at, heading)| {
                let mut later = self.headings.iter().skip(at + 1);
                let next = later.find(|later| later.level <= heading.level);
                heading.end..next.map_or(end, |later| later.start)
            })
            .collect()
    }
}

/// Whether a heading begins with `wanted`, up to a character that is no word character:
/// `Phase 1` is not `Phase 10`.
fn begins_with(heading: &str, wanted: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    heading
        .trim()
        .strip_prefix(wanted.trim())
        .is_some_and(|rest| !(rest.starts_with(word) && wanted.trim().ends_with(word)))
}
