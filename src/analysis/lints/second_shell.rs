//! What is literal for the shell that gate starts is not for the one that this starts.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{ExprKind, TextPart};

use super::look::Look;
use super::walk::bare;

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for (_, line) in look.commands() {
        let holes: Vec<_> = line
            .parts
            .iter()
            .filter_map(|part| match part {
                TextPart::Interpolation { span, expr } => Some((*span, expr)),
                TextPart::Literal { .. } => None,
            })
            .collect();
        for (hole, program) in &line.scan.second_shells {
            let Some((span, expr)) = holes.get(*hole) else {
                continue;
            };
            // Who writes `raw` wants no quoting.
            if matches!(&bare(expr).kind, ExprKind::Call { function, .. } if function.value == "raw")
            {
                continue;
            }
            let help = match program.as_str() {
                "eval" => "leave out the `eval`".to_owned(),
                "ssh" => "send it as input, or name it in a script on the other side".to_owned(),
                program if program.ends_with("-c") => {
                    format!("hand it over as an argument: `{program} '… \"$1\"' sh {{{{value}}}}`")
                }
                _ => "give it with `env NAME = value`, and write `$NAME` there".to_owned(),
            };
            found.push(
                Diagnostic::new(
                    Code::SECOND_SHELL,
                    format!("`{program}` reads this value once more, as a part of a command"),
                    *span,
                )
                .note("it is quoted for the shell that gate starts, and for no other")
                .help(help),
            );
        }
    }
}
