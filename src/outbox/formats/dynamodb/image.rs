//! Converts an item's image from DynamoDB's JSON with type letters to plain JSON.

use serde_json::{Map, Number, Value};

/// Returns the image without its type letters; `None` if it is not an image.
///
/// Numbers that JSON readers would round stay text; sets become lists; binary stays base64.
pub fn plain(image: &Map<String, Value>) -> Option<Map<String, Value>> {
    image.iter().map(|(name, value)| Some((name.clone(), value_of(value)?))).collect()
}

fn value_of(typed: &Value) -> Option<Value> {
    let (kind, value) = match typed.as_object()?.iter().collect::<Vec<_>>()[..] {
        [one] => one,
        _ => return None,
    };
    let each = |of: fn(&Value) -> Option<Value>| value.as_array()?.iter().map(of).collect::<Option<Vec<_>>>();
    match kind.as_str() {
        "S" | "B" => value.as_str().map(Value::from),
        "N" => number(value),
        "BOOL" => value.as_bool().map(Value::from),
        "NULL" => Some(Value::Null),
        "M" => plain(value.as_object()?).map(Value::Object),
        "L" => each(value_of).map(Value::Array),
        "SS" | "BS" => each(|text| text.as_str().map(Value::from)).map(Value::Array),
        "NS" => each(number).map(Value::Array),
        _ => None,
    }
}

/// Converts a number. DynamoDB's numbers have 38 digits: one that a double does not hold exactly as written stays text.
fn number(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    let float = text.parse::<f64>().ok().filter(|float| float.is_finite())?;
    let exact = float.to_string() == text.trim_start_matches('+');
    Some(exact.then(|| Number::from_f64(float)).flatten().map_or_else(|| Value::from(text), Value::Number))
}

/// Defines `fn $name`, which writes an item in DynamoDB's JSON with type letters, the form of functions and streams. A
/// macro, because two SDK crates have the same attribute value, each as its own type.
macro_rules! typed {
    ($name:ident, $value:ty) => {
        fn $name(item: &std::collections::HashMap<String, $value>) -> serde_json::Map<String, serde_json::Value> {
            use base64::Engine;
            use base64::engine::general_purpose::STANDARD;
            use serde_json::{Value, json};
            type Attribute = $value;

            fn one(value: &Attribute) -> Value {
                let base64 = |bytes: &aws_smithy_types::Blob| STANDARD.encode(bytes);
                match value {
                    Attribute::S(text) => json!({ "S": text }),
                    Attribute::N(number) => json!({ "N": number }),
                    Attribute::B(bytes) => json!({ "B": base64(bytes) }),
                    Attribute::Bool(value) => json!({ "BOOL": value }),
                    Attribute::Null(value) => json!({ "NULL": value }),
                    Attribute::M(members) => json!({ "M": $name(members) }),
                    Attribute::L(elements) => json!({ "L": elements.iter().map(one).collect::<Vec<_>>() }),
                    Attribute::Ss(texts) => json!({ "SS": texts }),
                    Attribute::Ns(numbers) => json!({ "NS": numbers }),
                    Attribute::Bs(blobs) => json!({ "BS": blobs.iter().map(base64).collect::<Vec<_>>() }),
                    // A type that this SDK does not know: readers reject the attribute value, and keep the record.
                    _ => json!({}),
                }
            }
            // Sorted, so that the same item always has the same form.
            let sorted: std::collections::BTreeMap<_, _> = item.iter().collect();
            sorted.into_iter().map(|(name, value)| (name.clone(), one(value))).collect()
        }
    };
}

pub(crate) use typed;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(image: Value) -> Option<Value> {
        plain(image.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn every_type() {
        let image = json!({
            "s": {"S": "ž"}, "n": {"N": "-7"}, "f": {"N": "1.5"}, "t": {"BOOL": true}, "z": {"NULL": true},
            "b": {"B": "/w=="}, "m": {"M": {"x": {"L": [{"N": "1"}, {"S": ""}]}}}, "ss": {"SS": ["a"]}, "ns": {"NS": ["1"]},
        });
        let expected = json!({
            "s": "ž", "n": -7, "f": 1.5, "t": true, "z": null, "b": "/w==", "m": {"x": [1, ""]}, "ss": ["a"], "ns": [1],
        });
        assert_eq!(read(image), Some(expected));
    }

    #[test]
    fn numbers_that_json_would_round_stay_text() {
        for text in ["12345678901234567890", "0.1234567890123456789", "1E100"] {
            assert_eq!(read(json!({"n": {"N": text}})), Some(json!({"n": text})));
        }
    }

    #[test]
    fn invalid_images_are_rejected() {
        for image in [
            json!({"a": 1}),
            json!({"a": {}}),
            json!({"a": {"S": 1}}),
            json!({"a": {"N": "x"}}),
            json!({"a": {"Q": "x"}}),
        ] {
            assert_eq!(read(image), None);
        }
    }
}
