//! The newest rows of each table, as lists.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::postgres::admin::{self, FailedRecord, OutboxRow, Overview, Person, Place, Processed, Slot};

/// Maximum rows of each list.
pub const ROWS: usize = 100;

/// Rows of the database, the outbox table and the failure bucket.
#[derive(Default)]
pub struct Tables {
    /// The last change of these tables.
    pub version: u64,
    pub fill: Option<Fill>,
    /// The newest first.
    pub outbox: Vec<OutboxRow>,
    pub people: Option<Vec<Person>>,
    /// The newest first.
    pub processed: Option<VecDeque<Processed>>,
    pub processed_until: Option<Place>,
    pub slots: Vec<Slot>,
    /// Records that a consumer failed to process, from the database.
    pub failures: Option<Vec<FailedRecord>>,
    /// Number of all, including those that the list has no room for.
    pub failures_total: usize,
    /// Objects in the failure bucket, the newest first.
    pub dead_letters: Option<Vec<DeadLetter>>,
    /// Number of all, including those that the list has no room for.
    pub dead_letters_total: usize,
    /// Approximate number of messages in failure queues, which are not listed.
    pub dead_letters_queued: usize,
}

/// Size of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fill {
    pub rows: i64,
    /// `false` if `rows` is an estimate.
    pub exact: bool,
    /// Rows not marked processed; null for DynamoDB, whose items have no mark.
    pub unprocessed: Option<i64>,
    /// Rows written after the newest one seen in the stream; null for DynamoDB.
    pub uncaptured: Option<i64>,
    pub bytes: i64,
}

impl From<admin::Fill> for Fill {
    fn from(fill: admin::Fill) -> Self {
        let admin::Fill { rows, exact, unprocessed, uncaptured, bytes } = fill;
        Self { rows, exact, unprocessed: Some(unprocessed), uncaptured: Some(uncaptured), bytes }
    }
}

/// An object in the failure bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    pub key: String,
    pub at: DateTime<Utc>,
    pub bytes: i64,
    /// Indicates whether its document could be read.
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    /// Type and id, as far as they are known.
    pub aggregate: Option<String>,
    pub sequence: Option<i64>,
    /// The id in `dlq list`.
    pub id: String,
    /// The beginning of the payload, if it is text.
    pub excerpt: Option<String>,
    pub reason: Option<String>,
}

impl Tables {
    /// Takes the database's rows; returns whether anything is new.
    pub fn take(&mut self, overview: Overview) -> bool {
        let Overview { outbox, rows, people, processed, processed_until, failures, failures_total, slots, .. } =
            overview;
        let mut new = self.outbox != rows || self.people != people || self.failures != failures;
        self.fill = outbox.map(Fill::from);
        self.outbox = rows;
        self.people = people;
        self.failures_total = failures.as_ref().map_or(0, Vec::len).max(failures_total);
        self.failures = failures;
        self.slots = slots;
        self.processed_until = processed_until;
        if let Some(processed) = processed {
            new |= !processed.is_empty() || self.processed.is_none();
            let log = self.processed.get_or_insert_default();
            processed.into_iter().for_each(|row| log.push_front(row));
            log.truncate(ROWS);
        }
        new
    }

    /// Returns the size of the outbox, which is at least the number of listed rows, even if an estimate is lower.
    pub fn fill(&self) -> Option<Fill> {
        let listed = i64::try_from(self.outbox.len()).unwrap_or(i64::MAX);
        self.fill.clone().map(|fill| Fill { rows: if fill.exact { fill.rows } else { fill.rows.max(listed) }, ..fill })
    }

    /// Adds an item of an outbox that arrives item by item; returns whether it is new.
    pub fn put(&mut self, row: OutboxRow) -> bool {
        if self.outbox.iter().any(|known| known.id == row.id) {
            return false;
        }
        let place = self.outbox.partition_point(|known| known.created_at > row.created_at);
        self.outbox.insert(place, row);
        self.outbox.truncate(ROWS);
        place < ROWS
    }

    /// Removes an item; returns whether it was listed.
    pub fn remove(&mut self, id: Uuid) -> bool {
        let before = self.outbox.len();
        self.outbox.retain(|row| row.id != id);
        self.outbox.len() < before
    }
}
