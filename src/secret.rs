//! Values that nobody may read: masked in all that is shown or recorded.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::prelude::{
    BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD,
};

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// A value shorter than this, in bytes, is not masked: it would hide ordinary text.
pub const SHORTEST: usize = 4;

/// A line of a value of several lines is masked alone from this length on, in bytes. So is
/// what may stand inside longer base64.
const SHORTEST_PART: usize = 8;

/// The secrets of a run. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Arc<Patterns>>>);

/// What is looked for.
#[derive(Default)]
struct Patterns {
    values: Vec<Vec<u8>>,
    /// None as long as there are none.
    finder: Option<AhoCorasick>,
    /// The length of the longest of them.
    longest: usize,
}

/// That there are some is all there is to know.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.patterns().values.len())
    }
}

impl Secrets {
    /// Has a value masked from now on, and the forms it is commonly written in: each longer
    /// line of it alone, as JSON or a plan would write it, quoted for a shell, percent-encoded
    /// and in base64. Says whether it is; one that is too short is not.
    pub fn add(&self, value: &[u8]) -> bool {
        let whole = value.trim_ascii();
        if whole.len() < SHORTEST {
            return false;
        }
        let mut patterns = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut values = patterns.values.clone();
        values.extend(forms(whole));
        values.sort();
        values.dedup();
        let longest = values.iter().map(Vec::len).max().unwrap_or(0);
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&values)
            .ok();
        let built = finder.is_some();
        if built {
            *patterns = Arc::new(Patterns {
                values,
                finder,
                longest,
            });
        }
        built
    }

    /// Whether there is nothing to mask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns().finder.is_none()
    }

    /// A text with every secret in it masked.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let patterns = self.patterns();
        match &patterns.finder {
            Some(finder) if finder.is_match(text) => {
                let mut masked = Vec::with_capacity(text.len());
                finder.replace_all_with_bytes(text.as_bytes(), &mut masked, |_, _, masked| {
                    masked.extend_from_slice(MASK.as_bytes());
                    true
                });
                Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// A text with every secret in it masked, character by character, so that each place in
    /// it stays where it is; none where there is no secret in it.
    #[must_use]
    pub fn mask_in_place(&self, text: &str) -> Option<String> {
        let patterns = self.patterns();
        let finder = patterns.finder.as_ref()?;
        let mut masked = String::new();
        let mut at = 0;
        for found in finder.find_iter(text) {
            masked.push_str(text.get(at..found.start())?);
            // As long in bytes, too.
            masked.extend(
                text.get(found.range())?
                    .chars()
                    .map(|c| match c.len_utf8() {
                        _ if c == '\n' => c,
                        1 => '*',
                        2 => '\u{b7}',
                        3 => '\u{2022}',
                        _ => '\u{1f512}',
                    }),
            );
            at = found.end();
        }
        (at > 0).then(|| masked + text.get(at..).unwrap_or_default())
    }

    /// What masks a stream as it comes.
    #[must_use]
    pub(crate) fn masker(&self) -> Option<Masker> {
        let patterns = self.patterns();
        patterns.finder.is_some().then(|| Masker {
            patterns,
            pending: Vec::new(),
        })
    }

    fn patterns(&self) -> Arc<Patterns> {
        let patterns = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&patterns)
    }
}

/// Masks a stream, wherever it is cut into pieces.
#[derive(Clone)]
pub(crate) struct Masker {
    patterns: Arc<Patterns>,
    /// What may be the beginning of a secret.
    pending: Vec<u8>,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker")
    }
}

impl Masker {
    /// Takes a piece in, and gives what is certain by then.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        // What begins before this can be seen whole.
        let certain = self.pending.len().saturating_sub(self.patterns.longest - 1);
        self.take(certain)
    }

    /// Gives the rest, when no more comes.
    pub fn finish(&mut self) -> Vec<u8> {
        self.take(self.pending.len())
    }

    /// Masks all that begins before `certain`, and gives it.
    fn take(&mut self, certain: usize) -> Vec<u8> {
        let mut masked = Vec::with_capacity(self.pending.len());
        let mut at = 0;
        let found = self.patterns.finder.iter();
        for found in found.flat_map(|finder| finder.find_iter(&self.pending)) {
            if found.start() >= certain {
                break;
            }
            masked.extend_from_slice(self.pending.get(at..found.start()).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            at = found.end();
        }
        if at < certain {
            masked.extend_from_slice(self.pending.get(at..certain).unwrap_or_default());
            at = certain;
        }
        self.pending.drain(..at);
        masked
    }
}

/// All that a value is looked for as.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    let lines = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    forms.extend(
        lines
            .filter(|line| line.len() >= SHORTEST_PART)
            .map(<[u8]>::to_vec),
    );
    if let Ok(text) = str::from_utf8(value) {
        let json = serde_json::to_string(text).unwrap_or_default();
        let inside = json.get(1..json.len().saturating_sub(1));
        forms.push(inside.unwrap_or_default().into());
        // As `"…"` and `'…'` of a shell would have it.
        forms.push(escaped(text, &['\\', '"', '$', '`']).into());
        forms.push(text.replace('\'', "'\\''").into());
    }
    forms.push(percent_encoded(value));
    // Whatever stands before and after it in what is encoded.
    for before in 0..3 {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let inside = inside_base64(value, before, &engine);
            if inside.len() >= SHORTEST_PART {
                forms.push(inside);
            }
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// What base64 makes of a value after that many bytes, as far as it hangs on the value alone.
fn inside_base64(value: &[u8], before: usize, engine: &impl Engine) -> Vec<u8> {
    let bytes = [&vec![0; before], value].concat();
    let mut text = engine.encode(&bytes).into_bytes();
    if bytes.len() % 3 != 0 {
        // Its last character hangs on what follows, too.
        text.pop();
    }
    // A byte is one character and a third.
    text.drain(..(before * 4).div_ceil(3).min(text.len()));
    text
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn percent_encoded(value: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(*byte);
            }
            byte => encoded.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    encoded
}
