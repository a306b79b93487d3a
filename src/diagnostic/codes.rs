//! The registry of codes. A code that appeared in a release is never given another meaning.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Severity;

/// What a code is about; the first characters of the code say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `E01xx`: what the grammar does not have.
    Syntax,
    /// `E02xx`: names, types, files of the plan.
    Names,
    /// `E03xx`: a plan that makes no sense as a whole.
    Sense,
    /// `E04xx`: the call, or the state of the repository.
    Call,
    /// `W0xx`: lints.
    Lint,
    /// `W1xx`: what a run came upon that changes no verdict.
    Advice,
    /// `R1xx`: a gate failed.
    Gate,
    /// `R2xx`: the change leaves its scope.
    Scope,
    /// `R3xx`: a task is not done.
    Tasks,
    /// `R4xx`: an earlier phase's gate failed.
    Regression,
    /// `R5xx`: the plan is not what it was when the phase opened.
    Lock,
    /// `R6xx`: the evidence of a seal does not hold.
    Evidence,
    /// `B1xx`: something could not be judged.
    Blocked,
    /// `M10x`: a check that waits for a person; `M11x`: one that a person found red.
    Manual,
}

/// A code of the registry, such as `E0201`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Family {
    /// Every family, in the order of the registry.
    pub const ALL: [Self; 14] = [
        Self::Syntax,
        Self::Names,
        Self::Sense,
        Self::Call,
        Self::Lint,
        Self::Advice,
        Self::Gate,
        Self::Scope,
        Self::Tasks,
        Self::Regression,
        Self::Lock,
        Self::Evidence,
        Self::Blocked,
        Self::Manual,
    ];

    /// What its codes have in common, as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Syntax => "What the grammar does not have",
            Self::Names => "Names, types, files",
            Self::Sense => "The plan's sense",
            Self::Call => "The call and the repository",
            Self::Lint => "Lints",
            Self::Advice => "Advice of a run",
            Self::Gate => "A gate failed",
            Self::Scope => "The change leaves its scope",
            Self::Tasks => "A task is not done",
            Self::Regression => "An earlier phase",
            Self::Lock => "The plan under lock",
            Self::Evidence => "The evidence of a seal",
            Self::Blocked => "Blocked",
            Self::Manual => "Manual checks",
        }
    }

    /// What a run with such a code comes to.
    #[must_use]
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Syntax | Self::Names | Self::Sense | Self::Call => "nothing was run; exit 2",
            Self::Lint | Self::Advice => "advice; changes no exit code",
            Self::Gate | Self::Scope | Self::Tasks | Self::Regression => "red; exit 1",
            Self::Lock => "nothing was judged; exit 1, until a person amends the plan",
            Self::Evidence => "found by `gate verify`; exit 1",
            Self::Blocked => "it says nothing about the work; exit 3",
            Self::Manual => "waits for a person, exit 4; `M11x` is red, exit 1",
        }
    }
}

impl Code {
    /// The code as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What the code stands for, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        ALL.iter()
            .find(|(code, _, _)| *code == self)
            .map_or("", |(_, _, summary)| summary)
    }

    /// The code's page of the book, in Markdown: what it means, why it is so, an example that
    /// has it, and the example mended.
    #[must_use]
    pub fn page(self) -> &'static str {
        PAGES
            .iter()
            .find(|(code, _)| *code == self)
            .map_or("", |(_, page)| page)
    }

    /// The family the code belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        let head = |n: usize| self.0.get(..n).unwrap_or_default();
        match (head(1), head(2), head(3)) {
            (_, _, "E01") => Family::Syntax,
            (_, _, "E02") => Family::Names,
            (_, _, "E03") => Family::Sense,
            ("E", _, _) => Family::Call,
            (_, "W1", _) => Family::Advice,
            ("W", _, _) => Family::Lint,
            (_, "R1", _) => Family::Gate,
            (_, "R2", _) => Family::Scope,
            (_, "R3", _) => Family::Tasks,
            (_, "R5", _) => Family::Lock,
            (_, "R6", _) => Family::Evidence,
            ("R", _, _) => Family::Regression,
            ("B", _, _) => Family::Blocked,
            _ => Family::Manual,
        }
    }

    /// The severity a diagnostic of this code has.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.family() {
            Family::Lint | Family::Advice => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The code of this text, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|code| code.0 == text)
    }

    /// Every code, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|(code, _, _)| *code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $summary:literal;)*) => {
        impl Code {
            $(#[doc = $summary] pub const $name: Self = Self($code);)*
        }
        const ALL: &[(Code, &str, &str)] = &[$((Code::$name, stringify!($name), $summary)),*];
        /// Apart from the table above, so that only who asks for pages carries them.
        const PAGES: &[(Code, &str)] = &[$((
            Code::$name,
            include_str!(concat!("../../docs/src/codes/", $code, ".md")),
        )),*];
    };
}

codes! {
    SYNTAX = "E0100", "something else was expected here";
    UNKNOWN_STATEMENT = "E0101", "no statement begins with this word";
    MISPLACED_STATEMENT = "E0102", "a statement that does not belong in this block";
    UNTERMINATED = "E0103", "a string, regex, bracket or interpolation that is never closed";
    BAD_ESCAPE = "E0104", "an escape that does not exist";
    UNCLOSED_BLOCK = "E0105", "a block without its closing brace";
    STRAY_BRACE = "E0106", "a closing brace that closes nothing";
    BRACE_ON_COMMAND = "E0107", "a closing brace on a command's line";
    TWO_STATEMENTS = "E0108", "two statements on one line";
    SEMICOLON = "E0109", "a semicolon";
    SETTING_SIGN = "E0110", "a sign between a setting and its value";
    FOREIGN_OPERATOR = "E0111", "an operator of another language";
    LOOK_ALIKE = "E0112", "a character that only looks like the one meant";
    FOREIGN_BLANK = "E0113", "a control character or a blank that is not space or tab";
    MERGE_MARKER = "E0114", "a merge-conflict marker";
    MISSING_UNIT = "E0115", "a number without its unit";
    BAD_LITERAL = "E0116", "a number, duration or size that is written wrong";
    BAD_REGEX = "E0117", "a regular expression that does not compile";
    BAD_INTERPOLATION = "E0118", "an interpolation that is not one expression";
    FOREIGN_TEMPLATE = "E0119", "a template of another tool where an interpolation would stand";
    CHAINED_COMPARISON = "E0120", "a comparison of a comparison";
    MISSING_TITLE = "E0121", "a declaration without its title";
    MISSING_TYPE = "E0122", "a parameter without a type";
    MISSING_PARENTHESES = "E0123", "a call without parentheses";
    POSITIONAL_AFTER_NAMED = "E0124", "a positional argument after a named one";
    UNKNOWN_CHOICE = "E0125", "a word where only a few are possible";
    EMPTY_COMMAND = "E0126", "a command line without a command";
    DANGLING_CONTINUATION = "E0127", "a continued line at the end of the file";
    MULTILINE_INDENT = "E0128", "a line with less indentation than the closing quotes";
    MULTILINE_EDGE = "E0129", "text on the line of multi-line quotes";
    TOO_DEEP = "E0130", "nesting beyond 128 levels";
    TOO_LARGE = "E0131", "a file beyond 16 MiB, or 2,000,000 words and signs";
    TOO_MANY = "E0132", "more than 100,000 statements";
    INVALID_UTF8 = "E0133", "a file that is not UTF-8";
    UNKNOWN_EDITION = "E0134", "an edition that never was";
    MISSING_BLOCK = "E0135", "a declaration without its block";
    TEXT_AFTER_BLOCK = "E0136", "text on the line of a block's brace";
    MISSING_VALUE = "E0137", "a statement without its value";
    RESERVED_WORD = "E0138", "a word of the language used as a name";

    UNKNOWN_NAME = "E0201", "a name that nothing has";
    UNKNOWN_CHECK = "E0202", "a check that does not exist";
    UNKNOWN_MODULE = "E0203", "a module that does not exist";
    UNKNOWN_GATE = "E0204", "a needed gate that is not one of the phase";
    UNKNOWN_FUNCTION = "E0205", "a function that does not exist";
    UNKNOWN_METHOD = "E0206", "a method that this type does not have";
    UNKNOWN_KEY = "E0207", "a key or field that is not there";
    DUPLICATE_NAME = "E0208", "two things of one name";
    HIDDEN_NAME = "E0209", "a value that hides another of the file";
    BUILTIN_NAME = "E0210", "a name that belongs to the language";
    CYCLE = "E0211", "names or files that lead back to themselves";
    FILE_NOT_FOUND = "E0212", "a file of the plan that is not there or cannot be read";
    FILE_OUTSIDE = "E0213", "a path that leaves the repository";
    NOT_A_LIBRARY = "E0214", "a used file that holds phases";
    INCLUDED_TWICE = "E0215", "a file that is included twice";
    ALIAS_NEEDED = "E0216", "a used file whose name cannot be an alias";
    TYPE_MISMATCH = "E0220", "a value of another type than is wanted";
    NEVER_EQUAL = "E0221", "a comparison of types that can never be equal";
    BAD_OPERAND = "E0222", "an operator on types it does not take";
    NOT_A_TEXT = "E0223", "a list or map inside a text";
    WRONG_ARGUMENTS = "E0224", "arguments that do not fit the parameters";
    NOT_CONSTANT = "E0225", "a run-time value where one known when loading is needed";
    NOT_HERE = "E0226", "a value that does not exist at this place";
    BAD_GLOB = "E0227", "a glob that is written wrong";
    OUT_OF_RANGE = "E0228", "a number outside its range";
    BAD_NAME = "E0229", "a text that cannot be a name";
    UNKNOWN_LINT = "E0230", "a lint that does not exist";
    PARAM_VALUE = "E0231", "a param given a value it cannot take";
    PARAM_MISSING = "E0232", "a param without a value";
    UNKNOWN_PARAM = "E0233", "a value given for a param that does not exist";
    EVALUATION = "E0234", "a constant expression that has no value";

    NEEDS_CYCLE = "E0301", "gates that need each other in a circle";
    REPEATED_SETTING = "E0302", "a setting given twice";
    NOTHING_JUDGED = "E0303", "a phase in which nothing is judged";
    NO_STEP = "E0304", "a gate or check without a step";
    NO_COMMAND = "E0305", "an expectation on a command that is not there";
    CANNOT_QUOTE = "E0306", "an interpolation where a value cannot be made literal";
    NEWER_EDITION = "E0307", "an edition of a newer gate";
    TAGS_COINCIDE = "E0308", "two phases with one tag";
    ALLOW_DENIED = "E0309", "an allow that a deny covers whole";
    NO_PHASE = "E0310", "a plan without a phase";
    NO_INTERPOLATION = "E0311", "an interpolation where none is possible";
    NOT_A_LINT = "E0312", "a code that cannot be switched off";
    EMPTY_MANUAL = "E0313", "a manual check that shows nothing";
    INPUTS_NONE = "E0314", "inputs none where there must be some, or beside others";
    EMPTY_TEST = "E0315", "a test without a check and its expectation";
    EMPTY_PROOF = "E0316", "a proof that changes nothing";

    NOT_BUILT_RHAI = "E0382", "not built yet: rhai";
    NOT_BUILT_LIBRARY = "E0383", "not built yet: the standard library";
    NOT_BUILT_RATCHET = "E0385", "not built yet: ratchets";
    // E0381, E0386, E0387 and E0388 were `service`, `retry`, `hold` and `push`, and stay unused.
    // E0384 was `manual`, E0389 was `tree worktree`, E0390 `share`, E0391 `secret`, E0392 `amend by`; they stay
    // unused.

    NO_PLAN = "E0401", "no plan was found, or several";
    UNKNOWN_PHASE = "E0402", "a phase that the plan does not have";
    NO_REPOSITORY = "E0403", "not inside a git repository";
    TAG_TAKEN = "E0404", "the phase's tag exists already";
    OPERATION_IN_PROGRESS = "E0405", "a merge, rebase or the like is in progress";
    UNMERGED = "E0406", "the index holds unmerged paths";
    NO_IDENTITY = "E0407", "git does not know who commits";
    NO_BASE = "E0408", "the plan's base is no commit of this repository";
    BAD_TAG = "E0409", "a tag that is no valid name of git";
    UNKNOWN_TRY = "E0410", "a gate to try that the phase does not have";
    LOCKED_PHASE = "E0411", "a phase whose predecessors are not sealed";
    BAD_COMMIT = "E0412", "a commit message that is empty";
    DEMO_FOLDER = "E0413", "a demo folder that is not empty or cannot be written";
    NOT_FORMATTED = "E0414", "a file that could not be formatted or mended";
    UNKNOWN_CODE = "E0415", "a code that does not exist";
    OUTSIDE_PATH = "E0416", "a path that is not in the repository";
    NOTHING_THERE = "E0417", "no commit yet, and nothing staged";
    RUN_IN_PROGRESS = "E0430", "another run is at work in this working tree";
    AGENT_ENVIRONMENT = "E0440", "a person's decision, asked for by a coding agent";
    NO_TERMINAL = "E0441", "a person's decision without a terminal";
    NOT_AN_AMENDER = "E0442", "someone who may not amend the plan";
    NOT_SEALED = "E0443", "a phase to reopen that is not sealed";
    NOT_A_SIGNER = "E0444", "someone who may not sign off a manual check";
    UNKNOWN_MANUAL = "E0445", "a manual check that the phase does not have";
    CANNOT_SIGN = "E0446", "a sign-off that could not be signed";
    NOTHING_TO_VERIFY = "E0450", "a tag or range to verify that is none";
    UNKNOWN_REMOTE = "E0451", "a remote that git does not know";
    LEDGER_TAKEN = "E0452", "a plan whose ledger another's stands in the way of";

    MATCHES_ALL = "W001", "a regex that matches every text";
    IDLE_RETRY = "W002", "a retry of what has no reason to flake";
    REPEATED_PATTERN = "W003", "a pattern that is given twice";
    SWALLOWED = "W004", "a failure that is taken for a success";
    SECOND_SHELL = "W005", "an interpolation that a second shell reads";
    NO_PROOF = "W006", "a gate without a proof";
    CONSTANT_WHEN = "W007", "a condition that is always the same";
    CONSTANT_EXPECT = "W008", "an expectation that is always the same";
    UNUSED_VALUE = "W009", "a value that nothing uses";
    UNUSED_CHECK = "W010", "a check that nothing calls";
    UNUSED_USE = "W011", "a used file that nothing is taken from";
    MODULE_NAME = "W012", "a value with the name of a module of the library";
    LOOSE_DOC = "W013", "documentation that documents nothing";
    NOT_READY = "W014", "a service that does not say when it is ready";
    EMPTY_LOOP = "W015", "a loop over an empty list";
    INVISIBLE = "W016", "a character that cannot be seen";
    GOES_ON = "W017", "a command that goes on after a failure";
    LEFT_OUT = "W018", "a file that the inputs leave out";

    FLAKY = "W101", "a gate that was green, but not at the first attempt";
    LEFT_BEHIND = "W102", "a command that left processes behind";
    SHORT_SECRET = "W103", "a secret too short to be masked";

    EXIT = "R101", "a command failed";
    SIGNAL = "R102", "a command died of a signal";
    EXPECT = "R103", "an expectation does not hold";
    TREE_CHANGED = "R104", "the judged tree was changed while it was judged";
    NOT_STAGED = "R105", "the working tree that was judged is not what is staged";

    OUT_OF_SCOPE = "R201", "a change outside what the phase allows";
    DENIED = "R202", "a change to what the phase denies";
    FUTURE_PHASE = "R203", "work of a later phase";
    FORBIDDEN = "R204", "an added line holds a forbidden text";
    LIMIT_FILES = "R205", "more files changed than the limit";
    LIMIT_LINES = "R206", "more lines changed than the limit";
    LIMIT_SIZE = "R207", "a file larger than the limit";
    REQUIRED = "R208", "a required change is missing";

    UNTICKED = "R301", "a task is not ticked";
    NO_HEADING = "R302", "the heading of the tasks is not there";
    NO_TASKS = "R303", "no tasks where there should be some";
    NO_TASK_FILE = "R304", "the file of the tasks is not there";

    REGRESSION = "R401", "a gate of an earlier phase fails on the new tree";

    LOCKED_CHANGED = "R501", "something under lock was changed";
    LOCKED_REMOVED = "R502", "something under lock was removed";
    LOCKED_LOOSENED = "R503", "an addition that loosens what is under lock";
    LOCKED_ORDER = "R504", "a phase before one under lock that was not there";
    RECORD_UNREADABLE = "R505", "a plan on record that this version cannot read";

    NO_TAG = "R601", "the tag of a seal is missing";
    TAG_MOVED = "R602", "a tag that is not the one the seal made";
    NOT_IN_HISTORY = "R603", "a sealed commit that is not in the history";
    TREE_DIFFERS = "R604", "a sealed commit with another tree than was judged";
    PLAN_DIFFERS = "R605", "a sealed commit with another plan than judged it";
    NO_EVIDENCE = "R606", "evidence that the ledger does not hold";
    LEDGER_BROKEN = "R607", "a ledger that is damaged or no ledger of gate's";
    EVIDENCE_DIFFERS = "R608", "evidence that contradicts the tag or itself";
    BAD_SIGNATURE = "R609", "a signature that is missing or not good";
    SEAL_MISSING = "R610", "a sealed phase after one that is not";
    NOT_COVERED = "R611", "a commit that no seal covers";
    LEDGER_CUT = "R612", "a ledger that lost what this clone recorded";
    NO_SIGN_OFF = "R613", "a seal without the sign-off that it needs";
    SIGN_OFF_DIFFERS = "R614", "a sign-off that does not hold for what was sealed";

    COMMAND_NOT_FOUND = "B101", "a command was not found or not executable";
    TIMED_OUT = "B102", "a command ran out of time";
    CANNOT_START = "B103", "a command could not be started";
    NOTHING_MATCHED = "B104", "a glob matched no file";
    UNSET_VARIABLE = "B105", "an environment variable is not set";
    NO_VALUE = "B106", "an expression has no value";
    GIT_FAILED = "B107", "git failed";
    HEAD_MOVED = "B108", "HEAD or the branch moved during the run";
    OUTPUT_TOO_LARGE = "B109", "more output than an expectation can look at";
    SERVICE_NOT_READY = "B110", "a service was not ready in time";
    SERVICE_DIED = "B111", "a service ended while it was needed";
    PORT_TAKEN = "B112", "a service's port is taken by someone else";
    UNSIGNED = "B120", "git could not sign the seal";
    NOT_PUSHED = "B121", "what was sealed could not be pushed";
    LOCKED = "B130", "another git holds a lock, or left one behind";
    FILTER_FAILED = "B131", "a filter of git's that failed";

    NOT_SIGNED_OFF = "M101", "a manual check that nobody signed off";
    VOID_SIGN_OFF = "M102", "a sign-off that no longer holds";
    SIGNED_BY_OTHER = "M103", "a sign-off by someone who may not give it";
    UNSURE_SIGN_OFF = "M104", "a sign-off whose signature is missing or not good";
    SIGNED_FAILED = "M111", "a manual check that a person found red";
}
