//! The outbox item: a [`Message`] with the aggregate's id as partition key and the sequence as sort key.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::SecondsFormat;
use serde_json::{Map, Value};

use super::attributes::{self, Item, number, text};
use crate::outbox::formats::dynamodb::image::{plain, typed};
use crate::outbox::{Message, RowError};

typed!(typed, AttributeValue);

/// Returns the message of an item from the SDK: equal to that of the item's stream record.
///
/// # Errors
/// The first attribute that is missing or unreadable.
pub fn from_item(item: &Item) -> Result<Message, RowError> {
    read(&plain(&typed(item)).unwrap_or_default())
}

/// Returns the item's attributes. DynamoDB may purge it `retention` after its commit; time to live is in epoch seconds.
pub fn item(message: &Message, retention: Duration) -> Item {
    let expires_at = message.committed_at.timestamp().saturating_add_unsigned(retention.as_secs());
    let mut item = attributes::item([
        ("aggregate_id", text(&message.aggregate_id)),
        ("id", text(message.id)),
        ("aggregate_type", text(&message.aggregate_type)),
        ("event_type", text(&message.event_type)),
        // As text, so that the bus gets the bytes that were written: numbers and key order included.
        ("payload", text(message.payload.get())),
        ("schema_version", number(message.schema_version)),
        ("created_at", text(message.committed_at.to_rfc3339_opts(SecondsFormat::Micros, true))),
        ("expires_at", number(expires_at)),
    ]);
    if let Some(sequence) = message.sequence {
        item.insert("sequence".to_owned(), number(sequence));
    }
    if let Some(traceparent) = &message.traceparent {
        item.insert("traceparent".to_owned(), text(traceparent));
    }
    item
}

/// Reads the message of an item's plain image. DynamoDB has no commit time: the writer's clock is used instead.
///
/// # Errors
/// The first attribute that is missing or unreadable.
pub fn read(image: &Map<String, Value>) -> Result<Message, RowError> {
    Message::from_row(image, None)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;
    use serde_json::value::to_raw_value;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::formats::dynamodb::Change;

    fn message() -> Message {
        Message {
            id: Uuid::from_u128(7),
            aggregate_type: "cart".into(),
            aggregate_id: "c".into(),
            event_type: "CartCreated".into(),
            sequence: Some(1),
            payload: to_raw_value(&json!({"total": 1.10})).unwrap(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
            schema_version: 1,
            committed_at: "2026-11-21T06:00:00.123456Z".parse().unwrap(),
            replay: None,
        }
    }

    fn event(message: &Message) -> String {
        serde_json::to_string(&message.to_cloud_event()).unwrap()
    }

    #[test]
    fn written_items_are_read_back() {
        let written = item(&message(), Duration::from_secs(60));
        assert_eq!(event(&from_item(&written).unwrap()), event(&message()));
        assert_eq!(written["expires_at"], AttributeValue::N((message().committed_at.timestamp() + 60).to_string()));
    }

    /// An event that fills a gap must equal that of its own record, or one of the two is lost.
    #[test]
    fn items_and_stream_records_have_the_same_message() {
        let mut written = item(&message(), Duration::ZERO);
        let lines = AttributeValue::L(vec![AttributeValue::N("1.10".into()), AttributeValue::Null(true)]);
        let payload = HashMap::from([("lines".to_owned(), lines), ("ok".to_owned(), AttributeValue::Bool(true))]);
        written.insert("payload".into(), AttributeValue::M(payload));
        written.insert("mine".into(), AttributeValue::B(aws_smithy_types::Blob::new([255])));
        let record = json!({
            "eventID": "e", "eventName": "INSERT", "tableName": "outbox",
            "dynamodb": {"ApproximateCreationDateTime": 1, "Keys": {}, "NewImage": typed(&written)},
        });
        let streamed = read(&Change::from_value(record).unwrap().new.unwrap()).unwrap();
        assert_eq!(streamed.payload.get(), r#"{"lines":["1.10",null],"ok":true}"#);
        assert_eq!(event(&from_item(&written).unwrap()), event(&streamed));
    }

    #[test]
    fn a_captured_item_is_the_same_event() {
        let image: Map<String, Value> = item(&message(), Duration::ZERO)
            .into_iter()
            .map(|(name, value)| match value {
                AttributeValue::S(text) => (name, json!({ "S": text })),
                AttributeValue::N(number) => (name, json!({ "N": number })),
                other => panic!("{other:?}"),
            })
            .collect();
        let record = json!({
            "eventID": "e", "eventName": "INSERT", "tableName": "outbox",
            "dynamodb": {"ApproximateCreationDateTime": 1, "Keys": {}, "NewImage": image},
        });
        let change = Change::from_value(record).unwrap();
        assert_eq!(event(&read(&change.new.unwrap()).unwrap()), event(&message()));
    }
}
