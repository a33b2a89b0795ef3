//! The items that readers return, in one form for every hop.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::outbox::{Message, numbered};
use crate::pipelines::Hop;

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// An outbox event.
    Event,
    /// A DMS record of another table, or of another change than an insert.
    Data,
    /// A DMS control record, or a row of DMS' own tables.
    Control,
    /// Other readable content, such as a foreign event on the bus.
    Other,
    /// Bytes that can't be decoded.
    Undecodable,
}

/// The event inside, as far as this hop shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EventView {
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub sequence: Option<i64>,
    pub committed_at: Option<DateTime<Utc>>,
    /// Key by which `verify` and `sample insert` find their own events.
    pub correlation_id: Option<String>,
    /// The DynamoDB item that changed, as plain JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<Image>>,
}

impl EventView {
    /// Returns the view of an event. Its payload is not read: the correlation id comes from the caller.
    pub fn of(message: Message, correlation_id: Option<String>) -> Self {
        Self {
            event_id: Some(message.id.to_string()),
            event_type: Some(message.event_type),
            aggregate_type: Some(message.aggregate_type),
            aggregate_id: Some(message.aggregate_id),
            sequence: message.sequence,
            committed_at: Some(message.committed_at),
            correlation_id,
            image: None,
        }
    }

    /// Returns type, aggregate, sequence and id in one line, with `?` for a missing one.
    pub fn summary(&self) -> String {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".into());
        let (kind, aggregate) = (word(&self.aggregate_type), word(&self.aggregate_id));
        let (sequence, id) = (numbered(self.sequence), word(&self.event_id));
        format!("{} {kind} {aggregate} {sequence}{id}", word(&self.event_type))
    }
}

/// A DynamoDB item before and after a change, as far as the stream carries it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Image {
    pub keys: Map<String, Value>,
    pub new: Option<Map<String, Value>>,
    pub old: Option<Map<String, Value>>,
}

/// The position of an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Origin {
    Shard {
        shard: String,
        sequence_number: String,
        partition_key: String,
        /// Index among the records that a producer packed into this one, from 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        sub_sequence_number: Option<usize>,
    },
    /// `bus_event_id` is EventBridge's own id of this delivery.
    Bus {
        bus_event_id: Option<String>,
        message_id: String,
    },
    Log {
        bus_event_id: Option<String>,
        log_stream: String,
        log_event_id: String,
    },
    /// A row of an outbox table, by its id.
    Row {
        table: String,
        row: String,
    },
    /// A consumer's mark; shard and sequence number are those of the event's record.
    Mark {
        consumer: String,
        position: i64,
        shard: String,
        sequence_number: String,
    },
}

impl Origin {
    /// Returns an id that is equal for the same delivery, however often a reader receives it.
    pub fn delivery(&self) -> String {
        match self {
            Self::Shard { shard, sequence_number, sub_sequence_number: Some(sub), .. } => {
                format!("{shard}/{sequence_number}/{sub}")
            }
            Self::Shard { shard, sequence_number, .. } => format!("{shard}/{sequence_number}"),
            Self::Mark { position, .. } => position.to_string(),
            Self::Row { table, row } => format!("{table}/{row}"),
            Self::Bus { bus_event_id, message_id } => bus_event_id.clone().unwrap_or_else(|| message_id.clone()),
            Self::Log { bus_event_id, log_event_id, .. } => {
                bus_event_id.clone().unwrap_or_else(|| log_event_id.clone())
            }
        }
    }
}

/// JSON in its original text, on one line.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// # Errors
    /// The bytes are not JSON.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        let raw: Box<RawValue> = serde_json::from_slice(bytes)?;
        // JSON has such characters only between its tokens: inside strings they are escaped.
        let breaks = [b'\n', b'\r', b'\t'];
        if raw.get().bytes().any(|byte| breaks.contains(&byte)) {
            return RawValue::from_string(raw.get().replace(breaks.map(char::from), "")).map(Self);
        }
        Ok(Self(raw))
    }

    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Returns the parsed value; null if it is nested too deeply.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or(Value::Null)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        // A value can always be written.
        Self(serde_json::value::to_raw_value(&value).unwrap_or_default())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// The content of an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    Record(Json),
    /// Readable text that is not JSON.
    Text(String),
    /// Bytes that could not be decoded, and the reason.
    #[serde(untagged)]
    Raw {
        base64: String,
        error: String,
    },
}

/// An observation at one hop. Serialised it is a line of `tail --output ndjson`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "item")]
pub struct Item {
    pub hop: Hop,
    /// Time of arrival, by the hop's clock.
    pub at: DateTime<Utc>,
    pub content: Content,
    /// A short summary for display.
    pub summary: String,
    #[serde(flatten)]
    pub event: EventView,
    #[serde(flatten)]
    pub origin: Origin,
    #[serde(flatten)]
    pub body: Body,
}
