//! The last words of a phase and of a run.

use crate::report::phrase::all_sealed;
use crate::report::style::Ink;
use crate::run::{Mode, Verdict};
use crate::sanitise::sanitise_line;

/// What to do after a phase's result; none after a green that is about to be sealed.
pub(super) fn advice(verdict: Verdict, mode: Mode, plan: &str) -> Option<String> {
    match (verdict, mode) {
        (_, Mode::Try) => Some("nothing was committed (try)".to_owned()),
        (Verdict::Fail, Mode::Run) => Some(format!(
            "nothing was committed; fix, `git add`, then `gate run {plan}`"
        )),
        (Verdict::Blocked, Mode::Run) => Some(format!(
            "nothing was committed; clear what stands in the way, then `gate run {plan}`"
        )),
        (Verdict::Waiting, Mode::Run) => {
            Some("nothing was committed; a person has to sign off what is left".to_owned())
        }
        _ => None,
    }
}

/// How a run ended.
pub(super) struct Ending<'a> {
    pub(super) exit: i32,
    /// The phase that is open now.
    pub(super) open: Option<&'a str>,
    /// Sealed phases in all, and of how many.
    pub(super) sealed: usize,
    pub(super) phases: usize,
    /// Phases that this run sealed, and judged.
    pub(super) sealed_now: usize,
    pub(super) judged: usize,
    /// Whether the last phase was green and was not sealed.
    pub(super) unsealed: bool,
}

/// What the run's last line is.
pub(super) enum LastWord {
    /// More on what was said last.
    Below(String),
    /// A word of its own and what it means.
    Word(&'static str, Ink, String),
    /// A plain line.
    Line(String),
}

impl Ending<'_> {
    /// The last line; none where all is said.
    pub(super) fn last_word(&self) -> Option<LastWord> {
        let nothing = if self.sealed_now > 0 {
            "nothing more was committed"
        } else {
            "nothing was committed"
        };
        let warn = |word, text: &str| Some(LastWord::Word(word, Ink::Warn, text.to_owned()));
        match (self.exit, self.open) {
            (0, None) => Some(self.all_sealed()),
            (0, Some(open)) if self.sealed_now > 0 => {
                let open = sanitise_line(open);
                let next = self.sealed + 1;
                Some(LastWord::Below(format!(
                    "next: phase {next}/{} {open}",
                    self.phases
                )))
            }
            // The checklist is the last word.
            (4, _) => None,
            (129.., _) => warn("INTERRUPTED", nothing),
            // A green that could not be sealed must not be the last word.
            (1.., _) if self.unsealed => warn("NOT SEALED", nothing),
            (2, _) if self.judged == 0 => Some(LastWord::Line("nothing was run".to_owned())),
            _ => None,
        }
    }

    fn all_sealed(&self) -> LastWord {
        let all = all_sealed(self.phases);
        if self.sealed_now > 0 {
            return LastWord::Below(all);
        }
        let text = format!("{all}; there is nothing to do");
        LastWord::Word("DONE", Ink::Good, text)
    }
}
