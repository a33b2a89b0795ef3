//! Tests with records of table streams in the form of the readers.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::pipelines::Hop;
use crate::streams::{EventView, Image, Json};
use crate::ui::model::tests::model_of;

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap_or_default()
}

/// Returns the table stream reader's item for a change.
fn change(content: Content, id: Option<Uuid>, new: Option<Value>, old: Option<Value>, seen: DateTime<Utc>) -> Item {
    let map = |image: Option<Value>| image.and_then(|image| image.as_object().cloned());
    Item {
        hop: Hop::Stream,
        at: seen,
        content,
        summary: String::new(),
        event: EventView {
            event_id: id.map(|id| id.to_string()),
            event_type: Some("CartCreated".into()),
            aggregate_type: Some("cart".into()),
            aggregate_id: Some("c".into()),
            sequence: Some(1),
            committed_at: Some(at(0)),
            correlation_id: None,
            image: Some(Box::new(Image { keys: serde_json::Map::new(), new: map(new), old: map(old) })),
        },
        origin: Origin::Shard {
            shard: "s".into(),
            sequence_number: "1".into(),
            partition_key: "{}".into(),
            sub_sequence_number: None,
        },
        body: Body::Record(Json::from(json!({ "operation": "INSERT", "created_at": at(0) }))),
    }
}

#[test]
fn an_appended_item_is_in_the_stream_and_on_the_list_until_it_is_removed() {
    let model = model_of("dynamodb-eventbridge");
    let id = Uuid::from_u128(1);
    let item = json!({"id": id, "payload": "{\"total\": 1}", "traceparent": "00-1"});
    let mut state = model.lock();
    take(&mut state, &change(Content::Event, Some(id), Some(item.clone()), None, at(30)));
    let trace = state.trace(id).expect("a trace");
    assert_eq!(trace.span_to(Step::Stream), Some(TimeDelta::milliseconds(30)));
    assert_eq!(
        (trace.detail.payload.as_deref(), trace.detail.traceparent.as_deref()),
        (Some("{\"total\": 1}"), Some("00-1"))
    );
    assert!(!state.has_seen(id, Step::Delivered));
    assert_eq!(state.tables.outbox.iter().map(|row| row.message.as_str()).collect::<Vec<_>>(), ["{\"total\": 1}"]);
    take(&mut state, &change(Content::Data, None, None, Some(item), at(60)));
    assert!(state.tables.outbox.is_empty(), "time to live removed it");
    assert!(state.has_seen(id, Step::Stream), "which does not undo what was seen");
}

#[test]
fn full_seconds_are_not_used_for_latencies() {
    let model = model_of("dynamodb-eventbridge");
    let id = Uuid::from_u128(1);
    let mut state = model.lock();
    let item = change(Content::Event, Some(id), Some(json!({"id": id})), None, at(1_000));
    take(&mut state, &item);
    let trace = state.trace(id).expect("a trace");
    assert_eq!(
        (trace.at(Step::Stream), trace.stream_rounded, trace.span_to(Step::Stream)),
        (Some(at(1_000)), true, None)
    );
    state.see(id, Step::Delivered, at(1_200), |_| {});
    assert_eq!(state.trace(id).and_then(|trace| trace.span_to(Step::Delivered)), Some(TimeDelta::milliseconds(1_200)));
}

#[test]
fn a_change_of_a_plain_table_is_followed_without_its_image() {
    let model = model_of("dynamodb-cdc");
    let (id, user) = (Uuid::from_u128(1), json!({"id": "u", "payload": "secret", "email": "secret@b"}));
    let mut state = model.lock();
    take(&mut state, &change(Content::Data, Some(id), Some(user.clone()), None, at(30)));
    assert!(state.has_seen(id, Step::Stream) && state.tables.outbox.is_empty());
    assert_eq!(state.trace(id).and_then(|trace| trace.detail.payload.clone()), None);
    take(&mut state, &change(Content::Data, None, Some(user), None, at(40)));
    assert_eq!(state.changed(0, 10).len(), 1, "a change that becomes no event is none");
}

#[test]
fn the_capture_time_is_that_of_dynamodb() {
    let id = Uuid::from_u128(1);
    let mut item = change(Content::Event, Some(id), Some(json!({"id": id})), None, at(40));
    let micros = at(7).timestamp_micros();
    let body = json!({"ApproximateCreationDateTime": micros, "ApproximateCreationDateTimePrecision": "MICROSECOND"});
    item.body = Body::Record(Json::from(json!({ "dynamodb": body })));
    let model = model_of("dynamodb-kinesis");
    let mut state = model.lock();
    take(&mut state, &item);
    let trace = state.trace(id).expect("a trace");
    assert_eq!(trace.span_to(Step::Captured), Some(TimeDelta::milliseconds(7)));
    assert_eq!(trace.span_to(Step::Stream), Some(TimeDelta::milliseconds(33)));
}
