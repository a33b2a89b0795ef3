//! Which events came after a later one of their aggregate, told while they come, in bounded memory.
//!
//! Events are placed by a key: a shard and the processed log are read in their order, so there the reader's order
//! counts. A queue and a log give no order but that of their time stamps, and their readers see those mixed; what bears
//! the same one is not held against anybody.

use std::collections::{HashMap, VecDeque};

/// How far apart in an aggregate a reader may mix what it sees.
const SPREAD: usize = 64;
/// Aggregates remembered; those not seen for longest are forgotten first.
const AGGREGATES: usize = 200_000;

/// One hop's order.
#[derive(Debug, Default)]
pub struct Order {
    lanes: HashMap<String, Lane>,
    /// Counts what was seen.
    clock: u64,
}

#[derive(Debug, Default)]
struct Lane {
    recent: VecDeque<Mark>,
    /// The highest sequence of those that are no longer recent.
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
    /// Places event `n`; returns those that are thereby known to be out of order.
    pub fn see(&mut self, aggregate: &str, n: u64, key: i64, sequence: i64) -> Vec<u64> {
        self.clock += 1;
        if self.lanes.len() > AGGREGATES {
            let oldest = self.clock.saturating_sub(AGGREGATES as u64 / 2);
            self.lanes.retain(|_, lane| lane.seen >= oldest);
        }
        if !self.lanes.contains_key(aggregate) {
            self.lanes.insert(aggregate.to_owned(), Lane::default());
        }
        let Some(lane) = self.lanes.get_mut(aggregate) else { return Vec::new() };
        lane.seen = self.clock;
        let mut found = Vec::new();
        let mut late = lane.before > sequence;
        for other in &mut lane.recent {
            late |= other.sequence > sequence && other.key < key;
            if other.sequence < sequence && other.key > key && !other.late {
                other.late = true;
                found.push(other.n);
            }
        }
        if late {
            found.push(n);
        }
        let at = lane.recent.partition_point(|mark| mark.key <= key);
        lane.recent.insert(at, Mark { key, sequence, n, late });
        if lane.recent.len() > SPREAD
            && let Some(oldest) = lane.recent.pop_front()
        {
            lane.before = lane.before.max(oldest.sequence);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// All at once, as it is defined: late is what has a later one of its aggregate before it.
    fn reference(events: &[(u64, i64, i64)]) -> BTreeSet<u64> {
        let late = |(_, key, sequence): &(u64, i64, i64)| events.iter().any(|(_, k, s)| k < key && s > sequence);
        events.iter().filter(|event| late(event)).map(|(n, ..)| *n).collect()
    }

    proptest! {
        /// However a reader mixes what it sees, the same events are found.
        #[test]
        fn disorder_is_found_whatever_comes_first(
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
    fn what_is_long_past_still_counts_and_memory_is_bounded() {
        let mut book = Order::default();
        let events = 0..10_000_u64;
        assert!(events.clone().all(|n| book.see("a", n, n as i64, n as i64 + 1).is_empty()));
        assert_eq!(book.see("a", 1, 10_001, 2), [1]);
        assert!(book.lanes["a"].recent.len() <= SPREAD);
        let aggregates = 0..AGGREGATES as u64 * 2;
        aggregates.for_each(|n| drop(book.see(&n.to_string(), n, 1, 1)));
        assert!(book.lanes.len() <= AGGREGATES + 1);
    }
}
