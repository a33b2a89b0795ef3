//! A change of one item, in the forms of DynamoDB Streams records of a function and of Kinesis Data Streams for
//! DynamoDB.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::image::plain;
use crate::outbox::{Message, RowError};

/// The operation on the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    Insert,
    Modify,
    Remove,
}

impl Operation {
    /// Returns the name in capitals, as in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// One change. Images are plain JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The same for each delivery of the change.
    pub event_id: String,
    pub operation: Operation,
    /// Indicates whether the item was removed because its time to live had expired.
    pub expired: bool,
    /// Name of the table.
    pub table: String,
    pub keys: Map<String, Value>,
    pub new: Option<Map<String, Value>>,
    pub old: Option<Map<String, Value>>,
    /// Position in the table's stream; `None` for Kinesis records.
    pub sequence_number: Option<String>,
    /// The time of the write: full seconds in a DynamoDB stream, down to microseconds in a Kinesis stream.
    pub created_at: DateTime<Utc>,
}

/// The reason why a record is not a change. Names the member, never the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChangeError(&'static str);

const NOT_A_CHANGE: ChangeError = ChangeError("the record is not a DynamoDB change");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: Operation,
    #[serde(default)]
    user_identity: Option<Identity>,
    #[serde(default)]
    table_name: Option<String>,
    #[serde(rename = "eventSourceARN", default)]
    event_source_arn: Option<String>,
    dynamodb: Body,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "type", alias = "Type")]
    kind: Option<String>,
    #[serde(rename = "principalId", alias = "PrincipalId")]
    principal_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    approximate_creation_date_time: serde_json::Number,
    #[serde(default)]
    approximate_creation_date_time_precision: Option<String>,
    #[serde(default)]
    keys: Map<String, Value>,
    #[serde(default)]
    new_image: Option<Map<String, Value>>,
    #[serde(default)]
    old_image: Option<Map<String, Value>>,
    #[serde(default)]
    sequence_number: Option<String>,
}

impl Change {
    /// Reads a record of a Kinesis stream.
    ///
    /// # Errors
    /// The record is not JSON, or not a change.
    pub fn parse(data: &[u8]) -> Result<Self, ChangeError> {
        let raw = serde_json::from_slice(data).map_err(|error| match error.is_data() {
            true => NOT_A_CHANGE,
            false => ChangeError("the record is not JSON"),
        });
        Self::of(raw?)
    }

    /// Reads a record of a function's batch.
    ///
    /// # Errors
    /// The record is not a change.
    pub fn from_value(value: Value) -> Result<Self, ChangeError> {
        Self::of(serde_json::from_value(value).map_err(|_| NOT_A_CHANGE)?)
    }

    /// Returns the message that the change appended to an outbox table. Items that are removed, by time to live or by
    /// hand, were delivered long before; an outbox item is never modified.
    ///
    /// # Errors
    /// The first attribute that is missing or unreadable.
    pub fn appended(&self) -> Result<Option<Message>, RowError> {
        match (self.operation, &self.new) {
            (Operation::Insert, Some(image)) => Message::from_row(image, None).map(Some),
            (Operation::Insert, None) => Err(RowError::new("NewImage", "is missing")),
            (Operation::Modify | Operation::Remove, _) => Ok(None),
        }
    }

    fn of(raw: Raw) -> Result<Self, ChangeError> {
        let image = |image: Option<Map<String, Value>>| {
            image.map(|image| plain(&image).ok_or(ChangeError("an image is not made of attribute values"))).transpose()
        };
        let expired = raw.user_identity.is_some_and(|identity| {
            // "DynamoDB Streams and Time to Live" in the DynamoDB developer guide.
            identity.kind.as_deref() == Some("Service")
                && identity.principal_id.as_deref() == Some("dynamodb.amazonaws.com")
        });
        let table = raw.table_name.or_else(|| table_of(raw.event_source_arn.as_deref()?));
        let body = raw.dynamodb;
        Ok(Self {
            event_id: raw.event_id,
            operation: raw.event_name,
            expired,
            table: table.ok_or(ChangeError("the record names no table"))?,
            keys: plain(&body.keys).ok_or(ChangeError("the keys are not made of attribute values"))?,
            new: image(body.new_image)?,
            old: image(body.old_image)?,
            sequence_number: body.sequence_number,
            created_at: time(
                &body.approximate_creation_date_time,
                body.approximate_creation_date_time_precision.as_deref(),
            )
            .ok_or(ChangeError("the creation time is out of range"))?,
        })
    }
}

/// Returns the table's name from `arn:aws:dynamodb:region:account:table/NAME/stream/…`.
fn table_of(arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let mut parts = resource.split('/');
    (parts.next() == Some("table")).then(|| parts.next()).flatten().map(str::to_owned)
}

/// Reads a time: seconds in a DynamoDB stream, milliseconds or microseconds in a Kinesis stream, which names the
/// precision. Without it, the size decides: seconds stay below 10^11 until the year 5138.
fn time(number: &serde_json::Number, precision: Option<&str>) -> Option<DateTime<Utc>> {
    let value = number.as_f64()?;
    let micros = match precision {
        Some("MICROSECOND") => 1.0,
        Some("MILLISECOND") => 1e3,
        _ if value < 1e11 => 1e6,
        _ if value < 1e14 => 1e3,
        _ => 1.0,
    };
    // A double holds microseconds exactly until the year 2255.
    let micros = (value * micros).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    let micros = (0.0..9e15).contains(&micros).then_some(micros as i64)?;
    DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::microseconds(micros))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn streamed() -> Value {
        json!({
            "eventID": "e", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/users/stream/2026-11-21T06:00:00.000",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000.0, "Keys": {"id": {"S": "u"}}, "SequenceNumber": "100",
                "NewImage": {"id": {"S": "u"}, "n": {"N": "2"}}, "OldImage": {"id": {"S": "u"}, "n": {"N": "1"}},
                "StreamViewType": "NEW_AND_OLD_IMAGES", "SizeBytes": 9,
            },
        })
    }

    #[test]
    fn stream_records_are_read() {
        let change = Change::from_value(streamed()).unwrap();
        assert_eq!((change.operation, change.table.as_str(), change.expired), (Operation::Modify, "users", false));
        assert_eq!((change.new.unwrap()["n"].as_i64(), change.old.unwrap()["n"].as_i64()), (Some(2), Some(1)));
        assert_eq!(change.created_at.timestamp(), 1_700_000_000);
        assert_eq!(change.sequence_number.as_deref(), Some("100"));
    }

    #[test]
    fn kinesis_records_are_read() {
        let record = json!({
            "awsRegion": "us-east-1", "eventID": "e", "eventName": "INSERT", "userIdentity": null,
            "recordFormat": "application/json", "tableName": "events", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000_123_456_i64,
                "ApproximateCreationDateTimePrecision": "MICROSECOND",
                "Keys": {"id": {"S": "u"}}, "NewImage": {"id": {"S": "u"}}, "SizeBytes": 9,
            },
        });
        let change = Change::parse(record.to_string().as_bytes()).unwrap();
        assert_eq!((change.operation, change.table.as_str()), (Operation::Insert, "events"));
        assert_eq!(change.created_at.timestamp_micros(), 1_700_000_000_123_456);
    }

    #[test]
    fn removals_by_time_to_live_are_marked() {
        let mut record = streamed();
        record["eventName"] = "REMOVE".into();
        record["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        assert!(Change::from_value(record).unwrap().expired);
    }

    #[test]
    fn times_of_every_precision_are_read() {
        let micros = |value: Value, precision| {
            let Value::Number(number) = value else { panic!("a number") };
            time(&number, precision).map(|time| time.timestamp_micros())
        };
        assert_eq!(micros(json!(1_700_000_000), None), Some(1_700_000_000_000_000));
        assert_eq!(micros(json!(1_700_000_000_123_i64), None), Some(1_700_000_000_123_000));
        assert_eq!(micros(json!(1_700_000_000_123_i64), Some("MILLISECOND")), Some(1_700_000_000_123_000));
        assert_eq!(micros(json!(1_700_000_000_123_456_i64), None), Some(1_700_000_000_123_456));
        assert_eq!((micros(json!(-1), None), micros(json!(1e300), None)), (None, None));
    }

    #[test]
    fn errors_name_the_member() {
        let wrong = |edit: fn(&mut Value)| {
            let mut record = streamed();
            edit(&mut record);
            Change::from_value(record).unwrap_err().to_string()
        };
        assert_eq!(wrong(|r| r["eventName"] = "OTHER".into()), "the record is not a DynamoDB change");
        assert_eq!(wrong(|r| r["dynamodb"]["NewImage"] = json!({"a": 1})), "an image is not made of attribute values");
        assert_eq!(wrong(|r| r["eventSourceARN"] = "arn".into()), "the record names no table");
        assert_eq!(Change::parse(b"\xff").unwrap_err().to_string(), "the record is not JSON");
    }
}
