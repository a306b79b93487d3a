//! Applying the suggestions that may be applied unseen.

use std::collections::BTreeMap;

use super::{Applicability, Diagnostic, Edit};
use crate::source::SourceId;

/// Edits to apply together: none overlaps another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mends {
    /// The edits of each text, in the order of their places.
    pub edits: BTreeMap<SourceId, Vec<Edit>>,
    /// Which of the diagnostics they mend, by their index.
    pub mended: Vec<usize>,
}

impl Mends {
    /// Takes of each diagnostic the first suggestion that is [`Applicability::Safe`], if it
    /// can be applied beside those taken before. What is left is for another pass.
    #[must_use]
    pub fn safe(diagnostics: &[Diagnostic]) -> Self {
        let mut mends = Self::default();
        for (index, diagnostic) in diagnostics.iter().enumerate() {
            let safe = diagnostic.suggestions.iter().find(|suggestion| {
                suggestion.applicability == Applicability::Safe && !suggestion.edits.is_empty()
            });
            let Some(safe) = safe else { continue };
            if safe.edits.iter().all(|edit| mends.has_room(edit)) {
                for edit in &safe.edits {
                    mends
                        .edits
                        .entry(edit.span.source)
                        .or_default()
                        .push(edit.clone());
                }
                mends.mended.push(index);
            }
        }
        for edits in mends.edits.values_mut() {
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        }
        mends
    }

    /// Two edits that touch may depend on each other, so they count as overlapping.
    fn has_room(&self, edit: &Edit) -> bool {
        self.edits.get(&edit.span.source).is_none_or(|taken| {
            taken
                .iter()
                .all(|other| other.span.end < edit.span.start || edit.span.end < other.span.start)
        })
    }
}

/// A file's text with the edits, which count in the text as [`crate::source::Sources`] has it:
/// without BOM and with `\n` line ends. Both are kept as the file has them; what is put in
/// has the line ends of the file's first line.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let crlf = body
        .find('\n')
        .is_some_and(|end| body.get(..end).is_some_and(|line| line.ends_with('\r')));
    let mut out = String::with_capacity(text.len());
    out.push_str(mark);
    // Pieces end at each CR that a reader drops, so that offsets count without it.
    let mut edits = edits.iter().peekable();
    let mut at = 0;
    let mut skip_to = 0;
    let mut bytes = body.char_indices().peekable();
    loop {
        while let Some(edit) = edits.next_if(|edit| edit.span.start as usize <= at) {
            if crlf {
                out.push_str(&edit.replacement.replace('\n', "\r\n"));
            } else {
                out.push_str(&edit.replacement);
            }
            skip_to = edit.span.end as usize;
        }
        let Some((_, c)) = bytes.next() else { break };
        let dropped = c == '\r' && bytes.peek().is_some_and(|(_, next)| *next == '\n');
        // The CR before a removed line end goes with it.
        let kept = if dropped {
            at >= skip_to
        } else {
            let kept = at >= skip_to;
            at += c.len_utf8();
            kept
        };
        if kept {
            out.push(c);
        }
    }
    out
}
