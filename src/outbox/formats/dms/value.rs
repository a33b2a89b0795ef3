//! Converts column values from PostgreSQL's text form (ISO dates, UTC) to DMS's JSON.

use chrono::{DateTime, SecondsFormat, Utc};

use super::json::write_string;

/// The format of a column, by its PostgreSQL type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    /// float4, float8.
    Real,
    /// Maximum digits after the point; further ones are cut off.
    Numeric {
        scale: usize,
    },
    Boolean,
    /// With or without time zone: DMS writes both as UTC.
    Timestamp,
    /// Maximum characters; further ones are cut off.
    Text {
        limit: usize,
    },
    /// bytea: hexadecimal digits. A large object.
    Bytes,
    /// text, json, arrays, ...: a large object, so absent if the table has no primary key.
    Lob,
}

impl Kind {
    /// Returns whether the task's large-object settings apply.
    pub fn is_lob(self) -> bool {
        matches!(self, Self::Lob | Self::Bytes)
    }
}

/// Endpoint settings for the format of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// `UseLargeIntegerValue`: without it, integers of more than 16 digits are written in scientific notation.
    pub large_integers: bool,
    /// `MapBooleanAsBoolean`: without it, booleans are the strings "true" and "false".
    pub booleans: bool,
}

/// Formats a time as DMS does: UTC, six digits, `Z`.
pub fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Appends a value that is not null.
pub fn write_value(out: &mut Vec<u8>, kind: Kind, text: &str, numbers: Numbers) {
    match kind {
        Kind::Integer => integer(out, text, numbers.large_integers),
        Kind::Real => number(out, text),
        Kind::Numeric { scale } => number(out, cut(text, scale)),
        Kind::Boolean => boolean(out, text == "t", numbers.booleans),
        Kind::Timestamp => time(out, text),
        Kind::Text { limit } => write_string(out, first_characters(text, limit)),
        Kind::Bytes => write_string(out, text.strip_prefix("\\x").unwrap_or(text)),
        Kind::Lob => write_string(out, text),
    }
}

fn boolean(out: &mut Vec<u8>, value: bool, bare: bool) {
    out.extend_from_slice(match (value, bare) {
        (true, true) => b"true",
        (false, true) => b"false",
        (true, false) => b"\"true\"",
        (false, false) => b"\"false\"",
    });
}

fn integer(out: &mut Vec<u8>, text: &str, large: bool) {
    let digits = text.trim_start_matches('-').len();
    match text.parse::<i64>() {
        Ok(value) if digits > 16 && !large => out.extend_from_slice(format!("{:.14e}", value as f64).as_bytes()),
        _ => number(out, text),
    }
}

/// Writes a number. NaN and infinity stay text: JSON has no such numbers.
fn number(out: &mut Vec<u8>, text: &str) {
    match text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e')) && !text.is_empty() {
        true => out.extend_from_slice(text.as_bytes()),
        false => write_string(out, text),
    }
}

fn cut(text: &str, scale: usize) -> &str {
    match text.split_once('.') {
        Some((whole, _)) if scale == 0 => whole,
        Some((whole, fraction)) if fraction.len() > scale => &text[..whole.len() + 1 + scale],
        _ => text,
    }
}

fn first_characters(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end])
}

/// Converts `2024-07-29 00:58:17.98367+00` to `"2024-07-29T00:58:17.983670Z"`: six digits, or none if there is no
/// fraction.
fn time(out: &mut Vec<u8>, text: &str) {
    let local = text.strip_suffix("+00").unwrap_or(text);
    let parts = local.split_once(' ').filter(|(date, clock)| plain(date, b'-') && plain(clock, b':'));
    let Some((date, clock)) = parts else {
        // infinity, and years before Christ.
        return write_string(out, text);
    };
    out.push(b'"');
    out.extend_from_slice(date.as_bytes());
    out.push(b'T');
    out.extend_from_slice(clock.as_bytes());
    if let Some((_, fraction)) = clock.split_once('.') {
        out.resize(out.len() + 6usize.saturating_sub(fraction.len()), b'0');
    }
    out.extend_from_slice(b"Z\"");
}

fn plain(text: &str, separator: u8) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == separator || byte == b'.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(kind: Kind, text: &str, numbers: Numbers) -> String {
        let mut out = Vec::new();
        write_value(&mut out, kind, text, numbers);
        serde_json::from_slice::<serde_json::Value>(&out).unwrap_or_else(|e| panic!("{kind:?} {text:?}: {e}"));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_as_dms_writes_them() {
        let set = Numbers { large_integers: true, booleans: true };
        for (kind, text, default, all) in [
            (Kind::Integer, "-42", "-42", "-42"),
            (Kind::Integer, "1234567890123456", "1234567890123456", "1234567890123456"),
            (Kind::Integer, "12345678901234567", "1.23456789012346e16", "12345678901234567"),
            (Kind::Real, "0.1", "0.1", "0.1"),
            (Kind::Real, "1e+20", "1e+20", "1e+20"),
            (Kind::Real, "NaN", "\"NaN\"", "\"NaN\""),
            (Kind::Real, "-Infinity", "\"-Infinity\"", "\"-Infinity\""),
            (Kind::Numeric { scale: 6 }, "1.123456789", "1.123456", "1.123456"),
            (Kind::Numeric { scale: 2 }, "10.50", "10.50", "10.50"),
            (Kind::Numeric { scale: 0 }, "10.50", "10", "10"),
            (Kind::Boolean, "t", "\"true\"", "true"),
            (Kind::Boolean, "f", "\"false\"", "false"),
            (Kind::Timestamp, "2024-07-29 00:58:17.98367+00", "\"2024-07-29T00:58:17.983670Z\"", ""),
            (Kind::Timestamp, "2024-07-29 00:58:17+00", "\"2024-07-29T00:58:17Z\"", ""),
            (Kind::Timestamp, "2024-07-29 00:58:17.123456", "\"2024-07-29T00:58:17.123456Z\"", ""),
            (Kind::Timestamp, "infinity", "\"infinity\"", ""),
            (Kind::Timestamp, "0044-03-15 12:00:00+00 BC", "\"0044-03-15 12:00:00+00 BC\"", ""),
            (Kind::Bytes, "\\xdeadbeef", "\"deadbeef\"", ""),
            (Kind::Lob, "{\"baz\": \"qux\"}", r#""{\"baz\": \"qux\"}""#, ""),
            (Kind::Text { limit: 2 }, "äöü", "\"äö\"", ""),
        ] {
            assert_eq!(written(kind, text, Numbers::default()), default);
            if !all.is_empty() {
                assert_eq!(written(kind, text, set), all);
            }
        }
    }

    proptest! {
        #[test]
        fn strings_are_always_json(text: String, limit in 0usize..10) {
            for kind in [Kind::Lob, Kind::Bytes, Kind::Timestamp, Kind::Boolean, Kind::Text { limit }] {
                written(kind, &text, Numbers::default());
            }
        }

        #[test]
        fn numbers_are_always_json(whole: i64, real: f64) {
            written(Kind::Integer, &whole.to_string(), Numbers::default());
            written(Kind::Real, &real.to_string(), Numbers::default());
            written(Kind::Numeric { scale: 3 }, &format!("{whole}.{}", whole.unsigned_abs()), Numbers::default());
        }
    }
}
