//! Applies the items of readers to the model. Pure.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::outbox::text_at;
use crate::postgres::admin::OutboxRow;
use crate::streams::{Body, Content, Item, Origin};
use crate::ui::model::{State, Step, Trace};

/// Characters of a payload in a list.
const EXCERPT: usize = 600;

/// Applies an event's item to the model; other items are not events of the pipeline.
pub fn take(state: &mut State, item: &Item) {
    let event = &item.event;
    let uuid = |id: &str| Uuid::parse_str(id).ok();
    // A change of a plain table names its event.
    let is_event = item.content == Content::Event || event.image.is_some();
    let Some(id) = event.event_id.as_deref().filter(|_| is_event).and_then(uuid) else {
        return forget(state, item);
    };
    let record = record(&item.body);
    if !matches!(item.origin, Origin::Shard { .. }) {
        // At every other stop the event is delivered.
        return state.see(id, Step::Delivered, item.at, |trace| fill(trace, item, &record));
    }
    state.captured_until = state.captured_until.max(event.committed_at);
    if let Some(captured) = captured(&record) {
        state.see(id, Step::Captured, captured, |trace| fill(trace, item, &record));
    }
    let rounded = is_rounded(item, &record);
    state.see(id, Step::Stream, item.at, |trace| {
        trace.stream_rounded = if trace.at(Step::Stream).is_none() { rounded } else { trace.stream_rounded };
        fill(trace, item, &record);
    });
    if let Some(row) = appended(item, id)
        && state.tables.put(row)
    {
        state.tables.version = state.version;
    }
}

/// Removes an outbox item from the list after its removal, usually by time to live.
fn forget(state: &mut State, item: &Item) {
    let Some(image) = item.event.image.as_deref().filter(|image| image.new.is_none()) else { return };
    let id = image.old.as_ref().and_then(|old| Uuid::parse_str(old.get("id")?.as_str()?).ok());
    if id.is_some_and(|id| state.tables.remove(id)) {
        state.tables_changed();
    }
}

/// Returns whether the arrival has full seconds, as DynamoDB Streams reports it for data written before it was read.
/// Only a change that is read from DynamoDB Streams has `created_at` beside the images.
fn is_rounded(item: &Item, record: &Value) -> bool {
    record["created_at"].is_string() && item.at.timestamp_subsec_nanos() == 0
}

/// Returns the time at which the capture wrote the record: DMS includes it, and so does DynamoDB in a Kinesis stream.
fn captured(record: &Value) -> Option<DateTime<Utc>> {
    if let Some(at) = text(record, &["metadata", "timestamp"]) {
        return at.parse().ok();
    }
    let body = &record["dynamodb"];
    let time = body["ApproximateCreationDateTime"].as_i64()?;
    match body["ApproximateCreationDateTimePrecision"].as_str()? {
        "MICROSECOND" => DateTime::from_timestamp_micros(time),
        "MILLISECOND" => DateTime::from_timestamp_millis(time),
        _ => None,
    }
}

/// Returns the row of a DynamoDB outbox that this insert added. PostgreSQL's rows come from the database itself.
fn appended(item: &Item, id: Uuid) -> Option<OutboxRow> {
    let event = &item.event;
    let image = event.image.as_deref().filter(|_| item.content == Content::Event)?.new.as_ref()?;
    let payload = image.get("payload").and_then(Value::as_str).unwrap_or_default();
    Some(OutboxRow {
        id,
        aggregate_type: event.aggregate_type.clone()?,
        aggregate_id: event.aggregate_id.clone()?,
        event_type: event.event_type.clone()?,
        sequence: Some(event.sequence?),
        message: excerpt(payload),
        created_at: Some(event.committed_at?),
        processed_at: None,
    })
}

/// Returns the beginning of a payload.
pub fn excerpt(payload: &str) -> String {
    payload.chars().take(EXCERPT).collect()
}

fn fill(trace: &mut Trace, item: &Item, record: &Value) {
    let event = &item.event;
    let keep = |slot: &mut Option<String>, value: &Option<String>| {
        if slot.is_none() {
            slot.clone_from(value);
        }
    };
    keep(&mut trace.event_type, &event.event_type);
    keep(&mut trace.aggregate_type, &event.aggregate_type);
    keep(&mut trace.aggregate_id, &event.aggregate_id);
    trace.sequence = trace.sequence.or(event.sequence);
    if let Some(at) = event.committed_at {
        trace.committed_at(at);
    }
    let detail = &mut trace.detail;
    if let Origin::Shard { shard, sequence_number, partition_key, .. } = &item.origin {
        // An item appended to an outbox has its payload; a plain table's image may contain data that must not be shown.
        let image = event.image.as_deref().and_then(|image| image.new.as_ref());
        let image = image.filter(|_| item.content == Content::Event);
        let column = |name: &str| {
            let captured = text(record, &["data", name]);
            captured.or_else(|| image?.get(name)?.as_str()).map(str::to_owned)
        };
        detail.shard = Some(shard.clone());
        detail.sequence_number = Some(sequence_number.clone());
        detail.partition_key = Some(partition_key.clone());
        detail.stream_position = text(record, &["metadata", "stream-position"]).map(str::to_owned);
        detail.traceparent = column("traceparent");
        if let Some(payload) = column("payload") {
            trace.keep_payload(payload);
        }
    } else if let Origin::Bus { bus_event_id, .. } | Origin::Log { bus_event_id, .. } = &item.origin {
        detail.bus_event_id.clone_from(bus_event_id);
        // In its original text: numbers keep their digits.
        if let Body::Record(record) = &item.body
            && let Some(data) = text_at(record.text(), ["detail", "data"])
        {
            trace.keep_payload(data);
        }
    }
}

/// Returns the record; null if it could not be decoded.
fn record(body: &Body) -> Value {
    match body {
        Body::Record(record) => record.value(),
        Body::Text(_) | Body::Raw { .. } => Value::Null,
    }
}

fn text<'a>(record: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(record, |value: &Value, key| value.get(key))?.as_str()
}

#[cfg(test)]
#[path = "observations_tests.rs"]
mod tests;
