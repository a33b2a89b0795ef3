//! An event as the record that DMS would have written for its row, for consumers of the stream.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::outbox::Message;

/// Returns one line of JSON. A replay's name is an additional column that the table does not have.
pub fn of(message: &Message, now: DateTime<Utc>) -> Vec<u8> {
    let stamp = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| data.insert(name.to_owned(), value);
    set("id", message.id.to_string().into());
    set("aggregate_type", message.aggregate_type.as_str().into());
    set("aggregate_id", message.aggregate_id.as_str().into());
    set("event_type", message.event_type.as_str().into());
    set("payload", message.payload.get().into());
    set("sequence", message.sequence.into());
    if let Some(traceparent) = &message.traceparent {
        set("traceparent", traceparent.as_str().into());
    }
    set("schema_version", message.schema_version.into());
    set("created_at", stamp(message.committed_at).into());
    if let Some(replay) = &message.replay {
        set("replay", replay.as_str().into());
    }
    let metadata = json!({
        "timestamp": stamp(now), "record-type": "data", "operation": "insert",
        "partition-key-type": "attribute-name", "schema-name": "public", "table-name": "outbox",
        "commit-timestamp": stamp(message.committed_at),
    });
    let mut line = json!({ "data": data, "metadata": metadata }).to_string().into_bytes();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_reads_the_same_event() {
        let text = r#"{"specversion":"1.0","id":"0198a6a0-0000-7000-8000-000000000001","source":"outbox.person","type":"PersonCreated","subject":"p-1","time":"2026-11-21T06:14:00.123456Z","datacontenttype":"application/json","dataschema":"urn:outbox:person:PersonCreated:2","sequence":"7","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","replay":"r-1","data":{"n": 1.10}}"#;
        let message = Message::from_cloud_event(text).expect("an event");
        let line: Value = serde_json::from_slice(&of(&message, Utc::now())).expect("JSON");
        let at = line["metadata"]["commit-timestamp"].as_str().and_then(|at| at.parse().ok());
        let read = Message::from_row(line["data"].as_object().expect("a row"), at).expect("a row of the outbox");
        assert_eq!(serde_json::to_string(&read.to_cloud_event()).expect("JSON"), text);
    }
}
