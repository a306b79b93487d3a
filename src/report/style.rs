//! How output may look: colours, characters and width, decided once for a whole run.

use std::borrow::Cow;

/// What the caller asked for with `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum ColorChoice {
    /// Colours where the environment and the output allow them.
    #[default]
    Auto,
    /// Colours, whatever the output is.
    Always,
    /// No colours.
    Never,
}

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colours may be written.
    pub color: bool,
    /// Whether characters beyond ASCII may be used for marks and lines.
    pub unicode: bool,
    /// The width of the output, in columns.
    pub width: usize,
}

/// Columns where nobody says how many there are.
const DEFAULT_WIDTH: usize = 100;
/// A narrower output is treated as this wide.
const MIN_WIDTH: usize = 40;

impl Style {
    /// No colours, Unicode, 100 columns: for files, logs and tests.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            color: false,
            unicode: true,
            width: DEFAULT_WIDTH,
        }
    }

    /// Decides from the choice, the output and the environment. `env` gives a variable's
    /// value, `width` the terminal's columns where they are known.
    ///
    /// `NO_COLOR` wins over `CLICOLOR_FORCE`, which wins over `TERM=dumb` and `CLICOLOR=0`.
    /// Unicode is used unless the locale is set to something that is not UTF-8.
    #[must_use]
    pub fn detect(
        choice: ColorChoice,
        is_terminal: bool,
        env: &dyn Fn(&str) -> Option<String>,
        width: Option<usize>,
    ) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let width = width
            .or_else(|| set("COLUMNS").and_then(|columns| columns.trim().parse().ok()))
            .unwrap_or(DEFAULT_WIDTH);
        Self {
            color: match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => color_allowed(is_terminal, &set),
            },
            unicode: unicode_allowed(&set),
            width: width.max(MIN_WIDTH),
        }
    }

    /// `text` in this ink, or as it is where there are no colours.
    #[must_use]
    pub(crate) fn paint<'a>(self, ink: Ink, text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
        let text = text.into();
        if !self.color || text.is_empty() {
            return text;
        }
        Cow::Owned(format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()))
    }

    /// The first where Unicode may be used, else the second.
    #[must_use]
    pub(crate) fn pick<T>(self, unicode: T, ascii: T) -> T {
        if self.unicode { unicode } else { ascii }
    }
}

fn color_allowed(is_terminal: bool, set: &dyn Fn(&str) -> Option<String>) -> bool {
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let dumb = set("TERM").is_some_and(|term| term == "dumb");
    let refused = set("CLICOLOR").is_some_and(|value| value == "0");
    is_terminal && !dumb && !refused
}

fn unicode_allowed(set: &dyn Fn(&str) -> Option<String>) -> bool {
    // The kernel's own console has no glyphs for our marks.
    if set("TERM").is_some_and(|term| term == "linux") {
        return false;
    }
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The few colours there are, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Wrong, failed, red.
    Bad,
    /// Green.
    Good,
    /// Blocked, a warning.
    Warn,
    /// A note, a running gate.
    Info,
    /// Lines and numbers around the text.
    Frame,
    /// What matters less.
    Dim,
    /// What matters.
    Bold,
    /// A removed line of a diff.
    Removed,
    /// An added line of a diff.
    Added,
}

impl Ink {
    /// The parameters of the escape code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Bad => "1;31",
            Self::Good => "1;32",
            Self::Warn => "1;33",
            Self::Info => "1;36",
            Self::Frame => "34",
            Self::Dim => "2",
            Self::Bold => "1",
            Self::Removed => "31",
            Self::Added => "32",
        }
    }
}
