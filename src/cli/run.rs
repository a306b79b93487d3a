//! `gate run` and `gate try`.

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;

use super::judged::Judged;
use super::locate::Located;
use super::output::Output;
use super::{Format, Sets};
use crate::diagnostic::{Code, Diagnostic};
use crate::process::{self, Interrupt};
use crate::repo::Repository;
use crate::report::{GithubReporter, HumanReporter, json};
use crate::run::{Event, Interpreter, Outcome, PhaseSelection, Refusal, Turn, is_ci};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    plan: Option<PathBuf>,
    /// Take this phase, which must be the open one
    #[arg(long, value_name = "PHASE", conflicts_with = "all")]
    phase: Option<String>,
    /// Go on to the next phase while there is nothing to wait for
    #[arg(long)]
    all: bool,
    /// Where another run is at work in this working tree, fail at once
    #[arg(long)]
    no_wait: bool,
    /// Words for the record of this run, such as what mended a red
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Let the open phase's gates, too, take an earlier green on the same inputs
    #[arg(long)]
    reuse: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct TryArgs {
    /// Only these gates and what they need: `GATE` of the open phase, or `PHASE/GATE`
    gates: Vec<String>,
    /// The plan; by default the one `*.gate` file at the repository's root, or `plan.gate`
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,
    /// Judge every gate, whatever was green before
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    /// After the first gate that is red or blocked, end those that run and start no more
    #[arg(long)]
    fail_fast: bool,
    /// How many gates run at a time
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Keep the whole output of every command, in files under the git directory
    #[arg(long)]
    keep_output: bool,
    #[command(flatten)]
    sets: Sets,
    /// How to write what happens
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// `gate run`.
pub(super) fn run(args: &RunArgs, output: &Output) -> i32 {
    let selection = match (&args.phase, args.all) {
        (Some(name), _) => PhaseSelection::Named(name),
        (None, true) => PhaseSelection::All,
        (None, false) => PhaseSelection::Open,
    };
    let plan = args.plan.as_deref();
    let run = |selection: PhaseSelection<'_>, reuse: bool| {
        let turn = Some(Wait(!args.no_wait));
        go(plan, &args.how, turn, output, |interpreter| {
            interpreter
                .note(args.note.clone())
                .reuse(reuse)
                .run(selection)
        })
    };
    let mut ended = run(selection, args.reuse);
    // Asked only here, where signals end the process as ever.
    let people = args.how.format == Format::Human && !is_ci();
    if ended.stopped == Some(Stop::Amend) && people && super::amend::offer(plan, &args.how.sets) {
        ended = run(selection, args.reuse);
    }
    while ended.stopped == Some(Stop::Wait)
        && people
        && super::sign::offer(args.plan.as_ref(), &args.how.sets, output)
    {
        // What was green a moment ago on this tree need not be judged again.
        ended = run(PhaseSelection::Open, true);
        if ended.code == 0 && args.all {
            ended = run(selection, args.reuse);
        }
    }
    ended.code
}

/// How a command ended.
struct Ended {
    code: i32,
    /// What a person at the terminal can help it over.
    stopped: Option<Stop>,
}

/// What a person can help a run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The plan was changed and not amended.
    Amend,
    /// All is green but what a person has to sign off.
    Wait,
}

impl Ended {
    fn with(code: i32) -> Self {
        Self {
            code,
            stopped: None,
        }
    }
}

/// `gate try`. A first word that names a plan file is the plan, as in `gate run`.
pub(super) fn attempt(args: &TryArgs, output: &Output) -> i32 {
    let mut gates = args.gates.clone();
    let mut plan = args.plan.clone();
    if plan.is_none() && gates.first().is_some_and(|word| word.ends_with(".gate")) {
        plan = Some(PathBuf::from(gates.remove(0)));
    }
    go(plan.as_deref(), &args.how, None, output, |interpreter| {
        interpreter.fresh(args.fresh).attempt(&gates)
    })
    .code
}

/// Whether to wait for one's turn.
struct Wait(bool);

/// `turn`: where a turn is needed at all.
fn go(
    plan: Option<&std::path::Path>,
    how: &How,
    turn: Option<Wait>,
    output: &Output,
    judge: impl FnOnce(Interpreter<'_>) -> Result<Outcome, Refusal>,
) -> Ended {
    let complain = |diagnostic: &Diagnostic| {
        output.diagnostics(&diagnostic.clone().into(), how.format);
        Ended::with(match diagnostic.code.as_str().starts_with('B') {
            true => 3,
            false => 2,
        })
    };
    let given = match how.sets.given(true) {
        Ok(given) => given,
        Err(diagnostic) => return complain(&diagnostic),
    };
    let repo = match Repository::discover(".") {
        Ok(repo) => repo,
        Err(error) => return complain(&error.diagnostic()),
    };
    let located = match Located::find_judged(plan, &repo) {
        Ok(located) => located,
        Err(diagnostic) => return complain(&diagnostic),
    };
    // A run does not wait for its turn only to be refused.
    if turn.is_some()
        && let Err(error) = repo.preflight()
    {
        return complain(&error.diagnostic());
    }
    let interrupt = Interrupt::new();
    process::adopt_orphans();
    // Without the handlers a signal ends us at once, as it would any program.
    let _handlers = process::handle_signals(&interrupt);
    // A terminal's Ctrl-C reaches the calls of git too, maybe before us: that they failed is
    // no news.
    let interrupted = |code: Option<Code>| {
        if code == Some(Code::GIT_FAILED) {
            let _ = interrupt.wait(process::HEARD);
        }
        interrupt.signal().map(|signal| Ended::with(128 + signal))
    };
    let reporter = Arc::new(Mutex::new(Reporter::new(how.format, output)));
    let report = |event: &Event| {
        reporter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .event(event);
    };
    let turn = match turn {
        None => None,
        // Before the plan and the tree are read: the run before this one may change both.
        Some(Wait(wait)) => match Turn::take(&repo, wait, &interrupt, |event| report(&event)) {
            Ok(Some(turn)) => Some(turn),
            Ok(None) => return interrupted(None).unwrap_or(Ended::with(3)),
            Err(refusal) => {
                let first = refusal.diagnostics.items.first();
                if let Some(ended) = interrupted(first.map(|first| first.code)) {
                    return ended;
                }
                output.diagnostics(&refusal.diagnostics, how.format);
                return Ended::with(refusal.exit_code());
            }
        },
    };
    let read = match Judged::read(&repo, &located.path, &given) {
        Ok(read) => read,
        // Of what is in the way, the index is only a part.
        Err(error) => {
            if let Some(ended) = interrupted(Some(error.code())) {
                return ended;
            }
            let error = repo.preflight().err().unwrap_or(error);
            return complain(&error.diagnostic());
        }
    };
    let judged = match read {
        Ok(judged) => judged,
        Err(diagnostics) => {
            let diagnostics = located.relocate(*diagnostics);
            output.diagnostics(&diagnostics, how.format);
            return Ended::with(2);
        }
    };
    let Judged {
        plan,
        tree,
        from_disk,
    } = judged;
    // The process ends with it: nobody needs it to be taken apart.
    let plan = ManuallyDrop::new(plan);
    let notices = from_disk
        .iter()
        .map(|path| format!("`{path}` is not staged: it was read from the working tree"));
    let mut interpreter = Interpreter::new(&plan, repo)
        .tree(tree)
        .given(&given)
        .interrupt(&interrupt)
        .jobs(how.jobs.map(usize::from))
        .fail_fast(how.fail_fast)
        .keep_output(how.keep_output)
        .observe({
            let reporter = Arc::clone(&reporter);
            move |event| {
                let mut reporter = reporter.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    Event::Diagnostic(about) => {
                        let mut about = about.clone();
                        about.sources = located.relocated(&about.sources);
                        reporter.event(&Event::Diagnostic(about));
                    }
                    event => reporter.event(event),
                }
            }
        });
    if let Some(turn) = turn {
        interpreter = interpreter.turn(turn);
    }
    for text in notices {
        interpreter = interpreter.notice(text);
    }
    let live = output.live && how.format == Format::Human;
    let result = with_ticks(&reporter, live, || judge(interpreter));
    match result {
        Ok(outcome) => Ended {
            code: outcome.exit_code(),
            stopped: (outcome.exit_code() == 4).then_some(Stop::Wait),
        },
        Err(refusal) => Ended {
            code: refusal.exit_code(),
            stopped: refusal.is_amendment().then_some(Stop::Amend),
        },
    }
}

/// Judges, while the line of what is running is redrawn.
fn with_ticks<T>(reporter: &Arc<Mutex<Reporter>>, live: bool, judge: impl FnOnce() -> T) -> T {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        if live {
            let reporter = Arc::clone(reporter);
            let ticks = move || {
                // Redraws the line of what is running, until the run is over.
                while stopped.recv_timeout(Duration::from_millis(100))
                    == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    reporter
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .tick();
                }
            };
            // Without the thread the line is redrawn with each event only.
            let _ = std::thread::Builder::new().spawn_scoped(scope, ticks);
        }
        let result = judge();
        drop(stop);
        result
    })
}

/// The format asked for, as a fold over events.
enum Reporter {
    Human(HumanReporter<io::Stdout>),
    Json,
    Github(GithubReporter<io::Stdout>),
}

impl Reporter {
    fn new(format: Format, output: &Output) -> Self {
        match format {
            Format::Human => Self::Human(HumanReporter::new(io::stdout(), output.out, output.live)),
            Format::Json => Self::Json,
            Format::Github => Self::Github(GithubReporter::new(io::stdout())),
        }
    }

    /// Shows an event. A reader that went away does not stop the judging.
    fn event(&mut self, event: &Event) {
        let _ = match self {
            Self::Human(reporter) => reporter.event(event),
            Self::Json => writeln!(io::stdout().lock(), "{}", json::event_line(event)),
            Self::Github(reporter) => reporter.event(event),
        };
    }

    fn tick(&mut self) {
        if let Self::Human(reporter) = self {
            let _ = reporter.tick();
        }
    }
}
