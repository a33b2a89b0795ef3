//! Converts a stream record to an item of the engine.

use std::sync::Arc;

use uuid::Uuid;

use super::backend::{Entry, Publisher, Reason};
use super::backlog::{Content, Item};
use crate::outbox::formats::dms::{Recognised, recognise};
use crate::outbox::{Layout, Message};

/// A decoded record.
#[derive(Debug)]
pub enum Decoded {
    /// A control record, a table of DMS itself, another table, an update or a delete.
    NotAnEvent,
    Item {
        item: Item,
        event_id: Option<Uuid>,
    },
}

impl Decoded {
    /// Returns the item of an event.
    pub fn event<P: Publisher>(publisher: &P, position: usize, message: &Message) -> Self {
        Self::Item { item: item(publisher, position, message), event_id: Some(message.id) }
    }
}

/// Reads the record at `position`; rows of the table in `layout` are events. One that can't be read or can never be
/// delivered becomes poison.
pub fn decode<P: Publisher>(publisher: &P, position: usize, data: &[u8], layout: &Layout) -> Decoded {
    match recognise(data, layout) {
        Recognised::Skip => Decoded::NotAnEvent,
        Recognised::Event(message) => Decoded::event(publisher, position, &message),
        Recognised::Broken(broken) => {
            Decoded::Item { item: poison(position, broken.code, broken.reason), event_id: broken.event_id }
        }
    }
}

/// Returns the message as the engine delivers it. One that the backend can never accept becomes poison.
pub fn item<P: Publisher>(publisher: &P, position: usize, message: &Message) -> Item {
    let content = match Entry::new(message) {
        Ok(entry) => match publisher.check(&entry) {
            Ok(()) => Content::Event { bytes: publisher.size(&entry), entry: Arc::new(entry) },
            Err(reason) => Content::Poison(reason),
        },
        Err(error) => Content::Poison(Reason::new("Unwritable", error.to_string())),
    };
    // An undeliverable event, too, keeps its place in its aggregate.
    Item { position, key: Some((message.aggregate_type.clone(), message.aggregate_id.clone())), content }
}

/// Returns poison for a record whose aggregate could not be read.
pub fn poison(position: usize, code: &str, message: impl Into<String>) -> Item {
    Item { position, key: None, content: Content::Poison(Reason::new(code, message)) }
}
