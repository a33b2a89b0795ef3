//! Filter criteria: the pattern language of "Filter rule syntax" in the Lambda developer guide.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The patterns of a mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FilterCriteria {
    #[serde(default)]
    pub filters: Vec<Filter>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Filter {
    /// A pattern as JSON text.
    pub pattern: String,
}

/// Patterns, at least one of which has to match; without any, every record does.
#[derive(Debug, Default)]
pub struct Filters(Vec<Map<String, Value>>);

impl Filters {
    /// # Errors
    /// The reason why a pattern is invalid, for InvalidParameterValueException.
    pub fn parse(criteria: Option<&FilterCriteria>) -> Result<Self, String> {
        let filters = criteria.map_or(&[][..], |criteria| &criteria.filters);
        let patterns = filters.iter().map(|filter| match serde_json::from_str(&filter.pattern) {
            Ok(Value::Object(pattern)) => check(&pattern).map(|()| pattern),
            _ => Err("Invalid filter pattern definition: it must be a JSON object".to_owned()),
        });
        Ok(Self(patterns.collect::<Result<_, _>>()?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn matches(&self, value: &Value) -> bool {
        self.0.iter().any(|pattern| object_matches(pattern, Some(value)))
    }
}

fn check(pattern: &Map<String, Value>) -> Result<(), String> {
    for (name, rule) in pattern {
        match rule {
            Value::Object(inner) => check(inner)?,
            Value::Array(alternatives) if name == "$or" => {
                for alternative in alternatives {
                    match alternative {
                        Value::Object(inner) => check(inner)?,
                        _ => return Err("Invalid filter pattern definition: $or takes patterns".into()),
                    }
                }
            }
            Value::Array(rules) if !rules.is_empty() && rules.iter().all(known) => {}
            Value::Array(_) => return Err(format!("Invalid filter pattern definition: {name} has an unknown rule")),
            _ => return Err(format!("Invalid filter pattern definition: {name} must be a list or an object")),
        }
    }
    Ok(())
}

const OPERATORS: &[&str] = &["prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case"];

fn known(rule: &Value) -> bool {
    match rule {
        Value::Object(rule) => rule.len() == 1 && rule.keys().all(|name| OPERATORS.contains(&name.as_str())),
        Value::Array(_) => false,
        _ => true,
    }
}

/// Returns whether every field matches; `value` is `None` if it is absent.
fn object_matches(pattern: &Map<String, Value>, value: Option<&Value>) -> bool {
    pattern.iter().all(|(name, rule)| match rule {
        Value::Array(alternatives) if name == "$or" => alternatives
            .iter()
            .any(|alternative| alternative.as_object().is_some_and(|inner| object_matches(inner, value))),
        Value::Array(rules) => {
            let field = value.and_then(|value| value.get(name));
            rules.iter().any(|rule| field_matches(rule, field))
        }
        Value::Object(inner) => object_matches(inner, value.and_then(|value| value.get(name))),
        _ => false,
    })
}

/// Returns whether a field matches; a list matches if one of its elements does.
fn field_matches(rule: &Value, field: Option<&Value>) -> bool {
    if let Some(wanted) = rule.get("exists").and_then(Value::as_bool) {
        // Only leaves exist.
        return wanted == field.is_some_and(|field| !field.is_object());
    }
    match field {
        Some(Value::Array(elements)) => elements.iter().any(|element| value_matches(rule, element)),
        Some(field) => value_matches(rule, field),
        None => false,
    }
}

fn value_matches(rule: &Value, value: &Value) -> bool {
    let Value::Object(rule) = rule else { return same(rule, value) };
    let Some((operator, operand)) = rule.iter().next() else { return false };
    let text = || Some((value.as_str()?, operand.as_str()?));
    match operator.as_str() {
        "prefix" => text().is_some_and(|(value, prefix)| value.starts_with(prefix)),
        "suffix" => text().is_some_and(|(value, suffix)| value.ends_with(suffix)),
        "equals-ignore-case" => text().is_some_and(|(value, other)| value.to_lowercase() == other.to_lowercase()),
        "anything-but" => match operand {
            Value::Array(excluded) => !excluded.iter().any(|other| same(other, value)),
            Value::Object(_) => !value_matches(operand, value),
            other => !same(other, value),
        },
        "numeric" => value.as_f64().is_some_and(|value| in_range(operand, value)),
        _ => false,
    }
}

/// Compares numbers by value (1 is 1.0), everything else exactly.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// Evaluates `["<", 10]`, `[">=", 0, "<", 5]`.
fn in_range(operand: &Value, value: f64) -> bool {
    let Some(parts) = operand.as_array().filter(|parts| !parts.is_empty() && parts.len() % 2 == 0) else {
        return false;
    };
    parts.chunks(2).all(|pair| {
        let (Some(operator), Some(bound)) = (pair[0].as_str(), pair[1].as_f64()) else { return false };
        match operator {
            "=" => (value - bound).abs() < f64::EPSILON,
            "<" => value < bound,
            "<=" => value <= bound,
            ">" => value > bound,
            ">=" => value >= bound,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filters(patterns: &[Value]) -> Result<Filters, String> {
        let filters = patterns.iter().map(|pattern| Filter { pattern: pattern.to_string() }).collect();
        Filters::parse(Some(&FilterCriteria { filters }))
    }

    #[test]
    fn patterns_match_as_in_the_guide() {
        let value = json!({"partitionKey": "c-1", "data": {"op": "insert", "n": 5, "tags": ["a", "b"], "x": null}});
        for (pattern, expected) in [
            (json!({"data": {"op": ["insert", "load"]}}), true),
            (json!({"data": {"op": ["update"]}}), false),
            (json!({"data": {"op": [{"prefix": "in"}]}, "partitionKey": [{"suffix": "-1"}]}), true),
            (json!({"data": {"op": [{"anything-but": ["insert"]}]}}), false),
            (json!({"data": {"op": [{"anything-but": {"prefix": "up"}}]}}), true),
            (json!({"data": {"n": [{"numeric": [">", 0, "<=", 5]}]}}), true),
            (json!({"data": {"n": [5.0]}}), true),
            (json!({"data": {"tags": ["b"]}}), true),
            (json!({"data": {"x": [null]}}), true),
            (json!({"data": {"y": [{"exists": false}]}}), true),
            (json!({"data": {"y": [{"anything-but": ["z"]}]}}), false),
            (json!({"data": {"op": [{"equals-ignore-case": "INSERT"}]}}), true),
            (json!({"$or": [{"data": {"n": [6]}}, {"partitionKey": ["c-1"]}]}), true),
        ] {
            assert_eq!(filters(std::slice::from_ref(&pattern)).unwrap().matches(&value), expected, "{pattern}");
        }
        assert!(filters(&[json!({"a": ["x"]}), json!({"partitionKey": ["c-1"]})]).unwrap().matches(&value));
    }

    #[test]
    fn unknown_rules_are_refused() {
        for wrong in [json!([]), json!({"a": "x"}), json!({"a": []}), json!({"a": [{"cidr": "10.0.0.0/8"}]})] {
            assert!(filters(std::slice::from_ref(&wrong)).is_err(), "{wrong}");
        }
    }
}
