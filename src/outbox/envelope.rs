//! Converts an outbox row to a CloudEvents 1.0 object, and defines the names that EventBridge routes by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// Prefix of the EventBridge `Source`, followed by the aggregate type.
pub const SOURCE_PREFIX: &str = "outbox.";

/// One committed outbox row, from any capture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// Position within the aggregate, from 1, without gaps; `None` if the outbox table has no such column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The business payload as stored; kept as text so that no number changes.
    pub payload: Box<RawValue>,
    /// W3C Trace Context `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Version of the payload's schema, from 1.
    pub schema_version: i32,
    /// The commit time of the transaction; the row's own `created_at` if the capture does not provide it.
    pub committed_at: DateTime<Utc>,
    /// The name of the replay that delivers it again; `None` for an ordinary delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

impl Message {
    /// Returns the EventBridge `Source`.
    pub fn source(&self) -> String {
        format!("{SOURCE_PREFIX}{}", self.aggregate_type)
    }

    /// Reads a CloudEvent of [`Message::to_cloud_event`]; `None` for anything else.
    pub fn from_cloud_event(json: &str) -> Option<Self> {
        let event: Received = serde_json::from_str(json).ok()?;
        let version = event.dataschema.as_deref().and_then(|urn| urn.rsplit(':').next()?.parse().ok());
        (event.specversion == "1.0").then_some(())?;
        Some(Self {
            id: event.id,
            aggregate_type: event.source.strip_prefix(SOURCE_PREFIX)?.to_owned(),
            aggregate_id: event.subject,
            event_type: event.kind,
            sequence: event.sequence.map(|sequence| sequence.parse()).transpose().ok()?,
            payload: event.data,
            traceparent: event.traceparent,
            schema_version: version.unwrap_or(1),
            committed_at: event.time,
            replay: event.replay,
        })
    }

    /// Returns the object for EventBridge `Detail`.
    pub fn to_cloud_event(&self) -> CloudEvent<'_> {
        CloudEvent {
            specversion: "1.0",
            id: self.id,
            source: self.source(),
            kind: &self.event_type,
            subject: &self.aggregate_id,
            time: self.committed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            datacontenttype: "application/json",
            dataschema: format!("urn:outbox:{}:{}:{}", self.aggregate_type, self.event_type, self.schema_version),
            sequence: self.sequence.map(|sequence| sequence.to_string()),
            traceparent: self.traceparent.as_deref(),
            replay: self.replay.as_deref(),
            data: &self.payload,
        }
    }
}

/// CloudEvents 1.0 in structured JSON form, with the `sequence`, `traceparent` and `replay` extensions.
#[derive(Debug, Serialize)]
pub struct CloudEvent<'a> {
    pub specversion: &'static str,
    pub id: Uuid,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub subject: &'a str,
    pub time: String,
    pub datacontenttype: &'static str,
    pub dataschema: String,
    /// CloudEvents' sequence extension is a string. Absent if the outbox has no sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<&'a str>,
    /// Not part of CloudEvents: present on events that were delivered before and are replayed on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<&'a str>,
    pub data: &'a RawValue,
}

/// A [`CloudEvent`] for reading.
#[derive(Deserialize)]
struct Received {
    specversion: String,
    id: Uuid,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    time: DateTime<Utc>,
    #[serde(default)]
    dataschema: Option<String>,
    #[serde(default)]
    sequence: Option<String>,
    #[serde(default)]
    traceparent: Option<String>,
    #[serde(default)]
    replay: Option<String>,
    data: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_cloud_event_is_read_back() {
        let text = r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.car","type":"CarCreated","subject":"c-1","time":"2026-11-21T06:14:00.123456Z","datacontenttype":"application/json","dataschema":"urn:outbox:car:CarCreated:3","sequence":"7","replay":"r-1","data":{"n":12345678901234567890, "m": 1.10}}"#;
        let message = Message::from_cloud_event(text).expect("an event");
        assert_eq!((message.sequence, message.schema_version, message.replay.as_deref()), (Some(7), 3, Some("r-1")));
        assert_eq!(serde_json::to_string(&message.to_cloud_event()).expect("JSON"), text);
        let unnumbered = text.replace(r#","sequence":"7""#, "");
        let message = Message::from_cloud_event(&unnumbered).expect("an event");
        assert_eq!(message.sequence, None);
        assert_eq!(serde_json::to_string(&message.to_cloud_event()).expect("JSON"), unnumbered);
        for other in ["{}", "x", "[]", &text.replace("\"1.0\"", "\"0.3\""), &text.replace("outbox.car", "aws.s3")] {
            assert!(Message::from_cloud_event(other).is_none(), "{other}");
        }
    }
}
