//! Linux: pidfds, and /proc.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::time::Duration;

use super::exit::ExitWatch as SigchldWatch;
use super::{Pid, Pids, Seen, own_pid};

/// How big a pipe may grow whose writer has much to say. Wider ones gain nothing.
const PIPE_SIZE: libc::c_int = 1 << 20;

/// More pids than this are looked for in /proc rather than one by one.
const MANY: Pid = 4096;

/// Becomes readable when the child may have ended.
#[derive(Debug)]
pub(in super::super) enum ExitWatch {
    /// From Linux 5.3.
    Pidfd(OwnedFd),
    /// Older ones.
    Sigchld(SigchldWatch),
}

impl ExitWatch {
    /// Watches over a child that is not reaped yet.
    pub(in super::super) fn new(pidfd: Option<OwnedFd>) -> io::Result<Self> {
        match pidfd {
            Some(fd) => Ok(Self::Pidfd(fd)),
            None => Ok(Self::Sigchld(SigchldWatch::new(None)?)),
        }
    }

    /// What to wait for.
    pub(in super::super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pidfd(fd) => fd.as_fd(),
            Self::Sigchld(watch) => watch.fd(),
        }
    }

    /// To be called before looking, when it was readable.
    pub(in super::super) fn clear(&mut self) -> io::Result<()> {
        match self {
            Self::Pidfd(_) => Ok(()),
            Self::Sigchld(watch) => watch.clear(),
        }
    }
}

/// Makes orphaned descendants our children, not init's.
pub(in super::super) fn adopt_orphans() -> bool {
    // SAFETY: no memory is involved.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 }
}

/// Lets more wait in a pipe, so that its writer and we take turns less often.
pub(in super::super) fn grow_pipe(fd: BorrowedFd<'_>) {
    // SAFETY: no memory is involved. Refused past a user's quota: then it stays as it is.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_SIZE) };
}

/// The pids given out after this one's, `ago` being how long that is.
///
/// This is what makes it cheap to be sure that a command left nothing behind: the kernel
/// hands out pids in turn and tells the last one it gave, so whatever descends from a
/// command lies between its pid and that. After a command that started nothing there is
/// nothing to look at. Where the numbers may have gone round, all processes are looked at.
pub(in super::super) fn pids_since(pid: Pid, ago: Duration) -> Pids {
    match last_pid() {
        Some(last) if last >= pid && last - pid <= MANY && ago < round_trip() => Pids {
            pids: (pid + 1..=last).collect(),
            last: Some(last),
        },
        _ => all_pids(),
    }
}

/// All orphans that became our children, and what our main thread started itself; the dead
/// ones too. None where the kernel does not list them.
///
/// The kernel hands orphans to the first thread of a process that lives: the main one.
pub(in super::super) fn adopted() -> Option<Vec<Pid>> {
    static LIST: OnceLock<Option<File>> = OnceLock::new();
    let list = LIST.get_or_init(|| {
        let us = own_pid();
        File::open(format!("/proc/self/task/{us}/children")).ok()
    });
    let mut text = Vec::new();
    let mut part = [0; 1024];
    loop {
        let length = list.as_ref()?.read_at(&mut part, text.len() as u64).ok()?;
        if length == 0 {
            break;
        }
        text.extend_from_slice(part.get(..length)?);
    }
    let pids = text.split(|byte| *byte == b' ');
    let pids = pids.filter_map(|pid| str::from_utf8(pid).ok()?.parse().ok());
    Some(pids.collect())
}

/// Whether this thread has children, dead ones included; those of the process's other threads
/// do not count.
pub(in super::super) fn this_thread_has_children() -> bool {
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let only_ours = libc::__WNOTHREAD | libc::__WALL;
    let only_look = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` outlives the call; nobody's status is taken.
    let asked = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, only_ours | only_look) };
    asked == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ECHILD)
}

/// The pids of all processes.
pub(in super::super) fn all_pids() -> Pids {
    // Asked before: who is born while they are read may not be among them.
    let last = last_pid();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    Pids { pids, last }
}

/// The pid last given out, in our own namespace.
fn last_pid() -> Option<Pid> {
    static LOADAVG: OnceLock<Option<File>> = OnceLock::new();
    let file = LOADAVG.get_or_init(|| {
        // Containers may have another file system's idea of it, with the host's pids.
        File::open("/proc/loadavg").ok().filter(is_proc)
    });
    let mut text = [0; 128];
    let length = file.as_ref()?.read_at(&mut text, 0).ok()?;
    let text = str::from_utf8(text.get(..length)?).ok()?;
    text.trim_end()
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
        .filter(|last| *last > 0)
}

/// Whether a file is of the proc file system itself.
fn is_proc(file: &File) -> bool {
    // SAFETY: all zeros is a valid value of this plain C structure.
    let mut stat: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` outlives the call.
    let asked = unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut stat) };
    #[expect(
        clippy::allow_attributes,
        reason = "the types are the same on some machines"
    )]
    #[allow(
        clippy::unnecessary_cast,
        reason = "their widths differ between machines"
    )]
    let is = asked == 0 && stat.f_type as i64 == libc::PROC_SUPER_MAGIC as i64;
    is
}

/// A time in which all pids cannot be given out once: even threads take microseconds each.
fn round_trip() -> Duration {
    static ROUND_TRIP: OnceLock<Duration> = OnceLock::new();
    *ROUND_TRIP.get_or_init(|| {
        let max = fs::read_to_string("/proc/sys/kernel/pid_max").ok();
        let max: u64 = max
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(32768);
        Duration::from_micros(max * 5 / 2)
    })
}

/// Looks at a process; none where there is none, or it is a thread or a part of
/// the kernel.
pub(in super::super) fn look(pid: Pid) -> Option<Seen> {
    let (mut seen, mut place) = look_once(pid)?;
    // In the middle of an exec the environment is empty for a moment, which may be long
    // where many want to run. It is truly empty where nothing moved while it was read.
    for turn in 0..200 {
        let empty = matches!(&seen.environment, Some(bytes) if bytes.is_empty());
        if seen.zombie || !empty {
            break;
        }
        match turn {
            0..20 => std::thread::yield_now(),
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
        let before = place;
        (seen, place) = look_once(pid)?;
        if place == before && place != 0 {
            break;
        }
    }
    Some(seen)
}

fn environment(pid: Pid) -> io::Result<Vec<u8>> {
    let mut file = File::open(format!("/proc/{pid}/environ"))?;
    // Its size is not told before it is read.
    let mut bytes = Vec::with_capacity(16 << 10);
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What there is to see, and where its arguments are; 0 in the middle of an exec.
fn look_once(pid: Pid) -> Option<(Seen, u64)> {
    /// A thread of the kernel's own.
    const PF_KTHREAD: u64 = 0x0020_0000;
    let mut bytes = [0; 1024];
    let mut file = File::open(format!("/proc/{pid}/stat")).ok()?;
    // It comes whole, and is never that long.
    let length = file.read(&mut bytes).ok()?;
    let stat = String::from_utf8_lossy(bytes.get(..length)?);
    // The name stands in parentheses, and may hold some itself.
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?;
    let parent: Pid = fields.next()?.parse().ok()?;
    let group: Pid = fields.next()?.parse().ok()?;
    let flags: u64 = fields.nth(3)?.parse().ok()?;
    let exit_signal: i32 = fields.nth(28)?.parse().ok()?;
    let place: u64 = fields.nth(9)?.parse().ok()?;
    // A thread of a process answers to its own number, too, but ends without a signal.
    if flags & PF_KTHREAD != 0 || exit_signal == -1 {
        return None;
    }
    let seen = Seen {
        name: name.to_owned(),
        parent,
        group,
        zombie: matches!(state, "Z" | "X" | "x"),
        environment: environment(pid).ok(),
    };
    Some((seen, place))
}

/// The sockets that listen on a port, by inode.
#[derive(Debug, Default)]
pub(in super::super) struct Listening(Vec<String>);

impl Listening {
    /// Whether nobody does.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Which sockets listen on this TCP port, of both families.
pub(in super::super) fn listening(port: u16) -> Listening {
    /// `TCP_LISTEN`, as the kernel writes it.
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).ok());
    let lines = tables.iter().flatten().flat_map(|table| table.lines());
    let inode = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (local, state) = (fields.nth(1)?, fields.nth(1)?);
        let inode = fields.nth(5)?;
        (local.ends_with(&port) && state == LISTEN).then(|| format!("socket:[{inode}]"))
    };
    Listening(lines.filter_map(inode).collect())
}

/// Whether a process has one of these open; none where we may not look.
pub(in super::super) fn holds(pid: Pid, sockets: &Listening) -> Option<bool> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let is_one = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).ok();
        target.is_some_and(|target| {
            sockets
                .0
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        })
    };
    Some(open.flatten().any(is_one))
}
