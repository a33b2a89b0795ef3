//! What was committed against what was seen, hop by hop. Pure: no I/O, no clock.
//!
//! An event counts only by its own correlation id, so traffic of others never counts for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::report::{HopReport, Latency, Report, Verdict};
use crate::postgres::admin::Inserted;
use crate::streams::{Hop, Item};

/// Ids named in a report; the counts are complete.
const NAMED: usize = 20;

/// One event seen at one hop, for the first time.
#[derive(Debug, Clone)]
struct Sighting {
    at: DateTime<Utc>,
    /// Counts what this hop showed, from 0.
    place: usize,
}

/// Everything known of one run.
#[derive(Debug)]
pub struct Ledger {
    run: String,
    hops: Vec<Hop>,
    committed: HashMap<String, Inserted>,
    forbidden: HashSet<String>,
    /// Hop → correlation id → its first sighting.
    first: BTreeMap<Hop, HashMap<String, Sighting>>,
    /// Hop → correlation ids seen again.
    again: BTreeMap<Hop, Vec<String>>,
    /// Deliveries counted, so that one that a reader shows twice counts once.
    deliveries: HashSet<(Hop, String)>,
}

impl Ledger {
    /// `run` begins every correlation id of this run; `hops` in the order that events pass them.
    pub fn new(run: impl Into<String>, hops: &[Hop]) -> Self {
        Self {
            run: run.into(),
            hops: hops.to_vec(),
            committed: HashMap::new(),
            forbidden: HashSet::new(),
            first: hops.iter().map(|hop| (*hop, HashMap::new())).collect(),
            again: hops.iter().map(|hop| (*hop, Vec::new())).collect(),
            deliveries: HashSet::new(),
        }
    }

    /// An event that was committed and must arrive once everywhere.
    pub fn commit(&mut self, event: Inserted) {
        self.committed.insert(event.correlation_id.clone(), event);
    }

    /// An event that was rolled back and must arrive nowhere.
    pub fn forbid(&mut self, event: &Inserted) {
        self.forbidden.insert(event.correlation_id.clone());
    }

    /// Something was seen; false where it is not of this run. It may come before its commit is known of.
    pub fn see(&mut self, item: &Item) -> bool {
        let Some(id) = item.event.correlation_id.as_ref().filter(|id| id.starts_with(&self.run)) else { return false };
        let (Some(first), Some(again)) = (self.first.get_mut(&item.hop), self.again.get_mut(&item.hop)) else {
            return false;
        };
        if !self.deliveries.insert((item.hop, item.origin.delivery())) {
            return false;
        }
        let place = first.len();
        if first.contains_key(id) {
            again.push(id.clone());
        } else {
            first.insert(id.clone(), Sighting { at: item.at, place });
        }
        true
    }

    /// Every committed event was seen at every hop.
    pub fn is_complete(&self) -> bool {
        self.first.values().all(|seen| self.committed.keys().all(|id| seen.contains_key(id)))
    }

    /// How many of the committed events each hop showed, in hop order.
    pub fn arrived(&self) -> Vec<(Hop, usize)> {
        let count = |hop: &Hop| self.first[hop].keys().filter(|id| self.committed.contains_key(*id)).count();
        self.hops.iter().map(|hop| (*hop, count(hop))).collect()
    }

    /// The judgement on what is known now.
    pub fn report(&self) -> Report {
        let hops: Vec<HopReport> = self.hops.iter().enumerate().map(|(i, hop)| self.hop(*hop, i)).collect();
        let stray: BTreeSet<&String> =
            self.first.values().flat_map(HashMap::keys).filter(|id| self.forbidden.contains(*id)).collect();
        let last_seen = self.last_seen();
        let verdict = Verdict {
            delivered: hops.iter().all(|hop| hop.lost == 0),
            once: hops.iter().all(|hop| hop.duplicated == 0),
            in_order: hops.iter().all(|hop| hop.out_of_order == 0),
            rolled_back_stayed_away: stray.is_empty(),
        };
        Report {
            run: self.run.clone(),
            committed: self.committed.len(),
            rolled_back: self.forbidden.len(),
            rolled_back_arrived: stray.into_iter().cloned().collect(),
            hops,
            last_seen,
            verdict,
            timed_out: false,
        }
    }

    fn hop(&self, hop: Hop, index: usize) -> HopReport {
        let seen = &self.first[&hop];
        let mut lost: Vec<&Inserted> =
            self.committed.values().filter(|e| !seen.contains_key(&e.correlation_id)).collect();
        lost.sort_unstable_by_key(|event| event.n);
        let again = &self.again[&hop];
        let out_of_order = self.out_of_order(hop);
        let since_commit = |e: &Inserted| Some((seen.get(&e.correlation_id)?.at, e.committed_at));
        let previous = index.checked_sub(1).map(|i| &self.first[&self.hops[i]]);
        let since_previous =
            |e: &Inserted| Some((seen.get(&e.correlation_id)?.at, previous?.get(&e.correlation_id)?.at));
        HopReport {
            hop,
            arrived: self.committed.len() - lost.len(),
            lost: lost.len(),
            duplicated: again.len(),
            out_of_order: out_of_order.len(),
            from_commit: Latency::of(self.committed.values().filter_map(since_commit)),
            from_previous: Latency::of(self.committed.values().filter_map(since_previous)),
            lost_events: lost.iter().take(NAMED).map(|event| event.correlation_id.clone()).collect(),
            duplicated_events: again.iter().take(NAMED).cloned().collect(),
            out_of_order_events: out_of_order.into_iter().take(NAMED).collect(),
        }
    }

    /// Events that came after a later one of their aggregate, each at its first sighting.
    ///
    /// A shard and the processed log are read in their order, so there the reader's order counts. A queue and a log give no order but that of
    /// their time stamps; what bears the same one is not held against anybody.
    fn out_of_order(&self, hop: Hop) -> Vec<String> {
        let mut aggregates: HashMap<&str, Vec<(&Sighting, &Inserted)>> = HashMap::new();
        for (id, sighting) in &self.first[&hop] {
            if let Some(event) = self.committed.get(id) {
                aggregates.entry(&event.aggregate_id).or_default().push((sighting, event));
            }
        }
        let mut late = Vec::new();
        for events in aggregates.values_mut() {
            match hop {
                Hop::Kinesis | Hop::Processed => events.sort_unstable_by_key(|(sighting, _)| sighting.place),
                Hop::Events | Hop::Log => {
                    events.sort_unstable_by_key(|(sighting, event)| (sighting.at, event.sequence))
                }
            }
            let mut highest = 0;
            for (_, event) in events {
                if event.sequence < highest {
                    late.push(event.correlation_id.clone());
                }
                highest = highest.max(event.sequence);
            }
        }
        late.sort_unstable();
        late
    }

    /// Where the events that did not arrive everywhere were seen last, and how many.
    fn last_seen(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for id in self.committed.keys() {
            if self.first.values().all(|seen| seen.contains_key(id)) {
                continue;
            }
            let last = self.hops.iter().rev().find(|hop| self.first[hop].contains_key(id));
            *counts.entry(last.map_or("committed", |hop| hop.name()).to_owned()).or_insert(0) += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
