//! A JSON object whose members stay text until they are read.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object by name. Unread members cost no memory beyond the text, however large or deeply nested
/// they are. The last of several members of one name counts.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Members<'a>(#[serde(borrow)] HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// The text is not JSON, or not an object.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Returns the member's JSON text.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|raw| raw.get())
    }

    /// Returns the member if it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// Returns the member if it is a scalar; an array, an object or `true` counts as `false`: no column has such a
    /// value.
    pub fn scalar(&self, name: &str) -> Option<Value> {
        let text = self.get(name)?;
        Some(match text.as_bytes().first() {
            Some(b'"' | b'-' | b'0'..=b'9' | b'n') => serde_json::from_str(text).unwrap_or(Value::Bool(false)),
            _ => Value::Bool(false),
        })
    }
}

/// Returns the number of nested levels of arrays and objects in a JSON text; 0 for a scalar. The text must be JSON.
pub fn levels(text: &str) -> usize {
    let (mut level, mut most) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                level += 1;
                most = most.max(level);
            }
            b']' | b'}' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_text_and_the_last_of_a_name_counts() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let text = format!(r#"{{"a": 1, "a": "\u00e9", "deep": {deep}, "n": null, "l": [1], "x": 2.50}}"#);
        let members = Members::parse(&text).expect("an object");
        assert_eq!((members.text("a").as_deref(), members.get("deep")), (Some("é"), Some(deep.as_str())));
        assert_eq!((members.scalar("n"), members.scalar("l")), (Some(Value::Null), Some(Value::Bool(false))));
        assert_eq!((members.get("x"), members.text("x"), members.get("y")), (Some("2.50"), None, None));
        assert!(Members::parse("[]").is_err() && Members::parse("{").is_err());
    }

    #[test]
    fn levels_are_counted_outside_of_strings() {
        for (text, expected) in [("1", 0), ("[]", 1), (r#"{"a":[{"b":1}],"c":[]}"#, 3), (r#"["[[\"[["]"#, 1)] {
            assert_eq!(levels(text), expected, "{text}");
        }
    }
}
