//! Decodes the bytes of a hop into an [`Item`]. Pure.

#[cfg(test)]
mod agreement_tests;
mod bus;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;

pub use bus::bus_event;
use row::captured;
pub use table::table_change;

use super::item::{Body, Content, EventView, Image, Item, Json, Origin};
use crate::outbox::Layout;
use crate::outbox::formats::dms::Captured;
use crate::outbox::formats::dynamodb::Change;
use crate::outbox::formats::kpl;
use crate::pipelines::Hop;

const GZIP: &[u8] = &[0x1f, 0x8b];
/// Maximum bytes that one record of the stream may unpack to, with all that is packed into it: the largest record that
/// Kinesis allows. A larger one is shown as it is.
const UNPACKED_LIMIT: usize = 10 * 1024 * 1024;

/// Position of a record of a Kinesis stream.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub shard: &'a str,
    pub sequence_number: &'a str,
    pub partition_key: &'a str,
}

impl Place<'_> {
    fn origin(self, sub_sequence_number: Option<usize>) -> Origin {
        Origin::Shard {
            shard: self.shard.to_owned(),
            sequence_number: self.sequence_number.to_owned(),
            partition_key: self.partition_key.to_owned(),
            sub_sequence_number,
        }
    }
}

/// Appends the items of a stream record: one, or one for each of the records that a producer packed into it. Rows of
/// the table in `layout` are events.
pub fn stream_record(bytes: &[u8], layout: &Layout, at: DateTime<Utc>, place: Place<'_>, items: &mut Vec<Item>) {
    let mut budget = UNPACKED_LIMIT;
    match kpl::split(bytes, UNPACKED_LIMIT) {
        None => items.push(payload(bytes, layout, at, place.origin(None), &mut budget)),
        Some(Ok(records)) => items.extend(records.iter().enumerate().map(|(n, record)| {
            let place = Place { partition_key: &record.partition_key, ..place };
            payload(&record.data, layout, at, place.origin(Some(n)), &mut budget)
        })),
        Some(Err(error)) => items.push(item(raw(bytes, &error.to_string()), at, place.origin(None))),
    }
}

type Decoded = (Content, EventView, String, Body);

fn item((content, event, summary, body): Decoded, at: DateTime<Utc>, origin: Origin) -> Item {
    Item { hop: Hop::Stream, at, content, summary, event, origin, body }
}

/// Decodes a payload; `budget` is the rest of the bytes that its stream record may unpack to.
fn payload(bytes: &[u8], layout: &Layout, at: DateTime<Utc>, origin: Origin, budget: &mut usize) -> Item {
    let decoded = match bytes.starts_with(GZIP).then(|| gunzip(bytes, budget)) {
        None => readable(bytes, layout).unwrap_or_else(|error| raw(bytes, &error)),
        Some(Ok(inner)) => {
            readable(&inner, layout).unwrap_or_else(|error| raw(bytes, &format!("unpacked by gzip: {error}")))
        }
        Some(Err(error)) => raw(bytes, &format!("gzip: {error}")),
    };
    item(decoded, at, origin)
}

fn gunzip(bytes: &[u8], budget: &mut usize) -> Result<Vec<u8>, String> {
    let (mut unpacked, most) = (Vec::new(), *budget);
    let read = MultiGzDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut unpacked);
    // A partly unpacked payload counts, too.
    *budget = most.saturating_sub(unpacked.len());
    match read.map_err(|error| error.to_string())? > most {
        true => Err(format!("more than {most} bytes unpacked")),
        false => Ok(unpacked),
    }
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow, rename = "correlationId", default)]
    correlation_id: Option<Cow<'a, str>>,
}

/// Decodes JSON, or other readable text.
fn readable(bytes: &[u8], layout: &Layout) -> Result<Decoded, String> {
    json(bytes, layout).or_else(|error| match text::plain(bytes) {
        Some(text) => {
            let summary = format!("text {}", text::short(text));
            Ok((Content::Other, EventView::default(), summary, Body::Text(text.to_owned())))
        }
        None => Err(error),
    })
}

fn json(bytes: &[u8], layout: &Layout) -> Result<Decoded, String> {
    match serde_json::from_slice::<Captured>(bytes) {
        Ok(record) => {
            let (content, event) = captured(&record, layout);
            let meta = &record.metadata;
            let (kind, operation) = (meta.record_type.as_str(), meta.operation.as_str());
            let summary = match content {
                Content::Event => event.summary(),
                // DMS's own tables have no schema.
                _ if meta.schema_name.is_empty() => format!("{kind} {operation} {}", meta.table_name),
                _ => format!("{kind} {operation} {}.{}", meta.schema_name, meta.table_name),
            };
            Ok((content, event, summary, Body::Record(Json::parse(bytes).map_err(|error| error.to_string())?)))
        }
        Err(_) => {
            let body = Json::parse(bytes).map_err(|error| format!("not JSON: {error}"))?;
            let (content, event, summary) = match Change::parse(bytes) {
                Ok(change) => changed(change),
                Err(_) => (Content::Other, EventView::default(), format!("JSON {}", text::short(body.text()))),
            };
            Ok((content, event, summary, Body::Record(body)))
        }
    }
}

fn raw(bytes: &[u8], error: &str) -> (Content, EventView, String, Body) {
    let body = Body::Raw { base64: STANDARD.encode(bytes), error: error.to_owned() };
    (Content::Undecodable, EventView::default(), format!("{} bytes that can't be read: {error}", bytes.len()), body)
}

/// Classifies a change of a DynamoDB item: an event if it was appended to an outbox table.
pub fn changed(change: Change) -> (Content, EventView, String) {
    let message = change.appended().ok().flatten();
    let operation = if change.expired { "expired" } else { change.operation.name() };
    let other = format!("{operation} {} {}", change.table, Value::Object(change.keys.clone()));
    let image = Some(Box::new(Image { keys: change.keys, new: change.new, old: change.old }));
    let Some(message) = message else {
        return (Content::Data, EventView { image, ..EventView::default() }, other);
    };
    let payload = serde_json::from_str::<Payload>(message.payload.get()).ok();
    let correlation_id = payload.and_then(|payload| payload.correlation_id).map(Cow::into_owned);
    let event = EventView { image, ..EventView::of(message, correlation_id) };
    let summary = event.summary();
    (Content::Event, event, summary)
}
