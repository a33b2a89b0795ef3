//! An event as EventBridge delivers it to a target.

use chrono::{DateTime, Utc};

use super::raw;
use crate::outbox::{Members, SOURCE_PREFIX, timestamp};
use crate::pipelines::Hop;
use crate::streams::{Body, Content, EventView, Item, Json, Origin, SENTINEL_SOURCE};

/// Returns the item; `None` for a tap's sentinel. Unused members stay text, however large or deeply nested they are.
pub fn bus_event(
    hop: Hop,
    text: &str,
    at: DateTime<Utc>,
    origin: impl FnOnce(Option<String>) -> Origin,
) -> Option<Item> {
    let (content, event, summary, body, id) = match Json::parse(text.as_bytes()) {
        Ok(body) => {
            let envelope = Members::parse(text).unwrap_or_default();
            let source = envelope.text("source");
            if source.as_deref() == Some(SENTINEL_SOURCE) {
                return None;
            }
            let (content, event) = published(&envelope);
            let word = |text: Option<String>| text.unwrap_or_else(|| "?".into());
            let summary = match content {
                Content::Event => event.summary(),
                _ => format!("{} from {}", word(envelope.text("detail-type")), word(source)),
            };
            (content, event, summary, Body::Record(body), envelope.text("id"))
        }
        Err(error) => {
            let (content, event, summary, body) = raw(text.as_bytes(), &error.to_string());
            (content, event, summary, body, None)
        }
    };
    Some(Item { hop, at, content, summary, event, origin: origin(id), body })
}

fn published(envelope: &Members<'_>) -> (Content, EventView) {
    let detail = envelope.get("detail").and_then(|detail| Members::parse(detail).ok()).unwrap_or_default();
    if detail.text("specversion").as_deref() != Some("1.0") {
        return (Content::Other, EventView::default());
    }
    let sequence = detail.scalar("sequence");
    let data = detail.get("data").and_then(|data| Members::parse(data).ok()).unwrap_or_default();
    let event = EventView {
        event_id: detail.text("id"),
        event_type: detail.text("type"),
        aggregate_type: detail
            .text("source")
            .map(|source| source.strip_prefix(SOURCE_PREFIX).unwrap_or(&source).to_owned()),
        aggregate_id: detail.text("subject"),
        sequence: sequence.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())),
        committed_at: detail.text("time").as_deref().and_then(timestamp),
        correlation_id: data.text("correlationId"),
        image: None,
    };
    (Content::Event, event)
}
