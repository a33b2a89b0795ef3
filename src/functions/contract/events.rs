//! Compares the bus entry of a captured change with its schemas.

use std::collections::BTreeSet;
use std::sync::Arc;

use outboxctl_test_support::schemas::Events;
use serde_json::{Value, json};

use crate::functions::publisher::backend::{Entry, Limits, Publisher, Reason, Verdict};
use crate::functions::publisher::backlog::{Content, Item};
use crate::functions::publisher::decode::{self, Decoded};
use crate::outbox::formats::dynamodb::Change;
use crate::outbox::formats::dynamodb::users::Mapping;
use crate::outbox::{Layout, Message};

/// A bus that receives nothing.
struct NullBus;

impl Publisher for NullBus {
    fn limits(&self) -> Limits {
        Limits { entries: 1, bytes: usize::MAX }
    }

    fn size(&self, entry: &Entry) -> usize {
        entry.detail.len()
    }

    fn check(&self, _: &Entry) -> Result<(), Reason> {
        Ok(())
    }

    async fn publish(&self, entries: &[Arc<Entry>]) -> Vec<Verdict> {
        entries.iter().map(|_| Verdict::Accepted).collect()
    }
}

/// An event as the bus gets it, checked against its schemas.
pub struct Published {
    pub event: Value,
    pub dataschema: String,
}

impl Published {
    /// Makes the events of changes of an outbox table, with the common code of forwarder and sequencer.
    pub fn of_outbox(changes: &[Value]) -> Vec<Self> {
        Self::each(changes, |change| change.appended().unwrap())
    }

    /// Makes the events of changes of the users table.
    pub fn of_users(changes: &[Value], personal: &str) -> Vec<Self> {
        let mapping = Mapping::new(personal);
        Self::each(changes, |change| mapping.message(change).unwrap())
    }

    fn each(changes: &[Value], message: impl Fn(&Change) -> Option<Message>) -> Vec<Self> {
        let messages = changes.iter().filter_map(|record| message(&Change::from_value(record.clone()).unwrap()));
        messages.map(|message| Self::of_item(decode::item(&NullBus, 0, &message))).collect()
    }

    /// Makes the event of an outbox row with these columns, captured by DMS.
    pub fn of_row(aggregate_type: &str, event_type: &str, payload: &Value) -> Self {
        let record = json!({
            "data": {
                "id": "0198a6a0-0000-7000-8000-000000000001", "aggregate_type": aggregate_type, "aggregate_id": "a",
                "event_type": event_type, "payload": payload.to_string(), "sequence": 1,
                "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "schema_version": 1,
                "created_at": "2026-11-21T06:14:00.123456Z", "processed_at": null,
            },
            "metadata": {
                "timestamp": "2026-11-21T06:14:01.000000Z", "record-type": "data", "operation": "insert",
                "partition-key-type": "attribute-name", "partition-key-value": "a", "schema-name": "public",
                "table-name": "outbox", "transaction-id": 1, "commit-timestamp": "2026-11-21T06:14:00.500000Z",
            },
        });
        match decode::decode(&NullBus, 0, record.to_string().as_bytes(), Layout::own()) {
            Decoded::Item { item, .. } => Self::of_item(item),
            Decoded::NotAnEvent => panic!("not an event: {record}"),
        }
    }

    fn of_item(item: Item) -> Self {
        let Content::Event { entry, .. } = item.content else { panic!("{item:?}") };
        let event: Value = serde_json::from_str(&entry.detail).unwrap();
        let dataschema = Events::load().check(&event);
        // The bus's own fields have the same values: rules match those.
        assert_eq!((json!(entry.source), json!(entry.detail_type)), (event["source"].clone(), event["type"].clone()));
        Self { event, dataschema }
    }

    pub fn types(published: &[Self]) -> BTreeSet<String> {
        published.iter().map(|published| published.dataschema.clone()).collect()
    }
}

#[test]
fn a_replayed_event_names_its_replay() {
    let first =
        Published::of_row("sample", "SampleCreated", &json!({"id": uuid::Uuid::nil(), "n": 0, "correlationId": "c"}));
    let mut message = Message::from_cloud_event(&first.event.to_string()).unwrap();
    message.replay = Some("r-1".into());
    let again = Published::of_item(decode::item(&NullBus, 0, &message));
    assert_eq!((&again.event["replay"], &again.event["id"]), (&json!("r-1"), &first.event["id"]));
}
