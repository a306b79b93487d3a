//! Comments at the ends of lines: in lines one below the other they begin in one column.

use super::writer::{Kind, Line};

/// The lines as a text.
pub(super) fn join(lines: &[Line<'_>]) -> String {
    let mut out = String::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(run(rest));
        let column = run
            .iter()
            .filter(|line| line.kind == Kind::Text)
            .map(|line| line.width() + 2)
            .max()
            .unwrap_or(0);
        for line in run {
            write(line, column, &mut out);
        }
        rest = after;
    }
    out
}

/// How many of the lines, at least one, belong together: each of the same block and with a
/// comment at its end, or one that goes on.
fn run(lines: &[Line<'_>]) -> usize {
    let Some(first) = lines.first() else { return 0 };
    if first.kind != Kind::Text || first.comment.is_none() {
        return 1;
    }
    let joins = |line: &&Line<'_>| match line.kind {
        Kind::Continuation => true,
        Kind::Text => {
            line.comment.is_some() && line.level == first.level && !line.text.contains('\n')
        }
        Kind::Comment | Kind::Empty => false,
    };
    1 + lines.iter().skip(1).take_while(joins).count()
}

fn write(line: &Line<'_>, column: usize, out: &mut String) {
    let blanks = |count: usize| std::iter::repeat_n(' ', count);
    match (line.kind, line.comment) {
        (Kind::Text, comment) => {
            out.extend(blanks(line.indent));
            out.push_str(&line.text);
            if let Some(comment) = comment {
                out.extend(blanks(column.saturating_sub(line.width())));
                out.push_str(comment);
            }
        }
        (Kind::Comment, Some(comment)) => {
            out.extend(blanks(line.indent));
            out.push_str(comment);
        }
        (Kind::Continuation, Some(comment)) => {
            out.extend(blanks(column));
            out.push_str(comment);
        }
        _ => {}
    }
    out.push('\n');
}
