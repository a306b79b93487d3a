//! What a shell makes of a command's text: contexts, refusals, second shells; and, with a
//! real bash, that a value never becomes syntax.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail loudly, their helpers too"
)]

mod bash;
mod contexts;

use gatelang::shell::{Scan, scan};
use gatelang::source::{Sources, Span};
use gatelang::syntax::ast::{Expr, ExprKind, TextPart};

/// The parts of a text in which each `@@` interpolates.
fn parts(text: &str) -> Vec<TextPart> {
    let span = Span::new(Sources::new().add("plan.gate", text).id(), 0, 0);
    let mut parts = Vec::new();
    for (index, piece) in text.split("@@").enumerate() {
        if index > 0 {
            let kind = ExprKind::Name("v".to_owned());
            let expr = Expr { span, kind };
            parts.push(TextPart::Interpolation { span, expr });
        }
        if !piece.is_empty() {
            let value = piece.to_owned();
            parts.push(TextPart::Literal { span, value });
        }
    }
    parts
}

fn scanned(text: &str) -> Scan {
    scan(&parts(text))
}
