//! The built `gate` at a terminal, with somebody who types.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::project::{Answer, Project, alone};

/// `gate` at a terminal, where nothing says that an agent sits there.
pub fn at_terminal(project: &Project, args: &[&str], dialogue: &[(&str, &str)]) -> Answer {
    at_terminal_with(project, args, &[], dialogue)
}

/// That with environment variables.
pub fn at_terminal_with(
    project: &Project,
    args: &[&str],
    env: &[(&str, &str)],
    dialogue: &[(&str, &str)],
) -> Answer {
    let mut command = project.gate_command();
    alone(&mut command);
    command.args(args).envs(env.iter().copied());
    typed(command, dialogue)
}

/// Starts `command` at a pseudo terminal. Whenever it has shown one of `dialogue`'s texts,
/// in order, the answer beside it is typed. What it shows comes back as `stderr`.
pub fn typed(mut command: Command, dialogue: &[(&str, &str)]) -> Answer {
    let (ours, theirs) = terminal();
    let mut child = command
        .stdin(theirs.try_clone().unwrap())
        .stdout(Stdio::piped())
        .stderr(theirs)
        .spawn()
        .unwrap();
    // Else the terminal stays open here, and reading never ends.
    drop(command);
    let mut ours = ours;
    let mut shown = Vec::new();
    let mut from = 0;
    let mut rest = dialogue.iter();
    let mut next = rest.next();
    let mut buffer = [0; 4096];
    loop {
        while let Some((text, answer)) = next
            && let Some(at) = find(&shown[from..], text.as_bytes())
        {
            from += at + text.len();
            ours.write_all(format!("{answer}\n").as_bytes()).unwrap();
            next = rest.next();
        }
        match ours.read(&mut buffer) {
            // Linux says so with an error once the other side is closed.
            Ok(0) | Err(_) => break,
            Ok(n) => shown.extend_from_slice(&buffer[..n]),
        }
    }
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    let status = child.wait().unwrap();
    assert!(
        next.is_none(),
        "{next:?} was never asked:\n{}",
        String::from_utf8_lossy(&shown)
    );
    Answer {
        code: status.code().unwrap(),
        stdout,
        stderr: String::from_utf8_lossy(&shown).replace("\r\n", "\n"),
    }
}

/// A pseudo terminal: our end, and that of whoever runs at it.
pub fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    (File::from(ours), theirs)
}

/// Runs `command` at a pseudo terminal, and types the next of `answers` whenever it asks: when
/// the last that it has shown is a blank. Gives its exit code and all that it has shown.
pub fn answered(mut command: Command, answers: &[&str]) -> (i32, String) {
    let (mut ours, theirs) = terminal();
    let mut child = command
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs)
        .spawn()
        .unwrap();
    // Else the terminal stays open here, and reading never ends.
    drop(command);
    let mut shown = Vec::new();
    let mut answers = answers.iter();
    let mut buffer = [0; 4096];
    while let Ok(n) = ours.read(&mut buffer)
        && n > 0
    {
        shown.extend_from_slice(&buffer[..n]);
        if shown.ends_with(b" ")
            && let Some(answer) = answers.next()
        {
            ours.write_all(format!("{answer}\n").as_bytes()).unwrap();
        }
    }
    let status = child.wait().unwrap();
    let shown = String::from_utf8_lossy(&shown).replace("\r\n", "\n");
    assert!(answers.next().is_none(), "not all was asked:\n{shown}");
    (status.code().unwrap_or(-1), shown)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
