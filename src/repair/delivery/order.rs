//! The order in which things go out. Pure.

use std::collections::{HashMap, VecDeque};

/// Deals the items out one of each lane in turn, so that a batch has many aggregates, which can be under way at the same
/// time. Within a lane they keep their order.
pub fn interleave<T>(items: Vec<T>, lane: impl Fn(&T) -> String) -> Vec<T> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut lanes: Vec<VecDeque<T>> = Vec::new();
    for item in items {
        let fresh = lanes.len();
        let place = *places.entry(lane(&item)).or_insert(fresh);
        if place == fresh {
            lanes.push(VecDeque::new());
        }
        lanes[place].push_back(item);
    }
    let mut dealt = Vec::new();
    let mut turn: VecDeque<VecDeque<T>> = lanes.into();
    while let Some(mut lane) = turn.pop_front() {
        dealt.extend(lane.pop_front());
        if !lane.is_empty() {
            turn.push_back(lane);
        }
    }
    dealt
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_lane_keeps_its_order_and_nothing_is_lost(lanes in proptest::collection::vec(0u8..6, 0..80)) {
            let items: Vec<(u8, usize)> = lanes.iter().copied().zip(0..).collect();
            let dealt = interleave(items.clone(), |(lane, _)| lane.to_string());
            let mut sorted = dealt.clone();
            sorted.sort_unstable_by_key(|(_, place)| *place);
            prop_assert_eq!(&sorted, &items);
            let mut last: BTreeMap<u8, usize> = BTreeMap::new();
            for (lane, place) in &dealt {
                prop_assert!(last.insert(*lane, *place).is_none_or(|before| before < *place));
            }
            // As long as there are several lanes left, no two of one follow each other.
            let counts = |lane: u8| items.iter().filter(|(l, _)| *l == lane).count();
            let shortest = (0..6).map(counts).filter(|count| *count > 0).min().unwrap_or(0);
            let alive = (0..6).filter(|lane| counts(*lane) > 0).count();
            for pair in dealt[..shortest * alive].windows(2).filter(|_| alive > 1) {
                prop_assert_ne!(pair[0].0, pair[1].0);
            }
        }
    }
}
