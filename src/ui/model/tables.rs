//! The newest rows of each table, as lists.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::postgres::admin::{Fill, GivenUp, OutboxRow, Overview, Person, Place, Processed, Slot};

/// Rows of each list.
pub const ROWS: usize = 100;

/// What the database and the failure bucket hold.
#[derive(Default)]
pub struct Tables {
    /// The change that touched these last.
    pub version: u64,
    pub fill: Option<Fill>,
    pub outbox: Vec<OutboxRow>,
    pub people: Option<Vec<Person>>,
    /// The newest first.
    pub processed: Option<VecDeque<Processed>>,
    pub processed_until: Option<Place>,
    pub slots: Vec<Slot>,
    /// Records that a consumer gave up, from the database.
    pub given_up: Option<Vec<GivenUp>>,
    /// Objects in the failure bucket, the newest first.
    pub dead_letters: Option<Vec<DeadLetter>>,
    /// All of them, also those that the list has no room for.
    pub dead_letters_total: usize,
    /// Messages in failure queues, about. They are counted only.
    pub dead_letters_queued: usize,
}

/// An object in the failure bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    pub key: String,
    pub at: DateTime<Utc>,
    pub bytes: i64,
    /// Where its document could be read.
    pub event_id: Option<uuid::Uuid>,
    pub reason: Option<String>,
}

impl Tables {
    /// Takes what the database said; true where anything is new.
    pub fn take(&mut self, overview: Overview) -> bool {
        let Overview { outbox, rows, people, processed, processed_until, failures, slots } = overview;
        let mut new = self.outbox != rows || self.people != people || self.given_up != failures;
        self.fill = outbox;
        self.outbox = rows;
        self.people = people;
        self.given_up = failures;
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
}
