//! Converts a captured row (column name → JSON value) to a [`Message`], tolerant of the type formats of capture tools.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::layout::Columns;
use super::{Layout, Members, Message};

/// The reason why a captured row is not an outbox message. The text names the column, never the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct RowError {
    pub column: Cow<'static, str>,
    pub problem: &'static str,
}

impl RowError {
    /// Returns the problem of a column.
    pub fn new(column: impl Into<Cow<'static, str>>, problem: &'static str) -> Self {
        Self { column: column.into(), problem }
    }
}

impl Message {
    /// Reads one row of our own columns. `committed_at` is the capture's commit time if known; otherwise `created_at`
    /// is used.
    ///
    /// Tolerates the formats of DMS: jsonb as a JSON string, big integers in scientific notation, integers as strings,
    /// timestamps with and without fraction, nulls omitted.
    ///
    /// # Errors
    /// The first column that is missing or unreadable.
    pub fn from_row(row: &Map<String, Value>, committed_at: Option<DateTime<Utc>>) -> Result<Self, RowError> {
        Self::from_keys(row, committed_at, &Layout::own().columns)
    }

    /// Reads a row by the keys of a layout instead of the names of its columns. Keys without a column are absent.
    fn from_keys(
        row: &Map<String, Value>,
        committed_at: Option<DateTime<Utc>>,
        columns: &Columns,
    ) -> Result<Self, RowError> {
        let id = text(row, "id")?;
        let created_at = || {
            if columns.created_at.is_none() {
                return Err(RowError::new("commit-timestamp", "is missing, and the table has no time column"));
            }
            let value = text(row, "created_at")?;
            timestamp(&value).ok_or(RowError::new("created_at", "is not a timestamp"))
        };
        Ok(Self {
            id: Uuid::parse_str(&id).map_err(|_| RowError::new("id", "is not a UUID"))?,
            aggregate_type: text(row, "aggregate_type")?,
            aggregate_id: text(row, "aggregate_id")?,
            event_type: text(row, "event_type")?,
            sequence: columns.sequence.is_some().then(|| integer(row, "sequence")).transpose()?,
            payload: payload(row)?,
            traceparent: row.get("traceparent").and_then(Value::as_str).map(str::to_owned),
            schema_version: match row.get("schema_version") {
                None | Some(Value::Null) => 1,
                Some(_) => i32::try_from(integer(row, "schema_version")?)
                    .map_err(|_| RowError::new("schema_version", "is out of range"))?,
            },
            committed_at: committed_at.map_or_else(created_at, Ok)?,
            // Not a column of the table: `replay` adds it to the records that it writes.
            replay: row.get("replay").and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// Reads a row of `layout` whose columns are still text; only those of an outbox are parsed.
    ///
    /// # Errors
    /// The first column that is missing or unreadable, by its name in the table.
    pub fn from_members(
        row: &Members<'_>,
        committed_at: Option<DateTime<Utc>>,
        layout: &Layout,
    ) -> Result<Self, RowError> {
        let columns = &layout.columns;
        let mut keys = Map::new();
        let needed =
            columns.named().into_iter().filter(|(key, _)| !matches!(*key, "payload" | "processed_at" | "processed"));
        for (key, column) in needed.chain([("replay", layout.replay_member())]) {
            if let Some(value) = row.scalar(column) {
                keys.insert(key.to_owned(), value);
            }
        }
        // Any JSON is a payload, and stays text: parsing it to a value would be wasted work.
        if let Some(payload) = row.get(&columns.payload) {
            let value = match payload.as_bytes().first() {
                Some(b'"' | b'n') => row.scalar(&columns.payload).unwrap_or_default(),
                _ => Value::from(payload),
            };
            keys.insert("payload".into(), value);
        }
        Self::from_keys(&keys, committed_at, columns)
            .map_err(|error| RowError::new(columns.of_key(&error.column).to_owned(), error.problem))
    }
}

fn present<'a>(row: &'a Map<String, Value>, column: &'static str) -> Result<&'a Value, RowError> {
    match row.get(column) {
        None => Err(RowError::new(column, "is missing")),
        Some(Value::Null) => Err(RowError::new(column, "is null")),
        Some(value) => Ok(value),
    }
}

fn text(row: &Map<String, Value>, column: &'static str) -> Result<String, RowError> {
    match present(row, column)? {
        Value::String(text) if text.is_empty() => Err(RowError::new(column, "is empty")),
        Value::String(text) => Ok(text.clone()),
        // An id may be an integer. DMS rounds those of more than 16 digits, which makes one of several ids.
        Value::Number(number) => integer_in(number)
            .map(|integer| integer.to_string())
            .ok_or(RowError::new(column, "is a number without all its digits")),
        _ => Err(RowError::new(column, "is not text")),
    }
}

fn integer(row: &Map<String, Value>, column: &'static str) -> Result<i64, RowError> {
    let value = present(row, column)?;
    let number = match value {
        Value::String(text) => integer_of(text),
        Value::Number(number) => integer_in(number),
        _ => None,
    };
    number.ok_or(RowError::new(column, "is not an integer"))
}

/// Reads digits, or scientific notation if it has lost none of them.
pub(super) fn integer_of(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
}

/// Returns the integer, unless digits of it were lost.
pub(super) fn integer_in(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().and_then(whole))
}

/// Converts a float that is an integer below 2^53: above it, scientific notation has lost digits.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// Reads the payload. DMS writes jsonb as a string in PostgreSQL's text form; other captures write the JSON itself.
fn payload(row: &Map<String, Value>) -> Result<Box<RawValue>, RowError> {
    let text = match present(row, "payload")? {
        Value::String(text) if may_be_truncated(text) => {
            return Err(RowError::new("payload", "is a number as long as a limit of large objects (truncated?)"));
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    RawValue::from_string(text).map_err(|_| RowError::new("payload", "is not JSON (truncated?)"))
}

/// Returns whether a payload is a number that limited LOB mode may have truncated. Every other JSON text is invalid
/// without its end; the beginning of a number is another number. `LobMaxSize` is in kilobytes, and each character
/// counts two bytes ("Task settings" and "Source data types for PostgreSQL" in the DMS user guide).
fn may_be_truncated(text: &str) -> bool {
    const STEP: usize = 1024 / 2;
    text.len() >= STEP && text.len().is_multiple_of(STEP) && text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// Reads RFC 3339, or the formats of PostgreSQL and DMS, which are UTC if they have no offset.
pub fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    let plain = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|time| time.and_utc());
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"))
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| plain("%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|| plain("%Y-%m-%d %H:%M:%S%.f"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Map<String, Value> {
        let Value::Object(row) = json!({
            "id": "0198a6a0-0000-7000-8000-000000000001", "aggregate_type": "car", "aggregate_id": "c-1",
            "event_type": "CarCreated", "payload": "{\"make\": \"Škoda\", \"n\": 12345678901234567890}", "sequence": 3,
            "schema_version": 2, "created_at": "2026-11-21T06:14:00.123456Z",
        }) else {
            unreachable!()
        };
        row
    }

    #[test]
    fn rows_of_dms_are_read() {
        let message = Message::from_row(&row(), None).unwrap();
        assert_eq!((message.sequence, message.schema_version), (Some(3), 2));
        assert_eq!(message.payload.get(), "{\"make\": \"Škoda\", \"n\": 12345678901234567890}");
        assert_eq!(message.committed_at.to_rfc3339(), "2026-11-21T06:14:00.123456+00:00");
        assert_eq!(message.traceparent, None);
    }

    #[test]
    fn number_formats_are_accepted() {
        for (value, expected) in [(json!("42"), 42), (json!(1.0e15), 1_000_000_000_000_000), (json!("1e3"), 1000)] {
            let mut row = row();
            row.insert("sequence".into(), value);
            assert_eq!(Message::from_row(&row, None).unwrap().sequence, Some(expected));
        }
    }

    /// DMS writes integers of more than 16 digits in scientific notation, unless `UseLargeIntegerValue` is set.
    #[test]
    fn integers_that_lost_digits_are_no_ids() {
        for (value, expected) in [
            ("1234567890123456", Ok("1234567890123456")),
            ("1.0e3", Ok("1000")),
            ("1234567890123456789", Ok("1234567890123456789")),
            ("1.23456789012346e18", Err("is a number without all its digits")),
            ("1.5", Err("is a number without all its digits")),
        ] {
            let mut row = row();
            row.insert("aggregate_id".into(), serde_json::from_str(value).unwrap());
            let read = Message::from_row(&row, None).map(|message| message.aggregate_id);
            assert_eq!(read, expected.map(str::to_owned).map_err(|problem| RowError::new("aggregate_id", problem)));
        }
    }

    #[test]
    fn errors_name_the_column() {
        for (column, value, problem) in [
            ("id", json!("nope"), "is not a UUID"),
            ("payload", json!("{\"cut\": \"of"), "is not JSON (truncated?)"),
            ("sequence", json!(1.5), "is not an integer"),
            ("sequence", json!(9.007e18), "is not an integer"),
            ("event_type", json!(""), "is empty"),
            ("aggregate_id", Value::Null, "is null"),
            ("created_at", json!("soon"), "is not a timestamp"),
        ] {
            let mut row = row();
            row.insert(column.into(), value);
            assert_eq!(Message::from_row(&row, None).unwrap_err(), RowError::new(column, problem));
        }
        let mut row = row();
        row.remove("payload");
        assert_eq!(Message::from_row(&row, None).unwrap_err().to_string(), "column payload: is missing");
    }

    #[test]
    fn numbers_that_end_at_a_limit_of_large_objects_are_not_delivered() {
        let read = |payload: String| {
            let mut row = row();
            row.insert("payload".into(), json!(payload));
            Message::from_row(&row, None).map(|message| message.payload.get().len())
        };
        for truncated in ["7".repeat(512), format!("-{}", "7".repeat(16_383)), format!("1.{}", "5".repeat(1_022))] {
            assert_eq!(read(truncated).unwrap_err().column, "payload");
        }
        for whole in ["7".repeat(511), "7".repeat(20_000), format!("\"{}\"", "x".repeat(510))] {
            assert_eq!(read(whole.clone()), Ok(whole.len()));
        }
    }

    #[test]
    fn timestamps_of_every_form_are_read() {
        for text in
            ["2026-11-21T06:14:00Z", "2026-11-21 06:14:00+00", "2026-11-21T06:14:00", "2026-11-21 07:14:00.0+01:00"]
        {
            assert_eq!(timestamp(text).unwrap().to_rfc3339(), "2026-11-21T06:14:00+00:00", "{text}");
        }
    }
}
