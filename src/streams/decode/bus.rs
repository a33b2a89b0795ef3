//! An event as EventBridge delivers it to a target.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{raw, summary, time};
use crate::outbox::SOURCE_PREFIX;
use crate::streams::{Body, Content, EventView, Hop, Item, Json, Origin, SENTINEL_SOURCE};

/// None for a tap's sentinel.
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
            let body = Json::parse(text.as_bytes()).unwrap_or_else(|_| envelope.into());
            (content, event, summary, Body::Record(body), id)
        }
        Err(error) => {
            let (content, event, summary, body) = raw(text.as_bytes(), &error.to_string());
            (content, event, summary, body, None)
        }
    };
    Some(Item { kind: "item", hop, at, content, summary, event, origin: origin(id), body })
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
        aggregate_type: text("source").map(|s| s.strip_prefix(SOURCE_PREFIX).unwrap_or(&s).to_owned()),
        aggregate_id: text("subject"),
        sequence: detail["sequence"].as_i64().or_else(|| detail["sequence"].as_str()?.parse().ok()),
        committed_at: detail["time"].as_str().and_then(time),
        correlation_id: detail["data"]["correlationId"].as_str().map(str::to_owned),
        image: None,
    };
    (Content::Event, event)
}
