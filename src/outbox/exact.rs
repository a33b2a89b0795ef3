//! JSON whose numbers stay as written: a double holds 15 to 17 digits, and PostgreSQL's `numeric` and DynamoDB's
//! numbers have more.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

/// One level of a JSON document; lower levels stay text.
#[derive(Debug)]
pub enum Exact<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    String(String),
    Array(Vec<&'a RawValue>),
    /// The last of several members of one name counts.
    Object(BTreeMap<String, &'a RawValue>),
}

impl<'a> Exact<'a> {
    /// Reads the outermost level of a document.
    ///
    /// # Errors
    /// The text is not JSON, or a string in it is not Unicode.
    pub fn open(text: &'a str) -> serde_json::Result<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        Ok(match text.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str(text)?),
            Some(b'[') => Self::Array(serde_json::from_str(text)?),
            Some(b'"') => Self::String(serde_json::from_str(text)?),
            Some(b'-' | b'0'..=b'9') => {
                let number: &RawValue = serde_json::from_str(text)?;
                Self::Number(number.get())
            }
            _ => serde_json::from_str::<Option<bool>>(text)?.map_or(Self::Null, Self::Bool),
        })
    }
}

/// Returns the value at a path of names and list indices: a string's content, anything else as written; `None` for null
/// and for missing values.
pub fn text_at<'a>(document: &str, path: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut at = document;
    for key in path {
        at = match Exact::open(at).ok()? {
            Exact::Object(fields) => fields.get(key)?.get(),
            Exact::Array(list) => list.get(key.parse::<usize>().ok()?)?.get(),
            _ => return None,
        };
    }
    match Exact::open(at).ok()? {
        Exact::Null => None,
        Exact::String(text) => Some(text),
        _ => Some(at.to_owned()),
    }
}

/// A number of any length, in one form for all notations: 1, 1.0 and 10e-1 are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Without zeros at either end: the number is 0.DIGITS × 10^POINT. Empty for zero.
    digits: String,
    point: i64,
}

impl Decimal {
    /// Reads a number in JSON notation. Exponents beyond 64 bits count as the largest ones.
    pub fn parse(text: &str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let extreme = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
        let exponent: i64 = exponent.parse().unwrap_or(extreme);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Self { negative: false, digits, point: 0 };
        }
        let leading = all.len() - significant.len();
        // The length of a text is far below 63 bits.
        let place = whole.len() as i64 - leading as i64;
        Self { negative, digits, point: exponent.saturating_add(place) }
    }

    /// Returns whether a double holds exactly this number, with the digits as written.
    pub fn is_double(&self) -> bool {
        // A double holds any 15 digits, within its range of normal numbers.
        if self.digits.len() <= 15 && (-306..=308).contains(&self.point) {
            return true;
        }
        let double: f64 = self.to_string().parse().unwrap_or(f64::NAN);
        double.is_finite() && Self::parse(&format!("{double:e}")) == *self
    }

    /// Returns bytes that are equal for equal numbers only.
    pub fn bytes(&self) -> Vec<u8> {
        [&[u8::from(self.negative)], &self.point.to_be_bytes()[..], self.digits.as_bytes()].concat()
    }
}

/// Writes JSON, equal for equal numbers.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, digits) = (if self.negative { "-" } else { "" }, &self.digits);
        if digits.is_empty() { f.write_str("0") } else { write!(f, "{sign}0.{digits}e{}", self.point) }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = || self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| if self.negative { size().reverse() } else { size() })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_for_all_notations() {
        let same = |texts: &[&str]| texts.iter().all(|text| Decimal::parse(text) == Decimal::parse(texts[0]));
        assert!(same(&["1", "1.0", "10e-1", "0.1E+1", "1.000"]));
        assert!(same(&["0", "-0", "0.00", "0e7"]));
        assert!(same(&["-120", "-1.2e2", "-0.0012E5"]));
        assert_ne!(Decimal::parse("9007199254740993"), Decimal::parse("9007199254740992"));
        assert_ne!(Decimal::parse("12345678901234567890.1"), Decimal::parse("12345678901234567890.2"));
    }

    #[test]
    fn numbers_are_ordered_by_their_size() {
        let ordered = [
            "-1e400",
            "-120",
            "-12",
            "-0.5",
            "0",
            "1e-400",
            "0.5",
            "9",
            "10",
            "12345678901234567890.1",
            "12345678901234567890.2",
            "1e400",
            "1e99999999999999999999",
        ];
        for pair in ordered.windows(2) {
            assert!(Decimal::parse(pair[0]) < Decimal::parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn documents_are_parsed_level_by_level() {
        let Exact::Object(fields) = Exact::open(r#" {"a": [1.50, "x"], "a": [2.50], "b": null} "#).expect("JSON")
        else {
            panic!("an object")
        };
        assert_eq!(fields["a"].get(), "[2.50]");
        assert!(matches!(Exact::open(fields["b"].get()), Ok(Exact::Null)));
        assert!(matches!(Exact::open("-1e5"), Ok(Exact::Number("-1e5"))));
        assert!(matches!(Exact::open("true"), Ok(Exact::Bool(true))));
        for wrong in ["", "{", "01", "nul", "1 2", "\"\\ud800\""] {
            assert!(Exact::open(wrong).is_err(), "{wrong}");
        }
    }
}
