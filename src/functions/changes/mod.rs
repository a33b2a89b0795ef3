//! Consumers of a DynamoDB stream: `forwarder.rs` publishes the items of an outbox table, `users.rs` makes domain
//! events of the changes of a plain table.
//!
//! The common part is in this file: it turns Lambda's batch into the engine's items.

pub mod forwarder;
#[cfg(test)]
mod tests;
pub mod users;

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::publisher::backend::Publisher;
use super::publisher::backlog::Item;
use super::publisher::decode::Decoded;
use super::publisher::{Answer, Engine, Invocation, Origin, Source, decode};
use crate::outbox::formats::dynamodb::{Change, ChangeError};
use crate::outbox::{Message, RowError};

/// A batch of a DynamoDB stream. The records are read one by one, so that a malformed one does not affect the others.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// Runs an invocation; `to_message` maps a change to its message, `None` to skip it. `deadline` is the time at which
/// Lambda ends the invocation.
async fn handle(
    engine: &Engine,
    invocation: Invocation<StreamEvent>,
    deadline: SystemTime,
    to_message: impl Fn(&Change) -> Result<Option<Message>, RowError>,
) -> Answer {
    let publisher = &engine.publisher;
    let record = |position, data: &[u8]| decode_change(publisher, position, Change::parse(data), &to_message);
    engine.handle(invocation, deadline, |event| read(publisher, event, &to_message), record).await
}

/// Returns the batch as it arrived, and its items to deliver.
fn read<P: Publisher>(
    publisher: &P,
    event: StreamEvent,
    to_message: impl Fn(&Change) -> Result<Option<Message>, RowError>,
) -> (Vec<Source>, Vec<Item>) {
    let mut batch = Vec::with_capacity(event.records.len());
    let mut items = Vec::new();
    for (position, record) in event.records.into_iter().enumerate() {
        let mut source = source(&record);
        if let Decoded::Item { item, event_id } =
            decode_change(publisher, position, Change::from_value(record), &to_message)
        {
            source.event_id = event_id;
            items.push(item);
        }
        batch.push(source);
    }
    (batch, items)
}

/// Decodes a change. One that can't be read or can never be delivered becomes poison.
pub fn decode_change<P: Publisher>(
    publisher: &P,
    position: usize,
    change: Result<Change, ChangeError>,
    to_message: impl Fn(&Change) -> Result<Option<Message>, RowError>,
) -> Decoded {
    let poison = |item| Decoded::Item { item, event_id: None };
    match change.as_ref().map(to_message) {
        Ok(Ok(None)) => Decoded::NotAnEvent,
        Ok(Ok(Some(message))) => Decoded::event(publisher, position, &message),
        Ok(Err(error)) => poison(decode::poison(position, "NotAnOutboxItem", error.to_string())),
        Err(error) => poison(undecodable(position, *error)),
    }
}

/// Returns poison for a record that can't be read: it goes to the failure destination.
pub fn undecodable(position: usize, error: ChangeError) -> Item {
    decode::poison(position, "Undecodable", error.to_string())
}

/// Returns the record's source, as far as the record names it.
fn source(record: &Value) -> Source {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let body = &record["dynamodb"];
    let arrived_at = body["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970; saturates otherwise")]
    let arrived_at = chrono::DateTime::from_timestamp(arrived_at as i64, 0).unwrap_or_default();
    let origin = Origin {
        stream_arn: text(&record["eventSourceARN"]),
        // Records of a DynamoDB stream do not name their shard.
        shard_id: String::new(),
        sequence_number: text(&body["SequenceNumber"]),
        partition_key: body.get("Keys").map(Value::to_string).unwrap_or_default(),
        arrived_at,
    };
    Source { origin, data: record.to_string().into_bytes(), event_id: None }
}
