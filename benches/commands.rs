//! What running commands costs, against the least it can cost and against peers.
//!
//! `cargo bench --bench commands` prints, for 1 to 1000 times a trivial command, as many at
//! a time as there are cores: the floor (a loop of spawn and wait in C), what gate's engine
//! adds, what the whole of `gate try` does with as many gates, and the peers that are
//! installed. All take turns for several rounds; a time is the best of them, a ratio the
//! median of what the rounds had, each against its own floor: the machine is not as fast in
//! one as in another. Beyond the first is what each further command costs, against what it
//! costs the floor. Then a gate that prints 1 GB, against `cat`, with the most memory it
//! took.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark talks to people and fails loudly"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Std, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gatelang::process::{Command, Interrupt, Keep, Line, Programs};
use gatelang::secret::Secrets;

/// Rounds for N commands.
fn rounds(n: usize) -> usize {
    if n >= 1000 { 15 } else { 35 }
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    leave_cargo();
    let bench = Bench::new();
    let first = bench.compare(1, &[]);
    for n in [10, 100, 1000] {
        bench.compare(n, &first);
    }
    bench.much_output();
}

/// Begins anew without the environment of cargo: every program that starts looks for its
/// libraries where `LD_LIBRARY_PATH` says, and the floor's do not know it.
fn leave_cargo() {
    let told = ["CARGO", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];
    if told.iter().all(|name| std::env::var_os(name).is_none()) {
        return;
    }
    let kept = ["PATH", "HOME", "TMPDIR", "HK_CONFIG_PKL"];
    let mut anew = Std::new(std::env::current_exe().unwrap());
    anew.env_clear();
    anew.envs(
        kept.iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?))),
    );
    let failed = anew.args(std::env::args_os().skip(1)).exec();
    println!("not without the environment of cargo: {failed}");
    std::process::exit(1);
}

struct Bench {
    dir: tempfile::TempDir,
    gate: PathBuf,
    jobs: usize,
    shell: Vec<String>,
    floor: Option<PathBuf>,
}

/// Somebody who runs N commands.
struct Runner<'b> {
    name: &'static str,
    run: Box<dyn Fn() + 'b>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // As it is installed, and as the peers are: what a linker has written lies in memory
        // page by page, and takes longer to start.
        let gate = dir.path().join("gate");
        fs::copy(env!("CARGO_BIN_EXE_gate"), &gate).unwrap();
        let floor = dir.path().join("floor");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/floor.c");
        let built = Std::new("cc")
            .arg("-O2")
            .arg(source)
            .arg("-o")
            .arg(&floor)
            .status();
        let floor = built.is_ok_and(|status| status.success()).then_some(floor);
        if floor.is_none() {
            println!("no C compiler: the floor is a loop of std::process, on threads");
        }
        Self {
            dir,
            gate,
            jobs: std::thread::available_parallelism().map_or(2, usize::from),
            shell: gatelang::plan::DEFAULT_SHELL.map(str::to_owned).to_vec(),
            floor,
        }
    }

    /// Prints what each takes for `n` commands; `first` is the median of each for one, which
    /// this gives.
    fn compare(&self, n: usize, first: &[f64]) -> Vec<f64> {
        let mut runners = vec![
            self.floor(n),
            Runner {
                name: "engine, started directly",
                run: Box::new(move || self.engine(n, "/bin/true")),
            },
            Runner {
                name: "engine, by the shell",
                run: Box::new(move || self.engine(n, "true;")),
            },
            self.gate(n),
        ];
        runners.extend(self.make(n));
        runners.extend(self.ninja(n));
        runners.extend(self.xargs(n));
        runners.extend(self.just(n));
        runners.extend(self.task(n));
        runners.extend(self.lefthook(n));
        runners.extend(self.prek(n));
        runners.extend(self.hk(n));
        let times = rounds_of(rounds(n), &runners);
        println!("\n{n} × true, {} at a time", self.jobs);
        for (at, runner) in runners.iter().enumerate() {
            let beyond = first.get(at).zip(first.first()).map(|(own, floor)| {
                let ratio = median(
                    times
                        .iter()
                        .map(|round| (round[at] - own) / (round[0] - floor)),
                );
                format!("  beyond the first {ratio:5.2} ×")
            });
            println!(
                "  {:28} {:9.2} ms  {:5.2} ×{}",
                runner.name,
                best(&times, at) * 1e3,
                ratio(&times, at),
                beyond.unwrap_or_default()
            );
        }
        (0..runners.len())
            .map(|at| median(times.iter().map(|round| round[at])))
            .collect()
    }

    fn floor(&self, n: usize) -> Runner<'_> {
        Runner {
            name: "floor",
            run: match &self.floor {
                Some(program) => Box::new(move || {
                    let mut floor = Std::new(program);
                    succeed(floor.args([n.to_string(), self.jobs.to_string()]));
                }),
                None => Box::new(move || self.share(n, || succeed(&mut Std::new("/bin/true")))),
            },
        }
    }

    /// Does something `n` times, on as many threads as there are cores.
    fn share(&self, n: usize, act: impl Fn() + Sync) {
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(n) {
                scope.spawn(|| {
                    while done.fetch_add(1, Ordering::Relaxed) < n {
                        act();
                    }
                });
            }
        });
    }

    fn engine(&self, n: usize, text: &str) {
        let interrupt = Interrupt::new();
        let base = Command {
            program: OsString::new(),
            arg0: None,
            args: Vec::new(),
            dir: self.dir.path().to_owned(),
            env: std::env::vars_os().collect(),
            timeout: Duration::from_secs(60),
            keep: Keep::Ends,
            secrets: Secrets::default(),
            transcript: None,
        };
        // As a run does with gates that need no others.
        let programs = Programs::default();
        self.share(n, || {
            let line = Line {
                text,
                shell: &self.shell,
                known: Some(&programs),
            };
            assert!(line.run(&base, &interrupt).unwrap().exit.success());
        });
    }

    /// A repository whose plan has `n` gates.
    fn gate(&self, n: usize) -> Runner<'_> {
        let mut plan = String::from("phase p \"P\" {\n");
        for gate in 0..n {
            writeln!(plan, "  gate g{gate} {{\n    inputs none\n    $ true\n  }}").unwrap();
        }
        plan.push_str("}\n");
        let repository = self.configured("gates", n, "plan.gate", &plan);
        Runner {
            name: "gate try, the whole process",
            run: Box::new(move || succeed(&mut self.attempt(&repository))),
        }
    }

    fn make(&self, n: usize) -> Option<Runner<'_>> {
        let all = targets(n).join(" ");
        let text = format!("all: {all}\n.PHONY: all {all}\n{all}:\n\t@/bin/true\n");
        let file = self.dir.path().join(format!("Makefile-{n}"));
        fs::write(&file, text).unwrap();
        let jobs = format!("-j{}", self.jobs);
        self.peer("make", move |make| make.arg(&jobs).arg("-f").arg(&file))
    }

    fn ninja(&self, n: usize) -> Option<Runner<'_>> {
        let mut text = "rule t\n  command = /bin/true\n".to_owned();
        for target in targets(n) {
            writeln!(text, "build {target}: t").unwrap();
        }
        let folder = self.configured("ninja", n, "build.ninja", &text);
        let jobs = format!("-j{}", self.jobs);
        self.peer("ninja", move |ninja| {
            ninja.arg(&jobs).arg("-C").arg(&folder)
        })
    }

    fn xargs(&self, n: usize) -> Option<Runner<'_>> {
        let file = self.dir.path().join(format!("lines-{n}"));
        fs::write(&file, "x\n".repeat(n)).unwrap();
        let jobs = format!("-P{}", self.jobs);
        self.peer("xargs", move |xargs| {
            xargs.stdin(fs::File::open(&file).unwrap());
            xargs.args(["-n1", &jobs, "/bin/true"])
        })
    }

    fn just(&self, n: usize) -> Option<Runner<'_>> {
        let mut text = format!("[parallel]\nall: {}\n", targets(n).join(" "));
        for target in targets(n) {
            writeln!(text, "\n{target}:\n    @/bin/true").unwrap();
        }
        let folder = self.configured("just", n, "justfile", &text);
        self.peer("just", move |just| just.arg("all").current_dir(&folder))
    }

    fn task(&self, n: usize) -> Option<Runner<'_>> {
        let deps = targets(n).join(", ");
        let mut text = format!("version: '3'\nsilent: true\ntasks:\n  all:\n    deps: [{deps}]\n");
        for target in targets(n) {
            writeln!(text, "  {target}:\n    cmds: [/bin/true]").unwrap();
        }
        let folder = self.configured("task", n, "Taskfile.yml", &text);
        let jobs = self.jobs.to_string();
        self.peer("task", move |task| {
            task.args(["--concurrency", &jobs, "all"])
                .current_dir(&folder)
        })
    }

    fn lefthook(&self, n: usize) -> Option<Runner<'_>> {
        let mut text = "pre-commit:\n  parallel: true\n  jobs:\n".to_owned();
        for target in targets(n) {
            writeln!(text, "    - name: {target}\n      run: /bin/true").unwrap();
        }
        let folder = self.configured("lefthook", n, "lefthook.yml", &text);
        self.peer("lefthook", move |lefthook| {
            lefthook
                .args(["run", "pre-commit", "--force", "--no-auto-install"])
                .current_dir(&folder)
        })
    }

    fn prek(&self, n: usize) -> Option<Runner<'_>> {
        let mut text = "repos:\n  - repo: local\n    hooks:\n".to_owned();
        for target in targets(n) {
            // Those of one priority run beside each other.
            writeln!(
                text,
                "      - {{ id: {target}, name: {target}, entry: /bin/true, language: system, \
                 always_run: true, pass_filenames: false, priority: 1 }}"
            )
            .unwrap();
        }
        let folder = self.configured("prek", n, ".pre-commit-config.yaml", &text);
        self.peer("prek", move |prek| {
            prek.args(["run", "--all-files"]).current_dir(&folder)
        })
    }

    /// Its configurations amend a file that it would fetch; `HK_CONFIG_PKL` says where it is.
    fn hk(&self, n: usize) -> Option<Runner<'_>> {
        let Some(base) = std::env::var_os("HK_CONFIG_PKL") else {
            println!("HK_CONFIG_PKL names no `Config.pkl` of hk: left out");
            return None;
        };
        let base = base.to_string_lossy().into_owned();
        let mut text = format!("amends \"{base}\"\nhooks {{ [\"pre-commit\"] {{ steps {{\n");
        for target in targets(n) {
            writeln!(text, "[\"{target}\"] {{ check = \"/bin/true\" }}").unwrap();
        }
        text.push_str("} } }\n");
        let folder = self.configured("hk", n, "hk.pkl", &text);
        let jobs = self.jobs.to_string();
        self.peer("hk", move |hk| {
            hk.args(["run", "pre-commit", "--all", "--jobs", &jobs])
                .current_dir(&folder)
        })
    }

    fn attempt(&self, repository: &Path) -> Std {
        let mut gate = Std::new(&self.gate);
        gate.arg("try").current_dir(repository);
        gate
    }

    /// A repository with a peer's configuration, all of it staged.
    fn configured(&self, peer: &str, n: usize, file: &str, text: &str) -> PathBuf {
        let folder = self.dir.path().join(format!("{peer}-{n}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(file), text).unwrap();
        for args in [&["init", "--quiet"][..], &["add", "."]] {
            succeed(Std::new("git").args(args).current_dir(&folder));
        }
        folder
    }

    /// A peer, if it is installed.
    fn peer<'b>(
        &'b self,
        name: &'static str,
        set_up: impl Fn(&mut Std) -> &mut Std + 'b,
    ) -> Option<Runner<'b>> {
        let found = Std::new(name).arg("--version").output().is_ok();
        if !found {
            println!("{name} is not installed: left out");
        }
        found.then(|| Runner {
            name,
            run: Box::new(move || succeed(set_up(&mut Std::new(name)))),
        })
    }

    fn much_output(&self) {
        const BYTES: u64 = 1_000_000_000;
        let print = format!("head -c {BYTES} /dev/zero");
        let plan =
            format!("phase p \"P\" {{\n  gate g {{\n    inputs none\n    $ {print}\n  }}\n}}\n");
        let repository = self.configured("much", 1, "plan.gate", &plan);
        let cat = format!("{print} | cat > /dev/null");
        let runners = [
            Runner {
                name: "cat > /dev/null",
                run: Box::new(move || succeed(Std::new("sh").args(["-c", &cat]))),
            },
            Runner {
                name: "gate try",
                run: Box::new(|| succeed(&mut self.attempt(&repository))),
            },
        ];
        let times = rounds_of(15, &runners);
        println!("\n1 GB of output");
        for (at, runner) in runners.iter().enumerate() {
            let speed = BYTES as f64 / best(&times, at) / 1e9;
            let ratio = 1.0 / ratio(&times, at);
            println!("  {:28} {speed:9.2} GB/s  {ratio:5.2} ×", runner.name);
        }
        drop(runners);
        for (what, repository) in [
            ("1 GB", repository),
            ("1000 gates", self.dir.path().join("gates-1000")),
        ] {
            let memory = memory(&mut self.attempt(&repository));
            println!("  memory, {what}: {memory:.1} MiB");
        }
    }
}

/// What a peer calls its commands.
fn targets(n: usize) -> Vec<String> {
    (0..n).map(|at| format!("t{at}")).collect()
}

/// What each of them took in each round, in seconds, less a first one that warms up.
fn rounds_of(rounds: usize, runners: &[Runner<'_>]) -> Vec<Vec<f64>> {
    let time = |runner: &Runner<'_>| {
        let started = Instant::now();
        (runner.run)();
        started.elapsed().as_secs_f64()
    };
    let mut times = (0..=rounds).map(|_| runners.iter().map(time).collect());
    times.next();
    times.collect()
}

/// The best time of one of them, in seconds.
fn best(times: &[Vec<f64>], at: usize) -> f64 {
    times
        .iter()
        .map(|round| round[at])
        .fold(f64::INFINITY, f64::min)
}

/// The median of its ratios to the first.
fn ratio(times: &[Vec<f64>], at: usize) -> f64 {
    median(times.iter().map(|round| round[at] / round[0]))
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The most memory `gate try` itself takes, in MiB, as the kernel tells when it ends.
#[expect(
    clippy::zombie_processes,
    reason = "wait4 waits for it, and says what it took"
)]
fn memory(attempt: &mut Std) -> f64 {
    let child = attempt.stdout(Stdio::null()).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let mut status = 0;
    // SAFETY: both pointers are of values that outlive the call; the child is ours.
    unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    // Linux counts KiB, macOS bytes.
    let unit = if cfg!(target_os = "macos") {
        1.0
    } else {
        1024.0
    };
    usage.ru_maxrss as f64 * unit / 1024.0 / 1024.0
}

fn succeed(command: &mut Std) {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
