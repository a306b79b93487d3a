//! A command line started without a shell means what it means to bash.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use gatelang::plan::DEFAULT_SHELL;
use gatelang::process::{Command, Finished, Interrupt, Keep, Line, MARKER, run};
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder with a few programs in its `bin`, and what starts there.
struct Bench {
    dir: TempDir,
    shell: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Self {
            dir,
            shell: DEFAULT_SHELL.map(str::to_owned).to_vec(),
        };
        bench.program("bin/interpreted", "#!/bin/cat\n", 0o755);
        bench.program("bin/no-interpreter", "#!/no/such/interpreter\n", 0o755);
        bench.program("bin/no-first-line", "echo \"$0\" \"$BASH\" \"$@\"\n", 0o755);
        bench.program("bin/not-executable", "#!/bin/cat\n", 0o644);
        bench.program("bin/two words", "#!/bin/cat\n", 0o755);
        bench.program("bin/true", "#!/bin/cat\n", 0o755);
        bench.program("bin/no-program", [0, 1, 2, 3], 0o755);
        bench.program("bin/empty", "", 0o755);
        fs::create_dir(bench.dir.path().join("bin/folder")).unwrap();
        fs::create_dir(bench.dir.path().join("sub")).unwrap();
        std::os::unix::fs::symlink("sub", bench.dir.path().join("link")).unwrap();
        bench
    }

    fn program(&self, path: &str, text: impl AsRef<[u8]>, mode: u32) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self) -> Command {
        let bin = self.dir.path().join("bin");
        let dir = self.dir.path().to_owned();
        let path = format!("/usr/bin:/bin:{}", bin.display());
        let env = |name: &str, value: &str| (name.into(), value.into());
        Command {
            program: OsString::new(),
            arg0: None,
            args: Vec::new(),
            env: [
                env("PATH", &path),
                env("HOME", "/"),
                env("LC_ALL", "C.UTF-8"),
                env("PWD", dir.to_str().unwrap()),
            ]
            .into_iter()
            .collect(),
            dir,
            timeout: Duration::from_secs(60),
            keep: Keep::Whole,
            secrets: Default::default(),
            transcript: None,
        }
    }

    /// Whether a line is started without the shell, and that it then is the same.
    fn is_direct(&self, text: &str) -> bool {
        self.is_direct_in(text, &self.command())
    }

    fn is_direct_in(&self, text: &str, base: &Command) -> bool {
        let line = Line {
            text,
            shell: &self.shell,
            known: None,
        };
        if line.directly(base).is_none() {
            return false;
        }
        let interrupt = Interrupt::new();
        let directly = told(&line.run(base, &interrupt).unwrap());
        let by_shell = told(&run(&line.by_shell(base), &interrupt).unwrap());
        assert_eq!(directly, by_shell, "{text:?} in {:?}", base.env);
        true
    }
}

/// All that can be seen of a command, in an order of its own; ids that change each time
/// are left out.
fn told(finished: &Finished) -> (i32, Vec<String>, String) {
    let stdout = finished.stdout.bytes().unwrap();
    let mut pieces: Vec<String> = stdout
        .split(|byte| *byte == 0)
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .filter(|piece| !piece.starts_with(MARKER))
        .collect();
    pieces.sort();
    (
        finished.exit.code(),
        pieces,
        finished.stderr.whole().unwrap(),
    )
}

/// Lines that bash only starts a program for.
const PLAIN: &str = r#"
true
false
cat /proc/self/environ
cat /proc/self/cmdline
cat /proc/self/cwd/bin/interpreted
readlink /proc/self/cwd
readlink /proc/self/fd/0
ls /proc/self/fd
grep -e SigBlk: -e SigIgn: -e SigCgt: -e Shd -e NoNewPrivs -e Umask /proc/self/status
grep -E '^(Sig[BIC]|Shd|NoNewPrivs|Umask)' /proc/self/status
grep -E "^(Sig[BIC]|Shd|Umask)" /proc/self/status
cut -d ' ' -f 2-4 /proc/self/stat
ls
ls -a -1 .
ls no-such-file
ls -l no-such-file no-such-folder
ls --no-such-option
cat no-such-file
cat bin/interpreted
cat < bin/interpreted
cat
wc -c
head -c 3 bin/interpreted
interpreted
interpreted one two 'three four'
bin/interpreted
./bin/interpreted
./bin/../bin/interpreted x
bin//interpreted
/bin/cat bin/interpreted
/usr/bin/env
env
env -i
env A=1
env A=1 B=2 env
env 'A=1 2' env
env -u PATH /usr/bin/env
env -i sh -c 'echo in'
sh -c 'echo $0 $1' a b
sh -c 'exit 3'
sh -c 'exit 127'
sh -c 'exit 126'
sh -c 'kill -9 $$'
sh -c 'kill -TERM $$'
sh -c 'echo out; echo err >&2'
sh -c "echo out"
sh -c 'echo $PPID >/dev/null; echo $SHLVL'
sh -c 'ps -o comm= -p $$'
dash -c 'echo "$0"'
bash -c 'echo $0 $SHLVL $- $BASHOPTS'
bash -c 'shopt; set -o'
bash -c 'trap; ulimit -a'
bash -c 'read x; echo $?'
sh -c 'test -t 0; echo $?'
sh -c 'test -t 1; echo $?'
sh -c 'echo x >/dev/tty'
seq 3
seq 1 2 9
seq -s , 3
seq -s, 3
seq -f %03g 3
basename /a/b.c .c
basename -- -x
dirname /a/b
expr 1 + 2
expr 1 = 2
expr a : a
expr length abc
'two words'
"two words" x
two\ words
bin/'two words'
'bin/two words' 1
bin/two\ words 2
"bin"/"interpreted"
'l's
"ls" -a
l\s
\ls
\l\s -1
ls	-1
ls   -1   .
  ls
	ls
ls -1 
date -d @0 -u +%s
date -u -d '1970-01-01' '+%Y %m'
sort bin/interpreted bin/not-executable
find . -maxdepth 1 -name sub
find . -maxdepth 1 -name 's*'
find . -maxdepth 1 -name "s*"
find . -maxdepth 1 -name s\*
find . -maxdepth 1 ! -name 's*'
find . -name sub -exec echo x '{}' ';'
find . -name sub -exec echo x '{}' \;
awk 'BEGIN { print 1 + 2 }'
awk 'BEGIN { print ARGV[1], ARGC }' 'a b'
sed -n 1p bin/interpreted
sed -e 's/cat/dog/' bin/interpreted
sed 's,/bin,\,,' bin/interpreted
sed "s/cat/\\\\/" bin/interpreted
tr a b
test-no-such-program
id -u
uname
nice
nice -n 1 nice
timeout 10 true
timeout 10 sh -c 'exit 5'
nohup true
stdbuf -o0 ls
xargs ls
git --version
git --no-such
git -c a.b=c --version
git rev-parse --is-inside-work-tree
git log --format=%H
tar --version
gzip --version
stat -c %n sub
stat -c '%n %F' link sub
realpath link
pathchk a
mktemp -u --no-such
od -An -c bin/no-program
cksum bin/interpreted
md5sum bin/interpreted
sha256sum bin/interpreted
base64 bin/no-program
factor 12
nproc --ignore=100000
printenv PATH
printenv _ SHLVL PWD
printenv OLDPWD
printenv NO_SUCH
tty
who am i --no
sleep 0
"#;

/// Lines that bash does more for.
const SHELL: &str = r#"
ls | cat
ls && ls
ls || ls
ls; ls
ls &
(ls)
{ ls; }
! ls
ls > x
ls 2>&1
ls >&2
cat < x
cat << x
cat <<< x
echo $HOME
echo "$HOME"
echo ${HOME}
echo $(ls)
echo `ls`
echo "`ls`"
ls *
ls ?
ls [a]
ls s]
ls {a,b}
ls {}
ls ~
ls ~root
ls a~
ls # comment
ls a#b
A=1 ls
A=1
A+=1 ls
'A=1' ls
echo x
echo
printf x
cd /
pwd
exit 3
exec ls
test a
[ a ]
[[ a ]]
true x
'true' --version
true --help
false --version
:
. x
source x
eval ls
command ls
builtin echo
kill -l
time ls
if ls; then ls; fi
for a in b
while ls
coproc ls
function a
'if'
"for"
\if
''
""
'' ls
not-executable
no-such-program
no-such-program --help
unfinished 'quote
unfinished "quote
unfinished \
$'ls'
$"ls"
ls $'a'
ls !x
ls ^x
ls é
alias
type ls
ulimit -a
umask
wait
jobs
history
"#;

#[test]
fn a_corpus_of_lines_means_the_same_both_ways() {
    let bench = Bench::new();
    let mut direct = 0;
    let mut told_apart = Vec::new();
    let lines = |text: &'static str| text.lines().filter(|line| !line.is_empty());
    // Those with `^ ! { } < ~` and the like need the shell although nothing comes of it.
    let cautious = ["<", "! ", "test-no", "nice -n"];
    for line in lines(PLAIN) {
        if bench.is_direct(line) {
            direct += 1;
        } else if !cautious.iter().any(|part| line.contains(part)) {
            told_apart.push(line);
        }
    }
    assert_eq!(told_apart, Vec::<&str>::new(), "should need no shell");
    for line in lines(SHELL) {
        assert!(!bench.is_direct(line), "needs a shell: {line}");
    }
    // Every character there is, in every way it can be written.
    let print = "/usr/bin/printf %s,";
    for c in (' '..='~').chain(['\t', '\n', 'ä', '€', '😀', '\u{7f}', '\u{1}', '\r']) {
        for word in [
            format!("{c}"),
            format!("a{c}"),
            format!("a{c}b"),
            format!("'{c}'"),
            format!("'a{c}b'c"),
            format!("\"{c}\""),
            format!("\"a{c}b\"'c'"),
            format!("\\{c}"),
            format!("a\\{c}b"),
            format!("\"\\{c}\""),
            format!("'\\{c}'"),
            format!("'a'{c}\"b\""),
        ] {
            direct += usize::from(bench.is_direct(&format!("{print} x {word} y")));
        }
    }
    assert!(direct >= 700, "{direct}");
}

#[test]
fn what_a_file_is_decides_who_executes_it() {
    let bench = Bench::new();
    // Each is tried without the shell; where the system refuses, the shell is asked.
    for line in [
        "no-interpreter",
        "bin/no-interpreter x",
        "no-first-line a b",
        "./bin/no-first-line 'a b'",
        "no-program",
        "bin/no-program",
        "empty",
        "bin/empty x",
        "bin/folder",
        "bin/not-executable",
        "bin/no-such",
        "/no/such/program x",
        "bin/interpreted/x",
    ] {
        assert!(bench.is_direct(line), "{line}");
    }
    // A builtin has no file.
    let mut base = bench.command();
    let bin = bench.dir.path().join("bin");
    base.env.set("PATH", bin);
    assert!(!bench.is_direct_in("true", &base));
}

#[test]
fn the_environment_is_what_bash_makes_of_it() {
    let bench = Bench::new();
    let with = |vars: &[(&str, &str)]| {
        let mut base = bench.command();
        for (name, value) in vars {
            base.env.set(name, value);
        }
        let direct = bench.is_direct_in("cat /proc/self/environ", &base);
        assert_eq!(direct, bench.is_direct_in("interpreted x", &base));
        direct
    };
    let link = bench.dir.path().join("link");
    for same in [
        &[("A", "1"), ("B", "")][..],
        &[("SHLVL", "1")],
        &[("SHLVL", "0")],
        &[("SHLVL", "998")],
        &[("_", "x")],
        &[("OLDPWD", "/")],
        &[("OLDPWD", "/no/such")],
        &[("OLDPWD", "")],
        &[("OLDPWD", link.to_str().unwrap())],
        &[("a-b", "1"), ("a.b", "2"), ("1x", "3"), ("x%%", "4")],
        &[("TERM", "xterm"), ("LINES", "10"), ("COLUMNS", "20")],
        &[
            ("HOSTNAME", "h"),
            ("HOSTTYPE", "t"),
            ("OSTYPE", "o"),
            ("MACHTYPE", "m"),
        ],
        &[("PS3", "x"), ("PROMPT_COMMAND", "echo no")],
        &[("HISTFILE", "/x"), ("HISTSIZE", "3"), ("HISTCONTROL", "z")],
        &[
            ("MAIL", "/x"),
            ("MAILCHECK", "0"),
            ("TMOUT", "5"),
            ("IGNOREEOF", "1"),
        ],
        &[
            ("CDPATH", "/x"),
            ("GLOBIGNORE", "*"),
            ("FIGNORE", "x"),
            ("EXECIGNORE", ""),
        ],
        &[
            ("ENV", "/no/such"),
            ("BASH_SILENCE_DEPRECATION_WARNING", "1"),
        ],
        &[("LANG", "C"), ("LC_ALL", ""), ("LC_CTYPE", "")],
        &[
            ("USER", "u"),
            ("LOGNAME", "l"),
            ("SHELL", "/bin/zsh"),
            ("EDITOR", "vi"),
        ],
        &[("X", "() { echo no; }; echo no")],
        &[("X", "ä€\u{1}\n\t\\ '\"")],
        &[
            ("REPLY", "r"),
            ("MAPFILE", "m"),
            ("COPROC", "c"),
            ("POSIX", "1"),
        ],
        &[
            ("TIMEFORMAT", "x"),
            ("CHILD_MAX", "7"),
            ("INPUTRC", "x"),
            ("auto_resume", "1"),
        ],
        &[
            ("histchars", "abc"),
            ("READLINE_LINE", "x"),
            ("INSIDE_EMACS", "1"),
            ("EMACS", "t"),
        ],
    ] {
        assert!(with(same), "{same:?}");
    }
    for differs in [
        ("SHLVL", "999"),
        ("SHLVL", "x"),
        ("SHLVL", ""),
        ("SHLVL", "-1"),
        ("SHLVL", "007"),
        ("BASH_ENV", "/no/such"),
        ("BASHOPTS", "extglob"),
        ("SHELLOPTS", "xtrace"),
        ("POSIXLY_CORRECT", "1"),
        ("BASH_FUNC_cat%%", "() { echo function; }"),
        ("IFS", "x"),
        ("UID", "0"),
        ("PS1", "$ "),
        ("PS4", "+ "),
        ("PATH", "/usr/bin:"),
        ("PATH", "bin:/usr/bin:/bin"),
        ("PATH", "~:/usr/bin:/bin"),
    ] {
        assert!(!with(&[differs]), "{differs:?}");
    }
    let mut base = bench.command();
    base.env.unset("PATH");
    assert!(!bench.is_direct_in("cat /proc/self/environ", &base));
    // Where it starts.
    base = bench.command();
    base.dir = bench.dir.path().join("link");
    base.env.set("PWD", &base.dir);
    assert!(bench.is_direct_in("cat /proc/self/environ", &base));
    // A byte of a letter may be a quote in such.
    let line = "cat /proc/self/cmdline 'ä'";
    assert!(bench.is_direct(line));
    base.env.set("LC_ALL", "ja_JP.SJIS");
    assert!(!bench.is_direct_in(line, &base));
}

#[test]
fn another_shell_is_always_asked() {
    let bench = Bench::new();
    let base = bench.command();
    for shell in [
        &["bash", "-c"][..],
        &["sh", "-c"],
        &["bash", "-euxo", "pipefail", "-c"],
    ] {
        let shell: Vec<String> = shell.iter().map(|word| (*word).to_owned()).collect();
        let line = Line {
            text: "ls",
            shell: &shell,
            known: None,
        };
        assert!(line.directly(&base).is_none());
        assert_eq!(line.run(&base, &Interrupt::new()).unwrap().exit.code(), 0);
    }
}

#[test]
fn a_file_in_path_that_cannot_be_executed_is_passed_over() {
    let bench = Bench::new();
    let (first, second) = (
        bench.dir.path().join("first"),
        bench.dir.path().join("second"),
    );
    bench.program("first/prog", "#!/bin/cat\nfirst", 0o644);
    bench.program("second/prog", "#!/bin/cat\nsecond", 0o755);
    let mut base = bench.command();
    let path = std::env::join_paths([first.as_path(), &second, Path::new("/bin/")]).unwrap();
    base.env.set("PATH", path);
    assert!(bench.is_direct_in("prog", &base));
    // An entry that ends with a slash.
    assert!(bench.is_direct_in("printenv _", &base));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the words are written like.
    #[test]
    fn words_are_those_of_bash(
        words in prop::collection::vec(
            "([a-zA-Z0-9_@%+:,./=-]|'[^'\u{0}]{0,4}'|\"[^\"$`\\\\\u{0}]{0,4}\"|\\\\[ -~]|[\"'$*~{#ä ]){0,6}",
            0..5,
        ),
    ) {
        let bench = Bench::new();
        let line = format!("/usr/bin/printf '%s|' {}", words.join(" "));
        bench.is_direct(&line);
    }
}
