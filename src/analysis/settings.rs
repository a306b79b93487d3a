//! `plan { … }`: what holds for the whole plan.

use crate::diagnostic::{Code, Diagnostic, Family, nearest};
use crate::plan::{DEFAULT_SHELL, DEFAULT_TIMEOUT, Settings, TreeMode};
use crate::source::Spanned;
use crate::syntax::ast::{Ident, Stmt, StmtKind};

use super::Analyzer;
use super::names::did_you_mean;
use super::place::Place;
use super::slots::Seen;

impl Analyzer<'_> {
    /// The settings of the plan, defaults filled in.
    pub(super) fn plan_settings(&mut self) -> Settings {
        let mut settings = Settings {
            base: None,
            shell: DEFAULT_SHELL.map(str::to_owned).to_vec(),
            env: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            jobs: None,
            tree: TreeMode::Staged,
            share: None,
            amend_by: Vec::new(),
            reminders: Vec::new(),
            secrets: Vec::new(),
            lints_off: Vec::new(),
        };
        let Some((_, _, body)) = self.plan_statement() else {
            return settings;
        };
        let place = Place::top(0, "a plan block");
        let mut seen = Seen::new();
        for stmt in &body.stmts {
            if !self.count(stmt.span) {
                break;
            }
            self.plan_setting(stmt, &mut settings, &mut seen, &place);
        }
        settings
    }

    fn plan_setting(
        &mut self,
        stmt: &Stmt,
        settings: &mut Settings,
        seen: &mut Seen,
        place: &Place,
    ) {
        match &stmt.kind {
            StmtKind::Base(value) => {
                if self.first(seen, "base", stmt.keyword) {
                    settings.base = self.text_now(value, "`base`", place);
                }
            }
            StmtKind::Shell(words) => {
                if self.first(seen, "shell", stmt.keyword) {
                    let words = self.texts_now(words, "`shell`", place);
                    if !words.is_empty() {
                        settings.shell = words.into_iter().map(|word| word.value).collect();
                    }
                }
            }
            StmtKind::Env { name, value } => {
                let var = self.env_var(name, value, place);
                let word = format!("env {}", name.value);
                if self.first(seen, &word, stmt.keyword.to(name.span)) {
                    settings.env.push(var);
                }
            }
            StmtKind::Timeout(value) => {
                if self.first(seen, "timeout", stmt.keyword)
                    && let Some(ms) = self.duration(value, "`timeout`", place)
                {
                    settings.timeout = ms;
                }
            }
            StmtKind::Jobs(value) => {
                if self.first(seen, "jobs", stmt.keyword) {
                    let jobs = self.whole_number(value, "`jobs`", 1, place);
                    settings.jobs = jobs.and_then(|jobs| usize::try_from(jobs).ok());
                }
            }
            StmtKind::Tree(word) => {
                if self.first(seen, "tree", stmt.keyword) && word.value == "worktree" {
                    settings.tree = TreeMode::Worktree;
                }
            }
            StmtKind::Share(globs) => {
                let globs = self.globs_now(globs, "`share`", place);
                settings.share.get_or_insert_default().extend(globs);
            }
            StmtKind::AmendBy(names) => {
                let names = self.written(names, "`amend by`");
                settings.amend_by.extend(names);
            }
            StmtKind::Remind(texts) => {
                let texts = self.texts_now(texts, "`remind`", place);
                settings.reminders.extend(texts);
            }
            StmtKind::Secret(names) => {
                for name in names {
                    settings
                        .secrets
                        .push(Spanned::new(name.value.clone(), name.span));
                }
            }
            StmtKind::Lint { code, .. } => {
                if self.lint(code) {
                    settings.lints_off.push(code.value.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether a code is that of a lint; says so where it is not.
    fn lint(&mut self, code: &Ident) -> bool {
        let known = Code::parse(&code.value);
        let diagnostic = match known {
            Some(known) if known.family() == Family::Lint => return true,
            Some(known) => Diagnostic::new(
                Code::NOT_A_LINT,
                format!("`{}` is no lint and cannot be switched off", code.value),
                code.span,
            )
            .note(format!("it stands for: {}", known.summary()))
            .help("remove it"),
            None => {
                let lints: Vec<&str> = Code::all()
                    .filter(|code| code.family() == Family::Lint)
                    .map(Code::as_str)
                    .collect();
                let diagnostic = Diagnostic::new(
                    Code::UNKNOWN_LINT,
                    format!("there is no lint `{}`", code.value),
                    code.span,
                );
                match nearest(&code.value, lints) {
                    Some(near) => did_you_mean(diagnostic, code.span, near),
                    None => diagnostic.help("remove it"),
                }
            }
        };
        self.report(diagnostic);
        false
    }
}
