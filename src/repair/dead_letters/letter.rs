//! A dead letter as shown to people and scripts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::view::View;

/// An item that could not be delivered: mostly one record; a batch that Lambda discarded can have more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    /// Short id, derived from the key.
    pub id: String,
    /// Name of the place: `bucket`, `table`, `unlogged` or `undelivered`.
    pub place: &'static str,
    /// S3 key, table and row, or queue and message.
    pub key: String,
    /// Time of the failure.
    pub at: DateTime<Utc>,
    /// Part of the pipeline that failed: `publisher`, `lambda`, `consumer GROUP`, `rule NAME` or `function NAME`.
    pub part: String,
    /// Stable: an error code, or Lambda's condition; for hooks, which have no codes, the first line of the reason.
    pub cause: String,
    /// The reason as text.
    pub reason: String,
    /// Number of attempts.
    pub attempts: u64,
    /// The event inside, as far as it can be read; for a batch, its first event.
    #[serde(flatten)]
    pub event: View,
    /// Number of records; 0 if there is no payload to send.
    pub records: usize,
    pub bytes: u64,
    /// The beginning of the first record if it is text, for lists.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// The arrival of each record in its stream, for sending.
    #[serde(skip)]
    pub(super) arrivals: Vec<Arrival>,
}

/// The arrival of a record in its stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrival {
    pub arrived_at: DateTime<Utc>,
    pub sequence_number: String,
    pub view: View,
}

/// A letter with its records.
#[derive(Debug, Clone)]
pub struct Opened {
    pub letter: DeadLetter,
    pub records: Vec<Record>,
    /// Other data stored with the letter, without the payload.
    pub document: Value,
}

/// One record as it was captured.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub data: Vec<u8>,
    /// Empty if there is none: a DynamoDB stream has no partition keys.
    pub partition_key: String,
}

impl DeadLetter {
    /// Returns a letter without records and known reasons. Its short id is derived from the key.
    pub(super) fn new(place: &'static str, key: &str, at: DateTime<Utc>) -> Self {
        Self {
            id: Sha256::digest(key).iter().take(5).map(|byte| format!("{byte:02x}")).collect(),
            place,
            key: key.to_owned(),
            at,
            part: String::new(),
            cause: String::new(),
            reason: String::new(),
            attempts: 1,
            event: View::default(),
            records: 0,
            bytes: 0,
            excerpt: None,
            arrivals: Vec::new(),
        }
    }

    /// Returns the beginning of a record, up to 300 characters; `None` if it is not text.
    pub(super) fn excerpt_of(record: &[u8]) -> Option<String> {
        let text = record.utf8_chunks().next()?;
        text.invalid().is_empty().then(|| text.valid().chars().take(300).collect())
    }

    /// Returns a letter for tests of other modules.
    #[cfg(test)]
    pub fn sample(id: &str, cause: &str, event_type: &str, aggregate_id: &str) -> Self {
        let event = View {
            event_type: Some(event_type.to_owned()),
            aggregate_type: Some("order".to_owned()),
            aggregate_id: Some(aggregate_id.to_owned()),
            ..View::default()
        };
        Self {
            id: id.to_owned(),
            part: "publisher".to_owned(),
            cause: cause.to_owned(),
            event,
            records: 1,
            ..Self::new("bucket", &format!("{id}.json"), DateTime::UNIX_EPOCH)
        }
    }

    /// Returns the ids of the events inside.
    pub fn event_ids(&self) -> impl Iterator<Item = &str> {
        let inside = self.arrivals.iter().filter_map(|arrival| arrival.view.event_id.as_deref());
        // The publisher may know the id of an event that can't be read.
        let first = self.event.event_id.as_deref().filter(|_| self.arrivals.iter().all(|a| a.view.event_id.is_none()));
        first.into_iter().chain(inside)
    }

    /// Returns whether `name` is the id, the key, or the id of an event inside.
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.key == name || self.event_ids().any(|id| id == name)
    }
}

/// Counts the letters by the value of a field, such as the cause or the place.
pub fn counts(letters: &[DeadLetter], of: impl Fn(&DeadLetter) -> &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for letter in letters {
        *counts.entry(of(letter).to_owned()).or_default() += 1;
    }
    counts
}
