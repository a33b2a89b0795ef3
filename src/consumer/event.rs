//! Classifies a record of the stream. Pure.

use aws_sdk_kinesis::types::Record;
use chrono::Datelike;
use uuid::Uuid;

use crate::outbox::formats::dms::{Recognised, recognise};
use crate::outbox::{Layout, Message, RowError, digest};
use crate::postgres::{Delivery, Mark};

/// A record and its content.
#[derive(Debug)]
pub struct Arrival {
    pub sequence_number: String,
    pub content: Content,
}

/// The content of a record.
#[derive(Debug)]
pub enum Content {
    /// An inserted outbox row.
    Event(Box<Event>),
    /// A record without an event: a control record, a row of another table or of DMS's own, or a change other than an
    /// insert.
    Skip,
    /// A record that should be an event and can't be read, with the event's id if that can be read.
    Broken { delivery: Delivery, reason: String, event_id: Option<Uuid> },
}

/// An event, and the position of its record.
#[derive(Debug)]
pub struct Event {
    pub message: Message,
    pub delivery: Delivery,
}

impl Event {
    /// Returns the aggregate's type and id: events of one aggregate are processed in order.
    pub fn aggregate(&self) -> (&str, &str) {
        (&self.message.aggregate_type, &self.message.aggregate_id)
    }

    pub fn mark(&self, attempts: i32) -> Mark {
        let Message { id, aggregate_type, aggregate_id, event_type, sequence, committed_at, .. } = &self.message;
        Mark {
            event_id: *id,
            aggregate_type: aggregate_type.clone(),
            aggregate_id: aggregate_id.clone(),
            event_type: event_type.clone(),
            sequence: *sequence,
            committed_at: *committed_at,
            attempts,
            shard_id: self.delivery.shard_id.clone(),
            sequence_number: self.delivery.sequence_number.clone(),
            digest: digest(&self.message),
        }
    }
}

/// Reads a record; rows of the table in `layout` are events.
pub fn read(shard: &str, record: Record, layout: &Layout) -> Arrival {
    let sequence_number = record.sequence_number;
    let delivery = Delivery {
        shard_id: shard.to_owned(),
        sequence_number: sequence_number.clone(),
        partition_key: record.partition_key.unwrap_or_default(),
        payload: record.data.into_inner(),
    };
    Arrival { sequence_number, content: content(delivery, layout) }
}

fn content(delivery: Delivery, layout: &Layout) -> Content {
    let message = match recognise(&delivery.payload, layout) {
        Recognised::Skip => return Content::Skip,
        Recognised::Event(message) => *message,
        Recognised::Broken(broken) => {
            let row = if broken.code == "NotAnOutboxRow" { "not an outbox row: " } else { "" };
            let reason = format!("{row}{}", broken.reason);
            return Content::Broken { delivery, reason, event_id: broken.event_id };
        }
    };
    match fits(&message, layout) {
        Ok(()) => Content::Event(Box::new(Event { message, delivery })),
        Err(error) => {
            let (reason, event_id) = (format!("not an outbox row: {error}"), Some(message.id));
            Content::Broken { delivery, reason, event_id }
        }
    }
}

/// Checks that the inbox can store the event's mark. Rows of our outbox always fit; rows of other origin that
/// PostgreSQL would refuse must be detected here: a statement that fails each time would block the shard.
fn fits(message: &Message, layout: &Layout) -> Result<(), RowError> {
    let column = |key: &'static str| layout.columns.of_key(key).to_owned();
    let texts = [
        ("aggregate_type", &message.aggregate_type, 64),
        ("aggregate_id", &message.aggregate_id, 128),
        ("event_type", &message.event_type, 128),
    ];
    for (key, text, longest) in texts {
        // Our outbox has no longer ones, and the inbox of an older version accepts no longer ones.
        if layout.is_own() && text.chars().count() > longest {
            return Err(RowError::new(column(key), "is longer than the outbox allows"));
        }
        if text.contains('\0') {
            return Err(RowError::new(column(key), "has a NUL, which PostgreSQL does not allow"));
        }
    }
    // PostgreSQL's time begins in 4713 BC.
    if message.committed_at.year() < -4_700 {
        return Err(RowError::new(column("created_at"), "is out of range"));
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use aws_sdk_kinesis::primitives::Blob;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    /// Returns a record in the form of DMS.
    pub fn record(id: Uuid, aggregate: &str, sequence: i64) -> Vec<u8> {
        json!({
            "data": {
                "id": id, "aggregate_type": "person", "aggregate_id": aggregate, "event_type": "PersonCreated",
                "payload": "{\"name\": \"Zoë\"}", "sequence": sequence, "schema_version": 1,
                "created_at": "2026-01-01T00:00:00Z",
            },
            "metadata": {
                "record-type": "data", "operation": "insert", "schema-name": "public", "table-name": "outbox",
                "commit-timestamp": "2026-01-01T00:00:00.5Z",
            },
        })
        .to_string()
        .into_bytes()
    }

    /// Returns the event of that record.
    pub fn message(id: u128, aggregate: &str, sequence: i64) -> Message {
        match arrival(record(Uuid::from_u128(id), aggregate, sequence)).content {
            Content::Event(event) => event.message,
            other => panic!("no event: {other:?}"),
        }
    }

    fn arrival(data: Vec<u8>) -> Arrival {
        let record = Record::builder().sequence_number("7").partition_key("k").data(Blob::new(data)).build();
        read("s", record.expect("complete"), Layout::own())
    }

    #[test]
    fn events_other_and_broken_records_are_distinguished() {
        let good = record(Uuid::from_u128(1), "p1", 3);
        let text = String::from_utf8(good.clone()).expect("text");
        assert!(matches!(arrival(good).content, Content::Event(event) if event.aggregate() == ("person", "p1")));
        // A deleted row has only its primary key.
        let deleted = json!({
            "data": {"id": Uuid::from_u128(1)},
            "metadata": {"record-type": "data", "operation": "delete", "schema-name": "public", "table-name": "outbox",
                         "commit-timestamp": "2026-01-01T00:00:00.5Z"},
        });
        assert!(matches!(arrival(deleted.to_string().into_bytes()).content, Content::Skip));
        for skipped in [text.replace("\"insert\"", "\"update\""), text.replace("\"outbox\"", "\"awsdms_status\"")] {
            assert!(matches!(arrival(skipped.into_bytes()).content, Content::Skip));
        }
        let id = Some(Uuid::from_u128(1));
        for (broken, known) in [(text.replace("\"sequence\":3,", ""), id), ("{".into(), None), ("[]".into(), None)] {
            let bytes = broken.into_bytes();
            let Content::Broken { delivery, event_id, .. } = arrival(bytes.clone()).content else {
                panic!("not broken")
            };
            assert_eq!((delivery.payload, event_id), (bytes, known));
        }
    }

    #[test]
    fn events_that_the_inbox_would_refuse_are_failures() {
        let text = String::from_utf8(record(Uuid::from_u128(1), "p1", 3)).expect("text");
        let reason = |text: String| match arrival(text.into_bytes()).content {
            Content::Broken { reason, event_id, .. } => {
                assert_eq!(event_id, Some(Uuid::from_u128(1)));
                reason
            }
            other => panic!("{other:?}"),
        };
        let long = |length| text.replace("\"p1\"", &format!("\"{}\"", "ž".repeat(length)));
        assert!(matches!(arrival(long(128).into_bytes()).content, Content::Event(_)));
        assert!(reason(long(129)).contains("aggregate_id: is longer"));
        // A table of the application's own may have longer ones.
        let layout = "debezium".parse().expect("a preset");
        let message = Message { aggregate_id: "ž".repeat(255), ..message(1, "p1", 3) };
        assert_eq!(fits(&message, &layout), Ok(()));
        assert!(reason(text.replace("PersonCreated", "Person\\u0000")).contains("event_type: has a NUL"));
        let ancient = text.replace("2026-01-01T00:00:00Z", "-9999-01-01T00:00:00").replace("commit-timestamp", "none");
        assert!(reason(ancient).contains("created_at: is out of range"));
    }
}
