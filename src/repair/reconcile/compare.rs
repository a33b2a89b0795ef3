//! Comparison of one bucket. Pure.

use std::ops::Range;

use serde::Serialize;
use uuid::Uuid;

use super::entry::Entry;
use crate::base::error::Result;

/// The result for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// Delivered once and unchanged; replays are not counted.
    Delivered,
    Missing,
    Duplicated,
    /// Delivered with other content than committed.
    Altered,
    /// Delivered but not in the outbox: purged since, or never committed.
    Unknown,
}

/// Number of events of each kind. An event that is altered and duplicated counts as both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub committed: u64,
    /// Committed events that were delivered at least once.
    pub delivered: u64,
    pub missing: u64,
    pub duplicated: u64,
    pub altered: u64,
    /// Delivered events without a digest of their content: marks of an older version.
    pub not_compared: u64,
    pub unknown: u64,
    /// Deliveries by replays.
    pub replayed: u64,
}

/// Reports every committed event once, with its worst finding.
pub fn compare(
    committed: &mut Vec<Entry>,
    delivered: &mut [Entry],
    window: &Range<i64>,
    counts: &mut Counts,
    on_finding: &mut impl FnMut(Uuid, Finding) -> Result<()>,
) -> Result<()> {
    committed.sort_unstable_by_key(|entry| entry.id);
    // A table can change while it is read: an event that was read twice was committed once.
    committed.dedup_by_key(|entry| entry.id);
    delivered.sort_unstable_by_key(|entry| entry.id);
    let mut groups = delivered.chunk_by(|a, b| a.id == b.id).peekable();
    for entry in committed.iter() {
        while let Some(stray) = groups.next_if(|group| group[0].id < entry.id) {
            unknown(stray, window, counts, on_finding)?;
        }
        counts.committed += 1;
        let Some(group) = groups.next_if(|group| group[0].id == entry.id) else {
            counts.missing += 1;
            on_finding(Uuid::from_u128(entry.id), Finding::Missing)?;
            continue;
        };
        counts.delivered += 1;
        let replays = group.iter().filter(|delivery| delivery.is_replay()).count();
        counts.replayed += replays as u64;
        let duplicated = group.len() - replays > 1;
        let altered =
            group.iter().any(|delivery| delivery.has_digest() && entry.has_digest() && delivery.digest != entry.digest);
        counts.duplicated += u64::from(duplicated);
        counts.altered += u64::from(altered);
        counts.not_compared += u64::from(!group.iter().any(Entry::has_digest));
        let finding = match (altered, duplicated) {
            (true, _) => Finding::Altered,
            (false, true) => Finding::Duplicated,
            (false, false) => Finding::Delivered,
        };
        on_finding(Uuid::from_u128(entry.id), finding)?;
    }
    groups.try_for_each(|stray| unknown(stray, window, counts, on_finding))
}

/// Ignores deliveries outside the window.
fn unknown(
    group: &[Entry],
    window: &Range<i64>,
    counts: &mut Counts,
    on_finding: &mut impl FnMut(Uuid, Finding) -> Result<()>,
) -> Result<()> {
    if !group.iter().any(|entry| window.contains(&entry.at)) {
        return Ok(());
    }
    counts.unknown += 1;
    on_finding(Uuid::from_u128(group[0].id), Finding::Unknown)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::super::ledger::{Ledger, Side};
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).expect("in range")
    }

    /// Ids as databases generate them: random, counting, and by time.
    fn id(number: u16, kind: u8) -> Uuid {
        match kind {
            0 => Uuid::from_u128(u128::from(number)),
            1 => Uuid::from_u128(u128::from(number) << 112),
            _ => Uuid::from_u128(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834)),
        }
    }

    /// Compares with one map, as a reference.
    fn reference(committed: &[Entry], delivered: &[Entry], window: Range<i64>) -> (Counts, BTreeMap<Uuid, Finding>) {
        let (mut counts, mut found) = (Counts::default(), BTreeMap::new());
        let known: BTreeMap<u128, &Entry> = committed.iter().map(|entry| (entry.id, entry)).collect();
        for (id, entry) in &known {
            let of: Vec<_> = delivered.iter().filter(|delivery| delivery.id == *id).collect();
            let ordinary = of.iter().filter(|delivery| !delivery.is_replay()).count();
            let altered = of.iter().any(|delivery| delivery.has_digest() && delivery.digest != entry.digest);
            counts.committed += 1;
            counts.delivered += u64::from(!of.is_empty());
            counts.missing += u64::from(of.is_empty());
            counts.duplicated += u64::from(ordinary > 1);
            counts.altered += u64::from(altered);
            counts.not_compared += u64::from(!of.is_empty() && !of.iter().any(|delivery| delivery.has_digest()));
            counts.replayed += (of.len() - ordinary) as u64;
            let finding = match (of.is_empty(), altered, ordinary > 1) {
                (true, ..) => Finding::Missing,
                (_, true, _) => Finding::Altered,
                (_, _, true) => Finding::Duplicated,
                _ => Finding::Delivered,
            };
            found.insert(Uuid::from_u128(*id), finding);
        }
        for stray in delivered.iter().filter(|entry| !known.contains_key(&entry.id)) {
            let id = Uuid::from_u128(stray.id);
            if window.contains(&stray.at) && found.insert(id, Finding::Unknown).is_none() {
                counts.unknown += 1;
            }
        }
        (counts, found)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn buckets_and_one_map_find_the_same(
            committed in proptest::collection::btree_set((0u16..60, 0u8..3), 0..60),
            delivered in proptest::collection::vec((0u16..70, 0u8..3, 0i64..30, 0u8..8, any::<bool>()), 0..120),
        ) {
            let committed: Vec<Entry> = committed
                .into_iter()
                .map(|(number, kind)| Entry::new(id(number, kind), at(15), Some(7), false))
                .collect();
            let delivered: Vec<Entry> = delivered
                .into_iter()
                .map(|(number, kind, second, content, replay)| {
                    let digest = match content { 0 => Some(8), 1 => None, _ => Some(7) };
                    Entry::new(id(number, kind), at(second), digest, replay)
                })
                .collect();
            let mut ledger = Ledger::new().expect("temporary files");
            committed.iter().for_each(|entry| ledger.add(Side::Committed, entry).expect("written"));
            delivered.iter().for_each(|entry| ledger.add(Side::Delivered, entry).expect("written"));
            let mut found = BTreeMap::new();
            let counts = ledger.compare((Some(at(10)), at(20)), |id, finding| {
                assert!(found.insert(id, finding).is_none(), "reported twice");
                Ok(())
            });
            let (expected, all) = reference(&committed, &delivered, 10_000_000..20_000_000);
            prop_assert_eq!(counts.expect("compared"), expected);
            prop_assert_eq!(found, all);
        }
    }
}
