//! Detects events that came after a later one of their aggregate, while they arrive and in bounded memory.
//!
//! Events are placed by a key: a shard and the processed log are read in their order, so there the reader's order
//! counts. A queue and a log have no order but that of their time stamps, and readers return those mixed; events with
//! the same time stamp do not count as out of order.

use std::collections::{HashMap, VecDeque};

/// Maximum distance within an aggregate by which a reader may mix events.
const SPREAD: usize = 64;
/// Maximum aggregates remembered; those not seen for longest are forgotten first.
const AGGREGATES: usize = 200_000;

/// The order at one hop.
#[derive(Debug, Default)]
pub struct Order {
    aggregates: HashMap<String, Aggregate>,
    /// Number of events seen.
    clock: u64,
}

#[derive(Debug, Default)]
struct Aggregate {
    recent: VecDeque<Mark>,
    /// The highest sequence of the events that are no longer recent.
    before: i64,
    seen: u64,
}

#[derive(Debug)]
struct Mark {
    key: i64,
    sequence: i64,
    n: u64,
    late: bool,
}

impl Order {
    /// Adds event `n`; returns the events that are now known to be out of order.
    pub fn see(&mut self, aggregate: &str, n: u64, key: i64, sequence: i64) -> Vec<u64> {
        self.clock += 1;
        if self.aggregates.len() > AGGREGATES {
            let oldest = self.clock.saturating_sub(AGGREGATES as u64 / 2);
            self.aggregates.retain(|_, aggregate_order| aggregate_order.seen >= oldest);
        }
        if !self.aggregates.contains_key(aggregate) {
            self.aggregates.insert(aggregate.to_owned(), Aggregate::default());
        }
        let Some(aggregate_order) = self.aggregates.get_mut(aggregate) else { return Vec::new() };
        aggregate_order.seen = self.clock;
        let mut found = Vec::new();
        let mut late = aggregate_order.before > sequence;
        for other in &mut aggregate_order.recent {
            late |= other.sequence > sequence && other.key < key;
            if other.sequence < sequence && other.key > key && !other.late {
                other.late = true;
                found.push(other.n);
            }
        }
        if late {
            found.push(n);
        }
        let at = aggregate_order.recent.partition_point(|mark| mark.key <= key);
        aggregate_order.recent.insert(at, Mark { key, sequence, n, late });
        if aggregate_order.recent.len() > SPREAD
            && let Some(oldest) = aggregate_order.recent.pop_front()
        {
            aggregate_order.before = aggregate_order.before.max(oldest.sequence);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Computes the result by definition: an event is late if a later one of its aggregate precedes it.
    fn reference(events: &[(u64, i64, i64)]) -> BTreeSet<u64> {
        let late = |(_, key, sequence): &(u64, i64, i64)| events.iter().any(|(_, k, s)| k < key && s > sequence);
        events.iter().filter(|event| late(event)).map(|(n, ..)| *n).collect()
    }

    proptest! {
        /// The same events are found, independent of the order in which a reader returns them.
        #[test]
        fn events_out_of_order_are_found_in_any_order_of_arrival(
            keys in prop::collection::vec(0..20i64, 0..SPREAD), order in any::<prop::sample::Index>(),
        ) {
            let mut events: Vec<(u64, i64, i64)> = keys.iter().enumerate().map(|(n, key)| (n as u64, *key, n as i64 + 1)).collect();
            let expected = reference(&events);
            let middle = order.index(events.len().max(1)).min(events.len());
            events.rotate_left(middle);
            let mut book = Order::default();
            let found: Vec<u64> = events.iter().flat_map(|(n, key, sequence)| book.see("a", *n, *key, *sequence)).collect();
            prop_assert_eq!(found.len(), expected.len(), "each is named once");
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }

    #[test]
    fn old_sequences_count_and_memory_is_bounded() {
        let mut book = Order::default();
        let events = 0..10_000_u64;
        assert!(events.clone().all(|n| book.see("a", n, n as i64, n as i64 + 1).is_empty()));
        assert_eq!(book.see("a", 1, 10_001, 2), [1]);
        assert!(book.aggregates["a"].recent.len() <= SPREAD);
        let aggregates = 0..AGGREGATES as u64 * 2;
        aggregates.for_each(|n| drop(book.see(&n.to_string(), n, 1, 1)));
        assert!(book.aggregates.len() <= AGGREGATES + 1);
    }
}
