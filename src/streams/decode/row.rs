//! A row captured by DMS.

use std::borrow::Cow;

use super::Payload;
use crate::outbox::formats::dms::Captured;
use crate::outbox::{Layout, timestamp};
use crate::streams::{Content, EventView};

/// Returns the kind of the record, and the event in it.
pub fn captured(record: &Captured<'_>, layout: &Layout) -> (Content, EventView) {
    if !record.metadata.is_row() {
        return (Content::Control, EventView::default());
    }
    if !record.is_outbox_row(layout) {
        return (Content::Data, EventView::default());
    }
    // A broken row of the outbox is shown as far as it can be read: the publisher stores it as a dead letter.
    let row = record.partial_row(layout);
    // jsonb is a LOB for DMS, which sends it as text. Other captures send the JSON itself.
    let payload = row.payload.and_then(|json| serde_json::from_str(json).ok().or(Some(Cow::Borrowed(json))));
    let payload = payload.as_deref().and_then(|text| serde_json::from_str::<Payload>(text).ok());
    let created = || row.created_at.as_deref().and_then(timestamp);
    let event = EventView {
        committed_at: record.metadata.committed_at().or_else(created),
        event_id: row.id,
        event_type: row.event_type,
        aggregate_type: row.aggregate_type,
        aggregate_id: row.aggregate_id,
        sequence: row.sequence,
        correlation_id: payload.and_then(|payload| payload.correlation_id).map(Cow::into_owned),
        image: None,
    };
    (Content::Event, event)
}
