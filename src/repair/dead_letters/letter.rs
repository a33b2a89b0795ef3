//! A dead letter as people and scripts see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::view::View;

/// One thing that could not be delivered. Mostly one record; a batch that Lambda gave up can have more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    /// Short, the same each time.
    pub id: String,
    /// Where it is kept: `bucket`, `table`, `unlogged` or `undelivered`.
    pub place: &'static str,
    /// S3 key, table and row, or queue and message.
    pub key: String,
    /// When it was given up.
    pub at: DateTime<Utc>,
    /// Which part of the pipeline gave it up: `publisher`, `lambda`, `consumer GROUP`, `rule NAME` or `function NAME`.
    pub part: String,
    /// Stable: a code of the bus or of ours, or Lambda's condition. Hooks have none: there it is the reason's first line.
    pub cause: String,
    /// The reason in words.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u64,
    /// The event inside, as far as it can be told; the first one's of a batch.
    #[serde(flatten)]
    pub event: View,
    /// Records in it; 0 where it has no payload that could be sent again.
    pub records: usize,
    pub bytes: u64,
    /// The beginning of the first record, where it is text: for lists.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// What the order of sending needs to know of each record.
    #[serde(skip)]
    pub(super) places: Vec<Spot>,
}

/// Where a record stood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    pub arrived_at: DateTime<Utc>,
    pub sequence_number: String,
    pub view: View,
}

/// A letter with its records.
#[derive(Debug, Clone)]
pub struct Opened {
    pub letter: DeadLetter,
    pub records: Vec<Record>,
    /// Everything that was kept with it, without the payload.
    pub document: Value,
}

/// One record as it was captured.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub data: Vec<u8>,
    /// Empty where there is none: a DynamoDB stream has no partition keys.
    pub partition_key: String,
}

impl DeadLetter {
    /// The short id of a key.
    pub(super) fn id_of(key: &str) -> String {
        Sha256::digest(key).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the beginning of a record, up to 300 characters; None where it is not text.
    pub(super) fn excerpt_of(record: &[u8]) -> Option<String> {
        let text = record.utf8_chunks().next()?;
        text.invalid().is_empty().then(|| text.valid().chars().take(300).collect())
    }

    /// A letter for tests of what shows it.
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
            place: "bucket",
            key: format!("{id}.json"),
            at: DateTime::UNIX_EPOCH,
            part: "publisher".to_owned(),
            cause: cause.to_owned(),
            reason: String::new(),
            attempts: 1,
            event,
            records: 1,
            bytes: 0,
            excerpt: None,
            places: Vec::new(),
        }
    }

    /// Whether `name` is its id, its key, or its event's id.
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.key == name || self.event.event_id.as_deref() == Some(name)
    }
}

/// How many letters each value of a field has: each cause, each place.
pub fn counts(letters: &[DeadLetter], of: impl Fn(&DeadLetter) -> &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for letter in letters {
        *counts.entry(of(letter).to_owned()).or_default() += 1;
    }
    counts
}
