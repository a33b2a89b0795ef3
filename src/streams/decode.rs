//! From bytes at a hop to an [`Item`]. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::SENTINEL_SOURCE;
use super::item::{Body, Content, EventView, Hop, Item, Origin};
use crate::dms::record::Record;
use crate::dynamodb::{self, Change, Operation};

/// A record of the stream: DMS' JSON, or whatever else was put there.
pub fn stream_record(bytes: &[u8], at: DateTime<Utc>, origin: Origin) -> Item {
    let (content, event, summary, body) = match (Record::parse(bytes), serde_json::from_slice::<Value>(bytes)) {
        (Ok(record), Ok(raw)) => {
            let (content, event) = captured(&record);
            let meta = &record.metadata;
            let other = format!(
                "{} {} {}.{}",
                meta.record_type.as_str(),
                meta.operation.as_str(),
                meta.schema_name,
                meta.table_name
            );
            let summary = if content == Content::Event { summary(&event) } else { other };
            (content, event, summary, Body::Record(raw))
        }
        (Err(error), Ok(record)) => match Change::from_value(record.clone()) {
            Ok(change) => {
                let (content, event) = changed(&change);
                let other = format!("{} {}", change.operation.name(), change.table);
                let summary = if content == Content::Event { summary(&event) } else { other };
                (content, event, summary, Body::Record(record))
            }
            Err(_) => raw(bytes, &error.to_string()),
        },
        (_, Err(error)) => raw(bytes, &error.to_string()),
    };
    Item { kind: "item", hop: Hop::Kinesis, at, content, summary, event, origin, body }
}

/// An event as EventBridge delivers it to a target. None for a tap's sentinel.
pub fn bus_event(
    hop: Hop,
    text: &str,
    at: DateTime<Utc>,
    origin: impl FnOnce(Option<String>) -> Origin,
) -> Option<Item> {
    let (content, event, summary, body, id) = match serde_json::from_str::<Value>(text) {
        Ok(envelope) if envelope["source"] == SENTINEL_SOURCE => return None,
        Ok(envelope) => {
            let (content, event) = published(&envelope);
            let word = |key: &str| envelope[key].as_str().unwrap_or("?").to_owned();
            let other = format!("{} from {}", word("detail-type"), word("source"));
            let summary = if content == Content::Event { summary(&event) } else { other };
            let id = envelope["id"].as_str().map(str::to_owned);
            (content, event, summary, Body::Record(envelope), id)
        }
        Err(error) => {
            let (content, event, summary, body) = raw(text.as_bytes(), &error.to_string());
            (content, event, summary, body, None)
        }
    };
    Some(Item { kind: "item", hop, at, content, summary, event, origin: origin(id), body })
}

fn raw(bytes: &[u8], error: &str) -> (Content, EventView, String, Body) {
    let body = Body::Raw { base64: STANDARD.encode(bytes), error: error.to_owned() };
    (Content::Undecodable, EventView::default(), format!("{} bytes that can't be read: {error}", bytes.len()), body)
}

fn captured(record: &Record) -> (Content, EventView) {
    if !record.is_row() {
        return (Content::Control, EventView::default());
    }
    if !record.is_new_row() || record.metadata.table_name != "outbox" {
        return (Content::Data, EventView::default());
    }
    let text = |key: &str| record.data.get(key).and_then(Value::as_str).map(str::to_owned);
    let sequence = record.data.get("sequence");
    // jsonb is a LOB to DMS: it arrives as text.
    let payload = record.data.get("payload").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    let created = || record.data.get("created_at").and_then(Value::as_str).and_then(time);
    let event = EventView {
        event_id: text("id"),
        event_type: text("event_type"),
        aggregate_type: text("aggregate_type"),
        aggregate_id: text("aggregate_id"),
        sequence: sequence.and_then(|s| s.as_i64().or_else(|| s.as_str()?.parse().ok())),
        committed_at: record.metadata.committed_at().or_else(created),
        correlation_id: payload.as_ref().and_then(correlation),
    };
    (Content::Event, event)
}

/// A DynamoDB item that was appended to an outbox table, or another change.
fn changed(change: &Change) -> (Content, EventView) {
    let appended = change.new.as_ref().filter(|_| change.operation == Operation::Insert);
    let Some(message) = appended.and_then(|image| dynamodb::read(image).ok()) else {
        return (Content::Data, EventView::default());
    };
    let payload = serde_json::from_str(message.payload.get()).ok();
    let event = EventView {
        event_id: Some(message.id.to_string()),
        event_type: Some(message.event_type),
        aggregate_type: Some(message.aggregate_type),
        aggregate_id: Some(message.aggregate_id),
        sequence: Some(message.sequence),
        committed_at: Some(message.committed_at),
        correlation_id: payload.as_ref().and_then(correlation),
    };
    (Content::Event, event)
}

fn published(envelope: &Value) -> (Content, EventView) {
    let detail = &envelope["detail"];
    if detail["specversion"] != "1.0" {
        return (Content::Other, EventView::default());
    }
    let text = |key: &str| detail[key].as_str().map(str::to_owned);
    let event = EventView {
        event_id: text("id"),
        event_type: text("type"),
        aggregate_type: text("source").map(|s| s.strip_prefix(crate::outbox::SOURCE_PREFIX).unwrap_or(&s).to_owned()),
        aggregate_id: text("subject"),
        sequence: detail["sequence"].as_i64().or_else(|| detail["sequence"].as_str()?.parse().ok()),
        committed_at: detail["time"].as_str().and_then(time),
        correlation_id: correlation(&detail["data"]),
    };
    (Content::Event, event)
}

fn correlation(payload: &Value) -> Option<String> {
    payload["correlationId"].as_str().map(str::to_owned)
}

fn summary(event: &EventView) -> String {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".into());
    let sequence = event.sequence.map_or("?".into(), |s| s.to_string());
    let (kind, aggregate) = (word(&event.aggregate_type), word(&event.aggregate_id));
    format!("{} {kind} {aggregate} #{sequence} {}", word(&event.event_type), word(&event.event_id))
}

/// RFC 3339, or the same with a space as PostgreSQL writes it.
fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)).ok()?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard() -> Origin {
        Origin::Shard { shard: "s".into(), sequence_number: "1".into(), partition_key: "k".into() }
    }

    fn bus(id: Option<String>) -> Origin {
        Origin::Bus { bus_event_id: id, message_id: "m".into() }
    }

    const OUTBOX: &str = r#"{"data":{"id":"e1","aggregate_type":"car","aggregate_id":"c1","event_type":"CarCreated",
        "payload":"{\"correlationId\": \"r-0\"}","sequence":3},"metadata":{"record-type":"data","operation":"insert",
        "schema-name":"public","table-name":"outbox","commit-timestamp":"2026-01-01T00:00:00.5Z"}}"#;

    #[test]
    fn an_outbox_row_is_an_event() {
        let item = stream_record(OUTBOX.as_bytes(), Utc::now(), shard());
        assert_eq!((item.content, item.event.sequence), (Content::Event, Some(3)));
        assert_eq!(item.event.correlation_id.as_deref(), Some("r-0"));
        assert_eq!(item.summary, "CarCreated car c1 #3 e1");
    }

    #[test]
    fn other_rows_and_control_records_are_told_apart() {
        let content = |text: String| stream_record(text.as_bytes(), Utc::now(), shard()).content;
        assert_eq!(content(OUTBOX.replace("\"outbox\"", "\"cars\"")), Content::Data);
        assert_eq!(content(OUTBOX.replace("insert", "delete")), Content::Data);
        assert_eq!(content(OUTBOX.replace("\"outbox\"", "\"awsdms_status\"")), Content::Control);
        assert_eq!(content(OUTBOX.replace("\"data\",\"op", "\"control\",\"op")), Content::Control);
    }

    #[test]
    fn what_can_not_be_read_is_kept_as_base64() {
        let item = stream_record(b"\xff\x00", Utc::now(), shard());
        assert_eq!(item.content, Content::Undecodable);
        assert!(matches!(&item.body, Body::Raw { base64, .. } if base64 == "/wA="));
        let line = serde_json::to_value(&item).expect("JSON");
        assert_eq!(line["base64"], "/wA=");
        assert_eq!(line["type"], "item");
    }

    #[test]
    fn sentinels_are_skipped_and_strangers_are_not() {
        let sentinel = format!(r#"{{"source":"{SENTINEL_SOURCE}"}}"#);
        assert_eq!(bus_event(Hop::Events, &sentinel, Utc::now(), bus), None);
        let stranger =
            bus_event(Hop::Events, r#"{"id":"b","source":"x","detail-type":"Y","detail":{}}"#, Utc::now(), bus);
        let stranger = stranger.expect("an item");
        assert_eq!((stranger.content, stranger.origin.delivery()), (Content::Other, "b".to_owned()));
        let event = r#"{"id":"b","source":"outbox.car","detail":{"specversion":"1.0","id":"e1","sequence":"2",
            "source":"outbox.car","subject":"c1","type":"T","data":{"correlationId":"r-1"}}}"#;
        let event = bus_event(Hop::Log, event, Utc::now(), bus).expect("an item").event;
        assert_eq!((event.sequence, event.aggregate_type.as_deref()), (Some(2), Some("car")));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text: String) {
            stream_record(&bytes, Utc::now(), shard());
            bus_event(Hop::Log, &text, Utc::now(), bus);
        }
    }
}
