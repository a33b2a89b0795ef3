//! A row that DMS captured: what is looked at of it stays text until it is.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::Payload;
use crate::outbox::formats::dms::Captured;
use crate::outbox::timestamp;
use crate::streams::{Content, EventView};

/// The columns of an outbox row that are looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    aggregate_type: Option<&'a RawValue>,
    #[serde(borrow)]
    aggregate_id: Option<&'a RawValue>,
    #[serde(borrow)]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    sequence: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
}

/// What the record is, and the event inside.
pub fn captured(record: &Captured<'_>) -> (Content, EventView) {
    let meta = &record.metadata;
    if !record.is_row() {
        return (Content::Control, EventView::default());
    }
    if !record.is_outbox_row() {
        return (Content::Data, EventView::default());
    }
    // A row of the outbox that can't be read is shown without what is unknown: the publisher keeps it as a dead letter.
    let row = record.data.and_then(|row| serde_json::from_str::<Row>(row.get()).ok()).unwrap_or_default();
    // jsonb is a LOB to DMS: it arrives as text. Other captures give the JSON itself.
    let payload = row.payload.map(RawValue::get);
    let payload = payload.and_then(|json| serde_json::from_str(json).ok().or(Some(Cow::Borrowed(json))));
    let payload = payload.as_deref().and_then(|text| serde_json::from_str::<Payload>(text).ok());
    let created = || text(row.created_at).as_deref().and_then(timestamp);
    let event = EventView {
        event_id: text(row.id),
        event_type: text(row.event_type),
        aggregate_type: text(row.aggregate_type),
        aggregate_id: text(row.aggregate_id),
        sequence: text(row.sequence).as_deref().and_then(integer),
        committed_at: meta.committed_at().or_else(created),
        correlation_id: payload.and_then(|payload| payload.correlation_id).map(Cow::into_owned),
        image: None,
    };
    (Content::Event, event)
}

/// A column's text, or the digits of its number.
fn text(value: Option<&RawValue>) -> Option<String> {
    let raw = value?.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        // As the number's own text where that is an integer, or else as everybody writes it.
        b'-' | b'0'..=b'9' => {
            Some(serde_json::from_str::<Number>(raw).map_or_else(|_| raw.to_owned(), |n| n.to_string()))
        }
        _ => None,
    }
}

/// Digits, or scientific notation where that has lost none of them.
fn integer(text: &str) -> Option<i64> {
    let whole =
        |number: f64| (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64);
    text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
}
