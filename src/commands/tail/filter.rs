//! `tail --where`: a JMESPath expression over an item, with exact comparison of numbers.
//!
//! The library stores numbers as doubles. Longer ones pass through it as marked strings (`numbers.rs`): the comparisons
//! are our own functions that recognize them, and the library's functions receive doubles.

use std::sync::LazyLock;

use jmespath::ast::{Ast, Comparator, KeyValuePair};
use jmespath::{Context, Expression, Rcvar, Runtime, Variable};

use super::numbers::{doubles, literals, marked, number};
use crate::streams::Item;

/// Name of the function that returns its argument with doubles for the marked numbers.
const DOUBLES: &str = "outboxctl_doubles";
/// Our comparisons, in the order of [`compared`].
const COMPARATORS: [(&str, Comparator); 6] = [
    ("outboxctl_eq", Comparator::Equal),
    ("outboxctl_ne", Comparator::NotEqual),
    ("outboxctl_lt", Comparator::LessThan),
    ("outboxctl_le", Comparator::LessThanEqual),
    ("outboxctl_gt", Comparator::GreaterThan),
    ("outboxctl_ge", Comparator::GreaterThanEqual),
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let doubles =
        |args: &[Rcvar], _: &mut Context<'_>| Ok(args.first().map_or_else(|| Rcvar::new(Variable::Null), doubles));
    runtime.register_function(DOUBLES, Box::new(doubles));
    for (name, comparator) in COMPARATORS {
        let compare = move |args: &[Rcvar], _: &mut Context<'_>| {
            let [left, right] = args else { return Ok(Rcvar::new(Variable::Null)) };
            Ok(Rcvar::new(compared(&comparator, left, right).map_or(Variable::Null, Variable::Bool)))
        };
        runtime.register_function(name, Box::new(compare));
    }
    runtime
});

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Filter(Expression<'static>);

impl Filter {
    /// Compiles an expression.
    ///
    /// # Errors
    /// The syntax error.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ast = jmespath::parse(&literals(text)).map_err(|error| {
            // Parses the original text, so that the error refers to it.
            jmespath::parse(text).err().unwrap_or(error).to_string()
        })?;
        Ok(Self(Expression::new(text, rewritten(ast), &RUNTIME)))
    }

    /// Returns whether the expression is true for an item.
    ///
    /// # Errors
    /// The type error of the evaluation.
    pub fn takes(&self, item: &Item) -> Result<bool, String> {
        let item = serde_json::to_string(item).map_err(|error| error.to_string())?;
        let item = Variable::from_json(&marked(&item))?;
        let found = self.0.search(Rcvar::new(item)).map_err(|error| error.reason.to_string())?;
        Ok(found.is_truthy())
    }
}

/// Returns the expression with our comparisons, and doubles for the library's functions.
fn rewritten(ast: Ast) -> Ast {
    let one = |ast: Box<Ast>| Box::new(rewritten(*ast));
    let function = |offset, name: &str, args| Ast::Function { offset, name: name.to_owned(), args };
    match ast {
        Ast::Comparison { offset, comparator, lhs, rhs } => {
            let name = COMPARATORS.iter().find(|(_, other)| *other == comparator).map_or("", |(name, _)| name);
            function(offset, name, vec![rewritten(*lhs), rewritten(*rhs)])
        }
        Ast::Function { offset, name, args } => {
            let arg = |arg| match arg {
                Ast::Expref { .. } => rewritten(arg),
                arg => function(offset, DOUBLES, vec![rewritten(arg)]),
            };
            function(offset, &name, args.into_iter().map(arg).collect())
        }
        Ast::Condition { offset, predicate, then } => {
            Ast::Condition { offset, predicate: one(predicate), then: one(then) }
        }
        Ast::Expref { offset, ast } => Ast::Expref { offset, ast: one(ast) },
        Ast::Flatten { offset, node } => Ast::Flatten { offset, node: one(node) },
        Ast::MultiList { offset, elements } => {
            Ast::MultiList { offset, elements: elements.into_iter().map(rewritten).collect() }
        }
        Ast::MultiHash { offset, elements } => {
            let pair = |pair: KeyValuePair| KeyValuePair { key: pair.key, value: rewritten(pair.value) };
            Ast::MultiHash { offset, elements: elements.into_iter().map(pair).collect() }
        }
        Ast::Not { offset, node } => Ast::Not { offset, node: one(node) },
        Ast::Projection { offset, lhs, rhs } => Ast::Projection { offset, lhs: one(lhs), rhs: one(rhs) },
        Ast::ObjectValues { offset, node } => Ast::ObjectValues { offset, node: one(node) },
        Ast::And { offset, lhs, rhs } => Ast::And { offset, lhs: one(lhs), rhs: one(rhs) },
        Ast::Or { offset, lhs, rhs } => Ast::Or { offset, lhs: one(lhs), rhs: one(rhs) },
        Ast::Subexpr { offset, lhs, rhs } => Ast::Subexpr { offset, lhs: one(lhs), rhs: one(rhs) },
        leaf @ (Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. }) => leaf,
    }
}

fn compared(comparator: &Comparator, left: &Variable, right: &Variable) -> Option<bool> {
    let (Some(left), Some(right)) = (number(left), number(right)) else { return left.compare(comparator, right) };
    Some(match comparator {
        Comparator::Equal => left == right,
        Comparator::NotEqual => left != right,
        Comparator::LessThan => left < right,
        Comparator::LessThanEqual => left <= right,
        Comparator::GreaterThan => left > right,
        Comparator::GreaterThanEqual => left >= right,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::outbox::Decimal;
    use crate::streams::{Body, Content, EventView, Json, Origin};

    fn takes(expression: &str) -> Result<bool, String> {
        let record = r#"{"a": 12345678901234567890.1234567890, "id": 9007199254740993, "n": 7, "s": "x`1`", "list": [9007199254740993, 2], "huge": 1e400, "tiny": 1e-400}"#;
        Filter::parse(expression)?.takes(&item(record))
    }

    fn item(record: &str) -> Item {
        Item {
            hop: crate::pipelines::Hop::Log,
            at: chrono::DateTime::UNIX_EPOCH,
            content: Content::Other,
            summary: String::new(),
            event: EventView::default(),
            origin: Origin::Bus { bus_event_id: None, message_id: String::new() },
            body: Body::Record(Json::parse(record.as_bytes()).expect("JSON")),
        }
    }

    #[test]
    fn numbers_are_compared_digit_by_digit() {
        for (expression, expected) in [
            ("record.a == `12345678901234567890.123456789`", true),
            ("record.a == `12345678901234567890.1234567891`", false),
            ("record.id == `9007199254740993`", true),
            ("record.id == `9007199254740992`", false),
            ("record.id > `9007199254740992` && record.id < `9007199254740994`", true),
            ("record.id >= `7` && record.n <= `7.0` && record.n != `8`", true),
            ("record.list[?@ == `9007199254740992`] | [0]", false),
            ("record.list == `[9007199254740993, 2]`", true),
            ("record.list == `[9007199254740992, 2]`", false),
            ("sum(record.list) > `9007199254740000`", true),
            ("max_by([record], &n).n == `7`", true),
            (r"record.s == 'x`1`'", true),
            (r#"record.s == `"x\`1\`"`"#, true),
            ("record.n == '7'", false),
            ("hop == 'log' && !none", true),
            ("record.huge == `1e400` && record.huge < `1.1e400` && record.tiny > `0`", true),
            ("record.huge > `9007199254740993` && record.n != `1e-400`", true),
            ("abs(record.huge) > `1`", true),
        ] {
            assert_eq!(takes(expression), Ok(expected), "{expression}");
        }
        assert!(takes("length(record.n)").is_err(), "a number has no length");
        assert!(Filter::parse("a==").is_err());
        // Found by the property below: a literal without an end, whose last character has several bytes.
        assert!(Filter::parse("`𝌀").is_err());
    }

    fn number() -> impl Strategy<Value = String> {
        ("-?(0|[1-9][0-9]{0,24})", "(\\.[0-9]{1,24})?", proptest::option::of(-420i32..420)).prop_map(
            |(whole, fraction, exponent)| match exponent {
                Some(exponent) => format!("{whole}{fraction}e{exponent}"),
                None => format!("{whole}{fraction}"),
            },
        )
    }

    proptest::proptest! {
        #[test]
        fn records_with_any_number_match_and_numbers_are_compared_exactly(left in number(), right in number()) {
            let record = format!(r#"{{"n": {left}, "other": [{right}]}}"#);
            let takes = |expression: &str| Filter::parse(expression)?.takes(&item(&record));
            prop_assert_eq!(takes("hop == 'log'"), Ok(true));
            let (one, other) = (Decimal::parse(&left), Decimal::parse(&right));
            for (comparator, expected) in [("<", one < other), ("==", one == other), (">=", one >= other)] {
                prop_assert_eq!(takes(&format!("record.n {comparator} `{right}`")), Ok(expected), "{}", comparator);
                prop_assert_eq!(takes(&format!("record.n {comparator} record.other[0]")), Ok(expected), "{}", comparator);
            }
        }

        #[test]
        fn parser_accepts_any_expression_without_panic(expression: String) {
            let _ = Filter::parse(&expression);
        }
    }
}
