//! From bytes to a source.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Source, Sources, Span};

/// The largest file that is read, in bytes.
pub const MAX_FILE_SIZE: usize = 16 << 20;

/// Takes the bytes of a file into `sources`, and says what is wrong with them: a file
/// beyond [`MAX_FILE_SIZE`] is taken in empty, one that is not UTF-8 with its bad bytes
/// replaced, so that the mistake has a place.
pub fn read(path: &str, bytes: &[u8], sources: &mut Sources) -> (Arc<Source>, Option<Diagnostic>) {
    if bytes.len() > MAX_FILE_SIZE {
        let source = sources.add(path, "");
        let diagnostic = Diagnostic::new(
            Code::TOO_LARGE,
            format!("the file has {} bytes, a plan at most 16 MiB", bytes.len()),
            source.span(),
        )
        .help("move data into files of their own and name them in the plan");
        return (source, Some(diagnostic));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (sources.add(path, text), None),
        Err(error) => {
            let source = sources.add(path, String::from_utf8_lossy(bytes));
            // Line and column are those of the normalised text, in which a BOM and the CR
            // of a CRLF are gone.
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let before = String::from_utf8_lossy(before);
            let before = before.strip_prefix('\u{feff}').unwrap_or(&before);
            let at = before.replace("\r\n", "\n").len();
            let bad = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let diagnostic = Diagnostic::new(
                Code::INVALID_UTF8,
                format!("the file is not UTF-8: the byte 0x{bad:02X} cannot stand here"),
                Span::new(source.id(), at, at + '\u{fffd}'.len_utf8()),
            )
            .help("save the file as UTF-8");
            (source, Some(diagnostic))
        }
    }
}
