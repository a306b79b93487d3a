//! Whatever the values are: a value or a fault, never a panic.

use gatelang::eval::{ConstantFacts, evaluate, failed_expectation, text_diff, text_of, trace};
use gatelang::plan::{Expr, ExprKind, Method};
use gatelang::syntax::ast::BinaryOp;
use gatelang::value::{Pattern, Value};
use proptest::prelude::*;

use crate::build::{Operand, Postfix, expr, minus, named, not, place};

const OPERATORS: [BinaryOp; 15] = [
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::In,
    BinaryOp::NotIn,
    BinaryOp::Contains,
    BinaryOp::NotContains,
    BinaryOp::Matches,
    BinaryOp::NotMatches,
    BinaryOp::Plus,
];

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), any::<f64>()];
    let pattern = prop::sample::select(vec!["", "a*", "[0-9]", "(", "\\b"]).prop_map(|pattern| {
        Value::Regex(Pattern {
            pattern: pattern.to_owned(),
            flags: String::new(),
        })
    });
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-3..3i64).prop_map(Value::Int),
        number.prop_map(Value::Number),
        ".{0,8}".prop_map(Value::String),
        "[\\[\\]{}:,&*\"'0-9a<> \\n-]{0,12}".prop_map(Value::String),
        any::<u64>().prop_map(Value::Duration),
        any::<u64>().prop_map(Value::Size),
        pattern,
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[ab\"\\n]{0,2}", inner), 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        value().prop_map(|value| named("x", value)),
        value().prop_map(Operand::expr),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(OPERATORS.to_vec());
        let method = prop::sample::select(Method::ALL.to_vec());
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| a.op(op, b)),
            (
                inner.clone(),
                method,
                prop::collection::vec(inner.clone(), 0..3)
            )
                .prop_map(|(object, method, args)| {
                    let object = Box::new(object);
                    expr(ExprKind::Method {
                        object,
                        method,
                        args,
                    })
                }),
            inner.clone().prop_map(not),
            inner.clone().prop_map(minus),
            inner.clone().prop_map(Postfix::empty),
            inner.clone().prop_map(|object| object.field("a")),
            (inner.clone(), inner.clone()).prop_map(|(object, index)| object.at(index)),
            prop::collection::vec(inner, 0..3).prop_map(|items| expr(ExprKind::List(items))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_expression_has_a_value_or_a_fault(mut expr in expression()) {
        let source = place(&mut expr);
        let result = evaluate(&expr, &ConstantFacts);
        let trace = trace(&expr, &ConstantFacts);
        // NaN is not even equal to itself.
        prop_assert_eq!(format!("{:?}", result), format!("{:?}", &trace.result));
        let _ = text_of(&expr, &ConstantFacts);
        let diagnostic = failed_expectation(&expr, &trace);
        prop_assert!(!diagnostic.message.contains('\n'), "{}: {}", source, diagnostic.message);
        for label in &diagnostic.labels {
            prop_assert!(!label.text.contains('\n') && label.text.chars().count() < 160);
        }
    }

    #[test]
    fn a_difference_is_shown_exactly_where_there_is_one(
        a in "([ab\t\u{1b}é]{0,3}\n?){0,8}",
        b in "([ab\t\u{1b}é]{0,3}\n?){0,8}",
    ) {
        let diff = text_diff(&a, &b);
        prop_assert_eq!(a == b, diff.is_empty());
        let signed = |sign: char| diff.lines().filter(|line| line.starts_with(sign)).count();
        prop_assert!(a == b || signed('-') + signed('+') > 0);
        let raw = diff.contains(['\t', '\u{1b}']);
        prop_assert!(!raw);
    }
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let mut sum = 0.expr();
    for _ in 0..100_000 {
        sum = sum.plus(1);
    }
    assert_eq!(evaluate(&sum, &ConstantFacts), Ok(Value::Int(100_000)));
    let trace = trace(&sum, &ConstantFacts);
    assert!(failed_expectation(&sum, &trace).message.len() < 400);
    // Its drop is the maker's business, not the evaluator's.
    std::mem::forget(sum);
}

#[test]
fn values_cannot_grow_without_bound() {
    let mut list = Value::List(vec![Value::Int(1); 1 << 16]);
    let mut nested = Value::List(Vec::new());
    let (mut lists, mut nests) = (0, 0);
    while let Ok(grown) = evaluate(&list.clone().plus(list.clone()), &ConstantFacts) {
        (list, lists) = (grown, lists + 1);
    }
    while let Ok(grown) = evaluate(&[nested.clone()].expr(), &ConstantFacts) {
        (nested, nests) = (grown, nests + 1);
    }
    assert_eq!((lists, nests), (4, 255));
    let long = "b".repeat(1 << 16);
    let many = Value::List(vec![Value::String(String::new()); 1 << 16]);
    let replaced = "a".repeat(1 << 16);
    for bomb in [
        replaced
            .as_str()
            .method("replace", vec!["a".expr(), long.as_str().expr()]),
        many.with("join", long.as_str()),
    ] {
        let fault = evaluate(&bomb, &ConstantFacts).unwrap_err();
        assert_eq!(fault.message, "the value grows beyond 1 GiB of text");
    }
}
