//! Exact numbers in JMESPath: those that a double can't hold are strings with a mark.

use std::borrow::Cow;

use jmespath::{Rcvar, Variable};

use crate::outbox::Decimal;

/// First character of a string that stands for a number. A code point that Unicode reserves for internal use.
const MARK: char = '\u{fdd0}';

/// Returns the exact number that a value stands for; None if it is not a number.
pub fn number(value: &Variable) -> Option<Decimal> {
    match value {
        Variable::Number(number) => Some(Decimal::parse(&number.to_string())),
        Variable::String(text) => text.strip_prefix(MARK).map(Decimal::parse),
        _ => None,
    }
}

/// Returns the value with doubles for marked numbers.
pub fn doubles(value: &Rcvar) -> Rcvar {
    match &**value {
        Variable::String(text) => {
            let double = text.strip_prefix(MARK).and_then(|text| text.parse::<f64>().ok());
            // The largest double replaces a number beyond the range.
            let number = double.and_then(|double| serde_json::Number::from_f64(double.clamp(f64::MIN, f64::MAX)));
            number.map_or_else(|| value.clone(), |number| Rcvar::new(Variable::Number(number)))
        }
        Variable::Array(list) => Rcvar::new(Variable::Array(list.iter().map(doubles).collect())),
        Variable::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), doubles(value)));
            Rcvar::new(Variable::Object(fields.collect()))
        }
        _ => value.clone(),
    }
}

/// Returns JSON with marked strings for the numbers that a double can't hold, in one form for equal numbers.
pub fn marked(json: &str) -> Cow<'_, str> {
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    let bytes = json.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at, b'"'),
            b'-' | b'0'..=b'9' => {
                let rest = bytes[at..].iter();
                let length = rest.take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
                let decimal = Decimal::parse(&json[at..at + length]);
                if !decimal.is_double() {
                    out.push_str(&json[copied..at]);
                    out.push_str(&format!("\"{MARK}{decimal}\""));
                    copied = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return json.into();
    }
    out.push_str(&json[copied..]);
    out.into()
}

/// Returns an expression with [`marked`] literals, which are enclosed in backticks.
pub fn literals(expression: &str) -> String {
    let (mut out, mut at) = (String::new(), 0);
    let bytes = expression.as_bytes();
    let mut copied = 0;
    while at < bytes.len() {
        let quote = bytes[at];
        if !matches!(quote, b'"' | b'\'' | b'`') {
            at += 1;
            continue;
        }
        let end = end_of_string(bytes, at, quote);
        // Unterminated text is an error of the parser.
        let inside = expression.get(at + 1..end - 1).filter(|_| quote == b'`');
        if let Some(json) = inside {
            out.push_str(&expression[copied..=at]);
            let json = json.replace("\\`", "`");
            out.push_str(&marked(&json).replace('`', "\\`"));
            copied = end - 1;
        }
        at = end;
    }
    out.push_str(&expression[copied..]);
    out
}

/// Returns the position after the quoted text that begins at `at`; a backslash escapes the next byte.
fn end_of_string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != quote {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_beyond_doubles_are_marked() {
        assert_eq!(marked(r#"{"a":1.5,"b":"12345678901234567890"}"#), r#"{"a":1.5,"b":"12345678901234567890"}"#);
        let text = serde_json::json!("\\\"1").to_string();
        assert_eq!(marked(&text), text);
    }
}
