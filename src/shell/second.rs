//! Programs that read an argument as commands: what is literal for the first shell is
//! not for them.

use super::word::Word;

/// Shells that read commands after `-c`.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"];
/// Programs other than shells whose `-c` is read by one.
const WITH_C: &[&str] = &["su", "runuser", "script", "flock"];
/// Commands all of whose arguments the shell itself reads again.
const READ_AGAIN: &[&str] = &["eval", "let", "trap", "watch"];
/// Words before the command that is run in the end.
const PREFIXES: &[&str] = &[
    "builtin", "command", "doas", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo",
    "time", "timeout",
];
/// Commands to which a shell's name is but a word.
const TALK: &[&str] = &["echo", "printf", "grep", "rg", "man", "which", "type"];
/// Options of `ssh` that take the next word.
const SSH_VALUES: &str = "BbcDEeFIiJLlmOopPQRSWw";

/// The interpolations among a command's words that a second shell will read, and what
/// starts it.
pub(super) fn shells(words: &[Word]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let Some(first) = words.first().map(name) else {
        return found;
    };
    let start = words
        .iter()
        .position(|word| !is_prefix(word))
        .unwrap_or_default();
    let (_, command) = words.split_at(start);
    if let Some((head, args)) = command.split_first() {
        let name = name(head);
        if READ_AGAIN.contains(&name) {
            found.extend(all(args, name));
        } else if name == "ssh" {
            found.extend(all(after_host(args), name));
        } else if WITH_C.contains(&name) {
            let given = args.windows(2).filter_map(|pair| match pair {
                [option, word] if gives_command(option) => Some(word),
                _ => None,
            });
            found.extend(given.flat_map(|word| all([word], &format!("{name} -c"))));
        }
    }
    if !TALK.contains(&first) {
        for (index, word) in words.iter().enumerate() {
            let shell = name(word);
            if SHELLS.contains(&shell) {
                let args = words.get(index + 1..).unwrap_or_default();
                if let Some(word) = script(args) {
                    found.extend(all(std::slice::from_ref(word), &format!("{shell} -c")));
                }
            }
        }
    }
    found.sort();
    found.dedup_by_key(|(hole, _)| *hole);
    found
}

fn name(word: &Word) -> &str {
    word.text.rsplit('/').next().unwrap_or_default()
}

/// `sudo`, `env A=b`, `timeout 5`, and the options of those.
fn is_prefix(word: &Word) -> bool {
    PREFIXES.contains(&name(word))
        || word.text.starts_with('-')
        || word.text.contains('=')
        || word.text.starts_with(|c: char| c.is_ascii_digit())
}

fn all<'a>(words: impl IntoIterator<Item = &'a Word>, program: &str) -> Vec<(usize, String)> {
    words
        .into_iter()
        .flat_map(|word| &word.holes)
        .map(|hole| (*hole, program.to_owned()))
        .collect()
}

/// `-c`, alone or among other letters, or `--command`.
fn gives_command(option: &Word) -> bool {
    option.text == "--command"
        || option
            .text
            .strip_prefix('-')
            .is_some_and(|letters| !letters.starts_with('-') && letters.ends_with('c'))
}

/// The word after the options of a shell, if `-c` is one of them.
fn script(args: &[Word]) -> Option<&Word> {
    let mut commands = false;
    let mut args = args.iter();
    while let Some(word) = args.next() {
        let Some(letters) = word.text.strip_prefix(['-', '+']) else {
            return commands.then_some(word);
        };
        if letters.starts_with('-') {
            commands |= letters == "-command";
            continue;
        }
        commands |= letters.contains('c');
        if letters.ends_with(['o', 'O']) {
            // The name of an option.
            args.next();
        }
    }
    None
}

/// What follows the host in the arguments of `ssh`.
fn after_host(args: &[Word]) -> &[Word] {
    let mut index = 0;
    while let Some(word) = args.get(index) {
        index += 1;
        match word.text.strip_prefix('-') {
            None => break,
            Some(option) => {
                if option.len() == 1 && SSH_VALUES.contains(option) {
                    index += 1;
                }
            }
        }
    }
    args.get(index..).unwrap_or_default()
}
