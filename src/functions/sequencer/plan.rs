//! Selects the next events from those that arrived and those that were delivered. Pure.

use std::collections::BTreeMap;

use crate::outbox::Message;

/// Aggregate type and id.
pub type Aggregate = (String, String);

/// The events of a batch, by aggregate and sequence. Duplicates are stored once.
#[derive(Debug, Default)]
pub struct Arrivals {
    pub aggregates: BTreeMap<Aggregate, Pending>,
}

/// An unfinished aggregate of the batch.
#[derive(Debug, Default)]
pub struct Pending {
    /// The lowest position in the batch: redelivery starts there if the aggregate is not finished.
    pub first_position: usize,
    /// Positions in the batch by sequence.
    pub events: BTreeMap<i64, (usize, Message)>,
}

impl Arrivals {
    pub fn add(&mut self, position: usize, message: Message) {
        // The caller has checked that there is one: every item of a DynamoDB outbox has a sequence.
        let sequence = message.sequence.unwrap_or_default();
        let aggregate = (message.aggregate_type.clone(), message.aggregate_id.clone());
        let fresh = || Pending { first_position: position, ..Pending::default() };
        let pending = self.aggregates.entry(aggregate).or_insert_with(fresh);
        pending.events.entry(sequence).or_insert((position, message));
    }
}

impl Pending {
    /// Returns the highest sequence that arrived.
    pub fn highest(&self) -> i64 {
        self.events.last_key_value().map_or(0, |(sequence, _)| *sequence)
    }

    /// Returns whether the aggregate is finished once everything up to `delivered` is delivered.
    pub fn is_finished(&self, delivered: i64) -> bool {
        self.highest() <= delivered
    }

    /// Returns whether an event between `delivered` and the highest sequence that arrived is missing from the batch.
    pub fn has_gap(&self, delivered: i64) -> bool {
        gap(delivered, self.events.range(delivered.saturating_add(1)..).map(|(sequence, _)| *sequence))
    }
}

/// Returns whether the ascending `sequences` have a gap, counted from the one after `delivered`.
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
