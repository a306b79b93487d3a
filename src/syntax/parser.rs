//! The glue to pest: outside of `syntax` nothing knows that there is a grammar.

use std::collections::BTreeSet;

use pest::Parser as _;
use pest::error::InputLocation;
use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "grammar/gate.pest"]
struct GateParser;

/// A node of the grammar.
pub(super) type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The file's node, or how far it could be read: the grammar matches every text that
/// `scan` let through, so the latter is for what the two see differently.
pub(super) fn file(text: &str) -> Result<Pair<'_>, usize> {
    parse(Rule::file, text)
}

/// One expression and nothing else.
pub(super) fn expression(text: &str) -> Result<Pair<'_>, usize> {
    parse(Rule::whole_expression, text)
}

/// How far one statement could be read, where it is not one.
pub(super) fn statement_stop(text: &str) -> Option<usize> {
    parse(Rule::whole_statement, text).err()
}

/// How far the call of a check could be read, where it is not one.
pub(super) fn call_stop(text: &str) -> Option<usize> {
    parse(Rule::whole_call, text).err()
}

/// How far an interpolation could be read, where it is not one.
pub(super) fn interpolation_stop(text: &str) -> Option<usize> {
    parse(Rule::whole_interpolation, text).err()
}

/// The names of all rules.
pub(super) fn rules() -> BTreeSet<String> {
    Rule::all_rules()
        .iter()
        .map(|rule| format!("{rule:?}"))
        .collect()
}

fn parse(rule: Rule, text: &str) -> Result<Pair<'_>, usize> {
    match GateParser::parse(rule, text) {
        Ok(mut pairs) => pairs.next().ok_or(0),
        Err(error) => Err(match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        }),
    }
}
