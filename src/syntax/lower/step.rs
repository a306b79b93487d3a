//! Steps, the statements of a test, and those of a service.

use crate::source::Spanned;

use crate::diagnostic::Code;

use super::Lowering;
use super::statement::{Head, Parts};
use crate::syntax::ast::{Direction, Expr, ExprKind, Outcome, Probe, StmtKind};
use crate::syntax::parser::{Pair, Rule};
use crate::syntax::words::BlockKind;

impl Lowering<'_> {
    pub(super) fn expect(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        if let Some(outcome) = parts.take(Rule::outcome) {
            return self.outcome(outcome, head);
        }
        let value = self.condition(&mut parts, head)?;
        if head.within == Some(BlockKind::Test) {
            let word = self.token_at(value.span.start as usize);
            self.wrong_choice(word, &["passes", "fails", "blocked"]);
            return None;
        }
        Some(StmtKind::Expect(value))
    }

    pub(super) fn outcome(&mut self, pair: Pair<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let span = self.span(&pair);
        let mut parts = Parts {
            list: pair.into_inner().collect(),
            end: span.end as usize,
        };
        let word = parts.take(Rule::outcome_word)?;
        if head.within != Some(BlockKind::Test) && parts.list.is_empty() {
            // Elsewhere these are names like any other.
            return Some(StmtKind::Expect(Expr {
                span: self.exact(&word),
                kind: ExprKind::Name(word.as_str().to_owned()),
            }));
        }
        let text = parts
            .take(Rule::operand)
            .map(|operand| self.expression(operand));
        let at = self.after_word(&mut parts, head, Rule::k_at, "a place such as `\"file:1\"`")?;
        let outcome = match word.as_str() {
            "fails" => Outcome::Fails { text, at },
            other => {
                if let Some(extra) = text.or(at) {
                    self.unexpected(extra.span, "the end of the line");
                    return None;
                }
                if other == "passes" {
                    Outcome::Passes
                } else {
                    Outcome::Blocked
                }
            }
        };
        Some(StmtKind::ExpectOutcome(outcome))
    }

    pub(super) fn ratchet(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let name = self.name(&mut parts, head, "a name")?;
        let value = self.assigned(&mut parts, head)?;
        let Some(direction) = parts.take(Rule::direction) else {
            let next = self.token_at(parts.end);
            if self.source.slice(next).starts_with(char::is_alphabetic) {
                self.wrong_choice(next, &["rises", "falls"]);
                return None;
            }
            return self.missing(Code::MISSING_VALUE, &parts, head, "`rises` or `falls`");
        };
        let which = if direction.as_str() == "rises" {
            Direction::Rises
        } else {
            Direction::Falls
        };
        Some(StmtKind::Ratchet {
            name,
            value,
            direction: Spanned::new(which, self.exact(&direction)),
        })
    }

    pub(super) fn ready(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        let mut within = self.within(&mut parts, head)?;
        let Some(probe) = parts.take(Rule::probe) else {
            return self.missing(
                Code::MISSING_VALUE,
                &parts,
                head,
                "`http`, `port`, `output` or `$`",
            );
        };
        if let Some(late) = parts.take(Rule::within) {
            if within.is_some() {
                let span = self.span(&late);
                self.unexpected(span, "the end of the line");
                return None;
            }
            parts.list.insert(0, late);
            within = self.within(&mut parts, head)?;
        }
        let end = self.span(&probe).end as usize;
        let mut inner = Parts {
            list: probe.into_inner().collect(),
            end,
        };
        let probe = match inner.next()? {
            command if command.as_rule() == Rule::command => {
                Probe::Command(self.command(&command)?)
            }
            word => {
                let (make, wanted): (fn(Expr) -> Probe, &str) = match word.as_rule() {
                    Rule::k_http => (Probe::Http, "a URL in quotes"),
                    Rule::k_port => (Probe::Port, "a port"),
                    _ => (Probe::Output, "a regex such as `/listening/`"),
                };
                make(self.value(&mut inner, head, wanted)?)
            }
        };
        Some(StmtKind::Ready { probe, within })
    }

    pub(super) fn stop(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        const SIGNALS: [&str; 8] = [
            "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM",
        ];
        let signal = self.chosen(&mut parts, head, &SIGNALS)?;
        let within = self.within(&mut parts, head)?;
        Some(StmtKind::Stop { signal, within })
    }

    pub(super) fn rhai(&mut self, mut parts: Parts<'_>, head: &Head<'_>) -> Option<StmtKind> {
        if let Some(body) = parts.take(Rule::rhai_body) {
            let text = body.into_inner().next()?;
            // As it stands in the file, mended or not.
            let span = self.exact(&text);
            return Some(StmtKind::Rhai(Spanned::new(
                self.source.slice(span).to_owned(),
                span,
            )));
        }
        let path = self.string(
            &mut parts,
            head,
            "a block, or the path of a script in quotes",
        )?;
        Some(StmtKind::RhaiFile(path))
    }
}
