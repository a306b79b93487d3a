//! What a command wrote, within a bound.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use thiserror::Error;

use super::{Command, Keep, Transcript};
use crate::disk::{self, Step};
use crate::sanitise::sanitise;
use crate::secret::Masker;

/// How much of an output's beginning and of its end is kept, each, in bytes.
const ENDS: usize = 64 << 10;

/// Up to how much is kept in memory when all is kept, in bytes.
const IN_MEMORY: usize = 1 << 20;

/// How much is kept when all is kept, in bytes.
pub const WHOLE_LIMIT: u64 = 1 << 30;

/// What a command wrote to a stream. Clones share it.
///
/// What is judged ([`Output::whole`], [`Output::bytes`]) is what it wrote. All else is to be
/// shown or recorded, and has secrets masked.
#[derive(Debug, Clone, Default)]
pub struct Output {
    written: Arc<Kept>,
    /// The same where there are no secrets.
    shown: Arc<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    total: u64,
    head: Vec<u8>,
    /// What follows the head, or the last of it.
    tail: Vec<u8>,
    whole: Whole,
}

impl Kept {
    /// How many bytes lie between head and tail.
    fn omitted(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }
}

#[derive(Debug, Default)]
enum Whole {
    /// Head and tail must do.
    #[default]
    Not,
    Memory(Vec<u8>),
    /// A file without a name: it is gone when nobody has it open.
    File(File),
    TooLarge,
    Failed(io::Error),
}

/// Why the whole of an output is not at hand.
#[derive(Debug, Error)]
pub enum OutputError {
    /// It is larger than [`WHOLE_LIMIT`].
    #[error("the output is larger than 1 GiB ({total} bytes)")]
    TooLarge {
        /// Its size.
        total: u64,
    },
    /// The command was run with [`Keep::Ends`], and wrote more than these.
    #[error("only the first and the last 64 KiB of the output were kept")]
    NotKept,
    /// The temporary file that was to hold it could not be written or read.
    #[error("the output could not be kept in a temporary file: {0}")]
    Storage(io::Error),
}

impl Output {
    /// How much was written, in bytes, kept or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.written.total
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.total == 0
    }

    /// Whether a part of it was not kept.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        match self.written.whole {
            Whole::Memory(_) | Whole::File(_) => false,
            Whole::Not | Whole::TooLarge | Whole::Failed(_) => self.written.omitted() > 0,
        }
    }

    /// Its first bytes, at most 64 KiB.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.shown.head
    }

    /// Its last bytes, at most 64 KiB, less what is in the head.
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        &self.shown.tail
    }

    /// How many bytes lie between head and tail.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.shown.omitted()
    }

    /// Every byte of it.
    ///
    /// # Errors
    /// When it was not kept whole.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, OutputError> {
        let kept = &self.written;
        let total = kept.total;
        match &kept.whole {
            Whole::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            _ if kept.tail.is_empty() && kept.omitted() == 0 => Ok(Cow::Borrowed(&kept.head)),
            _ if kept.omitted() == 0 => Ok(Cow::Owned([kept.head.as_slice(), &kept.tail].concat())),
            Whole::File(file) => {
                let length = usize::try_from(total).unwrap_or(usize::MAX);
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, 0)
                    .map_err(OutputError::Storage)?;
                Ok(Cow::Owned(bytes))
            }
            Whole::Not => Err(OutputError::NotKept),
            Whole::TooLarge => Err(OutputError::TooLarge { total }),
            Whole::Failed(error) => Err(OutputError::Storage(copy(error))),
        }
    }

    /// All of it as text, less one final line end; what is not UTF-8 is replaced by U+FFFD.
    ///
    /// # Errors
    /// When it was not kept whole.
    pub fn whole(&self) -> Result<String, OutputError> {
        let mut text = match self.bytes()? {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        };
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(text)
    }

    /// The last lines, at most `count` and of the last 64 KiB, to be shown: progress that
    /// overwrote itself folded, escape sequences dropped, other control characters visible.
    #[must_use]
    pub fn tail_lines(&self, count: usize) -> Vec<String> {
        let whole_end = self.omitted() == 0;
        let end = if self.tail().is_empty() {
            Cow::Borrowed(self.head())
        } else if whole_end {
            Cow::Owned([self.head(), self.tail()].concat())
        } else {
            Cow::Borrowed(self.tail())
        };
        let text = String::from_utf8_lossy(&end);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        if text.is_empty() {
            return Vec::new();
        }
        let mut lines: Vec<String> = text
            .rsplit('\n')
            .take(count)
            .map(|line| sanitise(line).into_owned())
            .collect();
        let cut = !whole_end && text.split('\n').nth(count).is_none();
        if cut && let Some(first) = lines.last_mut() {
            first.insert(0, '…');
        }
        lines.reverse();
        lines
    }
}

/// `io::Error` cannot be cloned.
fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(
        || io::Error::new(error.kind(), error.to_string()),
        io::Error::from_raw_os_error,
    )
}

/// Takes in what comes from a stream.
#[derive(Debug)]
struct Keeper(Kept);

impl Keeper {
    fn new(keep: Keep) -> Self {
        let whole = match keep {
            Keep::Ends => Whole::Not,
            Keep::Whole => Whole::Memory(Vec::new()),
        };
        Self(Kept {
            whole,
            ..Kept::default()
        })
    }

    fn push(&mut self, bytes: &[u8]) {
        let kept = &mut self.0;
        let before = kept.total;
        kept.total += bytes.len() as u64;
        let (head, rest) = bytes.split_at(bytes.len().min(ENDS - kept.head.len()));
        kept.head.extend_from_slice(head);
        // It grows beyond the size, so that bytes are moved seldom.
        let (_, last) = rest.split_at(rest.len().saturating_sub(ENDS));
        if kept.tail.len() + last.len() > 4 * ENDS {
            let stay = ENDS.saturating_sub(last.len());
            kept.tail.drain(..kept.tail.len().saturating_sub(stay));
        }
        kept.tail.extend_from_slice(last);
        kept.whole.push(bytes, before);
    }

    fn finish(mut self) -> Arc<Kept> {
        let tail = &mut self.0.tail;
        tail.drain(..tail.len().saturating_sub(ENDS));
        tail.shrink_to_fit();
        Arc::new(self.0)
    }

    /// One that took in the same.
    fn fork(&self) -> Self {
        let kept = &self.0;
        let whole = match &kept.whole {
            Whole::Not => Whole::Not,
            Whole::Memory(bytes) => Whole::Memory(bytes.clone()),
            Whole::File(file) => {
                copy_file(file, kept.total).map_or_else(Whole::Failed, Whole::File)
            }
            Whole::TooLarge => Whole::TooLarge,
            Whole::Failed(error) => Whole::Failed(copy(error)),
        };
        let (head, tail) = (kept.head.clone(), kept.tail.clone());
        Self(Kept {
            total: kept.total,
            head,
            tail,
            whole,
        })
    }
}

impl Whole {
    fn push(&mut self, bytes: &[u8], before: u64) {
        let total = before + bytes.len() as u64;
        let result = match self {
            Self::Memory(kept) if kept.len() + bytes.len() <= IN_MEMORY => {
                kept.extend_from_slice(bytes);
                return;
            }
            Self::Memory(kept) => disk::nameless(Step::Spill).and_then(|mut file| {
                file.write_all(kept)?;
                file.write_all(bytes)?;
                Ok(file)
            }),
            Self::File(_) if total > WHOLE_LIMIT => {
                // The disk has it back at once.
                *self = Self::TooLarge;
                return;
            }
            Self::File(file) => match file.write_all(bytes) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Self::Not | Self::TooLarge | Self::Failed(_) => return,
        };
        *self = result.map_or_else(Self::Failed, Self::File);
    }
}

/// Another file with the first `length` bytes of this one.
fn copy_file(file: &File, length: u64) -> io::Result<File> {
    let mut to = disk::nameless(Step::Spill)?;
    let mut buffer = vec![0; IN_MEMORY];
    let mut at = 0;
    while at < length {
        let read = file.read_at(&mut buffer, at)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_all(bytes)?;
        at += bytes.len() as u64;
    }
    Ok(to)
}

/// Which of a command's two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What came from a command's two streams.
#[derive(Debug)]
struct Sides {
    stdout: Keeper,
    stderr: Keeper,
    /// Made when the second of them says its first word: until then both is the one.
    both: Option<Keeper>,
}

impl Sides {
    fn new(keep: Keep) -> Self {
        Self {
            stdout: Keeper::new(keep),
            stderr: Keeper::new(keep),
            both: None,
        }
    }

    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        let (this, other) = match stream {
            Stream::Stdout => (&mut self.stdout, &self.stderr),
            Stream::Stderr => (&mut self.stderr, &self.stdout),
        };
        if self.both.is_none() && other.0.total > 0 {
            self.both = Some(other.fork());
        }
        this.push(bytes);
        if let Some(both) = &mut self.both {
            both.push(bytes);
        }
    }

    fn fork(&self) -> Self {
        Self {
            stdout: self.stdout.fork(),
            stderr: self.stderr.fork(),
            both: self.both.as_ref().map(Keeper::fork),
        }
    }

    fn finish(self) -> [Arc<Kept>; 3] {
        let (stdout, stderr) = (self.stdout.finish(), self.stderr.finish());
        let both = match self.both {
            Some(both) => both.finish(),
            None if stderr.total == 0 => Arc::clone(&stdout),
            None => Arc::clone(&stderr),
        };
        [stdout, stderr, both]
    }
}

/// The same with its secrets masked.
#[derive(Debug)]
struct Masked {
    stdout: Masker,
    stderr: Masker,
    sides: Sides,
}

/// How much may wait to be put into a transcript, in bytes: written as it comes, a page at a
/// time, it takes longer than the command does.
const GATHERED: usize = 256 << 10;

/// Takes in a command's two streams.
#[derive(Debug)]
pub(super) struct Capture {
    written: Sides,
    /// Where there are secrets.
    masked: Option<Masked>,
    transcript: Option<Transcript>,
    /// What waits to be put into it.
    gathered: Vec<u8>,
}

impl Capture {
    pub(super) fn new(command: &Command) -> Self {
        let masker = command.secrets.masker();
        Self {
            written: Sides::new(command.keep),
            masked: masker.map(|masker| Masked {
                stdout: masker.clone(),
                stderr: masker,
                sides: Sides::new(Keep::Ends),
            }),
            transcript: command.transcript.clone(),
            gathered: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, stream: Stream, bytes: &[u8]) {
        self.written.push(stream, bytes);
        let masked = self.masked.as_mut().map(|masked| {
            let bytes = masked.masker(stream).push(bytes);
            masked.sides.push(stream, &bytes);
            bytes
        });
        self.gather(masked.as_deref().unwrap_or(bytes));
    }

    /// Has bytes put into the transcript, if there is one, sooner or later.
    fn gather(&mut self, bytes: &[u8]) {
        if self.transcript.is_none() {
            return;
        }
        if self.gathered.len() + bytes.len() > GATHERED {
            self.write_out();
        }
        match &self.transcript {
            Some(transcript) if bytes.len() >= GATHERED => transcript.write(bytes),
            _ => self.gathered.extend_from_slice(bytes),
        }
    }

    /// Whether something waits to be put into the transcript.
    pub(super) fn has_gathered(&self) -> bool {
        !self.gathered.is_empty()
    }

    /// Puts what waits into the transcript.
    pub(super) fn write_out(&mut self) {
        if let Some(transcript) = &self.transcript
            && !self.gathered.is_empty()
        {
            transcript.write(&self.gathered);
            self.gathered.clear();
        }
    }

    /// How much came from a stream so far, in bytes.
    pub(super) fn total(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Stdout => self.written.stdout.0.total,
            Stream::Stderr => self.written.stderr.0.total,
        }
    }

    /// As [`Capture::finish`], of what came until now.
    pub(super) fn so_far(&self) -> (Output, Output, Output) {
        let fork = Self {
            written: self.written.fork(),
            masked: self.masked.as_ref().map(|masked| Masked {
                stdout: masked.stdout.clone(),
                stderr: masked.stderr.clone(),
                sides: masked.sides.fork(),
            }),
            transcript: None,
            gathered: Vec::new(),
        };
        fork.finish()
    }

    /// Standard output, standard error, and both as they came.
    pub(super) fn finish(mut self) -> (Output, Output, Output) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(masked) = &mut self.masked {
                let rest = masked.masker(stream).finish();
                if rest.is_empty() {
                    continue;
                }
                masked.sides.push(stream, &rest);
                self.gather(&rest);
            }
        }
        self.write_out();
        let written = self.written.finish();
        let shown = match self.masked {
            Some(masked) => masked.sides.finish(),
            None => written.clone(),
        };
        let [stdout, stderr, both] = written;
        let [shown_out, shown_err, shown_both] = shown;
        let output = |written, shown| Output { written, shown };
        (
            output(stdout, shown_out),
            output(stderr, shown_err),
            output(both, shown_both),
        )
    }
}

impl Masked {
    fn masker(&mut self, stream: Stream) -> &mut Masker {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}
