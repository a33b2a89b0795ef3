//! The item of a mark.

use serde_json::Value;

use crate::pipelines::Hop;
use crate::postgres::admin::LogRow;
use crate::streams::item::{Body, Content, EventView, Item, Json, Origin};

/// Returns the item of a mark. A success is an event; a failure is shown, and does not count as one.
pub(super) fn item(row: LogRow, group: &str) -> Item {
    let record = Json::from(serde_json::to_value(&row).unwrap_or(Value::Null));
    let (at, content) = (row.processed_at, if row.succeeded { Content::Event } else { Content::Other });
    let verb = if row.succeeded { "" } else { "failed: " };
    let origin = Origin::Mark {
        consumer: group.to_owned(),
        position: row.position,
        shard: row.shard_id,
        sequence_number: row.sequence_number,
    };
    let event = EventView {
        event_id: Some(row.event_id.to_string()),
        event_type: Some(row.event_type),
        aggregate_type: Some(row.aggregate_type),
        aggregate_id: Some(row.aggregate_id),
        sequence: row.sequence,
        committed_at: Some(row.committed_at),
        correlation_id: row.correlation_id.filter(|_| row.succeeded),
        image: None,
    };
    let summary = format!("{verb}{}", event.summary());
    Item { hop: Hop::Processed, at, content, summary, event, origin, body: Body::Record(record) }
}
