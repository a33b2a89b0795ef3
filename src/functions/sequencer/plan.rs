//! What goes out next, from what has arrived and what was delivered. Pure.

use std::collections::BTreeMap;

use crate::outbox::Message;

/// Aggregate type and id.
pub type Aggregate = (String, String);

/// The events of a batch, by aggregate and sequence. An event that arrived twice is there once.
#[derive(Debug, Default)]
pub struct Arrivals {
    aggregates: BTreeMap<Aggregate, Pending>,
}

/// An aggregate of the batch that is not finished.
#[derive(Debug, Default)]
pub struct Pending {
    /// The lowest position in the batch: where redelivery begins when the aggregate is not finished.
    pub first_position: usize,
    /// By sequence, with the position in the batch.
    pub events: BTreeMap<i64, (usize, Message)>,
}

impl Arrivals {
    pub fn add(&mut self, position: usize, message: Message) {
        let aggregate = (message.aggregate_type.clone(), message.aggregate_id.clone());
        let fresh = || Pending { first_position: position, ..Pending::default() };
        let pending = self.aggregates.entry(aggregate).or_insert_with(fresh);
        pending.events.entry(message.sequence).or_insert((position, message));
    }

    pub fn into_pending(self) -> BTreeMap<Aggregate, Pending> {
        self.aggregates
    }
}

impl Pending {
    /// The highest sequence that arrived.
    pub fn highest(&self) -> i64 {
        self.events.last_key_value().map_or(0, |(sequence, _)| *sequence)
    }

    /// Whether nothing of it is left once everything up to `delivered` is.
    pub fn is_finished(&self, delivered: i64) -> bool {
        self.highest() <= delivered
    }

    /// Whether something between `delivered` and what arrived is missing here.
    pub fn has_gap(&self, delivered: i64) -> bool {
        gap(delivered, self.events.range(delivered.saturating_add(1)..).map(|(sequence, _)| *sequence))
    }
}

/// Whether ascending `sequences` leave one out, counted from the one after `delivered`.
pub fn gap(delivered: i64, sequences: impl Iterator<Item = i64>) -> bool {
    let mut expected = delivered;
    for sequence in sequences {
        expected = expected.saturating_add(1);
        if sequence != expected {
            return true;
        }
    }
    false
}
