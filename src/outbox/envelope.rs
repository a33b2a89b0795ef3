//! From an outbox row to a CloudEvents 1.0 object, and the names EventBridge routes by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// EventBridge `Source` is this followed by the aggregate type.
pub const SOURCE_PREFIX: &str = "outbox.";

/// One committed outbox row, wherever it was captured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// Position within the aggregate, from 1, without gaps.
    pub sequence: i64,
    /// The business payload as it was stored; kept as text so that no number changes on the way.
    pub payload: Box<RawValue>,
    /// W3C Trace Context `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Version of the payload's schema, from 1.
    pub schema_version: i32,
    /// When the transaction committed; the row's own `created_at` where the capture does not say.
    pub committed_at: DateTime<Utc>,
}

impl Message {
    /// EventBridge `Source`.
    pub fn source(&self) -> String {
        format!("{SOURCE_PREFIX}{}", self.aggregate_type)
    }

    /// The object that goes into EventBridge `Detail`.
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
            sequence: self.sequence.to_string(),
            traceparent: self.traceparent.as_deref(),
            data: &self.payload,
        }
    }
}

/// CloudEvents 1.0 in structured JSON form, with the `sequence` and `traceparent` extensions.
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
    /// CloudEvents' sequence extension is a string.
    pub sequence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<&'a str>,
    pub data: &'a RawValue,
}
