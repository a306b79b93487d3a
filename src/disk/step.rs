//! The steps: all that gate writes outside memory.
//!
//! A new one needs a scenario of `tests/torture` that comes to it, and a row in
//! `docs/src/reliability.md`, which `GATE_TORTURE=page cargo test --test torture` writes.

/// Before or after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing of it is done yet.
    Before,
    /// All of it is done.
    After,
}

impl When {
    /// Its name in an order for a fault.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $step:ident = $name:literal,)+) => {
        /// One kind of write outside memory: by gate itself, or by a call of git.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Step {
            $($(#[doc = $doc])+ $step,)+
        }

        impl Step {
            /// Every step.
            pub const ALL: &[Self] = &[$(Self::$step,)+];

            /// Its name, in orders for faults and in the documentation.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$step => $name,)+
                }
            }

            /// What it writes, in a few words.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$step => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

steps! {
    /// the folder of gate's own files
    OwnFolder = "own-folder",
    /// the lock by which one run at a time works in a working tree
    RunLock = "run-lock",
    /// who holds that lock
    RunHolder = "run-holder",
    /// a folder for a copy of the index
    IndexFolder = "index-folder",
    /// a copy of the index
    IndexCopy = "index-copy",
    /// the copy of the index goes
    IndexGone = "index-gone",
    /// the objects of the staged tree
    StagedTree = "staged-tree",
    /// the objects of the working tree, where that is judged
    WorkingTree = "working-tree",
    /// the object of the empty tree
    EmptyTree = "empty-tree",

    /// what is known of the folders of a working tree
    FolderNotes = "folder-notes",

    /// what a process that was killed left behind goes
    Swept = "swept",
    /// the folder of runs that are under way
    PinFolder = "pin-folder",
    /// the file that says that a run is under way
    PinFile = "pin-file",
    /// whose run that is
    PinMark = "pin-mark",
    /// the commit that keeps a judged tree
    PinCommit = "pin-commit",
    /// the ref that keeps a judged tree
    PinRef = "pin-ref",
    /// that ref goes
    PinRefGone = "pin-ref-gone",
    /// the file of a run goes
    PinFileGone = "pin-file-gone",

    /// the checkout's folders
    ShadowFolders = "shadow-folders",
    /// which tree the checkout is
    ShadowNote = "shadow-note",
    /// the lock of the checkout
    ShadowLock = "shadow-lock",
    /// a file of the checkout's git directory
    ShadowFile = "shadow-file",
    /// the checkout's HEAD, where refs are in tables
    ShadowHead = "shadow-head",
    /// the checkout's copy of the working tree's settings
    ShadowConfig = "shadow-config",
    /// a file of the checkout that is in the way goes
    ShadowFileGone = "shadow-file-gone",
    /// the tree of the checkout's index
    ShadowTree = "shadow-tree",
    /// what the checkout's index knows of its files
    ShadowRefresh = "shadow-refresh",
    /// the files that differ between two trees
    ShadowUpdate = "shadow-update",
    /// every file of the checkout that differs
    ShadowReset = "shadow-reset",
    /// files of the checkout that no longer belong there go
    ShadowClean = "shadow-clean",
    /// the whole checkout goes, to begin anew
    ShadowGone = "shadow-gone",
    /// a folder of the checkout for links to ignored files
    ShareFolder = "share-folder",
    /// a link to an ignored file
    ShareLink = "share-link",
    /// such a folder or link goes
    ShareGone = "share-gone",
    /// the list of such folders
    ShareList = "share-list",
    /// the tree of an index after judging
    ProofTree = "proof-tree",
    /// the index by which the judged place is looked at again
    ProofIndex = "proof-index",

    /// the folder of journals of refs that move
    JournalFolder = "journal-folder",
    /// a journal of refs about to move
    Journal = "journal",
    /// what it says
    JournalText = "journal-text",
    /// a journal goes
    JournalGone = "journal-gone",
    /// a lock file that a killed git left behind goes
    StaleLock = "stale-lock",
    /// the rest of the refs of a move that was cut short
    MadeWhole = "made-whole",
    /// a folder for what a ledger's entry holds
    EntryFolder = "entry-folder",
    /// a file of that folder
    EntryFile = "entry-file",
    /// that folder goes
    EntryFolderGone = "entry-folder-gone",
    /// the text and the files of a ledger's entry
    EntryText = "entry-text",
    /// the tree of a ledger's entry
    EntryTree = "entry-tree",
    /// the commit of a ledger's entry
    EntryCommit = "entry-commit",
    /// the signature of a sign-off or the key for it, in the system's folder for temporary files
    SignOff = "sign-off",
    /// the ledger's ref
    Record = "record",
    /// the commit of the judged tree
    Commit = "commit",
    /// the tag's object
    Tag = "tag",
    /// a throw-away repository, for a signature
    TagFolder = "tag-folder",
    /// a file of that repository
    TagFile = "tag-file",
    /// that repository goes
    TagFolderGone = "tag-folder-gone",
    /// git has locked branch, tag and ledger, to move them together
    Prepared = "prepared",
    /// branch, tag and ledger together
    Seal = "seal",
    /// branch, tags and ledger at a remote
    Push = "push",
    /// the ledger of a remote, beside ours
    Fetch = "fetch",
    /// what of a remote is fetched, in the configuration
    Refspec = "refspec",

    /// the folder of verdicts kept for reuse
    ReuseFolder = "reuse-folder",
    /// the lock of those verdicts
    ReuseLock = "reuse-lock",
    /// those verdicts
    ReuseVerdicts = "reuse-verdicts",

    /// a folder for the whole output of commands
    OutputFolder = "output-folder",
    /// the whole output of a command
    OutputFile = "output-file",
    /// the outputs of an old run go
    OutputGone = "output-gone",
    /// a script in the system's folder for temporary files
    Script = "script",
    /// long output of a command, in a file without a name
    Spill = "spill",
    /// a plan file that is formatted or mended, as asked
    Rewrite = "rewrite",
    /// the repository of `gate demo`
    Demo = "demo",
}
