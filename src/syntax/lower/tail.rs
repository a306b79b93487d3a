//! What to say of text that no rule takes.

use crate::diagnostic::{Applicability, Code, Diagnostic, nearest};
use crate::source::Span;

use super::declaration::begins_statement;
use super::statement::Head;
use super::{Lowering, foreign_operator};
use crate::syntax::parser::{self, Rule};

/// Signs of other languages and what this one has in their place.
const FOREIGN: [(&str, &str); 10] = [
    ("&&", "and"),
    ("||", "or"),
    ("===", "=="),
    ("!==", "!="),
    ("<>", "!="),
    ("=~", "matches"),
    ("!~", "not matches"),
    ("&", "and"),
    ("|", "or"),
    ("!", "not"),
];

/// Arithmetic this language does not have.
const ARITHMETIC: [(&str, &str); 4] = [
    ("-", "subtraction"),
    ("*", "multiplication"),
    ("%", "remainder"),
    ("/", "division"),
];

/// The text of one broken statement, as the grammar reads it.
pub(super) struct Broken<'t> {
    /// From the statement's first word to the end of its line.
    pub(super) text: &'t str,
    /// Where that starts, in the mended text.
    pub(super) base: usize,
    /// What no rule takes.
    pub(super) junk: Span,
    /// The statement's rule.
    pub(super) rule: Rule,
    /// Whether its block stands before the junk.
    pub(super) after_block: bool,
}

impl Lowering<'_> {
    /// Reports what stands after a statement that is whole without it.
    pub(super) fn tail(&mut self, head: &Head<'_>) {
        let Some(broken) = &head.broken else { return };
        let junk = broken.junk;
        if self.unquoted_text(broken, head) {
            return;
        }
        if broken.after_block {
            self.report(
                Diagnostic::new(
                    Code::TEXT_AFTER_BLOCK,
                    "nothing stands after a block's `}`",
                    self.token_at(junk.start as usize),
                )
                .fix(
                    "begin a new line",
                    Applicability::Safe,
                    junk.at_start(),
                    "\n",
                ),
            );
            return;
        }
        let stop = self
            .call_stop(broken)
            .or_else(|| parser::statement_stop(broken.text))
            .map(|stop| self.mended.written(broken.base + stop))
            .filter(|stop| (junk.start as usize..=junk.end as usize).contains(stop))
            .unwrap_or(junk.start as usize);
        let token = self.token_at(stop);
        let comma = self.source.slice(junk) == ",";
        let token = if comma { junk } else { token };
        let token = self.name_after_operand(token).unwrap_or(token);
        let stop = token.start as usize;
        let at_junk = token.start == junk.start;
        let sign = self.source.slice(token);
        if at_junk
            && matches!(sign, ":" | "=")
            && self.token_at(head.keyword.end as usize) == token
            && self.setting_sign(token, head)
        {
            return;
        }
        if (at_junk && self.setting_sign_after(token, broken.rule))
            || self.argument_sign(token)
            || self.foreign(stop)
        {
            return;
        }
        let found = self.source.slice(token).to_owned();
        if at_junk
            && begins_statement(&found)
            && (broken.rule == Rule::gate || head.within.is_none_or(|kind| kind.takes(&found)))
        {
            self.report(
                Diagnostic::new(Code::TWO_STATEMENTS, "two statements on one line", token).fix(
                    "begin a new line",
                    Applicability::Safe,
                    token.at_start(),
                    "\n",
                ),
            );
            return;
        }
        if matches!(found.as_str(), "is" | "equals" | "eq") {
            let next = self.token_at(token.end as usize);
            if self.source.slice(next) == "not" {
                self.report(foreign_operator(token.to(next), "is not", "!=", "!="));
            } else {
                self.report(foreign_operator(token, &found, "==", "=="));
            }
            return;
        }
        if self.near_operator(token) {
            return;
        }
        if at_junk && found == "," {
            let diagnostic = Diagnostic::new(Code::SYNTAX, "nothing follows this comma", token);
            let diagnostic = if self.slice_after(token).trim().is_empty() {
                diagnostic.fix("remove it", Applicability::Safe, token, "")
            } else {
                diagnostic.help(format!("`{}` takes no list", head.word))
            };
            self.report(diagnostic);
            return;
        }
        let wanted = self.wanted(broken, stop);
        if found.is_empty() && wanted.contains("the end of the line") {
            // It could be read on, but not to an end.
            let first = self.token_at(junk.start as usize);
            self.unexpected(first, wanted);
            return;
        }
        self.unexpected(token, wanted);
    }

    /// A misspelt `contains` or `matches`, also after a `not`; says whether it reported one.
    fn near_operator(&mut self, token: Span) -> bool {
        let word = if self.source.slice(token) == "not" {
            self.token_at(token.end as usize)
        } else {
            token
        };
        let found = self.source.slice(word).to_owned();
        let Some(near) = nearest(&found, ["contains", "matches"]) else {
            return false;
        };
        if found == near {
            return false;
        }
        self.report(
            Diagnostic::new(
                Code::SYNTAX,
                format!("no operator is called `{found}`"),
                word,
            )
            .fix(
                format!("did you mean `{near}`?"),
                Applicability::Unsafe,
                word,
                near,
            ),
        );
        true
    }

    /// The `in` of `f("x" in: "y")`, at whose `:` the reading stops: what is missing is the
    /// comma before it.
    fn name_after_operand(&self, token: Span) -> Option<Span> {
        let before = self.source.text().get(..token.start as usize)?;
        if self.source.slice(token) != ":" || open_bracket(before.rsplit('\n').next()?) != Some('(')
        {
            return None;
        }
        let word = ["in", "contains", "matches", "and", "or"]
            .into_iter()
            .find(|word| {
                before
                    .strip_suffix(word)
                    .is_some_and(|rest| rest.ends_with([' ', '\t']))
            })?;
        let end = token.start as usize;
        Some(Span::new(token.source, end - word.len(), end))
    }

    /// How far the call of a check that ends a broken statement can be read.
    fn call_stop(&self, broken: &Broken<'_>) -> Option<usize> {
        if !matches!(broken.rule, Rule::check_call | Rule::gate)
            || !self.source.slice(broken.junk).starts_with('(')
        {
            return None;
        }
        let start = broken.text.get(..broken.text.find('(')?)?.rfind("check")?;
        parser::call_stop(broken.text.get(start..)?).map(|stop| start + stop)
    }

    /// `=` after the name of an argument; says whether it reported one.
    fn argument_sign(&mut self, token: Span) -> bool {
        let before = self.source.text().get(..token.start as usize);
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let call = before.map(str::trim_end).map(|before| {
            let rest = before.trim_end_matches(name);
            let named = rest.len() < before.len();
            let line = rest.rsplit('\n').next().unwrap_or_default().trim_end();
            let open = line.strip_suffix('(').is_some_and(|f| f.ends_with(name));
            named && (open || (line.ends_with(',') && open_bracket(line) == Some('(')))
        });
        if self.source.slice(token) != "=" || call != Some(true) {
            return false;
        }
        self.report(
            Diagnostic::new(Code::SETTING_SIGN, "an argument is named with `:`", token).fix(
                "write `:`",
                Applicability::Safe,
                token,
                ":",
            ),
        );
        true
    }

    /// `goal Everything works`: a text without its quotes.
    fn unquoted_text(&mut self, broken: &Broken<'_>, head: &Head<'_>) -> bool {
        let takes_text = matches!(broken.rule, Rule::simple | Rule::commit | Rule::tag)
            && !matches!(head.word.as_str(), "timeout" | "expires" | "jobs");
        let first = self.token_at(head.keyword.end as usize);
        let value = if broken.rule == Rule::commit {
            self.token_at(first.end as usize)
        } else {
            first
        };
        let word = |text: &str| text.starts_with(|c: char| c.is_alphabetic());
        let next = self.token_at(broken.junk.start as usize);
        let adjacent = next.start == value.end;
        let next = self.source.slice(next);
        let goes_on = if adjacent {
            next == "."
        } else {
            // The words of a command may be any.
            word(next) && (head.word == "run" || !begins_statement(next))
        };
        if !takes_text
            || !word(self.source.slice(value))
            || self.token_at(value.end as usize).start != broken.junk.start
            || !goes_on
        {
            return false;
        }
        let whole = value.to(broken.junk);
        let text = self.source.slice(whole).to_owned();
        self.report(
            Diagnostic::new(Code::SYNTAX, "a text stands in quotes", value).fix(
                "put it in quotes",
                Applicability::Unsafe,
                whole,
                format!("\"{text}\""),
            ),
        );
        true
    }

    /// The rest of the line after `span`.
    fn slice_after(&self, span: Span) -> &str {
        let rest = self
            .source
            .text()
            .get(span.end as usize..)
            .unwrap_or_default();
        rest.split('\n').next().unwrap_or_default()
    }

    /// What would have fitted at `stop`, in words.
    fn wanted(&self, broken: &Broken<'_>, stop: usize) -> &'static str {
        let text = self.source.text();
        let start = self.mended.written(broken.base);
        let before = text.get(start..stop).unwrap_or_default();
        let open = open_bracket(before);
        let last = before.trim_end();
        let word = last.rsplit(|c: char| !c.is_ascii_alphabetic()).next();
        let operand = last.ends_with(['(', '[', ',', '=', '+', '<', '>', ':', '-'])
            || matches!(word, Some("not" | "and" | "or"));
        if last.ends_with('.') {
            return "a name after `.`";
        }
        match (open, operand) {
            (Some('{'), true) if last.ends_with(['{', ',']) => "a key",
            (_, true) => "a value",
            (Some('('), false) => "`,` or `)`",
            (Some('['), false) => "`,` or `]`",
            (Some('{'), false) if last.ends_with('{') => "a key",
            (Some('{'), false) if last.rsplit(['{', ',']).next().is_some_and(is_key) => {
                "`:` after the key"
            }
            (Some(_), false) => "`,`, `:` or `}`",
            (None, false) => match broken.rule {
                Rule::list | Rule::forbid | Rule::inputs | Rule::amend => {
                    "`,` or the end of the line"
                }
                _ => "the end of the line",
            },
        }
    }

    /// An operator of another language at `at`; says whether it reported one.
    pub(super) fn foreign(&mut self, at: usize) -> bool {
        let token = self.token_at(at);
        // The first character of a longer sign may have been taken for an operator.
        let before = self
            .source
            .text()
            .get(..token.start as usize)
            .unwrap_or_default();
        let start = if self
            .source
            .slice(token)
            .starts_with(['=', '>', '&', '|', '~'])
        {
            before.trim_end_matches(['=', '<', '!']).len()
        } else {
            before.len()
        };
        let rest = self.source.text().get(start..).unwrap_or_default();
        let place = |len: usize| Span::new(token.source, start, start + len);
        if let Some((sign, instead)) = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign))
            && !(*sign == "!" && rest.starts_with("!="))
        {
            let blank = if rest
                .get(sign.len()..)
                .is_some_and(|after| after.starts_with([' ', '\t', '\n']))
            {
                ""
            } else {
                " "
            };
            let edit = format!("{instead}{blank}");
            self.report(foreign_operator(place(sign.len()), sign, instead, &edit));
            return true;
        }
        if rest.starts_with('=') {
            let len = if rest.starts_with("==") || rest.starts_with("=>") {
                2
            } else {
                1
            };
            if len == 1 {
                self.report(
                    Diagnostic::new(
                        Code::FOREIGN_OPERATOR,
                        "`=` sets nothing here; `==` compares",
                        place(1),
                    )
                    .fix("write `==`", Applicability::Safe, place(1), "=="),
                );
                return true;
            }
            return false;
        }
        if let Some((sign, what)) = ARITHMETIC.iter().find(|(sign, _)| rest.starts_with(sign))
            && self.after_operand(start)
        {
            self.report(
                Diagnostic::new(
                    Code::FOREIGN_OPERATOR,
                    format!("there is no {what}: `{sign}` does not stand between two values"),
                    place(sign.len()),
                )
                .help("compute it in a `rhai` block or in the command"),
            );
            return true;
        }
        false
    }

    /// Whether a value ends right before `at`.
    fn after_operand(&self, at: usize) -> bool {
        self.source
            .text()
            .get(..at)
            .unwrap_or_default()
            .trim_end_matches([' ', '\t'])
            .ends_with(|c: char| {
                c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '}' | '"' | '\'' | '/')
            })
    }

    /// `=` or `:` between a setting and its value; says whether it reported one.
    pub(super) fn setting_sign(&mut self, span: Span, head: &Head<'_>) -> bool {
        let mut span = span;
        if self.source.slice(span) == ":" && self.slice_after(span).starts_with('=') {
            span.end += 1;
        }
        let text = self.source.slice(span);
        let sign = if text.starts_with('=') || text.starts_with(':') {
            text.to_owned()
        } else {
            return false;
        };
        let word = head.word.clone();
        if matches!(word.as_str(), "let" | "env" | "ratchet" | "param") {
            let wanted = if word == "param" && sign == "=" {
                ":"
            } else {
                "="
            };
            if sign == wanted {
                return false;
            }
            self.report(
                Diagnostic::new(
                    Code::SETTING_SIGN,
                    format!("`{word}` sets with `=`, not with `{sign}`"),
                    span,
                )
                .fix(
                    format!("write `{wanted}`"),
                    Applicability::Safe,
                    span,
                    wanted,
                ),
            );
            return true;
        }
        let after = self.slice_after(span);
        let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
        let start = span.start as usize;
        let before = self.source.text().get(..start).unwrap_or_default();
        let gap = before.ends_with([' ', '\t']);
        let edit = Span::new(span.source, start, span.end as usize + blanks);
        self.report(
            Diagnostic::new(
                Code::SETTING_SIGN,
                format!("a value follows `{word}` without `{sign}`"),
                span,
            )
            .fix(
                format!("remove the `{sign}`"),
                Applicability::Safe,
                edit,
                if gap { "" } else { " " },
            ),
        );
        true
    }

    /// `:` where a statement's value could have begun, seen from its end.
    fn setting_sign_after(&mut self, token: Span, rule: Rule) -> bool {
        let sign = self.source.slice(token).to_owned();
        if !matches!(rule, Rule::let_ | Rule::env) || !matches!(sign.as_str(), ":" | "==" | ":=") {
            return false;
        }
        self.report(
            Diagnostic::new(
                Code::SETTING_SIGN,
                format!("a value is set with `=`, not with `{sign}`"),
                token,
            )
            .fix("write `=`", Applicability::Safe, token, "="),
        );
        true
    }
}

/// Whether this is an entry of a map as far as its key.
fn is_key(entry: &str) -> bool {
    let entry = entry.trim();
    entry.ends_with(['"', '\'']) && !entry.contains(':')
        || entry
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// The innermost bracket that is open at the end of `text`, strings left out.
fn open_bracket(text: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        if let Some(mark) = quote {
            if escaped {
                escaped = false;
            } else if c == '\\' && mark == '"' {
                escaped = true;
            } else if c == mark {
                quote = None;
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}
