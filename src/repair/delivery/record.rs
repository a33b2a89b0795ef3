//! An event as the record that DMS would have written for its row, for consumers of the stream.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::outbox::{Layout, Message};

/// Returns one line of JSON, with the table and columns of `layout`. A replay's name is an additional column that the
/// table does not have.
pub fn of(message: &Message, layout: &Layout, now: DateTime<Utc>) -> Vec<u8> {
    let stamp = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| data.insert(name.to_owned(), value);
    for (key, column) in layout.columns.named() {
        let value = match key {
            "id" => message.id.to_string().into(),
            "aggregate_type" => message.aggregate_type.as_str().into(),
            "aggregate_id" => message.aggregate_id.as_str().into(),
            "event_type" => message.event_type.as_str().into(),
            "payload" => message.payload.get().into(),
            "sequence" => message.sequence.into(),
            "traceparent" => message.traceparent.as_deref().into(),
            "schema_version" => message.schema_version.into(),
            "created_at" => stamp(message.committed_at).into(),
            _ => Value::Null,
        };
        if !value.is_null() {
            set(column, value);
        }
    }
    if let Some(replay) = &message.replay {
        set(layout.replay_member(), replay.as_str().into());
    }
    let metadata = json!({
        "timestamp": stamp(now), "record-type": "data", "operation": "insert",
        "partition-key-type": "attribute-name", "schema-name": layout.schema, "table-name": layout.table,
        "commit-timestamp": stamp(message.committed_at),
    });
    let mut line = json!({ "data": data, "metadata": metadata }).to_string().into_bytes();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::formats::dms::{Recognised, recognise};

    #[test]
    fn a_consumer_reads_the_same_event() {
        let text = r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.person","type":"PersonCreated","subject":"p-1","time":"2026-11-21T06:14:00.123456Z","datacontenttype":"application/json","dataschema":"urn:outbox:person:PersonCreated:2","sequence":"7","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","replay":"r-1","data":{"n": 1.10}}"#;
        let message = Message::from_cloud_event(text).expect("an event");
        let read = |message: &Message, layout: &Layout| match recognise(&of(message, layout, Utc::now()), layout) {
            Recognised::Event(read) => serde_json::to_string(&read.to_cloud_event()).expect("JSON"),
            other => panic!("{other:?}"),
        };
        assert_eq!(read(&message, Layout::own()), text);
        // A layout without these columns.
        let plain = Message { sequence: None, traceparent: None, schema_version: 1, ..message };
        for layout in ["debezium", "polling"].map(|name| name.parse::<Layout>().expect("a preset")) {
            let expected = serde_json::to_string(&plain.to_cloud_event()).expect("JSON");
            assert_eq!(read(&plain, &layout), expected);
        }
    }
}
