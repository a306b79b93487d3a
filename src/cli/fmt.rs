//! `gate fmt`.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::locate::Located;
use super::output::Output;
use super::replace::replace;
use crate::analysis::{Given, analyse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::repo::{DiskLoader, Repository};
use crate::report::patch;
use crate::sanitise::sanitise;
use crate::source::Sources;
use crate::syntax::{format, parse, read};

#[derive(Debug, Args)]
pub(super) struct FmtArgs {
    /// The files, `-` for standard input; by default the plan and all it uses
    files: Vec<PathBuf>,
    /// Write nothing; exit with 1 where a file would change
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change
    #[arg(long)]
    diff: bool,
}

/// A file to format.
struct Input {
    /// Its path for opening; none for standard input.
    path: Option<PathBuf>,
    /// What it is called.
    name: String,
}

/// What became of a file.
enum Outcome {
    /// It was formatted already.
    Same,
    /// It changed, or would.
    Changed,
    /// It was left alone; why was said.
    Failed,
}

/// `gate fmt`: 0; 1 where with `--check` a file would change; 2 where one could not be
/// formatted.
pub(super) fn fmt(args: &FmtArgs, output: &Output) -> i32 {
    let inputs = if args.files.is_empty() {
        match plan_files() {
            Ok(inputs) => inputs,
            Err(diagnostic) => {
                output.complain(&diagnostic, &Sources::new());
                return 2;
            }
        }
    } else {
        args.files.iter().map(|file| named(file)).collect()
    };
    let mut code = 0;
    for input in &inputs {
        match one(input, args, output) {
            Outcome::Same => {}
            Outcome::Changed if args.check => code = code.max(1),
            Outcome::Changed => {}
            Outcome::Failed => code = 2,
        }
    }
    code
}

/// The plan at the repository's root and all it uses and includes.
fn plan_files() -> Result<Vec<Input>, Box<Diagnostic>> {
    let repo = Repository::discover(".").ok();
    let located = Located::find(None, repo.as_ref())?;
    let analysis = analyse(
        &located.path,
        &DiskLoader::new(&located.root),
        &Given::default(),
    );
    let mut paths: Vec<String> = analysis.files.into_iter().map(|file| file.path).collect();
    if paths.is_empty() {
        paths.push(located.path.clone());
    }
    let input = |path: &String| Input {
        path: Some(located.root.join(path)),
        name: located.shown(path),
    };
    Ok(paths.iter().map(input).collect())
}

fn named(file: &Path) -> Input {
    if file.as_os_str() == "-" {
        return Input {
            path: None,
            name: "<stdin>".to_owned(),
        };
    }
    Input {
        path: Some(file.to_owned()),
        name: file.to_string_lossy().into_owned(),
    }
}

fn one(input: &Input, args: &FmtArgs, output: &Output) -> Outcome {
    let mut sources = Sources::new();
    let fail = |diagnostic: &Diagnostic, sources: &Sources| {
        output.complain(diagnostic, sources);
        Outcome::Failed
    };
    let bytes = match load(input) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", input.name);
            let diagnostic = Diagnostic::unplaced(Code::FILE_NOT_FOUND, message)
                .help("name a file that is there, or `-` for standard input");
            return fail(&diagnostic, &sources);
        }
    };
    let formatted = match formatted(&input.name, &bytes, &mut sources) {
        Ok(formatted) => formatted,
        Err(items) => {
            let mut all = Diagnostics { items, sources };
            all.tidy();
            for diagnostic in &all.items {
                output.complain(diagnostic, &all.sources);
            }
            return Outcome::Failed;
        }
    };
    let changed = formatted.as_bytes() != bytes.as_slice();
    if changed && args.diff {
        let before = String::from_utf8_lossy(&bytes);
        let patch = patch::unified(&input.name, &before, &formatted, output.out);
        if output.live && !output.out.color {
            output.text(&sanitise(&patch));
        } else {
            output.text(&patch);
        }
    }
    let quiet = args.diff || input.path.is_none();
    if args.check || args.diff {
        if changed && args.check && !args.diff {
            output.line(&format!("{}: not formatted; run `gate fmt`", input.name));
        }
    } else if let Some(path) = &input.path {
        if changed {
            if let Err(error) = replace(path, &formatted) {
                let message = format!("`{}` cannot be written: {error}", input.name);
                let diagnostic = Diagnostic::unplaced(Code::NOT_FORMATTED, message)
                    .help("see to its permissions and those of its folder");
                return fail(&diagnostic, &sources);
            }
            output.line(&format!("{}: formatted", input.name));
        }
    } else {
        output.text(&formatted);
    }
    if !changed && !quiet {
        output.line(&format!("{}: ok", input.name));
    }
    if changed {
        Outcome::Changed
    } else {
        Outcome::Same
    }
}

fn load(input: &Input) -> io::Result<Vec<u8>> {
    match &input.path {
        Some(path) => fs::read(path),
        None => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}

/// The text of a file in the one style, or why there is none. It is read again before it is
/// given out: rather no formatting than one that changes what a plan means.
fn formatted(name: &str, bytes: &[u8], sources: &mut Sources) -> Result<String, Vec<Diagnostic>> {
    let (source, unreadable) = read(name, bytes, sources);
    let parsed = parse(&source);
    let errors: Vec<Diagnostic> = unreadable
        .into_iter()
        .chain(parsed.diagnostics)
        .filter(Diagnostic::is_error)
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let text = format::format(&source, &parsed.file);
    let again = parse(&Sources::new().add(name, text.as_str()));
    let sound = !again.diagnostics.iter().any(Diagnostic::is_error)
        && format::same_meaning(&parsed.file, &again.file);
    if sound {
        return Ok(text);
    }
    let message = format!("`{name}` is left as it is: formatted it would not say the same");
    let advice = "this is a mistake of gate's: please report it with the file";
    Err(vec![
        Diagnostic::unplaced(Code::NOT_FORMATTED, message).help(advice),
    ])
}
