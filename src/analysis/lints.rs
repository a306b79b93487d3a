//! Lints: what is well written and most likely not what was meant.
//!
//! They are looked for in a plan without mistakes only, and never change what it is.

mod any_text;
mod command;
mod constant;
mod empty_loop;
mod fixed;
mod goes_on;
mod idle_retry;
mod invisible;
mod left_out;
mod look;
mod loose_doc;
mod mentions;
mod module_name;
mod not_ready;
mod repeated;
mod second_shell;
mod swallowed;
mod unproven;
mod unused;
mod walk;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Plan;

use super::Analyzer;
use look::Look;

/// A lint.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// Its code.
    pub code: Code,
    /// Whether it is looked for where nobody asks for it.
    pub by_default: bool,
    find: fn(&Look<'_>, &mut Vec<Diagnostic>),
}

const fn lint(code: Code, find: fn(&Look<'_>, &mut Vec<Diagnostic>)) -> Lint {
    Lint {
        code,
        by_default: true,
        find,
    }
}

/// Every lint, in the order of their codes.
pub const LINTS: &[Lint] = &[
    lint(Code::MATCHES_ALL, any_text::look),
    lint(Code::IDLE_RETRY, idle_retry::look),
    lint(Code::REPEATED_PATTERN, repeated::look),
    lint(Code::SWALLOWED, swallowed::look),
    lint(Code::SECOND_SHELL, second_shell::look),
    Lint {
        by_default: false,
        ..lint(Code::NO_PROOF, unproven::look)
    },
    lint(Code::CONSTANT_WHEN, constant::when),
    lint(Code::CONSTANT_EXPECT, constant::expect),
    lint(Code::UNUSED_VALUE, unused::values),
    lint(Code::UNUSED_CHECK, unused::checks),
    lint(Code::UNUSED_USE, unused::uses),
    lint(Code::MODULE_NAME, module_name::look),
    lint(Code::LOOSE_DOC, loose_doc::look),
    lint(Code::NOT_READY, not_ready::look),
    lint(Code::EMPTY_LOOP, empty_loop::look),
    lint(Code::INVISIBLE, invisible::look),
    lint(Code::GOES_ON, goes_on::look),
    lint(Code::LEFT_OUT, left_out::look),
];

/// Which lints are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lints {
    /// None.
    #[default]
    None,
    /// Those that are by default, and these; those that the plan switches off are left
    /// out, but for these.
    AndAlso(Vec<Code>),
}

impl Analyzer<'_> {
    /// Looks for the lints asked for in a plan without mistakes.
    pub(super) fn lint_plan(&mut self, plan: &Plan) {
        let Lints::AndAlso(asked) = &self.given.lints else {
            return;
        };
        let look = Look::new(self, plan);
        let off = &plan.settings.lints_off;
        let mut found = Vec::new();
        for lint in LINTS {
            let by_default = lint.by_default && !off.iter().any(|code| code == lint.code.as_str());
            if by_default || asked.contains(&lint.code) {
                (lint.find)(&look, &mut found);
            }
        }
        self.diagnostics.extend(found);
    }
}
